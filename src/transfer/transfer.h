/*
 * transfer.h - move and compare rows, range by range.
 *
 * A Transfer binds a source, a target, a mapping and a writer. Ranges are named, and each is written together with its
 * ledger row, so that doing one twice is the same as once.
 */
#pragma once

#include "driver/driver.h"

typedef struct {
    const StoreConfig *source_store;
    const char *source;      /* object */
    const StoreConfig *target_store;
    const char *target;      /* object; its schema decides types if it exists */
    const char *stage;       /* object that is filled */
    const Mapping *mapping;
    const char *plan, *task;
    int64_t token;
    bool hash;               /* hash while copying (comparison needs it) */
    bool push_allowed;       /* inside one store: let the store do it */
} TransferSpec;

/* Progress and the wish to stop; called between batches and, when pushed down, from the store's progress handler. */
typedef bool TransferTick(int64_t rows_done, void *data); /* false: stop, the range is undone */

typedef struct Transfer Transfer;

CHECKED bool transfer_open(const TransferSpec *spec, Transfer **ret, GError **error);
void transfer_close(Transfer *transfer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transfer, transfer_close)

/* Ranges sized so that each takes about `range_ms` (rate measured on a first small range or taken as 200,000 rows/s).
 * Array of {"name": "0001", "from", "to", "rows"}. Caller owns. */
CHECKED bool transfer_split(Transfer *transfer, int64_t range_ms, json_t **ret_ranges, GError **error);
/* Fill one range. Rows that cannot be mapped or that the target refuses are quarantined with a reason; the offenders in a
 * refused batch are found by bisecting. The budget is the caller's: rejected counts come back. */
CHECKED bool transfer_range(Transfer *transfer, const json_t *range, TransferTick *tick, void *data, RangeResult *ret,
                            GError **error);
/* Was the range written? Raises the fence to the spec's token first, then looks. */
CHECKED bool transfer_probe(Transfer *transfer, const json_t *range, bool *ret_applied, RangeResult *ret, GError **error);

typedef struct {
    int64_t rows_source, rows_target, rows_quarantined;
    bool equal;
    json_t *differences; /* first ones: [{"key", "row_id", "column", "source", "target"}], or NULL */
    char *hash;          /* sum of the target */
} Comparison;
void comparison_clear(Comparison *comparison);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Comparison, comparison_clear)

/* Read the whole target object (or the part that belongs to a range) back, and compare its sum with the ledger's; without
 * a ledger (honk compare) map the source again. Where sums differ, bisect to rows and columns (first `differences_max`). */
CHECKED bool transfer_compare(Transfer *transfer, const char *object, const json_t *range, size_t differences_max,
                              TransferTick *tick, void *data, Comparison *ret, GError **error);
