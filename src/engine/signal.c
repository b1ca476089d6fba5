/*
 * signal.c - people's words to a task (pause, promote, roll back), and what a task remembers from one lease
 * to the next.
 *
 * A signal lies in the task's row until a report has taken notice of it, so it outlives workers and servers.
 * Its number is never used again: a report that comes late can take notice only of what was told under its
 * lease. Who waits for the world, or rests before another try, is leased at once.
 */
#include "base/json.h"
#include "base/limits.h"
#include "engine/decide.h"
#include "model/lease.h"

#include <string.h>

#define SIGNAL_NAME_BYTES_MAX 32 /* one word */

/* ---- the list ---- */

json_t *
signals_read(const Task *task)
{
    json_t *signals = task->row.signals == NULL ? NULL : json_loads(task->row.signals, 0, NULL);
    return signals != NULL ? signals : json_array();
}

static void
signals_write(Task *task, const json_t *signals)
{
    text_take(&task->row.signals, json_array_size(signals) == 0 ? NULL : json_compact(signals));
}

/* The same word twice, with nothing in between and before anybody heard it, is one. */
static bool
is_said_already(const json_t *signals, const char *name)
{
    const json_t *last = json_array_get(signals, json_array_size(signals) - 1);
    return strcmp(json_get_string(last, "signal", ""), name) == 0;
}

bool
task_was_told(const Task *task, const char *name)
{
    g_autoptr(json_t) signals = signals_read(task);
    return is_said_already(signals, name);
}

static void
signal_add(Beat *beat, Task *task, json_t *signals, const char *name, const Command *command)
{
    json_t *signal = json_object();
    json_set_int(signal, "n", ++task->row.signal_n);
    json_set_string(signal, "signal", name);
    json_set_string(signal, "actor", command->actor);
    json_set_string(signal, "reason", command->reason);
    json_set_int(signal, "at_ms", beat->now_ms);
    json_array_append_new(signals, signal);
    signals_write(task, signals);
    task_dirty(beat, task);
}

/* ---- saying ---- */

static bool
is_word(const char *name)
{
    size_t bytes = name == NULL ? 0 : strlen(name);
    return bytes > 0 && bytes <= SIGNAL_NAME_BYTES_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz_") == bytes;
}

static bool
task_hears(const Task *task, GError **error)
{
    static const unsigned over = 1u << TASK_DONE | 1u << TASK_SKIPPED | 1u << TASK_NOT_APPLIED |
                                 1u << TASK_IRREVERSIBLE | 1u << TASK_FAILED;
    if (task->step == NULL)
        return fail(error, ERR_WRONG_STATE,
                    "task '%s' belongs to the plan itself: speak to the plan instead",
                    task->row.id);
    if ((over & 1u << task->row.status) != 0)
        return fail(error, ERR_WRONG_STATE, "task '%s' is '%s': nobody would hear it", task->row.id,
                    task_status_name(task->row.status));
    return true;
}

void
task_signal_wakes(Beat *beat, Task *task, const char *actor)
{
    bool rests = task->row.status == TASK_WAITING || task->row.status == TASK_RETRY_WAIT;
    if (!rests || task->row.wake_ms == 0 || task->row.signals_told >= task->row.signal_n)
        return;
    task_must_move(beat, task,
                   &(Move){.event = "due",
                           .actor = actor,
                           .reason = "somebody has said something: looks again"});
}

void
task_tell(Beat *beat, Task *task, const char *name, const Command *command)
{
    g_autoptr(json_t) signals = signals_read(task), data = json_object();
    signal_add(beat, task, signals, name, command);
    json_set_int(data, "n", task->row.signal_n);
    json_set_string(data, "signal", name);
    beat_event(beat, "task.signal", task->plan, task, command->actor, command->reason,
               json_compact(data));
    task_signal_wakes(beat, task, command->actor);
}

Handled
on_task_signal(Beat *beat, Command *command)
{
    Task *task = NULL;
    const char *name = json_get_string(command->args, "signal", NULL);
    if (!command_task(beat, command, &task) || !task_hears(task, &command->error))
        return REFUSED;
    if (!is_word(name)) {
        fail(&command->error, ERR_INVALID, "a signal is a word of at most %d letters a to z",
             SIGNAL_NAME_BYTES_MAX);
        return REFUSED;
    }
    g_autoptr(json_t) signals = signals_read(task);
    bool is_new = !is_said_already(signals, name);
    if (is_new && json_array_size(signals) >= SIGNALS_MAX) {
        fail(&command->error, ERR_LIMIT, "task '%s' has %d words to hear already", task->row.id,
             SIGNALS_MAX);
        return REFUSED;
    }
    command_reply_text(command, "status", task_status_name(task->row.status));
    json_set_int(command->reply, "n", task->row.signal_n + is_new);
    if (!command_accept(beat, command))
        return REFUSED;
    if (is_new)
        task_tell(beat, task, name, command);
    return HANDLED;
}

/* ---- what a report leaves ---- */

static void
signals_drop(Task *task, int64_t seen)
{
    g_autoptr(json_t) signals = signals_read(task);
    size_t had = json_array_size(signals);
    while (json_array_size(signals) > 0 && json_get_int(json_array_get(signals, 0), "n", 0) <= seen)
        json_array_remove(signals, 0);
    if (json_array_size(signals) != had)
        signals_write(task, signals);
}

void
task_take_checkpoint(Beat *beat, Task *task, const Outcome *outcome)
{
    if (outcome->checkpoint != NULL)
        text_take(&task->row.checkpoint, json_compact(outcome->checkpoint));
    /* What it was not told it cannot have seen. */
    signals_drop(task, MIN(outcome->signals_seen, task->row.signals_told));
    task_dirty(beat, task);
}
