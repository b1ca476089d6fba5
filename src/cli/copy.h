/* copy.h - what the files of `honk copy` share. */
#pragma once

#include "cli/local.h"
#include "cli/pair.h"

typedef struct {
    Invocation *call;
    View *view;
    Pair pair;
    Local *local;
    char *id, *stage, *kept;
    char *mark; /* by which a freeze of ours is known, whoever finds it */
    char *rejects_path;
    json_t *rejects; /* the first ones */
    int64_t rejected;
    int64_t begun_ms;
    bool replaces, is_in; /* in: the rows are in their place */
} Copy;

/* A TickFn: until Ctrl-C. */
bool copy_goes_on(int64_t rows_done, void *data);

/* What is left of an earlier copy (copy_earlier.c): "honk copy 1a2b3c4d", by which a freeze of ours is known, whoever finds it. Caller frees. */
char *copy_mark(const Pair *pair);
/* What an earlier copy to the same target left undone when it was killed is done: rows that were put in their place are, or go back, and writers
 * of the source may write again. */
CHECKED bool copy_finish_earlier(Copy *copy, GError **error);
/* The old table, rows that were put aside: nothing is left beside the table. */
CHECKED bool copy_clear_target(const Copy *copy, Conn *target, GError **error);
