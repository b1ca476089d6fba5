/* loading.c - questions about staging, and about ranges that are in as a whole or not at all. */
#include "suite.h"

#include <pthread.h>
#include <string.h>

#define STAGE "people__honk_1"

static const Writer one = {.plan = "p-1", .task = "t-1", .range = "0001", .token = 5};
static const Writer two = {.plan = "p-1", .task = "t-2", .range = "0002", .token = 5};

static void
stage_people(World *world)
{
    g_autoptr(Schema) schema = people_schema("people");
    ASSERT_OK(conn_stage(world->conn, STAGE, NULL, schema, &one, &ERR));
}

/* A range of people, as transfer does it; the error of the commit is the caller's. */
static bool
write_people(Conn *conn, const Writer *writer, int64_t from, int64_t to, GError **error)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    g_autoptr(Batch) rows = people(from, to);
    g_auto(RowHasher) hasher;
    RangeResult result = {.rows_in = to - from, .rows_out = to - from};
    bool is_done = false;
    size_t next = 0;
    row_hasher_init(&hasher);
    batch_hash(rows, &hasher, &result.hash);
    if (!conn_begin(conn, STAGE, schema, writer, &is_done, &result, error))
        return false;
    if (is_done)
        return true;
    if (conn_put(conn, rows, 0, &next, error) && conn_commit(conn, &result, error))
        return true;
    conn_rollback(conn);
    return false;
}

static int64_t
count_stage(World *world)
{
    int64_t rows = -1;
    ASSERT_OK(conn_count(world->conn, STAGE, NULL, &rows, &ERR));
    return rows;
}

static bool
stage_exists(World *world)
{
    bool exists;
    ASSERT_OK(conn_exists(world->conn, STAGE, &exists, &ERR));
    return exists;
}

static void
staging_and_unstaging_twice_is_the_same_as_once(World *world)
{
    g_autoptr(Schema) seen = NULL;
    g_assert_false(stage_exists(world));
    for (int again = 0; again < 2; again++) {
        stage_people(world);
        g_assert_true(stage_exists(world));
    }
    ASSERT_OK(write_people(world->conn, &one, 1, 10, &ERR));
    stage_people(world);
    g_assert_cmpint(count_stage(world), ==, 9);
    ASSERT_OK(conn_describe(world->conn, STAGE, &seen, &ERR));
    g_assert_cmpstr(seen->key->pdata[0], ==, "id");
    for (int again = 0; again < 2; again++) {
        ASSERT_OK(conn_unstage(world->conn, STAGE, &one, &ERR));
        g_assert_false(stage_exists(world));
    }
}

static void
a_stage_is_like_its_target(World *world)
{
    g_autoptr(Schema) target = people_schema("people"), made = NULL, seen = NULL;
    g_autoptr(Batch) rows = people(1, 5);
    world->fixture->make(world, target, rows);
    ASSERT_OK(conn_describe(world->conn, "people", &made, &ERR));
    ASSERT_OK(conn_stage(world->conn, STAGE, "people", NULL, &one, &ERR));
    ASSERT_OK(conn_describe(world->conn, STAGE, &seen, &ERR));
    g_assert_cmpint(count_stage(world), ==, 0);
    g_assert_cmpuint(schema_count(seen), ==, schema_count(made));
    for (size_t i = 0; i < schema_count(made); i++) {
        g_assert_cmpstr(schema_column(seen, i)->name, ==, schema_column(made, i)->name);
        g_assert_cmpint(schema_column(seen, i)->type, ==, schema_column(made, i)->type);
        g_assert_cmpint(schema_column(seen, i)->is_nullable, ==,
                        schema_column(made, i)->is_nullable);
    }
    for (int again = 0; again < 2; again++)
        ASSERT_OK(conn_finish(world->conn, STAGE, "people", NULL, &one, &ERR));
    ASSERT_FAILS(conn_stage(world->conn, "other__honk", "nowhere", NULL, &one, &ERR), ERR_NOT_FOUND,
                 "nowhere");
}

static void
what_others_made_is_neither_staged_over_nor_removed(World *world)
{
    g_autoptr(Schema) foreign = people_schema(STAGE);
    g_autoptr(Batch) rows = people(1, 5);
    world->fixture->make(world, foreign, rows);
    ASSERT_FAILS(conn_stage(world->conn, STAGE, NULL, foreign, &one, &ERR), ERR_INVALID,
                 "not made by this plan");
    ASSERT_FAILS(conn_unstage(world->conn, STAGE, &one, &ERR), ERR_INVALID, "not made by plan");
    g_assert_cmpint(count_stage(world), ==, 4);
}

/* Bookkeeping of ours is no object of the store. */
static void
nothing_of_ours_is_described(World *world)
{
    g_autoptr(Schema) target = people_schema("people"), before = NULL, after = NULL;
    g_autoptr(Batch) rows = people(1, 5);
    g_autofree char *first = NULL, *second = NULL;
    world->fixture->make(world, target, rows);
    ASSERT_OK(conn_describe(world->conn, "people", &before, &ERR));
    ASSERT_OK(conn_fingerprint(world->conn, "people", &first, &ERR));
    ASSERT_OK(conn_stage(world->conn, STAGE, "people", NULL, &one, &ERR));
    ASSERT_OK(write_people(world->conn, &one, 1, 5, &ERR));
    ASSERT_OK(conn_describe(world->conn, "people", &after, &ERR));
    ASSERT_OK(conn_fingerprint(world->conn, "people", &second, &ERR));
    g_autofree char *a = schema_fingerprint(before), *b = schema_fingerprint(after);
    g_assert_cmpstr(a, ==, b);
    g_assert_cmpstr(first, ==, second);
}

static void
a_range_is_written_once(World *world)
{
    RangeResult found = {0}, sum = {0};
    int64_t ranges = 0;
    bool is_there = true;
    stage_people(world);
    ASSERT_OK(conn_ledger_find(world->conn, "p-1", "0001", &is_there, &found, &ERR));
    g_assert_false(is_there);
    for (int again = 0; again < 3; again++) {
        ASSERT_OK(write_people(world->conn, &one, 1, 101, &ERR));
        g_assert_cmpint(count_stage(world), ==, 100);
    }
    ASSERT_OK(write_people(world->conn, &two, 101, 151, &ERR));
    ASSERT_OK(conn_ledger_find(world->conn, "p-1", "0001", &is_there, &found, &ERR));
    g_assert_true(is_there && found.was_there);
    g_assert_cmpint(found.rows_in, ==, 100);
    g_assert_cmpint(found.hash.rows, ==, 100);
    ASSERT_OK(conn_ledger_sum(world->conn, "p-1", &sum, &ranges, &ERR));
    g_assert_cmpint(ranges, ==, 2);
    g_assert_cmpint(sum.rows_out, ==, 150);
    g_assert_cmpint(sum.hash.rows, ==, 150);
    ASSERT_OK(conn_ledger_sum(world->conn, "p-2", &sum, &ranges, &ERR));
    g_assert_cmpint(ranges, ==, 0);
    ASSERT_OK(conn_unstage(world->conn, STAGE, &one, &ERR));
    ASSERT_OK(conn_ledger_find(world->conn, "p-1", "0001", &is_there, &found, &ERR));
    g_assert_false(is_there);
}

/* Rows, a reject and no commit: by rollback, or because the connection is gone. */
static void
without_a_commit_there_is_nothing(World *world)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    g_autoptr(Batch) rows = people(1, 50);
    stage_people(world);
    for (int gone = 0; gone < 2; gone++) {
        g_autoptr(Conn) conn = world_connect(world);
        g_autoptr(json_t) aside = NULL;
        RangeResult result = {0};
        bool is_done = true, is_there = true;
        size_t next = 0;
        ASSERT_OK(conn_begin(conn, STAGE, schema, &one, &is_done, &result, &ERR));
        g_assert_false(is_done);
        ASSERT_OK(conn_put(conn, rows, 0, &next, &ERR));
        ASSERT_OK(conn_quarantine(conn, 7, NULL, "name", "why not", &ERR));
        if (gone)
            conn_close(g_steal_pointer(&conn));
        else
            conn_rollback(conn);
        g_assert_cmpint(count_stage(world), ==, 0);
        ASSERT_OK(conn_ledger_find(world->conn, "p-1", "0001", &is_there, &result, &ERR));
        g_assert_false(is_there);
        ASSERT_OK(conn_quarantined(world->conn, "p-1", 10, &aside, &ERR));
        g_assert_cmpuint(json_array_size(aside), ==, 0);
    }
    ASSERT_OK(write_people(world->conn, &one, 1, 50, &ERR));
    g_assert_cmpint(count_stage(world), ==, 49);
}

static void
what_is_not_committed_is_seen_by_nobody_else(World *world)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    g_autoptr(Batch) rows = people(1, 50);
    g_autoptr(Conn) other = world_connect(world);
    RangeResult result = {.rows_in = 49, .rows_out = 49};
    bool is_done;
    size_t next = 0;
    int64_t seen = -1;
    stage_people(world);
    ASSERT_OK(conn_begin(other, STAGE, schema, &one, &is_done, &result, &ERR));
    ASSERT_OK(conn_put(other, rows, 0, &next, &ERR));
    g_assert_cmpuint(next, ==, 49);
    ASSERT_OK(conn_count(world->conn, STAGE, NULL, &seen, &ERR));
    g_assert_cmpint(seen, ==, 0);
    result = (RangeResult){.rows_in = 49, .rows_out = 49};
    ASSERT_OK(conn_commit(other, &result, &ERR));
    ASSERT_OK(conn_count(world->conn, STAGE, NULL, &seen, &ERR));
    g_assert_cmpint(seen, ==, 49);
}

/* Every value goes in and comes back as it was, or is refused with a reason; none is bent. */
static void
every_value_is_kept_as_it_is_or_refused(World *world)
{
    g_autoptr(Schema) schema = extreme_schema(STAGE);
    g_autoptr(Batch) rows = extreme_rows(NULL), kept = extreme_rows(world->fixture->keeps);
    g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
    RangeResult result = {0};
    bool is_done;
    ASSERT_OK(conn_stage(world->conn, STAGE, NULL, schema, &one, &ERR));
    ASSERT_OK(conn_begin(world->conn, STAGE, schema, &one, &is_done, &result, &ERR));
    result = (RangeResult){0};
    for (size_t from = 0, next = 0; from < rows->row_count; from = next + 1) {
        g_autoptr(GError) refusal = NULL;
        bool is_in = conn_put(world->conn, rows, from, &next, &refusal);
        for (size_t row = from; row < next; row++)
            g_ptr_array_add(expected, row_text(rows, row));
        result.rows_out += (int64_t) (next - from);
        if (is_in)
            break;
        g_assert_error(refusal, error_quark(), ERR_INVALID);
        g_test_message("%s", refusal->message);
        /* only for a value that this store is known not to keep */
        g_autofree char *given = row_text(rows, next), *without = row_text(kept, next);
        g_assert_cmpstr(given, !=, without);
    }
    result.rows_in = result.rows_out;
    ASSERT_OK(conn_commit(world->conn, &result, &ERR));
    g_assert_cmpuint(expected->len, >, 0);
    g_autoptr(Conn) other = world_connect(world);
    g_auto(Seen) seen = read_object(other, STAGE, NULL);
    assert_has_rows(world->fixture, seen.rows, expected);
}

/* The same rows without what the store does not keep go in one and all. */
static void
every_value_that_is_kept_comes_back(World *world)
{
    g_autoptr(Schema) schema = extreme_schema(STAGE);
    g_autoptr(Batch) rows = extreme_rows(world->fixture->keeps);
    g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    for (size_t row = 0; row < rows->row_count; row++)
        g_ptr_array_add(expected, row_text(rows, row)); /* a stage has the types it is made with */
    ASSERT_OK(conn_stage(world->conn, STAGE, NULL, schema, &one, &ERR));
    ASSERT_OK(conn_begin(world->conn, STAGE, schema, &one, &is_done, &result, &ERR));
    ASSERT_OK(conn_put(world->conn, rows, 0, &next, &ERR));
    result = (RangeResult){.rows_in = (int64_t) next, .rows_out = (int64_t) next};
    ASSERT_OK(conn_commit(world->conn, &result, &ERR));
    g_auto(Seen) seen = read_object(world->conn, STAGE, NULL);
    assert_has_rows(world->fixture, seen.rows, expected);
}

/* NULL in a column without, a key within the batch, a key of an earlier range. */
static void
the_row_that_is_refused_is_named_and_the_rest_goes_in(World *world)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    g_autoptr(Batch) rows = people(100, 104);
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    stage_people(world);
    ASSERT_OK(write_people(world->conn, &one, 1, 10, &ERR));
    batch_put_int(rows, 0, 104); /* row 4: no name */
    batch_put_null(rows, 1);
    batch_put_null(rows, 2);
    batch_commit_row(rows, 104);
    static const int64_t ids[] = {101, 9, 105}; /* rows 5 and 6: taken; 7: fine */
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        batch_put_int(rows, 0, ids[i]);
        batch_put_bytes(rows, 1, "x", 1);
        batch_put_null(rows, 2);
        batch_commit_row(rows, ids[i]);
    }
    ASSERT_OK(conn_begin(world->conn, STAGE, schema, &two, &is_done, &result, &ERR));
    ASSERT_FAILS(conn_put(world->conn, rows, 0, &next, &ERR), ERR_INVALID, "must not be NULL");
    g_assert_cmpuint(next, ==, 4);
    for (size_t taken = 5; taken < 7 && !world->fixture->has_no_keys; taken++) {
        ASSERT_FAILS(conn_put(world->conn, rows, taken, &next, &ERR), ERR_INVALID, "already taken");
        g_assert_cmpuint(next, ==, taken);
    }
    ASSERT_OK(conn_put(world->conn, rows, 7, &next, &ERR));
    result = (RangeResult){.rows_in = 8, .rows_out = 5, .rejected = 3};
    ASSERT_OK(conn_commit(world->conn, &result, &ERR));
    g_assert_cmpint(count_stage(world), ==, 9 + 5);
}

static void
rows_put_aside_come_back_as_they_were(World *world)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    g_autoptr(json_t) record =
        json_pack("{s:s%, s:n, s:i}", "a", "x\0é\"", (size_t) 5, "b", "c", 7);
    g_autoptr(json_t) few = NULL, all = NULL, none = NULL;
    RangeResult result = {0};
    bool is_done;
    stage_people(world);
    ASSERT_OK(conn_begin(world->conn, STAGE, schema, &one, &is_done, &result, &ERR));
    ASSERT_OK(conn_quarantine(world->conn, 3, record, "b", "it's \"bad\"", &ERR));
    ASSERT_OK(conn_quarantine(world->conn, 1, NULL, NULL, "no record", &ERR));
    ASSERT_OK(conn_quarantine(world->conn, 2, record, NULL, "again", &ERR));
    result = (RangeResult){.rows_in = 3, .rejected = 3};
    ASSERT_OK(conn_commit(world->conn, &result, &ERR));
    ASSERT_OK(conn_quarantined(world->conn, "p-1", 2, &few, &ERR));
    ASSERT_OK(conn_quarantined(world->conn, "p-1", 100, &all, &ERR));
    ASSERT_OK(conn_quarantined(world->conn, "p-2", 100, &none, &ERR));
    g_assert_cmpuint(json_array_size(few), ==, 2);
    g_assert_cmpuint(json_array_size(all), ==, 3);
    g_assert_cmpuint(json_array_size(none), ==, 0);
    const json_t *first = json_array_get(all, 0), *second = json_array_get(all, 1);
    g_assert_true(json_equal(json_object_get(first, "row"), record));
    g_assert_cmpint(json_get_int(first, "row_id", 0), ==, 3);
    g_assert_cmpstr(json_get_string(first, "column", ""), ==, "b");
    g_assert_cmpstr(json_get_string(first, "reason", ""), ==, "it's \"bad\"");
    g_assert_cmpstr(json_get_string(first, "task", ""), ==, "t-1");
    g_assert_true(json_is_null(json_object_get(second, "row")));
    g_assert_null(json_get_string(second, "column", NULL));
}

static void
a_column_that_the_stage_lacks_is_told(World *world)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    RangeResult result = {0};
    bool is_done;
    stage_people(world);
    schema_add(schema, "more", TYPE_TEXT, "", true);
    ASSERT_FAILS(conn_begin(world->conn, STAGE, schema, &one, &is_done, &result, &ERR), ERR_DRIFT,
                 "'more'");
    ASSERT_OK(write_people(world->conn, &one, 1, 2, &ERR)); /* nothing is left open */
}

/* --- at the same time --- */

#define THREADS 4
#define RANGES_EACH 5

typedef struct {
    World *world;
    int number;
} Helper;

/* Whoever is told TRANSIENT tries again, for a minute at most. */
static void
assert_passes(const GError *error, int64_t begun_us)
{
    g_assert_error(error, error_quark(), ERR_TRANSIENT);
    g_assert_cmpint(g_get_monotonic_time(), <, begun_us + 60 * G_USEC_PER_SEC);
}

static Conn *
connect_patiently(const World *world)
{
    int64_t begun_us = g_get_monotonic_time();
    for (;;) {
        g_autoptr(GError) error = NULL;
        Conn *conn = NULL;
        if (conn_open(&world->store, &conn, &error))
            return conn;
        assert_passes(error, begun_us);
    }
}

/* Its own ranges, and the same ones as everybody. */
static void *
write_ranges(void *data)
{
    const Helper *helper = data;
    g_autoptr(Conn) conn = connect_patiently(helper->world);
    for (int i = 0; i < 2 * RANGES_EACH; i++) {
        int number = i % 2 == 0 ? 100 + i : (helper->number + 1) * 1000 + i;
        g_autofree char *range = g_strdup_printf("r%d", number);
        g_autofree char *task = g_strdup_printf("t-%d-%d", helper->number, i);
        Writer writer = {.plan = "p-1", .task = task, .range = range, .token = 5};
        int64_t begun_us = g_get_monotonic_time();
        for (;;) {
            g_autoptr(GError) error = NULL;
            if (write_people(conn, &writer, number * 100, number * 100 + 100, &error))
                break;
            assert_passes(error, begun_us);
        }
    }
    return NULL;
}

static void
many_write_at_once_and_each_range_is_in_once(World *world)
{
    pthread_t threads[THREADS];
    Helper helpers[THREADS];
    RangeResult sum = {0};
    int64_t ranges = 0;
    stage_people(world);
    for (int i = 0; i < THREADS; i++) {
        helpers[i] = (Helper){world, i};
        g_assert_cmpint(pthread_create(&threads[i], NULL, write_ranges, &helpers[i]), ==, 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ASSERT_OK(conn_ledger_sum(world->conn, "p-1", &sum, &ranges, &ERR));
    g_assert_cmpint(ranges, ==, RANGES_EACH * (THREADS + 1));
    g_assert_cmpint(sum.rows_out, ==, ranges * 100);
    g_assert_cmpint(count_stage(world), ==, ranges * 100);
}

const Question loading_questions[] = {
    {"staging and unstaging twice is the same as once",
     staging_and_unstaging_twice_is_the_same_as_once, NEEDS_LOAD},
    {"a stage is like its target", a_stage_is_like_its_target, NEEDS_LOAD | NEEDS_REPLACING},
    {"what others made is neither staged over nor removed",
     what_others_made_is_neither_staged_over_nor_removed, NEEDS_LOAD},
    {"nothing of ours is described", nothing_of_ours_is_described, NEEDS_LOAD | NEEDS_REPLACING},
    {"a range is written once", a_range_is_written_once, NEEDS_LOAD},
    {"without a commit there is nothing", without_a_commit_there_is_nothing, NEEDS_LOAD},
    {"what is not committed is seen by nobody else", what_is_not_committed_is_seen_by_nobody_else,
     NEEDS_LOAD},
    {"every value is kept as it is or refused", every_value_is_kept_as_it_is_or_refused,
     NEEDS_LOAD},
    {"every value that is kept comes back", every_value_that_is_kept_comes_back, NEEDS_LOAD},
    {"the row that is refused is named and the rest goes in",
     the_row_that_is_refused_is_named_and_the_rest_goes_in, NEEDS_LOAD},
    {"rows put aside come back as they were", rows_put_aside_come_back_as_they_were, NEEDS_LOAD},
    {"a column that the stage lacks is told", a_column_that_the_stage_lacks_is_told, NEEDS_LOAD},
    {"many write at once and each range is in once", many_write_at_once_and_each_range_is_in_once,
     NEEDS_LOAD},
    {NULL, NULL, 0},
};
