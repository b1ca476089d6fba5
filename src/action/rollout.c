/*
 * rollout.c - move services to their new revisions, wave by wave, and back.
 *
 * The step divides into one task for each service, a wave at a time; before each wave drift is looked for. A task is many
 * short leases: look, decide (rollout/), act (fleet/), wait with a checkpoint. Its way back goes on with the same
 * checkpoint: what forward is a rollout, backward is its rollback.
 *
 * What a rollout does is done under the service's lock and claim: a worker that wakes up late is refused there.
 */
#include "action/move.h"
#include "action/service.h"
#include "action/survey.h"
#include "action/table.h"
#include "base/clock.h"
#include "base/text.h"

#include <string.h>

#define ROUNDS_MAX 12         /* looks of one lease: a state follows from another at once */
#define DEGRADED_TRIES_MAX 10 /* with backoff, five minutes; then a person must look */
#define MERGE_POLL_MS 60000   /* people merge */

static bool
is_whole_step(const StepCall *call)
{
    return *call->lease->key == '\0';
}

static bool
is_back(const StepCall *call)
{
    return call->lease->phase == PHASE_REVERSE;
}

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
child_of(const char *service)
{
    return json_pack("{s:s, s:{s:s}, s:i}", "key", service, "params", "service", service, "weight",
                     1);
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
            json_array_append_new(children, child_of(name));
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

static const char *
name_of(const json_t *template)
{
    return json_get_string(template, "name", NULL);
}

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
    const char *name = name_of(template);

    if (g_strcmp0(name_of(there), name) != 0)
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

/* ---- one service: the checkpoint ---- */

static const json_t *
saved_in(const json_t *checkpoint)
{
    const json_t *saved = json_object_get(checkpoint, "saved");
    return json_is_object(saved) ? saved : NULL;
}

/* What the first attempt saw before it did anything. */
static const json_t *
saved_before(const StepCall *call)
{
    const json_t *from = json_object_get(lease_pre_state(call->lease), "from");
    return json_is_object(from) ? from : NULL;
}

/* A lease that leaves no checkpoint has done no more than take the service: it is begun anew. */
static bool
rollout_of(const StepCall *call, const Service *service, Rollout **ret, GError **error)
{
    const json_t *checkpoint = call->lease->checkpoint;
    g_autoptr(Rollout) rollout = NULL;
    bool is_there = json_get_string(checkpoint, "state", NULL) != NULL;

    if (is_there && !rollout_from_json(checkpoint, &rollout, error))
        return false;
    /* Tried again by a person: from the beginning. */
    bool is_over = rollout != NULL && rollout_state_is_terminal(rollout->state);
    if (rollout == NULL || (is_over && !is_back(call))) {
        rollout_free(rollout);
        rollout = rollout_new(name_of(service->to), service->instances, clock_wall_ms());
    }
    *ret = g_steal_pointer(&rollout);
    return true;
}

static json_t *
checkpoint_of(const Rollout *rollout, const FleetHold *hold, const Service *service)
{
    json_t *checkpoint = rollout_to_json(rollout);
    bool is_saved;
    const json_t *saved = fleet_saved(hold, &is_saved);

    if (is_saved)
        json_object_set_new(checkpoint, "saved",
                            saved != NULL ? json_deep_copy(saved) : json_null());
    json_set_string(checkpoint, "service", service->name);
    json_object_set(checkpoint, "template", service->to);
    return checkpoint;
}

/* ---- one service: signals ---- */

static json_t *
say(const char *word, const char *reason)
{
    return json_pack("[{s:i, s:s, s:s}]", "n", 0, "signal", word, "reason", reason);
}

/* What people said; on the way back, the plan's own word. */
static json_t *
signals_of(const StepCall *call, const Rollout *rollout)
{
    bool goes_back = rollout->state == ROLLOUT_ABORTING || rollout->state == ROLLOUT_DEGRADED ||
                     rollout_state_is_terminal(rollout->state);

    if (is_back(call) && !goes_back)
        return say("rollback", "the plan goes back");
    if (rollout->state == ROLLOUT_DEGRADED && rollout->tries >= DEGRADED_TRIES_MAX)
        return say("retry", "tried again");
    return call->lease->signals != NULL ? json_incref(call->lease->signals) : json_array();
}

static int64_t
last_signal(const StepCall *call)
{
    json_t *signal;
    int64_t last = 0;
    size_t i;

    json_array_foreach(call->lease->signals, i, signal) last =
        MAX(last, json_get_int(signal, "n", 0));
    return last;
}

/* ---- one service: turns ---- */

/* An order that can never be obeyed is told to the next decision; others fail the lease. */
static bool
obey(FleetHold *hold, const Service *service, const Order *order, char **problem, GError **error)
{
    g_autoptr(GError) failed = NULL;
    bool is_new = order->kind == ORDER_PREPARE || order->kind == ORDER_START_NEW;

    if (fleet_obey(hold, service->to, order, &failed))
        return true;
    if (!is_new || error_then(error_code(failed)) != THEN_GIVE_UP) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    g_free(*problem);
    *problem = g_strdup(failed->message);
    return true;
}

typedef struct {
    Service *service;
    Rollout *rollout;
    FleetHold *hold;
    json_t *signals;
    char *problem;
    int64_t look_ms;
    bool is_over, must_keep;
} Run;

static void
run_clear(Run *run)
{
    rollout_free(run->rollout);
    fleet_hold_free(run->hold);
    json_decref(run->signals);
    g_free(run->problem);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static bool
one_turn(Run *run, GError **error)
{
    const StepCall *call = run->service->call;
    g_auto(FleetScene) seen = {0};
    g_auto(Decision) decision = {0};
    int64_t now_ms;

    if (!fleet_scene(run->hold, run->service->to, &seen, error))
        return false;
    seen.scene.problem = run->problem;
    seen.scene.window_open = is_back(call);
    now_ms = clock_wall_ms();
    rollout_decide(run->service->spec, run->rollout, &seen.scene, run->signals, now_ms, &decision);
    json_decref(run->signals);
    run->signals = NULL;
    for (guint i = 0; decision.orders != NULL && i < decision.orders->len; i++)
        if (!obey(run->hold, run->service, decision.orders->pdata[i], &run->problem, error))
            return false;
    run->is_over = decision.is_over;
    run->must_keep = decision.must_keep;
    run->look_ms = run->problem != NULL ? now_ms : decision.look_ms;
    return true;
}

static bool
turns(Run *run, GError **error)
{
    StepEnv *env = run->service->env;

    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (!one_turn(run, error))
            return false;
        env->tick(env, run->rollout->step, run->service->spec->step_count, "steps",
                  run->rollout->why);
        if (run->is_over || run->must_keep || run->look_ms > clock_wall_ms())
            return true;
    }
    return true;
}

/* ---- one service: how it ended ---- */

static json_t *
evidence_of(const Run *run)
{
    const Rollout *rollout = run->rollout;
    json_t *evidence = checkpoint_of(rollout, run->hold, run->service);

    json_object_del(evidence, "ready_since");
    json_object_del(evidence, "proven");
    json_object_del(evidence, "old_ids");
    json_set_int(evidence, "duration_ms", rollout->ended_ms - rollout->began_ms);
    if (rollout->failed_ms > 0 && rollout->safe_ms >= rollout->failed_ms)
        json_set_int(evidence, "safe_after_ms", rollout->safe_ms - rollout->failed_ms);
    return evidence;
}

/* "rolled back: …; safe 0.2 s after the first failed check". */
static bool
tell_failure(const Run *run, GError **error)
{
    const Rollout *rollout = run->rollout;
    const char *cause = NULL;
    json_t *move;
    size_t i;

    json_array_foreach(rollout->history, i,
                       move) if (strcmp(json_get_string(move, "to", ""), "aborting") == 0 ||
                                 strcmp(json_get_string(move, "to", ""), "skipped") == 0) cause =
        json_get_string(move, "why", NULL);
    g_autofree char *safe = text_duration(rollout->safe_ms - rollout->failed_ms);
    bool is_timed = rollout->failed_ms > 0 && rollout->safe_ms >= rollout->failed_ms;
    return fail(error, ERR_MISMATCH, "service '%s' is %s: %s%s%s%s", run->service->name,
                rollout_state_name(rollout->state), cause != NULL ? cause : rollout->why,
                is_timed ? "; safe " : "", is_timed ? safe : "",
                is_timed ? " after the first failed check" : "");
}

static bool
is_success(const Run *run)
{
    RolloutState state = run->rollout->state;

    if (is_back(run->service->call))
        return state == ROLLOUT_ROLLED_BACK || state == ROLLOUT_SKIPPED;
    return state == ROLLOUT_HEALTHY ||
           (state == ROLLOUT_SKIPPED && g_strcmp0(run->rollout->code, "start") == 0);
}

static bool
conclude(Run *run, Outcome *outcome, GError **error)
{
    outcome->checkpoint = checkpoint_of(run->rollout, run->hold, run->service);
    outcome->signals_seen = last_signal(run->service->call);
    if (run->is_over) {
        outcome_is(outcome, OUTCOME_DONE, evidence_of(run));
        return fleet_leave(run->hold, error) && (is_success(run) || tell_failure(run, error));
    }
    if (run->rollout->state == ROLLOUT_DEGRADED && run->rollout->tries >= DEGRADED_TRIES_MAX) {
        outcome_is(outcome, OUTCOME_DONE, evidence_of(run));
        return tell_failure(run, error);
    }
    outcome->kind = OUTCOME_WAIT;
    outcome->until_ms = run->look_ms;
    outcome->message = g_strdup_printf("%s: %s", rollout_state_name(run->rollout->state),
                                       run->rollout->why != NULL ? run->rollout->why : "begins");
    return true;
}

/* A rollout that was over takes the service anew, to give back what it found then. */
static bool
take(Run *run, GError **error)
{
    const StepCall *call = run->service->call;
    const json_t *checkpoint = call->lease->checkpoint;
    bool has_saved = is_back(call) && (json_object_get(checkpoint, "saved") != NULL ||
                                       lease_pre_state(call->lease) != NULL);
    const json_t *saved =
        json_object_get(checkpoint, "saved") != NULL ? saved_in(checkpoint) : saved_before(call);
    return service_hold(run->service, saved, has_saved, &run->hold, error);
}

static bool
drive(Service *service, Outcome *outcome, GError **error)
{
    const StepCall *call = service->call;
    g_auto(Run) run = {.service = service};

    if (!rollout_of(call, service, &run.rollout, error) || !take(&run, error))
        return false;
    run.signals = signals_of(call, run.rollout);
    return turns(&run, error) && conclude(&run, outcome, error);
}

/* ---- the action ---- */

/* Once it has begun, the revision stays what it was then: a branch may grow, or be gone. */
static bool
find_revision(Service *service, char **ret_wait, GError **error)
{
    const json_t *template = json_object_get(service->call->lease->checkpoint, "template");
    RolloutState state = ROLLOUT_PENDING;
    bool is_known = rollout_state_from_name(
        json_get_string(service->call->lease->checkpoint, "state", NULL), &state);
    bool is_new = !is_back(service->call) && rollout_state_is_terminal(state);

    *ret_wait = NULL;
    if (!is_known || is_new || !json_is_object(template))
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
    bool is_begun = is_claimed_by_us(&service, seen) || call->lease->checkpoint != NULL;
    *ret = WORLD_EXPECTED;
    if (!is_begun && waits == NULL && runs_just(seen, service.to))
        *ret = WORLD_ALREADY;
    else if (!is_begun && g_strcmp0(name_of(there), from) != 0 &&
             g_strcmp0(name_of(there), name_of(service.to)) != 0) {
        differ(ret, ret_state, "service '%s' ran revision %s when the plan was made, runs %s",
               service.name, from != NULL ? from : "none",
               name_of(there) != NULL ? name_of(there) : "none");
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
    return is_whole_step(call) ? datasets_drift(call, env, ret, ret_state, error)
                               : check_service(call, env, ret, ret_state, error);
}

static bool
run_service(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Service) service = {0};
    g_autofree char *waits = NULL;

    if (!service_open(call, env, &service, error) || !find_revision(&service, &waits, error))
        return false;
    if (waits != NULL && call->lease->checkpoint == NULL) {
        outcome->kind = OUTCOME_WAIT;
        outcome->until_ms = clock_wall_ms() + MERGE_POLL_MS;
        outcome->message = g_steal_pointer(&waits);
        return true;
    }
    return service_is_followed(&service) ? service_follow(&service, outcome, error)
                                         : drive(&service, outcome, error);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    return is_whole_step(call) ? hand_out(call, outcome) : run_service(call, env, outcome, error);
}

/* The claim under the token of the probe is the fence: whoever still acts there is waited for, and is then refused. */
static bool
probe_claimed(Service *service, Outcome *outcome, GError **error)
{
    g_auto(Run) run = {.service = service};

    if (!rollout_of(service->call, service, &run.rollout, error) ||
        !service_hold(service, NULL, false, &run.hold, error))
        return false;
    outcome->kind = OUTCOME_PARTLY;
    outcome->checkpoint = checkpoint_of(run.rollout, run.hold, service);
    return true;
}

static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Service) service = {0};
    g_autoptr(json_t) seen = NULL;
    g_autofree char *waits = NULL;

    outcome->kind = OUTCOME_NOT_APPLIED; /* handing out changes nothing */
    if (is_whole_step(call))
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
        return probe_claimed(&service, outcome, error);
    if (runs_just(seen, service.to) && saved_before(call) != NULL &&
        g_strcmp0(name_of(saved_before(call)), name_of(service.to)) != 0)
        outcome_is(outcome, OUTCOME_APPLIED, json_deep_copy(call->lease->checkpoint));
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

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Service) service = {0};
    g_autoptr(json_t) seen = NULL;
    g_autofree char *waits = NULL;

    if (is_whole_step(call))
        return true;
    if (!service_open(call, env, &service, error) || !find_revision(&service, &waits, error))
        return false;
    if (service_is_followed(&service))
        return service_follow(&service, outcome, error);
    if (!fleet_describe(&service.fleet, &seen, error))
        return false;
    if (!is_untouched(&service, seen))
        return drive(&service, outcome, error);
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
