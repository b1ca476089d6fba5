/* made.c - see driver/made.h. */
#include "driver/made.h"

#include "base/text.h"
#include "driver/sqlite/sqlite.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>

struct MadeStore {
    StoreConfig store;
    Conn *conn;
    char *path;
};

void
made_store_free(MadeStore *made)
{
    if (made == NULL)
        return;
    conn_close(made->conn);
    if (made->path != NULL)
        g_unlink(made->path);
    json_decref(made->store.settings);
    g_free(made->path);
    g_free(made);
}

bool
made_store_exec(MadeStore *made, const char *script, GError **error)
{
    sqlite3 *db = NULL;
    /* Nobody wants it back after a crash: no journal, no waiting for the disk. */
    bool ok = sqlite3_open(made->path, &db) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
                           NULL) == SQLITE_OK &&
              sqlite3_exec(db, script, NULL, NULL, NULL) == SQLITE_OK;
    if (!ok)
        fail(error, ERR_INTERNAL, "cannot make rows up: %s", sqlite3_errmsg(db));
    sqlite3_close(db);
    return ok;
}

bool
made_store_new(const char *script, MadeStore **ret, GError **error)
{
    g_autoptr(MadeStore) made = g_new0(MadeStore, 1);
    made->path = g_build_filename(g_get_tmp_dir(), "honk-made-XXXXXX", NULL);
    AUTO_FD fd = mkostemp(made->path, O_CLOEXEC);
    if (fd < 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make the file '%s'", made->path);
    made->store = (StoreConfig){.name = (char *) "generated",
                                .driver = (char *) "sqlite",
                                .settings = json_pack("{s:s}", "path", made->path)};
    if (!made_store_exec(made, script, error) || !conn_open(&made->store, &made->conn, error))
        return false;
    *ret = g_steal_pointer(&made);
    return true;
}

Conn *
made_store_conn(const MadeStore *made)
{
    return made->conn;
}
