/*
 * workers.c - workers as they are: they die, hang, lose answers, say things twice, and wake up with
 * an old token in the middle of a write.
 *
 * A worker does what src/action/perform.c does, in its order: look, say what it is about to do
 * (intent), write, prove, report. Each of these is an act of its own, so that anything may happen in
 * between.
 */
#include "sim.h"

#include <string.h>

static const char *const stores[SIM_STORES] = {"store:s", "store:t"};

static void
trouble_next(Sim *sim, SimWorker *worker)
{
    Chance *chance = &sim->chance;
    int64_t ms =
        sim->is_calm ? chance_between(chance, 1, 4) * 50 : chance_between(chance, 1, 12) * 250;
    if (!sim->is_calm && chance_below(chance, 1000) < sim->trouble) { /* stopped, to wake up late */
        ms += chance_between(chance, 8, 90) * 1000;
        sim_trace(sim, "%s hangs", worker->id);
    }
    worker->next_ms = sim->now_ms + ms;
}

static void
job_end(Sim *sim, SimWorker *worker)
{
    worker->job++;
    worker->stage = WORKER_IDLE;
    g_clear_pointer(&worker->lease, lease_free);
    g_clear_pointer(&worker->outcome, outcome_free);
    worker->has_intent = worker->must_stop = worker->is_lost = false;
    worker->reports = 0;
    trouble_next(sim, worker);
}

void
workers_init(Sim *sim)
{
    for (int i = 0; i < SIM_WORKERS; i++) {
        SimWorker *worker = &sim->workers[i];
        g_snprintf(worker->id, sizeof worker->id, "w%d%s", i, sim->is_copy ? "-copy" : "");
        for (int s = 0; s < SIM_STORES; s++)
            worker->labels[s] = sim->is_copy || i == 0 || chance_in(&sim->chance, 50);
        worker->next_ms = sim->now_ms;
    }
}

void
workers_clear(Sim *sim)
{
    for (int i = 0; i < SIM_WORKERS; i++) {
        g_clear_pointer(&sim->workers[i].lease, lease_free);
        g_clear_pointer(&sim->workers[i].outcome, outcome_free);
    }
}

int64_t
workers_next_ms(const Sim *sim)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < SIM_WORKERS; i++)
        next = MIN(next, sim->workers[i].next_ms);
    return next;
}

void
workers_leave(Sim *sim, const char *task)
{
    for (int i = 0; i < SIM_WORKERS; i++)
        if (sim->workers[i].lease != NULL && strcmp(sim->workers[i].lease->id, task) == 0)
            job_end(sim, &sim->workers[i]);
}

static Hand
hand_of(const SimWorker *worker)
{
    const Lease *lease = worker->lease;
    return (Hand){.plan = lease->plan,
                  .task = lease->id,
                  .step = lease->step,
                  .key = lease->key,
                  .action = worker->action,
                  .token = lease->token};
}

/* ---- asking ---- */

/* The job that asked; NULL when it is over by now. */
static SimWorker *
asker(Sim *sim, const Asked *asked)
{
    SimWorker *worker = &sim->workers[asked->worker];
    return worker->job == asked->job ? worker : NULL;
}

static Command *
ask(Sim *sim, SimWorker *worker, CommandKind kind,
    void (*told)(Sim *sim, const Asked *asked, const Command *command))
{
    g_autofree char *actor = g_strdup_printf("worker:%s", worker->id);
    Asked asked = {.worker = (int) (worker - sim->workers), .job = worker->job, .told = told};
    Command *command = sim_ask(sim, kind, actor, asked);
    if (worker->lease != NULL) {
        command->task = g_strdup(worker->lease->id);
        command->token = worker->lease->token;
    }
    worker->next_ms = INT64_MAX;
    return command;
}

static void
lease_told(Sim *sim, const Asked *asked, const Command *command)
{
    SimWorker *worker = asker(sim, asked);
    g_autoptr(GError) error = NULL;
    if (worker == NULL)
        return;
    job_end(sim, worker);
    if (command == NULL || command->error != NULL || !json_is_object(command->reply))
        return;
    if (!lease_from_json(command->reply, &worker->lease, &error)) {
        sim_broken(sim, "a lease can be read", "%s", error->message);
        return;
    }
    worker->action = action_info_by_name(worker->lease->action);
    worker->stage = WORKER_LOOKING;
    worker->heartbeat_ms = sim->now_ms + worker->lease->lease_ms / 3;
    worker->writes_left = 1 + chance_in(&sim->chance, 40);
    rules_check_lease(sim, worker);
}

static void
ask_lease(Sim *sim, SimWorker *worker)
{
    Command *command = ask(sim, worker, COMMAND_LEASE, lease_told);
    json_t *labels = json_array();
    worker->stage = WORKER_ASKING;
    for (int s = 0; s < SIM_STORES; s++)
        if (worker->labels[s] || sim->is_calm)
            json_array_append_new(labels, json_string(stores[s]));
    json_set_string(command->args, "worker", worker->id);
    json_object_set_new(command->args, "labels", labels);
    json_set_int(command->args, "wait_ms",
                 sim->is_calm                  ? 20000
                 : chance_in(&sim->chance, 60) ? 5000
                                               : 0);
}

static void
heartbeat_told(Sim *sim, const Asked *asked, const Command *command)
{
    SimWorker *worker = asker(sim, asked);
    if (worker == NULL)
        return;
    trouble_next(sim, worker);
    worker->heartbeat_ms = sim->now_ms + worker->lease->lease_ms / 3;
    if (command == NULL)
        worker->heartbeat_ms = worker->next_ms;
    else if (command->error != NULL)
        worker->is_lost = true;
    else
        worker->must_stop |= json_get_bool(command->reply, "stop", false);
}

static void
ask_heartbeat(Sim *sim, SimWorker *worker)
{
    Command *command = ask(sim, worker, COMMAND_HEARTBEAT, heartbeat_told);
    if (chance_in(&sim->chance, 50))
        json_object_set_new(command->args, "progress",
                            json_pack("{s:I}", "done", (json_int_t) sim->now_ms));
}

static void
report_told(Sim *sim, const Asked *asked, const Command *command)
{
    SimWorker *worker = asker(sim, asked);
    if (worker == NULL)
        return;
    if (command == NULL || error_is(command->error, ERR_TRANSIENT) ||
        (!sim->is_calm && chance_in(&sim->chance, 3))) {
        trouble_next(sim, worker); /* nobody answered, or the answer was lost: once more */
        return;
    }
    if (command->error == NULL)
        words_reported(sim, worker->lease, worker->outcome, true);
    if (command->error == NULL && worker->outcome->kind == OUTCOME_ERROR && worker->reports == 1)
        rules_check_report(sim, worker, json_get_string(command->reply, "status", ""));
    job_end(sim, worker);
}

static void
ask_report(Sim *sim, SimWorker *worker)
{
    Command *command = ask(sim, worker, COMMAND_REPORT, report_told);
    worker->reports++;
    words_reported(sim, worker->lease, worker->outcome, false);
    json_decref(command->args);
    command->args = outcome_to_json(worker->outcome);
}

/* ---- how it ends ---- */

static void
ends(Sim *sim, SimWorker *worker, OutcomeKind kind, json_t *take_evidence)
{
    worker->outcome = g_new0(Outcome, 1);
    worker->outcome->kind = kind;
    worker->outcome->evidence = take_evidence;
    worker->outcome->signals_seen = words_take_notice(sim, worker->lease);
    worker->stage = WORKER_REPORTING;
    trouble_next(sim, worker);
}

static void
fails(Sim *sim, SimWorker *worker, ErrorCode code, const char *message)
{
    ends(sim, worker, OUTCOME_ERROR, NULL);
    worker->outcome->error_code = g_strdup(error_wire_name(code));
    worker->outcome->message = g_strdup(message);
    worker->outcome->before_effect =
        worker->lease->phase == PHASE_FORWARD && !worker->lease->is_probe && !worker->has_intent;
}

static bool
fails_by_chance(Sim *sim, SimWorker *worker)
{
    static const ErrorCode codes[] = {ERR_TRANSIENT, ERR_UNREACHABLE, ERR_TRANSIENT, ERR_MISMATCH,
                                      ERR_INVALID};
    if (sim->is_calm || chance_below(&sim->chance, 500) >= sim->trouble)
        return false;
    fails(sim, worker, codes[chance_below(&sim->chance, G_N_ELEMENTS(codes))], "out of luck");
    return true;
}

static void
dies(Sim *sim, SimWorker *worker)
{
    sim_trace(sim, "%s dies", worker->id);
    job_end(sim, worker);
    worker->next_ms += 2000;
    if (chance_in(&sim->chance, 40)) { /* a local one: the server sees its end */
        Command *command = sim_ask(sim, COMMAND_WORKER_LOST, "honk", (Asked){.worker = -1});
        json_set_string(command->args, "worker", worker->id);
    }
    for (int s = 0; s < SIM_STORES; s++)
        worker->labels[s] = worker == &sim->workers[0] || chance_in(&sim->chance, 50);
}

/* ---- tasks of the plan itself ---- */

static void
does_planning(Sim *sim, SimWorker *worker)
{
    json_t *evidence = json_object();
    if (!sim->is_calm && chance_in(&sim->chance, 15)) {
        json_object_set_new(evidence, "diagnostics",
                            json_pack("[{s:s}]", "message", "no such column"));
    } else {
        g_autofree char *digest = document_make(sim, worker->lease->plan);
        json_set_string(evidence, "digest", digest);
    }
    ends(sim, worker, OUTCOME_DONE, evidence);
}

static void
does_preflight(Sim *sim, SimWorker *worker)
{
    if (sim->is_calm || !chance_in(&sim->chance, 8))
        ends(sim, worker, OUTCOME_DONE, json_pack("{s:[]}", "drift"));
    else if (chance_in(&sim->chance, 50))
        ends(sim, worker, OUTCOME_DRIFT, json_pack("{s:[s]}", "differences", "a column is gone"));
    else
        ends(sim, worker, OUTCOME_DRIFT, NULL);
}

/* The last look of a rollback. */
static void
does_compare_end(Sim *sim, SimWorker *worker)
{
    const char *plan = worker->lease->plan;
    bool is_equal = target_count(sim->target, plan) == 0 && !target_is_damaged(sim->target, plan);
    target_compare(sim->target, plan);
    if (!is_equal)
        sim_broken(sim, "a rollback restores the start",
                   "plan %s looks for the end of its rollback, but %d effects are left%s", plan,
                   target_count(sim->target, plan),
                   target_is_damaged(sim->target, plan) ? ", and what was there before is gone"
                                                        : "");
    ends(sim, worker, OUTCOME_DONE, json_pack("{s:b}", "equal", (int) is_equal));
}

/* ---- steps ---- */

static void
looks_what_became(Sim *sim, SimWorker *worker)
{
    const Lease *lease = worker->lease;
    Hand hand = hand_of(worker);
    int parts = 0;
    if (worker->action->has_effects)
        target_fence(sim->target, &hand);
    Effect effect = target_look(sim->target, lease->plan, lease->step, lease->key);
    bool goes_as_one = worker->action->reverse == REVERSE_STEP;
    if (worker->action->is_split && goes_as_one && *lease->key == '\0' && !lease->children_done)
        parts = target_count_step(sim->target, lease->plan, lease->step);
    /* Whether a source was frozen by us nobody can see. */
    bool is_foreign = worker->action->id == ACTION_FREEZE &&
                      target_is_foreign(sim->target, lease->plan, lease->step);
    ends(sim, worker,
         effect == EFFECT_FULL || parts > 0 || is_foreign ? OUTCOME_APPLIED
         : effect == EFFECT_PARTLY                        ? OUTCOME_PARTLY
                                                          : OUTCOME_NOT_APPLIED,
         NULL);
    if (worker->outcome->kind == OUTCOME_PARTLY && chance_in(&sim->chance, 20))
        worker->outcome->checkpoint = words_checkpoint(lease);
}

/* For the world: until then, or until somebody says something. */
static void
waits(Sim *sim, SimWorker *worker)
{
    ends(sim, worker, OUTCOME_WAIT, NULL);
    worker->outcome->until_ms = sim->now_ms + chance_between(&sim->chance, 0, 20000);
    if (chance_in(&sim->chance, 70))
        worker->outcome->checkpoint = words_checkpoint(worker->lease);
}

static void
takes_back(Sim *sim, SimWorker *worker)
{
    const Lease *lease = worker->lease;
    Hand hand = hand_of(worker);
    bool was_there = json_is_true(json_at(lease->intent, "pre_state.was_there"));
    bool give_up = json_get_bool(lease->params, "give_up_rows", false);
    if (sim->is_cursed && !sim->is_calm) {
        dies(sim, worker);
        return;
    }
    rules_check_undo(sim, &hand);
    if (!sim->is_calm && chance_in(&sim->chance, 10)) {
        waits(sim, worker);
        return;
    }
    bool is_gone = target_count_step(sim->target, lease->plan, lease->step) == 0;
    if (is_gone && chance_in(&sim->chance, 50)) {
        ends(sim, worker, OUTCOME_ALREADY, NULL);
        return;
    }
    switch (target_undo(sim->target, &hand, was_there, give_up)) {
    case WRITE_TAKEN:
        sim_trace(sim, "%s takes back %s%s", worker->id, lease->step,
                  was_there ? ", which was there before" : "");
        ends(sim, worker, OUTCOME_DONE, json_object());
        break;
    case WRITE_FENCED:
        fails(sim, worker, ERR_FENCED, "the fence is higher");
        break;
    case WRITE_REFUSED:
        fails(sim, worker, ERR_MISMATCH, "rows were written since");
        break;
    }
}

static void
divides(Sim *sim, SimWorker *worker)
{
    ends(sim, worker, OUTCOME_MORE, NULL);
    worker->outcome->children = json_array();
    for (int i = chance_between(&sim->chance, 1, 3); i > 0; i--) {
        g_autofree char *key = g_strdup_printf("r%d.%d", worker->lease->attempt, i);
        json_t *child = json_pack("{s:s}", "key", key);
        if (worker->action->reverse == REVERSE_TASK && chance_in(&sim->chance, 60))
            json_object_set_new(child, "spare",
                                json_sprintf("consumer%d", chance_below(&sim->chance, 4)));
        json_array_append_new(worker->outcome->children, child);
    }
}

/* All at once, or one wave of parts after another. */
static void
finishes(Sim *sim, SimWorker *worker)
{
    const Lease *lease = worker->lease;
    bool is_dividable = worker->action->is_split && *lease->key == '\0';
    bool has_more = !lease->children_done || (!sim->is_calm && chance_in(&sim->chance, 15));
    if (is_dividable && has_more && !chance_in(&sim->chance, 10))
        divides(sim, worker);
    else if (!sim->is_calm && chance_in(&sim->chance, 5))
        waits(sim, worker);
    else
        ends(sim, worker, OUTCOME_DONE, json_pack("{s:i}", "rows", 1));
}

static void
intent_told(Sim *sim, const Asked *asked, const Command *command)
{
    SimWorker *worker = asker(sim, asked);
    if (worker == NULL)
        return;
    trouble_next(sim, worker);
    if (command == NULL || error_is(command->error, ERR_TRANSIENT))
        return; /* asked once more */
    if (command->error == NULL) {
        worker->has_intent = true;
        worker->stage = WORKER_DOING;
    } else if (error_is(command->error, ERR_STOPPED)) {
        rules_check_stop(sim, worker->lease);
        ends(sim, worker, OUTCOME_RELEASED, NULL);
    } else {
        job_end(sim, worker);
    }
}

static void
ask_intent(Sim *sim, SimWorker *worker)
{
    const Lease *lease = worker->lease;
    bool was_there = target_is_foreign(sim->target, lease->plan, lease->step);
    Command *command = ask(sim, worker, COMMAND_INTENT, intent_told);
    json_object_set_new(command->args, "pre_state",
                        json_pack("{s:{}, s:b}", "start", "was_there", (int) was_there));
}

static void
looks_at_step(Sim *sim, SimWorker *worker)
{
    const Lease *lease = worker->lease;
    bool has_begun = json_at(lease->intent, "pre_state") != NULL;
    bool is_there = target_look(sim->target, lease->plan, lease->step, lease->key) == EFFECT_FULL ||
                    target_is_foreign(sim->target, lease->plan, lease->step);
    if (worker->must_stop)
        ends(sim, worker, OUTCOME_RELEASED, NULL);
    else if (!sim->is_calm && chance_in(&sim->chance, 1))
        ends(sim, worker, OUTCOME_DRIFT, json_pack("{s:[s]}", "differences", "it moved"));
    else if (is_there && worker->action->has_effects && !worker->action->is_split &&
             (!has_begun || chance_in(&sim->chance, 30)))
        ends(sim, worker, OUTCOME_ALREADY, NULL);
    else if (worker->action->has_effects)
        ask_intent(sim, worker);
    else
        finishes(sim, worker);
}

/* Code that rules do not understand, a service that gets ill: it is so for good. */
static bool
is_refused(Sim *sim, const SimWorker *worker)
{
    const Lease *lease = worker->lease;
    bool may_be_left = worker->action->is_split && worker->action->reverse == REVERSE_TASK;
    return may_be_left && !sim->is_calm && !lease->is_probe && *lease->key != '\0' &&
           lease->phase == PHASE_FORWARD && g_str_hash(lease->id) % 6 == 0;
}

static void
looks(Sim *sim, SimWorker *worker)
{
    const Lease *lease = worker->lease;
    if (fails_by_chance(sim, worker))
        return;
    if (is_refused(sim, worker)) {
        fails(sim, worker, ERR_MISMATCH, "it is not as it should be");
        return;
    }
    if (lease->is_probe)
        looks_what_became(sim, worker);
    else if (worker->action->id == ACTION_PLAN)
        does_planning(sim, worker);
    else if (worker->action->id == ACTION_PREFLIGHT && lease->phase == PHASE_REVERSE)
        does_compare_end(sim, worker);
    else if (worker->action->id == ACTION_PREFLIGHT)
        does_preflight(sim, worker);
    else if (lease->phase == PHASE_REVERSE)
        takes_back(sim, worker);
    else
        looks_at_step(sim, worker);
}

/* While its plan stands still nothing goes forward; a rollout waits for the world between its writes. */
static bool
is_only_looked_at(Sim *sim, const SimWorker *worker)
{
    return worker->lease->is_held ||
           (worker->action->is_watched && !sim->is_calm && chance_in(&sim->chance, 40));
}

/* One write: a part of the effect, or the rest of it. */
static void
does(Sim *sim, SimWorker *worker)
{
    Hand hand = hand_of(worker);
    bool is_whole_step = worker->action->is_split && *worker->lease->key == '\0';
    if (fails_by_chance(sim, worker))
        return;
    if (is_whole_step) { /* divides it, or makes its indexes: nothing of its own is left */
        finishes(sim, worker);
        return;
    }
    if (is_only_looked_at(sim, worker)) {
        waits(sim, worker);
        return;
    }
    Effect effect = worker->writes_left > 1 ? EFFECT_PARTLY : EFFECT_FULL;
    if (target_write(sim->target, &hand, effect) == WRITE_FENCED) {
        sim_trace(sim, "%s is fenced off %s/%s", worker->id, hand.step, hand.key);
        fails(sim, worker, ERR_FENCED, "the fence is higher");
        return;
    }
    sim_trace(sim, "%s writes %s/%s of %s (%s) with token %" G_GINT64_FORMAT, worker->id, hand.step,
              hand.key, hand.plan, effect == EFFECT_FULL ? "all" : "a part", hand.token);
    rules_check_write(sim, &hand);
    if (worker->action->id == ACTION_SWAP && effect == EFFECT_FULL && !sim->is_calm &&
        chance_in(&sim->chance, 15))
        target_use(sim->target, hand.plan);
    if (--worker->writes_left == 0)
        finishes(sim, worker);
    else
        trouble_next(sim, worker);
}

/* ---- acting ---- */

/* The heart beats beside the work: after a long stop, either may come first. */
static bool
heart_comes_first(Sim *sim, const SimWorker *worker)
{
    return worker->heartbeat_ms <= sim->now_ms && (sim->is_calm || chance_in(&sim->chance, 60));
}

static void
works(Sim *sim, SimWorker *worker)
{
    if (worker->is_lost) {
        job_end(sim, worker);
    } else if (!sim->is_calm && chance_below(&sim->chance, 1200) < sim->trouble) {
        dies(sim, worker);
    } else if (heart_comes_first(sim, worker)) {
        ask_heartbeat(sim, worker);
    } else if (worker->stage == WORKER_LOOKING) {
        looks(sim, worker);
    } else if (worker->stage == WORKER_DOING) {
        does(sim, worker);
    } else {
        ask_report(sim, worker);
    }
}

void
workers_act(Sim *sim)
{
    for (int i = 0; i < SIM_WORKERS; i++) {
        SimWorker *worker = &sim->workers[i];
        if (worker->next_ms > sim->now_ms)
            continue;
        if (worker->stage == WORKER_IDLE)
            ask_lease(sim, worker);
        else
            works(sim, worker);
    }
}
