/* range.h - LoadOps that move rows, as driver.h says. */
#pragma once

#include "driver/files/notes.h"

bool file_begin(Conn *base, const char *stage, const Schema *schema, const Writer *writer,
                bool *ret_done, RangeResult *ret_result, GError **error);
extern const LookOps file_look_ops;
bool file_put(Conn *base, const Batch *batch, size_t from, size_t *ret_next, GError **error);
bool file_quarantine(Conn *base, int64_t row_id, const json_t *record, const char *column,
                     const char *reason, GError **error);
bool file_commit(Conn *base, const RangeResult *result, GError **error);
void file_rollback(Conn *base);
/* One file out of all ranges: made whole in the plan's folder, durable; the ranges lose their rows, and keep their
 * ledger. */
bool file_finish(Conn *base, const char *stage, const char *like, const Schema *schema,
                 const Writer *writer, GError **error);
