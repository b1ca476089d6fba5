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

/* The bracket that is open at the token before `at`, within the block, and behind HAVING or QUALIFY; 0: none. `*ret_clause` is the word
 * that was met then. */
static uint32_t
bracket_around(const Sql *sql, const SqlBlock *block, uint32_t at, Word *ret_clause)
{
    *ret_clause = WORD_NONE;
    for (; at > block->first; at--) {
        const Token *token = &g_array_index(sql->tokens, Token, at - 1);
        if (token->kind == TOKEN_CLOSE && token->match < at) {
            at = token->match + 1;
        } else if (token->kind == TOKEN_OPEN) {
            return at - 1;
        } else if (token->word == WORD_HAVING || token->word == WORD_QUALIFY) {
            *ret_clause = token->word;
            return 0;
        }
    }
    return 0;
}

bool
sql_is_plain_in_having(const Sql *sql, const SqlRef *ref)
{
    Word clause;
    return bracket_around(sql, ref->block, ref->path.parts[0].token, &clause) == 0 &&
           clause == WORD_HAVING;
}

bool
sql_is_aggregated(const Sql *sql, const SqlRef *ref)
{
    Word clause;
    uint32_t open = bracket_around(sql, ref->block, ref->path.parts[0].token, &clause);
    for (; open > 0; open = bracket_around(sql, ref->block, open, &clause))
        if (sql_is_aggregate(sql, &g_array_index(sql->tokens, Token, open - 1)))
            return true;
    return false;
}

bool
sql_is_windowed(const Sql *sql, const SqlRef *ref)
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
