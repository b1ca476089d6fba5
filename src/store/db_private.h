/* db_private.h - what the files of this room know of each other. */
#pragma once

#include "store/db.h"

#include <sqlite3.h>

#define STATEMENTS_RECENT 64

struct Db {
    sqlite3 *sqlite;
    GHashTable *statements;          /* SQL text, of the statement -> Stmt * */
    Stmt *recent[STATEMENTS_RECENT]; /* by the address of the text */
    char *path;
    int lock_fd;
    int64_t epoch;
    int wal_pages;         /* in the WAL, as of the last commit */
    int wal_pages_done;    /* as of the last checkpoint */
    int64_t seq;           /* last event appended; -1: to be read */
    int64_t seq_before;    /* as of BEGIN */
    int64_t seq_savepoint; /* as of SAVEPOINT */
};

struct Stmt {
    Db *db;
    char *sql;
    sqlite3_stmt *sqlite;
};

/* The error that SQLite is in. Returns false. */
bool db_fail(Db *db, GError **error, const char *what);
void stmt_free(void *stmt);

extern const char schema_sql[];
