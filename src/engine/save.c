/* save.c - changed rows and events, as SQL. */
#include "engine/save.h"

#include "engine/campaign.h"
#include "store/ledger.h"

static bool
save_event(Db *db, const EventRecord *event, GError **error)
{
    EventText text = {
        .at_ms = event->at_ms,
        .type = event->type,
        .plan = event->plan != NULL       ? event->plan->row.id
                : event->campaign != NULL ? event->campaign->row.id
                                          : NULL,
        .task = event->task == NULL ? NULL : event->task->row.id,
        .step = event->task == NULL || event->task->step == NULL ? NULL : event->task->row.step,
        .actor = event->actor,
        .from = event->from,
        .to = event->to,
        .reason = event->reason,
        .data = event->data,
    };
    return ledger_append_text(db, &text, NULL, error);
}

bool
save_events(Db *db, Beat *beat, GError **error)
{
    for (guint i = 0; i < beat->events->len; i++) {
        const EventRecord *event = &g_array_index(beat->events, EventRecord, i);
        if (!event->is_quiet && !save_event(db, event, error))
            return false;
    }
    beat_forget_events(beat);
    return true;
}

static bool
save_steps(Db *db, const OpenPlan *plan, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, "DELETE FROM step WHERE plan = :plan", &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan->row.id);
    if (!stmt_run(stmt, NULL, error))
        return false;
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        if (!row_insert(db, &step_rows, &step->row, error))
            return false;
    }
    return true;
}

static bool
save_plans(Db *db, const Beat *beat, GError **error)
{
    for (guint i = 0; i < beat->plans->len; i++) {
        const OpenPlan *plan = g_ptr_array_index(beat->plans, i);
        if (!(plan->is_new ? row_insert : row_update)(db, &plan_rows, &plan->row, error) ||
            (plan->has_new_steps && !save_steps(db, plan, error)))
            return false;
    }
    return true;
}

static bool
save_tasks(Db *db, const Beat *beat, GError **error)
{
    for (guint i = 0; i < beat->tasks->len; i++) {
        const Task *task = g_ptr_array_index(beat->tasks, i);
        if (!(task->is_new ? row_insert : row_update)(db, &task_rows, &task->row, error))
            return false;
    }
    return true;
}

static bool
save_slot(Db *db, const SlotRecord *slot, GError **error)
{
    static const char put[] = "INSERT OR REPLACE INTO slot(resource, n, holder)"
                              " VALUES (:resource, :n, :holder)";
    static const char drop[] = "DELETE FROM slot WHERE resource = :resource AND n = :n";
    Stmt *stmt = NULL;
    if (!db_prepare(db, slot->is_gone ? drop : put, &stmt, error))
        return false;
    stmt_text(stmt, ":resource", slot->resource);
    stmt_int(stmt, ":n", slot->n);
    if (!slot->is_gone)
        stmt_text(stmt, ":holder", slot->holder == NULL ? NULL : slot->holder->row.id);
    return stmt_run(stmt, NULL, error);
}

static bool
save_limit(Db *db, const Resource *resource, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db,
                    !resource->is_own
                        ? "DELETE FROM limits WHERE resource = :resource"
                        : "INSERT OR REPLACE INTO limits(resource, count) VALUES (:resource, "
                          ":count)",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":resource", resource->name);
    if (resource->is_own)
        stmt_int(stmt, ":count", resource->count);
    return stmt_run(stmt, NULL, error);
}

static bool
save_limits(Db *db, const Beat *beat, GError **error)
{
    for (guint i = 0; i < beat->slots->len; i++)
        if (!save_slot(db, &g_array_index(beat->slots, SlotRecord, i), error))
            return false;
    for (guint i = 0; i < beat->limits->len; i++)
        if (!save_limit(db, g_ptr_array_index(beat->limits, i), error))
            return false;
    return true;
}

static bool
save_workers(Db *db, const Beat *beat, GError **error)
{
    static const char sql[] =
        "INSERT INTO worker(id, labels, first_seen_ms, last_seen_ms, local, pid)"
        " VALUES (:id, :labels, :first, :last, :local, :pid)"
        " ON CONFLICT(id) DO UPDATE SET labels = excluded.labels,"
        " last_seen_ms = excluded.last_seen_ms, local = excluded.local, pid = excluded.pid";
    for (guint i = 0; i < beat->workers->len; i++) {
        const WorkerSeen *worker = g_ptr_array_index(beat->workers, i);
        Stmt *stmt = NULL;
        if (!db_prepare(db, sql, &stmt, error))
            return false;
        stmt_text(stmt, ":id", worker->id);
        stmt_text(stmt, ":labels", worker->labels_text);
        stmt_int(stmt, ":first", worker->first_seen_ms);
        stmt_int(stmt, ":last", worker->last_seen_ms);
        stmt_int(stmt, ":local", worker->local);
        stmt_int(stmt, ":pid", worker->pid);
        if (!stmt_run(stmt, NULL, error))
            return false;
    }
    return true;
}

static bool
save_campaigns(Db *db, const Beat *beat, GError **error)
{
    for (guint i = 0; i < beat->campaigns->len; i++) {
        const Campaign *campaign = g_ptr_array_index(beat->campaigns, i);
        if (!(campaign->is_new ? row_insert : row_update)(db, &campaign_rows, &campaign->row,
                                                          error))
            return false;
    }
    for (guint i = 0; i < beat->members->len; i++) {
        const Member *member = g_ptr_array_index(beat->members, i);
        if (!(member->is_new ? row_insert : row_update)(db, &member_rows, &member->row, error))
            return false;
    }
    return true;
}

bool
save_beat(Db *db, Beat *beat, GError **error)
{
    return save_plans(db, beat, error) && save_tasks(db, beat, error) &&
           save_limits(db, beat, error) && save_workers(db, beat, error) &&
           save_campaigns(db, beat, error) && save_events(db, beat, error);
}
