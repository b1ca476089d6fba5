/* dotted.c - names of several parts, in the writing of any language: config.TABLE, Config::TABLE, TABLES["users"]. */
#include "rewrite/program/program.h"

#include <string.h>

static bool
is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* The part that begins at `at`, or 0: how many bytes it has. */
static size_t
part_bytes(const char *text, size_t at, size_t bytes)
{
    size_t end = at;
    while (end < bytes && is_identifier_byte(text[end]))
        end++;
    return g_ascii_isdigit(text[at]) ? 0 : end - at;
}

/* Behind what stands between two parts: `.` `::` `?.` `["`; `at` when there is nothing of the kind. */
static size_t
skip_joint(const char *text, size_t at, size_t bytes, bool *ret_is_subscript)
{
    size_t from = at;
    *ret_is_subscript = false;
    while (at < bytes && g_ascii_isspace(text[at]))
        at++;
    if (at + 1 < bytes && (memcmp(text + at, "::", 2) == 0 || memcmp(text + at, "?.", 2) == 0))
        at += 2;
    else if (at < bytes && text[at] == '.')
        at++;
    else if (at + 1 < bytes && text[at] == '[' && is_quote(text[at + 1])) {
        *ret_is_subscript = true;
        return at + 2;
    } else
        return from;
    while (at < bytes && g_ascii_isspace(text[at]))
        at++;
    return at;
}

char *
name_with_dots(const char *text, size_t bytes)
{
    g_autoptr(GString) name = g_string_new(NULL);
    bool is_subscript = false;
    size_t at = 0;
    while (at < bytes && (g_ascii_isspace(text[at]) || text[at] == '$'))
        at++;
    while (bytes > at && g_ascii_isspace(text[bytes - 1]))
        bytes--;
    for (;;) {
        size_t part = at < bytes ? part_bytes(text, at, bytes) : 0;
        if (part == 0)
            return NULL;
        g_string_append_printf(name, "%s%.*s", name->len > 0 ? "." : "", (int) part, text + at);
        at += part;
        if (is_subscript) {
            if (at + 1 >= bytes || !is_quote(text[at]) || text[at + 1] != ']')
                return NULL;
            at += 2;
        }
        if (at == bytes)
            return g_string_free(g_steal_pointer(&name), FALSE);
        size_t next = skip_joint(text, at, bytes, &is_subscript);
        if (next == at)
            return NULL;
        at = next;
    }
}
