/*
 * decide.c - what a plan consists of: the agent's wishes, the entity's fields and what the stores
 * can do, brought together.
 */
#include "base/text.h"
#include "model/throttle.h"
#include "planner/changes.h"
#include "planner/draft.h"
#include "planner/services.h"

#include <string.h>

/* Fields of the entity that this program reads, for "did you mean". */
static const char *const spec_fields[] = {
    "type",
    "owner",
    "source_dataset",
    "target_dataset",
    "migration_strategy",
    "mapping_file",
    "fleet_group",
    "consistency",
    "retire",
    "reverse_sync",
    "throttle",
    "left_behind_max",
    NULL,
};
/* Fields that belong to Backstage. */
static const char *const other_fields[] = {
    "lifecycle",    "system",       "dependsOn",   "dependencyOf", "subcomponentOf",
    "providesApis", "consumesApis", "description", NULL,
};

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

bool
draft_moves_rows(const Draft *draft)
{
    return draft->agent.fill != NULL;
}

bool
draft_has_mapping(const Draft *draft)
{
    if (draft_moves_rows(draft))
        return draft->agent.fill->action == ACTION_TRANSFORM;
    return draft->slice->mapping_path != NULL;
}

/* Rows are followed by key, from a store that notes writes into one that takes rows out again. */
static void
tell_how(const Draft *draft, const char *asked)
{
    const Slice *slice = draft->slice;
    const json_t *source = json_object_get(slice->json, "source");
    const char *why = json_get_string(source, "no_log", "nobody could look");
    const char *alone = json_get_string(source, "no_mirror", "nobody could look");
    if (strcmp(asked, "dual-write") == 0 && !slice_mirrors(slice))
        diags_add(draft->diags, DIAG_WARNING, "no-mirror", NULL, 0, 0,
                  "spec.consistency is 'dual-write', but who writes to '%s' cannot write to '%s' "
                  "as well: "
                  "%s; what is written is copied until writers are stopped instead, as with 'live'",
                  slice->source.url, slice->target.url, alone);
    if (strcmp(asked, "live-sync") == 0 && !slice_reads_log(slice))
        diags_add(
            draft->diags, DIAG_WARNING, "no-log", NULL, 0, 0,
            "spec.consistency is 'live-sync', but the log of '%s' cannot be read: %s; triggers "
            "note what is written instead, as with 'live'",
            slice->source.url, why);
}

static void
decide_live(Draft *draft)
{
    const Slice *slice = draft->slice;
    const char *asked = json_get_string(slice->spec, "consistency", "");
    const Dataset *lacking = !dataset_can(&slice->source, "watch")    ? &slice->source
                             : !dataset_can(&slice->target, "follow") ? &slice->target
                                                                      : NULL;
    const char *no_notes =
        json_get_string(json_object_get(slice->json, "source"), "no_notes", NULL);
    draft->is_live = slice_is_live(slice);
    if (!draft->is_live && !slice_holds(slice) && draft->agent.given[ACTION_WATCH] != NULL)
        diags_add(draft->diags, DIAG_ERROR, "conflicting-step", NULL, 0, 0,
                  "the agent notes what is written to the source, but spec.consistency is none of "
                  "'live', 'live-sync', 'dual-write' and 'snapshot'");
    if (!draft->is_live)
        return;
    if (!draft_moves_rows(draft) || slice->is_in_place)
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.consistency is '%s', but %s", asked,
                  slice->is_in_place ? "a table whose columns change where it is cannot be followed"
                                     : "no rows move");
    else if (lacking != NULL)
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "spec.consistency is '%s', but store '%s' (%s) cannot %s", asked,
                  lacking->store != NULL ? lacking->store : "?",
                  lacking->driver != NULL ? lacking->driver : "?",
                  lacking == &slice->source ? "note what is written to it"
                                            : "take rows out of a stage");
    else if (no_notes != NULL && !slice_reads_log(slice))
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "spec.consistency is '%s', but what is written to '%s' cannot be noted: %s",
                  asked, slice->source.url, no_notes);
    else
        tell_how(draft, asked);
}

/* How many changes may come after the snapshot is for people to say, and only where somebody counts them. */
static void
check_left_behind(const Draft *draft)
{
    const Slice *slice = draft->slice;
    const json_t *most = json_object_get(slice->spec, "left_behind_max");
    const char *why =
        json_get_string(json_object_get(slice->json, "source"), "no_notes", "nobody could look");
    if (most != NULL && (!json_is_integer(most) || json_integer_value(most) < 0))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.left_behind_max must be a whole number from 0");
    else if (most != NULL && !draft->holds)
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.left_behind_max is for consistency 'snapshot'");
    else if (most != NULL && !slice_counts_changes(slice))
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "spec.left_behind_max: nobody can count what is written to '%s' meanwhile: %s",
                  slice->source.url, why);
    else if (draft->holds && !slice_counts_changes(slice))
        diags_add(draft->diags, DIAG_WARNING, "no-count", NULL, 0, 0,
                  "nobody can count what is written to '%s' after the snapshot: %s",
                  slice->source.url, why);
}

static void
decide_snapshot(Draft *draft)
{
    const Slice *slice = draft->slice;
    draft->holds = slice_holds(slice);
    if (draft->holds && (!draft_moves_rows(draft) || slice->is_in_place))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.consistency is 'snapshot', but %s",
                  slice->is_in_place
                      ? "a table whose columns change where it is would lose what is written to it"
                      : "no rows move");
    else if (draft->holds && !dataset_can(&slice->source, "snapshot"))
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "spec.consistency is 'snapshot', but none of '%s' can be held: %s",
                  slice->source.url,
                  json_get_string(json_object_get(slice->json, "source"), "no_snapshot",
                                  "nobody could look"));
    else
        check_left_behind(draft);
}

/* Those that do not stop its writers before its rows are read. */
static bool
lets_writers_go_on(const char *asked)
{
    return g_strcmp0(asked, "checked") == 0 || g_strcmp0(asked, "snapshot") == 0;
}

static void
decide_consistency(Draft *draft)
{
    const char *asked = json_get_string(draft->slice->spec, "consistency", NULL);
    bool agent_freezes = draft->agent.given[ACTION_FREEZE] != NULL;
    bool can = dataset_can(&draft->slice->source, "freeze");

    if (asked != NULL && strcmp(asked, "frozen") != 0 && !lets_writers_go_on(asked) &&
        !slice_is_live(draft->slice))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.consistency is '%s', expected 'frozen', 'snapshot', 'live', 'live-sync', "
                  "'dual-write' or 'checked'",
                  asked);
    else if (!can && (agent_freezes || g_strcmp0(asked, "frozen") == 0))
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "%s asks for a freeze, but store '%s' (%s) cannot stop writers",
                  agent_freezes ? "the agent" : "spec.consistency",
                  draft->slice->source.store != NULL ? draft->slice->source.store : "?",
                  draft->slice->source.driver != NULL ? draft->slice->source.driver : "?");
    else if (agent_freezes && lets_writers_go_on(asked))
        diags_add(draft->diags, DIAG_ERROR, "conflicting-step", NULL, 0, 0,
                  "the agent freezes the source, but spec.consistency is '%s'", asked);
    bool is_asked_for = agent_freezes || g_strcmp0(asked, "frozen") == 0;
    draft->is_frozen =
        can && !lets_writers_go_on(asked) && (draft_moves_rows(draft) || is_asked_for);
    decide_live(draft);
    decide_snapshot(draft);
}

json_t *
draft_retired(const Draft *draft)
{
    const Slice *slice = draft->slice;
    json_t *drop = json_array();

    if (!slice->is_in_place && dataset_can(&slice->source, "swap") && slice->source.url != NULL)
        json_array_append_new(drop, json_string(slice->source.url));
    if (draft_moves_rows(draft) && slice->target.schema != NULL)
        json_array_append_new(drop, json_sprintf("%s:%s", slice->target.store,
                                                 draft->made.kept != NULL ? draft->made.kept : ""));
    return drop;
}

static void
decide_retire(Draft *draft)
{
    const json_t *asked = json_object_get(draft->slice->spec, "retire");
    g_autoptr(json_t) drop = draft_retired(draft);
    bool can = json_array_size(drop) > 0;

    if (asked != NULL && !json_is_boolean(asked))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.retire must be true or false");
    bool is_asked_for = json_is_true(asked) || draft->agent.given[ACTION_RETIRE] != NULL;
    if (!can && is_asked_for)
        diags_add(draft->diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "nothing can be retired: store '%s' (%s) cannot drop a dataset",
                  draft->slice->source.store != NULL ? draft->slice->source.store : "?",
                  draft->slice->source.driver != NULL ? draft->slice->source.driver : "?");
    draft->retires = can && (draft_moves_rows(draft) ? !json_is_false(asked) : is_asked_for);
}

static void
decide_throttle(const Draft *draft)
{
    const json_t *throttle = json_object_get(draft->slice->spec, "throttle");
    g_autoptr(GError) wrong = NULL;
    if (throttle != NULL && !throttle_check(throttle, "spec.throttle", &wrong))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0, "%s", wrong->message);
    else if (throttle != NULL && !draft_moves_rows(draft))
        diags_add(draft->diags, DIAG_ERROR, "invalid-field", NULL, 0, 0,
                  "spec.throttle is for rows that move, but no rows move");
}

static void
check_mapping_is_there(const Draft *draft)
{
    const Slice *slice = draft->slice;
    if (!draft_has_mapping(draft))
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

/* What makes sense only around rows that move. */
static void
check_parts_without_fill(const Draft *draft)
{
    static const ActionId around[] = {ACTION_STAGE, ACTION_COMPARE, ACTION_SWAP};

    for (size_t i = 0; i < G_N_ELEMENTS(around) && !draft_moves_rows(draft); i++)
        if (draft->agent.given[around[i]] != NULL)
            diags_add(draft->diags, DIAG_ERROR, "no-fill", NULL, 0, 0,
                      "the agent's plan has '%s', but no rows move: it has neither 'transform' nor "
                      "'copy'",
                      action_info(around[i])->name);
}

/* Before rows move; once they are copied; or once they are compared as well. */
static const Part *
freeze_of(const Draft *draft)
{
    int which = !draft->is_live ? 0 : slice_mirrors(draft->slice) ? 2 : 1;
    for (const Part *part = recipe;; part++)
        if (part->action == ACTION_FREEZE && which-- == 0)
            return part;
}

bool
draft_has_part(const Draft *draft, const Part *part)
{
    switch (part->action) {
    case ACTION_FREEZE:
        return draft->is_frozen && part == freeze_of(draft);
    case ACTION_MIRROR:
        return draft->is_live && slice_mirrors(draft->slice);
    case ACTION_WATCH:
        return draft->is_live || slice_counts_changes(draft->slice);
    case ACTION_TRANSFORM:
    case ACTION_COPY:
        return part == draft->agent.fill;
    case ACTION_STAGE:
    case ACTION_COMPARE:
    case ACTION_SWAP:
        return draft_moves_rows(draft);
    case ACTION_RETIRE:
        return draft->retires;
    case ACTION_REWRITE:
        return changes_any(draft->changes);
    case ACTION_BUILDS:
        return changes_any_built(draft->changes);
    case ACTION_PROPOSE:
        return changes_any_proposed(draft->changes);
    case ACTION_ROLLOUT:
        return services_any(draft->services);
    case ACTION_PLAN:
    case ACTION_PREFLIGHT:
    case ACTION_VALIDATE:
    case ACTION_SETTLE:
    case ACTION_COUNT:
        break;
    }
    return true;
}

/* Parts that only make others safe, or come after them. */
static bool
is_deed(ActionId action)
{
    return action_info(action)->has_effects && action != ACTION_FREEZE && action != ACTION_WATCH &&
           action != ACTION_MIRROR && action != ACTION_SETTLE && action != ACTION_RETIRE;
}

static bool
agent_means_a_deed(const Draft *draft)
{
    for (size_t i = 0; i < recipe_count; i++)
        if (is_deed(recipe[i].action) && draft->agent.given[recipe[i].action] != NULL)
            return true;
    return false;
}

static bool
has_a_deed(const Draft *draft)
{
    for (size_t i = 0; i < recipe_count; i++)
        if (is_deed(recipe[i].action) && draft_has_part(draft, &recipe[i]))
            return true;
    return false;
}

/* An agent that only looks has not planned anything; nor has a plan of which nothing is left. */
static void
check_not_empty(const Draft *draft)
{
    if (diags_has_errors(draft->diags))
        return; /* what is wrong comes first */
    if (!agent_means_a_deed(draft))
        diags_add(draft->diags, DIAG_ERROR, "empty-plan", NULL, 0, 0,
                  "the plan of agent '%s' changes nothing: neither rows ('transform', 'copy') nor "
                  "code nor services",
                  draft->agent_name);
    else if (!has_a_deed(draft))
        diags_add(draft->diags, DIAG_ERROR, "empty-plan", NULL, 0, 0,
                  "there is nothing to do: no consumer of '%s' has code or a service that Honk "
                  "could change",
                  draft->slice->source.ref);
}

void
draft_decide(Draft *draft)
{
    check_fields(draft->slice->spec, draft->diags);
    if (agent_means_a_deed(draft))
        slice_check_datasets(draft->slice, draft_moves_rows(draft), draft->diags);
    check_mapping_is_there(draft);
    check_parts_without_fill(draft);
    decide_consistency(draft);
    decide_retire(draft);
    decide_throttle(draft);
    check_not_empty(draft);
}
