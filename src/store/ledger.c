/* ledger.c - events in, events out. */
#include "store/ledger.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "store/db_private.h"

#include <inttypes.h>
#include <string.h>

/* ---- writing ---- */

enum {
    AT_SEQ = 1,
    AT_MS,
    AT_TYPE,
    AT_PLAN,
    AT_TASK,
    AT_STEP,
    AT_ACTOR,
    AT_FROM,
    AT_TO,
    AT_REASON,
    AT_DATA
};

static const char insert_sql[] =
    "INSERT INTO event(seq, at_ms, type, plan, task, step, actor, from_state, to_state, reason, "
    "data)"
    " VALUES (:seq, :at_ms, :type, :plan, :task, :step, :actor, :from, :to, :reason, :data)";

/* A reason longer than a person reads is cut at a whole character. Caller frees; NULL: fits. */
static char *
reason_cut(const char *reason)
{
    if (reason == NULL || strlen(reason) <= EVENT_TEXT_BYTES_MAX)
        return NULL;
    const char *end = g_utf8_find_prev_char(reason, reason + EVENT_TEXT_BYTES_MAX - 3);
    return g_strdup_printf("%.*s…", (int) (end == NULL ? 0 : end - reason), reason);
}

bool
ledger_append_text(Db *db, const EventText *event, int64_t *ret_seq, GError **error)
{
    g_assert(event_type_is_known(event->type));
    Stmt *stmt = NULL;
    if (db->seq < 0) {
        int64_t last = 0;
        if (!ledger_last(db, &last, error))
            return false;
        db->seq = db->seq_before = db->seq_savepoint = last;
    }
    if (!db_prepare(db, insert_sql, &stmt, error))
        return false;

    g_autofree char *cut = reason_cut(event->reason);
    stmt_int_at(stmt, AT_SEQ, db->seq + 1);
    stmt_int_at(stmt, AT_MS, event->at_ms != 0 ? event->at_ms : clock_wall_ms());
    stmt_text_at(stmt, AT_TYPE, event->type);
    stmt_text_at(stmt, AT_PLAN, event->plan);
    stmt_text_at(stmt, AT_TASK, event->task);
    stmt_text_at(stmt, AT_STEP, event->step);
    stmt_text_at(stmt, AT_ACTOR, event->actor);
    stmt_text_at(stmt, AT_FROM, event->from);
    stmt_text_at(stmt, AT_TO, event->to);
    stmt_text_at(stmt, AT_REASON, cut != NULL ? cut : event->reason);
    stmt_text_at(stmt, AT_DATA, event->data);
    if (!stmt_run(stmt, NULL, error))
        return false;
    db->seq++;
    metric_add(METRIC_EVENTS, 1);
    if (ret_seq != NULL)
        *ret_seq = db->seq;
    return true;
}

bool
ledger_append(Db *db, Event *event, GError **error)
{
    if (event->at_ms == 0)
        event->at_ms = clock_wall_ms();
    g_autofree char *data = event->data == NULL ? NULL : json_compact(event->data);
    EventText text = {
        .at_ms = event->at_ms,
        .type = event->type,
        .plan = event->plan,
        .task = event->task,
        .step = event->step,
        .actor = event->actor,
        .from = event->from,
        .to = event->to,
        .reason = event->reason,
        .data = data,
    };
    return ledger_append_text(db, &text, &event->seq, error);
}

/* ---- reading ---- */

static const char read_all_sql[] =
    "SELECT seq, at_ms, type, plan, task, step, actor, from_state, to_state, reason, data"
    " FROM event WHERE seq > :after ORDER BY seq LIMIT :limit";
static const char read_plan_sql[] =
    "SELECT seq, at_ms, type, plan, task, step, actor, from_state, to_state, reason, data"
    " FROM event WHERE plan = :plan AND seq > :after ORDER BY seq LIMIT :limit";

static bool
event_read(Stmt *stmt, Event *event, GError **error)
{
    event->seq = stmt_col_int(stmt, 0);
    event->at_ms = stmt_col_int(stmt, 1);
    char **texts[] = {&event->type,  &event->plan, &event->task, &event->step,
                      &event->actor, &event->from, &event->to,   &event->reason};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(stmt_col_text(stmt, 2 + (int) i));
    const char *data = stmt_col_text(stmt, 10);
    if (data == NULL)
        return true;
    if (!json_parse(data, strlen(data), "event", &event->data, error))
        return fail(error, ERR_CORRUPT, "event %" PRId64 " holds no JSON", event->seq);
    return true;
}

bool
ledger_read(Db *db, int64_t after, const char *plan, int limit, LedgerFn *fn, void *data,
            GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, plan == NULL ? read_all_sql : read_plan_sql, &stmt, error))
        return false;
    stmt_int(stmt, ":after", after);
    stmt_int(stmt, ":limit", limit);
    if (plan != NULL)
        stmt_text(stmt, ":plan", plan);
    for (bool has_row = true;;) {
        if (!stmt_step(stmt, &has_row, error))
            return false;
        if (!has_row)
            return true;
        g_auto(Event) event = {0};
        bool is_read = event_read(stmt, &event, error);
        if (!is_read || !fn(&event, data)) {
            stmt_reset(stmt);
            return is_read;
        }
    }
}

bool
ledger_last(Db *db, int64_t *ret_seq, GError **error)
{
    Stmt *stmt = NULL;
    bool has_row = false;
    if (!db_prepare(db, "SELECT max(seq) FROM event", &stmt, error) ||
        !stmt_step(stmt, &has_row, error))
        return false;
    *ret_seq = has_row ? stmt_col_int(stmt, 0) : 0;
    stmt_reset(stmt);
    return true;
}

bool
ledger_before_last(Db *db, const char *plan, int64_t count, int64_t *ret_seq, GError **error)
{
    Stmt *stmt = NULL;
    bool has_row = false;
    if (!db_prepare(db,
                    "SELECT seq FROM event WHERE plan = :plan ORDER BY seq DESC LIMIT 1 OFFSET "
                    ":count",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":plan", plan);
    stmt_int(stmt, ":count", count);
    if (!stmt_step(stmt, &has_row, error))
        return false;
    *ret_seq = has_row ? stmt_col_int(stmt, 0) : 0;
    if (has_row)
        stmt_reset(stmt);
    return true;
}
