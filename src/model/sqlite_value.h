/*
 * sqlite_value.h - typed values as SQLite keeps them: one rule for reading a cell, and one for
 * writing one.
 *
 * SQLite types cells, not columns: a column declared INTEGER may hold 'abc'. The driver that reads
 * rows, the functions that run inside of SQL statements and the expressions over files all go
 * through here, so that a cell means the same on every way.
 *
 *   type       written as        read from
 *   bool       INTEGER 0 or 1    whatever casts to the type exactly (value_cast):
 *   int        INTEGER           an INTEGER as int, a REAL as float, a TEXT as text;
 *   float      REAL              a BLOB is bytes and nothing else
 *   decimal    TEXT, canonical   (in a NUMERIC column it becomes a number, and a decimal again)
 *   text       TEXT
 *   date       TEXT YYYY-MM-DD
 *   timestamp  TEXT YYYY-MM-DD HH:MM:SS[.ffffff]
 *   bytes      BLOB
 *
 * SQLite has no NaN and makes NULL of it: whoever must not lose one asks sqlite_has_none() first.
 */
#pragma once

#include "model/value.h"

#include <sqlite3.h>

/* For main(), before anything uses SQLite, if only to put a text together: its own counting of memory takes a lock on each allocation, which
 * is a tenth of reading rows. Comes too late later, without harm. */
void sqlite_prepare(void);

/* `scratch` as in value_cast(); text results borrow it or the statement's own memory. On failure
 * `*ret_reason` (may be NULL; caller frees) says what is wrong with the cell. */
CHECKED bool sqlite_read_column(sqlite3_stmt *statement, int index, ColumnType type,
                                GString *scratch, Value *ret, char **ret_reason);
CHECKED bool sqlite_read_argument(sqlite3_value *cell, ColumnType type, GString *scratch,
                                  Value *ret, char **ret_reason);
/* The same, but only of a cell that is what writing its value makes: of the type's own class, texts of dates and
 * decimals in canonical form, texts in UTF-8; numbers may stand for decimals, and whole ones for floats, as columns of
 * numbers keep them. Says no instead of why, and costs little. */
CHECKED bool sqlite_read_kept(sqlite3_value *cell, ColumnType type, GString *scratch, Value *ret);
#define SQLITE_DIGITS_KEPT 15 /* of a decimal that survive a double and back */
/* Does a column of numbers keep all digits of a canonical decimal? */
bool sqlite_keeps_decimal(const char *text, size_t bytes);
/* Is it NaN? */
bool sqlite_has_none(const Value *value);
/* Parameters count from 1. The result is SQLite's own. */
int sqlite_bind_typed(sqlite3_stmt *statement, int index, const Value *value);
void sqlite_result_typed(sqlite3_context *context, const Value *value);

typedef enum {
    AFFINITY_INTEGER,
    AFFINITY_TEXT,
    AFFINITY_BLOB,
    AFFINITY_REAL,
    AFFINITY_NUMERIC
} SqliteAffinity;
/* What SQLite makes of a declared type (its documented rules, in their order). */
SqliteAffinity sqlite_affinity(const char *declared);
