/* called.c - see members.h: what is called like a class: user, current_user, userInfo, getUser() of User. */
#include "rewrite/imports/members.h"

#include <string.h>

#define CLASS_BYTES_MIN 3 /* `U` is no word that tells what is called like it */

/* Without what people put behind a name: users, userInfo, user_row. */
static size_t
stem_bytes(const char *name, size_t bytes)
{
    static const char *const ends[] = {"info",   "obj",   "object", "row",  "record",
                                       "entity", "model", "list",   "data", "s"};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        size_t length = strlen(ends[i]);
        if (bytes > length && g_ascii_strncasecmp(name + bytes - length, ends[i], length) == 0)
            return bytes - length - (name[bytes - length - 1] == '_');
    }
    return bytes;
}

/* user, users, userInfo, current_user, currentUser of User. */
static bool
is_called_like(const char *name, size_t bytes, const char *class)
{
    size_t length = strlen(class), at = 0, stem = stem_bytes(name, bytes);
    if (length < CLASS_BYTES_MIN || g_ascii_isupper(name[0]))
        return false;
    if (stem < bytes && is_called_like(name, stem, class))
        return true;
    while (at < bytes && !name_is_column(name + at, bytes - at, class)) {
        size_t next = at + 1;
        while (next < bytes && name[next] != '_' && !g_ascii_isupper(name[next]))
            next++;
        at = next + (next < bytes && name[next] == '_');
    }
    return at < bytes;
}

bool
members_is_prefix(const char *class, const char *name, size_t bytes)
{
    size_t length = strlen(class);
    return length >= CLASS_BYTES_MIN && bytes >= length &&
           g_ascii_strncasecmp(name, class, length) == 0;
}

static ImportedClass *
value_by_name(const Members *members, const char *name, size_t bytes)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, members->unit->work->imports->classes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const char *class = ((const ImportedClass *) value)->name;
        g_autofree char *one = /* user of Users */
            g_strndup(class, strlen(class) - g_str_has_suffix(class, "s"));
        if (is_called_like(name, bytes, class) || is_called_like(name, bytes, one))
            return value;
    }
    return NULL;
}

/* getUser(), current_user(); but not login_as_user(). */
static bool
gives_value(const char *name)
{
    static const char *const verbs[] = {"get", "current", "find", "load", "fetch"};
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (g_str_has_prefix(name, verbs[i]))
            return true;
    return false;
}

ImportedClass *
members_called(const Members *members, guint index, const char *name)
{
    const Unit *unit = members->unit;
    bool is_call = unit_is_sign(unit, unit_next(unit, index, false), '(');
    return !is_call || gives_value(name) ? value_by_name(members, name, strlen(name)) : NULL;
}
