/*
 * row_type.c - a table's name as the type of its rows: users%ROWTYPE, and what PostgreSQL has besides.
 *
 * There each table makes a type of its name: functions give and take it, and variables of PL/pgSQL are declared as it.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#define DECLARED_TOKENS_MAX 2000 /* from DECLARE to the last of its variables */

/* Behind RETURNS, RETURNS SETOF. */
static bool
is_given(const Work *work, guint first)
{
    return work_is_text(work, first - 1, "RETURNS") ||
           (work_is_text(work, first - 1, "SETOF") && work_is_text(work, first - 2, "RETURNS"));
}

/* What may stand behind a type: nothing, or what is there without an argument. */
static bool
ends_type(const Work *work, guint behind)
{
    TokenKind kind = work_token(work, behind)->kind;
    return kind == TOKEN_COMMA || kind == TOKEN_CLOSE || kind == TOKEN_SEMICOLON ||
           work_is_text(work, behind, "=") || work_is_text(work, behind, ":=") ||
           work_is_text(work, behind, "DEFAULT");
}

/* FUNCTION f(u users, text), also where it is dropped or described. */
static bool
is_parameter(const Work *work, guint first, guint last)
{
    guint open = sql_row_of(work, first), at = open;
    if (open < 2 || work_token(work, open)->kind != TOKEN_OPEN || !ends_type(work, last + 1))
        return false;
    at--;
    while (at > 1 && work_token(work, at - 1)->kind == TOKEN_DOT)
        at -= 2;
    bool is_routine = work_token(work, at - 1)->word == WORD_FUNCTION ||
                      work_is_text(work, at - 1, "PROCEDURE") ||
                      work_is_text(work, at - 1, "AGGREGATE");
    return is_routine && !work_is_text(work, at - 2, "EXECUTE"); /* a trigger gives it texts */
}

/* Else DECLARE is that of a cursor in SQL, behind which statements stand. */
static bool
has_begin(const Work *work, guint from)
{
    for (guint i = from; i < from + DECLARED_TOKENS_MAX; i++)
        if (work_token(work, i)->word == WORD_BEGIN || work_token(work, i)->kind == TOKEN_END)
            return work_token(work, i)->word == WORD_BEGIN;
    return false;
}

/* DECLARE a int; u users; v CONSTANT users := f(); BEGIN … */
static bool
is_variable(const Work *work, guint first, guint last)
{
    guint name = first - 1 - work_is_text(work, first - 1, "CONSTANT");
    TokenKind kind = work_token(work, name)->kind;
    if (name < 1 || (kind != TOKEN_WORD && kind != TOKEN_QUOTED) || !ends_type(work, last + 1) ||
        (work_token(work, name - 1)->kind != TOKEN_SEMICOLON &&
         !work_is_text(work, name - 1, "DECLARE")))
        return false;
    for (guint i = first - 1; i > 0 && first - i < DECLARED_TOKENS_MAX; i--) {
        if (work_is_text(work, i - 1, "DECLARE"))
            return has_begin(work, last);
        if (work_token(work, i - 1)->word == WORD_BEGIN)
            return false;
    }
    return false;
}

bool
sql_is_row_type(const Work *work, const SqlPath *path)
{
    guint first = path->parts[0].token, last = path->parts[path->count - 1].token;
    if (work_is_text(work, last + 1, "%") && work_is_text(work, last + 2, "ROWTYPE"))
        return true;
    const Dialect *dialect = work->sql->dialect;
    if (!dialect->has_dollar_quotes || !dialect->has_cast_names || first < 2)
        return false;
    return is_given(work, first) || is_parameter(work, first, last) ||
           is_variable(work, first, last);
}
