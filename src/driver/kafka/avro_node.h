/* avro_node.h - a schema as a graph: named types may be met inside of themselves. */
#pragma once

#include "driver/kafka/avro.h"

typedef enum {
    AVRO_NULL,
    AVRO_BOOLEAN,
    AVRO_INT,
    AVRO_LONG,
    AVRO_FLOAT,
    AVRO_DOUBLE,
    AVRO_BYTES,
    AVRO_STRING,
    AVRO_RECORD,
    AVRO_ENUM,
    AVRO_ARRAY,
    AVRO_MAP,
    AVRO_UNION,
    AVRO_FIXED,
} AvroKind;

typedef enum {
    LOGICAL_NONE,
    LOGICAL_DECIMAL,
    LOGICAL_DATE,
    LOGICAL_MILLIS, /* of a timestamp */
    LOGICAL_MICROS,
} AvroLogical;

typedef struct AvroNode AvroNode;
struct AvroNode {
    AvroKind kind;
    AvroLogical logical;
    int64_t scale;    /* of a decimal */
    size_t size;      /* of a fixed */
    GPtrArray *names; /* char *: fields of a record, symbols of an enum */
    GPtrArray
        *parts; /* AvroNode *: types of the fields, branches of a union, items of an array or map */
};

struct AvroSchema {
    const AvroNode *root; /* a record, or one value */
    GPtrArray *nodes;     /* all of them, owned */
};

static inline const AvroNode *
avro_part(const AvroNode *node, guint index)
{
    return node->parts->pdata[index];
}
/* The record that the members of a field are flattened from: itself, or beside null; NULL: it is one cell. */
const AvroNode *avro_flat_record(const AvroNode *node, const GPtrArray *open);
