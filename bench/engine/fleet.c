/* fleet.c - what people and workers say, as commands. */
#include "fleet.h"

#include "base/clock.h"
#include "base/metric.h"

#include <string.h>

#define FAILS_ONE_IN 50
#define BEATS_MAX 3 /* heartbeats of one part */
#define LEASE_WAIT_MS 1000

typedef struct {
    Fleet *fleet;
    char *actor, *task;
    int64_t token;
    int beats_left;
} Sim;

/* ---- saying ---- */

static void
keep_answer(Command *command)
{
    *(Command **) command->user = command;
}

void
fleet_beat(Engine *engine)
{
    g_autoptr(GError) error = NULL;
    if (!engine_beat(engine, clock_wall_ms(), &error))
        g_error("%s", error->message);
}

/* Ask and wait for the answer: for the making of plans. Caller frees the command. */
static Command *
ask(Engine *engine, CommandKind kind, const char *actor, const char *plan, const char *task,
    int64_t token, json_t *take_args)
{
    Command *told = NULL, *command = command_new(kind, actor);
    command->plan = g_strdup(plan);
    command->task = g_strdup(task);
    command->token = token;
    command->args = take_args;
    command->user = &told;
    command->done = keep_answer;
    engine_submit(engine, command);
    while (told == NULL)
        fleet_beat(engine);
    if (told->error != NULL)
        g_error("%s", told->error->message);
    return told;
}

static void
say(Engine *engine, CommandKind kind, const char *plan, json_t *take_args)
{
    command_free(ask(engine, kind, "user:default/ada", plan, NULL, 0, take_args));
}

/* ---- plans ---- */

static json_t *
plan_document(int number)
{
    g_autofree char *name = g_strdup_printf("bench-%d", number);
    g_autofree char *source = g_strdup_printf("bench:source_%d", number);
    g_autofree char *target = g_strdup_printf("bench:target_%d", number);
    return json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:[{s:s, s:s, s:[s]}]}", "apiVersion",
                     "honk/v1", "kind", "Plan", "name", name, "source", "url", source, "target",
                     "url", target, "steps", "name", "fill", "action", "transform", "needs",
                     "store:bench");
}

/* Lease whatever there is. Caller frees the answered command. */
static Command *
lease(Engine *engine)
{
    Command *command = ask(
        engine, COMMAND_LEASE, "worker:maker", NULL, NULL, 0,
        json_pack("{s:s, s:[s], s:i}", "worker", "maker", "labels", "store:bench", "wait_ms", 0));
    if (!json_is_object(command->reply))
        g_error("there is nothing to lease");
    return command;
}

static void
report(Engine *engine, const Command *lease, json_t *take_outcome)
{
    command_free(ask(engine, COMMAND_REPORT, "worker:maker", NULL,
                     json_get_string(lease->reply, "id", ""),
                     json_get_int(lease->reply, "token", 0), take_outcome));
}

static void
do_next(Engine *engine, json_t *take_outcome)
{
    g_autoptr(Command) leased = lease(engine);
    report(engine, leased, take_outcome);
}

static json_t *
split(int parts)
{
    json_t *children = json_array();
    for (int i = 0; i < parts; i++) {
        g_autofree char *key = g_strdup_printf("rowid/%08d", i);
        json_array_append_new(children, json_pack("{s:s, s:{s:{s:i, s:i}}, s:i}", "key", key,
                                                  "params", "range", "from", i * 50000, "until",
                                                  (i + 1) * 50000, "weight", 50000));
    }
    return json_pack("{s:s, s:o}", "kind", "more", "children", children);
}

/* From nothing to a running plan whose step is leased, so that nobody else is given its parts. */
static Command *
make_plan(Engine *engine, Blobs *blobs, int number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *digest = NULL;
    g_autoptr(json_t) document = plan_document(number);
    g_autoptr(Command) made =
        ask(engine, COMMAND_CREATE, "user:default/ada", NULL, NULL, 0,
            json_pack("{s:s, s:s, s:[]}", "migration", "component:default/bench", "author",
                      "user:default/ada", "needs"));
    const char *plan = json_get_string(made->reply, "id", "");
    if (!blobs_put_json(blobs, document, &digest, &error))
        g_error("%s", error->message);
    do_next(engine, json_pack("{s:s, s:{s:s}}", "kind", "done", "evidence", "digest", digest));
    say(engine, COMMAND_APPROVE, plan,
        json_pack("{s:s, s:b}", "digest", digest, "quorum_reached", 1));
    say(engine, COMMAND_START, plan, NULL);
    do_next(engine, json_pack("{s:s, s:{s:[]}}", "kind", "done", "evidence", "drift"));
    return lease(engine);
}

void
fleet_make_plans(Engine *engine, Blobs *blobs, int plans, int parts)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new_with_free_func((GDestroyNotify) command_free);
    for (int i = 0; i < plans; i++)
        g_ptr_array_add(roots, make_plan(engine, blobs, i));
    for (int i = 0; i < plans; i++)
        report(engine, g_ptr_array_index(roots, i), split(parts));
}

/* ---- workers ---- */

static void lease_told(Command *command);
static void work_told(Command *command);

static void
sim_say(Sim *sim, CommandKind kind, json_t *take_args, void (*done)(Command *command))
{
    Fleet *fleet = sim->fleet;
    Command *command = command_new(kind, sim->actor);
    command->task = g_strdup(sim->task);
    command->token = sim->token;
    command->args = take_args;
    command->user = sim;
    command->done = done;
    fleet->commands++;
    fleet->rows += kind != COMMAND_HEARTBEAT;
    engine_submit(fleet->engine, command);
}

static void
sim_ask(Sim *sim)
{
    g_clear_pointer(&sim->task, g_free);
    sim_say(sim, COMMAND_LEASE,
            json_pack("{s:s, s:[s], s:i}", "worker", sim->actor + strlen("worker:"), "labels",
                      "store:bench", "wait_ms", LEASE_WAIT_MS),
            lease_told);
}

static void
sim_report(Sim *sim)
{
    bool fails = dice(&sim->fleet->dice) % FAILS_ONE_IN == 0;
    json_t *outcome =
        fails ? json_pack("{s:s, s:{s:s, s:s}}", "kind", "error", "error", "code", "transient",
                          "message", "cannot write 'bench': the database is locked")
              : json_pack("{s:s, s:{s:i, s:i, s:i, s:s}}", "kind", "done", "evidence", "rows_read",
                          50000, "rows_written", 50000, "rejected", 0, "sum",
                          "9f86d081884c7d659a2feaa0c55ad015");
    sim_say(sim, COMMAND_REPORT, outcome, work_told);
}

static void
lease_told(Command *answered)
{
    g_autoptr(Command) command = answered;
    Sim *sim = command->user;
    if (!json_is_object(command->reply)) {
        if (!sim->fleet->is_over)
            sim_ask(sim);
        return;
    }
    sim->task = g_strdup(json_get_string(command->reply, "id", ""));
    sim->token = json_get_int(command->reply, "token", 0);
    sim->beats_left = (int) (dice(&sim->fleet->dice) % BEATS_MAX);
    sim_say(sim, COMMAND_INTENT, json_pack("{s:{s:i}}", "pre_state", "rows", 0), work_told);
}

/* Intents, heartbeats and reports are answered here. One that was refused stops the program: this is
 * no place where leases get lost. */
static void
work_told(Command *answered)
{
    g_autoptr(Command) command = answered;
    Sim *sim = command->user;
    if (sim->fleet->is_over)
        return;
    if (command->error != NULL)
        g_error("%s", command->error->message);
    if (command->kind == COMMAND_REPORT) {
        sim_ask(sim);
        return;
    }
    if (sim->beats_left-- > 0)
        sim_say(sim, COMMAND_HEARTBEAT,
                json_pack("{s:{s:i, s:i}}", "progress", "done", 50000 / (sim->beats_left + 2),
                          "total", 50000),
                work_told);
    else
        sim_report(sim);
}

static void
sim_free(void *data)
{
    Sim *sim = data;
    g_free(sim->actor);
    g_free(sim->task);
    g_free(sim);
}

void
fleet_init(Fleet *fleet, Engine *engine, int workers)
{
    *fleet = (Fleet){.engine = engine, .dice = 42};
    fleet->sims = g_ptr_array_new_with_free_func(sim_free);
    fleet->groups = g_array_new(FALSE, FALSE, sizeof(Group));
    times_init(&fleet->beats);
    for (int i = 0; i < workers; i++) {
        Sim *sim = g_new0(Sim, 1);
        sim->fleet = fleet;
        sim->actor = g_strdup_printf("worker:w-%d-%d", workers, i);
        g_ptr_array_add(fleet->sims, sim);
        sim_ask(sim);
    }
}

void
fleet_clear(Fleet *fleet)
{
    g_clear_pointer(&fleet->sims, g_ptr_array_unref);
    g_clear_pointer(&fleet->groups, g_array_unref);
    times_clear(&fleet->beats);
}

static void
fleet_turn(Fleet *fleet)
{
    int64_t before_us = clock_monotonic_us(), events = metric_get(METRIC_EVENTS);
    Group group = {.updates = (int) (fleet->rows - fleet->rows_before)};
    fleet->rows_before = fleet->rows;
    fleet_beat(fleet->engine);
    times_add(&fleet->beats, clock_monotonic_us() - before_us);
    group.events = (int) (metric_get(METRIC_EVENTS) - events);
    g_array_append_val(fleet->groups, group);
}

void
fleet_work(Fleet *fleet, int64_t for_us)
{
    int64_t until_us = clock_monotonic_us() + for_us;
    while (clock_monotonic_us() < until_us) {
        if (engine_next_wake_ms(fleet->engine) > clock_wall_ms())
            g_usleep(500); /* all of them wait for parts that failed to be due again */
        else
            fleet_turn(fleet);
    }
}
