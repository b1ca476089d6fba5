/* load.c - stages, fences, ledger and quarantine of files. */
#include "driver/files/range.h"

#include <string.h>

/* --- staging --- */

static bool
schema_like(Conn *base, const char *like, const Schema *schema, Schema **ret, GError **error)
{
    g_autoptr(GError) missing = NULL;
    if (like != NULL && base->driver->describe(base, like, ret, &missing))
        return true;
    if (like != NULL && (schema == NULL || !error_is(missing, ERR_NOT_FOUND))) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
    }
    *ret = schema_copy(schema);
    return true;
}

static bool
is_taken(const FileConn *conn, const char *object, bool *ret, GError **error)
{
    g_autofree char *path = NULL;
    if (!file_conn_path(conn, object, &path, error))
        return false;
    *ret = g_file_test(path, G_FILE_TEST_EXISTS);
    return true;
}

static bool
check_stage(const FileConn *conn, const char *stage, const Writer *writer, Notes **ret,
            GError **error)
{
    g_autoptr(Notes) other = NULL;
    bool is_there = false;
    if (!notes_passes(conn, writer, ret, error) || !is_taken(conn, stage, &is_there, error) ||
        !notes_find_stage(conn, stage, &other, error))
        return false;
    if (is_there || (other != NULL && strcmp(other->plan, writer->plan) != 0))
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    if (*ret != NULL && strcmp((*ret)->stage, stage) != 0)
        return fail(error, ERR_INVALID, "plan '%s' has staged '%s' already: a plan has one stage",
                    writer->plan, (*ret)->stage);
    return true;
}

static bool
file_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
           const Writer *writer, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Schema) made = NULL;
    g_autoptr(Notes) notes = NULL;
    AUTO_LOCK lock = {.fd = -1};
    Encoding encoding;
    if (!file_conn_encoding(conn, &encoding, error) ||
        !schema_like(base, like, schema, &made, error) ||
        !conn->format->check(conn, stage, made, error) || !notes_lock(conn, &lock, error) ||
        !check_stage(conn, stage, writer, &notes, error) || !conn_confirm(base, error))
        return false;
    if (notes == NULL)
        return notes_make(conn, stage, made, writer, error);
    notes->token = writer->token;
    return notes_save(notes, error);
}

static bool
file_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    bool is_there = false;
    AUTO_LOCK lock = {.fd = -1};
    if (!notes_lock(conn, &lock, error) || !notes_passes(conn, writer, &notes, error) ||
        !is_taken(conn, stage, &is_there, error))
        return false;
    if (notes == NULL && is_there)
        return fail(error, ERR_INVALID, "'%s' was not made by plan '%s'", stage, writer->plan);
    if (notes != NULL && json_object_get(notes->json, "swap") != NULL && !notes_is_whole(notes))
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    return conn_confirm(base, error) &&
           (notes == NULL ||
            (swap_drop_half(conn, notes, error) && notes_remove(conn, notes, error))) &&
           notes_forget_aside(conn, writer->plan, error);
}

static bool
file_exists(Conn *base, const char *object, bool *ret, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_autofree char *path = NULL;
    if (!file_conn_path(conn, object, &path, error) ||
        !notes_find_stage(conn, object, &notes, error))
        return false;
    *ret = notes != NULL || g_file_test(path, G_FILE_TEST_IS_REGULAR);
    return true;
}

/* --- fences, ledger, quarantine --- */

static bool
file_fence(Conn *base, const Writer *writer, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    AUTO_LOCK lock = {.fd = -1};
    if (!notes_lock(conn, &lock, error) || !notes_find(conn, writer->plan, &notes, error) ||
        !conn_confirm(base, error))
        return false;
    json_t *tasks = notes != NULL ? json_object_get(notes->json, "tasks") : NULL;
    if (notes == NULL || json_get_int(tasks, writer->task, 0) >= writer->token)
        return true;
    json_set_int(tasks, writer->task, writer->token);
    return notes_save(notes, error);
}

static bool
file_ledger_find(Conn *base, const char *plan, const char *range, bool *ret_found, RangeResult *ret,
                 GError **error)
{
    g_autoptr(Notes) notes = NULL;
    g_autoptr(json_t) ledger = NULL;
    if (!notes_find((FileConn *) base, plan, &notes, error) ||
        (notes != NULL && !notes_read_range(notes, range, &ledger, error)) ||
        (ledger != NULL && !notes_result(ledger, ret, error)))
        return false;
    *ret_found = ledger != NULL;
    if (ledger != NULL)
        ret->was_there = true;
    return true;
}

static bool
file_ledger_sum(Conn *base, const char *plan, RangeResult *ret, int64_t *ret_ranges, GError **error)
{
    g_autoptr(Notes) notes = NULL;
    if (!notes_find((FileConn *) base, plan, &notes, error))
        return false;
    if (notes != NULL)
        return notes_sum(notes, ret, ret_ranges, error);
    *ret = (RangeResult){0};
    *ret_ranges = 0;
    return true;
}

static bool
file_quarantined(Conn *base, const char *plan, int64_t rows_max, json_t **ret, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    return notes_find(conn, plan, &notes, error) &&
           notes_aside(conn, plan, notes, rows_max, ret, error);
}

const LoadOps file_load_ops = {
    .stage = file_stage,
    .unstage = file_unstage,
    .exists = file_exists,
    .begin = file_begin,
    .put = file_put,
    .look = &file_look_ops,
    .quarantine = file_quarantine,
    .commit = file_commit,
    .rollback = file_rollback,
    .fence = file_fence,
    .ledger_find = file_ledger_find,
    .ledger_sum = file_ledger_sum,
    .quarantined = file_quarantined,
    .finish = file_finish,
};
