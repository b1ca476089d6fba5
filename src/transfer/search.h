/*
 * search.h - a search for the rows that differ (differences.c), for whoever puts them right (repair.c).
 */
#pragma once

#include "transfer/inside.h"

#define SEARCH_ROWS_MAX 200000 /* that are held at once, and of those put aside that are read */
#define SEARCH_PARTS 4096

typedef struct {
    Transfer *transfer;
    const char *object;
    TickFn *tick;
    void *tick_data;
    size_t *key; /* columns; all of them where there is no key */
    size_t key_count;
    bool has_key;
    GHashTable *refused; /* int64_t row ids that the target put aside */
    GHashTable *aside;   /* likewise, of rows that may be missing, or not */
    GHashTable *
        known; /* char * of the record → GPtrArray * of entries that name it (TransferSpec.aside) */
    Scan *scan;          /* of the source, while its rows are told */
    void *user_of_known; /* of search_find_known() */
    RowHasher hasher;
    HashSum source[SEARCH_PARTS], target[SEARCH_PARTS];
    bool wanted[SEARCH_PARTS];
    size_t differences_max;
    json_t *differences, *asides;
    size_t parts_seen; /* of those that differ the first ones are done with */
    /* pass 2 */
    GHashTable *by_key; /* GString * of the row's key → Kept * */
    GPtrArray *kept;
    size_t kept_bytes;
    bool is_cut; /* not all rows of the wanted parts were kept: what is not met may be elsewhere */
    bool has_more; /* parts that differ were left out */
    DifferenceCounts counts;
    /* when it is to be repaired: what is to be done with each key */
    GHashTable *todo;  /* GString * → RepairKind + 1; NULL: it is not */
    bool is_ambiguous; /* a key that two rows share */
    void *user;        /* of whoever repairs */
} Search;

Search *search_new(Transfer *transfer, const char *object, size_t differences_max, TickFn *tick,
                   void *data);
void search_free(Search *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Search, search_free)
/* From now on what is to be done with each row that is found is noted, too. */
void search_note_todo(Search *search);
CHECKED bool search_run(Search *search, GError **error);
/* What was noted of this row: false when nothing was. */
bool search_todo(const Search *search, const Batch *batch, size_t row, RepairKind *ret);

typedef bool RowFn(Search *search, const Batch *batch, size_t row); /* false: enough */
/* The source as it was mapped, without the rows that the target put aside. */
CHECKED bool search_each_source_row(Search *search, RowFn *fn, GError **error);
CHECKED bool search_each_target_row(Search *search, RowFn *fn, GError **error);

/* aside.c: rows that the plan of the transfer has put aside are noted in `refused` or `aside`, what its spec names in `known`. */
CHECKED bool search_read_aside(Search *search, GError **error);
/* Which rows of `missing` (int64_t ids → anything) are `known`, as they are now? `*ret`: ids → json_t *, the entry, borrowed. Each names
 * one row, once. Caller owns. */
CHECKED bool search_find_known(Search *search, GHashTable *missing, GHashTable **ret,
                               GError **error);
