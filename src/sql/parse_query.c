/* parse_query.c - queries: SELECT blocks, set operations, and what stands behind them. */
#include "sql/parse.h"

SqlQuery *
query_new(Parser *parser, SqlQuery *parent)
{
    SqlQuery *query = node_unset(parser, sizeof(SqlQuery));
    *query = (SqlQuery){
        .parent = parent, .first = parser->pos, .commons = list(parser), .branches = list(parser)};
    return query;
}

/* ---- one SELECT ---- */

/* What MySQL may have between SELECT and the list; elsewhere, or where nothing follows, it is a name. */
static bool
is_hint_word(const Parser *parser, uint32_t end)
{
    static const char *const words[] = {
        "DISTINCTROW",      "HIGH_PRIORITY",  "STRAIGHT_JOIN",
        "SQL_SMALL_RESULT", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT",
        "SQL_CACHE",        "SQL_NO_CACHE",   "SQL_CALC_FOUND_ROWS",
    };
    const Dialect *dialect = parser->sql->dialect;
    const Token *next = peek(parser, parser->pos + 1);
    if (!dialect->has_code_comments || parser->pos + 1 >= end ||
        peek(parser, parser->pos)->kind != TOKEN_WORD || next->kind == TOKEN_COMMA ||
        next->kind == TOKEN_DOT || starts_clause(parser, parser->pos + 1))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (is_text(parser, parser->pos, words[i]))
            return true;
    return false;
}

/* TOP 5 PERCENT a: of T-SQL, where no column is called so without quotes; elsewhere one may be. */
static bool
is_percent(const Parser *parser, uint32_t at)
{
    const Dialect *dialect = parser->sql->dialect;
    TokenKind behind = peek(parser, at + 1)->kind;
    bool is_word_alone = behind != TOKEN_COMMA && behind != TOKEN_DOT && behind != TOKEN_OPERATOR &&
                         !starts_clause(parser, at + 1);
    return is_text(parser, at, "PERCENT") &&
           (dialect->has_alias_first || (dialect->is_any && is_word_alone));
}

/* TOP 5, TOP (@n) PERCENT WITH TIES */
static void
take_top(Parser *parser, uint32_t end)
{
    bool is_in_brackets = is_open(parser, parser->pos + 1);
    parser->pos = is_in_brackets ? closing(parser, parser->pos + 1, end) + 1 : parser->pos + 2;
    parser->pos += is_percent(parser, parser->pos);
    if (is_word(parser, parser->pos, WORD_WITH) && is_text(parser, parser->pos + 1, "TIES"))
        parser->pos += 2;
    parser->pos = MIN(parser->pos, end);
}

bool
take_struct(Parser *parser, SqlBlock *block)
{
    bool is_struct =
        is_word(parser, parser->pos, WORD_AS) && (is_word(parser, parser->pos + 1, WORD_STRUCT) ||
                                                  is_word(parser, parser->pos + 1, WORD_VALUE));
    block->is_struct |= is_struct;
    parser->pos += is_struct ? 2 : 0;
    return is_struct;
}

static void
take_modifiers(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_ORDER},
            options = {.block = block, .clause = CLAUSE_OTHER};
    for (;;) {
        if (take_word(parser, end, WORD_DISTINCT)) {
            block->is_distinct = true;
            if (is_word(parser, parser->pos, WORD_ON) && is_open(parser, parser->pos + 1)) {
                uint32_t close = closing(parser, parser->pos + 1, end);
                parser->pos += 2;
                parse_keys(parser, &context, close); /* by the rules of ORDER BY */
                parser->pos = MIN(close + 1, end);
            }
        } else if (is_word(parser, parser->pos, WORD_TOP) &&
                   (peek(parser, parser->pos + 1)->kind == TOKEN_NUMBER ||
                    is_open(parser, parser->pos + 1))) {
            take_top(parser, end);
        } else if (take_struct(parser, block)) {
            continue;
        } else if (is_word(parser, parser->pos, WORD_WITH) &&
                   is_text(parser, parser->pos + 2, "OPTIONS") &&
                   is_open(parser, parser->pos + 3)) { /* WITH DIFFERENTIAL_PRIVACY OPTIONS (…) */
            uint32_t close = closing(parser, parser->pos + 3, end);
            parser->pos += 4;
            parse_expression(parser, &options, close, 0);
            parser->pos = MIN(close + 1, end);
        } else if (is_hint_word(parser, end)) {
            block->is_distinct |= is_text(parser, parser->pos, "DISTINCTROW");
            parser->pos++;
        } else if (!take_word(parser, end, WORD_ALL)) {
            return;
        }
    }
}

static SqlClause
clause_of(Word word)
{
    switch (word) {
    case WORD_WHERE:
        return CLAUSE_WHERE;
    case WORD_HAVING:
    case WORD_QUALIFY:
        return CLAUSE_HAVING;
    case WORD_GROUP:
        return CLAUSE_GROUP;
    default:
        return CLAUSE_OTHER;
    }
}

/* Ends the block: it speaks of all branches. */
static bool
is_behind_blocks(const Parser *parser)
{
    if (is_text(parser, parser->pos, "PREWHERE") || starts_hierarchy(parser, parser->pos))
        return false;
    switch (peek(parser, parser->pos)->word) {
    case WORD_WHERE:
    case WORD_HAVING:
    case WORD_QUALIFY:
    case WORD_WINDOW:
    case WORD_GROUP:
    case WORD_FROM:
    case WORD_INTO:
        return false;
    default:
        return true;
    }
}

/* WINDOW w AS (PARTITION BY a ORDER BY b), v AS w */
static void
take_windows(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_WINDOW};
    do {
        parser->pos = MIN(parser->pos + 3, end); /* WINDOW or a comma, the name, AS */
        if (is_row_pattern(parser, parser->pos, end))
            block->strange = parser->pos + 1;
        if (is_open(parser, parser->pos) && parser->pos < end) {
            uint32_t close = closing(parser, parser->pos, end);
            parser->pos++;
            parse_expression(parser, &context, close, 0);
            parser->pos = MIN(close + 1, end);
        } else if (parser->pos < end) {
            parser->pos++;
        }
    } while (parser->pos + 2 < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
             is_word(parser, parser->pos + 2, WORD_AS));
}

/* GROUP BY a, b; GROUP BY ROLLUP (a) */
static void
take_clause(Parser *parser, SqlBlock *block, uint32_t end)
{
    Word word = peek(parser, parser->pos)->word;
    Context context = {.block = block, .clause = clause_of(word)};
    if (word == WORD_WINDOW) {
        take_windows(parser, block, end);
        return;
    }
    parser->pos += word == WORD_GROUP || starts_hierarchy(parser, parser->pos) ? 2 : 1;
    block->groups_all |= word == WORD_GROUP && is_word(parser, parser->pos, WORD_ALL);
    if (word == WORD_GROUP)
        parse_keys(parser, &context, end);
    else
        parse_expression(parser, &context, end, STOP_CLAUSE);
}

static void
take_clauses(Parser *parser, SqlBlock *block, uint32_t end)
{
    while (parser->pos < end) {
        uint32_t before = parser->pos;
        if (starts_clause(parser, parser->pos) && is_behind_blocks(parser))
            return;
        if (take_word(parser, end, WORD_FROM)) {
            parse_sources(parser, block, end);
        } else if (take_word(parser, end, WORD_INTO)) {
            bool is_first = block->items->len == 0; /* SELECT INTO r a, b FROM t, of PL/pgSQL */
            into_take(parser, block, end);
            if (is_first && parser->statement->created.count == 0)
                parse_items(parser, block, end);
        } else if (starts_clause(parser, parser->pos)) {
            take_clause(parser, block, end);
        } else {
            Context context = {.block = block, .clause = CLAUSE_OTHER};
            parse_expression(parser, &context, end, STOP_CLAUSE);
        }
        if (parser->pos == before)
            parser->pos++;
    }
}

/* The SELECT of FROM t SELECT a; else `end`. */
static uint32_t
find_select(const Parser *parser, uint32_t end)
{
    for (uint32_t at = parser->pos; at < end; at++) {
        if (peek(parser, at)->kind == TOKEN_OPEN)
            at = closing(parser, at, end);
        else if (is_word(parser, at, WORD_SELECT))
            return at;
    }
    return end;
}

static SqlBlock *
take_select(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = block_new(parser, query, outer);
    block->strange = query->strange;
    bool is_from_first = is_word(parser, parser->pos, WORD_FROM);
    if (is_from_first) {
        parser->pos++;
        parse_sources(parser, block, find_select(parser, end)); /* a JOIN's condition ends there */
    }
    bool is_performed = !is_from_first && (is_text(parser, parser->pos, "PERFORM") ||
                                           is_text(parser, parser->pos, ":="));
    parser->pos += is_performed;
    if (is_performed || take_word(parser, end, WORD_SELECT)) {
        take_modifiers(parser, block, end);
        parse_items(parser, block, end);
    } else if (is_from_first) {
        add_tacit_star(parser, block, block->first);
    }
    take_clauses(parser, block, end);
    block->last = MAX(parser->pos, block->first + 1) - 1;
    return block;
}

static SqlBlock *
take_values(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = block_new(parser, query, outer);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    block->is_values = true;
    parser->pos++;
    parse_expression(parser, &context, end, STOP_CLAUSE);
    block->last = MAX(parser->pos, block->first + 1) - 1;
    return block;
}

/* TABLE t */
static SqlBlock *
take_table(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBlock *block = block_new(parser, query, outer);
    SqlItem *star = node(parser, sizeof(SqlItem));
    *star = (SqlItem){.block = block,
                      .first = parser->pos,
                      .last = parser->pos,
                      .is_star = true,
                      .is_tacit = true};
    list_add(parser, block->items, star);
    block->has_star = true;
    parse_source(parser, block, end);
    block->last = parser->pos - 1;
    return block;
}

/* ---- blocks together ---- */

void
branch_take(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    SqlBranch *branch = node(parser, sizeof(SqlBranch));
    list_add(parser, query->branches, branch);
    if (is_open(parser, parser->pos)) {
        uint32_t close = closing(parser, parser->pos, end);
        parser->pos++;
        parser->depth++;
        branch->query = parse_query(parser, query, outer, close);
        branch->query->in = query;
        parser->depth--;
        parser->pos = MIN(close + 1, end);
    } else if (is_word(parser, parser->pos, WORD_VALUES)) {
        branch->block = take_values(parser, query, outer, end);
    } else if (is_word(parser, parser->pos, WORD_TABLE)) {
        branch->block = take_table(parser, query, outer, end);
    } else if (is_pivot(parser, parser->pos)) {
        branch->block = pivot_take(parser, query, outer, end);
    } else if (is_rows(parser, parser->pos)) {
        branch->block = rows_take(parser, query, outer);
    } else {
        branch->block = take_select(parser, query, outer, end);
    }
}

bool
set_operation_take(Parser *parser, SqlQuery *query, uint32_t end)
{
    static const Word kinds[] = {WORD_UNION, WORD_INTERSECT, WORD_EXCEPT, WORD_MINUS};
    if (parser->pos >= end || !is_set_operation(parser, parser->pos))
        return false;
    for (bool is_said = false; !is_said; parser->pos++) /* FULL OUTER UNION */
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
            is_said |= is_word(parser, parser->pos, kinds[i]);
    if (!take_word(parser, end, WORD_ALL))
        take_word(parser, end, WORD_DISTINCT);
    if (is_word(parser, parser->pos, WORD_BY) || is_text(parser, parser->pos, "CORRESPONDING")) {
        query->by_name = true;
        while (parser->pos < end && !starts_query(parser, parser->pos, end))
            parser->pos++;
    }
    return true;
}

/* The only one that it consists of, or NULL. */
static SqlBlock *
branch_block(const SqlQuery *query)
{
    const SqlBranch *first = g_ptr_array_index(query->branches, 0);
    return query->branches->len == 1 ? first->block : NULL;
}

/* SELECT a FROM t LIMIT 5 UNION ALL SELECT b FROM u: is this the end of one branch alone? */
static bool
is_end_of_branch(const Parser *parser, uint32_t end)
{
    for (uint32_t at = parser->pos; at < end; at++) {
        if (peek(parser, at)->kind == TOKEN_OPEN)
            at = closing(parser, at, end);
        else if (is_set_operation(parser, at))
            return at > parser->pos;
        else if (is_word(parser, at, WORD_SELECT) || peek(parser, at)->kind == TOKEN_SEMICOLON)
            return false;
    }
    return false;
}

/* The block that ORDER BY sees the names of; for set operations one that has none of its own. */
static SqlBlock *
order_block(Parser *parser, SqlQuery *query, SqlBlock *outer, bool is_of_branch)
{
    const SqlBranch *last = g_ptr_array_index(query->branches, query->branches->len - 1);
    SqlBlock *only = is_of_branch ? last->block : branch_block(query);
    if (only != NULL)
        return only;
    if (query->tail == NULL)
        query->tail = block_new(parser, query, outer);
    return query->tail;
}

/* ORDER BY, LIMIT, FETCH, FOR UPDATE. */
static void
take_tail(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end, bool is_of_branch)
{
    while (parser->pos < end && starts_clause(parser, parser->pos) &&
           !is_text(parser, parser->pos, "|>") && !is_word(parser, parser->pos, WORD_ON) &&
           !is_word(parser, parser->pos, WORD_RETURNING) &&
           !is_set_operation(parser, parser->pos)) {
        uint32_t before = parser->pos;
        Word word = peek(parser, before)->word;
        bool is_order = word == WORD_ORDER || word == WORD_SORT || word == WORD_CLUSTER ||
                        word == WORD_DISTRIBUTE;
        Context context = {.block = order_block(parser, query, outer, is_of_branch),
                           .clause = is_order ? CLAUSE_ORDER : CLAUSE_OTHER};
        if (word == WORD_FOR &&
            (is_text(parser, before + 1, "XML") || is_text(parser, before + 1, "JSON"))) {
            context.block->is_struct = true; /* the names are those of elements */
            parser->pos = end;
            return;
        }
        if (word == WORD_FOR && !parser->sql->dialect->has_alias_first &&
            !parser->sql->dialect->is_any) { /* there they may be columns */
            locked_take(parser, branch_block(query), end);
            continue;
        }
        if (is_text(parser, before, "INTERPOLATE")) { /* of outputs, by their names */
            query->is_named = true;
            parser->pos = MIN(closing(parser, before + 1, end) + 1, end);
            continue;
        }
        parser->pos += is_order ? 2 : 1;
        if (is_order)
            parse_keys(parser, &context, end);
        else
            parse_expression(parser, &context, end, STOP_CLAUSE);
        if (parser->pos <= before)
            parser->pos = before + 1;
    }
}

static void
take_pipes(Parser *parser, SqlQuery *query, uint32_t end)
{
    SqlBlock *block = block_new(parser, query, NULL);
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    query->has_pipes = true;
    parse_expression(parser, &context, end, 0);
    block->last = parser->pos - 1;
}

void
parse_body(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end)
{
    bool is_of_branch;
    do {
        do {
            branch_take(parser, query, outer, end);
            if (query->common != NULL) /* the next branch may read what it has so far */
                query->common->is_begun = false;
        } while (set_operation_take(parser, query, end));
        is_of_branch = parser->sql->dialect->has_branch_tails || is_end_of_branch(parser, end);
        take_tail(parser, query, outer, end, is_of_branch);
    } while (is_of_branch && set_operation_take(parser, query, end));
    if (parser->pos < end && is_text(parser, parser->pos, "|>")) {
        if (can_follow_pipes(parser, end))
            parse_pipes(parser, query, outer, end);
        else
            take_pipes(parser, query, end);
    }
    values_adopt(parser, query);
    query->last = MAX(parser->pos, query->first + 1) - 1;
    list_add(parser, parser->sql->queries, query);
}

SqlQuery *
parse_query(Parser *parser, SqlQuery *parent, SqlBlock *outer, uint32_t end)
{
    SqlQuery *query = query_new(parser, parent);
    if (is_too_deep(parser, end))
        return query;
    parse_with(parser, query, outer, end);
    parse_body(parser, query, outer, end);
    return query;
}
