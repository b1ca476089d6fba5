/*
 * push.c - a range inside of one database: INSERT … SELECT, and the hash of what it writes. Between databases: relay.c.
 *
 *   COPY (INSERT INTO stage (…) SELECT … FROM source WHERE range RETURNING …) TO STDOUT
 *
 * The rows come back as the table keeps them, while they are written, and are hashed here; nothing is sent to the server and
 * parsed there a second time. Several sessions do several ranges at once.
 *
 * It is done only where the result is what the row-by-row way writes (inside.h). All else is INVALID, as is a row that fails, and
 * the caller takes the other way.
 */
#include "driver/book.h"
#include "driver/postgres/inside.h"
#include "driver/postgres/scan.h"
#include "driver/postgres/tree.h"

#include <string.h>

#define TICK_ROWS 4096

static bool
push_can(Conn *base, const StoreConfig *source, const ScanSpec *spec)
{
    return strcmp(source->driver, base->driver->name) == 0;
}

/* --- doing it --- */

typedef struct {
    PgConn *conn;
    const GArray *targets;
    WireReader reader;
    WireCell *cells;
    WireType *types; /* as they come */
    RowHasher hasher;
    GString *scratch;
    HashSum sum;
} Tap;

static bool
tap_row(Tap *tap, const char *row, size_t bytes, GError **error)
{
    size_t count = 0, column = 0;
    g_autofree char *reason = NULL;
    RowHash hash;
    if (!wire_row(&tap->reader, row, bytes, tap->cells, tap->targets->len, &count))
        return fail(error, ERR_INTERNAL, "the server sent what is not COPY's binary form");
    if (count == 0)
        return true;
    if (!pg_hash_cells(tap->cells, tap->types, count, tap->scratch, &tap->hasher, &hash, &column,
                       &reason))
        return fail(error, ERR_INVALID, "%s: %s",
                    g_array_index(tap->targets, PgTarget, column).name, reason);
    hash_sum_add(&tap->sum, hash);
    tap->conn->rows_done = tap->sum.rows;
    return tap->sum.rows % TICK_ROWS != 0 || pg_ticks(tap->conn, error);
}

/* All rows through the tap. What goes wrong in the middle ends the transaction, so the rest is not waited for. */
static bool
tap_all(Tap *tap, const char *sql, GError **error)
{
    PgConn *conn = tap->conn;
    if (!pg_run_on(conn, conn->db, sql, NULL, error))
        return false;
    for (;;) {
        char *row = NULL;
        size_t bytes = 0;
        if (!pg_copied(conn, conn->db, &row, &bytes, error))
            return false;
        if (row == NULL)
            return true;
        bool is_good = tap_row(tap, row, bytes, error);
        PQfreemem(row);
        if (is_good)
            continue;
        pg_cancel(conn->db);
        return false;
    }
}

static bool
push_rows(PgConn *conn, const GArray *targets, const char *insert, const char *returning, bool hash,
          RangeResult *ret, GError **error)
{
    g_autofree WireCell *cells = g_new0(WireCell, targets->len);
    g_autoptr(GString) scratch = g_string_new(NULL);
    g_autofree WireType *types = g_new0(WireType, targets->len);
    Tap tap = {
        .conn = conn, .targets = targets, .cells = cells, .types = types, .scratch = scratch};
    for (guint i = 0; i < targets->len; i++) {
        const PgTarget *target = &g_array_index(targets, PgTarget, i);
        types[i] = (WireType){.oid = wire_is_known(target->base) ? target->base : OID_TEXT,
                              .takes_odd = target->takes_odd};
    }
    AUTO_RESULT *counted = NULL;
    if (!hash) {
        if (!pg_run_on(conn, conn->db, insert, &counted, error))
            return false;
        ret->rows_out = g_ascii_strtoll(PQcmdTuples(counted), NULL, 10);
        ret->hash = (HashSum){.rows = ret->rows_out};
    } else {
        g_autofree char *sql =
            g_strdup_printf("COPY (%s RETURNING %s) TO STDOUT (FORMAT binary)", insert, returning);
        row_hasher_init(&tap.hasher);
        bool done = tap_all(&tap, sql, error);
        row_hasher_clear(&tap.hasher);
        if (!done)
            return false;
        ret->rows_out = tap.sum.rows;
        ret->hash = tap.sum;
        ret->bytes = tap.hasher.total_bytes;
    }
    ret->rows_in = ret->rows_out;
    return true;
}

void
pg_soften(const PgConn *conn, GError **error)
{
    bool is_row = pg_state_is(conn, "22") || pg_state_is(conn, "23") || pg_state_is(conn, "42") ||
                  pg_state_is(conn, "P0001");
    if (error == NULL || *error == NULL || !is_row || error_is(*error, ERR_INVALID) ||
        error_is(*error, ERR_STOPPED) || error_is(*error, ERR_FORBIDDEN))
        return;
    g_autofree char *message = g_strdup((*error)->message);
    g_clear_error(error);
    fail(error, ERR_INVALID, "%s", message);
}

/* Inside of one database by its own statement, where that can be said; else from session to session. */
static bool
push_rows_of(PgConn *to, PgConn *from, const ScanSpec *spec, Program *program,
             const PgDescription *stage, bool hash, RangeResult *ret, GError **error)
{
    g_auto(Inside) inside;
    g_autoptr(GError) unsaid = NULL;
    inside_init(&inside);
    /* a session that writes must see what others wrote to the ledger: it cannot take a snapshot over */
    if (pg_is_one_place(to, from) && from->snapshot == NULL) {
        if (inside_say(to, spec, program, stage, &inside, &unsaid))
            return push_rows(to, inside.targets, inside.insert, inside.returning->str, hash, ret,
                             error);
        if (!error_is(unsaid, ERR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&unsaid));
            return false;
        }
    }
    return pg_relay(to, from, spec, program, stage, hash, ret, error);
}

static bool
push_range(Conn *base, Conn *source, const StoreConfig *store, const ScanSpec *spec,
           Program *program, const char *stage, const Writer *writer, bool hash, RangeResult *ret,
           GError **error)
{
    PgConn *conn = pg_conn(base);
    RangeResult result = {0};
    g_auto(PgDescription) seen = {0};
    bool is_done = false;
    conn->state[0] = '\0';
    conn->rows_done = 0;
    if (!pg_begin_range(conn, stage, writer, &is_done, &result, &seen, error))
        return false;
    bool done = is_done ||
                (push_rows_of(conn, pg_conn(source), spec, program, &seen, hash, &result, error) &&
                 book_write_range(base, writer, &result, error) && pg_commit(conn, error));
    pg_rollback(conn);
    if (done)
        *ret = result;
    else
        pg_soften(conn, error);
    return done;
}

/* True, and nothing told: it is not done inside, for `*ret_why`, or NULL where nobody thinks of it. */
static bool
tell_inside(PgConn *to, PgConn *from, const ScanSpec *spec, Program *program, const char *object,
            PlaceFn *tell, void *data, bool *ret_told, char **ret_why, GError **error)
{
    g_autoptr(PgObject) whole = NULL;
    g_auto(PgDescription) seen = {0};
    g_auto(Inside) inside;
    g_autoptr(GError) unsaid = NULL;
    inside_init(&inside);
    *ret_told = false;
    *ret_why = NULL;
    if (!pg_is_one_place(to, from) || from->snapshot != NULL)
        return true;
    if (!pg_object_need(to, spec->object, &whole, error) ||
        (object != NULL && !pg_describe_columns(to, object, &seen, error)))
        return false;
    if (!inside_look(to, whole, program, object != NULL ? &seen : NULL, &inside, &unsaid)) {
        if (!error_is(unsaid, ERR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&unsaid));
            return false;
        }
        *ret_why = g_strdup(unsaid->message);
        return true;
    }
    for (guint i = 0; i < inside.targets->len; i++)
        tell(g_array_index(inside.targets, PgTarget, i).column, PLACE_STORE,
             "inside of the database, by the INSERT … SELECT of each range", data);
    *ret_told = true;
    return true;
}

/* Where it is not done inside, why not is told behind whatever is told of the way between sessions. */
static bool
push_look(Conn *base, Conn *source, const StoreConfig *store, const ScanSpec *spec,
          Program *program, const char *object, PlaceFn *tell, void *data, char **ret_note,
          GError **error)
{
    PgConn *to = pg_conn(base), *from = pg_conn(source);
    g_autofree char *unsaid = NULL, *note = NULL;
    bool is_told = false;
    *ret_note = NULL;
    if (!tell_inside(to, from, spec, program, object, tell, data, &is_told, &unsaid, error))
        return false;
    if (is_told)
        return true;
    if (!pg_relay_look(to, from, spec, program, object, tell, data, &note, error))
        return false;
    *ret_note =
        unsaid == NULL && note == NULL
            ? NULL
            : g_strconcat(unsaid != NULL ? "not inside of the database: " : "",
                          unsaid != NULL ? unsaid : "", unsaid != NULL && note != NULL ? "; " : "",
                          note != NULL ? "row by row: " : "", note, NULL);
    return true;
}

const PushOps pg_push_ops = {
    .can = push_can,
    .look = push_look,
    .range = push_range,
};
