/*
 * declared.c - names of variables and parameters: DECLARE x INT, CREATE FUNCTION f(x int), x -> x + 1.
 *
 * A new column name that is declared anywhere in the text is written with its table. What a variable means that is called like
 * an old one is in variables.c.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

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
    for (; work_token(work, at)->kind != TOKEN_END; at++) {
        bool begins = work_token(work, at - 1)->kind == TOKEN_SEMICOLON;
        if (work_token(work, at)->word == WORD_BEGIN ||
            (begins && starts_doing(work_token(work, at))))
            break;
        declare(work, work_token(work, at));
    }
    return at;
}

/* FUNCTION f(a int) RETURNS TABLE (b text) AS */
static guint
read_head(Work *work, guint at)
{
    for (; work_token(work, at)->kind != TOKEN_END; at++) {
        const Token *token = work_token(work, at);
        if (token->word == WORD_AS || token->word == WORD_BEGIN || token->word == WORD_SELECT ||
            token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_STRING)
            break;
        declare(work, token);
    }
    return at;
}

/* MACRO m(a, b := 1) of DuckDB: names without types, which hide columns. */
static guint
read_macro(Work *work, guint at)
{
    while (work_token(work, at)->kind == TOKEN_WORD || work_token(work, at)->kind == TOKEN_DOT)
        at++;
    guint close = work_token(work, at)->kind == TOKEN_OPEN ? work_token(work, at)->match : at;
    for (; at < close; at++) {
        const Token *before = work_token(work, at), *token = work_token(work, at + 1);
        if ((before->kind == TOKEN_OPEN || before->kind == TOKEN_COMMA) &&
            token->kind == TOKEN_WORD)
            declare(work, token);
    }
    return at;
}

/* ---- x -> x + 1, (x, y) -> x + y, lambda x, y: x + y ---- */

static void
declare_names(Work *work, guint from, guint to)
{
    for (guint i = from; i < to; i++)
        declare(work, work_token(work, i));
}

static void
read_lambda(Work *work, guint at)
{
    const Token *token = work_token(work, at);
    if (work->sql->dialect->has_alias_prefix && work_is_text(work, at, "LAMBDA")) {
        guint to = at + 1;
        while (work_token(work, to)->kind == TOKEN_WORD ||
               work_token(work, to)->kind == TOKEN_COMMA)
            to++;
        declare_names(work, at + 1, to);
        return;
    }
    if (at == 0 || token->kind != TOKEN_OPERATOR || !work_is_text(work, at, "->") ||
        work_token(work, at + 1)->kind == TOKEN_STRING)
        return; /* with a text behind it, it takes a field out of JSON */
    const Token *before = work_token(work, at - 1);
    declare_names(work, before->kind == TOKEN_CLOSE ? before->match : at - 1, at);
}

void
sql_declared(Work *work)
{
    for (guint i = 0; work->sql->dialect->has_lambdas && i + 1 < work->sql->tokens->len; i++)
        read_lambda(work, i);
    bool may =
        work->sql->list->has_declarations && work->sql->dialect->variables != VARIABLES_MARKED;
    for (guint i = 0; may && i + 1 < work->sql->tokens->len; i++) {
        Word word = g_array_index(work->sql->tokens, Token, i).word;
        if (word == WORD_DECLARE)
            i = read_declarations(work, i + 1);
        else if (work_is_text(work, i, "MACRO"))
            i = read_macro(work, i + 1);
        else if (word == WORD_CREATE && routine_at(work, i) > 0)
            i = read_head(work, routine_at(work, i) + 2);
    }
}

bool
is_declared(const Work *work, const char *name)
{
    if (g_hash_table_size(work->declared) == 0) /* of most texts */
        return false;
    g_autofree char *small = g_ascii_strdown(name, -1);
    return g_hash_table_contains(work->declared, small);
}
