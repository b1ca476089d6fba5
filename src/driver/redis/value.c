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
    json_lexer_init(&row->json, NULL, 0, 1, false);
    row->expires_ms = -1;
}

void
redis_row_clear(RedisRow *row)
{
    g_array_unref(row->fields);
    json_lexer_clear(&row->json);
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

static bool
take_json(const redisReply *value, RedisRow *row, char **ret_reason)
{
    JsonLexer *lexer = &row->json;
    json_lexer_parse(lexer, value->str, (size_t) value->len);
    if (lexer->problem != NULL) {
        *ret_reason = g_strdup_printf("expected a JSON object: %s", lexer->problem);
        return false;
    }
    for (guint i = 0; i < lexer->members->len; i++) {
        const JsonMember *member = &g_array_index(lexer->members, JsonMember, i);
        Field field = {.name = {lexer->scratch->str + member->name, member->name_bytes},
                       .value = {lexer->scratch->str + member->text, member->text_bytes},
                       .kind = member->kind};
        g_array_append_val(row->fields, field);
    }
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
        Field field = {.value = {value->str, (size_t) value->len}, .kind = JSON_KIND_TEXT};
        g_array_append_val(row->fields, field);
        return true;
    }
    *ret_is_there = value->elements > 0;
    for (size_t i = 0; i + 1 < value->elements; i += 2) {
        const redisReply *name = value->element[i], *text = value->element[i + 1];
        Field field = {.name = {name->str, (size_t) name->len},
                       .value = {text->str, (size_t) text->len},
                       .kind = JSON_KIND_TEXT};
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
    json_t *json = field->kind == JSON_KIND_TEXT
                       ? NULL
                       : json_loadb(field->value.data, field->value.bytes, JSON_DECODE_ANY, NULL);
    return json != NULL ? json : redis_text_json(field->value.data, field->value.bytes);
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
