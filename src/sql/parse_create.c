/* parse_create.c - tables and views that are made of a query, and tasks that run a statement. */
#include "sql/parse_define.h"

static uint32_t
created_name(const Parser *parser, uint32_t at, uint32_t end)
{
    while (at < end && !is_word(parser, at, WORD_TABLE) && !is_word(parser, at, WORD_VIEW))
        at++;
    at++;
    if (is_word(parser, at, WORD_IF))
        at += 3;
    return at < end && (is_name(parser, at) || peek(parser, at)->kind == TOKEN_TEMPLATE) ? at : 0;
}

/* CREATE TEMPORARY TABLE IF NOT EXISTS: up to the name. */
#define HEAD_TOKENS_MAX 7

/* The query that a table or view is made of: behind AS, which a table of MySQL may leave out; or 0. */
static uint32_t
created_query(const Parser *parser, uint32_t name, uint32_t end)
{
    bool is_table = name <= parser->pos + HEAD_TOKENS_MAX;
    for (uint32_t at = parser->pos; at < end;
         at = peek(parser, at)->kind == TOKEN_OPEN ? closing(parser, at, end) + 1 : at + 1) {
        bool is_as = is_word(parser, at, WORD_AS);
        if (is_as && (starts_query(parser, at + 1, end) ||
                      (is_word(parser, at + 1, WORD_TABLE) && is_name(parser, at + 2))))
            return at > name ? at + 1 : 0;
        if (is_table && at > name && is_word(parser, at, WORD_SELECT))
            return at;
    }
    return 0;
}

/* CREATE TABLE IDENTIFIER('t'), IDENTIFIER($t) */
static SqlPath
created_path_take(Parser *parser, uint32_t end)
{
    SqlPath path;
    if (literal_name_take(parser, &path))
        return path;
    bool is_put_in = is_text(parser, parser->pos, "IDENTIFIER") && is_open(parser, parser->pos + 1);
    path = path_take(parser, end, true);
    if (is_put_in)
        parser->pos = MIN(closing(parser, parser->pos, end) + 1, end);
    return path;
}

/* MATERIALIZED VIEW v TO t, of ClickHouse: its rows go into t, by the names of their columns. */
static void
filled_take(Parser *parser, uint32_t end)
{
    if (!parser->sql->dialect->has_hiding_aliases || !plain_word_take(parser, end, "TO") ||
        !names_table(parser, parser->pos, end))
        return;
    SqlBlock *block = block_new(parser, NULL, NULL);
    table_take(parser, block, end);
    parser->statement->takes_rows = true;
    block->last = parser->pos - 1;
}

bool
parse_create(Parser *parser, uint32_t end)
{
    uint32_t name = created_name(parser, parser->pos, end),
             query = name > 0 ? created_query(parser, name, end) : 0;
    if (query == 0)
        return false;
    SqlStatement *statement = parser->statement;
    /* MySQL puts the query's columns to those that are listed, by their names */
    bool is_joined_by_name =
        parser->sql->dialect->has_code_comments && is_word(parser, name - 1, WORD_TABLE);
    statement->kind = STATEMENT_CREATE;
    for (uint32_t i = parser->pos; i < name; i++)
        statement->is_temporary |= is_text(parser, i, "TEMP") || is_text(parser, i, "TEMPORARY") ||
                                   is_text(parser, i, "VOLATILE");
    parser->pos = name;
    statement->created = created_path_take(parser, query);
    filled_take(parser, query);
    statement->has_columns =
        is_open(parser, parser->pos) && parser->pos < query && !is_joined_by_name;
    if (statement->has_columns)
        statement->columns = typed_names_take(parser, query);
    if (is_word(parser, name - 1, WORD_VIEW) && parser->sql->dialect->lends_to_all &&
        !statement->is_temporary)
        lend_schema_at(parser, name, end);
    parser->pos = query;
    statement->query = parse_query(parser, NULL, NULL, end);
    parser->schema.count = 0;
    SqlBlock *block = block_new(parser, NULL, NULL);
    rest_take(parser, block, end);
    block->last = end - 1;
    return true;
}

/* INTO behind a select list names a table wherever it cannot be a variable: in T-SQL those have a mark, elsewhere they are
 * declared, or in a block. A variable has no schema. */
static bool
is_into_table(const Parser *parser, const SqlBlock *block, const SqlPath *path)
{
    const SqlStatement *statement = parser->statement;
    bool has_no_variables =
        parser->sql->dialect->has_alias_first ||
        (parser->begins == 0 && (!parser->sql->list->has_declarations || path->count > 1));
    bool is_result = statement->kind == STATEMENT_QUERY || statement->kind == STATEMENT_OTHER;
    return has_no_variables && is_result && statement->created.count == 0 && block->parent == NULL;
}

/* INTO a, b, c.d: none of them is a column. More than one are given by their places. */
static bool
more_variables_take(Parser *parser, uint32_t end)
{
    uint32_t before = parser->pos;
    while (parser->pos + 1 < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
           (is_name(parser, parser->pos + 1) ||
            peek(parser, parser->pos + 1)->kind == TOKEN_PARAMETER)) {
        parser->pos++;
        mention_take(parser, end);
    }
    return parser->pos > before;
}

/* Back from INTO to where its variable is declared: people write shorter routines. */
#define DECLARATION_TOKENS_MAX 5000

/* Is the variable declared to be one value: v_total numeric(10, 2), v_id t.id%TYPE? Records have fields by their names. */
static bool
is_declared_as_value(const Parser *parser, uint32_t name)
{
    static const char *const types[] = {
        "int",  "integer", "bigint",  "smallint",    "int4",     "int8", "text", "varchar",
        "char", "numeric", "decimal", "float",       "double",   "real", "date", "timestamp",
        "time", "boolean", "bool",    "timestamptz", "interval", "uuid", "json", "jsonb",
        "oid",  "bytea",   "money",   "character",   NULL};
    uint32_t last = name > DECLARATION_TOKENS_MAX ? name - DECLARATION_TOKENS_MAX : 0;
    for (uint32_t at = name; at-- > last;) {
        if (!is_same_token(parser, at, name) || peek(parser, at + 1)->kind != TOKEN_WORD)
            continue;
        uint32_t type = at + 1 + is_text(parser, at + 1, "CONSTANT");
        if (is_among_words_of(parser, type, types) && peek(parser, type + 1)->kind != TOKEN_DOT)
            return true;
        while (peek(parser, type + 1)->kind == TOKEN_DOT)
            type += 2;
        if (is_text(parser, type + 1, "%"))
            return is_text(parser, type + 2, "TYPE");
    }
    return false;
}

bool
variable_has_fields(const Parser *parser, uint32_t name)
{
    uint32_t last = name + DECLARATION_TOKENS_MAX;
    for (uint32_t at = name > DECLARATION_TOKENS_MAX ? name - DECLARATION_TOKENS_MAX : 0;
         at < last && peek(parser, at)->kind != TOKEN_END; at++)
        if (is_same_token(parser, at, name) &&
            (peek(parser, at + 1)->kind == TOKEN_DOT || is_text(parser, at + 1, "RECORD")))
            return true;
    return false;
}

bool
variables_take(Parser *parser, uint32_t end)
{
    const Dialect *dialect = parser->sql->dialect;
    uint32_t first = parser->pos + is_text(parser, parser->pos, "STRICT");
    bool is_alone = peek(parser, first + 1)->kind != TOKEN_DOT;
    bool is_marked = peek(parser, first)->kind == TOKEN_PARAMETER;
    parser->pos = first;
    mention_take(parser, end);
    return more_variables_take(parser, end) ||
           dialect->has_joined_writes /* MySQL has no records */ ||
           (is_marked && dialect->has_places) || /* nor can :x of Snowflake be one */
           (is_alone && is_declared_as_value(parser, first));
}

/* SELECT … INTO [TEMP] [TABLE] t FROM …, at what stands behind INTO */
void
into_take(Parser *parser, const SqlBlock *block, uint32_t end)
{
    static const char *const kinds[] = {"TEMP", "TEMPORARY", "UNLOGGED", NULL};
    uint32_t first = parser->pos;
    while (is_among_words_of(parser, parser->pos, kinds) &&
           (is_name(parser, parser->pos + 1) || is_word(parser, parser->pos + 1, WORD_TABLE)))
        parser->pos++;
    bool is_said = take_word(parser, end, WORD_TABLE);
    bool is_temporary = parser->pos > first + is_said;
    SqlStatement *statement = parser->statement;
    bool is_named =
        is_name(parser, parser->pos) && peek(parser, parser->pos + 1)->kind != TOKEN_STRING;
    uint32_t name = parser->pos;
    SqlPath path = path_take(parser, end, true);
    if (!is_named || !is_into_table(parser, block, &path) ||
        (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA)) {
        parser->pos = name;
        if (variables_take(parser, end) && block->query != NULL)
            block->query->is_value = true; /* whose names nobody sees */
        return;
    }
    statement->created = path;
    statement->is_into = true;
    statement->is_temporary = is_temporary;
    if (statement->kind == STATEMENT_QUERY)
        statement->kind = STATEMENT_CREATE;
}

/* CREATE TASK t … AS INSERT …, CREATE PIPE p … AS COPY INTO …: what runs again and again is a statement like others. */
bool
task_skip(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos + 1;
    while (at < end && at < parser->pos + 4 && !is_text(parser, at, "TASK") &&
           !is_text(parser, at, "PIPE"))
        at++;
    bool is_pipe = is_text(parser, at, "PIPE");
    if (at >= end || (!is_pipe && !is_text(parser, at, "TASK")))
        return false;
    for (at++; at + 1 < end; at++) {
        Word next = peek(parser, at + 1)->word;
        if (peek(parser, at)->kind == TOKEN_OPEN)
            at = closing(parser, at, end);
        else if (is_word(parser, at, WORD_AS) &&
                 (next == WORD_INSERT || next == WORD_UPDATE || next == WORD_DELETE ||
                  next == WORD_MERGE || (is_pipe && is_text(parser, at + 1, "COPY")))) {
            parser->pos = at + 1;
            return true;
        }
    }
    return false;
}
