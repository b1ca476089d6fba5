/*
 * parse_pivot.c - PIVOT t ON a USING sum(b), UNPIVOT t ON a, b: queries of DuckDB that begin with this word.
 *
 * Names of columns become values there, or the other way round: the table behind it is one that is not read further
 * (SqlSource.is_unread), as with PIVOT behind a table.
 */
#include "sql/parse_define.h"

bool
is_pivot(const Parser *parser, uint32_t index)
{
    static const char *const words[] = {"PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER", NULL};
    const Dialect *dialect = parser->sql->dialect;
    const Token *before = index > 0 ? peek(parser, index - 1) : NULL;
    bool may_begin = before == NULL || before->kind == TOKEN_OPEN || before->kind == TOKEN_CLOSE ||
                     before->kind == TOKEN_SEMICOLON || before->word == WORD_AS;
    return (dialect->has_alias_prefix || dialect->is_any) && may_begin &&
           is_among_words_of(parser, index, words) &&
           (is_name(parser, index + 1) || is_open(parser, index + 1));
}

/* ON …, USING …, GROUP BY …, INTO NAME a VALUE b */
static bool
goes_on(const Parser *parser)
{
    Word word = peek(parser, parser->pos)->word;
    return word == WORD_ON || word == WORD_USING || word == WORD_GROUP || word == WORD_INTO ||
           word == WORD_IN || !starts_clause(parser, parser->pos);
}

SqlBlock *
pivot_take(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = block_new(parser, query, outer);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    add_tacit_star(parser, block, parser->pos++);
    parse_source(parser, block, end)->is_unread = true;
    while (parser->pos < end && goes_on(parser)) {
        parser->pos++;
        parse_expression(parser, &context, end, STOP_CLAUSE);
    }
    block->last = MAX(parser->pos, block->first + 1) - 1;
    return block;
}
