/* db_private.h - what db.c and stmt.c share. */
#pragma once

#include "store/db.h"

#include <sqlite3.h>

struct Db {
    sqlite3 *sqlite;
    GHashTable *stmts; /* SQL text -> Stmt */
    int64_t epoch;
    int lock_fd;   /* -1: none */
    int wal_pages; /* after the last commit of this connection */
};

/* "cannot WHAT the state: …", with the code that fits. */
bool db_fail(Db *db, GError **error, const char *what);
void stmt_free(void *stmt);
