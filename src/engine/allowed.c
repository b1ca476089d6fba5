/*
 * allowed.c - what one may do now, from the same tables that decide it.
 *
 * Only conditions that can be told from the plan's row are looked at; what depends on the request
 * (a digest, a reason, evidence) is taken as given.
 */
#include "base/json.h"
#include "engine/engine.h"

#include <string.h>

typedef struct {
    bool has_effects, window_open, kept_long_enough, has_retire, has_intent;
} Facts;

/* Is the guard known not to hold? Then why. */
static const char *
refused_by(const char *guards, const Facts *facts)
{
    const struct {
        const char *name;
        bool holds;
        const char *why;
    } known[] = {
        {"no_effects", !facts->has_effects, "it has had effects: roll it back instead"},
        {"effects", facts->has_effects, "it has had no effect: cancel it instead"},
        {"window_open", facts->window_open, "its rollback window is over"},
        {"kept_long_enough", facts->kept_long_enough,
         "its rollback window, or the retention of the old dataset, is not over"},
        {"has_retire", facts->has_retire, "it has no step that retires the old dataset"},
        {"nothing_applied", !facts->has_intent, "something of it may be in the target"},
    };
    g_auto(GStrv) names = g_strsplit(guards, ",", -1);
    for (char **name = names; *name != NULL; name++)
        for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
            if (strcmp(*name, known[i].name) == 0 && !known[i].holds)
                return known[i].why;
    return NULL;
}

static json_t *
may(const Transition *rows, size_t count, unsigned from, const char *from_name, const char *event,
    const Facts *facts)
{
    const char *why = NULL;
    for (size_t i = 0; i < count; i++) {
        if ((rows[i].from & 1u << from) == 0 || strcmp(rows[i].event, event) != 0)
            continue;
        const char *refused = refused_by(rows[i].guard, facts);
        if (refused == NULL)
            return json_true();
        why = refused;
    }
    return why != NULL ? json_string(why) : json_sprintf("not from '%s'", from_name);
}

/* It changes no state, so no table has it: it is told to the leases of rows that still have to move. */
char *
plan_throttle_refusal(PlanState state)
{
    static const unsigned listens = 1u << PLAN_PLANNED | 1u << PLAN_APPROVED |
                                    1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED |
                                    1u << PLAN_HALTED;
    return (listens & 1u << state) != 0 ? NULL
                                        : g_strdup_printf("not from '%s'", plan_state_name(state));
}

char *
plan_pace_refusal(PlanState state)
{
    return plan_throttle_refusal(state);
}

json_t *
plan_allowed(PlanState state, bool has_effects, bool held, bool window_open, bool kept_long_enough,
             bool has_retire)
{
    static const struct {
        const char *name, *event;
    } actions[] = {
        {"approve", "approve"},
        {"withdraw", "withdraw"},
        {"reject", "reject"},
        {"start", "start"},
        {"pause", "pause"},
        {"resume", "resume"},
        {"cancel", "cancel"},
        {"halt", "halt"},
        {"rollback", "rollback"},
        {"hold", "hold"},
        {"go_on", "go_on"},
        {"retire", "retire"},
        {"accept_mixed", "accept_mixed"},
    };
    Facts facts = {.has_effects = has_effects,
                   .window_open = window_open,
                   .kept_long_enough = kept_long_enough,
                   .has_retire = has_retire};
    json_t *allowed = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        json_object_set_new(allowed, actions[i].name,
                            may(plan_transitions, plan_transition_count, state,
                                plan_state_name(state), actions[i].event, &facts));
    g_autofree char *refusal = plan_throttle_refusal(state);
    json_object_set_new(allowed, "throttle", refusal != NULL ? json_string(refusal) : json_true());
    json_object_set_new(allowed, "pace", refusal != NULL ? json_string(refusal) : json_true());
    if (state == PLAN_ROLLING_BACK)
        json_object_set_new(allowed, held ? "hold" : "go_on",
                            json_string(held ? "it is held already" : "it is not held"));
    if (state == PLAN_ROLLING_BACK)
        json_object_set_new(allowed, "rollback", json_string("it is rolling back already"));
    if (state == PLAN_NEEDS_OPERATOR) /* what failed is tried again */
        json_object_set_new(allowed, "rollback", json_true());
    return allowed;
}

bool
task_hears_skip(TaskStatus status, TaskPhase phase, PlanState plan)
{
    static const unsigned open = 1u << TASK_READY | 1u << TASK_LEASED | 1u << TASK_WAITING |
                                 1u << TASK_RETRY_WAIT | 1u << TASK_UNKNOWN | 1u << TASK_FAILED;
    static const unsigned moves =
        1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED | 1u << PLAN_HALTED;
    return phase == PHASE_FORWARD && (open & 1u << status) != 0 && (moves & 1u << plan) != 0;
}

json_t *
task_allowed(TaskStatus status, TaskPhase phase, PlanState plan, bool is_begun, bool hears_skip)
{
    static const struct {
        const char *name, *event;
    } actions[] = {{"retry", "retry"}, {"skip", "skip"}, {"done", "settle"}};
    static const unsigned forward = 1u << PLAN_PREFLIGHT | 1u << PLAN_RUNNING | 1u << PLAN_PAUSED |
                                    1u << PLAN_HALTED | 1u << PLAN_SOAKING | 1u << PLAN_SUCCEEDED |
                                    1u << PLAN_RETIRING;
    static const unsigned back = 1u << PLAN_ROLLING_BACK | 1u << PLAN_NEEDS_OPERATOR;
    bool listens = ((forward | back) & 1u << plan) != 0;
    Facts facts = {.has_intent = is_begun || phase == PHASE_REVERSE};
    json_t *allowed = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        json_object_set_new(allowed, actions[i].name,
                            listens ? may(task_transitions, task_transition_count, status,
                                          task_status_name(status), actions[i].event, &facts)
                                    : json_sprintf("its plan is '%s'", plan_state_name(plan)));
    if (hears_skip && status != TASK_FAILED && task_hears_skip(status, phase, plan))
        json_object_set_new(allowed, "skip", json_true());
    return allowed;
}
