/* macro_words.c - the words of a template, and the calls that they make. */
#include "rewrite/dbt/macro_parts.h"

#include <string.h>

static uint32_t
take_string(const char *text, uint32_t at, uint32_t end, JinjaWord *ret)
{
    char quote = text[at++];
    ret->kind = JINJA_STRING;
    ret->begin = at;
    while (at < end && text[at] != quote)
        at += text[at] == '\\' ? 2 : 1;
    ret->end = MIN(at, end);
    return ret->end + 1;
}

static uint32_t
take_word(const char *text, uint32_t at, uint32_t end, JinjaWord *ret)
{
    ret->begin = at;
    ret->kind = is_identifier_byte(text[at]) ? JINJA_NAME : JINJA_SIGN;
    if (ret->kind == JINJA_SIGN)
        at += at + 1 < end && text[at + 1] == '=' && strchr("=!<>", text[at]) != NULL ? 2 : 1;
    else
        while (at < end && is_identifier_byte(text[at]))
            at++;
    ret->end = at;
    return at;
}

GArray *
jinja_words(const char *text, const Token *token)
{
    GArray *words = g_array_new(FALSE, TRUE, sizeof(JinjaWord));
    uint32_t at = token->begin + 2, end = MAX(token->end, token->begin + 4) - 2;
    if (at < end && strchr("-+", text[at]) != NULL)
        at++;
    if (end > at && strchr("-+", text[end - 1]) != NULL)
        end--;
    while (at < end) {
        JinjaWord word = {0};
        if (g_ascii_isspace(text[at])) {
            at++;
            continue;
        }
        at = text[at] == '\'' || text[at] == '"' ? take_string(text, at, end, &word)
                                                 : take_word(text, at, end, &word);
        g_array_append_val(words, word);
    }
    return words;
}

bool
jinja_is(const char *text, const GArray *words, guint index, const char *what)
{
    const JinjaWord *word = index < words->len ? jinja_word(words, index) : NULL;
    return word != NULL && word->kind != JINJA_STRING && word->end - word->begin == strlen(what) &&
           memcmp(text + word->begin, what, strlen(what)) == 0;
}

bool
jinja_is_any(const char *text, const GArray *words, guint index, const char *const *names)
{
    for (; *names != NULL; names++)
        if (jinja_is(text, words, index, *names))
            return true;
    return false;
}

/* +1 for a bracket that opens, -1 for one that closes. */
static int
bracket(const char *text, const JinjaWord *word)
{
    if (word->kind != JINJA_SIGN)
        return 0;
    return strchr("([{", text[word->begin]) != NULL   ? 1
           : strchr(")]}", text[word->begin]) != NULL ? -1
                                                      : 0;
}

guint
jinja_close(const char *text, const GArray *words, guint open)
{
    int depth = 0;
    for (guint i = open; i < words->len; i++) {
        depth += bracket(text, jinja_word(words, i));
        if (depth == 0)
            return i;
    }
    return words->len;
}

guint
jinja_find(const char *text, const GArray *words, guint first, guint last, const char *sign)
{
    int depth = 0;
    for (guint i = first; i < last; i++) {
        if (depth == 0 && jinja_is(text, words, i, sign))
            return i;
        depth += bracket(text, jinja_word(words, i));
    }
    return last;
}

bool
jinja_call_of(const char *text, const GArray *words, guint first, guint last, JinjaCall *ret)
{
    guint at = first;
    while (at + 2 < last && jinja_word(words, at)->kind == JINJA_NAME &&
           jinja_is(text, words, at + 1, "."))
        at += 2;
    if (at + 2 >= last || jinja_word(words, at)->kind != JINJA_NAME ||
        !jinja_is(text, words, at + 1, "("))
        return false;
    const JinjaWord *name = jinja_word(words, at);
    guint close = jinja_close(text, words, at + 1);
    bool is_dispatch = jinja_is(text, words, first, "adapter") &&
                       jinja_is(text, words, at, "dispatch") && close + 1 < last &&
                       jinja_is(text, words, close + 1, "(") &&
                       jinja_word(words, at + 2)->kind == JINJA_STRING;
    if (is_dispatch) {
        name = jinja_word(words, at + 2);
        at = close;
        close = jinja_close(text, words, at + 1);
    }
    if (close + 1 != last)
        return false;
    *ret = (JinjaCall){.callee = g_strndup(text + name->begin, name->end - name->begin),
                       .is_dispatch = is_dispatch,
                       .first = at + 2,
                       .last = close};
    return true;
}

guint
jinja_given(const char *text, const GArray *words, guint open, char **ret_names)
{
    g_autoptr(GString) names = g_string_new(" ");
    guint count = 0, close = jinja_close(text, words, open);
    for (guint from = open + 1, to; from < close; from = to + 1) {
        to = jinja_find(text, words, from, close, ",");
        const JinjaWord *word = jinja_word(words, from);
        if (from + 1 < to && jinja_is(text, words, from + 1, "="))
            g_string_append_printf(names, "%.*s ", (int) (word->end - word->begin),
                                   text + word->begin);
        else
            count++;
    }
    *ret_names = g_string_free(g_steal_pointer(&names), FALSE);
    return count;
}

GArray *
jinja_templates(const char *text, size_t bytes)
{
    static const char *const ends[] = {"}}", "%}"};
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Token));
    const char *end = text + bytes;
    bool is_over[2] = {false, false}; /* no such end is behind: nobody looks again */
    for (const char *at = text; (at = memchr(at, '{', (size_t) (end - at))) != NULL; at++) {
        bool is_tag = at + 1 < end && at[1] == '%';
        if (at + 1 == end || (at[1] != '{' && !is_tag) || is_over[is_tag])
            continue;
        const char *close = memmem(at + 2, (size_t) (end - at) - 2, ends[is_tag], 2);
        program_steps += (size_t) ((close != NULL ? close : end) - at);
        is_over[is_tag] = close == NULL;
        if (close == NULL)
            continue;
        Token token = {.kind = is_tag ? TOKEN_TAG : TOKEN_TEMPLATE,
                       .begin = (uint32_t) (at - text),
                       .end = (uint32_t) (close - text) + 2};
        g_array_append_val(found, token);
        at = close;
    }
    return found;
}

void
jinja_returned(const char *text, const GArray *words, guint *ret_first, guint *ret_last)
{
    guint first = jinja_is(text, words, 0, "do") ? 1 : 0, last = words->len;
    bool is_return = jinja_is(text, words, first, "return") &&
                     jinja_is(text, words, first + 1, "(") &&
                     jinja_close(text, words, first + 1) + 1 == last;
    *ret_first = is_return ? first + 2 : first;
    *ret_last = is_return ? last - 1 : last;
}
