/* slots.c - taking and giving back. */
#include "engine/slots.h"

#include <string.h>

#define RESERVED (-1) /* the number of the slot that is kept for the reverse phase */

static void
slot_free(void *data)
{
    g_free(data);
}

static Slot *
slot_add(Resource *resource, int64_t n)
{
    Slot *slot = g_new0(Slot, 1);
    slot->resource = resource;
    slot->n = n;
    g_ptr_array_add(resource->slots, slot);
    return slot;
}

Resource *
resource_get(State *state, const char *name)
{
    Resource *resource = g_hash_table_lookup(state->resources, name);
    if (resource != NULL)
        return resource;
    resource = g_new0(Resource, 1);
    resource->name = g_strdup(name);
    resource->count = -1;
    resource->slots = g_ptr_array_new_with_free_func(slot_free);
    slot_add(resource, RESERVED);
    g_hash_table_insert(state->resources, resource->name, resource);
    return resource;
}

void
resource_free(void *data)
{
    Resource *resource = data;
    g_ptr_array_unref(resource->slots);
    g_free(resource->name);
    g_free(resource);
}

static Slot *
slot_by_number(const Resource *resource, int64_t n)
{
    for (guint i = 0; i < resource->slots->len; i++) {
        Slot *slot = g_ptr_array_index(resource->slots, i);
        if (slot->n == n)
            return slot;
    }
    return NULL;
}

static void
record(Beat *beat, const Slot *slot, bool is_gone)
{
    SlotRecord change = {g_strdup(slot->resource->name), slot->n, slot->holder, is_gone};
    g_array_append_val(beat->slots, change);
}

/* ---- from disk ---- */

void
resource_load_count(Resource *resource, int64_t count)
{
    resource->count = count;
    for (int64_t n = 0; n < count; n++)
        if (slot_by_number(resource, n) == NULL)
            slot_add(resource, n);
}

static void
slot_hold(Slot *slot, Task *task)
{
    if (task->slots == NULL)
        task->slots = g_ptr_array_new();
    g_ptr_array_add(task->slots, slot);
    slot->holder = task;
    slot->resource->held += slot->n != RESERVED;
}

void
resource_load_slot(Resource *resource, int64_t n, Task *holder)
{
    Slot *slot = slot_by_number(resource, n);
    if (slot == NULL)
        slot = slot_add(resource, n);
    slots_count_active(holder, -1);
    slot_hold(slot, holder);
    slots_count_active(holder, 1);
}

/* ---- who may ---- */

static bool
task_holds(const Task *task, const Resource *resource)
{
    for (guint i = 0; task->slots != NULL && i < task->slots->len; i++)
        if (((const Slot *) g_ptr_array_index(task->slots, i))->resource == resource)
            return true;
    return false;
}

static Slot *
slot_to_take(const Resource *resource, bool is_urgent)
{
    Slot *reserved = NULL;
    for (guint i = 0; i < resource->slots->len; i++) {
        Slot *slot = g_ptr_array_index(resource->slots, i);
        if (slot->n == RESERVED)
            reserved = slot;
        else if (slot->n < resource->count && slot->holder == NULL)
            return slot;
    }
    return is_urgent && reserved->holder == NULL ? reserved : NULL;
}

/* A limit of none stops new work, but never the way back. */
static bool
resource_has_room(const Resource *resource, const Task *task)
{
    bool is_urgent = task->row.phase == PHASE_REVERSE || task->row.status == TASK_UNKNOWN;
    bool holds = task_holds(task, resource);
    if (resource->count < 0)
        return true;
    if (holds && task->row.status == TASK_UNKNOWN)
        return true; /* counted as active already */
    if (resource->active >= (is_urgent ? MAX(resource->count, 1) : resource->count))
        return false;
    if (!is_urgent && resource->reverse_waits > 0)
        return false;
    return holds || slot_to_take(resource, is_urgent) != NULL;
}

bool
slots_free(const State *state, const Task *task)
{
    for (guint i = 0; i < task->uses->items->len; i++) {
        const Resource *resource =
            g_hash_table_lookup(state->resources, g_ptr_array_index(task->uses->items, i));
        if (resource != NULL && !resource_has_room(resource, task))
            return false;
    }
    return true;
}

/* ---- limits that change ---- */

static bool
task_uses(const Task *task, const Resource *resource)
{
    for (guint i = 0; i < task->uses->items->len; i++)
        if (strcmp(g_ptr_array_index(task->uses->items, i), resource->name) == 0)
            return true;
    return false;
}

/* The first free one; else one more, which drains. */
static void
slot_give(Beat *beat, Resource *resource, Task *task)
{
    bool is_urgent = task->row.phase == PHASE_REVERSE || task->row.status == TASK_UNKNOWN;
    Slot *slot = slot_to_take(resource, is_urgent);
    int64_t n = resource->count;
    while (slot == NULL && slot_by_number(resource, n) != NULL)
        n++;
    if (slot == NULL)
        slot = slot_add(resource, n);
    slot_hold(slot, task);
    record(beat, slot, false);
}

/* A limit where there was none: who is at work already holds a slot of it from now on. */
static void
slots_for_all_at_work(Beat *beat, Resource *resource)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, beat->state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Task *task = value;
        if (task->row.worker == NULL || !task_uses(task, resource) || task_holds(task, resource))
            continue;
        slots_count_active(task, -1);
        slot_give(beat, resource, task);
        slots_count_active(task, 1);
    }
}

void
resource_set_count(Beat *beat, Resource *resource, int64_t count)
{
    bool is_first = resource->count < 0 && count >= 0;
    resource_load_count(resource, count);
    if (is_first)
        slots_for_all_at_work(beat, resource);
    for (guint i = resource->slots->len; i > 0; i--) {
        Slot *slot = g_ptr_array_index(resource->slots, i - 1);
        if (slot->n < count || slot->holder != NULL || slot->n == RESERVED)
            continue;
        record(beat, slot, true);
        g_ptr_array_remove_index(resource->slots, i - 1);
    }
    g_ptr_array_add(beat->limits, resource);
    beat->state->offers_changed = true;
}

void
slots_take(Beat *beat, Task *task)
{
    for (guint i = 0; i < task->uses->items->len; i++) {
        Resource *resource =
            g_hash_table_lookup(beat->state->resources, g_ptr_array_index(task->uses->items, i));
        if (resource != NULL && resource->count >= 0 && !task_holds(task, resource))
            slot_give(beat, resource, task);
    }
}

void
slots_give_back(Beat *beat, Task *task)
{
    if (task->slots == NULL || task->slots->len == 0)
        return;
    for (guint i = 0; i < task->slots->len; i++) {
        Slot *slot = g_ptr_array_index(task->slots, i);
        Resource *resource = slot->resource;
        bool drains = slot->n >= resource->count && slot->n != RESERVED;
        slot->holder = NULL;
        resource->held -= slot->n != RESERVED;
        record(beat, slot, drains);
        if (drains)
            g_ptr_array_remove(resource->slots, slot);
    }
    g_ptr_array_set_size(task->slots, 0);
    beat->state->offers_changed = true;
}

void
slots_count_active(Task *task, int by)
{
    if (task->slots == NULL ||
        (task->row.status != TASK_LEASED && task->row.status != TASK_UNKNOWN))
        return;
    for (guint i = 0; i < task->slots->len; i++)
        ((Slot *) g_ptr_array_index(task->slots, i))->resource->active += by;
}

void
slots_count_waiting(State *state, const Words *uses, int by)
{
    for (guint i = 0; i < uses->items->len; i++) {
        Resource *resource = resource_get(state, g_ptr_array_index(uses->items, i));
        resource->reverse_waits += by;
        state->offers_changed |= resource->reverse_waits == 0;
    }
}
