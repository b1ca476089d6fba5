/* mapping.c - sets of mappings, what others may ask of one, and the mapping that changes nothing. */
#include "mapping/rule.h"

#include <string.h>

static void
mapping_free_item(void *mapping)
{
    mapping_free(mapping);
}

MappingSet *
mapping_set_new(void)
{
    MappingSet *set = g_new0(MappingSet, 1);
    set->mappings = g_ptr_array_new_with_free_func(mapping_free_item);
    return set;
}

void
mapping_set_free(MappingSet *set)
{
    if (set == NULL)
        return;
    g_ptr_array_unref(set->mappings);
    g_free(set);
}

size_t
mapping_count(const MappingSet *set)
{
    return set->mappings->len;
}

const Mapping *
mapping_get(const MappingSet *set, size_t index)
{
    g_assert(index < set->mappings->len);
    return set->mappings->pdata[index];
}

const char *
mapping_source(const Mapping *mapping)
{
    return mapping->source;
}

const char *
mapping_target(const Mapping *mapping)
{
    return mapping->target;
}

const GPtrArray *
mapping_aliases(const Mapping *mapping)
{
    return mapping->aliases;
}

const GPtrArray *
mapping_key(const Mapping *mapping)
{
    return mapping->key;
}

const json_t *
mapping_dropped(const Mapping *mapping)
{
    return mapping->dropped;
}

const json_t *
mapping_consumers(const Mapping *mapping)
{
    return mapping->consumers;
}

bool
mapping_propagates_names(const Mapping *mapping)
{
    return mapping->propagates;
}

const json_t *
mapping_dbt(const Mapping *mapping)
{
    return mapping->dbt;
}

int64_t
mapping_quarantine_rows_max(const Mapping *mapping)
{
    return mapping->rows_max;
}

int64_t
mapping_quarantine_share_max_ppm(const Mapping *mapping)
{
    return mapping->share_max_ppm;
}

bool
mapping_says_quarantine(const Mapping *mapping)
{
    return mapping->says_quarantine;
}

/* --- finding one by names --- */

/* The name of a ref without its kind and namespace: "resource:default/users-v1" is "users-v1". */
static const char *
name_of_ref(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *colon = strchr(name, ':');
    if (slash != NULL && colon != NULL && colon < slash)
        return slash + 1;
    return name;
}

/* Whole names are compared as they are; a ref and a short name by the name in the ref, which has no case. */
static bool
name_matches(const char *written, const char *known)
{
    if (strcmp(written, known) == 0)
        return true;
    const char *short_written = name_of_ref(written), *short_known = name_of_ref(known);
    bool both_refs = short_written != written && short_known != known;
    if (both_refs)
        return g_ascii_strcasecmp(written, known) == 0;
    return (short_written != written || short_known != known) &&
           g_ascii_strcasecmp(short_written, short_known) == 0;
}

static bool
name_is_among(const char *written, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (name_matches(written, names[i]))
            return true;
    return false;
}

static bool
source_is_among(const Mapping *mapping, const char *const *names)
{
    if (name_is_among(mapping->source, names))
        return true;
    for (guint i = 0; i < mapping->aliases->len; i++)
        if (name_is_among(mapping->aliases->pdata[i], names))
            return true;
    return false;
}

bool
mapping_for(const MappingSet *set, const char *const *source_names, const char *const *target_names,
            const Mapping **ret, GError **error)
{
    g_autoptr(GString) maps = g_string_new(NULL);
    for (guint i = 0; i < set->mappings->len; i++) {
        const Mapping *mapping = set->mappings->pdata[i];
        if (source_is_among(mapping, source_names) &&
            name_is_among(mapping->target, target_names)) {
            *ret = mapping;
            return true;
        }
        g_string_append_printf(maps, "%s'%s' to '%s'", i > 0 ? ", " : "", mapping->source,
                               mapping->target);
    }
    const Mapping *first = mapping_get(set, 0);
    return fail(error, ERR_INVALID, "'%s' maps %s; it does not map '%s' to '%s'", first->file,
                maps->str, source_names[0] != NULL ? source_names[0] : "",
                target_names[0] != NULL ? target_names[0] : "");
}

/* --- as it is --- */

static const Column *
column_like(const Schema *schema, const char *name)
{
    const Column *found = schema_find(schema, name, NULL);
    for (size_t i = 0; found == NULL && i < schema_count(schema); i++)
        if (g_ascii_strcasecmp(schema_column(schema, i)->name, name) == 0)
            found = schema_column(schema, i);
    return found;
}

bool
mapping_identity(const Schema *source, const Schema *target, MappingSet **ret, GError **error)
{
    g_autoptr(MappingSet) set = mapping_set_new();
    Mapping *mapping = mapping_new(NULL);
    bool has_form = target != NULL && schema_count(target) > 0; /* else it may have any */
    const Schema *like = has_form ? target : source;
    g_ptr_array_add(set->mappings, mapping);
    mapping->source = g_strdup(source->dataset);
    mapping->target = g_strdup(like->dataset);
    for (size_t i = 0; i < schema_count(like); i++) {
        const Column *column = schema_column(like, i);
        const Column *from = column_like(source, column->name);
        if (from == NULL || (has_form && column->is_generated))
            continue;
        Rule *rule = rule_new(column->name, (Mark){0});
        rule->from = g_strdup(from->name);
        g_ptr_array_add(mapping->rules, rule);
    }
    if (schema_count(source) == 0)
        return fail(error, ERR_INVALID, "'%s' has no columns: expected at least one",
                    source->dataset);
    if (mapping->rules->len == 0)
        return fail(error, ERR_INVALID, "'%s' and '%s' have no column in common", source->dataset,
                    like->dataset);
    for (guint i = 0; i < like->key->len; i++)
        if (mapping_rule(mapping, like->key->pdata[i]) != NULL)
            g_ptr_array_add(mapping->key, g_strdup(like->key->pdata[i]));
    *ret = g_steal_pointer(&set);
    return true;
}
