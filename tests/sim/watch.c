/*
 * watch.c - what stands half-way is not left alone because its plan stands still.
 *
 * A copy of the world goes on from what is on disk: the server restarts, the old workers are never heard of again, new
 * ones behave, and nobody says a word. Each begun rollout of a plan that is paused or halted must be leased again soon.
 */
#include "sim.h"

#include <string.h>

/* It waits for 20 s at most; before, its lease may have to run out, and what became of it to be looked for. */
#define LOOK_AGAIN_MS 90000
#define BEATS_MAX 2000

#define S(status) (1u << TASK_##status)

static bool
stands_still(const PlanRow *plan)
{
    return plan->state == PLAN_PAUSED || plan->state == PLAN_HALTED;
}

/* Its limits leave room, and nobody but a worker is waited for. */
static bool
may_be_leased(const Sim *sim, const Task *task)
{
    static const unsigned waits = S(READY) | S(LEASED) | S(WAITING) | S(RETRY_WAIT) | S(UNKNOWN);
    for (guint i = 0; i < task->uses->items->len; i++) {
        const Resource *resource =
            g_hash_table_lookup(sim->state->resources, g_ptr_array_index(task->uses->items, i));
        if (resource != NULL && resource->count >= 0)
            return false;
    }
    return (waits & 1u << task->row.status) != 0 && !task->is_parked && !task->step->in_scope;
}

static bool
is_to_be_seen(const Sim *sim, const Task *task)
{
    const TaskRow *row = disk_task(sim->disk, task->row.id);
    return row != NULL && rules_is_half_way(row) && rules_is_half_way(&task->row) &&
           stands_still(&task->plan->row) && stands_still(disk_plan(sim->disk, row->plan)) &&
           may_be_leased(sim, task);
}

/* The first that nobody has looked at since; its plan may have gone back by itself. */
static const Task *
not_seen_yet(const Sim *copy)
{
    const Sim *original = copy->original;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, original->state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Task *task = value;
        if (!is_to_be_seen(original, task))
            continue;
        const TaskRow *now = disk_task(copy->disk, task->row.id);
        bool is_seen = now->attempt > disk_task(original->disk, task->row.id)->attempt ||
                       !rules_is_half_way(now) || now->status == TASK_FAILED ||
                       now->status == TASK_DONE;
        if (!is_seen && stands_still(disk_plan(copy->disk, now->plan)))
            return task;
    }
    return NULL;
}

static bool
all_are_seen(Sim *copy)
{
    const Task *task = not_seen_yet(copy);
    if (task != NULL && copy->now_ms > copy->original->now_ms + LOOK_AGAIN_MS)
        sim_broken(copy, "what stands half-way is looked at while its plan stands still",
                   "task %s of plan %s was not leased for %d s", task->row.id, task->row.plan,
                   LOOK_AGAIN_MS / 1000);
    return task == NULL;
}

void
watch_check(Sim *sim)
{
    Sim probe = {.original = sim, .disk = sim->disk};
    if (not_seen_yet(&probe) == NULL)
        return;
    Sim *copy = sim_copy(sim);
    copy->original = sim;
    copy->options.trace = NULL; /* it would be told as if it had happened */
    sim_calm_down(copy, BEATS_MAX, all_are_seen);
    if (copy->rule != NULL)
        sim_broken(sim, copy->rule, "%s", copy->violation);
    sim_free(copy);
}
