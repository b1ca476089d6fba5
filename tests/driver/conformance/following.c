/*
 * following.c - rows that are written to while others are copied, into every store that takes rows out again: from every one
 * that notes writes, they are copied again; from every one that shows one state for as long as it is asked to, they are not there.
 */
#include "following.h"

#include "transfer/transfer.h"

#define SOURCE "people"
#define STAGE "persons__honk_1"

typedef struct {
    const Fixture *source, *target;
    bool is_one_store;
} Following;

static const char renaming[] =
    "{apiVersion: honk/v1, kind: Mapping, source: people, target: persons, key: [person], "
    "columns: {person: {from: id}, label: {concat: [name, {text: '!'}]}, score: score}}";

static Transfer *
open_transfer(World *source, World *target, const Mapping *mapping, const char *plan, bool holds)
{
    TransferSpec spec = {.source_store = &source->store,
                         .source = SOURCE,
                         .target_store = &target->store,
                         .target = "persons",
                         .stage = STAGE,
                         .mapping = mapping,
                         .plan = plan,
                         .task = "t",
                         .token = 1,
                         .hash = true,
                         .push_allowed = true,
                         .holds = holds};
    Transfer *transfer = NULL;
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    return transfer;
}

static void
stage_for(World *source, World *target, const Mapping *mapping)
{
    g_autoptr(Schema) seen = NULL, wanted = NULL;
    Writer writer = {.plan = "p", .task = "t", .token = 1};
    ASSERT_OK(conn_describe(source->conn, SOURCE, &seen, &ERR));
    ASSERT_OK(mapping_target_schema(mapping, seen, STAGE, &wanted, &ERR));
    ASSERT_OK(conn_stage(target->conn, STAGE, NULL, wanted, &writer, &ERR));
}

/* Some go, some come, and some are others under the same key. */
static void
write_meanwhile(World *source)
{
    g_autoptr(Batch) more = people(1001, 1041), again = people(20, 30);
    for (int64_t id = 20; id < 60; id++)
        g_assert_true(source->fixture->erase(source, SOURCE, id));
    g_assert_true(source->fixture->insert(source, SOURCE, more));
    g_assert_true(source->fixture->insert(source, SOURCE, again));
}

static Followed
follow_all(Transfer *transfer)
{
    Followed now = {.behind.notes = 1}, all = {0};
    while (now.behind.notes > 0) {
        ASSERT_OK(transfer_follow(transfer, true, NULL, NULL, &now, &ERR));
        all.rows += now.rows;
    }
    return all;
}

static void
assert_equal(Transfer *transfer, Conn *target, int64_t expected)
{
    g_auto(Comparison) seen = {0};
    int64_t rows = 0;
    ASSERT_OK(transfer_compare(transfer, STAGE, 5, NULL, NULL, &seen, &ERR));
    if (!seen.equal) {
        g_autofree char *differences = json_compact(seen.differences);
        g_error("not equal: %s", differences);
    }
    ASSERT_OK(conn_count(target, STAGE, NULL, &rows, &ERR));
    g_assert_cmpint(rows, ==, expected);
}

static void
what_was_written_meanwhile_is_copied_again(const void *data)
{
    const Following *pair = data;
    g_autoptr(World) target = world_new(pair->target);
    g_autoptr(World) other = pair->is_one_store ? NULL : world_new(pair->source);
    World *source = other != NULL ? other : target;
    g_autoptr(Schema) schema = people_schema(SOURCE);
    g_autoptr(Batch) rows = people(1, 101);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Transfer) transfer = NULL, both = NULL;
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    RangeResult result = {0};
    bool is_watched = true;
    source->fixture->make(source, schema, rows);
    ASSERT_OK(mapping_parse(renaming, strlen(renaming), "m.yaml", diags, &set, &ERR));
    stage_for(source, target, mapping_get(set, 0));
    ASSERT_OK(conn_watch(source->conn, SOURCE, WATCH_TRIGGERS, &ERR));
    ASSERT_OK(conn_watch(source->conn, SOURCE, WATCH_TRIGGERS, &ERR)); /* again: nothing */
    transfer = open_transfer(source, target, mapping_get(set, 0), "p", false);
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    g_assert_cmpint(follow_all(transfer).rows, ==, 0);
    write_meanwhile(source);
    g_assert_cmpint(follow_all(transfer).rows, ==, 50);
    both =
        open_transfer(source, target, mapping_get(set, 0), NULL, false); /* both sides are read */
    assert_equal(both, target->conn, 110);
    ASSERT_OK(conn_unwatch(source->conn, SOURCE, &ERR));
    ASSERT_OK(conn_unwatch(source->conn, SOURCE, &ERR));
    ASSERT_OK(conn_is_watched(source->conn, SOURCE, &is_watched, &ERR));
    g_assert_false(is_watched);
}

/* Others write behind the first range. */
static RangeResult
fill_while_others_write(Transfer *transfer, World *source)
{
    g_autoptr(json_t) ranges = NULL;
    RangeResult sum = {0};
    json_t *range;
    size_t i;
    ASSERT_OK(conn_split(source->conn, SOURCE, &(RangeSize){.rows = 30}, &ranges, &ERR));
    g_assert_cmpint(json_array_size(ranges), >, 2);
    json_array_foreach(ranges, i, range)
    {
        RangeResult one = {0};
        g_autofree char *name = g_strdup_printf("%04zu", i);
        json_set_string(range, "name", name);
        ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &one, &ERR));
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        if (i == 0)
            write_meanwhile(source);
    }
    return sum;
}

static void
what_was_written_meanwhile_is_not_in_what_is_held(const void *data)
{
    const Following *pair = data;
    g_autoptr(World) target = world_new(pair->target);
    g_autoptr(World) other = pair->is_one_store ? NULL : world_new(pair->source);
    World *source = other != NULL ? other : target;
    g_autoptr(Schema) schema = people_schema(SOURCE);
    g_autoptr(Batch) rows = people(1, 101);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Transfer) transfer = NULL;
    g_autofree char *why = NULL;
    int64_t held = 0, now = 0;
    if (strcmp(pair->source->driver, "sqlite") == 0)
        test_exec(source->path, "PRAGMA journal_mode = WAL");
    source->fixture->make(source, schema, rows);
    ASSERT_OK(mapping_parse(renaming, strlen(renaming), "m.yaml", diags, &set, &ERR));
    ASSERT_OK(conn_can_hold(source->conn, SOURCE, &why, &ERR));
    g_assert_cmpstr(why, ==, NULL);
    stage_for(source, target, mapping_get(set, 0));
    transfer = open_transfer(source, target, mapping_get(set, 0), "p", true);
    RangeResult sum = fill_while_others_write(transfer, source);
    g_assert_cmpint(sum.rows_in, ==, 100);
    g_assert_cmpint(sum.rows_out, ==, 100);
    ASSERT_OK(transfer_count(transfer, &held, &ERR));
    g_assert_cmpint(held, ==, 100);
    ASSERT_OK(conn_count(source->conn, SOURCE, NULL, &now, &ERR));
    g_assert_cmpint(now, ==, 110);
    assert_equal(transfer, target->conn, 100); /* by the ledger */
}

static void
add(const Following *pair, const char *what, GTestDataFunc test)
{
    g_autofree char *path =
        g_strdup_printf("/following/%s to %s%s/%s", pair->source->driver, pair->target->driver,
                        pair->is_one_store ? " in one store" : "", what);
    g_test_add_data_func_full(path, g_memdup2(pair, sizeof *pair), test, g_free);
}

void
add_following(const Fixture *source, const Fixture *target, bool is_one_store)
{
    const Driver *from = driver_by_name(source->driver), *to = driver_by_name(target->driver);
    Following pair = {source, target, is_one_store};
    if (to->load == NULL || to->load->remove == NULL)
        return;
    if (from->watch != NULL)
        add(&pair, "what was written meanwhile is copied again",
            what_was_written_meanwhile_is_copied_again);
    if (from->snapshot != NULL)
        add(&pair, "what was written meanwhile is not in what is held",
            what_was_written_meanwhile_is_not_in_what_is_held);
}
