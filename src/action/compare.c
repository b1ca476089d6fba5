/*
 * compare.c - read the staging table back and hold it against what was hashed while it was filled.
 *
 * Ranges of the staging table are hashed by children; the step's task adds their sums up and
 * compares them with the ledger's. Where they differ, both sides are read again to find the rows
 * and columns.
 */
#include "action/compare.h"
#include "action/table.h"
#include "base/text.h"

#include <string.h>

#define RANGE_MS_DEFAULT 2000
#define DIFFERENCES_MAX_DEFAULT 20

static const json_t *
range_of(const StepCall *call)
{
    const json_t *range = json_object_get(call->lease->params, "range");
    return json_is_object(range) ? range : NULL;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    bool exists;

    if (!move_open(call, env, &move, error) ||
        !step_connect(env, move.target_store, &conn, error) ||
        !conn_exists(conn, move.stage, &exists, error))
        return false;
    *ret = WORLD_EXPECTED;
    if (!exists)
        differ(ret, ret_state, "staging table '%s' is gone", move.stage);
    return true;
}

static bool
split(const Move *move, Outcome *outcome, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) ranges = NULL;
    int64_t range_ms = json_get_int(move->call->step->params, "range_ms", RANGE_MS_DEFAULT);
    json_t *range;
    size_t i;

    if (!move_transfer(move, 0, &transfer, error) ||
        !transfer_hash_split(transfer, move->stage, range_ms, &ranges, error))
        return false;
    outcome->kind = OUTCOME_MORE;
    outcome->children = json_array();
    json_array_foreach(ranges, i, range)
    {
        json_t *child = json_object();
        g_autofree char *number = g_strdup_printf("%04zu", i + 1);
        json_set_string(child, "key", json_get_string(range, "name", number));
        json_object_set_new(child, "params", json_pack("{s:O}", "range", range));
        json_set_int(child, "weight", json_get_int(range, "rows", 0));
        json_array_append_new(outcome->children, child);
    }
    return true;
}

/* A sum in quarters of 32 bits: what the engine adds up over all children cannot overflow, and
 * still gives the whole. */
static json_t *
sum_to_json(const HashSum *sum)
{
    g_autofree char *text = hash_sum_text(sum);
    json_t *json = json_object();
    json_set_string(json, "hash", text);
    json_set_int(json, "rows", sum->rows);
    json_set_int(json, "low_0", (int64_t) (sum->low & UINT32_MAX));
    json_set_int(json, "low_1", (int64_t) (sum->low >> 32));
    json_set_int(json, "high_0", (int64_t) (sum->high & UINT32_MAX));
    json_set_int(json, "high_1", (int64_t) (sum->high >> 32));
    return json;
}

static uint64_t
join_quarters(const json_t *sums, const char *first, const char *second)
{
    uint64_t low = (uint64_t) json_get_int(sums, first, 0);
    uint64_t high = (uint64_t) json_get_int(sums, second, 0);
    return low + (high << 32);
}

static bool
hash_range(const Move *move, const json_t *range, Outcome *outcome, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    HashSum sum = {0};
    Ticker ticker = {move->env, json_get_int(range, "rows", 0),
                     json_get_string(range, "name", "reading back")};

    if (!move_transfer(move, 0, &transfer, error) ||
        !transfer_hash(transfer, move->stage, range, ticker_tick, &ticker, &sum, error))
        return false;
    outcome_is(outcome, OUTCOME_DONE, sum_to_json(&sum));
    return true;
}

/* What the children saw, all together; false when one was skipped or the lease does not tell. */
static bool
sum_of_children(const Lease *lease, HashSum *ret)
{
    const json_t *sums = json_object_get(lease->evidence, "sums");

    if (json_object_get(sums, "low_0") == NULL || json_get_int(lease->evidence, "skipped", 0) > 0)
        return false;
    ret->rows = json_get_int(sums, "rows", 0);
    ret->low = join_quarters(sums, "low_0", "low_1");
    ret->high = join_quarters(sums, "high_0", "high_1");
    return true;
}

/* One difference for the message; the others are in the blob. Caller frees. */
static char *
first_difference(const json_t *differences)
{
    const json_t *first = json_array_get(differences, 0);
    if (first == NULL)
        return g_strdup("no single row could be found");
    g_autofree char *key = json_compact(json_object_get(first, "key"));
    const char *what = json_get_string(first, "what", "differs");
    if (strcmp(what, "differs") != 0)
        return g_strdup_printf("row %s is %s", key, what);
    const json_t *column = json_array_get(json_object_get(first, "columns"), 0);
    g_autofree char *source = json_dumps(json_object_get(column, "source"), JSON_ENCODE_ANY);
    g_autofree char *target = json_dumps(json_object_get(column, "target"), JSON_ENCODE_ANY);
    return g_strdup_printf("row %s, column '%s': should be %s, is %s", key,
                           json_get_string(column, "column", "?"), source != NULL ? source : "null",
                           target != NULL ? target : "null");
}

/* The ledger of a source that was followed counts rows that came more than once: both sides are read. */
static bool
open_transfer(const Move *move, Transfer **ret, GError **error)
{
    return move->is_live ? move_transfer_to_compare(move, ret, error)
                         : move_transfer(move, 0, ret, error);
}

/* Read both sides and say what differs. */
static bool
compare_by(const Move *move, Transfer *transfer, Outcome *outcome, GError **error)
{
    g_auto(Comparison) seen = {0};
    g_autofree char *digest = NULL;
    int64_t most =
        json_get_int(move->call->step->params, "differences_max", DIFFERENCES_MAX_DEFAULT);
    Ticker ticker = {move->env, 0, "comparing"};

    if (!transfer_compare(transfer, move->stage, (size_t) most, ticker_tick, &ticker, &seen, error))
        return false;
    json_t *evidence = json_object();
    json_set_int(evidence, "rows_source", seen.rows_source);
    json_set_int(evidence, "rows_target", seen.rows_target);
    json_set_int(evidence, "rows_quarantined", seen.rows_quarantined);
    json_set_string(evidence, "hash", seen.hash);
    json_set_bool(evidence, "equal", seen.equal);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    if (seen.equal)
        return true;
    g_autofree char *text = json_compact(seen.differences);
    if (!move->env->blob_put(move->env, text, strlen(text), &digest, error))
        return false;
    json_set_string(evidence, "differences", digest);
    g_autofree char *first = first_difference(seen.differences);
    g_autofree char *source = text_count(seen.rows_source), *target = text_count(seen.rows_target);
    return fail(error, ERR_MISMATCH,
                "'%s' is not what the mapping makes of '%s' (%s rows should be there, %s are): %s",
                move->stage, move->source, source, target, first);
}

bool
compare_all(const Move *move, Outcome *outcome, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    return open_transfer(move, &transfer, error) && compare_by(move, transfer, outcome, error);
}

/* Writers go on, but in one snapshot both sides are equal, unless the staging table refused something: then there is nothing to be
 * said before the freeze, which copies that and compares. */
static bool
compare_mirrored(const Move *move, Outcome *outcome, GError **error)
{
    g_autoptr(Transfer) transfer = NULL;
    int64_t behind = 0;
    if (!open_transfer(move, &transfer, error) || !transfer_behind(transfer, &behind, error))
        return false;
    if (behind == 0)
        return compare_by(move, transfer, outcome, error);
    outcome_is(outcome, OUTCOME_DONE, json_pack("{s:I}", "behind", (json_int_t) behind));
    return true;
}

/* An independent count: each row of the source was read, and is in the ledger. */
static bool
count_source(const Move *move, const RangeResult *ledger, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Program) program = NULL;
    g_autoptr(Schema) target = NULL;
    int64_t rows;

    if (!step_connect(move->env, move->source_store, &conn, error))
        return false;
    if (!conn_has_sql(conn))
        return true; /* counting a file is reading it; the ranges cover it by construction */
    if (move->mapping != NULL &&
        (!move_stage_schema(move, &target, error) ||
         !program_new(move->mapping, move->source_schema, target, true, &program, error)))
        return false;
    const char *where = program != NULL ? program_where(program) : NULL;
    g_autoptr(GError) refused = NULL;
    if (!conn_count(conn, move->source, where, &rows, &refused)) {
        /* the condition fails in a row, which was put aside for it: nobody can say what would be counted */
        if (where != NULL && ledger->rejected > 0 && error_is(refused, ERR_INVALID))
            return true;
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    if (rows == ledger->rows_in)
        return true;
    g_autofree char *now = text_count(rows), *read = text_count(ledger->rows_in);
    return fail(error, ERR_MISMATCH,
                "source '%s' was written to while it was read: it has %s rows to move now, but %s "
                "were read",
                move->source, now, read);
}

static bool
compare_sums(const Move *move, Outcome *outcome, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    HashSum seen = {0};
    RangeResult ledger = {0};
    int64_t ranges;

    if (!step_connect(move->env, move->target_store, &conn, error) ||
        !conn_ledger_sum(conn, move->call->lease->plan, &ledger, &ranges, error) ||
        (!move->holds && !count_source(move, &ledger, error)))
        return false; /* of a snapshot, rows were counted while it was held */
    if (!sum_of_children(move->call->lease, &seen) || !hash_sum_equal(&seen, &ledger.hash))
        return compare_all(move, outcome, error);
    g_autofree char *hash = hash_sum_text(&seen);
    json_t *evidence = json_object();
    json_set_int(evidence, "rows_source", ledger.rows_in);
    json_set_int(evidence, "rows_target", seen.rows);
    json_set_int(evidence, "rows_quarantined", ledger.rejected);
    json_set_string(evidence, "hash", hash);
    json_set_bool(evidence, "equal", true);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    const json_t *range = range_of(call);

    if (!move_open(call, env, &move, error))
        return false;
    if (move.is_live)
        return move.is_mirrored ? compare_mirrored(&move, outcome, error)
                                : compare_all(&move, outcome, error);
    if (range != NULL)
        return hash_range(&move, range, outcome, error);
    return call->lease->children_done ? compare_sums(&move, outcome, error)
                                      : split(&move, outcome, error);
}

const Action action_compare = {.id = ACTION_COMPARE, .check = check, .run = run};
