/* object.c - finding a table or view by its name, and what kind of thing it is. */
#include "base/text.h"
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#include <string.h>

#define NAMES_IN_MESSAGE_MAX 5

void
sqlite_object_free(SqliteObject *object)
{
    if (object == NULL)
        return;
    g_free(object->name);
    g_free(object->sql);
    g_free(object->rowid);
    g_ptr_array_unref(object->key);
    g_free(object);
}

bool
sqlite_is_ours(const char *name)
{
    return g_ascii_strncasecmp(name, "_honk_", 6) == 0;
}

/* WITHOUT ROWID and STRICT stand behind the last parenthesis. */
static void
read_options(SqliteObject *object)
{
    int depth = 0;
    bool is_behind = false;
    const char *cursor = object->sql;
    for (SqlToken token = sql_next(&cursor); token.kind != SQL_END; token = sql_next(&cursor)) {
        depth += sql_is(token, "(") - sql_is(token, ")");
        is_behind = is_behind || sql_is(token, ")");
        if (depth != 0 || !is_behind)
            continue;
        if (sql_is(token, "WITHOUT"))
            object->has_rowid = false;
        if (sql_is(token, "STRICT"))
            object->is_strict = true;
    }
}

/* The primary key, and a name for the rowid that no column hides. An INTEGER PRIMARY KEY is the rowid by
 * another name, which is why a hidden one can still be reached. */
static bool
read_columns(SqliteConn *conn, SqliteObject *object, GError **error)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    bool hidden[G_N_ELEMENTS(names)] = {false};
    AUTO_STMT *columns = NULL;
    if (!sq_prepare(conn, &columns, error,
                    "SELECT name, pk FROM pragma_table_xinfo(%Q, 'main') ORDER BY pk, cid",
                    object->name))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, columns, &row, error))
            return false;
        if (!row)
            break;
        const char *name = (const char *) sqlite3_column_text(columns, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
            hidden[i] = hidden[i] || g_ascii_strcasecmp(name, names[i]) == 0;
        if (sqlite3_column_int(columns, 1) > 0)
            g_ptr_array_add(object->key, g_strdup(name));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names) && object->has_rowid && object->rowid == NULL; i++)
        if (!hidden[i])
            object->rowid = g_strdup(names[i]);
    return true;
}

bool
sqlite_object_find(SqliteConn *conn, const char *name, SqliteObject **ret, GError **error)
{
    AUTO_STMT *find = NULL;
    bool row = false;
    if (!sq_prepare(conn, &find, error,
                    "SELECT name, type, sql FROM main.sqlite_schema "
                    "WHERE type IN ('table', 'view') AND name = %Q COLLATE NOCASE",
                    name) ||
        !sq_step(conn, find, &row, error))
        return false;
    if (!row || g_ascii_strncasecmp(name, "sqlite_", 7) == 0) {
        *ret = NULL;
        return true;
    }
    g_autoptr(SqliteObject) object = g_new0(SqliteObject, 1);
    object->name = sq_text(find, 0);
    object->sql = sq_text(find, 2);
    object->key = g_ptr_array_new_with_free_func(g_free);
    bool is_view = strcmp((const char *) sqlite3_column_text(find, 1), "view") == 0;
    bool is_virtual = !is_view && g_ascii_strncasecmp(object->sql, "CREATE VIRTUAL", 14) == 0;
    object->kind = is_view ? OBJECT_VIEW : is_virtual ? OBJECT_VIRTUAL : OBJECT_TABLE;
    object->has_rowid = object->kind == OBJECT_TABLE;
    if (object->kind == OBJECT_TABLE)
        read_options(object);
    if (!read_columns(conn, object, error))
        return false;
    *ret = g_steal_pointer(&object);
    return true;
}

static bool
fail_no_object(SqliteConn *conn, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    if (!sq_texts(conn, &names, error,
                  "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND "
                  "name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' AND "
                  "name NOT LIKE '\\_honk\\_%%' ESCAPE '\\' ORDER BY name"))
        return false;
    guint count = names->len;
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(name, (const char *const *) names->pdata);
    if (near != NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table or view '%s' (did you mean '%s'?)",
                    name, near);
    if (count == 0)
        return fail(error, ERR_NOT_FOUND, "there is no table or view '%s', nor any other", name);
    bool is_cut = count > NAMES_IN_MESSAGE_MAX;
    if (is_cut)
        g_ptr_array_set_size(names, NAMES_IN_MESSAGE_MAX);
    if (is_cut)
        g_ptr_array_add(names, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **) names->pdata);
    return fail(error, ERR_NOT_FOUND, "there is no table or view '%s', but %s%s", name, list,
                is_cut ? "…" : "");
}

bool
sqlite_object_need(SqliteConn *conn, const char *name, SqliteObject **ret, GError **error)
{
    SqliteObject *object = NULL;
    if (!sqlite_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return fail_no_object(conn, name, error);
    *ret = object;
    return true;
}
