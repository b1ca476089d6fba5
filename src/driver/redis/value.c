/*
 * value.c - what a key holds, as fields with names.
 *
 * A hash has its fields, all of them texts. A JSON object has one for each member that is no object itself; members of
 * objects in it have dotted names, arrays are JSON texts, as in files of JSON lines. Another string is one field without a name.
 */
#include "driver/redis/redis.h"

#include <string.h>

void
redis_row_init(RedisRow *row)
{
    row->fields = g_array_new(FALSE, FALSE, sizeof(Field));
    row->scratch = g_string_new(NULL);
    row->expires_ms = -1;
}

void
redis_row_clear(RedisRow *row)
{
    g_array_unref(row->fields);
    g_string_free(row->scratch, TRUE);
}

void
redis_row_ask(const RedisObject *object, Part key, GString *to)
{
    g_autoptr(GString) whole = g_string_new(object->prefix);
    g_string_append_len(whole, key.data, (gssize) key.bytes);
    const char *const commands[] = {object->kind == REDIS_HASH ? "HGETALL" : "GET", "PEXPIRETIME"};
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        resp_begin(to, 2);
        resp_text(to, commands[i]);
        resp_bytes(to, whole->str, whole->len);
    }
}

/* --- JSON --- */

/* While the scratch grows, parts hold places in it. */
static Part
keep(RedisRow *row, const char *data, size_t bytes)
{
    Part place = {GSIZE_TO_POINTER(row->scratch->len), bytes};
    g_string_append_len(row->scratch, data, (gssize) bytes);
    return place;
}

static void
settle_parts(RedisRow *row)
{
    for (guint i = 0; i < row->fields->len; i++) {
        Field *field = &g_array_index(row->fields, Field, i);
        field->name.data = row->scratch->str + GPOINTER_TO_SIZE(field->name.data);
        field->value.data = row->scratch->str + GPOINTER_TO_SIZE(field->value.data);
    }
}

static FieldKind
append_scalar(const json_t *value, GString *text)
{
    if (json_is_string(value)) {
        g_string_append_len(text, json_string_value(value), (gssize) json_string_length(value));
        return FIELD_TEXT;
    }
    if (json_is_array(value)) {
        g_autofree char *all = json_dumps(value, JSON_COMPACT);
        g_string_append(text, all);
        return FIELD_TEXT;
    }
    if (json_is_null(value))
        return FIELD_NULL;
    Value scalar = {.type = TYPE_BOOL, .i = json_is_true(value)};
    if (json_is_integer(value))
        scalar = (Value){.type = TYPE_INT, .i = json_integer_value(value)};
    else if (json_is_real(value))
        scalar = (Value){.type = TYPE_FLOAT, .f = json_real_value(value)};
    value_append_text(&scalar, text);
    return json_is_boolean(value) ? FIELD_BOOL : json_is_integer(value) ? FIELD_INT : FIELD_NUMBER;
}

/* Objects in objects, to the depth that jansson reads. */
static void
add_members(const json_t *object, const char *path, RedisRow *row)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *) object, name, value)
    {
        g_autofree char *whole = g_strconcat(path, name, NULL);
        if (json_is_object(value)) {
            g_autofree char *inner = g_strconcat(whole, ".", NULL);
            add_members(value, inner, row);
            continue;
        }
        g_autoptr(GString) text = g_string_new(NULL);
        Field field = {.kind = append_scalar(value, text)};
        field.name = keep(row, whole, strlen(whole));
        field.value = keep(row, text->str, text->len);
        g_array_append_val(row->fields, field);
    }
}

static bool
take_json(const redisReply *value, RedisRow *row, char **ret_reason)
{
    json_error_t wrong;
    g_autoptr(json_t) object = json_loadb(value->str, (size_t) value->len,
                                          JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &wrong);
    if (!json_is_object(object)) {
        *ret_reason = g_strdup_printf("expected a JSON object: %s",
                                      object == NULL ? wrong.text : "it is an array");
        return false;
    }
    add_members(object, "", row);
    settle_parts(row);
    return true;
}

/* --- all kinds --- */

static bool
is_wrong_type(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && g_str_has_prefix(reply->str, "WRONGTYPE");
}

bool
redis_row_take(RedisKind kind, const redisReply *value, const redisReply *expires, RedisRow *row,
               bool *ret_is_there, char **ret_reason)
{
    g_array_set_size(row->fields, 0);
    g_string_truncate(row->scratch, 0);
    row->expires_ms = expires->type == REDIS_REPLY_INTEGER ? expires->integer : -1;
    *ret_is_there = row->expires_ms != -2 && value->type != REDIS_REPLY_NIL;
    if (value->type == REDIS_REPLY_ERROR) {
        *ret_reason = is_wrong_type(value) ? g_strdup_printf("its value is no %s",
                                                             kind == REDIS_HASH ? "hash" : "string")
                                           : g_strdup(value->str);
        return false;
    }
    if (!*ret_is_there)
        return true;
    if (kind == REDIS_JSON)
        return take_json(value, row, ret_reason);
    if (kind == REDIS_STRING) {
        Field field = {.value = {value->str, (size_t) value->len}, .kind = FIELD_TEXT};
        g_array_append_val(row->fields, field);
        return true;
    }
    *ret_is_there = value->elements > 0;
    for (size_t i = 0; i + 1 < value->elements; i += 2) {
        const redisReply *name = value->element[i], *text = value->element[i + 1];
        Field field = {.name = {name->str, (size_t) name->len},
                       .value = {text->str, (size_t) text->len},
                       .kind = FIELD_TEXT};
        g_array_append_val(row->fields, field);
    }
    return true;
}

json_t *
redis_text_json(const char *data, size_t bytes)
{
    json_t *text = json_stringn(data, bytes);
    if (text != NULL)
        return text;
    g_autoptr(GString) hex = g_string_new(NULL);
    for (size_t i = 0; i < bytes; i++)
        g_string_append_printf(hex, "%02x", (unsigned char) data[i]);
    return json_pack("{ss}", "hex", hex->str);
}

static json_t *
field_json(const Field *field)
{
    if (field->kind == FIELD_NULL)
        return json_null();
    if (field->kind == FIELD_TEXT)
        return redis_text_json(field->value.data, field->value.bytes);
    g_autofree char *text = g_strndup(field->value.data, field->value.bytes);
    if (field->kind == FIELD_BOOL)
        return json_boolean(strcmp(text, "true") == 0);
    return field->kind == FIELD_INT ? json_integer(g_ascii_strtoll(text, NULL, 10))
                                    : json_real(g_ascii_strtod(text, NULL));
}

json_t *
redis_row_json(const RedisObject *object, Part key, const RedisRow *row)
{
    json_t *record = json_object();
    Part parts[HOLES_MAX];
    for (size_t i = 0; i < schema_count(object->schema); i++)
        json_object_set_new(record, schema_column(object->schema, i)->name, json_null());
    for (guint i = 0; i < row->fields->len; i++) {
        const Field *field = &g_array_index(row->fields, Field, i);
        g_autofree char *name = g_utf8_make_valid(field->name.data != NULL ? field->name.data : "",
                                                  (gssize) field->name.bytes);
        if (*name != '\0' || field->value.bytes > 0)
            json_object_set_new(record, *name != '\0' ? name : "value", field_json(field));
    }
    if (redis_key_parse(object, key.data, key.bytes, parts))
        for (guint i = 0; i < object->holes->len; i++)
            if (*(const char *) object->holes->pdata[i] != '\0')
                json_object_set_new(record, object->holes->pdata[i],
                                    redis_text_json(parts[i].data, parts[i].bytes));
    if (row->expires_ms >= 0 && object->expires != NULL)
        json_set_int(record, object->expires, row->expires_ms);
    return record;
}
