/* world.c - one seed: a service, a rollout, and what may go wrong with them. */
#include "world.h"

#include <string.h>

#define TROUBLE_MS 120000   /* as long, anything may happen */
#define PATIENCE_MS 4000000 /* then it must be over */
#define ROUNDS_MAX 8        /* decisions of one lease */
#define LOOKS_MAX 20000

void
world_say(World *world, const char *format, ...)
{
    va_list args;
    if (world->trace == NULL)
        return;
    g_string_append_printf(world->trace, "%8" G_GINT64_FORMAT "  ", world->now_ms);
    va_start(args, format);
    g_string_append_vprintf(world->trace, format, args);
    va_end(args);
    g_string_append_c(world->trace, '\n');
}

void
world_break(World *world, const char *format, ...)
{
    va_list args;
    if (world->broken != NULL)
        return;
    va_start(args, format);
    world->broken = g_strdup_vprintf(format, args);
    va_end(args);
    world_say(world, "BROKEN: %s", world->broken);
}

/* ---- making one ---- */

static json_t *
chance_portion(Chance *chance)
{
    return chance_in(chance, 50)
               ? json_pack("{s:i}", "count", 1 + chance_below(chance, 5))
               : json_pack("{s:i}", "percent", 10 * (1 + chance_below(chance, 10)));
}

static json_t *
chance_spec(Chance *chance)
{
    static const char *const failure[] = {"rollback", "rollback", "freeze", "pause"};
    static const char *const unclear[] = {"pause", "pause", "rollback", "go_on"};
    static const char *const keys[] = {"on_inconclusive", "on_no_data", "on_error"};
    json_t *spec = json_object(), *steps = json_array();
    int count = chance_below(chance, 4);

    json_set_string(spec, "strategy", rollout_strategy_names()[chance_below(chance, 3)]);
    json_set_int(spec, "max_instances", 1 + chance_below(chance, 4));
    json_set_int(spec, "interval_ms", chance_between(chance, 200, 2000));
    json_set_int(spec, "min_ready_ms", chance_in(chance, 50) ? 0 : chance_between(chance, 1, 2000));
    json_set_int(spec, "soak_ms", chance_in(chance, 40) ? 0 : chance_between(chance, 1, 9000));
    json_set_int(spec, "start_ms", chance_between(chance, 2500, 9000));
    json_set_int(spec, "progress_ms", chance_between(chance, 8000, 60000));
    json_set_int(spec, "rollback_ms", chance_between(chance, 20000, 90000));
    json_set_int(spec, "pause_ms", chance_in(chance, 50) ? 0 : chance_between(chance, 1000, 30000));
    json_set_int(spec, "failures_allowed", chance_below(chance, 3));
    json_set_int(spec, "unclear_allowed", chance_below(chance, 4));
    json_object_set_new(spec, "min_healthy", chance_portion(chance));
    json_set_string(spec, "on_failure", failure[chance_below(chance, 4)]);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        json_set_string(spec, keys[i], unclear[chance_below(chance, 4)]);
    for (int i = 0; i < count; i++) {
        json_t *step = chance_portion(chance);
        json_set_int(step, "bake_ms", chance_between(chance, 0, 12000));
        if (chance_in(chance, 15))
            json_set_string(step, "gate", "a person looks at it");
        json_array_append_new(steps, step);
    }
    json_object_set_new(spec, "steps", steps);
    return spec;
}

static void
settle_old(World *world)
{
    for (int i = 0; i < world->old_wanted; i++) {
        Instance *instance = fleet_start(world, false, false);
        instance->answers_ms = world->old_habit == HABIT_NEVER_ANSWERS ? INT64_MAX : 0;
        instance->in_traffic = true;
    }
}

World *
world_new(uint64_t seed, GString *trace, bool *rows)
{
    World *world = g_new0(World, 1);
    g_autoptr(GError) error = NULL;

    world->seed = seed;
    world->chance.state = seed;
    world->trace = trace;
    world->rows = rows;
    world->now_ms = 1000000;
    g_autoptr(json_t) spec = chance_spec(&world->chance);
    bool is_read = rollout_spec_from_json(spec, &world->spec, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
    world->wanted = 1 + chance_below(&world->chance, 6);
    world->old_wanted =
        chance_in(&world->chance, 80) ? world->wanted : chance_below(&world->chance, 7);
    world->had_template = world->old_wanted > 0;
    world->new_habit = (Habit) chance_below(&world->chance, HABIT_COUNT);
    world->old_habit = chance_in(&world->chance, 75)
                           ? HABIT_GOOD
                           : (Habit) chance_below(&world->chance, HABIT_COUNT);
    world->prepare_fails = chance_in(&world->chance, 4);
    world->free_ms = chance_in(&world->chance, 20) ? world->now_ms + 5000 : 0;
    fleet_start(world, false, false);
    g_ptr_array_set_size(world->instances, 0);
    settle_old(world);
    if (chance_in(&world->chance, 6) && world->had_template) { /* there already */
        for (guint i = 0; i < world->instances->len; i++)
            ((Instance *) world->instances->pdata[i])->is_new = true;
        world->template_is_new = world->old_is_new = true;
    }
    if (trace != NULL) {
        g_autofree char *text = json_pretty(spec);
        world_say(world, "wants %d, has %d; new habit %d, old habit %d; %s", world->wanted,
                  world->old_wanted, world->new_habit, world->old_habit, text);
    }
    return world;
}

void
world_free(World *world)
{
    g_ptr_array_unref(world->instances);
    rollout_spec_free(world->spec);
    rollout_free(world->rollout);
    json_decref(world->checkpoint);
    json_decref(world->signals);
    g_free(world->broken);
    g_free(world);
}

/* ---- looking ---- */

static const char *
revision_name(bool is_new)
{
    return is_new ? "new" : "old";
}

static void
note_seen(World *world, Instance *instance, Verdict health)
{
    int64_t least = instance->is_ours ? world->spec->min_ready_ms : 0;

    if (instance->is_alive && health == VERDICT_ERROR && !instance->in_traffic)
        return;
    if (health == VERDICT_FAIL)
        instance->seen_since_ms = 0;
    else if (instance->seen_since_ms == 0)
        instance->seen_since_ms = world->now_ms;
    instance->is_proven |=
        instance->seen_since_ms > 0 && world->now_ms - instance->seen_since_ms >= least;
}

static SceneInstance *
look(World *world, Scene *ret)
{
    SceneInstance *seen = g_new0(SceneInstance, world->instances->len + 1);

    for (guint i = 0; i < world->instances->len; i++) {
        Instance *instance = world->instances->pdata[i];
        seen[i] = (SceneInstance){
            .id = instance->id,
            .revision = revision_name(instance->is_new),
            .is_alive = instance->is_alive,
            .is_draining = instance->is_draining,
            .in_traffic = instance->in_traffic,
            .health = fleet_health(world, instance),
            .started_ms = instance->started_ms,
        };
        note_seen(world, instance, seen[i].health);
    }
    *ret = (Scene){
        .instances = seen,
        .count = world->instances->len,
        .template = world->had_template || world->template_is_new
                        ? revision_name(world->template_is_new)
                        : NULL,
        .template_count = world->old_wanted,
        .is_prepared = world->is_prepared,
        .is_free = world->now_ms >= world->free_ms,
        .is_taken = world->is_taken,
        .window_open = true,
        .is_held = world->is_held,
        .problem = world->prepare_fails && !world->is_prepared ? "there is no such commit" : NULL,
    };
    return seen;
}

/* ---- people ---- */

static void
say_signal(World *world, const char *signal)
{
    if (world->signals == NULL)
        world->signals = json_array();
    json_array_append_new(world->signals,
                          json_pack("{s:I, s:s, s:s, s:s}", "n", (json_int_t) ++world->signal_last,
                                    "signal", signal, "actor", "user:default/ada", "reason", "so"));
    world_say(world, "somebody says %s", signal);
}

static void
people_speak(World *world)
{
    static const char *const words[] = {"pause",    "resume", "promote", "promote_full",
                                        "rollback", "retry",  "resume",  "promote"};
    RolloutState state = world->rollout != NULL ? world->rollout->state : ROLLOUT_PENDING;

    if (world->calm) {
        /* somebody answers in the end, or somebody newer comes */
        if (state == ROLLOUT_PAUSED)
            say_signal(world, chance_in(&world->chance, 30)   ? "rollback"
                              : chance_in(&world->chance, 60) ? "resume"
                                                              : "promote");
        if (state == ROLLOUT_FROZEN || state == ROLLOUT_DEGRADED) {
            if (chance_in(&world->chance, 30))
                world->is_taken = true;
            else
                say_signal(world, chance_in(&world->chance, 50) ? "rollback" : "promote");
        }
        return;
    }
    if (chance_in(&world->chance, 3))
        say_signal(world, words[chance_below(&world->chance, G_N_ELEMENTS(words))]);
}

/* Of its plan: paused, halted, resumed. In the end it goes on. */
static void
plan_moves(World *world)
{
    bool turns = world->calm ? world->is_held : chance_in(&world->chance, world->is_held ? 4 : 1);
    if (!turns)
        return;
    world->is_held = !world->is_held;
    world_say(world, "its plan %s", world->is_held ? "stands still" : "goes on");
}

/* ---- leases ---- */

static void
keep(World *world)
{
    for (guint i = 0; i < world->instances->len; i++) {
        Instance *instance = world->instances->pdata[i];
        instance->kept_since_ms = instance->seen_since_ms;
        instance->kept_proven = instance->is_proven;
    }
    json_decref(world->checkpoint);
    world->checkpoint = rollout_to_json(world->rollout);
    g_autofree char *text = json_compact(world->checkpoint);
    if (strlen(text) > 64 * 1024)
        world_break(world, "a checkpoint of %zu bytes", strlen(text));
}

/* The worker takes what the disk has. */
static void
lease(World *world)
{
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < world->instances->len; i++) {
        Instance *instance = world->instances->pdata[i];
        instance->seen_since_ms = instance->kept_since_ms;
        instance->is_proven = instance->kept_proven;
    }
    rollout_free(world->rollout);
    world->rollout = NULL;
    if (world->checkpoint == NULL) {
        world->rollout = rollout_new("new", world->wanted, world->now_ms);
        return;
    }
    bool is_read = rollout_from_json(world->checkpoint, &world->rollout, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
}

/* False when the worker dies on the way. */
static bool
obey(World *world, const Decision *decision)
{
    for (guint i = 0; decision->orders != NULL && i < decision->orders->len; i++) {
        const Order *order = decision->orders->pdata[i];
        if (!world->calm && chance_in(&world->chance, 2)) {
            world_say(world, "the worker dies before order %u", i);
            return false;
        }
        world_say(world, "order %d, count %d, ids %u", order->kind, order->count,
                  order->ids != NULL ? order->ids->len : 0);
        fleet_obey(world, order);
    }
    rules_after(world);
    return world->calm || !chance_in(&world->chance, 2);
}

/* One lease: looks, decides, acts, until there is something to wait for. Returns when to wake up; 0:
 * it is over. */
static int64_t
one_lease(World *world)
{
    lease(world);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        Scene scene;
        g_auto(Decision) decision = {0};
        size_t moves = json_array_size(world->rollout->history);
        bool was_saved = world->rollout->is_saved;
        g_autofree SceneInstance *seen = look(world, &scene);
        scene.instances = seen;

        rollout_decide(world->spec, world->rollout, &scene, world->signals, world->now_ms,
                       &decision);
        json_decref(world->signals);
        world->signals = NULL;
        if (!was_saved && world->rollout->is_saved) {
            world->old_ready = world->rollout->old_ready;
            world->old_count = world->rollout->old_count;
        }
        if (json_array_size(world->rollout->history) > moves)
            world_say(world, "is %s: %s", rollout_state_name(world->rollout->state),
                      world->rollout->why);
        rules_before(world, &decision);
        if (!obey(world, &decision))
            return world->now_ms + 3000;
        rules_of_move(world, json_array_size(world->rollout->history) >= ROLLOUT_HISTORY_MAX
                                 ? json_array_size(world->rollout->history)
                                 : moves);
        keep(world);
        if (world->broken != NULL || decision.is_over)
            return 0;
        if (decision.must_keep || decision.look_ms > world->now_ms)
            return MAX(decision.look_ms, world->now_ms + 100);
    }
    return world->now_ms + 100;
}

static bool
is_settled(const World *world)
{
    RolloutState state = world->rollout->state;
    return rollout_state_is_terminal(state) ||
           (state == ROLLOUT_HEALTHY && !world->wants_back && world->calm);
}

/* A rollback from wherever it is must end, by itself. */
static void
ask_back(World *world)
{
    world->calm = true;
    world->wants_back = true;
    say_signal(world, "rollback");
}

static void
check_end(World *world, int64_t began_ms)
{
    RolloutState state = world->rollout->state;
    bool old_is_ill = (world->old_is_new ? world->new_habit : world->old_habit) != HABIT_GOOD;
    int64_t took_ms = world->now_ms - began_ms;

    if (!world->wants_back || world->broken != NULL)
        return;
    if (state != ROLLOUT_ROLLED_BACK && state != ROLLOUT_SKIPPED && state != ROLLOUT_SUPERSEDED &&
        !(state == ROLLOUT_DEGRADED && old_is_ill))
        world_break(world, "the way back ended in '%s'", rollout_state_name(state));
    if (took_ms > world->spec->rollback_ms + 70000 && !old_is_ill)
        world_break(world, "the way back took %" G_GINT64_FORMAT " ms", took_ms);
}

bool
world_run(World *world)
{
    int64_t trouble_ends = world->now_ms + TROUBLE_MS, began_ms = 0, wake_ms = world->now_ms;
    int64_t back_ms = chance_in(&world->chance, 60)
                          ? world->now_ms + chance_between(&world->chance, 0, 90000)
                          : INT64_MAX;

    for (int i = 0; i < LOOKS_MAX && world->broken == NULL; i++) {
        fleet_pass(world);
        if (world->now_ms >= trouble_ends)
            world->calm = true;
        if (world->now_ms >= back_ms && !world->wants_back) {
            began_ms = world->now_ms;
            ask_back(world);
        }
        people_speak(world);
        plan_moves(world);
        if (world->signals != NULL || world->now_ms >= wake_ms)
            wake_ms = one_lease(world);
        if (is_settled(world) || (world->wants_back && world->rollout->state == ROLLOUT_DEGRADED) ||
            (world->wants_back && world->now_ms - began_ms > PATIENCE_MS))
            break;
        if (wake_ms == 0)
            wake_ms = world->now_ms + 1000;
        world->now_ms = MIN(MAX(wake_ms, world->now_ms + 1), world->now_ms + 500);
    }
    check_end(world, began_ms);
    if (world->broken == NULL && !is_settled(world) &&
        !(world->wants_back && world->rollout->state == ROLLOUT_DEGRADED))
        world_break(world, "does not come to an end: '%s', %s",
                    rollout_state_name(world->rollout->state), world->rollout->why);
    return world->broken == NULL;
}
