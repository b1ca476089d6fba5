/* disk.c - the image, written by beats and read at start. */
#include "disk.h"

#include "engine/load.h"
#include "engine/moves.h"
#include "engine/save.h"
#include "engine/slots.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    char *resource, *holder;
    int64_t n;
} SlotRow;

/* ---- making and copying ---- */

static void
plan_row_free(void *row)
{
    row_clear(&plan_rows, row);
    g_free(row);
}

static void
step_row_free(void *row)
{
    row_clear(&step_rows, row);
    g_free(row);
}

static void
task_row_free(void *row)
{
    row_clear(&task_rows, row);
    g_free(row);
}

static void
campaign_row_free(void *row)
{
    row_clear(&campaign_rows, row);
    g_free(row);
}

static void
member_row_free(void *row)
{
    row_clear(&member_rows, row);
    g_free(row);
}

static void
slot_row_free(void *data)
{
    SlotRow *slot = data;
    g_free(slot->resource);
    g_free(slot->holder);
    g_free(slot);
}

Yes *
yes_copy(const Yes *yes)
{
    Yes *copy = g_new0(Yes, 1);
    *copy =
        (Yes){g_strdup(yes->plan), g_strdup(yes->digest), g_strdup(yes->actor), yes->is_withdrawn};
    return copy;
}

void
yes_free(void *data)
{
    Yes *yes = data;
    g_free(yes->plan);
    g_free(yes->digest);
    g_free(yes->actor);
    g_free(yes);
}

static void
list_free(void *list)
{
    g_ptr_array_unref(list);
}

Disk *
disk_new(bool with_tables)
{
    Disk *disk = g_new0(Disk, 1);
    g_autoptr(GError) error = NULL;
    disk->plans = g_ptr_array_new_with_free_func(plan_row_free);
    disk->tasks = g_ptr_array_new_with_free_func(task_row_free);
    disk->plan_by_id = g_hash_table_new(g_str_hash, g_str_equal);
    disk->task_by_id = g_hash_table_new(g_str_hash, g_str_equal);
    disk->steps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
    disk->slots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, slot_row_free);
    disk->limits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    disk->last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    disk->yeses = g_ptr_array_new_with_free_func(yes_free);
    disk->campaigns = g_ptr_array_new_with_free_func(campaign_row_free);
    disk->members = g_ptr_array_new_with_free_func(member_row_free);
    if (with_tables && !db_open_memory(&disk->db, &error))
        g_error("%s", error->message);
    return disk;
}

void
disk_free(Disk *disk)
{
    g_hash_table_unref(disk->plan_by_id);
    g_hash_table_unref(disk->task_by_id);
    g_hash_table_unref(disk->steps);
    g_hash_table_unref(disk->slots);
    g_hash_table_unref(disk->limits);
    g_hash_table_unref(disk->last);
    g_ptr_array_unref(disk->yeses);
    g_ptr_array_unref(disk->campaigns);
    g_ptr_array_unref(disk->members);
    g_ptr_array_unref(disk->plans);
    g_ptr_array_unref(disk->tasks);
    g_clear_pointer(&disk->db, db_close);
    g_free(disk);
}

/* Put a copy of the row in the place of number n. */
static void
put_row(const RowType *type, GPtrArray *rows, GHashTable *by_id, int64_t n, const void *row)
{
    void *copy = g_malloc0(type->bytes);
    row_copy(type, row, copy);
    if (rows->len < n)
        g_ptr_array_set_size(rows, (int) n);
    void *old = g_ptr_array_index(rows, n - 1);
    const char *id = type == &plan_rows ? ((PlanRow *) copy)->id : ((TaskRow *) copy)->id;
    g_hash_table_replace(by_id, (char *) id, copy);
    if (old != NULL) {
        row_clear(type, old);
        g_free(old);
    }
    g_ptr_array_index(rows, n - 1) = copy;
}

static void
put_plan(Disk *disk, const PlanRow *row)
{
    put_row(&plan_rows, disk->plans, disk->plan_by_id, row->n, row);
}

static void
put_task(Disk *disk, const TaskRow *row)
{
    put_row(&task_rows, disk->tasks, disk->task_by_id, row->n, row);
}

/* Put a copy of the row in the place of number n. */
static void
put_numbered(const RowType *type, GPtrArray *rows, int64_t n, const void *row)
{
    void *copy = g_malloc0(type->bytes);
    row_copy(type, row, copy);
    if (rows->len < n)
        g_ptr_array_set_size(rows, (int) n);
    if (g_ptr_array_index(rows, n - 1) != NULL) {
        row_clear(type, g_ptr_array_index(rows, n - 1));
        g_free(g_ptr_array_index(rows, n - 1));
    }
    g_ptr_array_index(rows, n - 1) = copy;
}

static void
put_step(GPtrArray *steps, const StepRow *row)
{
    StepRow *copy = g_new0(StepRow, 1);
    row_copy(&step_rows, row, copy);
    g_ptr_array_add(steps, copy);
}

static void
put_slot(Disk *disk, const char *resource, int64_t n, const char *holder)
{
    SlotRow *slot = g_new0(SlotRow, 1);
    *slot = (SlotRow){g_strdup(resource), g_strdup(holder), n};
    g_hash_table_replace(disk->slots, g_strdup_printf("%s %" PRId64, resource, n), slot);
}

static void
put_limit(Disk *disk, const char *resource, int64_t count)
{
    int64_t *copy = g_new(int64_t, 1);
    *copy = count;
    g_hash_table_replace(disk->limits, g_strdup(resource), copy);
}

static void
copy_tables(const Disk *disk, Disk *copy)
{
    GHashTableIter iter;
    void *key, *value;
    g_hash_table_iter_init(&iter, disk->steps);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        GPtrArray *from = value, *steps = g_ptr_array_new_with_free_func(step_row_free);
        for (guint i = 0; i < from->len; i++)
            put_step(steps, g_ptr_array_index(from, i));
        g_hash_table_insert(copy->steps, g_strdup(key), steps);
    }
    g_hash_table_iter_init(&iter, disk->slots);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        put_slot(copy, ((SlotRow *) value)->resource, ((SlotRow *) value)->n,
                 ((SlotRow *) value)->holder);
    g_hash_table_iter_init(&iter, disk->limits);
    while (g_hash_table_iter_next(&iter, &key, &value))
        put_limit(copy, key, *(int64_t *) value);
    g_hash_table_iter_init(&iter, disk->last);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(copy->last, g_strdup(key), value);
}

Disk *
disk_copy(const Disk *disk)
{
    Disk *copy = disk_new(false);
    for (guint i = 0; i < disk->plans->len; i++)
        put_plan(copy, g_ptr_array_index(disk->plans, i));
    for (guint i = 0; i < disk->tasks->len; i++)
        put_task(copy, g_ptr_array_index(disk->tasks, i));
    copy_tables(disk, copy);
    for (guint i = 0; i < disk->yeses->len; i++)
        g_ptr_array_add(copy->yeses, yes_copy(g_ptr_array_index(disk->yeses, i)));
    for (guint i = 0; i < disk->campaigns->len; i++)
        put_numbered(&campaign_rows, copy->campaigns, i + 1, g_ptr_array_index(disk->campaigns, i));
    for (guint i = 0; i < disk->members->len; i++)
        put_numbered(&member_rows, copy->members, i + 1, g_ptr_array_index(disk->members, i));
    copy->events = disk->events;
    return copy;
}

/* ---- writing ---- */

static void
commit_plans(Disk *disk, const Beat *beat)
{
    for (guint i = 0; i < beat->plans->len; i++) {
        const OpenPlan *plan = g_ptr_array_index(beat->plans, i);
        put_plan(disk, &plan->row);
        if (!plan->has_new_steps)
            continue;
        GPtrArray *steps = g_ptr_array_new_with_free_func(step_row_free);
        for (guint s = 0; s < plan->steps->len; s++)
            put_step(steps, &((OpenStep *) g_ptr_array_index(plan->steps, s))->row);
        g_hash_table_replace(disk->steps, g_strdup(plan->row.id), steps);
    }
    for (guint i = 0; i < beat->tasks->len; i++)
        put_task(disk, &((Task *) g_ptr_array_index(beat->tasks, i))->row);
}

static void
commit_campaigns(Disk *disk, const Beat *beat)
{
    for (guint i = 0; i < beat->campaigns->len; i++) {
        const Campaign *campaign = g_ptr_array_index(beat->campaigns, i);
        put_numbered(&campaign_rows, disk->campaigns, campaign->row.n, &campaign->row);
    }
    for (guint i = 0; i < beat->members->len; i++) {
        const Member *member = g_ptr_array_index(beat->members, i);
        put_numbered(&member_rows, disk->members, member->row.n, &member->row);
    }
}

static void
commit_limits(Disk *disk, const Beat *beat)
{
    for (guint i = 0; i < beat->slots->len; i++) {
        const SlotRecord *slot = &g_array_index(beat->slots, SlotRecord, i);
        g_autofree char *key = g_strdup_printf("%s %" PRId64, slot->resource, slot->n);
        if (slot->is_gone)
            g_hash_table_remove(disk->slots, key);
        else
            put_slot(disk, slot->resource, slot->n,
                     slot->holder == NULL ? NULL : slot->holder->row.id);
    }
    for (guint i = 0; i < beat->limits->len; i++) {
        const Resource *resource = g_ptr_array_index(beat->limits, i);
        if (!resource->is_own)
            g_hash_table_remove(disk->limits, resource->name);
        else
            put_limit(disk, resource->name, resource->count);
    }
}

static void
commit_events(Disk *disk, const Beat *beat)
{
    for (guint i = 0; i < beat->events->len; i++) {
        const EventRecord *event = &g_array_index(beat->events, EventRecord, i);
        if (event->is_quiet)
            continue;
        disk->events++;
        if (event->to != NULL)
            g_hash_table_replace(disk->last,
                                 g_strdup(event->task != NULL   ? event->task->row.id
                                          : event->plan != NULL ? event->plan->row.id
                                                                : event->campaign->row.id),
                                 (char *) event->to);
    }
}

static void
commit_tables(Db *db, Beat *beat, bool fails)
{
    g_autoptr(GError) error = NULL;
    if (!db_begin(db, &error) || !save_beat(db, beat, &error))
        g_error("%s", error->message);
    if (fails)
        db_rollback(db);
    else if (!db_commit(db, &error))
        g_error("%s", error->message);
}

void
disk_commit(Disk *disk, Beat *beat, bool fails)
{
    if (!fails) {
        commit_plans(disk, beat);
        commit_campaigns(disk, beat);
        commit_limits(disk, beat);
        commit_events(disk, beat);
    }
    if (disk->db != NULL) /* last: saving forgets the events */
        commit_tables(disk->db, beat, fails);
}

/* ---- reading ---- */

static void
load_plan(const Disk *disk, State *state, const PlanRow *from)
{
    g_autoptr(GError) error = NULL;
    const GPtrArray *steps = g_hash_table_lookup(disk->steps, from->id);
    PlanRow row;
    row_copy(&plan_rows, from, &row);
    OpenPlan *plan = state_add_plan(state, &row);
    for (guint i = 0; steps != NULL && i < steps->len; i++) {
        StepRow step;
        row_copy(&step_rows, g_ptr_array_index(steps, i), &step);
        if (!state_add_step(state, plan, &step, &error))
            g_error("%s", error->message);
    }
    load_scope(plan);
    for (guint i = 0; i < disk->tasks->len; i++) {
        const TaskRow *task = g_ptr_array_index(disk->tasks, i);
        Task *added;
        TaskRow copy;
        if (strcmp(task->plan, from->id) != 0)
            continue;
        row_copy(&task_rows, task, &copy);
        if (!state_add_task(state, &copy, &added, &error))
            g_error("%s", error->message);
    }
}

static void
load_member(const Disk *disk, State *state, const MemberRow *from)
{
    Campaign *campaign = campaign_get(state, from->campaign);
    const PlanRow *plan = from->plan == NULL ? NULL : disk_plan(disk, from->plan);
    MemberRow row;
    if (campaign == NULL)
        return;
    row_copy(&member_rows, from, &row);
    Member *member = campaign_add_member(state, campaign, &row);
    if (plan != NULL && plan->ended_ms != 0)
        campaign_member_ended(member, plan->state, plan->effects != 0, plan->effects_ms);
}

static void
load_campaigns(const Disk *disk, State *state)
{
    for (guint i = 0; i < disk->campaigns->len; i++) {
        const CampaignRow *from = g_ptr_array_index(disk->campaigns, i);
        CampaignRow row;
        if (from->ended_ms != 0)
            continue;
        row_copy(&campaign_rows, from, &row);
        campaign_add(state, &row);
    }
    for (guint i = 0; i < disk->members->len; i++)
        load_member(disk, state, g_ptr_array_index(disk->members, i));
    state->next_campaign_n = disk->campaigns->len + 1;
    state->next_member_n = disk->members->len + 1;
}

static void
load_slots(const Disk *disk, State *state)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, disk->slots);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SlotRow *slot = value;
        Task *holder = state_task(state, slot->holder);
        if (holder != NULL)
            resource_load_slot(resource_get(state, slot->resource), slot->n, holder);
    }
}

State *
disk_load(const Disk *disk, const EngineOptions *options, const World *world)
{
    State *state = state_new(options, world);
    GHashTableIter iter;
    void *key, *value;
    g_hash_table_iter_init(&iter, disk->limits);
    while (g_hash_table_iter_next(&iter, &key, &value))
        resource_load_count(resource_get(state, key), *(int64_t *) value);
    for (guint i = 0; i < disk->plans->len; i++) {
        const PlanRow *row = g_ptr_array_index(disk->plans, i);
        if (row->ended_ms == 0)
            load_plan(disk, state, row);
        if (row->effects != 0 && row->state != PLAN_ROLLED_BACK)
            state_touch(state, row->id, row->source_url, row->target_url, row->effects_ms);
        state->last_effects_ms = MAX(state->last_effects_ms, row->effects_ms);
    }
    load_campaigns(disk, state);
    load_slots(disk, state);
    state->next_plan_n = disk->plans->len + 1;
    state->next_task_n = disk->tasks->len + 1;
    load_finish(state);
    return state;
}

State *
disk_load_tables(const Disk *disk, const EngineOptions *options, const World *world)
{
    g_autoptr(GError) error = NULL;
    State *state = state_new(options, world);
    if (!load_state(disk->db, state, &error))
        g_error("%s", error->message);
    return state;
}

/* ---- looking ---- */

const PlanRow *
disk_plan(const Disk *disk, const char *id)
{
    return g_hash_table_lookup(disk->plan_by_id, id);
}

const TaskRow *
disk_task(const Disk *disk, const char *id)
{
    return g_hash_table_lookup(disk->task_by_id, id);
}

bool
disk_holds_slot(const Disk *disk, const char *task, const char *resource)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, disk->slots);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const SlotRow *slot = value;
        if (g_strcmp0(slot->holder, task) == 0 && strcmp(slot->resource, resource) == 0)
            return true;
    }
    return false;
}
