/* document.c - the plan as a document: every field of docs/formats/plan.md but the steps. */
#include "model/throttle.h"
#include "planner/changes.h"
#include "planner/draft.h"
#include "planner/risks.h"

#define SOAK_MS_DEFAULT 0
#define ROLLBACK_WINDOW_MS_DEFAULT (24 * 60 * 60 * 1000)
#define RETENTION_MS_DEFAULT (14 * 24 * 60 * 60 * 1000)

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
    if (mapping_says_quarantine(mapping))
        json_set_bool(quarantine, "said", true);
    return quarantine;
}

static void
put_mapping(const Draft *draft, json_t *plan)
{
    const Slice *slice = draft->slice;

    if (draft_moves_rows(draft))
        json_object_set_new(plan, "quarantine", quarantine_json(draft));
    if (!draft_has_mapping(draft)) {
        json_object_set_new(plan, "mapping", json_null());
        return;
    }
    json_t *mapping = json_object();
    json_set_string(mapping, "path", slice->mapping_path);
    json_object_set(mapping, "digest", json_object_get(draft->guards, "mapping"));
    json_set_string(mapping, "text", slice->mapping_text);
    /* in words, so that the plan can be read without this version of the program */
    json_object_set_new(mapping, "columns", program_columns_json(program_columns(slice->program)));
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

/* How the changes of code go out, as the policy says. */
static void
put_pace(const Draft *draft, json_t *plan)
{
    const json_t *said = json_at(draft->slice_json, "policy.pace");
    size_t count = changes_count(draft->changes);
    if (count == 0)
        return;
    json_t *pace = said != NULL ? json_deep_copy(said) : json_object();
    json_set_int(pace, "of", (int64_t) count);
    json_object_set_new(plan, "pace", pace);
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

/* What a reader of the new dataset can rely on; NULL where no rows move and nobody is stopped. */
static const char *
consistency(const Draft *draft)
{
    if (draft->is_live)
        return slice_reads_log(draft->slice) ? "live-sync"
               : slice_mirrors(draft->slice) ? "dual-write"
                                             : "live";
    if (draft->is_frozen)
        return "frozen";
    if (draft->holds)
        return "snapshot";
    return draft_moves_rows(draft) ? "checked" : NULL;
}

json_t *
draft_document(const Draft *draft)
{
    const Slice *slice = draft->slice;
    json_t *plan = json_object();
    g_autofree char *name =
        g_strdup_printf("migrate-%s-to-%s", slice->source.name, slice->target.name);
    RiskFacts facts = {
        .moves_rows = draft_moves_rows(draft),
        .is_frozen = draft->is_frozen,
        .is_live = draft->is_live,
        .holds = draft->holds,
        .retires = draft->retires,
        .kept = draft->made.kept,
        .diags = draft->diags,
    };

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
    draft_put_steps(draft, plan);
    put_snapshot(draft, plan);
    put_times(draft, plan);
    json_object_set(plan, "guards", draft->guards);
    json_object_set(plan, "consumers", draft->consumers);
    if (draft->changes != NULL) {
        json_object_set(plan, "changes", draft->changes);
        json_set_string(plan, "group", json_get_string(draft->slice_json, "group", NULL));
    }
    if (draft->services != NULL)
        json_object_set(plan, "services", draft->services);
    put_pace(draft, plan);
    json_set_string(plan, "consistency", consistency(draft));
    if (draft->carries_back)
        json_set_bool(plan, "reverse_sync", true);
    json_t *throttle = throttle_changed(NULL, json_object_get(slice->spec, "throttle"));
    if (throttle != NULL)
        json_object_set_new(plan, "throttle", throttle);
    json_object_set_new(plan, "risks", risks_list(slice, &facts));
    return plan;
}
