/*
 * redis_bench.h - a real Redis server for the tests of one program, started when it is first asked for and stopped at its
 * end, and looks into it by a connection that is not the driver's.
 */
#pragma once

#include "bench.h"

#include <hiredis/hiredis.h>

/* The url of an empty database that no test has used for a while; caller frees. */
char *test_redis_url(void);
/* A command as hiredis takes it, in that database; the answer is the caller's, and no error. */
redisReply *test_redis(const char *url, const char *format, ...);
/* A command whose arguments hold any bytes. */
redisReply *test_redis_argv(const char *url, int count, const char **arguments,
                            const size_t *lengths);
/* The answer as text, elements by '|'; NULL as "NULL". Caller frees. */
char *test_redis_text(const char *url, const char *format, ...);
/* Every key with its value and the moment it goes, in order. Caller frees. */
char *test_redis_dump(const char *url);
/* Stop the server as a power cut does, and start it again over the same data, with these settings. */
void test_redis_restart(const char *first, ...) G_GNUC_NULL_TERMINATED;
/* A store over a database, and the driver's connection to it. `settings` is taken: what it has beside `url`. */
TestDb *test_redis_db(json_t *settings);
