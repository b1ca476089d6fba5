/*
 * db.c - opening, locking, transactions, checkpoints.
 *
 * Two servers on one folder are kept apart twice: by a lock on the file `lock` (an open file
 * description lock, which dies with the process and is not lost when another descriptor is closed),
 * and by the epoch: each server that opens the state for writing counts it up, and a transaction
 * whose epoch is not the newest any more is refused.
 *
 * The WAL is checkpointed by db_checkpoint() alone: automatic checkpoints are off on every
 * connection, also on closing a reader. It copies what came since the last time, each time that this
 * is CHECKPOINT_PAGES, however long the WAL is. A passive checkpoint never waits; but the WAL starts
 * over only at a moment when nobody reads from it, and with many readers such moments do not come.
 * So when it has got long, the checkpoint waits for those who still read from it: who begins to read
 * after everything was copied reads the file itself and does not count.
 */
#include "base/limits.h"
#include "base/text.h"
#include "store/db_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMA_VERSION 6
#define BUSY_TIMEOUT_MS 10000 /* nobody holds the file longer unless something is wrong */
/* 8 MiB. Rows are written several times while their task is worked on: of so many pages most are the
 * same ones, which are copied once. */
#define CHECKPOINT_PAGES 2000
#define CHECKPOINT_PAGES_WAIT 8000        /* 32 MiB: now readers must let go */
#define CHECKPOINT_WAIT_MS 20             /* a reader of ours takes a few */
#define WAL_BYTES_KEPT (64 * 1024 * 1024) /* of the file, when it starts over */
#define CACHE_KIB 65536                   /* taken as it is needed */
#define LOCK_FILE_BYTES_MAX 32

bool
db_fail(Db *db, GError **error, const char *what)
{
    static const struct {
        int sqlite;
        ErrorCode code;
    } codes[] = {
        {SQLITE_BUSY, ERR_TRANSIENT},     {SQLITE_LOCKED, ERR_TRANSIENT},
        {SQLITE_FULL, ERR_NO_SPACE},      {SQLITE_CORRUPT, ERR_CORRUPT},
        {SQLITE_NOTADB, ERR_CORRUPT},     {SQLITE_CONSTRAINT, ERR_WRONG_STATE},
        {SQLITE_READONLY, ERR_FORBIDDEN}, {SQLITE_CANTOPEN, ERR_NOT_FOUND},
        {SQLITE_TOOBIG, ERR_TOO_LARGE},
    };
    int result = sqlite3_errcode(db->sqlite) & 0xff;
    ErrorCode code = ERR_INTERNAL;
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (codes[i].sqlite == result)
            code = codes[i].code;
    return fail(error, code, "state '%s': %s: %s", db->path, what, sqlite3_errmsg(db->sqlite));
}

/* ---- opening ---- */

static bool
db_lock(Db *db, const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "lock", NULL);
    AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot open '%s'", path);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        char pid[LOCK_FILE_BYTES_MAX] = "";
        if (errno != EAGAIN && errno != EACCES)
            return fail_errno(error, ERR_INTERNAL, "cannot lock '%s'", path);
        if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
            pid[0] = '\0';
        return fail(error, ERR_WRONG_STATE, "'%s' is in use by another server (pid %s)", folder,
                    *pid == '\0' ? "unknown" : g_strchomp(pid));
    }
    g_autofree char *pid = g_strdup_printf("%d\n", (int) getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, strlen(pid), 0) != (ssize_t) strlen(pid))
        return fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
    db->lock_fd = fd_steal(&fd);
    return true;
}

static int
db_wal_grew(void *data, sqlite3 *sqlite, const char *name, int pages)
{
    ((Db *) data)->wal_pages = pages;
    return SQLITE_OK;
}

static Db *
db_new(const char *path)
{
    Db *db = g_new0(Db, 1);
    db->path = g_strdup(path);
    db->lock_fd = -1;
    db->seq = -1;
    db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, stmt_free);
    return db;
}

static bool
db_connect(Db *db, int flags, GError **error)
{
    /* One thread at a time: no mutexes inside. */
    if (sqlite3_open_v2(db->path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        if (db->sqlite == NULL)
            return fail(error, ERR_INTERNAL, "state '%s': out of memory", db->path);
        return db_fail(db, error, "cannot open");
    }
    sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
    sqlite3_wal_autocheckpoint(db->sqlite, 0);
    return true;
}

static bool
db_read_int(Db *db, const char *sql, int64_t *ret, GError **error)
{
    Stmt *stmt = NULL;
    bool has_row = false;
    if (!db_prepare(db, sql, &stmt, error) || !stmt_step(stmt, &has_row, error))
        return false;
    *ret = has_row ? stmt_col_int(stmt, 0) : 0;
    stmt_reset(stmt);
    return true;
}

static bool
db_create_tables(Db *db, GError **error)
{
    int64_t version = 0;
    if (!db_read_int(db, "PRAGMA user_version", &version, error))
        return false;
    if (version > SCHEMA_VERSION)
        return fail(error, ERR_UNSUPPORTED,
                    "state '%s' is of version %d, this program knows up to %d: use the newer one",
                    db->path, (int) version, SCHEMA_VERSION);
    if (version == SCHEMA_VERSION)
        return true;
    if (version > 0)
        return fail(error, ERR_UNSUPPORTED,
                    "state '%s' is of version %d, this program needs %d: let the program that made "
                    "it finish or "
                    "roll back what is open, then move its folder away and apply the catalog again",
                    db->path, (int) version, SCHEMA_VERSION);
    g_autofree char *sql = g_strdup_printf("%s\nPRAGMA user_version = %d;\n"
                                           "INSERT INTO meta(key, value) VALUES ('epoch', '0');",
                                           schema_sql, SCHEMA_VERSION);
    return db_exec(db, sql, error);
}

/* Tables and epoch in one transaction: a crash leaves all or nothing. */
static bool
db_take_over(Db *db, GError **error)
{
    if (!db_exec(db, "BEGIN IMMEDIATE", error))
        return false;
    if (!db_create_tables(db, error) ||
        !db_exec(db, "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'epoch'",
                 error) ||
        !db_read_int(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'", &db->epoch,
                     error) ||
        !db_exec(db, "COMMIT", error)) {
        db_rollback(db);
        return false;
    }
    return true;
}

static bool
db_setup_writer(Db *db, GError **error)
{
    g_autofree char *pragmas = g_strdup_printf("PRAGMA journal_mode = WAL;"
                                               "PRAGMA synchronous = FULL;"
                                               "PRAGMA cache_size = -%d;"
                                               "PRAGMA journal_size_limit = %d;"
                                               "PRAGMA temp_store = MEMORY;",
                                               CACHE_KIB, WAL_BYTES_KEPT);
    if (!db_exec(db, pragmas, error) || !db_take_over(db, error))
        return false;
    sqlite3_wal_hook(db->sqlite, db_wal_grew, db);
    return true;
}

bool
db_open(const char *folder, Db **ret, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot make the folder '%s'", folder);
    g_autofree char *path = g_build_filename(folder, "state.db", NULL);
    g_autoptr(Db) db = db_new(path);
    if (!db_lock(db, folder, error) ||
        !db_connect(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error) ||
        !db_setup_writer(db, error))
        return false;
    *ret = g_steal_pointer(&db);
    return true;
}

bool
db_open_memory(Db **ret, GError **error)
{
    g_autoptr(Db) db = db_new(":memory:");
    if (!db_connect(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error) ||
        !db_setup_writer(db, error))
        return false;
    *ret = g_steal_pointer(&db);
    return true;
}

bool
db_open_reader(const char *folder, Db **ret, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "state.db", NULL);
    g_autoptr(Db) db = db_new(path);
    if (!db_connect(db, SQLITE_OPEN_READONLY, error))
        return false;
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!db_exec(db, "PRAGMA temp_store = MEMORY", error))
        return false;
    *ret = g_steal_pointer(&db);
    return true;
}

void
db_close(Db *db)
{
    if (db == NULL)
        return;
    g_hash_table_unref(db->statements);
    sqlite3_close_v2(db->sqlite);
    fd_close(&db->lock_fd); /* after the state: who gets the lock finds it closed */
    g_free(db->path);
    g_free(db);
}

int64_t
db_epoch(const Db *db)
{
    return db->epoch;
}

/* ---- transactions ---- */

bool
db_exec(Db *db, const char *sql, GError **error)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(db, error, "cannot run");
    return true;
}

static bool
db_run(Db *db, const char *sql, GError **error)
{
    Stmt *stmt = NULL;
    return db_prepare(db, sql, &stmt, error) && stmt_run(stmt, NULL, error);
}

bool
db_begin(Db *db, GError **error)
{
    int64_t epoch = 0;
    if (!db_run(db, "BEGIN IMMEDIATE", error))
        return false;
    db->seq_before = db->seq;
    if (!db_read_int(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'", &epoch,
                     error)) {
        db_rollback(db);
        return false;
    }
    if (epoch != db->epoch) {
        db_rollback(db);
        return fail(error, ERR_CORRUPT,
                    "state '%s': another server took over (epoch %" PRId64 ", ours is %" PRId64 ")",
                    db->path, epoch, db->epoch);
    }
    return true;
}

bool
db_commit(Db *db, GError **error)
{
    if (!db_run(db, "COMMIT", error)) {
        db_rollback(db);
        return false;
    }
    return true;
}

void
db_rollback(Db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    db->seq = db->seq_before;
}

bool
db_savepoint(Db *db, GError **error)
{
    db->seq_savepoint = db->seq;
    return db_run(db, "SAVEPOINT part", error);
}

bool
db_savepoint_keep(Db *db, GError **error)
{
    return db_run(db, "RELEASE part", error);
}

void
db_savepoint_undo(Db *db)
{
    sqlite3_exec(db->sqlite, "ROLLBACK TO part; RELEASE part", NULL, NULL, NULL);
    db->seq = db->seq_savepoint;
}

bool
db_begin_read(Db *db, GError **error)
{
    return db_run(db, "BEGIN", error);
}

void
db_end_read(Db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        sqlite3_exec(db->sqlite, "COMMIT", NULL, NULL, NULL);
}

void
db_checkpoint(Db *db)
{
    if (db->wal_pages < db->wal_pages_done) /* it started over */
        db->wal_pages_done = 0;
    if (db->wal_pages - db->wal_pages_done < CHECKPOINT_PAGES)
        return;
    bool waits = db->wal_pages >= CHECKPOINT_PAGES_WAIT;
    if (waits)
        sqlite3_busy_timeout(db->sqlite, CHECKPOINT_WAIT_MS);
    sqlite3_wal_checkpoint_v2(db->sqlite, NULL,
                              waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL,
                              NULL);
    if (waits)
        sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
    db->wal_pages_done = db->wal_pages;
}
