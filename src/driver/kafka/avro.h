/*
 * avro.h - Avro's schemas, and its binary form, as rows: one record with fields, read by the schema that it was written with; keys may be
 * one value alone.
 *
 * What is read becomes members as JSON's lexer gives them: records in records have dotted names; arrays, maps and unions
 * of several types are JSON texts. Schemas and bytes come from outside: both are bounded and checked.
 */
#pragma once

#include "driver/ndjson/lexer.h"
#include "model/batch.h"

typedef struct AvroSchema AvroSchema;

/* INVALID when it is neither a record with fields nor one value (a list, a map and a union are none). */
CHECKED bool avro_schema_parse(const char *text, size_t bytes, AvroSchema **ret, GError **error);
void avro_schema_free(AvroSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AvroSchema, avro_schema_free)
bool avro_schema_is_record(const AvroSchema *schema);
/* A column for each field, with dotted names; of one value alone a column without a name. */
void avro_schema_columns(const AvroSchema *schema, Schema *to);

/* Appends JsonMember whose places are in `text`, one value alone without a name; false with the reason. */
CHECKED bool avro_decode(const AvroSchema *schema, const void *data, size_t bytes, GArray *members,
                         GString *text, char **ret_reason);

/* The schema of records that hold these columns, as JSON; `is_in_value` says which. Caller frees. INVALID where a
 * column's name is none in Avro. */
CHECKED bool avro_schema_text(const Schema *schema, const char *name,
                              bool (*is_in_value)(const char *column, void *data), void *data,
                              char **ret, GError **error);
/* The schema of one value of this column's type. Caller frees. */
char *avro_value_schema_text(const Column *column);
/* The record of this row, appended; `""` asks for one value alone. `value` gives the value of a field by its (dotted) name, false: there is no such
 * column. False with the reason. */
typedef bool AvroValueFn(const char *field, Value *ret, void *data);
CHECKED bool avro_encode(const AvroSchema *schema, AvroValueFn *value, void *data, GString *to,
                         char **ret_reason);
