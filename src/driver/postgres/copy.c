/* copy.c - see copy.h; by libpq here. */
#include "driver/postgres/copy.h"

static PgCopy *
copy_new(PgConn *conn, PGconn *db)
{
    PgCopy *copy = g_new0(PgCopy, 1);
    copy->conn = conn;
    copy->db = db;
    copy->is_direct = g_getenv("HONK_COPY_BY_LIBPQ") == NULL && direct_is_possible(db);
    return copy;
}

void
pg_copy_free(PgCopy *copy)
{
    if (copy == NULL)
        return;
    if (copy->is_open)
        direct_cut(copy->db);
    PQfreemem(copy->row);
    PQclear(copy->result);
    g_free(copy->said);
    g_free(copy->buffer);
    g_free(copy);
}

static bool
begin_by_libpq(PgCopy *copy, const char *sql, GError **error)
{
    AUTO_RESULT *result = NULL;
    if (!pg_run_on(copy->conn, copy->db, sql, &result, error))
        return false;
    ExecStatusType status = PQresultStatus(result);
    copy->is_open = status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
    copy->is_out = status == PGRES_COPY_OUT;
    return copy->is_open || fail(error, ERR_INTERNAL, "the statement is no COPY");
}

bool
pg_copy_begin(PgConn *conn, PGconn *db, const char *sql, PgCopy **ret, GError **error)
{
    g_autoptr(PgCopy) copy = copy_new(conn, db);
    if (!pg_ticks(conn, error) ||
        !(copy->is_direct ? direct_begin(copy, sql, error) : begin_by_libpq(copy, sql, error)))
        return false;
    *ret = g_steal_pointer(&copy);
    return true;
}

/* What became of it. */
static bool
hear_by_libpq(PgCopy *copy, GError **error)
{
    copy->is_open = false;
    if (!pg_await(copy->conn, copy->db, error))
        return false;
    copy->result = PQgetResult(copy->db);
    if (PQresultStatus(copy->result) == PGRES_COMMAND_OK) {
        PQclear(PQgetResult(copy->db));
        return true;
    }
    copy->problem = pg_problem(copy->result);
    pg_fail(copy->conn, copy->db, copy->result, error);
    pg_drain(copy->db);
    return false;
}

static bool
next_by_libpq(PgCopy *copy, const char **ret, size_t *ret_bytes, GError **error)
{
    PQfreemem(copy->row);
    copy->row = NULL;
    for (;;) {
        int got = PQgetCopyData(copy->db, &copy->row, 1);
        if (got > 0) {
            *ret = copy->row;
            *ret_bytes = (size_t) got;
            return true;
        }
        if (got == -2) {
            copy->is_open = false;
            pg_fail(copy->conn, copy->db, NULL, error);
            pg_drain(copy->db);
            return false;
        }
        if (got == -1)
            break;
        if (!pg_await_some(copy->conn, copy->db, error)) {
            copy->is_open = false;
            pg_drain(copy->db);
            return false;
        }
    }
    *ret = NULL;
    return hear_by_libpq(copy, error);
}

bool
pg_copied(PgCopy *copy, const char **ret, size_t *ret_bytes, GError **error)
{
    return copy->is_direct ? direct_next(copy, ret, ret_bytes, error)
                           : next_by_libpq(copy, ret, ret_bytes, error);
}

bool
pg_copy_put(PgCopy *copy, GString *rows, GError **error)
{
    bool done = true;
    if (rows->len > 0 && copy->is_direct)
        done = direct_put(copy, rows->str, rows->len, error);
    else if (rows->len > 0)
        done = PQputCopyData(copy->db, rows->str, (int) rows->len) == 1 ||
               pg_fail(copy->conn, copy->db, NULL, error);
    g_string_truncate(rows, 0);
    return done;
}

bool
pg_copy_end(PgCopy *copy, GError **error)
{
    if (copy->is_direct)
        return direct_end(copy, error);
    return PQputCopyEnd(copy->db, NULL) == 1 ? hear_by_libpq(copy, error)
                                             : pg_fail(copy->conn, copy->db, NULL, error);
}

void
pg_copy_drop(PgCopy *copy)
{
    if (!copy->is_open)
        return;
    if (copy->is_direct)
        direct_drop(copy);
    else if (copy->is_out)
        pg_cancel(copy->db);
    else if (PQputCopyEnd(copy->db, "given up") == 1)
        pg_drain(copy->db);
    copy->is_open = false;
}
