/*
 * named_outputs.c - files whose queries others read under a name that is not followed: models of SQLMesh, tables and views of Dataform.
 *
 * `MODEL (name shop.bills, grain id); SELECT id …` is read as shop.bills, and its own settings name columns, too; so is what
 * bills.sqlx or publish("bills") make by ${ref("bills")}. Under `propagate` such queries keep the names of their columns.
 */
#include "rewrite/work.h"

#include <string.h>

/* Behind white space and comments. */
static size_t
first_word(const char *text, size_t bytes)
{
    size_t at = 0;
    while (at < bytes) {
        const char *end = NULL;
        if (g_ascii_isspace(text[at])) {
            at++;
            continue;
        }
        if (bytes - at >= 2 && memcmp(text + at, "--", 2) == 0)
            end = memchr(text + at, '\n', bytes - at);
        else if (bytes - at >= 2 && memcmp(text + at, "/*", 2) == 0)
            end = memmem(text + at + 2, bytes - at - 2, "*/", 2);
        else
            return at;
        if (end == NULL)
            return bytes;
        at = (size_t) (end - text) + 1 + (*end == '*');
    }
    return bytes;
}

/* MODEL ( */
static bool
is_sqlmesh(const char *text, size_t bytes)
{
    static const char word[] = "MODEL";
    size_t length = strlen(word), at = first_word(text, bytes);
    if (bytes - at <= length || g_ascii_strncasecmp(text + at, word, length) != 0)
        return false;
    for (at += length; at < bytes && g_ascii_isspace(text[at]); at++)
        ;
    return at < bytes && text[at] == '(';
}

static bool
has(const char *text, size_t bytes, const char *word)
{
    return memmem(text, bytes, word, strlen(word)) != NULL;
}

/* An assertion fails on rows, whatever their columns are called. */
static bool
is_dataform(const char *path, const char *text, size_t bytes)
{
    if (g_str_has_suffix(path, ".sqlx"))
        return !has(text, bytes, "\"assertion\"") && !has(text, bytes, "'assertion'");
    return (g_str_has_suffix(path, ".js") || g_str_has_suffix(path, ".ts")) &&
           has(text, bytes, "publish(") && has(text, bytes, "ref(");
}

bool
outputs_are_named(const char *path, const char *text, size_t bytes)
{
    return is_dataform(path, text, bytes) || is_sqlmesh(text, bytes);
}
