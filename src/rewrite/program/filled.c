/*
 * filled.c - the dataset's name that is put into a text of another file: Sprintf(queries.FIND, TABLE).
 *
 * What that text says of columns is not read here, nor is it where it is set, because it names no table there.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define CALL_PIECES_MAX 100 /* before an argument: people write ten */

static const Constant *
constant_at(const Unit *unit, guint last)
{
    if (unit_piece(unit, last)->kind != PIECE_WORD || unit_is_sign(unit, last + 1, '.'))
        return NULL;
    size_t begin = unit_piece(unit, unit_name_begin(unit, last))->begin;
    const Constant *constant = constants_find(unit->work->constants, unit->text->bytes + begin,
                                              unit_piece(unit, last)->end - begin);
    return constant != NULL && constant->rename != NULL && rename_changes_columns(constant->rename)
               ? constant
               : NULL;
}

/* The bracket that is open around the piece; 0: none near. */
static guint
bracket_around(const Unit *unit, guint index)
{
    int depth = 0;
    for (guint i = index; i > 0 && index - i < CALL_PIECES_MAX; i--) {
        char sign = unit_sign(unit, i - 1);
        depth += sign == ')' || sign == ']' || sign == '}' ? 1 : 0;
        if ((sign == '(' || sign == '[' || sign == '{') && depth-- == 0)
            return sign == '(' ? i - 1 : 0;
    }
    return 0;
}

/* A name that this file does not set: what it says is read nowhere with the table in it. */
static bool
is_foreign_name(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    const Constant *constant = g_hash_table_lookup(unit->work->constants, name);
    return piece->kind == PIECE_WORD && (constant == NULL || constant->set == 0);
}

/* Sprintf(QUERY, TABLE), QUERY.format(TABLE) */
static bool
is_put_into_foreign_text(const Unit *unit, guint index)
{
    static const char *const calls[] = {"sprintf", "format", "formatted", "format_map", NULL};
    static const char *const holders[] = {"fmt", "String", "string", "util", NULL};
    guint open = bracket_around(unit, index);
    if (open == 0 || open < 1 ||
        !span_is_among(unit->text, piece_span(unit_piece(unit, open - 1)), calls))
        return false;
    guint first = unit_next(unit, open, true);
    bool has_receiver = open > 2 && unit_is_sign(unit, open - 2, '.');
    bool is_holder =
        has_receiver && span_is_among(unit->text, piece_span(unit_piece(unit, open - 3)), holders);
    if (has_receiver && !is_holder)
        return is_foreign_name(unit, open - 3);
    while (unit_is_sign(unit, first + 1, '.') && unit_piece(unit, first + 2)->kind == PIECE_WORD)
        first += 2;
    return first < unit_name_begin(unit, index) && is_foreign_name(unit, first);
}

void
program_find_filled(Unit *unit)
{
    if (unit->work->constants == NULL || g_hash_table_size(unit->work->constants) == 0)
        return;
    for (guint i = 0; i < unit->pieces->len; i++) {
        if (constant_at(unit, i) == NULL || !is_put_into_foreign_text(unit, i))
            continue;
        const Piece *piece = unit_piece(unit, i);
        program_refuse(unit->work, unit->text, SITE_MENTION, piece->begin, piece->end, "fragment",
                       NULL,
                       "the dataset's name is put into a text that another file sets, and which "
                       "may name columns that change");
    }
}
