/*
 * hold_triggers.c - a function and the triggers that call it, in files of their own, change together or not at all.
 *
 * The function that says NEW.user_id is right for triggers of the new table, and for no others. Steps that have run stay by
 * themselves, and hold nobody up.
 */
#include "rewrite/project/parts.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* Does the function change with the table whose trigger calls it? */
static bool
is_tied(const Project *project, const TriggerCall *call, const TriggerFunction *function)
{
    const Spelling *spelling;
    const ColumnChange *change;
    size_t at;
    bool is_other;
    if (function->has_run || call->has_run ||
        !trigger_calls_same(call->function, function->function) ||
        trigger_calls_makes(project->triggers, call->path, call->function))
        return false;
    const Rename *rename = renames_find(project->renames, dialect_by_name("postgres"), &call->table,
                                        &spelling, &is_other);
    size_t bytes = function->body_end - function->body_begin;
    return rename != NULL && rename_changes_columns(rename) &&
           (bytes == 0 || call->names->len > 0 ||
            rows_see_column(rename, function->text + function->body_begin, bytes, &change, &at));
}

static bool
hold_pair(Project *project, const TriggerCall *call, const TriggerFunction *function)
{
    Entry *caller = g_hash_table_lookup(project->by_text, call->text),
          *maker = g_hash_table_lookup(project->by_text, function->text);
    if (caller == NULL || maker == NULL || caller == maker)
        return false;
    if (entry_stays(maker) && !entry_stays(caller) && entry_is_changed(caller))
        return entry_hold(project, caller, call->begin, call->end, "made", maker);
    if (entry_stays(caller) && !entry_stays(maker) && entry_is_changed(maker))
        return entry_hold(project, maker, function->begin, function->end, "called", caller);
    return false;
}

bool
project_hold_triggers(Project *project)
{
    const GPtrArray *calls = trigger_calls_list(project->triggers);
    bool has_held = false;
    for (guint c = 0; c < calls->len; c++) {
        const TriggerCall *call = g_ptr_array_index(calls, c);
        const GPtrArray *made = trigger_calls_made(project->triggers, call->function);
        for (guint f = 0; f < made->len; f++) {
            const TriggerFunction *function = g_ptr_array_index(made, f);
            if (is_tied(project, call, function))
                has_held = hold_pair(project, call, function) || has_held;
        }
    }
    return has_held;
}
