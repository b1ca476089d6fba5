/*
 * batch.h - rows on their way: typed columns in Arrow's layout.
 *
 * Every column has a validity bitmap (bit set: value present) and either 64-bit values (bool, int,
 * date, timestamp as int64; float as double) or offsets into a heap (text, decimal, bytes). No
 * allocation per row: buffers grow and are reused by batch_reset().
 */
#pragma once

#include "base/copy.h"
#include "base/limits.h"
#include "model/row_hash.h"
#include "model/schema.h"
#include "model/value.h"

typedef struct {
    ColumnType type;
    uint8_t *valid; /* bitmap, row i is bit i % 8 of byte i / 8 */
    union {
        int64_t *ints;
        double *floats;
    };
    uint32_t *offsets; /* rows + 1, for text, decimal and bytes */
    char *heap;
    size_t heap_bytes, heap_room;
} BatchColumn;

typedef struct {
    size_t column_count;
    BatchColumn *columns;
    size_t row_count;
    int64_t *row_ids; /* number of the record in the source, from 1 (line, rowid): for messages and
                         quarantine */
} Batch;

/* Columns by type; room for BATCH_ROWS_MAX rows. Heaps grow with what is put in, at most
 * BATCH_BYTES_MAX and one row. */
Batch *batch_new(const ColumnType *types, size_t column_count);
Batch *batch_new_for(const Schema *schema);
void batch_free(Batch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batch, batch_free)
void batch_reset(Batch *batch);
bool batch_is_full(const Batch *batch); /* by rows or bytes */

/* Fill row `batch->row_count`, column by column, each exactly once and in any order, then
 * batch_commit_row(). batch_drop_row() undoes the unfinished row. A cell is at most CELL_BYTES_MAX:
 * callers check what comes from outside. Numbers and bytes are put inline, as they are read: it is done for every cell of every
 * row. */
void batch_put_null(Batch *batch, size_t column);
void batch_put_float(Batch *batch, size_t column, double value);
void batch_commit_row(Batch *batch, int64_t row_id);
/* The number of a row that was put aside as people know it; caller frees. A key of 64 bits without a sign may be below 0 as a row_id:
 * then the record (or NULL) has its digits. */
char *row_id_text(int64_t row_id, const json_t *record);
void batch_drop_row(Batch *batch);
void batch_column_need(BatchColumn *column, size_t bytes); /* room in its heap */

static inline void
batch_column_mark(BatchColumn *column, size_t row)
{
    column->valid[row / 8] |= (uint8_t) (1u << (row % 8));
}

static inline void
batch_put_int(Batch *batch, size_t column, int64_t value)
{
    BatchColumn *to = &batch->columns[column];
    g_assert(!type_has_bytes(to->type) && to->type != TYPE_FLOAT);
    batch_column_mark(to, batch->row_count);
    to->ints[batch->row_count] = value;
}

static inline void
batch_put_bytes(Batch *batch, size_t column, const void *data, size_t bytes)
{
    BatchColumn *to = &batch->columns[column];
    size_t row = batch->row_count, begin = to->offsets[row];
    g_assert(type_has_bytes(to->type) && bytes <= CELL_BYTES_MAX);
    if (G_UNLIKELY(begin + bytes > to->heap_room))
        batch_column_need(to, begin + bytes);
    if (bytes > 0) /* else there may be no heap yet */
        copy_bytes(to->heap + begin, data, bytes);
    batch_column_mark(to, row);
    to->heap_bytes = begin + bytes;
    to->offsets[row + 1] = (uint32_t) to->heap_bytes;
}

static inline bool
batch_is_null(const Batch *batch, size_t column, size_t row)
{
    return (batch->columns[column].valid[row / 8] >> (row % 8) & 1) == 0;
}

static inline int64_t
batch_int(const Batch *batch, size_t column, size_t row)
{
    return batch->columns[column].ints[row];
}

static inline double
batch_float(const Batch *batch, size_t column, size_t row)
{
    return batch->columns[column].floats[row];
}

static inline const char *
batch_bytes(const Batch *batch, size_t column, size_t row, size_t *ret_bytes)
{
    const BatchColumn *from = &batch->columns[column];
    *ret_bytes = from->offsets[row + 1] - from->offsets[row];
    /* Never NULL, so that an empty value is not taken for a missing one. */
    return from->heap != NULL ? from->heap + from->offsets[row] : "";
}

/* A cell as a value, which borrows the batch's bytes; and the other way, by the column's type. */
static inline Value
batch_value(const Batch *batch, size_t column, size_t row)
{
    const BatchColumn *from = &batch->columns[column];
    Value value = {.type = from->type, .is_null = batch_is_null(batch, column, row)};
    if (value.is_null)
        return value;
    if (type_has_bytes(from->type))
        value.s.data = batch_bytes(batch, column, row, &value.s.bytes);
    else if (from->type == TYPE_FLOAT)
        value.f = from->floats[row];
    else
        value.i = from->ints[row];
    return value;
}

/* The number of rows and their ids into an empty batch, before its columns; and a whole column of the same type, of as many rows as
 * `from` has. A column that is taken is lost to `from`, which must be reset before it is used again. */
void batch_take_rows(Batch *batch, const Batch *from);
void batch_copy_column(Batch *batch, size_t column, const Batch *from, size_t from_column);
void batch_take_column(Batch *batch, size_t column, Batch *from, size_t from_column);
void batch_put_value(Batch *batch, size_t column, const Value *value);

/* Over the values of one row, as row_hash.h says. The hasher is the caller's, so that no row
 * allocates. */
RowHash batch_row_hash(const Batch *batch, size_t row, RowHasher *hasher);
/* One value of a row that is hashed. */
void value_hash(const Value *value, RowHasher *hasher);
/* Add every row of the batch to `sum`. */
void batch_hash(const Batch *batch, RowHasher *hasher, HashSum *sum);
