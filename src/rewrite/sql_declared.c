/*
 * sql_declared.c - names of variables and parameters: DECLARE x INT, CREATE FUNCTION f(x int).
 *
 * Where a routine has a variable of a column's name, MySQL takes the variable, PostgreSQL refuses the query, others take
 * the column. So a new column name that is declared anywhere in the text is written with its table.
 */
#include "rewrite/work.h"

#include <string.h>

static const Token *
token_at(const Work *work, guint index)
{
    return &g_array_index(work->sql->tokens, Token, MIN(index, work->sql->tokens->len - 1));
}

static bool
is_text(const Work *work, guint index, const char *text)
{
    const Token *token = token_at(work, index);
    size_t bytes = strlen(text);
    return token->end - token->begin == bytes &&
           g_ascii_strncasecmp(work->text + token->begin, text, bytes) == 0;
}

/* Behind declarations. */
static bool
starts_doing(const Token *token)
{
    static const Word words[] = {WORD_BEGIN,  WORD_SELECT, WORD_WITH, WORD_INSERT,
                                 WORD_UPDATE, WORD_DELETE, WORD_SET,  WORD_MERGE,
                                 WORD_IF,     WORD_CREATE, WORD_FOR,  WORD_WHILE};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (token->word == words[i])
            return true;
    return false;
}

static void
declare(Work *work, const Token *token)
{
    if (token->kind == TOKEN_WORD && token->word == WORD_NONE)
        g_hash_table_add(work->declared,
                         g_ascii_strdown(work->text + token->begin, token->end - token->begin));
}

/* DECLARE a int; b text; BEGIN */
static guint
read_declarations(Work *work, guint at)
{
    for (; token_at(work, at)->kind != TOKEN_END; at++) {
        bool begins = token_at(work, at - 1)->kind == TOKEN_SEMICOLON;
        if (token_at(work, at)->word == WORD_BEGIN || (begins && starts_doing(token_at(work, at))))
            break;
        declare(work, token_at(work, at));
    }
    return at;
}

/* FUNCTION f(a int) RETURNS TABLE (b text) AS */
static guint
read_head(Work *work, guint at)
{
    for (; token_at(work, at)->kind != TOKEN_END; at++) {
        const Token *token = token_at(work, at);
        if (token->word == WORD_AS || token->word == WORD_BEGIN || token->word == WORD_SELECT ||
            token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_STRING)
            break;
        declare(work, token);
    }
    return at;
}

void
sql_declared(Work *work)
{
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++) {
        Word word = token_at(work, i)->word;
        if (word == WORD_DECLARE)
            i = read_declarations(work, i + 1);
        else if (word == WORD_CREATE) {
            guint at = i + 1;
            while (at < i + 5 && !is_text(work, at, "FUNCTION") && !is_text(work, at, "PROCEDURE"))
                at++;
            i = at < i + 5 ? read_head(work, at + 2) : i;
        }
    }
}

bool
is_declared(const Work *work, const char *name)
{
    g_autofree char *small = g_ascii_strdown(name, -1);
    return g_hash_table_contains(work->declared, small);
}
