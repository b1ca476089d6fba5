/*
 * pair.h - what `honk copy` and `honk compare` are about: two datasets and the mapping between them.
 *
 * SOURCE and TARGET are addresses (address.h). With --mapping FILE its document is used: the only one, or the one that
 * names these two. Without, columns of the same name belong together.
 */
#pragma once

#include "cli/address.h"

typedef struct {
    Address source, target;
    char *mapping_path, *mapping_text;
    MappingSet *mappings;
    const Mapping *mapping;                /* NULL: same columns by name */
    Config *config;                        /* with the stores of both */
    char *source_url, *target_url;         /* addresses in it */
    Conn *source_conn, *target_conn;       /* target NULL: its file is not there yet */
    Schema *source_schema, *target_schema; /* target NULL: it is not there yet */
} Pair;

/* From the first two words and --mapping of the call; reads both schemas. */
CHECKED bool pair_open(Invocation *call, bool target_may_be_new, Pair *ret, GError **error);
void pair_clear(Pair *pair);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)
const StoreConfig *pair_source_store(const Pair *pair);
const StoreConfig *pair_target_store(const Pair *pair);

/* Columns of `schema` that `other` has not, as "a, b"; NULL when there are none. Caller frees. */
char *pair_columns_without(const Schema *schema, const Schema *other);

/* Columns that are written and become something else than a value of their row, as "a becomes …, b becomes …"; NULL when there are none,
 * or the source has the same. Caller frees. */
char *pair_columns_becoming(const Pair *pair);

/* --mapping and how datasets are named: the same in the help of every verb that takes a pair. */
#define PAIR_ABOUT                                                                                 \
    "A dataset is a file (airports.csv, events.ndjson, movies.json), a table of an SQLite file "   \
    "(data.db:users),\nof PostgreSQL (postgres:DATABASE:users), STORE:OBJECT of honk.yaml, or a "  \
    "name of its catalog. Where an ending\ndoes not tell, say it: csv:PATH, ndjson:PATH, "         \
    "sqlite:PATH:TABLE. Rows in Redis are redis://HOST:PORT/DATABASE/users:{id},\nrecords of a "   \
    "topic "                                                                                       \
    "kafka://HOST:PORT/TOPIC, tables of MariaDB mariadb://USER@HOST/DATABASE/TABLE."
#define PAIR_MAPPING_OPTION                                                                        \
    {                                                                                              \
        'm', "mapping", "FILE", "what becomes what; without it, columns of the same name"          \
    }
