/*
 * bench.h - what driver tests stand on: a folder of their own, SQLite files made by SQL, and looks into
 * them by a connection that is not the driver's.
 */
#pragma once

#include "driver/driver.h"

#include <sqlite3.h>

#define ASSERT_OK(call)                                                                            \
    do {                                                                                           \
        g_autoptr(GError) assert_error = NULL;                                                     \
        bool assert_done = (call);                                                                 \
        g_assert_no_error(assert_error);                                                           \
        g_assert_true(assert_done);                                                                \
    } while (0)
/* In ASSERT_OK and ASSERT_FAILS the call's last argument is &ERR. */
#define ERR assert_error
#define ASSERT_FAILS(call, code, text)                                                             \
    do {                                                                                           \
        g_autoptr(GError) assert_error = NULL;                                                     \
        bool assert_done = (call);                                                                 \
        g_assert_false(assert_done);                                                               \
        g_assert_error(assert_error, error_quark(), code);                                         \
        if (strstr(assert_error->message, text) == NULL)                                           \
            g_error("expected '%s' in: %s", text, assert_error->message);                          \
    } while (0)

/* A new folder, removed with all that is in it at the end of the program. Borrowed. */
const char *test_folder(void);
/* A path in it that no other test has. Caller frees. */
char *test_path(const char *suffix);

typedef struct {
    char *path;
    StoreConfig store;
    Conn *conn;
} TestDb;
/* An SQLite file made by `sql`, and the driver's connection to it. */
TestDb *test_db(const char *sql);
void test_db_free(TestDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestDb, test_db_free)

/* Run by another program, so to speak: a connection of its own, with foreign keys as `PRAGMA` says. */
void test_exec(const char *path, const char *sql);
/* The same; returns SQLite's message, or NULL when it went through. Caller frees. */
char *test_try(const char *path, const char *sql);
/* All rows: columns by '|', rows by newline; NULL as "NULL". Caller frees. */
char *test_query(const char *path, const char *sql);
/* Every object and every row of a file as text, Honk's own left out. Caller frees. */
char *test_dump(const char *path);

/* Read through the driver: rows as test_query() gives them, rejects as "!row column: reason". */
char *test_scan(Conn *conn, const ScanSpec *spec);
/* Moves the one row of `s` to a new stage for `t`, and compares; false: it was put aside. `number` is another one each time. */
bool test_moves_one(TestDb *from, TestDb *to, int number);
