/* json_index.c - see json_index.h. */
#include "base/json_index.h"

struct JsonIndex {
    const char *first, *second;
    GHashTable *items; /* char * -> const json_t * */
};

/* Caller frees. */
static char *
key_of(const JsonIndex *index, const json_t *item)
{
    const char *first = json_get_string(item, index->first, "");
    const char *second = index->second != NULL ? json_get_string(item, index->second, "") : "";
    return g_strconcat(first, "\n", second, NULL);
}

JsonIndex *
json_index_new(const json_t *list, const char *first, const char *second)
{
    JsonIndex *index = g_new(JsonIndex, 1);
    *index =
        (JsonIndex){first, second, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (size_t i = json_array_size(list); i > 0; i--) {
        json_t *item = json_array_get(list, i - 1);
        g_hash_table_replace(index->items, key_of(index, item), item);
    }
    return index;
}

void
json_index_free(JsonIndex *index)
{
    if (index == NULL)
        return;
    g_hash_table_unref(index->items);
    g_free(index);
}

const json_t *
json_index_find(const JsonIndex *index, const json_t *like)
{
    g_autofree char *key = key_of(index, like);
    return g_hash_table_lookup(index->items, key);
}
