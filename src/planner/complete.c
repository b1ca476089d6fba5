/*
 * complete.c - from the steps that an agent thought of to a whole plan.
 *
 * The agent says what becomes of rows, code and services; the core puts around it what makes that
 * safe, in the order of recipe.c. What the agent gave is kept where it stands in that order. Which
 * parts a plan has is decide.c, its steps are plan_steps.c, the rest of it is document.c.
 */
#include "planner/changes.h"
#include "planner/draft.h"
#include "planner/guards.h"
#include "planner/planner.h"
#include "planner/services.h"

#include <string.h>

void
draft_clear(Draft *draft)
{
    g_free(draft->made.stage);
    g_free(draft->made.kept);
    json_decref(draft->guards);
    json_decref(draft->consumers);
    json_decref(draft->changes);
    json_decref(draft->services);
}

/* Names that no one else uses and that the same slice gives again; or those that the slice asks for. */
static bool
make_names(Draft *draft, GError **error)
{
    const Slice *slice = draft->slice;
    const char *asked = json_get_string(draft->slice_json, "stage", NULL);
    if (!draft_moves_rows(draft))
        return true;
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

/* What runs now must run when it is rolled out. */
static bool
guard_services(Draft *draft, GError **error)
{
    g_autofree char *guard = NULL;
    if (draft->services == NULL)
        return true;
    if (!services_guard(draft->services, &guard, error))
        return false;
    json_set_string(draft->guards, "services", guard);
    return true;
}

/* Everything that needs no mapping. */
static bool
check_all(Draft *draft, const json_t *agent_plan, GError **error)
{
    if (draft->slice->strategy == NULL)
        diags_add(draft->diags, DIAG_ERROR, "missing-field", NULL, 0, 0,
                  "spec.migration_strategy is missing");
    agent_steps_read(agent_plan, draft->slice, draft->diags, &draft->agent);
    draft_decide(draft);
    return diags_to_error(draft->diags, error);
}

/* Rows that change while others are copied are found by key. */
static bool
check_can_follow(Draft *draft, GError **error)
{
    g_autoptr(Schema) key = NULL;
    g_autoptr(GPtrArray) from = NULL;
    g_autoptr(GError) reason = NULL;
    if (!draft->is_live ||
        program_kept_key(draft->slice->program, draft->slice->source.schema, &key, &from, &reason))
        return true;
    diags_add(draft->diags, DIAG_ERROR, "cannot-follow", NULL, 0, 0,
              "spec.consistency is '%s', but %s",
              json_get_string(draft->slice->spec, "consistency", ""), reason->message);
    return diags_to_error(draft->diags, error);
}

/* Why rows that are written to the target could not be carried back; NULL: they can be. Caller frees. */
static char *
why_not_back(const Draft *draft)
{
    const Slice *slice = draft->slice;
    g_autoptr(MappingSet) inverse = NULL;
    g_autoptr(GError) reason = NULL;
    const Dataset *lacking = !dataset_can(&slice->source, "carry")   ? &slice->source
                             : !dataset_can(&slice->target, "carry") ? &slice->target
                                                                     : NULL;
    if (!draft_moves_rows(draft) || slice->is_in_place || !draft->is_frozen)
        return g_strdup("that needs rows that move from one dataset into another one, and a source "
                        "that is frozen then");
    if (lacking != NULL)
        return g_strdup_printf("store '%s' (%s) cannot", lacking->store, lacking->driver);
    if (mapping_inverse(slice->program, slice->source.schema, &inverse, &reason))
        return NULL;
    return g_strdup(reason->message);
}

static bool
decide_reverse_sync(Draft *draft, GError **error)
{
    const json_t *asked = json_object_get(draft->slice->spec, "reverse_sync");
    if (asked != NULL && !json_is_boolean(asked))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.reverse_sync must be true or false");
    if (!json_is_true(asked))
        return diags_to_error(draft->diags, error);
    g_autofree char *why = why_not_back(draft);
    draft->carries_back = why == NULL;
    if (why != NULL)
        diags_add(
            draft->diags, DIAG_WARNING, "no-reverse-sync", NULL, 0, 0,
            "spec.reverse_sync is true, but rows written to '%s' cannot be carried back: %s; a "
            "rollback counts them, and a person decides",
            draft->slice->target.url, why);
    return true;
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
    draft.changes = changes_planned(slice_json);
    draft.services = services_planned(slice_json);
    draft.agent_name = json_get_string(agent_plan, "agent", "unnamed");
    draft.plan_name = json_get_string(agent_plan, "name", NULL);
    if (!check_all(&draft, agent_plan, error))
        return false;
    if (!slice_bind_mapping(slice, !draft_has_mapping(&draft), diags, error) ||
        !diags_to_error(diags, error) || !check_can_follow(&draft, error) ||
        !decide_reverse_sync(&draft, error) ||
        !guards_make(slice_json, draft_has_mapping(&draft), slice->strategy, draft.agent_name,
                     &draft.guards, error))
        return false;
    draft.consumers = guards_consumers(slice_json);
    services_wish(draft.services, json_object_get(draft.agent.given[ACTION_ROLLOUT], "params"));
    if (!guard_services(&draft, error) || !make_names(&draft, error))
        return false;
    g_autoptr(json_t) document = draft_document(&draft);
    return plan_from_json(document, ret, error);
}
