/* parse_token.c - what a token is at its place, and what begins with it: a query, a clause, a join. */
#include "sql/parse.h"

/* default.users: what tables of Hive, Spark and ClickHouse are in, unless it is said. */
static bool
is_default_schema(const Token *token)
{
    return token->word == WORD_DEFAULT && token[1].kind == TOKEN_DOT;
}

bool
is_name(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    return token->kind == TOKEN_QUOTED ||
           (token->kind == TOKEN_WORD &&
            (!word_is_reserved(token->word) || is_default_schema(token)));
}

uint32_t
closing(const Parser *parser, uint32_t open, uint32_t end)
{
    uint32_t match = peek(parser, open)->match;
    return match > open && match < end ? match : end;
}

bool
take_word(Parser *parser, uint32_t end, Word word)
{
    if (parser->pos >= end || !is_word(parser, parser->pos, word))
        return false;
    parser->pos++;
    return true;
}

/* FULL OUTER UNION, LEFT UNION, INNER UNION, of BigQuery: which of the columns come out. Then the token of UNION, else 0. */
static uint32_t
set_operation_behind(const Parser *parser, uint32_t index)
{
    Word word = peek(parser, index)->word;
    if (word != WORD_FULL && word != WORD_LEFT && word != WORD_INNER && word != WORD_OUTER)
        return 0;
    index += 1 + is_word(parser, index + 1, WORD_OUTER);
    word = peek(parser, index)->word;
    return word == WORD_UNION || word == WORD_INTERSECT ||
                   (word == WORD_EXCEPT && is_set_operation(parser, index))
               ? index
               : 0;
}

bool
is_set_operation(const Parser *parser, uint32_t index)
{
    switch (peek(parser, index)->word) {
    case WORD_UNION:
    case WORD_INTERSECT:
        return true;
    case WORD_FULL:
    case WORD_LEFT:
    case WORD_INNER:
    case WORD_OUTER:
        return set_operation_behind(parser, index) > 0;
    case WORD_EXCEPT:
    case WORD_MINUS: { /* also a function's or a star's word */
        Word next = peek(parser, index + 1)->word;
        return next == WORD_ALL || next == WORD_DISTINCT || next == WORD_SELECT ||
               next == WORD_WITH || (next == WORD_FROM && parser->sql->dialect->has_from_first) ||
               (is_open(parser, index + 1) && starts_query(parser, index + 2, UINT32_MAX));
    }
    default:
        return false;
    }
}

/* ---- queries in brackets ---- */

#define CHAIN_MIN 8 /* brackets in brackets that are remembered; people write two */

/* Brackets in brackets are asked from each of them, and those within give the answer of the outermost. */
static bool
is_in_chain(const QueryChain *chain, uint32_t index, uint32_t end)
{
    uint32_t level = index - chain->first;
    return index >= chain->first && level < chain->ends->len &&
           g_array_index(chain->ends, uint32_t, level) == end;
}

static bool
chain_note(const Parser *parser, uint32_t first, uint32_t last, uint32_t end, bool is_query)
{
    QueryChain *chain = parser->chain;
    if (last - first < CHAIN_MIN)
        return is_query;
    chain->first = first;
    chain->is_query = is_query;
    g_array_set_size(chain->ends, 0);
    for (uint32_t at = first; at <= last; at++) {
        g_array_append_val(chain->ends, end);
        end = closing(parser, at, end);
    }
    return is_query;
}

/* What may stand behind brackets around a query, where it is a query together with them. */
static bool
may_follow_query(const Parser *parser, uint32_t behind, uint32_t end)
{
    return behind >= end || peek(parser, behind)->kind == TOKEN_CLOSE ||
           peek(parser, behind)->kind == TOKEN_SEMICOLON ||
           peek(parser, behind)->kind == TOKEN_END || is_set_operation(parser, behind) ||
           is_word(parser, behind, WORD_ORDER) || is_word(parser, behind, WORD_LIMIT);
}

/* FROM (a JOIN b ON …) SELECT …, at the bracket */
static bool
is_joined_in_brackets(const Parser *parser, uint32_t open)
{
    uint32_t close = is_open(parser, open) ? peek(parser, open)->match : open;
    for (uint32_t at = open + 1; at < close; at++)
        if (is_word(parser, at, WORD_JOIN))
            return true;
    return false;
}

static bool
is_query_word(const Parser *parser, uint32_t index, uint32_t end)
{
    Word word = peek(parser, index)->word;
    bool is_table = word == WORD_TABLE && index > 0 &&
                    is_open(parser, index - 1) && /* ( TABLE t ) */
                    is_name(parser, index + 1) && end != UINT32_MAX &&
                    (index + 2 == end || peek(parser, index + 2)->kind == TOKEN_DOT);
    return word == WORD_SELECT || (word == WORD_WITH && !is_making_option(parser, index)) ||
           is_table || is_rows(parser, index) || is_pivot(parser, index) ||
           (word == WORD_VALUES && is_open(parser, index + 1)) ||
           (word == WORD_FROM && parser->sql->dialect->has_from_first &&
            (is_name(parser, index + 1) || is_joined_in_brackets(parser, index + 1) ||
             (is_open(parser, index + 1) && starts_query(parser, index + 2, UINT32_MAX))));
}

/* ((SELECT …) UNION …) is a query, ((SELECT …) + 1) is not. */
bool
starts_query(const Parser *parser, uint32_t index, uint32_t end)
{
    uint32_t first = index, whole = end;
    while (index < end && is_open(parser, index)) {
        if (is_in_chain(parser->chain, index, end))
            return parser->chain->is_query;
        uint32_t close = closing(parser, index, end);
        if (!may_follow_query(parser, close + 1, end))
            return chain_note(parser, first, index, whole, false);
        index++;
        end = close;
    }
    bool is_query = index < end && is_query_word(parser, index, end);
    return index > first ? chain_note(parser, first, index - 1, whole, is_query) : is_query;
}

/* IS [NOT] DISTINCT FROM compares. */
static bool
is_comparing_from(const Parser *parser, uint32_t index)
{
    return index >= 2 && is_word(parser, index - 1, WORD_DISTINCT) &&
           (is_word(parser, index - 2, WORD_IS) || is_word(parser, index - 2, WORD_NOT));
}

/* FOR UPDATE, FOR SHARE, FOR JSON: what is behind FOR. */
static bool
starts_for_clause(const Parser *parser, const Token *token)
{
    static const char *const words[] = {"SHARE", "XML", "JSON", "BROWSE", "NO", "READ"};
    if (token->word == WORD_UPDATE || token->word == WORD_KEY)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (token_is_text(parser, token, words[i]))
            return true;
    return false;
}

/* PREWHERE a, SETTINGS a = 1, FORMAT JSON: of ClickHouse. */
static bool
starts_own_clause(const Parser *parser, const Token *token)
{
    bool is_called = token[1].kind == TOKEN_OPEN;
    return parser->sql->dialect->has_hiding_aliases && token->kind == TOKEN_WORD &&
           (token_is_text(parser, token, "PREWHERE") ||
            (is_called && token_is_text(parser, token, "INTERPOLATE")) ||
            (token[1].kind == TOKEN_WORD && !is_called &&
             (token_is_text(parser, token, "SETTINGS") || token_is_text(parser, token, "FORMAT"))));
}

bool
starts_hierarchy(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    return token->kind == TOKEN_WORD &&
           ((token[1].word == WORD_BY && token_is_text(parser, token, "CONNECT")) ||
            (token[1].word == WORD_WITH && token_is_text(parser, token, "START")));
}

bool
starts_clause(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    if (starts_own_clause(parser, token) || starts_hierarchy(parser, index))
        return true;
    if (token->word == WORD_NONE && token->kind != TOKEN_OPERATOR &&
        !parser->sql->dialect->has_alias_first) /* most are names */
        return false;
    switch (token->word) {
    case WORD_FROM:
        return !is_comparing_from(parser, index);
    case WORD_WHERE:
    case WORD_HAVING:
    case WORD_QUALIFY:
    case WORD_LIMIT:
    case WORD_INTO:
    case WORD_RETURNING:
        return true;
    case WORD_GROUP:
        return token[1].word == WORD_BY ||
               (token[1].word == WORD_AND && token[2].word == WORD_ORDER); /* of pipes */
    case WORD_ORDER:
    case WORD_CLUSTER:
    case WORD_DISTRIBUTE:
    case WORD_SORT:
        return token[1].word == WORD_BY;
    case WORD_WINDOW:
        return is_name(parser, index + 1) && token[2].word == WORD_AS;
    case WORD_FETCH:
        return token_is_text(parser, token + 1, "FIRST") ||
               token_is_text(parser, token + 1, "NEXT");
    case WORD_OFFSET:
        return token[1].kind == TOKEN_NUMBER || token[1].kind == TOKEN_PARAMETER;
    case WORD_FOR:
        return starts_for_clause(parser, token + 1);
    case WORD_ON:
        return token[1].word == WORD_CONFLICT || token[1].word == WORD_DUPLICATE;
    case WORD_UNION:
    case WORD_INTERSECT:
    case WORD_EXCEPT:
    case WORD_MINUS:
    case WORD_FULL:
    case WORD_LEFT:
    case WORD_INNER:
    case WORD_OUTER:
        return is_set_operation(parser, index);
    default:
        return (token->kind == TOKEN_OPERATOR && token_is_text(parser, token, "|>")) ||
               (parser->sql->dialect->has_alias_first && token_is_text(parser, token, "OUTPUT"));
    }
}

/* GLOBAL ANY LEFT JOIN, ASOF JOIN */
static bool
leads_to_join(const Parser *parser, uint32_t index)
{
    for (uint32_t behind = index + 1; behind < index + 5; behind++)
        switch (peek(parser, behind)->word) {
        case WORD_JOIN:
            return true;
        case WORD_LEFT:
        case WORD_RIGHT:
        case WORD_INNER:
        case WORD_FULL:
        case WORD_OUTER:
        case WORD_SEMI:
        case WORD_ANTI:
        case WORD_ASOF:
        case WORD_ANY:
        case WORD_ALL:
            break;
        default:
            return false;
        }
    return false;
}

/* POSITIONAL JOIN of DuckDB, PASTE JOIN of ClickHouse, DIRECTED JOIN of Snowflake; names elsewhere. */
static bool
is_kind_of_join(const Parser *parser, const Token *token)
{
    const Dialect *dialect = parser->sql->dialect;
    return token[1].word == WORD_JOIN &&
           (token_is_text(parser, token, "POSITIONAL") ||
            (dialect->has_hiding_aliases && token_is_text(parser, token, "PASTE")) ||
            (dialect->has_places && token_is_text(parser, token, "DIRECTED")));
}

bool
starts_join(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    Word next = token[1].word;
    switch (token->word) {
    case WORD_JOIN:
    case WORD_NATURAL:
        return true;
    case WORD_LEFT:
    case WORD_RIGHT: /* functions, too */
        return !is_open(parser, index + 1) && set_operation_behind(parser, index) == 0;
    case WORD_INNER:
    case WORD_FULL:
    case WORD_OUTER:
    case WORD_CROSS:
        return next == WORD_JOIN || (next == WORD_OUTER && !set_operation_behind(parser, index)) ||
               next == WORD_APPLY || next == WORD_ANY || next == WORD_ALL ||
               token_is_text(parser, token + 1, "HASH") || is_kind_of_join(parser, token + 1);
    case WORD_SEMI:
    case WORD_ANTI:
    case WORD_ASOF:
    case WORD_GLOBAL:
    case WORD_ANY:
    case WORD_ALL:
        return leads_to_join(parser, index);
    case WORD_ARRAY:
        return next == WORD_JOIN || next == WORD_LEFT || next == WORD_INNER;
    case WORD_LATERAL:
        return next == WORD_VIEW;
    case WORD_NONE:
        return is_kind_of_join(parser, token) || token_is_text(parser, token, "STRAIGHT_JOIN");
    default:
        return false;
    }
}

bool
is_too_deep(Parser *parser, uint32_t end)
{
    if (parser->depth < SQL_DEPTH_MAX)
        return false;
    Sql *sql = parser->sql;
    if (!sql->is_broken)
        sql->broken_at = peek(parser, parser->pos)->begin;
    sql->is_broken = sql->is_deep = true;
    parser->pos = end;
    return true;
}
