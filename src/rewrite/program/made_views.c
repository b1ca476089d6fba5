/*
 * made_views.c - SQL that reads rows of the program by a name: df.createOrReplaceTempView("o"), and SELECT plan FROM o.
 *
 * The rows have the columns of what they were read from, and so does the view, whatever it is called.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define CALL_PIECES_MAX 200
#define ANY "*" /* a view whose name is put in */

/* registerTempTable of Spark, sdf_register of R, createTemporaryView of Flink; register of DuckDB and DataFusion. */
static bool
makes_view(const Unit *unit, guint word)
{
    static const char *const calls[] = {"createOrReplaceTempView",
                                        "createTempView",
                                        "registerTempTable",
                                        "createOrReplaceGlobalTempView",
                                        "createGlobalTempView",
                                        "createTemporaryView",
                                        "sdf_register",
                                        "registerDataFrameAsTable",
                                        "duckdb_register",
                                        NULL};
    Span span = piece_span(unit_piece(unit, word));
    if (unit_piece(unit, word)->kind != PIECE_WORD || !unit_is_sign(unit, word + 1, '('))
        return false;
    return span_is_among(unit->text, span, calls) ||
           (span_is(unit->text, span, "register") &&
            (program_has_word(unit->work, "duckdb") || program_has_word(unit->work, "SQLContext") ||
             program_has_word(unit->work, "datafusion")));
}

/* Do queries read the program's own variables as tables? */
static bool
reads_variables(const Unit *unit)
{
    return program_has_word(unit->work, "duckdb") || program_has_word(unit->work, "sqldf") ||
           program_has_word(unit->work, "pandasql") || program_has_word(unit->work, "SQLContext");
}

static void
add(const Unit *unit, GHashTable *names, Span span)
{
    g_hash_table_add(names,
                     g_strndup(unit->text->bytes + span.begin, (size_t) (span.end - span.begin)));
}

static void
add_views(Unit *unit, GHashTable *names, guint word)
{
    guint end = MIN(unit_bracket_end(unit, word + 1), word + CALL_PIECES_MAX);
    bool has_name = false;
    for (guint i = word + 2; i < end && i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        if (piece->kind != PIECE_LITERAL)
            continue;
        add(unit, names, (Span){piece->inner_begin, piece->inner_end});
        has_name = true;
    }
    if (!has_name)
        g_hash_table_add(names, g_strdup(ANY));
}

void
program_note_own_rows(Unit *unit)
{
    GHashTable *names = unit->work->own_rows;
    bool has_variables = reads_variables(unit);
    for (guint i = 0; i < unit->pieces->len; i++) {
        bool is_set = unit_is_sign(unit, i + 1, '=') && !unit_is_sign(unit, i + 2, '=');
        bool is_set_in_r = unit_is_sign(unit, i + 1, '<') && unit_is_sign(unit, i + 2, '-');
        if (makes_view(unit, i))
            add_views(unit, names, i);
        else if (has_variables && (is_set || is_set_in_r) &&
                 unit_piece(unit, i)->kind == PIECE_WORD)
            add(unit, names, piece_span(unit_piece(unit, i)));
    }
}

/* Behind what stands between names: blanks, quotes, the dot of global_temp.o. */
static size_t
next_name(const Text *text, size_t at)
{
    while (at < text->count && !is_identifier_byte(text->bytes[at]))
        at++;
    return at;
}

bool
program_reads_own_rows(const Work *work, const Text *text)
{
    bool is_table = false; /* behind FROM and JOIN */
    if (g_hash_table_size(work->own_rows) == 0)
        return false;
    if (g_hash_table_contains(work->own_rows, ANY))
        return true;
    for (size_t at = next_name(text, 0); at < text->count; at = next_name(text, at)) {
        size_t end = at;
        while (end < text->count && is_identifier_byte(text->bytes[end]))
            end++;
        g_autofree char *name = g_strndup(text->bytes + at, end - at);
        if (is_table && g_hash_table_contains(work->own_rows, name))
            return true;
        is_table = g_ascii_strcasecmp(name, "from") == 0 || g_ascii_strcasecmp(name, "join") == 0 ||
                   g_ascii_strcasecmp(name, "global_temp") == 0;
        at = end;
    }
    return false;
}
