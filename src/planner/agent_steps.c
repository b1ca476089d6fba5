/*
 * agent_steps.c - an agent may be any program: nothing that it says is believed unlooked.
 *
 * An agent may name steps, leave out params and steps, and tune numbers. It may not name other
 * datasets than the migration does, nor change the order in which things are safe.
 */
#include "planner/agent_steps.h"

#include "base/limits.h"
#include "base/text.h"
#include "model/config_fleet.h"

#include <string.h>

#define AGENT_STEPS_MAX 100 /* each action once: more is a mistake, and not read to its end */

typedef struct {
    const char *agent;
    const Slice *slice;
    Diags *diags;
    AgentSteps *steps;
    const Part *last; /* of the steps seen so far */
} Reading;

typedef struct {
    const char *name;
    int64_t min, max;
} IntParam;

static const IntParam int_params[] = {
    {"range_ms", 50, 10 * 60 * 1000}, /* a lost worker costs one range */
    {"differences_max", 1, 1000},     /* they are shown to a person */
    {"max_instances", 1, FLEET_INSTANCES_MAX},
};

static void find(const Reading *reading, const char *code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void
find(const Reading *reading, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(reading->diags, DIAG_ERROR, code, NULL, 0, 0, "agent '%s': %s", reading->agent,
              message);
}

/* ", did you mean 'x'?" or nothing. Caller frees. */
static char *
did_you_mean(const char *word, const char *const *candidates)
{
    const char *near = text_nearest(word, candidates);
    return near != NULL ? g_strdup_printf(", did you mean '%s'?", near) : g_strdup("");
}

static void
check_dataset_param(const Reading *reading, const char *step, const char *param,
                    const json_t *value, const Dataset *dataset)
{
    const char *said = json_is_string(value) ? json_string_value(value) : "";
    if (dataset->ref != NULL && !dataset_is_called(dataset, said))
        find(reading, "conflicting-param", "step '%s': %s is '%s', but the migration's is '%s'",
             step, param, said, dataset->ref);
}

static void
check_mapping_param(const Reading *reading, const char *step, const json_t *value)
{
    const char *said = json_is_string(value) ? json_string_value(value) : "";
    const char *path = reading->slice->mapping_path;
    if (path == NULL)
        find(reading, "conflicting-param",
             "step '%s': mapping_file is '%s', but the migration has no spec.mapping_file", step,
             said);
    else if (strcmp(said, path) != 0)
        find(reading, "conflicting-param",
             "step '%s': mapping_file is '%s', but the migration's is '%s'", step, said, path);
}

static void
check_int_param(const Reading *reading, const char *step, const char *param, const json_t *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(int_params); i++) {
        const IntParam *known = &int_params[i];
        if (strcmp(known->name, param) != 0)
            continue;
        if (!json_is_integer(value) || json_integer_value(value) < known->min ||
            json_integer_value(value) > known->max)
            find(reading, "invalid-param",
                 "step '%s': %s must be a whole number from %" G_GINT64_FORMAT
                 " to %" G_GINT64_FORMAT,
                 step, param, known->min, known->max);
    }
}

static void
check_text_param(const Reading *reading, const char *step, const char *param, const json_t *value)
{
    const char *said = json_is_string(value) ? json_string_value(value) : "";
    if (*said == '\0')
        find(reading, "invalid-param", "step '%s': %s must be a text", step, param);
    else if (strcmp(param, "rollout_strategy") == 0 && !g_strv_contains(fleet_strategies, said)) {
        g_autofree char *known = g_strjoinv(", ", (char **) fleet_strategies);
        find(reading, "invalid-param", "step '%s': %s is '%s', expected one of: %s", step, param,
             said, known);
    }
}

static void
check_param(const Reading *reading, const Part *part, const char *step, const char *param,
            const json_t *value)
{
    for (size_t i = 0; part->params[i] != NULL; i++) {
        if (strcmp(part->params[i], param) != 0)
            continue;
        if (strcmp(param, "source") == 0)
            check_dataset_param(reading, step, param, value, &reading->slice->source);
        else if (strcmp(param, "target") == 0)
            check_dataset_param(reading, step, param, value, &reading->slice->target);
        else if (strcmp(param, "mapping_file") == 0)
            check_mapping_param(reading, step, value);
        else if (strcmp(param, "rollout_strategy") == 0 || strcmp(param, "group") == 0)
            check_text_param(reading, step, param, value);
        else
            check_int_param(reading, step, param, value);
        return;
    }
    g_autofree char *hint = did_you_mean(param, part->params);
    find(reading, "unknown-param", "step '%s': action '%s' takes no '%s'%s", step,
         action_info(part->action)->name, param, hint);
}

static const Part *
find_part(const Reading *reading, const char *step, const char *action)
{
    const char *names[ACTION_COUNT + 1] = {NULL};
    size_t count = 0;

    for (size_t i = 0; i < recipe_count; i++) {
        if (recipe_part(recipe[i].action) != &recipe[i])
            continue; /* it stands further up, too */
        names[count] = action_info(recipe[i].action)->name;
        if (strcmp(names[count++], action) == 0)
            return &recipe[i];
    }
    g_autofree char *hint = did_you_mean(action, names);
    g_autofree char *known = g_strjoinv(", ", (char **) names);
    find(reading, "unknown-action", "step '%s': unknown action '%s'%s (there are %s)", step, action,
         hint, known);
    return NULL;
}

static void
place_step(Reading *reading, const Part *part, const char *step, const json_t *json)
{
    AgentSteps *steps = reading->steps;
    const char *name = action_info(part->action)->name;

    if (steps->given[part->action] != NULL) {
        find(reading, "repeated-action", "step '%s': a plan has one '%s', and there is one already",
             step, name);
        return;
    }
    if (reading->last != NULL && part < reading->last)
        find(reading, "order", "step '%s': '%s' belongs before '%s'", step, name,
             action_info(reading->last->action)->name);
    steps->given[part->action] = json;
    reading->last = part;
    if (part->action != ACTION_TRANSFORM && part->action != ACTION_COPY)
        return;
    if (steps->fill != NULL)
        find(reading, "two-fills",
             "step '%s': a plan fills its target once, by 'transform' or by 'copy'", step);
    steps->fill = part;
}

/* A name is shown to people and is what a step is called by: short, printable, and no two alike. */
static bool
name_is_fit(const char *name)
{
    bool is_fit = *name != '\0' && strlen(name) <= NAME_BYTES_MAX;
    for (const char *at = name; *at != '\0' && is_fit; at = g_utf8_next_char(at))
        is_fit = g_unichar_isprint(g_utf8_get_char(at));
    return is_fit;
}

static void
check_name(const Reading *reading, const char *what, const json_t *json)
{
    const json_t *name = json_object_get(json, "name");
    if (name != NULL && (!json_is_string(name) || !name_is_fit(json_string_value(name))))
        find(reading, "invalid-name", "the name of %s must be 1 to %d printable characters", what,
             NAME_BYTES_MAX);
}

static void
check_step_name(const Reading *reading, size_t index, const json_t *steps)
{
    const char *name = json_get_string(json_array_get(steps, index), "name", NULL);
    g_autofree char *what = g_strdup_printf("step %zu", index + 1);
    json_t *other;
    size_t i;

    check_name(reading, what, json_array_get(steps, index));
    json_array_foreach(steps, i,
                       other) if (i < index && name != NULL &&
                                  g_strcmp0(json_get_string(other, "name", NULL), name) == 0)
    {
        find(reading, "repeated-name", "steps %zu and %zu are both called '%s'", i + 1, index + 1,
             name);
        return;
    }
}

static void
read_step(Reading *reading, size_t index, const json_t *json)
{
    g_autofree char *fallback = g_strdup_printf("%zu", index + 1);
    const char *name = json_get_string(json, "name", fallback);
    const char *action = json_get_string(json, "action", NULL);
    const json_t *params = json_object_get(json, "params");

    if (!json_is_object(json) || action == NULL) {
        find(reading, "invalid-step", "step '%s' has no action", name);
        return;
    }
    if (params != NULL && !json_is_object(params)) {
        find(reading, "invalid-step", "step '%s': params is not an object", name);
        return;
    }
    const Part *part = find_part(reading, name, action);
    if (part == NULL)
        return;
    const char *param;
    json_t *value;
    json_object_foreach((json_t *) params, param, value)
        check_param(reading, part, name, param, value);
    place_step(reading, part, name, json);
}

void
agent_steps_read(const json_t *agent_plan, const Slice *slice, Diags *diags, AgentSteps *ret)
{
    g_autoptr(GError) missing = NULL;
    json_t *steps, *step;
    size_t i;
    Reading reading = {
        .agent = json_get_string(agent_plan, "agent", "unnamed"),
        .slice = slice,
        .diags = diags,
        .steps = ret,
    };

    *ret = (AgentSteps){0};
    if (!json_need_array(agent_plan, "steps", "plan", &steps, &missing)) {
        find(&reading, "invalid-plan", "%s", missing->message);
        return;
    }
    if (json_array_size(steps) > AGENT_STEPS_MAX) {
        find(&reading, "invalid-plan", "the plan has %zu steps, at most %d are possible",
             json_array_size(steps), AGENT_STEPS_MAX);
        return;
    }
    check_name(&reading, "the plan", agent_plan);
    json_array_foreach(steps, i, step)
    {
        check_step_name(&reading, i, steps);
        read_step(&reading, i, step);
    }
    if (json_array_size(steps) == 0)
        find(&reading, "empty-plan", "the plan has no steps");
}
