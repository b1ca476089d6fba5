/*
 * words.c - checkpoints and signals, seen from outside: by those who reported them, and said them.
 *
 * Only what was answered is certain. What was sent and never answered may have counted, or not; so there are
 * two numbers for what a task has taken notice of, and each rule uses the one that cannot be wrong.
 */
#include "sim.h"

typedef struct {
    int64_t
        checkpoint_token; /* of the newest checkpoint that was answered, or was seen in a lease */
    int64_t seen_surely, seen_maybe;
    GArray *said; /* int64_t: signals that were accepted */
} Memory;

static void
memory_free(void *data)
{
    Memory *memory = data;
    g_array_unref(memory->said);
    g_free(memory);
}

GHashTable *
words_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, memory_free);
}

static Memory *
memory_of(Sim *sim, const char *task)
{
    Memory *memory = g_hash_table_lookup(sim->memories, task);
    if (memory != NULL)
        return memory;
    memory = g_new0(Memory, 1);
    memory->said = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_hash_table_insert(sim->memories, g_strdup(task), memory);
    return memory;
}

/* ---- what happens ---- */

json_t *
words_checkpoint(const Lease *lease)
{
    return json_pack("{s:s, s:I}", "task", lease->id, "token", (json_int_t) lease->token);
}

/* Of all that was told, of a part of it, or of nothing. */
int64_t
words_take_notice(Sim *sim, const Lease *lease)
{
    size_t count = json_array_size(lease->signals);
    if (count == 0 || chance_in(&sim->chance, 30))
        return 0;
    size_t last =
        chance_in(&sim->chance, 70) ? count - 1 : (size_t) chance_below(&sim->chance, (int) count);
    return json_get_int(json_array_get(lease->signals, last), "n", 0);
}

void
words_said(Sim *sim, const char *task, int64_t n)
{
    g_array_append_val(memory_of(sim, task)->said, n);
}

void
words_reported(Sim *sim, const Lease *lease, const Outcome *outcome, bool is_heard)
{
    Memory *memory = memory_of(sim, lease->id);
    memory->seen_maybe = MAX(memory->seen_maybe, outcome->signals_seen);
    if (!is_heard)
        return;
    memory->seen_surely = MAX(memory->seen_surely, outcome->signals_seen);
    if (outcome->checkpoint != NULL)
        memory->checkpoint_token = MAX(memory->checkpoint_token, lease->token);
}

/* ---- what must hold of a lease ---- */

static void
check_checkpoint(Sim *sim, const Lease *lease, Memory *memory)
{
    int64_t token = json_get_int(lease->checkpoint, "token", 0);
    if (token < memory->checkpoint_token)
        sim_broken(sim, "a checkpoint is never lost, nor older than the newest that counted",
                   "task %s gets that of token %" G_GINT64_FORMAT ", and %" G_GINT64_FORMAT
                   " was answered",
                   lease->id, token, memory->checkpoint_token);
    if (token >= lease->token ||
        (lease->checkpoint != NULL &&
         g_strcmp0(json_get_string(lease->checkpoint, "task", ""), lease->id) != 0))
        sim_broken(sim, "a checkpoint is the task's own, of an earlier lease", "task %s",
                   lease->id);
    memory->checkpoint_token = token;
}

static void
check_signals(Sim *sim, const Lease *lease, const Memory *memory)
{
    g_autoptr(GHashTable) told = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autofree int64_t *numbers = g_new0(int64_t, json_array_size(lease->signals));
    size_t i;
    json_t *signal;
    json_array_foreach(lease->signals, i, signal)
    {
        numbers[i] = json_get_int(signal, "n", 0);
        g_hash_table_add(told, &numbers[i]);
        if (numbers[i] <= memory->seen_surely || (i > 0 && numbers[i] <= numbers[i - 1]))
            sim_broken(sim, "a signal that was taken notice of is not told again",
                       "task %s is told signal %" G_GINT64_FORMAT, lease->id, numbers[i]);
    }
    for (guint s = 0; s < memory->said->len; s++) {
        int64_t n = g_array_index(memory->said, int64_t, s);
        if (n > memory->seen_maybe && !g_hash_table_contains(told, &n))
            sim_broken(sim, "a signal is told until it was taken notice of",
                       "task %s is not told signal %" G_GINT64_FORMAT, lease->id, n);
    }
}

void
words_check_lease(Sim *sim, const Lease *lease)
{
    Memory *memory = memory_of(sim, lease->id);
    check_checkpoint(sim, lease, memory);
    check_signals(sim, lease, memory);
}
