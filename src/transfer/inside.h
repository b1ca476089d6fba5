/* inside.h - a Transfer, as the files of this room see it. */
#pragma once

#include "transfer/transfer.h"

/* The keys of rows that the target does not take as yet. */
typedef struct {
    Batch *keys;
    const size_t *columns; /* of the program's target, by column of `keys` */
} Waiting;

struct Transfer {
    TransferSpec spec;
    Conn *source, *target; /* the same connection where both are one store's file */
    Schema *known;         /* the source's columns, where its store finds them; or NULL */
    MappingSet *identity;  /* when the spec has no mapping */
    Program *program;
    bool pushes; /* until the store says that it cannot */
    bool
        refuses; /* a row that the target does not take ends its range with BUDGET, and is not put aside */
    Waiting *
        waiting; /* borrowed: what the target does not take goes here, rather than aside; or NULL */
    char *forms; /* the target's object whose columns have forms of their own, or NULL */
    int64_t bytes; /* hashed in the range that is filled */
    Batch *mapped; /* rows before they are brought into them */
};

/* program_apply(), and then as the target keeps it. */
CHECKED bool transfer_apply(Transfer *transfer, Batch *in, Batch *out, RejectFn *reject, void *data,
                            GError **error);

/* keys.c: columns of the target in which no two rows that come have the same values; char *, caller owns. NULL: none is known. */
CHECKED bool transfer_unique(Transfer *transfer, GPtrArray **ret, GError **error);

/* Rows a second that one worker moves, who reads and maps `rows` in so much time; 0: too few to tell. */
int64_t transfer_rate(int64_t rows, int64_t took_us);
/* The spec of a scan that reads what the program needs. */
ScanSpec transfer_scan_spec(const Transfer *transfer, const json_t *range);
/* What happens in a range's transaction before its rows come. */
typedef struct {
    bool (*run)(Transfer *transfer, void *data, GError **error);
    void *data;
    const int64_t *removed; /* rows that it takes out */
} FillBefore;
/* The rows of a scan of the source, one by one, in one transaction with their ledger row. `before` may be NULL. */
CHECKED bool transfer_fill_rows(Transfer *transfer, const ScanSpec *spec, const Writer *writer,
                                const FillBefore *before, TickFn *tick, void *data,
                                RangeResult *ret, GError **error);
/* ahead.c: for ranges in bulk. A part of their rows, as they are to be written. */
typedef struct {
    Batch *rows;
    HashSum hash;    /* of them; their number alone where nobody wants hashes */
    int64_t scanned; /* rows that were read for it; 0: this is the end */
    int64_t bytes;   /* hashed so far */
} AheadPart;
typedef struct Ahead Ahead;
CHECKED bool ahead_new(Transfer *transfer, const ScanSpec *spec, TickFn *tick, void *data,
                       Ahead **ret, GError **error);
void ahead_free(Ahead *ahead);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ahead, ahead_free)
/* `*ret` is the caller's until it is given back. `rows_done`: what a tick is told while it waits. INVALID for a row that is not as it
 * should be. */
CHECKED bool ahead_next(Ahead *ahead, int64_t rows_done, const AheadPart **ret, GError **error);
void ahead_give_back(Ahead *ahead);

/* The target's columns, in the program's order, over `object`; items and spec are valid until freed. */
typedef struct {
    ScanSpec spec;
    SourceItem *items;
} ReadBack;
void read_back_init(ReadBack *back, const Transfer *transfer, const char *object,
                    const json_t *range);
void read_back_clear(ReadBack *back);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReadBack, read_back_clear)

/* Both connections tell `tick` until the end of the scope. */
void transfer_set_tick(Transfer *transfer, TickFn *tick, void *data);
CHECKED bool transfer_tick(TickFn *tick, void *data, int64_t rows, GError **error);

/* sides.c: what reads one side. `data` is shared by both, and each writes only what is its own. */
typedef bool SideFn(Transfer *transfer, TickFn *tick, void *tick_data, void *data, GError **error);
/* Both at once where they are two connections, else one after the other. */
CHECKED bool transfer_both_sides(Transfer *transfer, SideFn *source, SideFn *target, void *data,
                                 TickFn *tick, void *tick_data, GError **error);

/* differences.c: the rows that differ, found through sums of parts. The first are appended to `differences` and `asides` of `ret`, which
 * are there, and its counts set. */
CHECKED bool transfer_find_differences(Transfer *transfer, const char *object,
                                       size_t differences_max, TickFn *tick, void *data,
                                       Comparison *ret, GError **error);
