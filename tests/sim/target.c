/* target.c - see target.h. */
#include "target.h"

#include <string.h>

typedef struct {
    int64_t fence;          /* 0: there is no row */
    GHashTable *task_fence; /* task -> int64_t * */
    GHashTable *effects;    /* "step/key" -> Effect */
    GHashTable *foreign;    /* step: was there before */
    int foreign_count;      /* before anybody took one away */
    int order;
    bool is_compared, is_used;
} Place; /* of one plan */

struct Target {
    GHashTable *places; /* plan -> Place * */
    int last_order;
};

static void
place_free(void *data)
{
    Place *place = data;
    g_hash_table_unref(place->task_fence);
    g_hash_table_unref(place->effects);
    g_hash_table_unref(place->foreign);
    g_free(place);
}

static Place *
place_new(void)
{
    Place *place = g_new0(Place, 1);
    place->task_fence = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    place->effects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    place->foreign = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return place;
}

Target *
target_new(void)
{
    Target *target = g_new0(Target, 1);
    target->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    return target;
}

void
target_free(Target *target)
{
    g_hash_table_unref(target->places);
    g_free(target);
}

static int64_t *
token_dup(int64_t token)
{
    int64_t *copy = g_new(int64_t, 1);
    *copy = token;
    return copy;
}

static Place *
place_copy(const Place *from)
{
    Place *place = place_new();
    GHashTable *effects = place->effects, *foreign = place->foreign, *fence = place->task_fence;
    GHashTableIter iter;
    void *key, *value;
    *place = *from;
    place->effects = effects;
    place->foreign = foreign;
    place->task_fence = fence;
    g_hash_table_iter_init(&iter, from->effects);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(effects, g_strdup(key), value);
    g_hash_table_iter_init(&iter, from->foreign);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_add(foreign, g_strdup(key));
    g_hash_table_iter_init(&iter, from->task_fence);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(fence, g_strdup(key), token_dup(*(int64_t *) value));
    return place;
}

Target *
target_copy(const Target *target)
{
    Target *copy = target_new();
    GHashTableIter iter;
    void *key, *value;
    copy->last_order = target->last_order;
    g_hash_table_iter_init(&iter, target->places);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(copy->places, g_strdup(key), place_copy(value));
    return copy;
}

static Place *
place_of(Target *target, const char *plan)
{
    Place *place = g_hash_table_lookup(target->places, plan);
    if (place == NULL) {
        place = place_new();
        g_hash_table_insert(target->places, g_strdup(plan), place);
    }
    return place;
}

static const Place *
place_find(const Target *target, const char *plan)
{
    return g_hash_table_lookup(target->places, plan);
}

static char *
name_of(const char *step, const char *key)
{
    return g_strdup_printf("%s/%s", step, key);
}

/* ---- looking ---- */

void
target_put_foreign(Target *target, const char *plan, const char *step)
{
    Place *place = place_of(target, plan);
    g_hash_table_add(place->foreign, g_strdup(step));
    place->foreign_count = (int) g_hash_table_size(place->foreign);
}

bool
target_is_foreign(const Target *target, const char *plan, const char *step)
{
    const Place *place = place_find(target, plan);
    return place != NULL && g_hash_table_contains(place->foreign, step);
}

Effect
target_look(const Target *target, const char *plan, const char *step, const char *key)
{
    const Place *place = place_find(target, plan);
    if (place == NULL)
        return EFFECT_NONE;
    g_autofree char *name = name_of(step, key);
    return (Effect) GPOINTER_TO_INT(g_hash_table_lookup(place->effects, name));
}

int
target_count(const Target *target, const char *plan)
{
    const Place *place = place_find(target, plan);
    return place == NULL ? 0 : (int) g_hash_table_size(place->effects);
}

bool
target_is_damaged(const Target *target, const char *plan)
{
    const Place *place = place_find(target, plan);
    return place != NULL && (int) g_hash_table_size(place->foreign) < place->foreign_count;
}

bool
target_is_compared(const Target *target, const char *plan)
{
    const Place *place = place_find(target, plan);
    return place != NULL && place->is_compared;
}

int
target_order(const Target *target, const char *plan)
{
    const Place *place = place_find(target, plan);
    return place == NULL ? 0 : place->order;
}

static bool
is_of_step(const char *name, const char *step)
{
    size_t bytes = strlen(step);
    return strncmp(name, step, bytes) == 0 && name[bytes] == '/';
}

int
target_count_step(const Target *target, const char *plan, const char *step)
{
    const Place *place = place_find(target, plan);
    GHashTableIter iter;
    void *name;
    int count = 0;
    if (place == NULL)
        return 0;
    g_hash_table_iter_init(&iter, place->effects);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        count += is_of_step(name, step);
    return count;
}

/* ---- writing ---- */

static bool
needs_no_stage(const ActionInfo *action)
{
    return action->id == ACTION_STAGE || action->id == ACTION_FREEZE ||
           action->id == ACTION_RETIRE || action->id == ACTION_SETTLE ||
           action->id == ACTION_REWRITE;
}

static bool
is_fenced(const Place *place, const Hand *hand)
{
    const int64_t *own = g_hash_table_lookup(place->task_fence, hand->task);
    if (place->fence == 0 && !needs_no_stage(hand->action))
        return true;
    return place->fence > hand->token || (own != NULL && *own > hand->token);
}

static void
put_effect(Target *target, Place *place, const Hand *hand, Effect effect)
{
    g_autofree char *name = name_of(hand->step, hand->key);
    Effect had = (Effect) GPOINTER_TO_INT(g_hash_table_lookup(place->effects, name));
    g_hash_table_replace(place->effects, g_steal_pointer(&name), GINT_TO_POINTER(MAX(effect, had)));
    if (place->order == 0)
        place->order = ++target->last_order;
    place->is_compared = false;
}

Written
target_write(Target *target, const Hand *hand, Effect effect)
{
    Place *place = place_of(target, hand->plan);
    if (is_fenced(place, hand))
        return WRITE_FENCED;
    put_effect(target, place, hand, effect);
    if (hand->action->id == ACTION_STAGE && place->fence == 0)
        place->fence = hand->token;
    return WRITE_TAKEN;
}

void
target_write_by_hand(Target *target, const Hand *hand)
{
    Place *place = place_of(target, hand->plan);
    put_effect(target, place, hand, EFFECT_FULL);
    place->foreign_count -= g_hash_table_remove(place->foreign, hand->step); /* taken over */
    if (hand->action->id == ACTION_STAGE)
        place->fence = MAX(place->fence, 1);
}

static gboolean
goes_with(void *name, void *effect, void *step)
{
    return is_of_step(name, step);
}

/* All of a step goes at once, unless each of its parts has a way back of its own. */
static bool
take_effects(Place *place, const Hand *hand)
{
    g_autofree char *name = name_of(hand->step, hand->key);
    if (hand->action->is_split && hand->action->reverse == REVERSE_TASK)
        return g_hash_table_remove(place->effects, name);
    return g_hash_table_foreach_remove(place->effects, goes_with, (void *) hand->step) > 0;
}

Written
target_undo(Target *target, const Hand *hand, bool was_there, bool give_up)
{
    Place *place = place_of(target, hand->plan);
    if (place->fence > hand->token)
        return WRITE_FENCED;
    if (hand->action->id == ACTION_SWAP && place->is_used && !give_up)
        return WRITE_REFUSED;
    if (place->fence != 0)
        place->fence = hand->token;
    bool changes = take_effects(place, hand);
    if (!was_there)
        changes |= g_hash_table_remove(place->foreign, hand->step);
    if (hand->action->id == ACTION_SWAP)
        place->is_used = false;
    place->is_compared &= !changes;
    return WRITE_TAKEN;
}

void
target_undo_by_hand(Target *target, const Hand *hand)
{
    Place *place = place_of(target, hand->plan);
    take_effects(place, hand);
    place->is_compared = false;
}

void
target_fence(Target *target, const Hand *hand)
{
    Place *place = place_of(target, hand->plan);
    int64_t *own = g_hash_table_lookup(place->task_fence, hand->task);
    if (own == NULL || *own < hand->token)
        g_hash_table_replace(place->task_fence, g_strdup(hand->task), token_dup(hand->token));
}

void
target_use(Target *target, const char *plan)
{
    place_of(target, plan)->is_used = true;
}

void
target_compare(Target *target, const char *plan)
{
    place_of(target, plan)->is_compared = true;
}
