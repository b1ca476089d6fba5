/*
 * world.h - a store of each driver for the suite, and what its owner does with it.
 *
 * A Fixture says how to make an object with given rows *without the driver*, what the store can hold,
 * and how other programs write to it. To put a new driver through the suite is to write one of these.
 */
#pragma once

#include "../bench.h"

typedef struct Fixture Fixture;

typedef struct {
    const Fixture *fixture;
    StoreConfig store;
    char *path; /* of the folder or file, or NULL */
    Conn *conn;
} World;

struct Fixture {
    const char *driver;
    /* An empty store: fills `store.settings`, and `path` where there is one. */
    void (*open)(World *world);
    void (*close)(World *world); /* or NULL */
    /* An object in the place of whatever has its name; `schema->dataset` is its name. */
    void (*make)(World *world, const Schema *schema, const Batch *rows);
    /* The type that describe() has for a column of this type. */
    ColumnType (*shows)(ColumnType type);
    /* Can an object hold this value at all? And does the driver's own stage keep it? Values that it
     * does not keep, it refuses. */
    bool (*holds)(const Value *value);
    bool (*keeps)(const Value *value);
    /* An object "broken" with column `a`, and records 1 and 4 that can be read while 2 and 3 cannot.
     * NULL: what is in the store can be read. */
    void (*make_broken)(World *world);
    /* Another program adds rows at the end, or removes one; false when the store refuses. `erase`
     * may be NULL. */
    bool (*insert)(World *world, const char *object, const Batch *rows);
    bool (*erase)(World *world, const char *object, int64_t row_id);
    /* Hang a view and an index on the object, and see whether both speak of it and work. NULL:
     * nothing hangs on objects of this store. */
    void (*hang)(World *world, const char *object);
    bool (*hangs)(World *world, const char *object);
    /* A value in SQL. NULL: the store's own client takes values without. */
    void (*append_literal)(GString *sql, const Value *value);
    bool has_no_empty;     /* an object without rows cannot be described */
    bool has_no_keys;      /* nothing refuses a key that is taken */
    bool has_own_order;    /* rows come in an order of the store's own, always the same */
    bool has_no_identity;  /* an object is its rows: others in their place are still it */
    bool has_no_replacing; /* a target that has rows is not put aside for others */
};

/* A text column that is declared so is an array where the store writes JSON. */
#define JSON_ARRAY "array"
/* A DECIMAL that keeps every digit is one with the affinity of text. */
#define SQLITE_DECIMAL_TEXT "DECIMAL TEXT"

extern const Fixture fixture_memory, fixture_sqlite, fixture_postgres, fixture_mariadb, fixture_csv,
    fixture_ndjson, fixture_redis, fixture_kafka;

/* All that can be asked in this build. */
extern const Fixture *const every_fixture[];
extern const size_t fixture_count;

/* One JSON object. Caller frees. */
char *row_as_json(const Schema *schema, const Batch *rows, size_t row);

World *world_new(const Fixture *fixture);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)
/* One more connection to the same store. */
Conn *world_connect(const World *world);
