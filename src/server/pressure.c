/* pressure.c - see pressure.h. */
#include "server/pressure.h"

#include "base/clock.h"

#include <inttypes.h>

#define QUEUE_PLANNING_DEFAULT 5000 /* a worker makes some ten plans a second */
#define QUEUE_TARGET_DEFAULT 1000   /* a day of rollouts, one after another */
#define RETRY_AFTER_S_MAX 600       /* whoever comes later than that has been forgotten */
#define RETRY_AFTER_S_UNKNOWN 5     /* nothing has left the queue lately: nobody knows */
#define LEFT_LATELY 20              /* so many are looked at */

typedef struct {
    const char *resource;    /* "queue:planning" */
    int64_t default_max;     /* where nobody has set it; -1: none */
    const char *what;        /* for people: "plans wait to be made" */
    const char *waiting_sql; /* how many wait; may name :name */
    const char *left_sql;    /* when the last ones left, newest first; may name :name */
    const char *name;
} Pressure;

int
pressure_retry_after_s(int64_t over, int64_t count, int64_t span_ms)
{
    if (count <= 0)
        return RETRY_AFTER_S_UNKNOWN;
    int64_t each_ms = MAX(span_ms, 0) / count;
    int64_t wait_s = (MAX(over, 1) * each_ms + 999) / 1000;
    return (int) CLAMP(wait_s, 1, RETRY_AFTER_S_MAX);
}

static bool
read_int(Db *db, const char *sql, const char *name, bool *ret_row, int64_t *ret, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    if (name != NULL)
        stmt_text(stmt, ":name", name);
    if (!stmt_step(stmt, ret_row, error))
        return false;
    if (*ret_row) {
        *ret = stmt_col_int(stmt, 0);
        stmt_reset(stmt);
    }
    return true;
}

/* How many left, and how long ago the earliest of them did. */
static bool
left_lately(Db *db, const Pressure *pressure, int64_t *ret_count, int64_t *ret_span_ms,
            GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, pressure->left_sql, &stmt, error))
        return false;
    if (pressure->name != NULL)
        stmt_text(stmt, ":name", pressure->name);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    while (is_row && *ret_count < LEFT_LATELY) {
        (*ret_count)++;
        *ret_span_ms = clock_wall_ms() - stmt_col_int(stmt, 0);
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    if (is_row)
        stmt_reset(stmt);
    return true;
}

static bool
check(Request *request, const Pressure *pressure, GError **error)
{
    Db *db = NULL;
    int64_t most = pressure->default_max, waiting = 0, left = 0, span_ms = 0;
    bool is_row = false;
    if (!request_reader(request, &db, error) ||
        !read_int(db, "SELECT count FROM limits WHERE resource = :name", pressure->resource,
                  &is_row, &most, error))
        return false;
    if (most < 0)
        return true;
    if (!read_int(db, pressure->waiting_sql, pressure->name, &is_row, &waiting, error))
        return false;
    if (waiting < most)
        return true;
    if (!left_lately(db, pressure, &left, &span_ms, error))
        return false;
    request->reply.retry_after_s = pressure_retry_after_s(waiting - most + 1, left, span_ms);
    return fail(error, ERR_LIMIT,
                "%" PRId64 " %s, and no more than %" PRId64 " may ('%s'): come again in %d seconds",
                waiting, pressure->what, most, pressure->resource, request->reply.retry_after_s);
}

bool
planning_may_queue(Request *request, GError **error)
{
    const Pressure plans = {
        .resource = "queue:planning",
        .default_max = QUEUE_PLANNING_DEFAULT,
        .what = "plans wait to be made",
        .waiting_sql = "SELECT count(*) FROM plan p JOIN task t ON t.plan = p.id WHERE p.state = "
                       "'draft' AND p.ended_ms = 0 AND t.action = 'plan' AND t.ended_ms = 0",
        .left_sql = "SELECT planned_ms FROM plan WHERE planned_ms > 0 ORDER BY n DESC",
    };
    return check(request, &plans, error);
}

/* ----- rollouts ----- */

/* Rollouts in plans that are under way, in the state that people see. What has no task is before its turn. */
#define ROLLOUTS_OF(member)                                                                        \
    "FROM plan p, json_each(p.services) s "                                                        \
    "LEFT JOIN step st ON st.plan = p.id AND st.action = 'rollout' "                               \
    "LEFT JOIN task t ON t.plan = p.id AND t.step = st.name AND t.key = "                          \
    "json_extract(s.value, '$.service') "                                                          \
    "WHERE p.services IS NOT NULL AND json_extract(s.value, '$.problem') IS NULL AND "             \
    "json_extract(s.value, '$." member "') = :name "
#define WAITING_OF(member)                                                                         \
    "SELECT count(*) " ROLLOUTS_OF(                                                                \
        member) "AND p.ended_ms = 0 AND (p.kind = 'rollout' OR "                                   \
                "p.started_ms > 0) AND p.state NOT IN ('rolling_back', 'needs_operator') AND "     \
                "(t.id IS NULL OR (t.phase = 'forward' AND t.ended_ms = 0 AND "                    \
                "coalesce(json_extract(t.checkpoint, '$.state'), 'pending') = 'pending'))"
#define LEFT_OF(member)                                                                            \
    "SELECT t.started_ms " ROLLOUTS_OF(member) "AND t.started_ms > 0 ORDER BY p.n DESC"

static bool
check_queue(Request *request, const char *kind, const char *name, int64_t most,
            const char *waiting_sql, const char *left_sql, GError **error)
{
    g_autofree char *resource = g_strdup_printf("queue:%s:%s", kind, name);
    g_autofree char *what = g_strdup_printf("rollouts wait for the %s '%s'", kind, name);
    const Pressure rollouts = {resource, most, what, waiting_sql, left_sql, name};
    return check(request, &rollouts, error);
}

bool
rollout_may_queue(Request *request, const ServiceConfig *service, const GroupConfig *group,
                  GError **error)
{
    return (group == NULL || check_queue(request, "group", group->name, group->queue,
                                         WAITING_OF("group"), LEFT_OF("group"), error)) &&
           check_queue(request, "target", service->target, QUEUE_TARGET_DEFAULT,
                       WAITING_OF("target"), LEFT_OF("target"), error);
}
