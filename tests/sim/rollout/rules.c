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
