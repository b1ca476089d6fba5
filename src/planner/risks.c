/*
 * risks.c - one function per kind of risk; each says what can happen and what then.
 *
 * What the plan's other fields say already (writers, rows and columns left behind, the budget for
 * rows that do not fit) is not repeated here.
 */
#include "planner/risks.h"

#include <string.h>

static void
risk_of_replacing(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    if (!facts->moves_rows || slice->target.schema == NULL || slice->is_in_place)
        return;
    json_say(to, "'%s' exists: the rows in it are replaced; the old table is kept as '%s'%s",
             slice->target.url, facts->kept, facts->retires ? " until it is retired" : "");
}

/* Names of all dependents of that kind, each in quotes; NULL when there is none. Caller frees. */
static char *
names_of(const Schema *schema, const char *kind)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        if (strcmp(dependent->kind, kind) == 0)
            g_string_append_printf(list, "%s'%s'", list->len > 0 ? ", " : "", dependent->name);
    }
    return list->len > 0 ? g_string_free(g_steal_pointer(&list), FALSE) : NULL;
}

static void
risk_of_materialized_views(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    if (!facts->moves_rows || slice->target.schema == NULL)
        return;
    g_autofree char *views = names_of(slice->target.schema, "materialized_view");
    if (views != NULL)
        json_say(to,
                 "what reads '%s' and keeps rows of its own is made anew and filled in the swap, "
                 "while readers wait; the old ones are kept for the way back: %s",
                 slice->target.url, views);
}

static bool
is_constraint(const Dependent *dependent)
{
    bool is_unique = strcmp(dependent->kind, "unique") == 0;
    return strcmp(dependent->kind, "check") == 0 ||
           strcmp(dependent->kind, "foreign_key_to") == 0 ||
           (is_unique && !g_str_has_prefix(dependent->definition, "CREATE"));
}

/* A mapping says names and types; what else a CREATE TABLE says about columns, it cannot say. */
static void
risk_of_changing_in_place(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    const Schema *schema = slice->target.schema;
    g_autoptr(GString) list = g_string_new(NULL);

    if (!facts->moves_rows || !slice->is_in_place || schema == NULL)
        return;
    json_say(to,
             "'%s' changes where it is: the table as it was is kept as '%s'%s; indexes on columns "
             "that are not there any more are left out",
             slice->target.url, facts->kept, facts->retires ? " until it is retired" : "");
    if (dataset_can(&slice->target, "says_all")) /* it is said with the columns' places */
        return;
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        if (is_constraint(dependent))
            g_string_append_printf(list, "%s%s '%s'", list->len > 0 ? ", " : "",
                                   strcmp(dependent->kind, "foreign_key_to") == 0 ? "foreign key"
                                                                                  : dependent->kind,
                                   dependent->name);
    }
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        if (column->has_default || column->is_generated)
            g_string_append_printf(list, "%s%s '%s'", list->len > 0 ? ", " : "",
                                   column->is_generated ? "the expression of" : "the default of",
                                   column->name);
    }
    if (list->len > 0)
        json_say(to, "the new '%s' is without: %s", slice->target.url, list->str);
}

static void
risk_of_a_snapshot(json_t *to, const Slice *slice)
{
    json_say(to, "what is written to '%s' after the snapshot is not in '%s'", slice->source.url,
             slice->target.url);
    json_say(to,
             "the snapshot ends with the session that holds it: where a worker dies, the plan is "
             "paused or the server restarts while rows are copied, all of them are copied anew");
    json_say(to, "as long as it is held, store '%s' keeps what was changed or deleted since",
             slice->source.store);
    if (slice_counts_changes(slice))
        json_say(to,
                 "'%s' is written to while it is copied: until the way back ends, triggers on it "
                 "note the key of each row that is written",
                 slice->source.url);
}

static void
risk_of_consistency(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    if (!facts->is_frozen && !facts->moves_rows)
        return;
    if (facts->holds)
        risk_of_a_snapshot(to, slice);
    else if (!facts->is_frozen)
        json_say(to,
                 "the source is not frozen: what it looks like from outside (size, time, rows) is "
                 "compared before and after each range, and a difference stops the plan");
    if (facts->is_live && slice_reads_log(slice))
        json_say(
            to,
            "until the swap, the server of '%s' keeps its log for a replication slot of this plan, "
            "which is read while rows move: a plan that stands still fills the server's disk, "
            "unless max_slot_wal_keep_size bounds it",
            slice->source.url);
    else if (facts->is_live && slice_mirrors(slice))
        json_say(to,
                 "'%s' is written to while it is copied: triggers on it note the key of each row "
                 "that is written, and write it to the staging table later on: each write costs "
                 "twice as much then, and one that the staging table refuses is noted and goes on",
                 slice->source.url);
    else if (facts->is_live)
        json_say(to,
                 "'%s' is written to while it is copied: until the way back ends, triggers on it "
                 "note the key of each row that is written",
                 slice->source.url);
    if (facts->is_frozen && !facts->retires && !slice->is_in_place)
        json_say(to, "'%s' stays read-only after the cut-over", slice->source.url);
}

/* Views, foreign keys and others' triggers that `retire` will stumble over. */
static void
risk_of_dependents(json_t *to, const Slice *slice, const RiskFacts *facts)
{
    const Schema *schema = slice->source.schema;
    g_autoptr(GString) list = g_string_new(NULL);

    if (!facts->retires || slice->is_in_place || schema == NULL ||
        !dataset_can(&slice->source, "swap"))
        return;
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        bool is_key = strcmp(dependent->kind, "foreign_key_from") == 0;
        bool is_kept = strcmp(dependent->kind, "materialized_view") == 0;
        if (is_key || is_kept || strcmp(dependent->kind, "view") == 0)
            g_string_append_printf(list, "%s%s '%s'", list->len > 0 ? ", " : "",
                                   is_key    ? "foreign key of"
                                   : is_kept ? "materialized view"
                                             : "view",
                                   dependent->name);
    }
    if (list->len > 0)
        json_say(to, "'%s' cannot be retired as long as these need it: %s", slice->source.url,
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
            json_say(to, "%s (%s:%d)", diag->message, diag->file, diag->line);
        else
            json_say(to, "%s", diag->message);
    }
}

json_t *
risks_list(const Slice *slice, const RiskFacts *facts)
{
    json_t *risks = json_array();

    risk_of_replacing(risks, slice, facts);
    risk_of_materialized_views(risks, slice, facts);
    risk_of_changing_in_place(risks, slice, facts);
    risk_of_consistency(risks, slice, facts);
    risk_of_dependents(risks, slice, facts);
    risk_of_warnings(risks, facts->diags);
    return risks;
}
