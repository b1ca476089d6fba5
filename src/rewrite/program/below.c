/*
 * below.c - under which keys the lines of YAML stand.
 *
 * Thousands of values of one file may ask: so it is found once, in one pass with a stack.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* A line that says something; dashes of items count as blanks. */
typedef struct {
    size_t begin, margin;
    size_t colon; /* behind its key; SIZE_MAX: it has none */
    guint around; /* the nearest line before with a smaller margin; G_MAXUINT: none */
} Line;

/* Of a line with a key: does it, or one that it stands below, say that something is written? */
typedef struct {
    size_t colon, margin;
    bool writes;
} Key;

struct Below {
    GArray *lines, *keys; /* in order */
};

void
below_free(Below *below)
{
    if (below == NULL)
        return;
    g_array_unref(below->lines);
    g_array_unref(below->keys);
    g_free(below);
}

static Line
read_line(const Text *text, size_t begin, size_t end)
{
    size_t at = begin, colon;
    while (at < end && (text->bytes[at] == ' ' || text->bytes[at] == '-'))
        at++;
    for (colon = at; colon < end && text->bytes[colon] != ':';)
        colon++;
    return (Line){begin, at - begin, colon < end ? colon : SIZE_MAX, G_MAXUINT};
}

/* Drops what does not stand around something with this margin. */
static void
add_line(GArray *lines, GArray *stack, Line line)
{
    while (stack->len > 0 &&
           g_array_index(lines, Line, g_array_index(stack, guint, stack->len - 1)).margin >=
               line.margin)
        g_array_set_size(stack, stack->len - 1);
    if (stack->len > 0)
        line.around = g_array_index(stack, guint, stack->len - 1);
    g_array_append_val(stack, lines->len);
    g_array_append_val(lines, line);
}

static void
add_key(const Text *text, GArray *keys, GArray *stack, const Line *line)
{
    Span span = {(uint32_t) (line->begin + line->margin), (uint32_t) line->colon};
    Key key = {line->colon, line->margin, key_says_writing(text, span)};
    while (stack->len > 0 && g_array_index(stack, Key, stack->len - 1).margin >= key.margin)
        g_array_set_size(stack, stack->len - 1);
    key.writes = key.writes || (stack->len > 0 && g_array_index(stack, Key, stack->len - 1).writes);
    g_array_append_val(stack, key);
    g_array_append_val(keys, key);
}

static const Below *
below_of(Unit *unit)
{
    const Text *text = unit->text;
    if (unit->below != NULL)
        return unit->below;
    g_autoptr(GArray) line_stack = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) key_stack = g_array_new(FALSE, FALSE, sizeof(Key));
    unit->below = g_new(Below, 1);
    *unit->below =
        (Below){g_array_new(FALSE, FALSE, sizeof(Line)), g_array_new(FALSE, FALSE, sizeof(Key))};
    for (size_t begin = 0, end; begin < text->count; begin = end + 1) {
        const char *newline = memchr(text->bytes + begin, '\n', text->count - begin);
        end = newline != NULL ? (size_t) (newline - text->bytes) : text->count;
        Line line = read_line(text, begin, end);
        size_t at = begin + line.margin;
        if (at == end || text->bytes[at] == '#')
            continue;
        add_line(unit->below->lines, line_stack, line);
        if (line.colon != SIZE_MAX)
            add_key(text, unit->below->keys, key_stack, &line);
    }
    program_steps += text->count;
    return unit->below;
}

/* How many of the items, ordered by the place that each begins with, have it before `place`. */
static guint
count_before(const GArray *items, size_t place)
{
    guint from = 0, behind = items->len;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        const char *item =
            items->data + (gsize) middle * g_array_get_element_size((GArray *) items);
        if (*(const size_t *) (const void *) item < place)
            from = middle + 1;
        else
            behind = middle;
    }
    return from;
}

bool
unit_is_below_sink(Unit *unit, size_t place)
{
    const GArray *keys = below_of(unit)->keys;
    guint before = count_before(keys, place);
    return before > 0 && g_array_index(keys, Key, before - 1).writes;
}

bool
unit_is_below(Unit *unit, size_t place, const char *key)
{
    const GArray *lines = below_of(unit)->lines;
    guint before = count_before(lines, place + 1);
    guint around = before > 0 ? g_array_index(lines, Line, before - 1).around : G_MAXUINT;
    if (around == G_MAXUINT)
        return false;
    const Line *line = &g_array_index(lines, Line, around);
    size_t at = line->begin + line->margin;
    return line->colon == at + strlen(key) && text_starts(unit->text, at, key);
}

bool
use_is_name_of_api(const Unit *unit, const Use *use)
{
    return unit_is_language(unit, "yaml") && span_is(unit->text, use->key, "custom_name");
}

/* - name: users
 *   using: …
 * of Hasura: what the rows of a table are called in another one's. */
bool
use_is_relationship(const Unit *unit, const Use *use)
{
    static const char *const others[] = {"using:", "definition:", NULL};
    const Text *text = unit->text;
    size_t column = 0, at = use->whole.end;
    if (!unit_is_language(unit, "yaml") || !span_is(text, use->key, "name"))
        return false;
    while (column < use->key.begin && text->bytes[use->key.begin - column - 1] != '\n')
        column++;
    while (at < text->count) {
        const char *newline = memchr(text->bytes + at, '\n', text->count - at);
        size_t line = newline != NULL ? (size_t) (newline - text->bytes) + 1 : text->count;
        for (at = line; text_byte(text, at) == ' ';)
            at++;
        if (at - line < column && at < text->count && text->bytes[at] != '\n')
            return false; /* another one begins */
        for (size_t i = 0; others[i] != NULL; i++)
            if (at - line == column && text_starts(text, at, others[i]))
                return true;
    }
    return false;
}
