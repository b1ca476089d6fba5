/* short_names.c - see short_names.h. */
#include "change/short_names.h"

#include <string.h>

typedef struct {
    uint32_t begin, end; /* what goes */
    const char *name;    /* what stands there instead; NULL: the last part, which is left */
} NamePlace;

static int
by_begin(const void *a, const void *b)
{
    const NamePlace *one = a, *other = b;
    return one->begin < other->begin ? -1 : one->begin > other->begin;
}

static NamePlace
place_of(const SqlPath *path)
{
    const SqlPart *first = path->parts, *last = first + path->count - 1;
    if (path->is_in_one_quote) /* the quotes go, too */
        return (NamePlace){first->begin - 1, last->end + 1, last->text};
    return (NamePlace){first->begin, last->begin, NULL};
}

static GArray *
find_places(const Sql *sql, ShortNameFn *is_wanted, const void *data)
{
    GArray *places = g_array_new(FALSE, FALSE, sizeof(NamePlace));
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = sql->blocks->pdata[b];
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = block->sources->pdata[i];
            if (source->kind != SOURCE_TABLE || source->path.count < 2 ||
                source->path.is_in_literal ||
                (is_wanted != NULL && !is_wanted(&source->path, data)))
                continue;
            NamePlace place = place_of(&source->path);
            g_array_append_val(places, place);
        }
    }
    g_array_sort(places, by_begin);
    return places;
}

char *
with_short_names(const char *text, const Dialect *dialect, ShortNameFn *is_wanted, const void *data)
{
    g_autoptr(Sql) sql = sql_new(text, strlen(text), dialect, 0);
    g_autoptr(GArray) places = find_places(sql, is_wanted, data);
    GString *result = g_string_new(NULL);
    size_t at = 0;
    for (guint i = 0; i < places->len; i++) {
        const NamePlace *place = &g_array_index(places, NamePlace, i);
        if (place->begin < at)
            continue;
        g_string_append_len(result, text + at, (gssize) (place->begin - at));
        if (place->name != NULL)
            g_string_append_printf(result, "\"%s\"", place->name);
        at = place->end;
    }
    g_string_append(result, text + at);
    return g_string_free(result, FALSE);
}

bool
short_name_fits(const SqlPath *path, const char *name)
{
    size_t left = strlen(name);
    for (uint32_t i = path->count; i-- > 0;) {
        size_t bytes = strlen(path->parts[i].text);
        if (bytes > left || (bytes < left && name[left - bytes - 1] != '.') ||
            g_ascii_strncasecmp(name + left - bytes, path->parts[i].text, bytes) != 0)
            return false;
        if (bytes == left)
            return i == 0;
        left -= bytes + 1;
    }
    return true;
}
