/*
 * avro.h - Avro's schemas, and its binary form, as rows: one record with fields, read by the schema that it was written with.
 *
 * What is read becomes members as JSON's lexer gives them: records in records have dotted names; arrays, maps and unions
 * of several types are JSON texts. Schemas and bytes come from outside: both are bounded and checked.
 */
#pragma once

#include "driver/ndjson/lexer.h"
#include "model/batch.h"

typedef struct AvroSchema AvroSchema;

/* INVALID when it is no record with fields, or of a kind that is not read. */
CHECKED bool avro_schema_parse(const char *text, size_t bytes, AvroSchema **ret, GError **error);
void avro_schema_free(AvroSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AvroSchema, avro_schema_free)
/* A column for each field, with dotted names. */
void avro_schema_columns(const AvroSchema *schema, Schema *to);

/* Appends JsonMember whose places are in `text`; false with the reason. */
CHECKED bool avro_decode(const AvroSchema *schema, const void *data, size_t bytes, GArray *members,
                         GString *text, char **ret_reason);

/* The schema of records that hold these columns, as JSON; `is_in_value` says which. Caller frees. INVALID where a
 * column's name is none in Avro. */
CHECKED bool avro_schema_text(const Schema *schema, const char *name,
                              bool (*is_in_value)(const char *column, void *data), void *data,
                              char **ret, GError **error);
/* The record of this row, appended. `value` gives the value of a field by its (dotted) name, false: there is no such
 * column. False with the reason. */
typedef bool AvroValueFn(const char *field, Value *ret, void *data);
CHECKED bool avro_encode(const AvroSchema *schema, AvroValueFn *value, void *data, GString *to,
                         char **ret_reason);
