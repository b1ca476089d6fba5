/*
 * macro_place.c - what stands at a place of a macro's body: a part of an expression, a whole output, or anything else.
 *
 * Tags are looked through: before an `else` stands what is before the `if`.
 */
#include "rewrite/dbt/macro_parts.h"

#include <string.h>

typedef struct {
    const TokenList *list;
    const char *text;
    guint first, last; /* tokens of the body */
} Body;

static bool
is_else(const Body *body, const Token *token)
{
    g_autoptr(GArray) words = jinja_words(body->text, token);
    return jinja_is(body->text, words, 0, "else") || jinja_is(body->text, words, 0, "elif");
}

/* The tag that began the choice of which an `else` is a branch. */
static guint
begin_of_choice(const Body *body, guint at)
{
    int depth = 1;
    while (at > body->first && depth > 0) {
        const Token *token = tokens_at(body->list, --at);
        if (token->kind != TOKEN_TAG)
            continue;
        g_autoptr(GArray) words = jinja_words(body->text, token);
        depth +=
            jinja_is(body->text, words, 0, "endif") || jinja_is(body->text, words, 0, "endfor");
        depth -= jinja_is(body->text, words, 0, "if") || jinja_is(body->text, words, 0, "for");
    }
    return at;
}

/* The token before or behind that is SQL; NULL at the end of the body. */
static const Token *
neighbour(const Body *body, guint index, int step)
{
    for (guint at = index; step > 0 ? at + 1 < body->last : at > body->first;) {
        at += (guint) step;
        const Token *token = tokens_at(body->list, at);
        if (token->kind == TOKEN_TAG && step < 0 && is_else(body, token))
            at = begin_of_choice(body, at);
        else if (token->kind != TOKEN_SPACE && token->kind != TOKEN_COMMENT &&
                 token->kind != TOKEN_TAG)
            return token;
    }
    return NULL;
}

/* Does a value begin behind this token? Behind `::` there is a type. */
static bool
opens(const Body *body, const Token *token)
{
    switch (token->kind) {
    case TOKEN_OPEN:
    case TOKEN_COMMA:
        return true;
    case TOKEN_OPERATOR:
        return body->text[token->begin] != ':';
    case TOKEN_WORD:
        return word_is_reserved(token->word) && token->word != WORD_AS &&
               token->word != WORD_NULL && token->word != WORD_TRUE && token->word != WORD_FALSE;
    default:
        return false;
    }
}

static bool
touches_word(const Body *body, const Token *token)
{
    const char *text = body->text;
    char before = token->begin > 0 ? text[token->begin - 1] : ' ',
         behind = token->end < body->list->bytes ? text[token->end] : ' ';
    bool has_tag_before = token->begin > 1 && text[token->begin - 2] == '%',
         has_tag_behind = token->end + 1 < body->list->bytes && text[token->end + 1] == '%';
    return is_identifier_byte(before) || is_identifier_byte(behind) ||
           (before == '}' && !has_tag_before) || (behind == '{' && !has_tag_behind) ||
           strchr("'\"`.$@[", before) != NULL || strchr("'\"`.(", behind) != NULL;
}

/* EXTRACT(day FROM …): a unit, and no value as in SUBSTRING(a FROM 1). */
static bool
is_unit(const Body *body, guint index)
{
    guint open = index;
    while (open > body->first && tokens_at(body->list, open)->kind != TOKEN_OPEN)
        open--;
    const Token *callee = open > body->first ? neighbour(body, open, -1) : NULL;
    return callee != NULL && callee->end - callee->begin == strlen("extract") &&
           g_ascii_strncasecmp(body->text + callee->begin, "extract", strlen("extract")) == 0;
}

/* f(a, {{ b }}, c): an argument there, whatever commas are around it. */
static bool
is_in_brackets(const Body *body, guint index)
{
    guint closed = 0;
    for (guint at = index; at > body->first;) {
        TokenKind kind = tokens_at(body->list, --at)->kind;
        closed += kind == TOKEN_CLOSE;
        if (kind == TOKEN_OPEN && closed-- == 0)
            return true;
    }
    return false;
}

MacroUse
macro_place(const TokenList *list, guint first, guint last, guint index)
{
    const Body whole = {list, list->text, first, last}, *body = &whole;
    const Token *before = neighbour(body, index, -1), *behind = neighbour(body, index, 1);
    bool is_called =
        behind != NULL && behind->kind == TOKEN_OPEN && body->text[behind->begin] == '(';
    bool is_other =
        is_called || (behind != NULL && (behind->kind == TOKEN_DOT ||
                                         (behind->word == WORD_FROM && is_unit(body, index))));
    if (is_other || touches_word(body, tokens_at(body->list, index)) ||
        (before != NULL && !opens(body, before)))
        return MACRO_DOES_ANYTHING;
    bool is_first = before == NULL || before->kind == TOKEN_COMMA,
         is_last = behind == NULL || behind->kind == TOKEN_COMMA;
    return is_first && is_last && !is_in_brackets(body, index) ? MACRO_TAKES_OUTPUT
                                                               : MACRO_TAKES_VALUE;
}

/* ---- text that is put together ---- */

bool
jinja_opens_value(const char *text, const JinjaWord *string)
{
    g_autofree char *copy = g_strndup(text + string->begin, string->end - string->begin);
    size_t bytes = strlen(g_strchomp(copy));
    if (bytes == 0)
        return true;
    if (strchr("(,=<>+*/|-", copy[bytes - 1]) != NULL)
        return true;
    size_t at = bytes;
    while (at > 0 && is_identifier_byte(copy[at - 1]))
        at--;
    Word word = word_find(copy + at, bytes - at);
    return copy[bytes] != '\0' ||
           (string->end - string->begin > bytes && word_is_reserved(word) && word != WORD_AS);
}

bool
jinja_ends_value(const char *text, const JinjaWord *string)
{
    return string->end == string->begin || strchr(" \n\t),=<>+*/|-:", text[string->begin]) != NULL;
}
