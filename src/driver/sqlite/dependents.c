/*
 * dependents.c - what hangs on a table or view: indexes, views, triggers, foreign keys, checks; and
 * which views and triggers do not resolve.
 *
 * Which tables a view reads is asked of SQLite itself: while `SELECT * FROM view` is prepared, the
 * authorizer is told of each table that is read, however deep. A trigger is compiled only into the
 * statement that fires it, so it is searched for the name instead; a trigger too many does no harm.
 */
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#include <string.h>

/* --- indexes, triggers, checks --- */

static bool
add_indexes(SqliteConn *conn, const SqliteObject *object, Schema *schema, GError **error)
{
    AUTO_STMT *indexes = NULL;
    if (!sq_prepare(conn, &indexes, error,
                    "SELECT l.name, l.\"unique\", coalesce(s.sql, 'UNIQUE (' || (SELECT "
                    "group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(l.name, "
                    "'main') ORDER BY seqno)) || ')') "
                    "FROM pragma_index_list(%Q, 'main') l LEFT JOIN main.sqlite_schema s "
                    "ON s.type = 'index' AND s.name = l.name WHERE l.origin <> 'pk'",
                    object->name))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, indexes, &row, error))
            return false;
        if (!row)
            return true;
        schema_add_dependent(schema, sqlite3_column_int(indexes, 1) != 0 ? "unique" : "index",
                             (const char *) sqlite3_column_text(indexes, 0),
                             (const char *) sqlite3_column_text(indexes, 2));
    }
}

static bool
sql_mentions(const char *sql, const char *name)
{
    for (SqlToken token = sql_next(&sql); token.kind != SQL_END; token = sql_next(&sql))
        if (token.kind != SQL_STRING && sql_names(token, name))
            return true;
    return false;
}

static bool
add_triggers(SqliteConn *conn, const SqliteObject *object, Schema *schema, GError **error)
{
    AUTO_STMT *triggers = NULL;
    if (!sq_prepare(conn, &triggers, error,
                    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'"))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, triggers, &row, error))
            return false;
        if (!row)
            return true;
        const char *name = (const char *) sqlite3_column_text(triggers, 0);
        const char *sql = (const char *) sqlite3_column_text(triggers, 1);
        if (!sqlite_is_ours(name) && sql_mentions(sql, object->name))
            schema_add_dependent(schema, "trigger", name, sql);
    }
}

static void
add_checks(const SqliteObject *object, Schema *schema)
{
    g_autoptr(GPtrArray) checks = sql_checks(object->sql);
    for (guint i = 0; i < checks->len; i++) {
        g_autofree char *name = g_strdup_printf("check %u", i + 1);
        schema_add_dependent(schema, "check", name, checks->pdata[i]);
    }
}

/* --- foreign keys --- */

static void
add_reference(Schema *schema, const char *kind, const char *child, const char *parent,
              const GString *from, const GString *to, const char *actions)
{
    bool is_own = strcmp(kind, "foreign_key_to") == 0;
    g_autofree char *name = g_strdup_printf("%s (%s)", is_own ? parent : child, from->str);
    g_autofree char *definition =
        g_strdup_printf("FOREIGN KEY (%s) REFERENCES %s%s%s%s%s", from->str, parent,
                        to->len > 0 ? " (" : "", to->str, to->len > 0 ? ")" : "", actions);
    schema_add_dependent(schema, kind, name, definition);
}

/* Rows of the statement: child, id, parent, from, to, actions; one for each column of a key. */
static bool
add_references(SqliteConn *conn, sqlite3_stmt *keys, const char *kind, Schema *schema,
               GError **error)
{
    g_autoptr(GString) from = g_string_new(NULL);
    g_autoptr(GString) to = g_string_new(NULL);
    g_autofree char *child = NULL;
    g_autofree char *parent = NULL;
    g_autofree char *actions = NULL;
    int id = -1;
    for (bool row = true; row;) {
        if (!sq_step(conn, keys, &row, error))
            return false;
        bool is_next = row && g_strcmp0(child, (const char *) sqlite3_column_text(keys, 0)) == 0 &&
                       id == sqlite3_column_int(keys, 1);
        if (!is_next && child != NULL)
            add_reference(schema, kind, child, parent, from, to, actions);
        if (!row)
            return true;
        if (!is_next) {
            g_free(child), g_free(parent), g_free(actions);
            child = sq_text(keys, 0);
            id = sqlite3_column_int(keys, 1);
            parent = sq_text(keys, 2);
            actions = sq_text(keys, 5);
            g_string_truncate(from, 0);
            g_string_truncate(to, 0);
        }
        const char *column = (const char *) sqlite3_column_text(keys, 4);
        g_string_append_printf(from, "%s%s", is_next ? ", " : "",
                               (const char *) sqlite3_column_text(keys, 3));
        if (column != NULL)
            g_string_append_printf(to, "%s%s", is_next ? ", " : "", column);
    }
    return true;
}

#define REFERENCE_COLUMNS                                                                          \
    "k.id, k.\"table\", k.\"from\", k.\"to\", "                                                    \
    "CASE k.on_update WHEN 'NO ACTION' THEN '' ELSE ' ON UPDATE ' || k.on_update END || "          \
    "CASE k.on_delete WHEN 'NO ACTION' THEN '' ELSE ' ON DELETE ' || k.on_delete END"

static bool
add_foreign_keys(SqliteConn *conn, const SqliteObject *object, Schema *schema, GError **error)
{
    AUTO_STMT *own = NULL;
    AUTO_STMT *others = NULL;
    if (!sq_prepare(conn, &own, error,
                    "SELECT %Q, " REFERENCE_COLUMNS " FROM pragma_foreign_key_list(%Q, 'main') k "
                    "ORDER BY k.id, k.seq",
                    object->name, object->name) ||
        !add_references(conn, own, "foreign_key_to", schema, error))
        return false;
    return sq_prepare(
               conn, &others, error,
               "SELECT s.name, " REFERENCE_COLUMNS " FROM main.sqlite_schema s, "
               "pragma_foreign_key_list(s.name, 'main') k WHERE s.type = 'table' "
               "AND k.\"table\" = %Q COLLATE NOCASE AND s.name <> %Q ORDER BY 1, k.id, k.seq",
               object->name, object->name) &&
           add_references(conn, others, "foreign_key_from", schema, error);
}

/* --- views --- */

typedef struct {
    const char *name;
    bool is_read;
} Watch;

static int
watch_reads(void *data, int action, const char *table, const char *column, const char *schema,
            const char *inside)
{
    Watch *watch = data;
    if (action == SQLITE_READ && table != NULL && g_ascii_strcasecmp(table, watch->name) == 0)
        watch->is_read = true;
    return SQLITE_OK;
}

/* NULL when it prepares, else SQLite's message. */
static char *
try_prepare(SqliteConn *conn, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    bool is_good = sqlite3_prepare_v2(conn->db, sql, -1, &statement, NULL) == SQLITE_OK;
    sqlite3_finalize(statement);
    return is_good ? NULL : g_strdup(sqlite3_errmsg(conn->db));
}

static bool
view_reads(SqliteConn *conn, const char *view, const char *sql, const char *name)
{
    Watch watch = {.name = name};
    g_autofree char *quoted = sql_quote(view);
    g_autofree char *select = g_strdup_printf("SELECT * FROM main.%s", quoted);
    sqlite3_set_authorizer(conn->db, watch_reads, &watch);
    g_autofree char *problem = try_prepare(conn, select);
    sqlite3_set_authorizer(conn->db, NULL, NULL);
    return watch.is_read || (problem != NULL && sql_mentions(sql, name));
}

static bool
add_views(SqliteConn *conn, const SqliteObject *object, Schema *schema, GError **error)
{
    AUTO_STMT *views = NULL;
    if (!sq_prepare(conn, &views, error,
                    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view' AND name <> %Q",
                    object->name))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, views, &row, error))
            return false;
        if (!row)
            return true;
        const char *name = (const char *) sqlite3_column_text(views, 0);
        const char *sql = (const char *) sqlite3_column_text(views, 1);
        if (view_reads(conn, name, sql, object->name))
            schema_add_dependent(schema, "view", name, sql);
    }
}

bool
sqlite_add_dependents(SqliteConn *conn, const SqliteObject *object, Schema *schema, GError **error)
{
    if (!add_views(conn, object, schema, error) || !add_triggers(conn, object, schema, error))
        return false;
    if (object->kind != OBJECT_TABLE)
        return true;
    add_checks(object, schema);
    return add_indexes(conn, object, schema, error) &&
           add_foreign_keys(conn, object, schema, error);
}

/* --- what does not resolve --- */

/* The statements that compile every trigger of a table or view. NULL when it has no column to set. */
static char *
firing_update(SqliteConn *conn, const char *table)
{
    AUTO_STMT *columns = NULL;
    GString *sql = g_string_new(NULL);
    g_autofree char *quoted = sql_quote(table);
    g_string_append_printf(sql, "UPDATE main.%s SET", quoted);
    size_t before = sql->len;
    if (!sq_prepare(conn, &columns, NULL,
                    "SELECT name FROM pragma_table_xinfo(%Q, 'main') "
                    "WHERE hidden = 0 ORDER BY cid",
                    table))
        return g_string_free(sql, TRUE);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        g_autofree char *column = sql_quote((const char *) sqlite3_column_text(columns, 0));
        g_string_append_printf(sql, "%s %s = %s", sql->len > before ? "," : "", column, column);
    }
    return g_string_free(sql, sql->len == before);
}

static char *
triggers_problem(SqliteConn *conn, const char *table)
{
    g_autofree char *quoted = sql_quote(table);
    g_autofree char *insert = g_strdup_printf("INSERT INTO main.%s DEFAULT VALUES", quoted);
    g_autofree char *delete = g_strdup_printf("DELETE FROM main.%s", quoted);
    g_autofree char *update = firing_update(conn, table);
    char *problem = try_prepare(conn, insert);
    if (problem == NULL)
        problem = try_prepare(conn, delete);
    if (problem == NULL && update != NULL)
        problem = try_prepare(conn, update);
    return problem;
}

bool
sqlite_find_broken(SqliteConn *conn, GHashTable **ret, GError **error)
{
    g_autoptr(GHashTable) broken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    AUTO_STMT *all = NULL;
    if (!sq_prepare(conn, &all, error,
                    "SELECT type, name, name FROM main.sqlite_schema WHERE type = 'view' UNION ALL "
                    "SELECT type, group_concat(name, ''', '''), tbl_name FROM main.sqlite_schema "
                    "WHERE type = 'trigger' AND substr(name, 1, 6) <> '_honk_' GROUP BY tbl_name"))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, all, &row, error))
            return false;
        if (!row)
            break;
        bool is_view = sqlite3_column_text(all, 0)[0] == 'v';
        const char *object = (const char *) sqlite3_column_text(all, 2);
        g_autofree char *quoted = sql_quote(object);
        g_autofree char *select = g_strdup_printf("SELECT * FROM main.%s", quoted);
        char *problem = is_view ? try_prepare(conn, select) : triggers_problem(conn, object);
        if (problem != NULL)
            g_hash_table_insert(broken,
                                g_strdup_printf("%s '%s'", is_view ? "view" : "trigger",
                                                (const char *) sqlite3_column_text(all, 1)),
                                problem);
    }
    *ret = g_steal_pointer(&broken);
    return true;
}
