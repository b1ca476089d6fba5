/* sim.c - time, beats, commits and crashes. */
#include "sim.h"

#include "engine/rollback.h"

#include <inttypes.h>
#include <string.h>

#define BEATS_MAX 400 /* of trouble */
#define BEATS_MAX_CURSED 1200
#define CALM_BEATS_MAX 900 /* until everything has ended */

/* ---- telling ---- */

void
sim_trace(Sim *sim, const char *format, ...)
{
    if (sim->options.trace == NULL)
        return;
    va_list args;
    va_start(args, format);
    g_string_append_printf(sim->options.trace, "%9.3f  ", (double) sim->now_ms / 1000);
    g_string_append_vprintf(sim->options.trace, format, args);
    g_string_append_c(sim->options.trace, '\n');
    va_end(args);
}

bool
sim_broken(Sim *sim, const char *rule, const char *format, ...)
{
    if (sim->rule != NULL)
        return false;
    va_list args;
    va_start(args, format);
    sim->rule = rule;
    sim->violation = g_strdup_vprintf(format, args);
    va_end(args);
    sim_trace(sim, "BROKEN: %s: %s", rule, sim->violation);
    return false;
}

static void
trace_events(Sim *sim)
{
    const GArray *events = sim->beat->events;
    for (guint i = 0; sim->options.trace != NULL && i < events->len; i++) {
        const EventRecord *event = &g_array_index(events, EventRecord, i);
        const Task *task = event->task;
        if (event->to == NULL)
            continue;
        if (event->campaign != NULL)
            sim_trace(sim, "  campaign %s: %s -> %s by %s (%s)", event->campaign->row.id,
                      event->from == NULL ? "" : event->from, event->to, event->actor,
                      event->reason);
        else if (task == NULL)
            sim_trace(sim, "  plan %s: %s -> %s by %s (%s)", event->plan->row.id,
                      event->from == NULL ? "" : event->from, event->to, event->actor,
                      event->reason);
        else
            sim_trace(sim, "  task %s %s/%s of %s: %s -> %s %s by %s (%s)", task->row.id,
                      task->step == NULL ? task->row.action : task->row.step, task->row.key,
                      task->row.plan, event->from == NULL ? "" : event->from, event->to,
                      event->data, event->actor, event->reason);
    }
}

/* ---- asking ---- */

Command *
sim_ask(Sim *sim, CommandKind kind, const char *actor, Asked asked)
{
    Command *command = command_new(kind, actor);
    Asked *copy = g_new(Asked, 1);
    *copy = asked;
    command->user = copy;
    command->args = json_object();
    g_ptr_array_add(sim->inbox, command);
    return command;
}

static void
tell(Sim *sim, Command *command, bool is_lost)
{
    Asked *asked = command->user;
    if (asked->told != NULL)
        asked->told(sim, asked, is_lost ? NULL : command);
    g_free(asked);
    command_free(command);
}

static void
answer(Sim *sim, bool is_lost)
{
    g_autoptr(GPtrArray) answered = sim->beat->answered;
    sim->beat->answered = g_ptr_array_new();
    for (guint i = 0; i < answered->len; i++)
        tell(sim, g_ptr_array_index(answered, i), is_lost);
}

/* ---- the other rooms: approvals, and writes that fail ---- */

static bool
plan_get(void *data, const char *digest, Plan **ret, GError **error)
{
    const Sim *sim = data;
    const json_t *document = g_hash_table_lookup(sim->documents, digest);
    if (document == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no plan '%s'", digest);
    return plan_from_json(document, ret, error);
}

World
sim_world(Sim *sim)
{
    return (World){.plan_get = plan_get, .data = sim};
}

static bool
has_said_yes(const Sim *sim, const char *plan, const char *actor)
{
    for (guint i = 0; i < sim->disk->yeses->len; i++) {
        const Yes *yes = g_ptr_array_index(sim->disk->yeses, i);
        if (!yes->is_withdrawn && strcmp(yes->plan, plan) == 0 && strcmp(yes->actor, actor) == 0)
            return true;
    }
    return false;
}

int
sim_yeses(const Sim *sim, const char *plan, const char *digest, const char *but)
{
    g_autoptr(GHashTable) counted = g_hash_table_new(g_str_hash, g_str_equal);
    const GPtrArray *lists[] = {sim->disk->yeses, sim->new_yeses};
    for (size_t l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; i < lists[l]->len; i++) {
            const Yes *yes = g_ptr_array_index(lists[l], i);
            if (strcmp(yes->plan, plan) != 0)
                continue;
            if (yes->is_withdrawn)
                g_hash_table_remove(counted, yes->actor);
            else if (g_strcmp0(yes->digest, digest) == 0 && g_strcmp0(yes->actor, but) != 0)
                g_hash_table_add(counted, yes->actor);
        }
    return (int) g_hash_table_size(counted);
}

static bool
look(Beat *beat, Command *command)
{
    Sim *sim = beat->accept_data;
    if (command->kind == COMMAND_CAMPAIGN_APPROVE)
        campaigns_look_at_yes(sim, command);
    if (command->kind != COMMAND_APPROVE)
        return true;
    const char *digest = json_get_string(command->args, "digest", NULL);
    int others = sim_yeses(sim, command->plan, digest, command->actor);
    json_set_bool(command->args, "quorum_reached", others + 1 >= sim->quorum);
    return true;
}

static bool
accept(Beat *beat, Command *command)
{
    Sim *sim = beat->accept_data;
    bool is_yes = command->kind == COMMAND_APPROVE, is_no = command->kind == COMMAND_WITHDRAW;
    if (!sim->is_calm && chance_in(&sim->chance, 1))
        return fail(&command->error, ERR_TRANSIENT, "another room could not write");
    if (is_no && !has_said_yes(sim, command->plan, command->actor))
        return fail(&command->error, ERR_NOT_FOUND, "there is nothing to withdraw");
    if (command->kind == COMMAND_TASK_DONE)
        g_ptr_array_add(sim->by_hand, g_strdup(command->task));
    if (command->kind == COMMAND_CAMPAIGN_APPROVE)
        campaigns_accept_yes(sim, command);
    if (!is_yes && !is_no)
        return true;
    Yes *yes = g_new0(Yes, 1);
    *yes = (Yes){g_strdup(command->plan), g_strdup(json_get_string(command->args, "digest", "")),
                 g_strdup(command->actor), is_no};
    g_ptr_array_add(sim->new_yeses, yes);
    return true;
}

static void
yeses_commit(Sim *sim, bool fails)
{
    for (guint i = 0; !fails && i < sim->new_yeses->len; i++) {
        const Yes *yes = g_ptr_array_index(sim->new_yeses, i);
        for (guint k = 0; yes->is_withdrawn && k < sim->disk->yeses->len; k++) {
            Yes *old = g_ptr_array_index(sim->disk->yeses, k);
            old->is_withdrawn |=
                strcmp(old->plan, yes->plan) == 0 && strcmp(old->actor, yes->actor) == 0;
        }
        g_ptr_array_add(sim->disk->yeses, yes_copy(yes));
    }
    g_ptr_array_set_size(sim->new_yeses, 0);
}

/* ---- making ---- */

static void
start(Sim *sim)
{
    World world = sim_world(sim);
    sim->engine.seed = chance_next(&sim->chance); /* a server that starts again rolls other dice */
    sim->state = disk_load(sim->disk, &sim->engine, &world);
    sim->state->guards_off = sim->options.guards_off;
    sim->beat = beat_new(sim->state);
    sim->beat->accept = accept;
    sim->beat->look = look;
    sim->beat->may_start = campaigns_may_start;
    sim->beat->accept_data = sim;
}

static Sim *
sim_empty(const SimOptions *options)
{
    Sim *sim = g_new0(Sim, 1);
    sim->options = *options;
    sim->chance.state = options->seed;
    sim->inbox = g_ptr_array_new();
    sim->new_yeses = g_ptr_array_new_with_free_func(yes_free);
    sim->by_hand = g_ptr_array_new_with_free_func(g_free);
    sim->settled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sim->memories = words_new();
    return sim;
}

Sim *
sim_new(const SimOptions *options)
{
    Sim *sim = sim_empty(options);
    Chance *chance = &sim->chance;
    sim->documents =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_decref);
    sim->trouble = chance_below(chance, 100);
    sim->quorum = 1 + chance_in(chance, 40);
    sim->is_cursed = chance_in(chance, 4);
    sim->plans_left = 2 + chance_below(chance, 4);
    sim->has_campaigns = options->seed % 4 == 3;
    sim->now_ms = sim->people_ms = 1000000;
    sim->engine = (EngineOptions){.lease_ms = 15000,
                                  .retry_first_ms = 1000,
                                  .retry_max_ms = 20000,
                                  .plan_ttl_ms = chance_in(chance, 20) ? 20000 : 0,
                                  .failure_budget = chance_below(chance, 3),
                                  .automatic_rollback = chance_in(chance, 25)};
    sim->disk = disk_new(options->seed % 16 == 0);
    sim->target = target_new();
    workers_init(sim);
    start(sim);
    return sim;
}

Sim *
sim_copy(const Sim *sim)
{
    Sim *copy = sim_empty(&sim->options);
    copy->chance.state = sim->chance.state + 1;
    copy->documents = g_hash_table_ref(sim->documents);
    copy->quorum = sim->quorum;
    copy->now_ms = copy->people_ms = sim->now_ms;
    copy->engine = sim->engine;
    copy->is_calm = copy->is_copy = true;
    copy->disk = disk_copy(sim->disk);
    copy->target = target_copy(sim->target);
    GHashTableIter iter;
    void *task;
    g_hash_table_iter_init(&iter, sim->settled);
    while (g_hash_table_iter_next(&iter, &task, NULL))
        g_hash_table_add(copy->settled, g_strdup(task));
    workers_init(copy);
    start(copy);
    return copy;
}

void
rows_add(Rows *to, const Sim *sim)
{
    to->plans |= sim->rows.plans | sim->state->plan_rows_taken;
    for (size_t i = 0; i < G_N_ELEMENTS(to->tasks); i++)
        to->tasks[i] |= sim->rows.tasks[i] | sim->state->task_rows_taken[i];
    to->campaigns |= sim->rows.campaigns | sim->state->campaign_rows_taken;
}

static void
stop(Sim *sim)
{
    decide_answer_parked(sim->beat);
    answer(sim, true);
    rows_add(&sim->rows, sim);
    g_clear_pointer(&sim->beat, beat_free);
    g_clear_pointer(&sim->state, state_free);
}

void
sim_free(Sim *sim)
{
    for (guint i = 0; i < sim->inbox->len; i++)
        tell(sim, g_ptr_array_index(sim->inbox, i), true);
    stop(sim);
    workers_clear(sim);
    g_ptr_array_unref(sim->inbox);
    g_ptr_array_unref(sim->new_yeses);
    g_ptr_array_unref(sim->by_hand);
    g_hash_table_unref(sim->settled);
    g_hash_table_unref(sim->memories);
    g_hash_table_unref(sim->documents);
    target_free(sim->target);
    disk_free(sim->disk);
    g_free(sim->going_back);
    g_free(sim->violation);
    g_free(sim);
}

void
sim_crash(Sim *sim)
{
    sim_trace(sim, "the server dies");
    sim->crashes++;
    stop(sim);
    start(sim);
}

/* ---- beats ---- */

static bool
has_work(const Sim *sim)
{
    const HeapNode *timer = heap_first(&sim->state->timers);
    return sim->inbox->len > 0 || sim->state->is_first_beat || rollback_has_work(sim->state) ||
           campaigns_have_work(sim->state) || (timer != NULL && timer->at <= sim->now_ms);
}

static void
do_by_hand(Sim *sim)
{
    for (guint i = 0; i < sim->by_hand->len; i++) {
        const char *task = g_ptr_array_index(sim->by_hand, i);
        people_do_by_hand(sim, task);
        g_hash_table_add(sim->settled, g_strdup(task));
    }
    g_ptr_array_set_size(sim->by_hand, 0);
}

static void
beat(Sim *sim)
{
    g_autoptr(GPtrArray) commands = sim->inbox;
    sim->inbox = g_ptr_array_new();
    sim->beats++;
    beat_decide(sim->beat, sim->now_ms, commands);
    trace_events(sim);
    bool fails = !sim->is_calm && chance_below(&sim->chance, 3000) < sim->trouble;
    bool dies = fails || (!sim->is_calm && chance_below(&sim->chance, 3000) < sim->trouble);
    if (!fails) {
        do_by_hand(sim);
        rules_check(sim);
        rules_check_moves(sim);
        rules_check_campaigns(sim);
    }
    g_ptr_array_set_size(sim->by_hand, 0);
    disk_commit(sim->disk, sim->beat, fails);
    yeses_commit(sim, fails);
    if (dies) {
        sim_trace(sim, fails ? "the commit fails" : "committed, but nobody hears of it");
        sim_crash(sim);
        return;
    }
    beat_committed(sim->beat);
    answer(sim, false);
}

static int64_t
next_ms(const Sim *sim)
{
    const HeapNode *timer = heap_first(&sim->state->timers);
    int64_t next = MIN(workers_next_ms(sim), sim->people_ms);
    return timer == NULL ? next : MIN(next, timer->at);
}

static void
step(Sim *sim)
{
    if (!has_work(sim))
        sim->now_ms = MAX(sim->now_ms, next_ms(sim));
    workers_act(sim);
    if (sim->people_ms <= sim->now_ms)
        people_act(sim);
    if (has_work(sim))
        beat(sim);
    if (sim->is_copy || sim->rule != NULL)
        return;
    if (chance_below(&sim->chance, 24) == 0)
        restart_check(sim);
    if (chance_below(&sim->chance, 24) == 0 && sim->options.guards_off == 0)
        allowed_check(sim);
    if (chance_below(&sim->chance, 120) == 0)
        way_back_check(sim);
    if (chance_below(&sim->chance, 24) == 0 && sim->rule == NULL)
        watch_check(sim);
}

void
sim_calm_down(Sim *sim, int beats_max, bool (*is_over)(Sim *sim))
{
    int last = sim->beats + beats_max;
    sim->is_calm = true;
    while (sim->rule == NULL && !is_over(sim)) {
        if (sim->beats > last) {
            sim_broken(sim, "everything ends", "there is no end after %d beats of calm", beats_max);
            return;
        }
        step(sim);
    }
}

/* Nothing is open but what waits for its retirement. */
static bool
all_have_ended(Sim *sim)
{
    GHashTableIter iter;
    void *plan;
    g_hash_table_iter_init(&iter, sim->state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &plan)) {
        const PlanRow *row = &((OpenPlan *) plan)->row;
        if (row->state != PLAN_SUCCEEDED || g_strcmp0(row->wake_event, "retire") != 0)
            return false;
    }
    return true;
}

/* Who was stopped in the middle of a write has woken up, and every campaign has looked. */
static bool
nobody_works(Sim *sim)
{
    if (campaigns_have_work(sim->state))
        return false;
    for (int i = 0; i < SIM_WORKERS; i++)
        if (sim->workers[i].lease != NULL)
            return false;
    return true;
}

bool
sim_run(Sim *sim)
{
    int beats_max = sim->is_cursed ? BEATS_MAX_CURSED : BEATS_MAX;
    while (sim->rule == NULL && sim->beats < beats_max &&
           (sim->plans_left > 0 || g_hash_table_size(sim->state->plans) > 0))
        step(sim);
    if (sim->rule == NULL) {
        sim_trace(sim, "from here on everybody behaves");
        sim->plans_left = 0;
        sim_calm_down(sim, CALM_BEATS_MAX, all_have_ended);
    }
    if (sim->rule == NULL)
        sim_calm_down(sim, CALM_BEATS_MAX, nobody_works);
    if (sim->rule == NULL)
        rules_check_end(sim);
    if (sim->rule == NULL)
        rules_check_campaigns_end(sim);
    return sim->rule == NULL;
}
