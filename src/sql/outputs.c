/*
 * outputs.c - may a select list give more columns than its items? Templates of dbt write SQL: one may stand for many.
 *
 *   select {{ dbt_utils.star(…) }}            a template that nothing else stands beside
 *   select a {% for c in list %}, {{ c }} …   a loop
 *   select * from a {{ more_joins() }}        a star over what a template joins
 */
#include "sql/outputs.h"

#include "sql/branch.h"

#include <string.h>

static const Token *
at(const Sql *sql, uint32_t index)
{
    return &g_array_index(sql->tokens, Token, index);
}

/* Does a loop begin in these bytes? */
static bool
has_loop(const Sql *sql, uint32_t begin, uint32_t end)
{
    const TokenList *list = sql->list;
    if (!tokens_have(list, TOKEN_TAG))
        return false;
    for (guint i = tokens_before(list, begin);
         i < list->tokens->len && tokens_at(list, i)->begin < end; i++)
        if (tokens_at(list, i)->kind == TOKEN_TAG && sql->live->data[i] &&
            tag_begins_loop(list->text, tokens_at(list, i)))
            return true;
    return false;
}

/* A template in the tokens [first, last], outside of brackets. */
static bool
has_template(const Sql *sql, uint32_t first, uint32_t last)
{
    int depth = 0;
    for (uint32_t i = first; i <= last && i < sql->tokens->len; i++) {
        TokenKind kind = at(sql, i)->kind;
        depth += (kind == TOKEN_OPEN) - (kind == TOKEN_CLOSE);
        if (kind == TOKEN_TEMPLATE && depth == 0)
            return true;
    }
    return false;
}

/* `{{ dbt.date_trunc('day', 'a') }} as day` is one column; `b {{ more() }}` may be more. */
static bool
may_be_many(const Sql *sql, const SqlItem *item, uint32_t end)
{
    uint32_t last =
        item->alias != NULL && item->alias->token > item->last ? item->alias->token : item->last;
    bool has_as = item->alias != NULL && item->alias->token > 0 &&
                  at(sql, item->alias->token - 1)->word == WORD_AS;
    return (!has_as && !item->is_star && has_template(sql, item->first, last)) ||
           (last + 1 < end && has_template(sql, last + 1, end - 1));
}

/* The first token behind the select list. */
static uint32_t
end_of_items(const Sql *sql, const SqlBlock *block, guint index)
{
    if (index + 1 < block->items->len)
        return ((const SqlItem *) g_ptr_array_index(block->items, index + 1))->first;
    uint32_t i = ((const SqlItem *) g_ptr_array_index(block->items, index))->last + 1;
    while (i <= block->last && i < sql->tokens->len && at(sql, i)->word != WORD_FROM &&
           at(sql, i)->kind != TOKEN_OPEN && at(sql, i)->kind != TOKEN_CLOSE)
        i++;
    return i;
}

static bool
is_source_at(const SqlBlock *block, uint32_t index)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source->first <= index && index <= source->last)
            return true;
    }
    return false;
}

/* Behind FROM stands a template that is no table: it may join one. */
static bool
may_join(const Sql *sql, const SqlBlock *block)
{
    const SqlItem *last = g_ptr_array_index(block->items, block->items->len - 1);
    int depth = 0;
    for (uint32_t i = last->last + 1; i <= block->last && i < sql->tokens->len; i++) {
        const Token *token = at(sql, i);
        depth += (token->kind == TOKEN_OPEN) - (token->kind == TOKEN_CLOSE);
        if (depth == 0 && (token->word == WORD_WHERE || token->word == WORD_GROUP ||
                           token->word == WORD_ORDER || token->word == WORD_QUALIFY))
            return false;
        if (depth == 0 && token->kind == TOKEN_TEMPLATE && !is_source_at(block, i))
            return true;
    }
    return false;
}

bool
sql_block_may_give_more(const Sql *sql, const SqlBlock *block)
{
    if (block->items->len == 0 ||
        (!tokens_have(sql->list, TOKEN_TAG) && !tokens_have(sql->list, TOKEN_TEMPLATE)))
        return false;
    const SqlItem *first = g_ptr_array_index(block->items, 0);
    uint32_t end = end_of_items(sql, block, block->items->len - 1);
    uint32_t begin = at(sql, MAX(first->first, 1) - 1)->begin,
             stop = at(sql, block->has_star ? MIN(block->last, sql->tokens->len - 1) : end)->end;
    bool is_more = has_loop(sql, begin, stop) || (block->has_star && may_join(sql, block));
    for (guint i = 0; !is_more && i < block->items->len; i++)
        is_more = may_be_many(sql, g_ptr_array_index(block->items, i), end_of_items(sql, block, i));
    return is_more;
}
