/* words.c - names, however a language writes them: first_name, firstName, FIRST_NAME, `first-name`. */
#include "gate/inside.h"

#include <string.h>

#define WORD_BYTES_MIN 4 /* "id" is in every other word */

static int
longest_first(const void *a, const void *b)
{
    size_t x = strlen(*(char *const *) a), y = strlen(*(char *const *) b);
    return (x < y) - (x > y);
}

/* Letters and digits in lower case; what stands between is left out. */
static char *
folded(const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (const char *at = text; *at != '\0'; at++)
        if (g_ascii_isalnum(*at))
            g_string_append_c(plain, g_ascii_tolower(*at));
    return g_string_free(g_steal_pointer(&plain), FALSE);
}

static bool
is_part(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (unsigned char) c >= 0x80;
}

/* Does the identifier end with the name, or begin with it as one of its words (getFirstName, first_name_2)? */
static bool
holds(const char *identifier, const char *word)
{
    g_autofree char *whole = folded(identifier);
    if (strlen(word) < WORD_BYTES_MIN)
        return strcmp(whole, word) == 0;
    return strstr(whole, word) != NULL;
}

/* `userv1` of `usersv1`, as a class of one row is called; NULL where there is no version that tells it from other words.
 * Caller frees. */
static char *
singular(const char *word)
{
    size_t end = strlen(word);
    while (end > 0 && g_ascii_isdigit(word[end - 1]))
        end--;
    bool is_versioned = word[end] != '\0';
    end -= end > 0 && word[end - 1] == 'v';
    if (!is_versioned || end < WORD_BYTES_MIN || word[end - 1] != 's')
        return NULL;
    return g_strdup_printf("%.*s%s", (int) end - 1, word, word + end);
}

static bool
is_among(const char *const *words, const char *identifier)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        const char *last = strrchr(words[i], '.');
        g_autofree char *word = folded(last != NULL ? last + 1 : words[i]);
        g_autofree char *one = singular(word);
        if ((*word != '\0' && holds(identifier, word)) || (one != NULL && holds(identifier, one)))
            return true;
    }
    return false;
}

bool
words_in(const char *const *words, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t length = 0;
        while (is_part(at[length]))
            length++;
        g_autofree char *identifier = g_strndup(at, length);
        if (length > 0 && is_among(words, identifier))
            return true;
        at += length > 0 ? length : 1;
    }
    return false;
}

/* A mark in the place of every `word`, which is folded, of `text`. Caller frees. */
static char *
without(const char *text, const char *word)
{
    g_autoptr(GString) pattern = g_string_new(NULL);
    for (const char *at = word; *at != '\0'; at++)
        g_string_append_printf(pattern, at == word ? "%c" : "[-_ .]?%c", *at);
    g_autoptr(GRegex) regex = g_regex_new(pattern->str, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    return g_regex_replace_literal(regex, text, -1, 0, "*", 0, NULL);
}

char *
words_form(const char *const *words, const char *text)
{
    g_autoptr(GPtrArray) folds = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *form = g_strdup(text);
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        const char *last = strrchr(words[i], '.');
        char *word = folded(last != NULL ? last + 1 : words[i]), *one = singular(word);
        g_ptr_array_add(folds, word);
        if (one != NULL)
            g_ptr_array_add(folds, one);
    }
    g_ptr_array_sort(folds, longest_first);
    for (guint i = 0; i < folds->len; i++)
        if (strlen(folds->pdata[i]) >= WORD_BYTES_MIN) {
            char *less = without(form, folds->pdata[i]);
            g_free(form);
            form = less;
        }
    return g_steal_pointer(&form);
}

GHashTable *
words_set(const char *const *texts)
{
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (; texts != NULL && *texts != NULL; texts++) {
        g_autofree char *low = g_ascii_strdown(*texts, -1);
        for (const char *at = low; *at != '\0';) {
            size_t bytes = 0;
            while (is_part(at[bytes]))
                bytes++;
            if (bytes > 0)
                g_hash_table_add(words, g_strndup(at, bytes));
            at += MAX(bytes, 1);
        }
    }
    return words;
}
