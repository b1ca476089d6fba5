/*
 * inverse.c - the mapping that takes rows of the target, or names in code, back to where they came from.
 *
 * Only where nothing is lost on that way, whatever people write into the target: each of its columns is a column of the source as
 * it is. What the target lacks must be able to be missing; in rows that are there it stays what it is.
 */
#include "mapping/rule.h"

#include <string.h>

/* The target's column that is this one of the source; or NULL. */
static const Column *
column_of(const Program *program, const char *source_column, size_t *ret_count)
{
    const Schema *target = program_target(program);
    const Column *found = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < schema_count(target); i++)
        if (g_strcmp0(program_source_of(program, i), source_column) == 0) {
            found = schema_column(target, i);
            ++*ret_count;
        }
    return found;
}

/* What people write there must have a place in the source. */
static bool
check_target(const Program *program, const Schema *source, GError **error)
{
    const Schema *target = program_target(program);
    for (size_t i = 0; i < schema_count(target); i++) {
        const Column *column = schema_column(target, i);
        const char *from = program_source_of(program, i);
        const Column *origin = from != NULL ? schema_find(source, from, NULL) : NULL;
        if (origin == NULL)
            return fail(error, ERR_INVALID,
                        "'%s' is computed, so what is written there has no place in '%s'",
                        column->name, source->dataset);
        if (origin->type != column->type)
            return fail(error, ERR_INVALID, "'%s' is of another type than '%s'", column->name,
                        origin->name);
        if (origin->is_generated)
            return fail(error, ERR_INVALID, "'%s' is computed in '%s'", origin->name,
                        source->dataset);
    }
    return true;
}

static bool
add_rule(Mapping *mapping, const Program *program, const Column *column, GError **error)
{
    size_t count = 0;
    const Column *from = column_of(program, column->name, &count);
    if (count > 1)
        return fail(error, ERR_INVALID, "'%s' went into more than one column", column->name);
    if (from == NULL)
        return column->is_nullable || column->has_default || column->is_generated ||
               fail(error, ERR_INVALID,
                    "'%s' of '%s' is nowhere in the target, and may not be missing", column->name,
                    mapping->target);
    Rule *rule = rule_new(column->name, (Mark){0});
    rule->from = g_strdup(from->name);
    g_ptr_array_add(mapping->rules, rule);
    return true;
}

bool
mapping_inverse(const Program *program, const Schema *source, MappingSet **ret, GError **error)
{
    g_autoptr(MappingSet) set = mapping_set_new();
    g_autoptr(Schema) key = NULL;
    g_autoptr(GPtrArray) from = NULL;
    if (program_where(program) != NULL)
        return fail(error, ERR_INVALID, "rows of '%s' were left out by a condition",
                    source->dataset);
    if (!program_kept_key(program, source, &key, &from, error) ||
        !check_target(program, source, error))
        return false;
    Mapping *mapping = mapping_new(NULL);
    g_ptr_array_add(set->mappings, mapping);
    mapping->source = g_strdup(program_target(program)->dataset);
    mapping->target = g_strdup(source->dataset);
    for (size_t i = 0; i < schema_count(source); i++)
        if (!add_rule(mapping, program, schema_column(source, i), error))
            return false;
    for (guint i = 0; i < source->key->len; i++)
        g_ptr_array_add(mapping->key, g_strdup(source->key->pdata[i]));
    *ret = g_steal_pointer(&set);
    return true;
}

/* ---- names ---- */

/* The source's column that `target` is, by name alone; or NULL. */
static const char *
named_by(const GPtrArray *changes, const char *target)
{
    for (guint i = 0; i < changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(changes, i);
        bool is_same = change->kind == CHANGE_NONE || change->kind == CHANGE_NAME;
        if (is_same && g_strcmp0(change->to, target) == 0)
            return change->column;
    }
    return NULL;
}

/* {"source", "target"} or {"ref", "target"}, the other way round. */
static json_t *
dbt_inverse(const json_t *dbt)
{
    json_t *inverse = json_copy((json_t *) dbt), *to = json_object_get(dbt, "target");
    const char *const words[] = {"source", "ref"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        json_t *from = json_object_get(dbt, words[i]);
        if (from == NULL)
            continue;
        json_object_set(inverse, words[i], to);
        json_object_set(inverse, "target", from);
    }
    return inverse;
}

MappingSet *
mapping_inverse_names(const Mapping *mapping)
{
    g_autoptr(GPtrArray) changes = mapping_changes(mapping);
    g_autoptr(GPtrArray) targets = mapping_targets(mapping);
    g_autoptr(MappingSet) set = mapping_set_new();
    Mapping *inverse = mapping_new(NULL);
    g_ptr_array_add(set->mappings, inverse);
    inverse->source = g_strdup(mapping->target);
    inverse->target = g_strdup(mapping->source);
    inverse->propagates = mapping->propagates;
    for (guint i = 0; i < targets->len; i++) {
        const char *target = g_ptr_array_index(targets, i);
        const char *column = named_by(changes, target);
        if (column == NULL) {
            json_object_set_new(inverse->dropped, target,
                                json_pack("{s:s}", "why", "the old dataset has no such column"));
            continue;
        }
        Rule *rule = rule_new(column, (Mark){0});
        rule->from = g_strdup(target);
        g_ptr_array_add(inverse->rules, rule);
    }
    if (mapping->dbt != NULL)
        inverse->dbt = dbt_inverse(mapping->dbt);
    return g_steal_pointer(&set);
}
