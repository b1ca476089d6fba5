/*
 * check.c - what the answers of the instances mean.
 *
 * Every look asks every instance; only once in an interval it counts as a check. The worst answer of
 * the new instances is the verdict. One that has never answered for long enough is still starting:
 * it is not judged but has its own deadline.
 */
#include "rollout/inner.h"

static const char *const verdict_names[VERDICT_COUNT] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_NO_DATA] = "no_data",
    [VERDICT_INCONCLUSIVE] = "inconclusive",
    [VERDICT_ERROR] = "error",
    [VERDICT_FAIL] = "fail",
};

const char *
verdict_name(Verdict verdict)
{
    return verdict_names[verdict];
}

/* An answer that says nothing about health is an answer all the same. */
static bool
answers(const SceneInstance *instance)
{
    return instance->is_alive && instance->health != VERDICT_FAIL;
}

static void
forget_the_gone(Turn *turn, json_t *of)
{
    const char *id;
    json_t *value;
    void *next;

    json_object_foreach_safe(of, next, id, value)
    {
        bool is_there = false;
        for (size_t i = 0; i < turn->scene->count && !is_there; i++)
            is_there = g_strcmp0(turn->scene->instances[i].id, id) == 0;
        if (!is_there)
            json_object_del(of, id);
    }
}

void
turn_note_ready(Turn *turn)
{
    Rollout *rollout = turn->rollout;

    forget_the_gone(turn, rollout->ready_since);
    forget_the_gone(turn, rollout->proven);
    for (size_t i = 0; i < turn->scene->count; i++) {
        const SceneInstance *instance = &turn->scene->instances[i];
        /* Who could not be asked is taken to be as it was; traffic says that it answered once. */
        if (instance->is_alive && instance->health == VERDICT_ERROR && !instance->in_traffic)
            continue;
        if (!answers(instance))
            json_object_del(rollout->ready_since, instance->id);
        else if (json_object_get(rollout->ready_since, instance->id) == NULL)
            json_set_int(rollout->ready_since, instance->id, turn->now_ms);
        if (is_ready(turn, instance))
            json_set_bool(rollout->proven, instance->id, true);
    }
}

typedef struct {
    Verdict verdict;
    int asked, passed;
    int slowest_ms;
} Sample;

static Sample
take_sample(const Turn *turn)
{
    Goal goal = {0};
    Sample sample = {.verdict = VERDICT_PASS};

    for (size_t i = 0; i < turn->scene->count; i++) {
        const SceneInstance *instance = &turn->scene->instances[i];
        if (side_of(turn->rollout, &goal, instance) == OLD || !instance->is_alive ||
            instance->is_draining || !is_proven(turn->rollout, instance))
            continue;
        sample.asked++;
        sample.passed += instance->health == VERDICT_PASS;
        sample.slowest_ms = MAX(sample.slowest_ms, instance->answer_ms);
        sample.verdict = MAX(sample.verdict, instance->health);
    }
    if (sample.asked == 0)
        sample.verdict = VERDICT_NO_DATA;
    return sample;
}

Verdict
turn_verdict(const Turn *turn)
{
    return take_sample(turn).verdict;
}

static void
keep_sample(Turn *turn, const Sample *sample)
{
    json_t *checks = turn->rollout->checks;

    json_array_append_new(
        checks, json_pack("{s:I, s:s, s:i, s:i, s:i}", "at_ms", (json_int_t) turn->now_ms,
                          "verdict", verdict_name(sample->verdict), "asked", sample->asked,
                          "passed", sample->passed, "slowest_ms", sample->slowest_ms));
    while (json_array_size(checks) > ROLLOUT_CHECKS_MAX)
        json_array_remove(checks, 0);
}

static void
count_verdict(Turn *turn)
{
    Rollout *rollout = turn->rollout;

    switch (rollout->verdict) {
    case VERDICT_PASS:
        if (rollout->fails == 0)
            rollout->failed_ms = 0;
        break;
    case VERDICT_FAIL:
        rollout->fails++;
        if (rollout->failed_ms == 0)
            rollout->failed_ms = turn->now_ms;
        break;
    case VERDICT_NO_DATA:
    case VERDICT_INCONCLUSIVE:
    case VERDICT_ERROR:
        rollout->unclear++;
        rollout->unclear_kind = rollout->verdict;
        break;
    case VERDICT_COUNT:
        g_assert_not_reached();
    }
}

bool
turn_check(Turn *turn)
{
    Rollout *rollout = turn->rollout;
    Sample sample = take_sample(turn);
    bool is_judged = rollout->state == ROLLOUT_ANALYSING || rollout->state == ROLLOUT_SOAKING;

    if (turn->now_ms < rollout->next_check_ms)
        return false;
    rollout->next_check_ms = turn->now_ms + turn->spec->interval_ms;
    /* While instances are still coming, or nothing goes on, only a failure says something. */
    if (!is_judged && sample.verdict != VERDICT_FAIL)
        return false;
    rollout->verdict = sample.verdict;
    keep_sample(turn, &sample);
    count_verdict(turn);
    return true;
}

/* ---- failures ---- */

int
turn_count_lost(Turn *turn)
{
    const Goal goal = {0};
    int lost = 0;

    for (size_t i = 0; i < turn->scene->count; i++) {
        const SceneInstance *instance = &turn->scene->instances[i];
        bool is_late = is_hung(turn, instance);
        bool is_dead = !instance->is_alive && is_ours(turn->rollout, instance);
        lost += side_of(turn->rollout, &goal, instance) == NEW && (is_late || is_dead);
    }
    if (lost > 0 && turn->rollout->failed_ms == 0)
        turn->rollout->failed_ms = turn->now_ms;
    return lost;
}

bool
turn_failed(Turn *turn, int fails, int lost)
{
    int limit = turn->spec->failures_allowed;

    if (fails <= limit)
        return false;
    return turn_move(turn, "failed", lost > 0 ? "crashed" : "check_failed",
                     lost > 0 ? "%d new instance%s died or never answered: failure %d, %d allowed"
                              : "%d of the new instances' check%s failed: failure %d, %d allowed",
                     MAX(lost, 1), MAX(lost, 1) == 1 ? "" : "s", fails, limit);
}
