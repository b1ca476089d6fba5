/*
 * move.c - what run.py starts and measures: one dataset moved through transfer, as a worker does it.
 *
 *   move demo FILE SCHEMA USERS STREAMS           make the demo company's file
 *   move WAY STORE SOURCE TARGET-FILE TARGET MAPPING
 *
 * WAY is one of
 *   pushed     ranges inside of the store, rows only counted
 *   hashed     the same, every row hashed as it is written
 *   read-back  hashed, then the stage is read back and its sum held against the ledger's
 *   by-rows    hashed, but through the mover: what happens between unlike stores
 *   compare    nothing is moved: are the rows those of the source?
 *
 * Every range is a task of its own, so it opens its connections anew; sessions with servers are kept for them, as workers do. STORE is an SQLite file, a folder of CSV
 * files where SOURCE ends in ".csv", a PostgreSQL database where it says "dbname=", a MariaDB database where it begins with
 * "mariadb:", a Redis server where it begins with "unix:"; so is the target.
 * A table of SQLite that is not there is made from the mapping. Prints "ROWS RANGES".
 */
#include "base/text.h"
#include "cli/demo_data.h"
#include "model/sqlite_value.h"
#include "transfer/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAN "bench"
#define STAGE "honk_stage"
#define RANGE_MS 2000 /* as plans have it */
#define JOBS 2        /* ranges at once, as a plan's workers do */
#define MAPPING_BYTES_MAX (64 * 1024)

typedef struct {
    bool push, hash, read_back;
    char *stage;
    StoreConfig source, target;
    TransferSpec spec;
    MappingSet *mappings;
    int64_t ranges;
} Bench;

static void
die(const char *what, const GError *error)
{
    fprintf(stderr, "bench-rows: %s: %s\n", what, error != NULL ? error->message : "unknown");
    exit(1);
}

static StoreConfig
store_at(const char *name, const char *driver, const char *path)
{
    const char *server = strstr(path, "dbname=") != NULL      ? "postgres"
                         : g_str_has_prefix(path, "mariadb:") ? "mariadb"
                         : g_str_has_prefix(path, "unix:")    ? "redis"
                                                              : NULL;
    return (StoreConfig){.name = g_strdup(name),
                         .driver = g_strdup(server != NULL ? server : driver),
                         .settings = json_pack("{ss}", server != NULL ? "url" : "path", path)};
}

static void
read_mapping(Bench *bench, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Diags) diags = diags_new();
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!file_read(path, MAPPING_BYTES_MAX, &text, &bytes, &error) ||
        !mapping_parse(text, bytes, path, diags, &bench->mappings, &error))
        die("cannot read the mapping", error);
    bench->spec.mapping = mapping_get(bench->mappings, 0);
}

/* Where no target is there to be like. */
static Schema *
mapped_schema(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) source = NULL;
    Schema *made = NULL;
    if (!conn_open(&bench->source, &conn, &error) ||
        !conn_describe(conn, bench->spec.source, &source, &error) ||
        !mapping_target_schema(bench->spec.mapping, source, bench->spec.target, &made, &error))
        die("cannot say what rows will be", error);
    return made;
}

static void
make_stage(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Conn) conn = NULL;
    bool is_there = strcmp(bench->target.driver, "redis") != 0;
    Writer writer = {.plan = PLAN, .task = "stage", .token = bench->spec.token};
    if (!conn_open(&bench->target, &conn, &error) ||
        (strcmp(bench->target.driver, "sqlite") == 0 &&
         !conn_exists(conn, bench->spec.target, &is_there, &error)))
        die("cannot look at the target", error);
    g_autoptr(Schema) schema = is_there ? NULL : mapped_schema(bench);
    if (!conn_stage(conn, bench->stage, bench->spec.target, schema, &writer, &error))
        die("cannot make the stage", error);
}

static Transfer *
open_transfer(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    Transfer *transfer = NULL;
    if (!transfer_open(&bench->spec, &transfer, &error))
        die("cannot open", error);
    return transfer;
}

typedef struct {
    const Bench *bench;
    const json_t *ranges;
    gint *next; /* of them: whoever is free takes it, as workers do */
    HashSum sum;
} Job;

static void *
do_ranges(void *data)
{
    Job *job = data;
    size_t i;
    while ((i = (size_t) g_atomic_int_add(job->next, 1)) < json_array_size(job->ranges)) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Transfer) transfer = open_transfer(job->bench);
        RangeResult result = {0};
        if (!transfer_range(transfer, json_array_get(job->ranges, i), NULL, NULL, &result, &error))
            die("cannot move a range", error);
        if (result.rejected > 0)
            die("rows were put aside", NULL);
        hash_sum_merge(&job->sum, &result.hash);
    }
    return NULL;
}

static void
fill(Bench *bench, HashSum *ret)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) ranges = NULL;
    g_autoptr(Transfer) first = open_transfer(bench);
    if (!transfer_put_off_keys(first, &error) || !transfer_split(first, RANGE_MS, &ranges, &error))
        die("cannot divide the source", error);
    g_clear_pointer(&first, transfer_close);
    /* a file has one writer at a time */
    size_t count = strcmp(bench->target.driver, "sqlite") != 0 ? JOBS : 1;
    Job jobs[JOBS];
    GThread *threads[JOBS];
    gint next = 0;
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (Job){.bench = bench, .ranges = ranges, .next = &next};
        threads[i] = g_thread_new("ranges", do_ranges, &jobs[i]);
    }
    for (size_t i = 0; i < count; i++) {
        g_thread_join(threads[i]);
        hash_sum_merge(ret, &jobs[i].sum);
    }
    bench->ranges = (int64_t) json_array_size(ranges);
}

static void
make_keys(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Conn) conn = NULL;
    Writer writer = {.plan = PLAN, .task = "keys", .token = bench->spec.token};
    if (!conn_open(&bench->target, &conn, &error) ||
        !conn_make_keys(conn, bench->stage, bench->spec.target, NULL, &writer, &error))
        die("cannot make the keys", error);
}

static void
compare(const Bench *bench)
{
    g_autoptr(GError) error = NULL;
    Bench only = *bench;
    g_auto(Comparison) seen = {0};
    only.spec.plan = only.spec.stage = NULL;
    g_autoptr(Transfer) transfer = open_transfer(&only);
    if (!transfer_compare(transfer, bench->spec.target, 1, NULL, NULL, &seen, &error))
        die("cannot compare", error);
    if (!seen.equal)
        die("the rows are not those of the source", NULL);
}

static void
read_back(const Bench *bench, const HashSum *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) ranges = NULL;
    g_autoptr(Transfer) first = open_transfer(bench);
    HashSum seen = {0};
    json_t *range;
    size_t i;
    if (!transfer_hash_split(first, bench->stage, RANGE_MS, &ranges, &error))
        die("cannot divide the stage", error);
    g_clear_pointer(&first, transfer_close);
    json_array_foreach(ranges, i, range)
    {
        g_autoptr(Transfer) transfer = open_transfer(bench);
        HashSum sum = {0};
        if (!transfer_hash(transfer, bench->stage, range, NULL, NULL, &sum, &error))
            die("cannot read back", error);
        hash_sum_merge(&seen, &sum);
    }
    if (!hash_sum_equal(&seen, expected))
        die("what was read back is not what was written", NULL);
}

static void
make_demo(char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *schema = NULL;
    size_t bytes = 0;
    DemoSize size = {.users = g_ascii_strtoll(argv[4], NULL, 10),
                     .streams = g_ascii_strtoll(argv[5], NULL, 10)};
    if (!file_read(argv[3], MAPPING_BYTES_MAX, &schema, &bytes, &error) ||
        !demo_data_write(argv[2], schema, size, NULL, NULL, &error))
        die("cannot make the demo's data", error);
}

static void
move(char **argv)
{
    Bench bench = {.push = strcmp(argv[1], "by-rows") != 0,
                   .hash = strcmp(argv[1], "pushed") != 0,
                   .read_back = strcmp(argv[1], "read-back") == 0};
    const char *driver = g_str_has_suffix(argv[3], ".csv") ? "csv" : "sqlite";
    HashSum sum = {0};
    bench.source = store_at("source", driver, argv[2]);
    bench.target = store_at("target", "sqlite", argv[4]);
    if (strcmp(bench.target.driver, "sqlite") == 0 && !g_file_test(argv[4], G_FILE_TEST_EXISTS))
        json_set_bool(bench.target.settings, "create", true); /* as `honk copy` does */
    bench.stage =
        strcmp(bench.target.driver, "redis") == 0
            ? g_strconcat(argv[5], "__honk_1", NULL) /* a form of keys, as its target is */
            : g_strdup(STAGE);
    bench.spec = (TransferSpec){.source_store = &bench.source,
                                .source = argv[3],
                                .target_store = &bench.target,
                                .target = argv[5],
                                .stage = bench.stage,
                                .plan = PLAN,
                                .task = "fill",
                                .token = 1,
                                .hash = bench.hash,
                                .push_allowed = bench.push};
    read_mapping(&bench, argv[6]);
    if (strcmp(argv[1], "compare") == 0) {
        compare(&bench);
        mapping_set_free(bench.mappings);
        return;
    }
    drivers_keep_sessions(true); /* as workers do */
    make_stage(&bench);
    fill(&bench, &sum);
    make_keys(&bench);
    if (bench.read_back)
        read_back(&bench, &sum);
    printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", sum.rows, bench.ranges);
    mapping_set_free(bench.mappings);
    g_free(bench.stage);
}

int
main(int argc, char **argv)
{
    sqlite_prepare(); /* as the program does */
    if (argc == 6 && strcmp(argv[1], "demo") == 0)
        make_demo(argv);
    else if (argc == 7)
        move(argv);
    else
        die("expected WAY STORE SOURCE TARGET-FILE TARGET MAPPING", NULL);
    return 0;
}
