/*
 * orders.c - what brings the scene nearer to the goal of the state, without ever touching more than
 * max_instances at once, and without taking away capacity that was promised.
 *
 *   forget   the dead
 *   traffic  those that answer, new and old as the goal says; old ones again where new ones fail
 *   start    new ones; on the way back, old ones
 *   stop     what is too many, and has no traffic
 */
#include "rollout/inner.h"

/* Old instances started during one state: a program that cannot live is not started for ever. */
#define RESTARTS_PER_INSTANCE 3

typedef struct {
    Turn *turn;
    Goal goal;
    Census census;
    int budget;          /* how many more may be touched */
    GHashTable *desired; /* ids that are to have traffic */
    int desired_count;
} Plan;

static void
order_free(void *data)
{
    Order *order = data;
    if (order->ids != NULL)
        g_ptr_array_unref(order->ids);
    g_free(order);
}

static Order *
order_add(Turn *turn, OrderKind kind, int count)
{
    Order *order = g_new0(Order, 1);
    order->kind = kind;
    order->count = count;
    if (turn->decision->orders == NULL)
        turn->decision->orders = g_ptr_array_new_with_free_func(order_free);
    g_ptr_array_add(turn->decision->orders, order);
    return order;
}

static void
order_id(Turn *turn, OrderKind kind, const char *id)
{
    GPtrArray *orders = turn->decision->orders;
    Order *last = orders != NULL && orders->len > 0 ? orders->pdata[orders->len - 1] : NULL;

    if (last == NULL || last->kind != kind)
        last = order_add(turn, kind, 0);
    if (last->ids == NULL)
        last->ids = g_ptr_array_new();
    g_ptr_array_add(last->ids, (void *) id);
}

void
decision_clear(Decision *decision)
{
    if (decision->orders != NULL)
        g_ptr_array_unref(decision->orders);
    *decision = (Decision){0};
}

/* ---- traffic ---- */

typedef bool PickFn(const Plan *plan, const SceneInstance *instance);

static bool
is_ready_here(const Plan *plan, const SceneInstance *instance)
{
    return is_ready(plan->turn, instance);
}

static bool
is_ready_and_served(const Plan *plan, const SceneInstance *instance)
{
    return instance->in_traffic && is_ready(plan->turn, instance);
}

/* Not yet for as long as it should, but it answers those that it has. */
static bool
is_answering_and_served(const Plan *plan, const SceneInstance *instance)
{
    return instance->in_traffic && instance->is_alive && !instance->is_draining &&
           json_object_get(plan->turn->rollout->ready_since, instance->id) != NULL;
}

/* It was as it is before this rollout came. */
static bool
is_ill_as_before(const Plan *plan, const SceneInstance *instance)
{
    return instance->is_alive && !instance->is_draining && !is_ours(plan->turn->rollout, instance);
}

static void
desire(Plan *plan, int side, int most, PickFn *pick)
{
    const Scene *scene = plan->turn->scene;

    for (size_t i = 0; i < scene->count && most > 0; i++) {
        const SceneInstance *instance = &scene->instances[i];
        bool is_picked = side_of(plan->turn->rollout, &plan->goal, instance) == side &&
                         !g_hash_table_contains(plan->desired, instance->id) &&
                         pick(plan, instance);
        if (!is_picked)
            continue;
        g_hash_table_add(plan->desired, (void *) instance->id);
        plan->desired_count++;
        most--;
    }
}

static int
desired_of(const Plan *plan, int side)
{
    const Scene *scene = plan->turn->scene;
    int count = 0;
    for (size_t i = 0; i < scene->count; i++)
        count += side_of(plan->turn->rollout, &plan->goal, &scene->instances[i]) == side &&
                 g_hash_table_contains(plan->desired, scene->instances[i].id);
    return count;
}

static void
desire_side(Plan *plan, int side, int most)
{
    desire(plan, side, most, is_ready_and_served); /* who has traffic keeps it */
    desire(plan, side, most - desired_of(plan, side), is_ready_here);
}

/* Where none of those answers, an endpoint that may answer is better than none. */
static void
desire_whatever_there_is(Plan *plan)
{
    const Scene *scene = plan->turn->scene;
    for (size_t i = 0; i < scene->count; i++) {
        const SceneInstance *instance = &scene->instances[i];
        if (instance->is_alive && !instance->is_draining && instance->in_traffic)
            g_hash_table_add(plan->desired, (void *) instance->id);
    }
}

static void
decide_traffic(Plan *plan)
{
    Turn *turn = plan->turn;
    const Rollout *rollout = turn->rollout;
    int floor = serving_floor(turn);
    int fills = plan->goal.is_back ? NEW : OLD;

    desire_side(plan, NEW, plan->goal.new_traffic);
    desire_side(plan, OLD, plan->goal.old_traffic);
    /* What is missing comes from those that are about to leave. */
    desire(plan, fills, floor - plan->desired_count, is_answering_and_served);
    desire(plan, fills, floor - plan->desired_count, is_ready_here);
    desire(plan, fills == OLD ? NEW : OLD, floor - plan->desired_count, is_answering_and_served);
    if (plan->goal.is_back && rollout->old_ready < rollout->old_count)
        desire(plan, OLD, rollout->old_count - desired_of(plan, OLD), is_ill_as_before);
    if (g_hash_table_size(plan->desired) == 0 &&
        plan->goal.new_traffic + plan->goal.old_traffic > 0)
        desire_whatever_there_is(plan);
}

static void
order_traffic(Plan *plan)
{
    const Scene *scene = plan->turn->scene;
    bool is_other = false;

    for (size_t i = 0; i < scene->count; i++)
        is_other |= scene->instances[i].in_traffic !=
                    (bool) g_hash_table_contains(plan->desired, scene->instances[i].id);
    if (!is_other)
        return;
    Order *order = order_add(plan->turn, ORDER_TRAFFIC, 0);
    order->ids = g_ptr_array_new();
    for (size_t i = 0; i < scene->count; i++)
        if (g_hash_table_contains(plan->desired, scene->instances[i].id))
            g_ptr_array_add(order->ids, (void *) scene->instances[i].id);
}

/* ---- starting ---- */

/* Old ones are started again only where nothing else is to be done, and not for ever. */
static int
missing_old(const Plan *plan)
{
    const Rollout *rollout = plan->turn->rollout;
    int most = MAX(rollout->old_count, 1) * RESTARTS_PER_INSTANCE - rollout->restarts;
    int missing = (plan->goal.is_back ? plan->goal.old_alive : plan->goal.old_traffic) -
                  plan->census.alive[OLD];

    if (rollout->from == NULL || (!plan->goal.is_back && plan->census.touched > 0))
        return 0;
    return CLAMP(missing, 0, MAX(most, 0));
}

/* In exchange, no more than max_instances are ever there beyond what was. */
static int
room(const Plan *plan)
{
    const Turn *turn = plan->turn;
    int there = plan->census.alive[NEW] + plan->census.alive[OLD];

    if (turn->spec->strategy->keeps_old)
        return G_MAXINT;
    return MAX(turn->rollout->wanted, turn->rollout->old_count) + turn->spec->max_instances - there;
}

static void
order_starts(Plan *plan)
{
    Turn *turn = plan->turn;
    int missing = MIN(plan->goal.new_alive - plan->census.alive[NEW], room(plan));
    int fresh = CLAMP(missing, 0, plan->budget);

    if (fresh > 0)
        order_add(turn, ORDER_START_NEW, fresh);
    plan->budget -= fresh;
    int again = fresh > 0 ? 0 : MIN(missing_old(plan), plan->budget);
    if (again > 0)
        order_add(turn, ORDER_START_OLD, again);
    turn->rollout->restarts += again;
    plan->budget -= again;
}

/* ---- stopping ---- */

static bool
is_late(const Plan *plan, const SceneInstance *instance)
{
    return is_hung(plan->turn, instance);
}

static bool
starts(const Plan *plan, const SceneInstance *instance)
{
    return is_starting(plan->turn, instance);
}

static bool
is_ill(const Plan *plan, const SceneInstance *instance)
{
    return !is_ready(plan->turn, instance);
}

static bool
any(const Plan *plan, const SceneInstance *instance)
{
    return true;
}

/* Those that are starting are touched already: to end them costs nothing of the budget. */
static int
stop(Plan *plan, int side, int most, PickFn *pick)
{
    const Scene *scene = plan->turn->scene;
    int stopped = 0;

    for (size_t i = 0; i < scene->count && stopped < most; i++) {
        const SceneInstance *instance = &scene->instances[i];
        bool costs = !is_starting(plan->turn, instance);
        if (!instance->is_alive || instance->is_draining ||
            side_of(plan->turn->rollout, &plan->goal, instance) != side ||
            g_hash_table_contains(plan->desired, instance->id) || !pick(plan, instance) ||
            (costs && plan->budget <= 0))
            continue;
        order_id(plan->turn, ORDER_STOP, instance->id);
        /* so that nobody picks it again */
        g_hash_table_add(plan->desired, (void *) instance->id);
        plan->budget -= costs;
        stopped++;
    }
    return stopped;
}

static void
order_stops(Plan *plan)
{
    int wanted[] = {plan->goal.old_alive, plan->goal.new_alive};

    for (int side = OLD; side <= NEW; side++) {
        int hung = stop(plan, side, G_MAXINT, is_late);
        int surplus = wanted[side] < 0 ? 0 : plan->census.alive[side] - hung - wanted[side];
        surplus -= stop(plan, side, surplus, starts);
        surplus -= stop(plan, side, surplus, is_ill);
        stop(plan, side, surplus, any);
    }
}

/* ---- the whole ---- */

static void
order_forget(Turn *turn)
{
    for (size_t i = 0; i < turn->scene->count; i++)
        if (!turn->scene->instances[i].is_alive)
            order_id(turn, ORDER_FORGET, turn->scene->instances[i].id);
}

static void
order_template(Turn *turn)
{
    const Rollout *rollout = turn->rollout;
    bool is_new = rollout->state == ROLLOUT_PROMOTING || rollout->state == ROLLOUT_SOAKING;

    if (is_new && g_strcmp0(turn->scene->template, rollout->to) != 0)
        order_add(turn, ORDER_TEMPLATE_NEW, 0);
    if (is_going_back(rollout) && g_strcmp0(turn->scene->template, rollout->from) != 0)
        order_add(turn, ORDER_TEMPLATE_OLD, 0);
}

void
turn_order(Turn *turn)
{
    static const unsigned acting = 1u << ROLLOUT_STEPPING | 1u << ROLLOUT_ANALYSING |
                                   1u << ROLLOUT_PROMOTING | 1u << ROLLOUT_SOAKING |
                                   1u << ROLLOUT_ABORTING | 1u << ROLLOUT_DEGRADED;
    g_autoptr(GHashTable) desired = g_hash_table_new(g_str_hash, g_str_equal);

    if (turn->rollout->state == ROLLOUT_PREPARING && !turn->scene->is_prepared)
        order_add(turn, ORDER_PREPARE, 0);
    if ((acting & 1u << turn->rollout->state) == 0)
        return;
    Plan plan = {.turn = turn, .goal = turn_goal(turn), .desired = desired};
    plan.census = turn_census(turn, &plan.goal);
    plan.budget = MAX(turn->spec->max_instances - plan.census.touched, 0);
    decide_traffic(&plan);
    order_traffic(&plan);
    order_forget(turn);
    order_template(turn);
    order_starts(&plan);
    order_stops(&plan);
}
