/* names.c - many names asked after in many files: each is found by its first word, and only if that stands there. */
#include "rewrite/project/words.h"

#define ROOM_FIRST 4 /* slots; a power of two */

typedef struct {
    const char *name;    /* borrowed */
    guint32 first;       /* hash of its first word */
    guint32 value, next; /* the next in the same slot, plus one; 0: none */
} Name;

struct Names {
    GArray *names;   /* Name */
    GArray *unspelt; /* guint32: values of names that have no word; every file may mean them */
    guint *slots;    /* the first of its names, plus one; 0: none */
    guint mask;      /* as many slots less one; a power of two */
};

Names *
names_new(void)
{
    Names *names = g_new0(Names, 1);
    names->names = g_array_new(FALSE, FALSE, sizeof(Name));
    names->unspelt = g_array_new(FALSE, FALSE, sizeof(guint32));
    names->slots = g_new0(guint, ROOM_FIRST);
    names->mask = ROOM_FIRST - 1;
    return names;
}

void
names_free(Names *names)
{
    g_array_unref(names->names);
    g_array_unref(names->unspelt);
    g_free(names->slots);
    g_free(names);
}

static void
put(Names *names, guint index)
{
    Name *name = &g_array_index(names->names, Name, index);
    guint *slot = &names->slots[name->first & names->mask];
    name->next = *slot;
    *slot = index + 1;
}

/* At most half of the slots are taken. */
static void
make_room(Names *names)
{
    guint room = names->mask + 1;
    if (room >= 2 * names->names->len)
        return;
    room *= 2;
    g_free(names->slots);
    names->slots = g_new0(guint, room);
    names->mask = room - 1;
    for (guint i = 0; i < names->names->len; i++)
        put(names, i);
}

void
names_add(Names *names, const char *name, guint32 value)
{
    Name one = {.name = name, .value = value};
    if (!words_first(name, &one.first)) {
        g_array_append_val(names->unspelt, value);
        return;
    }
    g_array_append_val(names->names, one);
    put(names, names->names->len - 1);
    make_room(names);
}

static void
add_found(const Names *names, const GArray *words, guint32 word, GArray *found)
{
    for (guint at = names->slots[word & names->mask]; at > 0;) {
        const Name *name = &g_array_index(names->names, Name, at - 1);
        if (name->first == word && words_have(words, name->name))
            g_array_append_val(found, name->value);
        at = name->next;
    }
}

GArray *
names_in(const Names *names, const GArray *words)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_array_append_vals(found, names->unspelt->data, names->unspelt->len);
    for (guint i = 0; i < words->len; i++)
        add_found(names, words, g_array_index(words, guint32, i), found);
    numbers_sort(found);
    return found;
}
