/*
 * nesting.c - in which brackets, and under which lines, each piece of a program stands.
 *
 * Thousands of strings of one file may ask: so it is found once, in one pass with a stack.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

struct Nesting {
    GArray *brackets; /* guint of each piece */
    GArray *ends;     /* the same, of what opens one: what closes it; of all others: themselves */
    GArray *lines;    /* the same: what begins its line */
    GArray *around;   /* the same, of what begins a line: what begins the line around it */
};

void
nesting_free(Nesting *nesting)
{
    if (nesting == NULL)
        return;
    g_array_unref(nesting->brackets);
    g_array_unref(nesting->ends);
    g_array_unref(nesting->lines);
    g_array_unref(nesting->around);
    g_free(nesting);
}

static guint
top_of(const GArray *stack)
{
    return stack->len > 0 ? g_array_index(stack, guint, stack->len - 1) : G_MAXUINT;
}

static void
find_brackets(const Unit *unit, GArray *brackets, GArray *ends)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        char sign = piece->end == piece->begin + 1 ? unit_sign(unit, i) : '\0';
        guint top = top_of(stack);
        g_array_append_val(brackets, top);
        g_array_append_val(ends, i);
        if (sign != '\0' && strchr("([{", sign) != NULL) {
            g_array_append_val(stack, i);
            g_array_index(ends, guint, i) = unit->pieces->len;
        } else if (sign != '\0' && strchr(")]}", sign) != NULL && stack->len > 0) {
            g_array_index(ends, guint, top) = i;
            g_array_set_size(stack, stack->len - 1);
        }
    }
}

static bool
begins_line(const Unit *unit, guint index)
{
    if (piece_is_between(unit_piece(unit, index)))
        return false;
    guint before = unit_previous(unit, index, false);
    return before == G_MAXUINT || unit_piece(unit, before)->kind == PIECE_LINE;
}

static size_t
margin_of(const Unit *unit, guint index)
{
    size_t line = unit_piece(unit, index)->begin;
    while (line > 0 && unit->text->bytes[line - 1] != '\n')
        line--;
    size_t at = line;
    while (text_byte(unit->text, at) == ' ' || text_byte(unit->text, at) == '\t')
        at++;
    return at - line;
}

typedef struct {
    guint index;
    size_t margin;
} Line;

static void
find_lines(const Unit *unit, GArray *lines, GArray *around)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Line));
    for (guint i = 0, line = G_MAXUINT; i < unit->pieces->len; i++) {
        guint outer = G_MAXUINT;
        if (begins_line(unit, i)) {
            Line own = {line = i, margin_of(unit, i)};
            while (stack->len > 0 &&
                   g_array_index(stack, Line, stack->len - 1).margin >= own.margin)
                g_array_set_size(stack, stack->len - 1);
            if (stack->len > 0)
                outer = g_array_index(stack, Line, stack->len - 1).index;
            g_array_append_val(stack, own);
        }
        g_array_append_val(lines, line);
        g_array_append_val(around, outer);
    }
}

static const Nesting *
nesting_of(Unit *unit)
{
    if (unit->nesting != NULL)
        return unit->nesting;
    guint count = unit->pieces->len;
    Nesting *nesting = g_new(Nesting, 1);
    *nesting = (Nesting){.brackets = g_array_sized_new(FALSE, FALSE, sizeof(guint), count),
                         .ends = g_array_sized_new(FALSE, FALSE, sizeof(guint), count),
                         .lines = g_array_sized_new(FALSE, FALSE, sizeof(guint), count),
                         .around = g_array_sized_new(FALSE, FALSE, sizeof(guint), count)};
    find_brackets(unit, nesting->brackets, nesting->ends);
    find_lines(unit, nesting->lines, nesting->around);
    unit->nesting = nesting;
    return nesting;
}

static guint
at(const GArray *indices, guint index)
{
    return index < indices->len ? g_array_index(indices, guint, index) : G_MAXUINT;
}

guint
unit_bracket_around(Unit *unit, guint index)
{
    return at(nesting_of(unit)->brackets, index);
}

guint
unit_callee_around(Unit *unit, guint index)
{
    guint open = unit_bracket_around(unit, index);
    while (open != G_MAXUINT && !unit_is_sign(unit, open, '('))
        open = unit_bracket_around(unit, open);
    return open != G_MAXUINT ? unit_previous(unit, open, false) : G_MAXUINT;
}

guint
unit_bracket_end(Unit *unit, guint index)
{
    return at(nesting_of(unit)->ends, index);
}

guint
unit_line_of(Unit *unit, guint index)
{
    return at(nesting_of(unit)->lines, index);
}

guint
unit_line_around(Unit *unit, guint line)
{
    return at(nesting_of(unit)->around, line);
}
