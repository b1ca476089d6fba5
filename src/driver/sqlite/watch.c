/*
 * watch.c - noting which rows of a table are written to, for whoever copies it meanwhile.
 *
 * Triggers write the key of each row into a table of ours, in the writer's own transaction: a write that counts is noted, and
 * one that does not is not. SQLite has one writer at a time, so the notes' numbers are in the order of the commits.
 *
 *   _honk_changed_TABLE(_honk_note, _honk_done, key…)
 *
 * REPLACE takes rows away without telling the triggers of a DELETE. So before each row is written, those that stand where its
 * unique indexes want it are noted, too. The last note stays when it is done with, so that no number comes twice.
 */
#include "driver/book.h"
#include "driver/sqlite/sqlite.h"
#include "driver/sqlite/text.h"

#include <string.h>

static const char *const events[] = {"insert", "update", "delete", "into", "over"};

static char *
notes_name(const SqliteObject *object)
{
    return g_strconcat("_honk_changed_", object->name, NULL);
}

/* --- can it be watched? --- */

/* A row must be found by its key: one that is there, and is the only one. */
static bool
check_key(SqliteConn *conn, const SqliteObject *object, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    if (object->kind != OBJECT_TABLE)
        return fail(error, ERR_INVALID, "'%s' is no table: what is written to it cannot be noted",
                    object->name);
    if (object->key->len == 0)
        return fail(error, ERR_INVALID, "'%s' has no primary key by which changes could be noted",
                    object->name);
    if (!sqlite_describe(&conn->base, object->name, &schema, error))
        return false;
    for (guint i = 0; i < object->key->len; i++) {
        const Column *column = schema_find(schema, object->key->pdata[i], NULL);
        if (column == NULL || (column->is_nullable && !column->is_rowid))
            return fail(error, ERR_INVALID,
                        "the key column '%s' of '%s' may be NULL, which names no row",
                        (const char *) object->key->pdata[i], object->name);
    }
    return true;
}

/* "a" = NEW."a" AND …, of one index. Caller frees. */
static bool
index_condition(SqliteConn *conn, const char *index, char **ret, GError **error)
{
    g_autoptr(GString) condition = g_string_new(NULL);
    AUTO_STMT *columns = NULL;
    if (!sq_prepare(conn, &columns, error,
                    "SELECT name FROM pragma_index_info(%Q, 'main') ORDER BY seqno", index))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, columns, &row, error))
            return false;
        if (!row)
            break;
        const char *name = (const char *) sqlite3_column_text(columns, 0);
        if (name == NULL)
            return fail(error, ERR_INVALID,
                        "the unique index '%s' is over an expression: what REPLACE takes away "
                        "for it cannot be noted",
                        index);
        g_autofree char *quoted = sql_quote(name);
        g_string_append_printf(condition, "%s%s = NEW.%s", condition->len > 0 ? " AND " : "",
                               quoted, quoted);
    }
    *ret = g_string_free(g_steal_pointer(&condition), FALSE);
    return true;
}

/* What a new row may take the place of: rows that a unique index calls the same. NULL: there is no index. */
static bool
replaced(SqliteConn *conn, const SqliteObject *object, char **ret, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    AUTO_STMT *indexes = NULL;
    if (!sq_prepare(conn, &indexes, error,
                    "SELECT name, partial FROM pragma_index_list(%Q, 'main') WHERE \"unique\"",
                    object->name))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, indexes, &row, error))
            return false;
        if (!row)
            break;
        g_autofree char *index = sq_text(indexes, 0), *condition = NULL;
        if (sqlite3_column_int(indexes, 1) != 0)
            return fail(error, ERR_INVALID,
                        "the unique index '%s' holds a part of the rows: what REPLACE takes away "
                        "for it cannot be noted",
                        index);
        if (!index_condition(conn, index, &condition, error))
            return false;
        g_string_append_printf(all, "%s(%s)", all->len > 0 ? " OR " : "", condition);
    }
    *ret = all->len > 0 ? g_string_free(g_steal_pointer(&all), FALSE) : NULL;
    return true;
}

/* --- making and dropping --- */

/* `what` gives the keys: "VALUES (…)", "SELECT …". */
static bool
make_trigger(SqliteConn *conn, const SqliteObject *object, const char *event, const char *when,
             const char *what, GError **error)
{
    g_autofree char *notes = notes_name(object), *columns = book_name_list(object->key, "");
    return sq_exec(conn, error,
                   "CREATE TRIGGER IF NOT EXISTS main.\"_honk_watch_%w_%s\" %s ON \"%w\" BEGIN "
                   "INSERT INTO \"%w\" (%s) %s; END",
                   object->name, event, when, object->name, notes, columns, what);
}

static bool
make_triggers(SqliteConn *conn, const SqliteObject *object, const char *replaces, GError **error)
{
    g_autofree char *new = book_name_list(object->key, "NEW."),
                    *old = book_name_list(object->key, "OLD."),
                    *plain = book_name_list(object->key, "");
    g_autofree char *insert = g_strdup_printf("VALUES (%s)", new),
                    *remove = g_strdup_printf("VALUES (%s)", old),
                    *update = g_strdup_printf("SELECT %s UNION SELECT %s", old, new);
    if (!make_trigger(conn, object, "insert", "AFTER INSERT", insert, error) ||
        !make_trigger(conn, object, "update", "AFTER UPDATE", update, error) ||
        !make_trigger(conn, object, "delete", "AFTER DELETE", remove, error))
        return false;
    if (replaces == NULL)
        return true;
    g_autofree char *table = sql_quote(object->name);
    g_autofree char *taken = g_strdup_printf("SELECT %s FROM %s WHERE %s", plain, table, replaces);
    return make_trigger(conn, object, "into", "BEFORE INSERT", taken, error) &&
           make_trigger(conn, object, "over", "BEFORE UPDATE", taken, error);
}

static bool
watch_inside(SqliteConn *conn, const SqliteObject *object, GError **error)
{
    g_autofree char *notes = notes_name(object), *columns = book_name_list(object->key, ""),
                    *replaces = NULL;
    return replaced(conn, object, &replaces, error) &&
           sq_exec(conn, error,
                   "CREATE TABLE IF NOT EXISTS main.\"%w\" (_honk_note INTEGER PRIMARY KEY, %s, "
                   "_honk_done INTEGER NOT NULL DEFAULT 0)",
                   notes, columns) &&
           make_triggers(conn, object, replaces, error);
}

static bool
sqlite_watch(Conn *base, const char *name, WatchWay way, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_need(conn, name, &object, error) || !check_key(conn, object, error) ||
        !sq_begin(conn, error))
        return false;
    if (watch_inside(conn, object, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
unwatch_inside(SqliteConn *conn, const SqliteObject *object, GError **error)
{
    g_autofree char *notes = notes_name(object);
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
        if (!sq_exec(conn, error, "DROP TRIGGER IF EXISTS main.\"_honk_watch_%w_%s\"", object->name,
                     events[i]))
            return false;
    return sq_exec(conn, error, "DROP TABLE IF EXISTS main.\"%w\"", notes);
}

static bool
sqlite_unwatch(Conn *base, const char *name, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_find(conn, name, &object, error))
        return false;
    if (object == NULL) /* gone, and its triggers with it; the notes speak of nothing */
        return sq_exec(conn, error, "DROP TABLE IF EXISTS main.\"_honk_changed_%w\"", name);
    if (!sq_begin(conn, error))
        return false;
    if (unwatch_inside(conn, object, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
sqlite_is_watched(Conn *base, const char *name, bool *ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    int64_t found = 0;
    if (!sqlite_object_need(conn, name, &object, error) ||
        !sq_int(conn, &found, error,
                "SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = %Q "
                "AND name IN ('_honk_watch_' || %Q || '_insert', '_honk_watch_' || %Q || "
                "'_update', '_honk_watch_' || %Q || '_delete')",
                object->name, object->name, object->name, object->name))
        return false;
    *ret = found == 3;
    return true;
}

/* --- notes --- */

static bool
sqlite_behind(Conn *base, const char *name, Behind *ret, GError **error)
{
    *ret = (Behind){0};
    return sq_int(sqlite_conn(base), &ret->notes, error,
                  "SELECT count(*) FROM main.\"_honk_changed_%w\" WHERE NOT _honk_done", name);
}

static bool
sqlite_next_notes(Conn *base, const char *name, int64_t notes_max, WriteNotes *ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    WriteNotes notes = {0};
    if (!sqlite_object_need(conn, name, &object, error) ||
        !sq_int(conn, &notes.last, error,
                "SELECT max(_honk_note) FROM (SELECT _honk_note FROM main.\"_honk_changed_%w\" "
                "WHERE NOT _honk_done ORDER BY _honk_note LIMIT %lld)",
                object->name, (long long) notes_max))
        return false;
    g_autofree char *columns = book_name_list(object->key, "");
    notes.object = notes_name(object);
    g_autofree char *quoted = sql_quote(notes.object);
    notes.which = g_strdup_printf("NOT _honk_done AND _honk_note <= %" G_GINT64_FORMAT, notes.last);
    notes.rows = g_strdup_printf("(%s) IN (SELECT %s FROM main.%s WHERE %s)", columns, columns,
                                 quoted, notes.which);
    *ret = notes;
    return true;
}

static bool
forget_inside(SqliteConn *conn, const char *name, int64_t last, GError **error)
{
    return sq_exec(conn, error, "DELETE FROM main.\"_honk_changed_%w\" WHERE _honk_note < %lld",
                   name, (long long) last) &&
           sq_exec(conn, error,
                   "UPDATE main.\"_honk_changed_%w\" SET _honk_done = 1 WHERE _honk_note = %lld",
                   name, (long long) last);
}

static bool
sqlite_forget_notes(Conn *base, const char *name, int64_t last, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    if (!sq_begin(conn, error))
        return false;
    if (forget_inside(conn, name, last, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
note_inside(SqliteConn *conn, const char *name, const GPtrArray *columns, const Batch *keys,
            GError **error)
{
    AUTO_STMT *insert = NULL;
    g_autoptr(GString) scratch = g_string_new(NULL), marks = g_string_new(NULL);
    g_autofree char *list = book_name_list(columns, "");
    for (guint i = 0; i < columns->len; i++)
        g_string_append(marks, i > 0 ? ", ?" : "?");
    if (!sq_prepare(conn, &insert, error, "INSERT INTO main.\"_honk_changed_%w\" (%s) VALUES (%s)",
                    name, list, marks->str))
        return false;
    for (size_t row = 0; row < keys->row_count; row++) {
        g_autofree char *reason = NULL;
        bool more = false;
        for (size_t i = 0; i < keys->column_count; i++)
            if (!cell_bind(insert, (int) i + 1, keys, i, row, GUARD_NONE, scratch, &reason))
                return fail(error, ERR_INTERNAL, "a key of '%s' cannot be noted: %s", name, reason);
        if (!sq_step(conn, insert, &more, error))
            return false;
        sqlite3_reset(insert);
    }
    return true;
}

static bool
sqlite_note(Conn *base, const char *name, const GPtrArray *columns, const Batch *keys,
            GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    if (!sq_begin(conn, error))
        return false;
    if (note_inside(conn, name, columns, keys, error) && sq_commit(conn, error))
        return true;
    sq_rollback(conn);
    return false;
}

static bool
sqlite_watch_check(Conn *base, const char *name, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    g_autofree char *ignored = NULL;
    return sqlite_object_need(conn, name, &object, error) && check_key(conn, object, error) &&
           replaced(conn, object, &ignored, error);
}

const WatchOps sqlite_watch_ops = {
    .check = sqlite_watch_check,
    .watch = sqlite_watch,
    .unwatch = sqlite_unwatch,
    .is_watched = sqlite_is_watched,
    .behind = sqlite_behind,
    .next = sqlite_next_notes,
    .forget = sqlite_forget_notes,
    .note = sqlite_note,
};
