/*
 * risks.c - one function per kind of risk; each says what can happen and what then.
 *
 * What the plan's other fields say already (writers, rows and columns left behind, the budget for
 * rows that do not fit) is not repeated here.
 */
#include "planner/risks.h"

#include <string.h>

static void say(json_t *to, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
say(json_t *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    json_array_append_new(to, json_string(text));
}

static void
risk_of_replacing(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    if (slice->target.schema == NULL)
        return;
    say(to, "'%s' exists: the rows in it are replaced; the old table is kept as '%s'%s",
        slice->target.url, facts->kept, facts->retires ? " until it is retired" : "");
}

static void
risk_of_consistency(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    if (!facts->is_frozen)
        say(to, "the source is not frozen: what it looks like from outside (size, time, rows) is "
                "compared before and after each range, and a difference stops the plan");
    else if (!facts->retires)
        say(to, "'%s' stays read-only after the cut-over", slice->source.url);
}

/* Views, foreign keys and others' triggers that `retire` will stumble over. */
static void
risk_of_dependents(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    const Schema *schema = slice->source.schema;
    g_autoptr(GString) list = g_string_new(NULL);

    if (!facts->retires || schema == NULL || !dataset_can(&slice->source, "swap"))
        return;
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        bool is_key = strcmp(dependent->kind, "foreign_key_from") == 0;
        if (is_key || strcmp(dependent->kind, "view") == 0)
            g_string_append_printf(list, "%s%s '%s'", list->len > 0 ? ", " : "",
                                   is_key ? "foreign key of" : "view", dependent->name);
    }
    if (list->len > 0)
        say(to, "'%s' cannot be retired as long as these need it: %s", slice->source.url,
            list->str);
}

static void
risk_of_warnings(json_t *to, const Diags *diags)
{
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        if (diag->level != DIAG_WARNING)
            continue;
        if (diag->file != NULL && diag->line > 0)
            say(to, "%s (%s:%d)", diag->message, diag->file, diag->line);
        else
            say(to, "%s", diag->message);
    }
}

json_t *
risks_list(const Slice *slice, const RiskFacts *facts)
{
    json_t *risks = json_array();

    risk_of_replacing(risks, slice, facts);
    risk_of_consistency(risks, slice, facts);
    risk_of_dependents(risks, slice, facts);
    risk_of_warnings(risks, facts->diags);
    return risks;
}
