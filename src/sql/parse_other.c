/*
 * parse_other.c - statements that are only read over: what they name is noted, and queries within are read.
 *
 * It matters what becomes of such a query's rows: who gets them by name (a cursor, a loop, a function that returns a table) or
 * only as a value.
 */
#include "sql/parse_define.h"

/* How far back the head of a routine is looked for: a list of parameters is one step. */
#define HEAD_TOKENS_MAX 100
/* How far back a variable's declaration is looked for. */
#define DECLARATION_TOKENS_MAX 5000

/* ---- loops ---- */

/* Does the statement begin with FOR, perhaps behind a label? */
static bool
begins_with_for(const Parser *parser)
{
    uint32_t first = parser->statement->first;
    return is_word(parser, first + (is_text(parser, first + 1, ":") ? 2 : 0), WORD_FOR);
}

/* FOR row IN query, FOR row AS query, FOR query, DECLARE c CURSOR FOR query: the names are fields of the row, or variables. */
static bool
is_loop_over(const Parser *parser, uint32_t query)
{
    bool is_behind_for = query >= 2 && is_word(parser, query - 1, WORD_FOR);
    if (is_behind_for && is_text(parser, query - 2, "CURSOR"))
        return true;
    if (query >= 1 && begins_with_for(parser) &&
        (is_behind_for || is_word(parser, query - 1, WORD_AS)))
        return true;
    return query >= 3 && is_word(parser, query - 1, WORD_IN) &&
           (is_word(parser, query - 3, WORD_FOR) || is_text(parser, query - 3, "CURSOR"));
}

/* FOR row IN SELECT … LOOP: the word before what is done with each row. */
static uint32_t
loop_start(const Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    while (at < end && !is_word(parser, at, WORD_LOOP) && !is_word(parser, at, WORD_DO))
        at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
    return MIN(at, end);
}

/* ---- what becomes of the rows ---- */

#define HEAD_WORDS_MAX 8 /* CREATE DEFINER = CURRENT_USER PROCEDURE, DECLARE EXIT HANDLER */

/* COPY (SELECT …) TO 'file': the rows go out, with their names. */
static bool
gives_rows(const Parser *parser)
{
    uint32_t first = parser->statement->first;
    return is_text(parser, first, "COPY") || is_text(parser, first, "UNLOAD") ||
           is_text(parser, first, "EXPORT");
}

/* PERFORM f(id) FROM t, in PL/pgSQL: a query whose rows nobody gets. */
static bool
is_perform(const Parser *parser, uint32_t index)
{
    const Token *behind = peek(parser, index + 1);
    return is_text(parser, index, "PERFORM") && parser->sql->dialect->has_dollar_quotes &&
           behind->kind != TOKEN_SEMICOLON && behind->kind != TOKEN_END &&
           (index == 0 || peek(parser, index - 1)->kind != TOKEN_DOT);
}

/* x := max(a) FROM t WHERE …, in PL/pgSQL, at the sign: a query without its SELECT, whose value the variable gets. */
static bool
is_assigned_query(const Parser *parser, uint32_t index, uint32_t end)
{
    if (!is_text(parser, index, ":=") || !parser->sql->dialect->has_dollar_quotes ||
        index == parser->statement->first || starts_query(parser, index + 1, end))
        return false;
    for (uint32_t at = index + 1; at < end; at++)
        if (peek(parser, at)->kind == TOKEN_OPEN)
            at = closing(parser, at, end);
        else if (is_word(parser, at, WORD_FROM))
            return !is_word(parser, at - 1, WORD_DISTINCT); /* IS DISTINCT FROM */
        else if (peek(parser, at)->kind == TOKEN_CLOSE || is_text(parser, at, ":=") ||
                 is_word(parser, at, WORD_LOOP) || is_word(parser, at, WORD_THEN) ||
                 is_word(parser, at, WORD_SELECT))
            return false; /* of an argument that has a name, or another statement */
    return false;
}

/* RETURNS TABLE … RETURN (SELECT …), at RETURN: the function gives the rows of the query. */
static bool
returns_table(const Parser *parser, uint32_t at)
{
    for (int steps = 0; at > 1 && steps < HEAD_TOKENS_MAX; steps++) {
        const Token *token = peek(parser, --at);
        if (token->kind == TOKEN_SEMICOLON || token->word == WORD_BEGIN)
            return false;
        if (token->word == WORD_TABLE && is_text(parser, at - 1, "RETURNS"))
            return true;
        if (token->kind == TOKEN_CLOSE && token->match > 0)
            at = token->match;
    }
    return false;
}

/* rs RESULTSET DEFAULT (…), rs := (…) of Snowflake, at what stands before the bracket: may the variable hold the rows? */
static bool
is_set_to_rows(const Parser *parser, uint32_t at)
{
    if (at < 2 || !parser->sql->dialect->has_places ||
        !(is_word(parser, at, WORD_DEFAULT) || is_text(parser, at, ":=")))
        return false;
    uint32_t name = at - 1, steps = 0;
    for (uint32_t i = name; i > 0 && steps < DECLARATION_TOKENS_MAX; i--, steps++)
        if (is_text(parser, i, "RESULTSET") && (i == name || is_same_token(parser, i - 1, name)))
            return true;
    return steps == DECLARATION_TOKENS_MAX;
}

/* CREATE FUNCTION f (…) AS ((SELECT …)) of BigQuery: the inner brackets are those of a value. */
static bool
is_function_value(const Parser *parser, uint32_t index)
{
    uint32_t first = parser->statement->first;
    if (!parser->sql->dialect->has_value_tables || !is_word(parser, index - 1, WORD_AS) ||
        !is_open(parser, index + 1) || !is_word(parser, first, WORD_CREATE))
        return false;
    for (uint32_t at = first + 1; at < index && !is_open(parser, at); at++)
        if (is_word(parser, at, WORD_TABLE))
            return false;
    return true;
}

/* SET x = (SELECT …), ASSERT EXISTS (SELECT …), CALL p((SELECT …)): a value, whose name nobody sees. */
static bool
is_value_at(const Parser *parser, uint32_t index)
{
    static const char *const words[] = {"EXISTS", "ARRAY", "DEFAULT", "NOT", "IF", "WHILE"};
    const Token *before = peek(parser, index > 0 ? index - 1 : 0);
    if (index == 0 || !is_open(parser, index) || is_set_to_rows(parser, index - 1))
        return false;
    if (is_text(parser, index - 1, "RETURN"))
        return !returns_table(parser, index - 1);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (is_text(parser, index - 1, words[i]))
            return true;
    return is_text(parser, parser->statement->first, "CALL") || before->kind == TOKEN_OPERATOR ||
           before->kind == TOKEN_OPEN || before->kind == TOKEN_COMMA ||
           is_function_value(parser, index);
}

/* CREATE MODEL m FROM (SELECT …) TARGET a; and where a file is a part of a statement, JOIN (SELECT …) q ON …, and
 * q AS (SELECT …), r AS …: what is around it, and may be in other files, asks for the columns by their names. */
static bool
is_table_at(const Parser *parser, uint32_t open)
{
    static const char *const words[] = {"FROM", "JOIN", "LATERAL", "APPLY", "AS", "USING", NULL};
    return open > parser->statement->first && is_among_words_of(parser, open - 1, words) &&
           !is_function_value(parser, open);
}

/* ---- the whole ---- */

/* AS FROM t; elsewhere in what is read over, FROM is a word of a clause that is not known. */
static bool
starts_query_within(const Parser *parser, uint32_t end)
{
    bool is_from = is_word(parser, parser->pos, WORD_FROM);
    if (is_perform(parser, parser->pos) || is_pairs(parser, parser->pos) ||
        is_assigned_query(parser, parser->pos, end))
        return true;
    return starts_query(parser, parser->pos, end) && !is_value_at(parser, parser->pos) &&
           (!is_from || (parser->pos > 0 && is_word(parser, parser->pos - 1, WORD_AS)));
}

/* INSERT INTO, UPDATE t, DELETE FROM, MERGE INTO */
static bool
is_change(const Parser *parser, uint32_t at, uint32_t end)
{
    bool has_into = is_word(parser, at + 1, WORD_INTO);
    return (has_into && (is_word(parser, at, WORD_INSERT) || is_word(parser, at, WORD_MERGE))) ||
           (is_word(parser, at, WORD_DELETE) && is_word(parser, at + 1, WORD_FROM)) ||
           (is_word(parser, at, WORD_UPDATE) && names_table(parser, at + 1, end));
}

/* FOR row IN UPDATE t … RETURNING a LOOP: rows of what is changed, with their names. */
static bool
loop_over_change_take(Parser *parser, uint32_t end)
{
    if (parser->pos < 3 || !is_word(parser, parser->pos - 1, WORD_IN) ||
        !is_word(parser, parser->pos - 3, WORD_FOR) || !is_change(parser, parser->pos, end))
        return false;
    parse_nested(parser, NULL, loop_start(parser, end));
    return true;
}

/* Behind the head of a routine or handler whose body is one statement, and behind RETURN QUERY: INSERT INTO, UPDATE t,
 * DELETE FROM. */
static bool
starts_change_within(const Parser *parser, uint32_t end)
{
    static const char *const heads[] = {"PROCEDURE", "FUNCTION", "HANDLER", NULL};
    uint32_t at = parser->pos, first = parser->statement->first;
    if (!is_change(parser, at, end) || at == first || is_word(parser, at - 1, WORD_FOR) ||
        is_word(parser, at - 1, WORD_ON))
        return false;
    if (is_text(parser, at - 1, "QUERY"))
        return is_text(parser, at - 2, "RETURN");
    bool is_head = false;
    for (uint32_t i = first + 1; i < at && i < first + HEAD_WORDS_MAX && !is_head; i++)
        is_head = is_among_words_of(parser, i, heads);
    return is_head && (is_word(parser, first, WORD_CREATE) || is_word(parser, first, WORD_DECLARE));
}

void
parse_other(Parser *parser, uint32_t end)
{
    while (parser->pos < end) {
        const Token *token = peek(parser, parser->pos);
        if (starts_change_within(parser, end))
            return;
        if (token->word == WORD_THEN || token->word == WORD_ELSE || token->word == WORD_LOOP ||
            token->word == WORD_DO || token->word == WORD_BEGIN) {
            parser->begins += token->word == WORD_BEGIN;
            parser->pos++;
            return;
        }
        if (row_take(parser, end) || update_asked_take(parser, end) ||
            loop_over_change_take(parser, end))
            continue;
        if (starts_query_within(parser, end)) {
            bool is_loop = is_loop_over(parser, parser->pos),
                 gives_none = is_perform(parser, parser->pos) || is_text(parser, parser->pos, ":="),
                 is_set = is_open(parser, parser->pos) && is_set_to_rows(parser, parser->pos - 1);
            SqlQuery *query =
                parse_query(parser, NULL, NULL, is_loop ? loop_start(parser, end) : end);
            gives_none = gives_none || is_fetched_by_places(parser, query);
            query->by_name = query->by_name || (is_loop && !gives_none);
            query->is_named = query->is_named || is_set;
            bool ends = parser->statement->query == NULL && parser->pos >= end;
            query->is_value = gives_none || (!ends && !is_loop);
            if (ends && !gives_none)
                parser->statement->query = query;
        } else if (token->kind == TOKEN_OPEN && is_open(parser, parser->pos) &&
                   starts_query(parser, parser->pos + 1, closing(parser, parser->pos, end))) {
            uint32_t close = closing(parser, parser->pos, end);
            bool is_loop = is_loop_over(parser, parser->pos),
                 is_table = is_table_at(parser, parser->pos);
            parser->pos++;
            SqlQuery *query = parse_query(parser, NULL, NULL, close);
            query->is_value = !is_loop && !is_table && !gives_rows(parser);
            query->is_named = query->is_named || is_table;
            query->by_name = query->by_name || is_loop;
            parser->pos = MIN(close + 1, end);
        } else if (is_name(parser, parser->pos)) {
            if (!type_of_column_take(parser, end))
                mention_take(parser, end);
        } else {
            parser->pos++;
        }
    }
}
