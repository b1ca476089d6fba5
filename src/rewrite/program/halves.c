/*
 * halves.c - does a program put the dataset's name together from literals ("users" + "_v1")? Asked of the bytes of files in
 * which it stands nowhere as a whole, before anything is read.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define PIECES_MAX 8 /* of one name; with more, nobody has ever written one */

typedef struct {
    const Renames *renames;
    const char *text, *end;
    const char *sign; /* that stands between two literals; "": none does */
} Halves;

static bool
is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* A line may go on behind a backslash. */
static const char *
behind_blanks(const Halves *halves, const char *at)
{
    while (at < halves->end && (g_ascii_isspace(*at) || *at == '\\'))
        at++;
    return at;
}

/* What stands in the next literal, if this quote ends one and the next is joined to it; or NULL. */
static const char *
joined_literal(const Halves *halves, const char *quote)
{
    size_t width = strlen(halves->sign);
    const char *at = behind_blanks(halves, quote + 1);
    if ((size_t) (halves->end - at) < width || memcmp(at, halves->sign, width) != 0)
        return NULL;
    at = behind_blanks(halves, at + width);
    for (int letters = 0; letters < 2 && at < halves->end && strchr("fFrRbBsu", *at) != NULL;
         letters++)
        at++;
    return at < halves->end && is_quote(*at) ? at + 1 : NULL;
}

/* Does a name of the dataset begin before this quote and go on in the literals behind it? */
static bool
is_halved(const Halves *halves, const char *quote)
{
    const char *first = quote, *next = joined_literal(halves, quote);
    if (next == NULL || next == halves->end || !is_identifier_byte(*next))
        return false;
    while (first > halves->text && is_identifier_byte(first[-1]))
        first--;
    if (first == quote)
        return false;
    g_autoptr(GString) name = g_string_new_len(first, quote - first);
    for (int pieces = 1; next != NULL && pieces < PIECES_MAX; pieces++) {
        const char *end = next;
        while (end < halves->end && is_identifier_byte(*end))
            end++;
        g_string_append_len(name, next, end - next);
        next = end < halves->end && is_quote(*end) ? joined_literal(halves, end) : NULL;
    }
    return renames_ending_in(halves->renames, RENAMES_BY_LAST, name->str) != NULL;
}

/* By the sign, which is rarer than quotes are. */
static bool
has_signed(const Halves *halves)
{
    size_t width = strlen(halves->sign);
    const char *at = halves->text;
    while ((at = text_find_bytes(at, (size_t) (halves->end - at), halves->sign)) != NULL) {
        const char *quote = at;
        at += width;
        while (quote > halves->text && (g_ascii_isspace(quote[-1]) || quote[-1] == '\\'))
            quote--;
        if (quote > halves->text && is_quote(quote[-1]) && is_halved(halves, quote - 1))
            return true;
    }
    return false;
}

/* "users" "_v1": behind nearly every quote stands something else than a blank. */
static bool
has_adjacent(const Halves *halves, char quote)
{
    const char *at = halves->text;
    while ((at = memchr(at, quote, (size_t) (halves->end - at))) != NULL) {
        const char *before = at++;
        bool may_be = at < halves->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\\');
        if (may_be && is_halved(halves, before))
            return true;
    }
    return false;
}

bool
program_may_join(const Renames *renames, const char *path, const char *text, size_t bytes)
{
    Halves halves = {.renames = renames, .text = text, .end = text + bytes, .sign = "+"};
    if (has_signed(&halves))
        return true;
    halves.sign = g_str_has_suffix(path, ".php")                                    ? "."
                  : g_str_has_suffix(path, ".ex") || g_str_has_suffix(path, ".exs") ? "<>"
                                                                                    : NULL;
    if (halves.sign != NULL)
        return has_signed(&halves);
    halves.sign = "";
    return g_str_has_suffix(path, ".py") &&
           (has_adjacent(&halves, '"') || has_adjacent(&halves, '\''));
}
