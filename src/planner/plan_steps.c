/* plan_steps.c - the steps of a plan: the recipe's parts, with the agent's names and params. */
#include "planner/changes.h"
#include "planner/draft.h"
#include "planner/services.h"

#include <string.h>

static void
add_label(json_t *labels, const char *store)
{
    g_autofree char *label = g_strconcat("store:", store, NULL);
    if (!json_holds(labels, label))
        json_array_append_new(labels, json_string(label));
}

static json_t *
labels_of(const Slice *slice, unsigned datasets)
{
    json_t *labels = json_array();
    if (datasets & TOUCHES_SOURCE)
        add_label(labels, slice->source.store);
    if (datasets & TOUCHES_TARGET)
        add_label(labels, slice->target.store);
    return labels;
}

/* Who changes code must reach it, and counts against what its repositories bear. */
static void
add_repositories(const Draft *draft, json_t *step)
{
    g_autoptr(json_t) labels = changes_labels(draft->changes);
    json_array_extend(json_object_get(step, "needs"), labels);
    json_array_extend(json_object_get(step, "uses"), labels);
}

/* Who rolls services out must reach their target, and counts against what it bears. */
static void
add_targets(const Draft *draft, json_t *step)
{
    g_autoptr(json_t) labels = services_labels(draft->services);
    g_autofree char *summary = services_summary(draft->services);
    g_autofree char *text = g_strdup_printf("let %s run the new revision, bit by bit", summary);

    json_array_extend(json_object_get(step, "needs"), labels);
    json_array_extend(json_object_get(step, "uses"), labels);
    json_set_string(step, "text", text);
}

static bool
is_taken(const Draft *draft, const char *name)
{
    for (int i = 0; i < ACTION_COUNT; i++)
        if (g_strcmp0(json_get_string(draft->agent.given[i], "name", NULL), name) == 0)
            return true;
    return false;
}

/* The agent's name for the step, or the recipe's, if the agent does not use that for another. */
static char *
step_name(const Draft *draft, const Part *part)
{
    const char *given = json_get_string(draft->agent.given[part->action], "name", NULL);
    char *name = g_strdup(given != NULL ? given : part->name);

    while (given == NULL && is_taken(draft, name)) {
        char *longer = g_strconcat("honk-", name, NULL);
        g_free(name);
        name = longer;
    }
    return name;
}

static char *
step_text(const Draft *draft, const Part *part)
{
    if (part->action != ACTION_REWRITE)
        return recipe_text(part, draft->slice, &draft->made);
    g_autofree char *summary = changes_summary(draft->changes);
    return g_strdup_printf("change the code of consumers, each on a branch of its own: %s",
                           summary);
}

static json_t *
make_step(const Draft *draft, const Part *part, const char *after)
{
    const Slice *slice = draft->slice;
    const ActionInfo *info = action_info(part->action);
    const json_t *given = json_object_get(draft->agent.given[part->action], "params");
    g_autofree char *name = step_name(draft, part);
    g_autofree char *text = step_text(draft, part);
    g_autofree char *reverse = recipe_reverse_text(part, slice, &draft->made);
    json_t *step = json_object();

    json_set_string(step, "name", name);
    json_set_string(step, "action", info->name);
    json_object_set_new(step, "params", recipe_params(part, slice, &draft->made, given));
    json_object_set_new(step, "after", after != NULL ? json_pack("[s]", after) : json_array());
    json_object_set_new(step, "needs", labels_of(slice, part->touches));
    json_object_set_new(step, "uses", labels_of(slice, part->writes));
    if (part->action == ACTION_REWRITE || part->action == ACTION_BUILDS ||
        part->action == ACTION_PROPOSE)
        add_repositories(draft, step);
    json_object_set_new(step, "reverse",
                        json_pack("{s:s?, s:s}", "action", part->reverse, "text", reverse));
    json_set_bool(step, "irreversible", info->reverse == REVERSE_IMPOSSIBLE);
    json_set_string(step, "text", text);
    if (part->action == ACTION_ROLLOUT)
        add_targets(draft, step);
    if (part->action == ACTION_RETIRE)
        json_object_set_new(json_object_get(step, "params"), "drop", draft_retired(draft));
    return step;
}

void
draft_put_steps(const Draft *draft, json_t *plan)
{
    json_t *steps = json_array(), *irreversible = json_array();
    const char *last = NULL;

    for (size_t i = 0; i < recipe_count; i++) {
        if (!draft_has_part(draft, &recipe[i]))
            continue;
        json_t *step = make_step(draft, &recipe[i], last);
        last = json_get_string(step, "name", NULL);
        json_array_append_new(steps, step);
        if (action_info(recipe[i].action)->reverse == REVERSE_IMPOSSIBLE)
            json_array_append_new(irreversible, json_string(last));
    }
    json_object_set_new(plan, "steps", steps);
    json_object_set_new(plan, "irreversible", irreversible);
}
