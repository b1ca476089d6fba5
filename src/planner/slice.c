/*
 * slice.c - from the JSON that a worker froze to what the planner works with.
 */
#include "planner/slice.h"

#include "model/entity.h"
#include "planner/planner.h"

#include <string.h>

static void
dataset_clear(Dataset *dataset)
{
    g_free(dataset->store);
    g_free(dataset->object);
    schema_free(dataset->schema);
}

void
slice_free(Slice *slice)
{
    if (slice == NULL)
        return;
    g_free(slice->migration);
    g_free(slice->owner);
    dataset_clear(&slice->source);
    dataset_clear(&slice->target);
    schema_free(slice->made);
    program_free(slice->program);
    mapping_set_free(slice->mappings);
    g_free(slice);
}

bool
slice_is_live(const Slice *slice)
{
    const char *asked = json_get_string(slice->spec, "consistency", "");
    return strcmp(asked, "live") == 0 || strcmp(asked, "live-sync") == 0 ||
           strcmp(asked, "dual-write") == 0;
}

bool
slice_mirrors(const Slice *slice)
{
    return strcmp(json_get_string(slice->spec, "consistency", ""), "dual-write") == 0 &&
           dataset_can(&slice->source, "mirror");
}

bool
slice_holds(const Slice *slice)
{
    return strcmp(json_get_string(slice->spec, "consistency", ""), "snapshot") == 0;
}

bool
slice_counts_changes(const Slice *slice)
{
    return slice_holds(slice) && dataset_can(&slice->source, "notes");
}

bool
slice_reads_log(const Slice *slice)
{
    return strcmp(json_get_string(slice->spec, "consistency", ""), "live-sync") == 0 &&
           dataset_can(&slice->source, "log");
}

bool
dataset_can(const Dataset *dataset, const char *role)
{
    return json_get_bool(dataset->can, role, false);
}

bool
dataset_is_called(const Dataset *dataset, const char *name)
{
    if (g_strcmp0(name, dataset->ref) == 0 || g_strcmp0(name, dataset->name) == 0 ||
        g_strcmp0(name, dataset->url) == 0)
        return true;
    /* Refs may leave out the kind and the namespace: "default/users-v1", "component:users-v1". */
    const char *last = strrchr(name, '/');
    if (last == NULL)
        last = strrchr(name, ':');
    return last != NULL && g_strcmp0(last + 1, dataset->name) == 0;
}

/* The last part of "kind:namespace/name". */
static const char *
ref_name(const char *ref)
{
    const char *slash = ref != NULL ? strrchr(ref, '/') : NULL;
    return slash != NULL ? slash + 1 : ref;
}

static bool
read_schema(const json_t *json, const char *what, Schema **ret, GError **error)
{
    const json_t *schema = json_object_get(json, "schema");
    if (schema == NULL || json_is_null(schema))
        return true;
    if (!schema_from_json(schema, ret, error))
        return fail_in(error, "slice.%s.schema", what);
    return true;
}

/* "source" or "target" of the slice; `field` is where the entity names it. */
static bool
read_dataset(const Slice *slice, const char *what, const char *field, Diags *diags, Dataset *ret,
             GError **error)
{
    const char *named = json_get_string(slice->spec, field, NULL);
    const json_t *json = json_object_get(slice->json, what);

    ret->rows = json_get_int(json, "rows", -1);
    ret->can = json_object_get(json_object_get(slice->json, "capabilities"), what);
    ret->ref = json_get_string(json, "ref", NULL);
    ret->name = ref_name(ret->ref);
    ret->driver = json_get_string(json, "driver", NULL);
    if (named == NULL || *named == '\0') {
        diags_add(diags, DIAG_ERROR, "missing-field", NULL, 0, 0,
                  "spec.%s is missing: it names the %s dataset", field, what);
        return true;
    }
    if (ret->ref == NULL) {
        diags_add(diags, DIAG_ERROR, "unknown-dataset", NULL, 0, 0,
                  "spec.%s: the catalog has no dataset '%s'", field, named);
        return true;
    }
    ret->url = json_get_string(json, "url", NULL);
    const char *colon = ret->url != NULL ? strchr(ret->url, ':') : NULL;
    if (colon == NULL || colon[1] == '\0') {
        diags_add(diags, DIAG_ERROR, "no-address", NULL, 0, 0,
                  "%s '%s' says not where its rows are: it needs the annotation honk/dataset-url, "
                  "STORE:OBJECT",
                  what, ret->ref);
        return true;
    }
    ret->store = g_strndup(ret->url, (size_t) (colon - ret->url));
    ret->object = g_strdup(colon + 1);
    const char *problem = json_get_string(json, "problem", NULL);
    if (problem != NULL)
        diags_add(diags, DIAG_ERROR, "unreadable-dataset", NULL, 0, 0, "%s '%s': %s", what,
                  ret->ref, problem);
    return read_schema(json, what, &ret->schema, error);
}

static char *
entity_ref_of(const json_t *entity)
{
    const json_t *metadata = json_object_get(entity, "metadata");
    g_autofree char *ref = g_strdup_printf("%s:%s/%s", json_get_string(entity, "kind", ""),
                                           json_get_string(metadata, "namespace", "default"),
                                           json_get_string(metadata, "name", ""));
    return g_ascii_strdown(ref, -1);
}

static char *
owner_of(const json_t *entity, const json_t *spec)
{
    const char *owner = json_get_string(spec, "owner", "");
    const char *namespace =
        json_get_string(json_object_get(entity, "metadata"), "namespace", "default");
    g_autoptr(GError) ignored = NULL;
    char *ref = NULL;
    if (*owner == '\0' || !entity_ref_parse(owner, "group", namespace, &ref, &ignored))
        return g_strdup(owner);
    return ref;
}

/* Stores are names of honk.yaml; what a store calls its tables, it mostly finds in any letters. */
bool
planner_is_in_place(const char *source_url, const char *target_url)
{
    const char *colon = source_url != NULL ? strchr(source_url, ':') : NULL;
    size_t store = colon != NULL ? (size_t) (colon - source_url) : 0;

    return colon != NULL && target_url != NULL && strncmp(source_url, target_url, store + 1) == 0 &&
           g_ascii_strcasecmp(colon, target_url + store) == 0;
}

static void
check_target_is_there(const Dataset *target, Diags *diags)
{
    if (target->object != NULL && target->schema == NULL)
        diags_add(diags, DIAG_ERROR, "unreadable-dataset", NULL, 0, 0,
                  "target '%s': there is no '%s' in store '%s', and this plan moves no rows that "
                  "would make it",
                  target->ref, target->object, target->store);
}

static void
check_roles(const Dataset *source, const Dataset *target, Diags *diags)
{
    if (source->object != NULL && !dataset_can(source, "scan"))
        diags_add(diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "store '%s' (%s) cannot be read: it is no source", source->store,
                  source->driver != NULL ? source->driver : "unknown driver");
    if (target->object != NULL && !(dataset_can(target, "load") && dataset_can(target, "swap")))
        diags_add(diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                  "store '%s' (%s) cannot be filled and swapped in: it is no target", target->store,
                  target->driver != NULL ? target->driver : "unknown driver");
}

/* A mapping says names and types; the parts that rows are kept in, it cannot say. */
static void
check_parts_stay(const Slice *slice, Diags *diags)
{
    const Schema *schema = slice->source.schema;
    for (guint i = 0; slice->is_in_place && schema != NULL && i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        if (strcmp(dependent->kind, "partition_key") == 0)
            diags_add(diags, DIAG_ERROR, "store-cannot", NULL, 0, 0,
                      "'%s' is partitioned by %s: its columns cannot change where it is; make "
                      "another table with its partitions, and name it as target",
                      slice->source.url, dependent->definition);
    }
}

void
slice_check_datasets(const Slice *slice, bool moves_rows, Diags *diags)
{
    const Dataset *source = &slice->source, *target = &slice->target;

    if (json_get_string(json_object_get(slice->json, "source"), "problem", NULL) != NULL ||
        json_get_string(json_object_get(slice->json, "target"), "problem", NULL) != NULL)
        return; /* what the stores can do is then unknown */
    if (source->object != NULL && source->schema == NULL)
        diags_add(diags, DIAG_ERROR, "unreadable-dataset", NULL, 0, 0,
                  "source '%s': there is no '%s' in store '%s'", source->ref, source->object,
                  source->store);
    if (moves_rows)
        check_roles(source, target, diags);
    else
        check_target_is_there(target, diags);
    if (moves_rows)
        check_parts_stay(slice, diags);
}

bool
slice_read(const json_t *json, Diags *diags, Slice **ret, GError **error)
{
    g_autoptr(Slice) slice = g_new0(Slice, 1);
    json_t *entity, *spec;

    slice->json = json;
    if (!json_need_object(json, "entity", "slice", &entity, error) ||
        !json_need_object(entity, "spec", "entity", &spec, error))
        return false;
    slice->spec = spec;
    slice->migration = entity_ref_of(entity);
    slice->owner = owner_of(entity, spec);
    slice->strategy = json_get_string(spec, "migration_strategy", NULL);
    slice->mapping_path = json_get_string(spec, "mapping_file", NULL);
    slice->mapping_text = json_get_string(json_object_get(json, "mapping"), "text", NULL);
    if (!read_dataset(slice, "source", "source_dataset", diags, &slice->source, error) ||
        !read_dataset(slice, "target", "target_dataset", diags, &slice->target, error))
        return false;
    slice->is_in_place = planner_is_in_place(slice->source.url, slice->target.url);
    *ret = g_steal_pointer(&slice);
    return true;
}

/* The document of the mapping file that is about these two datasets. */
static bool
find_document(Slice *slice, Diags *diags, GError **error)
{
    const char *source[] = {slice->source.name, slice->source.ref, slice->source.object,
                            slice->source.url, NULL};
    const char *target[] = {slice->target.name, slice->target.ref, slice->target.object,
                            slice->target.url, NULL};
    g_autoptr(GError) found = NULL;

    if (!mapping_parse(slice->mapping_text, strlen(slice->mapping_text), slice->mapping_path, diags,
                       &slice->mappings, &found))
        return diags_has_errors(diags) ||
               (g_propagate_error(error, g_steal_pointer(&found)), false);
    if (!mapping_for(slice->mappings, source, target, &slice->mapping, &found))
        diags_add(diags, DIAG_ERROR, "wrong-mapping", slice->mapping_path, 0, 0, "%s",
                  found->message);
    return true;
}

/* Every column as it is, checked like any mapping. */
static bool
make_identity(Slice *slice, GError **error)
{
    if (!mapping_identity(slice->source.schema, slice->target.schema, &slice->mappings, error))
        return false;
    slice->mapping = mapping_get(slice->mappings, 0);
    return true;
}

/* In place nothing stays behind: the table that people go on with has what the mapping names, and no more. */
static void
refuse_forgotten(const Slice *slice, Diags *diags)
{
    bool is_forgotten = false;
    for (size_t i = 0; i < diags_count(diags); i++)
        is_forgotten = is_forgotten || g_strcmp0(diags_get(diags, i)->code, "unmapped-column") == 0;
    if (slice->is_in_place && is_forgotten)
        diags_add(
            diags, DIAG_ERROR, "would-be-lost", slice->mapping_path, 0, 0,
            "source and target are both '%s', so columns that the mapping does not name would "
            "be lost: map each that stays to itself, and list others under `dropped`",
            slice->source.url);
}

bool
slice_bind_mapping(Slice *slice, bool is_identity, Diags *diags, GError **error)
{
    g_autoptr(GError) found = NULL;
    /* in place, the columns are what the mapping says, not what they are now */
    const Schema *target = slice->is_in_place ? NULL : slice->target.schema;

    if (slice->source.schema == NULL || slice->target.object == NULL)
        return true; /* there is a finding about that already */
    if (is_identity && slice->is_in_place) {
        diags_add(diags, DIAG_ERROR, "same-dataset", NULL, 0, 0,
                  "source and target are both '%s', and without a mapping nothing changes: name "
                  "another target, or the strategy schema-transform and a mapping",
                  slice->source.url);
        return true;
    }
    if (!(is_identity ? make_identity(slice, error) : find_document(slice, diags, error)))
        return false;
    if (slice->mapping == NULL || diags_has_errors(diags))
        return true;
    mapping_check(slice->mapping, slice->source.schema, target, NULL, NULL, diags);
    refuse_forgotten(slice, diags);
    if (diags_has_errors(diags))
        return true;
    if (target == NULL && !mapping_target_schema(slice->mapping, slice->source.schema,
                                                 slice->target.object, &slice->made, error))
        return false;
    if (!program_new(slice->mapping, slice->source.schema, target != NULL ? target : slice->made,
                     dataset_can(&slice->source, "sql"), &slice->program, &found))
        diags_add(diags, DIAG_ERROR, "mapping", slice->mapping_path, 0, 0, "%s", found->message);
    return true;
}
