/* live.c - a table that is written to while it is copied: whatever was written is in the new one, or nothing is swapped. */
#include "cases.h"

#include <string.h>

#define PEOPLE                                                                                     \
    "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE, name TEXT);"          \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"                \
    " INSERT INTO people SELECT i, 'm' || i, 'Name ' || i FROM n;"                                 \
    "CREATE TABLE persons (person INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE, name TEXT);"

static const RigCase live = {
    .name = "live",
    .sql = PEOPLE,
    .source = "data:people",
    .target = "data:persons",
    .strategy = "schema-transform",
    .consistency = "live",
    .mapping = "apiVersion: honk/v1\nkind: Mapping\nsource: old\ntarget: new\nkey: [ person ]\n"
               "columns:\n  person: { from: id }\n  mail: mail\n  name: name\n",
};

/* Every way in which a row may come, change or go; the last two without a trigger for DELETE being told. */
static const char *const writes[] = {
    "INSERT INTO people VALUES (1001, 'm1001', 'New')",
    "UPDATE people SET name = 'Changed' WHERE id BETWEEN 10 AND 30",
    "DELETE FROM people WHERE id BETWEEN 40 AND 44",
    "UPDATE people SET id = 2000 WHERE id = 50",
    "INSERT INTO people VALUES (60, 'm60', 'Upserted') ON CONFLICT (id) DO UPDATE SET name = "
    "excluded.name",
    "UPDATE people SET mail = CASE id WHEN 70 THEN 'tmp' ELSE mail END WHERE id = 70;"
    "UPDATE people SET mail = 'm70' WHERE id = 71; UPDATE people SET mail = 'm71' WHERE id = 70",
    "INSERT OR REPLACE INTO people VALUES (1002, 'm80', 'Takes the mail of 80')",
    "UPDATE OR REPLACE people SET mail = 'm90' WHERE id = 91",
};

static void
run_must(Rig *rig, const Step *step)
{
    g_autoptr(Outcome) outcome = rig_run(rig, step);
    assert_kind(outcome, OUTCOME_DONE);
}

static void
assert_same(Rig *rig, const char *stage)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT (SELECT count(*) FROM (SELECT * FROM people EXCEPT SELECT * FROM "
                        "\"%s\")) + (SELECT count(*) FROM (SELECT * FROM \"%s\" EXCEPT SELECT * "
                        "FROM people))",
                        stage, stage);
    g_assert_cmpint(rig_int(rig, sql), ==, 0);
}

static const char *
stage_of(Rig *rig)
{
    return json_get_string(rig_step(rig, "stage")->params, "stage", "");
}

static Rig *
planned(const RigCase *kase)
{
    Rig *rig = rig_new(kase);
    rig_plan(rig, kase);
    return rig;
}

/* Before rows move, after them, and just before writers are stopped. */
static void
each_kind_of_write_arrives(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        static const char *const before[] = {"transform", "freeze"};
        for (size_t b = 0; b < G_N_ELEMENTS(before); b++) {
            g_autoptr(Rig) rig = planned(&live);
            rig_run_before(rig, rig_step(rig, before[b]));
            rig_sql(rig, writes[i]);
            if (b == 0)
                run_must(rig, rig_step(rig, "transform"));
            run_must(rig, rig_step(rig, "freeze"));
            assert_same(rig, stage_of(rig));
            run_must(rig, rig_step(rig, "compare"));
            run_must(rig, rig_step(rig, "swap"));
        }
    }
}

/* More of them than are taken at once, and standing in each other's way: mails are handed on from row to row. */
static void
thousands_of_writes_arrive(void)
{
    g_autoptr(Rig) rig = planned(&live);
    rig_run_before(rig, rig_step(rig, "freeze"));
    rig_sql(rig, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                 "INSERT INTO people SELECT 10000 + i, 'n' || i, 'Many' FROM n");
    rig_sql(rig, "UPDATE people SET mail = '-' || mail; UPDATE people SET mail = 'n' || (10000 + "
                 "(id + 1) % 20000)");
    g_autoptr(Outcome) done = rig_run(rig, rig_step(rig, "freeze"));
    assert_kind(done, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(done->evidence, "followed", 0), >=, 5500);
    g_assert_cmpint(json_get_int(done->evidence, "behind", -1), ==, 0);
    assert_same(rig, stage_of(rig));
    run_must(rig, rig_step(rig, "compare"));
}

/* What is not applied nobody puts back: so a probe that says so must leave no writer refused. */
static void
a_freeze_that_was_lost_before_the_last_changes_were_copied_lets_writers_go_on(void)
{
    static const char insert[] = "INSERT INTO people VALUES (5000, 'm5000', '')";
    g_autoptr(Rig) rig = planned(&live);
    const Step *freeze = rig_step(rig, "freeze");
    rig_run_before(rig, freeze);
    rig_sql(rig, writes[1]);
    rig->ticks_left = 2; /* before it begins, and when it is frozen */
    g_autoptr(Outcome) lost = rig_run(rig, freeze);
    assert_kind(lost, OUTCOME_RELEASED);
    rig->ticks_left = -1;
    g_assert_true(rig_sql_refused(rig, insert));
    g_autoptr(Outcome) probed = rig_lease(rig, freeze, "", NULL, RIG_PROBE, false);
    assert_kind(probed, OUTCOME_NOT_APPLIED);
    g_assert_false(rig_sql_refused(rig, insert));
    run_must(rig, freeze);
    assert_same(rig, stage_of(rig));
    g_autoptr(Outcome) again = rig_lease(rig, freeze, "", NULL, RIG_PROBE, false);
    assert_kind(again, OUTCOME_APPLIED);
    g_assert_true(rig_sql_refused(rig, insert));
}

static void
writers_are_stopped_only_at_the_end(void)
{
    static const char insert[] = "INSERT INTO people VALUES (5000, 'm5000', '')";
    g_autoptr(Rig) rig = planned(&live);
    const Step *freeze = rig_step(rig, "freeze");
    rig_run_before(rig, freeze);
    g_assert_false(rig_sql_refused(rig, insert));
    run_must(rig, freeze);
    g_assert_true(rig_sql_refused(rig, "DELETE FROM people WHERE id = 5000"));
    g_autoptr(Outcome) back = rig_reverse(rig, freeze, NULL);
    assert_kind(back, OUTCOME_DONE);
    g_assert_false(rig_sql_refused(rig, "DELETE FROM people WHERE id = 5000"));
    run_must(rig, freeze);
    assert_same(rig, stage_of(rig));
}

/* Somebody takes our trigger off and writes: the comparison reads both sides, and finds it. */
static void
a_write_that_nobody_noted_is_found(void)
{
    g_autoptr(Rig) rig = planned(&live);
    rig_run_before(rig, rig_step(rig, "freeze"));
    rig_sql(rig, "DROP TRIGGER _honk_watch_people_update; DROP TRIGGER _honk_watch_people_over");
    rig_sql(rig, "UPDATE people SET name = 'Unseen' WHERE id = 7");
    run_must(rig, rig_step(rig, "freeze"));
    g_autoptr(Outcome) outcome = rig_run(rig, rig_step(rig, "compare"));
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_cmpstr(outcome->error_code, ==, "mismatch");
    g_assert_nonnull(strstr(outcome->message, "Unseen"));
}

/* Its values would be nowhere: no range is read any more, which would have seen it. */
static void
a_column_that_comes_before_the_last_changes_are_copied_stops_the_move(void)
{
    g_autoptr(Rig) rig = planned(&live);
    rig_run_before(rig, rig_step(rig, "freeze"));
    rig_sql(rig, "ALTER TABLE people ADD COLUMN shoe_size INTEGER DEFAULT 44");
    g_autoptr(Outcome) outcome = rig_run(rig, rig_step(rig, "freeze"));
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_cmpstr(outcome->error_code, ==, "drift");
    g_assert_nonnull(strstr(outcome->message, "shoe_size"));
}

/* Two rows that the mapping cannot take, and one that it can, among them: that one is not held up. */
static void
rows_that_do_not_fit_are_put_aside_and_hold_nobody_up(void)
{
    RigCase kase = live;
    kase.mapping = "apiVersion: honk/v1\nkind: Mapping\nsource: old\ntarget: new\nkey: [ person ]\n"
                   "columns:\n  person: { from: id }\n  mail: mail\n  name: { from: name, values: "
                   "{ Good: Fine }, others: refuse }\n";
    g_autofree char *sql = g_strconcat(live.sql, "UPDATE people SET name = 'Good';", NULL);
    kase.sql = sql;
    g_autoptr(Rig) rig = planned(&kase);
    rig_run_before(rig, rig_step(rig, "transform"));
    rig_sql(rig, "UPDATE people SET name = 'Bad' WHERE id IN (3, 5)");
    run_must(rig, rig_step(rig, "transform"));
    rig_sql(rig,
            "UPDATE people SET name = 'Bad' WHERE id = 8; UPDATE people SET mail = 'new' WHERE "
            "id = 9");
    run_must(rig, rig_step(rig, "freeze"));
    run_must(rig, rig_step(rig, "compare"));
    g_autofree char *kept = g_strdup_printf(
        "SELECT count(*) FROM \"%s\" WHERE person NOT IN (3, 5, 8) AND name = 'Fine'",
        stage_of(rig));
    g_autofree char *all = g_strdup_printf("SELECT count(*) FROM \"%s\"", stage_of(rig));
    g_assert_cmpint(rig_int(rig, kept), ==, 497);
    g_assert_cmpint(rig_int(rig, all), ==, 497);
}

static void
nothing_of_ours_is_left_on_the_source(void)
{
    static const char ours[] = "SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'people' AND "
                               "name LIKE '\\_honk\\_watch%' ESCAPE '\\' OR name LIKE "
                               "'\\_honk\\_changed%' ESCAPE '\\'";
    g_autoptr(Rig) rig = planned(&live);
    const Step *watch = rig_step(rig, "watch");
    rig_run_before(rig, watch);
    run_must(rig, watch);
    g_assert_cmpint(rig_int(rig, ours), ==, 6);
    g_autoptr(Outcome) back = rig_reverse(rig, watch, NULL);
    assert_kind(back, OUTCOME_DONE);
    g_assert_cmpint(rig_int(rig, ours), ==, 0);
    rig_run_before(rig, rig_step(rig, "settle"));
    run_must(rig, rig_step(rig, "settle"));
    g_assert_cmpint(rig_int(rig, ours), ==, 0);
}

static void
an_index_that_comes_after_the_plan_and_hides_writes_is_refused(void)
{
    static const struct {
        const char *sql, *says;
    } bad[] = {
        {"CREATE UNIQUE INDEX some ON people(name) WHERE id > 400", "holds a part of the rows"},
        {"CREATE UNIQUE INDEX some ON people(lower(mail))", "is over an expression"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Rig) rig = planned(&live);
        rig_run_before(rig, rig_step(rig, "watch"));
        rig_sql(rig, bad[i].sql);
        g_autoptr(Outcome) outcome = rig_run(rig, rig_step(rig, "watch"));
        assert_kind(outcome, OUTCOME_ERROR);
        g_assert_nonnull(strstr(outcome->message, bad[i].says));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/each_kind_of_write_arrives", each_kind_of_write_arrives);
    g_test_add_func("/live/thousands_of_writes_arrive", thousands_of_writes_arrive);
    g_test_add_func(
        "/live/a_freeze_that_was_lost_before_the_last_changes_were_copied_lets_writers_go_on",
        a_freeze_that_was_lost_before_the_last_changes_were_copied_lets_writers_go_on);
    g_test_add_func("/live/writers_are_stopped_only_at_the_end",
                    writers_are_stopped_only_at_the_end);
    g_test_add_func("/live/a_write_that_nobody_noted_is_found", a_write_that_nobody_noted_is_found);
    g_test_add_func("/live/a column that comes before the last changes are copied stops the move",
                    a_column_that_comes_before_the_last_changes_are_copied_stops_the_move);
    g_test_add_func("/live/rows_that_do_not_fit_are_put_aside_and_hold_nobody_up",
                    rows_that_do_not_fit_are_put_aside_and_hold_nobody_up);
    g_test_add_func("/live/nothing_of_ours_is_left_on_the_source",
                    nothing_of_ours_is_left_on_the_source);
    g_test_add_func("/live/an_index_that_comes_after_the_plan_and_hides_writes_is_refused",
                    an_index_that_comes_after_the_plan_and_hides_writes_is_refused);
    return g_test_run();
}
