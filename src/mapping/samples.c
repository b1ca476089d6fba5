/* samples.c - what a source column may hold, as far as the mapping tells. */
#include "mapping/rule.h"
#include "model/datetime.h"
#include "model/value.h"

#include <string.h>

/* The ends of years, months and days, a leap day, and the time before which clocks were not set. */
static const int64_t days[] = {0, 10956, 11016, 18992, 19722, 19723, 19782, 19783};
#define NOON_US (DAY_US / 2 + INT64_C(33000000))

static void
add(Samples *samples, char *take_text)
{
    for (guint i = 0; i < samples->texts->len; i++)
        if (strcmp(samples->texts->pdata[i], take_text) == 0) {
            g_free(take_text);
            return;
        }
    g_ptr_array_add(samples->texts, take_text);
}

static void
add_dates(Samples *samples, const char *format)
{
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        GString *text = g_string_new(NULL);
        int64_t us = days[i] * DAY_US + (i % 2 == 0 ? 0 : NOON_US);
        if (value_format_is_unix(format))
            g_string_append_printf(text, "%" G_GINT64_FORMAT,
                                   us / (strcmp(format, "unix") == 0 ? 1000000 : 1000));
        else
            datetime_append(text, us, format);
        add(samples, g_string_free(text, FALSE));
    }
    samples->are_all = true;
}

static void
add_typed(Samples *samples, ColumnType type)
{
    static const char *const numbers[] = {"0", "1", "2", "7", "40"};
    if (type == TYPE_DATE)
        add_dates(samples, "%Y-%m-%d");
    else if (type == TYPE_TIMESTAMP)
        add_dates(samples, "%Y-%m-%d %H:%M:%S");
    else if (type != TYPE_TEXT && type != TYPE_BYTES) {
        for (size_t i = 0; i < (type == TYPE_BOOL ? 2 : G_N_ELEMENTS(numbers)); i++)
            add(samples, g_strdup(numbers[i]));
        samples->are_all = true;
    }
}

static void
add_pairs(Samples *samples, const Rule *rule)
{
    for (guint i = 0; i < rule->pairs->len; i++) {
        const Pair *pair = g_ptr_array_index(rule->pairs, i);
        if (!pair->from.is_null)
            add(samples, g_strdup(pair->from.text));
    }
    samples->are_all = samples->are_all || rule->others == OTHERS_REFUSE || rule->has_type;
}

/* A part of a text, or put together with others: what is in there is not known to be taken apart again. */
static bool
is_part(const Rule *rule, const char *column)
{
    for (guint i = 0; rule->base == BASE_CONCAT && i < rule->parts->len; i++) {
        const Part *part = g_ptr_array_index(rule->parts, i);
        if (part->is_column && strcmp(part->text, column) == 0)
            return true;
    }
    return rule->base == BASE_EXPR && strstr(rule->expr, column) != NULL;
}

static bool
is_number(const char *text)
{
    char *end = NULL;
    g_ascii_strtod(text, &end);
    return *text != '\0' && *end == '\0';
}

static bool
tells_text(const Rule *rule)
{
    bool is_text = rule->fallback != NULL && !rule->fallback->is_null && !rule->has_type &&
                   !is_number(rule->fallback->text);
    for (guint i = 0; i < rule->pairs->len; i++) {
        const Pair *pair = g_ptr_array_index(rule->pairs, i);
        is_text = is_text || (!pair->from.is_null && !is_number(pair->from.text));
    }
    return is_text || rule->split_by != NULL ||
           (rule->format != NULL && !value_format_is_unix(rule->format)) ||
           (rule->has_type && (rule->type == TYPE_DATE || rule->type == TYPE_TIMESTAMP));
}

void
mapping_samples(const Mapping *mapping, const char *column, Samples *ret)
{
    *ret = (Samples){.texts = g_ptr_array_new_with_free_func(g_free)};
    for (guint i = 0; i < mapping->rules->len; i++) {
        const Rule *rule = g_ptr_array_index(mapping->rules, i);
        ret->is_part = ret->is_part || is_part(rule, column);
        ret->is_text = ret->is_text || (rule->base == BASE_CONCAT && is_part(rule, column));
        if (rule->base != BASE_FROM || strcmp(rule->from, column) != 0)
            continue;
        ret->is_converted = ret->is_converted || rule->pairs->len > 0 || rule->has_type ||
                            rule->format != NULL || rule->split_by != NULL;
        ret->is_text = ret->is_text || tells_text(rule);
        if (rule->pairs->len > 0)
            add_pairs(ret, rule);
        else if (rule->format != NULL)
            add_dates(ret, rule->format);
        else if (rule->has_type)
            add_typed(ret, rule->type);
    }
}

GPtrArray *
mapping_expressions(const Mapping *mapping)
{
    GPtrArray *expressions = g_ptr_array_new();
    if (mapping->where != NULL)
        g_ptr_array_add(expressions, mapping->where);
    for (guint i = 0; i < mapping->rules->len; i++) {
        const Rule *rule = g_ptr_array_index(mapping->rules, i);
        if (rule->base == BASE_EXPR)
            g_ptr_array_add(expressions, rule->expr);
    }
    return expressions;
}

static bool
only_takes(const Rule *rule)
{
    return rule->base == BASE_FROM && rule->split_by == NULL && rule->pairs->len == 0 &&
           rule->format == NULL && rule->fallback == NULL && !rule->lossy;
}

const char *
mapping_taken_from(const Mapping *mapping, const char *target)
{
    const Rule *rule = mapping_rule(mapping, target);
    return rule != NULL && only_takes(rule) ? rule->from : NULL;
}

bool
mapping_only_takes(const Mapping *mapping)
{
    for (guint i = 0; i < mapping->rules->len; i++)
        if (!only_takes(mapping->rules->pdata[i]))
            return false;
    return mapping->where == NULL;
}
