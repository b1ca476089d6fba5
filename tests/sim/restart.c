/*
 * restart.c - a crash at this moment would lose nothing: the state as it would be read from the disk,
 * written out in full, is the state in memory; and it changes nothing by itself when it wakes up.
 *
 * Not compared is what may differ: the ends of leases (they get another term), workers, and who waits
 * for a lease.
 */
#include "sim.h"

#include "engine/rollback.h"
#include "engine/slots.h"

#include <inttypes.h>
#include <string.h>

static void
tell_row(GString *text, const RowType *type, const void *row)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const Field *field = &type->fields[i];
        const char *at = (const char *) row + field->offset;
        if (strcmp(field->name, "lease_until_ms") == 0)
            continue;
        if (field->kind == FIELD_TEXT)
            g_string_append_printf(text, " %s=%s", field->name,
                                   *(char *const *) at == NULL ? "-" : *(char *const *) at);
        else
            g_string_append_printf(text, " %s=%" PRId64, field->name,
                                   field->kind == FIELD_INT ? *(const int64_t *) at
                                                            : *(const int *) at);
    }
}

static void
tell_task(GString *text, const Task *task)
{
    bool tells_time = task->row.worker == NULL && !task->progress_waits;
    g_string_append(text, "\n  task");
    tell_row(text, &task_rows, &task->row);
    g_string_append_printf(text, " parked=%d queued=%d offered=%d timer=%" PRId64, task->is_parked,
                           task->queue != NULL, task->queue != NULL && task->queue->is_offered,
                           tells_time && task->timer.node.place != 0 ? task->timer.node.at : 0);
    if (task->queue != NULL)
        g_string_append_printf(text, " class=%d%d%d", (int) task->queue->class->phase,
                               task->queue->class->is_probe, task->queue->class->holds_slots);
    for (int status = 0; task->children != NULL && status < TASK_STATUS_COUNT; status++)
        g_string_append_printf(text, " %d/%d", task->child_count[PHASE_FORWARD][status],
                               task->child_count[PHASE_REVERSE][status]);
}

static void
tell_plan(GString *text, const OpenPlan *plan)
{
    g_string_append(text, "\nplan");
    tell_row(text, &plan_rows, &plan->row);
    g_string_append_printf(
        text, " open=%d retire=%d active=%d failed=%d unsettled=%d timer=%" PRId64,
        plan->steps_open, plan->retire_open, plan->tasks_active, plan->tasks_failed,
        plan->steps_unsettled, plan->timer.node.place != 0 ? plan->timer.node.at : 0);
    g_string_append_printf(text, " planning=%s preflight=%s verify=%s",
                           plan->planning == NULL ? "-" : plan->planning->row.id,
                           plan->preflight == NULL ? "-" : plan->preflight->row.id,
                           plan->verify == NULL ? "-" : plan->verify->row.id);
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        g_string_append(text, "\n step");
        tell_row(text, &step_rows, &step->row);
        g_string_append_printf(text, " unsettled=%d scope=%d root=%s", step->tasks_unsettled,
                               step->in_scope, step->root == NULL ? "-" : step->root->row.id);
    }
    for (guint i = 0; i < plan->tasks->len; i++)
        tell_task(text, g_ptr_array_index(plan->tasks, i));
}

static void
tell_campaign(GString *text, const Campaign *campaign)
{
    g_string_append(text, "\ncampaign");
    tell_row(text, &campaign_rows, &campaign->row);
    g_string_append_printf(text, " failed=%d moving=%d effective=%d timer=%" PRId64,
                           campaign->failed, campaign->moving, campaign->effective,
                           campaign->timer.node.place != 0 ? campaign->timer.node.at : 0);
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        g_string_append(text, "\n member");
        tell_row(text, &member_rows, &member->row);
        g_string_append_printf(text, " state=%d effects=%d waits=%d open=%d", member->state,
                               member->has_effects, member->link != NULL, member->plan != NULL);
    }
}

static int
compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* "-1:t-… 0: 1:t-…" */
static char *
tell_resource(const Resource *resource)
{
    g_autoptr(GPtrArray) slots = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "\nlimit %s=%" PRId64 " slots=%d active=%d waits=%d plans=%d",
                           resource->name, resource->count, (int) resource->slots->len - 1,
                           resource->active, resource->reverse_waits, resource->plans);
    for (guint i = 0; i < resource->slots->len; i++) {
        const Slot *slot = g_ptr_array_index(resource->slots, i);
        g_ptr_array_add(slots, g_strdup_printf(" %" PRId64 ":%s", slot->n,
                                               slot->holder == NULL ? "" : slot->holder->row.id));
    }
    g_ptr_array_sort(slots, compare_text);
    for (guint i = 0; i < slots->len; i++)
        g_string_append(text, g_ptr_array_index(slots, i));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
tell_touches(const char *object, const GPtrArray *touches)
{
    g_autoptr(GPtrArray) each = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "\ntouched %s", object);
    for (guint i = 0; i < touches->len; i++) {
        const Touch *touch = g_ptr_array_index(touches, i);
        g_ptr_array_add(each, g_strdup_printf(" %s@%" PRId64, touch->plan, touch->effects_ms));
    }
    g_ptr_array_sort(each, compare_text);
    for (guint i = 0; i < each->len; i++)
        g_string_append(text, g_ptr_array_index(each, i));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The whole state in an order that does not depend on its history. Caller frees. */
static char *
state_tell(const State *state)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    GHashTableIter iter;
    void *key, *value;
    g_hash_table_iter_init(&iter, state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        GString *plan = g_string_new(NULL);
        tell_plan(plan, value);
        g_ptr_array_add(parts, g_string_free(plan, FALSE));
    }
    g_hash_table_iter_init(&iter, state->resources);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Resource *resource = value;
        if (resource->count >= 0 || resource->slots->len > 1 || resource->active > 0)
            g_ptr_array_add(parts, tell_resource(resource));
    }
    g_hash_table_iter_init(&iter, state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        GString *campaign = g_string_new(NULL);
        tell_campaign(campaign, value);
        g_ptr_array_add(parts, g_string_free(campaign, FALSE));
    }
    g_hash_table_iter_init(&iter, state->touches);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_ptr_array_add(parts, tell_touches(key, value));
    g_ptr_array_sort(parts, compare_text);
    g_string_append_printf(
        text, "next plan %" PRId64 ", task %" PRId64 ", effects %" PRId64 ", open %d",
        state->next_plan_n, state->next_task_n, state->last_effects_ms, state->open_task_count);
    for (guint i = 0; i < parts->len; i++)
        g_string_append(text, g_ptr_array_index(parts, i));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A freeze that was there is still there. */
static void
still_frozen(Beat *beat, const OpenPlan *plan, StartWord *ret)
{
    ret->until_ms = plan->member->campaign->row.wake_ms;
    if (ret->until_ms > beat->now_ms)
        ret->frozen = g_strdup("it is the last week of the year");
}

/* What waking up does by itself, without anybody's word and before any time has passed. */
static void
wake_up(Sim *sim, State *state, const char *source)
{
    g_autoptr(Beat) beat = beat_new(state);
    beat->now_ms = sim->now_ms;
    state->guards_off = sim->options.guards_off;
    beat->may_start = still_frozen;
    rollback_sweep(beat);
    campaigns_look(beat);
    if (!beat_is_empty(beat)) {
        const EventRecord *event =
            beat->events->len == 0 ? NULL : &g_array_index(beat->events, EventRecord, 0);
        sim_broken(sim, "a restart changes nothing by itself", "%s: %s goes to '%s' (%s)", source,
                   event == NULL         ? "something"
                   : event->task != NULL ? event->task->row.id
                   : event->plan != NULL ? event->plan->row.id
                                         : event->campaign->row.id,
                   event == NULL || event->to == NULL ? "?" : event->to,
                   event == NULL ? "?" : event->reason);
    }
}

/* The first line that differs. */
static void
tell_difference(Sim *sim, const char *source, const char *is, const char *read)
{
    g_auto(GStrv) is_lines = g_strsplit(is, "\n", -1), read_lines = g_strsplit(read, "\n", -1);
    size_t i = 0;
    while (is_lines[i] != NULL && read_lines[i] != NULL && strcmp(is_lines[i], read_lines[i]) == 0)
        i++;
    sim_broken(sim, "what is on disk is what is in memory", "%s:\n  is   %s\n  read %s", source,
               is_lines[i] == NULL ? "(nothing)" : is_lines[i],
               read_lines[i] == NULL ? "(nothing)" : read_lines[i]);
}

static void
check(Sim *sim, State *take_state, const char *is, const char *source)
{
    g_autoptr(State) state = take_state;
    state->last_effects_ms = MAX(state->last_effects_ms, sim->state->last_effects_ms);
    wake_up(sim, state, source);
    g_autofree char *read = state_tell(state);
    if (sim->rule == NULL && strcmp(is, read) != 0)
        tell_difference(sim, source, is, read);
}

void
restart_check(Sim *sim)
{
    World world = sim_world(sim);
    if (rollback_has_work(sim->state) ||
        campaigns_have_work(sim->state)) /* just read: it goes on with the next beat */
        return;
    g_autofree char *is = state_tell(sim->state);
    check(sim, disk_load(sim->disk, &sim->engine, &world), is, "the image");
    if (sim->disk->db != NULL)
        check(sim, disk_load_tables(sim->disk, &sim->engine, &world), is, "the tables");
}
