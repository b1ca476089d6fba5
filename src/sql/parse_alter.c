/* parse_alter.c - ALTER TABLE and its like: which columns are named, and what becomes of the table. */
#include "sql/parse_define.h"

/* [CONSTRAINT name] DEFAULT (x) FOR a, in T-SQL; the words before were read, or not. */
static bool
take_default(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t at = end;
    while (at > parser->pos && !is_word(parser, at, WORD_FOR))
        at--;
    if (!is_word(parser, parser->pos, WORD_DEFAULT) || at == parser->pos || at + 2 != end)
        return false;
    parser->pos = at + 1;
    column_take(parser, block, end);
    return true;
}

/* Behind ADD or DROP without COLUMN: what is no column. */
static bool
is_no_column(const Parser *parser, uint32_t at)
{
    static const char *const words[] = {
        "CONSTRAINT", "PRIMARY",    "FOREIGN", "UNIQUE",  "CHECK",      "EXCLUDE",  "DEFAULT",
        "INDEX",      "KEY",        "KEYS",    "COLUMNS", "PARTITION",  "FULLTEXT", "SPATIAL",
        "PARTITIONS", "PERIOD",     "SYSTEM",  "SEARCH",  "ROW",        "VALUES",   "STATISTICS",
        "IF",         "PROJECTION", "NOT",     "MASK",    "CLUSTERING", NULL};
    return is_among_words_of(parser, at, words);
}

/* COLUMN IF NOT EXISTS a; a. False when it is no column, or several in brackets. */
static bool
take_column_name(Parser *parser, SqlBlock *block, uint32_t end)
{
    bool is_said = plain_word_take(parser, end, "COLUMN");
    if (is_said)
        if_exists_take(parser, end);
    if (parser->pos >= end || !is_name(parser, parser->pos) ||
        (!is_said && is_no_column(parser, parser->pos)))
        return false;
    column_take(parser, block, end);
    return true;
}

/* ADD a int NOT NULL, as in a definition: what is added is there like what was defined. */
static SqlShape
take_new_column(Parser *parser, SqlBlock *block, uint32_t end)
{
    bool is_column = take_column_name(parser, block, end);
    if (is_column)
        type_take(parser, end);
    else
        settle(parser, parser->pos);
    bool is_placed = is_column && end > parser->pos + 1 && is_text(parser, end - 2, "AFTER");
    attributes_take(parser, block, is_placed ? end - 2 : end);
    parser->pos = is_placed ? end - 1 : end;
    if (is_placed)
        column_take(parser, block, end);
    return is_column ? SHAPE_ADJUSTED : SHAPE_CHANGED;
}

/* Behind ADD or DROP, of Hive and its like: [IF EXISTS] PARTITION (day = '…', kind > 3), PARTITION (…): rows that its columns
 * tell. One that is made of files elsewhere (LOCATION) is none of these. */
static bool
take_partitions(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t before = parser->pos, last = end;
    if_exists_take(parser, end);
    while (last > parser->pos && peek(parser, last - 1)->kind != TOKEN_CLOSE)
        last--; /* PURGE */
    bool has_purge = last + 1 == end && is_text(parser, last, "PURGE");
    uint32_t at = parser->pos;
    while (at + 3 < end && is_text(parser, at, "PARTITION") && is_open(parser, at + 1) &&
           is_name(parser, at + 2) && peek(parser, at + 3)->kind == TOKEN_OPERATOR) {
        at = closing(parser, at + 1, end) + 1;
        at += at < end && peek(parser, at)->kind == TOKEN_COMMA;
    }
    if (at == parser->pos || at != (has_purge ? last : end)) {
        parser->pos = before;
        return false;
    }
    for (at = parser->pos; at < end; at = parser->pos) {
        settle(parser, at);
        parser->pos = at + 1;
        if (is_open(parser, parser->pos))
            group_take(parser, block, end);
    }
    return true;
}

static SqlShape
take_addition(Parser *parser, SqlBlock *block, uint32_t end)
{
    bool is_column = is_text(parser, parser->pos, "COLUMN");
    if (take_partitions(parser, block, end))
        return SHAPE_NAMED;
    if (!is_column && (constraint_take(parser, block, end) || take_default(parser, block, end)))
        return SHAPE_NAMED;
    return take_new_column(parser, block, end);
}

/* DROP COLUMN a CASCADE */
static SqlShape
take_removal(Parser *parser, SqlBlock *block, uint32_t end)
{
    if (take_partitions(parser, block, end))
        return SHAPE_NAMED;
    bool is_column = is_text(parser, parser->pos, "COLUMN") && take_column_name(parser, block, end);
    attributes_take(parser, block, end);
    return is_column ? SHAPE_ADJUSTED : SHAPE_CHANGED;
}

/* Behind the column: SET MASKING POLICY p USING (a, b), UNSET TAG t, SET MASK f USING COLUMNS (b), COMMENT 'x'. Who may see
 * it, and what is said of it, and not what it is. */
static bool
take_column_rule(Parser *parser, SqlBlock *block, uint32_t end)
{
    static const char *const rules[] = {"MASKING", "PROJECTION", "TAG", "TAGS", "MASK", NULL};
    bool is_rule =
        (is_word(parser, parser->pos, WORD_SET) || is_text(parser, parser->pos, "UNSET") ||
         is_text(parser, parser->pos, "DROP")) &&
        is_among_words_of(parser, parser->pos + 1, rules);
    if (!is_rule && !is_text(parser, parser->pos, "COMMENT"))
        return false;
    uint32_t columns = parser->pos;
    while (columns < end && !is_word(parser, columns, WORD_USING))
        columns++;
    columns += columns < end ? 1 + is_text(parser, columns + 1, "COLUMNS") : 0;
    settle_to(parser, MIN(columns, end));
    if (parser->pos < end && is_open(parser, parser->pos))
        keys_take(parser, block, end);
    settle_to(parser, end);
    return true;
}

/* SET TAG t = 'x', SET DATA_RETENTION_TIME_IN_DAYS = 3, UNSET COMMENT. */
static bool
is_table_setting(const Parser *parser, uint32_t at)
{
    static const char *const settings[] = {"TAG",
                                           "TAGS",
                                           "COMMENT",
                                           "DATA_RETENTION_TIME_IN_DAYS",
                                           "MAX_DATA_EXTENSION_TIME_IN_DAYS",
                                           "CHANGE_TRACKING",
                                           "ENABLE_SCHEMA_EVOLUTION",
                                           "DEFAULT_DDL_COLLATION",
                                           NULL};
    if ((is_text(parser, at, "SUSPEND") || is_text(parser, at, "RESUME")) &&
        is_text(parser, at + 1, "RECLUSTER"))
        return true;
    if (is_text(parser, at, "DROP") && is_text(parser, at + 1, "CLUSTERING"))
        return true;
    return (is_word(parser, at, WORD_SET) || is_text(parser, at, "UNSET")) &&
           is_among_words_of(parser, at + 1, settings);
}

/* ADD ROW ACCESS POLICY p ON (a), DROP SEARCH OPTIMIZATION ON EQUALITY(a): up to its columns; false where it is none. */
static bool
take_table_rule(Parser *parser, SqlBlock *block, uint32_t end)
{
    uint32_t at = parser->pos + 1;
    bool is_added = is_text(parser, parser->pos, "ADD") || is_text(parser, parser->pos, "DROP");
    bool is_row = is_text(parser, at, "ROW") && is_text(parser, at + 1, "ACCESS"),
         is_search = is_text(parser, at, "SEARCH") && is_text(parser, at + 1, "OPTIMIZATION");
    if (is_table_setting(parser, parser->pos)) {
        settle_to(parser, end);
        return true;
    }
    if (!is_added || (!is_row && !is_search))
        return false;
    uint32_t columns = find_on(parser, at, end);
    while (columns < end && !is_open(parser, columns))
        columns++;
    settle_to(parser, columns);
    if (parser->pos < end)
        keys_take(parser, block, end);
    settle_to(parser, end);
    return true;
}

/* ALTER COLUMN a SET DEFAULT 1, MODIFY a int NOT NULL */
static SqlShape
take_column_change(Parser *parser, SqlBlock *block, uint32_t end)
{
    bool is_modified = is_text(parser, parser->pos, "MODIFY");
    parser->pos++;
    plain_word_take(parser, end, "COLUMN");
    if (parser->pos >= end || !is_name(parser, parser->pos))
        return SHAPE_CHANGED;
    column_take(parser, block, end);
    if (take_column_rule(parser, block, end))
        return SHAPE_NAMED;
    if (is_word(parser, parser->pos, WORD_SET) && is_text(parser, parser->pos + 1, "OPTIONS")) {
        attributes_take(parser, block, end); /* its description, and the like */
        return SHAPE_NAMED;
    }
    bool is_setting =
        is_word(parser, parser->pos, WORD_SET) && (is_word(parser, parser->pos + 1, WORD_DEFAULT) ||
                                                   is_word(parser, parser->pos + 1, WORD_NOT) ||
                                                   is_text(parser, parser->pos + 1, "STATISTICS") ||
                                                   is_text(parser, parser->pos + 1, "STORAGE"));
    bool is_identity =
        is_text(parser, parser->pos, "ADD") && is_text(parser, parser->pos + 1, "GENERATED");
    attributes_take(parser, block, end);
    return is_modified || is_setting || is_identity ? SHAPE_ADJUSTED : SHAPE_CHANGED;
}

/* What does not depend on any column. */
static bool
is_plain_action(const Parser *parser, uint32_t at)
{
    static const char *const words[] = {
        "OWNER",    "ENABLE",         "DISABLE", "FORCE",   "CLUSTER",
        "VALIDATE", "AUTO_INCREMENT", "ENGINE",  "NOCHECK", "CHECK",
        "REPLICA",  "COMMENT",        "NO",      "REBUILD", NULL};
    bool is_option = is_word(parser, at, WORD_SET) &&
                     (is_open(parser, at + 1) || is_text(parser, at + 1, "TBLPROPERTIES") ||
                      is_text(parser, at + 1, "OPTIONS"));
    return is_option || is_among_words_of(parser, at, words);
}

/* From where a constraint is dropped to where it is made anew: mostly the next statement. */
#define RENEWAL_TOKENS_MAX 2000

/* DROP CONSTRAINT IF EXISTS a, which is made anew further on: a script that may run twice. */
static bool
take_renewal(Parser *parser, uint32_t end)
{
    uint32_t at = parser->pos + 2, last = parser->sql->tokens->len - 1;
    if (!is_text(parser, parser->pos, "DROP") || !is_text(parser, parser->pos + 1, "CONSTRAINT"))
        return false;
    at += is_text(parser, at, "IF") ? 2 : 0;
    if (at >= end || !is_name(parser, at))
        return false;
    const Token *name = peek(parser, at);
    g_autofree char *dropped =
        g_strndup(parser->sql->list->text + name->begin, name->end - name->begin);
    for (uint32_t i = at + 1; i + 2 < MIN(last, at + RENEWAL_TOKENS_MAX); i++)
        if (is_text(parser, i, "ADD") && is_text(parser, i + 1, "CONSTRAINT") &&
            is_text(parser, i + 2, dropped)) {
            settle(parser, at);
            return true;
        }
    return false;
}

static SqlShape
take_action(Parser *parser, SqlBlock *block, uint32_t end)
{
    if (take_renewal(parser, end))
        return SHAPE_NAMED;
    if (appended_take(parser, block, end))
        return SHAPE_COPIED;
    if (take_table_rule(parser, block, end) || /* DROP PARTITION (…), PARTITION (…) */
        take_partitions(parser, block, end))
        return SHAPE_NAMED;
    if (is_word(parser, parser->pos, WORD_WITH)) /* WITH CHECK ADD CONSTRAINT */
        parser->pos = MIN(parser->pos + 2, end);
    if (plain_word_take(parser, end, "ADD"))
        return take_addition(parser, block, end);
    if (plain_word_take(parser, end, "DROP"))
        return take_removal(parser, block, end);
    if (is_text(parser, parser->pos, "ALTER") || is_text(parser, parser->pos, "MODIFY"))
        return take_column_change(parser, block, end);
    if (is_text(parser, parser->pos, "CLUSTER") && is_word(parser, parser->pos + 1, WORD_BY) &&
        !is_text(parser, parser->pos + 2, "NONE") && !is_text(parser, parser->pos + 2, "AUTO")) {
        options_take(parser, block, end); /* of Snowflake and Databricks */
        return SHAPE_NAMED;
    }
    if (is_plain_action(parser, parser->pos)) {
        attributes_take(parser, block, end);
        return SHAPE_NAMED;
    }
    if (is_text(parser, parser->pos, "CONSTRAINT") && constraint_take(parser, block, end))
        return SHAPE_NAMED; /* ADD CONSTRAINT a …, CONSTRAINT b … */
    attributes_take(parser, block, end);
    return SHAPE_CHANGED;
}

/* ALTER TABLE t ON CLUSTER c UPDATE a = 1, b = 2 WHERE …, ALTER TABLE t DELETE WHERE …, of ClickHouse: it changes rows. */
static bool
take_mutation(Parser *parser, SqlBlock *block, SqlSource *table, uint32_t end)
{
    bool is_on_cluster =
        is_word(parser, parser->pos, WORD_ON) && is_text(parser, parser->pos + 1, "CLUSTER");
    uint32_t verb = parser->pos + (is_on_cluster ? 3 : 0);
    bool is_update = is_word(parser, verb, WORD_UPDATE);
    if (!parser->sql->dialect->has_hiding_aliases || verb + 1 >= end ||
        (!is_update && !is_word(parser, verb, WORD_DELETE)))
        return false;
    parser->statement->kind = is_update ? STATEMENT_UPDATE : STATEMENT_DELETE;
    parser->statement->target = table;
    table->is_target = true;
    parser->pos = verb + 1;
    if (is_update)
        take_assignments(parser, block, end, 0);
    rest_take(parser, block, end);
    return true;
}

bool
parse_altered_table(Parser *parser, uint32_t end)
{
    if_exists_take(parser, end);
    plain_word_take(parser, end, "ONLY");
    if (!names_table(parser, parser->pos, end))
        return false;
    SqlBlock *block = define_block(parser);
    uint32_t name = parser->pos;
    SqlSource *table = table_take(parser, block, end);
    SqlPath schema = parser->schema;
    if (!parser->sql->dialect->lends_to_all) /* ADD FOREIGN KEY (a) REFERENCES t of MySQL */
        lend_schema_at(parser, name, end);
    plain_word_take(parser, end, "*");
    if (take_mutation(parser, block, table, end))
        return true;
    /* ADD a int, b int of T-SQL */
    bool adds_all = parser->sql->dialect->has_alias_first && is_text(parser, parser->pos, "ADD");
    bool is_behind_add = false;
    do {
        uint32_t stop = element_end(parser, parser->pos, end);
        SqlShape shape = is_behind_add && adds_all ? take_addition(parser, block, stop)
                                                   : take_action(parser, block, stop);
        is_behind_add = true;
        table->shape = MAX(table->shape, shape);
        parser->pos = stop;
    } while (parser->pos < end && parser->pos++ < end);
    parser->schema = schema;
    return true;
}
