/* spec.c - see spec.h. */
#include "rollout/spec.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
#define MAX_INSTANCES_DEFAULT 1
#define BAKE_MS_DEFAULT 10000      /* ten answers at the usual interval */
#define INTERVAL_MS_DEFAULT 1000
#define START_MS_DEFAULT 30000     /* a program that loads its data */
#define PROGRESS_MS_DEFAULT 600000 /* as others have it */
#define ROLLBACK_MS_DEFAULT 600000
#define UNCLEAR_ALLOWED_DEFAULT 3
/* clang-format on */

static const char *const on_failure_names[] = {"rollback", "freeze", "pause"};
static const char *const on_unclear_names[] = {"pause", "rollback", "go_on"};

typedef struct {
    const char *key;
    size_t offset;
    int64_t least, fallback;
} Span;

static const Span spans[] = {
    {"interval_ms", offsetof(RolloutSpec, interval_ms), 100, INTERVAL_MS_DEFAULT},
    {"min_ready_ms", offsetof(RolloutSpec, min_ready_ms), 0, 0},
    {"soak_ms", offsetof(RolloutSpec, soak_ms), 0, 0},
    {"start_ms", offsetof(RolloutSpec, start_ms), 1, START_MS_DEFAULT},
    {"progress_ms", offsetof(RolloutSpec, progress_ms), 1, PROGRESS_MS_DEFAULT},
    {"rollback_ms", offsetof(RolloutSpec, rollback_ms), 1, ROLLBACK_MS_DEFAULT},
    {"pause_ms", offsetof(RolloutSpec, pause_ms), 0, 0},
};

typedef struct {
    const char *key;
    size_t offset;
    int least, most, fallback;
} Count;

static const Count counts[] = {
    {"max_instances", offsetof(RolloutSpec, max_instances), 1, ROLLOUT_INSTANCES_MAX,
     MAX_INSTANCES_DEFAULT},
    {"failures_allowed", offsetof(RolloutSpec, failures_allowed), 0, 1000, 0},
    {"unclear_allowed", offsetof(RolloutSpec, unclear_allowed), 0, 1000, UNCLEAR_ALLOWED_DEFAULT},
};

typedef struct {
    const char *key;
    size_t offset;
    const char *const *names;
} Choice;

static const Choice choices[] = {
    {"on_failure", offsetof(RolloutSpec, on_failure), on_failure_names},
    {"on_inconclusive", offsetof(RolloutSpec, on_inconclusive), on_unclear_names},
    {"on_no_data", offsetof(RolloutSpec, on_no_data), on_unclear_names},
    {"on_error", offsetof(RolloutSpec, on_error), on_unclear_names},
};

#define MEMBER(spec, offset, type) (*(type *) ((char *) (spec) + (offset)))

int
portion_of(const Portion *portion, int all)
{
    int count = portion->percent >= 0 ? (int) (((int64_t) all * portion->percent + 99) / 100)
                                      : portion->count;
    return CLAMP(count, MIN(1, all), all);
}

char *
portion_text(const Portion *portion)
{
    return portion->percent >= 0 ? g_strdup_printf("%d%%", portion->percent)
                                 : g_strdup_printf("%d", portion->count);
}

bool
portion_from_json(const json_t *json, const char *what, Portion *ret, GError **error)
{
    int64_t count = json_get_int(json, "count", -1), percent = json_get_int(json, "percent", -1);

    if ((count < 1 || count > ROLLOUT_INSTANCES_MAX) == (percent < 1 || percent > 100))
        return fail(error, ERR_INVALID,
                    "%s is neither a count of instances (1 to %d) nor a share (1%% to 100%%)", what,
                    ROLLOUT_INSTANCES_MAX);
    *ret = (Portion){.count = (int) count, .percent = (int) percent};
    return true;
}

static json_t *
portion_to_json(const Portion *portion)
{
    return portion->percent >= 0 ? json_pack("{s:i}", "percent", portion->percent)
                                 : json_pack("{s:i}", "count", portion->count);
}

/* ---- reading ---- */

static bool
read_numbers(const json_t *json, RolloutSpec *spec, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
        int64_t value = json_get_int(json, spans[i].key, spans[i].fallback);
        if (value < spans[i].least)
            return fail(error, ERR_INVALID, "'%s' is %" G_GINT64_FORMAT ", expected at least %d",
                        spans[i].key, value, (int) spans[i].least);
        MEMBER(spec, spans[i].offset, int64_t) = value;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        int64_t value = json_get_int(json, counts[i].key, counts[i].fallback);
        if (value < counts[i].least || value > counts[i].most)
            return fail(error, ERR_INVALID, "'%s' is %" G_GINT64_FORMAT ", expected %d to %d",
                        counts[i].key, value, counts[i].least, counts[i].most);
        MEMBER(spec, counts[i].offset, int) = (int) value;
    }
    return true;
}

static bool
read_choices(const json_t *json, RolloutSpec *spec, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        const Choice *choice = &choices[i];
        const char *said = json_get_string(json, choice->key, choice->names[0]);
        unsigned found = 0;
        while (found < 3 && strcmp(choice->names[found], said) != 0)
            found++;
        if (found == 3)
            return fail(error, ERR_INVALID, "'%s' is '%s', expected %s, %s or %s", choice->key,
                        said, choice->names[0], choice->names[1], choice->names[2]);
        MEMBER(spec, choice->offset, unsigned) = found;
    }
    return true;
}

static bool
read_steps(const json_t *json, RolloutSpec *spec, GError **error)
{
    g_autoptr(json_t) own = json_loads(spec->strategy->steps, 0, NULL);
    const json_t *steps = json_object_get(json, "steps");
    int64_t bake_ms = json_get_int(json, "bake_ms", BAKE_MS_DEFAULT);
    json_t *step;
    size_t i;

    if (json_array_size(steps) == 0)
        steps = own;
    if (json_array_size(steps) > ROLLOUT_STEPS_MAX)
        return fail(error, ERR_INVALID, "%zu steps of a rollout, at most %d are allowed",
                    json_array_size(steps), ROLLOUT_STEPS_MAX);
    json_array_foreach(steps, i, step)
    {
        g_autofree char *what = g_strdup_printf("step %zu of the rollout", i + 1);
        RolloutStep *to = &spec->steps[i];
        if (!portion_from_json(step, what, &to->portion, error))
            return false;
        to->bake_ms = MAX(json_get_int(step, "bake_ms", bake_ms), 0);
        to->gate = g_strdup(json_get_string(step, "gate", NULL));
        spec->step_count++;
    }
    return true;
}

bool
rollout_spec_from_json(const json_t *json, RolloutSpec **ret, GError **error)
{
    g_autoptr(RolloutSpec) spec = g_new0(RolloutSpec, 1);
    const char *name = json_get_string(json, "strategy", "canary");
    const json_t *min_healthy = json_object_get(json, "min_healthy");

    spec->strategy = rollout_strategy_by_name(name);
    if (spec->strategy == NULL) {
        g_autofree char *known = g_strjoinv(", ", (char **) rollout_strategy_names());
        return fail(error, ERR_INVALID, "no rollout strategy '%s', expected one of: %s", name,
                    known);
    }
    spec->min_healthy.percent = 100;
    if (!read_numbers(json, spec, error) || !read_choices(json, spec, error) ||
        !read_steps(json, spec, error) ||
        (min_healthy != NULL &&
         !portion_from_json(min_healthy, "'min_healthy'", &spec->min_healthy, error)))
        return false;
    *ret = g_steal_pointer(&spec);
    return true;
}

void
rollout_spec_free(RolloutSpec *spec)
{
    if (spec == NULL)
        return;
    for (int i = 0; i < ROLLOUT_STEPS_MAX; i++)
        g_free(spec->steps[i].gate);
    g_free(spec);
}

json_t *
rollout_spec_to_json(const RolloutSpec *spec)
{
    json_t *json = json_object(), *steps = json_array();

    json_set_string(json, "strategy", spec->strategy->name);
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        json_set_int(json, spans[i].key, MEMBER(spec, spans[i].offset, int64_t));
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        json_set_int(json, counts[i].key, MEMBER(spec, counts[i].offset, int));
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++)
        json_set_string(json, choices[i].key,
                        choices[i].names[MEMBER(spec, choices[i].offset, unsigned)]);
    json_object_set_new(json, "min_healthy", portion_to_json(&spec->min_healthy));
    for (int i = 0; i < spec->step_count; i++) {
        json_t *step = portion_to_json(&spec->steps[i].portion);
        json_set_int(step, "bake_ms", spec->steps[i].bake_ms);
        json_set_string(step, "gate", spec->steps[i].gate);
        json_array_append_new(steps, step);
    }
    json_object_set_new(json, "steps", steps);
    return json;
}

/* ---- for people ---- */

int64_t
rollout_estimate_ms(const RolloutSpec *spec)
{
    int64_t sum = spec->soak_ms;
    for (int i = 0; i < spec->step_count; i++)
        sum += spec->steps[i].bake_ms + spec->min_ready_ms + spec->interval_ms;
    return sum;
}

char *
rollout_spec_text(const RolloutSpec *spec)
{
    g_autoptr(GString) text = g_string_new(spec->strategy->name);
    g_autofree char *interval = text_duration(spec->interval_ms);
    g_autofree char *soak = text_duration(spec->soak_ms);

    g_string_append(text, spec->step_count == 1 ? " in one step: " : " in steps: ");
    for (int i = 0; i < spec->step_count; i++) {
        g_autofree char *portion = portion_text(&spec->steps[i].portion);
        g_autofree char *bake = text_duration(spec->steps[i].bake_ms);
        g_string_append_printf(text, "%s%s for %s%s", i > 0 ? ", " : "", portion, bake,
                               spec->steps[i].gate != NULL ? " and a person's word" : "");
    }
    g_string_append_printf(
        text, "; at most %d instance%s at a time; checked every %s, %d failed check%s allowed",
        spec->max_instances, spec->max_instances == 1 ? "" : "s", interval, spec->failures_allowed,
        spec->failures_allowed == 1 ? "" : "s");
    if (spec->soak_ms > 0)
        g_string_append_printf(text, "; soaks for %s", soak);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
