/* calls.c - what is called around a name: an aggregate, a window. */
#include "sql/sql.h"

#include <string.h>

bool
sql_is_aggregate(const Sql *sql, const Token *token)
{
    static const char *const starts[] = {"ANY_VALUE",     "APPROX_",
                                         "ARRAY_AGG",     "AVG",
                                         "BIT_AND",       "BIT_OR",
                                         "BOOL_",         "COLLECT_",
                                         "CORR",          "COUNT",
                                         "COVAR",         "EVERY",
                                         "FIRST",         "GROUP_CONCAT",
                                         "JSONB_AGG",     "JSONB_OBJECT_AGG",
                                         "JSON_AGG",      "JSON_OBJECT_AGG",
                                         "JSON_ARRAYAGG", "JSON_OBJECTAGG",
                                         "LAST",          "LISTAGG",
                                         "LOGICAL_",      "MAX",
                                         "MEDIAN",        "MIN",
                                         "MODE",          "OBJECT_AGG",
                                         "PERCENTILE_",   "QUANTILE",
                                         "REGR_",         "STDDEV",
                                         "STRING_AGG",    "SUM",
                                         "TOTAL",         "VARIANCE",
                                         "VAR_"};
    const char *text = sql->list->text + token->begin;
    size_t bytes = token->end - token->begin;
    for (size_t i = 0; token->kind == TOKEN_WORD && i < G_N_ELEMENTS(starts); i++) {
        size_t length = strlen(starts[i]);
        bool is_start = starts[i][length - 1] == '_' || length == bytes ||
                        g_ascii_strncasecmp(starts[i], "COUNT", 5) == 0;
        if (is_start && bytes >= length && g_ascii_strncasecmp(text, starts[i], length) == 0)
            return true;
    }
    return false;
}

/*
 * Of each token the last one before it, at its own depth, that is an open bracket, HAVING or QUALIFY; of a token behind which
 * there is none, 0. One walk gives all: what stands around a name is asked for each name of a list.
 */
static const uint32_t *
stops_of(Sql *sql)
{
    if (sql->stops != NULL)
        return sql->stops;
    const Token *tokens = &g_array_index(sql->tokens, Token, 0);
    sql->stops = arena_alloc(sql->arena, sql->tokens->len * sizeof(uint32_t));
    sql->stops[0] = 0;
    for (uint32_t i = 1; i < sql->tokens->len; i++) {
        const Token *before = &tokens[i - 1];
        bool is_stop = before->kind == TOKEN_OPEN || before->word == WORD_HAVING ||
                       before->word == WORD_QUALIFY;
        bool is_close = before->kind == TOKEN_CLOSE && before->match < i;
        sql->stops[i] = is_stop ? i - 1 : sql->stops[is_close ? before->match : i - 1];
    }
    return sql->stops;
}

/* The bracket that is open at the token before `at`, within the block, and behind HAVING or QUALIFY; 0: none. `*ret_clause` is the word
 * that was met then. */
static uint32_t
bracket_around(Sql *sql, const SqlBlock *block, uint32_t at, Word *ret_clause)
{
    uint32_t stop = stops_of(sql)[at];
    const Token *token = &g_array_index(sql->tokens, Token, stop);
    bool is_bracket = token->kind == TOKEN_OPEN;
    bool is_within = stop > 0 && at > block->first && stop >= block->first;
    *ret_clause = is_within && !is_bracket ? token->word : WORD_NONE;
    return is_within && is_bracket ? stop : 0;
}

uint32_t
sql_bracket_around(Sql *sql, const SqlRef *ref)
{
    Word clause;
    return bracket_around(sql, ref->block, ref->path.parts[0].token, &clause);
}

bool
sql_is_plain_in_having(Sql *sql, const SqlRef *ref)
{
    Word clause;
    return bracket_around(sql, ref->block, ref->path.parts[0].token, &clause) == 0 &&
           clause == WORD_HAVING;
}

bool
sql_is_aggregated(Sql *sql, const SqlRef *ref)
{
    Word clause;
    uint32_t open = bracket_around(sql, ref->block, ref->path.parts[0].token, &clause);
    for (; open > 0; open = bracket_around(sql, ref->block, open, &clause))
        if (sql_is_aggregate(sql, &g_array_index(sql->tokens, Token, open - 1)))
            return true;
    return false;
}

bool
sql_is_windowed(Sql *sql, const SqlRef *ref)
{
    Word clause;
    uint32_t open = bracket_around(sql, ref->block, ref->path.parts[0].token, &clause);
    for (; open > 0; open = bracket_around(sql, ref->block, open, &clause)) {
        const Token *token = &g_array_index(sql->tokens, Token, open);
        if ((token - 1)->word == WORD_OVER ||
            (token->match > open &&
             g_array_index(sql->tokens, Token, token->match + 1).word == WORD_OVER))
            return true;
    }
    return false;
}
