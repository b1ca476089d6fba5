/*
 * rehearsal.c - every action of every case, again and again: look, run, prove, run again, probe,
 * reverse, reverse again, run anew; and the world must be the same wherever it should be. What has no
 * way back is rehearsed as far as that goes, and the table of actions is asked whether all were.
 */
#include "cases.h"

#include "planner/planner.h"

#include <string.h>

static void
assert_world(Rig *rig, const char *expected, const char *when, const Step *step)
{
    g_autofree char *world = rig_world(rig);
    if (strcmp(world, expected) != 0)
        g_error("%s, the world is not what it should be %s", step->name, when);
}

static void
reverse_whole(Rig *rig, const Step *step)
{
    g_autoptr(Outcome) outcome = rig_reverse_all(rig, step);
    assert_kind(outcome, OUTCOME_DONE);
}

static void
probe_must(Rig *rig, const Step *step, OutcomeKind wanted)
{
    g_autoptr(Outcome) outcome = rig_lease(rig, step, "", NULL, RIG_PROBE, false);
    assert_kind(outcome, wanted);
}

static void
run_must(Rig *rig, const Step *step)
{
    g_autoptr(Outcome) outcome = rig_run(rig, step);
    assert_kind(outcome, OUTCOME_DONE);
}

/* A second run may find everything done. */
static void
run_again(Rig *rig, const Step *step)
{
    g_autoptr(Outcome) outcome = rig_run(rig, step);
    if (outcome->kind != OUTCOME_ALREADY)
        assert_kind(outcome, OUTCOME_DONE);
}

/* Looking changes nothing, and what it sees is not drift: neither before nor after. */
static void
look_must(Rig *rig, const Step *step)
{
    g_autofree char *before = rig_world(rig);
    World first = rig_check(rig, step), second = rig_check(rig, step);
    g_assert_cmpint(first, ==, second);
    g_assert_cmpint(first, !=, WORLD_MOVED);
    assert_world(rig, before, "after a look at it", step);
}

static void
verify_must(Rig *rig, const Step *step)
{
    g_autoptr(GError) error = NULL;
    if (!rig_verify(rig, step, &error))
        g_error("%s is not proven: %s", step->name, error->message);
}

/* A proof that holds without the effect is none. That of a split step adds up, also to nothing. */
static void
verify_must_fail(Rig *rig, const Step *step)
{
    g_autoptr(GError) error = NULL;
    if (action_by_name(step->action->name)->verify != NULL && rig_verify(rig, step, &error))
        g_error("%s is proven, although it was not done", step->name);
}

/* The first part of a split step, alone; the whole step then finds it done. */
static void
rehearse_part(Rig *rig, const Step *step)
{
    g_autoptr(Outcome) split = rig_lease(rig, step, "", NULL, RIG_RUN, false);
    assert_kind(split, OUTCOME_MORE);
    const json_t *child = json_array_get(split->children, 0);
    const char *key = json_get_string(child, "key", "");
    json_t *params = json_object_get(child, "params");
    static const RigMode modes[] = {RIG_PROBE, RIG_RUN, RIG_PROBE, RIG_RUN, RIG_PROBE};
    static const OutcomeKind kinds[] = {OUTCOME_NOT_APPLIED, OUTCOME_DONE, OUTCOME_APPLIED,
                                        OUTCOME_DONE, OUTCOME_APPLIED};
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(Outcome) outcome =
            rig_lease(rig, step, key, json_incref(params), modes[i], false);
        assert_kind(outcome, kinds[i]);
    }
    reverse_whole(rig, step);
    g_autoptr(Outcome) gone = rig_lease(rig, step, key, json_incref(params), RIG_PROBE, false);
    assert_kind(gone, OUTCOME_NOT_APPLIED);
    g_hash_table_remove_all(rig->intents);
}

static void
rehearse_reversible(Rig *rig, const Step *step)
{
    g_autofree char *before = rig_world(rig);
    bool effects = step->action->has_effects, split = step->action->is_split;

    look_must(rig, step);
    if (effects && split)
        rehearse_part(rig, step);
    assert_world(rig, before, "after a part of it and back", step);
    run_must(rig, step);
    verify_must(rig, step);
    g_autofree char *after = rig_world(rig);
    look_must(rig, step);
    run_again(rig, step);
    verify_must(rig, step);
    assert_world(rig, after, "after it ran again", step);
    if (effects && !split)
        probe_must(rig, step, OUTCOME_APPLIED);
    reverse_whole(rig, step);
    assert_world(rig, before, "after its reverse", step);
    reverse_whole(rig, step);
    assert_world(rig, before, "after its reverse ran again", step);
    if (effects && !split) {
        probe_must(rig, step, OUTCOME_NOT_APPLIED);
        verify_must_fail(rig, step);
    }
    g_hash_table_remove_all(rig->intents); /* the engine would make a new plan; rows are the same */
    run_must(rig, step);
    verify_must(rig, step);
    assert_world(rig, after, "after it ran anew", step);
}

/* Without a way back: it may only be run, and run again. */
static void
rehearse_irreversible(Rig *rig, const Step *step, const char *let_go)
{
    g_autoptr(Outcome) refused = NULL;

    if (let_go != NULL)
        rig_sql(rig, let_go);

    look_must(rig, step);
    verify_must_fail(rig, step);
    run_must(rig, step);
    verify_must(rig, step);
    g_autofree char *after = rig_world(rig);
    run_again(rig, step);
    verify_must(rig, step);
    assert_world(rig, after, "after it ran again", step);
    probe_must(rig, step, OUTCOME_APPLIED);
    refused = rig_reverse(rig, step, NULL);
    assert_kind(refused, OUTCOME_ERROR);
    g_assert_cmpstr(refused->error_code, ==, "unsupported");
}

static void
every_action_can_be_done_twice_and_undone_twice(const void *data)
{
    const RigCase *kase = data;
    if (rig_skip(kase))
        return;
    g_autoptr(Rig) rig = rig_new(kase);

    rig_plan(rig, kase);
    for (guint i = 0; i < rig->plan->steps->len; i++) {
        const Step *step = rig->plan->steps->pdata[i];
        if (step->action->reverse == REVERSE_IMPOSSIBLE && !planner_moves_rows(rig->plan))
            break; /* where no rows moved, there is nothing to clear away, and no proof of it */
        if (step->action->reverse == REVERSE_IMPOSSIBLE)
            rehearse_irreversible(rig, step, kase->let_go);
        else
            rehearse_reversible(rig, step);
    }
}

/* From any step on, everything is put back, and the last look agrees. */
static void
a_rollback_from_every_step_ends_where_it_began(const void *data)
{
    const RigCase *kase = data;
    if (rig_skip(kase))
        return;
    g_autoptr(Rig) sizing = rig_new(kase);
    rig_plan(sizing, kase);

    for (guint last = 0; last < sizing->plan->steps->len; last++) {
        g_autoptr(Rig) rig = rig_new(kase);
        g_autofree char *before = rig_world(rig);
        rig_plan(rig, kase);
        const Step *step = rig->plan->steps->pdata[last];
        if (step->action->reverse == REVERSE_IMPOSSIBLE)
            break;
        rig_run_before(rig, step);
        run_must(rig, step);
        json_t *start = NULL;
        for (guint i = last + 1; i-- > 0;) {
            const Step *back = rig->plan->steps->pdata[i];
            g_autofree char *task = g_strdup_printf("t-%s-", back->name);
            json_t *intent = g_hash_table_lookup(rig->intents, task);
            if (json_object_get(intent, "start") != NULL)
                start = json_object_get(intent, "start");
            reverse_whole(rig, back);
        }
        assert_world(rig, before, "after a rollback from here", step);
        if (start == NULL)
            continue; /* nothing with effects ran */
        g_autoptr(Outcome) verified = rig_preflight(rig, json_pack("{s:O}", "verify_start", start));
        assert_kind(verified, OUTCOME_DONE);
        g_assert_true(json_get_bool(verified->evidence, "equal", false));
        g_assert_false(json_get_bool(verified->evidence, "source_rows_changed", true));
    }
}

static void
preflight_finds_no_drift_at_any_step(const void *data)
{
    const RigCase *kase = data;
    if (rig_skip(kase))
        return;
    g_autoptr(Rig) rig = rig_new(kase);
    g_autoptr(json_t) request = rig_request(kase);
    g_autofree char *digest = rig_put(rig, request);

    rig_plan(rig, kase);
    for (guint i = 0; i < rig->plan->steps->len; i++) {
        const Step *step = rig->plan->steps->pdata[i];
        g_autoptr(Outcome) bare = rig_preflight(rig, NULL);
        assert_kind(bare, OUTCOME_DONE);
        g_autoptr(Outcome) full = rig_preflight(rig, json_pack("{s:s}", "request", digest));
        assert_kind(full, OUTCOME_DONE);
        if (step->action->reverse == REVERSE_IMPOSSIBLE)
            break;
        run_must(rig, step);
    }
}

/* ---- the table of actions ---- */

/* The same request twice gives the same plan, and neither touches the world. */
static void
planning_twice_gives_the_same_plan(void)
{
    g_autoptr(Rig) rig = rig_new(&rig_cases[1]);
    g_autofree char *before = rig_world(rig);
    g_autofree char *first = NULL;
    for (int again = 0; again < 2; again++) {
        rig_plan(rig, &rig_cases[1]);
        g_assert_true(first == NULL || strcmp(first, rig->plan->digest) == 0);
        g_free(first);
        first = g_strdup(rig->plan->digest);
        g_clear_pointer(&rig->plan, plan_free);
    }
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
}

static void
preflight_looks_and_touches_nothing(void)
{
    g_autoptr(Rig) rig = rig_new(&rig_cases[1]);
    rig_plan(rig, &rig_cases[1]);
    g_autofree char *before = rig_world(rig);
    for (int again = 0; again < 2; again++) {
        g_autoptr(Outcome) outcome = rig_preflight(rig, NULL);
        assert_kind(outcome, OUTCOME_DONE);
    }
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
}

static void
moves_nothing_without_its_plan(const char *action, const char *key)
{
    g_autoptr(Rig) rig = rig_new(&rig_cases[1]);
    Lease lease = {.id = (char *) "t-1",
                   .action = (char *) action,
                   .key = (char *) key,
                   .phase = PHASE_FORWARD};
    const StepCall call = {.lease = &lease};
    g_autofree char *before = rig_world(rig);
    g_autoptr(Outcome) outcome = action_perform(&call, &rig->env);
    assert_kind(outcome, OUTCOME_ERROR);
    g_assert_true(outcome->before_effect);
    g_autofree char *after = rig_world(rig);
    g_assert_cmpstr(before, ==, after);
}

/* With real services it is rehearsed in rollout.c. */
static void
a_rollout_without_its_plan_moves_nothing(void)
{
    moves_nothing_without_its_plan("rollout", NULL);
}

/* It takes a host with pull requests: with one it is killed at every call by die-in-proposals.py. */
static void
builds_without_a_plan_push_nothing(void)
{
    moves_nothing_without_its_plan("builds", "hosted:reader-0");
}

/* It takes PostgreSQL: driver/postgres_mirror.c looks what it does there, and die-in-live.py kills it at every call. */
static void
a_mirror_without_its_plan_changes_nothing(void)
{
    moves_nothing_without_its_plan("mirror", NULL);
}

/* What is no step of a plan is rehearsed on its own. */
static const struct {
    ActionId id;
    const char *name;
    void (*rehearse)(void);
} alone[] = {
    {ACTION_PLAN, "planning twice gives the same plan", planning_twice_gives_the_same_plan},
    {ACTION_ROLLOUT, "a rollout without its plan moves nothing",
     a_rollout_without_its_plan_moves_nothing},
    {ACTION_BUILDS, "builds without a plan push nothing", builds_without_a_plan_push_nothing},
    {ACTION_MIRROR, "a mirror without its plan changes nothing",
     a_mirror_without_its_plan_changes_nothing},
    {ACTION_PREFLIGHT, "preflight looks and touches nothing", preflight_looks_and_touches_nothing},
};

/* The cases take every step of their plans; what no plan has, and nobody rehearses alone, fails here. */
static void
no_action_of_the_table_is_left_out(void)
{
    bool rehearsed[ACTION_COUNT] = {false};
    for (size_t i = 0; i < G_N_ELEMENTS(alone); i++)
        rehearsed[alone[i].id] = true;
    for (size_t i = 0; i < rig_case_count; i++) {
        g_autoptr(Rig) rig = rig_new(&rig_cases[i]);
        rig_plan(rig, &rig_cases[i]);
        for (guint j = 0; j < rig->plan->steps->len; j++)
            rehearsed[((const Step *) rig->plan->steps->pdata[j])->action->id] = true;
    }
    for (ActionId id = 0; id < ACTION_COUNT; id++)
        if (!rehearsed[id])
            g_error("no case rehearses the action '%s': add one to cases.c", action_info(id)->name);
}

static void
add(const char *what, const RigCase *kase, GTestDataFunc function)
{
    g_autofree char *path = g_strdup_printf("/rehearsal/%s/%s", kase->name, what);
    g_test_add_data_func(path, kase, function);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < rig_case_count; i++) {
        const RigCase *kase = &rig_cases[i];
        add("every action can be done twice and undone twice", kase,
            every_action_can_be_done_twice_and_undone_twice);
        add("a rollback from every step ends where it began", kase,
            a_rollback_from_every_step_ends_where_it_began);
        add("preflight finds no drift at any step", kase, preflight_finds_no_drift_at_any_step);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(alone); i++) {
        g_autofree char *path = g_strdup_printf("/rehearsal/%s", alone[i].name);
        g_test_add_func(path, alone[i].rehearse);
    }
    g_test_add_func("/rehearsal/no action of the table is left out",
                    no_action_of_the_table_is_left_out);
    return g_test_run();
}
