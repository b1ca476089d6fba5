/*
 * ecto.c - see members.h: what Elixir does with a struct of Ecto, or a row of it: `Crate |> where(size: 3)`,
 * change(crate, size: 3), %{crate | size: 3}, %Crate{} = crate.
 */
#include "rewrite/imports/members.h"

#include <string.h>

#define LINE_PIECES 200 /* of a call without brackets */

guint
members_pipe(const Members *members, guint last)
{
    const Unit *unit = members->unit;
    guint bar = unit_next(unit, last, true), behind;
    if (!unit_is_language(unit, "elixir") || !unit_is_sign(unit, bar, '|') ||
        !unit_is_sign(unit, bar + 1, '>'))
        return G_MAXUINT;
    g_autofree char *name = imports_name(unit, unit_next(unit, bar + 1, true), '.', &behind);
    return name != NULL && members_closer(members, behind) != G_MAXUINT &&
                   unit_is_sign(unit, behind, '(')
               ? behind
               : G_MAXUINT;
}

void
members_bind(Members *members, guint open, ImportedClass *class)
{
    const Unit *unit = members->unit;
    guint list = unit_next(unit, open, true), name = unit_next(unit, list, true);
    if (unit_is_language(unit, "elixir") && unit_is_sign(unit, list, '[') &&
        unit_piece(unit, name)->kind == PIECE_WORD &&
        unit_next(unit, name, true) <= members_closer(members, list))
        members_name(members, name, open, class);
}

/* change(crate, size: 3), put_change(crate, :size, 3): the bracket whose first value the row is; G_MAXUINT: it is none. */
static guint
change_open(Unit *unit, guint first)
{
    static const char *const calls[] = {"change",      "cast",       "put_change", "force_change",
                                        "get_field",   "get_change", "struct",     "put_in",
                                        "fetch_field", "put",        NULL};
    guint open = unit_bracket_around(unit, first);
    bool is_first =
        open != G_MAXUINT && unit_is_sign(unit, open, '(') && unit_next(unit, open, true) == first;
    return is_first && unit_is_among(unit, unit_previous(unit, open, true), calls) ? open
                                                                                   : G_MAXUINT;
}

/* %{crate | size: 3} */
static guint
update_open(Unit *unit, guint first, guint last)
{
    guint open = unit_bracket_around(unit, first), bar = unit_next(unit, last, true);
    bool is_update = open != G_MAXUINT && unit_is_sign(unit, open, '{') &&
                     unit_next(unit, open, true) == first && unit_is_sign(unit, bar, '|') &&
                     !unit_is_sign(unit, bar + 1, '>');
    return is_update ? open : G_MAXUINT;
}

guint
members_changed(Unit *unit, guint first, guint last, bool is_value)
{
    if (!unit_is_language(unit, "elixir") || !is_value)
        return G_MAXUINT;
    guint open = change_open(unit, first);
    return open != G_MAXUINT ? open : update_open(unit, first, last);
}

void
members_match(Members *members, guint end, ImportedClass *class)
{
    const Unit *unit = members->unit;
    guint sign = unit_next(unit, end, false), name = unit_next(unit, sign, false);
    guint behind = unit_next(unit, name, false);
    if (unit_is_language(unit, "elixir") && unit_is_sign(unit, end, '}') &&
        unit_is_sign(unit, sign, '=') && unit_piece(unit, name)->kind == PIECE_WORD &&
        (unit_is_sign(unit, behind, ')') || unit_is_sign(unit, behind, ',')))
        members_name(members, name, G_MAXUINT, class);
}

guint
members_referenced(const Unit *unit, guint last)
{
    static const char *const keys[] = {"references", NULL};
    if (!unit_is_language(unit, "elixir") || !unit_is_sign(unit, unit_next(unit, last, true), ','))
        return G_MAXUINT;
    for (guint i = last + 1; i < last + LINE_PIECES && i + 3 < unit->pieces->len; i++) {
        guint before = unit_previous(unit, i, true);
        if (unit_piece(unit, i)->kind == PIECE_LINE && !unit_is_sign(unit, before, ','))
            return G_MAXUINT;
        if (unit_is_among(unit, i, keys) && unit_is_sign(unit, i + 1, ':') &&
            unit_is_sign(unit, i + 2, ':'))
            return unit_piece(unit, i + 3)->kind == PIECE_WORD ? i + 3 : G_MAXUINT;
    }
    return G_MAXUINT;
}
