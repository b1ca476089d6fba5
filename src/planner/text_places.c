/* text_places.c - where the columns are computed, and why there, in as few lines as there are reasons. */
#include "planner/places.h"

#include <string.h>

#define NAMES_SHOWN_MAX 12 /* a line or two; `honk plan NAME --json` has them all */

const char *
place_seen(const json_t *places, const json_t *column)
{
    const char *target = json_get_string(column, "target", "");
    json_t *seen;
    size_t i;
    json_array_foreach(json_object_get(places, "columns"), i, seen)
    {
        if (strcmp(json_get_string(seen, "target", ""), target) == 0)
            return json_get_string(seen, "place", "");
    }
    return json_get_string(column, "place", "");
}

/* What a store hands on or does by itself needs no look; what is brought into another form does. */
static bool
is_carried(const char *place)
{
    return strcmp(place, "source") == 0 || strcmp(place, "store") == 0;
}

static bool
is_alike(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "place"), json_object_get(b, "place")) &&
           json_equal(json_object_get(a, "why"), json_object_get(b, "why"));
}

static bool
is_first_of_its_kind(const json_t *columns, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_alike(json_array_get(columns, i), json_array_get(columns, index)))
            return false;
    return true;
}

/* All that are like the one at `first`. */
static void
print_alike(TextPage *page, const json_t *columns, size_t first)
{
    const json_t *like = json_array_get(columns, first);
    const char *place = json_get_string(like, "place", "");
    bool is_named = !is_carried(place);
    g_autoptr(GString) who = g_string_new(NULL);
    size_t count = 0;
    for (size_t i = first; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        if (!is_alike(like, column))
            continue;
        if (is_named && count < NAMES_SHOWN_MAX)
            g_string_append_printf(who, "%s%s", count > 0 ? ", " : "",
                                   json_get_string(column, "target", ""));
        count++;
    }
    if (!is_named)
        g_string_append_printf(who, "%zu column%s", count, count == 1 ? "" : "s");
    else if (count > NAMES_SHOWN_MAX)
        g_string_append_printf(who, " and %zu more", count - NAMES_SHOWN_MAX);
    page_say(page, STYLE_PLAIN, "  · ", "%s in the %s: %s", who->str, place,
             json_get_string(like, "why", ""));
}

void
places_print(TextPage *page, const json_t *places)
{
    const json_t *columns = json_object_get(places, "columns");
    const char *note = json_get_string(places, "note", NULL);
    for (size_t i = 0; i < json_array_size(columns); i++)
        if (is_first_of_its_kind(columns, i))
            print_alike(page, columns, i);
    if (note != NULL)
        page_say(page, STYLE_PLAIN, "  · ", "%s", note);
}
