/*
 * parse_pipe.c - FROM t |> WHERE a |> JOIN u ON b |> SELECT c |> …
 *
 * Up to a SELECT or AGGREGATE all steps see the same tables: they are one block, with its FROM, its conditions, and in the end
 * its items. The step behind reads what the block gives, as from a subquery. A chain with a step that is not known here is
 * only read over (SqlQuery.has_pipes).
 */
#include "sql/parse.h"

static bool
is_pipe(const Parser *parser, uint32_t index)
{
    return is_text(parser, index, "|>");
}

static bool
is_any_text(const Parser *parser, uint32_t index, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_text(parser, index, words[i]))
            return true;
    return false;
}

/* ---- can it be followed? ---- */

static bool
is_known_step(const Parser *parser, uint32_t at)
{
    static const char *const known[] = {"WHERE",  "LIMIT",     "SELECT",      "EXTEND",   "SET",
                                        "DROP",   "AS",        "RENAME",      "DISTINCT", "ASSERT",
                                        "WINDOW", "AGGREGATE", "TABLESAMPLE", "OFFSET",   "CALL"};
    if (is_word(parser, at, WORD_ORDER))
        return is_word(parser, at + 1, WORD_BY);
    if (is_word(parser, at, WORD_WITH))
        return is_name(parser, at + 1) && is_word(parser, at + 2, WORD_AS) &&
               is_open(parser, at + 3);
    return is_reshape(parser, at) || is_any_text(parser, at, known, G_N_ELEMENTS(known)) ||
           starts_join(parser, at) || is_set_operation(parser, at);
}

bool
can_follow_pipes(const Parser *parser, uint32_t end)
{
    for (uint32_t at = parser->pos; at < end; at++) {
        const Token *token = peek(parser, at);
        if (token->kind == TOKEN_OPEN)
            at = closing(parser, at, end);
        else if (is_pipe(parser, at) && !is_known_step(parser, at + 1))
            return false;
        else if ((token->word == WORD_UNION || token->word == WORD_INTERSECT) &&
                 !is_pipe(parser, at - 1))
            return false;
    }
    return true;
}

/* ---- blocks ---- */

/* What was read so far becomes a query of its own, within `query`. */
static SqlQuery *
wrap(Parser *parser, SqlQuery *query)
{
    SqlQuery *inner = query_new(parser, query);
    inner->first = query->first;
    inner->last = MAX(parser->pos, inner->first + 1) - 1;
    inner->branches = query->branches;
    inner->tail = query->tail;
    inner->by_name = query->by_name;
    for (guint i = 0; i < inner->branches->len; i++) {
        SqlBranch *branch = g_ptr_array_index(inner->branches, i);
        if (branch->block != NULL)
            branch->block->query = inner;
        else
            branch->query->in = branch->query->parent = inner;
    }
    if (inner->tail != NULL)
        inner->tail->query = inner;
    list_add(parser, parser->sql->queries, inner);
    query->branches = list(parser);
    query->tail = NULL;
    query->by_name = false;
    return inner;
}

/* … of which the new block reads. */
static SqlBlock *
begin_block(Parser *parser, SqlQuery *query, SqlBlock *outer)
{
    SqlQuery *inner = wrap(parser, query);
    SqlBranch *branch = node(parser, sizeof(SqlBranch));
    SqlBlock *block = branch->block = block_new(parser, query, outer);
    list_add(parser, query->branches, branch);
    SqlSource *source = node(parser, sizeof(SqlSource));
    *source = (SqlSource){.kind = SOURCE_QUERY,
                          .block = block,
                          .query = inner,
                          .first = inner->first,
                          .last = inner->last};
    inner->as = source;
    list_add(parser, block->sources, source);
    block->is_piped = true;
    add_tacit_star(parser, block, parser->pos);
    return block;
}

/* UNION ALL (…), (…): it is the first side of a set operation. */
static void
take_sides(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlQuery *inner = wrap(parser, query);
    SqlBranch *first = node(parser, sizeof(SqlBranch));
    first->query = inner;
    inner->in = query;
    list_add(parser, query->branches, first);
    set_operation_take(parser, query, end);
    do
        branch_take(parser, query, outer, end);
    while (parser->pos + 1 < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
           is_open(parser, ++parser->pos));
}

/* FROM t, with nothing behind it: the first steps are of the same block. */
static SqlBlock *
block_of_from(const SqlQuery *query)
{
    const SqlBranch *first = g_ptr_array_index(query->branches, 0);
    SqlBlock *block = query->branches->len == 1 && query->tail == NULL ? first->block : NULL;
    const SqlItem *item =
        block != NULL && block->items->len == 1 ? g_ptr_array_index(block->items, 0) : NULL;
    return item != NULL && item->is_tacit && block->place_max == 0 ? block : NULL;
}

/* ---- steps ---- */

/* a AS b, c: names, or values if `clause` takes them. */
static void
take_list(Parser *parser, const Context *context, uint32_t end)
{
    while (parser->pos < end && !is_pipe(parser, parser->pos)) {
        uint32_t before = parser->pos;
        parse_expression(parser, context, end, STOP_COMMA | STOP_CLAUSE | STOP_ALIAS);
        take_word(parser, end, WORD_AS);
        if (parser->pos < end && is_name(parser, parser->pos))
            parser->pos++; /* its new name */
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)
            parser->pos++;
        if (parser->pos == before)
            parser->pos++;
    }
}

/* SET a = x, b = y */
static void
take_set(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context left = {.block = block, .clause = CLAUSE_ASSIGN},
            right = {.block = block, .clause = CLAUSE_WHERE};
    while (parser->pos < end && !is_pipe(parser, parser->pos)) {
        uint32_t before = parser->pos;
        if (is_name(parser, parser->pos)) {
            SqlPath path = path_take(parser, end, false);
            ref_add(parser, &left, path);
        }
        parser->pos++; /* = */
        parse_expression(parser, &right, end, STOP_COMMA | STOP_CLAUSE);
        if (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)
            parser->pos++;
        if (parser->pos == before)
            parser->pos++;
    }
}

/* SELECT …; AGGREGATE … GROUP BY …: the keys come out, too, and say how the rows are sorted. */
static void
take_outputs(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context keys = {.block = block, .clause = CLAUSE_GROUP};
    bool is_select = is_word(parser, parser->pos++, WORD_SELECT);
    block->items = list(parser);
    block->has_star = false;
    if (is_select && take_word(parser, end, WORD_DISTINCT))
        block->is_distinct = true;
    if (is_select)
        take_struct(parser, block);
    parser->has_keys = !is_select;
    parse_items(parser, block, end);
    if (is_word(parser, parser->pos, WORD_GROUP) && parser->pos + 1 < end) {
        parser->pos += is_word(parser, parser->pos + 1, WORD_AND) ? 4 : 2; /* GROUP AND ORDER BY */
        if (is_select)
            parse_keys(parser, &keys, end);
        else
            parse_items(parser, block, end);
    }
    parser->has_keys = false;
}

/* PIVOT (…), CALL f(…): what comes out of it is not followed, so what goes in keeps its names. */
static bool
is_rigid_step(const Parser *parser, uint32_t at)
{
    return is_reshape(parser, at) || is_text(parser, at, "CALL");
}

static void
take_rigid_step(Parser *parser, SqlBlock *block, uint32_t end)
{
    SqlSource *source = g_ptr_array_index(block->sources, 0);
    Context context = {.block = block, .clause = CLAUSE_FROM};
    if (is_reshape(parser, parser->pos)) {
        reshape_take(parser, source, &context, end);
    } else {
        parser->pos++;
        parse_expression(parser, &context, end, STOP_CLAUSE | STOP_ALIAS);
    }
    source->is_unread = true;
    if (take_word(parser, end, WORD_AS) || is_name(parser, parser->pos))
        source->alias = part_take(parser);
}

static void
take_step(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context values = {.block = block, .clause = CLAUSE_WHERE},
            names = {.block = block, .clause = CLAUSE_NAME};
    if (starts_join(parser, parser->pos)) {
        parse_join(parser, block, end);
    } else if (is_text(parser, parser->pos, "DROP") || is_text(parser, parser->pos, "RENAME")) {
        parser->pos++;
        take_list(parser, &names, end);
    } else if (is_text(parser, parser->pos, "EXTEND") ||
               is_word(parser, parser->pos, WORD_WINDOW)) {
        parser->pos++;
        take_list(parser, &values, end);
    } else if (is_word(parser, parser->pos, WORD_SET)) {
        parser->pos++;
        take_set(parser, block, end);
    } else if (is_text(parser, parser->pos, "TABLESAMPLE")) {
        while (parser->pos < end && !is_pipe(parser, parser->pos))
            parser->pos++;
    } else if (is_word(parser, parser->pos, WORD_ORDER)) { /* sees no outputs but those before it */
        parser->pos += 2;
        parse_keys(parser, &values, end);
    } else { /* WHERE, LIMIT, ASSERT */
        parser->pos++;
        parse_expression(parser, &values, end, STOP_CLAUSE);
    }
}

void
parse_pipes(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = block_of_from(query);
    if (block != NULL)
        block->is_piped = true;
    while (parser->pos < end && is_pipe(parser, parser->pos)) {
        uint32_t before = parser->pos++;
        bool is_alias = is_word(parser, parser->pos, WORD_AS),
             is_rigid = is_rigid_step(parser, parser->pos),
             has_sides = is_set_operation(parser, parser->pos),
             has_commons = is_word(parser, parser->pos, WORD_WITH);
        if ((block == NULL || is_alias || is_rigid) && !has_sides && !has_commons)
            block = begin_block(parser, query, outer);
        if (has_commons) { /* seen by the steps that follow */
            parse_with(parser, query, outer, end);
        } else if (is_rigid) {
            take_rigid_step(parser, block, end);
        } else if (is_alias) {
            SqlSource *source = g_ptr_array_index(block->sources, 0);
            parser->pos++;
            source->alias = part_take(parser);
        } else if (has_sides) {
            take_sides(parser, query, outer, end);
            block = NULL;
        } else if (is_word(parser, parser->pos, WORD_SELECT) ||
                   is_text(parser, parser->pos, "AGGREGATE")) {
            take_outputs(parser, block, end);
            block->last = parser->pos - 1;
            block = NULL;
        } else if (take_word(parser, end, WORD_DISTINCT)) { /* of all that there is here */
            block->is_distinct = true;
            block->last = parser->pos - 1;
            block = NULL;
        } else {
            take_step(parser, block, end);
        }
        while (parser->pos < end && !is_pipe(parser, parser->pos))
            parser->pos++; /* nothing that is known stays */
        if (block != NULL)
            block->last = parser->pos - 1;
        if (parser->pos == before)
            parser->pos++;
    }
}
