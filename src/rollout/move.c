/* move.c - one move of the table, and what a state begins with. */
#include "rollout/inner.h"

#include <string.h>

#define HISTORY_TEXT_BYTES_MAX 200 /* a sentence; 40 of them fit into a checkpoint many times */

void
rollout_set_text(char **to, const char *text)
{
    char *copy = g_strndup(text, HISTORY_TEXT_BYTES_MAX);
    g_free(*to);
    *to = copy;
}

static void
remember(Turn *turn, const char *event, RolloutState from, RolloutState to)
{
    Rollout *rollout = turn->rollout;
    json_t *move = json_object();

    json_set_int(move, "at_ms", turn->now_ms);
    json_set_string(move, "event", event);
    json_set_string(move, "from", rollout_state_name(from));
    json_set_string(move, "to", rollout_state_name(to));
    json_set_string(move, "why", rollout->why);
    json_set_string(move, "actor", turn->actor);
    json_array_append_new(rollout->history, move);
    while (json_array_size(rollout->history) > ROLLOUT_HISTORY_MAX)
        json_array_remove(rollout->history, 0);
}

static void
begin_checks(Turn *turn, int64_t for_ms)
{
    turn->rollout->bake_until_ms = turn->now_ms + for_ms;
    turn->rollout->next_check_ms = turn->now_ms;
}

static void
reset_counts(Rollout *rollout)
{
    rollout->fails = rollout->unclear = 0;
    rollout->failed_ms = 0;
}

/* Deadlines stand still while it is paused. */
static void
shift_deadlines(Turn *turn)
{
    int64_t paused_ms = turn->now_ms - turn->rollout->since_ms;

    turn->rollout->deadline_ms += paused_ms;
    turn->rollout->bake_until_ms += paused_ms;
}

static void
after_pause(Turn *turn)
{
    shift_deadlines(turn);
    turn->rollout->next_check_ms = turn->now_ms;
    reset_counts(turn->rollout);
}

/* A failure in a pause may make it another pause: what it left, and its gate, stay. */
static void
enter_pause(Turn *turn, RolloutState from, const char *event)
{
    Rollout *rollout = turn->rollout;
    bool by_itself = strcmp(event, "pause") != 0;

    if (from == ROLLOUT_PAUSED) {
        shift_deadlines(turn);
    } else {
        rollout->left = from;
        rollout->at_gate = strcmp(event, "passed") == 0;
    }
    rollout->answer_by_ms =
        by_itself && turn->spec->pause_ms > 0 ? turn->now_ms + turn->spec->pause_ms : 0;
}

static void
enter_step(Turn *turn, RolloutState from)
{
    Rollout *rollout = turn->rollout;

    if (from == ROLLOUT_ANALYSING || rollout->at_gate)
        rollout->step++;
    rollout->deadline_ms = turn->now_ms + turn->spec->progress_ms;
    rollout->best = 0;
    reset_counts(rollout);
}

static void
enter_aborting(Turn *turn)
{
    turn->rollout->deadline_ms = turn->now_ms + turn->spec->rollback_ms;
    turn->rollout->restarts = 0;
    turn->rollout->safe_ms = 0;
    rollout_set_text(&turn->rollout->completion, "aborted");
}

static void
enter(Turn *turn, RolloutState from, const char *event)
{
    Rollout *rollout = turn->rollout;
    bool resumes = from == ROLLOUT_PAUSED && !rollout->at_gate && rollout->state == rollout->left &&
                   strcmp(event, "promote_full") != 0;

    if (resumes) {
        after_pause(turn);
        return;
    }
    switch (rollout->state) {
    case ROLLOUT_STEPPING:
        enter_step(turn, from);
        break;
    case ROLLOUT_ANALYSING:
        begin_checks(turn, turn->spec->steps[rollout->step].bake_ms);
        break;
    case ROLLOUT_PROMOTING:
        rollout->step = turn->spec->step_count - 1;
        rollout->deadline_ms = turn->now_ms + turn->spec->progress_ms;
        rollout->best = 0;
        reset_counts(rollout);
        if (strcmp(event, "promote_full") == 0)
            rollout_set_text(&rollout->completion, "fast_promoted");
        break;
    case ROLLOUT_SOAKING:
        reset_counts(rollout);
        begin_checks(turn, turn->spec->soak_ms);
        break;
    case ROLLOUT_ABORTING:
        enter_aborting(turn);
        break;
    case ROLLOUT_PAUSED:
        enter_pause(turn, from, event);
        return; /* the gate stands */
    default:
        break;
    }
    rollout->at_gate = false;
}

static void
complete(Turn *turn)
{
    static const struct {
        RolloutState state;
        const char *completion;
    } ends[] = {
        {ROLLOUT_HEALTHY, "promoted"},
        {ROLLOUT_ROLLED_BACK, "aborted"},
        {ROLLOUT_SUPERSEDED, "superseded"},
        {ROLLOUT_SKIPPED, "skipped"},
    };
    Rollout *rollout = turn->rollout;

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends[i].state == rollout->state) {
            rollout->ended_ms = turn->now_ms;
            if (rollout->completion == NULL || rollout->state != ROLLOUT_HEALTHY)
                rollout_set_text(&rollout->completion, ends[i].completion);
        }
}

bool
turn_move(Turn *turn, const char *event, const char *code, const char *why, ...)
{
    Rollout *rollout = turn->rollout;
    const Transition *row = turn_row(turn, event);
    RolloutState from = rollout->state;
    va_list args;

    if (row == NULL)
        return false;
    va_start(args, why);
    g_autofree char *text = why != NULL ? g_strdup_vprintf(why, args) : g_strdup(row->text);
    va_end(args);
    rollout_set_text(&rollout->why, text);
    rollout_set_text(&rollout->code, code);
    rollout->state = (RolloutState) row->to;
    enter(turn, from, event);
    rollout->since_ms = turn->now_ms;
    complete(turn);
    remember(turn, event, from, rollout->state);
    turn->has_moved = true;
    return true;
}

void
rollout_found_healthy(Rollout *rollout, int64_t now_ms)
{
    if (rollout->state == ROLLOUT_HEALTHY)
        return;
    rollout->state = ROLLOUT_HEALTHY;
    rollout->since_ms = rollout->ended_ms = now_ms;
    rollout_set_text(&rollout->code, "promoted");
    rollout_set_text(&rollout->why, "all instances are new: seen after its worker was lost");
    if (rollout->completion == NULL)
        rollout_set_text(&rollout->completion, "promoted");
}
