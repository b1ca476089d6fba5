/*
 * mirror.c - what is written to a table, written to the stage of its copy as well, in the same transaction.
 *
 * The triggers that note the keys of rows (watch.c) call a function; here it gets another body: the rows with the old key leave the
 * stage, and what the mapping makes of the row as it is by now comes in. Both happen or neither, so that whoever looks at both tables
 * in one snapshot finds them equal, however much is written. What the stage refuses must not hurt the writer: it is undone, and
 * noted as before.
 *
 * The body changes in a transaction that keeps writers waiting, behind all that they had written and been noted for:
 *
 *   LOCK source ─► the last notes are copied ─► CREATE OR REPLACE FUNCTION ─► COMMIT
 */
#include "driver/postgres/inside.h"
#include "driver/postgres/watch.h"

/* How such a function is known by its text. */
#define MARK "/* mirror */"

/* "a = OLD.x AND b = OLD.y", of the stage's names and the source's. */
static char *
same_key(const MirrorSpec *spec, const char *before)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < spec->from->len; i++) {
        g_autofree char *to = pg_name(schema_column(spec->key, i)->name);
        g_autofree char *from = pg_name(spec->from->pdata[i]);
        g_string_append_printf(text, "%s%s = %s%s", i > 0 ? " AND " : "", to, before, from);
    }
    return g_string_free(text, FALSE);
}

/* The row is read from the table, where it stands as the writer left it. */
static char *
is_new_row(const MirrorSpec *spec)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < spec->from->len; i++) {
        g_autofree char *name = pg_name(spec->from->pdata[i]);
        g_string_append_printf(text, " AND %s = NEW.%s", name, name);
    }
    return g_string_free(text, FALSE);
}

/* A column that rounds or cuts would keep something else than the mapping says: that is no row to be kept. */
static char *
check_bent(const MirrorSpec *spec, const Inside *inside, const char *stage, const char *is_new)
{
    g_autofree char *same = same_key(spec, "NEW.");
    return inside->bent_items->len == 0
               ? g_strdup("")
               : g_strdup_printf(
                     " IF EXISTS (SELECT %s FROM %s%s EXCEPT SELECT %s FROM %s WHERE %s) "
                     "THEN RAISE EXCEPTION 'bent'; END IF;",
                     inside->bent_items->str, inside->from, is_new, inside->bent_columns->str,
                     stage, same);
}

static bool
say_mirror(PgConn *conn, const MirrorSpec *spec, char **ret, GError **error)
{
    g_auto(PgDescription) seen = {0};
    g_auto(Inside) inside;
    inside_init(&inside);
    inside.may_bend = true;
    if (!pg_describe_columns(conn, spec->stage, &seen, error) ||
        !inside_say(conn, spec->spec, spec->program, &seen, &inside, error))
        return false;
    const PgObject *stage = seen.object;
    g_autofree char *old = same_key(spec, "OLD."), *new = is_new_row(spec);
    g_autofree char *bent = check_bent(spec, &inside, stage->sql, new);
    *ret = g_strdup_printf(MARK " IF TG_OP <> 'INSERT' THEN DELETE FROM %s WHERE %s; END IF; "
                                "IF TG_OP <> 'DELETE' THEN %s%s;%s END IF;",
                           stage->sql, old, inside.insert, new, bent);
    return true;
}

/* Expressions of the mapping find their functions where this session finds them. */
static bool
path_of_session(PgConn *conn, char **ret, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error, "SELECT current_setting('search_path')"))
        return false;
    const char *path = pg_cell(rows, 0, 0);
    *ret = *path == '\0' ? g_strdup(PG_NOTES_PATH) : g_strdup_printf("%s, pg_temp", path);
    return true;
}

typedef struct {
    const PgObject *object;
    const char *path, *body;
    CatchUpFn *catch_up;
    void *data;
} Begin;

static bool
begin_inside(PgConn *conn, const void *data, GError **error)
{
    const Begin *begin = data;
    bool is_watched = false;
    if (!pg_run(conn, error, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", begin->object->sql) ||
        !pg_has_watch(conn, begin->object, &is_watched, error))
        return false;
    if (!is_watched)
        return fail(error, ERR_DRIFT, "what is written to '%s' is not noted any more",
                    begin->object->name);
    return begin->catch_up(begin->data, error) &&
           pg_watch_function(conn, begin->object, begin->path, begin->body, error);
}

static bool
pg_mirror_begin(Conn *base, const MirrorSpec *spec, CatchUpFn *catch_up, void *data, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    g_autofree char *body = NULL, *path = NULL;
    if (!pg_object_need(conn, spec->spec->object, &object, error) ||
        !say_mirror(conn, spec, &body, error) || !path_of_session(conn, &path, error))
        return false;
    Begin begin = {
        .object = object, .path = path, .body = body, .catch_up = catch_up, .data = data};
    return pg_change(conn, begin_inside, &begin, error);
}

static bool
end_inside(PgConn *conn, const void *data, GError **error)
{
    return pg_watch_function(conn, data, PG_NOTES_PATH, NULL, error);
}

static bool
is_on(PgConn *conn, const PgObject *object, bool *ret, GError **error)
{
    int64_t count = 0;
    if (!pg_int(
            conn, &count, error,
            "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE "
            "n.nspname = %Q AND p.proname = '_honk_watch_%lld' AND position(%Q IN p.prosrc) > 0",
            conn->book_name, (long long) object->oid, MARK))
        return false;
    *ret = count > 0;
    return true;
}

static bool
pg_mirror_end(Conn *base, const char *name, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    bool is_mirrored = false;
    return pg_object_find(conn, name, &object, error) &&
           (object == NULL || (is_on(conn, object, &is_mirrored, error) &&
                               (!is_mirrored || pg_change(conn, end_inside, object, error))));
}

static bool
pg_mirror_is_on(Conn *base, const char *name, bool *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    bool is_watched = false;
    if (!pg_object_need(conn, name, &object, error) ||
        !pg_has_watch(conn, object, &is_watched, error) || !is_on(conn, object, ret, error))
        return false;
    *ret = *ret && is_watched;
    return true;
}

static bool
pg_mirror_can(Conn *base, const MirrorSpec *spec, char **ret_why, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    g_auto(PgDescription) stage = {0};
    g_autoptr(GError) unsaid = NULL;
    g_auto(Inside) inside;
    inside_init(&inside);
    inside.may_bend = true;
    *ret_why = NULL;
    if (!pg_object_need(conn, spec->spec->object, &object, error) ||
        (spec->stage != NULL && !pg_describe_columns(conn, spec->stage, &stage, error)))
        return false;
    if (spec->stage != NULL ? inside_look(conn, object, spec->program, &stage, &inside, &unsaid)
                            : inside_can(conn, object, spec->program, &unsaid))
        return true;
    if (!error_is(unsaid, ERR_INVALID)) {
        g_propagate_error(error, g_steal_pointer(&unsaid));
        return false;
    }
    *ret_why = g_strdup(unsaid->message);
    return true;
}

const MirrorOps pg_mirror_ops = {
    .can = pg_mirror_can,
    .begin = pg_mirror_begin,
    .end = pg_mirror_end,
    .is_on = pg_mirror_is_on,
};
