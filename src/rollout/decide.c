/* decide.c - see rollout.h: what people said, what happened, what is next. */
#include "rollout/inner.h"

#include <string.h>

#define POLL_MS 250 /* while instances come and go */
#define LOOK_MS_MAX 60000
#define FROZEN_LOOK_MS 5000 /* somebody may have taken the service: people see it soon */
#define BACKOFF_MS 1000     /* of a way back that is degraded; doubled up to LOOK_MS_MAX */
#define TRIES_SHIFT_MAX 6

/* ---- what happens by itself ---- */

static void
save(Turn *turn)
{
    Rollout *rollout = turn->rollout;
    const Scene *scene = turn->scene;
    int alive = 0;

    rollout->from = g_strdup(scene->template);
    rollout->is_saved = true;
    for (size_t i = 0; i < scene->count; i++) {
        const SceneInstance *instance = &scene->instances[i];
        if (!instance->is_alive || instance->is_draining)
            continue;
        alive++;
        json_array_append_new(rollout->old_ids, json_string(instance->id));
        rollout->old_ready += instance->in_traffic && is_ready(turn, instance);
    }
    rollout->old_count = scene->template != NULL ? scene->template_count : alive;
    rollout->old_ready = MIN(rollout->old_ready, rollout->old_count);
    /* Where nothing ran, or the same, there is nothing to go from bit by bit. */
    if (rollout->old_count == 0 || g_strcmp0(rollout->from, rollout->to) == 0)
        rollout->step = turn->spec->step_count - 1;
}

static bool
look_for_failure(Turn *turn)
{
    Rollout *rollout = turn->rollout;
    int lost = turn_count_lost(turn);
    bool is_checked = turn_check(turn);

    rollout->fails += lost;
    if (turn_failed(turn, rollout->fails, lost))
        return true;
    if (turn->scene->problem != NULL)
        return turn_move(turn, "failed", "fatal", "%s", turn->scene->problem);
    if (!is_checked || rollout->unclear <= turn->spec->unclear_allowed ||
        rollout->verdict == VERDICT_PASS || turn_on_unclear(turn) == ON_UNCLEAR_GO_ON)
        return false;
    return turn_move(turn, "unclear", verdict_name(rollout->unclear_kind),
                     "%d checks without a clear answer (%s), %d allowed", rollout->unclear,
                     verdict_name(rollout->unclear_kind), turn->spec->unclear_allowed);
}

/* The furthest that this state has come: each step of it gives the rest more time. */
static void
note_progress(Turn *turn, const Census *census)
{
    Rollout *rollout = turn->rollout;
    int progress = census->ready[NEW] + census->traffic[NEW] +
                   MAX(rollout->old_count - census->traffic[OLD], 0);

    if (progress <= rollout->best)
        return;
    rollout->best = progress;
    rollout->deadline_ms = turn->now_ms + turn->spec->progress_ms;
}

static bool
is_reached(const Turn *turn, const Goal *goal, const Census *census)
{
    return census->ready[NEW] == goal->new_alive && census->alive[NEW] == goal->new_alive &&
           census->traffic[NEW] == goal->new_traffic && census->traffic[OLD] <= goal->old_traffic &&
           (goal->old_alive < 0 ||
            (census->alive[OLD] <= goal->old_alive && census->draining[OLD] == 0));
}

static void
go_towards(Turn *turn, const char *event)
{
    Goal goal = turn_goal(turn);
    Census census = turn_census(turn, &goal);

    note_progress(turn, &census);
    if (is_reached(turn, &goal, &census))
        turn_move(turn, event, "reached", NULL);
    else if (turn->now_ms >= turn->rollout->deadline_ms)
        turn_move(turn, "failed", "deadline", "no progress: %d of %d new instances are ready",
                  census.ready[NEW], goal.new_alive);
}

static bool
checks_hold(const Turn *turn)
{
    const Rollout *rollout = turn->rollout;
    return rollout->verdict == VERDICT_PASS ||
           (rollout->verdict != VERDICT_FAIL && turn_on_unclear(turn) == ON_UNCLEAR_GO_ON);
}

static void
bake(Turn *turn)
{
    const char *gate = turn->spec->steps[turn->rollout->step].gate;

    if (turn->now_ms < turn->rollout->bake_until_ms || !checks_hold(turn))
        return;
    if (gate != NULL)
        turn_move(turn, "passed", "gate", "waits for a person: %s", gate);
    else
        turn_move(turn, "passed", "passed", NULL);
}

static void
soak(Turn *turn)
{
    Goal goal = turn_goal(turn);
    Census census = turn_census(turn, &goal);
    bool is_alone = census.alive[OLD] + census.draining[OLD] + census.dead[OLD] +
                        census.draining[NEW] + census.dead[NEW] ==
                    0;

    if (turn->now_ms >= turn->rollout->bake_until_ms && checks_hold(turn) && is_alone &&
        is_reached(turn, &goal, &census) &&
        g_strcmp0(turn->scene->template, turn->rollout->to) == 0)
        turn_move(turn, "soaked", "promoted", NULL);
}

/* ---- the way back ---- */

/* All traffic that there is goes to the old revision, and enough of it answers. */
static bool
is_safe(const Turn *turn, const Census *census)
{
    return census->traffic[NEW] == 0 && census->serving >= serving_floor(turn);
}

static void
go_back(Turn *turn)
{
    Rollout *rollout = turn->rollout;
    Goal goal = turn_goal(turn);
    Census census = turn_census(turn, &goal);
    bool is_whole = census.alive[NEW] + census.draining[NEW] + census.dead[NEW] == 0 &&
                    census.alive[OLD] == rollout->old_count && census.draining[OLD] == 0 &&
                    census.dead[OLD] == 0 && census.serving >= rollout->old_ready &&
                    census.traffic[OLD] >= MIN(rollout->old_ready, rollout->old_count);
    bool is_template = g_strcmp0(turn->scene->template, rollout->from) == 0;

    if (rollout->safe_ms == 0 && is_safe(turn, &census))
        rollout->safe_ms = turn->now_ms;
    if (is_whole && is_template)
        turn_move(turn, "restored", "restored", NULL);
    else if (rollout->state == ROLLOUT_ABORTING && turn->now_ms >= rollout->deadline_ms)
        turn_move(turn, "late", "late",
                  "not restored in time: %d of %d old instances answer, %d new "
                  "ones are left; keeps trying",
                  census.ready[OLD], rollout->old_count, census.alive[NEW] + census.draining[NEW]);
}

static void
try_again(Turn *turn)
{
    turn->rollout->tries++;
    turn->rollout->restarts = 0;
    go_back(turn);
}

static void
start(Turn *turn)
{
    const Transition *row = turn_row(turn, "start");

    if (row->to == ROLLOUT_PREPARING)
        save(turn);
    turn_move(turn, "start", "start", NULL);
    turn->decision->must_keep = turn->rollout->state == ROLLOUT_PREPARING;
}

static void
prepare(Turn *turn)
{
    if (turn->scene->problem != NULL)
        turn_move(turn, "failed", "fatal", "%s", turn->scene->problem);
    else if (turn->scene->is_prepared)
        turn_move(turn, "prepared", "prepared", NULL);
}

static void
advance(Turn *turn)
{
    Rollout *rollout = turn->rollout;

    if (is_trying(rollout->state) && look_for_failure(turn))
        return;
    switch (rollout->state) {
    case ROLLOUT_PENDING:
        if (!turn_move(turn, "admit", "admitted", NULL))
            rollout_set_text(&rollout->why, turn->scene->occupant != NULL
                                                ? turn->scene->occupant
                                                : "somebody has the service");
        break;
    case ROLLOUT_ADMITTED:
        start(turn);
        break;
    case ROLLOUT_PREPARING:
        prepare(turn);
        break;
    case ROLLOUT_STEPPING:
        go_towards(turn, "reached");
        break;
    case ROLLOUT_ANALYSING:
        bake(turn);
        break;
    case ROLLOUT_PROMOTING:
        go_towards(turn, "promoted");
        break;
    case ROLLOUT_SOAKING:
        soak(turn);
        break;
    case ROLLOUT_PAUSED:
        turn_wait(turn);
        break;
    case ROLLOUT_ABORTING:
        go_back(turn);
        break;
    case ROLLOUT_DEGRADED:
        try_again(turn);
        break;
    default:
        break;
    }
}

/* ---- when to look again ---- */

static bool
acts_at_once(const Decision *decision)
{
    for (guint i = 0; decision->orders != NULL && i < decision->orders->len; i++)
        if (((const Order *) decision->orders->pdata[i])->kind == ORDER_TRAFFIC)
            return true;
    return false;
}

static int64_t
next_look(const Turn *turn)
{
    const Rollout *rollout = turn->rollout;
    int64_t now_ms = turn->now_ms, poll_ms = MIN(POLL_MS, turn->spec->interval_ms);

    if (turn->has_moved || acts_at_once(turn->decision))
        return now_ms;
    switch (rollout->state) {
    case ROLLOUT_ANALYSING:
        return MAX(MIN(rollout->next_check_ms, now_ms + LOOK_MS_MAX), now_ms + 1);
    case ROLLOUT_PAUSED:
        return now_ms + (turn_waits_for_a_word(turn) ? LOOK_MS_MAX
                                                     : MIN(turn->spec->interval_ms, LOOK_MS_MAX));
    case ROLLOUT_FROZEN:
        return now_ms + FROZEN_LOOK_MS;
    case ROLLOUT_HEALTHY:
        return now_ms + LOOK_MS_MAX;
    case ROLLOUT_DEGRADED:
        return now_ms +
               MIN((int64_t) BACKOFF_MS << MIN(rollout->tries, TRIES_SHIFT_MAX), LOOK_MS_MAX);
    case ROLLOUT_SOAKING:
        return now_ms < rollout->bake_until_ms
                   ? MAX(MIN(rollout->next_check_ms, rollout->bake_until_ms), now_ms + 1)
                   : now_ms + poll_ms;
    default:
        return now_ms + poll_ms;
    }
}

void
rollout_decide(const RolloutSpec *spec, Rollout *rollout, const Scene *scene, const json_t *signals,
               int64_t now_ms, Decision *ret)
{
    Turn turn = {
        .spec = spec, .rollout = rollout, .scene = scene, .now_ms = now_ms, .decision = ret};

    *ret = (Decision){0};
    turn_note_ready(&turn);
    /* Whoever has lost the service has nothing to say there any more, on the way back neither. */
    if (scene->is_taken &&
        turn_move(&turn, "supersede", "superseded", "%s",
                  scene->occupant != NULL ? scene->occupant : "a newer rollout has the service"))
        signals = NULL;
    turn_listen(&turn, signals);
    turn_stand_with_plan(&turn);
    if (!turn.has_moved)
        advance(&turn);
    if (!ret->must_keep)
        turn_order(&turn);
    ret->is_over = rollout_state_is_terminal(rollout->state) || rollout->state == ROLLOUT_HEALTHY;
    ret->look_ms = next_look(&turn);
}
