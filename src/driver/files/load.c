/*
 * load.c - stages, and ranges that are in as a whole or not at all.
 *
 * A range is written into a folder of its own, which counts for nothing. commit() puts its ledger row beside the rows,
 * makes all of it durable and then, under the lock and behind the fences, gives the folder its name: that is all that
 * a transaction is.
 */
#include "driver/files/finish.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_BYTES (1024 * 1024) /* gathered before they are written */

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
    if (!schema_like(base, like, schema, &made, error) ||
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

/* --- a range --- */

struct FileLoader {
    char *plan, *task, *range;
    Writer writer; /* borrows the three above */
    char *folder;  /* where it is written */
    int fd;        /* of the rows */
    Schema *schema;
    size_t *columns;
    void *how;             /* the format's */
    GString *rows, *aside; /* not written yet */
};

static void
loader_free(FileLoader *loader)
{
    if (loader == NULL)
        return;
    fd_close(&loader->fd);
    g_free(loader->plan);
    g_free(loader->task);
    g_free(loader->range);
    g_free(loader->folder);
    g_free(loader->columns);
    g_free(loader->how);
    schema_free(loader->schema);
    g_string_free(loader->rows, TRUE);
    g_string_free(loader->aside, TRUE);
    g_free(loader);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FileLoader, loader_free)

static FileLoader *
loader_new(const Writer *writer)
{
    FileLoader *loader = g_new0(FileLoader, 1);
    loader->plan = g_strdup(writer->plan);
    loader->task = g_strdup(writer->task);
    loader->range = g_strdup(writer->range);
    loader->writer = (Writer){
        .plan = loader->plan, .task = loader->task, .range = loader->range, .token = writer->token};
    loader->fd = -1;
    loader->rows = g_string_new(NULL);
    loader->aside = g_string_new(NULL);
    return loader;
}

/* The batch's columns by name; what the stage has beyond them stays NULL. */
static bool
match_columns(const FileConn *conn, const char *stage, const Schema *schema, GError **error)
{
    FileLoader *loader = conn->loader;
    size_t count = schema_count(loader->schema);
    loader->columns = g_new(size_t, count);
    for (size_t i = 0; i < count; i++)
        if (schema_find(schema, schema_column(loader->schema, i)->name, &loader->columns[i]) ==
            NULL)
            loader->columns[i] = SIZE_MAX;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        const Column *found = schema_find(loader->schema, column->name, NULL);
        bool is_text = found != NULL && found->type == TYPE_TEXT && conn->format->is_all_texts;
        if (found == NULL || (found->type != column->type && !is_text))
            return fail(error, ERR_DRIFT, "'%s' has no column '%s' of type %s", stage, column->name,
                        column_type_name(column->type));
    }
    return true;
}

static bool
loader_open(FileLoader *loader, const Notes *notes, GError **error)
{
    if (!schema_from_json(json_object_get(notes->json, "schema"), &loader->schema, error) ||
        !notes_make_tmp(notes, &loader->folder, error))
        return false;
    g_autofree char *path = g_build_filename(loader->folder, "rows", NULL);
    loader->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return loader->fd >= 0 || fail_errno(error, ERR_FORBIDDEN, "cannot write '%s'", path);
}

static bool
file_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
           bool *ret_done, RangeResult *ret_result, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_autoptr(json_t) ledger = NULL;
    g_assert(conn->loader == NULL);
    if (!notes_need(conn, writer, &notes, error) ||
        !notes_read_range(notes, writer->range, &ledger, error))
        return false;
    *ret_done = ledger != NULL;
    if (ledger != NULL) {
        ret_result->was_there = true;
        if (!notes_result(ledger, ret_result, error))
            return false;
        ret_result->was_there = true;
        return true;
    }
    if (strcmp(notes->stage, stage) != 0)
        return fail(error, ERR_NOT_FOUND, "there is no stage '%s'", stage);
    conn->loader = loader_new(writer);
    conn->loader->how = conn->format->prepare(conn, stage);
    if (loader_open(conn->loader, notes, error) && match_columns(conn, stage, schema, error))
        return true;
    conn_rollback(base);
    return false;
}

static bool
flush_rows(FileLoader *loader, GError **error)
{
    if (!fd_write_all(loader->fd, loader->rows->str, loader->rows->len))
        return fail_errno(error, ERR_INTERNAL, "cannot write the rows of range '%s'",
                          loader->range);
    g_string_truncate(loader->rows, 0);
    return true;
}

/* Why the stage does not take this row; NULL when it is appended. Caller frees. */
static char *
append_row(const FileConn *conn, const Batch *batch, size_t row)
{
    FileLoader *loader = conn->loader;
    RowShape shape = {loader->schema, loader->columns, loader->how};
    size_t before = loader->rows->len;
    char *reason = NULL;
    for (size_t i = 0; i < schema_count(loader->schema); i++) {
        const Column *column = schema_column(loader->schema, i);
        size_t at = loader->columns[i];
        if (!column->is_nullable && (at == SIZE_MAX || batch_is_null(batch, at, row)))
            return g_strdup_printf("column '%s' must not be NULL", column->name);
    }
    if (conn->format->append_row(&shape, batch, row, loader->rows, &reason) &&
        loader->rows->len - before > RECORD_BYTES_MAX)
        reason = g_strdup_printf("the record has %zu bytes, at most %d", loader->rows->len - before,
                                 RECORD_BYTES_MAX);
    if (reason != NULL)
        g_string_truncate(loader->rows, before);
    return reason;
}

static bool
file_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error)
{
    FileConn *conn = (FileConn *) base;
    FileLoader *loader = conn->loader;
    g_assert(loader != NULL);
    if (base->tick != NULL && !base->tick(-1, base->tick_data))
        return fail(error, ERR_STOPPED, "asked to stop");
    for (*ret_next = from; *ret_next < batch->row_count; ++*ret_next) {
        g_autofree char *reason = append_row(conn, batch, *ret_next);
        if (reason != NULL)
            return fail(error, ERR_INVALID, "%s", reason);
        if (loader->rows->len >= FLUSH_BYTES && !flush_rows(loader, error))
            return false;
    }
    return true;
}

static bool
file_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                const char *reason, GError **error)
{
    FileLoader *loader = ((FileConn *) base)->loader;
    g_assert(loader != NULL);
    g_autoptr(json_t) reject = json_object();
    json_set_string(reject, "task", loader->task);
    json_set_int(reject, "row_id", row_id);
    json_object_set_new(reject, "row", record != NULL ? json_deep_copy(record) : json_null());
    json_set_string(reject, "column", column);
    json_set_string(reject, "reason", reason);
    g_autofree char *line = json_compact(reject);
    g_string_append_printf(loader->aside, "%s\n", line);
    return true;
}

static void
file_rollback(Conn *base)
{
    FileConn *conn = (FileConn *) base;
    if (conn->loader == NULL)
        return;
    if (conn->loader->folder != NULL)
        folder_remove(conn->loader->folder);
    g_clear_pointer(&conn->loader, loader_free);
}

static json_t *
ledger_json(const FileLoader *loader, const RangeResult *result)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    json_t *ledger = json_object();
    json_set_string(ledger, "range", loader->range);
    json_set_string(ledger, "task", loader->task);
    json_set_int(ledger, "token", loader->writer.token);
    json_set_int(ledger, "rows_in", result->rows_in);
    json_set_int(ledger, "rows_out", result->rows_out);
    json_set_int(ledger, "rejected", result->rejected);
    json_set_string(ledger, "hash", hash);
    json_set_int(ledger, "at_ms", clock_wall_ms());
    return ledger;
}

/* All of the range on disk, but for its name. */
static bool
loader_sync(FileLoader *loader, const RangeResult *result, GError **error)
{
    g_autoptr(json_t) ledger = ledger_json(loader, result);
    g_autofree char *text = json_pretty(ledger);
    g_autofree char *aside = g_build_filename(loader->folder, "aside.ndjson", NULL);
    g_autofree char *path = g_build_filename(loader->folder, "ledger.json", NULL);
    if (!flush_rows(loader, error))
        return false;
    if (fsync(loader->fd) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make range '%s' durable", loader->range);
    return (loader->aside->len == 0 ||
            file_write_atomic(aside, loader->aside->str, loader->aside->len, 0666, error)) &&
           file_write_atomic(path, text, strlen(text), 0666, error);
}

/* Under the lock: may it still become part of the stage? */
static bool
check_commit(const FileConn *conn, const RangeResult *result, Notes **ret, GError **error)
{
    const FileLoader *loader = conn->loader;
    g_autoptr(json_t) before = NULL;
    if (!notes_need(conn, &loader->writer, ret, error) ||
        !notes_read_range(*ret, loader->range, &before, error))
        return false;
    if (before != NULL)
        return fail(error, ERR_TRANSIENT, "range '%s' has just been written", loader->range);
    if (result->rows_out > 0 && notes_is_whole(*ret))
        return fail(error, ERR_WRONG_STATE, "'%s' is finished: no rows are added any more",
                    (*ret)->stage);
    return true;
}

static bool
file_commit(Conn *base, const RangeResult *result, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    AUTO_LOCK lock = {.fd = -1};
    g_assert(conn->loader != NULL);
    if (!loader_sync(conn->loader, result, error) || !notes_lock(conn, &lock, error) ||
        !check_commit(conn, result, &notes, error) || !conn_confirm(base, error))
        return false;
    g_autofree char *part = notes_part(notes, conn->loader->range);
    if (rename(conn->loader->folder, part) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot put range '%s' in its place",
                          conn->loader->range);
    g_clear_pointer(&conn->loader, loader_free);
    return folder_sync(part, error);
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
    .quarantine = file_quarantine,
    .commit = file_commit,
    .rollback = file_rollback,
    .fence = file_fence,
    .ledger_find = file_ledger_find,
    .ledger_sum = file_ledger_sum,
    .quarantined = file_quarantined,
    .finish = file_finish,
};
