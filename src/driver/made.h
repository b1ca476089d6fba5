/*
 * made.h - a store of its own for rows that are made up: an SQLite file that nobody else sees, and that goes with it.
 */
#pragma once

#include "driver/driver.h"

typedef struct MadeStore MadeStore;

/* `script`: the SQL that fills it. */
CHECKED bool made_store_new(const char *script, MadeStore **ret, GError **error);
void made_store_free(MadeStore *made);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadeStore, made_store_free)
Conn *made_store_conn(const MadeStore *made); /* borrowed */
/* More SQL, later on. */
CHECKED bool made_store_exec(MadeStore *made, const char *script, GError **error);
