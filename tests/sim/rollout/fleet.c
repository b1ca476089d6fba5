/* fleet.c - what the instances do by themselves, and how they obey. */
#include "world.h"

#include <string.h>

static void
instance_free(void *data)
{
    Instance *instance = data;
    g_free(instance->id);
    g_free(instance);
}

Instance *
fleet_start(World *world, bool is_new, bool is_ours)
{
    Instance *instance = g_new0(Instance, 1);
    Habit habit = is_new ? world->new_habit : world->old_habit;

    if (world->instances == NULL)
        world->instances = g_ptr_array_new_with_free_func(instance_free);
    instance->id = g_strdup_printf("i%d", ++world->born);
    instance->is_new = is_new;
    instance->is_alive = true;
    instance->is_ours = is_ours;
    instance->started_ms = world->now_ms;
    instance->answers_ms = world->now_ms + chance_between(&world->chance, 0, 2000);
    if (habit == HABIT_NEVER_ANSWERS && chance_in(&world->chance, 80))
        instance->answers_ms = INT64_MAX;
    instance->turns_ms = world->now_ms + chance_between(&world->chance, 500, 40000);
    instance->gone_ms = INT64_MAX;
    if (habit == HABIT_CRASHES_AT_START)
        instance->gone_ms = world->now_ms + chance_between(&world->chance, 0, 300);
    if (habit == HABIT_CRASHES_LATER && chance_in(&world->chance, 60))
        instance->gone_ms = instance->turns_ms;
    g_ptr_array_add(world->instances, instance);
    return instance;
}

/* Time has passed: crashes, and the ends of those that were told to stop. */
void
fleet_pass(World *world)
{
    for (guint i = 0; i < world->instances->len;) {
        Instance *instance = world->instances->pdata[i];
        if (instance->is_alive && world->now_ms >= instance->gone_ms)
            instance->is_alive = false;
        if (!instance->is_alive && instance->is_draining)
            g_ptr_array_remove_index(world->instances, i); /* the fleet itself tidies up */
        else
            i++;
    }
}

Verdict
fleet_health(const World *world, const Instance *instance)
{
    Habit habit = instance->is_new ? world->new_habit : world->old_habit;
    bool has_turned = world->now_ms >= instance->turns_ms;

    if (!instance->is_alive || world->now_ms < instance->answers_ms)
        return VERDICT_FAIL;
    switch (habit) {
    case HABIT_FAILS_LATER:
        return has_turned ? VERDICT_FAIL : VERDICT_PASS;
    case HABIT_FLAPS:
        return has_turned && (world->now_ms / 700) % 3 == 0 ? VERDICT_FAIL : VERDICT_PASS;
    case HABIT_UNSURE:
        return has_turned ? VERDICT_INCONCLUSIVE : VERDICT_PASS;
    case HABIT_IDLE:
        return has_turned ? VERDICT_PASS : VERDICT_NO_DATA;
    case HABIT_UNASKED:
        return (world->now_ms / 900) % 4 == 0 ? VERDICT_ERROR : VERDICT_PASS;
    default:
        return VERDICT_PASS;
    }
}

static Instance *
find(const World *world, const char *id)
{
    for (guint i = 0; i < world->instances->len; i++) {
        Instance *instance = world->instances->pdata[i];
        if (strcmp(instance->id, id) == 0)
            return instance;
    }
    return NULL;
}

static void
obey_traffic(World *world, const Order *order)
{
    for (guint i = 0; i < world->instances->len; i++)
        ((Instance *) world->instances->pdata[i])->in_traffic = false;
    for (guint i = 0; order->ids != NULL && i < order->ids->len; i++) {
        Instance *instance = find(world, order->ids->pdata[i]);
        if (instance != NULL)
            instance->in_traffic = true;
    }
}

static void
obey_each(World *world, const Order *order)
{
    for (guint i = 0; i < order->ids->len; i++) {
        Instance *instance = find(world, order->ids->pdata[i]);
        if (instance == NULL)
            continue;
        if (order->kind == ORDER_FORGET) {
            g_ptr_array_remove(world->instances, instance);
            continue;
        }
        if (instance->in_traffic)
            world_break(world, "stop of '%s', which has traffic", instance->id);
        instance->is_draining = true;
        instance->gone_ms =
            MIN(instance->gone_ms, world->now_ms + chance_between(&world->chance, 0, 3000));
    }
}

void
fleet_obey(World *world, const Order *order)
{
    switch (order->kind) {
    case ORDER_PREPARE:
        world->is_prepared = !world->prepare_fails;
        break;
    case ORDER_START_NEW:
    case ORDER_START_OLD:
        for (int i = 0; i < order->count; i++)
            fleet_start(world, order->kind == ORDER_START_NEW || world->old_is_new, true);
        break;
    case ORDER_TRAFFIC:
        obey_traffic(world, order);
        break;
    case ORDER_STOP:
    case ORDER_FORGET:
        obey_each(world, order);
        break;
    case ORDER_TEMPLATE_NEW:
        world->template_is_new = true;
        break;
    case ORDER_TEMPLATE_OLD:
        world->template_is_new = world->old_is_new;
        break;
    case ORDER_KIND_COUNT:
        break;
    }
}
