/* words.c - words that mean something, and how they are found. */
#include "sql/lexer.h"

#include <pthread.h>

static const struct {
    char text[WORD_BYTES]; /* in capital letters */
    bool is_reserved;
} words[] = {
    [WORD_NONE] = {"", false},
#define SQL_WORD(id, text, reserved) [WORD_##id] = {text, reserved},
#include "sql/words.def"
#undef SQL_WORD
};

G_STATIC_ASSERT(WORD_COUNT < WORD_SLOTS / 4);

uint8_t word_slots[WORD_SLOTS];
G_STATIC_ASSERT(WORD_COUNT <= UINT8_MAX);

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

Word
words_from(guint slot, const char *text, size_t bytes)
{
    for (; word_slots[slot] != WORD_NONE; slot = (slot + 1) % WORD_SLOTS)
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
