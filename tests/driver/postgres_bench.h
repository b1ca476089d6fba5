/*
 * postgres_bench.h - a real PostgreSQL server for the tests of one program, started when it is first asked for and stopped at
 * its end, and looks into it by a session that is not the driver's.
 */
#pragma once

#include "bench.h"

/* A new, empty database. Its url for honk.yaml; caller frees. */
char *test_pg_database(void);
/* Run in a database; each fails the test with the server's message. */
void test_pg_exec(const char *url, const char *sql);
/* The server's message, or NULL when it went through. Caller frees. */
char *test_pg_try(const char *url, const char *sql);
/* All rows: columns by '|', rows by newline; NULL as "NULL". Caller frees. */
char *test_pg_query(const char *url, const char *sql);
/* The first cell that the last statement gives, in one session for the whole program, in a database that `setup` made; NULL:
 * something was refused. Caller frees. */
char *test_pg_ask(const char *setup, const char *sql);
/* The database as pg_dump writes it, without its comments. Caller frees. */
char *test_pg_dump(const char *url);
/* A store over a database, and the driver's connection to it, as test_db(). */
TestDb *test_pg_db(const char *sql);
/* Stop the server as a power cut does, and start it again over the same data. */
void test_pg_restart(void);
