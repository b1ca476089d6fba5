/* load.c - rows into memory. */
#include "engine/load.h"

#include "engine/campaign.h"
#include "engine/moves.h"
#include "engine/queues.h"
#include "engine/rollback.h"
#include "engine/slots.h"

/* ---- rows ---- */

typedef bool TakeRowFn(State *state, Stmt *stmt, OpenPlan *plan, GError **error);

/* Run a statement and give each of its rows to `take`. */
static bool
each_row(Db *db, State *state, const char *sql, OpenPlan *plan, TakeRowFn *take, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    if (plan != NULL)
        stmt_text(stmt, ":plan", plan->row.id);
    for (bool has_row = true;;) {
        if (!stmt_step(stmt, &has_row, error))
            return false;
        if (!has_row)
            return true;
        if (!take(state, stmt, plan, error)) {
            stmt_reset(stmt);
            return false;
        }
    }
}

static bool
take_plan(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    PlanRow row;
    if (!row_read(&plan_rows, stmt, &row, error))
        return false;
    state_add_plan(state, &row);
    return true;
}

static bool
take_step(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    StepRow row;
    return row_read(&step_rows, stmt, &row, error) && state_add_step(state, plan, &row, error);
}

static bool
take_task(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    TaskRow row;
    Task *task = NULL;
    return row_read(&task_rows, stmt, &row, error) && state_add_task(state, &row, &task, error);
}

static bool
take_limit(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    resource_load_count(resource_get(state, stmt_col_text(stmt, 0)), stmt_col_int(stmt, 1));
    return true;
}

static bool
take_slot(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    Task *holder = state_task(state, stmt_col_text(stmt, 2));
    if (holder != NULL)
        resource_load_slot(resource_get(state, stmt_col_text(stmt, 0)), stmt_col_int(stmt, 1),
                           holder);
    return true;
}

static bool
take_touch(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    int64_t effects_ms = stmt_col_int(stmt, 3);
    state_touch(state, stmt_col_text(stmt, 0), stmt_col_text(stmt, 1), stmt_col_text(stmt, 2),
                effects_ms);
    state->last_effects_ms = MAX(state->last_effects_ms, effects_ms);
    return true;
}

static bool
take_numbers(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    state->next_plan_n = stmt_col_int(stmt, 0) + 1;
    state->next_task_n = stmt_col_int(stmt, 1) + 1;
    state->next_campaign_n = stmt_col_int(stmt, 2) + 1;
    state->next_member_n = stmt_col_int(stmt, 3) + 1;
    return true;
}

/* ---- the whole ---- */

void
load_scope(OpenPlan *plan)
{
    g_autoptr(json_t) names = plan->row.scope == NULL ? NULL : json_loads(plan->row.scope, 0, NULL);
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        OpenStep *step = g_hash_table_lookup(plan->step_by_name, json_string_value(name));
        if (step != NULL)
            step->in_scope = true;
    }
}

static bool
load_plans(Db *db, State *state, GError **error)
{
    g_autofree char *plans = row_select_sql(&plan_rows, "WHERE ended_ms = 0 ORDER BY n");
    g_autofree char *steps = row_select_sql(&step_rows, "WHERE plan = :plan ORDER BY ordinal");
    g_autofree char *tasks = row_select_sql(&task_rows, "WHERE plan = :plan ORDER BY n");
    if (!each_row(db, state, plans, NULL, take_plan, error))
        return false;
    g_autoptr(GList) open = g_hash_table_get_values(state->plans);
    for (GList *link = open; link != NULL; link = link->next) {
        OpenPlan *plan = link->data;
        if (!each_row(db, state, steps, plan, take_step, error))
            return false;
        load_scope(plan);
        if (!each_row(db, state, tasks, plan, take_task, error))
            return false;
    }
    return true;
}

static bool
take_campaign(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    CampaignRow row;
    if (!row_read(&campaign_rows, stmt, &row, error))
        return false;
    campaign_add(state, &row);
    return true;
}

static bool
take_member(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    MemberRow row;
    if (!row_read(&member_rows, stmt, &row, error))
        return false;
    campaign_add_member(state, campaign_get(state, row.campaign), &row);
    return true;
}

/* Of plans that have left memory, how they ended is all that counts. The members of one campaign were born together. */
static bool
take_ended(State *state, Stmt *stmt, OpenPlan *plan, GError **error)
{
    const Campaign *campaign = campaign_get(state, stmt_col_text(stmt, 0));
    const Member *first = g_ptr_array_index(campaign->members, 0);
    int64_t index = stmt_col_int(stmt, 1) - first->row.n;
    PlanState ended;
    if (!plan_state_from_name(stmt_col_text(stmt, 2), &ended))
        return fail(error, ERR_CORRUPT, "plan.state holds '%s', which is no such name",
                    stmt_col_text(stmt, 2));
    campaign_member_ended(g_ptr_array_index(campaign->members, (guint) index), ended,
                          stmt_col_int(stmt, 3) != 0, stmt_col_int(stmt, 4));
    return true;
}

static bool
load_campaigns(Db *db, State *state, GError **error)
{
    g_autofree char *campaigns = row_select_sql(&campaign_rows, "WHERE ended_ms = 0 ORDER BY n");
    g_autofree char *members = row_select_sql(
        &member_rows, "WHERE campaign IN (SELECT id FROM campaign WHERE ended_ms = 0)"
                      " ORDER BY n");
    return each_row(db, state, campaigns, NULL, take_campaign, error) &&
           each_row(db, state, members, NULL, take_member, error) &&
           each_row(db, state,
                    "SELECT m.campaign, m.n, p.state, p.effects, p.effects_ms"
                    " FROM campaign_member AS m JOIN plan AS p ON p.id = m.plan"
                    " WHERE p.ended_ms <> 0 AND"
                    " m.campaign IN (SELECT id FROM campaign WHERE ended_ms = 0)",
                    NULL, take_ended, error);
}

static void
task_finish(Beat *beat, Task *task)
{
    bool is_idle_unknown = task->row.status == TASK_UNKNOWN && task->row.worker == NULL;
    /* A rollback has nothing more to say to it: whoever looks at it is not to be fenced. */
    task->is_swept = task->row.status == TASK_UNKNOWN && plan_rolls_back(task->plan, task->step);
    if (task->row.status == TASK_READY)
        queue_add(beat, task);
    else if (is_idle_unknown && task->row.wake_ms == 0 && !task->is_parked)
        task_rested(beat, task);
    task_timer_set(beat->state, task);
}

static int
compare_age(const void *a, const void *b)
{
    const Task *one = *(Task *const *) a, *other = *(Task *const *) b;
    if (one->row.since_ms != other->row.since_ms)
        return one->row.since_ms < other->row.since_ms ? -1 : 1;
    return one->row.n < other->row.n ? -1 : 1;
}

static void
plan_finish(Beat *beat, OpenPlan *plan)
{
    plan_timer_set(beat->state, plan);
    if (plan->row.state == PLAN_ROLLING_BACK || plan->row.state == PLAN_NEEDS_OPERATOR)
        rollback_begin(beat, plan, false);
    else if (plan->row.scope != NULL)
        rollback_begin(beat, plan, true);
}

void
load_finish(State *state)
{
    g_autoptr(Beat) beat = beat_new(state);
    g_autoptr(GPtrArray) tasks = g_ptr_array_sized_new(g_hash_table_size(state->tasks));
    GHashTableIter iter;
    void *value;
    resources_inherit(state);
    g_hash_table_iter_init(&iter, state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        plan_finish(beat, value);
    g_hash_table_iter_init(&iter, state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(tasks, value);
    g_ptr_array_sort(tasks, compare_age);
    for (guint i = 0; i < tasks->len; i++)
        task_finish(beat, g_ptr_array_index(tasks, i));
    beat_committed(beat); /* nothing of it is new */
}

bool
load_state(Db *db, State *state, GError **error)
{
    if (!each_row(db, state, "SELECT resource, count FROM limits", NULL, take_limit, error) ||
        !load_plans(db, state, error) || !load_campaigns(db, state, error) ||
        !each_row(db, state, "SELECT resource, n, holder FROM slot WHERE holder IS NOT NULL", NULL,
                  take_slot, error) ||
        !each_row(db, state,
                  "SELECT id, source_url, target_url, effects_ms FROM plan"
                  " WHERE effects = 1 AND state <> 'rolled_back'",
                  NULL, take_touch, error) ||
        !each_row(db, state,
                  "SELECT coalesce((SELECT max(n) FROM plan), 0),"
                  " coalesce((SELECT max(n) FROM task), 0),"
                  " coalesce((SELECT max(n) FROM campaign), 0),"
                  " coalesce((SELECT max(n) FROM campaign_member), 0)",
                  NULL, take_numbers, error))
        return false;
    load_finish(state);
    return true;
}
