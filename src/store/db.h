/*
 * db.h - our own state: SQLite in WAL mode with synchronous=FULL.
 *
 * One connection writes (the loop's), and only it checkpoints; readers have their own read-only
 * connections, each with a busy timeout. (SQLite before 3.51.3 can damage the file when two
 * connections checkpoint at once; with one that cannot happen.) A Db belongs to one thread at a
 * time.
 *
 * SQL is written with named parameters (:name).
 */
#pragma once

#include "base/error.h"

typedef struct Db Db;
typedef struct Stmt Stmt;

/* Open `folder`/state.db for writing, create or migrate the tables (schema.sql), take the epoch;
 * refuses with WRONG_STATE when another live server holds the folder (a lock file), naming its pid. */
CHECKED bool db_open(const char *folder, Db **ret, GError **error);
CHECKED bool db_open_reader(const char *folder, Db **ret, GError **error);
/* In memory, with the same tables: for tests and the simulator. */
CHECKED bool db_open_memory(Db **ret, GError **error);
void db_close(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)
int64_t db_epoch(const Db *db);

/* BEGIN IMMEDIATE; checks the epoch: CORRUPT when another server took over. */
CHECKED bool db_begin(Db *db, GError **error);
CHECKED bool db_commit(Db *db, GError **error);
void db_rollback(Db *db);
/* A part of a transaction that can be taken back alone. They do not nest. */
CHECKED bool db_savepoint(Db *db, GError **error);
CHECKED bool db_savepoint_keep(Db *db, GError **error);
void db_savepoint_undo(Db *db);
/* Readers: one snapshot for several queries. */
CHECKED bool db_begin_read(Db *db, GError **error);
void db_end_read(Db *db);
/* Checkpoint when the WAL has grown; the writer calls it between beats. */
void db_checkpoint(Db *db);

/* Prepared once per Db and text, reset and cleared for reuse. Borrowed; one user at a time per
 * text. Errors of running: WRONG_STATE for a violated constraint, TRANSIENT for a busy database,
 * NO_SPACE, CORRUPT. */
CHECKED bool db_prepare(Db *db, const char *sql, Stmt **ret, GError **error);
/* NULL binds NULL; name with its colon. The value is copied. */
void stmt_text(Stmt *stmt, const char *name, const char *value);
void stmt_int(Stmt *stmt, const char *name, int64_t value);
void stmt_blob(Stmt *stmt, const char *name, const void *data, size_t bytes);
/* By position from 1, for statements made by a program; text must live until the statement has run.
 */
void stmt_text_at(Stmt *stmt, int position, const char *value);
void stmt_int_at(Stmt *stmt, int position, int64_t value);
/* `*ret_row` false at the end; the statement is then reset. */
CHECKED bool stmt_step(Stmt *stmt, bool *ret_row, GError **error);
/* Run to the end; `*ret_changes` may be NULL. */
CHECKED bool stmt_run(Stmt *stmt, int64_t *ret_changes, GError **error);
void stmt_reset(Stmt *stmt);
const char *stmt_col_text(Stmt *stmt, int column); /* NULL when NULL; valid until the next step */
int64_t stmt_col_int(Stmt *stmt, int column);
bool stmt_col_is_null(Stmt *stmt, int column);
const void *stmt_col_blob(Stmt *stmt, int column, size_t *ret_bytes);
CHECKED bool db_exec(Db *db, const char *sql, GError **error);
