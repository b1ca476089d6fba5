/*
 * still.c - a rollout that stands still: because a person said so, a gate or an answer is missing, or its whole plan does.
 *
 * Nothing goes forward. What stands half-way there is looked at all the same, and goes back when its checks fail.
 */
#include "rollout/inner.h"

static bool
is_paused_over(const Rollout *rollout, const char *const *codes)
{
    return rollout->state == ROLLOUT_PAUSED && rollout->code != NULL &&
           g_strv_contains(codes, rollout->code);
}

/* New instances may be there, half-way: somebody must look at them, whoever lets it wait. What the
 * plan paused over a failure has been looked at. */
static bool
is_watched(const Rollout *rollout)
{
    static const char *const failures[] = {"check_failed", "crashed", "deadline", "fatal", NULL};
    return rollout->state == ROLLOUT_PAUSED && is_trying(rollout->left) &&
           !is_paused_over(rollout, failures);
}

/* Nothing is ordered away in a pause, so the same dead would be counted at every look. */
static bool
look_after(Turn *turn)
{
    int lost = turn_count_lost(turn);

    turn_check(turn);
    return turn_failed(turn, turn->rollout->fails + lost, lost);
}

void
turn_wait(Turn *turn)
{
    static const char *const unclear[] = {"no_data", "inconclusive", "error", NULL};
    Rollout *rollout = turn->rollout;

    if (is_watched(rollout) && look_after(turn))
        return;
    if (turn->scene->is_held) {
        /* Nobody can answer now: they get all their time once the plan goes on. */
        if (rollout->answer_by_ms > 0)
            rollout->answer_by_ms = turn->now_ms + turn->spec->pause_ms;
        return;
    }
    if (is_paused_over(rollout, unclear) && turn_verdict(turn) == VERDICT_PASS)
        turn_move(turn, "cleared", "cleared", NULL);
    else if (rollout->answer_by_ms > 0 && turn->now_ms >= rollout->answer_by_ms)
        turn_move(turn, "unanswered", "unanswered", NULL);
}

/* While its plan stands still it goes nowhere but back. */
void
turn_stand_with_plan(Turn *turn)
{
    static const char *const held[] = {"held", NULL};

    if (turn->scene->is_held)
        turn_move(turn, "pause", "held",
                  "its plan stands still: nothing goes forward until it is "
                  "resumed");
    else if (is_paused_over(turn->rollout, held))
        turn_move(turn, "resume", "resume", "its plan goes on");
}

bool
turn_waits_for_a_word(const Turn *turn)
{
    static const char *const words[] = {"pause", NULL};
    return !turn->scene->is_held && !is_watched(turn->rollout) &&
           is_paused_over(turn->rollout, words);
}
