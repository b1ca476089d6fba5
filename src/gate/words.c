/* words.c - names, however a language writes them: first_name, firstName, FIRST_NAME, `first-name`. */
#include "gate/inside.h"

#include <string.h>

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
    if (strlen(word) < 4) /* "id" is in every other word */
        return strcmp(whole, word) == 0;
    return strstr(whole, word) != NULL;
}

static bool
is_among(const char *const *words, const char *identifier)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        const char *last = strrchr(words[i], '.');
        g_autofree char *word = folded(last != NULL ? last + 1 : words[i]);
        if (*word != '\0' && holds(identifier, word))
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
