/* ledger.h - the event table: appended inside the writer's transaction, read by sequence number. */
#pragma once

#include "model/event.h"
#include "store/db.h"

/* Within a transaction of the writer; `event->seq` and `at_ms` (when 0) are filled in. */
CHECKED bool ledger_append(Db *db, Event *event, GError **error);
/* Events after `seq`, at most `limit`, optionally of one plan; `fn` false stops. Also tells the last seq there is. */
typedef bool LedgerFn(const Event *event, void *data);
CHECKED bool ledger_read(Db *db, int64_t after, const char *plan, int limit, LedgerFn *fn, void *data, GError **error);
CHECKED bool ledger_last(Db *db, int64_t *ret_seq, GError **error);
