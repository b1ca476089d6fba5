/*
 * read_texts.c - what a program reads a value by that nobody calls by AS: row["sum(id)"], rs.getInt("max( id )").
 *
 * Engines of several dialects call such an expression by its text. SQL of the program that has it gives it this name by AS
 * (sql/text_names.c), and the program reads it as before.
 */
#include "rewrite/work.h"

#include <string.h>

#define READ_TEXT_BYTES_MAX 128

static void
read_text_free(void *data)
{
    ReadText *read = data;
    g_free(read->text);
    g_free(read);
}

/* Without blanks, in small letters: engines write some in their own way. */
static char *
folded(const char *text)
{
    GString *key = g_string_new(NULL);
    for (; *text != '\0'; text++)
        if (!g_ascii_isspace(*text))
            g_string_append_c(key, g_ascii_tolower(*text));
    return g_string_free(key, FALSE);
}

/* Where the literal begins that ends with this quote, behind a bracket; 0: none does so. */
static size_t
begin_of(const char *text, size_t quote)
{
    size_t least = quote > READ_TEXT_BYTES_MAX ? quote - READ_TEXT_BYTES_MAX : 1, at = quote - 1;
    while (at >= least && text[at] != text[quote] && strchr("\r\n\\", text[at]) == NULL)
        at--;
    return at >= least && text[at] == text[quote] && strchr("[({,: =", text[at - 1]) != NULL
               ? at + 1
               : 0;
}

static void
add(GHashTable *texts, const char *begin, size_t bytes)
{
    g_autofree char *text = g_strndup(begin, bytes);
    const char *open = strchr(text, '(');
    if (strlen(text) < bytes || open == NULL || open == text || !is_identifier_byte(open[-1]))
        return;
    ReadText *known = read_text_find(texts, text);
    if (known != NULL) {
        known->is_unclear |= strcmp(known->text, text) != 0;
        return;
    }
    ReadText *read = g_new0(ReadText, 1);
    read->text = g_strdup(text);
    g_hash_table_insert(texts, folded(text), read);
}

GHashTable *
read_texts_new(const char *text, size_t bytes)
{
    GHashTable *texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, read_text_free);
    for (size_t i = 1; i + 1 < bytes; i++) {
        bool is_end = (text[i] == '"' || text[i] == '\'') && text[i - 1] == ')' &&
                      strchr("])},: \n", text[i + 1]) != NULL;
        size_t begin = is_end ? begin_of(text, i) : 0;
        if (begin > 0)
            add(texts, text + begin, i - begin);
    }
    return texts;
}

ReadText *
read_text_find(GHashTable *texts, const char *text)
{
    if (texts == NULL || g_hash_table_size(texts) == 0)
        return NULL;
    g_autofree char *key = folded(text);
    return g_hash_table_lookup(texts, key);
}
