/*
 * actions.c - names of tables in the settings of Dataform's own files: `name: "orders"`, `dependencies: ["orders"]`.
 *
 * They mean what ${ref("orders")} means, and change with it. What the file itself is called by gets another name where the columns
 * stay as they are, or where it only declares the table.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* Settings are all that is no SQL, and their own brackets are none of the pieces. */
static bool
is_setting(Unit *unit, guint at, const char *key)
{
    return at + 2 < unit->pieces->len && unit_is_word(unit, at, key) &&
           unit_is_sign(unit, at + 1, ':') && unit_bracket_around(unit, at) == G_MAXUINT;
}

/* The text of a setting; empty: it is not said, or not as a text. */
static Span
setting(Unit *unit, const char *key)
{
    for (guint i = 0; i + 2 < unit->pieces->len && !unit_piece(unit, i)->is_sql; i++) {
        const Piece *value = unit_piece(unit, i + 2);
        if (is_setting(unit, i, key) && value->kind == PIECE_LITERAL)
            return (Span){value->inner_begin, value->inner_end};
    }
    return (Span){0};
}

static bool
is_in(Unit *unit, const char *key, const char *part)
{
    Span said = setting(unit, key);
    return said.end == 0 || span_is(unit->text, said, part);
}

/* Is what the settings say of schema and project that of the dataset? */
static bool
is_placed(Unit *unit, const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    return (length < 2 || is_in(unit, "schema", spelling->source[length - 2])) &&
           (length < 3 || is_in(unit, "database", spelling->source[length - 3]));
}

/* A table that keeps its columns, or one that is made elsewhere. */
static bool
may_be_called_otherwise(Unit *unit, const Rename *rename)
{
    static const char *const made[] = {"table", "view", "incremental", NULL};
    Span type = setting(unit, "type");
    return span_is(unit->text, type, "declaration") ||
           (span_is_among(unit->text, type, made) && !rename_changes_columns(rename) &&
            rename_only_renames(rename));
}

bool
use_names_action(Unit *unit, const Use *use, const Rename *rename, const Spelling *spelling)
{
    guint open = unit_bracket_around(unit, use->first);
    if (unit->language->lex != lex_sqlx || unit->depth > 0 || unit->text->from != NULL ||
        rename->is_derived)
        return false;
    if (open != G_MAXUINT)
        return open >= 2 && unit_is_sign(unit, open, '[') &&
               is_setting(unit, open - 2, "dependencies");
    if (use->first < 2 || use->first != use->last)
        return false;
    if (is_setting(unit, use->first - 2, "dependencies"))
        return true;
    return is_setting(unit, use->first - 2, "name") && is_placed(unit, spelling) &&
           may_be_called_otherwise(unit, rename);
}
