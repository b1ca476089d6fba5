/*
 * classes.c - see classes.h.
 *
 * Names are replaced in every text, where they stand for themselves: no letter or digit beside them (an index
 * "users_17_name" belongs to the table "users_17"; "users_1" is not in there). The longest name goes first.
 */
#include "review/classes.h"

#include <string.h>

#define SHOWN_BYTES_MAX 200

typedef struct {
    char *name;
    const char *stands_for;
} Name;

static void
name_clear(void *data)
{
    g_free(((Name *) data)->name);
}

static void
name_add(GArray *names, const char *text, size_t bytes, const char *stands_for)
{
    if (text == NULL || bytes == 0)
        return;
    Name name = {g_strndup(text, bytes), stands_for};
    g_array_append_val(names, name);
}

static const char *
after_last(const char *text, char mark)
{
    const char *found = text == NULL ? NULL : strrchr(text, mark);
    return found == NULL ? text : found + 1;
}

static void
dataset_add(GArray *names, const json_t *dataset, const char *name, const char *ref,
            const char *store)
{
    const char *url = json_get_string(dataset, "url", NULL);
    const char *full = json_get_string(dataset, "ref", NULL), *short_name = after_last(full, '/');
    const char *colon = url == NULL ? NULL : strchr(url, ':');
    if (full != NULL) {
        name_add(names, full, strlen(full), ref);
        name_add(names, short_name, strlen(short_name), ref);
    }
    if (colon == NULL)
        return;
    name_add(names, colon + 1, strlen(colon + 1), name);
    name_add(names, url, (size_t) (colon - url), store);
}

static int
compare_length(const void *a, const void *b)
{
    size_t one = strlen(((const Name *) a)->name), other = strlen(((const Name *) b)->name);
    return one > other ? -1 : one < other;
}

static GArray *
names_of(const json_t *plan)
{
    GArray *names = g_array_new(FALSE, FALSE, sizeof(Name));
    const char *migration = json_get_string(plan, "migration", NULL);
    const char *path = json_string_value(json_at(plan, "mapping.path"));
    g_array_set_clear_func(names, name_clear);
    dataset_add(names, json_object_get(plan, "source"), "{source}", "{source-ref}",
                "{source-store}");
    dataset_add(names, json_object_get(plan, "target"), "{target}", "{target-ref}",
                "{target-store}");
    if (migration != NULL)
        name_add(names, after_last(migration, '/'), strlen(after_last(migration, '/')),
                 "{migration}");
    if (path != NULL)
        name_add(names, path, strlen(path), "{mapping}");
    g_array_sort(names, compare_length);
    return names;
}

/* ---- texts ---- */

static const Name *
name_at(const GArray *names, const char *text, const char *at)
{
    if (at > text && g_ascii_isalnum(at[-1]))
        return NULL;
    for (guint i = 0; i < names->len; i++) {
        const Name *name = &g_array_index(names, Name, i);
        size_t bytes = strlen(name->name);
        if (strncmp(at, name->name, bytes) == 0 && !g_ascii_isalnum(at[bytes]))
            return name;
    }
    return NULL;
}

/* What we made out of names ourselves: "users__honk_0a1b2c3d". */
static size_t
made_name_bytes(const char *at)
{
    static const char mark[] = "__honk_";
    size_t bytes = strlen(mark);
    if (strncmp(at, mark, bytes) != 0)
        return 0;
    return bytes + strspn(at + bytes, "0123456789abcdef");
}

static json_t *
text_shape(const GArray *names, const char *text)
{
    g_autoptr(GString) shape = g_string_sized_new(strlen(text));
    for (const char *at = text; *at != '\0';) {
        const Name *name = name_at(names, text, at);
        size_t made = made_name_bytes(at);
        if (name != NULL) {
            g_string_append(shape, name->stands_for);
            at += strlen(name->name);
        } else if (made > 0) {
            g_string_append(shape, "__honk_*");
            at += made;
        } else {
            g_string_append_c(shape, *at++);
        }
    }
    return json_stringn(shape->str, shape->len);
}

static json_t *
value_shape(const GArray *names, const json_t *value)
{
    if (json_is_string(value))
        return text_shape(names, json_string_value(value));
    if (json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(list, value_shape(names, json_array_get(value, i)));
        return list;
    }
    if (!json_is_object(value))
        return json_deep_copy(value);
    json_t *object = json_object();
    const char *key;
    json_t *member;
    json_object_foreach((json_t *) value, key, member)
    {
        g_autoptr(json_t) name = text_shape(names, key);
        json_object_set_new(object, json_string_value(name), value_shape(names, member));
    }
    return object;
}

/* ---- what does not count ---- */

/* Digests of what is in the plan anyway, with names in it; and names that nothing else refers to. */
static const struct {
    const char *object; /* NULL: the plan itself */
    const char *member;
} aside[] = {
    {NULL, "migration"},
    {NULL, "name"},
    {NULL, "owner"},
    {NULL, "author"},
    {"mapping", "digest"},
    {"guards", "mapping"},
    {"guards", "source_schema"},
    {"guards", "target_schema"},
    {"guards", "consumers"},
    {"guards", "changes"},
    {"guards", "services"},
    {"snapshot", "source_identity"},
};

/* Lists whose items are about somebody: what is said counts, not about whom. */
static const char *const lists[] = {"consumers", "changes", "services"};
static const char *const whose[] = {"ref",   "key",        "part",    "together", "consumer",
                                    "owner", "repository", "service", "branch",   "blobs",
                                    "diff",  "from",       "to",      "reasons"};

static int
compare_shapes(const void *a, const void *b)
{
    g_autofree char *one = json_compact(*(json_t *const *) a),
                    *other = json_compact(*(json_t *const *) b);
    return strcmp(one, other);
}

static json_t *
list_shape(const json_t *list)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    json_t *sorted = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_deep_copy(json_array_get(list, i));
        for (size_t w = 0; w < G_N_ELEMENTS(whose); w++)
            json_object_del(item, whose[w]);
        g_ptr_array_add(items, item);
    }
    g_ptr_array_sort(items, compare_shapes);
    for (guint i = 0; i < items->len; i++)
        json_array_append_new(sorted, g_ptr_array_index(items, i));
    return sorted;
}

json_t *
plan_shape(const json_t *plan)
{
    g_autoptr(GArray) names = names_of(plan);
    json_t *shape = value_shape(names, plan);
    for (size_t i = 0; i < G_N_ELEMENTS(aside); i++)
        json_object_del(aside[i].object == NULL ? shape : json_object_get(shape, aside[i].object),
                        aside[i].member);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        if (json_is_array(json_object_get(shape, lists[i])))
            json_object_set_new(shape, lists[i], list_shape(json_object_get(shape, lists[i])));
    return shape;
}

/* ---- differences ---- */

static json_t *
shown(const json_t *value)
{
    g_autofree char *text = value == NULL           ? g_strdup("nothing")
                            : json_is_string(value) ? g_strdup(json_string_value(value))
                                                    : json_compact(value);
    if (strlen(text) <= SHOWN_BYTES_MAX)
        return json_string(text);
    const char *end = g_utf8_find_prev_char(text, text + SHOWN_BYTES_MAX);
    g_autofree char *cut = g_strndup(text, (size_t) (end - text));
    return json_sprintf("%s…", cut);
}

static void compare(json_t *list, size_t max, const char *path, const json_t *here,
                    const json_t *there);

static void
compare_objects(json_t *list, size_t max, const char *path, const json_t *here, const json_t *there)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) here, key, value)
    {
        g_autofree char *inner = g_strdup_printf("%s%s%s", path, *path != '\0' ? "." : "", key);
        compare(list, max, inner, value, json_object_get(there, key));
    }
    json_object_foreach((json_t *) there, key, value) if (json_object_get(here, key) == NULL)
    {
        g_autofree char *inner = g_strdup_printf("%s%s%s", path, *path != '\0' ? "." : "", key);
        compare(list, max, inner, NULL, value);
    }
}

static void
compare(json_t *list, size_t max, const char *path, const json_t *here, const json_t *there)
{
    bool are_lists = json_is_array(here) && json_is_array(there) &&
                     json_array_size(here) == json_array_size(there);
    if (json_array_size(list) >= max || (here != NULL && there != NULL && json_equal(here, there)))
        return;
    if (json_is_object(here) && json_is_object(there)) {
        compare_objects(list, max, path, here, there);
        return;
    }
    for (size_t i = 0; are_lists && i < json_array_size(here); i++) {
        g_autofree char *inner = g_strdup_printf("%s[%zu]", path, i);
        compare(list, max, inner, json_array_get(here, i), json_array_get(there, i));
    }
    if (!are_lists)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "at", path, "here", shown(here),
                                              "there", shown(there)));
}

json_t *
shape_differences(const json_t *here, const json_t *there, size_t max)
{
    json_t *list = json_array();
    compare(list, max, "", here, there);
    return list;
}
