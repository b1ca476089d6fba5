/*
 * avro.c - a schema, a NUL, and bytes that are said to be written by it: what is read stays within its text, has the
 * columns that the schema shows, and is the same when it is written and read again.
 */
#include "target.h"

#include "driver/kafka/avro.h"

#include <string.h>

typedef struct {
    const Schema *columns;
    const GArray *members;
    const GString *text;
    GString *scratch;
    bool is_typed; /* every cell was of its column's type */
} Row;

static const JsonMember *
find_member(const Row *row, const char *name)
{
    for (guint i = 0; i < row->members->len; i++) {
        const JsonMember *member = &g_array_index(row->members, JsonMember, i);
        if (strlen(name) == member->name_bytes &&
            memcmp(row->text->str + member->name, name, member->name_bytes) == 0)
            return member;
    }
    return NULL;
}

static bool
value_of(const char *field, Value *ret, void *data)
{
    Row *row = data;
    const Column *column = schema_find(row->columns, field, NULL);
    const JsonMember *member = find_member(row, field);
    *ret = (Value){.is_null = true};
    if (column == NULL || member == NULL || member->kind == JSON_KIND_NULL)
        return column != NULL;
    Value text = {.type = TYPE_TEXT, .s = {row->text->str + member->text, member->text_bytes}};
    if (column->type == TYPE_BYTES)
        *ret = (Value){.type = TYPE_BYTES, .s = text.s};
    else
        row->is_typed =
            value_cast(&text, column->type, NULL, row->scratch, ret, NULL) && row->is_typed;
    return true;
}

static void
check_members(const Row *row)
{
    for (guint i = 0; i < row->members->len; i++) {
        const JsonMember *member = &g_array_index(row->members, JsonMember, i);
        g_assert(member->name + member->name_bytes <= row->text->len &&
                 member->text + member->text_bytes <= row->text->len);
        g_autofree char *name = g_strndup(row->text->str + member->name, member->name_bytes);
        g_assert_nonnull(schema_find(row->columns, name, NULL));
    }
}

static void
check_again(const AvroSchema *schema, Row *row)
{
    g_autoptr(GString) written = g_string_new(NULL), text = g_string_new(NULL);
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(JsonMember));
    g_autofree char *refusal = NULL, *problem = NULL;
    row->is_typed = true;
    if (!avro_encode(schema, value_of, row, written, &refusal) || !row->is_typed)
        return;
    if (!avro_decode(schema, written->str, written->len, members, text, &problem))
        g_error("what we wrote is not read: %s", problem);
    Row again = {.columns = row->columns, .members = members, .text = text};
    check_members(&again);
    for (guint i = 0; i < members->len; i++) {
        const JsonMember *member = &g_array_index(members, JsonMember, i);
        g_autofree char *name = g_strndup(text->str + member->name, member->name_bytes);
        const JsonMember *before = find_member(row, name);
        if (before == NULL) /* of a record that was NULL as a whole */
            continue;
        g_assert(before->text_bytes == member->text_bytes &&
                 memcmp(row->text->str + before->text, text->str + member->text,
                        member->text_bytes) == 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const uint8_t *end = memchr(data, 0, bytes);
    g_autoptr(AvroSchema) schema = NULL;
    g_autoptr(Schema) columns = schema_new("fuzzed");
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(JsonMember));
    g_autoptr(GString) text = g_string_new(NULL), scratch = g_string_new(NULL);
    g_autofree char *problem = NULL;
    if (end == NULL ||
        !avro_schema_parse((const char *) data, (size_t) (end - data), &schema, NULL))
        return 0;
    avro_schema_columns(schema, columns);
    bool is_read =
        avro_decode(schema, end + 1, bytes - (size_t) (end + 1 - data), members, text, &problem);
    g_assert(is_read == (problem == NULL));
    Row row = {.columns = columns, .members = members, .text = text, .scratch = scratch};
    if (!is_read)
        return 0;
    check_members(&row);
    check_again(schema, &row);
    return 0;
}
