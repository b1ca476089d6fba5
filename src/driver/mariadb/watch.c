/*
 * watch.c - noting which rows of a table are written to, for whoever copies it meanwhile.
 *
 * Triggers write the key of each row into a table of ours beside it, in the writer's own transaction: a write that counts is
 * noted, and one that does not is not. REPLACE and ON DUPLICATE KEY UPDATE fire those of DELETE and UPDATE here. Writers need no
 * right on our tables: triggers run as whoever made them. TRUNCATE, and what a foreign key changes by itself, fire none: a
 * table with such a key is refused, and the comparison finds the other.
 *
 *   _honk_changed_TABLE(key…, _honk_note, _honk_take, _honk_at)
 *
 * Numbers are not in the order of the commits: a note may come to light after later ones were read. So notes are not taken up
 * to a number, but those that are seen are marked with a number that no other taking ever has; rows are read after that was
 * committed, and what is marked is what is deleted when it is done with. Nobody waits for notes that are not committed yet.
 */
#include "base/text.h"
#include "driver/mariadb/mariadb.h"

#include <string.h>

#define PREFIX "_honk_watch_"
#define NOTES "_honk_changed_"
#define BEHIND_COUNT_MAX 1000000 /* more of them are not counted at each look */

static const char *const endings[] = {"_insert", "_update", "_delete"};

/* As people would write it, and quoted for SQL. */
static char *
notes_name(const MariaObject *object)
{
    g_autofree char *name = maria_made_name(NOTES, object->name, "");
    return text_dotted(object->database, name);
}

static char *
notes_sql(const MariaObject *object)
{
    g_autofree char *name = maria_made_name(NOTES, object->name, "");
    return book_text("\"%w\".\"%w\"", object->database, name);
}

/* --- can it be watched? --- */

/* A row must be found by its key, and every write to it must come past a trigger, and go with it. */
static bool
check(MariaConn *conn, const MariaObject *object, GError **error)
{
    g_autoptr(GError) refused = NULL;
    if (object->is_view || g_strcmp0(object->engine, "InnoDB") != 0)
        return fail(error, ERR_INVALID,
                    "'%s' is a %s%s: what is written to it cannot be noted together with it",
                    object->name, object->is_view ? "view" : "table of ",
                    object->is_view ? "" : object->engine);
    if (!object->key_is_primary)
        return fail(error, ERR_INVALID, "'%s' has no primary key by which changes could be noted",
                    object->name);
    if (maria_fires_all(conn, object, &refused))
        return true;
    if (error_is(refused, ERR_UNSUPPORTED))
        return fail(error, ERR_INVALID, "%s", refused->message);
    g_propagate_error(error, g_steal_pointer(&refused));
    return false;
}

static bool
maria_watch_check(Conn *base, const char *name, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    return maria_object_need(conn, name, &object, error) && check(conn, object, error);
}

/* --- making and dropping --- */

/* The notes keep the very types of the key. */
static bool
make_notes(MariaConn *conn, const MariaObject *object, GError **error)
{
    g_autofree char *notes = notes_sql(object), *columns = book_name_list(object->key, "");
    g_autofree char *make = g_strdup_printf(
        "CREATE TABLE IF NOT EXISTS %s (_honk_note BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
        "_honk_take BIGINT NULL, _honk_at TIMESTAMP(6) NOT NULL DEFAULT current_timestamp(6), KEY "
        "_honk_taken (_honk_take)) ENGINE=InnoDB SELECT %s FROM %s LIMIT 0",
        notes, columns, object->sql);
    return maria_run_on(conn, conn->db, make, error);
}

/* Are OLD and NEW key the same to the bit? What a collation calls equal, another store may not. */
static char *
same_key(const MariaObject *object)
{
    GString *same = g_string_new(NULL);
    for (guint i = 0; i < object->key->len; i++) {
        g_autofree char *name = maria_name(object->key->pdata[i]);
        g_string_append_printf(same, "%sBINARY OLD.%s = BINARY NEW.%s", i > 0 ? " AND " : "", name,
                               name);
    }
    return g_string_free(same, FALSE);
}

static bool
make_trigger(MariaConn *conn, const MariaObject *object, size_t which, const char *body,
             GError **error)
{
    static const char *const events[] = {"INSERT", "UPDATE", "DELETE"};
    g_autofree char *name = maria_made_name(PREFIX, object->name, endings[which]);
    g_autofree char *quoted = book_text("\"%w\".\"%w\"", object->database, name);
    g_autofree char *make =
        g_strdup_printf("CREATE TRIGGER IF NOT EXISTS %s AFTER %s ON %s FOR EACH ROW %s", quoted,
                        events[which], object->sql, body);
    return maria_run_on(conn, conn->db, make, error);
}

static bool
make_triggers(MariaConn *conn, const MariaObject *object, GError **error)
{
    g_autofree char *notes = notes_sql(object), *columns = book_name_list(object->key, ""),
                    *old = book_name_list(object->key, "OLD."),
                    *new = book_name_list(object->key, "NEW."), *same = same_key(object);
    g_autofree char *into = g_strdup_printf("INSERT INTO %s (%s) VALUES (%s)", notes, columns, new);
    g_autofree char *out = g_strdup_printf("INSERT INTO %s (%s) VALUES (%s)", notes, columns, old);
    g_autofree char *both =
        g_strdup_printf("BEGIN %s; IF NOT (%s) THEN %s; END IF; END", out, same, into);
    return make_trigger(conn, object, 0, into, error) &&
           make_trigger(conn, object, 1, both, error) && make_trigger(conn, object, 2, out, error);
}

static bool
maria_watch(Conn *base, const char *name, WatchWay way, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_need(conn, name, &object, error) || !check(conn, object, error) ||
        !maria_lock(base, error))
        return false;
    bool done = conn_confirm(base, error) && make_notes(conn, object, error) &&
                make_triggers(conn, object, error);
    maria_unlock(base);
    return done;
}

/* Triggers first: else writers would fail for want of the notes. */
static bool
unwatch_locked(MariaConn *conn, const char *name, const MariaObject *object, GError **error)
{
    g_autofree char *database = NULL, *table = NULL;
    if (!maria_split_name(conn, name, &database, &table, error) ||
        (object != NULL && !maria_guard_drop(conn, object, PREFIX, error)))
        return false;
    g_autofree char *notes = maria_made_name(NOTES, table, "");
    return maria_run(conn, error, "DROP TABLE IF EXISTS \"%w\".\"%w\"", database, notes);
}

static bool
maria_unwatch(Conn *base, const char *name, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_find(conn, name, &object, error) || !maria_lock(base, error))
        return false;
    bool done = conn_confirm(base, error) && unwatch_locked(conn, name, object, error);
    maria_unlock(base);
    return done;
}

static bool
maria_is_watched(Conn *base, const char *name, bool *ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    int64_t found = 0;
    if (!maria_object_need(conn, name, &object, error) ||
        !maria_int(conn, &found, error,
                   "SELECT count(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = "
                   "%Q AND EVENT_OBJECT_TABLE = %Q AND left(TRIGGER_NAME, char_length(%Q)) = %Q",
                   object->database, object->name, PREFIX, PREFIX))
        return false;
    *ret = found == G_N_ELEMENTS(endings);
    return true;
}

/* --- notes --- */

/* The key must be the one that is noted. */
static bool
check_key(const MariaObject *object, const MariaObject *notes, GError **error)
{
    g_autoptr(GPtrArray) noted = g_ptr_array_new();
    for (guint i = 0; i < notes->columns->len; i++) {
        MariaColumn *column = notes->columns->pdata[i];
        if (!g_str_has_prefix(column->name, "_honk_"))
            g_ptr_array_add(noted, column->name);
    }
    bool is_same = object->key_is_primary && noted->len == object->key->len;
    for (guint i = 0; is_same && i < noted->len; i++)
        is_same = strcmp(noted->pdata[i], object->key->pdata[i]) == 0;
    g_autofree char *was = book_name_list(noted, "");
    g_autofree char *is = book_name_list(object->key, "");
    return is_same ||
           fail(
               error, ERR_DRIFT,
               "the primary key of '%s' is (%s) now, and was (%s) when what is written to it began "
               "to be followed: make it that again and resume, or roll back and plan again",
               object->name, object->key_is_primary ? is : "none", was);
}

static bool
find_notes(MariaConn *conn, const char *name, MariaObject **ret, char **ret_notes, GError **error)
{
    g_autoptr(MariaObject) notes = NULL;
    if (!maria_object_need(conn, name, ret, error))
        return false;
    g_autofree char *called = notes_name(*ret);
    if (!maria_object_need(conn, called, &notes, error) || !check_key(*ret, notes, error))
        return false;
    *ret_notes = g_strdup(notes->sql);
    return true;
}

static bool
maria_behind(Conn *base, const char *name, Behind *ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    g_autofree char *notes = NULL;
    AUTO_ROWS *rows = NULL;
    if (!find_notes(conn, name, &object, &notes, error))
        return false;
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*), coalesce(timestampdiff(MICROSECOND, min(_honk_at), "
        "current_timestamp(6)), 0) DIV 1000 FROM (SELECT _honk_at FROM %s ORDER BY _honk_note "
        "LIMIT %d) n",
        notes, BEHIND_COUNT_MAX);
    if (!maria_rows_on(conn, conn->db, sql, &rows, error))
        return false;
    MYSQL_ROW row = mysql_fetch_row(rows);
    *ret = (Behind){.notes = maria_cell_int(row[0]), .ms = MAX(maria_cell_int(row[1]), 0)};
    return true;
}

/* Those that are seen, by their numbers: to look for them while they are marked would wait for others that are being written. */
static bool
see_notes(MariaConn *conn, const char *notes, int64_t notes_max, char **ret_numbers, GError **error)
{
    AUTO_ROWS *rows = NULL;
    g_autoptr(GString) numbers = g_string_new(NULL);
    g_autofree char *sql = g_strdup_printf(
        "SELECT _honk_note FROM %s ORDER BY _honk_note LIMIT %" G_GINT64_FORMAT, notes, notes_max);
    if (!maria_rows_on(conn, conn->db, sql, &rows, error))
        return false;
    for (MYSQL_ROW row; (row = mysql_fetch_row(rows)) != NULL;)
        g_string_append_printf(numbers, "%s%s", numbers->len > 0 ? "," : "", row[0]);
    *ret_numbers = numbers->len > 0 ? g_string_free(g_steal_pointer(&numbers), FALSE) : NULL;
    return true;
}

/* A number of the server's that it never gives again. */
static bool
mark_notes(MariaConn *conn, const char *notes, const char *numbers, int64_t *ret_take,
           GError **error)
{
    g_autofree char *sql = NULL;
    if (!maria_int(conn, ret_take, error, "SELECT uuid_short() & 9223372036854775807"))
        return false;
    sql =
        g_strdup_printf("UPDATE %s SET _honk_take = %" G_GINT64_FORMAT " WHERE _honk_note IN (%s)",
                        notes, *ret_take, numbers);
    return maria_run_on(conn, conn->db, sql, error);
}

static bool
maria_next_notes(Conn *base, const char *name, int64_t notes_max, WriteNotes *ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    g_autofree char *table = NULL, *numbers = NULL;
    WriteNotes notes = {0};
    if (!find_notes(conn, name, &object, &table, error) ||
        !see_notes(conn, table, notes_max, &numbers, error) ||
        (numbers != NULL && !mark_notes(conn, table, numbers, &notes.last, error)))
        return false;
    g_autofree char *columns = book_name_list(object->key, "");
    notes.object = notes_name(object);
    notes.which = g_strdup_printf("_honk_take = %" G_GINT64_FORMAT, notes.last);
    notes.rows = g_strdup_printf("(%s) IN (SELECT %s FROM %s WHERE " MARIA_OF_NOTES "%s)", columns,
                                 columns, table, notes.which);
    *ret = notes;
    return true;
}

static bool
maria_forget_notes(Conn *base, const char *name, int64_t last, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    g_autofree char *notes = NULL;
    if (!find_notes(conn, name, &object, &notes, error))
        return false;
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM %s WHERE _honk_take = %" G_GINT64_FORMAT, notes, last);
    return maria_run_on(conn, conn->db, sql, error);
}

static bool
maria_note(Conn *base, const char *name, const GPtrArray *columns, const Batch *keys,
           GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    g_autoptr(Schema) schema = schema_new(name);
    g_autoptr(GArray) targets = NULL;
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autofree char *notes = NULL;
    for (guint i = 0; i < columns->len; i++)
        schema_add(schema, columns->pdata[i], keys->columns[i].type, "", false);
    if (!find_notes(conn, name, &object, &notes, error) ||
        !maria_targets(conn, name, schema, &targets, error))
        return false;
    g_autofree char *list = maria_target_list(targets);
    g_string_printf(sql, "INSERT INTO %s (%s) VALUES ", notes, list);
    for (size_t row = 0; row < keys->row_count; row++) {
        g_autofree char *reason = NULL;
        size_t at = 0;
        g_string_append(sql, row > 0 ? ", " : "");
        if (!maria_encode_row(sql, targets, keys, row, &at, &reason))
            return fail(error, ERR_INTERNAL, "a key of '%s' cannot be noted: %s", name, reason);
    }
    return keys->row_count == 0 || maria_run_on(conn, conn->db, sql->str, error);
}

const WatchOps maria_watch_ops = {
    .check = maria_watch_check,
    .watch = maria_watch,
    .unwatch = maria_unwatch,
    .is_watched = maria_is_watched,
    .behind = maria_behind,
    .next = maria_next_notes,
    .forget = maria_forget_notes,
    .note = maria_note,
};
