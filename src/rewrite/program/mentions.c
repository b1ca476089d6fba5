/*
 * mentions.c - the dataset's name where it is neither SQL nor a whole string.
 *
 * In comments, docstrings and messages it is text for people: unaffected. In other strings something may read it: then a
 * person decides. As a name of the program it is the program's own.
 */
#include "base/text.h"
#include "rewrite/program/advice.h"
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* By another spelling, which is longer or shorter. */
static bool
is_noted(const Work *work, const Text *text, size_t begin, size_t end)
{
    Span span = text_span(text, begin, end);
    return site_covers(work, span.begin, span.end);
}

typedef void MentionFn(Unit *unit, const Text *text, size_t begin, size_t end, void *data);

static void
each_mention(Unit *unit, const Text *text, size_t from, size_t to, MentionFn *visit, void *data)
{
    const GPtrArray *list = unit->work->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (rename->is_derived && spelling->source[1] == NULL)
                continue; /* any word */
            size_t begin, end;
            for (size_t at = from;
                 at < to && unit->work->mentions < MENTIONS_MAX &&
                 find_mention(text->bytes + at, to - at, spelling->source, &begin, &end);
                 at += end)
                visit(unit, text, at + begin, at + end, data);
        }
    }
}

static void
note(Unit *unit, const Text *text, size_t begin, size_t end, void *data)
{
    if (unit->work->notes >= MENTIONS_MAX || is_noted(unit->work, text, begin, end))
        return;
    Site *site = program_site(unit->work, text, SITE_MENTION, DISPOSITION_UNAFFECTED, begin, end);
    site->reason = keep(unit->work, data);
    unit->work->notes++;
}

/* ---- strings ---- */

static bool
is_ordinary_word(const char *word, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (!g_ascii_isalpha(word[i]))
            return false;
    return true;
}

/* FROM users, JOIN users, …: as in SQL. */
static bool
is_behind_keyword(const Text *text, size_t at)
{
    static const char *const words[] = {"from", "join", "into", "update", "table", NULL};
    while (at > 0 && (g_ascii_isspace(text->bytes[at - 1]) || strchr("`\"'[", text->bytes[at - 1])))
        at--;
    size_t begin = at;
    while (begin > 0 && g_ascii_isalpha(text->bytes[begin - 1]))
        begin--;
    return span_is_among(text, (Span){(uint32_t) begin, (uint32_t) at}, words);
}

/* What a name before a dot may have behind it. */
typedef enum {
    BEHIND_OTHER,  /* no column of the dataset */
    BEHIND_COLUMN, /* one, or all of them */
    BEHIND_STAYS,  /* one that keeps its name, as its table does */
} Behind;

static bool
keeps_name(const Spelling *spelling)
{
    return g_strv_equal((const char *const *) spelling->source,
                        (const char *const *) spelling->target);
}

static Behind
column_behind(const Unit *unit, const char *table, char *column)
{
    SqlPart part = {.text = column};
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
        for (guint s = 0; change != NULL && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (strcmp(spelling->last, table) == 0)
                return change->kind == CHANGE_NONE && keeps_name(spelling) ? BEHIND_STAYS
                                                                           : BEHIND_COLUMN;
        }
    }
    return BEHIND_OTHER;
}

/* `users`, "users", [users]: the quote that closes behind the name, or 0. */
static char
quote_around(const Text *text, size_t begin, size_t end)
{
    char close = text_byte(text, end), open = begin > 0 ? text->bytes[begin - 1] : '\0';
    bool is_quoted = close == ']' ? open == '[' : (close == '`' || close == '"') && open == close;
    return is_quoted ? close : '\0';
}

/* users.plan in a part of SQL, also in quotes; but not t("users.plan"), a key of translations. */
static Behind
read_behind(const Unit *unit, const Use *use, const Text *text, size_t begin, size_t end)
{
    static const char *const translators[] = {"t", "$t", "tr", "translate", "i18n", "__", NULL};
    bool is_quoted = quote_around(text, begin, end) != '\0';
    size_t first = begin - is_quoted, dot = end + is_quoted, last = dot + 1;
    if (text_byte(text, dot) != '.' || span_is_among(unit->text, use->callee, translators) ||
        (first > 0 && text->bytes[first - 1] == '.'))
        return BEHIND_OTHER;
    if (text_byte(text, last) == '*')
        return BEHIND_COLUMN;
    last += text_byte(text, last) != '\0' && strchr("`\"[", text_byte(text, last)) != NULL;
    size_t column_begin = last;
    while (g_ascii_isalnum(text_byte(text, last)) || text_byte(text, last) == '_')
        last++;
    if (text_byte(text, last) == '.' || text_byte(text, last) == '(')
        return BEHIND_OTHER;
    g_autofree char *table = g_strndup(text->bytes + begin, end - begin),
                    *column = g_strndup(text->bytes + column_begin, last - column_begin);
    return column_behind(unit, table, column);
}

/* leftJoin("users as u"), From("users u") */
static bool
is_in_from(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"from",      "into",      "join",       "joins",
                                        "leftJoin",  "fullJoin",  "rightJoin",  "innerJoin",
                                        "crossJoin", "left_join", "inner_join", "leftOuterJoin",
                                        NULL};
    bool is_path = use->callee.begin > 0 && /* PathBuf::from("/users") of Rust */
                   strcmp(unit->language->name, "rust") == 0 &&
                   unit->text->bytes[use->callee.begin - 1] == ':';
    return !is_path && span_is_among(unit->text, use->callee, calls);
}

/* table.include.list: "users,songs", tables = "users | songs" */
static bool
is_in_list_of_tables(const Unit *unit, const Use *use, const Text *text)
{
    static const char names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*$"
        ",;| \t\n";
    bool is_list = false;
    for (size_t i = 0; i < text->count; i++) {
        if (strchr(names, text->bytes[i]) == NULL)
            return false;
        is_list |= strchr(",;|", text->bytes[i]) != NULL;
    }
    const Text *file = unit->text;
    return is_list && text_find_folded(file->bytes + use->key.begin, use->key.end - use->key.begin,
                                       "table") != NULL;
}

static bool
is_behind_hole(const Text *text, size_t at)
{
    return (at == 1 &&
            text->bytes[0] == '.') || /* ".users_v1", which goes on where something stopped */
           (at > 2 && text->bytes[at - 1] != ' ' &&
            (memcmp(text->bytes + at - 2, "}}", 2) == 0 ||
             memcmp(text->bytes + at - 3, "}}.", 3) == 0));
}

/* The name at [at, end), of which a part is put in: which alias to say, as this code would have it. */
static void
refuse_made_name(Unit *unit, const Text *text, size_t at, size_t end)
{
    g_autofree char *path = text_path_as_written(text, at, end - at);
    bool has_path = path != NULL && path[0] != '.';
    program_refuse(unit->work, text, SITE_MENTION, at, end, "hole-in-name", NULL,
                   has_path ? PUT_IN_REASON
                            : "a part of this name is put in at run time%.*s: nobody knows which "
                              "table it is",
                   has_path ? (int) strlen(path) : 0, has_path ? path : "");
    unit->work->mentions++;
}

/* 'court' where the dataset is Court, and nothing says that it is a table. */
static bool
is_in_other_letters(Unit *unit, const Use *use, const Text *text)
{
    if (!is_ordinary_word(text->bytes, text->count) || text->count == 0 ||
        use_reads_table(unit, use) || use_writes_table(unit, use) || use_is_in_builder(unit, use) ||
        is_in_from(unit, use))
        return false;
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (strlen(spelling->last) == text->count &&
                memcmp(spelling->last, text->bytes, text->count) == 0)
                return false;
        }
    }
    return true;
}

/* `#users_v1 td`: what a style sheet or a page calls one of its parts. */
static bool
is_selector(const Text *text, size_t begin)
{
    char before = begin > 1 ? text->bytes[begin - 2] : ' ';
    return begin > 0 && text->bytes[begin - 1] == '#' &&
           (g_ascii_isspace(before) || strchr(",>+~", before) != NULL);
}

/* A name of one part. */
static bool
is_single(const Text *text, size_t begin, size_t end)
{
    return memchr(text->bytes + begin, '.', end - begin) == NULL;
}

/* A star and what is put in may be any column. */
static bool
may_name_change(const Text *text, const Rename *rename)
{
    return memchr(text->bytes, '*', text->count) != NULL ||
           memmem(text->bytes, text->count, HOLE, strlen(HOLE)) != NULL ||
           rename_names_change(rename, text->bytes, text->count);
}

/* Of a dataset that stays under its name, with nothing that changes: whatever is made of the text, it stays right. */
static bool
is_untouched(const Unit *unit, const Text *text, size_t begin, size_t end)
{
    g_autofree char *name = g_strndup(text->bytes + begin, end - begin);
    const GPtrArray *list =
        renames_ending_in(unit->work->renames, RENAMES_BY_LAST, text_last_part(name));
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!rename->is_in_place || may_name_change(text, rename))
            return false;
        for (guint s = 0; s < rename->spellings->len; s++)
            if (!keeps_name(g_ptr_array_index(rename->spellings, s)))
                return false;
    }
    return list != NULL && list->len > 0;
}

/* ${TABLE}.users of LookML */
static bool
is_column_of_view(const Unit *unit, const Text *text, size_t begin)
{
    static const char table[] = "${TABLE}";
    size_t hole = strlen(HOLE) + 1;
    if (!unit->language->has_sql_values || begin < hole || !text_starts(text, begin - hole, HOLE))
        return false;
    Span span = text_span(text, begin - hole, begin - 1);
    return span.end - span.begin == strlen(table) &&
           memcmp(text->file + span.begin, table, strlen(table)) == 0;
}

static void
visit_string(Unit *unit, const Text *text, size_t begin, size_t end, void *data)
{
    const Use *use = data;
    Behind behind = read_behind(unit, use, text, begin, end);
    if (use->is_docstring)
        note(unit, text, begin, end, "this is a docstring: text for people");
    else if (use->is_message)
        note(unit, text, begin, end, "this is a message: text for people");
    else if (behind == BEHIND_STAYS)
        note(unit, text, begin, end, "neither this column nor its table gets another name");
    else if (is_untouched(unit, text, begin, end))
        note(unit, text, begin, end,
             "the table keeps its name, and no column of it that changes is named here");
    else if (behind == BEHIND_COLUMN) {
        program_refuse(unit->work, text, SITE_MENTION, begin, end, "fragment", NULL,
                       "a part of SQL that is put together elsewhere, and names a column of the "
                       "dataset");
        unit->work->mentions++;
    } else if (is_in_other_letters(unit, use, text)) {
        note(unit, text, begin, end,
             "this is an ordinary word, in other letters than the dataset's");
    } else if (is_ordinary_word(text->bytes + begin, end - begin) &&
               !is_behind_keyword(text, begin) && !is_in_from(unit, use) &&
               !is_in_list_of_tables(unit, use, text) && text->count > end - begin)
        note(unit, text, begin, end, "this is an ordinary word in a text");
    else if (is_single(text, begin, end) && is_selector(text, begin))
        note(unit, text, begin, end, "this is a part of a page, or a table of a session alone");
    else if (is_single(text, begin, end) && text_is_in_path(text, begin, end))
        note(unit, text, begin, end, "this is the name of a file of the program: it stays");
    else if (text_is_tag_for_others(unit, text))
        note(unit, text, begin, end, "this is a tag for something else than tables");
    else if (is_single(text, begin, end) && !is_behind_keyword(text, begin) &&
             text_is_sentence(text))
        note(unit, text, begin, end, "this is a sentence: text for people");
    else if (is_single(text, begin, end) && text_is_dotted_key(unit->work, text, begin, end))
        note(unit, text, begin, end, "this is a key of something else: no column is called so");
    else if (is_noted(unit->work, text, begin, end))
        return;
    else if (is_column_of_view(unit, text, begin))
        note(unit, text, begin, end, "this is a column of a view, which is called like the table");
    else if (is_behind_hole(text, begin))
        refuse_made_name(unit, text, begin, end);
    else {
        program_refuse(unit->work, text, SITE_MENTION, begin, end, "in-string", NULL,
                       "the name stands in a string that is no SQL by itself: nobody knows what "
                       "becomes of it");
        unit->work->mentions++;
    }
}

/* {dataset}.users_v1, which has no second part to be found by. */
static void
visit_made_name(Unit *unit, const Text *text)
{
    const GPtrArray *list = unit->work->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            char **parts = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->source;
            guint length = g_strv_length(parts);
            size_t at = 0;
            if (length < 2 || (is_ordinary_word(parts[length - 1], strlen(parts[length - 1])) &&
                               !program_has_word(unit->work, parts[length - 2])))
                continue;
            if (!find_word(text->bytes, text->count, parts[length - 1], &at) ||
                !is_behind_hole(text, at))
                continue;
            refuse_made_name(unit, text, at, at + strlen(parts[length - 1]));
            return;
        }
    }
}

/* TABLE + "." + column, f"{TABLE}.{column}": the name that is put before what is no SQL by itself; NULL: there is none. */
static const Constant *
find_qualifier(const Unit *unit, const Use *use, const Text *text, size_t *ret_at)
{
    for (guint i = 0; i < text->fixed->len; i++) {
        const FixedRun *run = &g_array_index(text->fixed, FixedRun, i);
        *ret_at = run->begin;
        if (run->constant->rename != NULL && text_byte(text, run->end) == '.')
            return run->constant;
    }
    guint plus = use->has_operand_before ? unit_previous(unit, use->first, true) : G_MAXUINT;
    guint word = plus != G_MAXUINT ? unit_previous(unit, plus, true) : G_MAXUINT;
    *ret_at = 0;
    if (word == G_MAXUINT || unit_piece(unit, word)->kind != PIECE_WORD ||
        !text_starts(text, strlen(HOLE), ".") || unit->work->constants == NULL)
        return NULL;
    const Piece *piece = unit_piece(unit, word);
    const Constant *constant = constants_find(
        unit->work->constants, unit->text->bytes + piece->begin, piece->end - piece->begin);
    return constant != NULL && constant->rename != NULL ? constant : NULL;
}

void
program_qualifier(Unit *unit, Use *use, const Text *text)
{
    size_t at;
    const Constant *constant = use->is_message ? NULL : find_qualifier(unit, use, text, &at);
    if (constant == NULL || !rename_changes_columns(constant->rename) ||
        program_is_statement(unit, use, text))
        return;
    program_refuse(unit->work, text, SITE_MENTION, at, at + 1, "fragment", NULL,
                   "the dataset's name is put before a name here: it may be that of a column that "
                   "changes");
    unit->work->mentions++;
}

/* Is the last part alone the dataset, by what --default says? */
static bool
is_of_default(const Unit *unit, char **parts)
{
    char *const *path = unit->work->renames->default_path;
    guint length = g_strv_length(parts), count = path != NULL ? g_strv_length((char **) path) : 0;
    return length > 1 && count > 0 && strcmp(parts[length - 2], path[count - 1]) == 0 &&
           !is_ordinary_word(parts[length - 1], strlen(parts[length - 1]));
}

/* "users_v1 songs_v1".split() */
static bool
is_split(const Unit *unit, const Use *use)
{
    guint dot = unit_next(unit, use->last, true);
    return unit_is_sign(unit, dot, '.') && unit_is_word(unit, unit_next(unit, dot, true), "split");
}

/* FROM users_v1 of what is no SQL that is understood, and names in a list, where --default says their schema. */
static void
visit_bare_name(Unit *unit, const Use *use, const Text *text)
{
    const GPtrArray *list = unit->work->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            char **parts = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->source;
            const char *last = parts[g_strv_length(parts) - 1];
            size_t at = 0, bytes = strlen(last);
            if (rename->is_derived || !is_of_default(unit, parts) ||
                !find_word(text->bytes, text->count, last, &at) ||
                (!is_behind_keyword(text, at) && !is_split(unit, use)) ||
                is_noted(unit->work, text, at, at + bytes))
                continue;
            program_refuse(unit->work, text, SITE_MENTION, at, at + bytes, "in-string", NULL,
                           "the name stands in a string that is no SQL by itself: nobody knows "
                           "what becomes of it");
            unit->work->mentions++;
            return;
        }
    }
}

void
program_mention(Unit *unit, const Use *use, const Text *text)
{
    int before = unit->work->mentions + unit->work->notes;
    each_mention(unit, text, 0, text->count, visit_string, (void *) use);
    if (unit->work->mentions + unit->work->notes == before && !use->is_docstring &&
        !use->is_message) {
        visit_made_name(unit, text);
        if (unit->work->mentions + unit->work->notes == before)
            visit_bare_name(unit, use, text);
    }
}

/* ---- the rest ---- */

const Rename *
word_rename(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_WORD
               ? rename_of_last(unit->work->renames, unit->text->bytes + piece->begin,
                                piece->end - piece->begin)
               : NULL;
}

/* `# MAGIC select …` of Databricks is no comment, and is read by itself. */
static void
visit_comment(Unit *unit, const Piece *piece)
{
    size_t at = 0;
    bool is_code = find_word(unit->text->bytes + piece->begin,
                             MIN(piece->end - piece->begin, strlen("// MAGIC")), "MAGIC", &at) &&
                   at > 0 && at < 4;
    if (is_code && unit->text->from == NULL && magic_is_notebook(unit->text))
        return;
    if (piece->is_foreign)
        program_mention_text(unit->work, unit->text, piece->begin, piece->end, "language",
                             "this is outside of the program, and what reads it is not known");
    else if (is_code)
        program_mention_text(unit->work, unit->text, piece->begin, piece->end, "language",
                             "this comment is code of another language, which is not looked into");
    else
        program_mention_text(unit->work, unit->text, piece->begin, piece->end, NULL,
                             "this is a comment: text for people");
}

static void
refuse_class(Unit *unit, const Piece *piece, const Rename *rename)
{
    if (is_noted(unit->work, unit->text, piece->begin, piece->end))
        return;
    program_refuse_class(unit, unit->text, piece->begin, piece->end, rename,
                         "the program says here that a table is called so: its names for the "
                         "columns have to follow, and what uses them");
    unit->work->mentions++;
}

static void
refuse_key(Unit *unit, const Piece *piece)
{
    if (is_noted(unit->work, unit->text, piece->begin, piece->end))
        return;
    program_refuse(unit->work, unit->text, SITE_MENTION, piece->begin, piece->end, "as-key", NULL,
                   "the name is a key here: who looks it up has to change, too");
    unit->work->mentions++;
}

/* Base.classes.users of SQLAlchemy, which finds its classes in the database. */
static bool
is_automapped(const Unit *unit, guint index)
{
    return unit_is_language(unit, "python") && index > 1 && unit_is_sign(unit, index - 1, '.') &&
           unit_is_word(unit, index - 2, "classes") && program_has_word(unit->work, "automap_base");
}

void
program_mentions(Unit *unit)
{
    const Language *language = unit->language;
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        const Rename *rename = word_rename(unit, i);
        if (piece->kind == PIECE_COMMENT)
            visit_comment(unit, piece);
        else if (rename != NULL && (is_automapped(unit, i) || (language->names_table != NULL &&
                                                               language->names_table(unit, i))))
            refuse_class(unit, piece, rename);
        else if (rename != NULL && word_is_key_of_dataset(unit, i, rename))
            refuse_key(unit, piece);
        else if (rename != NULL)
            note(unit, unit->text, piece->begin, piece->end, "this is a name of the program's own");
    }
}

typedef struct {
    const char *code, *reason;
} Said;

static void
say(Unit *unit, const Text *text, size_t begin, size_t end, void *data)
{
    const Said *said = data;
    if (said->code == NULL) {
        note(unit, text, begin, end, (void *) said->reason);
        return;
    }
    if (strcmp(said->code, "language") == 0 &&
        mention_is_ordinary(text->bytes, text->count, begin, end)) {
        note(unit, text, begin, end, ORDINARY_WORD);
        return;
    }
    if (is_noted(unit->work, text, begin, end))
        return;
    program_refuse(unit->work, text, SITE_MENTION, begin, end, said->code, NULL, "%s",
                   said->reason);
    unit->work->mentions++;
}

void
program_mention_text(Work *work, const Text *text, size_t begin, size_t end, const char *code,
                     const char *reason)
{
    Unit unit = {.work = work, .text = text};
    Said said = {code, reason};
    each_mention(&unit, text, begin, end, say, &said);
}
