/* names.c - names of columns: nearly equal ones, and new ones made from them. */
#include "mapping/names.h"

#include "base/text.h"
#include "mapping/bind.h"

#include <string.h>

#define LISTED_MAX 12 /* a line of them; the rest is counted */

char *
name_bare(const char *name)
{
    GString *bare = g_string_new(NULL);
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar letter = g_utf8_get_char_validated(p, -1);
        if (letter == (gunichar) -1 || letter == (gunichar) -2)
            break;
        if (g_unichar_isalnum(letter))
            g_string_append_unichar(bare, g_unichar_tolower(letter));
    }
    return g_string_free(bare, FALSE);
}

/* Does a word begin at an upper-case letter? After a lower-case one (userId), or before one (HTTPServer). */
static bool
word_begins(gunichar before, gunichar letter, gunichar after)
{
    if (!g_unichar_isupper(letter))
        return false;
    return g_unichar_islower(before) || g_unichar_isdigit(before) ||
           (g_unichar_isupper(before) && g_unichar_islower(after));
}

char *
name_snake(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    g_autoptr(GString) snake = g_string_new(NULL);
    gunichar before = 0;
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar letter = g_utf8_get_char(p), after = g_utf8_get_char(g_utf8_next_char(p));
        bool is_word = g_unichar_isalnum(letter) || g_unichar_ismark(letter);
        bool has_end = snake->len == 0 || snake->str[snake->len - 1] == '_';
        if (!has_end && (!is_word || word_begins(before, letter, after)))
            g_string_append_c(snake, '_');
        if (is_word)
            g_string_append_unichar(snake, g_unichar_tolower(letter));
        before = letter;
    }
    while (snake->len > 0 && snake->str[snake->len - 1] == '_')
        g_string_truncate(snake, snake->len - 1);
    if (snake->len == 0)
        g_string_assign(snake, "column");
    if (g_ascii_isdigit(snake->str[0]))
        g_string_prepend(snake, "c_");
    return g_string_free(g_steal_pointer(&snake), FALSE);
}

char *
names_listed(const Schema *schema)
{
    GString *list = g_string_new(NULL);
    size_t count = schema_count(schema);
    for (size_t i = 0; i < MIN(count, LISTED_MAX); i++)
        g_string_append_printf(list, "%s'%s'", i > 0 ? ", " : "", schema_column(schema, i)->name);
    if (count > LISTED_MAX)
        g_string_append_printf(list, " and %zu more", count - LISTED_MAX);
    return g_string_free(list, FALSE);
}

const char **
column_names(const Schema *schema)
{
    const char **names = g_new0(const char *, schema_count(schema) + 1);
    for (size_t i = 0; i < schema_count(schema); i++)
        names[i] = schema_column(schema, i)->name;
    return names;
}

const char *
column_near(const Schema *schema, const char *name)
{
    g_autofree char *bare = name_bare(name);
    for (size_t i = 0; i < schema_count(schema); i++) {
        g_autofree char *other = name_bare(schema_column(schema, i)->name);
        if (bare[0] != '\0' && strcmp(bare, other) == 0)
            return schema_column(schema, i)->name;
    }
    g_autofree const char **names = column_names(schema);
    return text_nearest(name, names);
}
