/*
 * finish.c - one file out of the ranges of a stage.
 *
 * It is written without the lock, which is for moments only. Under the lock it is then looked whether the ranges are
 * still those that went in, and the one rename makes it the stage's. What is left of a finish that died is found by its
 * name and removed by the next one.
 */
#include "driver/files/range.h"

#include "base/text.h"
#include "driver/files/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COPY_BYTES (256 * 1024)

typedef struct {
    const FileConn *conn;
    ByteSink *sink;
    const char *between; /* or NULL */
    bool
        is_pending; /* a record has ended: what stands behind it depends on whether there is one more */
} Joining;

/* Records end with LF, and hold none where something else stands between them. */
static bool
join_bytes(Joining *joining, const char *bytes, size_t count, GError **error)
{
    if (joining->between == NULL)
        return byte_sink_write(joining->sink, bytes, count, error);
    for (size_t at = 0; at < count;) {
        const char *lf = memchr(bytes + at, '\n', count - at);
        size_t end = lf != NULL ? (size_t) (lf - bytes) : count;
        if ((joining->is_pending &&
             !byte_sink_write(joining->sink, joining->between, strlen(joining->between), error)) ||
            !byte_sink_write(joining->sink, bytes + at, end - at, error))
            return false;
        joining->is_pending = lf != NULL;
        at = end + (lf != NULL);
    }
    return true;
}

static bool
join_rows(Joining *joining, ByteSource *rows, GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_BYTES);
    const Conn *base = &joining->conn->base;
    for (int64_t offset = 0;;) {
        size_t bytes = 0;
        if (!byte_source_read(rows, buffer, COPY_BYTES, offset, &bytes, error))
            return false;
        if (bytes == 0)
            return true;
        offset += (int64_t) bytes;
        if (!join_bytes(joining, buffer, bytes, error))
            return false;
        if (base->tick != NULL && !base->tick(-1, base->tick_data))
            return fail(error, ERR_STOPPED, "asked to stop");
    }
}

static bool
write_whole(const FileConn *conn, const char *stage, const FileObject *bare, int fd, GError **error)
{
    g_autofree char *name = stage_target_name(stage);
    g_autoptr(GString) head = g_string_new(NULL), tail = g_string_new(NULL);
    g_autoptr(ByteSink) sink = NULL;
    if (!byte_sink_new(conn, name, fd, &sink, error))
        return false;
    Joining joining = {.conn = conn, .sink = sink, .between = conn->format->between(conn, stage)};
    conn->format->append_head(conn, stage, bare->schema, head);
    conn->format->append_tail(conn, stage, tail);
    if (!byte_sink_write(sink, head->str, head->len, error) ||
        !join_rows(&joining, bare->source, error) ||
        !byte_sink_write(sink, tail->str, tail->len, error) || !byte_sink_end(sink, error))
        return false;
    return fsync(fd) == 0 || fail_errno(error, ERR_INTERNAL, "cannot make '%s' durable", name);
}

/* The file gets its name, unless a range came in meanwhile. */
static bool
name_whole(FileConn *conn, const Writer *writer, const char *made, guint ranges, GError **error)
{
    g_autoptr(Notes) notes = NULL;
    AUTO_LOCK lock = {.fd = -1};
    if (!notes_lock(conn, &lock, error) || !notes_need(conn, writer, &notes, error))
        return false;
    g_autoptr(GPtrArray) now = notes_ranges(notes);
    g_autofree char *whole = notes_path(notes, "whole");
    if (now->len != ranges)
        return fail(error, ERR_TRANSIENT, "a range was written while '%s' was finished",
                    notes->stage);
    if (!conn_confirm(&conn->base, error))
        return false;
    if (rename(made, whole) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot write '%s'", whole);
    return folder_sync(whole, error);
}

/* The rows are in the whole file; the ledger stays. */
static void
drop_rows(const Notes *notes)
{
    g_autoptr(GPtrArray) ranges = notes_ranges(notes);
    for (guint i = 0; i < ranges->len; i++) {
        g_autofree char *rows = g_build_filename(ranges->pdata[i], "rows", NULL);
        unlink(rows);
    }
}

bool
file_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
            const Writer *writer, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_auto(FileObject) bare = {0};
    g_autofree char *folder = NULL;
    bool is_stage = false;
    (void) like; /* a file has no indexes */
    if (!notes_need(conn, writer, &notes, error))
        return false;
    if (json_object_get(notes->json, "swap") != NULL || notes_is_whole(notes)) {
        drop_rows(notes);
        return true;
    }
    g_autoptr(GPtrArray) ranges = notes_ranges(notes);
    if (!notes_open_stage(conn, stage, &is_stage, &bare, error) ||
        !notes_make_tmp(notes, &folder, error))
        return false;
    g_autofree char *made = g_build_filename(folder, "whole", NULL);
    AUTO_FD fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool done = fd >= 0 ? is_stage && write_whole(conn, stage, &bare, fd, error) &&
                              name_whole(conn, writer, made, ranges->len, error)
                        : fail_errno(error, ERR_FORBIDDEN, "cannot write '%s'", made);
    folder_remove(folder);
    if (done)
        drop_rows(notes);
    return done;
}
