/*
 * address.h - a dataset as people name it on the command line, and where it lies.
 *
 *   airports.csv  events.ndjson  movies.json      a file; what it is, its ending says
 *   data.db:users                                 a table of an SQLite file
 *   sqlite:PATH:TABLE  csv:PATH  ndjson:PATH      a file whose ending does not say it
 *   postgres:DATABASE:TABLE                       a database by its name, or as libpq takes it
 *   redis://HOST:PORT/DATABASE/OBJECT             rows of a Redis server: redis://127.0.0.1/0/users:{id}
 *   kafka://HOST:PORT/TOPIC                       records of a topic: kafka://127.0.0.1:9092/orders
 *   STORE:OBJECT                                  a store of honk.yaml
 *   users-v1  resource:default/users-v1           a dataset of the catalog
 *
 * A file that is there goes before a store or a dataset of that name.
 */
#pragma once

#include "cli/client.h"
#include "driver/driver.h"

typedef struct {
    char *text;         /* as it was typed */
    StoreConfig *store; /* a copy, or one made for the file */
    char *object;
    bool is_new_file; /* an SQLite file that is not there yet, and may be made */
} Address;
void address_clear(Address *address);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Address, address_clear)

/* INVALID and NOT_FOUND say what was expected. `may_be_new`: the object, or an SQLite file, need not be there. */
CHECKED bool address_find(Invocation *call, const char *text, bool may_be_new, Address *ret,
                          GError **error);
/* A connection, and the schema of the object: NULL when it is not there but may be new. */
CHECKED bool address_open(const Address *address, bool may_be_new, Conn **ret_conn,
                          Schema **ret_schema, GError **error);
/* A configuration with the stores of both, and their addresses in it as STORE:OBJECT. One store when both are one.
 * Callers own. */
Config *address_config(const Address *source, const Address *target, char **ret_source,
                       char **ret_target);
/* An SQLite file that was made for nothing is removed. */
void address_forget_file(const Address *address);
