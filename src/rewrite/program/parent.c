/*
 * parent.c - a name of a class that only the class it extends can read:
 *
 *   class Invites(Tokens): table = "invites"        protected string $tokenTable = 'invites';
 *
 * What is done with the table, and with its columns, stands in another file, which does not name it.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#define HEAD_MAX 60

/* Is the name in this file once, where it is set? Expressions in strings are of the file, too. */
static bool
is_alone(const Unit *unit, Span key)
{
    const Work *work = unit->work;
    Span place = text_span(unit->text, key.begin, key.end);
    g_autofree char *name = g_strndup(unit->text->bytes + key.begin, key.end - key.begin);
    size_t at;
    return !find_word(work->text, place.begin, name, &at) &&
           !find_word(work->text + place.end, work->bytes - place.end, name, &at);
}

/* class Kid(Base): the field's line is right below it. */
static bool
is_field_of_python(Unit *unit, const Use *use)
{
    static const char *const values[] = {"object",   "Enum",       "StrEnum",   "ABC",
                                         "Protocol", "NamedTuple", "TypedDict", NULL};
    guint line = unit_line_of(unit, use->first);
    guint head = line != G_MAXUINT ? unit_line_around(unit, line) : G_MAXUINT;
    if (head == G_MAXUINT || !unit_is_word(unit, head, "class"))
        return false;
    guint open = unit_next(unit, unit_next(unit, head, false), false);
    guint close = unit_bracket_end(unit, open);
    if (!unit_is_sign(unit, open, '(') || close <= open + 1 || close > open + HEAD_MAX)
        return false;
    for (guint i = open + 1; i < close; i++)
        if (unit_is_among(unit, i, values))
            return false;
    return true;
}

/* class Kid extends Base { protected $name = … } */
static bool
is_field_of_php(Unit *unit, const Use *use)
{
    guint key = unit_piece_at(unit, use->key.begin), at = unit_bracket_around(unit, use->first);
    bool extends = false;
    if (key == G_MAXUINT || key == 0 || !unit_is_sign(unit, key - 1, '$') || at == G_MAXUINT)
        return false;
    for (int steps = 0; steps < HEAD_MAX && at != G_MAXUINT; steps++) {
        at = unit_previous(unit, at, true);
        if (at == G_MAXUINT || unit_is_sign(unit, at, ';') || unit_is_sign(unit, at, ')') ||
            unit_is_sign(unit, at, '}'))
            return false;
        extends = extends || unit_is_word(unit, at, "extends");
        if (unit_is_word(unit, at, "class"))
            return extends;
    }
    return false;
}

bool
use_is_for_parent(Unit *unit, const Use *use)
{
    if (!use->is_assigned || use->key.end <= use->key.begin || use->callee.end > 0)
        return false;
    bool is_field = unit_is_language(unit, "python")
                        ? is_field_of_python(unit, use)
                        : unit_is_language(unit, "php") && is_field_of_php(unit, use);
    return is_field && is_alone(unit, use->key);
}
