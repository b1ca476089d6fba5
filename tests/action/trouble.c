/* trouble.c - what actions do when the world is against them. */
#include "cases.h"

#include <glib/gstdio.h>
#include <string.h>

#define NEW_TABLE (&rig_cases[0])
#define REPLACING (&rig_cases[1])
#define BAD_ROW (&rig_cases[2])
#define FROM_FILE (&rig_cases[6])

static Rig *
planned(const RigCase *kase)
{
    Rig *rig = rig_new(kase);
    rig_plan(rig, kase);
    return rig;
}

static void
assert_error(const Outcome *outcome, const char *code, const char *says)
{
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_cmpstr(outcome->error_code, ==, code);
    if (strstr(outcome->message, says) == NULL)
        g_error("'%s' is not in '%s'", says, outcome->message);
}

static void
assert_drift(const Outcome *outcome, const char *says)
{
    assert_kind(outcome, OUTCOME_DRIFT);
    g_assert_cmpuint(json_array_size(json_object_get(outcome->evidence, "differences")), >, 0);
    if (strstr(outcome->message, says) == NULL)
        g_error("'%s' is not in '%s'", says, outcome->message);
}

static void
a_moved_schema_is_told_before_anything_moves(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    g_autofree char *before = NULL;

    rig_sql(rig, "ALTER TABLE people ADD COLUMN shoe_size INTEGER");
    before = rig_world(rig);
    g_autoptr(Outcome) outcome = rig_preflight(rig, NULL);
    assert_drift(outcome, "shoe_size");
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
}

static void
a_target_that_appeared_is_told(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    rig_sql(rig, "CREATE TABLE persons (person_id INTEGER PRIMARY KEY)");
    g_autoptr(Outcome) outcome = rig_preflight(rig, NULL);
    assert_drift(outcome, "exists now");
}

static void
an_edited_mapping_is_told(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    g_autoptr(json_t) request = rig_request(NEW_TABLE);
    json_set_string(json_object_get(request, "mapping"), "text", "kind: Mapping\n");
    g_autofree char *digest = rig_put(rig, request);
    g_autoptr(Outcome) outcome = rig_preflight(rig, json_pack("{s:s}", "request", digest));
    assert_drift(outcome, "'map.yaml' was edited");
}

static void
a_foreign_staging_table_is_told(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *stage = rig_step(rig, "stage");
    rig_run_before(rig, stage);
    g_autofree char *sql =
        g_strdup_printf("CREATE TABLE \"%s\" (x)", json_get_string(stage->params, "stage", ""));
    rig_sql(rig, sql);
    g_autoptr(Outcome) outcome = rig_run(rig, stage);
    assert_drift(outcome, "already");
}

static void
a_frozen_source_refuses_writes_until_the_rollback(void)
{
    static const char insert[] = "INSERT INTO people VALUES (1000, 'A', 'B', NULL, NULL)";
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *freeze = rig_step(rig, "freeze");

    rig_run_before(rig, freeze);
    g_autoptr(Outcome) done = rig_run(rig, freeze);
    assert_kind(done, OUTCOME_DONE);
    g_assert_true(rig_sql_refused(rig, insert));
    g_autoptr(Outcome) back = rig_reverse(rig, freeze, NULL);
    assert_kind(back, OUTCOME_DONE);
    g_assert_false(rig_sql_refused(rig, insert));
}

/* 100 rows are allowed by default; a plan that allows none stops, and says which rows. */
static void
rows_over_the_budget_stop_the_plan_and_are_shown(void)
{
    RigCase strict = *BAD_ROW;
    g_autofree char *mapping =
        g_strconcat(strict.mapping, "quarantine: { rows_max: 0, share_max: 0% }\n", NULL);
    strict.mapping = mapping;
    g_autoptr(Rig) rig = planned(&strict);
    const Step *transform = rig_step(rig, "transform");

    rig_run_before(rig, transform);
    g_autoptr(Outcome) outcome = rig_run(rig, transform);
    assert_error(outcome, "budget", "1 of 500 rows");
    const char *digest = json_get_string(json_at(outcome->evidence, "quarantine"), "blob", NULL);
    g_assert_nonnull(digest);
    g_autoptr(json_t) rows = rig_blob(rig, digest);
    g_autofree char *text = json_compact(rows);
    g_assert_nonnull(strstr(text, "Turing"));
    g_assert_nonnull(strstr(text, "Foo 23 1912"));
}

static void
rows_put_aside_outlive_the_rollback_as_evidence(void)
{
    g_autoptr(Rig) rig = planned(BAD_ROW);
    const Step *transform = rig_step(rig, "transform");

    rig_run_before(rig, transform);
    g_autoptr(Outcome) done = rig_run(rig, transform);
    assert_kind(done, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(done->evidence, "rejected", 0), ==, 1);
    g_assert_cmpint(json_get_int(done->evidence, "rows_out", 0), ==, 499);
    g_autoptr(Outcome) back = rig_reverse(rig, transform, NULL);
    assert_kind(back, OUTCOME_DONE);
    g_assert_nonnull(json_get_string(json_at(back->evidence, "quarantine"), "blob", NULL));
}

/* The condition itself fails in one row: abs() has no answer for the smallest number. */
static void
a_row_whose_condition_fails_is_put_aside_and_the_rest_is_compared(void)
{
    RigCase odd = *NEW_TABLE;
    g_autofree char *mapping = g_strconcat(odd.mapping, "where: \"abs(id) > 10\"\n", NULL);
    g_autofree char *sql = g_strconcat(
        odd.sql, "INSERT INTO people VALUES (-9223372036854775808, 'A', 'B', NULL, NULL);", NULL);
    odd.mapping = mapping;
    odd.sql = sql;
    g_autoptr(Rig) rig = planned(&odd);
    const Step *transform = rig_step(rig, "transform"), *compare = rig_step(rig, "compare");

    rig_run_before(rig, transform);
    g_autoptr(Outcome) filled = rig_run(rig, transform);
    assert_kind(filled, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(filled->evidence, "rejected", 0), ==, 1);
    g_assert_cmpint(json_get_int(filled->evidence, "rows_out", 0), ==, 490);
    g_autoptr(Outcome) compared = rig_run(rig, compare);
    assert_kind(compared, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(compared->evidence, "rows_quarantined", 0), ==, 1);
}

static void
a_row_changed_behind_our_back_is_found_with_its_column(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *compare = rig_step(rig, "compare");

    rig_run_before(rig, compare);
    g_autofree char *sql = g_strdup_printf("UPDATE \"%s\" SET country = 'XX' WHERE person_id = 42",
                                           json_get_string(compare->params, "stage", ""));
    rig_sql(rig, sql);
    g_autoptr(Outcome) outcome = rig_run(rig, compare);
    assert_error(outcome, "mismatch", "country");
    g_assert_nonnull(strstr(outcome->message, "42"));
    g_assert_nonnull(json_get_string(outcome->evidence, "differences", NULL));
}

static void
a_row_lost_behind_our_back_is_found(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *compare = rig_step(rig, "compare");

    rig_run_before(rig, compare);
    g_autofree char *sql = g_strdup_printf("DELETE FROM \"%s\" WHERE person_id = 42",
                                           json_get_string(compare->params, "stage", ""));
    rig_sql(rig, sql);
    g_autoptr(Outcome) outcome = rig_run(rig, compare);
    assert_error(outcome, "mismatch", "missing");
}

static void
rows_written_since_the_swap_need_a_persons_word(void)
{
    g_autoptr(Rig) rig = planned(REPLACING);
    const Step *swap = rig_step(rig, "swap");

    rig_run_before(rig, NULL);
    rig_sql(rig, "INSERT INTO persons VALUES (9001, 'New', 'GB', '2000-01-01', 'app')");
    rig_sql(rig, "INSERT INTO persons VALUES (9002, 'Newer', 'GB', '2000-01-01', 'app')");
    g_autoptr(Outcome) refused = rig_reverse(rig, swap, NULL);
    assert_error(refused, "mismatch", "2 rows were written to 'persons'");
    g_assert_nonnull(strstr(refused->message, "honk rollback move --give-up-rows"));
    g_assert_cmpint(rig_int(rig, "SELECT count(*) FROM persons"), ==, 502);

    g_autoptr(Outcome) given = rig_reverse(rig, swap, json_pack("{s:b}", "give_up_rows", 1));
    assert_kind(given, OUTCOME_DONE);
    g_assert_cmpint(json_get_int(given->evidence, "rows_given_up", 0), ==, 2);
    const char *lost = json_get_string(given->evidence, "lost", NULL);
    g_assert_nonnull(lost);
    g_assert_cmpint(rig_int(rig, "SELECT count(*) FROM persons"), ==, 1);
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM \"%s\"", lost);
    g_assert_cmpint(rig_int(rig, sql), ==, 502);
    /* The rest of the way back finds the staging table gone, and that is fine. */
    for (guint i = rig->plan->steps->len; i-- > 0;) {
        const Step *step = rig->plan->steps->pdata[i];
        if (step->action->reverse == REVERSE_IMPOSSIBLE)
            continue;
        g_autoptr(Outcome) back = rig_reverse(rig, step, NULL);
        assert_kind(back, OUTCOME_DONE);
    }
    g_assert_false(rig_sql_refused(rig, "DELETE FROM people WHERE id = 500"));
}

/* The first part of a split step. Caller owns. */
static json_t *
first_part(Rig *rig, const Step *step, char **ret_key)
{
    g_autoptr(Outcome) split = rig_lease(rig, step, "", NULL, RIG_RUN, false);
    assert_kind(split, OUTCOME_MORE);
    json_t *child = json_array_get(split->children, 0);
    *ret_key = g_strdup(json_get_string(child, "key", ""));
    return json_incref(json_object_get(child, "params"));
}

static void
a_worker_that_was_believed_dead_changes_nothing(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *transform = rig_step(rig, "transform");
    g_autofree char *key = NULL;

    rig_run_before(rig, transform);
    g_autoptr(json_t) params = first_part(rig, transform, &key);
    int64_t old_token = rig->token;
    g_autoptr(Outcome) probe =
        rig_lease(rig, transform, key, json_incref(params), RIG_PROBE, false);
    assert_kind(probe, OUTCOME_NOT_APPLIED);
    g_autofree char *before = rig_world(rig);
    g_autoptr(Outcome) late = rig_late_lease(rig, transform, key, json_incref(params), old_token);
    assert_error(late, "fenced", "");
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);

    g_autoptr(Outcome) now = rig_lease(rig, transform, key, json_incref(params), RIG_RUN, false);
    assert_kind(now, OUTCOME_DONE);
    g_autoptr(Outcome) found =
        rig_lease(rig, transform, key, json_incref(params), RIG_PROBE, false);
    assert_kind(found, OUTCOME_APPLIED);
    g_assert_cmpint(json_get_int(found->evidence, "rows_out", 0), >, 0);
}

/* The fence of one part does not stop another; that of the plan, raised by a way back, stops all older ones. */
static void
a_probe_fences_no_sibling_but_a_way_back_does(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *transform = rig_step(rig, "transform");
    g_autofree char *key = NULL;

    rig_run_before(rig, transform);
    g_autoptr(json_t) params = first_part(rig, transform, &key);
    int64_t old_token = rig->token;
    g_autoptr(Outcome) probe =
        rig_lease(rig, transform, "9999", json_incref(params), RIG_PROBE, false);
    assert_kind(probe, OUTCOME_NOT_APPLIED);
    g_autoptr(Outcome) sibling =
        rig_late_lease(rig, transform, key, json_incref(params), old_token);
    assert_kind(sibling, OUTCOME_DONE);
    g_autoptr(Outcome) back = rig_reverse(rig, transform, NULL);
    assert_kind(back, OUTCOME_DONE);
    g_autoptr(Outcome) late = rig_late_lease(rig, transform, key, json_incref(params), old_token);
    assert_error(late, "fenced", "the fence of plan");
    g_autoptr(Outcome) anew = rig_lease(rig, transform, key, json_incref(params), RIG_RUN, false);
    assert_kind(anew, OUTCOME_DONE);
}

#define NOTES "SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_honk\\_%' ESCAPE '\\'"

/* Some stores make a stage in several steps, and remove it so: what was lost half way leaves notes that nobody else would take away. */
static void
who_looks_for_a_stage_that_is_not_there_takes_its_notes_away(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *stage = rig_step(rig, "stage");
    rig_run_before(rig, stage);
    int64_t before = rig_int(rig, NOTES);
    g_autoptr(Outcome) done = rig_run(rig, stage);
    assert_kind(done, OUTCOME_DONE);
    g_assert_cmpint(rig_int(rig, NOTES), >, before);
    g_autofree char *sql =
        g_strdup_printf("DROP TABLE \"%s\"", json_get_string(stage->params, "stage", ""));
    rig_sql(rig, sql);
    g_autoptr(Outcome) probe = rig_lease(rig, stage, "", NULL, RIG_PROBE, false);
    assert_kind(probe, OUTCOME_NOT_APPLIED);
    g_assert_cmpint(rig_int(rig, NOTES), ==, before);
}

/* The note of the swap is gone, the rest is not. */
static void
who_looks_for_what_was_settled_half_takes_the_rest_away(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *settle = rig_step(rig, "settle");
    rig_run_before(rig, settle);
    int64_t before = rig_int(rig, NOTES);
    rig_sql(rig, "DELETE FROM _honk_swap");
    g_autoptr(Outcome) probe = rig_lease(rig, settle, "", NULL, RIG_PROBE, false);
    assert_kind(probe, OUTCOME_APPLIED);
    g_assert_cmpint(rig_int(rig, NOTES), <, before);
    g_assert_cmpint(rig_int(rig, "SELECT count(*) FROM sqlite_schema WHERE name = '_honk_fence'"),
                    ==, 0);
}

static void
who_is_asked_to_stop_gives_the_task_back_undone(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *transform = rig_step(rig, "transform");
    g_autofree char *key = NULL;

    rig_run_before(rig, transform);
    g_autoptr(json_t) params = first_part(rig, transform, &key);
    g_autofree char *before = rig_world(rig);
    rig->ticks_left = 0;
    g_autoptr(Outcome) outcome =
        rig_lease(rig, transform, key, json_incref(params), RIG_RUN, false);
    assert_kind(outcome, OUTCOME_RELEASED);
    rig->ticks_left = -1;
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
}

static void
a_file_that_grows_while_it_is_read_stops_the_plan(void)
{
    if (rig_skip(FROM_FILE))
        return;
    g_autoptr(Rig) rig = planned(FROM_FILE);
    const Step *transform = rig_step(rig, "transform");
    g_autofree char *key = NULL;

    rig_run_before(rig, transform);
    g_autoptr(json_t) params = first_part(rig, transform, &key);
    g_autofree char *path = g_build_filename(rig->folder, "rows.csv", NULL);
    FILE *file = g_fopen(path, "a");
    fputs("5,Barbara,Liskov,US,Nov 07 1939\n", file);
    fclose(file);
    g_autoptr(Outcome) outcome =
        rig_lease(rig, transform, key, json_incref(params), RIG_RUN, false);
    assert_error(outcome, "drift", "changed while it was read");
}

/* No trigger of a freeze keeps anybody from changing the columns. */
static void
a_column_that_comes_or_goes_while_rows_move_stops_the_plan(void)
{
    static const char *const changes[][2] = {
        {"ALTER TABLE people ADD COLUMN extra TEXT", "read: column 'extra TEXT' is new"},
        {"ALTER TABLE people RENAME COLUMN last TO surname",
         "read: column 'last TEXT' is gone; column 'surname TEXT' is new"}};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(Rig) rig = planned(NEW_TABLE);
        const Step *transform = rig_step(rig, "transform");
        g_autofree char *key = NULL;
        rig_run_before(rig, transform);
        g_autoptr(json_t) params = first_part(rig, transform, &key);
        rig_sql(rig, changes[i][0]);
        g_autoptr(Outcome) outcome =
            rig_lease(rig, transform, key, json_incref(params), RIG_RUN, false);
        assert_error(outcome, "drift", changes[i][1]);
    }
}

static void
nothing_is_dropped_that_something_hangs_on(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    rig_run_before(rig, NULL);
    g_autofree char *before = rig_world(rig);
    g_autoptr(Outcome) outcome = rig_run(rig, rig_step(rig, "retire"));
    assert_error(outcome, "invalid", "people");
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
}

/* Whoever changes it expects to find that later; the stage was made like it before. */
static void
a_target_that_is_changed_while_rows_move_stops_the_swap(void)
{
    static const struct {
        const char *change, *difference, *back;
    } changes[] = {
        {"ALTER TABLE persons ADD COLUMN shoe_size INTEGER", "column 'shoe_size' (int) is new",
         "ALTER TABLE persons DROP COLUMN shoe_size"},
        {"CREATE INDEX by_name ON persons (name)", "index 'by_name' is new", "DROP INDEX by_name"},
    };
    g_autoptr(Rig) rig = planned(REPLACING);
    const Step *swap = rig_step(rig, "swap");
    rig_run_before(rig, swap);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        rig_sql(rig, changes[i].change);
        g_autoptr(Outcome) refused = rig_run(rig, swap);
        assert_drift(refused, changes[i].difference);
        rig_sql(rig, changes[i].back);
    }
    rig_sql(rig, "CREATE VIEW lately AS SELECT name FROM persons"); /* goes along */
    g_autoptr(Outcome) done = rig_run(rig, swap);
    assert_kind(done, OUTCOME_DONE);
}

/* Behind the check, before the swap: the intent is written down in between. */
static const char *late_change;

static bool
change_late(StepEnv *env, const json_t *pre_state, GError **error)
{
    rig_sql((Rig *) env, late_change);
    return true;
}

static void
a_target_that_is_changed_between_the_check_and_the_swap_stops_it(void)
{
    static const struct {
        const RigCase *kase;
        const char *change, *difference, *back;
    } cases[] = {
        {REPLACING, "ALTER TABLE persons ADD COLUMN shoe_size INTEGER",
         "column 'shoe_size' (int) is new", "ALTER TABLE persons DROP COLUMN shoe_size"},
        {NEW_TABLE, "CREATE TABLE persons (mine TEXT)", "exists now", "DROP TABLE persons"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rig) rig = planned(cases[i].kase);
        const Step *swap = rig_step(rig, "swap");
        rig_run_before(rig, swap);
        bool (*intent)(StepEnv *, const json_t *, GError **) = rig->env.intent;
        late_change = cases[i].change;
        rig->env.intent = change_late;
        g_autofree char *before = rig_world(rig);
        g_autoptr(Outcome) refused = rig_run(rig, swap);
        assert_drift(refused, cases[i].difference);
        rig->env.intent = intent;
        rig_sql(rig, cases[i].back);
        g_autofree char *after = rig_world(rig);
        g_assert_cmpstr(before, ==, after);
        g_autoptr(Outcome) done = rig_run(rig, swap);
        assert_kind(done, OUTCOME_DONE);
    }
}

static void
a_target_that_appears_while_rows_move_is_nobodys_to_replace(void)
{
    g_autoptr(Rig) rig = planned(NEW_TABLE);
    const Step *swap = rig_step(rig, "swap");
    rig_run_before(rig, swap);
    rig_sql(rig, "CREATE TABLE persons (mine TEXT)");
    g_autoptr(Outcome) refused = rig_run(rig, swap);
    assert_drift(refused, "exists now");
}

static void
a_bad_expression_keeps_the_plan_a_draft(void)
{
    RigCase bad = *NEW_TABLE;
    g_autofree char *mapping = g_strconcat(bad.mapping, "  loud: { expr: \"uper(last)\" }\n", NULL);
    bad.mapping = mapping;
    g_autoptr(Rig) rig = rig_new(&bad);
    g_autoptr(json_t) request = rig_request(&bad);
    g_autoptr(Outcome) outcome = rig_draft(rig, request);

    assert_kind(outcome, OUTCOME_DONE);
    g_assert_true(json_is_null(json_object_get(outcome->evidence, "digest")));
    g_autofree char *text = json_compact(json_object_get(outcome->evidence, "diagnostics"));
    g_assert_nonnull(strstr(text, "uper"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, function) g_test_add_func("/trouble/" path, function)
    TEST("a moved schema is told before anything moves",
         a_moved_schema_is_told_before_anything_moves);
    TEST("a target that appeared is told", a_target_that_appeared_is_told);
    TEST("an edited mapping is told", an_edited_mapping_is_told);
    TEST("a foreign staging table is told", a_foreign_staging_table_is_told);
    TEST("a frozen source refuses writes until the rollback",
         a_frozen_source_refuses_writes_until_the_rollback);
    TEST("rows over the budget stop the plan and are shown",
         rows_over_the_budget_stop_the_plan_and_are_shown);
    TEST("rows put aside outlive the rollback as evidence",
         rows_put_aside_outlive_the_rollback_as_evidence);
    TEST("a row whose condition fails is put aside and the rest is compared",
         a_row_whose_condition_fails_is_put_aside_and_the_rest_is_compared);
    TEST("a row changed behind our back is found with its column",
         a_row_changed_behind_our_back_is_found_with_its_column);
    TEST("a row lost behind our back is found", a_row_lost_behind_our_back_is_found);
    TEST("rows written since the swap need a person's word",
         rows_written_since_the_swap_need_a_persons_word);
    TEST("a worker that was believed dead changes nothing",
         a_worker_that_was_believed_dead_changes_nothing);
    TEST("a probe fences no sibling, but a way back does",
         a_probe_fences_no_sibling_but_a_way_back_does);
    TEST("who looks for a stage that is not there takes its notes away",
         who_looks_for_a_stage_that_is_not_there_takes_its_notes_away);
    TEST("who looks for what was settled half takes the rest away",
         who_looks_for_what_was_settled_half_takes_the_rest_away);
    TEST("who is asked to stop gives the task back undone",
         who_is_asked_to_stop_gives_the_task_back_undone);
    TEST("a file that grows while it is read stops the plan",
         a_file_that_grows_while_it_is_read_stops_the_plan);
    TEST("a column that comes or goes while rows move stops the plan",
         a_column_that_comes_or_goes_while_rows_move_stops_the_plan);
    TEST("a target that is changed while rows move stops the swap",
         a_target_that_is_changed_while_rows_move_stops_the_swap);
    TEST("a target that is changed between the check and the swap stops it",
         a_target_that_is_changed_between_the_check_and_the_swap_stops_it);
    TEST("a target that appears while rows move is nobody's to replace",
         a_target_that_appears_while_rows_move_is_nobodys_to_replace);
    TEST("nothing is dropped that something hangs on", nothing_is_dropped_that_something_hangs_on);
    TEST("a bad expression keeps the plan a draft", a_bad_expression_keeps_the_plan_a_draft);
    return g_test_run();
}
