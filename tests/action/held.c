/* held.c - a table is copied as it was at one moment, whatever is written to it meanwhile; or nothing is swapped. */
#include "cases.h"

#include "model/throttle.h"

#include <string.h>

#define ROWS_PER_S                                                                                 \
    1000 /* which makes five ranges of two seconds each, on a clock that only this test moves */

static const RigCase held = {
    .name = "held",
    .sql = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
           " INSERT INTO people SELECT i, 'Name ' || i FROM n;"
           "CREATE TABLE was AS SELECT * FROM people;",
    .source = "data:people",
    .target = "other:persons",
    .strategy = "schema-transform",
    .consistency = "snapshot",
    .mapping = "apiVersion: honk/v1\nkind: Mapping\nsource: old\ntarget: new\nkey: [ person ]\n"
               "columns:\n  person: { from: id }\n  name: name\n",
};

/* One whole transaction: it is in the copy as a whole, or not at all. */
static const char write_all_over[] = "BEGIN; UPDATE people SET name = 'Later' WHERE id % 100 = 7; "
                                     "DELETE FROM people WHERE id % 100 = "
                                     "8; INSERT INTO people (name) VALUES ('New'); COMMIT";

static struct {
    Rig *rig;
    int64_t now_us;
    int ticks;        /* while rows move */
    int64_t stops_at; /* when so many rows have been read; 0: never */
    bool writes;
} world;

static int64_t
now_us(StepEnv *env)
{
    return world.now_us;
}

static void
nap(StepEnv *env, int64_t ms)
{
    world.now_us += ms * 1000;
}

static json_t *
throttle(StepEnv *env)
{
    return json_pack("{s:i}", "rows_per_second", ROWS_PER_S);
}

/* Somebody writes at each turn, as soon as the first row may have been read. */
static bool
tick(StepEnv *env, int64_t done, int64_t total, const char *unit, const char *note)
{
    if (strcmp(unit, "rows") != 0 || done == 0)
        return true;
    if (world.writes)
        rig_sql(world.rig, write_all_over);
    world.ticks++;
    return world.stops_at == 0 || done < world.stops_at;
}

static Rig *
planned(const RigCase *kase)
{
    Rig *rig = rig_new(kase);
    memset(&world, 0, sizeof(world));
    world.rig = rig;
    world.now_us = 5000000;
    rig->env.now_us = now_us;
    rig->env.nap = nap;
    rig->env.throttle = throttle;
    rig->env.tick = tick;
    rig_plan(rig, kase);
    return rig;
}

static void
run_must(Rig *rig, const char *step)
{
    g_autoptr(Outcome) outcome = rig_run(rig, rig_step(rig, step));
    assert_kind(outcome, OUTCOME_DONE);
}

/* With the store that is moved to as `other`, and its staging table as `staged`. */
static int64_t
other_int(Rig *rig, const char *sql)
{
    const char *stage = json_get_string(rig_step(rig, "stage")->params, "stage", "");
    g_autofree char *attach =
        g_strdup_printf("ATTACH '%s/other.db' AS other; CREATE TEMP VIEW staged "
                        "AS SELECT * FROM other.\"%s\"",
                        rig->folder, stage);
    sqlite3 *db = rig_db(rig);
    sqlite3_stmt *stmt = NULL;
    g_assert_cmpint(sqlite3_exec(db, attach, NULL, NULL, NULL), ==, SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(db));
    g_assert_cmpint(sqlite3_step(stmt), ==, SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

static void
assert_as_it_was(Rig *rig)
{
    g_assert_cmpint(other_int(rig,
                              "SELECT (SELECT count(*) FROM (SELECT * FROM was EXCEPT SELECT * "
                              "FROM staged)) + (SELECT count(*) FROM (SELECT * FROM staged "
                              "EXCEPT SELECT * FROM was))"),
                    ==, 0);
}

static void
what_is_written_meanwhile_is_not_in_the_copy(void)
{
    g_autoptr(Rig) rig = planned(&held);
    rig_run_before(rig, rig_step(rig, "transform"));
    world.writes = true;
    run_must(rig, "transform");
    g_assert_cmpint(world.ticks, >, 5);
    g_assert_cmpint(rig_int(rig, "SELECT count(*) FROM people WHERE name = 'Later'"), >, 0);
    g_assert_cmpint(other_int(rig, "SELECT count(*) FROM other._honk_ledger"), ==, 5);
    assert_as_it_was(rig);
    run_must(rig, "compare");
}

/* Some ranges are in, of a state that is gone for ever: all begins anew, with a state that has what was written since. */
static void
an_attempt_that_ends_in_the_middle_leaves_nothing_of_its_state(void)
{
    g_autoptr(Rig) rig = planned(&held);
    const Step *fill = rig_step(rig, "transform");
    rig_run_before(rig, fill);
    world.stops_at = 5000;
    g_autoptr(Outcome) stopped = rig_run(rig, fill);
    assert_kind(stopped, OUTCOME_RELEASED);
    g_assert_cmpint(other_int(rig, "SELECT count(*) FROM other._honk_ledger"), >, 0);
    world.stops_at = 0;
    rig_sql(rig, write_all_over);
    rig_sql(rig, "DROP TABLE was; CREATE TABLE was AS SELECT * FROM people");
    world.writes = true;
    run_must(rig, "transform");
    assert_as_it_was(rig);
    run_must(rig, "compare");
}

static void
a_lease_that_was_lost_is_begun_anew_and_its_late_rows_are_refused(void)
{
    g_autoptr(Rig) rig = planned(&held);
    const Step *fill = rig_step(rig, "transform");
    rig_run_before(rig, fill);
    world.stops_at = 5000;
    g_autoptr(Outcome) stopped = rig_run(rig, fill);
    assert_kind(stopped, OUTCOME_RELEASED);
    int64_t late = rig->token;
    g_autoptr(Outcome) probed = rig_lease(rig, fill, "", NULL, RIG_PROBE, false);
    assert_kind(probed, OUTCOME_NOT_APPLIED);
    world.stops_at = 0;
    g_autoptr(Outcome) outcome = rig_late_lease(rig, fill, "", NULL, late);
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_cmpstr(outcome->error_code, ==, "fenced");
    run_must(rig, "transform");
    assert_as_it_was(rig);
}

static void
changes_after_the_snapshot_stop_the_swap_unless_the_plan_allows_for_them(void)
{
    static const struct {
        int allowed, writes;
        bool goes_on;
    } cases[] = {{0, 0, true}, {0, 1, false}, {100, 1, false}, {101, 1, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        RigCase kase = held;
        kase.left_behind_max = cases[i].allowed;
        g_autoptr(Rig) rig = planned(&kase);
        const Step *swap = rig_step(rig, "swap");
        rig_run_before(rig, rig_step(rig, "transform"));
        rig_sql(rig, write_all_over); /* noted, but before the snapshot */
        rig_sql(rig, "DROP TABLE was; CREATE TABLE was AS SELECT * FROM people");
        rig_run_before(rig, swap);
        assert_as_it_was(rig);
        if (cases[i].writes > 0)
            rig_sql(rig, write_all_over);
        g_autoptr(Outcome) outcome = rig_run(rig, swap);
        assert_kind(outcome, cases[i].goes_on ? OUTCOME_DONE : OUTCOME_ERROR);
        if (!cases[i].goes_on) {
            g_assert_cmpstr(outcome->error_code, ==, "budget");
            g_assert_nonnull(strstr(outcome->message, "101 changes of 'people' came after"));
            continue;
        }
        g_assert_cmpint(json_get_int(outcome->evidence, "left_behind", -1), ==,
                        101 * cases[i].writes);
    }
}

static void
nothing_of_ours_is_left_on_the_source(void)
{
    static const char ours[] =
        "SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_honk%' ESCAPE '\\'";
    g_autoptr(Rig) rig = planned(&held);
    rig_run_before(rig, rig_step(rig, "settle"));
    g_assert_cmpint(rig_int(rig, ours), >, 0);
    run_must(rig, "settle");
    g_assert_cmpint(rig_int(rig, ours), ==, 0);
}

/* What the plan would be, as text with its findings. Caller frees. */
static char *
draft(const RigCase *kase)
{
    g_autoptr(Rig) rig = rig_new(kase);
    g_autoptr(json_t) request = rig_request(kase);
    g_autoptr(Outcome) outcome = rig_draft(rig, request);
    assert_kind(outcome, OUTCOME_DONE);
    g_assert_null(json_get_string(outcome->evidence, "digest", NULL));
    return json_pretty(outcome->evidence);
}

static void
what_cannot_be_held_or_counted_is_said_when_it_is_planned(void)
{
    RigCase kase = held;
    g_autofree char *rollback = g_strconcat(held.sql, "PRAGMA journal_mode = DELETE;", NULL);
    g_autofree char *keyless =
        g_strconcat(held.sql, "CREATE TABLE loose AS SELECT * FROM people;", NULL);
    kase.sql = rollback;
    g_autofree char *no_wal = draft(&kase);
    g_assert_nonnull(strstr(no_wal, "the journal of its file is 'delete'"));
    kase = held;
    kase.target = "data:people";
    g_autofree char *in_place = draft(&kase);
    g_assert_nonnull(strstr(in_place, "would lose what is written to it"));
    kase = held;
    kase.sql = keyless;
    kase.source = "data:loose";
    kase.left_behind_max = 5;
    g_autofree char *uncounted = draft(&kase);
    g_assert_nonnull(strstr(uncounted,
                            "nobody can count what is written to 'data:loose' meanwhile: "
                            "'loose' has no primary key"));
    kase = held;
    kase.source = "files:rows.csv";
    kase.csv = "id,name\n1,Ada\n";
    g_autofree char *file = draft(&kase);
    g_assert_nonnull(strstr(file, "shows only what is there now"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/held/what_is_written_meanwhile_is_not_in_the_copy",
                    what_is_written_meanwhile_is_not_in_the_copy);
    g_test_add_func("/held/an_attempt_that_ends_in_the_middle_leaves_nothing_of_its_state",
                    an_attempt_that_ends_in_the_middle_leaves_nothing_of_its_state);
    g_test_add_func("/held/a_lease_that_was_lost_is_begun_anew_and_its_late_rows_are_refused",
                    a_lease_that_was_lost_is_begun_anew_and_its_late_rows_are_refused);
    g_test_add_func(
        "/held/changes_after_the_snapshot_stop_the_swap_unless_the_plan_allows_for_them",
        changes_after_the_snapshot_stop_the_swap_unless_the_plan_allows_for_them);
    g_test_add_func("/held/nothing_of_ours_is_left_on_the_source",
                    nothing_of_ours_is_left_on_the_source);
    g_test_add_func("/held/what_cannot_be_held_or_counted_is_said_when_it_is_planned",
                    what_cannot_be_held_or_counted_is_said_when_it_is_planned);
    return g_test_run();
}
