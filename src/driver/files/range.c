/*
 * range.c - a range of rows that is in as a whole or not at all.
 *
 * It is written into a folder of its own, which counts for nothing. commit() puts its ledger row beside the rows, makes all
 * of it durable and then, under the lock and behind the fences, gives the folder its name: that is all that a transaction
 * is.
 */
#include "driver/files/range.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_BYTES (1024 * 1024) /* gathered before they are written */

struct FileLoader {
    char *plan, *task, *range;
    Writer writer; /* borrows the three above */
    char *folder;  /* where it is written */
    int fd;        /* of the rows */
    Schema *schema;
    size_t *columns;
    void *how;             /* the format's */
    Encoding encoding;     /* of the whole file; the range is UTF-8 */
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

bool
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
    if (!file_conn_encoding(conn, &conn->loader->encoding, error)) {
        conn_rollback(base);
        return false;
    }
    if (loader_open(conn->loader, notes, error) && match_columns(conn, stage, schema, error))
        return true;
    conn_rollback(base);
    return false;
}

static bool
flush_rows(FileLoader *loader, GError **error)
{
    if (!fd_write_all(loader->fd, loader->rows->str, loader->rows->len))
        return fail_errno(error, ERR_INTERNAL, "cannot write the rows of range '%s' in '%s'",
                          loader->range, loader->folder);
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
    if (reason == NULL &&
        !encoding_has(loader->encoding, loader->rows->str + before, loader->rows->len - before))
        reason = g_strdup("it has a character that the encoding of the file has not");
    if (reason != NULL)
        g_string_truncate(loader->rows, before);
    return reason;
}

bool
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

/* Of rows that are not written: a loader that nobody else has. */
typedef struct {
    FileConn *conn;
    FileLoader *loader;
} FileLook;

static bool
look_begin(Conn *base, const char *object, bool is_there, const Schema *schema, void **ret,
           GError **error)
{
    FileConn *conn = (FileConn *) base;
    Writer nobody = {0};
    if (object == NULL)
        return true;
    g_autoptr(FileLoader) loader = loader_new(&nobody);
    loader->how = conn->format->prepare(conn, object);
    loader->schema = schema_copy(schema);
    loader->columns = g_new(size_t, schema_count(schema) + 1);
    for (size_t i = 0; i < schema_count(schema); i++)
        loader->columns[i] = i;
    if (!file_conn_encoding(conn, &loader->encoding, error))
        return false;
    FileLook *look = g_new0(FileLook, 1);
    *look = (FileLook){conn, g_steal_pointer(&loader)};
    *ret = look;
    return true;
}

static char *
look_at_row(void *data, const Batch *batch, size_t row)
{
    FileLook *look = data;
    g_assert(look->conn->loader == NULL);
    look->conn->loader = look->loader;
    char *reason = append_row(look->conn, batch, row);
    g_string_truncate(look->loader->rows, 0);
    look->conn->loader = NULL;
    return reason;
}

static void
look_end(void *data)
{
    FileLook *look = data;
    loader_free(look->loader);
    g_free(look);
}

const LookOps file_look_ops = {.begin = look_begin, .row = look_at_row, .end = look_end};

bool
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

void
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
        return fail_errno(error, ERR_INTERNAL, "cannot make range '%s' in '%s' durable",
                          loader->range, loader->folder);
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

bool
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
