/* rules.c - what must hold after every order, whatever happens: looked at from outside. */
#include "world.h"

#include <string.h>

int
serving_now(const World *world)
{
    int serving = 0;
    for (guint i = 0; i < world->instances->len; i++) {
        const Instance *instance = world->instances->pdata[i];
        serving += instance->is_alive && !instance->is_draining && instance->in_traffic &&
                   instance->seen_since_ms > 0;
    }
    return serving;
}

static int
touched_now(const World *world)
{
    int touched = 0;
    for (guint i = 0; i < world->instances->len; i++) {
        const Instance *instance = world->instances->pdata[i];
        touched += instance->is_alive &&
                   (instance->is_draining || (instance->is_ours && !instance->is_proven));
    }
    return touched;
}

static int
floor_of(const World *world)
{
    int before = MIN(world->old_ready, world->wanted);
    return before > 0 ? portion_of(&world->spec->min_healthy, before) : 0;
}

/* Half-way: some of its new instances were started, and some may have traffic. */
static bool
stands_half_way(const World *world)
{
    static const unsigned half_way = 1u << ROLLOUT_STEPPING | 1u << ROLLOUT_ANALYSING |
                                     1u << ROLLOUT_PROMOTING | 1u << ROLLOUT_SOAKING;
    return world->rollout->state == ROLLOUT_PAUSED && (half_way & 1u << world->rollout->left) != 0;
}

/* Somebody has decided already what becomes of this failure. */
static bool
has_failed_before(const World *world)
{
    static const char *const codes[] = {"check_failed", "crashed", "deadline", "fatal", NULL};
    return g_strv_contains(codes, world->rollout->code);
}

static bool
has_failing_instance(const World *world)
{
    for (guint i = 0; i < world->instances->len; i++) {
        const Instance *instance = world->instances->pdata[i];
        if (instance->is_new && instance->is_alive && !instance->is_draining &&
            instance->is_proven && fleet_health(world, instance) == VERDICT_FAIL)
            return true;
    }
    return false;
}

static bool
goes_back(const Rollout *rollout)
{
    return rollout->state == ROLLOUT_ABORTING || rollout->state == ROLLOUT_DEGRADED;
}

/* Whoever lets it wait: it is looked at as often as when it goes on, and what is ill does not stay. */
static void
check_still(World *world, const Decision *decision)
{
    const Rollout *rollout = world->rollout;

    if (world->is_held && !goes_back(rollout) && decision->orders != NULL)
        world_break(world, "'%s' orders something while its plan stands still",
                    rollout_state_name(rollout->state));
    if (!stands_half_way(world))
        return;
    if (decision->look_ms > world->now_ms + world->spec->interval_ms)
        world_break(world, "paused half-way, and nobody looks for %" G_GINT64_FORMAT " ms",
                    decision->look_ms - world->now_ms);
    if (world->ill_since_ms > 0 && world->now_ms - world->ill_since_ms >= world->spec->interval_ms)
        world_break(world, "ill since %" G_GINT64_FORMAT ", and it is paused as if nothing was",
                    world->ill_since_ms);
}

/* At every look since then some new instance failed, where no failure is allowed and none was dealt with. */
static void
note_illness(World *world)
{
    bool is_ill = stands_half_way(world) && !has_failed_before(world) &&
                  world->spec->failures_allowed == 0 && has_failing_instance(world);
    if (!is_ill)
        world->ill_since_ms = 0;
    else if (world->ill_since_ms == 0)
        world->ill_since_ms = world->now_ms;
}

static struct {
    int serving, touched;
} before;

void
rules_before(World *world, const Decision *decision)
{
    before.serving = serving_now(world);
    before.touched = touched_now(world);
    bool is_quiet = rollout_state_is_terminal(world->rollout->state) ||
                    world->rollout->state == ROLLOUT_PAUSED ||
                    world->rollout->state == ROLLOUT_FROZEN;
    if (is_quiet && decision->orders != NULL)
        world_break(world, "'%s' orders something", rollout_state_name(world->rollout->state));
    if (!decision->is_over &&
        (decision->look_ms < world->now_ms || decision->look_ms > world->now_ms + 60000))
        world_break(world, "'%s' waits without a time to wake up",
                    rollout_state_name(world->rollout->state));
    note_illness(world);
    check_still(world, decision);
}

/* Right after the orders, before time goes on. */
void
rules_after(World *world)
{
    int touched = touched_now(world), serving = serving_now(world), least = floor_of(world);

    /* A checkpoint that was lost makes instances new to us again: they may be more than our orders
     * would ever make them. */
    if (touched > MAX(world->spec->max_instances, before.touched))
        world_break(world, "%d instances touched at once, %d are allowed", touched,
                    world->spec->max_instances);
    if (serving < MIN(least, before.serving))
        world_break(world,
                    "%d instances serve after the orders, before it were %d, %d are promised",
                    serving, before.serving, least);
}

static void
expect_all(World *world, bool is_new, int count)
{
    int alive = 0, served = 0;

    for (guint i = 0; i < world->instances->len; i++) {
        const Instance *instance = world->instances->pdata[i];
        if (!instance->is_alive)
            continue;
        if (instance->is_new != is_new || instance->is_draining)
            world_break(world, "'%s' with '%s', which is of the other revision or leaving",
                        rollout_state_name(world->rollout->state), instance->id);
        alive++;
        served += instance->in_traffic;
    }
    if (alive != count)
        world_break(world, "'%s' with %d instances, expected %d",
                    rollout_state_name(world->rollout->state), alive, count);
    if (world->rollout->state == ROLLOUT_HEALTHY && served != count)
        world_break(world, "healthy, but only %d of %d have traffic", served, count);
    if (world->template_is_new != is_new)
        world_break(world, "'%s' with the template of the other revision",
                    rollout_state_name(world->rollout->state));
}

static void
take_row(World *world, const json_t *move)
{
    RolloutState from, to;
    bool was_at_gate = json_get_bool(world->checkpoint, "at_gate", false);

    rollout_state_from_name(json_get_string(move, "from", ""), &from);
    rollout_state_from_name(json_get_string(move, "to", ""), &to);
    for (size_t i = 0; i < rollout_transition_count; i++) {
        const Transition *row = &rollout_transitions[i];
        bool needs_gate = strstr(row->guard, "at_gate") != NULL;
        if ((row->from & 1u << from) != 0 && row->to == (unsigned) to &&
            strcmp(row->event, json_get_string(move, "event", "")) == 0 &&
            (!needs_gate || was_at_gate)) {
            world->rows[i] = true;
            return;
        }
    }
    world_break(world, "a move from '%s' to '%s' that the table does not have",
                rollout_state_name(from), rollout_state_name(to));
}

void
rules_of_move(World *world, size_t moves_before)
{
    const json_t *history = world->rollout->history;
    size_t count = json_array_size(history);

    for (size_t i = MIN(moves_before, count); i < count; i++) {
        const json_t *move = json_array_get(history, i);
        RolloutState from;
        take_row(world, move);
        rollout_state_from_name(json_get_string(move, "from", ""), &from);
        if (rollout_state_is_terminal(from) && world->rollout->state != ROLLOUT_SUPERSEDED)
            world_break(world, "something left '%s'", rollout_state_name(from));
    }
    if (count == moves_before)
        return;
    if (world->rollout->state == ROLLOUT_HEALTHY)
        expect_all(world, true, world->wanted);
    if (world->rollout->state == ROLLOUT_ROLLED_BACK)
        expect_all(world, world->old_is_new, world->old_count);
}
