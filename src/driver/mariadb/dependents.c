/*
 * dependents.c - what hangs on a table or view: indexes, constraints, views, triggers, and what its columns are told.
 *
 * One question for each; a row is a kind (model/schema.h), a name and a text. What is ours is left out.
 */
#include "driver/mariadb/mariadb.h"

/* Both %Q are the database and the table. */
static const char *const questions[] = {
    "SELECT IF(max(NON_UNIQUE), 'index', 'unique'), INDEX_NAME, concat(max(INDEX_TYPE), ' (', "
    "group_concat(coalesce(COLUMN_NAME, '?'), IF(SUB_PART IS NULL, '', concat('(', SUB_PART, ')')) "
    "ORDER BY SEQ_IN_INDEX), ')') FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %Q AND "
    "TABLE_NAME = %Q AND INDEX_NAME <> 'PRIMARY' GROUP BY INDEX_NAME",
    "SELECT 'foreign_key_from', concat(TABLE_NAME, '.', CONSTRAINT_NAME), concat(group_concat("
    "COLUMN_NAME ORDER BY ORDINAL_POSITION), ' -> (', group_concat(REFERENCED_COLUMN_NAME ORDER BY "
    "ORDINAL_POSITION), ')') FROM information_schema.KEY_COLUMN_USAGE WHERE "
    "REFERENCED_TABLE_SCHEMA = %Q AND REFERENCED_TABLE_NAME = %Q AND TABLE_NAME NOT LIKE "
    "'%%|_|_honk|_%%' ESCAPE '|' GROUP BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME",
    "SELECT 'view', TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE "
    "instr(replace(VIEW_DEFINITION, '\"', '`'), concat('`', %Q, '`.`', %Q, '`')) > 0",
    "SELECT 'trigger', TRIGGER_NAME, concat(ACTION_TIMING, ' ', EVENT_MANIPULATION, ' ', "
    "ACTION_ORDER, ' ', DEFINER, ' ', ACTION_STATEMENT) FROM information_schema.TRIGGERS WHERE "
    "EVENT_OBJECT_SCHEMA = %Q AND EVENT_OBJECT_TABLE = %Q AND TRIGGER_NAME NOT LIKE '|_honk|_%%' "
    "ESCAPE '|'",
    "SELECT 'check', CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE "
    "CONSTRAINT_SCHEMA = %Q AND TABLE_NAME = %Q",
    "SELECT IF(IS_GENERATED <> 'NEVER', 'generated', 'default'), COLUMN_NAME, "
    "coalesce(GENERATION_EXPRESSION, COLUMN_DEFAULT) FROM information_schema.COLUMNS WHERE "
    "TABLE_SCHEMA = %Q AND TABLE_NAME = %Q AND coalesce(GENERATION_EXPRESSION, COLUMN_DEFAULT) IS "
    "NOT NULL",
    "SELECT 'charset', COLUMN_NAME, concat(CHARACTER_SET_NAME, ' ', COLLATION_NAME) FROM "
    "information_schema.COLUMNS WHERE TABLE_SCHEMA = %Q AND TABLE_NAME = %Q AND COLLATION_NAME IS "
    "NOT NULL",
    "SELECT 'extra', COLUMN_NAME, concat(EXTRA, ' ', COLUMN_COMMENT) FROM "
    "information_schema.COLUMNS WHERE TABLE_SCHEMA = %Q AND TABLE_NAME = %Q AND concat(EXTRA, "
    "COLUMN_COMMENT) <> ''",
};

static bool
add_own_keys(MariaConn *conn, const MariaObject *object, Schema *schema, GError **error)
{
    g_autoptr(GArray) keys = NULL;
    if (object->is_view)
        return true;
    if (!maria_foreign_keys(conn, object, &keys, error))
        return false;
    for (guint i = 0; i < keys->len; i++) {
        const MariaPart *key = &g_array_index(keys, MariaPart, i);
        schema_add_dependent(schema, "foreign_key_to", key->name, key->text);
    }
    return true;
}

bool
maria_add_dependents(MariaConn *conn, const MariaObject *object, Schema *schema, GError **error)
{
    if (!add_own_keys(conn, object, schema, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
        AUTO_ROWS *rows = NULL;
        if (!maria_rows(conn, &rows, error, questions[i], object->database, object->name))
            return false;
        for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;)
            schema_add_dependent(schema, row[0], row[1], row[2] != NULL ? row[2] : "");
    }
    return true;
}
