/* queue.c - ready tasks, by plan and by what they need. */
#include "engine/moves.h"
#include "engine/queues.h"
#include "engine/slots.h"

static bool
class_is_urgent(const Class *class)
{
    return class->is_probe || class->phase == PHASE_REVERSE;
}

void
class_free(void *data)
{
    Class *class = data;
    heap_clear(&class->queues);
    g_free(class);
}

/* What makes tasks of one class: they are alike in all that decides who may have them. */
guint
class_hash(const void *data)
{
    const ClassKey *key = data;
    return g_direct_hash(key->needs) * 31 + g_direct_hash(key->uses) * 17 + key->kind;
}

gboolean
class_equal(const void *a, const void *b)
{
    const ClassKey *one = a, *other = b;
    return one->needs == other->needs && one->uses == other->uses && one->kind == other->kind;
}

static ClassKey
class_key(const Task *task)
{
    bool is_probe = task->row.status == TASK_UNKNOWN;
    bool holds_slots = task->slots != NULL && task->slots->len > 0;
    bool goes_back = plan_rolls_back(task->plan, task->step);
    bool is_watched = task_is_watched(task);
    return (ClassKey){.needs = task->needs,
                      .uses = task->uses,
                      .kind = (unsigned) is_watched << 5 | (unsigned) task->row.phase << 4 |
                              (unsigned) is_probe << 3 | (unsigned) holds_slots << 2 |
                              (unsigned) task_is_internal(task) << 1 | (unsigned) goes_back};
}

static Class *
class_get(State *state, const Task *task)
{
    ClassKey key = class_key(task);
    Class *class = g_hash_table_lookup(state->classes, &key);
    if (class != NULL)
        return class;
    class = g_new0(Class, 1);
    class->key = key;
    class->phase = task->row.phase;
    class->is_probe = task->row.status == TASK_UNKNOWN;
    class->holds_slots = task->slots != NULL && task->slots->len > 0;
    class->needs = task->needs;
    class->uses = task->uses;
    heap_init(&class->queues);
    g_hash_table_insert(state->classes, &class->key, class);
    return class;
}

/* ---- offering ---- */

/* Put the queue where leases look, or take it away, or move it to the place of its new head. */
static void
queue_offer(State *state, Queue *queue, bool is_offered)
{
    bool changes = queue->is_offered != is_offered;
    if (is_offered)
        heap_set(&queue->class->queues, &queue->node, queue->head->ready_seq);
    else
        heap_remove(&queue->class->queues, &queue->node);
    queue->is_offered = is_offered;
    if (changes && class_is_urgent(queue->class))
        slots_count_waiting(state, queue->class->uses, is_offered ? 1 : -1);
    state->offers_changed |= is_offered;
}

static bool
queue_is_wanted(const Beat *beat, const Queue *queue)
{
    if (queue->head == NULL)
        return false;
    Moment moment = {.beat = beat, .plan = queue->plan, .task = queue->head};
    return guard_holds(&moment, "plan_admits");
}

void
queues_refresh(Beat *beat, OpenPlan *plan)
{
    GHashTableIter iter;
    void *queue;
    g_hash_table_iter_init(&iter, plan->queues);
    while (g_hash_table_iter_next(&iter, NULL, &queue))
        queue_offer(beat->state, queue, queue_is_wanted(beat, queue));
}

void
queue_add(Beat *beat, Task *task)
{
    State *state = beat->state;
    g_assert(task->queue == NULL);
    Class *class = class_get(state, task);
    Queue *queue = g_hash_table_lookup(task->plan->queues, class);
    if (queue == NULL) {
        queue = g_new0(Queue, 1);
        queue->class = class;
        queue->plan = task->plan;
        g_hash_table_insert(task->plan->queues, class, queue);
    }
    task->queue = queue;
    task->ready_seq = state->next_ready_seq++;
    task->queue_prev = queue->tail;
    task->queue_next = NULL;
    if (queue->tail != NULL)
        queue->tail->queue_next = task;
    else
        queue->head = task;
    queue->tail = task;
    if (queue->head == task || !queue->is_offered)
        queue_offer(state, queue, queue_is_wanted(beat, queue));
    state->offers_changed |= queue->is_offered;
}

void
queue_remove(State *state, Task *task)
{
    Queue *queue = task->queue;
    if (queue == NULL)
        return;
    if (task->queue_prev != NULL)
        task->queue_prev->queue_next = task->queue_next;
    else
        queue->head = task->queue_next;
    if (task->queue_next != NULL)
        task->queue_next->queue_prev = task->queue_prev;
    else
        queue->tail = task->queue_prev;
    task->queue = NULL;
    task->queue_prev = task->queue_next = NULL;
    queue_offer(state, queue, queue->is_offered && queue->head != NULL);
}

void
queues_forget_plan(State *state, OpenPlan *plan)
{
    GHashTableIter iter;
    void *queue;
    g_hash_table_iter_init(&iter, plan->queues);
    while (g_hash_table_iter_next(&iter, NULL, &queue))
        queue_offer(state, queue, false);
}

/* ---- choosing ---- */

static bool
class_fits(const Beat *beat, const Class *class, const Task *task, const WorkerSeen *worker)
{
    Moment moment = {.beat = beat, .plan = task->plan, .task = task, .worker = worker};
    return guard_holds(&moment, "labels_fit") && guard_holds(&moment, "slots_free");
}

Task *
queues_pick(const Beat *beat, const WorkerSeen *worker)
{
    GHashTableIter iter;
    void *value;
    Task *best = NULL;
    bool best_is_urgent = false;
    g_hash_table_iter_init(&iter, beat->state->classes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Class *class = value;
        const Queue *queue = (const Queue *) heap_first(&class->queues);
        if (queue == NULL || (best_is_urgent && !class_is_urgent(class)))
            continue;
        Task *head = queue->head;
        bool is_better = best == NULL || (class_is_urgent(class) && !best_is_urgent) ||
                         head->ready_seq < best->ready_seq;
        if (is_better && class_fits(beat, class, head, worker)) {
            best = head;
            best_is_urgent = class_is_urgent(class);
        }
    }
    return best;
}
