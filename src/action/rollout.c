/*
 * rollout.c - move services to their new revisions, wave by wave, and back.
 *
 * The step divides into one task for each service, a wave at a time; before each wave drift is looked for. A task is many
 * short leases: look, decide (rollout/), act (fleet/), wait with a checkpoint. Its way back goes on with the same
 * checkpoint: what forward is a rollout, backward is its rollback.
 *
 * What a rollout does is done under the service's lock and claim: a worker that wakes up late is refused there.
 */
#include "action/local_merge.h"
#include "action/move.h"
#include "action/service.h"
#include "action/survey.h"
#include "action/table.h"
#include "action/waves.h"
#include "base/clock.h"
#include "base/text.h"
#include "planner/changes.h"

#include <string.h>

#define MERGE_POLL_MS 5000 /* people merge */

/* ---- the whole step ---- */

static bool
was_handed_out(const StepCall *call, const char *service)
{
    json_t *child;
    size_t i;

    json_array_foreach(json_object_get(call->lease->evidence, "children"), i,
                       child) if (strcmp(json_get_string(child, "key", ""), service) ==
                                  0) return call->lease->children_done;
    return false;
}

static json_t *
child_of(const StepCall *call, const json_t *row)
{
    const char *service = json_get_string(row, "service", "");
    const char *consumer = json_get_string(row, "consumer", "");
    json_t *child =
        json_pack("{s:s, s:{s:s}, s:i}", "key", service, "params", "service", service, "weight", 1);
    if (change_may_be_left(call->plan, consumer))
        json_set_string(child, "spare", consumer);
    return child;
}

/* All that go next: the first wave of which somebody is left. */
static json_t *
next_wave(const StepCall *call)
{
    json_t *children = json_array(), *row;
    int64_t wave = -1;
    size_t i;

    json_array_foreach(json_object_get(call->plan->json, "services"), i, row)
    {
        const char *name = json_get_string(row, "service", "");
        if (was_handed_out(call, name) || json_get_string(row, "problem", NULL) != NULL)
            continue;
        if (wave < 0)
            wave = json_get_int(row, "wave", 0);
        if (json_get_int(row, "wave", 0) == wave)
            json_array_append_new(children, child_of(call, row));
    }
    return children;
}

static bool
hand_out(const StepCall *call, Outcome *outcome)
{
    g_autoptr(json_t) children = next_wave(call);

    if (json_array_size(children) > 0) {
        outcome->kind = OUTCOME_MORE;
        outcome->children = json_incref(children);
        return true;
    }
    json_t *evidence = json_object();
    json_set_int(evidence, "services", json_get_int(call->lease->evidence, "count", 0));
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

/* ---- one service: what is there ---- */

static int
running(const json_t *seen, const char *revision, bool in_traffic)
{
    json_t *instance;
    size_t i;
    int count = 0;

    json_array_foreach(json_object_get(seen, "instances"), i, instance) count +=
        strcmp(json_get_string(instance, "state", ""), "running") == 0 &&
        g_strcmp0(json_get_string(instance, "revision", ""), revision) == 0 &&
        (!in_traffic || json_get_bool(instance, "in_traffic", false));
    return count;
}

/* All of that revision, and nothing else. */
static bool
runs_just(const json_t *seen, const json_t *template)
{
    const json_t *there = json_object_get(seen, "template");
    size_t count = json_array_size(json_object_get(seen, "instances"));
    const char *name = template_name(template);

    if (g_strcmp0(template_name(there), name) != 0)
        return false;
    return name == NULL ? count == 0
                        : (size_t) running(seen, name, true) == count &&
                              (int64_t) count == json_get_int(template, "instances", 0);
}

static bool
is_claimed_by_us(const Service *service, const json_t *seen)
{
    const char *rollout = json_get_string(json_object_get(seen, "claim"), "rollout", NULL);
    return g_strcmp0(rollout, service->rollout) == 0;
}

/* ---- the action ---- */

/* It knows which revision it rolls out. */
static bool
has_begun(const StepCall *call)
{
    return json_is_object(json_object_get(call->lease->checkpoint, "template"));
}

/* Once it has begun, the revision stays what it was then: a branch may grow, or be gone. */
static bool
find_revision(Service *service, char **ret_wait, GError **error)
{
    const json_t *template = json_object_get(service->call->lease->checkpoint, "template");
    RolloutState state = ROLLOUT_PENDING;
    bool is_known = rollout_state_from_name(
        json_get_string(service->call->lease->checkpoint, "state", NULL), &state);
    bool is_new = !lease_is_back(service->call) && rollout_state_is_terminal(state);

    *ret_wait = NULL;
    if (!is_known || is_new || !has_begun(service->call))
        return service_resolve(service, ret_wait, error);
    service->to = json_deep_copy(template);
    return true;
}

/* Whether it is as the plan saw it, the other side looks. */
static bool
expect_followed(const Service *service, World *ret, json_t **ret_state)
{
    *ret = WORLD_EXPECTED;
    *ret_state = json_pack("{s:s, s:O?}", "service", service->name, "from",
                           json_object_get(service->row, "from"));
    return true;
}

static bool
check_service(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Service) service = {0};
    g_autoptr(json_t) seen = NULL;
    g_autofree char *waits = NULL;

    if (!service_open(call, env, &service, error) || !find_revision(&service, &waits, error))
        return false;
    if (service_is_followed(&service))
        return expect_followed(&service, ret, ret_state);
    if (!fleet_describe(&service.fleet, &seen, error))
        return false;
    const json_t *there = json_object_get(seen, "template");
    const json_t *planned = json_object_get(service.row, "from");
    g_autofree char *from = NULL;
    if (json_is_object(planned) && !revision_name(planned, &from, error))
        return false;
    bool is_begun = is_claimed_by_us(&service, seen) || has_begun(call);
    *ret = WORLD_EXPECTED;
    if (!is_begun && waits == NULL && runs_just(seen, service.to))
        *ret = WORLD_ALREADY;
    else if (!is_begun && g_strcmp0(template_name(there), from) != 0 &&
             g_strcmp0(template_name(there), template_name(service.to)) != 0) {
        differ(ret, ret_state, "service '%s' ran revision %s when the plan was made, runs %s",
               service.name, from != NULL ? from : "none",
               template_name(there) != NULL ? template_name(there) : "none");
        return true;
    }
    *ret_state = json_object();
    json_set_string(*ret_state, "service", service.name);
    json_object_set_new(*ret_state, "from",
                        json_is_object(there) ? json_deep_copy(there) : json_null());
    return true;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    return call_is_whole_step(call) ? datasets_drift(call, env, ret, ret_state, error)
                                    : check_service(call, env, ret, ret_state, error);
}

static bool
hears(const StepCall *call, const char *word)
{
    json_t *signal;
    size_t i;

    json_array_foreach(call->lease->signals, i,
                       signal) if (strcmp(json_get_string(signal, "signal", ""), word) ==
                                   0) return true;
    return false;
}

/* Its change is to be merged first, its plan to go on. Nothing has begun, so there is nothing but to give up. */
static bool
wait_for_people(const Service *service, const char *waits, Outcome *outcome, GError **error)
{
    g_autoptr(Rollout) rollout = rollout_new(NULL, service->instances, clock_wall_ms());

    outcome->signals_seen = lease_last_signal(service->call);
    if (hears(service->call, "rollback"))
        return fail(error, ERR_MISMATCH, "service '%s' was sent back before it began: it %s",
                    service->name, waits);
    rollout->why = g_strdup(waits);
    rollout->code = g_strdup("merge");
    outcome->kind = OUTCOME_WAIT;
    outcome->until_ms = rollout->began_ms + MERGE_POLL_MS;
    outcome->message = g_strdup(waits);
    outcome->checkpoint = rollout_to_json(rollout);
    json_set_string(outcome->checkpoint, "service", service->name);
    return true;
}

/* Nobody waits for a merge that may never come. */
static bool
check_not_left(const Service *service, GError **error)
{
    const char *consumer = json_get_string(service->row, "consumer", "");
    return !lease_is_left(service->call->lease, consumer) ||
           fail(error, ERR_WRONG_STATE,
                "service '%s' keeps what it runs: the change of consumer '%s' was left to people; "
                "retry that first, then this",
                service->name, consumer);
}

/* Only who may act makes anything anew. */
static bool
wait_for_merge(const Service *service, const char *waits, Outcome *outcome, GError **error)
{
    g_autofree char *words = NULL;
    if (!service->call->lease->is_held && !hears(service->call, "rollback") &&
        !local_merge_see_to(service, &words, error))
        return false;
    g_autofree char *all = g_strconcat(waits, words, NULL);
    return wait_for_people(service, all, outcome, error);
}

static bool
run_service(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Service) service = {0};
    g_autofree char *waits = NULL;

    if (!service_open(call, env, &service, error) || !find_revision(&service, &waits, error))
        return false;
    if (!has_begun(call) && !check_not_left(&service, error))
        return false;
    if (!has_begun(call) && waits != NULL)
        return wait_for_merge(&service, waits, outcome, error);
    if (!has_begun(call) && call->lease->is_held)
        return wait_for_people(&service, "its plan stands still", outcome, error);
    return service_is_followed(&service) ? service_follow(&service, outcome, error)
                                         : service_drive(&service, outcome, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    return call_is_whole_step(call) ? hand_out(call, outcome)
                                    : run_service(call, env, outcome, error);
}

static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Service) service = {0};
    g_autoptr(json_t) seen = NULL;
    g_autofree char *waits = NULL;

    outcome->kind = OUTCOME_NOT_APPLIED; /* handing out changes nothing */
    if (call_is_whole_step(call))
        return true;
    if (!service_open(call, env, &service, error) || !find_revision(&service, &waits, error))
        return false;
    if (service_is_followed(&service)) {
        service_probe_followed(&service, outcome);
        return true;
    }
    if (!fleet_describe(&service.fleet, &seen, error))
        return false;
    if (is_claimed_by_us(&service, seen))
        return service_probe_claimed(&service, outcome, error);
    if (runs_just(seen, service.to) && lease_saved_before(call) != NULL &&
        g_strcmp0(template_name(lease_saved_before(call)), template_name(service.to)) != 0)
        return service_probe_ended(&service, outcome, error);
    return true;
}

/* Never begun, or back already: nothing of it is left. */
static bool
is_untouched(const Service *service, const json_t *seen)
{
    const StepCall *call = service->call;
    RolloutState state = ROLLOUT_PENDING;
    bool is_known =
        rollout_state_from_name(json_get_string(call->lease->checkpoint, "state", NULL), &state);

    if (is_claimed_by_us(service, seen))
        return false;
    return !is_known || rollout_state_is_terminal(state);
}

/* What came after this rollout is not this rollout's to take away. */
static bool
nothing_came_after(const Service *service, const json_t *seen, GError **error)
{
    const json_t *saved = json_object_get(service->call->lease->checkpoint, "saved");
    const char *runs = template_name(json_object_get(seen, "template"));

    if (is_claimed_by_us(service, seen) || g_strcmp0(runs, template_name(service->to)) == 0 ||
        g_strcmp0(runs, template_name(saved)) == 0)
        return true;
    return fail(
        error, ERR_WRONG_STATE,
        "service '%s' runs revision %s, which came after this rollout: roll that back first "
        "(honk rollout list --service %s --all), then retry",
        service->name, runs != NULL ? runs : "none", service->name);
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Service) service = {0};
    g_autoptr(json_t) seen = NULL;
    g_autofree char *waits = NULL;

    if (call_is_whole_step(call))
        return true;
    if (!service_open(call, env, &service, error) || !find_revision(&service, &waits, error))
        return false;
    if (service_is_followed(&service))
        return service_follow(&service, outcome, error);
    if (!fleet_describe(&service.fleet, &seen, error))
        return false;
    if (!is_untouched(&service, seen))
        return nothing_came_after(&service, seen, error) && service_drive(&service, outcome, error);
    outcome_is(outcome, OUTCOME_DONE,
               json_pack("{s:s, s:b}", "service", service.name, "touched", 0));
    return true;
}

const Action action_rollout = {
    .id = ACTION_ROLLOUT,
    .check = check,
    .run = run,
    .probe = probe,
    .reverse = reverse,
};
