/*
 * residue.c - the last look: is the dataset named anywhere where it is not known what the name means?
 *
 * First all names that may be its own are noted, which are few. Then what was understood is ticked off: sources, aliases,
 * columns that were found to be some, tables of WITH. A name that is left over, perhaps in a construct that nobody has
 * heard of, is a person's.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static void
tick(GByteArray *left, const SqlPart *part)
{
    if (part != NULL && part->token < left->len)
        left->data[part->token] = false;
}

static bool
is_left(const GByteArray *left, const SqlPath *path)
{
    for (uint32_t i = 0; i < path->count; i++)
        if (path->parts[i].token < left->len && left->data[path->parts[i].token])
            return true;
    return false;
}

static void
tick_path(GByteArray *left, const SqlPath *path)
{
    for (uint32_t i = 0; i < path->count; i++)
        tick(left, &path->parts[i]);
}

static void
tick_parts(GByteArray *left, const ArenaList *parts)
{
    for (guint i = 0; parts != NULL && i < parts->len; i++)
        tick(left, g_ptr_array_index(parts, i));
}

/* Could the name be that of the dataset at all? Most are not: they need no look. */
static bool
is_last_part(const Work *work, const char *name, size_t bytes)
{
    g_autofree char *own = g_strndup(name, bytes);
    const GPtrArray *list = renames_ending_in(work->renames, RENAMES_BY_LAST, own);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const char *last = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->last;
            if (((*last ^ *name) & ~0x20) == 0 && strlen(last) == bytes &&
                g_ascii_strncasecmp(last, name, bytes) == 0)
                return true;
        }
    }
    return false;
}

/* All of the dataset's name, as the mapping says it? */
static bool
is_whole_name(const Work *work, const SqlPath *path)
{
    const SqlPart *last = &path->parts[path->count - 1];
    const Spelling *spelling = NULL;
    bool is_other = false;
    return is_last_part(work, last->text, strlen(last->text)) &&
           renames_find(work->renames, work->sql->dialect, path, &spelling, &is_other) != NULL;
}

/* JOIN a.b.c: no column, whatever is called `a` there. */
static bool
is_behind_join(const Work *work, const SqlRef *ref)
{
    guint index = ref->path.parts[0].token;
    Word before = index > 0 ? work_token(work, index - 1)->word : WORD_NONE;
    return before == WORD_JOIN || before == WORD_FROM || before == WORD_INTO ||
           before == WORD_UPDATE || before == WORD_TABLE;
}

/* CREATE TABLE users, JOIN users, UPDATE users SET: of a statement whose semicolon was forgotten, or within another. */
static bool
is_behind_making(const Work *work, const SqlRef *ref)
{
    guint index = ref->path.parts[0].token;
    Word before = index > 0 ? work_token(work, index - 1)->word : WORD_NONE;
    bool is_update = (before == WORD_UPDATE && work_token(work, index + 1)->word == WORD_SET) ||
                     before == WORD_MERGE;
    return ref->path.count == 1 && (before == WORD_TABLE || before == WORD_JOIN || is_update) &&
           is_whole_name(work, &ref->path);
}

/* `a.b.c`.id: no column has dots in its name, where one pair of quotes holds the parts of a table's. */
static bool
has_quoted_path(const Work *work, const SqlPath *path)
{
    for (uint32_t i = 0; work->sql->dialect->has_paths_in_quotes && i < path->count; i++)
        if (path->parts[i].quote != '\0' && strchr(path->parts[i].text, '.') != NULL)
            return true;
    return false;
}

/* A name alone that may be a column of a table without schema may be anything, unless a table cannot stand there. */
static void
tick_ref(Work *work, GByteArray *left, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[ref->column];
    if (!is_left(left, &ref->path))
        return;
    bool is_bound = ref->binding != BINDING_NONE && ref->binding != BINDING_UNDECIDED;
    if (ref->binding == BINDING_COLUMN && ref->path.count == 1 && ref->clause != CLAUSE_ASSIGN &&
        ref->clause != CLAUSE_COLUMNS && ref->clause != CLAUSE_NAME &&
        is_last_part(work, part->text, strlen(part->text)))
        is_bound = source_has(work, ref->source, part);
    if (ref->path.count > 1 && !sql_is_operand(work, ref) &&
        (ref->column == 0 || is_behind_join(work, ref)) && is_whole_name(work, &ref->path))
        is_bound = false; /* it might be a column's field, and is called like the dataset */
    if (has_quoted_path(work, &ref->path) || is_behind_making(work, ref))
        return;
    if (is_bound || (ref->path.count == 1 && sql_is_operand(work, ref)))
        tick_path(left, &ref->path);
}

static void
tick_source(GByteArray *left, const SqlSource *source)
{
    if (source->kind != SOURCE_TEMPLATE)
        tick_path(left, &source->path);
    tick(left, source->alias);
    tick_parts(left, source->columns);
}

static void
tick_item(GByteArray *left, const SqlItem *item)
{
    tick(left, item->alias);
    if (item->star_of != NULL)
        tick_path(left, &item->star_path);
    tick_parts(left, item->except);
    for (guint i = 0; item->replace != NULL && i < item->replace->len; i++)
        tick(left, ((const SqlReplacement *) g_ptr_array_index(item->replace, i))->name);
}

static void
tick_block(Work *work, GByteArray *left, const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        tick_source(left, g_ptr_array_index(block->sources, i));
    for (guint i = 0; i < block->items->len; i++)
        tick_item(left, g_ptr_array_index(block->items, i));
    for (guint i = 0; i < block->refs->len; i++)
        tick_ref(work, left, g_ptr_array_index(block->refs, i));
}

static void
tick_all(Work *work, GByteArray *left)
{
    const Sql *sql = work->sql;
    for (guint i = 0; i < sql->blocks->len; i++)
        tick_block(work, left, g_ptr_array_index(sql->blocks, i));
    for (guint i = 0; i < sql->queries->len; i++) {
        const SqlQuery *query = g_ptr_array_index(sql->queries, i);
        for (guint c = 0; c < query->commons->len; c++) {
            const SqlCommon *common = g_ptr_array_index(query->commons, c);
            tick(left, &common->name);
            tick_parts(left, common->columns);
        }
    }
    for (guint i = 0; i < sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(sql->statements, i);
        tick_path(left, &statement->created);
        tick(left, statement->called);
        tick_parts(left, statement->columns);
    }
}

/* ---- what is left ---- */

/* users(x): a function of that name, unless a table is named there, as in CREATE TABLE users (id int). */
static bool
is_called(const Work *work, guint index)
{
    static const char *const before[] = {"TABLE",      "EXISTS", "INTO", "ON",
                                         "REFERENCES", "UPDATE", "ONLY", "VIEW"};
    const Token *token = work_token(work, index);
    if (token[1].kind != TOKEN_OPEN || token->kind == TOKEN_QUOTED ||
        (index > 0 && token[-1].kind == TOKEN_DOT))
        return false;
    for (size_t i = 0; index > 0 && i < G_N_ELEMENTS(before); i++)
        if (work_is_text(work, index - 1, before[i]))
            return false;
    return true;
}

static bool
is_name(const Token *token)
{
    return token->kind == TOKEN_QUOTED ||
           (token->kind == TOKEN_WORD && !word_is_reserved(token->word));
}

/* The last part of a name, without quotes. */
static bool
may_be_meant(const Work *work, const Token *token)
{
    const char *text = work->text + token->begin;
    size_t bytes = token->end - token->begin;
    if (token->kind == TOKEN_QUOTED && bytes > 2) {
        const char *dot = memrchr(text, '.', bytes);
        text = dot != NULL && work->sql->dialect->has_paths_in_quotes ? dot + 1 : text + 1;
        bytes = (size_t) (work->text + token->end - 1 - text);
    }
    return renames_may_end(work->renames, text, bytes) && is_last_part(work, text, bytes);
}

/* Of quotes that hold a path, each part. */
static void
add_part(GArray *parts, const Work *work, const Token *token, guint index)
{
    bool is_quoted = token->kind == TOKEN_QUOTED;
    size_t begin = token->begin + is_quoted, end = token->end - is_quoted;
    SqlPart part = {.text = arena_copy(work->sql->arena, work->text + begin, end - begin),
                    .token = index,
                    .begin = token->begin,
                    .end = token->end,
                    .quote = is_quoted ? work->text[token->begin] : '\0'};
    if (!is_quoted || !work->sql->dialect->has_paths_in_quotes || strchr(part.text, '.') == NULL) {
        g_array_append_val(parts, part);
        return;
    }
    g_auto(GStrv) names = spelling_parts(part.text);
    for (guint i = 0; names[i] != NULL; i++) {
        part.text = arena_copy(work->sql->arena, names[i], strlen(names[i]));
        g_array_append_val(parts, part);
    }
}

/* Also what is put in at run time: @schema.users, and default.users of Hive and ClickHouse */
static bool
may_lead(const Token *token)
{
    return is_name(token) || token->kind == TOKEN_PARAMETER || token->kind == TOKEN_TEMPLATE ||
           token->word == WORD_DEFAULT;
}

/* a.b.c up to this token; also `a.b.c` and `a.b`.c, where quotes hold more than one part. */
static void
path_to(const Work *work, guint index, GArray *parts)
{
    guint first = index;
    while (first >= 2 && work_token(work, first - 1)->kind == TOKEN_DOT &&
           may_lead(work_token(work, first - 2)))
        first -= 2;
    for (guint i = first; i <= index; i += 2)
        add_part(parts, work, work_token(work, i), i);
}

/* ROW(1, 'a')::users: in PostgreSQL the type of the table's rows has its name. */
static bool
is_cast_to(const Work *work, const SqlPath *path, const Rename *rename)
{
    guint first = path->parts[0].token;
    return work->sql->dialect->has_dollar_quotes && work->sql->dialect->has_cast_names &&
           first > 0 && work_is_text(work, first - 1, "::") && !rename->is_derived &&
           !rename_changes_columns(rename);
}

static void
visit_token(Work *work, guint index)
{
    const Token *token = work_token(work, index);
    const Spelling *spelling = NULL;
    bool is_other = false;
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(SqlPart));
    path_to(work, index, parts);
    SqlPath path = {.parts = (SqlPart *) (void *) parts->data, .count = parts->len};
    if (site_covers(work, token->begin, token->end))
        return;
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other);
    const char *kind = rename != NULL ? sql_other_kind(work, &path) : NULL;
    if (kind != NULL)
        site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, token->begin, token->end)->reason =
            kind;
    else if (rename != NULL && is_cast_to(work, &path, rename))
        spell_path(work, &path, spelling);
    else if (rename != NULL && sql_is_in_path(work, token->begin))
        site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, token->begin, token->end)->reason =
            keep(work, "this is the name of a file");
    else if (rename != NULL || (path.count == 1 && sql_is_named_apart(work, index)))
        site_refuse(work, SITE_MENTION, path.parts[0].begin, token->end, "unread", NULL,
                    "the dataset is named here, and what is done with it is not understood");
    else if (is_other)
        sql_put_in_refuses(work, &path);
}

/* ---- [a].[b].c where brackets quote no names ---- */

/* The name that ends at this token, in brackets or not; `*ret_first`: its first token. NULL: none. */
static const Token *
bracketed(const Work *work, guint index, guint *ret_first)
{
    const Token *token = work_token(work, index);
    *ret_first = index;
    if (is_name(token) || token->kind == TOKEN_WORD)
        return token;
    if (index < 2 || token->kind != TOKEN_CLOSE || work->text[token->begin] != ']' ||
        token->match != index - 2)
        return NULL;
    *ret_first = index - 2;
    return work_token(work, index - 1);
}

static void
visit_bracketed(Work *work, guint index)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(SqlPart));
    guint first = index, last = index;
    const Spelling *spelling = NULL;
    bool is_other = false, has_brackets = false;
    for (const Token *name; (name = bracketed(work, last, &first)) != NULL;) {
        guint at = parts->len;
        has_brackets |= first < last;
        add_part(parts, work, name, (guint) (name - work_token(work, 0)));
        SqlPart part = g_array_index(parts, SqlPart, at);
        g_array_remove_index(parts, at);
        g_array_prepend_val(parts, part);
        if (first < 2 || work_token(work, first - 1)->kind != TOKEN_DOT)
            break;
        last = first - 2;
    }
    SqlPath path = {.parts = (SqlPart *) (void *) parts->data, .count = parts->len};
    size_t begin = work_token(work, first)->begin, end = work_token(work, index)->end;
    if (has_brackets && parts->len > 1 &&
        renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other) != NULL &&
        !site_covers(work, begin, end))
        site_refuse(work, SITE_MENTION, begin, end, "dialect", NULL,
                    "names are written in brackets here, as in T-SQL: say which dialect it is");
}

/* `].`: such a bracket is rare, and found by itself many bytes at once. */
static bool
has_dot_behind_bracket(const Work *work)
{
    const char *end = work->text + work->bytes, *at = work->text;
    while (at < end && (at = memchr(at, ']', (size_t) (end - at))) != NULL)
        if (++at < end && *at == '.')
            return true;
    return false;
}

/* Whoever wrote them meant a table, whatever the rest of the file looks like. */
static void
look_at_brackets(Work *work)
{
    guint count = tokens_have(work->sql->list, TOKEN_CLOSE) ? work->sql->tokens->len : 0;
    if (strchr(work->sql->dialect->name_quotes, '[') != NULL || !has_dot_behind_bracket(work))
        return;
    for (guint i = 3; i < count; i++) {
        guint first = i;
        const Token *name = bracketed(work, i, &first);
        if (name == NULL || first < 3 || work_token(work, first - 1)->kind != TOKEN_DOT ||
            !may_be_meant(work, name))
            continue;
        visit_bracketed(work, i);
    }
}

/* ---- `a`.`b`.c where backticks quote no names ---- */

/* Behind the path that begins with a backtick at `at`, its parts added; 0: it has no end in its line. */
static size_t
ticked_path(const Work *work, size_t at, GArray *parts)
{
    const char *text = work->text;
    for (;;) {
        bool is_quoted = at < work->bytes && text[at] == '`';
        size_t begin = at + is_quoted, end = begin;
        while (end < work->bytes && (is_quoted ? strchr("`\n", text[end]) == NULL
                                               : g_ascii_isalnum(text[end]) || text[end] == '_'))
            end++;
        if (end == begin || (is_quoted && (end >= work->bytes || text[end] != '`')))
            return 0;
        for (size_t from = begin, dot = begin; from <= end; from = ++dot) {
            while (dot < end && text[dot] != '.')
                dot++;
            SqlPart part = {.text = arena_copy(work->sql->arena, text + from, dot - from)};
            g_array_append_val(parts, part);
        }
        at = end + is_quoted;
        if (at >= work->bytes || text[at] != '.')
            return at;
        at++;
    }
}

/* As with brackets: a dialect was told, or guessed, that does not have them. */
static void
look_at_backticks(Work *work)
{
    bool may_be = strchr(work->sql->dialect->name_quotes, '`') == NULL &&
                  memchr(work->text, '`', work->bytes) != NULL;
    size_t behind = 0;
    for (guint i = 0; may_be && i + 1 < work->sql->tokens->len; i++) {
        const Token *token = work_token(work, i);
        if (token->begin < behind || work->text[token->begin] != '`' ||
            (token->kind != TOKEN_OPERATOR && token->kind != TOKEN_BROKEN))
            continue;
        g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(SqlPart));
        size_t end = ticked_path(work, token->begin, parts);
        const Spelling *spelling = NULL;
        bool is_other = false;
        SqlPath path = {.parts = (SqlPart *) (void *) parts->data, .count = parts->len};
        behind = MAX(end, behind);
        if (end > 0 && parts->len <= SPELLING_PARTS_MAX &&
            renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other) != NULL &&
            !site_covers(work, token->begin, end))
            site_refuse(work, SITE_MENTION, token->begin, end, "dialect", NULL,
                        "names are written in backticks here, which this dialect does not have: "
                        "say which one it is");
    }
}

/* ---- [project:dataset.table] of BigQuery's legacy SQL ---- */

/* events@-3600000, events$20240101, and visits_ of TABLE_DATE_RANGE([acme:web.visits_], …): the table's own name. */
static void
cut_legacy(Work *work, SqlPart *last)
{
    last->text[strcspn(last->text, "$@")] = '\0';
    if (g_str_has_suffix(last->text, "_"))
        last->text = arena_printf(work->sql->arena, "%s*", last->text);
}

static void
visit_legacy(Work *work, const Token *open)
{
    const Token *close = work_token(work, open->match);
    size_t begin = open->begin + 1, end = close->begin;
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(SqlPart));
    for (size_t at = begin, from = begin; at <= end; at++) {
        if (at < end && strchr(":.", work->text[at]) == NULL)
            continue;
        SqlPart part = {.text = arena_copy(work->sql->arena, work->text + from, at - from)};
        g_array_append_val(parts, part);
        from = at + 1;
    }
    cut_legacy(work, &g_array_index(parts, SqlPart, parts->len - 1));
    const Spelling *spelling = NULL;
    bool is_other = false;
    SqlPath path = {.parts = (SqlPart *) (void *) parts->data, .count = parts->len};
    if (parts->len > 1 && parts->len <= SPELLING_PARTS_MAX &&
        renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other) != NULL)
        site_refuse(work, SITE_MENTION, begin, end, "unread", NULL,
                    "names are written in brackets here, as in BigQuery's legacy SQL, which is not "
                    "understood");
}

static void
look_at_legacy(Work *work)
{
    guint count = tokens_have(work->sql->list, TOKEN_OPEN) ? work->sql->tokens->len : 0;
    bool may_be = work->sql->dialect->has_paths_in_quotes || work->sql->dialect->is_any;
    may_be = may_be && memchr(work->text, '[', work->bytes) != NULL;
    for (guint i = 1; may_be && i < count; i++) {
        const Token *open = work_token(work, i), *before = work_token(work, i - 1);
        bool is_source = before->word == WORD_FROM || before->word == WORD_JOIN ||
                         before->kind == TOKEN_COMMA || before->kind == TOKEN_OPEN;
        if (open->kind == TOKEN_OPEN && work->text[open->begin] == '[' && open->match > i &&
            is_source)
            visit_legacy(work, open);
    }
}

/* The tokens that may name the dataset, and are no functions of one name; `left` is set to what these are. */
static GArray *
find_named(const Work *work, GByteArray *left)
{
    GArray *named = g_array_new(FALSE, FALSE, sizeof(guint));
    const Token *tokens = work_token(work, 0);
    g_byte_array_set_size(left, work->sql->tokens->len);
    memset(left->data, false, left->len);
    for (guint i = 0; i + 1 < left->len; i++) {
        const Token *token = &tokens[i];
        if ((token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED) ||
            !may_be_meant(work, token) || !is_name(token) || is_called(work, i))
            continue;
        left->data[i] = true;
        g_array_append_val(named, i);
    }
    return named;
}

void
sql_residue(Work *work)
{
    g_autoptr(GByteArray) left = g_byte_array_sized_new(work->sql->tokens->len);
    g_autoptr(GArray) named = find_named(work, left);
    if (named->len > 0)
        tick_all(work, left);
    for (guint i = 0; i < named->len; i++) {
        guint index = g_array_index(named, guint, i);
        if (left->data[index])
            visit_token(work, index);
    }
    look_at_brackets(work);
    look_at_backticks(work);
    look_at_legacy(work);
}
