/* scene.c - what is seen, counted; and what each state wants to see. */
#include "rollout/inner.h"

bool
is_ours(const Rollout *rollout, const SceneInstance *instance)
{
    return rollout->is_saved && !json_holds(rollout->old_ids, instance->id);
}

int
side_of(const Rollout *rollout, const Goal *goal, const SceneInstance *instance)
{
    if (goal->is_back)
        return g_strcmp0(instance->revision, rollout->from) == 0 ? OLD : NEW;
    return g_strcmp0(instance->revision, rollout->to) == 0 ? NEW : OLD;
}

bool
is_ready(const Turn *turn, const SceneInstance *instance)
{
    int64_t since = json_get_int(turn->rollout->ready_since, instance->id, 0);
    int64_t least = is_ours(turn->rollout, instance) ? turn->spec->min_ready_ms : 0;

    return instance->is_alive && !instance->is_draining && since > 0 &&
           turn->now_ms - since >= least;
}

bool
is_proven(const Rollout *rollout, const SceneInstance *instance)
{
    return json_get_bool(rollout->proven, instance->id, false);
}

bool
is_starting(const Turn *turn, const SceneInstance *instance)
{
    return instance->is_alive && !instance->is_draining && is_ours(turn->rollout, instance) &&
           !is_proven(turn->rollout, instance);
}

bool
is_hung(const Turn *turn, const SceneInstance *instance)
{
    return is_starting(turn, instance) && instance->health == VERDICT_FAIL &&
           turn->now_ms - instance->started_ms >= turn->spec->start_ms;
}

bool
is_going_back(const Rollout *rollout)
{
    return rollout->state == ROLLOUT_ABORTING || rollout->state == ROLLOUT_DEGRADED;
}

bool
is_trying(RolloutState state)
{
    static const unsigned trying = 1u << ROLLOUT_STEPPING | 1u << ROLLOUT_ANALYSING |
                                   1u << ROLLOUT_PROMOTING | 1u << ROLLOUT_SOAKING;
    return (trying & 1u << state) != 0;
}

/* As many old ones as the new ones leave to do. */
static int
old_share(const Rollout *rollout, int new_count)
{
    return new_count >= rollout->wanted ? 0 : MAX(rollout->old_count - new_count, 0);
}

/* A step never asks for fewer than the one before it, however they were written. */
static int
count_of_step(const Turn *turn)
{
    int count = 0;
    for (int i = 0; i <= turn->rollout->step; i++)
        count = MAX(count, portion_of(&turn->spec->steps[i].portion, turn->rollout->wanted));
    return count;
}

static Goal
goal_of_step(const Turn *turn)
{
    const RolloutSpec *spec = turn->spec;
    const Rollout *rollout = turn->rollout;
    int count = count_of_step(turn);
    /* The same revision again: those that are missing, at once. */
    if (g_strcmp0(rollout->from, rollout->to) == 0)
        return (Goal){.new_alive = rollout->wanted, .new_traffic = rollout->wanted};
    Goal goal = {.new_alive = count, .new_traffic = count, .old_alive = -1};

    goal.old_traffic = old_share(rollout, count);
    if (spec->strategy->tries_aside) {
        goal.new_traffic = 0;
        goal.old_traffic = rollout->old_count;
    }
    if (!spec->strategy->keeps_old)
        goal.old_alive = goal.old_traffic;
    return goal;
}

Goal
turn_goal(const Turn *turn)
{
    const Rollout *rollout = turn->rollout;
    int wanted = rollout->wanted;

    if (is_going_back(rollout))
        return (Goal){
            .old_alive = rollout->old_count, .old_traffic = rollout->old_count, .is_back = true};
    if (rollout->state == ROLLOUT_PROMOTING)
        return (Goal){.new_alive = wanted,
                      .new_traffic = wanted,
                      .old_alive = turn->spec->strategy->keeps_old ? -1 : 0};
    if (rollout->state == ROLLOUT_SOAKING || rollout->state == ROLLOUT_HEALTHY)
        return (Goal){.new_alive = wanted,
                      .new_traffic = wanted,
                      .old_alive = turn->now_ms >= rollout->bake_until_ms ? 0 : -1};
    return goal_of_step(turn);
}

Census
turn_census(const Turn *turn, const Goal *goal)
{
    Census census = {0};

    for (size_t i = 0; i < turn->scene->count; i++) {
        const SceneInstance *instance = &turn->scene->instances[i];
        int side = side_of(turn->rollout, goal, instance);
        bool ready = is_ready(turn, instance);

        census.dead[side] += !instance->is_alive;
        census.alive[side] += instance->is_alive && !instance->is_draining;
        census.draining[side] += instance->is_alive && instance->is_draining;
        census.ready[side] += ready;
        census.traffic[side] += instance->is_alive && instance->in_traffic;
        census.starting[side] += is_starting(turn, instance);
        census.serving += ready && instance->in_traffic;
    }
    census.touched =
        census.starting[OLD] + census.starting[NEW] + census.draining[OLD] + census.draining[NEW];
    return census;
}

/* The promise: of what answered before, that share goes on answering. */
int
serving_floor(const Turn *turn)
{
    const Rollout *rollout = turn->rollout;
    int before = MIN(rollout->old_ready, rollout->wanted);
    if (is_going_back(rollout))
        before = rollout->old_ready;
    return before > 0 ? portion_of(&turn->spec->min_healthy, before) : 0;
}
