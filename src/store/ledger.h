/*
 * ledger.h - the event table: appended inside the writer's transaction, read by sequence number.
 *
 * Sequence numbers start at 1 and have no gap: a transaction that is taken back gives its numbers
 * back.
 */
#pragma once

#include "model/event.h"
#include "store/db.h"

/* Within a transaction of the writer; `event->seq` and `at_ms` (when 0) are filled in. */
CHECKED bool ledger_append(Db *db, Event *event, GError **error);

/* The same from borrowed texts, for those who write many. */
typedef struct {
    int64_t at_ms;
    const char *type, *plan, *task, *step, *actor, *from, *to, *reason;
    const char *data; /* JSON text, or NULL */
} EventText;
CHECKED bool ledger_append_text(Db *db, const EventText *event, int64_t *ret_seq, GError **error);

/* Events after `seq`, at most `limit`, optionally of one plan; `fn` false stops. */
typedef bool LedgerFn(const Event *event, void *data);
CHECKED bool ledger_read(Db *db, int64_t after, const char *plan, int limit, LedgerFn *fn,
                         void *data, GError **error);
/* After which number the last `count` of a plan's own events begin; 0 when it has no more. */
CHECKED bool ledger_before_last(Db *db, const char *plan, int64_t count, int64_t *ret_seq,
                                GError **error);
/* The greatest number there is; 0 when there is none. */
CHECKED bool ledger_last(Db *db, int64_t *ret_seq, GError **error);
