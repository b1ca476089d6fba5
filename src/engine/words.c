/* words.c - sets of labels or limits, each kept once, so that equal sets are equal pointers. */
#include "engine/state.h"

#include <string.h>

static void
words_free(void *data)
{
    Words *words = data;
    g_ptr_array_unref(words->items);
    g_free(words->text);
    g_free(words);
}

GHashTable *
words_table_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, words_free);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

Words *
state_words_from(State *state, const GPtrArray *list)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; list != NULL && i < list->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(list, i));
    g_ptr_array_sort(sorted, compare_names);
    for (guint i = 0; i < sorted->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "",
                               (char *) g_ptr_array_index(sorted, i));

    Words *words = g_hash_table_lookup(state->words, text->str);
    if (words != NULL)
        return words;
    words = g_new0(Words, 1);
    words->text = g_strdup(text->str);
    words->items = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < sorted->len; i++)
        g_ptr_array_add(words->items, g_strdup(g_ptr_array_index(sorted, i)));
    g_hash_table_insert(state->words, words->text, words);
    return words;
}

Words *
state_words(State *state, const json_t *list)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (json_is_string(item))
        g_ptr_array_add(names, (char *) json_string_value(item));
    return state_words_from(state, names);
}

Words *
state_words_of_text(State *state, const char *text)
{
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    Words *words = state_words(state, list);
    json_decref(list);
    return words;
}
