/*
 * compare.c - reading a dataset back, and holding it against what was moved.
 *
 * While rows were moved, each range left the sum of its row hashes in the ledger. The target is read once; its sum must
 * be theirs, whatever the order. Only where it is not, or where there is no ledger, is the source read (again).
 */
#include "transfer/inside.h"

#include "base/text.h"

#include <string.h>

void
comparison_clear(Comparison *comparison)
{
    g_clear_pointer(&comparison->differences, json_decref);
    g_clear_pointer(&comparison->asides, json_decref);
    g_clear_pointer(&comparison->hash, g_free);
    g_clear_pointer(&comparison->unmappable, g_free);
    g_clear_pointer(&comparison->unreadable, g_free);
}

typedef struct {
    Scan *scan; /* whose rows they are */
    const Schema *
        key; /* what their key is called there, where numbers of rows tell nobody which they are; or NULL */
    int64_t rejected;
    char *row, *column, *reason; /* of the first one */
} Rejects;

#define KEY_LETTERS_MAX 100

/* " (id 'x7', day '2024-01-01')"; "" where the record does not tell. Caller frees. */
static char *
key_of_record(const Rejects *rejects, int64_t row_id)
{
    g_autoptr(json_t) record = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const GPtrArray *key = rejects->key != NULL ? rejects->key->key : NULL;
    if (key == NULL || key->len == 0 || !scan_record(rejects->scan, row_id, &record, NULL))
        return g_strdup("");
    for (guint i = 0; i < key->len; i++) {
        const char *value = json_string_value(json_object_get(record, key->pdata[i]));
        if (value == NULL)
            return g_strdup("");
        g_autofree char *begin =
            g_utf8_substring(value, 0, MIN(g_utf8_strlen(value, -1), (glong) KEY_LETTERS_MAX));
        g_autofree char *shown = text_printable(begin);
        g_string_append_printf(text, "%s%s '%s'%s", i > 0 ? ", " : " (", (char *) key->pdata[i],
                               shown, strlen(begin) < strlen(value) ? "…" : "");
    }
    g_string_append_c(text, ')');
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
count_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Rejects *rejects = data;
    if (rejects->rejected++ > 0)
        return;
    g_autofree char *number = scan_row_text(rejects->scan, row_id);
    g_autofree char *key = key_of_record(rejects, row_id);
    rejects->row = g_strconcat(number, key, NULL);
    rejects->column = g_strdup(column);
    rejects->reason = g_strdup(reason);
}

static void
rejects_clear(Rejects *rejects)
{
    g_clear_pointer(&rejects->row, g_free);
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
    if (!conn_scan(transfer->target, &back.spec, &scan, error))
        return false;
    rejects->scan = scan;
    rejects->key = conn_finds_columns(transfer->target) ? program_target(transfer->program) : NULL;
    return hash_scan(scan, back.spec.output, count_reject, rejects, tick, data, ret, error);
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
                    "row %s: %s: %s",
                    rejects.rejected, object, rejects.row, rejects.column, rejects.reason);
    return true;
}

/* "row 7, day: '31.02.' is no date"; NULL when there are none. Caller frees. */
static char *
first_reject(const Rejects *rejects)
{
    if (rejects->rejected == 0)
        return NULL;
    const char *column = rejects->column;
    return g_strdup_printf("row %s%s%s: %s", rejects->row, column != NULL ? ", " : "",
                           column != NULL ? column : "", rejects->reason);
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
    rejects->scan = scan;
    rejects->key = transfer->known;
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

/* --- both sides --- */

/* What each side is, `expected` and `unmappable` of the source, the others of the target. */
typedef struct {
    const char *object;
    RangeResult expected;
    HashSum seen;
    Rejects unmappable, rejects;
} Seen;

static void
seen_clear(Seen *seen)
{
    rejects_clear(&seen->unmappable);
    rejects_clear(&seen->rejects);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seen, seen_clear)

static bool
look_at_source(Transfer *transfer, TickFn *tick, void *tick_data, void *data, GError **error)
{
    Seen *seen = data;
    return hash_source(transfer, tick, tick_data, &seen->expected, &seen->unmappable, error);
}

static bool
look_at_target(Transfer *transfer, TickFn *tick, void *tick_data, void *data, GError **error)
{
    Seen *seen = data;
    return hash_target(transfer, seen->object, NULL, tick, tick_data, &seen->seen, &seen->rejects,
                       error);
}

/* --- sums that the stores make --- */

typedef struct {
    ScanSpec source, target;
    HashSum of_source, of_target;
} OwnSums;

static bool
sum_source_itself(Transfer *transfer, TickFn *tick, void *tick_data, void *data, GError **error)
{
    OwnSums *sums = data;
    return conn_own_sum(transfer->source, &sums->source, &sums->of_source, error);
}

static bool
sum_target_itself(Transfer *transfer, TickFn *tick, void *tick_data, void *data, GError **error)
{
    OwnSums *sums = data;
    return conn_own_sum(transfer->target, &sums->target, &sums->of_target, error);
}

/* What both sides are read as; NULL when they are not read as the same. Caller frees. */
static Schema *
common_schema(const Transfer *transfer)
{
    const Schema *input = program_input(transfer->program);
    g_autoptr(Schema) common = schema_copy(program_target(transfer->program));
    if (schema_count(input) != schema_count(common))
        return NULL;
    for (size_t i = 0; i < schema_count(common); i++) {
        Column *column = common->columns->pdata[i];
        const Column *from = schema_column(input, i);
        if (column->type != from->type)
            return NULL;
        column->is_nullable = column->is_nullable || from->is_nullable;
    }
    return g_steal_pointer(&common);
}

/* Stores of one kind that can hash rows where they are say at once that all is equal, which it mostly is; whatever else comes of it,
 * the rows are read. */
static bool
say_they_are_equal(Transfer *transfer, const char *object, TickFn *tick, void *data, HashSum *ret)
{
    g_autoptr(GError) unsaid = NULL;
    g_auto(ReadBack) back = {0};
    OwnSums sums = {.source = transfer_scan_spec(transfer, NULL)};
    if (transfer->spec.plan != NULL || !conn_can_own_sum(transfer->source, transfer->target) ||
        !program_is_identity(transfer->program))
        return false;
    g_autoptr(Schema) common = common_schema(transfer);
    if (common == NULL)
        return false;
    read_back_init(&back, transfer, object, NULL);
    sums.target = back.spec;
    sums.source.output = sums.target.output = common;
    bool is_said = transfer_both_sides(transfer, sum_source_itself, sum_target_itself, &sums, tick,
                                       data, &unsaid);
    *ret = sums.of_target;
    return is_said && hash_sum_equal(&sums.of_source, &sums.of_target);
}

static Comparison
equal_by_own_sums(const Transfer *transfer, const HashSum *sum)
{
    g_autofree char *text = hash_sum_text(sum);
    return (Comparison){.rows_source = sum->rows,
                        .rows_target = sum->rows,
                        .equal = true,
                        .differences = json_array(),
                        .asides = json_array(),
                        .counts = {.is_complete = true},
                        .hash = g_strdup_printf("%s:%s", transfer->target->driver->name, text)};
}

static bool
look_at_both(Transfer *transfer, TickFn *tick, void *data, Seen *seen, GError **error)
{
    int64_t ranges = 0;
    if (transfer->spec.plan != NULL && transfer->target->driver->load != NULL &&
        !conn_ledger_sum(transfer->target, transfer->spec.plan, &seen->expected, &ranges, error))
        return false;
    if (ranges > 0)
        return look_at_target(transfer, tick, data, seen, error);
    if (transfer->forms != NULL) /* the target is asked what mapped values become in its columns */
        return look_at_source(transfer, tick, data, seen, error) &&
               look_at_target(transfer, tick, data, seen, error);
    return transfer_both_sides(transfer, look_at_source, look_at_target, seen, tick, data, error);
}

/* Nothing differs but that rows are missing which were put aside. */
static bool
is_but_for_aside(const DifferenceCounts *counts)
{
    return counts->is_complete && counts->rows_aside > 0 && counts->rows_missing == 0 &&
           counts->rows_extra == 0 && counts->rows_differing == 0;
}

/* Both sides were looked at: are they equal, and if not, which rows differ? */
static bool
judge(Transfer *transfer, const Seen *seen, size_t differences_max, TickFn *tick, void *data,
      Comparison *ret, GError **error)
{
    const TransferSpec *spec = &transfer->spec;
    bool reads_well = seen->rejects.rejected == 0;
    bool may_lack = (spec->aside_of != NULL || spec->aside != NULL) && reads_well;
    ret->equal = hash_sum_equal(&seen->expected.hash, &seen->seen) && reads_well;
    if (ret->equal || (differences_max == 0 && !may_lack))
        return true;
    if (!transfer_find_differences(transfer, seen->object, differences_max, tick, data, ret, error))
        return false;
    ret->equal = may_lack && is_but_for_aside(&ret->counts);
    return true;
}

static bool
compare(Transfer *transfer, const char *object, size_t differences_max, TickFn *tick, void *data,
        Comparison *ret, GError **error)
{
    g_auto(Seen) seen = {.object = object};
    HashSum own = {0};
    if (say_they_are_equal(transfer, object, tick, data, &own)) {
        *ret = equal_by_own_sums(transfer, &own);
        return true;
    }
    g_auto(Comparison) found = {
        .differences = json_array(), .asides = json_array(), .counts = {.is_complete = true}};
    if (!look_at_both(transfer, tick, data, &seen, error) ||
        !judge(transfer, &seen, differences_max, tick, data, &found, error))
        return false;
    found.rows_source = seen.expected.rows_in;
    found.rows_target = seen.seen.rows + seen.rejects.rejected;
    found.rows_quarantined = seen.expected.rejected + found.counts.rows_aside;
    found.unmappable = first_reject(&seen.unmappable);
    found.rows_unreadable = seen.rejects.rejected;
    found.unreadable = first_reject(&seen.rejects);
    found.hash = hash_sum_text(&seen.seen);
    *ret = found;
    found = (Comparison){0};
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
