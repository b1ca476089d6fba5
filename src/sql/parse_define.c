/*
 * parse_define.c - statements about tables themselves: which table each names, and which of its columns.
 *
 * What a person has to see is said by the table's shape: a statement that makes something else of it is read, so that what it
 * names besides is known.
 */
#include "sql/parse_define.h"

/* ---- helpers ---- */

bool
plain_word_take(Parser *parser, uint32_t end, const char *text)
{
    if (parser->pos >= end || !is_text(parser, parser->pos, text))
        return false;
    parser->pos++;
    return true;
}

static void
take_any(Parser *parser, uint32_t end, const char *const *words)
{
    while (parser->pos < end && is_among_words_of(parser, parser->pos, words))
        parser->pos++;
}

/* IF [NOT] EXISTS */
void
if_exists_take(Parser *parser, uint32_t end)
{
    if (take_word(parser, end, WORD_IF)) {
        take_word(parser, end, WORD_NOT);
        take_word(parser, end, WORD_EXISTS);
    }
}

void
settle_to(Parser *parser, uint32_t end)
{
    while (parser->pos < end)
        settle(parser, parser->pos++);
}

uint32_t
find_on(const Parser *parser, uint32_t at, uint32_t end)
{
    while (at < end && !is_word(parser, at, WORD_ON))
        at++;
    return at;
}

bool
names_table(const Parser *parser, uint32_t index, uint32_t end)
{
    return index < end && (is_name(parser, index) || peek(parser, index)->kind == TOKEN_TEMPLATE ||
                           peek(parser, index)->kind == TOKEN_PARAMETER);
}

SqlBlock *
define_block(Parser *parser)
{
    parser->statement->kind = STATEMENT_DEFINE;
    return block_new(parser, NULL, NULL);
}

/* SHOW COLUMNS FROM t FROM s: the table is s.t. */
static void
schema_behind_take(Parser *parser, SqlSource *table, uint32_t end)
{
    if (table->path.count != 1 || parser->pos + 1 >= end ||
        !(is_word(parser, parser->pos, WORD_FROM) || is_word(parser, parser->pos, WORD_IN)) ||
        !is_name(parser, parser->pos + 1))
        return;
    parser->pos++;
    SqlPath schema = path_take(parser, end, false);
    schema_lend(parser, table, &schema);
}

/* The schema that what is made here has before its name, if it has one, for tables that are named without. */
static void
lend_schema_of(Parser *parser, const SqlPath *made)
{
    bool is_temporary = made->count > 0 && g_ascii_strcasecmp(made->parts[0].text, "temp") == 0;
    if (made->count > 1 && parser->sql->dialect->has_lent_schemas && !is_temporary)
        parser->schema = (SqlPath){.parts = made->parts, .count = made->count - 1};
}

void
lend_schema_at(Parser *parser, uint32_t name, uint32_t end)
{
    uint32_t before = parser->pos;
    parser->pos = name;
    if (is_name(parser, name)) {
        SqlPath made = path_take(parser, end, false);
        lend_schema_of(parser, &made);
    }
    parser->pos = before;
}

/* OPTIMIZE t WHERE a > 1 ZORDER BY (b), ANALYZE TABLE t COMPUTE STATISTICS FOR COLUMNS a, b, UPDATE HISTOGRAM ON a, b: what stands
 * behind the table, or its keys. */
static void
tended_take(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_WHERE};
    uint32_t z = parser->pos, stop = element_end(parser, parser->pos, end);
    while (z < stop && !is_text(parser, z, "ZORDER"))
        z++;
    if (take_word(parser, z, WORD_WHERE))
        parse_expression(parser, &context, z, 0);
    if (z < stop) {
        options_take(parser, block, end);
        return;
    }
    for (uint32_t at = parser->pos; at + 1 < stop; at++) {
        bool is_before = (is_word(parser, at, WORD_FOR) && is_text(parser, at + 1, "COLUMNS")) ||
                         (is_text(parser, at, "HISTOGRAM") && is_word(parser, at + 1, WORD_ON));
        if (!is_before)
            continue;
        for (parser->pos = at + 2; parser->pos < end && is_name(parser, parser->pos);) {
            column_take(parser, block, end);
            if (parser->pos >= end || peek(parser, parser->pos)->kind != TOKEN_COMMA)
                break;
            parser->pos++;
        }
        return;
    }
}

/* t, u, v of this shape; more may stand behind each. */
static void
take_tables(Parser *parser, SqlShape shape, uint32_t end)
{
    bool shows_table = is_text(parser, parser->statement->first, "SHOW");
    do {
        plain_word_take(parser, end, "ONLY");
        if (!names_table(parser, parser->pos, end))
            return;
        SqlBlock *block = define_block(parser);
        SqlSource *table = table_take(parser, block, end);
        table->shape = shape;
        if (is_open(parser, parser->pos) && parser->pos < end)
            keys_take(parser, block, end);
        if (shows_table)
            schema_behind_take(parser, table, end);
        if (is_text(parser, parser->statement->first, "OPTIMIZE") ||
            is_text(parser, parser->statement->first, "ANALYZE"))
            tended_take(parser, block, end);
        parser->pos = element_end(parser, parser->pos, end);
    } while (parser->pos < end && parser->pos++ < end);
}

/* ---- CREATE ---- */

/* CREATE TABLE t (…) …; a temporary one hides the dataset. */
static bool
parse_table(Parser *parser, bool is_hiding, uint32_t end)
{
    if_exists_take(parser, end);
    if (!names_table(parser, parser->pos, end))
        return false;
    SqlBlock *block = define_block(parser);
    SqlSource *table = table_take(parser, block, end);
    table->shape = is_hiding ? SHAPE_HIDING : SHAPE_DEFINED;
    SqlPath schema = parser->schema;
    if (!is_hiding)
        lend_schema_of(parser, &table->path);
    if (is_open(parser, parser->pos) && parser->pos < end)
        definitions_take(parser, block, end);
    else if (!is_hiding) /* LIKE t, PARTITION OF t, CLONE t, USING fts5 (…) */
        table->shape = SHAPE_CLONED;
    parser->schema = schema;
    options_take(parser, block, end);
    return true;
}

/* CREATE INDEX name ON t (…) */
static bool
parse_index(Parser *parser, uint32_t end)
{
    Context context = {.block = NULL, .clause = CLAUSE_WHERE};
    if_exists_take(parser, end);
    uint32_t name = parser->pos;
    settle_to(parser, find_on(parser, parser->pos, end));
    if (!take_word(parser, end, WORD_ON))
        return false;
    plain_word_take(parser, end, "ONLY");
    if (!names_table(parser, parser->pos, end))
        return false;
    SqlBlock *block = context.block = define_block(parser);
    if (parser->sql->dialect->lends_to_all)
        lend_schema_at(parser, name, end);
    table_take(parser, block, end);
    parser->schema.count = 0;
    if (take_word(parser, end, WORD_USING))
        parser->pos = MIN(parser->pos + 1, end);
    if (is_open(parser, parser->pos) && parser->pos < end)
        keys_take(parser, block, end);
    while (parser->pos < end && !is_word(parser, parser->pos, WORD_WHERE)) {
        bool has_keys =
            (is_text(parser, parser->pos, "INCLUDE") || is_text(parser, parser->pos, "STORING")) &&
            is_open(parser, parser->pos + 1);
        parser->pos += has_keys;
        if (has_keys)
            keys_take(parser, block, end);
        else
            parser->pos = peek(parser, parser->pos)->kind == TOKEN_OPEN
                              ? closing(parser, parser->pos, end) + 1
                              : parser->pos + 1;
    }
    parse_expression(parser, &context, end, 0);
    return true;
}

/* USING a > 1 TO r, of ClickHouse: a condition without brackets. */
static void
take_condition(Parser *parser, SqlBlock *block, uint32_t end)
{
    Context context = {.block = block, .clause = CLAUSE_OTHER};
    uint32_t stop = parser->pos + 1;
    while (stop < end && !is_text(parser, stop, "TO"))
        stop = peek(parser, stop)->kind == TOKEN_OPEN ? closing(parser, stop, end) + 1 : stop + 1;
    settle(parser, parser->pos++);
    parse_expression(parser, &context, MIN(stop, end), 0);
}

/* USING a > 1, USING (a > 1) OR b */
static bool
is_condition(const Parser *parser, uint32_t using, uint32_t end)
{
    uint32_t next = using + 1;
    if (!is_word(parser, using, WORD_USING) || next >= end)
        return false;
    next = is_open(parser, next) ? closing(parser, next, end) + 1 : next;
    return next == using + 1 || is_word(parser, next, WORD_AND) || is_word(parser, next, WORD_OR);
}

/* POLICY p ON t … USING (…) WITH CHECK (…) */
static bool
parse_policy(Parser *parser, uint32_t end)
{
    settle_to(parser, find_on(parser, parser->pos, end));
    if (!take_word(parser, end, WORD_ON) || !names_table(parser, parser->pos, end))
        return false;
    SqlBlock *block = define_block(parser);
    table_take(parser, block, end);
    while (parser->pos < end)
        if (is_open(parser, parser->pos))
            group_take(parser, block, end);
        else if (is_condition(parser, parser->pos, end))
            take_condition(parser, block, end);
        else
            settle(parser, parser->pos++);
    return true;
}

/* SEQUENCE s … OWNED BY t.a */
static bool
parse_owned(Parser *parser, uint32_t end)
{
    while (parser->pos < end && !is_text(parser, parser->pos, "OWNED"))
        parser->pos++;
    if (!plain_word_take(parser, end, "OWNED") || !take_word(parser, end, WORD_BY))
        return false;
    SqlBlock *block = define_block(parser);
    column_of_table_take(parser, block, end);
    return true;
}

/* DEFINER = `root`@`%` TRIGGER, of MySQL: its words before that one. */
#define DEFINER_TOKENS_MAX 10

static void
definer_skip(Parser *parser, uint32_t end)
{
    uint32_t last = MIN(end, parser->pos + DEFINER_TOKENS_MAX);
    if (!is_text(parser, parser->pos, "DEFINER"))
        return;
    for (uint32_t at = parser->pos; at < last; at++)
        if (is_text(parser, at, "TRIGGER")) {
            parser->pos = at;
            return;
        }
}

static bool
parse_created(Parser *parser, uint32_t end)
{
    static const char *const kinds[] = {"OR",        "REPLACE",      "ALTER",       "UNLOGGED",
                                        "TRANSIENT", "EXTERNAL",     "FOREIGN",     "UNIQUE",
                                        "CLUSTERED", "NONCLUSTERED", "COLUMNSTORE", "FULLTEXT",
                                        "SPATIAL",   "BITMAP",       "CONSTRAINT",  "VIRTUAL",
                                        "SEARCH",    "VECTOR",       "SNAPSHOT",    NULL};
    static const char *const hiding[] = {"TEMP", "TEMPORARY", "GLOBAL", "LOCAL", "VOLATILE", NULL};
    parser->pos++;
    take_any(parser, end, kinds);
    definer_skip(parser, end);
    uint32_t before = parser->pos;
    take_any(parser, end, hiding);
    bool is_hiding = parser->pos > before;
    if (take_word(parser, end, WORD_TABLE))
        return parse_table(parser, is_hiding, end);
    if (plain_word_take(parser, end, "INDEX"))
        return parse_index(parser, end);
    if (plain_word_take(parser, end, "ROW"))
        plain_word_take(parser, end, "ACCESS");
    if (plain_word_take(parser, end, "POLICY"))
        return parse_policy(parser, end);
    if (plain_word_take(parser, end, "STATISTICS"))
        return parse_statistics(parser, end);
    if (plain_word_take(parser, end, "TRIGGER"))
        return parse_trigger(parser, end);
    if (plain_word_take(parser, end, "RULE"))
        return parse_rule(parser, end);
    return plain_word_take(parser, end, "SEQUENCE") && parse_owned(parser, end);
}

/* ---- others ---- */

/* TABLE, VIEW, MATERIALIZED VIEW */
static bool
take_relation_word(Parser *parser, uint32_t end)
{
    if (take_word(parser, end, WORD_TABLE))
        return true;
    bool is_materialized = is_text(parser, parser->pos, "MATERIALIZED");
    if (parser->pos + is_materialized >= end ||
        !is_word(parser, parser->pos + is_materialized, WORD_VIEW))
        return false;
    parser->pos += 1 + is_materialized;
    return true;
}

/* ALTER VIEW v AS makes it anew, and is no change of it. */
static bool
has_query(const Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    while (at < end && !is_word(parser, at, WORD_AS))
        at++;
    return at < end;
}

/* ALTER INDEX ALL ON t REBUILD, of T-SQL */
static bool
parse_altered_index(Parser *parser, uint32_t end)
{
    if (!is_word(parser, parser->pos + 2, WORD_ON) || !names_table(parser, parser->pos + 3, end))
        return false;
    settle(parser, parser->pos + 1);
    parser->pos += 3;
    take_tables(parser, SHAPE_NAMED, end);
    parser->pos = end;
    return true;
}

static bool
parse_altered(Parser *parser, uint32_t end)
{
    parser->pos++;
    plain_word_take(parser, end, "FOREIGN");
    if (take_word(parser, end, WORD_TABLE) ||
        (!has_query(parser, end) && take_relation_word(parser, end)))
        return parse_altered_table(parser, end);
    plain_word_take(parser, end, "ROW");
    if (plain_word_take(parser, end, "POLICY"))
        return parse_policy(parser, end);
    if (plain_word_take(parser, end, "TRIGGER"))
        return parse_altered_trigger(parser, end);
    if (is_text(parser, parser->pos, "INDEX") && parser->sql->dialect->has_alias_first)
        return parse_altered_index(parser, end);
    return plain_word_take(parser, end, "SEQUENCE") && parse_owned(parser, end);
}

static bool
parse_comment(Parser *parser, uint32_t end)
{
    parser->pos++;
    if_exists_take(parser, end); /* COMMENT IF EXISTS ON, of Snowflake */
    if (!take_word(parser, end, WORD_ON))
        return false;
    if (plain_word_take(parser, end, "COLUMN")) {
        column_of_table_take(parser, define_block(parser), end);
    } else if (take_relation_word(parser, end)) {
        if_exists_take(parser, end);
        take_tables(parser, SHAPE_NAMED, end);
    } else if (plain_word_take(parser, end, "CONSTRAINT") ||
               plain_word_take(parser, end, "TRIGGER") || plain_word_take(parser, end, "POLICY")) {
        parser->pos++;
        if (!take_word(parser, end, WORD_ON))
            return false;
        take_tables(parser, SHAPE_NAMED, end);
    } else {
        return false;
    }
    parser->pos = end;
    return true;
}

/* DROP INDEX IF EXISTS i ON t, DROP TRIGGER i ON t: what belongs to the table. */
static bool
parse_dropped(Parser *parser, uint32_t end)
{
    static const char *const kinds[] = {"INDEX", "TRIGGER", "POLICY", "RULE", "STATISTICS", NULL};
    if (!is_among_words_of(parser, parser->pos + 1, kinds))
        return false;
    uint32_t on = find_on(parser, parser->pos, end);
    parser->pos += 2;
    bool is_safe = is_word(parser, parser->pos, WORD_IF);
    settle_to(parser, on);
    if (!take_word(parser, end, WORD_ON) || !names_table(parser, parser->pos, end))
        return false;
    take_tables(parser, is_safe ? SHAPE_NAMED : SHAPE_ADJUSTED, end);
    parser->pos = end;
    return true;
}

/* GRANT SELECT (a, b), UPDATE ON t TO x */
static bool
parse_right(Parser *parser, uint32_t end)
{
    uint32_t first = parser->pos, on = find_on(parser, first, end);
    parser->pos = on + 1;
    take_word(parser, end, WORD_TABLE);
    if (is_text(parser, parser->pos, "OBJECT") && is_text(parser, parser->pos + 1, "::"))
        parser->pos += 2;
    if (on >= end || !names_table(parser, parser->pos, end) ||
        (is_name(parser, parser->pos + 1) && peek(parser, parser->pos + 1)->kind == TOKEN_WORD &&
         !is_text(parser, parser->pos + 1, "TO")))
        return false; /* ON SCHEMA x */
    SqlBlock *block = define_block(parser);
    table_take(parser, block, end);
    if (is_open(parser, parser->pos) && parser->pos < end) /* ON t (a, b), in T-SQL */
        keys_take(parser, block, end);
    uint32_t behind = parser->pos;
    for (parser->pos = first; parser->pos < on;)
        if (is_open(parser, parser->pos))
            keys_take(parser, block, on);
        else
            parser->pos++;
    parser->pos = behind;
    if (peek(parser, behind)->kind == TOKEN_COMMA && behind < end) {
        parser->pos++;
        take_tables(parser, SHAPE_NAMED, end);
    }
    parser->pos = behind;
    settle_to(parser, end);
    return true;
}

/* Verbs behind which tables stand, after some words. */
static const struct {
    const char *verb;
    const char *behind[16]; /* that may stand between, in any order and number */
    bool needs_one;         /* of them */
    SqlShape shape;
} verbs[] = {
    {"TRUNCATE", {"TABLE", "IF", "EXISTS"}, false, SHAPE_NAMED},
    {"ANALYZE", {"TABLE", "VERBOSE", "LOCAL", "NO_WRITE_TO_BINLOG"}, false, SHAPE_NAMED},
    {"VACUUM", {"FULL", "FREEZE", "VERBOSE", "ANALYZE", "TABLE"}, false, SHAPE_NAMED},
    {"LOCK", {"TABLE", "TABLES"}, true, SHAPE_NAMED},
    {"OPTIMIZE", {"TABLE"}, false, SHAPE_NAMED},
    {"SHOW",
     {"FULL", "COLUMNS", "FIELDS", "INDEX", "INDEXES", "KEYS", "CREATE", "TABLE", "FROM", "IN",
      "TBLPROPERTIES", "PARTITIONS", "STATS", "FOR"},
     true,
     SHAPE_NAMED},
    {"DESCRIBE", {"TABLE", "FORMATTED", "EXTENDED", "DETAIL"}, false, SHAPE_NAMED},
    {"DESC", {"TABLE", "FORMATTED", "EXTENDED", "DETAIL"}, false, SHAPE_NAMED},
    {"FLUSH", {"TABLE", "TABLES", "LOCAL"}, true, SHAPE_NAMED},
    {"CHECKSUM", {"TABLE"}, true, SHAPE_NAMED},
    {"CLUSTER", {"VERBOSE"}, false, SHAPE_NAMED},
    {"REINDEX", {"TABLE", "CONCURRENTLY"}, true, SHAPE_NAMED},
    {"MSCK", {"REPAIR", "TABLE"}, true, SHAPE_NAMED},
    {"REFRESH", {"TABLE", "MATERIALIZED", "VIEW", "CONCURRENTLY"}, true, SHAPE_NAMED},
    {"DROP",
     {"TABLE", "TEMPORARY", "EXTERNAL", "FOREIGN", "MATERIALIZED", "VIEW", "IF", "EXISTS"},
     true,
     SHAPE_ADJUSTED},
    {"SET", {"IDENTITY_INSERT"}, true, SHAPE_NAMED},
    {"EXPORT", {"TABLE", "METADATA", "FROM"}, true, SHAPE_NAMED},
};

static bool
parse_verb(Parser *parser, uint32_t end)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (!is_text(parser, parser->pos, verbs[i].verb))
            continue;
        uint32_t first = ++parser->pos;
        if (is_open(parser, first) && first < end) /* VACUUM (ANALYZE) t */
            parser->pos = first = closing(parser, first, end) + 1;
        take_any(parser, end, verbs[i].behind);
        if ((verbs[i].needs_one && parser->pos == first) ||
            !names_table(parser, parser->pos, end) || is_text(parser, parser->pos, "TEMPORARY"))
            return false;
        take_tables(parser, verbs[i].shape, end);
        return true;
    }
    return false;
}

static bool
parse_by_verb(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos;
    if (is_word(parser, at, WORD_CREATE))
        return parse_created(parser, end);
    if (is_text(parser, at, "ALTER"))
        return parse_altered(parser, end);
    if (is_text(parser, at, "COMMENT"))
        return parse_comment(parser, end);
    if (is_text(parser, at, "DROP") && parse_dropped(parser, end))
        return true;
    parser->pos = at;
    if (is_text(parser, at, "GRANT") || is_text(parser, at, "REVOKE") ||
        is_text(parser, at, "DENY"))
        return parse_right(parser, end);
    if (is_text(parser, at, "COPY"))
        return parse_copy(parser, end);
    if (is_text(parser, at, "LOAD"))
        return parse_load(parser, end);
    if (parse_upkeep(parser, end))
        return true;
    return parse_verb(parser, end);
}

bool
parse_define(Parser *parser, uint32_t end)
{
    uint32_t before = parser->pos;
    if (parse_by_verb(parser, end))
        return true;
    parser->pos = before;
    return false;
}
