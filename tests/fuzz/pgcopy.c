/*
 * pgcopy.c - fuzz target: rows of PostgreSQL's COPY in the binary form, and cells of every type that is read there.
 *
 * The input's first two bytes are the length of the first piece, and so on; each piece is a row, the first with COPY's head. Every cell lies within its
 * row. A value that can be read is hashed, and, where a column of its type takes it, written and read again as the same.
 */
#include "driver/postgres/postgres.h"
#include "target.h"

#include <string.h>

#define CELLS_MAX 64

static const unsigned oids[] = {OID_BOOL,    OID_BYTEA, OID_NAME,      OID_INT8,        OID_INT2,
                                OID_INT4,    OID_TEXT,  OID_OID,       OID_FLOAT4,      OID_FLOAT8,
                                OID_VARCHAR, OID_DATE,  OID_TIMESTAMP, OID_TIMESTAMPTZ, OID_NUMERIC,
                                OID_JSON,    OID_JSONB, OID_UUID};

static RowHash
hash_of(const Value *value)
{
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    row_hasher_begin(&hasher);
    value_hash(value, &hasher);
    return row_hasher_end(&hasher);
}

/* What was read, written for a column of the same type, and read again. */
static void
check_again(const Value *value, WireType type)
{
    g_autoptr(GString) out = g_string_new(NULL), scratch = g_string_new(NULL);
    g_autofree char *reason = NULL;
    PgTarget target = {.base = type.oid,
                       .modifier = -1,
                       .type = pg_type_of(type.oid),
                       .takes_odd = type.takes_odd,
                       .name = (char *) "a"};
    Value again;
    if (!encode_value(out, &target, value, &reason)) {
        g_assert(reason != NULL);
        return;
    }
    WireCell cell = {
        .data = (const uint8_t *) out->str + 4, .bytes = out->len - 4, .is_null = value->is_null};
    bool done = wire_value(&cell, type, scratch, &again, &reason);
    RowHash a = hash_of(value), b = hash_of(&again);
    g_assert(done && a.low == b.low && a.high == b.high);
}

static void
check_cell(const WireCell *cell, GString *scratch)
{
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(oids); i++) {
        WireType type = {.oid = oids[i / 2], .takes_odd = i % 2 > 0};
        g_autofree char *reason = NULL;
        Value value;
        if (wire_value(cell, type, scratch, &value, &reason))
            check_again(&value, type);
        else
            g_assert(reason != NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    WireReader reader = {0};
    WireCell cells[CELLS_MAX];
    g_autoptr(GString) scratch = g_string_new(NULL);
    while (bytes >= 2) {
        size_t length = MIN((size_t) data[0] << 8 | data[1], bytes - 2), count = 0;
        g_autofree char *row = g_memdup2(data + 2, length);
        bool done = row != NULL && wire_row(&reader, row, length, cells, CELLS_MAX, &count);
        g_assert(!done || (count <= CELLS_MAX && reader.head <= length));
        for (size_t i = 0; done && i < count; i++) {
            const uint8_t *at = cells[i].data, *begin = (const uint8_t *) row;
            g_assert(cells[i].is_null ||
                     (at >= begin && cells[i].bytes <= (size_t) (begin + length - at)));
            check_cell(&cells[i], scratch);
        }
        data += 2 + length;
        bytes -= 2 + length;
    }
    return 0;
}
