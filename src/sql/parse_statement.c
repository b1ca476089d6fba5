/* parse_statement.c - statements: what kind each is, what it writes to, and where its query stands. */
#include "sql/parse.h"

#include <string.h>

/* ---- helpers ---- */

/* SELECT … ->> SELECT a FROM $1, of Snowflake: the next statement reads what this one gives, by its names. */
static bool
is_flow(const Parser *parser, uint32_t at)
{
    return parser->sql->dialect->has_places && is_text(parser, at, "->>");
}

/* Over what the token opens. */
static uint32_t
step(const Parser *parser, uint32_t at, uint32_t end)
{
    return peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1;
}

static bool
is_verb(const Parser *parser, uint32_t at)
{
    Word word = peek(parser, at)->word;
    return word == WORD_SELECT || word == WORD_INSERT || word == WORD_UPDATE ||
           word == WORD_DELETE || word == WORD_MERGE || word == WORD_VALUES || word == WORD_FROM;
}

/* A query, or what takes its rows, behind which another statement may begin in a line of its own. */
static bool
may_be_query(const Parser *parser)
{
    Word word = peek(parser, parser->pos)->word;
    return word == WORD_SELECT || word == WORD_WITH || word == WORD_INSERT ||
           (word == WORD_CREATE && makes_table(parser, parser->pos));
}

/* BEGIN BEGIN … and IF … THEN IF …: does the statement begin on the way to where the one before it ends? */
static bool
is_within_reach(Parser *parser, uint32_t end)
{
    StatementReach *reach = &parser->reach;
    if (reach->end != end || reach->at > parser->pos || parser->pos >= reach->stop ||
        makes_table(parser, parser->pos) || may_be_query(parser))
        return false;
    while (reach->at < parser->pos)
        reach->at = step(parser, reach->at, end);
    return reach->at == parser->pos;
}

/* The `;` that ends the statement, or `end`. */
static uint32_t
statement_end(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    if (is_loose(parser))
        return loose_end(parser, end);
    if (is_within_reach(parser, end))
        return parser->reach.stop;
    Word verb = WORD_NONE; /* of the query: behind WITH, its own comes first */
    while (at < end && peek(parser, at)->kind != TOKEN_SEMICOLON && !is_flow(parser, at) &&
           !starts_next_table(parser, at) &&
           !(verb == WORD_SELECT && starts_next_query(parser, at))) {
        if (verb == WORD_NONE && may_be_query(parser) && is_verb(parser, at))
            verb = peek(parser, at)->word;
        at = step(parser, at, end);
    }
    parser->reach = (StatementReach){.at = parser->pos, .end = end, .stop = MIN(at, end)};
    if (makes_table(parser, parser->pos) || may_be_query(parser))
        /* it may end before the next table, or the next query */
        parser->reach.stop = parser->pos;
    return MIN(at, end);
}

SqlSource *
take_target(Parser *parser, SqlBlock *block, uint32_t end)
{
    SqlSource *target = NULL;
    take_word(parser, end, WORD_TABLE);
    if (parser->pos < end) {
        block->is_values = true; /* brackets behind it are columns, not arguments */
        target = parse_source(parser, block, end);
        block->is_values = false;
        target_set(parser, target);
    }
    return target;
}

bool
take_columns(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_COLUMNS};
    uint32_t close = closing(parser, parser->pos, end);
    if (!is_open(parser, parser->pos) || parser->pos >= end ||
        starts_query(parser, parser->pos + 1, close))
        return false;
    bool has_star = is_text(parser, parser->pos + 1, "*");
    for (parser->pos++; parser->pos < close;) {
        if (peek(parser, parser->pos)->kind == TOKEN_WORD ||
            peek(parser, parser->pos)->kind == TOKEN_QUOTED)
            ref_add(parser, &context, path_take(parser, close, false));
        else
            parser->pos++;
    }
    parser->pos = MIN(close + 1, end);
    return !has_star;
}

/* What was read since `refs` is assigned to. */
static SqlAssignment *
note_assignment(Parser *parser, SqlBlock *block, guint refs)
{
    SqlAssignment *assignment = node(parser, sizeof(SqlAssignment));
    *assignment =
        (SqlAssignment){.columns = list(parser), .first = parser->pos, .last = parser->pos};
    for (guint i = refs; i < block->refs->len; i++)
        list_add(parser, assignment->columns, g_ptr_array_index(block->refs, i));
    if (block->assignments == NULL)
        block->assignments = list(parser);
    list_add(parser, block->assignments, assignment);
    return assignment;
}

/* (a, b) VALUES (x, y): the columns read since `refs` are assigned to one by one. */
static void
note_values(Parser *parser, SqlBlock *block, guint refs, uint32_t end)
{
    guint count = block->refs->len;
    if (!is_word(parser, parser->pos, WORD_VALUES) || !is_open(parser, parser->pos + 1))
        return;
    uint32_t close = closing(parser, parser->pos + 1, end), at = parser->pos + 2;
    for (guint i = refs; i < count && at < close; i++, at++) {
        SqlAssignment *assignment = note_assignment(parser, block, count);
        list_add(parser, assignment->columns, g_ptr_array_index(block->refs, i));
        assignment->first = at;
        while (at < close && peek(parser, at)->kind != TOKEN_COMMA)
            at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, close) + 1 : at + 1;
        assignment->last = MAX(at, assignment->first + 1) - 1;
    }
}

ArenaList *
names_since(Parser *parser, const SqlBlock *block, guint refs)
{
    ArenaList *names = list(parser);
    for (guint i = refs; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        list_add(parser, names, &ref->path.parts[ref->path.count - 1]);
    }
    return names;
}

void
take_assignments(Parser *parser, SqlBlock *block, uint32_t end, int stops)
{
    Context left = {.block = block, .clause = CLAUSE_ASSIGN},
            right = {.block = block, .clause = CLAUSE_OTHER};
    while (parser->pos < end) {
        uint32_t before = parser->pos;
        guint refs = block->refs->len;
        if (is_open(parser, parser->pos))
            take_columns(parser, block, end);
        else if (is_name(parser, parser->pos) || is_word_as_column(parser, parser->pos, end))
            ref_add(parser, &left, path_take(parser, end, false));
        SqlAssignment *assignment = note_assignment(parser, block, refs);
        parse_expression(parser, &right, end, STOP_COMMA | STOP_CLAUSE | stops);
        assignment->last = MAX(parser->pos, assignment->first + 1) - 1;
        if (parser->pos >= end || peek(parser, parser->pos)->kind != TOKEN_COMMA ||
            parser->pos == before)
            return;
        parser->pos++;
    }
}

/* VALUES (…) AS row, SET a = 1 AS row, and not the alias of a table: SELECT … FROM t AS row. */
static bool
may_name_row(const SqlStatement *statement)
{
    const ArenaList *branches = statement->query != NULL ? statement->query->branches : NULL;
    const SqlBranch *first =
        branches != NULL && branches->len > 0 ? g_ptr_array_index(branches, 0) : NULL;
    return branches == NULL || (first != NULL && first->block != NULL && first->block->is_values);
}

/* ON CONFLICT (a) WHERE … DO UPDATE SET …, ON DUPLICATE KEY UPDATE a = … */
static void
take_upsert(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    bool is_conflict = is_word(parser, parser->pos + 1, WORD_CONFLICT);
    if (!is_conflict && is_word(parser, parser->pos - 2, WORD_AS) &&
        may_name_row(parser->statement)) {
        parser->pos--;
        parser->statement->row = part_take(parser);
    }
    parser->pos += is_conflict ? 2 : 3;
    if (is_conflict && is_text(parser, parser->pos, "ON"))
        parser->pos += 3; /* ON CONSTRAINT name */
    else if (is_conflict)
        parse_expression(parser, &context, end, STOP_THEN);
    take_word(parser, end, WORD_DO);
    if (!take_word(parser, end, WORD_UPDATE)) {
        parser->pos = MIN(parser->pos + 1, end); /* NOTHING */
        return;
    }
    take_word(parser, end, WORD_SET);
    take_assignments(parser, block, end, 0);
}

void
returned_into_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    parser->pos++;
    block->goes_into = block->is_returning && parser->sql->dialect->has_alias_first;
    uint32_t first = parser->pos + is_text(parser, parser->pos, "STRICT");
    if (is_name(parser, first) || peek(parser, first)->kind == TOKEN_PARAMETER)
        block->goes_into |= (variables_take(parser, end) || !variable_has_fields(parser, first)) &&
                            block->is_returning;
    if (is_open(parser, parser->pos))
        parser->pos = MIN(closing(parser, parser->pos, end) + 1, end);
}

/* RETURNING WITH (OLD AS a, NEW AS b) …, of PostgreSQL, at WITH. */
static void
row_names_take(Parser *parser, uint32_t end)
{
    SqlStatement *statement = parser->statement;
    if (!is_word(parser, parser->pos, WORD_WITH) || !is_open(parser, parser->pos + 1))
        return;
    uint32_t close = closing(parser, parser->pos + 1, end);
    memset(statement->row_names, 0, sizeof(statement->row_names));
    statement->names_returned = true;
    for (uint32_t at = parser->pos + 2; at + 2 < close; at += 4)
        if (is_word(parser, at + 1, WORD_AS) && is_name(parser, at + 2))
            statement->row_names[is_text(parser, at, "OLD")] = at + 2;
    parser->pos = MIN(close + 1, end);
}

void
rest_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    while (parser->pos < end && !rows_of_format_take(parser, block, end)) {
        uint32_t before = parser->pos;
        Word word = peek(parser, before)->word;
        Context context = {.block = block,
                           .clause = word == WORD_WHERE ? CLAUSE_WHERE : CLAUSE_OTHER};
        bool is_output = is_text(parser, before, "OUTPUT") && parser->sql->dialect->has_alias_first;
        if (word == WORD_ON && starts_clause(parser, before)) {
            take_upsert(parser, block, end);
        } else if (word == WORD_RETURNING || is_output) {
            parser->pos++;
            row_names_take(parser, end);
            block->is_returning = true;
            block->goes_into = false; /* of two the second one is seen */
            parse_items(parser, block, end);
        } else if (word == WORD_SET) {
            parser->pos++;
            take_assignments(parser, block, end, 0);
        } else if (word == WORD_INTO) {
            returned_into_take(parser, block, end);
        } else if (word == WORD_FROM || word == WORD_USING) {
            parser->pos++;
            parse_sources(parser, block, end);
        } else {
            parser->pos++;
            parse_expression(parser, &context, end, STOP_CLAUSE | STOP_SET);
        }
        parser->pos = MAX(parser->pos, before + 1);
    }
}

/* DELETE TOP (10) FROM t */
static void
skip_top(Parser *parser, uint32_t end)
{
    if (!is_word(parser, parser->pos, WORD_TOP) || !is_open(parser, parser->pos + 1))
        return;
    parser->pos = MIN(closing(parser, parser->pos + 1, end) + 1, end);
    if (is_text(parser, parser->pos, "PERCENT"))
        parser->pos++;
}

/* ---- kinds ---- */

static void
parse_update(Parser *parser, SqlQuery *with, uint32_t end)
{
    SqlBlock *block = block_new(parser, with, NULL);
    parser->statement->kind = STATEMENT_UPDATE;
    parser->pos++;
    skip_top(parser, end);
    if (is_word(parser, parser->pos, WORD_OR)) /* OR IGNORE, of SQLite */
        parser->pos = MIN(parser->pos + 2, end);
    parse_sources(parser, block, end);
    if (block->sources->len > 0)
        target_set(parser, g_ptr_array_index(block->sources, 0));
    rest_take(parser, block, end);
    target_find(parser, block);
    block->last = end - 1;
}

static void
parse_delete(Parser *parser, SqlQuery *with, uint32_t end)
{
    SqlBlock *block = block_new(parser, with, NULL);
    parser->statement->kind = STATEMENT_DELETE;
    parser->pos++;
    skip_top(parser, end);
    take_word(parser, end, WORD_FROM);
    if (!joined_targets_take(parser, block, end))
        take_target(parser, block, end);
    rest_take(parser, block, end);
    target_find(parser, block);
    block->last = end - 1;
}

/* INSERT *, INSERT ROW, UPDATE ALL BY NAME */
static bool
is_all(const Parser *parser)
{
    return is_text(parser, parser->pos, "*") || is_text(parser, parser->pos, "ROW") ||
           is_word(parser, parser->pos, WORD_ALL);
}

/* [NOT] MATCHED [BY SOURCE | TARGET]: which side has no row then? */
static SqlMissing
take_match(Parser *parser, uint32_t end)
{
    SqlMissing missing = take_word(parser, end, WORD_NOT) ? MISSING_TARGET : MISSING_NONE;
    if (take_word(parser, end, WORD_MATCHED) && take_word(parser, end, WORD_BY)) {
        bool is_source = is_text(parser, parser->pos, "SOURCE");
        missing = is_source && missing != MISSING_NONE ? MISSING_SOURCE : missing;
        parser->pos = MIN(parser->pos + 1, end);
    }
    return missing;
}

/* Names that were met since there were so many of the block and so many blocks: also what queries within ask for. */
static void
note_missing(const Parser *parser, const SqlBlock *block, guint refs, guint blocks,
             SqlMissing missing)
{
    for (guint i = refs; missing != MISSING_NONE && i < block->refs->len; i++) {
        SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->clause != CLAUSE_COLUMNS && ref->clause != CLAUSE_ASSIGN)
            ref->missing = missing;
    }
    for (guint b = blocks; missing != MISSING_NONE && b < parser->sql->blocks->len; b++) {
        const SqlBlock *within = g_ptr_array_index(parser->sql->blocks, b);
        for (guint i = 0; i < within->refs->len; i++)
            ((SqlRef *) g_ptr_array_index(within->refs, i))->missing = missing;
    }
}

/* THEN UPDATE SET …, THEN INSERT (…) VALUES (…), THEN DELETE */
static void
take_merge_action(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    guint refs = block->refs->len, blocks = parser->sql->blocks->len;
    parser->pos++;
    SqlMissing missing = take_match(parser, end);
    parse_expression(parser, &context, end, STOP_THEN);
    take_word(parser, end, WORD_THEN);
    if (take_word(parser, end, WORD_UPDATE)) {
        parser->statement->takes_rows |= is_all(parser); /* UPDATE ALL BY NAME */
        take_word(parser, end, WORD_SET);
        parser->statement->takes_rows |= is_all(parser);
        take_assignments(parser, block, end, STOP_WHEN);
    } else if (take_word(parser, end, WORD_INSERT)) {
        guint columns = block->refs->len;
        bool has_columns = take_columns(parser, block, end);
        parser->statement->inserts_rows |= !has_columns;
        parser->statement->takes_rows |= is_all(parser);
        note_values(parser, block, columns, end);
    }
    parse_expression(parser, &context, end, STOP_WHEN | STOP_CLAUSE);
    note_missing(parser, block, refs, blocks, missing);
}

/* REMOVE DUPLICATES of Redshift, at the end: there; else the end. */
static uint32_t
remaining_rows(Parser *parser, uint32_t end)
{
    parser->statement->places_rows = end > parser->pos + 2 && is_text(parser, end - 2, "REMOVE") &&
                                     is_text(parser, end - 1, "DUPLICATES");
    return parser->statement->places_rows ? end - 2 : end;
}

static void
parse_merge(Parser *parser, SqlQuery *with, uint32_t end)
{
    SqlBlock *block = block_new(parser, with, NULL);
    Context on = {.block = block, .clause = CLAUSE_ON};
    parser->statement->kind = STATEMENT_MERGE;
    parser->pos++;
    if (is_word(parser, parser->pos, WORD_WITH) && is_text(parser, parser->pos + 1, "SCHEMA"))
        parser->pos = MIN(parser->pos + 3, end); /* WITH SCHEMA EVOLUTION, of Databricks */
    take_word(parser, end, WORD_INTO);
    take_target(parser, block, end);
    SqlSource *source = NULL;
    if (take_word(parser, end, WORD_USING))
        source = parse_source(parser, block, end);
    if (source != NULL && is_word(parser, parser->pos, WORD_USING) &&
        is_open(parser, parser->pos + 1)) /* USING s USING (a), of DuckDB */
        using_take(parser, source, end);
    uint32_t rows = remaining_rows(parser, end);
    if (take_word(parser, end, WORD_ON))
        parse_expression(parser, &on, rows, STOP_WHEN);
    parser->pos = parser->pos == rows ? end : parser->pos;
    while (parser->pos < end && is_word(parser, parser->pos, WORD_WHEN))
        take_merge_action(parser, block, end);
    merge_source_note(parser, block, source);
    rest_take(parser, block, end);
    block->last = end - 1;
}

/* UPDATE STATISTICS t, of T-SQL: what stands behind the table are names of statistics. */
static bool
statistics_take(Parser *parser, uint32_t end)
{
    if (!parser->sql->dialect->has_loose_statements ||
        !is_text(parser, parser->pos + 1, "STATISTICS") || !is_name(parser, parser->pos + 2) ||
        is_word(parser, parser->pos + 2, WORD_SET))
        return false;
    SqlBlock *block = block_new(parser, NULL, NULL);
    parser->statement->kind = STATEMENT_OTHER;
    parser->pos += 2;
    table_take(parser, block, end);
    parser->pos = end;
    return true;
}

static bool
is_right(const Parser *parser)
{
    return is_text(parser, parser->pos, "GRANT") || is_text(parser, parser->pos, "REVOKE") ||
           is_text(parser, parser->pos, "DENY");
}

/* GRANT SELECT ON t TO u: no query, although it says SELECT. */
static void
take_rights(Parser *parser, uint32_t end)
{
    while (parser->pos < end)
        if (is_name(parser, parser->pos))
            mention_take(parser, end);
        else
            parser->pos++;
}

static void
parse_by_kind(Parser *parser, SqlQuery *with, uint32_t end)
{
    if (is_word(parser, parser->pos, WORD_CREATE))
        task_skip(parser, end);
    else
        explained_skip(parser, end);
    switch (peek(parser, parser->pos)->word) {
    case WORD_INSERT:
    case WORD_REPLACE:
        parse_insert(parser, with, end);
        return;
    case WORD_UPDATE:
        if (!statistics_take(parser, end))
            parse_update(parser, with, end);
        return;
    case WORD_DELETE:
        parse_delete(parser, with, end);
        return;
    case WORD_MERGE:
        parse_merge(parser, with, end);
        return;
    case WORD_CREATE:
        if (parse_create(parser, end))
            return;
        break;
    default:
        break;
    }
    if (parse_define(parser, end))
        return;
    if (is_right(parser))
        take_rights(parser, end);
    else
        parse_other(parser, end);
}

void
parse_nested(Parser *parser, SqlQuery *with, uint32_t end)
{
    SqlStatement *outer = parser->statement;
    parser->statement = node(parser, sizeof(SqlStatement));
    *parser->statement = (SqlStatement){.kind = STATEMENT_OTHER,
                                        .first = parser->pos,
                                        .blocks = list(parser),
                                        .watched = parser->watched,
                                        .is_nested = true};
    memcpy(parser->statement->row_names, parser->row_names, sizeof(parser->row_names));
    list_add(parser, parser->sql->statements, parser->statement);
    if (with == NULL && starts_query(parser, parser->pos, end)) {
        parser->statement->kind = STATEMENT_QUERY;
        parser->statement->query = parse_query(parser, NULL, NULL, end);
    } else {
        parse_by_kind(parser, with, end);
    }
    parser->statement->last = MAX(parser->pos, parser->statement->first + 1) - 1;
    parser->statement = outer;
}

/* ---- the whole ---- */

static void
parse_statement(Parser *parser, uint32_t end)
{
    uint32_t stop = statement_end(parser, end);
    watch_statement(parser);
    parser->is_at_body = false;
    parser->statement = node(parser, sizeof(SqlStatement));
    *parser->statement = (SqlStatement){.kind = STATEMENT_OTHER,
                                        .first = parser->pos,
                                        .blocks = list(parser),
                                        .watched = parser->watched};
    memcpy(parser->statement->row_names, parser->row_names, sizeof(parser->row_names));
    list_add(parser, parser->sql->statements, parser->statement);
    if (is_word(parser, parser->pos, WORD_WITH)) {
        SqlQuery *query = query_new(parser, NULL);
        parse_with(parser, query, NULL, stop);
        if (starts_query(parser, parser->pos, stop) || !is_name(parser, parser->pos)) {
            parser->statement->kind = STATEMENT_QUERY;
            parser->statement->query = query;
            parse_body(parser, query, NULL, stop);
        } else {
            query->last = parser->pos;
            list_add(parser, parser->sql->queries, query);
            query->is_value = true;
            parse_by_kind(parser, query, stop);
        }
    } else if (parse_inserts(parser, stop)) {
        parser->pos = stop;
    } else if (starts_query(parser, parser->pos, stop) || /* TABLE t |> … */
               (is_word(parser, parser->pos, WORD_TABLE) && is_name(parser, parser->pos + 1))) {
        parser->statement->kind = STATEMENT_QUERY;
        parser->statement->query = parse_query(parser, NULL, NULL, stop);
    } else if (!named_query_take(parser, stop)) {
        parse_by_kind(parser, NULL, stop);
    }
    if (parser->statement->kind != STATEMENT_OTHER && !parser->is_at_body)
        parse_other(parser, stop);
    parser->statement->last = MAX(parser->pos, parser->statement->first + 1) - 1;
    if (is_flow(parser, stop) && parser->statement->query != NULL)
        parser->statement->query->is_named = true;
}

void
parse_statements(Parser *parser, uint32_t end)
{
    while (parser->pos < end) {
        uint32_t before = parser->pos;
        if (peek(parser, before)->kind == TOKEN_SEMICOLON || is_flow(parser, before))
            parser->pos++;
        else
            parse_statement(parser, end);
        if (parser->pos <= before)
            parser->pos = before + 1;
    }
}
