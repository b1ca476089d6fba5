/*
 * log_read.c - the server's log, as far as it is written by now, turned into notes of which rows were written to.
 *
 * The slot is looked into without moving it; the keys go into our table in one transaction; then the slot is moved. Who dies in
 * between notes the same changes once more, which copies some rows twice. One at a time: the table of notes is locked meanwhile.
 */
#include "driver/postgres/watch.h"

#include "base/text.h"
#include "driver/book.h"

#include <string.h>

#define CHANGES_AT_ONCE                                                                            \
    50000 /* or one transaction, however long: what is looked at waits in the server, on its disk */
#define SEND_BYTES (256 * 1024)
#define EPOCH_S 946684800 /* 2000-01-01 */

typedef struct {
    PgConn *conn;
    const PgObject *object;
    const char *notes;
    LogMessage message;
    uint32_t relation;
    int *places; /* of the key's columns in a row of the log; -1: none */
    GString *lines;
    char *at; /* when the transaction was committed */
    bool is_open;
    int64_t messages;
    uint64_t end; /* of the last transaction */
} LogReader;

static void
reader_clear(LogReader *reader)
{
    log_message_clear(&reader->message);
    g_free(reader->places);
    g_free(reader->at);
    g_string_free(reader->lines, TRUE);
}

/* --- into the notes --- */

static bool
send_lines(LogReader *reader, GError **error)
{
    PgConn *conn = reader->conn;
    if (reader->lines->len == 0)
        return true;
    if (!reader->is_open) {
        g_autofree char *keys = book_name_list(reader->object->key, "");
        g_autofree char *sql =
            g_strdup_printf("COPY %s (%s, _honk_at) FROM STDIN", reader->notes, keys);
        if (!pg_run_on(conn, conn->db, sql, NULL, error))
            return false;
        reader->is_open = true;
    }
    if (!pg_put(conn, conn->db, reader->lines, error))
        return false;
    g_string_truncate(reader->lines, 0);
    return true;
}

static void
append_escaped(GString *to, const char *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        const char *special = strchr("\\\n\r\t", data[i]);
        if (special == NULL || data[i] == '\0')
            g_string_append_c(to, data[i]);
        else
            g_string_append_printf(to, "\\%c", "\\nrt"[special - "\\\n\r\t"]);
    }
}

/* What is not in one row of a change, because it is long and did not change, is in the other. */
static const LogCell *
cell_of(const GArray *row, const GArray *other, int place)
{
    const LogCell *cell =
        place >= 0 && (guint) place < row->len ? &g_array_index(row, LogCell, place) : NULL;
    if (cell != NULL && cell->is_unchanged && other != NULL && (guint) place < other->len)
        cell = &g_array_index(other, LogCell, place);
    return cell != NULL && cell->data != NULL ? cell : NULL;
}

/* An update that leaves the key as it is, of a table whose rows are in the log as they were, too (REPLICA IDENTITY FULL). */
static bool
is_same_key(const LogReader *reader)
{
    const LogMessage *message = &reader->message;
    if (!message->has_new || reader->places == NULL)
        return false;
    for (guint i = 0; i < reader->object->key->len; i++) {
        const LogCell *old = cell_of(message->old_row, message->row, reader->places[i]);
        const LogCell *new = cell_of(message->row, message->old_row, reader->places[i]);
        if (old == NULL || new == NULL || old->bytes != new->bytes ||
            memcmp(old->data, new->data, old->bytes) != 0)
            return false;
    }
    return true;
}

static bool
note_row(LogReader *reader, const GArray *row, const GArray *other, GError **error)
{
    for (guint i = 0; i < reader->object->key->len; i++) {
        const LogCell *cell =
            reader->places != NULL ? cell_of(row, other, reader->places[i]) : NULL;
        if (cell == NULL)
            return fail(error, ERR_DRIFT,
                        "the log does not say '%s' of a row of '%s' that was written while its "
                        "primary key or replica identity was another one: roll back and plan again",
                        (const char *) reader->object->key->pdata[i], reader->object->name);
        append_escaped(reader->lines, cell->data, cell->bytes);
        g_string_append_c(reader->lines, '\t');
    }
    g_string_append_printf(reader->lines, "%s\n", reader->at != NULL ? reader->at : "now");
    return reader->lines->len < SEND_BYTES || send_lines(reader, error);
}

/* --- out of the log --- */

static void
take_places(LogReader *reader)
{
    const GPtrArray *key = reader->object->key, *names = reader->message.names;
    g_free(reader->places);
    reader->places = g_new(int, key->len);
    reader->relation = reader->message.relation;
    for (guint i = 0; i < key->len; i++) {
        reader->places[i] = -1;
        for (guint j = 0; j < names->len; j++)
            if (strcmp(names->pdata[j], key->pdata[i]) == 0)
                reader->places[i] = (int) j;
    }
}

static void
take_time(LogReader *reader)
{
    g_autoptr(GDateTime) at =
        g_date_time_new_from_unix_utc(EPOCH_S + reader->message.at_us / G_USEC_PER_SEC);
    g_free(reader->at);
    reader->at = at != NULL ? g_date_time_format(at, "%Y-%m-%d %H:%M:%S+00") : NULL;
}

static bool
take_message(LogReader *reader, GError **error)
{
    const LogMessage *message = &reader->message;
    switch (message->kind) {
    case LOG_BEGIN:
        take_time(reader);
        return true;
    case LOG_COMMIT:
        reader->end = message->end;
        return true;
    case LOG_RELATION:
        take_places(reader);
        return true;
    case LOG_TRUNCATE:
        return fail(error, ERR_DRIFT,
                    "'%s' was emptied by TRUNCATE, and the log does not say of which rows: roll "
                    "back and plan again",
                    reader->object->name);
    case LOG_INSERT:
    case LOG_UPDATE:
    case LOG_DELETE:
        return (!message->has_old || is_same_key(reader) ||
                note_row(reader, message->old_row, message->row, error)) &&
               (!message->has_new || note_row(reader, message->row, message->old_row, error));
    case LOG_OTHER:
        break;
    }
    return true;
}

static bool
take_result(LogReader *reader, const PGresult *result, GError **error)
{
    for (int i = 0; i < PQntuples(result); i++) {
        reader->messages++;
        if (!log_message_read(PQgetvalue(result, i, 0), (size_t) PQgetlength(result, i, 0),
                              &reader->message, error) ||
            !take_message(reader, error))
            return false;
    }
    return true;
}

/* Row by row as they come, so that a long transaction fits in here. */
static bool
peek(LogReader *reader, PGconn *db, const char *sql, GError **error)
{
    PgConn *conn = reader->conn;
    if (PQsendQueryParams(db, sql, 0, NULL, NULL, NULL, NULL, 1) != 1 ||
        PQsetSingleRowMode(db) != 1)
        return pg_fail(conn, db, NULL, error);
    for (;;) {
        AUTO_RESULT *result = NULL;
        if (!pg_next_result(conn, db, &result, error))
            return false;
        if (result == NULL)
            return true;
        if (!take_result(reader, result, error)) {
            pg_cancel(db);
            return false;
        }
    }
}

static bool
peek_apart(LogReader *reader, const char *upto, GError **error)
{
    g_autofree char *slot = pg_log_slot(reader->conn, reader->object->oid);
    g_autofree char *publication = pg_log_publication(reader->conn, reader->object->oid);
    g_autofree char *sql =
        pg_sql("SELECT data FROM pg_logical_slot_peek_binary_changes(%s, %Q, %d, 'proto_version', "
               "'1', 'publication_names', %Q)",
               slot, upto, CHANGES_AT_ONCE, publication);
    PGconn *db = NULL;
    if (!pg_borrow(reader->conn, &db, error))
        return false;
    bool done = peek(reader, db, sql, error);
    pg_give_back(reader->conn, db, done);
    return done;
}

/* --- one part of it --- */

static bool
read_inside(LogReader *reader, const char *upto, GError **error)
{
    PgConn *conn = reader->conn;
    bool done =
        pg_run(conn, error, "LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE", reader->notes) &&
        peek_apart(reader, upto, error) && send_lines(reader, error);
    if (!reader->is_open)
        return done;
    if (done)
        return pg_end_copy(conn, error);
    pg_give_up(conn->db);
    return false;
}

static bool
move_slot(PgConn *conn, int64_t oid, const char *to, GError **error)
{
    g_autofree char *slot = pg_log_slot(conn, oid);
    return pg_run(conn, error,
                  "SELECT pg_replication_slot_advance(slot_name, %Q) FROM pg_replication_slots "
                  "WHERE slot_name = %s AND confirmed_flush_lsn < %Q",
                  to, slot, to);
}

/* `*ret_all`: there is nothing more before `upto`. */
static bool
read_part(PgConn *conn, const PgObject *object, const char *notes, const char *upto, bool *ret_all,
          GError **error)
{
    LogReader reader = {
        .conn = conn, .object = object, .notes = notes, .lines = g_string_new(NULL)};
    log_message_init(&reader.message);
    pg_begin(conn);
    bool done = read_inside(&reader, upto, error) && pg_commit(conn, error);
    if (!done)
        pg_rollback(conn);
    *ret_all = reader.messages < CHANGES_AT_ONCE;
    g_autofree char *to =
        *ret_all ? g_strdup(upto)
                 : g_strdup_printf("%X/%X", (unsigned) (reader.end >> 32), (unsigned) reader.end);
    reader_clear(&reader);
    return done && move_slot(conn, object->oid, to, error);
}

/* --- all of it --- */

/* A commit of ours brings to the disk what others committed before, also where they do not wait for that. */
static bool
look(PgConn *conn, const PgObject *object, const char *notes, char **ret_upto, int64_t *ret_bytes,
     int64_t *ret_kept, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autofree char *slot = pg_log_slot(conn, object->oid);
    if (!pg_run(conn, error, "SELECT pg_logical_emit_message(true, '_honk', '')") ||
        !pg_rows(conn, &rows, error,
                 "SELECT l, greatest(pg_wal_lsn_diff(l, confirmed_flush_lsn), 0)::int8, "
                 "pg_wal_lsn_diff(l, restart_lsn)::int8, " PG_NOTED_KEY
                 ", (SELECT " PG_LOG_NAMES_KEY
                 " FROM pg_class t WHERE oid = %lld) FROM pg_replication_slots, "
                 "pg_current_wal_flush_lsn() l WHERE slot_name = %s",
                 notes, (long long) object->oid, slot))
        return false;
    if (PQntuples(rows) == 0)
        return fail(error, ERR_DRIFT,
                    "the slot that kept the log for '%s' is gone: roll back and "
                    "plan again",
                    object->name);
    if (!pg_check_key(object, pg_cell(rows, 0, 3), error))
        return false;
    if (!pg_cell_bool(rows, 0, 4))
        return fail(error, ERR_DRIFT,
                    "the replica identity of '%s' was changed, so that the log does not name its "
                    "rows by the primary key: ALTER TABLE %s REPLICA IDENTITY DEFAULT and resume, "
                    "or roll back and plan again",
                    object->name, object->sql);
    *ret_upto = g_strdup(pg_cell(rows, 0, 0));
    *ret_bytes = pg_cell_int(rows, 0, 1);
    *ret_kept = pg_cell_int(rows, 0, 2);
    return true;
}

static bool
give_up(PgConn *conn, const PgObject *object, int64_t kept, GError **error)
{
    g_autofree char *bytes = text_count(kept);
    return pg_log_lose(conn, object->oid, error) &&
           fail(error, ERR_LIMIT,
                "the server kept %s bytes of its log for '%s', more than one move may hold back: "
                "that is let go; roll back and plan again, when fewer others write",
                bytes, object->name);
}

bool
pg_log_read(PgConn *conn, const PgObject *object, int64_t *ret_bytes, GError **error)
{
    g_autofree char *notes = pg_notes_of(conn, object->oid), *upto = NULL;
    int64_t kept = 0;
    if (!look(conn, object, notes, &upto, ret_bytes, &kept, error))
        return false;
    if (kept > conn->slot_bytes_max)
        return give_up(conn, object, kept, error);
    for (bool is_all = false; !is_all;)
        if (!read_part(conn, object, notes, upto, &is_all, error))
            return false;
    return true;
}
