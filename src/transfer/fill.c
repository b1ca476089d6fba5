/*
 * fill.c - one range from source to stage, in one transaction of the target.
 *
 * The store does it itself where it can and may, or hands rows on from one server to another of its kind; else rows are sent in
 * bulk to those that take them so, read ahead (ahead.c). When it refuses (INVALID: some row is not as it should be), nothing is
 * written, and the range is moved row by row, which finds the offenders:
 *
 *   scan ─► batch ─► transfer_apply ─► batch ─► put ─► commit with the ledger row
 *     │                  │                      │
 *     └── not readable ──┴── not mappable ──────┴── refused ──► quarantine, with the original record
 */
#include "transfer/inside.h"

#include <string.h>

typedef struct {
    Transfer *transfer;
    Scan *scan;
    RangeResult result;
    int64_t scanned;
    RowHasher hasher;
    GError *error; /* of the quarantine, which has no other way out of a callback */
} Fill;

static bool
put_aside(Fill *fill, int64_t row_id, const char *column, const char *reason, GError **error)
{
    g_autoptr(json_t) record = NULL;
    g_autoptr(GError) unreadable = NULL;
    /* a record that cannot be shown is put aside nevertheless */
    if (!scan_record(fill->scan, row_id, &record, &unreadable))
        record = json_pack("{ss}", "unreadable", unreadable->message);
    fill->result.rejected++;
    int64_t allowed = fill->transfer->spec.rejects_max;
    allowed = allowed > 0 ? allowed : REJECTS_PER_RANGE;
    if (fill->result.rejected > allowed)
        return fail(error, ERR_BUDGET,
                    "more than %" G_GINT64_FORMAT
                    " rows of one range are refused, the last because: %s%s%s",
                    allowed, column != NULL ? column : "", column != NULL ? ": " : "", reason);
    return conn_quarantine(fill->transfer->target, row_id, record, column, reason, error);
}

static void
on_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Fill *fill = data;
    if (column != NULL && g_str_has_prefix(column, ITEM_OF_EXPR))
        column += strlen(ITEM_OF_EXPR); /* people know the column that it is for */
    if (fill->error == NULL && !put_aside(fill, row_id, column, reason, &fill->error))
        g_assert(fill->error != NULL);
}

static bool
rejects_went_well(Fill *fill, GError **error)
{
    if (fill->error == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&fill->error));
    return false;
}

static void
count_written(Fill *fill, const Batch *out, size_t from, size_t to)
{
    fill->result.rows_out += (int64_t) (to - from);
    if (!fill->transfer->spec.hash) {
        fill->result.hash.rows += (int64_t) (to - from);
        return;
    }
    for (size_t row = from; row < to; row++)
        hash_sum_add(&fill->result.hash, batch_row_hash(out, row, &fill->hasher));
}

/* It may be taken later on. */
static bool
let_wait(Waiting *waiting, const Batch *out, size_t row, const char *reason, GError **error)
{
    Batch *keys = waiting->keys;
    if (batch_is_full(keys))
        return fail(error, ERR_BUDGET, "more than %zu rows are refused, the last because: %s",
                    keys->row_count, reason);
    for (size_t i = 0; i < keys->column_count; i++) {
        Value value = batch_value(out, waiting->columns[i], row);
        batch_put_value(keys, i, &value);
    }
    batch_commit_row(keys, out->row_ids[row]);
    return true;
}

/* All rows of the batch that the target takes; the others are put aside, or wait. */
static bool
put_batch(Fill *fill, const Batch *out, GError **error)
{
    for (size_t from = 0; from < out->row_count;) {
        g_autoptr(GError) refusal = NULL;
        size_t next = from;
        bool done = conn_put(fill->transfer->target, out, from, &next, &refusal);
        count_written(fill, out, from, next);
        if (done)
            return true;
        if (!error_is(refusal, ERR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&refusal));
            return false;
        }
        if (fill->transfer->refuses)
            return fail(error, ERR_BUDGET, "a row is refused: %s", refusal->message);
        Waiting *waiting = fill->transfer->waiting;
        if (waiting != NULL ? !let_wait(waiting, out, next, refusal->message, error)
                            : !put_aside(fill, out->row_ids[next], NULL, refusal->message, error))
            return false;
        from = next + 1;
    }
    return true;
}

static bool
move_rows(Fill *fill, const ScanSpec *spec, TickFn *tick, void *data, GError **error)
{
    Transfer *transfer = fill->transfer;
    g_autoptr(Batch) in = batch_new_for(program_input(transfer->program));
    g_autoptr(Batch) out = batch_new_for(program_target(transfer->program));
    if (!conn_scan(transfer->source, spec, &fill->scan, error))
        return false;
    for (;;) {
        batch_reset(in);
        batch_reset(out);
        int64_t rejected = fill->result.rejected;
        if (!scan_next(fill->scan, in, on_reject, fill, error) || !rejects_went_well(fill, error))
            return false;
        fill->scanned += (int64_t) in->row_count + fill->result.rejected - rejected;
        if (in->row_count == 0)
            return true;
        if (!transfer_apply(transfer, in, out, on_reject, fill, error) ||
            !rejects_went_well(fill, error) || !put_batch(fill, out, error))
            return false;
        transfer->bytes = fill->result.bytes = fill->hasher.total_bytes;
        if (!transfer_tick(tick, data, fill->scanned, error))
            return false;
    }
}

/* All rows, or INVALID. */
static bool
move_in_bulk(Fill *fill, const ScanSpec *spec, TickFn *tick, void *data, GError **error)
{
    Transfer *transfer = fill->transfer;
    g_autoptr(Ahead) ahead = NULL;
    if (!ahead_new(transfer, spec, tick, data, &ahead, error))
        return false;
    for (;;) {
        const AheadPart *part = NULL;
        size_t next = 0;
        if (!ahead_next(ahead, fill->scanned, &part, error))
            return false;
        if (part->scanned == 0)
            return true;
        if (!conn_put(transfer->target, part->rows, 0, &next, error))
            return false;
        fill->scanned += part->scanned;
        fill->result.rows_out += part->hash.rows;
        hash_sum_merge(&fill->result.hash, &part->hash);
        transfer->bytes = fill->result.bytes = part->bytes;
        ahead_give_back(ahead);
        if (!transfer_tick(tick, data, fill->scanned, error))
            return false;
    }
}

bool
transfer_fill_rows(Transfer *transfer, const ScanSpec *spec, const Writer *writer,
                   const FillBefore *before, TickFn *tick, void *data, RangeResult *ret,
                   GError **error)
{
    bool is_done = false;
    if (!conn_begin(transfer->target, transfer->spec.stage, program_target(transfer->program),
                    writer, &is_done, ret, error))
        return false;
    if (is_done)
        return true;
    Fill fill = {.transfer = transfer};
    row_hasher_init(&fill.hasher);
    bool moved = (before == NULL || before->run(transfer, before->data, error)) &&
                 (writer->in_bulk ? move_in_bulk(&fill, spec, tick, data, error)
                                  : move_rows(&fill, spec, tick, data, error));
    scan_close(fill.scan);
    row_hasher_clear(&fill.hasher);
    g_clear_error(&fill.error);
    if (before != NULL)
        fill.result.rows_out -= *before->removed;
    /* what a condition leaves out is neither in nor out */
    fill.result.rows_in = fill.result.rows_out + fill.result.rejected;
    if (moved && conn_commit(transfer->target, &fill.result, error)) {
        *ret = fill.result;
        return true;
    }
    conn_rollback(transfer->target);
    return false;
}

static bool
fill_range(Transfer *transfer, const json_t *range, TickFn *tick, void *data, RangeResult *ret,
           GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    Writer writer = {.plan = spec->plan,
                     .task = spec->task,
                     .range = json_get_string(range, "name", NULL),
                     .token = spec->token};
    if (writer.range == NULL)
        return fail(error, ERR_INVALID, "the range has no name");
    ScanSpec scan = transfer_scan_spec(transfer, range);
    g_autoptr(GError) refusal = NULL;
    if (transfer->pushes) {
        if (conn_push(transfer->target, transfer->source, spec->source_store, &scan,
                      transfer->program, spec->stage, &writer, spec->hash, ret, &refusal))
            return true;
    } else if (conn_takes_bulk(transfer->target)) {
        writer.in_bulk = true;
        if (transfer_fill_rows(transfer, &scan, &writer, NULL, tick, data, ret, &refusal))
            return true;
        writer.in_bulk = false;
    }
    if (refusal != NULL && !error_is(refusal, ERR_INVALID)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return false;
    }
    return transfer_fill_rows(transfer, &scan, &writer, NULL, tick, data, ret, error);
}

bool
transfer_range(Transfer *transfer, const json_t *range, TickFn *tick, void *data, RangeResult *ret,
               GError **error)
{
    transfer_set_tick(transfer, tick, data);
    transfer->bytes = 0;
    bool done = fill_range(transfer, range, tick, data, ret, error);
    transfer_set_tick(transfer, NULL, NULL);
    return done;
}
