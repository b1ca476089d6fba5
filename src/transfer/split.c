/*
 * split.c - cutting the source into ranges: how many rows one worker moves in a given time, and how many of them go in one range.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "transfer/inside.h"

/* Writing costs about as much as reading and mapping, in the row-by-row way. */
#define WRITE_FACTOR 2
#define ROWS_PER_S_MIN 50 /* rows of megabytes each */
#define ROWS_PER_S_MAX 1000000
#define RATE_ROWS_MIN 256 /* fewer rows, unless they are large ones, say nothing about the rate */
#define RATE_US_MIN 5000
#define ROWS_PER_S_GUESS 200000
#define SAMPLED_BATCHES 4 /* some 20 ms of work, of ranges of seconds */
#define SAMPLED_US_MAX 50000
#define RANGE_MS_MIN 250 /* of moving: its transaction and its look at both sides are 10 ms */

static void
ignore_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
}

/* What a row would be hashed as, on the average. */
static int64_t
row_bytes(const Batch *batch)
{
    HashSum ignored = {0};
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    batch_hash(batch, &hasher, &ignored);
    return MAX(hasher.total_bytes / MAX((int64_t) batch->row_count, 1), 1);
}

/* Nobody moves them faster than they may; but a range is not worth its transaction with less than so many rows. */
#define THROTTLED_ROWS_PER_S_MIN 50
static int64_t
rate_allowed(const TransferSpec *spec, int64_t rows_per_s, int64_t bytes_each)
{
    int64_t allowed = rows_per_s;
    if (spec->rows_per_s_max > 0)
        allowed = MIN(allowed, spec->rows_per_s_max);
    if (spec->bytes_per_s_max > 0)
        allowed = MIN(allowed, spec->bytes_per_s_max / bytes_each);
    return allowed < rows_per_s ? MAX(allowed, THROTTLED_ROWS_PER_S_MIN) : rows_per_s;
}

int64_t
transfer_rate(int64_t rows, int64_t took_us)
{
    if (rows < RATE_ROWS_MIN && took_us < RATE_US_MIN)
        return 0;
    return CLAMP(rows * 1000000 / (MAX(took_us, 1) * WRITE_FACTOR), ROWS_PER_S_MIN, ROWS_PER_S_MAX);
}

typedef struct {
    int64_t rows, took_us;
    bool is_full;
} Sample;

/* How long one batch takes to be read and mapped. */
static bool
time_batch(Transfer *transfer, Scan *scan, Batch *in, Batch *out, Sample *ret, GError **error)
{
    int64_t begun_us = clock_monotonic_us();
    batch_reset(in);
    batch_reset(out);
    if (!scan_next(scan, in, ignore_reject, NULL, error) ||
        !program_apply(transfer->program, in, out, ignore_reject, NULL, error))
        return false;
    *ret = (Sample){.rows = (int64_t) in->row_count,
                    .took_us = clock_monotonic_us() - begun_us,
                    .is_full = batch_is_full(in)};
    return true;
}

/* How many rows a second one worker moves: a few batches are read and mapped, and nothing written. The quickest one counts: the
 * first pays for the start, and each may have waited for others who use the machine. None is quicker than the most. */
static bool
measure_rate(Transfer *transfer, int64_t *ret_rows_per_s, GError **error)
{
    g_autoptr(Batch) in = batch_new_for(program_input(transfer->program));
    g_autoptr(Batch) out = batch_new_for(program_target(transfer->program));
    g_autoptr(Scan) scan = NULL;
    ScanSpec spec = transfer_scan_spec(transfer, NULL);
    spec.rows_max = SAMPLED_BATCHES * BATCH_ROWS_MAX;
    int64_t begun_us = clock_monotonic_us(), best, bytes_each;
    Sample sample;
    if (!conn_scan(transfer->source, &spec, &scan, error) ||
        !time_batch(transfer, scan, in, out, &sample, error))
        return false;
    best = transfer_rate(sample.rows, sample.took_us);
    if (best == 0)
        best = ROWS_PER_S_GUESS;
    bytes_each = row_bytes(out);
    for (int i = 1; i < SAMPLED_BATCHES && sample.is_full && best < ROWS_PER_S_MAX &&
                    clock_monotonic_us() - begun_us < SAMPLED_US_MAX;
         i++) {
        if (!time_batch(transfer, scan, in, out, &sample, error))
            return false;
        if (sample.is_full)
            best = MAX(best, transfer_rate(sample.rows, sample.took_us));
    }
    *ret_rows_per_s = rate_allowed(&transfer->spec, best, bytes_each);
    return true;
}

/* Ranges with names; larger ones when there would be too many of them. */
static bool
split_named(Conn *conn, const char *object, RangeSize size, json_t **ret, GError **error)
{
    json_t *ranges = NULL, *range;
    size_t i;
    size.rows = MAX(size.rows, 1);
    for (;;) {
        if (!conn_split(conn, object, &size, &ranges, error))
            return false;
        if (json_array_size(ranges) <= RANGES_MAX)
            break;
        size.rows *= (int64_t) (json_array_size(ranges) / RANGES_MAX) + 1;
        json_decref(ranges);
    }
    json_array_foreach(ranges, i, range)
    {
        g_autofree char *name = g_strdup_printf("%04zu", i + 1);
        json_set_string(range, "name", name);
    }
    *ret = ranges;
    return true;
}

bool
transfer_split(Transfer *transfer, int64_t range_ms, json_t **ret_ranges, GError **error)
{
    int64_t rows_per_s = 0;
    if (!measure_rate(transfer, &rows_per_s, error))
        return false;
    RangeSize size = {.rows = rows_per_s * range_ms / 1000};
    if (!conn_locks_store(transfer->target)) /* else they would wait for each other */
        size.rows_min = rows_per_s * RANGE_MS_MIN / 1000;
    return split_named(transfer->source, transfer->spec.source, size, ret_ranges, error);
}

bool
transfer_hash_split(Transfer *transfer, const char *object, int64_t range_ms, json_t **ret_ranges,
                    GError **error)
{
    /* reading back is several times faster than moving */
    RangeSize size = {.rows = ROWS_PER_S_GUESS * 4 * range_ms / 1000};
    return split_named(transfer->target, object, size, ret_ranges, error);
}
