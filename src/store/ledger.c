/*
 * ledger.c - the history. The next number is the greatest one plus one, read inside the writer's
 * transaction: a transaction that is rolled back leaves no gap.
 */
#include "store/ledger.h"

#include "base/clock.h"
#include "base/metric.h"

#include <string.h>

bool
ledger_last(Db *db, int64_t *ret_seq, GError **error)
{
    Stmt *stmt = NULL;
    bool row = false;
    if (!db_prepare(db, "SELECT coalesce(max(seq), 0) FROM event", &stmt, error) ||
        !stmt_step(stmt, &row, error))
        return false;
    *ret_seq = stmt_col_int(stmt, 0);
    stmt_reset(stmt);
    return true;
}

bool
ledger_append(Db *db, Event *event, GError **error)
{
    Stmt *stmt = NULL;
    int64_t last = 0;
    g_assert(event_type_is_known(event->type));
    if (!ledger_last(db, &last, error) ||
        !db_prepare(
            db,
            "INSERT INTO event(seq, at_ms, type, plan, task, step, actor, from_state, to_state, "
            "reason, data)"
            " VALUES(:seq, :at, :type, :plan, :task, :step, :actor, :from, :to, :reason, :data)",
            &stmt, error))
        return false;
    event->seq = last + 1;
    if (event->at_ms == 0)
        event->at_ms = clock_wall_ms();
    g_autofree char *data = event->data != NULL ? json_compact(event->data) : NULL;
    stmt_int(stmt, ":seq", event->seq);
    stmt_int(stmt, ":at", event->at_ms);
    stmt_text(stmt, ":type", event->type);
    stmt_text(stmt, ":plan", event->plan);
    stmt_text(stmt, ":task", event->task);
    stmt_text(stmt, ":step", event->step);
    stmt_text(stmt, ":actor", event->actor);
    stmt_text(stmt, ":from", event->from);
    stmt_text(stmt, ":to", event->to);
    stmt_text(stmt, ":reason", event->reason);
    stmt_text(stmt, ":data", data);
    metric_add(METRIC_EVENTS, 1);
    return stmt_run(stmt, NULL, error);
}

static bool
read_event(Stmt *stmt, Event *event, GError **error)
{
    const char *data = stmt_col_text(stmt, 10);
    *event = (Event){.seq = stmt_col_int(stmt, 0),
                     .at_ms = stmt_col_int(stmt, 1),
                     .type = g_strdup(stmt_col_text(stmt, 2)),
                     .plan = g_strdup(stmt_col_text(stmt, 3)),
                     .task = g_strdup(stmt_col_text(stmt, 4)),
                     .step = g_strdup(stmt_col_text(stmt, 5)),
                     .actor = g_strdup(stmt_col_text(stmt, 6)),
                     .from = g_strdup(stmt_col_text(stmt, 7)),
                     .to = g_strdup(stmt_col_text(stmt, 8)),
                     .reason = g_strdup(stmt_col_text(stmt, 9))};
    return data == NULL || json_parse(data, strlen(data), "event", &event->data, error);
}

bool
ledger_read(Db *db, int64_t after, const char *plan, int limit, LedgerFn *fn, void *data,
            GError **error)
{
    static const char *const columns =
        "SELECT seq, at_ms, type, plan, task, step, actor, from_state, to_state,"
        " reason, data FROM event WHERE seq > :after";
    g_autofree char *sql = g_strdup_printf("%s%s ORDER BY seq LIMIT :limit", columns,
                                           plan != NULL ? " AND plan = :plan" : "");
    Stmt *stmt = NULL;
    bool row = true;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    stmt_int(stmt, ":after", after);
    stmt_int(stmt, ":limit", limit);
    if (plan != NULL)
        stmt_text(stmt, ":plan", plan);
    while (row) {
        if (!stmt_step(stmt, &row, error))
            return false;
        g_auto(Event) event = {0};
        if (row && (!read_event(stmt, &event, error) || !fn(&event, data))) {
            stmt_reset(stmt);
            return error == NULL || *error == NULL;
        }
    }
    return true;
}
