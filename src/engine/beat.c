/* beat.c - the order of things in a beat. */
#include "engine/beat.h"

#include "engine/campaign.h"
#include "engine/decide.h"
#include "engine/rollback.h"

Beat *
beat_new(State *state)
{
    Beat *beat = g_new0(Beat, 1);
    beat->state = state;
    beat->plans = g_ptr_array_new();
    beat->tasks = g_ptr_array_new();
    beat->events = g_array_new(FALSE, FALSE, sizeof(EventRecord));
    beat->slots = g_array_new(FALSE, FALSE, sizeof(SlotRecord));
    beat->limits = g_ptr_array_new();
    beat->workers = g_ptr_array_new();
    beat->campaigns = g_ptr_array_new();
    beat->members = g_ptr_array_new();
    beat->answered = g_ptr_array_new();
    beat->ended = g_ptr_array_new();
    beat->silent = g_ptr_array_new_with_free_func(g_free);
    return beat;
}

static void
forget_slots(Beat *beat)
{
    for (guint i = 0; i < beat->slots->len; i++)
        g_free(g_array_index(beat->slots, SlotRecord, i).resource);
    g_array_set_size(beat->slots, 0);
}

void
beat_free(Beat *beat)
{
    if (beat == NULL)
        return;
    g_assert(beat->answered->len == 0);
    beat_forget_events(beat);
    forget_slots(beat);
    g_array_unref(beat->events);
    g_array_unref(beat->slots);
    g_ptr_array_unref(beat->plans);
    g_ptr_array_unref(beat->tasks);
    g_ptr_array_unref(beat->limits);
    g_ptr_array_unref(beat->workers);
    g_ptr_array_unref(beat->campaigns);
    g_ptr_array_unref(beat->members);
    g_ptr_array_unref(beat->answered);
    g_ptr_array_unref(beat->ended);
    g_ptr_array_unref(beat->silent);
    g_free(beat);
}

/* A rollback is looked at before any other event. */
void
beat_decide(Beat *beat, int64_t now_ms, GPtrArray *commands)
{
    beat->now_ms = now_ms;
    for (guint i = 0; i < commands->len; i++) {
        Command *command = g_ptr_array_index(commands, i);
        if (command->kind == COMMAND_ROLLBACK)
            decide_command(beat, command);
    }
    for (guint i = 0; i < commands->len; i++) {
        Command *command = g_ptr_array_index(commands, i);
        if (command->kind != COMMAND_ROLLBACK)
            decide_command(beat, command);
    }
    decide_timers(beat);
    rollback_sweep(beat);
    campaigns_look(beat);
    decide_offers(beat);
}

void
beat_forget_events(Beat *beat)
{
    for (guint i = 0; i < beat->events->len; i++) {
        EventRecord *event = &g_array_index(beat->events, EventRecord, i);
        g_free(event->actor);
        g_free(event->reason);
        g_free(event->data);
    }
    g_array_set_size(beat->events, 0);
}

bool
beat_is_empty(const Beat *beat)
{
    return beat->plans->len + beat->tasks->len + beat->events->len + beat->slots->len +
               beat->limits->len + beat->workers->len + beat->campaigns->len + beat->members->len ==
           0;
}

void
beat_committed(Beat *beat)
{
    for (guint i = 0; i < beat->plans->len; i++) {
        OpenPlan *plan = g_ptr_array_index(beat->plans, i);
        plan->is_dirty = plan->is_new = plan->has_new_steps = false;
    }
    for (guint i = 0; i < beat->tasks->len; i++) {
        Task *task = g_ptr_array_index(beat->tasks, i);
        task->is_dirty = task->is_new = false;
        task->lease_saved_ms = task->row.lease_until_ms;
    }
    for (guint i = 0; i < beat->workers->len; i++) {
        WorkerSeen *worker = g_ptr_array_index(beat->workers, i);
        worker->is_dirty = worker->is_new = false;
    }
    beat_forget_events(beat);
    forget_slots(beat);
    campaigns_committed(beat);
    g_ptr_array_set_size(beat->plans, 0);
    g_ptr_array_set_size(beat->tasks, 0);
    g_ptr_array_set_size(beat->workers, 0);
    g_ptr_array_set_size(beat->limits, 0);
    for (guint i = 0; i < beat->ended->len; i++)
        state_remove_plan(beat->state, g_ptr_array_index(beat->ended, i));
    g_ptr_array_set_size(beat->ended, 0);
}
