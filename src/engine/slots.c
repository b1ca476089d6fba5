/* slots.c - taking and giving back. */
#include "engine/slots.h"

#include "engine/moves.h"
#include "model/lease.h"

#include <string.h>

#define RESERVED (-1) /* the number of the slot that is kept for the reverse phase */

static void
slot_free(void *data)
{
    g_free(data);
}

/* Where the slot with that number is, or would be. */
static guint
slot_place(const Resource *resource, int64_t n)
{
    guint low = 0, high = resource->slots->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (((const Slot *) g_ptr_array_index(resource->slots, middle))->n < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static Slot *
slot_add(Resource *resource, int64_t n)
{
    Slot *slot = g_new0(Slot, 1);
    slot->resource = resource;
    slot->n = n;
    g_ptr_array_insert(resource->slots, (int) slot_place(resource, n), slot);
    return slot;
}

/* ---- limits that a task brings itself ---- */

/* "pulls-in:acme:player<=2": the task takes a place of that limit only where fewer than two are taken, whatever else it is. */
#define AT_MOST "<="

/* What it counts against, and how many may be taken before it. False: a plain limit. Caller frees. */
static bool
read_own_limit(const char *word, char **ret_name, int64_t *ret_most)
{
    const char *sign = strstr(word, AT_MOST);
    if (sign == NULL ||
        !g_ascii_string_to_signed(sign + strlen(AT_MOST), 10, 0, LIMIT_COUNT_MAX, ret_most, NULL))
        return false;
    *ret_name = g_strndup(word, (size_t) (sign - word));
    return true;
}

static bool
is_own_limit(const char *word)
{
    return strstr(word, AT_MOST) != NULL;
}

/* ---- limits for all of a kind ---- */

#define FOR_ALL ":*"

static bool
is_for_all(const Resource *resource)
{
    return g_str_has_suffix(resource->name, FOR_ALL);
}

/* The count of "pulls:*" for "pulls:group:default/identity"; -1 where there is none. */
static int64_t
count_for_all(const State *state, const char *name)
{
    const char *colon = strchr(name, ':');
    if (colon == NULL || g_str_has_suffix(name, FOR_ALL) || is_own_limit(name))
        return -1;
    g_autofree char *kind = g_strdup_printf("%.*s" FOR_ALL, (int) (colon - name), name);
    const Resource *all = g_hash_table_lookup(state->resources, kind);
    return all != NULL ? all->count : -1;
}

/* Without a limit of its own. One that tasks bring a number for is counted all the same. */
static int64_t
count_inherited(const State *state, const Resource *resource)
{
    int64_t count = count_for_all(state, resource->name);
    return count < 0 && resource->is_counted ? LIMIT_COUNT_MAX : count;
}

static bool
is_of_kind(const char *name, const Resource *all)
{
    size_t bytes = strlen(all->name) - 1; /* with its colon */
    return strncmp(name, all->name, bytes) == 0 && strcmp(name, all->name) != 0;
}

Resource *
resource_get(State *state, const char *name)
{
    Resource *resource = g_hash_table_lookup(state->resources, name);
    if (resource != NULL)
        return resource;
    resource = g_new0(Resource, 1);
    resource->name = g_strdup(name);
    resource->count = count_for_all(state, name);
    resource->slots = g_ptr_array_new_with_free_func(slot_free);
    slot_add(resource, RESERVED);
    g_hash_table_insert(state->resources, resource->name, resource);
    return resource;
}

static Resource *
resource_counted(State *state, const char *word)
{
    g_autofree char *name = NULL;
    int64_t most = 0;
    Resource *resource = read_own_limit(word, &name, &most) ? resource_get(state, name) : NULL;
    if (resource != NULL)
        resource->is_counted = true;
    return resource;
}

void
resources_know(State *state, const Words *uses)
{
    for (guint i = 0; i < uses->items->len; i++) {
        const char *word = g_ptr_array_index(uses->items, i);
        Resource *resource = resource_counted(state, word);
        if (resource != NULL && !resource->is_own)
            resource->count = count_inherited(state, resource);
        else if (count_for_all(state, word) >= 0)
            resource_get(state, word);
    }
}

void
resources_inherit(State *state)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, state->resources);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Resource *resource = value;
        if (!resource->is_own)
            resource->count = count_inherited(state, resource);
    }
}

void
resource_free(void *data)
{
    Resource *resource = data;
    g_ptr_array_unref(resource->slots);
    g_free(resource->name);
    g_free(resource);
}

static void
record(Beat *beat, const Slot *slot, bool is_gone)
{
    SlotRecord change = {g_strdup(slot->resource->name), slot->n, slot->holder, is_gone};
    g_array_append_val(beat->slots, change);
}

static Slot *
slot_reserved(const Resource *resource)
{
    return g_ptr_array_index(resource->slots, 0);
}

/* The lowest number that nobody holds; past the count where all are held. */
static int64_t
number_to_take(const Resource *resource)
{
    guint low = 1, high = resource->slots->len; /* up to here each number is followed by the next */
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (((const Slot *) g_ptr_array_index(resource->slots, middle))->n == (int64_t) middle - 1)
            low = middle + 1;
        else
            high = middle;
    }
    return (int64_t) low - 1;
}

/* ---- from disk ---- */

void
resource_load_count(Resource *resource, int64_t count)
{
    resource->count = count;
    resource->is_own = true;
}

static void
slot_hold(Slot *slot, Task *task)
{
    if (task->slots == NULL)
        task->slots = g_ptr_array_new();
    g_ptr_array_add(task->slots, slot);
    slot->holder = task;
}

void
resource_load_slot(Resource *resource, int64_t n, Task *holder)
{
    Slot *slot = n == RESERVED ? slot_reserved(resource) : slot_add(resource, n);
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

static bool
has_slot_to_take(const Resource *resource, bool is_urgent)
{
    return number_to_take(resource) < resource->count ||
           (is_urgent && slot_reserved(resource)->holder == NULL);
}

/* The way back, and whoever's end nobody knows, come before new work. */
static bool
task_is_urgent(const Task *task)
{
    return task->row.phase == PHASE_REVERSE || task->row.status == TASK_UNKNOWN;
}

/* A part with limits of its own has opened something, or is about to: to look at that is no new work. */
static bool
is_claimed(const Task *task)
{
    return task->row.uses != NULL && task->row.phase == PHASE_FORWARD;
}

/* A limit of none stops new work, but never the way back, nor a look at what is open. */
static bool
resource_has_room(const Resource *resource, const Task *task)
{
    bool is_urgent = task_is_urgent(task);
    bool holds = task_holds(task, resource);
    if (resource->count < 0)
        return true;
    if (holds && (is_claimed(task) || task->row.status == TASK_UNKNOWN))
        return true; /* who is in doubt is counted as active already */
    if (resource->active >= (is_urgent ? MAX(resource->count, 1) : resource->count))
        return false;
    if (!is_urgent && resource->reverse_waits > 0)
        return false;
    return holds || has_slot_to_take(resource, is_urgent);
}

/* What is open already goes on. */
static bool
own_limit_has_room(const State *state, const char *word, const Task *task)
{
    g_autofree char *name = NULL;
    int64_t most = 0;
    if (task_is_urgent(task) || !read_own_limit(word, &name, &most))
        return true;
    const Resource *resource = g_hash_table_lookup(state->resources, name);
    return resource == NULL || task_holds(task, resource) ||
           (int64_t) resource->slots->len - 1 < most; /* but the reserved one */
}

bool
slots_free(const State *state, const Task *task)
{
    for (guint i = 0; i < task->uses->items->len; i++) {
        const char *word = g_ptr_array_index(task->uses->items, i);
        const Resource *resource = g_hash_table_lookup(state->resources, word);
        if ((resource != NULL && !resource_has_room(resource, task)) ||
            !own_limit_has_room(state, word, task))
            return false;
    }
    return true;
}

/* ---- limits that change ---- */

static bool
words_have(const Words *words, const char *name)
{
    for (guint i = 0; i < words->items->len; i++)
        if (strcmp(g_ptr_array_index(words->items, i), name) == 0)
            return true;
    return false;
}

/* The first free one; else one more, which drains. */
static void
slot_give(Beat *beat, Resource *resource, Task *task)
{
    bool is_urgent = task_is_urgent(task);
    int64_t n = number_to_take(resource);
    bool takes_reserved =
        n >= resource->count && is_urgent && slot_reserved(resource)->holder == NULL;
    Slot *slot = takes_reserved ? slot_reserved(resource) : slot_add(resource, n);
    slot_hold(slot, task);
    record(beat, slot, false);
}

/* What it has opened is open, whoever looks at it, or nobody. */
static bool
is_open(const Task *task)
{
    return is_claimed(task) &&
           (task->row.status == TASK_WAITING || task->row.status == TASK_RETRY_WAIT);
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
        if ((task->row.worker == NULL && !is_open(task)) ||
            !words_have(task->uses, resource->name) || task_holds(task, resource))
            continue;
        slots_count_active(task, -1);
        slot_give(beat, resource, task);
        slots_count_active(task, 1);
    }
}

static void
change_count(Beat *beat, Resource *resource, int64_t count)
{
    bool is_first = resource->count < 0 && count >= 0;
    resource->count = count;
    if (is_first)
        slots_for_all_at_work(beat, resource);
    beat->state->offers_changed = true;
}

/* Those that are used and have no limit of their own. */
static void
change_all_of_kind(Beat *beat, const Resource *all)
{
    GHashTableIter iter;
    void *value;
    g_autoptr(GPtrArray) heirs = g_ptr_array_new();
    g_hash_table_iter_init(&iter, beat->state->tasks);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        resources_know(beat->state, ((const Task *) value)->uses);
    g_hash_table_iter_init(&iter, beat->state->resources);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Resource *resource = value;
        if (!resource->is_own && is_of_kind(resource->name, all))
            g_ptr_array_add(heirs, resource);
    }
    for (guint i = 0; i < heirs->len; i++)
        change_count(beat, heirs->pdata[i], count_inherited(beat->state, heirs->pdata[i]));
}

void
resources_count(Beat *beat, const char *uses)
{
    g_autoptr(json_t) words = uses != NULL ? json_loads(uses, 0, NULL) : NULL;
    json_t *word;
    size_t i;
    json_array_foreach(words, i, word)
    {
        Resource *resource = resource_counted(beat->state, json_string_value(word));
        if (resource != NULL && resource->count < 0)
            change_count(beat, resource, count_inherited(beat->state, resource));
    }
}

void
resource_set_count(Beat *beat, Resource *resource, int64_t count)
{
    resource->is_own = count >= 0;
    change_count(beat, resource, count >= 0 ? count : count_inherited(beat->state, resource));
    g_ptr_array_add(beat->limits, resource);
    if (is_for_all(resource))
        change_all_of_kind(beat, resource);
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

static void
slot_give_back(Beat *beat, Slot *slot)
{
    Resource *resource = slot->resource;
    slot->holder = NULL;
    record(beat, slot, true);
    if (slot->n != RESERVED)
        g_ptr_array_remove_index(resource->slots, slot_place(resource, slot->n));
    beat->state->offers_changed = true;
}

void
slots_give_back(Beat *beat, Task *task)
{
    if (task->slots == NULL || task->slots->len == 0)
        return;
    for (guint i = 0; i < task->slots->len; i++)
        slot_give_back(beat, g_ptr_array_index(task->slots, i));
    g_ptr_array_set_size(task->slots, 0);
}

/* What is left of the words. Caller frees. */
static char *
words_without(const Words *words, const char *name)
{
    g_autoptr(json_t) left = json_array();
    for (guint i = 0; i < words->items->len; i++)
        if (strcmp(g_ptr_array_index(words->items, i), name) != 0)
            json_array_append_new(left, json_string(g_ptr_array_index(words->items, i)));
    return json_compact(left);
}

void
slots_leave(Beat *beat, Task *task, const char *name)
{
    g_assert(task->queue == NULL);
    if (!words_have(task->uses, name))
        return;
    g_autofree char *left = words_without(task->uses, name);
    g_autoptr(json_t) list = json_loads(left, 0, NULL);
    slots_count_active(task, -1);
    for (guint i = task->slots != NULL ? task->slots->len : 0; i > 0; i--) {
        Slot *slot = g_ptr_array_index(task->slots, i - 1);
        if (strcmp(slot->resource->name, name) != 0)
            continue;
        slot_give_back(beat, slot);
        g_ptr_array_remove_index(task->slots, i - 1);
    }
    slots_count_active(task, 1);
    text_take(&task->row.uses, g_steal_pointer(&left));
    task->uses = state_words(beat->state, list);
    task_dirty(beat, task);
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
        const char *word = g_ptr_array_index(uses->items, i);
        if (is_own_limit(word))
            continue;
        Resource *resource = resource_get(state, word);
        resource->reverse_waits += by;
        state->offers_changed |= resource->reverse_waits == 0;
    }
}
