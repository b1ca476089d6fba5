/* workers.c - who has asked for work, who died, who went silent. */
#include "base/json.h"
#include "engine/decide.h"

#include <inttypes.h>
#include <string.h>

#define SILENT_TERMS 4     /* lease terms without a word: gone */
#define END_AGAIN_MS 2000  /* a process that was killed is gone by then, unless its disk hangs */
#define SAVE_SEEN_MS 10000 /* how exact the last sight of a worker is on disk */
#define LABELS_MAX 1000
#define WORKER_ID_BYTES_MAX 200

/* May we have its process ended? */
bool
worker_is_ours(const Beat *beat, const WorkerSeen *worker)
{
    return worker != NULL && worker->local && beat->state->options.on_silent != NULL;
}

/* From when on it is silent. Of our own we are sure sooner: what they do without a lease is in vain, and may be in the way
 * of others. */
static int64_t
silent_from_ms(const Beat *beat, const WorkerSeen *worker)
{
    int64_t terms = worker_is_ours(beat, worker) ? 1 : SILENT_TERMS;
    return worker->last_seen_ms + terms * beat->state->options.lease_ms;
}

void
worker_timer(Beat *beat, WorkerSeen *worker)
{
    heap_set(&beat->state->timers, &worker->timer.node, silent_from_ms(beat, worker));
}

static void
worker_forget(Beat *beat, WorkerSeen *worker)
{
    heap_remove(&beat->state->timers, &worker->timer.node);
    g_ptr_array_remove(beat->workers, worker);
    g_hash_table_remove(beat->state->workers, worker->id);
}

void
worker_is_due(Beat *beat, WorkerSeen *worker)
{
    if (worker->parked > 0) /* it waits for us: that is a sign of life */
        worker->last_seen_ms = beat->now_ms;
    if (silent_from_ms(beat, worker) > beat->now_ms) {
        worker_timer(beat, worker);
        return;
    }
    if (worker_is_ours(beat, worker)) {
        g_ptr_array_add(beat->silent, g_strdup(worker->id));
        heap_set(&beat->state->timers, &worker->timer.node, beat->now_ms + END_AGAIN_MS);
        return;
    }
    g_autofree char *reason = g_strdup_printf("%s went silent", worker->id);
    beat_event(beat, "worker.lost", NULL, NULL, NULL, reason, NULL);
    worker_forget(beat, worker);
}

static void
worker_dirty(Beat *beat, WorkerSeen *worker)
{
    if (!worker->is_dirty)
        g_ptr_array_add(beat->workers, worker);
    worker->is_dirty = true;
}

static WorkerSeen *
worker_new(Beat *beat, const char *id)
{
    WorkerSeen *worker = g_new0(WorkerSeen, 1);
    worker->id = g_strdup(id);
    worker->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    worker->first_seen_ms = beat->now_ms;
    worker->is_new = true;
    worker->timer = (Timer){.kind = TIMER_WORKER, .owner = worker};
    g_hash_table_insert(beat->state->workers, worker->id, worker);
    return worker;
}

static void
take_labels(WorkerSeen *worker, const json_t *labels)
{
    g_autofree char *text = labels == NULL ? g_strdup("[]") : json_compact(labels);
    size_t i;
    json_t *label;
    if (g_strcmp0(text, worker->labels_text) == 0)
        return;
    text_set(&worker->labels_text, text);
    g_hash_table_remove_all(worker->labels);
    json_array_foreach(labels, i, label) if (json_is_string(label) && i < LABELS_MAX)
        g_hash_table_add(worker->labels, g_strdup(json_string_value(label)));
}

/* The worker that a lease command speaks of; NULL with command->error. */
WorkerSeen *
worker_seen(Beat *beat, const Command *command)
{
    const char *id = json_get_string(command->args, "worker", NULL);
    GError **error = &((Command *) command)->error;
    if (id == NULL || *id == '\0' || strlen(id) > WORKER_ID_BYTES_MAX) {
        fail(error, ERR_INVALID, "a lease needs the worker's name, of 1 to %d bytes",
             WORKER_ID_BYTES_MAX);
        return NULL;
    }
    WorkerSeen *worker = g_hash_table_lookup(beat->state->workers, id);
    if (worker == NULL)
        worker = worker_new(beat, id);
    if (worker->is_new && worker->last_seen_ms == 0)
        beat_event(beat, "worker.joined", NULL, NULL, command->actor, worker->id, NULL);
    take_labels(worker, json_object_get(command->args, "labels"));
    worker->local = json_get_bool(command->args, "local", worker->local != 0);
    worker->pid = json_get_int(command->args, "pid", worker->pid);
    worker->last_seen_ms = beat->now_ms;
    if (worker->is_new || beat->now_ms - worker->saved_ms >= SAVE_SEEN_MS) {
        worker->saved_ms = beat->now_ms;
        worker_dirty(beat, worker);
    }
    worker_timer(beat, worker);
    return worker;
}

/* Its leases are over: nobody is there who could still do anything. */
static void
leases_end(Beat *beat, const char *worker, const char *reason)
{
    GHashTableIter iter;
    void *value;
    g_autoptr(GPtrArray) lost = g_ptr_array_new();
    g_hash_table_iter_init(&iter, beat->state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (g_strcmp0(((Task *) value)->row.worker, worker) == 0)
            g_ptr_array_add(lost, value);
    for (guint i = 0; i < lost->len; i++)
        task_lease_lost(beat, g_ptr_array_index(lost, i), reason);
}

Handled
on_worker_lost(Beat *beat, Command *command)
{
    const char *id = json_get_string(command->args, "worker", NULL);
    if (id == NULL) {
        fail(&command->error, ERR_INVALID, "the name of the worker that was lost is missing");
        return REFUSED;
    }
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    beat_event(beat, "worker.lost", NULL, NULL, command->actor,
               command->reason != NULL ? command->reason : id, NULL);
    WorkerSeen *worker = g_hash_table_lookup(beat->state->workers, id);
    if (worker != NULL && worker->parked > 0)
        worker_unpark(beat, worker);
    leases_end(beat, id, "its worker died");
    if (worker != NULL)
        worker_forget(beat, worker);
    return HANDLED;
}
