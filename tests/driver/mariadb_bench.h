/*
 * mariadb_bench.h - a real MariaDB server for the tests of one program, started when it is first asked for and stopped at its
 * end, and looks into it by a session that is not the driver's.
 */
#pragma once

#include "bench.h"

/* A new, empty database. Its url for honk.yaml; caller frees. */
char *test_maria_database(void);
/* The same one, empty again. */
void test_maria_clear(const char *url);
/* Statements, one a line or divided by ";\n", run in a database as the server's defaults have it; each fails the test with the
 * server's message. */
void test_maria_exec(const char *url, const char *sql);
/* The server's message, or NULL when it went through. Caller frees. */
char *test_maria_try(const char *url, const char *sql, size_t bytes);
/* All rows: columns by '|', rows by newline; NULL as "NULL". Caller frees. */
char *test_maria_query(const char *url, const char *sql);
/* The first cell that the last statement gives, in one session for the whole program, in UTC; NULL: something was refused. Caller
 * frees. */
char *test_maria_ask(const char *sql);
/* A store over a database, and the driver's connection to it, as test_db(). */
TestDb *test_maria_db(const char *sql);
/* Stop the server as a power cut does, and start it again over the same data. */
void test_maria_restart(void);
