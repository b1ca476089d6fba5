/*
 * look.c - the world says that there is something to see: who waits for it looks earlier than it would by itself.
 *
 * Nothing is believed of what was said, and nothing of it is kept: who misses it looks a while later. However much is said, a task
 * looks once in LOOK_PAUSE_MS; a step's own, which looks at what became of its parts, once in that time for each of them.
 */
#include "base/json.h"
#include "engine/decide.h"
#include "model/change_key.h"

#include <string.h>

#define LOOK_PAUSE_MS 2000 /* a host tells of every comment, and its own pages are no fresher */

static int64_t
pause_ms(const Task *task)
{
    guint parts = task->children != NULL ? task->children->len : 0;
    return LOOK_PAUSE_MS * (int64_t) MAX(parts, 1);
}

void
task_look_soon(Beat *beat, Task *task)
{
    int64_t soon_ms = MAX(beat->now_ms, task->row.since_ms + pause_ms(task));
    if (task->row.status != TASK_WAITING || task->row.wake_ms <= soon_ms)
        return;
    task->row.wake_ms = soon_ms;
    task_timer_set(beat->state, task);
    task_dirty(beat, task);
}

/* True when it will look because of this. */
static bool
call(Beat *beat, Task *task)
{
    bool waits = task->row.status == TASK_WAITING && task->row.wake_ms > 0;
    bool is_looking = task->row.status == TASK_LEASED;
    if (waits)
        task_look_soon(beat, task);
    task->is_called |= is_looking;
    return waits || is_looking;
}

/* Of a part that is done it is the step's own task that still looks, while it waits before it hands out more. */
static Task *
looker(Task *task)
{
    bool is_done = task->row.phase == PHASE_FORWARD && task->row.status == TASK_DONE;
    return is_done ? task->parent : task;
}

static int
call_step(Beat *beat, const OpenStep *step, const char *key)
{
    int count = 0;
    for (guint i = 0; step->action->is_watched && i < step->tasks->len; i++) {
        Task *task = g_ptr_array_index(step->tasks, i);
        if (task->parent != NULL && change_key_is_of(task->row.key, key))
            count += call(beat, looker(task));
    }
    return count;
}

Handled
on_look(Beat *beat, Command *command)
{
    const char *key = json_get_string(command->args, "key", "");
    GHashTableIter iter;
    void *value;
    int count = 0;
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    g_hash_table_iter_init(&iter, beat->state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const OpenPlan *plan = value;
        for (guint i = 0; i < plan->steps->len; i++)
            count += call_step(beat, g_ptr_array_index(plan->steps, i), key);
    }
    json_set_int(command->reply, "looks", count);
    return HANDLED;
}
