/*
 * parse_pivot.c - PIVOT t ON a USING sum(b) GROUP BY c, UNPIVOT t ON a, b INTO NAME n VALUE v: queries of DuckDB that begin
 * with this word. What comes out is as with PIVOT behind a table.
 */
#include "sql/parse_reshape.h"

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

static bool
is_part(const Parser *parser, uint32_t index)
{
    Word word = peek(parser, index)->word;
    return word == WORD_ON || word == WORD_USING || word == WORD_INTO ||
           starts_clause(parser, index);
}

/* ON a IN ('x'), b USING sum(c) GROUP BY d */
static bool
pivot_parts_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    ArenaList *aggregates = list(parser);
    while (parser->pos < end && goes_on(parser)) {
        uint32_t stop = parser->pos + 1;
        Word word = peek(parser, parser->pos)->word;
        while (stop < end && !is_part(parser, stop))
            stop =
                peek(parser, stop)->kind == TOKEN_OPEN ? closing(parser, stop, end) + 1 : stop + 1;
        stop = MIN(stop, end);
        parser->pos += word != WORD_GROUP;
        bool is_read = word == WORD_ON ? reshape_expression_take(parser, reshape, context, stop, 0)
                       : word == WORD_USING
                           ? aggregates_take(parser, reshape, context, aggregates, stop)
                       : word == WORD_GROUP ? group_by_take(parser, reshape, context, stop)
                                            : false;
        if (!is_read || parser->pos < stop)
            return false;
    }
    reshape->is_open = true;
    return true;
}

/* ON a, b INTO NAME n VALUE v */
static bool
unpivot_parts_take(Parser *parser, SqlReshape *reshape, const Context *context, uint32_t end)
{
    uint32_t into = find_outside_brackets(parser, parser->pos, end, WORD_INTO), stop = parser->pos;
    while (stop < into && (stop == parser->pos || !is_part(parser, stop)))
        stop = peek(parser, stop)->kind == TOKEN_OPEN ? closing(parser, stop, end) + 1 : stop + 1;
    stop = MIN(stop, into);
    if (!take_word(parser, end, WORD_ON) || !unpivoted_take(parser, reshape, context, stop))
        return false;
    parser->pos = stop;
    if (stop >= end || stop != into) {
        reshape_made_add(parser, reshape, arena_text(parser->sql->arena, "name"));
        reshape_made_add(parser, reshape, arena_text(parser->sql->arena, "value"));
        return true;
    }
    if (!is_text(parser, ++parser->pos, "NAME"))
        return false;
    parser->pos++;
    if (!made_names_take(parser, reshape, end) || !plain_word_take(parser, end, "VALUE"))
        return false;
    while (parser->pos < end && is_name(parser, parser->pos)) {
        reshape_made_add(parser, reshape, part_take(parser)->text);
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)
            parser->pos++;
    }
    return true;
}

SqlBlock *
pivot_take(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = block_new(parser, query, outer);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    bool is_long =
        is_text(parser, parser->pos, "UNPIVOT") || is_text(parser, parser->pos, "PIVOT_LONGER");
    add_tacit_star(parser, block, parser->pos++);
    SqlSource *source = parse_source(parser, block, end);
    SqlReshape *reshape = reshape_new(parser, is_long ? RESHAPE_UNPIVOT : RESHAPE_PIVOT);
    if (can_reshape(source) && source->columns == NULL &&
        (is_long ? unpivot_parts_take(parser, reshape, &context, end)
                 : pivot_parts_take(parser, reshape, &context, end))) {
        reshape->last = MAX(parser->pos, 1) - 1;
        source->reshape = reshape;
    } else {
        source->is_unread = true;
    }
    while (parser->pos < end && goes_on(parser)) {
        parser->pos++;
        parse_expression(parser, &context, end, STOP_CLAUSE);
    }
    block->last = MAX(parser->pos, block->first + 1) - 1;
    return block;
}
