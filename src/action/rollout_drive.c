/* rollout_drive.c - one lease of a rollout: look, decide, act, until there is something to wait for. */
#include "action/move.h"
#include "action/service.h"
#include "base/clock.h"
#include "base/text.h"

#include <string.h>

#define ROUNDS_MAX 12         /* looks of one lease: a state follows from another at once */
#define DEGRADED_TRIES_MAX 10 /* with backoff, five minutes; then a person must look */

/* ---- one service: the checkpoint ---- */

static const json_t *
saved_in(const json_t *checkpoint)
{
    const json_t *saved = json_object_get(checkpoint, "saved");
    return json_is_object(saved) ? saved : NULL;
}

/* What the first attempt saw before it did anything. */
const json_t *
lease_saved_before(const StepCall *call)
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
    if (rollout == NULL || rollout->to == NULL || (is_over && !lease_is_back(call))) {
        rollout_free(rollout);
        rollout = rollout_new(template_name(service->to), service->instances, clock_wall_ms());
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

    if (lease_is_back(call) && !goes_back)
        return say("rollback", "the plan goes back");
    if (rollout->state == ROLLOUT_DEGRADED && rollout->tries >= DEGRADED_TRIES_MAX)
        return say("retry", "tried again");
    return call->lease->signals != NULL ? json_incref(call->lease->signals) : json_array();
}

int64_t
lease_last_signal(const StepCall *call)
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
    seen.scene.window_open = lease_is_back(call);
    seen.scene.is_held = call->lease->is_held;
    now_ms = clock_wall_ms();
    rollout_decide(run->service->spec, run->rollout, &seen.scene, run->signals, now_ms, &decision);
    json_decref(run->signals);
    run->signals = NULL;
    if (!fleet_yield(run->hold, rollout_yields(run->rollout), error))
        return false;
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

    /* What somebody newer has is not ours to give back. */
    if (lease_is_back(run->service->call))
        return state == ROLLOUT_ROLLED_BACK || state == ROLLOUT_SKIPPED ||
               state == ROLLOUT_SUPERSEDED;
    return state == ROLLOUT_HEALTHY ||
           (state == ROLLOUT_SKIPPED && g_strcmp0(run->rollout->code, "start") == 0);
}

static bool
conclude(Run *run, Outcome *outcome, GError **error)
{
    outcome->checkpoint = checkpoint_of(run->rollout, run->hold, run->service);
    outcome->signals_seen = lease_last_signal(run->service->call);
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

/* Begun by an earlier lease, and not tried again from the beginning. */
static bool
goes_on(const StepCall *call)
{
    RolloutState state = ROLLOUT_PENDING;
    bool is_known =
        rollout_state_from_name(json_get_string(call->lease->checkpoint, "state", NULL), &state);
    return lease_is_back(call) || !is_known || !rollout_state_is_terminal(state);
}

/* A rollout that had let the service go takes it anew, to give back what it found at first: on the way back, and where a
 * worker died between the end and telling of it. One that has only waited for the service finds what there is now. */
static bool
take(Run *run, GError **error)
{
    const StepCall *call = run->service->call;
    const json_t *checkpoint = call->lease->checkpoint;
    bool has_told = json_get_string(checkpoint, "state", NULL) != NULL;
    bool has_saved = goes_on(call) && (json_object_get(checkpoint, "saved") != NULL ||
                                       (!has_told && lease_pre_state(call->lease) != NULL));
    const json_t *saved = json_object_get(checkpoint, "saved") != NULL ? saved_in(checkpoint)
                                                                       : lease_saved_before(call);
    return service_hold(run->service, saved, has_saved, &run->hold, error);
}

bool
service_drive(Service *service, Outcome *outcome, GError **error)
{
    const StepCall *call = service->call;
    g_auto(Run) run = {.service = service};

    if (!rollout_of(call, service, &run.rollout, error) || !take(&run, error))
        return false;
    run.signals = signals_of(call, run.rollout);
    return turns(&run, error) && conclude(&run, outcome, error);
}

bool
service_probe_claimed(Service *service, Outcome *outcome, GError **error)
{
    g_auto(Run) run = {.service = service};

    if (!rollout_of(service->call, service, &run.rollout, error) ||
        !service_hold(service, NULL, false, &run.hold, error))
        return false;
    outcome->kind = OUTCOME_PARTLY;
    outcome->checkpoint = checkpoint_of(run.rollout, run.hold, service);
    return true;
}

bool
service_probe_ended(Service *service, Outcome *outcome, GError **error)
{
    g_autoptr(Rollout) rollout = NULL;

    if (!rollout_of(service->call, service, &rollout, error))
        return false;
    rollout_found_healthy(rollout, clock_wall_ms());
    outcome_is(outcome, OUTCOME_APPLIED, rollout_to_json(rollout));
    json_set_string(outcome->evidence, "service", service->name);
    json_object_set(outcome->evidence, "template", service->to);
    return true;
}
