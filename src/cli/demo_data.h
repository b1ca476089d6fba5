/*
 * demo_data.h - the demo company: an SQLite file with users and streams, the same for every run.
 *
 * Rows come from a generator with a fixed seed and whole numbers only, so that any machine makes
 * the same ones. What is written is described in examples/listening/schema.sql.
 */
#pragma once

#include "base/error.h"

typedef struct {
    int64_t users, streams;
} DemoSize;

/* Called every few ten thousand rows; false stops with STOPPED. */
typedef bool DemoTick(int64_t rows_done, int64_t rows_all, void *data);

/* Make `path` anew from the statements of `schema`; an older file is replaced only when the new one
 * is whole. `tick` may be NULL. */
CHECKED bool demo_data_write(const char *path, const char *schema, DemoSize size, DemoTick *tick,
                             void *data, GError **error);
