/*
 * described_sqlx.c - files of Dataform that make the dataset, and say so by nothing but their own names: order_lines.sqlx.
 *
 * Who refers to the dataset by ${ref("…")} under its new name asks for a file that is called so.
 */
#include "base/text.h"
#include "rewrite/program/program.h"

#include <string.h>

#define ENDING ".sqlx"

/* The mapping of the dataset whose last part the file is called; NULL: none. */
static const Rename *
rename_of_file(const Renames *renames, const char *path)
{
    const char *name = text_behind_slash(path);
    if (!g_str_has_suffix(name, ENDING))
        return NULL;
    return rename_of_last(renames, name, strlen(name) - strlen(ENDING));
}

/* Do the settings, which stand before the SQL, call it something else, or is it none that makes a table? */
static bool
is_something_else(const Unit *unit)
{
    static const char *const others[] = {"assertion", "declaration", "test", NULL};
    for (guint i = 0; i + 2 < unit->pieces->len && !unit_piece(unit, i)->is_sql; i++) {
        const Piece *value = unit_piece(unit, i + 2);
        Span span = {value->inner_begin, value->inner_end};
        if (!unit_is_sign(unit, i + 1, ':') || value->kind != PIECE_LITERAL ||
            unit_bracket_around((Unit *) unit, i) != G_MAXUINT)
            continue; /* or the description of a column */
        if (unit_is_word(unit, i, "name") ||
            (unit_is_word(unit, i, "type") && span_is_among(unit->text, span, others)))
            return true;
    }
    return false;
}

bool
sqlx_concerns(const Renames *renames, const char *path)
{
    return rename_of_file(renames, path) != NULL;
}

void
program_sqlx_made(Unit *unit)
{
    const Work *work = unit->work;
    const Rename *rename =
        unit->text->from == NULL && unit->depth == 0 && unit_is_language(unit, "sqlx")
            ? rename_of_file(work->renames, work->path)
            : NULL;
    if (rename == NULL || is_something_else(unit))
        return;
    program_refuse(
        unit->work, unit->text, SITE_FILE, 0, 0, "makes-source", NULL,
        "by its name this file makes a table of Dataform that is called like the dataset: "
        "if it is, %s",
        rename->is_in_place ? "its query has to give the new names"
                            : "the file has to be called like the new one");
}
