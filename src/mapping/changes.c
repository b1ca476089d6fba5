/* changes.c - the mapping as those see it who read the source today: what becomes of each of its columns. */
#include "mapping/rule.h"

#include <string.h>

static void
change_free(void *data)
{
    ColumnChange *change = data;
    g_free(change->column);
    g_free(change->to);
    g_free(change->expr);
    g_free(change->why);
    g_free(change->link);
    if (change->values != NULL)
        json_decref(change->values);
    g_free(change);
}

static ColumnChange *
change_for(GPtrArray *changes, const char *column)
{
    for (guint i = 0; i < changes->len; i++) {
        ColumnChange *change = g_ptr_array_index(changes, i);
        if (strcmp(change->column, column) == 0)
            return change;
    }
    ColumnChange *change = g_new0(ColumnChange, 1);
    change->column = g_strdup(column);
    change->kind = CHANGE_DERIVED;
    g_ptr_array_add(changes, change);
    return change;
}

static bool
keeps_values(const Rule *rule)
{
    return rule->base == BASE_FROM && rule->split_by == NULL && rule->pairs->len == 0 &&
           !rule->has_type && rule->format == NULL && rule->fallback == NULL;
}

/* {UK: GB}, where the rule does nothing but that; what becomes NULL is null. Not where NULL becomes something: then a value
 * stands for rows that nothing was equal to before. */
static json_t *
literals_of(const Rule *rule)
{
    if (rule->pairs->len == 0 || rule->others == OTHERS_NULL || rule->split_by != NULL ||
        rule->has_type || rule->format != NULL || rule->fallback != NULL)
        return NULL;
    json_t *values = json_object();
    for (guint i = 0; i < rule->pairs->len; i++) {
        const Pair *pair = g_ptr_array_index(rule->pairs, i);
        if (pair->from.is_null && !pair->to.is_null) {
            json_decref(values);
            return NULL;
        }
        if (!pair->from.is_null && pair->to.is_null)
            json_object_set_new(values, pair->from.text, json_null());
        else if (!pair->from.is_null)
            json_set_string(values, pair->from.text, pair->to.text);
    }
    return values;
}

/* A cast is exact, or the row is refused. */
static bool
keeps_nulls(const Rule *rule)
{
    if (rule->split_by != NULL || rule->fallback != NULL || rule->others == OTHERS_NULL)
        return false;
    for (guint i = 0; i < rule->pairs->len; i++) {
        const Pair *pair = g_ptr_array_index(rule->pairs, i);
        if (pair->from.is_null || pair->to.is_null)
            return false;
    }
    return true;
}

/* A column may feed several: the one that has it unchanged speaks for it, then the one that converts it. */
static void
read_from(ColumnChange *change, const Rule *rule)
{
    bool is_same = keeps_values(rule);
    if (change->kind == CHANGE_NONE || change->kind == CHANGE_NAME ||
        (change->kind == CHANGE_VALUES && !is_same))
        return;
    g_free(change->to);
    change->to = g_strdup(rule->target);
    if (change->values != NULL)
        json_decref(change->values);
    change->values = is_same ? NULL : literals_of(rule);
    change->keeps_nulls = keeps_nulls(rule);
    change->has_all_values = change->values != NULL && rule->others == OTHERS_REFUSE;
    change->kind = !is_same                                    ? CHANGE_VALUES
                   : strcmp(change->column, rule->target) == 0 ? CHANGE_NONE
                                                               : CHANGE_NAME;
}

static void
read_rules(const Mapping *mapping, GPtrArray *changes)
{
    for (guint i = 0; i < mapping->rules->len; i++) {
        const Rule *rule = g_ptr_array_index(mapping->rules, i);
        if (rule->base == BASE_FROM && strcmp(rule->from, ROW_COLUMN) != 0)
            read_from(change_for(changes, rule->from), rule);
        for (guint p = 0; rule->base == BASE_CONCAT && p < rule->parts->len; p++) {
            const Part *part = g_ptr_array_index(rule->parts, p);
            if (part->is_column)
                change_for(changes, part->text);
        }
    }
}

static void
read_consumers(const Mapping *mapping, GPtrArray *changes)
{
    const char *column;
    json_t *entry;
    json_object_foreach((json_t *) mapping->consumers, column, entry)
    {
        ColumnChange *change = change_for(changes, column);
        const char *expr = json_get_string(entry, "expr", NULL);
        json_t *values = json_object_get(entry, "values");
        if (values != NULL) {
            json_decref(change->values);
            change->values = json_incref(values);
            change->has_all_values = false;
        }
        if (expr != NULL)
            change->kind = CHANGE_EXPRESSION;
        change->expr = g_strdup(expr);
        change->why = g_strdup(json_get_string(entry, "why", NULL));
        change->link = g_strdup(json_get_string(entry, "link", NULL));
    }
}

static void
read_dropped(const Mapping *mapping, GPtrArray *changes)
{
    const char *column;
    json_t *entry;
    json_object_foreach((json_t *) mapping->dropped, column, entry)
    {
        ColumnChange *change = change_for(changes, column);
        if (change->kind == CHANGE_EXPRESSION)
            continue;
        change->kind = CHANGE_DROPPED;
        if (change->why == NULL)
            change->why = g_strdup(json_get_string(entry, "why", NULL));
        if (change->link == NULL)
            change->link = g_strdup(json_get_string(entry, "link", NULL));
    }
}

GPtrArray *
mapping_changes(const Mapping *mapping)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    read_rules(mapping, changes);
    read_consumers(mapping, changes);
    read_dropped(mapping, changes);
    return changes;
}

GPtrArray *
mapping_targets(const Mapping *mapping)
{
    GPtrArray *targets = g_ptr_array_new();
    for (guint i = 0; i < mapping->rules->len; i++)
        g_ptr_array_add(targets, ((const Rule *) g_ptr_array_index(mapping->rules, i))->target);
    return targets;
}
