/* task_view.c - tasks as people and screens read them. */
#include "base/clock.h"
#include "base/text.h"
#include "model/states.h"
#include "server/handlers.h"
#include "server/page.h"
#include "server/plans.h"
#include "server/routes.h"

#include <string.h>

#define TASK_COLUMNS                                                                               \
    "id, plan, step, action, key, phase, status, reason, actor, worker, error_code, error, "       \
    "progress, evidence, intent, "                                                                 \
    "since_ms, attempt, tries, lease_until_ms, wake_ms, created_ms, started_ms, ended_ms, "        \
    "weight, wake_event, "                                                                         \
    "printf('%016d', n)"

enum { CURSOR_COLUMN = 25 };

static void
set_json(json_t *object, const char *key, const char *text)
{
    json_t *value = NULL;
    if (text != NULL && json_parse(text, strlen(text), key, &value, NULL))
        json_object_set_new(object, key, value);
}

static json_t *
task_json(Stmt *stmt)
{
    static const char *const texts[] = {"id",    "plan",   "step",       "action",
                                        "key",   "phase",  "status",     "reason",
                                        "actor", "worker", "error_code", "error"};
    static const struct {
        const char *name;
        int column;
    } counts[] = {{"since_ms", 15},       {"attempt", 16},     {"tries", 17},
                  {"lease_until_ms", 18}, {"wake_at_ms", 19},  {"created_at_ms", 20},
                  {"started_at_ms", 21},  {"ended_at_ms", 22}, {"weight", 23}};
    json_t *task = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        json_set_string(task, texts[i], stmt_col_text(stmt, (int) i));
    set_json(task, "progress", stmt_col_text(stmt, 12));
    set_json(task, "evidence", stmt_col_text(stmt, 13));
    set_json(task, "intent", stmt_col_text(stmt, 14));
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        int64_t value = stmt_col_int(stmt, counts[i].column);
        if (value != 0 || strcmp(counts[i].name, "attempt") == 0)
            json_set_int(task, counts[i].name, value);
    }
    json_set_string(task, "wake_event", stmt_col_text(stmt, 24));
    return task;
}

typedef struct {
    const char *plan, *statuses, *step;
} TaskFilter;

static void
filter_bind(Stmt *stmt, const void *data)
{
    const TaskFilter *filter = data;
    g_autofree char *statuses =
        filter->statuses != NULL ? g_strdup_printf(",%s,", filter->statuses) : NULL;
    stmt_text(stmt, ":plan", filter->plan);
    stmt_text(stmt, ":statuses", statuses);
    stmt_text(stmt, ":step", filter->step);
}

bool
handle_migration_tasks(Request *request, GError **error)
{
    g_autofree char *plan = NULL;
    if (!plan_id_find(request, request->params[0], &plan, error))
        return false;
    TaskFilter filter = {
        .plan = plan,
        .statuses = target_parameter(&request->target, "status"),
        .step = target_parameter(&request->target, "step"),
    };
    g_auto(GStrv) statuses = g_strsplit(filter.statuses != NULL ? filter.statuses : "", ",", -1);
    for (char **status = statuses; *status != NULL && filter.statuses != NULL; status++) {
        TaskStatus known;
        if (!task_status_from_name(*status, &known)) {
            g_autofree char *shown = text_printable(*status);
            return fail(error, ERR_INVALID,
                        "'%s' is no status of a task: expected one like 'failed'", shown);
        }
    }
    return request_page(request,
                        "SELECT " TASK_COLUMNS
                        " FROM task WHERE plan = :plan AND n > CAST(:after AS INTEGER) "
                        "AND (:statuses IS NULL OR instr(:statuses, ',' || status || ',') > 0) "
                        "AND (:step IS NULL OR step = :step) ORDER BY n LIMIT :limit",
                        filter_bind, &filter, task_json, CURSOR_COLUMN, error);
}

/* ----- one task ----- */

/* Words of task_allowed() are those of the routes. */
static json_t *
task_actions(const Request *request, const json_t *by_state)
{
    json_t *answer = json_object();
    const char *action = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *) by_state, action, value)
    {
        g_autoptr(GError) error = NULL;
        g_autofree char *deed = g_strdup_printf("%s a task", action);
        if (!json_is_true(value))
            json_object_set_new(
                answer, action,
                json_pack("{s:b, s:s}", "allowed", false, "why",
                          json_is_string(value) ? json_string_value(value) : "not now"));
        else if (!identity_need(&request->who, ROLE_OPERATOR, deed, request->server->config->roles,
                                &error))
            json_object_set_new(answer, action,
                                json_pack("{s:b, s:s}", "allowed", false, "why", error->message));
        else
            json_object_set_new(answer, action, json_pack("{s:b}", "allowed", true));
    }
    return answer;
}

bool
handle_task(Request *request, GError **error)
{
    g_auto(PlanRow) row = {0};
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;

    if (!request_reader(request, &db, error) ||
        !db_prepare(db, "SELECT " TASK_COLUMNS " FROM task WHERE id = :id", &stmt, error))
        return false;
    stmt_text(stmt, ":id", request->params[0]);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (!is_row) {
        g_autofree char *shown = text_printable(request->params[0]);
        return fail(error, ERR_NOT_FOUND, "there is no task '%s'", shown);
    }
    g_autoptr(json_t) task = task_json(stmt);
    stmt_reset(stmt);
    if (!plan_row_find(request, json_get_string(task, "plan", ""), &row, error))
        return false;

    TaskStatus status = TASK_BLOCKED;
    bool is_reverse = strcmp(json_get_string(task, "phase", ""), "reverse") == 0;
    task_status_from_name(json_get_string(task, "status", ""), &status);
    const char *action = json_get_string(task, "action", ""),
               *key = json_get_string(task, "key", "");
    bool is_begun = json_object_get(task, "intent") != NULL && !action_is_on_host(action, key);
    g_autoptr(json_t) by_state = task_allowed(status, is_reverse ? PHASE_REVERSE : PHASE_FORWARD,
                                              row.state, is_begun, action_hears_skip(action, key));
    json_object_set_new(task, "allowed_actions", task_actions(request, by_state));
    return request_answer(request, g_steal_pointer(&task));
}
