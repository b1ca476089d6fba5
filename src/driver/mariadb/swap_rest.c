/* swap_rest.c - triggers and foreign keys, which stay with a table that is renamed: collected, checked, made anew. */
#include "driver/mariadb/swap.h"

#include <string.h>

#define TRY_NAME "_honk_try"

/* --- collecting --- */

static bool
collect_own(MariaConn *conn, const MariaObject *target, json_t *own, GError **error)
{
    g_autoptr(GArray) keys = NULL;
    if (!maria_foreign_keys(conn, target, &keys, error))
        return false;
    for (guint i = 0; i < keys->len; i++) {
        const MariaPart *key = &g_array_index(keys, MariaPart, i);
        json_array_append_new(own, json_pack("{ssss}", "name", key->name, "text", key->text));
    }
    return true;
}

static bool
collect_from(MariaConn *conn, const MariaObject *target, json_t *from, GError **error)
{
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error,
                    "SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME FROM "
                    "information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = %Q AND "
                    "REFERENCED_TABLE_NAME = %Q AND (TABLE_SCHEMA <> REFERENCED_TABLE_SCHEMA OR "
                    "TABLE_NAME <> REFERENCED_TABLE_NAME) ORDER BY 1, 2, 3",
                    target->database, target->name))
        return false;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;) {
        g_autofree char *name = book_text("\"%w\".\"%w\"", row[0], row[1]);
        g_autoptr(MariaObject) child = NULL;
        g_autoptr(GArray) keys = NULL;
        if (!maria_object_need(conn, name, &child, error) ||
            !maria_foreign_keys(conn, child, &keys, error))
            return false;
        for (guint i = 0; i < keys->len; i++) {
            const MariaPart *key = &g_array_index(keys, MariaPart, i);
            if (strcmp(key->name, row[2]) == 0)
                json_array_append_new(from, json_pack("{ssssss}", "child", name, "name", key->name,
                                                      "text", key->text));
        }
    }
    return true;
}

/* In `…`, which every mode takes for a name. */
static char *
ticked(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "`", -1);
    g_autofree char *inner = g_strjoinv("``", parts);
    return g_strdup_printf("`%s`", inner);
}

/* As it was written, and the mode in which its text means that. */
static bool
collect_trigger(MariaConn *conn, const MariaObject *target, const char *name, json_t *trigger,
                GError **error)
{
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error, "SHOW CREATE TRIGGER \"%w\".\"%w\"", target->database,
                    name))
        return false;
    MYSQL_ROW row = mysql_fetch_row(rows);
    json_set_string(trigger, "text", row != NULL ? row[2] : NULL);
    json_set_string(trigger, "collation", row != NULL ? row[4] : NULL);
    return row != NULL || fail(error, ERR_TRANSIENT, "the trigger '%s' is gone", name);
}

static bool
collect_triggers(MariaConn *conn, const MariaObject *target, json_t *triggers, GError **error)
{
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error,
                    "SELECT TRIGGER_NAME, SQL_MODE, DEFINER, concat(ACTION_TIMING, ' ', "
                    "EVENT_MANIPULATION), ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE "
                    "EVENT_OBJECT_SCHEMA = %Q AND EVENT_OBJECT_TABLE = %Q AND TRIGGER_NAME NOT "
                    "LIKE '|_honk|_%%' ESCAPE '|' ORDER BY EVENT_MANIPULATION, ACTION_TIMING, "
                    "ACTION_ORDER",
                    target->database, target->name))
        return false;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;) {
        char *at = strrchr(row[2], '@');
        g_autofree char *user = ticked(at != NULL ? (*at = '\0', row[2]) : row[2]);
        g_autofree char *host = ticked(at != NULL ? at + 1 : "%");
        g_autofree char *definer = g_strdup_printf("%s@%s", user, host);
        json_t *trigger = json_pack("{ssssssssss}", "name", row[0], "mode", row[1], "definer",
                                    definer, "when", row[3], "body", row[4]);
        json_array_append_new(triggers, trigger);
        if (!collect_trigger(conn, target, row[0], trigger, error))
            return false;
    }
    return true;
}

bool
maria_swap_collect(MariaConn *conn, const MariaObject *target, MariaSwap *swap, GError **error)
{
    json_t *own = json_array(), *from = json_array(), *triggers = json_array();
    json_object_set_new(swap->saved, "own", own);
    json_object_set_new(swap->saved, "from", from);
    json_object_set_new(swap->saved, "triggers", triggers);
    return target == NULL ||
           (collect_own(conn, target, own, error) && collect_from(conn, target, from, error) &&
            collect_triggers(conn, target, triggers, error));
}

/* --- triggers --- */

/* In the database and the mode in which it was written. */
static bool
create_trigger(MariaConn *conn, const MariaSwap *swap, const json_t *trigger, const char *sql,
               GError **error)
{
    g_autofree char *database = ticked(swap->database), *ours = ticked(conn->at.database);
    g_autofree char *there = g_strdup_printf("USE %s", database);
    g_autofree char *here = g_strdup_printf("USE %s", ours);
    bool done = maria_run_on(conn, conn->db, there, error) &&
                maria_run(conn, error, "SET SESSION sql_mode = %Q, collation_connection = %Q",
                          json_get_string(trigger, "mode", ""),
                          json_get_string(trigger, "collation", "")) &&
                maria_run_on(conn, conn->db, sql, error);
    return maria_run_on(conn, conn->db, conn->setup, done ? error : NULL) &&
           maria_run_on(conn, conn->db, "SET NAMES utf8mb4", done ? error : NULL) &&
           maria_run_on(conn, conn->db, here, done ? error : NULL) && done;
}

/* The same for the stage, under a name of ours. */
static bool
try_trigger(MariaConn *conn, const MariaSwap *swap, const json_t *trigger, GError **error)
{
    g_autofree char *table = ticked(swap->stage);
    g_autofree char *sql = g_strdup_printf(
        "CREATE DEFINER=%s TRIGGER `" TRY_NAME "` %s ON %s FOR EACH ROW %s",
        json_get_string(trigger, "definer", ""), json_get_string(trigger, "when", ""), table,
        json_get_string(trigger, "body", ""));
    return create_trigger(conn, swap, trigger, sql, error);
}

static bool
drop_try(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    return maria_run(conn, error, "DROP TRIGGER IF EXISTS \"%w\".\"" TRY_NAME "\"", swap->database);
}

static bool
follow_triggers(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    const json_t *trigger;
    size_t i;
    json_array_foreach(json_object_get(swap->saved, "triggers"), i, trigger)
    {
        const char *name = json_get_string(trigger, "name", "");
        if (!maria_run(conn, error, "DROP TRIGGER IF EXISTS \"%w\".\"%w\"", swap->database, name) ||
            !create_trigger(conn, swap, trigger, json_get_string(trigger, "text", ""), error))
            return false;
    }
    return true;
}

/* --- foreign keys --- */

/* Names that InnoDB made from the table's own change with it. */
static char *
name_with(const char *name, const char *table, const char *renamed)
{
    g_autofree char *prefix = g_strdup_printf("%s_ibfk_", table);
    return g_str_has_prefix(name, prefix)
               ? g_strdup_printf("%s_ibfk_%s", renamed, name + strlen(prefix))
               : g_strdup(name);
}

static bool
replace_key(MariaConn *conn, const char *from_sql, const char *from_name, const char *to_sql,
            const char *name, const char *text, GError **error)
{
    g_autofree char *add = book_text("ALTER TABLE %s ADD CONSTRAINT \"%w\" %s", to_sql, name, text);
    return maria_run(conn, error, "ALTER TABLE %s DROP FOREIGN KEY IF EXISTS \"%w\"", from_sql,
                     from_name) &&
           maria_run(conn, error, "ALTER TABLE %s DROP FOREIGN KEY IF EXISTS \"%w\"", to_sql,
                     name) &&
           maria_run_on(conn, conn->db, add, error);
}

static bool
follow_keys(MariaConn *conn, const MariaSwap *swap, const char *out, GError **error)
{
    g_autofree char *target = maria_swap_sql(swap, swap->target);
    g_autofree char *old = out != NULL ? maria_swap_sql(swap, out) : NULL;
    const json_t *key;
    size_t i;
    json_array_foreach(json_object_get(swap->saved, "own"), i, key)
    {
        const char *name = json_get_string(key, "name", "");
        g_autofree char *there = name_with(name, swap->target, out);
        if (!replace_key(conn, old, there, target, name, json_get_string(key, "text", ""), error))
            return false;
    }
    json_array_foreach(json_object_get(swap->saved, "from"), i, key)
    {
        const char *child = json_get_string(key, "child", ""),
                   *name = json_get_string(key, "name", "");
        if (!replace_key(conn, child, name, child, name, json_get_string(key, "text", ""), error))
            return false;
    }
    return true;
}

/* They were found to hold, and nobody has written since: not looked at once more, which would copy whole tables. */
bool
maria_swap_follow(MariaConn *conn, const MariaSwap *swap, const char *out, GError **error)
{
    if (!maria_run(conn, error, "SET SESSION foreign_key_checks = 0"))
        return false;
    bool done = follow_keys(conn, swap, out, error);
    return maria_run(conn, done ? error : NULL, "SET SESSION foreign_key_checks = 1") && done &&
           follow_triggers(conn, swap, error);
}

/* --- checks --- */

static bool
check_keys(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    g_autofree char *stage = maria_swap_sql(swap, swap->stage);
    g_autofree char *self = maria_name(swap->target);
    const json_t *key;
    size_t i;
    json_array_foreach(json_object_get(swap->saved, "own"), i, key)
    {
        MariaPart part = {.name = (char *) json_get_string(key, "name", ""),
                          .text = (char *) json_get_string(key, "text", "")};
        g_autofree char *parent = maria_referred(part.text);
        const char *other = strcmp(parent, self) == 0 ? stage : parent;
        if (!maria_check_references(conn, stage, &part, other, error))
            return false;
    }
    json_array_foreach(json_object_get(swap->saved, "from"), i, key)
    {
        MariaPart part = {.name = (char *) json_get_string(key, "name", ""),
                          .text = (char *) json_get_string(key, "text", "")};
        if (!maria_check_references(conn, json_get_string(key, "child", ""), &part, stage, error))
            return false;
    }
    return true;
}

static bool
check_triggers(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    const json_t *trigger;
    size_t i;
    json_array_foreach(json_object_get(swap->saved, "triggers"), i, trigger)
    {
        g_autoptr(GError) broken = NULL;
        if (!drop_try(conn, swap, error)) /* of somebody who died just there */
            return false;
        bool fits = try_trigger(conn, swap, trigger, &broken);
        if (!drop_try(conn, swap, error))
            return false;
        if (!fits)
            return fail(error, error_is(broken, ERR_INVALID) ? ERR_MISMATCH : ERR_FORBIDDEN,
                        "the trigger '%s' cannot follow: %s", json_get_string(trigger, "name", ""),
                        broken->message);
    }
    return true;
}

/* A view's text names its tables in full: with the stage in the target's place it must still be one. */
static bool
check_views(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    AUTO_ROWS *rows = NULL;
    g_autofree char *database = ticked(swap->database), *target = ticked(swap->target),
                    *stage = ticked(swap->stage);
    g_autofree char *old = g_strdup_printf("%s.%s", database, target);
    g_autofree char *new = g_strdup_printf("%s.%s", database, stage);
    if (!maria_rows(conn, &rows, error,
                    "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE "
                    "instr(VIEW_DEFINITION, %Q) > 0",
                    old))
        return false;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;) {
        AUTO_ROWS *none = NULL;
        g_autoptr(GError) broken = NULL;
        g_autoptr(GString) text = g_string_new(row[1]);
        g_string_replace(text, old, new, 0);
        g_string_prepend(text, "SELECT * FROM (");
        g_string_append(text, ") v LIMIT 0");
        if (!maria_rows_on(conn, conn->db, text->str, &none, &broken))
            return fail(error, ERR_MISMATCH,
                        "with this '%s' the view '%s' is no longer in order: %s", swap->target,
                        row[0], broken->message);
    }
    return true;
}

bool
maria_swap_check(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    return check_views(conn, swap, error) && check_keys(conn, swap, error) &&
           check_triggers(conn, swap, error);
}

/* --- guards --- */

static bool
has_rest(const MariaSwap *swap)
{
    return json_array_size(json_object_get(swap->saved, "own")) > 0 ||
           json_array_size(json_object_get(swap->saved, "from")) > 0 ||
           json_array_size(json_object_get(swap->saved, "triggers")) > 0;
}

static bool
guard(MariaConn *conn, const char *name, bool is_on, GError **error)
{
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return true;
    return is_on ? maria_guard_make(conn, object, GUARD_PREFIX, GUARD_ALL,
                                    "honk is swapping tables: try again", error)
                 : maria_guard_drop(conn, object, GUARD_PREFIX, error);
}

static bool
guard_all(MariaConn *conn, const MariaSwap *swap, const char *table, bool is_on, GError **error)
{
    const json_t *key;
    size_t i;
    g_autofree char *sql = maria_swap_sql(swap, table);
    if (!guard(conn, sql, is_on, error))
        return false;
    json_array_foreach(
        json_object_get(swap->saved, "from"), i,
        key) if (!guard(conn, json_get_string(key, "child", ""), is_on, error)) return false;
    return true;
}

bool
maria_swap_hold(MariaConn *conn, const MariaSwap *swap, const char *table, GError **error)
{
    return !has_rest(swap) || guard_all(conn, swap, table, true, error);
}

bool
maria_swap_let_go(MariaConn *conn, const MariaSwap *swap, const char *table, GError **error)
{
    return guard_all(conn, swap, table, false, error);
}
