/*
 * labels.c - literals that come out of the text's query as they are: SELECT 'users', count(*) FROM users; VALUES ('users', 1).
 *
 * Whoever reads them reads what was there before. Where the output is called as something that names tables is
 * (`table_name`), another literal says a column that changes, or this one is SQL, it may be one that is run, or asked for by somebody: that is a person's.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
is_label(const Work *work, const SqlItem *item)
{
    return !item->is_star && item->first == item->last &&
           work_token(work, item->first)->kind == TOKEN_STRING;
}

/* By the first branch of a set operation, which names what comes out at that place; false where that is not clear. */
static bool
is_called_freely(const Work *work, const SqlBlock *first, guint place)
{
    const SqlItem *item = first != NULL && !first->has_star && place < first->items->len
                              ? g_ptr_array_index(first->items, place)
                              : NULL;
    return item != NULL && (item->alias == NULL || !sql_may_hold_names(work, item->alias->token));
}

static void
note_items(Work *work, const SqlBlock *block, const SqlBlock *first)
{
    for (guint i = 0; !block->has_star && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (is_label(work, item) && is_called_freely(work, first, i))
            g_hash_table_add(work->labels, GUINT_TO_POINTER(item->first));
    }
}

/* VALUES ('a', 1), ('b', 2) */
static void
note_rows(Work *work, const SqlBlock *block)
{
    guint row = 0; /* the bracket that is open; or 0 */
    for (guint i = block->first + 1; i <= block->last; i++) {
        const Token *token = work_token(work, i), *before = work_token(work, i - 1),
                    *behind = work_token(work, i + 1);
        bool is_alone = (before->kind == TOKEN_OPEN || before->kind == TOKEN_COMMA) &&
                        (behind->kind == TOKEN_CLOSE || behind->kind == TOKEN_COMMA);
        if (token->kind == TOKEN_OPEN && row == 0)
            row = i;
        else if (token->kind == TOKEN_OPEN && token->match > i)
            i = token->match; /* a call, or a query */
        else if (token->kind == TOKEN_CLOSE)
            row = 0;
        else if (row > 0 && token->kind == TOKEN_STRING && is_alone)
            g_hash_table_add(work->labels, GUINT_TO_POINTER(i));
    }
}

/* Of the text's result: what INSERT writes may be asked for by its names. */
static bool
is_result(const SqlBlock *block, const SqlBlock **ret_first)
{
    const SqlQuery *query = block->query;
    while (query != NULL && query->in != NULL)
        query = query->in;
    if (query == NULL || !query_is_result(query) || query->has_pipes)
        return false;
    *ret_first = query_first_block(query);
    SqlStatementKind kind = block->statement->kind;
    return (kind == STATEMENT_QUERY || kind == STATEMENT_CREATE) && !block->statement->has_columns;
}

static void
find_labels(Work *work)
{
    work->labels = g_hash_table_new(NULL, NULL);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b), *first = NULL;
        if (!is_result(block, &first))
            continue;
        if (block->is_values)
            note_rows(work, block);
        else
            note_items(work, block, first);
    }
}

bool
sql_is_label(Work *work, guint index, const char *name)
{
    size_t bytes = 0;
    const char *text = sql_inside(work, index, &bytes);
    bool is_alone = bytes == strlen(name) || is_among_words(text, bytes, name, true);
    if (strchr(name, '.') != NULL || !is_alone)
        return false;
    if (work->labels == NULL)
        find_labels(work);
    return g_hash_table_contains(work->labels, GUINT_TO_POINTER(index)) &&
           !sql_is_beside_column(work, index);
}
