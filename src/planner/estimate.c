/*
 * estimate.c - what a plan saw and what it will take: shown beside the plan, never in it.
 */
#include "model/throttle.h"
#include "planner/changes.h"
#include "planner/forecast.h"
#include "planner/planner.h"

/* Rows a second when nothing was measured: what one core does through a mapping of ten columns. */
#define ROWS_PER_S_DEFAULT 200000
/* Reading back and hashing is this many times as fast as filling. */
#define COMPARE_SPEEDUP 2
/* Fingerprints read and hash without a mapping. */
#define FINGERPRINT_SPEEDUP 4
/* A store that does it by itself, in one statement, reads once what would be read, handed over and written. */
#define INSIDE_SPEEDUP 2
/* Ranges take so long: who has fewer of them than workers keeps some of these waiting. */
#define RANGE_S 2
/* Leases, commits and swaps of all steps together. */
#define STEPS_MS 1000

static int64_t
rows_ms(int64_t rows, int64_t rows_per_s)
{
    return rows <= 0 ? 0 : (rows / rows_per_s) * 1000 + (rows % rows_per_s) * 1000 / rows_per_s;
}

bool
planner_moves_rows(const Plan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const Step *step = plan->steps->pdata[i];
        if (step->action->id == ACTION_TRANSFORM || step->action->id == ACTION_COPY)
            return true;
    }
    return false;
}

/* Ranges that move at the same time. */
static int64_t
at_once(const json_t *trial, int64_t rows, int64_t rate)
{
    int64_t most = json_get_int(trial, "at_once", 1);
    return CLAMP((rows + rate * RANGE_S - 1) / (rate * RANGE_S), 1, MAX(most, 1));
}

/* Of all workers together: what was measured in a trial, else assumed; nobody is faster than they may. */
static int64_t
rate_of(const json_t *slice, const Plan *plan, int64_t rows, bool *ret_measured)
{
    const json_t *trial = json_object_get(slice, "trial");
    int64_t measured = json_get_int(trial, "rows_per_s", 0);
    int64_t limit = throttle_limit(json_object_get(plan->json, "throttle"), THROTTLE_ROWS);
    int64_t rate = measured > 0 ? measured : ROWS_PER_S_DEFAULT;
    *ret_measured = measured > 0;
    if (json_get_bool(trial, "inside", false))
        rate *= INSIDE_SPEEDUP;
    rate *= at_once(trial, rows, rate);
    return limit > 0 ? MIN(rate, limit) : rate;
}

/* Where no rows move, nobody knows before how long people's services take. */
static void
estimate(json_t *seen, int64_t rows, int64_t old_rows, int64_t rate)
{
    int64_t fingerprint_ms = rows_ms(rows + old_rows, rate * FINGERPRINT_SPEEDUP);

    json_set_int(seen, "estimate_ms",
                 STEPS_MS + fingerprint_ms + rows_ms(rows, rate) +
                     rows_ms(rows, rate * COMPARE_SPEEDUP));
    json_set_int(seen, "rollback_ms", STEPS_MS + fingerprint_ms);
}

json_t *
planner_observations(const json_t *slice, const Plan *plan)
{
    json_t *seen = json_object();
    const json_t *source = json_object_get(slice, "source");
    const json_t *target = json_object_get(slice, "target");
    bool is_measured;
    int64_t source_rows = json_get_int(source, "rows", -1);
    int64_t rate = rate_of(slice, plan, MAX(source_rows, 0), &is_measured);
    int64_t target_rows = json_get_int(target, "rows", -1);
    int64_t bytes = json_get_int(json_object_get(source, "identity"), "bytes", -1);

    if (source_rows >= 0)
        json_set_int(seen, "source_rows", source_rows);
    if (target_rows >= 0)
        json_set_int(seen, "target_rows", target_rows);
    if (bytes >= 0)
        json_set_int(seen, "bytes", bytes);
    json_set_int(seen, "rows_per_s", rate);
    json_set_bool(seen, "rate_measured", is_measured);
    json_set_int(seen, "at_once", json_get_int(json_object_get(slice, "trial"), "at_once", 1));
    json_set_bool(seen, "inside", json_get_bool(json_object_get(slice, "trial"), "inside", false));
    if (planner_moves_rows(plan))
        estimate(seen, MAX(source_rows, 0), MAX(target_rows, 0), rate);
    if (json_object_get(slice, "trial") != NULL)
        json_object_set_new(seen, "forecast", forecast(json_object_get(slice, "trial")));
    json_t *places = json_at(slice, "trial.places");
    if (places != NULL)
        json_object_set(seen, "places", places);
    g_autoptr(json_t) heads = changes_observed(slice);
    if (json_object_size(heads) > 0)
        json_object_set(seen, "repositories", heads);
    json_set_int(seen, "planned_at_ms", json_get_int(slice, "now_ms", 0));
    return seen;
}
