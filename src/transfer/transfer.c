/*
 * transfer.c - binding the two sides, and cutting the source into ranges.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "transfer/inside.h"

#include <string.h>
#include <sys/stat.h>

/* Writing costs about as much as reading and mapping, in the row-by-row way. */
#define WRITE_FACTOR 2
#define ROWS_PER_S_MIN 50 /* rows of megabytes each */
#define ROWS_PER_S_MAX 1000000
#define RATE_ROWS_MIN 256 /* fewer rows, unless they are large ones, say nothing about the rate */
#define RATE_US_MIN 5000
#define ROWS_PER_S_GUESS 200000
#define SAMPLED_BATCHES 4 /* some 20 ms of work, of ranges of seconds */
#define SAMPLED_US_MAX 50000

/* One file has one writer at a time, and a reader of its own would stand in that writer's way. Files that are read in
 * another way than they are written are not one store. */
static bool
is_same_store(const StoreConfig *a, const StoreConfig *b)
{
    struct stat one, other;
    const json_t *a_format = json_object_get(a->settings, "format");
    const json_t *b_format = json_object_get(b->settings, "format");
    if (a == b || strcmp(a->driver, b->driver) != 0)
        return a == b;
    if (a_format != b_format && !json_equal(a_format, b_format))
        return false;
    const char *left = json_get_string(a->settings, "path", NULL);
    const char *right = json_get_string(b->settings, "path", NULL);
    if (left == NULL || right == NULL)
        return strcmp(a->name, b->name) == 0 && json_equal(a->settings, b->settings);
    return stat(left, &one) == 0 && stat(right, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* The schema that decides the types: the stage's, else the target's; NULL when there is neither. */
static bool
describe_target(Transfer *transfer, Schema **ret, const char **ret_object, GError **error)
{
    const char *objects[] = {transfer->spec.stage, transfer->spec.target};
    *ret = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(objects) && *ret == NULL; i++) {
        g_autoptr(GError) missing = NULL;
        *ret_object = objects[i];
        if (objects[i] == NULL || conn_outline(transfer->target, objects[i], ret, &missing) ||
            error_is(missing, ERR_NOT_FOUND))
            continue;
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
    }
    return true;
}

/* Rows that are only compared, column by column of the same name, need no key, and none of the columns that the source
 * lacks: a topic has a key of its own, and a table that was filled from one has it as a column. */
static void
forget_what_is_not_compared(const Mapping *identity, Schema *target)
{
    g_autoptr(GPtrArray) compared = mapping_targets(identity);
    for (guint i = 0; i < target->columns->len; i++) {
        Column *column = target->columns->pdata[i];
        bool is_compared =
            g_ptr_array_find_with_equal_func(compared, column->name, g_str_equal, NULL);
        column->has_default = column->has_default || !is_compared;
    }
    if (mapping_key(identity)->len < target->key->len)
        g_ptr_array_set_size(target->key, 0);
}

static bool
bind_program(Transfer *transfer, GError **error)
{
    g_autoptr(Schema) source = NULL;
    g_autoptr(Schema) target = NULL;
    const char *object = NULL;
    bool has_forms = false;
    const Mapping *mapping = transfer->spec.mapping;
    if (!conn_outline(transfer->source, transfer->spec.source, &source, error) ||
        !describe_target(transfer, &target, &object, error))
        return false;
    if (mapping == NULL) {
        if (!mapping_identity(source, target != NULL ? target : source, &transfer->identity, error))
            return false;
        mapping = mapping_get(transfer->identity, 0);
        if (target != NULL && transfer->spec.plan == NULL)
            forget_what_is_not_compared(mapping, target);
    }
    if (!program_new(mapping, source, target, conn_has_sql(transfer->source), &transfer->program,
                     error) ||
        (target != NULL && !conn_has_forms(transfer->target, object,
                                           program_target(transfer->program), &has_forms, error)))
        return false;
    if (has_forms) {
        transfer->forms = g_strdup(object);
        transfer->mapped = batch_new_for(program_target(transfer->program));
    }
    return true;
}

bool
transfer_apply(Transfer *transfer, Batch *in, Batch *out, RejectFn *reject, void *data,
               GError **error)
{
    if (transfer->forms == NULL)
        return program_apply(transfer->program, in, out, reject, data, error);
    batch_reset(transfer->mapped);
    return program_apply(transfer->program, in, transfer->mapped, reject, data, error) &&
           conn_as_kept(transfer->target, transfer->forms, program_target(transfer->program),
                        transfer->mapped, out, reject, data, error);
}

/* What holds a snapshot can write nothing. */
static bool
open_source(Transfer *transfer, GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    if (!spec->holds && is_same_store(spec->source_store, spec->target_store)) {
        transfer->source = transfer->target;
        return true;
    }
    const Conn *other = spec->beside != NULL ? spec->beside->source : NULL;
    return conn_open(spec->source_store, &transfer->source, error) &&
           (!spec->holds || conn_hold(transfer->source, other, error));
}

bool
transfer_open(const TransferSpec *spec, Transfer **ret, GError **error)
{
    g_autoptr(Transfer) transfer = g_new0(Transfer, 1);
    transfer->spec = *spec;
    if (!conn_open(spec->target_store, &transfer->target, error))
        return false;
    if (!open_source(transfer, error))
        return false;
    transfer->target->passes_freeze = spec->passes_freeze;
    if (!bind_program(transfer, error))
        return false;
    ScanSpec scan = transfer_scan_spec(transfer, NULL);
    transfer->pushes = spec->push_allowed &&
                       (!spec->holds || conn_hands_snapshot_on(transfer->source)) &&
                       conn_can_push(transfer->target, spec->source_store, &scan);
    *ret = g_steal_pointer(&transfer);
    return true;
}

void
transfer_close(Transfer *transfer)
{
    if (transfer == NULL)
        return;
    program_free(transfer->program);
    batch_free(transfer->mapped);
    g_free(transfer->forms);
    mapping_set_free(transfer->identity);
    if (transfer->source != transfer->target)
        conn_close(transfer->source);
    conn_close(transfer->target);
    g_free(transfer);
}

const Schema *
transfer_schema(const Transfer *transfer)
{
    return program_target(transfer->program);
}

bool
transfer_shares_snapshot(const Transfer *transfer)
{
    return conn_shares_snapshot(transfer->source);
}

bool
transfer_count(Transfer *transfer, int64_t *ret_rows, GError **error)
{
    const char *where = conn_has_sql(transfer->source) ? program_where(transfer->program) : NULL;
    g_autoptr(GError) refused = NULL;
    if (conn_count(transfer->source, transfer->spec.source, where, ret_rows, &refused))
        return true;
    if (where != NULL && error_is(refused, ERR_INVALID)) {
        *ret_rows = -1;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&refused));
    return false;
}

int64_t
transfer_bytes(const Transfer *transfer)
{
    return transfer->bytes;
}

bool
transfer_may_rest(const Transfer *transfer)
{
    return !conn_locks_store(transfer->target);
}

ScanSpec
transfer_scan_spec(const Transfer *transfer, const json_t *range)
{
    ScanSpec spec = {.object = transfer->spec.source,
                     .output = program_input(transfer->program),
                     .range = range};
    spec.item_count = program_items(transfer->program, &spec.items);
    if (spec.item_count == 0)
        spec.items = NULL;
    if (conn_has_sql(transfer->source))
        spec.where = program_where(transfer->program);
    return spec;
}

void
read_back_init(ReadBack *back, const Transfer *transfer, const char *object, const json_t *range)
{
    const Schema *schema = program_target(transfer->program);
    size_t count = schema_count(schema);
    back->items = g_new0(SourceItem, count);
    for (size_t i = 0; i < count; i++)
        back->items[i].name = schema_column(schema, i)->name;
    back->spec = (ScanSpec){.object = object,
                            .items = back->items,
                            .item_count = count,
                            .output = schema,
                            .range = range};
}

void
read_back_clear(ReadBack *back)
{
    g_free(back->items);
    back->items = NULL;
}

void
transfer_set_tick(Transfer *transfer, TickFn *tick, void *data)
{
    conn_set_tick(transfer->source, tick, data);
    conn_set_tick(transfer->target, tick, data);
}

void
transfer_set_confirm(Transfer *transfer, ConfirmFn *confirm, void *data)
{
    conn_set_confirm(transfer->target, confirm, data);
}

bool
transfer_tick(TickFn *tick, void *data, int64_t rows, GError **error)
{
    if (tick == NULL || tick(rows, data))
        return true;
    return fail(error, ERR_STOPPED, "asked to stop");
}

/* --- ranges --- */

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
 * first pays for the start, and each may have waited for others who use the machine. */
static bool
measure_rate(Transfer *transfer, int64_t *ret_rows_per_s, GError **error)
{
    g_autoptr(Batch) in = batch_new_for(program_input(transfer->program));
    g_autoptr(Batch) out = batch_new_for(program_target(transfer->program));
    g_autoptr(Scan) scan = NULL;
    ScanSpec spec = transfer_scan_spec(transfer, NULL);
    int64_t begun_us = clock_monotonic_us(), best, bytes_each;
    Sample sample;
    if (!conn_scan(transfer->source, &spec, &scan, error) ||
        !time_batch(transfer, scan, in, out, &sample, error))
        return false;
    best = transfer_rate(sample.rows, sample.took_us);
    if (best == 0)
        best = ROWS_PER_S_GUESS;
    bytes_each = row_bytes(out);
    for (int i = 1;
         i < SAMPLED_BATCHES && sample.is_full && clock_monotonic_us() - begun_us < SAMPLED_US_MAX;
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
split_named(Conn *conn, const char *object, int64_t rows, json_t **ret, GError **error)
{
    json_t *ranges = NULL, *range;
    size_t i;
    rows = MAX(rows, 1);
    for (;;) {
        if (!conn_split(conn, object, rows, &ranges, error))
            return false;
        if (json_array_size(ranges) <= RANGES_MAX)
            break;
        rows *= (int64_t) (json_array_size(ranges) / RANGES_MAX) + 1;
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
    return split_named(transfer->source, transfer->spec.source, rows_per_s * range_ms / 1000,
                       ret_ranges, error);
}

bool
transfer_hash_split(Transfer *transfer, const char *object, int64_t range_ms, json_t **ret_ranges,
                    GError **error)
{
    /* reading back is several times faster than moving */
    return split_named(transfer->target, object, ROWS_PER_S_GUESS * 4 * range_ms / 1000, ret_ranges,
                       error);
}

bool
transfer_probe(Transfer *transfer, const json_t *range, bool *ret_applied, RangeResult *ret,
               GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    Writer writer = {.plan = spec->plan, .task = spec->task, .token = spec->token};
    return conn_fence(transfer->target, &writer, error) &&
           conn_ledger_find(transfer->target, spec->plan, json_get_string(range, "name", ""),
                            ret_applied, ret, error);
}
