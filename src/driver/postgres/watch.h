/* watch.h - a table that is watched: where its notes are, and how they come there (watch.c by triggers, log.c from the log), or
 * what is done instead (mirror.c). */
#pragma once

#include "driver/postgres/postgres.h"

/* In SQL. Caller frees. */
char *pg_notes_of(const PgConn *conn, int64_t oid);
/* The empty table of notes, if there is none. In a transaction. */
CHECKED bool pg_make_notes(PgConn *conn, const PgObject *object, GError **error);

/* The columns of such a table that are its table's key, as book_name_list() has them: for a %Q with its name. */
#define PG_NOTED_KEY                                                                               \
    "(SELECT string_agg('\"' || replace(attname, '\"', '\"\"') || '\"', ', ' ORDER BY attnum) "    \
    "FROM "                                                                                        \
    "pg_attribute WHERE attrelid = to_regclass(%Q) AND attnum > 0 AND NOT attisdropped AND "       \
    "left(attname, 6) <> '_honk_')"
/* DRIFT when the table's primary key is another one than that which is `noted`, or none; with what to do. */
CHECKED bool pg_check_key(const PgObject *object, const char *noted, GError **error);

/* Of a function that only notes: it needs nothing of anybody. */
#define PG_NOTES_PATH "pg_catalog, pg_temp"
/* What the triggers call. `path` is its search_path, `instead` (PL/pgSQL, ending in `;`) what it does with each row rather than noting
 * its key, which it does where that fails; NULL: it notes. In a transaction. */
CHECKED bool pg_watch_function(PgConn *conn, const PgObject *object, const char *path,
                               const char *instead, GError **error);
/* Is every table below it watched by triggers? */
CHECKED bool pg_has_watch(PgConn *conn, const PgObject *object, bool *ret, GError **error);

/* --- log.c --- */
/* Does the log name rows of the table `t` of pg_class by their primary key? In SQL. */
#define PG_LOG_NAMES_KEY                                                                           \
    "(t.relreplident = 'f' OR EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = t.oid AND "      \
    "i.indisprimary AND (t.relreplident = 'd' OR i.indisreplident)))"
/* Can what is written to the table be read from the server's log? `*ret_why` NULL: yes; else what is missing, and what to do. */
CHECKED bool pg_log_can(PgConn *conn, const PgObject *object, char **ret_why, GError **error);
/* Again: nothing. */
CHECKED bool pg_log_start(PgConn *conn, const PgObject *object, GError **error);
CHECKED bool pg_log_stop(PgConn *conn, int64_t oid, GError **error);
/* Only the slot goes, and with it the log that it kept: whoever looks next is told that it is lost. */
CHECKED bool pg_log_lose(PgConn *conn, int64_t oid, GError **error);
/* Waits for a slot that is seen, and has no beginning yet, until it has one or is gone. */
CHECKED bool pg_log_settle(PgConn *conn, int64_t oid, GError **error);
/* Is it read from there? `*ret_lost`: it was, but the slot is gone or of no use any more. */
CHECKED bool pg_log_find(PgConn *conn, int64_t oid, bool *ret, bool *ret_lost, GError **error);
char *pg_log_slot(const PgConn *conn, int64_t oid);        /* name, as an SQL text; caller frees */
char *pg_log_publication(const PgConn *conn, int64_t oid); /* name; caller frees */

/* --- log_read.c --- */
/* Note all that was committed before the call. `*ret_bytes` of the log had not been read yet. */
CHECKED bool pg_log_read(PgConn *conn, const PgObject *object, int64_t *ret_bytes, GError **error);

/* --- pgoutput.c: messages of the server's own output plugin, version 1 --- */
typedef enum {
    LOG_BEGIN,
    LOG_COMMIT,
    LOG_RELATION,
    LOG_INSERT,
    LOG_UPDATE,
    LOG_DELETE,
    LOG_TRUNCATE,
    LOG_OTHER
} LogKind;
typedef struct {
    const char *data; /* borrowed; NULL: NULL */
    size_t bytes;
    bool is_unchanged; /* it is long, and was not sent once more */
} LogCell;
typedef struct {
    LogKind kind;
    uint32_t relation;
    int64_t at_us;         /* BEGIN: since 2000-01-01 */
    uint64_t end;          /* COMMIT: position behind it */
    bool has_old, has_new; /* of a row: UPDATE says the old one only where its key may be another */
    GArray *old_row, *row; /* LogCell */
    GPtrArray *names;      /* RELATION: char *, of the columns */
} LogMessage;
void log_message_init(LogMessage *message);
void log_message_clear(LogMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LogMessage, log_message_clear)
/* INVALID, when it is no such message. */
CHECKED bool log_message_read(const char *data, size_t bytes, LogMessage *message, GError **error);
