/*
 * text_many.c - the search of Wu and Manber: it looks at the end of a window as wide as the shortest word. Three bytes
 * there say how far the window may move on, which is nearly all of its width where no word has them.
 */
#include "base/text_many.h"

#include "base/text.h"

#include <string.h>

#define BLOCK_BYTES 3
#define SLOTS 4096 /* of hashes of three bytes: most stay empty with hundreds of words */

struct TextMany {
    GPtrArray *words;            /* char *, in small letters; those that the window finds */
    GPtrArray *brief;            /* char *: shorter than a block, each looked for by itself */
    size_t width;                /* of the window */
    guint8 shift[SLOTS];         /* how far it moves on; 0: look whether a word is there */
    guint32 first[SLOTS], *next; /* word that ends the window so, plus one; 0: none */
};

static guint
hash_block(const char *text)
{
    guint a = (guchar) g_ascii_tolower(text[0]), b = (guchar) g_ascii_tolower(text[1]),
          c = (guchar) g_ascii_tolower(text[2]);
    return (a * 31 * 31 + b * 31 + c * 7 + (a << 8)) % SLOTS;
}

static void
note_word(TextMany *many, guint index)
{
    const char *word = g_ptr_array_index(many->words, index);
    for (size_t i = 0; i + BLOCK_BYTES <= many->width; i++) {
        guint slot = hash_block(word + i);
        size_t far = many->width - BLOCK_BYTES - i;
        many->shift[slot] = (guint8) MIN(many->shift[slot], far);
        if (far > 0)
            continue;
        many->next[index] = many->first[slot];
        many->first[slot] = index + 1;
    }
}

TextMany *
text_many_new(const GPtrArray *words)
{
    TextMany *many = g_new0(TextMany, 1);
    many->words = g_ptr_array_new_with_free_func(g_free);
    many->brief = g_ptr_array_new_with_free_func(g_free);
    many->width = G_MAXUINT8;
    for (guint i = 0; i < words->len; i++) {
        const char *word = g_ptr_array_index(words, i);
        size_t bytes = strlen(word);
        g_ptr_array_add(bytes < BLOCK_BYTES ? many->brief : many->words, g_ascii_strdown(word, -1));
        many->width = bytes < BLOCK_BYTES ? many->width : MIN(many->width, bytes);
    }
    many->next = g_new0(guint32, many->words->len + 1);
    memset(many->shift, (int) (many->width - BLOCK_BYTES + 1), sizeof many->shift);
    for (guint i = 0; i < many->words->len; i++)
        note_word(many, i);
    return many;
}

void
text_many_free(TextMany *many)
{
    if (many == NULL)
        return;
    g_ptr_array_unref(many->words);
    g_ptr_array_unref(many->brief);
    g_free(many->next);
    g_free(many);
}

/* Does a word begin at `from`, of those whose window ends in this slot? */
static bool
is_there(const TextMany *many, guint slot, const char *from, const char *end)
{
    for (guint32 i = many->first[slot]; i > 0; i = many->next[i - 1]) {
        const char *word = g_ptr_array_index(many->words, i - 1);
        size_t bytes = strlen(word);
        if ((size_t) (end - from) >= bytes && g_ascii_strncasecmp(from, word, bytes) == 0)
            return true;
    }
    return false;
}

bool
text_many_has(const TextMany *many, const char *text, size_t bytes)
{
    for (guint i = 0; i < many->brief->len; i++)
        if (text_find_folded(text, bytes, g_ptr_array_index(many->brief, i)) != NULL)
            return true;
    const char *end = text + bytes;
    for (size_t at = 0; many->words->len > 0 && at + many->width <= bytes;) {
        guint slot = hash_block(text + at + many->width - BLOCK_BYTES);
        if (many->shift[slot] == 0 && is_there(many, slot, text + at, end))
            return true;
        at += MAX(many->shift[slot], 1);
    }
    return false;
}
