/* rollout_rows.c - rollouts from plans and tasks, one or a page of them. */
#include "base/text.h"
#include "server/handlers.h"
#include "server/page.h"
#include "server/rollouts.h"

#include <string.h>

/* The plan goes back; nobody has looked at this task yet. */
#define GOES_BACK_SQL "(p.state IN ('rolling_back', 'needs_operator') AND t.phase = 'forward')"

/* As people know it. On the way back the checkpoint may still be that of the way there; of what went back by itself before
 * its plan did, nothing was applied any more. */
#define STATE_SQL                                                                                  \
    "CASE WHEN t.id IS NULL THEN CASE WHEN p.ended_ms = 0 AND p.state NOT IN ('rolling_back', "    \
    "'needs_operator') THEN 'pending' ELSE 'skipped' END "                                         \
    "WHEN t.status = 'skipped' THEN 'skipped' "                                                    \
    "WHEN t.status = 'not_applied' THEN CASE WHEN coalesce(json_extract(t.evidence, '$.state'), "  \
    "json_extract(t.checkpoint, '$.state'), 'pending') IN ('pending', 'admitted', 'skipped') "     \
    "THEN 'skipped' ELSE 'rolled_back' END "                                                       \
    "WHEN t.phase = 'reverse' AND t.status = 'done' THEN 'rolled_back' "                           \
    "WHEN t.phase = 'reverse' AND t.status = 'failed' THEN 'degraded' "                            \
    "WHEN t.phase = 'reverse' THEN CASE WHEN json_extract(t.checkpoint, '$.state') IN "            \
    "('degraded', 'frozen') THEN json_extract(t.checkpoint, '$.state') ELSE 'aborting' END "       \
    "WHEN " GOES_BACK_SQL " THEN 'aborting' "                                                      \
    "WHEN t.status = 'done' THEN coalesce(json_extract(t.evidence, '$.state'), 'healthy') "        \
    "WHEN t.status = 'failed' THEN coalesce(json_extract(t.evidence, '$.state'), "                 \
    "json_extract(t.checkpoint, '$.state'), 'degraded') "                                          \
    "ELSE coalesce(json_extract(t.checkpoint, '$.state'), 'pending') END"

/* What is not approved yet is no rollout; nor is what the plan says cannot be rolled out. */
#define ROWS_SQL                                                                                   \
    "SELECT p.id || '.' || json_extract(s.value, '$.service'), p.id, "                             \
    "json_extract(s.value, '$.service'), t.id, " STATE_SQL " AS rollout_state, t.status, "         \
    "CASE WHEN " GOES_BACK_SQL " THEN p.reason ELSE coalesce(t.reason, p.reason) END, "            \
    "coalesce(t.actor, p.actor), s.value, t.checkpoint, "                                          \
    "t.evidence, p.migration, p.digest, p.state, "                                                 \
    "t.phase = 'reverse', p.kind = 'migration', p.effects, coalesce(t.since_ms, p.since_ms), "     \
    "coalesce(t.wake_ms, 0), p.created_ms, coalesce(t.started_ms, 0), "                            \
    "CASE WHEN t.id IS NULL THEN p.ended_ms ELSE t.ended_ms END, p.window_until_ms "               \
    "FROM plan p, json_each(p.services) s "                                                        \
    "LEFT JOIN step st ON st.plan = p.id AND st.action = 'rollout' "                               \
    "LEFT JOIN task t ON t.plan = p.id AND t.step = st.name "                                      \
    "AND t.key = json_extract(s.value, '$.service') "                                              \
    "WHERE p.services IS NOT NULL AND json_extract(s.value, '$.problem') IS NULL AND "             \
    "(p.kind = 'rollout' OR p.state = 'approved' OR p.started_ms > 0) "

void
rollout_row_clear(RolloutRow *row)
{
    char *texts[] = {
        row->id,  row->plan,  row->service,   row->task,   row->state,          row->status,
        row->why, row->actor, row->migration, row->digest, row->plan_state_name};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    json_decref(row->entry);
    json_decref(row->memory);
    memset(row, 0, sizeof(*row));
}

static json_t *
object_of(const char *text)
{
    json_t *json = NULL;
    if (text != NULL && json_parse(text, strlen(text), "a stored value", &json, NULL) &&
        json_is_object(json))
        return json;
    json_decref(json);
    return json_object();
}

/* What it remembers while it goes on; how it ended, once it has; and how its way back did. */
static json_t *
memory_of(const char *checkpoint, const char *evidence, bool is_reverse)
{
    json_t *memory = object_of(checkpoint);
    g_autoptr(json_t) end = object_of(evidence);
    json_t *back = json_object_get(end, "reverse");
    json_object_update(memory, end);
    json_object_del(memory, "reverse");
    if (is_reverse && json_is_object(back))
        json_object_update(memory, back);
    return memory;
}

static void
row_read(Stmt *stmt, RolloutRow *ret)
{
    char **texts[] = {&ret->id,    &ret->plan,   &ret->service, &ret->task,
                      &ret->state, &ret->status, &ret->why,     &ret->actor};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(stmt_col_text(stmt, (int) i));
    ret->entry = object_of(stmt_col_text(stmt, 8));
    bool is_over = g_strcmp0(ret->status, "done") == 0 || g_strcmp0(ret->status, "failed") == 0;
    g_autofree char *checkpoint = g_strdup(stmt_col_text(stmt, 9));
    bool is_reverse = stmt_col_int(stmt, 14) != 0;
    ret->memory = memory_of(checkpoint, is_over ? stmt_col_text(stmt, 10) : NULL, is_reverse);
    ret->migration = g_strdup(stmt_col_text(stmt, 11));
    ret->digest = g_strdup(stmt_col_text(stmt, 12));
    ret->plan_state_name = g_strdup(stmt_col_text(stmt, 13));
    if (!plan_state_from_name(ret->plan_state_name, &ret->plan_state))
        ret->plan_state = PLAN_DRAFT;
    bool *flags[] = {&ret->is_reverse, &ret->is_of_migration, &ret->plan_has_effects};
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        *flags[i] = stmt_col_int(stmt, 14 + (int) i) != 0;
    int64_t *times[] = {&ret->since_ms,   &ret->wake_ms,  &ret->created_ms,
                        &ret->started_ms, &ret->ended_ms, &ret->window_until_ms};
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        *times[i] = stmt_col_int(stmt, 17 + (int) i);
}

/* ----- one ----- */

bool
rollout_row_of(Request *request, const char *plan, const char *service, RolloutRow *ret,
               bool *ret_found, GError **error)
{
    Db *db = NULL;
    Stmt *stmt = NULL;
    if (!request_reader(request, &db, error) ||
        !db_prepare(db,
                    ROWS_SQL "AND p.id = :plan AND json_extract(s.value, '$.service') = :service",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    stmt_text(stmt, ":service", service);
    if (!stmt_step(stmt, ret_found, error))
        return false;
    if (*ret_found) {
        row_read(stmt, ret);
        stmt_reset(stmt);
    }
    return true;
}

bool
rollout_under_way(Request *request, const char *service, char **ret_id, char **ret_state,
                  GError **error)
{
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!request_reader(request, &db, error) ||
        !db_prepare(db,
                    ROWS_SQL "AND p.ended_ms = 0 AND p.state <> 'approved' AND "
                             "json_extract(s.value, '$.service') = :service "
                             "AND rollout_state NOT IN ('healthy', 'rolled_back', 'skipped', "
                             "'superseded', 'frozen', 'degraded') LIMIT 1",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":service", service);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (is_row) {
        *ret_id = g_strdup(stmt_col_text(stmt, 0));
        *ret_state = g_strdup(stmt_col_text(stmt, 4));
        stmt_reset(stmt);
    }
    return true;
}

static bool
split_task(Request *request, const char *task, char **ret_plan, char **ret_service, GError **error)
{
    Db *db = NULL;
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!request_reader(request, &db, error) ||
        !db_prepare(db, "SELECT plan, key FROM task WHERE id = :id AND action = 'rollout'", &stmt,
                    error))
        return false;
    stmt_text(stmt, ":id", task);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (is_row) {
        *ret_plan = g_strdup(stmt_col_text(stmt, 0));
        *ret_service = g_strdup(stmt_col_text(stmt, 1));
        stmt_reset(stmt);
    }
    return true;
}

bool
rollout_row_find(Request *request, const char *name, RolloutRow *ret, GError **error)
{
    const char *dot = strchr(name, '.');
    g_autofree char *plan = dot != NULL ? g_strndup(name, (size_t) (dot - name)) : NULL;
    g_autofree char *service = dot != NULL ? g_strdup(dot + 1) : NULL;
    bool is_found = false;

    if (dot == NULL && !split_task(request, name, &plan, &service, error))
        return false;
    if (plan != NULL && !rollout_row_of(request, plan, service, ret, &is_found, error))
        return false;
    if (is_found)
        return true;
    g_autofree char *shown = text_printable(name);
    return fail(error, ERR_NOT_FOUND,
                "there is no rollout '%s': 'honk rollout list' shows those that there are", shown);
}

/* ----- lists ----- */

typedef struct {
    const char *states, *service, *migration;
} ListFilter;

static void
list_bind(Stmt *stmt, const void *data)
{
    const ListFilter *filter = data;
    g_autofree char *states =
        filter->states != NULL ? g_strdup_printf(",%s,", filter->states) : NULL;
    stmt_text(stmt, ":states", states);
    stmt_text(stmt, ":service", filter->service);
    stmt_text(stmt, ":migration", filter->migration);
}

static json_t *
list_row(Stmt *stmt)
{
    g_auto(RolloutRow) row = {0};
    row_read(stmt, &row);
    return rollout_row_json(&row);
}

/* Newest plans first, each with its services in their order by name. */
bool
handle_rollouts(Request *request, GError **error)
{
    ListFilter filter = {
        .states = target_parameter(&request->target, "state"),
        .service = target_parameter(&request->target, "service"),
        .migration = target_parameter(&request->target, "migration"),
    };
    return request_page(
        request,
        ROWS_SQL "AND (:after = '' OR p.id < substr(:after, 1, instr(:after, '.') - 1) OR "
                 "(p.id = substr(:after, 1, instr(:after, '.') - 1) AND "
                 "json_extract(s.value, '$.service') > substr(:after, instr(:after, '.') + 1))) "
                 "AND (:states IS NULL OR instr(:states, ',' || rollout_state || ',') > 0) "
                 "AND (:service IS NULL OR json_extract(s.value, '$.service') = :service) "
                 "AND (:migration IS NULL OR p.id = :migration OR p.migration = :migration OR "
                 "p.migration LIKE '%/' || :migration) "
                 "ORDER BY p.id DESC, json_extract(s.value, '$.service') LIMIT :limit",
        list_bind, &filter, list_row, 0, error);
}

bool
handle_rollout(Request *request, GError **error)
{
    g_auto(RolloutRow) row = {0};
    return rollout_row_find(request, request->params[0], &row, error) &&
           request_answer(request, rollout_view(request, &row));
}
