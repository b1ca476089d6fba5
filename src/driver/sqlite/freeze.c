/*
 * freeze.c - stopping the writers of a table with three triggers that refuse, and letting them again.
 *
 * The triggers hold for every program that opens the file, now and later, and cost nothing to readers. DDL
 * is not stopped by them; drift is looked for before anything moves. A view has no writers of its own.
 */
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

static const char *const events[] = {"insert", "update", "delete"};

static bool
freeze_inside(SqliteConn *conn, const SqliteObject *object, const char *why, GError **error)
{
    g_autofree char *table = sql_quote(object->name);
    g_autofree char *message = g_strdup_printf("frozen by honk: %s", why != NULL ? why : "");
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
        if (!sq_exec(
                conn, error,
                "CREATE TRIGGER IF NOT EXISTS main.\"_honk_freeze_%w_%s\" BEFORE %s ON %s BEGIN "
                "SELECT RAISE(ABORT, %Q); END",
                object->name, events[i], events[i], table, message))
            return false;
    return true;
}

static bool
thaw_inside(SqliteConn *conn, const char *object, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
        if (!sq_exec(conn, error, "DROP TRIGGER IF EXISTS main.\"_honk_freeze_%w_%s\"", object,
                     events[i]))
            return false;
    return true;
}

bool
sqlite_lift_freeze(SqliteConn *conn, const char *object, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) triggers = NULL;
    if (!sq_texts(conn, &triggers, error,
                  "SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = %Q "
                  "COLLATE NOCASE AND name LIKE '\\_honk\\_freeze\\_%%' ESCAPE '\\'",
                  object) ||
        !thaw_inside(conn, object, error))
        return false;
    *ret = g_steal_pointer(&triggers);
    return true;
}

static bool
sqlite_freeze(Conn *base, const char *name, const char *why, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_need(conn, name, &object, error))
        return false;
    if (object->kind != OBJECT_TABLE)
        return fail(error, ERR_UNSUPPORTED, "'%s' is a %s: freeze the tables behind it", name,
                    object->kind == OBJECT_VIEW ? "view" : "virtual table");
    if (!sq_begin(conn, error))
        return false;
    if (freeze_inside(conn, object, why, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
sqlite_thaw(Conn *base, const char *name, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_find(conn, name, &object, error))
        return false;
    if (object == NULL) /* gone, and its triggers with it */
        return true;
    if (!sq_begin(conn, error))
        return false;
    if (thaw_inside(conn, object->name, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
sqlite_is_frozen(Conn *base, const char *name, bool *ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    int64_t triggers = 0;
    if (!sqlite_object_need(conn, name, &object, error) ||
        !sq_int(conn, &triggers, error,
                "SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = %Q "
                "AND name IN ('_honk_freeze_' || %Q || '_insert', '_honk_freeze_' || %Q || "
                "'_update', '_honk_freeze_' || %Q || '_delete')",
                object->name, object->name, object->name, object->name))
        return false;
    *ret = triggers == (int64_t) G_N_ELEMENTS(events);
    return true;
}

static bool
sqlite_freeze_words(Conn *base, const char *name, char **ret, GError **error)
{
    g_autoptr(GPtrArray) triggers = NULL;
    if (!sq_texts(sqlite_conn(base), &triggers, error,
                  "SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = %Q "
                  "COLLATE NOCASE AND name LIKE '\\_honk\\_freeze\\_%%' ESCAPE '\\' LIMIT 1",
                  name))
        return false;
    *ret = triggers->len > 0 ? sql_text_behind(triggers->pdata[0], "RAISE(ABORT,") : NULL;
    return true;
}

const FreezeOps sqlite_freeze_ops = {
    .freeze = sqlite_freeze,
    .thaw = sqlite_thaw,
    .is_frozen = sqlite_is_frozen,
    .words = sqlite_freeze_words,
};
