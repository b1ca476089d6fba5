/*
 * plan_tasks.c - the tasks that a plan makes: planning, looking for drift, its steps, and the last
 * look of a rollback.
 */
#include "base/json.h"
#include "engine/decide.h"

#include <inttypes.h>
#include <string.h>

/* ---- making tasks ---- */

Task *
task_make(Beat *beat, TaskRow *take_row)
{
    State *state = beat->state;
    g_autoptr(GError) error = NULL;
    Task *task = NULL;
    take_row->n = state->next_task_n;
    take_row->id = state_id(state, "t", beat->now_ms);
    take_row->since_ms = take_row->created_ms = beat->now_ms;
    take_row->tries = action_info_by_name(take_row->action)->tries_max;
    if (take_row->weight == 0)
        take_row->weight = 1;
    if (!state_add_task(state, take_row, &task, &error))
        g_error("%s", error->message); /* we made the row ourselves */
    task->is_new = true;
    task_dirty(beat, task);
    return task;
}

static Task *
make_internal(Beat *beat, OpenPlan *plan, ActionId action, TaskPhase phase, char *take_params)
{
    int n = 1;
    for (guint i = 0; i < plan->tasks->len; i++)
        n += task_is_internal(g_ptr_array_index(plan->tasks, i));
    const char *name = phase == PHASE_REVERSE ? "verify" : action_info(action)->name;
    TaskRow row = {.plan = g_strdup(plan->row.id),
                   .step = g_strdup(""),
                   .action = g_strdup(action_info(action)->name),
                   .key = g_strdup_printf("%s/%d", name, n),
                   .params = take_params,
                   .phase = phase,
                   .status = TASK_READY,
                   .wake_event = g_strdup("lease"),
                   .needs = g_strdup(plan->row.needs)};
    Task *task = task_make(beat, &row);
    task_born(beat, task, plan->row.actor, action_info(action)->text);
    return task;
}

static char *
params_with(const char *key, const char *text)
{
    g_autoptr(json_t) params = json_object();
    json_set_string(params, key, text);
    return json_compact(params);
}

/* What the world is asked about, and whether the plan itself has changed it already. */
static char *
preflight_params(const OpenPlan *plan, const char *request)
{
    g_autoptr(json_t) params = json_object();
    json_set_string(params, "request", request);
    if (plan->row.effects != 0)
        json_set_bool(params, "effects", true);
    return json_compact(params);
}

/* ---- planning ---- */

void
plan_make_planning(Beat *beat, OpenPlan *plan, const Move *move)
{
    if (move != NULL && strcmp(move->event, "replan") != 0)
        return;
    if (plan->planning != NULL)
        task_move(beat, plan->planning, &(Move){.event = "drop"});
    make_internal(beat, plan, ACTION_PLAN, PHASE_FORWARD,
                  params_with("request", plan->row.request));
}

void
plan_planning_failed(Beat *beat, OpenPlan *plan, const char *why)
{
    if (why != NULL) {
        g_autoptr(json_t) findings = json_array();
        json_t *finding = json_object();
        json_set_string(finding, "level", "error");
        json_set_string(finding, "code", "planning");
        json_set_string(finding, "message", why);
        json_array_append_new(findings, finding);
        text_take(&plan->row.diagnostics, json_compact(findings));
    }
    plan_move(beat, plan,
              &(Move){.event = "planning_failed",
                      .reason = why != NULL ? why : "the plan could not be made: see its findings",
                      .wake_event = "operator"});
    if (plan_is_rollout(plan))
        plan_move(beat, plan,
                  &(Move){.event = "cancel", .reason = why != NULL ? why : "it cannot be planned"});
}

static char *
names_json(const GPtrArray *names)
{
    g_autoptr(json_t) list = json_array();
    for (guint i = 0; i < names->len; i++)
        json_array_append_new(list, json_string(g_ptr_array_index(names, i)));
    return json_compact(list);
}

static void
take_step(Beat *beat, OpenPlan *plan, const Step *step)
{
    g_autoptr(GError) error = NULL;
    StepRow row = {.plan = g_strdup(plan->row.id),
                   .ordinal = plan->steps->len,
                   .name = g_strdup(step->name),
                   .action = g_strdup(step->action->name),
                   .after = names_json(step->after),
                   .needs = names_json(step->needs),
                   .uses = names_json(step->uses),
                   .params = json_compact(step->params),
                   .text = g_strdup(step->text),
                   .reverse_text = g_strdup(step->reverse_text),
                   .deadline_ms = step->deadline_ms};
    if (!state_add_step(beat->state, plan, &row, &error))
        g_error("%s", error->message); /* plan_from_json() has checked all of it */
    plan->row.has_retire |= step->action->id == ACTION_RETIRE;
}

/* For lists: what it rolls out, told before there is a task for it. */
static void
take_services(OpenPlan *plan, const json_t *services)
{
    if (json_array_size(services) > 0)
        text_take(&plan->row.services, json_compact(services));
    else if (!plan_is_rollout(plan))
        text_set(&plan->row.services, NULL);
}

/* For lists over all plans, which cannot read every document. */
static void
take_consumers(OpenPlan *plan, const json_t *document)
{
    g_autoptr(json_t) consumers = plan_consumers(document);
    text_take(&plan->row.consumers,
              json_array_size(consumers) > 0 ? json_compact(consumers) : NULL);
}

static void
take_document(Beat *beat, OpenPlan *plan, const Plan *document)
{
    const EngineOptions *options = &beat->state->options;
    const json_t *json = document->json;
    text_set(&plan->row.digest, document->digest);
    text_set(&plan->row.name, json_get_string(json, "name", NULL));
    text_set(&plan->row.source_url, json_string_value(json_at(json, "source.url")));
    text_set(&plan->row.target_url, json_string_value(json_at(json, "target.url")));
    take_services(plan, json_object_get(json, "services"));
    take_consumers(plan, json);
    plan_take_throttle(plan, json);
    plan_take_pace(plan, json);
    plan->row.soak_ms = json_get_int(json, "soak_ms", 0);
    plan->row.rollback_window_ms = json_get_int(json, "rollback_window_ms", 0);
    plan->row.retention_ms = json_get_int(json, "retention_ms", 0);
    plan->row.planned_ms = beat->now_ms;
    plan->row.expires_ms = options->plan_ttl_ms > 0 ? beat->now_ms + options->plan_ttl_ms : 0;
    plan->row.has_retire = 0;
    state_plan_drop_steps(plan);
    for (guint i = 0; i < document->steps->len; i++)
        take_step(beat, plan, g_ptr_array_index(document->steps, i));
    plan->has_new_steps = true;
}

/* Whoever asked for it had the right to start it: that was the yes, to what was asked for. */
static void
start_at_once(Beat *beat, OpenPlan *plan)
{
    g_autoptr(Command) yes = command_new(COMMAND_APPROVE, plan->row.author);
    yes->args = json_pack("{s:s, s:b}", "digest", plan->row.digest, "quorum_reached", true);
    plan_must_move(beat, plan,
                   &(Move){.event = "approve",
                           .actor = yes->actor,
                           .reason = "asked for by somebody who may approve it",
                           .command = yes});
    plan_move(beat, plan, &(Move){.event = "start", .actor = yes->actor, .command = yes});
}

void
plan_take_planned(Beat *beat, Task *task, const json_t *evidence)
{
    OpenPlan *plan = task->plan;
    const World *world = &beat->state->world;
    const char *digest = json_get_string(evidence, "digest", NULL);
    const json_t *diagnostics = json_object_get(evidence, "diagnostics");
    g_autoptr(Plan) document = NULL;
    g_autoptr(GError) error = NULL;
    if (json_is_array(diagnostics))
        text_take(&plan->row.diagnostics, json_compact(diagnostics));
    else
        text_set(&plan->row.diagnostics, NULL);
    text_set(&plan->row.observations, json_get_string(evidence, "observations", NULL));
    if (digest == NULL) {
        plan_planning_failed(beat, plan, NULL);
        return;
    }
    if (!world->plan_get(world->data, digest, &document, &error)) {
        plan_planning_failed(beat, plan, error->message);
        return;
    }
    take_document(beat, plan, document);
    plan_must_move(beat, plan, &(Move){.event = "planned", .actor = task->row.actor});
    if (plan_is_rollout(plan))
        start_at_once(beat, plan);
}

/* ---- looking for drift ---- */

/* `request`: the world at the start, which steps may want to look into. */
static void
make_roots(Beat *beat, OpenPlan *plan, const char *request)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const OpenStep *step = g_ptr_array_index(plan->steps, i);
        TaskRow row = {.plan = g_strdup(plan->row.id),
                       .step = g_strdup(step->row.name),
                       .action = g_strdup(step->row.action),
                       .key = g_strdup(""),
                       .params = request != NULL ? params_with("request", request) : NULL,
                       .phase = PHASE_FORWARD,
                       .status = TASK_BLOCKED,
                       .wake_event = g_strdup("dependencies")};
        task_born(beat, task_make(beat, &row), plan->row.actor, "waits for its turn");
    }
}

void
plan_make_preflight(Beat *beat, OpenPlan *plan, const Move *move, PlanState from)
{
    const char *request =
        move->command == NULL ? NULL : json_get_string(move->command->args, "request", NULL);
    if (from == PLAN_APPROVED) {
        plan->row.started_ms = beat->now_ms;
        make_roots(beat, plan, request);
    }
    if (from == PLAN_HALTED)
        plan->row.failures = 0; /* a person has looked at those */
    if (plan->preflight != NULL)
        task_move(beat, plan->preflight, &(Move){.event = "drop"});
    make_internal(beat, plan, ACTION_PREFLIGHT, PHASE_FORWARD, preflight_params(plan, request));
}

void
plan_take_preflight(Beat *beat, Task *task, const json_t *differences)
{
    OpenPlan *plan = task->plan;
    if (json_array_size(differences) == 0) {
        plan_move(beat, plan, &(Move){.event = "no_drift"});
        return;
    }
    const char *first = json_string_value(json_array_get(differences, 0));
    g_autofree char *reason =
        g_strdup_printf("the world moved: %s%s", first != NULL ? first : "see the differences",
                        json_array_size(differences) > 1 ? ", and more" : "");
    text_take(&plan->row.diagnostics, json_compact(differences));
    plan_move(beat, plan, &(Move){.event = "drift", .reason = reason});
}

/* ---- the last look ---- */

void
plan_make_verify(Beat *beat, OpenPlan *plan)
{
    g_autoptr(json_t) params = json_object();
    json_t *start = json_loads(plan->row.start, 0, NULL);
    json_object_set_new(params, "verify_start", start != NULL ? start : json_object());
    make_internal(beat, plan, ACTION_PREFLIGHT, PHASE_REVERSE, json_compact(params));
}
