/* rule.c - making, finding and wording rules. */
#include "mapping/rule.h"

#include <string.h>

Name *
name_new(const char *text, Mark mark)
{
    Name *name = g_new0(Name, 1);
    name->text = g_strdup(text);
    name->mark = mark;
    return name;
}

void
name_free(void *data)
{
    Name *name = data;
    g_free(name->text);
    g_free(name);
}

void
literal_free(Literal *literal)
{
    if (literal == NULL)
        return;
    g_free(literal->text);
    g_free(literal);
}

static void
part_free(void *data)
{
    Part *part = data;
    g_free(part->text);
    g_free(part);
}

static void
pair_free(void *data)
{
    Pair *pair = data;
    g_free(pair->from.text);
    g_free(pair->to.text);
    g_free(pair);
}

Rule *
rule_new(const char *target, Mark mark)
{
    Rule *rule = g_new0(Rule, 1);
    rule->target = g_strdup(target);
    rule->mark = rule->base_mark = mark;
    rule->parts = g_ptr_array_new_with_free_func(part_free);
    rule->pairs = g_ptr_array_new_with_free_func(pair_free);
    return rule;
}

void
rule_free(Rule *rule)
{
    if (rule == NULL)
        return;
    g_free(rule->target);
    g_free(rule->from);
    g_free(rule->expr);
    g_ptr_array_unref(rule->parts);
    literal_free(rule->constant);
    g_free(rule->split_by);
    g_ptr_array_unref(rule->pairs);
    g_free(rule->format);
    literal_free(rule->fallback);
    g_free(rule);
}

static void
rule_free_item(void *rule)
{
    rule_free(rule);
}

Mapping *
mapping_new(const char *file)
{
    Mapping *mapping = g_new0(Mapping, 1);
    mapping->file = g_strdup(file);
    mapping->aliases = g_ptr_array_new_with_free_func(g_free);
    mapping->key = g_ptr_array_new_with_free_func(g_free);
    mapping->key_marks = g_ptr_array_new_with_free_func(name_free);
    mapping->rules = g_ptr_array_new_with_free_func(rule_free_item);
    mapping->dropped = json_object();
    mapping->dropped_marks = g_ptr_array_new_with_free_func(name_free);
    mapping->consumers = json_object();
    mapping->consumer_marks = g_ptr_array_new_with_free_func(name_free);
    mapping->lossy = g_ptr_array_new_with_free_func(name_free);
    mapping->rows_max = 100;
    mapping->share_max_ppm = 10000;
    return mapping;
}

void
mapping_free(Mapping *mapping)
{
    if (mapping == NULL)
        return;
    g_free(mapping->file);
    g_free(mapping->source);
    g_free(mapping->target);
    g_ptr_array_unref(mapping->aliases);
    g_ptr_array_unref(mapping->key);
    g_ptr_array_unref(mapping->key_marks);
    g_free(mapping->where);
    g_ptr_array_unref(mapping->rules);
    json_decref(mapping->dropped);
    g_ptr_array_unref(mapping->dropped_marks);
    json_decref(mapping->consumers);
    g_ptr_array_unref(mapping->consumer_marks);
    g_ptr_array_unref(mapping->lossy);
    json_decref(mapping->dbt);
    g_free(mapping);
}

const Rule *
mapping_rule(const Mapping *mapping, const char *target)
{
    for (guint i = 0; i < mapping->rules->len; i++) {
        const Rule *rule = mapping->rules->pdata[i];
        if (strcmp(rule->target, target) == 0)
            return rule;
    }
    return NULL;
}

/* --- in words --- */

static void
append_base(GString *to, const Rule *rule)
{
    switch (rule->base) {
    case BASE_FROM:
        g_string_append_printf(to, "from %s", rule->from);
        return;
    case BASE_CONCAT:
        g_string_append(to, "concat");
        for (guint i = 0; i < rule->parts->len; i++) {
            const Part *part = rule->parts->pdata[i];
            g_string_append_printf(to, part->is_column ? "%s %s" : "%s \"%s\"", i > 0 ? " +" : "",
                                   part->text);
        }
        return;
    case BASE_EXPR:
        g_string_append_printf(to, "expr %s", rule->expr);
        return;
    case BASE_CONST:
        if (rule->constant->is_null)
            g_string_append(to, "const null");
        else
            g_string_append_printf(to, "const \"%s\"", rule->constant->text);
        return;
    }
}

static void
append_values(GString *to, const Rule *rule)
{
    static const char *const others[] = {
        [OTHERS_KEEP] = "", [OTHERS_NULL] = ", others null", [OTHERS_REFUSE] = ", others refused"};
    g_string_append(to, ", values");
    for (guint i = 0; i < rule->pairs->len; i++) {
        const Pair *pair = rule->pairs->pdata[i];
        if (i == 3 && rule->pairs->len > 4) {
            g_string_append_printf(to, " and %u more", rule->pairs->len - i);
            break;
        }
        g_string_append_printf(to, "%s %s -> %s", i > 0 ? "," : "", pair->from.text,
                               pair->to.is_null ? "NULL" : pair->to.text);
    }
    g_string_append(to, others[rule->others]);
}

char *
rule_text(const Rule *rule)
{
    GString *to = g_string_new(NULL);
    append_base(to, rule);
    if (rule->split_by != NULL)
        g_string_append_printf(to, ", split by \"%s\", part %d", rule->split_by, rule->split_part);
    if (rule->pairs->len > 0)
        append_values(to, rule);
    if (rule->has_type)
        g_string_append_printf(to, ", type %s", column_type_name(rule->type));
    if (rule->format != NULL)
        g_string_append_printf(to, ", format %s", rule->format);
    if (rule->lossy)
        g_string_append(to, ", lossy");
    if (rule->fallback != NULL)
        g_string_append_printf(to, ", default \"%s\"", rule->fallback->text);
    return g_string_free(to, FALSE);
}
