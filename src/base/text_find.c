/*
 * text_find.c - words in texts, by the byte of them that is rarest in code: most of a text is passed over many bytes at once.
 */
#include "base/text.h"

#include <string.h>

/* How often a byte is met in code, from rare to frequent; what is not listed is rarest of all. */
/* clang-format off */
static const uint8_t frequency[256] = {
    ['q'] = 1, ['j'] = 2, ['z'] = 3, ['x'] = 4, ['k'] = 5, ['w'] = 6, ['y'] = 7, ['v'] = 8, ['b'] = 9, ['g'] = 10,
    ['p'] = 11, ['f'] = 12, ['m'] = 13, ['0'] = 14, ['1'] = 15, ['2'] = 16, ['3'] = 17, ['4'] = 18, ['5'] = 19,
    ['6'] = 20, ['7'] = 21, ['8'] = 22, ['9'] = 23, ['h'] = 24, ['d'] = 25, ['l'] = 26, ['u'] = 27, ['c'] = 28,
    ['r'] = 29, ['s'] = 30, ['n'] = 31, ['i'] = 32, ['o'] = 33, ['a'] = 34, ['e'] = 35, ['t'] = 36, ['_'] = 37,
    ['-'] = 38, ['.'] = 39, [' '] = 40,
};
/* clang-format on */

/* The byte of the word that is rarest in code: to look for it alone passes over most of a text. */
static size_t
rarest_at(const char *word, size_t length)
{
    size_t best = 0;
    uint8_t best_frequency = UINT8_MAX;
    for (size_t i = 0; i < length; i++) {
        guchar c = (guchar) word[i];
        uint8_t found = frequency[c >= 'A' && c <= 'Z' ? c | 0x20 : c];
        if (found < best_frequency) {
            best = i;
            best_frequency = found;
        }
    }
    return best;
}

static const char *
next_byte(const char *from, const char *end, char c)
{
    const char *found = from < end ? memchr(from, c, (size_t) (end - from)) : NULL;
    return found != NULL ? found : end;
}

/* A word that is looked for, and the byte of it that a text is gone through by. */
typedef struct {
    const char *text;
    size_t bytes, rarest;
    char low, high, last; /* the rarest byte in both cases; the last one, small */
} Folded;

static bool
begins_at(const Folded *word, const char *from)
{
    return g_ascii_tolower(from[word->bytes - 1]) == word->last &&
           g_ascii_strncasecmp(from, word->text, word->bytes) == 0;
}

/* The word whose rarest byte stands within [from, end); or NULL. */
static const char *
find_between(const Folded *word, const char *from, const char *end)
{
    const char *at_low = next_byte(from, end, word->low),
               *at_high = word->low != word->high ? next_byte(from, end, word->high) : end;
    while (at_low < end || at_high < end) {
        const char *at = MIN(at_low, at_high);
        if (begins_at(word, at - word->rarest))
            return at - word->rarest;
        if (at == at_low)
            at_low = next_byte(at + 1, end, word->low);
        else
            at_high = next_byte(at + 1, end, word->high);
    }
    return NULL;
}

#define FIRST_STRETCH_BYTES 4096 /* a look at so many costs less than a call of its own */

/* By stretches that grow: a byte that comes near must not cost a look at all the text for its capital. */
const char *
text_find_folded(const char *text, size_t bytes, const char *word)
{
    size_t length = strlen(word);
    if (length == 0 || bytes < length)
        return length == 0 ? text : NULL;
    size_t rarest = rarest_at(word, length), stretch = FIRST_STRETCH_BYTES;
    Folded folded = {.text = word,
                     .bytes = length,
                     .rarest = rarest,
                     .low = g_ascii_tolower(word[rarest]),
                     .high = g_ascii_toupper(word[rarest]),
                     .last = g_ascii_tolower(word[length - 1])};
    const char *end = text + bytes - length + rarest + 1, *found = NULL;
    for (const char *from = text + rarest; from < end && found == NULL; stretch *= 2) {
        size_t here = MIN(stretch, (size_t) (end - from));
        found = find_between(&folded, from, from + here);
        from += here;
    }
    return found;
}

const char *
text_find_bytes(const char *text, size_t bytes, const char *word)
{
    size_t length = strlen(word);
    if (length == 0 || bytes < length)
        return length == 0 ? text : NULL;
    size_t rarest = rarest_at(word, length);
    const char *end = text + bytes - length + rarest + 1;
    for (const char *at = text + rarest;
         at < end && (at = memchr(at, word[rarest], (size_t) (end - at))) != NULL; at++)
        if (memcmp(at - rarest, word, length) == 0)
            return at - rarest;
    return NULL;
}
