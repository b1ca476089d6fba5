/* swapping.c - questions about freezing, swapping and dropping. */
#include "suite.h"

#include <string.h>

#define STAGE "people__honk_1"
#define KEPT "people__old"
#define LOST "people__lost"

static const Writer writer = {.plan = "p-1", .task = "t-1", .range = "0001", .token = 5};

/* --- freezing --- */

static void
make_people(World *world, int64_t from, int64_t to)
{
    g_autoptr(Schema) schema = people_schema("people");
    g_autoptr(Batch) rows = people(from, to);
    world->fixture->make(world, schema, rows);
}

static bool
others_insert(World *world, int64_t id)
{
    g_autoptr(Batch) row = people(id, id + 1);
    return world->fixture->insert(world, "people", row);
}

static bool
is_frozen(World *world)
{
    bool frozen;
    ASSERT_OK(conn_is_frozen(world->conn, "people", &frozen, &ERR));
    return frozen;
}

static void
assert_writers_hear(World *world, const char *expected)
{
    g_autofree char *words = NULL;
    ASSERT_OK(conn_freeze_words(world->conn, "people", &words, &ERR));
    if (world->conn->driver->freeze->words != NULL && expected == NULL)
        g_assert_null(words);
    else if (world->conn->driver->freeze->words != NULL)
        g_assert_true(g_str_has_suffix(words, expected));
}

static void
what_is_frozen_is_read_but_not_written(World *world)
{
    g_autofree char *before = NULL, *frozen = NULL;
    bool flag;
    make_people(world, 1, 10);
    ASSERT_OK(conn_fingerprint(world->conn, "people", &before, &ERR));
    g_assert_false(is_frozen(world));
    for (int again = 0; again < 2; again++) {
        ASSERT_OK(conn_freeze(world->conn, "people", "it's moving", &ERR));
        g_assert_true(is_frozen(world));
        assert_writers_hear(world, "it's moving");
        g_assert_false(others_insert(world, 100));
        g_assert_false(world->fixture->erase(world, "people", 1));
    }
    g_auto(Seen) seen = read_object(world->conn, "people", NULL);
    g_assert_cmpuint(seen.rows->len, ==, 9);
    ASSERT_OK(conn_fingerprint(world->conn, "people", &frozen, &ERR));
    g_assert_cmpstr(before, ==, frozen);
    for (int again = 0; again < 2; again++) {
        ASSERT_OK(conn_thaw(world->conn, "people", &ERR));
        g_assert_false(is_frozen(world));
        assert_writers_hear(world, NULL);
    }
    g_assert_true(others_insert(world, 100));
    g_assert_true(world->fixture->erase(world, "people", 1));
    ASSERT_FAILS(conn_freeze(world->conn, "nobody", "w", &ERR), ERR_NOT_FOUND, "nobody");
    ASSERT_FAILS(conn_is_frozen(world->conn, "nobody", &flag, &ERR), ERR_NOT_FOUND, "nobody");
    ASSERT_OK(conn_thaw(world->conn, "nobody", &ERR)); /* gone, and its freeze with it */
}

/* --- swapping --- */

static void
stage_with(World *world, int64_t from, int64_t to)
{
    g_autoptr(Schema) schema = people_schema("people");
    g_autoptr(Batch) rows = people(from, to);
    RangeResult result = {0};
    bool is_done;
    size_t next = 0;
    ASSERT_OK(conn_stage(world->conn, STAGE, "people", schema, &writer, &ERR));
    ASSERT_OK(conn_begin(world->conn, STAGE, schema, &writer, &is_done, &result, &ERR));
    g_assert_false(is_done);
    ASSERT_OK(conn_put(world->conn, rows, 0, &next, &ERR));
    result = (RangeResult){.rows_in = (int64_t) next, .rows_out = (int64_t) next};
    ASSERT_OK(conn_commit(world->conn, &result, &ERR));
    ASSERT_OK(conn_finish(world->conn, STAGE, "people", NULL, &writer, &ERR));
}

static bool
swap(World *world, GError **error)
{
    return conn_swap(world->conn, STAGE, "people", KEPT, &writer, error);
}

static bool
back(World *world, bool give_up, int64_t *ret_rows, GError **error)
{
    return conn_swap_back(world->conn, STAGE, "people", KEPT, LOST, give_up, &writer, ret_rows,
                          error);
}

static bool
look_and_refuse(void *data, GError **error)
{
    ++*(int *) data;
    return fail(error, ERR_DRIFT, "somebody was here");
}

static void
assert_state(World *world, SwapState expected)
{
    SwapState state;
    ASSERT_OK(conn_swap_state(world->conn, STAGE, "people", KEPT, "p-1", &state, &ERR));
    g_assert_cmpint(state, ==, expected);
}

static bool
exists(World *world, const char *object)
{
    bool there;
    ASSERT_OK(conn_exists(world->conn, object, &there, &ERR));
    return there;
}

static int64_t
count(World *world, const char *object)
{
    int64_t rows = -1;
    ASSERT_OK(conn_count(world->conn, object, NULL, &rows, &ERR));
    return rows;
}

static char *
fingerprint(World *world, const char *object)
{
    char *text = NULL;
    ASSERT_OK(conn_fingerprint(world->conn, object, &text, &ERR));
    return text;
}

static void
the_stage_takes_the_place_and_gives_it_back_any_number_of_times(World *world)
{
    int64_t rows = -1;
    make_people(world, 1, 10);
    g_autofree char *before = fingerprint(world, "people");
    stage_with(world, 1, 4);
    assert_state(world, SWAP_BEFORE);
    for (int round = 0; round < 3; round++) {
        for (int again = 0; again < 2; again++) {
            ASSERT_OK(swap(world, &ERR));
            assert_state(world, SWAP_AFTER);
            g_assert_cmpint(count(world, "people"), ==, 3);
            g_assert_cmpint(count(world, KEPT), ==, 9);
            g_assert_false(exists(world, STAGE));
        }
        ASSERT_FAILS(conn_unstage(world->conn, STAGE, &writer, &ERR), ERR_WRONG_STATE,
                     "swap it back first");
        for (int again = 0; again < 2; again++) {
            ASSERT_OK(back(world, false, &rows, &ERR));
            g_assert_cmpint(rows, ==, 0);
            assert_state(world, SWAP_BEFORE);
            g_assert_cmpint(count(world, STAGE), ==, 3);
            g_assert_false(exists(world, KEPT));
        }
        g_autofree char *after = fingerprint(world, "people");
        g_assert_cmpstr(before, ==, after);
    }
    ASSERT_OK(conn_unstage(world->conn, STAGE, &writer, &ERR));
    ASSERT_OK(conn_unstage(world->conn, STAGE, &writer, &ERR));
}

static void
a_target_that_was_not_there_comes_and_goes(World *world)
{
    int64_t rows = -1;
    stage_with(world, 1, 4);
    ASSERT_OK(swap(world, &ERR));
    assert_state(world, SWAP_AFTER);
    g_assert_cmpint(count(world, "people"), ==, 3);
    g_assert_false(exists(world, KEPT));
    ASSERT_OK(back(world, false, &rows, &ERR));
    g_assert_false(exists(world, "people"));
    g_assert_true(exists(world, STAGE));
}

static void
what_hangs_on_the_name_goes_along(World *world)
{
    int64_t rows = -1;
    make_people(world, 1, 10);
    world->fixture->hang(world, "people");
    g_autofree char *before = fingerprint(world, "people");
    stage_with(world, 1, 4);
    ASSERT_OK(swap(world, &ERR));
    g_assert_true(world->fixture->hangs(world, "people"));
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_describe(world->conn, "people", &schema, &ERR));
    g_assert_cmpuint(schema->dependents->len, >=, 2);
    ASSERT_FAILS(conn_drop(world->conn, "people", &ERR), ERR_INVALID, "still depends on it");
    ASSERT_OK(back(world, false, &rows, &ERR));
    g_assert_true(world->fixture->hangs(world, "people"));
    g_autofree char *after = fingerprint(world, "people");
    g_assert_cmpstr(before, ==, after);
}

static int64_t
written(World *world)
{
    int64_t rows = -1;
    ASSERT_OK(conn_swap_written(world->conn, "p-1", &rows, &ERR));
    return rows;
}

static void
rows_written_since_are_counted_and_never_dropped_in_silence(World *world)
{
    int64_t rows = -1;
    make_people(world, 1, 10);
    g_autofree char *before = fingerprint(world, "people");
    stage_with(world, 1, 4);
    g_assert_cmpint(written(world), ==, 0);
    ASSERT_OK(swap(world, &ERR));
    g_assert_cmpint(written(world), ==, 0);
    g_assert_true(others_insert(world, 100));
    g_assert_true(others_insert(world, 101));
    bool erases = world->fixture->erase != NULL;
    g_assert_true(!erases || world->fixture->erase(world, "people", 1));
    g_autofree char *told = g_strdup_printf("%d rows of 'people'", 2 + erases);
    g_assert_cmpint(written(world), ==, 2 + erases);
    ASSERT_FAILS(back(world, false, &rows, &ERR), ERR_MISMATCH, told);
    assert_state(world, SWAP_AFTER);
    g_assert_cmpint(count(world, "people"), ==, 5 - erases);
    ASSERT_OK(back(world, true, &rows, &ERR));
    g_assert_cmpint(rows, ==, 2 + erases);
    g_assert_cmpint(count(world, LOST), ==, 5 - erases);
    g_assert_false(exists(world, STAGE));
    g_autofree char *after = fingerprint(world, "people");
    g_assert_cmpstr(before, ==, after);
    g_assert_cmpint(written(world), ==, 0);
}

static void
a_name_that_is_taken_stops_the_swap_and_changes_nothing(World *world)
{
    g_autoptr(Schema) other = people_schema(KEPT);
    g_autoptr(Batch) rows = people(1, 3);
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    world->fixture->make(world, other, rows);
    g_autofree char *before = fingerprint(world, "people");
    ASSERT_FAILS(swap(world, &ERR), ERR_WRONG_STATE, "is taken");
    g_autofree char *after = fingerprint(world, "people");
    g_assert_cmpstr(before, ==, after);
    assert_state(world, SWAP_BEFORE);
    g_assert_cmpint(count(world, KEPT), ==, 2);
}

static void
somebody_elses_table_in_the_place_is_left_alone(World *world)
{
    int64_t rows = -1;
    if (world->fixture->has_no_identity)
        return;
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    ASSERT_OK(swap(world, &ERR));
    make_people(world, 1, 50);
    assert_state(world, SWAP_OTHER);
    ASSERT_FAILS(back(world, true, &rows, &ERR), ERR_WRONG_STATE,
                 "no longer the table that was swapped in");
    g_assert_cmpint(count(world, "people"), ==, 49);
}

static void
an_old_token_neither_swaps_nor_swaps_back(World *world)
{
    Writer probe = writer, newer = writer;
    int64_t rows = 0;
    probe.token = 6;
    newer.token = 7;
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    g_autofree char *before = fingerprint(world, "people");
    ASSERT_OK(conn_fence(world->conn, &probe, &ERR));
    ASSERT_FAILS(swap(world, &ERR), ERR_FENCED, "stands at 6, our token is 5");
    g_autofree char *after = fingerprint(world, "people");
    g_assert_cmpstr(before, ==, after);
    ASSERT_OK(conn_swap(world->conn, STAGE, "people", KEPT, &newer, &ERR));
    ASSERT_FAILS(back(world, false, &rows, &ERR), ERR_FENCED, "our token is 5");
    assert_state(world, SWAP_AFTER);
    /* the way back raises the plan's fence over every task that was leased before */
    newer.token = 8;
    ASSERT_OK(conn_swap_back(world->conn, STAGE, "people", KEPT, LOST, false, &newer, &rows, &ERR));
    Writer sibling = {.plan = "p-1", .task = "t-2", .range = "0002", .token = 7};
    ASSERT_FAILS(conn_finish(world->conn, STAGE, NULL, NULL, &sibling, &ERR), ERR_FENCED,
                 "the fence of plan 'p-1' stands at 8");
}

static void
settling_ends_the_way_back_and_keeps_what_was_put_aside(World *world)
{
    g_autoptr(Schema) schema = people_schema("people");
    bool found = true, is_done;
    RangeResult ledger = {0};
    int64_t rows = -1;
    Writer second = writer;
    second.range = "0002";
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    ASSERT_OK(conn_begin(world->conn, STAGE, schema, &second, &is_done, &ledger, &ERR));
    ASSERT_OK(conn_quarantine(world->conn, 7, NULL, NULL, "why not", &ERR));
    ledger = (RangeResult){.rows_in = 1, .rejected = 1};
    ASSERT_OK(conn_commit(world->conn, &ledger, &ERR));
    ASSERT_OK(swap(world, &ERR));
    for (int again = 0; again < 2; again++) {
        g_autoptr(json_t) aside = NULL;
        ASSERT_OK(conn_settle(world->conn, "p-1", &ERR));
        ASSERT_OK(conn_quarantined(world->conn, "p-1", 10, &aside, &ERR));
        g_assert_cmpuint(json_array_size(aside), ==, 1);
        ASSERT_OK(conn_ledger_find(world->conn, "p-1", "0001", &found, &ledger, &ERR));
        g_assert_false(found);
    }
    assert_state(world, SWAP_BEFORE); /* there is no note of it any more */
    ASSERT_OK(back(world, false, &rows, &ERR));
    g_assert_cmpint(count(world, "people"), ==, 3);
    g_assert_true(others_insert(world, 100));
    g_assert_cmpint(written(world), ==, 0);
}

static void
what_is_dropped_is_gone(World *world)
{
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    ASSERT_OK(swap(world, &ERR));
    for (int again = 0; again < 2; again++) {
        ASSERT_OK(conn_drop(world->conn, KEPT, &ERR));
        g_assert_false(exists(world, KEPT));
    }
    int64_t rows = -1;
    ASSERT_FAILS(back(world, false, &rows, &ERR), ERR_WRONG_STATE, "is gone");
    g_assert_cmpint(count(world, "people"), ==, 3);
}

static bool
not_any_more(void *data, GError **error)
{
    return fail(error, ERR_FENCED, "not yours any more");
}

static void
nothing_is_frozen_or_swapped_that_is_not_confirmed(World *world)
{
    int64_t rows = -1;
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    conn_set_confirm(world->conn, not_any_more, NULL);
    ASSERT_FAILS(conn_freeze(world->conn, "people", "why", &ERR), ERR_FENCED, "not yours");
    g_assert_false(is_frozen(world));
    ASSERT_FAILS(swap(world, &ERR), ERR_FENCED, "not yours");
    assert_state(world, SWAP_BEFORE);
    ASSERT_FAILS(conn_drop(world->conn, STAGE, &ERR), ERR_FENCED, "not yours");
    g_assert_true(exists(world, STAGE));
    conn_set_confirm(world->conn, NULL, NULL);
    ASSERT_OK(conn_freeze(world->conn, "people", "why", &ERR));
    conn_set_confirm(world->conn, not_any_more, NULL);
    ASSERT_FAILS(conn_thaw(world->conn, "people", &ERR), ERR_FENCED, "not yours");
    g_assert_true(is_frozen(world));
    conn_set_confirm(world->conn, NULL, NULL);
    ASSERT_OK(swap(world, &ERR));
    conn_set_confirm(world->conn, not_any_more, NULL);
    ASSERT_FAILS(back(world, false, &rows, &ERR), ERR_FENCED, "not yours");
    ASSERT_FAILS(conn_settle(world->conn, "p-1", &ERR), ERR_FENCED, "not yours");
    assert_state(world, SWAP_AFTER);
}

static void
a_swap_looks_a_last_time_and_does_nothing_when_it_is_refused(World *world)
{
    int looks = 0;
    make_people(world, 1, 10);
    stage_with(world, 1, 4);
    g_autofree char *before = fingerprint(world, "people");
    conn_set_last_look(world->conn, look_and_refuse, &looks);
    ASSERT_FAILS(swap(world, &ERR), ERR_DRIFT, "somebody was here");
    g_assert_cmpint(looks, ==, 1);
    assert_state(world, SWAP_BEFORE);
    g_autofree char *after = fingerprint(world, "people");
    g_assert_cmpstr(before, ==, after);
    conn_set_last_look(world->conn, NULL, NULL);
    ASSERT_OK(swap(world, &ERR));
    conn_set_last_look(world->conn, look_and_refuse, &looks);
    ASSERT_OK(swap(world, &ERR)); /* it is done: nothing is looked at any more */
    g_assert_cmpint(looks, ==, 1);
    conn_set_last_look(world->conn, NULL, NULL);
}

const Question swapping_questions[] = {
    {"what is frozen is read but not written", what_is_frozen_is_read_but_not_written,
     NEEDS_FREEZE},
    {"the stage takes the place and gives it back any number of times",
     the_stage_takes_the_place_and_gives_it_back_any_number_of_times, NEEDS_SWAP | NEEDS_REPLACING},
    {"a target that was not there comes and goes", a_target_that_was_not_there_comes_and_goes,
     NEEDS_SWAP},
    {"what hangs on the name goes along", what_hangs_on_the_name_goes_along,
     NEEDS_SWAP | NEEDS_HANGING},
    {"rows written since are counted and never dropped in silence",
     rows_written_since_are_counted_and_never_dropped_in_silence, NEEDS_SWAP | NEEDS_REPLACING},
    {"a name that is taken stops the swap and changes nothing",
     a_name_that_is_taken_stops_the_swap_and_changes_nothing, NEEDS_SWAP | NEEDS_REPLACING},
    {"somebody else's table in the place is left alone",
     somebody_elses_table_in_the_place_is_left_alone, NEEDS_SWAP | NEEDS_REPLACING},
    {"an old token neither swaps nor swaps back", an_old_token_neither_swaps_nor_swaps_back,
     NEEDS_SWAP | NEEDS_REPLACING},
    {"settling ends the way back and keeps what was put aside",
     settling_ends_the_way_back_and_keeps_what_was_put_aside, NEEDS_SWAP | NEEDS_REPLACING},
    {"a swap looks a last time and does nothing when it is refused",
     a_swap_looks_a_last_time_and_does_nothing_when_it_is_refused, NEEDS_SWAP | NEEDS_REPLACING},
    {"what is dropped is gone", what_is_dropped_is_gone, NEEDS_SWAP | NEEDS_REPLACING},
    {"nothing is frozen or swapped that is not confirmed",
     nothing_is_frozen_or_swapped_that_is_not_confirmed, NEEDS_SWAP | NEEDS_FREEZE},
    {NULL, NULL, 0},
};
