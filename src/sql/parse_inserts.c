/*
 * parse_inserts.c - FROM t INSERT INTO a SELECT … INSERT OVERWRITE TABLE b SELECT … WHERE …, of Hive: rows are read once, and go to several tables.
 *
 * Each INSERT is a statement of its own, whose query has no FROM and sees the tables of the first one as those further out. What
 * selects a star is left to what is said of a query that begins with FROM and is not understood.
 */
#include "sql/parse.h"

static bool
is_insert(const Parser *parser, uint32_t index)
{
    Word next = peek(parser, index + 1)->word;
    return is_word(parser, index, WORD_INSERT) && (next == WORD_INTO || next == WORD_OVERWRITE);
}

/* The first INSERT from here on, outside of brackets; `end` if there is none. */
static uint32_t
next_insert(const Parser *parser, uint32_t index, uint32_t end)
{
    while (index < end && !is_insert(parser, index))
        index =
            peek(parser, index)->kind == TOKEN_OPEN ? closing(parser, index, end) + 1 : index + 1;
    return MIN(index, end);
}

/* SELECT *, SELECT DISTINCT a, t.* */
static bool
has_star(const Parser *parser, uint32_t index, uint32_t end)
{
    for (; index < end; index++) {
        const Token *before = peek(parser, index - 1);
        bool is_item = before->kind == TOKEN_COMMA || before->kind == TOKEN_DOT ||
                       before->word == WORD_SELECT || before->word == WORD_DISTINCT ||
                       before->word == WORD_ALL;
        if (is_text(parser, index, "*") && is_item)
            return true;
        if (peek(parser, index)->kind == TOKEN_OPEN)
            index = closing(parser, index, end);
    }
    return false;
}

bool
parse_inserts(Parser *parser, uint32_t end)
{
    if (!is_word(parser, parser->pos, WORD_FROM) || !parser->sql->dialect->has_name_patterns)
        return false; /* before anything is searched for: statements may lie in each other */
    uint32_t first = next_insert(parser, parser->pos, end);
    if (first == end || has_star(parser, first, end))
        return false;
    SqlBlock *block = block_new(parser, NULL, NULL);
    parser->pos++;
    parse_sources(parser, block, first);
    Context context = {.block = block, .clause = CLAUSE_WHERE};
    parse_expression(parser, &context, first, 0);
    block->last = first - 1;
    while (parser->pos < end) {
        guint number = parser->sql->statements->len;
        uint32_t stop = next_insert(parser, parser->pos + 1, end);
        parser->shared = block;
        parse_nested(parser, NULL, stop);
        parser->shared = NULL;
        SqlStatement *insert = g_ptr_array_index(parser->sql->statements, number);
        insert->is_nested = false;
        list_add(parser, insert->blocks, block);
        parser->pos = MAX(stop, parser->pos);
    }
    parser->statement->blocks = list(parser); /* the others read them */
    return true;
}
