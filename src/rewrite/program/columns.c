/*
 * columns.c - columns that a program uses otherwise than in SQL, and SQL that it puts together from parts.
 *
 * Where the dataset is named by a plain string, its columns are used through some API: df["plan"], col("plan"), row.plan.
 * Nobody can tell from the text alone which of them are the dataset's. They are reported, with what the mapping says.
 */
#include "base/text.h"
#include "rewrite/imports/imports.h"
#include "rewrite/made.h"
#include "rewrite/program/advice.h"
#include "rewrite/program/said.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* Of what may be a field of a class, or a column of a data frame: by what the file has. */
static const Advice *
advice_of_column(const Unit *unit)
{
    const Advice *field = advice_of_class(unit), *rows = advice_of_rows(unit);
    return rows == NULL || (field != NULL && unit->work->has_class) ? field : rows;
}

static void
refuse(Unit *unit, const Text *text, size_t begin, size_t end, const char *code,
       const ColumnChange *change)
{
    Work *work = unit->work;
    g_autofree char *words = column_change_words(change);
    bool is_fragment = strcmp(code, "fragment") == 0;
    Site *site = program_refuse(work, text, SITE_COLUMN, begin, end, code, change->link,
                                is_fragment ? "a part of SQL that is put together elsewhere: %s"
                                            : "this may be the dataset's column: %s",
                                words);
    if (!is_fragment)
        site_advise(work, site, advice_of_column(unit), change);
    imports_tie_change(work, change, text_span(text, begin, end));
}

/* f"SELECT id FROM {self.TABLE}": what a class made of this one may set otherwise is followed by nobody. */
static void
refuse_of_hole(Unit *unit, const Text *text, size_t begin, size_t end, const ColumnChange *change)
{
    g_autofree char *words = column_change_words(change);
    program_refuse(
        unit->work, text, SITE_COLUMN, begin, end, "data-frame", change->link,
        "the table is put in at run time, and may be the dataset: %s; a constant that is "
        "called by its own name, or by that of its class (Store.TABLE), is followed",
        words);
    imports_tie_change(unit->work, change, text_span(text, begin, end));
}

/* ---- which columns ---- */

/* Does a class of another file that says its columns stand for the dataset? */
static bool
has_said_class(const Work *work, const Rename *rename)
{
    GHashTableIter iter;
    void *class;
    if (work->imports == NULL)
        return false;
    g_hash_table_iter_init(&iter, work->imports->classes);
    while (g_hash_table_iter_next(&iter, NULL, &class))
        if (((ImportedClass *) class)->export->says_columns &&
            ((ImportedClass *) class)->rename == rename)
            return true;
    return false;
}

/* Crate.__table__ of SQLAlchemy: what is done with it is done by the columns' own names, whatever the class calls them. */
static bool
asks_for_table(const Work *work, const Rename *rename)
{
    return work->asks_for_table &&
           (g_hash_table_contains(work->said, rename) || has_said_class(work, rename));
}

static bool
is_searched(const Work *work, const Rename *rename)
{
    return work->options->propagates || g_hash_table_contains(work->named, rename) ||
           asks_for_table(work, rename);
}

/* Fields of a class that says its columns stay, and so does what is called like them: strings may be for the database. */
static bool
is_searched_in_strings(const Work *work, const Rename *rename)
{
    return is_searched(work, rename) || g_hash_table_contains(work->said, rename);
}

/* Of a dataset that is named by its new name only: a column that goes by its new name, too, may have been called as it was. */
static bool
may_go_by_old_name(const Work *work, const Rename *rename, const ColumnChange *change)
{
    return g_hash_table_contains(work->named, rename) &&
           g_hash_table_lookup(work->named, rename) == NULL && change->to != NULL &&
           program_has_word(work, change->to);
}

/* A change whose column stands in the text as a word. */
static const ColumnChange *
find_column(const Work *work, const Text *text, bool only_named, size_t *ret_at)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint c = 0; c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            if (change->kind != CHANGE_NONE &&
                (!only_named || is_searched_in_strings(work, rename)) &&
                find_word(text->bytes, text->count, change->column, ret_at) &&
                !(only_named && may_go_by_old_name(work, rename, change)))
                return change;
        }
    }
    return NULL;
}

bool
name_is_column(const char *name, size_t bytes, const char *column)
{
    size_t at = 0;
    for (; *column != '\0'; column++) {
        if (*column == '_')
            continue;
        while (at < bytes && name[at] == '_')
            at++;
        if (at >= bytes || g_ascii_tolower(name[at]) != g_ascii_tolower(*column))
            return false;
        at++;
    }
    return at == bytes;
}

static const ColumnChange *
find_member(const Work *work, const Text *text, const Piece *piece)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint c = 0; is_searched(work, rename) && c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            if (change->kind != CHANGE_NONE &&
                name_is_column(text->bytes + piece->begin, piece->end - piece->begin,
                               change->column) &&
                !may_go_by_old_name(work, rename, change))
                return change;
        }
    }
    return NULL;
}

/* ---- strings ---- */

/* `AND plan = …`, `, plan`: goes on where another string stopped. */
static bool
begins_in_the_middle(const Text *text)
{
    static const char *const words[] = {
        "where", "and",    "or",    "order", "group", "having",  "on",    "from",  "join", "left",
        "inner", "select", "union", "set",   "limit", "qualify", "cross", "right", NULL};
    size_t begin = 0;
    while (begin < text->count &&
           (g_ascii_isspace(text->bytes[begin]) || strchr(",(){}", text->bytes[begin]) != NULL))
        begin++; /* and what is put in before it */
    size_t end = begin;
    while (end < text->count && (g_ascii_isalnum(text->bytes[end]) || text->bytes[end] == '_'))
        end++; /* `order by`, but not `order_number` */
    return span_is_among(text, (Span){(uint32_t) begin, (uint32_t) end}, words);
}

/* What goes by the column's own name, whatever a query calls it: keyColumn="id" of MyBatis is read from a row's new key, and
 * Kafka Connect puts a condition of these behind the query. */
static bool
is_key_column(const Unit *unit, const Use *use)
{
    static const char *const of_connect[] = {"timestamp.column.name", "incrementing.column.name",
                                             NULL};
    return (unit->language->lex == lex_markup && span_is(unit->text, use->key, "keyColumn")) ||
           span_is_among(unit->text, use->key, of_connect);
}

/* `plan = ?`, `u.plan IN (…)`, `lower(plan) LIKE …`, `plan DESC`: a condition by itself, which goes somewhere. */
static bool
is_compared(const Text *text, size_t begin, size_t end)
{
    static const char *const words[] = {"in",    "like", "ilike", "between", "not",
                                        "rlike", "asc",  "desc",  "regexp",  NULL};
    char before = begin > 0 ? text->bytes[begin - 1] : ' ';
    if (!g_ascii_isspace(before) && strchr("(.,\"`[", before) == NULL)
        return false; /* ?plan=… of an address */
    while (end < text->count &&
           (g_ascii_isspace(text->bytes[end]) || strchr(")\"`]", text->bytes[end]) != NULL))
        end++;
    if (end < text->count && strchr("=<>!~", text->bytes[end]) != NULL)
        return !text_starts(text, end, "=>") && !text_starts(text, end, "==");
    size_t word = end;
    while (word < text->count && g_ascii_isalpha(text->bytes[word]))
        word++;
    Span span = {(uint32_t) end, (uint32_t) word};
    static const char *const states[] = {"null",    "not",      "true", "false",
                                         "unknown", "distinct", NULL};
    Span state = {(uint32_t) MIN(word + 1, text->count), (uint32_t) MIN(word + 1, text->count)};
    while (g_ascii_isalpha(text_byte(text, state.end)))
        state.end++;
    return span_is_among(text, span, words) ||
           (span_is(text, span, "is") && span_is_among(text, state, states));
}

/* `weight * 2`, `weight || ''`, `sum(weight)`: no more than SQL has such strings, where a class stands for the table. */
static bool
is_calculated(const Text *text, size_t begin, size_t end)
{
    while (begin > 0 && strchr(" .\"`", text->bytes[begin - 1]) != NULL)
        begin--;
    while (begin > 0 && text_byte(text, begin) == '.' && /* sum(c.weight) */
           is_identifier_byte(text->bytes[begin - 1]))
        for (begin--; begin > 0 && is_identifier_byte(text->bytes[begin - 1]);)
            begin--;
    while (text_byte(text, end) != '\0' && strchr(" \"`", text_byte(text, end)) != NULL)
        end++;
    char before = begin > 0 ? text->bytes[begin - 1] : '\0', behind = text_byte(text, end);
    bool is_argument = before == '(' && begin > 1 && is_identifier_byte(text->bytes[begin - 2]) &&
                       behind != '\0' && strchr("),", behind) != NULL;
    return is_argument || before == '*' || behind == '*' || text_starts(text, end, "||") ||
           (before == '|' && begin > 1 && text->bytes[begin - 2] == '|');
}

/* A change whose column is compared in the text. */
static const ColumnChange *
find_condition(const Work *work, const Text *text, size_t *ret_at)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint c = 0; c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            size_t bytes = strlen(change->column), found = 0;
            for (size_t from = 0;
                 change->kind != CHANGE_NONE &&
                 find_word(text->bytes + from, text->count - from, change->column, &found);
                 from = *ret_at + bytes) {
                *ret_at = from + found;
                if (is_compared(text, *ret_at, *ret_at + bytes) &&
                    (imports_are_used(work) ||
                     rename_is_mentioned(rename, work->text, work->bytes)))
                    return change;
            }
        }
    }
    return NULL;
}

/* The hole in `… WHERE {x}`, `… ORDER BY {x}`; false: there is none. */
static bool
find_hole_for_column(const Text *text, size_t *ret_at)
{
    static const char *const words[] = {"where", "and", "or", "on", "by", "having", "set", NULL};
    for (const char *hole = text->bytes; (hole = strstr(hole, HOLE)) != NULL; hole++) {
        size_t end = *ret_at = (size_t) (hole - text->bytes);
        while (end > 0 && (g_ascii_isspace(text->bytes[end - 1]) || text->bytes[end - 1] == '('))
            end--;
        size_t begin = end;
        while (begin > 0 && g_ascii_isalpha(text->bytes[begin - 1]))
            begin--;
        if (span_is_among(text, (Span){(uint32_t) begin, (uint32_t) end}, words))
            return true;
    }
    return false;
}

/* What the string is put behind: query of `query += " WHERE " + x` and, in Python, of `query + " WHERE " + x` and
 * f"{query} WHERE {x}"; empty: nothing. */
static Span
put_behind(const Unit *unit, const Use *use)
{
    guint sign = unit_previous(unit, use->first, true);
    guint word = use->is_appended && sign != G_MAXUINT && sign > 1 ? sign - 2 : G_MAXUINT;
    if (word != G_MAXUINT)
        return unit_piece(unit, word)->kind == PIECE_WORD ? piece_span(unit_piece(unit, word))
                                                          : (Span){0};
    const Piece *piece = unit_piece(unit, use->first);
    Span name = {piece->inner_begin + 1, piece->inner_begin + 1};
    if (!unit_is_language(unit, "python"))
        return (Span){0};
    if (use->lead > 0)
        return piece_span(unit_piece(unit, use->lead));
    if (piece->kind != PIECE_LITERAL || text_byte(unit->text, piece->inner_begin) != '{')
        return (Span){0};
    while (is_identifier_byte(text_byte(unit->text, name.end)))
        name.end++;
    return text_byte(unit->text, name.end) == '}' ? name : (Span){0};
}

/* Was that set to SQL that reads the dataset? */
static bool
appends_to_dataset(Unit *unit, const Use *use)
{
    Span span = put_behind(unit, use);
    if (span.end == span.begin)
        return false;
    g_autofree char *name =
        g_strndup(unit->text->bytes + span.begin, (size_t) (span.end - span.begin));
    for (guint i = 0; i < unit->uses->len; i++) {
        const Use *other = &g_array_index(unit->uses, Use, i);
        if (!other->is_assigned || !span_is(unit->text, other->key, name))
            continue;
        g_autoptr(Text) text = program_text(unit, other);
        if (text_mentions(unit->work, text))
            return true;
    }
    return false;
}

/* The table or a column that a class says: written down already, but for queries that give rows under the old names. */
static bool
is_of_said_class(Unit *unit, const Use *use, const Text *text)
{
    Work *work = unit->work;
    if (g_hash_table_size(work->said) == 0)
        return false;
    if (use_is_of_class(unit, use) && work->gives_old_names) {
        program_refuse(work, unit->text, SITE_COLUMN, use->whole.begin, use->whole.end, "class",
                       NULL, CLASS_OF_OLD_NAMES);
        return true;
    }
    return use_is_for_others(unit, use) || use_says_column(unit, use) ||
           (g_hash_table_size(work->named) == 0 && use_is_field_of_django(unit, use, text));
}

/* row["sum(id)"] beside "SELECT sum(id) FROM users": what engines call an expression by its text. */
static bool
is_name_of_expression(const Unit *unit, const Use *use, const Text *text)
{
    size_t name = 0;
    while (is_identifier_byte(text_byte(text, name)))
        name++;
    if (name == 0 || text_byte(text, name) != '(' || text->bytes[text->count - 1] != ')')
        return false;
    const Work *work = unit->work;
    g_autofree char *said = g_strndup(text->bytes, text->count);
    Span own = text_span(unit->text, use->whole.begin, use->whole.end);
    return text_find_folded(work->text, own.begin, said) != NULL ||
           text_find_folded(work->text + own.end, work->bytes - own.end, said) != NULL;
}

/* The queries give it by AS now, and this can be nothing but a name: row["sum(id)"], rs.getInt("sum(id)"). */
static bool
is_kept_text(const Unit *unit, const Use *use, const Text *text)
{
    g_autofree char *said = g_strndup(text->bytes, text->count);
    const ReadText *read = read_text_find(unit->work->texts, said);
    bool is_kept = read != NULL && read->is_kept && !read->is_unclear &&
                   (use->is_key || use_is_column_of_result(unit, use) ||
                    (use->argument == 0 && span_is(unit->text, use->callee, "get")));
    if (is_kept) {
        Site *site =
            program_site(unit->work, text, SITE_COLUMN, DISPOSITION_UNAFFECTED, 0, text->count);
        site->reason = "the query gives an expression this name by AS, as it was called before";
    }
    return is_kept;
}

/* A class of this file, or of another one, whose rows queries give. */
static bool
uses_class(const Work *work)
{
    return g_hash_table_size(work->said) > 0 ||
           (work->imports != NULL &&
            g_hash_table_size(work->imports->classes) + g_hash_table_size(work->imports->called) >
                0);
}

/* Of LookML, what is no SQL is a label or the name of a field. */
static bool
may_hold_columns(const Unit *unit, const Use *use)
{
    static const char *const keys[] = {"sql", NULL};
    return !unit->language->has_sql_values || span_begins_with_any(unit->text, use->key, keys);
}

/* .alias("plan"): what comes out of the new dataset may be called as it was. */
static bool
is_called_anew(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"alias", "as", "name", "withColumnRenamed", NULL};
    return span_is_among(unit->text, use->callee, calls) &&
           !renames_mentioned(unit->work->renames, unit->work->text, unit->work->bytes);
}

static void
visit_use(Unit *unit, Use *use)
{
    size_t at = 0;
    if (!may_hold_columns(unit, use))
        return;
    g_autoptr(Text) text = program_text(unit, use), view = lookml_text(unit, use);
    if (use->is_docstring || use->is_message || use->is_bytes || view != NULL ||
        lookml_is_of_other(unit, use->first) || use_is_foreign_key(unit, use) ||
        is_of_said_class(unit, use, text) || use_is_in_chain(unit, use))
        return;
    if (find_hole_for_column(text, &at) && appends_to_dataset(unit, use)) {
        program_refuse(unit->work, text, SITE_COLUMN, at, at + strlen(HOLE), "hole", NULL,
                       "what is put in here at run time may name columns that change");
        return;
    }
    const ColumnChange *change = find_column(unit->work, text, true, &at);
    bool is_named = change != NULL;
    if (!is_named)
        change = find_column(unit->work, text, false, &at);
    if (change == NULL || is_called_anew(unit, use))
        return;
    bool is_whole = program_is_statement(unit, use, text);
    bool is_of_rows = is_whole && is_named && program_reads_own_rows(unit->work, text);
    if ((is_whole && !use->has_table_hole && !is_of_rows) ||
        (!is_whole && program_command(unit, use, text)))
        return;
    if (!is_named && is_kept_text(unit, use, text))
        return;
    if (!is_named && is_name_of_expression(unit, use, text)) {
        program_refuse(unit->work, text, SITE_COLUMN, at, at + strlen(change->column), "ambiguous",
                       change->link,
                       "this may be what an expression is called by its text, which changes: call "
                       "it by AS");
        return;
    }
    PartAnswer part = is_whole ? PART_NONE : program_part(unit, use, text);
    if (part == PART_READ)
        return;
    if (part == PART_NONE && !is_named && !is_whole && !use->is_appended &&
        !begins_in_the_middle(text) && !is_key_column(unit, use) &&
        !(uses_class(unit->work) &&
          (use_is_raw_sql(unit, use) || is_calculated(text, at, at + strlen(change->column))))) {
        change = unit->language->is_data ? NULL : find_condition(unit->work, text, &at);
        if (change == NULL)
            return;
    }
    if (!is_named && is_whole)
        return; /* of another table: none is named by a string here */
    if (is_named && rows_follow(unit, use, text, change))
        return;
    if (is_named && is_whole && use->has_table_hole) {
        refuse_of_hole(unit, text, at, at + strlen(change->column), change);
        return;
    }
    refuse(unit, text, at, at + strlen(change->column), is_named ? "data-frame" : "fragment",
           change);
}

void
program_refuse_column(Unit *unit, const Text *text)
{
    size_t at = 0;
    const ColumnChange *change = find_column(unit->work, text, false, &at);
    if (change != NULL)
        refuse(unit, text, at, at + strlen(change->column), "data-frame", change);
}

void
program_cell_columns(Unit *unit, const Text *text)
{
    size_t at = 0;
    const ColumnChange *change = find_column(unit->work, text, true, &at);
    if (change != NULL && program_reads_own_rows(unit->work, text))
        refuse(unit, text, at, at + strlen(change->column), "data-frame", change);
}

/* ---- names ---- */

static void
visit_words(Unit *unit)
{
    for (guint i = 1; i < unit->pieces->len; i++) {
        const Piece *piece = &g_array_index(unit->pieces, Piece, i);
        if (piece->kind != PIECE_WORD || !word_may_be_column(unit, i) ||
            lookml_is_of_other(unit, i))
            continue;
        const ColumnChange *change = find_member(unit->work, unit->text, piece);
        if (change != NULL && !rows_are_read(unit, change) && !word_is_parameter(unit, i) &&
            !word_is_bound(unit, i, change))
            refuse(unit, unit->text, piece->begin, piece->end, "data-frame", change);
    }
}

/* Where nothing is edited, columns may still come by a star, under the names that they have by now. */
bool
program_wants_columns(const Work *work)
{
    return work->out->edits->len > 0 || g_hash_table_size(work->named) > 0 ||
           imports_are_used(work) || (work->options->propagates && work->lets_through);
}

void
program_find_columns(Unit *unit)
{
    bool has_named = g_hash_table_size(unit->work->named) > 0 || unit->work->options->propagates ||
                     unit->work->asks_for_table;
    rows_begin(unit);
    for (guint i = 0; i < unit->uses->len; i++)
        visit_use(unit, &g_array_index(unit->uses, Use, i));
    if (has_named)
        visit_words(unit);
    imports_members(unit);
}
