/* words.c - which words stand in a file, as hashes: to ask many files after many names. */
#include "rewrite/project/words.h"

#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <stdlib.h>

static guint32
hash_word(const char *word, size_t bytes)
{
    guint32 hash = 2166136261u;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (guint8) g_ascii_tolower(word[i])) * 16777619u;
    return hash;
}

static int
by_number(const void *a, const void *b)
{
    guint32 one = *(const guint32 *) a, other = *(const guint32 *) b;
    return one < other ? -1 : one > other;
}

void
numbers_sort(GArray *numbers)
{
    g_array_sort(numbers, by_number);
    guint kept = 0;
    for (guint i = 0; i < numbers->len; i++) {
        guint32 number = g_array_index(numbers, guint32, i);
        if (kept == 0 || g_array_index(numbers, guint32, kept - 1) != number)
            g_array_index(numbers, guint32, kept++) = number;
    }
    g_array_set_size(numbers, kept);
}

typedef bool VisitWord(guint32 hash, void *data);

static bool
each_word(const char *text, size_t bytes, VisitWord *visit, void *data)
{
    for (size_t at = 0; at < bytes;) {
        size_t from = at;
        while (at < bytes && is_identifier_byte(text[at]))
            at++;
        if (at > from && !visit(hash_word(text + from, at - from), data))
            return false;
        at += at == from;
    }
    return true;
}

static bool
add(guint32 hash, void *data)
{
    g_array_append_val((GArray *) data, hash);
    return true;
}

GArray *
words_of(const char *text, size_t bytes)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(guint32));
    each_word(text, bytes, add, all);
    numbers_sort(all);
    return all;
}

static bool
is_among(guint32 hash, void *data)
{
    const GArray *words = data;
    return words->len > 0 && /* an empty one has no data */
           bsearch(&hash, words->data, words->len, sizeof hash, by_number) != NULL;
}

static bool
take_first(guint32 hash, void *data)
{
    *(guint32 *) data = hash;
    return false;
}

bool
words_first(const char *name, guint32 *ret)
{
    return !each_word(name, strlen(name), take_first, ret);
}

bool
words_have(const GArray *words, const char *name)
{
    return each_word(name, strlen(name), is_among, (void *) words);
}
