/* lexer_brackets.c - brackets, which learn of each other, and branches that SqlRender chooses. */
#include "sql/lexer.h"

#define CONDITION_BYTES_MAX 1024 /* of SqlRender; people write twenty */

static size_t
behind_blanks(const Lexer *lexer, size_t at)
{
    while (at < lexer->bytes && (byte_kinds[(guchar) lexer->text[at]] & BYTE_BLANK))
        at++;
    return at;
}

/* `sign {` here, blanks aside: behind it; else 0. */
static size_t
behind_sign_and_brace(const Lexer *lexer, size_t at, char sign)
{
    size_t next = behind_blanks(lexer, at);
    if (byte_at(lexer, next) != sign)
        return 0;
    next = behind_blanks(lexer, next + 1);
    return byte_at(lexer, next) == '{' ? next + 1 : 0;
}

/* {@x == 'y'} ? {  */
static bool
lex_condition(Lexer *lexer, size_t at)
{
    size_t end = at + 1, limit = MIN(lexer->bytes, at + CONDITION_BYTES_MAX), behind;
    bool has_parameter = false;
    for (; end < limit && !is_among(lexer->text[end], "{};"); end++)
        has_parameter |= lexer->text[end] == '@';
    if (!has_parameter || byte_at(lexer, end) != '}')
        return false;
    behind = behind_sign_and_brace(lexer, end + 1, '?');
    if (behind == 0)
        return false;
    guint index = lexer->count;
    add(lexer, TOKEN_CHOICE, at, behind);
    g_array_append_val(lexer->open, index);
    return true;
}

/*
 * The end of a branch of SqlRender, or `} : {` between two: the innermost brace that is open is one of its own. Other
 * brackets may wait in between: they find each other once it is known which branch is read.
 */
static bool
lex_end_of_branch(Lexer *lexer, size_t at)
{
    guint depth = lexer->open->len;
    const Token *open = NULL;
    for (; depth > 0; depth--) {
        open = &lexer->at[g_array_index(lexer->open, guint, depth - 1)];
        if (lexer->text[open->begin] == '{')
            break;
    }
    if (depth == 0 || open->kind != TOKEN_CHOICE)
        return false;
    size_t behind = behind_sign_and_brace(lexer, at + 1, ':');
    add(lexer, TOKEN_CHOICE, at, behind > 0 ? behind : at + 1);
    g_array_set_size(lexer->open, behind > 0 ? depth : depth - 1);
    return true;
}

bool
lex_bracket(Lexer *lexer, size_t at)
{
    char c = lexer->text[at];
    if ((c == '{' && lex_condition(lexer, at)) || (c == '}' && lex_end_of_branch(lexer, at)))
        return true;
    if (c == '(' || c == '[' || c == '{') {
        guint index = lexer->count;
        add(lexer, TOKEN_OPEN, at, at + 1);
        g_array_append_val(lexer->open, index);
        return true;
    }
    if (c != ')' && c != ']' && c != '}')
        return false;
    guint index = lexer->count;
    Token *close = add(lexer, TOKEN_CLOSE, at, at + 1);
    if (lexer->open->len == 0)
        return true;
    guint other = g_array_index(lexer->open, guint, lexer->open->len - 1);
    Token *open = &lexer->at[other];
    if (open->kind == TOKEN_CHOICE || lexer->text[open->begin] != (c == ')'   ? '('
                                                                   : c == ']' ? '['
                                                                              : '{'))
        return true; /* stays without its other half */
    open->match = index;
    close->match = other;
    g_array_set_size(lexer->open, lexer->open->len - 1);
    return true;
}
