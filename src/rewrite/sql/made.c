/*
 * made.c - what a text makes that other files read by name: a view or table that is created, the model of a dbt file.
 *
 * Under `propagate` the names of its columns may change, because whoever reads it is rewritten, too (project/project.c). What a
 * macro or another template gives, what a snapshot or a table that is there already keeps, has readers that nobody
 * follows: those names stay.
 */
#include "rewrite/made.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/outputs.h"

#include <string.h>

#define COLUMNS_MAX 2000 /* of one view; warehouses allow 10,000, people write fewer */

/* ---- macros, snapshots and the like ---- */

typedef enum { PLACE_OPEN, PLACE_TEXT, PLACE_SNAPSHOT } PlaceKind;

typedef struct {
    uint32_t begin; /* from here on */
    PlaceKind kind;
    uint32_t name, name_end; /* of a snapshot */
} Border;

static size_t
word_of(const char *text, const Token *tag, size_t from, size_t *ret_end)
{
    size_t at = from;
    while (at < tag->end && !g_ascii_isalnum(text[at]) && text[at] != '_')
        at++;
    *ret_end = at;
    while (*ret_end < tag->end && (g_ascii_isalnum(text[*ret_end]) || text[*ret_end] == '_'))
        (*ret_end)++;
    return at;
}

static bool
begins_text(const char *text, const Token *tag, const char *word, size_t bytes)
{
    static const char *const words[] = {"macro", "test", "call", "materialization"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strlen(words[i]) == bytes && memcmp(words[i], word, bytes) == 0)
            return true;
    return bytes == 3 && memcmp(word, "set", 3) == 0 &&
           memchr(text + tag->begin, '=', tag->end - tag->begin) == NULL;
}

static void
add_border(Work *work, const Token *tag, int *depth)
{
    size_t end, begin = word_of(work->text, tag, tag->begin + 2, &end), bytes = end - begin;
    const char *word = work->text + begin;
    Border border = {.begin = tag->begin};
    bool is_snapshot = bytes == 8 && memcmp(word, "snapshot", 8) == 0;
    if (is_snapshot || begins_text(work->text, tag, word, bytes)) {
        size_t name_end, name = word_of(work->text, tag, end, &name_end);
        border.kind = is_snapshot && *depth == 0 ? PLACE_SNAPSHOT : PLACE_TEXT;
        border.name = (uint32_t) name;
        border.name_end = (uint32_t) name_end;
        (*depth)++;
    } else if (bytes > 3 && memcmp(word, "end", 3) == 0 && strncmp(word, "endif", 5) != 0 &&
               strncmp(word, "endfor", 6) != 0) {
        *depth = MAX(*depth - 1, 0);
        border.kind = *depth > 0 ? PLACE_TEXT : PLACE_OPEN;
    } else {
        return;
    }
    g_array_append_val(work->borders, border);
}

void
sql_borders(Work *work)
{
    const TokenList *list = work->sql->list;
    int depth = 0;
    work->borders = g_array_new(FALSE, FALSE, sizeof(Border));
    for (guint i = 0; tokens_have(list, TOKEN_TAG) && i < list->tokens->len; i++)
        if (tokens_at(list, i)->kind == TOKEN_TAG)
            add_border(work, tokens_at(list, i), &depth);
}

static Border
place_of(const Work *work, const SqlStatement *statement)
{
    uint32_t byte = g_array_index(work->sql->tokens, Token, statement->first).begin;
    guint low = 0, high = work->borders->len;
    while (low < high) { /* the first border behind it */
        guint middle = (low + high) / 2;
        if (g_array_index(work->borders, Border, middle).begin <= byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? g_array_index(work->borders, Border, low - 1) : (Border){.kind = PLACE_OPEN};
}

bool
statement_is_in_text(const Work *work, const SqlStatement *statement)
{
    return statement != NULL && work->borders != NULL &&
           place_of(work, statement).kind == PLACE_TEXT;
}

/* ---- what a statement makes ---- */

/* CREATE … IF NOT EXISTS makes nothing where it is there already. */
static bool
is_made_once(const Work *work, const SqlStatement *statement)
{
    for (uint32_t i = statement->first; i < statement->created.parts[0].token; i++)
        if (work_is_text(work, i, "EXISTS"))
            return true;
    return false;
}

/* "a.b.c" in small letters; NULL when a part of it is not known. Caller frees. */
static char *
created_name(const SqlStatement *statement)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (uint32_t i = 0; i < statement->created.count; i++) {
        const char *part = statement->created.parts[i].text;
        if (strpbrk(part, "{}$@:%?") != NULL ||
            (statement->created.count == 1 && g_ascii_strcasecmp(part, "FUNCTION") == 0))
            return NULL;
        g_string_append_printf(name, "%s%s", i > 0 ? "." : "", part);
    }
    return g_string_free(g_steal_pointer(&name), FALSE);
}

static bool
is_kept(const Work *work, const char *name)
{
    g_autofree char *small = g_ascii_strdown(name, -1);
    const GHashTable *kept = work->options->kept;
    return kept != NULL && g_hash_table_contains((GHashTable *) kept, small);
}

/* The query of the file's model: the only statement that is in no macro or snapshot. */
static bool
is_model(const Work *work, const SqlStatement *statement)
{
    guint count = 0;
    if (work->options->model == NULL || place_of(work, statement).kind != PLACE_OPEN)
        return false;
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *other = g_ptr_array_index(work->sql->statements, i);
        count += other->query != NULL && place_of(work, other).kind == PLACE_OPEN;
    }
    return count == 1;
}

bool
statement_is_model(const Work *work, const SqlStatement *statement)
{
    return is_model(work, statement);
}

/* The model is the dataset, and the mapping has a column that keeps its name: what gives it that name without AS, or through a
 * star, is not to follow what the model reads. */
static bool
leaves_name(Work *work, const SqlQuery *query, const Rename *rename)
{
    for (guint b = 0; rename != NULL && b < query->branches->len; b++) {
        const SqlBlock *block = ((const SqlBranch *) g_ptr_array_index(query->branches, b))->block;
        for (guint i = 0; block != NULL && i < block->items->len; i++) {
            const SqlItem *item = g_ptr_array_index(block->items, i);
            const SqlPart part = {.text = (char *) item->name};
            const ColumnChange *change = item->alias == NULL && item->name != NULL
                                             ? rename_column(rename, work->sql->dialect, &part)
                                             : NULL;
            if (item->is_star || (change != NULL && change->kind == CHANGE_NONE))
                return true;
        }
    }
    return false;
}

bool
names_may_change(Work *work, const SqlQuery *query)
{
    const SqlStatement *statement = query_statement(query);
    if (statement == NULL)
        return true;
    if (place_of(work, statement).kind != PLACE_OPEN)
        return false;
    const Spelling *spelling = NULL;
    if (statement_makes(work, statement, &spelling) != NULL) /* the mapping says its names */
        return false;
    if (statement->kind == STATEMENT_CREATE) {
        g_autofree char *name = created_name(statement);
        return name != NULL && !is_made_once(work, statement) && !is_kept(work, name);
    }
    if (statement->kind == STATEMENT_OTHER && (work_is_text(work, statement->first, "CREATE") ||
                                               work_is_text(work, statement->first, "ALTER")))
        return false;
    if (work->options->model == NULL)
        return true;
    return is_model(work, statement) && !is_kept(work, "") && !dbt_is_called_otherwise(work) &&
           !leaves_name(work, query, dbt_own_rename(work));
}

bool
names_are_followed(Work *work, const SqlQuery *query)
{
    const SqlStatement *statement = work->options->finds_made ? query_statement(query) : NULL;
    if (statement == NULL || statement->query != query || statement->has_columns ||
        !work->options->propagates || !names_may_change(work, query))
        return false;
    return statement->kind == STATEMENT_CREATE || is_model(work, statement);
}

/* ---- its columns ---- */

static void
column_free(void *data)
{
    MadeColumn *column = data;
    g_free(column->name);
    g_free(column);
}

void
made_free(void *data)
{
    Made *made = data;
    g_free(made->name);
    g_ptr_array_unref(made->columns);
    g_ptr_array_unref(made->reads);
    g_free(made);
}

static const MadeColumn *
find_column(const Made *made, const char *name)
{
    for (guint i = 0; i < made->columns->len; i++) {
        const MadeColumn *column = g_ptr_array_index(made->columns, i);
        if (g_ascii_strcasecmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

static void
add_column(Made *made, const char *name, const ColumnChange *change)
{
    const MadeColumn *same = find_column(made, name);
    if (made->columns->len >= COLUMNS_MAX || (same != NULL && same->change != change))
        made->is_unclear = true;
    if (made->columns->len >= COLUMNS_MAX || same != NULL)
        return;
    MadeColumn *column = g_new0(MadeColumn, 1);
    *column = (MadeColumn){g_strdup(name), change};
    g_ptr_array_add(made->columns, column);
}

/* Fields that are renamed inside of a column pass on with it. */
static void
add_nested(Work *work, Made *made, const SqlItem *star, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    for (guint i = 0; rename != NULL && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (strchr(change->column, '.') != NULL && change->kind != CHANGE_NONE)
            add_column(made, change->column, change);
    }
    made->is_unclear |= star->except != NULL && rename != NULL && star->star_path.count == 0 &&
                        star->block->sources->len > 1;
}

static void
add_star(Work *work, Made *made, const SqlItem *star)
{
    made->is_open |= star->replace != NULL || (star->star_path.count > 0 && star->star_of == NULL);
    guint count;
    SqlSource *const *sources = sql_star_sources(star, &count);
    for (guint s = 0; s < count; s++) {
        const SqlSource *source = sources[s];
        bool is_open = true;
        if (star->star_path.count > 0 && star->star_of != source)
            continue;
        const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
        made->is_open |= is_open;
        for (guint i = 0; i < names->len; i++) {
            SqlPart part = {.text = g_ptr_array_index(names, i)};
            if (part.text != NULL && strchr(part.text, '.') == NULL &&
                !star_leaves_out(work, star, part.text))
                add_column(made, part.text, star_change(work, star, source, &part));
        }
        add_nested(work, made, star, source);
    }
}

/* {% for … %} between the items: one of them stands for many. */
static bool
has_loop(const Work *work, const SqlBlock *block)
{
    const SqlItem *first = g_ptr_array_index(block->items, 0),
                  *last = g_ptr_array_index(block->items, block->items->len - 1);
    size_t begin = g_array_index(work->sql->tokens, Token, MAX(first->first, 1) - 1).begin,
           end = g_array_index(work->sql->tokens, Token, last->last).end;
    return memmem(work->text + begin, end - begin, "{%", 2) != NULL;
}

static void
add_outputs(Work *work, Made *made, const SqlBlock *block)
{
    made->is_open |= block->is_values || block->items->len == 0 || has_loop(work, block);
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star)
            add_star(work, made, item);
        else if (item->name != NULL)
            add_column(made, item->name, item_change(work, item));
        else
            made->is_open = true;
    }
}

/* Are its columns all that there are, under every condition, and can they be written without quotes? */
static bool
is_whole(Work *work, const Made *made, const SqlStatement *statement)
{
    if (made->is_open || made->is_snapshot)
        return false;
    for (guint b = 0; b < statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
        for (guint i = 0; i < block->items->len; i++) {
            const SqlItem *item = g_ptr_array_index(block->items, i);
            const SqlPart *part = item->alias != NULL ? item->alias
                                  : item->plain != NULL
                                      ? &item->plain->path.parts[item->plain->path.count - 1]
                                      : NULL;
            if (item->is_macro || (part != NULL && part->quote != '\0' &&
                                   !sql_is_plain_column(work->sql->dialect, part->text)))
                return false;
        }
    }
    const SqlBlock *outermost = query_first_block(statement->query);
    return !outermost->is_struct && !sql_block_may_give_more(work->sql, outermost);
}

static void
add_reads(Work *work, Made *made, const SqlStatement *statement)
{
    for (guint b = 0; b < statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
        for (guint s = 0; s < block->sources->len; s++) {
            const Rename *rename = source_rename(g_ptr_array_index(block->sources, s));
            if (rename != NULL && rename->is_derived)
                g_ptr_array_add(made->reads, (void *) rename);
        }
    }
}

/* A new name that another column has: which one is meant is a person's to say. */
static void
check_names(Made *made)
{
    for (guint i = 0; i < made->columns->len; i++) {
        const MadeColumn *column = g_ptr_array_index(made->columns, i);
        const char *to = column->change != NULL && column->change->kind == CHANGE_NAME
                             ? column->change->to
                             : NULL;
        const MadeColumn *other = to != NULL ? find_column(made, to) : NULL;
        made->is_unclear |= other != NULL && other != column &&
                            (other->change == NULL || other->change->kind != CHANGE_NAME);
    }
}

static Made *
made_new(char *name)
{
    Made *made = g_new0(Made, 1);
    *made = (Made){.name = name,
                   .columns = g_ptr_array_new_with_free_func(column_free),
                   .reads = g_ptr_array_new()};
    return made;
}

static Made *
made_of(Work *work, const SqlStatement *statement)
{
    Border place = place_of(work, statement);
    if (place.kind == PLACE_SNAPSHOT) {
        Made *made = made_new(g_strndup(work->text + place.name, place.name_end - place.name));
        made->is_snapshot = made->is_open = true;
        return made;
    }
    const Spelling *spelling = NULL;
    if (place.kind != PLACE_OPEN || statement->has_columns ||
        statement_makes(work, statement, &spelling) != NULL)
        return NULL;
    if (statement->kind == STATEMENT_CREATE) {
        char *name = created_name(statement);
        return name != NULL ? made_new(name) : NULL;
    }
    return is_model(work, statement) ? made_new(NULL) : NULL;
}

void
sql_made(Work *work)
{
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        if (statement->query == NULL || !query_is_result(statement->query) ||
            query_first_block(statement->query) == NULL)
            continue;
        Made *made = made_of(work, statement);
        if (made == NULL)
            continue;
        made->begin = work_token(work, statement->first)->begin;
        made->end = work_token(work, statement->last)->end;
        add_outputs(work, made, query_first_block(statement->query));
        add_reads(work, made, statement);
        check_names(made);
        made->is_whole = is_whole(work, made, statement);
        g_ptr_array_add(work->out->made, made);
    }
}

/* ---- variants ---- */

/* A branch may leave a column out, but not call it otherwise. */
static void
merge_one(Made *made, Made *other)
{
    guint before = made->columns->len;
    made->is_open |= other->is_open;
    made->is_unclear |= other->is_unclear;
    made->is_whole &= other->is_whole;
    for (guint i = 0; i < other->columns->len; i++) {
        const MadeColumn *theirs = g_ptr_array_index(other->columns, i);
        add_column(made, theirs->name, theirs->change);
    }
    made->is_varied |= made->columns->len != before || other->columns->len != before;
    for (guint i = 0; i < other->reads->len; i++)
        g_ptr_array_add(made->reads, g_ptr_array_index(other->reads, i));
}

void
made_merge(GPtrArray *list, GPtrArray *others)
{
    for (guint i = 0; i < others->len; i++) {
        Made *other = g_ptr_array_index(others, i), *same = NULL;
        for (guint m = 0; m < list->len; m++) {
            Made *made = g_ptr_array_index(list, m);
            if (g_strcmp0(made->name, other->name) == 0)
                same = made;
        }
        if (same != NULL)
            merge_one(same, other);
    }
    for (guint i = others->len; i > 0; i--) {
        const Made *other = g_ptr_array_index(others, i - 1);
        bool is_known = false;
        for (guint m = 0; m < list->len; m++)
            is_known |=
                g_strcmp0(((const Made *) g_ptr_array_index(list, m))->name, other->name) == 0;
        if (!is_known)
            g_ptr_array_add(list, g_ptr_array_steal_index(others, i - 1));
    }
}
