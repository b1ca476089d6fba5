/*
 * watch.c - noting which rows of a table are written to, for whoever copies it meanwhile.
 *
 * A trigger writes the key of each row into a table of ours, in the writer's own transaction: a write that counts is noted, and
 * one that does not is not. It is a trigger for each row, because the statement's own are not fired for rows that replication
 * brings, nor for those of a partition; and ENABLE ALWAYS, as the freeze. Writers need no right on our tables: the function
 * runs as its owner.
 *
 *   _honk_changed_OID(key…, _honk_note, _honk_take, _honk_at)
 *
 * Numbers are not in the order of the commits: a note may come to light after later ones were read. So notes are not taken up
 * to a number, but those that are seen are marked with the number of the marking transaction, which no other one ever has; rows
 * are read after that was committed, and what is marked is what is deleted when it is done with.
 */
#include "driver/postgres/watch.h"

#include "driver/book.h"

#include <string.h>

#define TRIGGER "_honk_watch"
#define TRIGGER_TRUNCATE "_honk_watch_all"
#define TRIGGERS 2
#define BEHIND_COUNT_MAX 1000000 /* more of them are not counted at each look */

char *
pg_notes_of(const PgConn *conn, int64_t oid)
{
    return g_strdup_printf("%s.\"_honk_changed_%" G_GINT64_FORMAT "\"", conn->book, oid);
}

/* --- making and dropping --- */

/* A row must be found by its key, and every write to it must come past a trigger. */
static bool
check(PgConn *conn, const PgObject *object, GError **error)
{
    bool has_foreign = false;
    if (object->kind != PG_TABLE && object->kind != PG_PARTITIONED)
        return fail(error, ERR_INVALID, "'%s' is a %s: what is written to it cannot be noted",
                    object->name, pg_kind_name(object->kind));
    if (!object->key_is_primary)
        return fail(error, ERR_INVALID, "'%s' has no primary key by which changes could be noted",
                    object->name);
    if (!pg_has_foreign(conn, object, &has_foreign, error))
        return false;
    return !has_foreign ||
           fail(
               error, ERR_INVALID,
               "a part of '%s' lies on another server: what is written to it there cannot be noted",
               object->name);
}

/* Old and new key are both noted where they are not the same to the bit: what a type calls equal, another store may not. */
static char *
note_statements(const PgObject *object, const char *notes)
{
    g_autofree char *plain = book_name_list(object->key, ""),
                    *new = book_name_list(object->key, "NEW."),
                    *old = book_name_list(object->key, "OLD.");
    return g_strdup_printf(
        "IF TG_OP <> 'INSERT' THEN INSERT INTO %s (%s) VALUES (%s); END IF; "
        "IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND ROW(%s)::record *<> ROW(%s)::record) THEN "
        "INSERT INTO %s (%s) VALUES (%s); END IF; ",
        notes, plain, old, old, new, notes, plain, new);
}

bool
pg_watch_function(PgConn *conn, const PgObject *object, const char *path, const char *instead,
                  GError **error)
{
    g_autofree char *notes = pg_notes_of(conn, object->oid),
                    *plain = book_name_list(object->key, "");
    g_autofree char *all = pg_sql("INSERT INTO %s (%s) SELECT %s FROM ONLY ", notes, plain, plain);
    g_autofree char *note = note_statements(object, notes);
    g_autofree char *each =
        instead == NULL
            ? g_strdup(note)
            : g_strdup_printf("BEGIN %s EXCEPTION WHEN OTHERS THEN %sEND; ", instead, note);
    g_autofree char *body =
        pg_sql("#variable_conflict use_column\nBEGIN IF TG_OP = 'TRUNCATE' THEN EXECUTE %Q || "
               "format('%%I.%%I', TG_TABLE_SCHEMA, TG_TABLE_NAME); RETURN NULL; END IF; %sRETURN "
               "NULL; END",
               all, each);
    return pg_run(conn, error,
                  "CREATE OR REPLACE FUNCTION %s._honk_watch_%lld() RETURNS trigger LANGUAGE "
                  "plpgsql SECURITY DEFINER SET search_path = %s AS %Q",
                  conn->book, (long long) object->oid, path, body);
}

static bool
drop_triggers(PgConn *conn, const PGresult *tables, int i, GError **error)
{
    const char *table = pg_cell(tables, i, 0);
    return pg_cell_int(tables, i, 3) ==
               0 || /* looking for them alone would wait for whoever reads */
           pg_run(conn, error,
                  "DROP TRIGGER IF EXISTS " TRIGGER
                  " ON %s; DROP TRIGGER IF EXISTS " TRIGGER_TRUNCATE " ON %s",
                  table, table);
}

static bool
make_triggers(PgConn *conn, const PgObject *object, const char *table, GError **error)
{
    long long oid = (long long) object->oid;
    return pg_run(
        conn, error,
        "CREATE TRIGGER " TRIGGER " AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW "
        "EXECUTE FUNCTION %s._honk_watch_%lld(); CREATE TRIGGER " TRIGGER_TRUNCATE
        " BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s._honk_watch_%lld(); "
        "ALTER TABLE %s ENABLE ALWAYS TRIGGER " TRIGGER
        "; ALTER TABLE %s ENABLE ALWAYS TRIGGER " TRIGGER_TRUNCATE,
        table, conn->book, oid, table, conn->book, oid, table, table);
}

/* The notes keep the very types of the key. */
bool
pg_make_notes(PgConn *conn, const PgObject *object, GError **error)
{
    g_autofree char *plain = book_name_list(object->key, ""),
                    *notes = pg_notes_of(conn, object->oid);
    int64_t is_there = 0;
    if (!pg_run(conn, error, "CREATE SCHEMA IF NOT EXISTS %s", conn->book) ||
        !pg_int(conn, &is_there, error, "SELECT count(to_regclass(%Q))", notes))
        return false;
    return is_there > 0 ||
           pg_run(conn, error,
                  "CREATE TABLE %s AS SELECT %s FROM %s WITH NO DATA; ALTER TABLE %s ADD "
                  "_honk_note int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ADD _honk_take int8, "
                  "ADD _honk_at timestamptz NOT NULL DEFAULT clock_timestamp()",
                  notes, plain, object->sql, notes);
}

/* The root of a tree of partitions needs none: rows lie below it. */
static bool
lacks_triggers(const PGresult *tables, int i)
{
    return pg_cell(tables, i, 2)[0] == PG_TABLE && pg_cell_int(tables, i, 1) < TRIGGERS;
}

static bool
watch_inside(PgConn *conn, const void *data, GError **error)
{
    const PgObject *object = data;
    AUTO_RESULT *tables = NULL;
    if (!pg_book_lock(&conn->base, error) || !pg_make_notes(conn, object, error) ||
        !pg_watch_function(conn, object, PG_NOTES_PATH, NULL, error) ||
        !pg_tree(conn, object, TRIGGER, &tables, error))
        return false;
    for (int i = 0; i < PQntuples(tables); i++)
        if (lacks_triggers(tables, i) &&
            !(drop_triggers(conn, tables, i, error) &&
              make_triggers(conn, object, pg_cell(tables, i, 0), error)))
            return false;
    return true;
}

static bool
pg_watch(Conn *base, const char *name, WatchWay way, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    return pg_object_need(conn, name, &object, error) && check(conn, object, error) &&
           (way == WATCH_LOG ? pg_log_start(conn, object, error)
                             : pg_change(conn, watch_inside, object, error));
}

static bool
pg_can_log(Conn *base, const char *name, char **ret_why, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    return pg_object_need(conn, name, &object, error) && pg_log_can(conn, object, ret_why, error);
}

static bool
unwatch_inside(PgConn *conn, const void *data, GError **error)
{
    const PgObject *object = data;
    g_autofree char *notes = pg_notes_of(conn, object->oid);
    AUTO_RESULT *tables = NULL;
    if (!pg_book_lock(&conn->base, error) || !pg_tree(conn, object, TRIGGER, &tables, error))
        return false;
    for (int i = 0; i < PQntuples(tables); i++)
        if (!drop_triggers(conn, tables, i, error))
            return false;
    return pg_run(conn, error, "DROP TABLE IF EXISTS %s", notes) && book_tidy(&conn->base, error);
}

/* The table is gone, and its triggers with it; the notes speak of nothing. All such are dropped, since no name tells which. */
static bool
drop_orphans(PgConn *conn, const void *data, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_book_lock(&conn->base, error) ||
        !pg_rows(
            conn, &rows, error,
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %Q AND c.relkind = 'r' AND c.relname ~ '^_honk_changed_[0-9]+$' "
            "AND NOT EXISTS (SELECT 1 FROM pg_class o WHERE o.oid::text = substr(c.relname, "
            "length('_honk_changed_') + 1))",
            conn->book_name))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *notes = pg_cell(rows, i, 0);
        int64_t oid = g_ascii_strtoll(notes + strlen("_honk_changed_"), NULL, 10);
        if (!pg_log_stop(conn, oid, error) ||
            !pg_run(conn, error, "DROP TABLE %s.\"%w\"", conn->book, notes))
            return false;
    }
    return book_tidy(&conn->base, error);
}

static bool
pg_unwatch(Conn *base, const char *name, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    return pg_object_find(conn, name, &object, error) &&
           (object == NULL || pg_log_stop(conn, object->oid, error)) &&
           pg_change(conn, object != NULL ? unwatch_inside : drop_orphans, object, error);
}

bool
pg_has_watch(PgConn *conn, const PgObject *object, bool *ret, GError **error)
{
    AUTO_RESULT *tables = NULL;
    if (!pg_tree(conn, object, TRIGGER, &tables, error))
        return false;
    *ret = true;
    for (int i = 0; i < PQntuples(tables); i++)
        *ret = *ret && !lacks_triggers(tables, i);
    return true;
}

static bool
pg_is_watched(Conn *base, const char *name, bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    bool is_lost = false;
    return pg_object_need(conn, name, &object, error) && pg_log_settle(conn, object->oid, error) &&
           pg_log_find(conn, object->oid, ret, &is_lost, error) &&
           (*ret || pg_has_watch(conn, object, ret, error));
}

/* --- notes --- */

bool
pg_check_key(const PgObject *object, const char *noted, GError **error)
{
    g_autofree char *key = book_name_list(object->key, "");
    if (noted == NULL || *noted == '\0' || (object->key_is_primary && g_strcmp0(key, noted) == 0))
        return true;
    if (!object->key_is_primary)
        return fail(error, ERR_DRIFT,
                    "'%s' has lost its primary key (%s), by which what is written to it is "
                    "followed: ALTER TABLE %s ADD PRIMARY KEY (%s) and resume, or roll back and "
                    "plan again",
                    object->name, noted, object->sql, noted);
    return fail(
        error, ERR_DRIFT,
        "the primary key of '%s' is (%s) now, and was (%s) when what is written to it began "
        "to be followed: make it that again and resume, or roll back and plan again",
        object->name, key, noted);
}

static bool
find_notes(PgConn *conn, const char *name, PgObject **ret, char **ret_notes, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_object_need(conn, name, ret, error))
        return false;
    *ret_notes = pg_notes_of(conn, (*ret)->oid);
    return (*ret)->key_is_primary ||
           (pg_rows(conn, &rows, error, "SELECT " PG_NOTED_KEY, *ret_notes) &&
            pg_check_key(*ret, pg_cell(rows, 0, 0), error));
}

static bool
pg_behind(Conn *base, const char *name, Behind *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    g_autofree char *notes = NULL;
    AUTO_RESULT *rows = NULL;
    bool by_log = false, is_lost = false;
    Behind behind = {0};
    if (!find_notes(conn, name, &object, &notes, error) ||
        !pg_log_find(conn, object->oid, &by_log, &is_lost, error))
        return false;
    if (is_lost)
        return fail(error, ERR_DRIFT,
                    "the server no longer keeps its log for '%s': roll back and plan again", name);
    if ((by_log && !pg_log_read(conn, object, &behind.bytes, error)) ||
        !pg_rows(conn, &rows, error,
                 "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - "
                 "min(_honk_at)) * 1000, 0)::int8, " PG_NOTED_KEY
                 " FROM (SELECT _honk_at FROM %s ORDER BY _honk_note LIMIT %d) n",
                 notes, notes, BEHIND_COUNT_MAX) ||
        !pg_check_key(object, pg_cell(rows, 0, 2), error))
        return false;
    behind.notes = pg_cell_int(rows, 0, 0);
    behind.ms = MAX(pg_cell_int(rows, 0, 1), 0);
    *ret = behind;
    return true;
}

typedef struct {
    const char *notes;
    int64_t most, take, first, last;
} Take;

static bool
take_inside(PgConn *conn, const void *data, GError **error)
{
    Take *take = (Take *) data;
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "WITH taken AS (UPDATE %s SET _honk_take = txid_current() WHERE _honk_note = ANY "
                 "(ARRAY(SELECT _honk_note FROM %s ORDER BY _honk_note LIMIT %lld)) RETURNING "
                 "_honk_take, _honk_note) SELECT max(_honk_take), min(_honk_note), max(_honk_note) "
                 "FROM taken",
                 take->notes, take->notes, (long long) take->most))
        return false;
    take->take = pg_cell_int(rows, 0, 0);
    take->first = pg_cell_int(rows, 0, 1);
    take->last = pg_cell_int(rows, 0, 2);
    return true;
}

/* One column is looked up in an index whatever the server believes of how many notes there are. */
static char *
rows_condition(const PgObject *object, const WriteNotes *notes)
{
    g_autofree char *columns = book_name_list(object->key, "");
    return object->key->len == 1 ? g_strdup_printf("%s = ANY (ARRAY(SELECT %s FROM %s WHERE %s))",
                                                   columns, columns, notes->object, notes->which)
                                 : g_strdup_printf("(%s) IN (SELECT %s FROM %s WHERE %s)", columns,
                                                   columns, notes->object, notes->which);
}

static bool
pg_next_notes(Conn *base, const char *name, int64_t notes_max, WriteNotes *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    g_autofree char *table = NULL;
    if (!find_notes(conn, name, &object, &table, error))
        return false;
    Take take = {.notes = table, .most = notes_max};
    if (!pg_change(conn, take_inside, &take, error))
        return false;
    WriteNotes notes = {.last = take.take, .object = g_steal_pointer(&table)};
    /* by number, which an index has; and by mark, which decides */
    notes.which = g_strdup_printf("_honk_note BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT
                                  " AND _honk_take = %" G_GINT64_FORMAT,
                                  take.first, take.last, take.take);
    notes.rows = rows_condition(object, &notes);
    *ret = notes;
    return true;
}

static bool
pg_forget_notes(Conn *base, const char *name, int64_t last, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    g_autofree char *notes = NULL;
    return find_notes(conn, name, &object, &notes, error) &&
           pg_run(conn, error, "DELETE FROM %s WHERE _honk_take = %lld", notes, (long long) last);
}

static bool
pg_note(Conn *base, const char *name, const GPtrArray *columns, const Batch *keys, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    g_autofree char *notes = NULL, *names = book_name_list(columns, "");
    if (!find_notes(conn, name, &object, &notes, error))
        return false;
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "INSERT INTO %s (%s) VALUES ", notes, names);
    for (size_t row = 0; row < keys->row_count; row++) {
        for (size_t i = 0; i < keys->column_count; i++) {
            Value value = batch_value(keys, i, row);
            g_string_append(sql, i > 0 ? ", " : row > 0 ? ", (" : "(");
            pg_append_literal(sql, &value);
        }
        g_string_append_c(sql, ')');
    }
    return keys->row_count == 0 || pg_run_on(conn, conn->db, sql->str, NULL, error);
}

static bool
pg_watch_check(Conn *base, const char *name, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    return pg_object_need(conn, name, &object, error) && check(conn, object, error);
}

const WatchOps pg_watch_ops = {
    .check = pg_watch_check,
    .can_log = pg_can_log,
    .watch = pg_watch,
    .unwatch = pg_unwatch,
    .is_watched = pg_is_watched,
    .behind = pg_behind,
    .next = pg_next_notes,
    .forget = pg_forget_notes,
    .note = pg_note,
};
