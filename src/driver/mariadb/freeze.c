/*
 * freeze.c - stopping the writers of a table with triggers that refuse, and letting them again.
 *
 * One for each event, before all others; they hold for everybody but a repair of ours, until somebody with the right to change the table drops
 * them. TRUNCATE, and what a foreign key changes by itself, fire no trigger: a table that a key may change (ON DELETE
 * CASCADE…) cannot be frozen, and the comparison finds the other.
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

#define PREFIX "_honk_freeze_"
#define WORDS_MAX 128 /* letters of a SIGNAL's message */

static const struct {
    const char *event, *ending;
} events[] = {{"INSERT", "_insert"}, {"UPDATE", "_update"}, {"DELETE", "_delete"}};

char *
maria_repaired_name(const MariaObject *object)
{
    return g_strconcat(object->database, ".", object->name, NULL);
}

bool
maria_guard_make(MariaConn *conn, const MariaObject *object, const char *prefix, GuardExtent extent,
                 const char *why, GError **error)
{
    g_autofree char *repaired =
        extent == GUARD_BUT_REPAIRS ? maria_repaired_name(object) : g_strdup("");
    g_autofree char *words = g_utf8_substring(why, 0, MIN(g_utf8_strlen(why, -1), WORDS_MAX));
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        g_autofree char *name = maria_made_name(prefix, object->name, events[i].ending);
        if (!maria_run(conn, error,
                       "CREATE TRIGGER IF NOT EXISTS \"%w\".\"%w\" BEFORE %s ON %s FOR EACH ROW "
                       "IF %Q = '' OR NOT coalesce(" MARIA_REPAIRS ", '') = %Q THEN "
                       "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = %Q; END IF",
                       object->database, name, events[i].event, object->sql, repaired, repaired,
                       words))
            return false;
    }
    return true;
}

/* By the table that they are on: a table that was renamed took them along, under the names that they were made with. */
static bool
guards_on(MariaConn *conn, const MariaObject *object, const char *prefix, GPtrArray **ret,
          GError **error)
{
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error,
                    "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE "
                    "EVENT_OBJECT_SCHEMA = %Q AND EVENT_OBJECT_TABLE = %Q AND left(TRIGGER_NAME, "
                    "char_length(%Q)) = %Q",
                    object->database, object->name, prefix, prefix))
        return false;
    *ret = g_ptr_array_new_with_free_func(g_free);
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;)
        g_ptr_array_add(*ret, g_strdup(row[0]));
    return true;
}

bool
maria_guard_drop(MariaConn *conn, const MariaObject *object, const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    if (!guards_on(conn, object, prefix, &names, error))
        return false;
    for (guint i = 0; i < names->len; i++)
        if (!maria_run(conn, error, "DROP TRIGGER IF EXISTS \"%w\".\"%w\"", object->database,
                       (const char *) names->pdata[i]))
            return false;
    return true;
}

static bool
has_guards(MariaConn *conn, const MariaObject *object, bool *ret, GError **error)
{
    size_t found = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        g_autofree char *name = maria_made_name(PREFIX, object->name, events[i].ending);
        int64_t count = 0;
        if (!maria_int(conn, &count, error,
                       "SELECT count(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %Q "
                       "AND TRIGGER_NAME = %Q AND EVENT_OBJECT_TABLE = %Q",
                       object->database, name, object->name))
            return false;
        found += count > 0;
    }
    *ret = found == G_N_ELEMENTS(events);
    return true;
}

bool
maria_fires_all(MariaConn *conn, const MariaObject *object, GError **error)
{
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error,
                    "SELECT CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                    "CONSTRAINT_SCHEMA = %Q AND TABLE_NAME = %Q AND (UPDATE_RULE IN ('CASCADE', "
                    "'SET NULL') OR DELETE_RULE IN ('CASCADE', 'SET NULL')) LIMIT 1",
                    object->database, object->name))
        return false;
    MYSQL_ROW row = mysql_fetch_row(rows);
    return row == NULL ||
           fail(error, ERR_UNSUPPORTED,
                "rows of '%s' are changed by the foreign key '%s' without any trigger (CASCADE, "
                "SET NULL): it can neither be frozen nor followed while it has it",
                object->name, row[0]);
}

static bool
maria_freeze(Conn *base, const char *name, const char *why, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(conn, name, &object, error))
        return false;
    if (object->is_view)
        return fail(error, ERR_UNSUPPORTED, "'%s' is a view: freeze the tables behind it", name);
    g_autofree char *words = g_strdup_printf("frozen by honk: %s", why != NULL ? why : "");
    if (!maria_fires_all(conn, object, error) || !maria_lock(base, error))
        return false;
    bool done = conn_confirm(base, error) &&
                maria_guard_make(conn, object, PREFIX, GUARD_BUT_REPAIRS, words, error);
    maria_unlock(base);
    return done;
}

static bool
maria_thaw(Conn *base, const char *name, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_find(conn, name, &object, error))
        return false;
    if (object == NULL) /* gone, and its triggers with it */
        return true;
    if (!maria_lock(base, error))
        return false;
    bool done = conn_confirm(base, error) && maria_guard_drop(conn, object, PREFIX, error);
    maria_unlock(base);
    return done;
}

static bool
maria_is_frozen(Conn *base, const char *name, bool *ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    return maria_object_need(conn, name, &object, error) && has_guards(conn, object, ret, error);
}

static bool
maria_freeze_words(Conn *base, const char *name, char **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    AUTO_ROWS *rows = NULL;
    if (!maria_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return true;
    if (!maria_rows(conn, &rows, error,
                    "SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE "
                    "EVENT_OBJECT_SCHEMA = %Q AND EVENT_OBJECT_TABLE = %Q AND left(TRIGGER_NAME, "
                    "char_length(%Q)) = %Q LIMIT 1",
                    object->database, object->name, PREFIX, PREFIX))
        return false;
    MYSQL_ROW row = mysql_fetch_row(rows);
    *ret = row != NULL ? sql_text_behind(row[0], "MESSAGE_TEXT =") : NULL;
    return true;
}

const FreezeOps maria_freeze_ops = {
    .freeze = maria_freeze,
    .thaw = maria_thaw,
    .is_frozen = maria_is_frozen,
    .words = maria_freeze_words,
};
