/* fencing.c - questions about who may still write: the fences of plans and tasks. */
#include "suite.h"

#include <string.h>

#define STAGE "people__honk_1"

static Writer
writer(const char *task, int64_t token)
{
    return (Writer){.plan = "p-1", .task = task, .range = task, .token = token};
}

static void
stage(World *world, int64_t token)
{
    g_autoptr(Schema) schema = people_schema("people");
    Writer by = writer("t-stage", token);
    ASSERT_OK(conn_stage(world->conn, STAGE, NULL, schema, &by, &ERR));
}

static bool
begin(Conn *conn, const Writer *by, GError **error)
{
    g_autoptr(Schema) schema = people_schema(STAGE);
    RangeResult result = {0};
    bool is_done = false;
    return conn_begin(conn, STAGE, schema, by, &is_done, &result, error);
}

static bool
may_write(World *world, const char *task, int64_t token)
{
    Writer by = writer(task, token);
    g_autoptr(GError) error = NULL;
    bool may = begin(world->conn, &by, &error);
    conn_rollback(world->conn);
    if (!may)
        g_assert_error(error, error_quark(), ERR_FENCED);
    return may;
}

static void
probe(World *world, const char *task, int64_t token)
{
    Writer by = writer(task, token);
    ASSERT_OK(conn_fence(world->conn, &by, &ERR));
}

static void
nobody_writes_before_it_is_staged_nor_after_all_is_gone(World *world)
{
    Writer late = writer("t-1", 9), back = writer("t-stage", 10);
    probe(world, "t-1", 3);
    g_assert_false(may_write(world, "t-1", 9));
    ASSERT_FAILS(begin(world->conn, &late, &ERR), ERR_FENCED, "nothing staged");
    stage(world, 5);
    g_assert_true(may_write(world, "t-1", 6));
    ASSERT_OK(conn_unstage(world->conn, STAGE, &back, &ERR));
    g_assert_false(may_write(world, "t-1", 99));
    ASSERT_FAILS(conn_finish(world->conn, STAGE, NULL, NULL, &late, &ERR), ERR_FENCED,
                 "nothing staged");
}

static void
a_probe_stops_the_older_attempt_of_its_task_alone(World *world)
{
    stage(world, 5);
    g_assert_true(may_write(world, "t-1", 6));
    g_assert_true(may_write(world, "t-2", 7));
    probe(world, "t-1", 8);
    g_assert_false(may_write(world, "t-1", 6));
    g_assert_true(may_write(world, "t-2", 7));
    g_assert_true(may_write(world, "t-1", 8));
    g_assert_true(may_write(world, "t-1", 9));
    probe(world, "t-1", 7); /* never lowered */
    g_assert_false(may_write(world, "t-1", 7));
    Writer old = writer("t-1", 6);
    ASSERT_FAILS(begin(world->conn, &old, &ERR), ERR_FENCED,
                 "the fence of task 't-1' stands at 8, our token is 6");
    ASSERT_FAILS(conn_finish(world->conn, STAGE, NULL, NULL, &old, &ERR), ERR_FENCED, "task 't-1'");
}

/* Staged anew by a way back: whatever was leased before is older than that. */
static void
a_way_back_stops_every_older_task_of_the_plan(World *world)
{
    Writer back = writer("t-fill", 20), old = writer("t-1", 6);
    stage(world, 5);
    ASSERT_OK(conn_unstage(world->conn, STAGE, &back, &ERR));
    stage(world, 20);
    g_assert_false(may_write(world, "t-1", 6));
    g_assert_false(may_write(world, "t-2", 19));
    g_assert_true(may_write(world, "t-2", 21));
    ASSERT_FAILS(begin(world->conn, &old, &ERR), ERR_FENCED,
                 "the fence of plan 'p-1' stands at 20, our token is 6");
    g_autoptr(Schema) schema = people_schema("people");
    ASSERT_FAILS(conn_stage(world->conn, STAGE, NULL, schema, &old, &ERR), ERR_FENCED, "plan");
    ASSERT_FAILS(conn_unstage(world->conn, STAGE, &old, &ERR), ERR_FENCED, "plan");
    probe(world, "t-3", 30);
    Writer late = writer("t-3", 25);
    ASSERT_FAILS(conn_unstage(world->conn, STAGE, &late, &ERR), ERR_FENCED, "task 't-3'");
}

static void
plans_do_not_fence_each_other(World *world)
{
    g_autoptr(Schema) schema = people_schema("people");
    Writer other = {.plan = "p-2", .task = "u-1", .range = "r", .token = 90};
    stage(world, 5);
    ASSERT_OK(conn_stage(world->conn, "others__honk_2", NULL, schema, &other, &ERR));
    ASSERT_OK(conn_fence(world->conn, &other, &ERR));
    g_assert_true(may_write(world, "t-1", 6));
    ASSERT_OK(conn_unstage(world->conn, "others__honk_2", &other, &ERR));
    g_assert_true(may_write(world, "t-1", 6));
}

/* Whoever is in the middle of a range either keeps the probe waiting until it is in, or is stopped
 * by it; there is no third way. */
static void
a_probe_and_an_open_range_never_both_go_through(World *world)
{
    g_autoptr(Conn) other = world_connect(world);
    g_autoptr(Batch) rows = people(1, 50);
    g_autoptr(GError) waits = NULL, stopped = NULL;
    Writer old = writer("t-1", 6), newer = writer("t-1", 8);
    RangeResult result = {.rows_in = 49, .rows_out = 49}, found = {0};
    bool is_there = false;
    size_t next = 0;
    int64_t count = -1;
    stage(world, 5);
    ASSERT_OK(begin(other, &old, &ERR));
    ASSERT_OK(conn_put(other, rows, 0, &next, &ERR));
    bool raised = conn_fence(world->conn, &newer, &waits);
    bool written = conn_commit(other, &result, &stopped);
    g_assert_true(raised != written);
    if (raised)
        g_assert_error(stopped, error_quark(), ERR_FENCED);
    else
        g_assert_error(waits, error_quark(), ERR_TRANSIENT);
    conn_rollback(other);
    ASSERT_OK(conn_fence(world->conn, &newer, &ERR));
    ASSERT_OK(conn_ledger_find(world->conn, "p-1", "t-1", &is_there, &found, &ERR));
    g_assert_true(is_there == written);
    ASSERT_OK(conn_count(world->conn, STAGE, NULL, &count, &ERR));
    g_assert_cmpint(count, ==, written ? 49 : 0);
}

static bool
not_any_more(void *data, GError **error)
{
    ++*(int *) data;
    return fail(error, ERR_FENCED, "not yours any more");
}

static bool
is_staged(World *world)
{
    bool exists = false;
    ASSERT_OK(conn_exists(world->conn, STAGE, &exists, &ERR));
    return exists;
}

static void
what_is_not_confirmed_does_not_count(World *world)
{
    g_autoptr(Schema) schema = people_schema("people");
    g_autoptr(Batch) rows = people(1, 50);
    Writer by = writer("t-1", 6), back = writer("t-stage", 7);
    RangeResult result = {.rows_in = 49, .rows_out = 49}, found = {0};
    bool is_there = true;
    size_t next = 0;
    int asked = 0;
    conn_set_confirm(world->conn, not_any_more, &asked);
    ASSERT_FAILS(conn_stage(world->conn, STAGE, NULL, schema, &by, &ERR), ERR_FENCED, "not yours");
    g_assert_false(is_staged(world));
    conn_set_confirm(world->conn, NULL, NULL);
    stage(world, 5);
    conn_set_confirm(world->conn, not_any_more, &asked);
    ASSERT_FAILS(conn_fence(world->conn, &by, &ERR), ERR_FENCED, "not yours");
    ASSERT_OK(begin(world->conn, &by, &ERR));
    ASSERT_OK(conn_put(world->conn, rows, 0, &next, &ERR));
    ASSERT_FAILS(conn_commit(world->conn, &result, &ERR), ERR_FENCED, "not yours");
    conn_rollback(world->conn);
    ASSERT_OK(conn_ledger_find(world->conn, "p-1", "t-1", &is_there, &found, &ERR));
    g_assert_false(is_there);
    ASSERT_FAILS(conn_unstage(world->conn, STAGE, &back, &ERR), ERR_FENCED, "not yours");
    g_assert_true(is_staged(world));
    g_assert_cmpint(asked, ==, 4);
}

const Question fencing_questions[] = {
    {"nobody writes before it is staged nor after all is gone",
     nobody_writes_before_it_is_staged_nor_after_all_is_gone, NEEDS_LOAD},
    {"a probe stops the older attempt of its task alone",
     a_probe_stops_the_older_attempt_of_its_task_alone, NEEDS_LOAD},
    {"a way back stops every older task of the plan", a_way_back_stops_every_older_task_of_the_plan,
     NEEDS_LOAD},
    {"plans do not fence each other", plans_do_not_fence_each_other, NEEDS_LOAD},
    {"a probe and an open range never both go through",
     a_probe_and_an_open_range_never_both_go_through, NEEDS_LOAD},
    {"what is not confirmed does not count", what_is_not_confirmed_does_not_count, NEEDS_LOAD},
    {NULL, NULL, 0},
};
