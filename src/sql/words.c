/* words.c - words that mean something, and how they are found. */
#include "sql/lexer.h"

#include <pthread.h>

#define WORD_BYTES 16 /* the longest is shorter */

static const struct {
    char text[WORD_BYTES]; /* in capital letters */
    bool is_reserved;
} words[] = {
    [WORD_NONE] = {"", false},
#define SQL_WORD(id, text, reserved) [WORD_##id] = {text, reserved},
#include "sql/words.def"
#undef SQL_WORD
};

#define WORD_SLOTS 1024 /* a power of two, and so many more than words that most names meet none */
G_STATIC_ASSERT(WORD_COUNT < WORD_SLOTS / 4);

static uint8_t word_slots[WORD_SLOTS]; /* open hash table: Word, or WORD_NONE */
G_STATIC_ASSERT(WORD_COUNT <= UINT8_MAX);

/* Of letters of either case it is the same. */
static guint
word_slot(const char *text, size_t bytes)
{
    guint first = text[0] & ~0x20, middle = text[bytes / 2] & ~0x20, last = text[bytes - 1] & ~0x20;
    return (first * 61 + middle * 257 + last * 31 + (guint) bytes * 509) % WORD_SLOTS;
}

static void
fill_word_slots(void)
{
    for (guint word = WORD_NONE + 1; word < WORD_COUNT; word++) {
        guint slot = word_slot(words[word].text, strlen(words[word].text));
        while (word_slots[slot] != WORD_NONE)
            slot = (slot + 1) % WORD_SLOTS;
        word_slots[slot] = (uint8_t) word;
    }
}

void
words_need(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_word_slots);
}

/* As a capital letter, and of nothing but letters. */
static inline char
capital(char c)
{
    return (char) (c & ~0x20);
}

static bool
is_word(Word word, const char *text, size_t bytes)
{
    const char *letters = words[word].text;
    for (size_t i = 0; i < bytes; i++)
        if (capital(text[i]) != letters[i])
            return false;
    return letters[bytes] == '\0';
}

/* Most are names, and their slot is empty. */
Word
words_find(const char *text, size_t bytes)
{
    if (bytes < 2 || bytes >= WORD_BYTES) /* none has one letter */
        return WORD_NONE;
    for (guint slot = word_slot(text, bytes); word_slots[slot] != WORD_NONE;
         slot = (slot + 1) % WORD_SLOTS)
        if (is_word((Word) word_slots[slot], text, bytes))
            return (Word) word_slots[slot];
    return WORD_NONE;
}

Word
word_find(const char *text, size_t bytes)
{
    words_need();
    return words_find(text, bytes);
}

bool
word_is_reserved(Word word)
{
    return words[word].is_reserved;
}
