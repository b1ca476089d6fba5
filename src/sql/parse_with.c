/* parse_with.c - WITH: its tables and values, and what may stand behind each of them. */
#include "sql/parse.h"

static void
chain_add(SqlQuery *query, SqlCommon *common)
{
    SqlCommon **chain = &query->chains[sql_name_hash(common->name.text) % query->chain_count];
    common->next = *chain;
    *chain = common;
}

/* As many lists as there are tables: each stays short. */
void
common_add(Parser *parser, SqlQuery *query, SqlCommon *common)
{
    list_add(parser, query->commons, common);
    if (query->commons->len <= query->chain_count) {
        chain_add(query, common);
        return;
    }
    query->chain_count = MAX(SQL_NAME_CHAINS, 2 * query->chain_count);
    query->chains = node(parser, query->chain_count * sizeof(SqlCommon *));
    for (guint i = 0; i < query->commons->len; i++)
        chain_add(query, g_ptr_array_index(query->commons, i));
}

static void
take_common(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end, bool is_recursive)
{
    SqlCommon *common = node(parser, sizeof(SqlCommon));
    common->is_made = peek(parser, parser->pos)->kind == TOKEN_TEMPLATE ||
                      template_makes_word(parser, parser->pos);
    common->name = *part_take(parser);
    common->is_recursive = is_recursive;
    if (is_open(parser, parser->pos))
        common->columns = names_take(parser, end);
    while (parser->pos < end && !is_open(parser, parser->pos) &&
           peek(parser, parser->pos)->kind != TOKEN_COMMA &&
           !is_word(parser, parser->pos, WORD_SELECT))
        parser->pos++; /* AS [NOT] MATERIALIZED */
    common->is_begun = is_recursive;
    if (is_recursive)
        common_add(parser, query, common);
    if (is_open(parser, parser->pos)) {
        uint32_t close = closing(parser, parser->pos, end);
        parser->pos++;
        parser->depth++;
        common->query = query_new(parser, query);
        common->query->common = common;
        Word word = peek(parser, parser->pos)->word;
        if (word == WORD_INSERT || word == WORD_UPDATE || word == WORD_DELETE ||
            word == WORD_MERGE) {
            parse_nested(parser, query, close);
            list_add(parser, parser->sql->queries, common->query);
        } else if (!is_too_deep(parser, close)) {
            parse_with(parser, common->query, outer, close);
            parse_body(parser, common->query, outer, close);
        }
        parser->depth--;
        parser->pos = MIN(close + 1, end);
    }
    common->is_begun = false;
    if (!is_recursive)
        common_add(parser, query, common);
}

/* WITH {{ name }} AS (…), {{ name }}_days AS (…) */
static bool
starts_made(const Parser *parser, uint32_t at, uint32_t end)
{
    if (at >= end || peek(parser, at)->kind != TOKEN_TEMPLATE)
        return false;
    for (at++; at < end && peek(parser, at)->begin == peek(parser, at - 1)->end &&
               (peek(parser, at)->kind == TOKEN_TEMPLATE || peek(parser, at)->kind == TOKEN_WORD);)
        at++;
    return at + 1 < end && is_word(parser, at, WORD_AS) && is_open(parser, at + 1);
}

/* WITH {more} a AS (…), {others}, b AS (…): tables that are put in at run time, each with its comma, or without the last one. */
static void
pass_put_in(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    for (bool is_put_in = false; at < end; at++) {
        TokenKind kind = peek(parser, at)->kind;
        if (starts_made(parser, at, end))
            break;
        if (kind != TOKEN_TEMPLATE && kind != TOKEN_PARAMETER &&
            !(is_put_in && kind == TOKEN_COMMA))
            break;
        is_put_in = kind != TOKEN_COMMA;
    }
    bool is_common = at + 1 < end && is_name(parser, at) &&
                     (is_word(parser, at + 1, WORD_AS) || is_open(parser, at + 1));
    if (is_common || starts_made(parser, at, end) || starts_query(parser, at, end))
        parser->pos = at;
}

/* WITH toDate(a) AS d, of ClickHouse: a value, whose columns are those of the query behind it. */
static bool
starts_value(const Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos, as = at + 1;
    if (!parser->sql->dialect->has_hiding_aliases || at >= end || starts_query(parser, at, end))
        return false;
    if (is_name(parser, at) && is_open(parser, as)) /* a (b, c) AS (SELECT … */
        as = closing(parser, as, end) + 1;
    return !(is_name(parser, at) && as + 1 < end && is_word(parser, as, WORD_AS) &&
             is_open(parser, as + 1));
}

/* The query is told of it: where columns change, a person looks, unless it is one SELECT, whose columns these are. */
static void
take_value(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = query->valued != NULL ? query->valued : block_new(parser, query, outer);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    uint32_t first = parser->pos;
    query->valued = block;
    query->strange = first;
    parse_expression(parser, &context, end, STOP_COMMA | STOP_CLAUSE | STOP_ALIAS);
    if (take_word(parser, end, WORD_AS) && is_name(parser, parser->pos))
        named_value_add(parser, &query->values, first);
    block->last = parser->pos - 1;
}

void
values_adopt(Parser *parser, SqlQuery *query)
{
    SqlBlock *from = query->valued;
    const SqlBranch *first =
        query->branches->len == 1 ? g_ptr_array_index(query->branches, 0) : NULL;
    if (from == NULL || first == NULL || first->block == NULL || first->block->is_values)
        return;
    for (guint i = 0; i < from->refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(from->refs, i);
        ref->block = first->block;
        list_add(parser, first->block->refs, ref);
    }
    from->refs = list(parser);
    from->parent = first->block; /* subqueries in the values see its tables */
    if (first->block->strange == query->strange)
        first->block->strange = 0;
    query->strange = 0;
}

/* SEARCH DEPTH FIRST BY a, b SET c and CYCLE a, b SET c TO 1 DEFAULT 0 USING d, behind a table of WITH. */
static bool
take_search(Parser *parser, const SqlQuery *with, uint32_t end)
{
    bool is_cycle = is_text(parser, parser->pos, "CYCLE");
    if (parser->pos >= end || with->commons->len == 0 ||
        (!is_cycle && !is_text(parser, parser->pos, "SEARCH")))
        return false;
    const SqlCommon *common = g_ptr_array_index(with->commons, with->commons->len - 1);
    while (parser->pos < end && !is_word(parser, parser->pos, WORD_SET) &&
           !starts_query(parser, parser->pos, end))
        parser->pos++;
    if (take_word(parser, end, WORD_SET) && is_name(parser, parser->pos))
        parser->pos++;
    while (is_cycle && parser->pos < end && !is_word(parser, parser->pos, WORD_USING) &&
           peek(parser, parser->pos)->kind != TOKEN_COMMA &&
           !starts_query(parser, parser->pos, end))
        parser->pos++;
    if (take_word(parser, end, WORD_USING) && is_name(parser, parser->pos))
        parser->pos++;
    if (common->query != NULL)
        common->query->is_named = true;
    return true;
}

/* WITH RECURSIVE a AS (… FROM users), users AS (…): the one behind is meant, where the dialect sees it. */
static void
see_forward(const Parser *parser, const SqlQuery *with, const SqlBlock *block)
{
    ForwardRule rule = parser->sql->dialect->forward;
    for (guint i = 0; i < block->sources->len; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        const SqlPart *name = source->path.count == 1 ? &source->path.parts[0] : NULL;
        SqlCommon *common = NULL;
        if (name != NULL && source->kind == SOURCE_TABLE && !source->is_target &&
            source->rows_of == NULL && source->query == NULL)
            common = sql_commons(with, sql_name_hash(name->text));
        while (common != NULL &&
               !(common->name.token > name->token &&
                 sql_same_column(parser->sql->dialect, name->text, name->quote, common->name.text)))
            common = common->next;
        if (common == NULL)
            continue;
        source->may_be_common = rule != FORWARD_SEEN;
        if (rule != FORWARD_SEEN)
            continue;
        source->kind = SOURCE_COMMON;
        source->common = common;
        source->query = common->query;
    }
}

void
parse_with(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    if (is_pairs(parser, parser->pos) && parser->pos < end) {
        parse_pairs(parser, query);
        if (peek(parser, parser->pos)->kind != TOKEN_COMMA)
            return;
        parser->pos++;
    } else if (!take_word(parser, end, WORD_WITH)) {
        return;
    }
    bool is_recursive =
        take_word(parser, end, WORD_RECURSIVE) || parser->sql->dialect->has_tacit_recursion;
    guint blocks = parser->sql->blocks->len;
    for (pass_put_in(parser, end);
         parser->pos < end && (is_name(parser, parser->pos) || starts_value(parser, end) ||
                               starts_made(parser, parser->pos, end));
         pass_put_in(parser, end)) {
        if (starts_value(parser, end) && !starts_made(parser, parser->pos, end))
            take_value(parser, query, outer, end);
        else
            take_common(parser, query, outer, end, is_recursive);
        while (take_search(parser, query, end))
            continue;
        /* what else stands there: up to the comma or the statement */
        while (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_WORD &&
               peek(parser, parser->pos)->word == WORD_NONE)
            parser->pos++;
        uint32_t behind = parser->pos;
        pass_put_in(parser, end);
        if (parser->pos > behind)
            continue;
        if (parser->pos >= end || peek(parser, parser->pos)->kind != TOKEN_COMMA)
            break;
        parser->pos++;
    }
    bool sees_forward =
        is_recursive && query->commons->len > 1 && parser->sql->dialect->forward != FORWARD_UNSEEN;
    for (guint i = blocks; sees_forward && i < parser->sql->blocks->len; i++)
        see_forward(parser, query, g_ptr_array_index(parser->sql->blocks, i));
}
