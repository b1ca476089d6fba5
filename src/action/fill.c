/* fill.c - see fill.h. */
#include "action/fill.h"

#include "action/follow.h"
#include "action/held.h"
#include "action/keys.h"
#include "action/move.h"
#include "action/pacer.h"
#include "base/text.h"

/* For plans that say nothing. */
#define RANGE_MS_DEFAULT 2000
#define BEHIND_MAX_DEFAULT 1000

/* The part of the step that this lease is about; NULL: the step itself. */
static const json_t *
range_of(const StepCall *call)
{
    const json_t *range = json_object_get(call->lease->params, "range");
    return json_is_object(range) ? range : NULL;
}

static const char *
range_name(const json_t *range)
{
    return json_get_string(range, "name", "");
}

static json_t *
result_json(const RangeResult *result)
{
    g_autofree char *hash = hash_sum_text(&result->hash);
    json_t *json = json_object();
    json_set_int(json, "rows_in", result->rows_in);
    json_set_int(json, "rows_out", result->rows_out);
    json_set_int(json, "rejected", result->rejected);
    if (result->bytes > 0) { /* no ledger keeps them: unknown of what was there already */
        json_set_int(json, "bytes", result->bytes);
        json_set_int(json, "weighed", result->rows_out);
    }
    json_set_string(json, "hash", hash);
    return json;
}

bool
fill_check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    const json_t *range = range_of(call);
    RangeResult result = {0};
    bool exists, found = false;

    if (!move_open(call, env, &move, error) ||
        !step_connect(env, move.target_store, &conn, error) ||
        !conn_exists(conn, move.stage, &exists, error))
        return false;
    /* of a snapshot, an attempt that died may have been about to make it anew */
    if (!exists && !(move.holds && lease_pre_state(call->lease) != NULL)) {
        differ(ret, ret_state, "staging table '%s' is gone", move.stage);
        return true;
    }
    if (range != NULL &&
        !conn_ledger_find(conn, call->lease->plan, range_name(range), &found, &result, error))
        return false;
    *ret = found ? WORLD_ALREADY : WORLD_EXPECTED;
    if (found)
        *ret_state = result_json(&result);
    return true;
}

/* What the source looks like from outside: for one that is not frozen. */
static bool
check_identity(const Move *move, GError **error)
{
    json_t *before = json_object_get(move->call->lease->params, "identity");
    return !json_is_object(before) || move_check_source(move, before, error);
}

static bool
split(const Move *move, Outcome *outcome, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) ranges = NULL, identity = NULL;
    int64_t range_ms = json_get_int(move->call->step->params, "range_ms", RANGE_MS_DEFAULT);
    int64_t rows_total = 0;
    json_t *range;
    size_t i;

    if (!move_source_identity(move, &identity, error) ||
        !move_transfer(move, 0, &transfer, error) || !keys_put_off(move, transfer, error) ||
        !transfer_split(transfer, range_ms, &ranges, error))
        return false;
    json_array_foreach(ranges, i, range) rows_total += json_get_int(range, "rows", 0);
    outcome->kind = OUTCOME_MORE;
    outcome->children = json_array();
    json_array_foreach(ranges, i, range)
    {
        json_t *child = json_object(), *params = json_object();
        json_object_set(params, "range", range);
        json_set_int(params, "rows_total", rows_total);
        json_object_set(params, "identity", identity);
        json_set_string(child, "key", range_name(range));
        json_object_set_new(child, "params", params);
        json_set_int(child, "weight", json_get_int(range, "rows", 0));
        json_array_append_new(outcome->children, child);
    }
    return true;
}

/* "; the first is row 3: 'x' is no date", or nothing. Caller frees. */
static char *
first_reason(const Move *move, Conn *conn)
{
    g_autoptr(json_t) rows = NULL;
    g_autoptr(GError) ignored = NULL;

    if (!conn_quarantined(conn, move->call->lease->plan, 1, &rows, &ignored) ||
        json_array_size(rows) == 0)
        return g_strdup("");
    const json_t *row = json_array_get(rows, 0);
    const char *column = json_get_string(row, "column", "");
    g_autofree char *number =
        row_id_text(json_get_int(row, "row_id", 0), json_object_get(row, "row"));
    return g_strdup_printf("; the first is row %s%s%s: %s", number,
                           *column != '\0' ? ", column " : "", column,
                           json_get_string(row, "reason", ""));
}

static bool
check_budget(const Move *move, Conn *conn, const RangeResult *sum, int64_t rows_total,
             GError **error)
{
    int64_t allowed = plan_rejects_allowed(move->call->plan->json, rows_total);

    if (sum->rejected <= allowed)
        return true;
    g_autofree char *rejected = text_count(sum->rejected), *of = text_count(rows_total);
    g_autofree char *allows = text_count(allowed), *first = first_reason(move, conn);
    return fail(error, ERR_BUDGET,
                "%s of %s rows did not fit and were put aside, the plan allows %s%s; mend the rows "
                "or the mapping (or raise quarantine.rows_max in it), roll back and plan again",
                rejected, of, allows, first);
}

/* Of all ranges: a dataset of which nothing came over has not been moved, however small it is. */
static bool
check_some_fit(const Move *move, Conn *conn, const RangeResult *sum, GError **error)
{
    if (sum->rejected == 0 || sum->rows_out > 0 || plan_may_move_none(move->call->plan->json))
        return true;
    g_autofree char *rejected = text_count(sum->rejected), *first = first_reason(move, conn);
    return fail(
        error, ERR_BUDGET,
        "no row fits: all that were read (%s) were put aside, so nothing would be moved%s; mend "
        "the rows or the mapping (or say in its `quarantine` how many may be put aside), roll back "
        "and "
        "plan again",
        rejected, first);
}

/* The sum so far; the evidence of a failure too, so that people see which rows they are. */
static bool
sum_and_budget(const Move *move, Conn *conn, int64_t rows_total, RangeResult *ret_sum,
               int64_t *ret_ranges, json_t **ret_quarantine, GError **error)
{
    if (!conn_ledger_sum(conn, move->call->lease->plan, ret_sum, ret_ranges, error))
        return false;
    if (ret_sum->rejected > 0 &&
        !move_save_quarantine(move, conn, ret_sum->rejected, ret_quarantine, error))
        return false;
    return check_budget(move, conn, ret_sum, MAX(rows_total, ret_sum->rows_in), error);
}

bool
fill_within_budget(const Move *move, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    RangeResult sum = {0};
    int64_t ranges = 0;
    return step_connect(move->env, move->target_store, &conn, error) &&
           conn_ledger_sum(conn, move->call->lease->plan, &sum, &ranges, error) &&
           check_budget(move, conn, &sum, sum.rows_in, error);
}

static bool
fill_now(const Move *move, const json_t *range, Outcome *outcome, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(Conn) conn = NULL;
    RangeResult result = {0}, sum = {0};
    int64_t ranges;
    json_t *quarantine = NULL;
    Ticker ticker = {move->env, json_get_int(range, "rows", 0), range_name(range)};

    int64_t rows_total = json_get_int(move->call->lease->params, "rows_total", 0);
    int64_t rejects_max =
        MAX(REJECTS_PER_RANGE, plan_rejects_allowed(move->call->plan->json, rows_total));
    Pacer pacer;
    bool waits;
    if (!move_transfer(move, rejects_max, &transfer, error))
        return false;
    pacer_init(&pacer, move, transfer, ticker);
    if (!pacer_begin(&pacer, outcome, &waits, error))
        return false;
    if (waits)
        return true;
    if (!check_identity(move, error) ||
        !transfer_range(transfer, range, pacer_tick, &pacer, &result, error) ||
        !check_identity(move, error) || !follow_keep_up(move, error))
        return false;
    pacer_settle(&pacer, &result);
    outcome_is(outcome, OUTCOME_DONE, result_json(&result));
    if (result.rejected == 0)
        return true;
    /* Many bad rows are seen early: the budget is looked at after each range that had some. */
    if (!step_connect(move->env, move->target_store, &conn, error))
        return false;
    bool ok = sum_and_budget(move, conn, rows_total, &sum, &ranges, &quarantine, error);
    if (quarantine != NULL && !ok)
        json_object_set(outcome->evidence, "quarantine", quarantine);
    json_decref(quarantine);
    return ok;
}

/* What a column breaks that is not there any more is told as that. */
static bool
fill_range(const Move *move, const json_t *range, Outcome *outcome, GError **error)
{
    g_autoptr(GError) problem = NULL, drift = NULL;
    if (fill_now(move, range, outcome, &problem))
        return true;
    bool has_moved = error_is(problem, ERR_INVALID) && !check_identity(move, &drift) &&
                     error_is(drift, ERR_DRIFT);
    g_propagate_error(error, has_moved ? g_steal_pointer(&drift) : g_steal_pointer(&problem));
    return false;
}

/* Of the step's parts; -1: one was found in the ledger, and nobody knows how many it has. */
static int64_t
bytes_of_parts(const StepCall *call)
{
    const json_t *sums = json_at(call->lease->evidence, "sums");
    bool is_known = json_get_int(sums, "weighed", 0) + json_get_int(sums, "rejected", 0) >=
                    json_get_int(sums, "rows_in", 0);
    return is_known ? json_get_int(sums, "bytes", 0) : -1;
}

static bool
finish(const Move *move, int64_t bytes, Outcome *outcome, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    RangeResult sum = {0};
    int64_t ranges = 0;
    json_t *quarantine = NULL;
    Writer writer = move_writer(move, NULL);

    if (!step_connect(move->env, move->target_store, &conn, error))
        return false;
    bool ok = sum_and_budget(move, conn, 0, &sum, &ranges, &quarantine, error);
    json_t *evidence = result_json(&sum);
    json_set_int(evidence, "ranges", ranges);
    if (bytes >= 0)
        json_set_int(evidence, "bytes", bytes);
    if (quarantine != NULL)
        json_object_set_new(evidence, "quarantine", quarantine);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    if (!ok || !check_some_fit(move, conn, &sum, error))
        return false;
    if (sum.rows_in != sum.rows_out + sum.rejected)
        return fail(error, ERR_MISMATCH,
                    "the ledger does not add up: %" G_GINT64_FORMAT " rows read, %" G_GINT64_FORMAT
                    " written, %" G_GINT64_FORMAT " put aside",
                    sum.rows_in, sum.rows_out, sum.rejected);
    Ticker ticker = {move->env, 0, "making indexes"};
    conn_set_tick(conn, ticker_tick, &ticker);
    g_autoptr(Schema) schema = NULL;
    if (!move_stage_schema(move, &schema, error))
        return false;
    if (move->is_live) /* at the swap: until then rows that are behind would keep others from being removed */
        schema_drop_dependents(schema, "foreign_key_to");
    if (!keys_make(move, conn, error) ||
        !conn_finish(conn, move->stage, move_like(move, conn), schema, &writer, error))
        return false;
    int64_t behind_max = json_get_int(move->call->step->params, "behind_max", BEHIND_MAX_DEFAULT);
    return !move->is_live || (follow_source(move, MAX(behind_max, 1), outcome->evidence, error) &&
                              fill_within_budget(move, error));
}

bool
fill_run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    const json_t *range = range_of(call);
    int64_t bytes = bytes_of_parts(call);

    if (!move_open(call, env, &move, error))
        return false;
    if (range != NULL)
        return fill_range(&move, range, outcome, error);
    if (move.holds)
        return held_fill(&move, &bytes, error) && finish(&move, bytes, outcome, error);
    return call->lease->children_done ? finish(&move, bytes, outcome, error)
                                      : split(&move, outcome, error);
}

bool
fill_verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    const json_t *range = range_of(call);
    RangeResult result = {0};
    int64_t ranges, rows;
    bool found;

    if (!move_open(call, env, &move, error) || !step_connect(env, move.target_store, &conn, error))
        return false;
    if (range != NULL)
        return conn_ledger_find(conn, call->lease->plan, range_name(range), &found, &result,
                                error) &&
               (found ||
                fail(error, ERR_MISMATCH, "the ledger has no range '%s'", range_name(range)));
    if (!conn_ledger_sum(conn, call->lease->plan, &result, &ranges, error) ||
        !conn_count(conn, move.stage, NULL, &rows, error))
        return false;
    if (rows != result.rows_out)
        return fail(error, ERR_MISMATCH,
                    "'%s' has %" G_GINT64_FORMAT " rows, the ledger says %" G_GINT64_FORMAT,
                    move.stage, rows, result.rows_out);
    return true;
}

/* The step's own part, dividing and making indexes, is safe to do again: it counts as not applied.
 * While its parts are still at work, what they wrote counts; what was read of a snapshot counts for nothing without it. */
static bool
probe_step(const Move *move, Conn *conn, bool *ret_found, GError **error)
{
    RangeResult sum = {0};
    int64_t ranges;

    if (!conn_ledger_sum(conn, move->call->lease->plan, &sum, &ranges, error))
        return false;
    *ret_found = !move->call->lease->children_done && !move->holds && ranges > 0;
    return true;
}

bool
fill_probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    const json_t *range = range_of(call);
    RangeResult result = {0};
    bool found = false;

    if (!move_open(call, env, &move, error) ||
        !step_connect(env, move.target_store, &conn, error) || !move_fence(&move, conn, error))
        return false;
    if (!(range != NULL
              ? conn_ledger_find(conn, call->lease->plan, range_name(range), &found, &result, error)
              : probe_step(&move, conn, &found, error)))
        return false;
    outcome->kind = found ? OUTCOME_APPLIED : OUTCOME_NOT_APPLIED;
    if (found && range != NULL)
        outcome->evidence = result_json(&result);
    return true;
}

/* Empty the staging table: drop it with its bookkeeping and make it anew, which no old writer gets
 * past. The rows that were put aside are kept as evidence. */
static bool
empty(const Move *move, Conn *conn, Outcome *outcome, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    RangeResult sum = {0};
    int64_t ranges;
    json_t *quarantine = NULL;
    Writer writer = move_writer(move, NULL);

    if (!move_stage_schema(move, &schema, error) ||
        !conn_ledger_sum(conn, move->call->lease->plan, &sum, &ranges, error) ||
        !move_save_quarantine(move, conn, sum.rejected, &quarantine, error))
        return false;
    if (quarantine != NULL)
        outcome_is(outcome, OUTCOME_DONE, json_pack("{s:o}", "quarantine", quarantine));
    return conn_unstage(conn, move->stage, &writer, error) &&
           conn_stage(conn, move->stage, move->like, schema, &writer, error);
}

bool
fill_reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    SwapState state;
    bool exists;

    if (range_of(call) != NULL)
        return true; /* the step empties all ranges at once */
    if (!move_open(call, env, &move, error) ||
        !step_connect(env, move.target_store, &conn, error) ||
        !conn_exists(conn, move.stage, &exists, error))
        return false;
    if (exists)
        return empty(&move, conn, outcome, error);
    if (!conn_swap_state(conn, move.stage, move.target, move.kept, call->lease->plan, &state,
                         error))
        return false;
    if (state == SWAP_AFTER)
        return fail(error, ERR_WRONG_STATE, "'%s' is in use as '%s': take that back first",
                    move.stage, move.target);
    return true; /* never made, dropped already, or kept under the name of rows given up */
}
