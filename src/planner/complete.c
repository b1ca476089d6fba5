/*
 * complete.c - from the steps that an agent thought of to a whole plan.
 *
 * The agent says what fills the target; the core puts around it what makes that safe, in the order
 * of recipe.c: validate, freeze (where the source can), stage, fill, compare, swap, retire. What
 * the agent gave is kept where it stands in that order.
 */
#include "base/text.h"
#include "model/entity.h"
#include "planner/agent_steps.h"
#include "planner/guards.h"
#include "planner/planner.h"
#include "planner/risks.h"

#include <string.h>

#define SOAK_MS_DEFAULT 0
#define ROLLBACK_WINDOW_MS_DEFAULT (24 * 60 * 60 * 1000)
#define RETENTION_MS_DEFAULT (14 * 24 * 60 * 60 * 1000)

/* Fields of the entity that this program reads, for "did you mean". */
static const char *const spec_fields[] = {
    "type",         "owner",       "source_dataset", "target_dataset", "migration_strategy",
    "mapping_file", "fleet_group", "consistency",    "retire",         NULL,
};
/* Fields that belong to Backstage. */
static const char *const other_fields[] = {
    "lifecycle",    "system",       "dependsOn",   "dependencyOf", "subcomponentOf",
    "providesApis", "consumesApis", "description", NULL,
};

typedef struct {
    const Slice *slice;
    const json_t *slice_json;
    AgentSteps agent;
    Diags *diags;
    bool is_frozen, retires;
    const char *agent_name, *plan_name;
    MadeNames made;
    json_t *guards, *consumers;
} Draft;

static void
draft_clear(Draft *draft)
{
    g_free(draft->made.stage);
    g_free(draft->made.kept);
    json_decref(draft->guards);
    json_decref(draft->consumers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draft, draft_clear)

static bool
is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* A field that nobody knows but that is nearly one of ours was meant to be it. */
static void
check_fields(const json_t *spec, Diags *diags)
{
    const char *field;
    json_t *value;

    json_object_foreach((json_t *) spec, field, value)
    {
        if (is_one_of(field, spec_fields) || is_one_of(field, other_fields))
            continue;
        const char *near = text_nearest(field, spec_fields);
        if (near != NULL && json_object_get(spec, near) == NULL)
            diags_add(diags, DIAG_ERROR, "unknown-field", NULL, 0, 0,
                      "spec.%s is not known, did you mean '%s'?", field, near);
    }
}

static void
decide_consistency(Draft *draft)
{
    const char *asked = json_get_string(draft->slice->spec, "consistency", NULL);
    bool agent_freezes = draft->agent.given[ACTION_FREEZE] != NULL;
    bool can = dataset_can(&draft->slice->source, "freeze");

    if (asked != NULL && strcmp(asked, "frozen") != 0 && strcmp(asked, "checked") != 0)
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.consistency is '%s', expected 'frozen' or 'checked'", asked);
    else if (!can && (agent_freezes || g_strcmp0(asked, "frozen") == 0))
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "%s asks for a freeze, but store '%s' (%s) cannot stop writers",
                  agent_freezes ? "the agent" : "spec.consistency",
                  draft->slice->source.store != NULL ? draft->slice->source.store : "?",
                  draft->slice->source.driver != NULL ? draft->slice->source.driver : "?");
    else if (agent_freezes && g_strcmp0(asked, "checked") == 0)
        diags_add(draft->diags, DIAG_ERROR, "conflicting-step", NULL, 0, 0,
                  "the agent freezes the source, but spec.consistency is 'checked'");
    draft->is_frozen = can && g_strcmp0(asked, "checked") != 0;
}

/* Addresses that `retire` drops. Caller owns. */
static json_t *
retired_objects(const Draft *draft)
{
    const Slice *slice = draft->slice;
    json_t *drop = json_array();

    if (!slice->is_in_place && dataset_can(&slice->source, "swap") && slice->source.url != NULL)
        json_array_append_new(drop, json_string(slice->source.url));
    if (slice->target.schema != NULL)
        json_array_append_new(drop, json_sprintf("%s:%s", slice->target.store,
                                                 draft->made.kept != NULL ? draft->made.kept : ""));
    return drop;
}

static void
decide_retire(Draft *draft)
{
    const json_t *asked = json_object_get(draft->slice->spec, "retire");
    g_autoptr(json_t) drop = retired_objects(draft);
    bool can = json_array_size(drop) > 0;

    if (asked != NULL && !json_is_boolean(asked))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.retire must be true or false");
    if (!can && (json_is_true(asked) || draft->agent.given[ACTION_RETIRE] != NULL))
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "nothing can be retired: store '%s' (%s) cannot drop a dataset",
                  draft->slice->source.store != NULL ? draft->slice->source.store : "?",
                  draft->slice->source.driver != NULL ? draft->slice->source.driver : "?");
    draft->retires = can && !json_is_false(asked);
}

/* What fills needs a mapping, or not. */
static void
check_mapping_is_there(const Draft *draft)
{
    const Slice *slice = draft->slice;
    if (draft->agent.fill == NULL || draft->agent.fill->action != ACTION_TRANSFORM)
        return;
    if (slice->mapping_path == NULL)
        diags_add(draft->diags, DIAG_ERROR, "missing-field", NULL, 0, 0,
                  "spec.mapping_file is missing: action 'transform' needs a mapping; "
                  "`honk mapping draft %s %s` writes a first one",
                  json_get_string(slice->spec, "source_dataset", "SOURCE"),
                  json_get_string(slice->spec, "target_dataset", "TARGET"));
    else if (slice->mapping_text == NULL)
        diags_add(draft->diags, DIAG_ERROR, "missing-mapping", slice->mapping_path, 0, 0,
                  "spec.mapping_file: there is no such file");
}

/* Names that no one else uses and that the same slice gives again; or those that the slice asks for. */
static bool
make_names(Draft *draft, GError **error)
{
    const Slice *slice = draft->slice;
    const char *asked = json_get_string(draft->slice_json, "stage", NULL);
    g_autofree char *digest = NULL;
    g_autoptr(json_t) seed =
        json_pack("{s:s, s:s, s:s, s:O}", "migration", slice->migration, "source",
                  slice->source.url, "target", slice->target.url, "guards", draft->guards);

    if (!json_digest(seed, &digest, error))
        return false;
    draft->made.stage = asked != NULL ? g_strdup(asked)
                                      : g_strdup_printf("%s__honk_%.8s", slice->target.object,
                                                        digest + strlen("sha256:"));
    draft->made.kept = g_strconcat(draft->made.stage, "_kept", NULL);
    return true;
}

static void
add_label(json_t *labels, const char *store)
{
    g_autofree char *label = g_strconcat("store:", store, NULL);
    json_t *known;
    size_t i;

    json_array_foreach(labels, i, known) if (strcmp(json_string_value(known), label) == 0) return;
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

/* The agent's name for the step, or the recipe's, if the agent does not use that for another. */
static char *
step_name(const Draft *draft, const Part *part)
{
    const char *given = json_get_string(draft->agent.given[part->action], "name", NULL);
    if (given != NULL)
        return g_strdup(given);
    for (int i = 0; i < ACTION_COUNT; i++)
        if (g_strcmp0(json_get_string(draft->agent.given[i], "name", NULL), part->name) == 0)
            return g_strconcat("honk-", part->name, NULL);
    return g_strdup(part->name);
}

static json_t *
make_step(const Draft *draft, const Part *part, const char *after)
{
    const Slice *slice = draft->slice;
    const ActionInfo *info = action_info(part->action);
    const json_t *given = json_object_get(draft->agent.given[part->action], "params");
    g_autofree char *name = step_name(draft, part);
    g_autofree char *text = recipe_text(part, slice, &draft->made);
    g_autofree char *reverse = recipe_reverse_text(part, slice, &draft->made);
    json_t *step = json_object();

    json_set_string(step, "name", name);
    json_set_string(step, "action", info->name);
    json_object_set_new(step, "params", recipe_params(part, slice, &draft->made, given));
    json_object_set_new(step, "after", after != NULL ? json_pack("[s]", after) : json_array());
    json_object_set_new(step, "needs", labels_of(slice, part->touches));
    json_object_set_new(step, "uses", labels_of(slice, part->writes));
    json_object_set_new(step, "reverse",
                        json_pack("{s:s?, s:s}", "action", part->reverse, "text", reverse));
    json_set_bool(step, "irreversible", info->reverse == REVERSE_IMPOSSIBLE);
    json_set_string(step, "text", text);
    if (part->action == ACTION_RETIRE)
        json_object_set_new(json_object_get(step, "params"), "drop", retired_objects(draft));
    return step;
}

static bool
has_part(const Draft *draft, const Part *part)
{
    switch (part->action) {
    case ACTION_FREEZE:
        return draft->is_frozen;
    case ACTION_TRANSFORM:
    case ACTION_COPY:
        return part == draft->agent.fill;
    case ACTION_RETIRE:
        return draft->retires;
    case ACTION_PLAN:
    case ACTION_PREFLIGHT:
    case ACTION_VALIDATE:
    case ACTION_STAGE:
    case ACTION_COMPARE:
    case ACTION_SWAP:
    case ACTION_SETTLE:
    case ACTION_COUNT:
        break;
    }
    return true;
}

static void
put_steps(const Draft *draft, json_t *plan)
{
    json_t *steps = json_array(), *irreversible = json_array();
    const char *last = NULL;

    for (size_t i = 0; i < recipe_count; i++) {
        if (!has_part(draft, &recipe[i]))
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

static json_t *
dataset_json(const Dataset *dataset)
{
    return json_pack("{s:s, s:s, s:s}", "ref", dataset->ref, "url", dataset->url, "driver",
                     dataset->driver != NULL ? dataset->driver : "");
}

static void
put_datasets(const Draft *draft, json_t *plan)
{
    json_t *target = dataset_json(&draft->slice->target);

    json_set_string(target, "stage", draft->made.stage);
    json_set_string(target, "kept", draft->made.kept);
    json_object_set_new(plan, "source", dataset_json(&draft->slice->source));
    json_object_set_new(plan, "target", target);
}

static const char *
place_name(Place place)
{
    switch (place) {
    case PLACE_SOURCE:
        return "source";
    case PLACE_MOVER:
        return "mover";
    case PLACE_TARGET:
        return "target";
    }
    g_assert_not_reached();
}

/* The rules in words, so that the plan can be read without this version of the program. */
static json_t *
mapping_columns(const Slice *slice)
{
    const GPtrArray *columns = program_columns(slice->program);
    json_t *ret = json_array();

    for (guint i = 0; i < columns->len; i++) {
        const ProgramColumn *column = columns->pdata[i];
        json_array_append_new(ret, json_pack("{s:s, s:s?, s:s, s:s?}", "target", column->target,
                                             "rule", column->rule, "place",
                                             place_name(column->place), "why", column->why));
    }
    return ret;
}

/* How many rows may be put aside: what the slice asks for, else what the mapping allows. */
static json_t *
quarantine_json(const Draft *draft)
{
    const Mapping *mapping = draft->slice->mapping;
    json_t *asked = json_object_get(draft->slice_json, "quarantine");
    if (asked != NULL)
        return json_deep_copy(asked);
    json_t *quarantine = json_object();
    json_set_int(quarantine, "rows_max", mapping_quarantine_rows_max(mapping));
    json_set_int(quarantine, "share_max_ppm", mapping_quarantine_share_max_ppm(mapping));
    return quarantine;
}

static void
put_mapping(const Draft *draft, json_t *plan)
{
    const Slice *slice = draft->slice;

    json_object_set_new(plan, "quarantine", quarantine_json(draft));
    if (draft->agent.fill->action == ACTION_COPY) {
        json_object_set_new(plan, "mapping", json_null());
        return;
    }
    json_t *mapping = json_object();
    json_set_string(mapping, "path", slice->mapping_path);
    json_object_set(mapping, "digest", json_object_get(draft->guards, "mapping"));
    json_set_string(mapping, "text", slice->mapping_text);
    json_object_set_new(mapping, "columns", mapping_columns(slice));
    json_set_string(mapping, "where", program_where(slice->program));
    if (json_object_size(mapping_dropped(slice->mapping)) > 0)
        json_object_set_new(mapping, "dropped", json_deep_copy(mapping_dropped(slice->mapping)));
    json_object_set_new(plan, "mapping", mapping);
}

static json_t *
copy_or(const json_t *value, json_t *fallback)
{
    if (value == NULL)
        return fallback;
    json_decref(fallback);
    return json_deep_copy(value);
}

static void
put_snapshot(const Draft *draft, json_t *plan)
{
    json_t *snapshot = json_object();
    const json_t *slice = draft->slice_json;

    json_object_set_new(snapshot, "source_schema",
                        copy_or(json_at(slice, "source.schema"), json_null()));
    json_object_set_new(snapshot, "target_schema",
                        copy_or(json_at(slice, "target.schema"), json_null()));
    json_object_set_new(snapshot, "source_identity",
                        copy_or(json_at(slice, "source.identity"), json_object()));
    json_object_set_new(plan, "snapshot", snapshot);
}

static void
put_times(const Draft *draft, json_t *plan)
{
    const json_t *policy = json_object_get(draft->slice_json, "policy");

    json_set_int(plan, "soak_ms", json_get_int(policy, "soak_ms", SOAK_MS_DEFAULT));
    json_set_int(plan, "rollback_window_ms",
                 json_get_int(policy, "rollback_window_ms", ROLLBACK_WINDOW_MS_DEFAULT));
    json_set_int(plan, "retention_ms", json_get_int(policy, "retention_ms", RETENTION_MS_DEFAULT));
}

static const char *
fleet_group(const Draft *draft)
{
    const char *field = json_get_string(draft->slice->spec, "fleet_group", NULL);
    return field != NULL
               ? field
               : json_get_string(json_at(draft->slice_json, "entity.metadata.annotations"),
                                 "fleet-manager/target-group", NULL);
}

static json_t *
make_document(const Draft *draft)
{
    const Slice *slice = draft->slice;
    json_t *plan = json_object();
    g_autofree char *name =
        g_strdup_printf("migrate-%s-to-%s", slice->source.name, slice->target.name);
    RiskFacts facts = {draft->is_frozen, draft->retires, draft->made.kept, draft->diags};

    json_set_string(plan, "apiVersion", "honk/v1");
    json_set_string(plan, "kind", "Plan");
    json_set_string(plan, "name", draft->plan_name != NULL ? draft->plan_name : name);
    json_set_string(plan, "migration", slice->migration);
    json_set_string(plan, "author", json_get_string(draft->slice_json, "author", ""));
    json_set_string(plan, "strategy", slice->strategy);
    json_set_string(plan, "agent", draft->agent_name);
    json_set_string(plan, "owner", slice->owner);
    json_set_string(plan, "fleet_group", fleet_group(draft));
    put_datasets(draft, plan);
    put_mapping(draft, plan);
    put_steps(draft, plan);
    put_snapshot(draft, plan);
    put_times(draft, plan);
    json_object_set(plan, "guards", draft->guards);
    json_object_set(plan, "consumers", draft->consumers);
    json_set_string(plan, "consistency", draft->is_frozen ? "frozen" : "checked");
    json_object_set_new(plan, "risks", risks_list(slice, &facts));
    return plan;
}

/* Everything that needs no mapping. */
static bool
check_all(Draft *draft, const json_t *agent_plan, GError **error)
{
    if (draft->slice->strategy == NULL)
        diags_add(draft->diags, DIAG_ERROR, "missing-field", NULL, 0, 0,
                  "spec.migration_strategy is missing");
    check_fields(draft->slice->spec, draft->diags);
    if (!agent_steps_read(agent_plan, draft->slice, draft->diags, &draft->agent, error))
        return false;
    check_mapping_is_there(draft);
    decide_consistency(draft);
    decide_retire(draft);
    return diags_to_error(draft->diags, error);
}

bool
planner_complete(const json_t *slice_json, const json_t *agent_plan, Diags *diags, Plan **ret,
                 GError **error)
{
    g_autoptr(Slice) slice = NULL;
    g_auto(Draft) draft = {.slice_json = slice_json, .diags = diags};

    if (!slice_read(slice_json, diags, &slice, error))
        return false;
    draft.slice = slice;
    draft.agent_name = json_get_string(agent_plan, "agent", "unnamed");
    draft.plan_name = json_get_string(agent_plan, "name", NULL);
    if (!check_all(&draft, agent_plan, error))
        return false;
    bool is_copy = draft.agent.fill->action == ACTION_COPY;
    if (!slice_bind_mapping(slice, is_copy, diags, error) || !diags_to_error(diags, error) ||
        !guards_make(slice_json, !is_copy, slice->strategy, draft.agent_name, &draft.guards, error))
        return false;
    draft.consumers = guards_consumers(slice_json);
    if (!make_names(&draft, error))
        return false;
    g_autoptr(json_t) document = make_document(&draft);
    return plan_from_json(document, ret, error);
}
