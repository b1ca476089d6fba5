/*
 * batch.c - typed columns that are filled, read and emptied again without an allocation per row.
 *
 * Invariant of a heap column: offsets[row_count] is where the unfinished row's value begins, and
 * heap_bytes its end. Dropping a row, or putting NULL, is therefore setting one number.
 */
#include "model/batch.h"

#include "base/limits.h"
#include "model/digits.h"

#include <string.h>

Batch *
batch_new(const ColumnType *types, size_t column_count)
{
    Batch *batch = g_new0(Batch, 1);
    batch->column_count = column_count;
    batch->columns = g_new0(BatchColumn, column_count);
    batch->row_ids = g_new(int64_t, BATCH_ROWS_MAX);
    for (size_t i = 0; i < column_count; i++) {
        BatchColumn *column = &batch->columns[i];
        column->type = types[i];
        column->valid = g_new0(uint8_t, BATCH_ROWS_MAX / 8 + 1);
        if (type_has_bytes(types[i]))
            column->offsets = g_new0(uint32_t, BATCH_ROWS_MAX + 1);
        else
            column->ints = g_new(int64_t, BATCH_ROWS_MAX);
    }
    return batch;
}

Batch *
batch_new_for(const Schema *schema)
{
    size_t count = schema_count(schema);
    g_autofree ColumnType *types = g_new(ColumnType, count + 1);
    for (size_t i = 0; i < count; i++)
        types[i] = schema_column(schema, i)->type;
    return batch_new(types, count);
}

void
batch_free(Batch *batch)
{
    if (batch == NULL)
        return;
    for (size_t i = 0; i < batch->column_count; i++) {
        BatchColumn *column = &batch->columns[i];
        g_free(column->valid);
        if (type_has_bytes(column->type))
            g_free(column->offsets);
        else
            g_free(column->ints);
        g_free(column->heap);
    }
    g_free(batch->columns);
    g_free(batch->row_ids);
    g_free(batch);
}

void
batch_reset(Batch *batch)
{
    batch->row_count = 0;
    batch_drop_row(batch);
}

bool
batch_is_full(const Batch *batch)
{
    if (batch->row_count >= BATCH_ROWS_MAX)
        return true;
    size_t bytes = 0;
    for (size_t i = 0; i < batch->column_count; i++)
        bytes += batch->columns[i].heap_bytes;
    return bytes >= BATCH_BYTES_MAX;
}

void
batch_put_null(Batch *batch, size_t column)
{
    BatchColumn *to = &batch->columns[column];
    size_t row = batch->row_count;
    to->valid[row / 8] &= (uint8_t) ~(1u << (row % 8));
    if (!type_has_bytes(to->type)) {
        to->ints[row] = 0;
        return;
    }
    to->heap_bytes = to->offsets[row];
    to->offsets[row + 1] = to->offsets[row];
}

void
batch_put_float(Batch *batch, size_t column, double value)
{
    BatchColumn *to = &batch->columns[column];
    g_assert(to->type == TYPE_FLOAT);
    batch_column_mark(to, batch->row_count);
    to->floats[batch->row_count] = value;
}

void
batch_column_need(BatchColumn *column, size_t bytes)
{
    if (bytes <= column->heap_room)
        return;
    size_t room = MAX(column->heap_room * 2, 4096);
    while (room < bytes)
        room *= 2;
    column->heap = g_realloc(column->heap, room);
    column->heap_room = room;
}

char *
row_id_text(int64_t row_id, const json_t *record)
{
    const char *name;
    json_t *cell;
    g_autofree char *unsigned_text = g_strdup_printf("%" G_GUINT64_FORMAT, (uint64_t) row_id);
    json_object_foreach((json_t *) record, name,
                        cell) if (row_id < 0 && g_strcmp0(json_string_value(cell), unsigned_text) ==
                                                    0) return g_steal_pointer(&unsigned_text);
    return g_strdup_printf("%" G_GINT64_FORMAT, row_id);
}

void
batch_commit_row(Batch *batch, int64_t row_id)
{
    g_assert(batch->row_count < BATCH_ROWS_MAX);
    batch->row_ids[batch->row_count] = row_id;
    batch->row_count++;
}

void
batch_drop_row(Batch *batch)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        BatchColumn *column = &batch->columns[i];
        if (type_has_bytes(column->type))
            column->heap_bytes = column->offsets[batch->row_count];
    }
}

void
batch_take_rows(Batch *batch, const Batch *from)
{
    g_assert(batch->row_count == 0);
    memcpy(batch->row_ids, from->row_ids, from->row_count * sizeof *batch->row_ids);
    batch->row_count = from->row_count;
}

void
batch_copy_column(Batch *batch, size_t column, const Batch *from, size_t from_column)
{
    const BatchColumn *source = &from->columns[from_column];
    BatchColumn *to = &batch->columns[column];
    size_t rows = from->row_count;
    g_assert(to->type == source->type);
    memcpy(to->valid, source->valid, rows / 8 + 1);
    if (!type_has_bytes(to->type)) {
        memcpy(to->ints, source->ints, rows * sizeof *to->ints);
        return;
    }
    size_t bytes = source->offsets[rows];
    batch_column_need(to, bytes);
    if (bytes > 0)
        memcpy(to->heap, source->heap, bytes);
    memcpy(to->offsets, source->offsets, (rows + 1) * sizeof *to->offsets);
    to->heap_bytes = bytes;
}

void
batch_take_column(Batch *batch, size_t column, Batch *from, size_t from_column)
{
    BatchColumn *to = &batch->columns[column], *source = &from->columns[from_column], old = *to;
    g_assert(to->type == source->type);
    *to = *source;
    *source = old;
}

void
batch_put_value(Batch *batch, size_t column, const Value *value)
{
    if (value->is_null) {
        batch_put_null(batch, column);
        return;
    }
    g_assert(value->type == batch->columns[column].type);
    if (type_has_bytes(value->type))
        batch_put_bytes(batch, column, value->s.data, value->s.bytes);
    else if (value->type == TYPE_FLOAT)
        batch_put_float(batch, column, value->f);
    else
        batch_put_int(batch, column, value->i);
}

static void
hash_bytes(RowHasher *hasher, ColumnType type, const char *data, size_t bytes)
{
    row_hasher_bytes(hasher, type, data,
                     type == TYPE_DECIMAL ? digits_without_zeros(data, bytes) : bytes);
}

RowHash
batch_row_hash(const Batch *batch, size_t row, RowHasher *hasher)
{
    row_hasher_begin(hasher);
    for (size_t i = 0; i < batch->column_count; i++) {
        const BatchColumn *column = &batch->columns[i];
        if (batch_is_null(batch, i, row)) {
            row_hasher_null(hasher);
        } else if (type_has_bytes(column->type)) {
            size_t bytes;
            const char *data = batch_bytes(batch, i, row, &bytes);
            hash_bytes(hasher, column->type, data, bytes);
        } else if (column->type == TYPE_FLOAT) {
            row_hasher_float(hasher, column->floats[row]);
        } else {
            row_hasher_int(hasher, column->type, column->ints[row]);
        }
    }
    return row_hasher_end(hasher);
}

void
value_hash(const Value *value, RowHasher *hasher)
{
    if (value->is_null)
        row_hasher_null(hasher);
    else if (type_has_bytes(value->type))
        hash_bytes(hasher, value->type, value->s.data, value->s.bytes);
    else if (value->type == TYPE_FLOAT)
        row_hasher_float(hasher, value->f);
    else
        row_hasher_int(hasher, value->type, value->i);
}

void
batch_hash(const Batch *batch, RowHasher *hasher, HashSum *sum)
{
    for (size_t row = 0; row < batch->row_count; row++)
        hash_sum_add(sum, batch_row_hash(batch, row, hasher));
}
