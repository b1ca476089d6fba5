/*
 * db.c - the one file of our state: who may write it, how it is opened, and its transactions.
 *
 * A writer holds `lock` in the folder (flock, released by the system when the process ends) and
 * raises `epoch`; every transaction checks that the epoch is still its own. Nobody checkpoints but
 * the writer, between beats: SQLite before 3.51.3 can lose a WAL that two connections reset at
 * once.
 */
#include "store/db.h"

#include "base/text.h"
#include "store/db_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000 /* a reader's snapshot never blocks the writer for longer */
#define CHECKPOINT_PAGES 2000 /* 8 MiB of WAL: rare enough to cost nothing, small to replay */
#define SCHEMA_VERSION 1      /* PRAGMA user_version of schema.sql */

extern const char schema_sql[];

bool
db_fail(Db *db, GError **error, const char *what)
{
    int code = sqlite3_errcode(db->sqlite);
    ErrorCode kind = code == SQLITE_FULL                               ? ERR_NO_SPACE
                     : code == SQLITE_BUSY || code == SQLITE_LOCKED    ? ERR_TRANSIENT
                     : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_CORRUPT
                                                                       : ERR_INTERNAL;
    return fail(error, kind, "cannot %s the state: %s", what, sqlite3_errmsg(db->sqlite));
}

bool
db_exec(Db *db, const char *sql, GError **error)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(db, error, "change");
    return true;
}

static bool
query_int(Db *db, const char *sql, int64_t *ret, GError **error)
{
    Stmt *stmt = NULL;
    bool row = false;
    if (!db_prepare(db, sql, &stmt, error) || !stmt_step(stmt, &row, error))
        return false;
    *ret = row ? stmt_col_int(stmt, 0) : 0;
    stmt_reset(stmt);
    return true;
}

static bool
open_file(const char *path, int flags, Db **ret, GError **error)
{
    g_autoptr(Db) db = g_new0(Db, 1);
    db->lock_fd = -1;
    db->stmts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, stmt_free);
    if (sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        db_fail(db, error, "open");
        return fail_in(error, "'%s'", path);
    }
    sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
    sqlite3_wal_autocheckpoint(db->sqlite, 0);
    *ret = g_steal_pointer(&db);
    return true;
}

/* Make the tables in a new file; refuse a file of a later program. */
static bool
make_tables(Db *db, GError **error)
{
    int64_t version = 0;
    if (!query_int(db, "PRAGMA user_version", &version, error))
        return false;
    if (version > SCHEMA_VERSION)
        return fail(error, ERR_UNSUPPORTED,
                    "the state is of version %" PRId64
                    ", this program knows up to %d: use a newer honk",
                    version, SCHEMA_VERSION);
    if (version == SCHEMA_VERSION)
        return true;
    g_autofree char *sql = g_strdup_printf("BEGIN IMMEDIATE;%s;PRAGMA user_version=%d;COMMIT",
                                           schema_sql, SCHEMA_VERSION);
    return db_exec(db, sql, error);
}

static bool
take_epoch(Db *db, GError **error)
{
    return db_exec(db,
                   "INSERT INTO meta(key, value) VALUES('epoch', '1')"
                   " ON CONFLICT(key) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
                   error) &&
           query_int(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'", &db->epoch,
                     error);
}

/* The lock file holds the pid, so that a refusal can name it. */
static bool
take_lock(Db *db, const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "lock", NULL);
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (db->lock_fd < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot open '%s'", path);
    if (flock(db->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        char pid[32] = "";
        ssize_t bytes = pread(db->lock_fd, pid, sizeof pid - 1, 0);
        g_strchomp(pid);
        return fail(error, ERR_WRONG_STATE, "another server (process %s) works on '%s'",
                    bytes > 0 ? pid : "unknown", folder);
    }
    g_autofree char *mine = g_strdup_printf("%ld\n", (long) getpid());
    if (ftruncate(db->lock_fd, 0) != 0 || pwrite(db->lock_fd, mine, strlen(mine), 0) < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
    return true;
}

static int
count_pages(void *data, sqlite3 *sqlite, const char *name, int pages)
{
    ((Db *) data)->wal_pages = pages;
    return SQLITE_OK;
}

bool
db_open(const char *folder, Db **ret, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make the state folder '%s'", folder);
    g_autofree char *path = g_build_filename(folder, "state.db", NULL);
    g_autoptr(Db) db = NULL;
    if (!open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, error) ||
        !take_lock(db, folder, error) ||
        !db_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF",
                 error) ||
        !make_tables(db, error) || !take_epoch(db, error))
        return false;
    sqlite3_wal_hook(db->sqlite, count_pages, db);
    *ret = g_steal_pointer(&db);
    return true;
}

bool
db_open_reader(const char *folder, Db **ret, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "state.db", NULL);
    g_autoptr(Db) db = NULL;
    if (!open_file(path, SQLITE_OPEN_READWRITE, &db, error) ||
        !db_exec(db, "PRAGMA query_only=ON", error))
        return false;
    *ret = g_steal_pointer(&db);
    return true;
}

bool
db_open_memory(Db **ret, GError **error)
{
    g_autoptr(Db) db = NULL;
    if (!open_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, error) ||
        !make_tables(db, error) || !take_epoch(db, error))
        return false;
    *ret = g_steal_pointer(&db);
    return true;
}

void
db_close(Db *db)
{
    if (db == NULL)
        return;
    g_clear_pointer(&db->stmts, g_hash_table_unref);
    sqlite3_close_v2(db->sqlite);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    g_free(db);
}

int64_t
db_epoch(const Db *db)
{
    return db->epoch;
}

bool
db_begin(Db *db, GError **error)
{
    int64_t epoch = 0;
    if (!db_exec(db, "BEGIN IMMEDIATE", error))
        return false;
    if (!query_int(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'", &epoch,
                   error)) {
        db_rollback(db);
        return false;
    }
    if (epoch != db->epoch) {
        db_rollback(db);
        return fail(error, ERR_CORRUPT,
                    "another server took over this state (epoch %" PRId64 ", ours is %" PRId64 ")",
                    epoch, db->epoch);
    }
    return true;
}

bool
db_commit(Db *db, GError **error)
{
    return db_exec(db, "COMMIT", error);
}

void
db_rollback(Db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

bool
db_begin_read(Db *db, GError **error)
{
    return db_exec(db, "BEGIN", error);
}

void
db_end_read(Db *db)
{
    db_rollback(db);
}

/* Passive: takes what readers let go, and never waits for them. */
void
db_checkpoint(Db *db)
{
    if (db->wal_pages < CHECKPOINT_PAGES)
        return;
    db->wal_pages = 0;
    sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}
