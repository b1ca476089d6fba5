/*
 * tail.h - the newest events, read and written out once for all streams that are up to date.
 *
 * A thousand streams that wake together would be a thousand readers of the same few rows. Here the first of them reads on
 * from the ledger, and the others wait for it and copy. Who is too far behind reads the ledger for itself.
 */
#pragma once

#include "server/readers.h"

typedef struct Tail Tail;
typedef struct {
    int64_t seq;
    char *type, *plan; /* plan: or NULL */
    char *text;        /* as it is sent */
} TailEvent;

/* Knows nothing up to `seq`. */
Tail *tail_new(Readers *readers, int64_t seq);
void tail_free(Tail *tail);
/* Everything up to `seq` is committed. Any thread, before streams are woken. */
void tail_grew(Tail *tail, int64_t seq);
/* `fn` gets what comes after `after`, in order; false stops. `*ret_reaches` false: the tail does not reach back that far, and
 * nothing was given. Nothing is locked by others while `fn` runs but the tail: it copies and returns. Any thread. */
typedef bool TailFn(const TailEvent *event, void *data);
CHECKED bool tail_read(Tail *tail, int64_t after, TailFn *fn, void *data, bool *ret_reaches,
                       GError **error);
