/*
 * query.c - a query that somebody else wrote, run where it can change and reach nothing.
 *
 * In a transaction of a session of its own, which is rolled back. The names of the spec are views of the session, where the
 * server looks first. The query becomes a view, too, before it is run: so the server itself says whether it is one statement
 * that only reads, and which functions it calls; one that is volatile is refused. From there on the transaction only reads.
 * Without parallel workers rows come in one order, and floats are added in one.
 *
 * Views have no keys, so a query that groups by a key and names other columns does not run over them: for such a one they
 * become tables of the session, with their keys.
 */
#include "driver/query.h"
#include "driver/book.h"
#include "driver/postgres/inside.h"

#include "base/clock.h"

#include <string.h>

#define LOCK_MS 2000   /* a query that waits longer is not worth it: whoever writes goes first */
#define FETCH_ROWS 500 /* that are in memory at once */
#define QUERY_VIEW "honk_query"
#define SYNTAX "42601"       /* no query at all */
#define NOT_IN_VIEWS "0A000" /* INTO, or a WITH that writes */
#define GROUPING "42803"     /* a column is neither grouped by, nor told by what is */

typedef struct {
    PgConn *conn;
    PGconn *db;
    const QuerySpec *spec;
    int64_t until_ms;
    bool has_tables; /* the names are tables with keys, not views */
    bool is_clean;   /* rolled back, and fit for others */
} Session;

static void
session_clear(Session *session)
{
    pg_give_back(session->conn, session->db, session->is_clean);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

/* One statement, or several; what the server ends is over its time. */
static bool
run(Session *session, const char *sql, PGresult **ret, GError **error)
{
    g_autoptr(GError) broken = NULL;
    int64_t left_ms = session->until_ms - clock_monotonic_ms();
    if (left_ms <= 0)
        return query_fail_late(session->spec, error);
    if (pg_run_on(session->conn, session->db, sql, ret, &broken))
        return true;
    if (error_is(broken, ERR_TRANSIENT) && pg_state_is(session->conn, "57014"))
        return query_fail_late(session->spec, error);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

/* ---- the names of the spec ---- */

/* NULL: SQL does not say them all. Caller frees. */
static char *
view_items(Session *session, const PgObject *object, const Program *program)
{
    if (program == NULL)
        return g_strdup("*");
    return inside_can(session->conn, object, program, NULL)
               ? query_items(program, TYPED_POSTGRES, pg_name)
               : NULL;
}

/* What the rows are told by under the mapping's names; NULL: nothing. Caller frees. */
static char *
key_of(const PgObject *object, const Program *program)
{
    g_autoptr(GPtrArray) key = g_ptr_array_new();
    if (object->key->len == 0)
        return NULL;
    if (program == NULL)
        return book_name_list(object->key, "");
    for (guint k = 0; k < object->key->len; k++)
        for (size_t i = 0; i < schema_count(program_target(program)); i++)
            if (g_strcmp0(program_source_of(program, i), object->key->pdata[k]) == 0) {
                g_ptr_array_add(key, schema_column(program_target(program), i)->name);
                break;
            }
    return key->len == object->key->len ? book_name_list(key, "") : NULL;
}

static bool
select_make(Session *session, const PgObject *object, const QueryView *view, const char *items,
            GError **error)
{
    g_autofree char *name = pg_name(view->name);
    g_autofree char *sql = g_strdup_printf("CREATE TEMP %s %s AS SELECT %s FROM %s WHERE (%s\n)",
                                           session->has_tables ? "TABLE" : "VIEW", name, items,
                                           object->sql, view->where != NULL ? view->where : "true");
    return run(session, sql, NULL, error);
}

static bool
view_make(Session *session, const QueryView *view, GError **error)
{
    g_autoptr(PgObject) object = NULL;
    if (!pg_object_need(session->conn, view->object, &object, error))
        return false;
    g_autofree char *items = view_items(session, object, view->program);
    if (items != NULL ? !select_make(session, object, view, items, error)
                      : !pg_query_fill(session->conn, session->db, view, error))
        return false;
    g_autofree char *key = session->has_tables ? key_of(object, view->program) : NULL;
    g_autofree char *name = pg_name(view->name);
    g_autofree char *sql =
        g_strdup_printf("ALTER TABLE pg_temp.%s ADD PRIMARY KEY (%s)", name, key);
    return key == NULL || run(session, sql, NULL, error);
}

static bool
session_begin(Session *session, GError **error)
{
    g_autofree char *begin = g_strdup_printf(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = %" G_GINT64_FORMAT
        "; SET LOCAL lock_timeout = %d; SET LOCAL max_parallel_workers_per_gather = 0; "
        "SET LOCAL cursor_tuple_fraction = 1",
        session->spec->time_ms_max, LOCK_MS);
    session->until_ms = clock_monotonic_ms() + session->spec->time_ms_max;
    if (!run(session, begin, NULL, error))
        return false;
    for (size_t i = 0; i < session->spec->view_count; i++)
        if (!view_make(session, &session->spec->views[i], error))
            return false;
    return true;
}

static void
session_end(Session *session)
{
    session->is_clean = pg_run_on(session->conn, session->db, "ROLLBACK", NULL, NULL);
}

/* ---- what it may do ---- */

/* The server reads it by itself, without anything around it: several statements are an error. */
static bool
describe(Session *session, PGresult **ret, GError **error)
{
    AUTO_RESULT *prepared = PQprepare(session->db, "", session->spec->sql, 0, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        g_autoptr(GError) broken = NULL;
        pg_fail(session->conn, session->db, prepared, &broken);
        /* any other error of syntax has a place */
        if (pg_state_is(session->conn, "42601") &&
            PQresultErrorField(prepared, PG_DIAG_STATEMENT_POSITION) == NULL)
            return query_fail_statements(error);
        g_propagate_error(error, g_steal_pointer(&broken));
        return false;
    }
    *ret = PQdescribePrepared(session->db, "");
    if (PQresultStatus(*ret) != PGRES_COMMAND_OK)
        return pg_fail(session->conn, session->db, *ret, error);
    if (PQnparams(*ret) > 0)
        return query_fail_parameters(error);
    return PQnfields(*ret) > 0 || query_fail_writes(error);
}

/* Names that are all different: a view takes no others. */
static bool
make_view(Session *session, int columns, GError **error)
{
    g_autoptr(GString) sql = g_string_new("CREATE TEMP VIEW " QUERY_VIEW " (");
    g_autoptr(GError) broken = NULL;
    for (int i = 0; i < columns; i++)
        g_string_append_printf(sql, "%sc%d", i > 0 ? ", " : "", i);
    g_string_append_printf(sql, ") AS\n%s\n", session->spec->sql);
    if (run(session, sql->str, NULL, &broken))
        return true;
    if (pg_state_is(session->conn, SYNTAX) || pg_state_is(session->conn, NOT_IN_VIEWS))
        return query_fail_writes(error);
    if (error_is(broken, ERR_INVALID)) /* it is not the query that is wrong */
        return fail(error, ERR_UNSUPPORTED, "%s", broken->message);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

/* Functions of the parsed query, as the server keeps it, aggregates, windows and operators among them. */
static bool
check_functions(Session *session, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!run(session,
             "SELECT p.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_rewrite r, LATERAL "
             "pg_catalog.regexp_matches(r.ev_action::text, "
             "':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)', 'g') AS m (found) JOIN "
             "pg_catalog.pg_proc p ON p.oid = m.found[1]::oid WHERE r.ev_class = "
             "'pg_temp." QUERY_VIEW "'::pg_catalog.regclass AND p.provolatile = 'v' LIMIT 1",
             &rows, error))
        return false;
    return PQntuples(rows) == 0 || query_fail_fickle(pg_cell(rows, 0, 0), error);
}

static bool
prepare(Session *session, PGresult **ret, GError **error)
{
    return describe(session, ret, error) && make_view(session, PQnfields(*ret), error) &&
           check_functions(session, error) &&
           run(session, "SET TRANSACTION READ ONLY", NULL, error);
}

/* ---- the rows ---- */

static QueryCell
cell_of(const PGresult *rows, int row, int column)
{
    const char *text = PQgetvalue(rows, row, column);
    size_t size = (size_t) PQgetlength(rows, row, column);
    if (PQgetisnull(rows, row, column) == 1)
        return (QueryCell){.kind = QUERY_NULL};
    switch (PQftype(rows, column)) {
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return (QueryCell){.kind = QUERY_INT, .integer = g_ascii_strtoll(text, NULL, 10)};
    case OID_FLOAT4:
    case OID_FLOAT8:
        return (QueryCell){.kind = QUERY_FLOAT, .real = g_ascii_strtod(text, NULL)};
    case OID_NUMERIC:
        return query_decimal(text, size);
    default:
        return (QueryCell){.kind = QUERY_TEXT, .bytes = text, .size = size};
    }
}

static bool
give_rows(Session *session, int columns, QueryRowFn *row, void *data, GError **error)
{
    g_autofree QueryCell *cells = g_new(QueryCell, (size_t) columns);
    g_autofree char *cursor =
        g_strdup_printf("DECLARE honk_rows NO SCROLL CURSOR FOR\n%s\n", session->spec->sql);
    g_autofree char *fetch = g_strdup_printf("FETCH %d FROM honk_rows", FETCH_ROWS);
    int64_t given = 0;
    if (!run(session, cursor, NULL, error))
        return false;
    for (;;) {
        AUTO_RESULT *rows = NULL;
        if (!run(session, fetch, &rows, error))
            return false;
        int count = PQntuples(rows);
        given += count;
        if (given > session->spec->rows_max)
            return query_fail_many(session->spec, error);
        for (int r = 0; r < count; r++) {
            for (int c = 0; c < columns; c++)
                cells[c] = cell_of(rows, r, c);
            row(cells, (size_t) columns, data);
        }
        if (count < FETCH_ROWS)
            return true;
    }
}

static GPtrArray *
names_of(const PGresult *described)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < PQnfields(described); i++)
        g_ptr_array_add(names, g_strdup(PQfname(described, i)));
    return names;
}

static bool
query_once(PgConn *conn, const QuerySpec *spec, bool has_tables, QueryRowFn *row, void *data,
           GPtrArray **ret_names, GError **error)
{
    g_auto(Session) session = {.conn = conn, .spec = spec, .has_tables = has_tables};
    AUTO_RESULT *described = NULL;
    if (!pg_borrow(conn, &session.db, error))
        return false;
    bool done = session_begin(&session, error) && prepare(&session, &described, error);
    if (done)
        *ret_names = names_of(described);
    done = done && give_rows(&session, PQnfields(described), row, data, error);
    g_autofree char *state = g_strdup(conn->state);
    session_end(&session);
    g_strlcpy(conn->state, state, sizeof conn->state);
    return done;
}

static bool
query(Conn *base, const QuerySpec *spec, QueryRowFn *row, void *data, GPtrArray **ret_names,
      GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(GError) broken = NULL;
    g_assert(conn->snapshot == NULL);
    if (query_once(conn, spec, false, row, data, ret_names, &broken))
        return true;
    if (error_is(broken, ERR_INVALID) && pg_state_is(conn, GROUPING))
        return query_once(conn, spec, true, row, data, ret_names, error);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

/* ---- which rows ---- */

#define BLOCK_ROWS 50 /* of a table that was never counted */

/* Rows lie in the order of the key, as far as a condition can say it, else in that of their places. */
static bool
sample(Conn *base, const char *name, int64_t rows, char **ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *bound = NULL;
    if (!pg_object_need(conn, name, &object, error))
        return false;
    if (object->key->len == 0) {
        int64_t each = object->rows_guess > 0 && object->blocks > 0
                           ? MAX(object->rows_guess / object->blocks, 1)
                           : BLOCK_ROWS;
        if (object->blocks > rows / each + 1)
            *ret = pg_sql("ctid < '(%lld,0)'::pg_catalog.tid", (long long) (rows / each + 1));
        return true;
    }
    g_autofree char *key = book_name_list(object->key, "");
    g_autoptr(GString) literals = g_string_new(NULL);
    for (guint i = 0; i < object->key->len; i++)
        g_string_append_printf(literals, "%s pg_catalog.quote_literal(\"%s\"::text) || '::%s'",
                               i > 0 ? " || ', ' ||" : "", (const char *) object->key->pdata[i],
                               (const char *) object->key_types->pdata[i]);
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %" G_GINT64_FORMAT,
                        literals->str, object->sql, key, rows);
    if (!pg_run_on(conn, conn->db, sql, &bound, error))
        return false;
    if (PQntuples(bound) > 0)
        *ret = g_strdup_printf("(%s) < (%s)", key, pg_cell(bound, 0, 0));
    return true;
}

static bool
rows_are(Conn *base, const char *name, const int64_t *ids, size_t count, char **ret, GError **error)
{
    g_autoptr(PgObject) object = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (!pg_object_need(pg_conn(base), name, &object, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        g_autofree char *is = pg_row_id_is(object, ids[i]);
        if (is == NULL)
            return query_fail_rows(name, error);
        g_string_append_printf(text, "%s%s", i > 0 ? " OR " : "", is);
    }
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

const QueryOps pg_query_ops = {.run = query, .sample = sample, .rows_are = rows_are};
