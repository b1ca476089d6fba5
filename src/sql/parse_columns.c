/*
 * parse_columns.c - what a table is made of: columns, constraints, keys, and what stands behind them.
 *
 * A name is taken for a column only where the grammar has one. What a name is otherwise (a type, a constraint) is settled;
 * of the rest the rewriter finds out whether it could be a column after all.
 */
#include "sql/parse_define.h"

bool
is_among_words_of(const Parser *parser, uint32_t index, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (is_text(parser, index, words[i]))
            return true;
    return false;
}

void
settle(Parser *parser, uint32_t index)
{
    SqlStatement *statement = parser->statement;
    if (statement->settled == NULL)
        statement->settled = list(parser);
    list_add(parser, statement->settled, GUINT_TO_POINTER(index));
}

static bool
is_column(const Parser *parser, uint32_t index)
{
    TokenKind kind = peek(parser, index)->kind;
    return kind == TOKEN_WORD || kind == TOKEN_QUOTED;
}

void
column_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_NAME};
    ref_add(parser, &context, path_take(parser, MIN(end, parser->pos + 1), false));
}

void
column_of_table_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_NAME};
    if (parser->pos >= end || !is_name(parser, parser->pos))
        return;
    SqlSource *table = table_take(parser, block, end);
    SqlPath *path = &table->path, column = {.parts = path->parts + path->count - 1, .count = 1};
    if (path->count < 2)
        return;
    path->count--;
    table->last = path->parts[path->count - 1].token;
    ref_add(parser, &context, column);
}

/* t.a%TYPE: what a variable or parameter is declared as. */
bool
type_of_column_take(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos, before = at;
    while (at + 2 < end && is_column(parser, at) && peek(parser, at + 1)->kind == TOKEN_DOT)
        at += 2;
    if (at == before || at + 2 >= end || !is_column(parser, at) || !is_text(parser, at + 1, "%") ||
        !is_text(parser, at + 2, "TYPE") ||
        peek(parser, at)->end != peek(parser, at + 2)->begin - 1)
        return false;
    column_of_table_take(parser, block_new(parser, NULL, NULL), end);
    parser->pos = at + 3;
    return true;
}

/* STRUCT<a int, b ARRAY<int>>: how many such brackets of types the token opens or, of `depth`, closes. */
static int
angles(const Sql *sql, uint32_t at, int depth)
{
    static const char *const types[] = {"STRUCT", "ARRAY", "MAP", "ROW", "RANGE"};
    const Token *token = &g_array_index(sql->tokens, Token, at);
    const char *text = sql->list->text;
    int closed = 0;
    if (token->kind != TOKEN_OPERATOR)
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(types) && text[token->begin] == '<' && at > 0; i++)
        if (token[-1].end - token[-1].begin == strlen(types[i]) &&
            g_ascii_strncasecmp(text + token[-1].begin, types[i], strlen(types[i])) == 0)
            return 1;
    for (uint32_t i = token->begin; i < token->end; i++)
        closed += text[i] == '>';
    return -MIN(closed, depth);
}

uint32_t
sql_element_end(const Sql *sql, uint32_t at, uint32_t end, bool *ret_is_torn)
{
    int depth = 0;
    end = MIN(end, sql->tokens->len - 1);
    while (at < end) {
        const Token *token = &g_array_index(sql->tokens, Token, at);
        if (token->kind == TOKEN_COMMA && depth == 0)
            break;
        depth += angles(sql, at, depth);
        bool is_open = token->kind == TOKEN_OPEN && token->match > at;
        at = token->kind != TOKEN_OPEN ? at + 1 : is_open ? token->match + 1 : end;
    }
    if (ret_is_torn != NULL)
        *ret_is_torn = depth > 0;
    return MIN(at, end);
}

uint32_t
element_end(const Parser *parser, uint32_t at, uint32_t end)
{
    return sql_element_end(parser->sql, at, end, NULL);
}

/* name(10): as many bytes of the column, and no function. */
static bool
is_length(const Parser *parser, uint32_t open)
{
    return is_open(parser, open) && peek(parser, open + 1)->kind == TOKEN_NUMBER &&
           peek(parser, open + 2)->kind == TOKEN_CLOSE;
}

static void
key_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    static const char *const directions[] = {"ASC", "DESC", "NULLS", "COLLATE", "WITH", NULL};
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    uint32_t next = parser->pos + 1;
    bool is_name_alone = is_column(parser, parser->pos) &&
                         (next >= end || is_length(parser, next) || is_column(parser, next) ||
                          is_among_words_of(parser, next, directions));
    if (!is_name_alone) {
        parse_expression(parser, &context, end, 0);
        return;
    }
    column_take(parser, block, end);
    for (; parser->pos < end; parser->pos++)
        settle(parser, parser->pos);
}

void
keys_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    for (parser->pos++; parser->pos < close; parser->pos++) {
        uint32_t stop = element_end(parser, parser->pos, close);
        key_take(parser, block, stop);
        parser->pos = stop;
    }
    parser->pos = MIN(close + 1, end);
}

void
group_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    parse_expression(parser, &context, MIN(closing(parser, parser->pos, end) + 1, end), 0);
}

/* REFERENCES t (a, b): a table of its own. */
static void
reference_take(Parser *parser, uint32_t end)
{
    parser->pos++;
    if (parser->pos >= end ||
        (!is_name(parser, parser->pos) && peek(parser, parser->pos)->kind != TOKEN_TEMPLATE))
        return;
    SqlBlock *block = block_new(parser, NULL, NULL);
    table_take(parser, block, end);
    if (is_open(parser, parser->pos) && parser->pos < end)
        keys_take(parser, block, end);
    block->last = MAX(parser->pos, block->first + 1) - 1;
}

/* LIKE t, INHERITS (t), PARTITION OF t: what is made has its columns. */
static void
model_take(Parser *parser, uint32_t end)
{
    SqlBlock *block = block_new(parser, NULL, NULL);
    Context context = {.block = block, .clause = CLAUSE_FROM};
    SqlSource *table = table_take(parser, block, end);
    table->shape = SHAPE_COPIED;
    if (parser->pos < end && is_moment(parser, parser->pos))
        moment_take(parser, table, &context, end);
    block->last = MAX(parser->pos, block->first + 1) - 1;
}

/* ---- constraints ---- */

/* KEY name (a): not a column called key, as in `key varchar(20)`. */
static bool
is_index(const Parser *parser, uint32_t at, uint32_t end)
{
    uint32_t open = at + 1;
    while (open < end && open < at + 5 && !is_open(parser, open))
        open++;
    return open < end && is_open(parser, open) && !is_length(parser, open);
}

static bool
is_constraint(const Parser *parser, uint32_t at, uint32_t end)
{
    static const char *const keys[] = {"KEY", "INDEX", "FULLTEXT", "SPATIAL", NULL};
    if (is_text(parser, at, "PRIMARY") || is_text(parser, at, "FOREIGN"))
        return is_word(parser, at + 1, WORD_KEY);
    if (is_text(parser, at, "CHECK"))
        return is_open(parser, at + 1);
    if (is_text(parser, at, "EXCLUDE"))
        return is_open(parser, at + 1) || is_word(parser, at + 1, WORD_USING);
    return (is_text(parser, at, "UNIQUE") || is_among_words_of(parser, at, keys)) &&
           is_index(parser, at, end);
}

/* The name of a constraint, of which templates may be parts: fk_{{ this.name }}_users. */
static void
constraint_name_take(Parser *parser, uint32_t end)
{
    settle(parser, parser->pos++);
    while (parser->pos < end &&
           peek(parser, parser->pos)->begin == peek(parser, parser->pos - 1)->end &&
           (is_name(parser, parser->pos) || peek(parser, parser->pos)->kind == TOKEN_TEMPLATE))
        settle(parser, parser->pos++);
}

bool
constraint_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    if (is_text(parser, parser->pos, "CONSTRAINT") && parser->pos + 1 < end) {
        parser->pos++;
        if (!is_constraint(parser, parser->pos, end))
            constraint_name_take(parser, end);
    }
    if (!is_constraint(parser, parser->pos, end))
        return false;
    bool is_check = is_text(parser, parser->pos, "CHECK");
    for (; parser->pos < end && !is_open(parser, parser->pos); parser->pos++)
        settle(parser, parser->pos);
    if (parser->pos < end && is_check)
        group_take(parser, block, end);
    else if (parser->pos < end)
        keys_take(parser, block, end);
    attributes_take(parser, block, end);
    return true;
}

/* ---- columns ---- */

void
type_take(Parser *parser, uint32_t end)
{
    static const char *const behind[] = {
        "NOT", "NULL",       "DEFAULT",   "PRIMARY", "UNIQUE",  "REFERENCES", "CHECK",
        "AS",  "CONSTRAINT", "GENERATED", "COMMENT", "COLLATE", NULL};
    for (int words = 0; words < 2 && parser->pos < end && is_column(parser, parser->pos) &&
                        !is_among_words_of(parser, parser->pos, behind);
         words++)
        settle(parser, parser->pos++);
    while (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_DOT)
        for (int part = 0; part < 2 && parser->pos < end; part++)
            settle(parser, parser->pos++);
    int depth = 0; /* of fields, which are no columns */
    while (parser->pos < end && (depth += angles(parser->sql, parser->pos, depth)) > 0)
        settle(parser, parser->pos++);
    if (is_open(parser, parser->pos) && parser->pos < end)
        parser->pos = MIN(closing(parser, parser->pos, end) + 1, end);
}

/* Words of which the next one is no column. */
static bool
is_before_name(const Parser *parser, uint32_t index)
{
    static const char *const words[] = {"CONSTRAINT", "COLLATE", "PRIMARY", "UNIQUE", "COMMENT",
                                        "FOREIGN",    "USING",   "ON",      "SET",    NULL};
    return is_among_words_of(parser, index, words);
}

/* b int CONSTRAINT k FOREIGN KEY (a, b) REFERENCES …: a key of the table, which needs no comma before it in T-SQL. */
static bool
keys_behind_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    static const char *const words[] = {"PRIMARY",   "FOREIGN",      "UNIQUE", "KEY",
                                        "CLUSTERED", "NONCLUSTERED", NULL};
    uint32_t open = parser->pos;
    while (open < end && is_among_words_of(parser, open, words))
        open++;
    if (open == parser->pos || open >= end || !is_open(parser, open))
        return false;
    while (parser->pos < open)
        settle(parser, parser->pos++);
    keys_take(parser, block, end);
    return true;
}

void
attributes_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    while (parser->pos < end) {
        bool is_expression =
            (is_text(parser, parser->pos, "CHECK") || is_word(parser, parser->pos, WORD_AS) ||
             is_word(parser, parser->pos, WORD_DEFAULT) ||
             is_word(parser, parser->pos, WORD_WHERE)) &&
            is_open(parser, parser->pos + 1);
        if (is_text(parser, parser->pos, "REFERENCES")) {
            reference_take(parser, end);
        } else if (is_expression) {
            parser->pos++;
            group_take(parser, block, end);
        } else if (is_word(parser, parser->pos, WORD_AS) && is_name(parser, parser->pos + 1) &&
                   !is_text(parser, parser->pos + 1, "IDENTITY")) { /* total AS price * amount */
            parser->pos++;
            parse_expression(parser, &context, end, 0);
        } else if (keys_behind_take(parser, block, end)) {
            continue;
        } else if (is_before_name(parser, parser->pos)) {
            settle(parser, ++parser->pos);
            parser->pos++;
        } else if (peek(parser, parser->pos)->kind == TOKEN_OPEN) {
            parser->pos = closing(parser, parser->pos, end) + 1;
        } else {
            parser->pos++;
        }
    }
    parser->pos = end;
}

/* INDEX i lower(a) TYPE bloom_filter GRANULARITY 4, among the columns of ClickHouse. */
static bool
index_of_expression_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t type = parser->pos + 3;
    while (type < end && !is_text(parser, type, "TYPE"))
        type++;
    if (!parser->sql->dialect->has_hiding_aliases || !is_text(parser, parser->pos, "INDEX") ||
        type >= end || !is_name(parser, parser->pos + 1))
        return false;
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    settle(parser, parser->pos);
    settle(parser, parser->pos + 1);
    parser->pos += 2;
    parse_expression(parser, &context, type, 0);
    for (parser->pos = type; parser->pos < end; parser->pos++)
        settle(parser, parser->pos);
    return true;
}

static void
definition_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    if (is_word(parser, parser->pos, WORD_LIKE) && is_name(parser, parser->pos + 1)) {
        parser->pos++;
        model_take(parser, end);
    } else if (is_text(parser, parser->pos, "PERIOD") &&
               is_word(parser, parser->pos + 1, WORD_FOR)) {
        parser->pos += 3;
        if (is_open(parser, parser->pos) && parser->pos < end)
            keys_take(parser, block, end);
    } else if (!index_of_expression_take(parser, block, end) &&
               !constraint_take(parser, block, end) && is_column(parser, parser->pos)) {
        column_take(parser, block, end);
        type_take(parser, end);
        attributes_take(parser, block, end);
    }
}

void
definitions_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t close = closing(parser, parser->pos, end);
    for (parser->pos++; parser->pos < close; parser->pos++) {
        uint32_t stop = element_end(parser, parser->pos, close);
        definition_take(parser, block, stop);
        parser->pos = stop;
    }
    parser->pos = MIN(close + 1, end);
}

/* ---- behind the columns ---- */

/* a, DATE(b), RANGE COLUMNS (c): behind BY. */
static void
by_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    static const char *const kinds[] = {"RANGE", "LIST", "HASH", "KEY", "COLUMNS", "LINEAR", NULL};
    do {
        while (
            parser->pos < end && is_among_words_of(parser, parser->pos, kinds) &&
            (is_open(parser, parser->pos + 1) || is_among_words_of(parser, parser->pos + 1, kinds)))
            settle(parser, parser->pos++);
        if (is_open(parser, parser->pos) && parser->pos < end) {
            keys_take(parser, block, end);
        } else if (is_open(parser, parser->pos + 1) && parser->pos < end) {
            settle(parser, parser->pos++);
            group_take(parser, block, end);
        } else if (is_column(parser, parser->pos) && parser->pos < end) {
            column_take(parser, block, end);
        }
    } while (parser->pos < end && peek(parser, parser->pos)->kind == TOKEN_COMMA &&
             parser->pos++ < end);
}

/* WITH (DISTRIBUTION = HASH (a), CLUSTERED INDEX (b), PARTITION (c RANGE FOR VALUES (…))) of Synapse, at its bracket. */
static void
distribution_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    static const char *const keys[] = {"HASH", "INDEX", "ORDER", NULL};
    uint32_t close = closing(parser, parser->pos, end);
    for (parser->pos++; parser->pos < close;) {
        uint32_t at = parser->pos++;
        if (!is_open(parser, at + 1))
            continue;
        if (is_among_words_of(parser, at, keys)) {
            keys_take(parser, block, close);
        } else if (is_text(parser, at, "PARTITION") && is_column(parser, at + 2)) {
            parser->pos = at + 2;
            column_take(parser, block, close);
            parser->pos = MIN(closing(parser, at + 1, close) + 1, close);
        }
    }
    parser->pos = MIN(close + 1, end);
}

static bool
is_before_keys(const Parser *parser, uint32_t index)
{
    static const char *const words[] = {"DISTKEY", "SORTKEY", "KEY", "INCLUDE", "STORING", NULL};
    return is_among_words_of(parser, index, words) && is_open(parser, index + 1);
}

void
options_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    while (parser->pos < end) {
        uint32_t at = parser->pos++;
        bool is_by = is_word(parser, at, WORD_BY) && !is_text(parser, at - 1, "SEGMENTED");
        if (is_by) {
            by_take(parser, block, end);
        } else if (is_word(parser, at, WORD_WITH) && is_open(parser, at + 1) &&
                   parser->sql->dialect->has_methods) {
            distribution_take(parser, block, end);
        } else if (is_before_keys(parser, at)) {
            keys_take(parser, block, end);
        } else if (is_text(parser, at, "INHERITS") && is_open(parser, at + 1)) {
            parser->pos++;
            model_take(parser, end);
        } else if ((is_text(parser, at, "OF") || is_word(parser, at, WORD_LIKE) ||
                    is_text(parser, at, "CLONE") ||
                    (is_text(parser, at, "COPY") && !is_text(parser, at + 1, "GRANTS"))) &&
                   is_name(parser, at + 1) && at + 1 < end) {
            model_take(parser, end);
        } else if (peek(parser, at)->kind == TOKEN_OPEN) {
            parser->pos = closing(parser, at, end) + 1;
        }
    }
    parser->pos = MIN(parser->pos, end);
}
