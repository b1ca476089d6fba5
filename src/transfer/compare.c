/*
 * compare.c - reading a dataset back, and holding it against what was moved.
 *
 * While rows were moved, each range left the sum of its row hashes in the ledger. The target is read once; its sum must
 * be theirs, whatever the order. Only where it is not, or where there is no ledger, is the source read (again).
 */
#include "transfer/inside.h"

#include <string.h>

void
comparison_clear(Comparison *comparison)
{
    g_clear_pointer(&comparison->differences, json_decref);
    g_clear_pointer(&comparison->hash, g_free);
    g_clear_pointer(&comparison->unmappable, g_free);
}

typedef struct {
    int64_t rejected, row_id;
    char *column, *reason; /* of the first one */
} Rejects;

static void
count_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Rejects *rejects = data;
    if (rejects->rejected++ > 0)
        return;
    rejects->row_id = row_id;
    rejects->column = g_strdup(column);
    rejects->reason = g_strdup(reason);
}

static void
rejects_clear(Rejects *rejects)
{
    g_clear_pointer(&rejects->column, g_free);
    g_clear_pointer(&rejects->reason, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rejects, rejects_clear)

static bool
hash_scan(Scan *scan, const Schema *schema, RejectFn *reject, void *reject_data, TickFn *tick,
          void *data, HashSum *ret, GError **error)
{
    g_autoptr(Batch) batch = batch_new_for(schema);
    g_auto(RowHasher) hasher;
    HashSum sum = {0};
    row_hasher_init(&hasher);
    do {
        batch_reset(batch);
        if (!scan_next(scan, batch, reject, reject_data, error))
            return false;
        batch_hash(batch, &hasher, &sum);
        if (!transfer_tick(tick, data, sum.rows, error))
            return false;
    } while (batch->row_count > 0);
    *ret = sum;
    return true;
}

/* Where the rows are, if the store can; else, or when one of them is not as it would be written, one by one. */
static bool
hash_target(Transfer *transfer, const char *object, const json_t *range, TickFn *tick, void *data,
            HashSum *ret, Rejects *rejects, GError **error)
{
    g_auto(ReadBack) back;
    g_autoptr(Scan) scan = NULL;
    g_autoptr(GError) odd = NULL;
    read_back_init(&back, transfer, object, range);
    if (conn_can_sum(transfer->target)) {
        if (conn_sum(transfer->target, &back.spec, ret, &odd))
            return true;
        if (!error_is(odd, ERR_INVALID)) {
            g_propagate_error(error, g_steal_pointer(&odd));
            return false;
        }
    }
    return conn_scan(transfer->target, &back.spec, &scan, error) &&
           hash_scan(scan, back.spec.output, count_reject, rejects, tick, data, ret, error);
}

bool
transfer_hash(Transfer *transfer, const char *object, const json_t *range, TickFn *tick, void *data,
              HashSum *ret, GError **error)
{
    g_auto(Rejects) rejects = {0};
    transfer_set_tick(transfer, tick, data);
    bool done = hash_target(transfer, object, range, tick, data, ret, &rejects, error);
    transfer_set_tick(transfer, NULL, NULL);
    if (!done)
        return false;
    if (rejects.rejected > 0)
        return fail(error, ERR_MISMATCH,
                    "%" G_GINT64_FORMAT " rows of '%s' do not read as they should, the first is "
                    "row %" G_GINT64_FORMAT ": %s: %s",
                    rejects.rejected, object, rejects.row_id, rejects.column, rejects.reason);
    return true;
}

/* "row 7, day: '31.02.' is no date"; NULL when there are none. Caller frees. */
static char *
first_reject(const Rejects *rejects)
{
    if (rejects->rejected == 0)
        return NULL;
    const char *column = rejects->column;
    return g_strdup_printf("row %" G_GINT64_FORMAT "%s%s: %s", rejects->row_id,
                           column != NULL ? ", " : "", column != NULL ? column : "",
                           rejects->reason);
}

/* What is written as it is read need not come here at all. */
static bool
sum_source(Transfer *transfer, RangeResult *ret, GError **error)
{
    ScanSpec spec = transfer_scan_spec(transfer, NULL);
    RangeResult result = {0};
    if (!conn_can_sum(transfer->source) || transfer->forms != NULL ||
        !program_is_identity(transfer->program))
        return fail(error, ERR_INVALID, "the rows have to be mapped");
    if (!conn_sum(transfer->source, &spec, &result.hash, error))
        return false;
    result.rows_in = result.rows_out = result.hash.rows;
    *ret = result;
    return true;
}

/* The source, mapped and hashed: what the ledger would say. */
static bool
map_source(Transfer *transfer, TickFn *tick, void *data, RangeResult *ret, Rejects *rejects,
           GError **error)
{
    g_autoptr(Batch) in = batch_new_for(program_input(transfer->program));
    g_autoptr(Batch) out = batch_new_for(program_target(transfer->program));
    g_autoptr(Scan) scan = NULL;
    g_auto(RowHasher) hasher;
    RangeResult result = {0};
    ScanSpec spec = transfer_scan_spec(transfer, NULL);
    row_hasher_init(&hasher);
    if (!conn_scan(transfer->source, &spec, &scan, error))
        return false;
    do {
        batch_reset(in);
        batch_reset(out);
        if (!scan_next(scan, in, count_reject, rejects, error) ||
            !transfer_apply(transfer, in, out, count_reject, rejects, error) ||
            !transfer_tick(tick, data, result.hash.rows, error))
            return false;
        batch_hash(out, &hasher, &result.hash);
    } while (in->row_count > 0);
    result.rows_out = result.hash.rows;
    result.rejected = rejects->rejected;
    result.rows_in = result.rows_out + result.rejected;
    *ret = result;
    return true;
}

static bool
hash_source(Transfer *transfer, TickFn *tick, void *data, RangeResult *ret, Rejects *rejects,
            GError **error)
{
    g_autoptr(GError) odd = NULL;
    if (sum_source(transfer, ret, &odd))
        return true;
    if (error_is(odd, ERR_INVALID))
        return map_source(transfer, tick, data, ret, rejects, error);
    g_propagate_error(error, g_steal_pointer(&odd));
    return false;
}

static bool
expected_sum(Transfer *transfer, TickFn *tick, void *data, RangeResult *ret, Rejects *rejects,
             GError **error)
{
    int64_t ranges = 0;
    if (transfer->spec.plan != NULL && transfer->target->driver->load != NULL &&
        !conn_ledger_sum(transfer->target, transfer->spec.plan, ret, &ranges, error))
        return false;
    return ranges > 0 || hash_source(transfer, tick, data, ret, rejects, error);
}

static bool
compare(Transfer *transfer, const char *object, size_t differences_max, TickFn *tick, void *data,
        Comparison *ret, GError **error)
{
    RangeResult expected;
    HashSum seen;
    DifferenceCounts counts = {.is_complete = true};
    g_auto(Rejects) unmappable = {0};
    g_auto(Rejects) rejects = {0};
    g_autoptr(json_t) differences = json_array();
    if (!expected_sum(transfer, tick, data, &expected, &unmappable, error) ||
        !hash_target(transfer, object, NULL, tick, data, &seen, &rejects, error))
        return false;
    bool equal = hash_sum_equal(&expected.hash, &seen) && rejects.rejected == 0;
    if (!equal && differences_max > 0 &&
        !transfer_find_differences(transfer, object, differences_max, tick, data, differences,
                                   &counts, error))
        return false;
    *ret = (Comparison){.rows_source = expected.rows_in,
                        .rows_target = seen.rows + rejects.rejected,
                        .rows_quarantined = expected.rejected,
                        .equal = equal,
                        .differences = g_steal_pointer(&differences),
                        .counts = counts,
                        .unmappable = first_reject(&unmappable),
                        .hash = hash_sum_text(&seen)};
    return true;
}

bool
transfer_compare(Transfer *transfer, const char *object, size_t differences_max, TickFn *tick,
                 void *data, Comparison *ret, GError **error)
{
    transfer_set_tick(transfer, tick, data);
    bool done = compare(transfer, object, differences_max, tick, data, ret, error);
    transfer_set_tick(transfer, NULL, NULL);
    return done;
}
