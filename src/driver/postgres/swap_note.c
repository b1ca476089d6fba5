/*
 * swap_note.c - what a swap leaves behind: a note of how to undo it, and a log of what is written meanwhile.
 *
 * Whether rows were written since is told by triggers on the new table that note the key of each row
 * that a statement inserts, changes or deletes, once, in _honk_written: some microseconds a row,
 * until the way back is taken or settled. A table without a key counts each write.
 */
#include "driver/postgres/swap.h"

#include "driver/book.h"

#define LOGS 4

/* --- the note of a swap --- */

void
pg_note_free(PgNote *note)
{
    if (note == NULL)
        return;
    g_free(note->stage);
    g_free(note->target);
    g_free(note->kept);
    json_decref(note->back);
    json_decref(note->settle);
    json_decref(note->tables);
    g_free(note);
}

/* NULL when the plan has none. */
bool
pg_note_read(PgConn *conn, const char *plan, PgNote **ret, GError **error)
{
    g_autoptr(BookNote) written = NULL;
    *ret = NULL;
    if (!book_note_read(&conn->base, plan, &written, error))
        return false;
    if (written == NULL)
        return true;
    PgNote *note = g_new0(PgNote, 1);
    note->stage = g_steal_pointer(&written->stage);
    note->target = g_steal_pointer(&written->target);
    note->kept = g_steal_pointer(&written->kept);
    note->new_oid = json_get_int(written->saved, "new", 0);
    note->old_oid = json_get_int(written->saved, "old", 0);
    note->back = json_incref(json_object_get(written->saved, "back"));
    note->settle = json_incref(json_object_get(written->saved, "settle"));
    note->tables = json_incref(json_object_get(written->saved, "tables"));
    *ret = note;
    return true;
}

bool
pg_note_write(PgConn *conn, const char *plan, const PgNote *note, GError **error)
{
    g_autoptr(json_t) saved = json_pack("{sI, sI, sO, sO*, sO*}", "new", (json_int_t) note->new_oid,
                                        "old", (json_int_t) note->old_oid, "back", note->back,
                                        "settle", note->settle, "tables", note->tables);
    BookNote written = {
        .stage = note->stage, .target = note->target, .kept = note->kept, .saved = saved};
    return book_note_write(&conn->base, plan, &written, error);
}

/* --- the log of what is written --- */

static const struct {
    const char *name, *event, *rows;
} log_events[LOGS] = {
    {"_honk_written_insert", "AFTER INSERT", "REFERENCING NEW TABLE AS changed"},
    {"_honk_written_update", "AFTER UPDATE", "REFERENCING OLD TABLE AS changed"},
    {"_honk_written_delete", "AFTER DELETE", "REFERENCING OLD TABLE AS changed"},
    {"_honk_written_truncate", "BEFORE TRUNCATE", ""},
};

static char *
row_name(const PgObject *object)
{
    GString *name = g_string_new(NULL);
    for (guint i = 0; i < object->key->len; i++) {
        g_autofree char *column = pg_name(object->key->pdata[i]);
        g_string_append_printf(name, "%sc.%s", i > 0 ? ", " : "ROW(", column);
    }
    g_string_append(name, object->key->len > 0 ? ")::text" : "gen_random_uuid()::text");
    return g_string_free(name, FALSE);
}

/* Rows of a partitioned table are those of its partitions, which TRUNCATE tells one by one. Whoever writes to the table need not be
 * allowed to write to our book: the function runs as its owner. */
static bool
make_function(PgConn *conn, GError **error)
{
    /* one of two at once would be refused, and one that nobody calls yet be dropped by whoever tidies up */
    return pg_book_lock(&conn->base, error) &&
           pg_run(
               conn, error,
               "CREATE OR REPLACE FUNCTION %s._honk_written() RETURNS trigger LANGUAGE plpgsql "
               "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$BEGIN EXECUTE "
               "format('INSERT "
               "INTO %s._honk_written (plan, \"row\") SELECT %%L, %%s FROM %%s AS c ON CONFLICT DO "
               "NOTHING', TG_ARGV[0], TG_ARGV[1], CASE TG_OP WHEN 'TRUNCATE' THEN format('ONLY "
               "%%I.%%I', "
               "TG_TABLE_SCHEMA, TG_TABLE_NAME) ELSE 'changed' END); RETURN NULL; END$f$",
               conn->book, conn->book);
}

/* On every table of a tree, because a partition can be written to by its own name. */
bool
pg_start_log(PgConn *conn, const char *target, const char *plan, GError **error)
{
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *tables = NULL;
    if (!pg_object_need(conn, target, &object, error) || !make_function(conn, error) ||
        !pg_tree(conn, object, "_honk_written", &tables, error))
        return false;
    g_autofree char *row = row_name(object);
    for (int i = 0; i < PQntuples(tables); i++)
        for (size_t log = 0; log < LOGS; log++)
            if (!pg_run(conn, error,
                        "CREATE TRIGGER %s %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION "
                        "%s._honk_written(%Q, %Q); ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
                        log_events[log].name, log_events[log].event, pg_cell(tables, i, 0),
                        log_events[log].rows, conn->book, plan, row, pg_cell(tables, i, 0),
                        log_events[log].name))
                return false;
    return true;
}

/* By the plan that they name, since a partition may have left its tree. */
bool
pg_stop_log(PgConn *conn, const char *plan, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(
            conn, &rows, error,
            "SELECT format('DROP TRIGGER %%I ON %%I.%%I', t.tgname, n.nspname, c.relname) FROM "
            "pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE t.tgname LIKE '\\_honk\\_written\\_%%' AND "
            "position(convert_to(%Q, getdatabaseencoding()) || '\\x00'::bytea IN t.tgargs) = "
            "1 ORDER BY c.oid, t.tgname",
            plan))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        if (!pg_run(conn, error, "%s", pg_cell(rows, i, 0)))
            return false;
    return true;
}

/* A partition that came since would be dropped with the stage, and one that left would be called as if it had not. */
bool
pg_check_tree(PgConn *conn, const PgNote *note, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autoptr(GString) swapped = g_string_new(NULL);
    json_t *pair;
    size_t i;
    if (json_array_size(note->tables) < 2)
        return true;
    json_array_foreach(note->tables, i, pair)
        g_string_append_printf(swapped, "%s%" JSON_INTEGER_FORMAT, i > 0 ? ", " : "",
                               json_integer_value(json_array_get(pair, 0)));
    if (!pg_rows(
            conn, &rows, error,
            "WITH RECURSIVE tree(oid) AS (SELECT %lld::oid UNION SELECT i.inhrelid FROM "
            "pg_inherits i JOIN tree ON i.inhparent = tree.oid) SELECT CASE WHEN s.oid IS NULL "
            "THEN t.oid::regclass || ' became a partition of it: detach it before' WHEN EXISTS "
            "(SELECT 1 FROM pg_class c WHERE c.oid = s.oid) THEN s.oid::regclass || ' is no "
            "partition of it any more: attach it again before' ELSE 'one of its partitions is "
            "gone: what is left of it, people have to put together' END FROM tree t FULL JOIN "
            "unnest(ARRAY[%s]::oid[]) s(oid) USING (oid) WHERE t.oid IS NULL OR s.oid IS NULL",
            (long long) note->new_oid, swapped->str))
        return false;
    return PQntuples(rows) == 0 ||
           fail(error, ERR_WRONG_STATE, "'%s' is not as it was swapped in: %s", note->target,
                pg_cell(rows, 0, 0));
}

/* Is the table in the target's place still the one that was swapped in, and the old one still kept? */
bool
pg_is_in_force(PgConn *conn, const PgNote *note, bool *ret, GError **error)
{
    int64_t logs = 0;
    g_autoptr(PgObject) target = NULL;
    g_autoptr(PgObject) kept = NULL;
    if (!pg_object_find(conn, note->target, &target, error) ||
        (note->kept != NULL && !pg_object_find(conn, note->kept, &kept, error)) ||
        !pg_int(conn, &logs, error,
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %lld AND tgname LIKE "
                "'\\_honk\\_written\\_%%'",
                (long long) note->new_oid))
        return false;
    *ret = target != NULL && target->oid == note->new_oid && logs == LOGS &&
           (note->kept == NULL || (kept != NULL && kept->oid == note->old_oid));
    return true;
}
