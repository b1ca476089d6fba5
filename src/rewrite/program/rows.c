/*
 * rows.c - who reads the rows of a program's queries by the names of their columns, which change under `propagate`.
 *
 * rs.getInt("plan") beside the query follows. Where a library makes objects of the rows, by names that another file says, a
 * person decides: nothing would fail there, and fields would stay empty.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/made.h"
#include "rewrite/program/program.h"

#include <string.h>

#define HEADER_PIECES 60 /* of a function or class, before its bracket */

/* ---- what the program's other SQL gives ---- */

static bool
gives_new_names(const Work *work)
{
    GHashTableIter iter;
    void *value;
    if (work->given == NULL)
        return false;
    g_hash_table_iter_init(&iter, work->given);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((const GivenName *) value)->to != NULL)
            return true;
    return false;
}

/* SQL about other tables may give the same name, which stays there. */
static void
note_other(Work *work, const Text *text)
{
    GHashTableIter iter;
    void *key, *value;
    bool has_star = memchr(text->bytes, '*', text->count) != NULL;
    g_hash_table_iter_init(&iter, work->given);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        size_t at;
        if (has_star || find_word(text->bytes, text->count, key, &at))
            ((GivenName *) value)->differs = true;
    }
}

void
rows_begin(Unit *unit)
{
    if (!gives_new_names(unit->work))
        return;
    for (guint i = 0; i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        g_autoptr(Text) text = program_text(unit, use);
        if (!text_mentions(unit->work, text) && program_is_statement(unit, use, text))
            note_other(unit->work, text);
    }
}

/* ---- where rows are read ---- */

static bool
is_getter_of_kotliquery(const Unit *unit, const Use *use)
{
    static const char *const getters[] = {
        "string", "int",  "long",    "double",    "float",         "boolean",       "bigDecimal",
        "uuid",   "byte", "instant", "localDate", "localDateTime", "zonedDateTime", "localTime",
        "array",  "any",  "short",   "bytes",     "sqlTimestamp",  "sqlDate",       NULL};
    Span name = use->callee;
    size_t bytes = name.end - name.begin, ending = strlen("OrNull");
    if (bytes > ending && memcmp(unit->text->bytes + name.end - ending, "OrNull", ending) == 0)
        name.end -= (uint32_t) ending;
    return unit_is_language(unit, "kotlin") && program_says(unit->work, "kotliquery") &&
           span_is_among(unit->text, name, getters);
}

static bool
is_getter_of_rust(const Unit *unit, const Use *use)
{
    static const char *const getters[] = {"get", "try_get", NULL};
    return unit_is_language(unit, "rust") && program_says(unit->work, "sqlx::") &&
           span_is_among(unit->text, use->callee, getters);
}

/* rs.getInt("plan"), string("plan") of Kotliquery, row.get("plan") of sqlx. */
static bool
reads_row(const Unit *unit, const Use *use)
{
    return use_is_column_of_result(unit, use) ||
           (use->argument == 0 && use->key.end == 0 &&
            (is_getter_of_kotliquery(unit, use) || is_getter_of_rust(unit, use)));
}

/* Has what is before the bracket one of these words, as far as the statement goes? `is_own`: not within its brackets, where
 * a parameter may be private. */
static bool
has_in_header(Unit *unit, guint open, const char *const *words, bool is_own)
{
    guint around = unit_bracket_around(unit, open), index = unit_previous(unit, open, true);
    for (int count = 0; index != G_MAXUINT && count < HEADER_PIECES; index--, count++) {
        bool is_beside = unit_bracket_around(unit, index) == around;
        if (is_beside && (unit_piece(unit, index)->kind == PIECE_LINE ||
                          unit_is_sign(unit, index, ';') || unit_is_sign(unit, index, '}')))
            return false;
        if (index == around)
            return false;
        if ((is_beside || !is_own) && unit_is_among(unit, index, words))
            return true;
        if (index == 0)
            return false;
    }
    return false;
}

static bool
is_class(Unit *unit, guint open)
{
    static const char *const words[] = {"class",  "object", "interface", "record", "trait", "impl",
                                        "struct", "enum",   "namespace", "mod",    NULL};
    return unit_is_sign(unit, open, '{') && has_in_header(unit, open, words, false);
}

/* Is a query that gives new names between this bracket and its other half? */
static bool
has_query(Unit *unit, guint open)
{
    size_t begin = unit_piece(unit, open)->begin,
           end = unit_piece(unit, unit_bracket_end(unit, open))->end;
    const GArray *places = unit->work->giving;
    for (guint i = 0; places != NULL && i < places->len; i++) {
        size_t place = g_array_index(places, uint32_t, i);
        if (place > begin && place < end)
            return true;
    }
    return false;
}

/* Has nobody but the queries of this file the function that reads it: beside the query, private, or of the query's class? */
static bool
is_for_own_queries(Unit *unit, guint piece)
{
    static const char *const hidden[] = {"private", NULL}, *const shared[] = {"static", "RowMapper",
                                                                              "ResultSetExtractor",
                                                                              "RowCallbackHandler",
                                                                              NULL};
    guint member = G_MAXUINT, open = unit_bracket_around(unit, piece);
    for (; open != G_MAXUINT && !is_class(unit, open); open = unit_bracket_around(unit, open)) {
        if (has_query(unit, open))
            return true;
        member = open;
    }
    if (member == G_MAXUINT)
        return false;
    if (has_in_header(unit, member, hidden, true) ||
        (open != G_MAXUINT && has_in_header(unit, open, hidden, true)))
        return true;
    return open != G_MAXUINT && has_query(unit, open) &&
           !has_in_header(unit, member, shared, false) && !has_in_header(unit, open, shared, false);
}

/* ---- names of parameters ---- */

/* "plan" to x, addValue("plan", x), setParameter("plan", x) */
static bool
binds_value(Unit *unit, const Use *use)
{
    static const char *const calls[] = {"addValue",  "setParameter", "bind",
                                        "bindValue", "bindParam",    "AddWithValue",
                                        "withValue", "param",        "MapSqlParameterSource",
                                        NULL};
    return use_is_bound_key(unit, use) ||
           (unit_is_language(unit, "kotlin") &&
            unit_is_word(unit, unit_next(unit, use->last, false), "to")) ||
           (use->argument == 0 && span_is_among(unit->text, use->callee, calls));
}

/* Not ::plan, which is a type. */
bool
program_has_parameter(const Work *work, const char *name)
{
    size_t bytes = strlen(name), found;
    for (size_t from = 0; find_word(work->text + from, work->bytes - from, name, &found);
         from += found + bytes) {
        size_t at = from + found;
        if (at > 1 && strchr(":@", work->text[at - 1]) != NULL &&
            strchr(":@", work->text[at - 2]) == NULL && !is_identifier_byte(work->text[at - 2]))
            return true;
        if (at > 1 && memcmp(work->text + at - 2, "%(", 2) == 0 && work->text[at + bytes] == ')')
            return true;
    }
    return false;
}

bool
use_binds(Unit *unit, const Use *use, const Text *text)
{
    g_autofree char *name = g_strndup(text->bytes, text->count);
    return !program_says(unit->work, "SimpleJdbcInsert") && binds_value(unit, use) &&
           program_has_parameter(unit->work, name);
}

static void
explain(Unit *unit, const Text *text, const char *reason)
{
    Site *site =
        program_site(unit->work, text, SITE_COLUMN, DISPOSITION_UNAFFECTED, 0, text->count);
    site->reason = reason;
}

bool
rows_follow(Unit *unit, const Use *use, const Text *text, const ColumnChange *change)
{
    Work *work = unit->work;
    GivenName *given = work->given != NULL ? (GivenName *) given_find(work, change->column) : NULL;
    Span span;
    g_autofree char *written = NULL;
    if (text->count != strlen(change->column))
        return false;
    if (use_binds(unit, use, text)) {
        explain(unit, text, NAME_OF_PARAMETER);
        return true;
    }
    if (given == NULL || g_hash_table_size(work->named) > 0 || given->to == NULL ||
        given->differs || change->kind != CHANGE_NAME || strcmp(given->to, change->to) != 0 ||
        given_find(work, GIVEN_ANY) != NULL || !reads_row(unit, use) ||
        !is_for_own_queries(unit, use->first) ||
        !text_edit(text, 0, text->count, change->to, &span, &written))
        return false;
    Site *site = program_site(work, text, SITE_COLUMN, DISPOSITION_REWRITTEN, 0, text->count);
    site->after = arena_copy(work->out->arena, change->to, strlen(change->to));
    edit_add(work, span.begin, span.end, written);
    given->is_read = true;
    return true;
}

/* "plan" to command.plan, addValue("plan", command.plan): the value of a parameter, in a file that reads no such rows. */
bool
word_is_bound(Unit *unit, guint index, const ColumnChange *change)
{
    const Work *work = unit->work;
    guint at = index, before = unit_previous(unit, at, true);
    while (before != G_MAXUINT && before > 0 && unit_is_sign(unit, before, '.')) {
        at = unit_is_sign(unit, before - 1, '?') ? before - 2 : before - 1;
        before = at > 0 ? unit_previous(unit, at, true) : G_MAXUINT;
    }
    if (at == index || before == G_MAXUINT || before == 0 ||
        !(unit_is_word(unit, before, "to") || unit_is_sign(unit, before, ',')))
        return false;
    const Piece *name = unit_piece(unit, unit_previous(unit, before, true));
    size_t bytes = strlen(change->column);
    return name->kind == PIECE_LITERAL && name->end - name->begin == bytes + 2 &&
           memcmp(unit->text->bytes + name->begin + 1, change->column, bytes) == 0 &&
           (work->given == NULL || given_find(work, change->column) == NULL) &&
           program_has_parameter(work, change->column);
}

bool
rows_are_read(const Unit *unit, const ColumnChange *change)
{
    static const char *const by_fields[] = {
        "BeanPropertyRowMapper", "DataClassRowMapper", "mapTo",   "BeanMapper", "ConstructorMapper",
        "KotlinMapper",          "fetchInto",          "FromRow", NULL};
    const GivenName *given =
        unit->work->given != NULL ? given_find(unit->work, change->column) : NULL;
    if (given == NULL || !given->is_read)
        return false;
    for (size_t i = 0; by_fields[i] != NULL; i++)
        if (program_says(unit->work, by_fields[i]))
            return false;
    return true;
}
