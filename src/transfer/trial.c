/*
 * trial.c - what would become of the rows: some are read and mapped, and none is written.
 *
 * A small source is read whole. Of a larger one, one batch of each of some parts that lie spread over it: rows that were
 * written at the same time are alike, so what many places say is worth more than what many neighbours say.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "transfer/inside.h"

#include <string.h>

#define PARTS 16
#define WHOLE_ROWS_MAX                                                                             \
    (5 * (int64_t) BATCH_ROWS_MAX) /* a source that is read whole: a tenth of a second */
#define TRIAL_MS_MAX 2000 /* people wait for it; at least one part is read, however long it takes */
#define REASONS_MAX 5     /* told, with what each was met how often */

typedef struct {
    Transfer *transfer;
    int64_t rows_read, rows_out, rejected, bytes, took_us;
    json_t *parts, *reasons, *places;
    GPtrArray *kinds; /* of the reasons */
    RowLook *look;    /* at what the target refuses */
    TickFn *tick;
    void *tick_data;
    int64_t until_ms;
    bool is_short;  /* there was no time for all */
    bool is_inside; /* the store would do it by itself, in one statement a range */
} Trial;

#define NAMED "column "

/* A reason without what differs from row to row: numbers, and what is in quotes, unless it names a column. Caller frees. */
static char *
kind_of(const char *reason)
{
    GString *kind = g_string_new(NULL);
    for (const char *at = reason; *at != '\0'; at++) {
        const char *end = *at == '\'' ? strchr(at + 1, '\'') : NULL;
        bool is_number =
            g_ascii_isdigit(*at) && (at == reason || !g_ascii_isalnum(at[-1])); /* and no name */
        if (end != NULL && g_str_has_suffix(kind->str, NAMED))
            g_string_append_len(kind, at, end - at);
        if (end != NULL)
            at = end;
        while (is_number && (g_ascii_isalnum(at[1]) || at[1] == '.'))
            at++;
        g_string_append_c(kind, is_number ? '0' : *at);
    }
    return g_string_free(kind, FALSE);
}

static void
on_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Trial *trial = data;
    json_t *seen;
    size_t i;
    if (column != NULL && g_str_has_prefix(column, ITEM_OF_EXPR))
        column += strlen(ITEM_OF_EXPR);
    g_autofree char *kind = kind_of(reason);
    trial->rejected++;
    json_array_foreach(trial->reasons, i, seen)
    {
        if (g_strcmp0(json_get_string(seen, "column", NULL), column) == 0 &&
            strcmp(trial->kinds->pdata[i], kind) == 0) {
            json_set_int(seen, "rows", json_get_int(seen, "rows", 0) + 1);
            return;
        }
    }
    if (i == REASONS_MAX)
        return;
    g_ptr_array_add(trial->kinds, g_steal_pointer(&kind));
    json_array_append_new(trial->reasons, json_pack("{s:s?, s:s, s:i}", "column", column, "reason",
                                                    reason, "rows", 1));
}

static void
hash_rows(Trial *trial, const Batch *out)
{
    HashSum ignored = {0};
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    batch_hash(out, &hasher, &ignored);
    trial->bytes += hasher.total_bytes;
    trial->rows_out += (int64_t) out->row_count;
}

/* What the target's columns refuse is not written, either. */
static void
look_at_rows(Trial *trial, const Batch *out)
{
    int64_t mapped = trial->rejected;
    row_look_over(trial->look, out, on_reject, trial);
    trial->rows_out -= trial->rejected - mapped;
}

/* False in `*ret_more` at the end of the scan. */
static bool
try_batch(Trial *trial, Scan *scan, Batch *in, Batch *out, bool *ret_more, GError **error)
{
    int64_t begun_us = clock_monotonic_us(), rejected = trial->rejected;
    batch_reset(in);
    batch_reset(out);
    if (!scan_next(scan, in, on_reject, trial, error))
        return false;
    int64_t unreadable = trial->rejected - rejected;
    if (!transfer_apply(trial->transfer, in, out, on_reject, trial, error))
        return false;
    hash_rows(trial, out);
    trial->took_us += clock_monotonic_us() - begun_us;
    look_at_rows(trial, out);
    trial->rows_read += (int64_t) in->row_count + unreadable;
    *ret_more = in->row_count > 0;
    return transfer_tick(trial->tick, trial->tick_data, trial->rows_read, error);
}

static bool
try_part(Trial *trial, const json_t *range, bool is_whole, GError **error)
{
    const Program *program = trial->transfer->program;
    g_autoptr(Batch) in = batch_new_for(program_input(program));
    g_autoptr(Batch) out = batch_new_for(program_target(program));
    g_autoptr(Scan) scan = NULL;
    ScanSpec spec = transfer_scan_spec(trial->transfer, range);
    Trial before = *trial;
    bool more = true;
    spec.rows_max = is_whole ? 0 : BATCH_ROWS_MAX;
    if (!conn_scan(trial->transfer->source, &spec, &scan, error))
        return false;
    do {
        if (!try_batch(trial, scan, in, out, &more, error))
            return false;
        trial->is_short = more && clock_monotonic_ms() > trial->until_ms;
    } while (is_whole && more && !trial->is_short);
    json_t *part = json_object();
    json_set_int(part, "rows_read", trial->rows_read - before.rows_read);
    json_set_int(part, "rows_out", trial->rows_out - before.rows_out);
    json_set_int(part, "rejected", trial->rejected - before.rejected);
    json_set_int(part, "bytes", trial->bytes - before.bytes);
    json_array_append_new(trial->parts, part);
    return true;
}

/* Every n-th range, so that the first and the last of the source are among them. */
static bool
try_parts(Trial *trial, int64_t rows, GError **error)
{
    g_autoptr(json_t) ranges = NULL;
    RangeSize size = {.rows = MAX(rows / PARTS, BATCH_ROWS_MAX)};
    if (!conn_split(trial->transfer->source, trial->transfer->spec.source, &size, &ranges, error))
        return false;
    size_t count = json_array_size(ranges), parts = MIN(count, PARTS);
    for (size_t i = 0; i < parts && !trial->is_short; i++) {
        size_t at = parts > 1 ? i * (count - 1) / (parts - 1) : 0;
        if (!try_part(trial, json_array_get(ranges, at), false, error))
            return false;
    }
    return true;
}

/* What the source's own condition leaves out is not read, so it does not count. */
static bool
count_rows(Transfer *transfer, int64_t *ret, GError **error)
{
    const char *where = conn_has_sql(transfer->source) ? program_where(transfer->program) : NULL;
    return conn_count(transfer->source, transfer->spec.source, where, ret, error);
}

static json_t *
trial_json(const Trial *trial, int64_t rows, bool is_whole)
{
    json_t *json = json_object();
    json_set_int(json, "rows", rows);
    json_set_int(json, "rows_read", trial->rows_read);
    json_set_int(json, "rows_out", trial->rows_out);
    json_set_int(json, "rejected", trial->rejected);
    json_set_int(json, "bytes", trial->bytes);
    json_set_int(json, "rows_per_s", transfer_rate(trial->rows_read, trial->took_us));
    json_set_bool(json, "inside", trial->is_inside);
    json_set_bool(json, "whole", !trial->is_short && (is_whole || trial->rows_read >= rows));
    json_object_set(json, "parts", trial->parts);
    json_object_set(json, "reasons", trial->reasons);
    json_object_set(json, "places", trial->places);
    return json;
}

/* Each of its columns, or none: a statement does not stop at one. */
static bool
look_inside(Trial *trial, GError **error)
{
    g_autoptr(GPtrArray) columns = NULL;
    g_autofree char *note = NULL;
    if (!transfer_places(trial->transfer, &columns, &note, error))
        return false;
    trial->is_inside = columns->len > 0;
    for (guint i = 0; i < columns->len; i++)
        trial->is_inside =
            trial->is_inside && ((ProgramColumn *) columns->pdata[i])->place == PLACE_STORE;
    json_object_set_new(trial->places, "columns", program_columns_json(columns));
    json_set_string(trial->places, "note", note);
    return true;
}

bool
transfer_try(Transfer *transfer, TickFn *tick, void *data, json_t **ret, GError **error)
{
    g_autoptr(json_t) parts = json_array(), reasons = json_array(), places = json_object();
    g_autoptr(GPtrArray) kinds = g_ptr_array_new_with_free_func(g_free);
    Trial trial = {.transfer = transfer,
                   .parts = parts,
                   .reasons = reasons,
                   .kinds = kinds,
                   .places = places,
                   .tick = tick,
                   .tick_data = data,
                   .until_ms = clock_monotonic_ms() + TRIAL_MS_MAX};
    int64_t rows;
    transfer_set_tick(transfer, tick, data);
    g_autoptr(RowLook) look = NULL;
    bool ok = count_rows(transfer, &rows, error) && look_inside(&trial, error) &&
              conn_look(transfer->target, transfer->spec.target, program_target(transfer->program),
                        &look, error);
    trial.look = look;
    bool is_whole = ok && rows <= WHOLE_ROWS_MAX;
    ok = ok && (is_whole ? try_part(&trial, NULL, true, error) : try_parts(&trial, rows, error));
    transfer_set_tick(transfer, NULL, NULL);
    if (ok)
        *ret = trial_json(&trial, rows, is_whole);
    return ok;
}
