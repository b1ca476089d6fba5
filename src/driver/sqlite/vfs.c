/*
 * vfs.c - how WALs are written: many pages at once.
 *
 * SQLite gives its file system page after page, in a WAL each behind a head of 24 bytes: two calls to the kernel for each page of rows that
 * come. They lie behind each other, so here they are kept until they are WRITE_BYTES or something else is done with the file, and are then
 * written by one call.
 *
 * What is kept is the end of what was written, in order. All that could tell whether it is in the file (reading, syncing, asking for its
 * size, giving a lock back, another place that is written) writes it first, and fails where that fails, with nothing forgotten: the next one tries it
 * again. So a commit, which syncs (`synchronous = FULL`, conn.c), is as durable as without.
 *
 * What is kept of a transaction that is given up must not be written later, over what somebody else has put there: so it is written
 * before the lock is given back, which is the database's. Databases themselves are written as ever: when a checkpoint copies only a part of
 * a WAL, others read the database without a sync before. For every other file the system's own methods are used.
 */
#include "driver/sqlite/sqlite.h"

#include "base/copy.h"

#include <pthread.h>

#define WRITE_BYTES (127 * 1024) /* what the system takes at once is below 128 KiB */

typedef struct File File;
struct File {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
    File *database;     /* of a WAL; NULL: this is a database, and nothing is kept */
    File *wal;          /* of a database, while it is open */
    char *kept;         /* WRITE_BYTES, from the first write on */
    int bytes;          /* of it, which belong at `begin` */
    sqlite3_int64 begin;
};

static sqlite3_file *
real(sqlite3_file *base)
{
    return ((File *) base)->real;
}

static int
flush(sqlite3_file *base)
{
    File *file = (File *) base;
    if (file->bytes == 0)
        return SQLITE_OK;
    int status = file->real->pMethods->xWrite(file->real, file->kept, file->bytes, file->begin);
    if (status == SQLITE_OK)
        file->bytes = 0;
    return status;
}

/* --- what is written --- */

static int
write_bytes(sqlite3_file *base, const void *data, int bytes, sqlite3_int64 at)
{
    File *file = (File *) base;
    if (file->bytes > 0 && (at != file->begin + file->bytes || bytes > WRITE_BYTES - file->bytes)) {
        int status = flush(base);
        if (status != SQLITE_OK)
            return status;
    }
    if (bytes > WRITE_BYTES || file->database == NULL)
        return file->real->pMethods->xWrite(file->real, data, bytes, at);
    if (file->kept == NULL)
        file->kept = g_malloc(WRITE_BYTES);
    if (file->bytes == 0)
        file->begin = at;
    copy_bytes(file->kept + file->bytes, data, (size_t) bytes);
    file->bytes += bytes;
    return SQLITE_OK;
}

/* --- what needs it to be there --- */

static int
read_bytes(sqlite3_file *base, void *to, int bytes, sqlite3_int64 at)
{
    int status = flush(base);
    return status != SQLITE_OK ? status : real(base)->pMethods->xRead(real(base), to, bytes, at);
}

static int
truncate_at(sqlite3_file *base, sqlite3_int64 bytes)
{
    int status = flush(base);
    return status != SQLITE_OK ? status : real(base)->pMethods->xTruncate(real(base), bytes);
}

static int
sync_file(sqlite3_file *base, int flags)
{
    int status = flush(base);
    return status != SQLITE_OK ? status : real(base)->pMethods->xSync(real(base), flags);
}

static int
tell_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    int status = flush(base);
    return status != SQLITE_OK ? status : real(base)->pMethods->xFileSize(real(base), ret);
}

static int
control(sqlite3_file *base, int what, void *data)
{
    int status = flush(base);
    return status != SQLITE_OK ? status
                               : real(base)->pMethods->xFileControl(real(base), what, data);
}

/* A lock is given back in any case. */
static int
unlock(sqlite3_file *base, int level)
{
    int status = flush(base), unlocked = real(base)->pMethods->xUnlock(real(base), level);
    return status != SQLITE_OK ? status : unlocked;
}

static int
close_file(sqlite3_file *base)
{
    File *file = (File *) base;
    int status = flush(base), closed = real(base)->pMethods->xClose(real(base));
    if (file->database != NULL)
        file->database->wal = NULL;
    g_free(file->kept);
    return status != SQLITE_OK ? status : closed;
}

/* What cannot be written by then never is. */
static int
lock_shared(sqlite3_file *base, int first, int count, int flags)
{
    File *wal = ((File *) base)->wal;
    int status = SQLITE_OK;
    if (wal != NULL && (flags & SQLITE_SHM_UNLOCK) != 0)
        status = flush(&wal->base);
    if (status != SQLITE_OK)
        wal->bytes = 0;
    int done = real(base)->pMethods->xShmLock(real(base), first, count, flags);
    return status != SQLITE_OK ? status : done;
}

/* --- what does not --- */

static int
lock(sqlite3_file *base, int level)
{
    return real(base)->pMethods->xLock(real(base), level);
}

static int
check_reserved(sqlite3_file *base, int *ret)
{
    return real(base)->pMethods->xCheckReservedLock(real(base), ret);
}

static int
sector_bytes(sqlite3_file *base)
{
    return real(base)->pMethods->xSectorSize(real(base));
}

static int
device_traits(sqlite3_file *base)
{
    return real(base)->pMethods->xDeviceCharacteristics(real(base));
}

static int
map_shared(sqlite3_file *base, int region, int bytes, int may_extend, void volatile **ret)
{
    return real(base)->pMethods->xShmMap(real(base), region, bytes, may_extend, ret);
}

static void
order_shared(sqlite3_file *base)
{
    real(base)->pMethods->xShmBarrier(real(base));
}

static int
unmap_shared(sqlite3_file *base, int deletes)
{
    return real(base)->pMethods->xShmUnmap(real(base), deletes);
}

/* Version 2: no mapping of files, which would not see what is kept here. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_bytes,
    .xWrite = write_bytes,
    .xTruncate = truncate_at,
    .xSync = sync_file,
    .xFileSize = tell_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = sector_bytes,
    .xDeviceCharacteristics = device_traits,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = order_shared,
    .xShmUnmap = unmap_shared,
};

/* --- files --- */

static sqlite3_vfs *system_vfs;

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
    if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
        return system_vfs->xOpen(system_vfs, name, base, flags, ret_flags);
    File *file = (File *) base;
    *file = (File){.real = (sqlite3_file *) (file + 1)};
    int status = system_vfs->xOpen(system_vfs, name, file->real, flags, ret_flags);
    if (file->real->pMethods == NULL) /* else it is closed, opened or not */
        return status;
    g_assert(file->real->pMethods->iVersion >= methods.iVersion);
    if ((flags & SQLITE_OPEN_WAL) != 0) {
        file->database = (File *) sqlite3_database_file_object(name);
        g_assert(file->database->base.pMethods == &methods && file->database->wal == NULL);
        file->database->wal = file;
    }
    file->base.pMethods = &methods;
    return status;
}

static void
register_once(void)
{
    static sqlite3_vfs vfs;
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.pNext = NULL;
    vfs.zName = "honk";
    vfs.szOsFile += (int) sizeof(File);
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 0);
}

const char *
sqlite_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_once);
    return "honk";
}
