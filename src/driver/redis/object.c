/*
 * object.c - what a name means: which keys, and what is in them.
 *
 * A name is looked for in three places:
 *   - our own list (HASH `_honk:objects`): stages, and datasets that were replaced and are kept. Their rows lie under a
 *     prefix, `_honk:DIGEST:` and the key that they will have or had;
 *   - the setting `objects` of the store, which says keys, kind, columns and types;
 *   - else the name is itself the form of the keys: `users:{id}`, `cart:{country}:{id}`. `*` is `{key}`, `{}` a part that is
 *     no column, `{{` and `}}` are braces. Without any of these, `users` is `users:{key}`.
 *
 * A part goes up to the first place of the text that follows it, the last one to the end. So that keys can be told apart again,
 * two parts never touch, and a value that would be read back as another is refused (encode.c).
 */
#include "driver/redis/redis.h"

#include "base/text.h"

#include <string.h>

#define NAMES_MAX 10000 /* looked at for near ones */
#define PREFIX_DIGITS 12

static const char *const kinds[] = {
    [REDIS_HASH] = "hash", [REDIS_JSON] = "json", [REDIS_STRING] = "string"};

const char *
redis_kind_name(RedisKind kind)
{
    return kinds[kind] != NULL ? kinds[kind] : "unknown";
}

bool
redis_kind_from_name(const char *name, RedisKind *ret)
{
    for (RedisKind kind = REDIS_HASH; kind <= REDIS_STRING; kind++)
        if (strcmp(kinds[kind], name) == 0) {
            *ret = kind;
            return true;
        }
    return false;
}

void
redis_object_free(RedisObject *object)
{
    if (object == NULL)
        return;
    g_free(object->name);
    g_ptr_array_unref(object->literals);
    g_ptr_array_unref(object->holes);
    g_free(object->expires);
    g_free(object->prefix);
    g_free(object->plan);
    schema_free(object->schema);
    g_free(object);
}

static RedisObject *
object_new(const char *name)
{
    RedisObject *object = g_new0(RedisObject, 1);
    object->name = g_strdup(name);
    object->literals = g_ptr_array_new_with_free_func(g_free);
    object->holes = g_ptr_array_new_with_free_func(g_free);
    object->prefix = g_strdup("");
    return object;
}

/* --- the form of keys --- */

static void
add_literal(RedisObject *object, GString *literal)
{
    g_ptr_array_add(object->literals, g_strndup(literal->str, literal->len));
    g_string_truncate(literal, 0);
}

/* At a brace or star of the form; `*at` goes behind it. */
static bool
read_hole(const char **at, RedisObject *object, GString *literal, GError **error)
{
    const char *begin = *at + 1, *end = strchr(begin, '}');
    if (**at == '}' || (**at == '{' && end == NULL))
        return fail(
            error, ERR_INVALID,
            "'%s' has a brace without another, expected for example users:{id} ('{{' stands "
            "for a brace)",
            object->name);
    g_autofree char *hole =
        **at == '*' ? g_strdup("key") : g_strndup(begin, (size_t) (end - begin));
    if (object->holes->len > 0 && literal->len == 0)
        return fail(error, ERR_INVALID,
                    "'%s' has two parts that touch: nothing would tell them apart", object->name);
    for (guint i = 0; i < object->holes->len; i++)
        if (*hole != '\0' && strcmp(object->holes->pdata[i], hole) == 0)
            return fail(error, ERR_INVALID, "'%s' has the part '%s' twice", object->name, hole);
    if (object->holes->len == HOLES_MAX)
        return fail(error, ERR_INVALID, "'%s' has more than %d parts", object->name, HOLES_MAX);
    add_literal(object, literal);
    *at = **at == '*' ? begin : end + 1;
    g_ptr_array_add(object->holes, g_steal_pointer(&hole));
    return true;
}

/* Without a hole: `NAME:{key}`. */
static bool
read_form(RedisObject *object, const char *form, GError **error)
{
    g_autoptr(GString) literal = g_string_new(NULL);
    for (const char *at = form; *at != '\0';) {
        bool is_doubled = (*at == '{' || *at == '}') && at[1] == *at;
        if (is_doubled || strchr("{}*", *at) == NULL) {
            g_string_append_c(literal, *at);
            at += is_doubled ? 2 : 1;
        } else if (!read_hole(&at, object, literal, error)) {
            return false;
        }
    }
    if (object->holes->len == 0) {
        g_string_append_c(literal, ':');
        add_literal(object, literal);
        g_ptr_array_add(object->holes, g_strdup("key"));
    }
    add_literal(object, literal);
    if (*(const char *) object->literals->pdata[0] == '\0')
        return fail(error, ERR_INVALID,
                    "'%s' says nothing of how its keys begin, expected for example users:{id}",
                    object->name);
    return true;
}

static void
append_escaped(GString *to, const char *literal)
{
    for (; *literal != '\0'; literal++)
        g_string_append_printf(to, *literal == '{' || *literal == '}' ? "%c%c" : "%c", *literal,
                               *literal);
}

static char *
form_of(const RedisObject *object)
{
    GString *form = g_string_new(NULL);
    for (guint i = 0; i < object->literals->len; i++) {
        append_escaped(form, object->literals->pdata[i]);
        if (i < object->holes->len)
            g_string_append_printf(form, "{%s}", (char *) object->holes->pdata[i]);
    }
    return g_string_free(form, FALSE);
}

bool
redis_same_keys(const RedisObject *a, const RedisObject *b)
{
    bool same = a->literals->len == b->literals->len;
    for (guint i = 0; same && i < a->literals->len; i++)
        same = strcmp(a->literals->pdata[i], b->literals->pdata[i]) == 0;
    return same;
}

bool
redis_key_parse(const RedisObject *object, const char *key, size_t bytes, Part *parts)
{
    const char *at = key, *end = key + bytes;
    for (guint i = 0; i < object->literals->len; i++) {
        const char *literal = object->literals->pdata[i];
        size_t length = strlen(literal);
        bool is_last = i + 1 == object->literals->len;
        const char *found = at;
        if (i > 0 && is_last)
            found = (size_t) (end - at) >= length ? end - length : NULL;
        else if (i > 0)
            found = memmem(at, (size_t) (end - at), literal, length);
        if (found == NULL || (size_t) (end - found) < length || memcmp(found, literal, length) != 0)
            return false;
        if (i > 0)
            parts[i - 1] = (Part){at, (size_t) (found - at)};
        at = found + length;
    }
    return at == end;
}

void
redis_key_build(const RedisObject *object, const Part *parts, GString *to)
{
    for (guint i = 0; i < object->literals->len; i++) {
        g_string_append(to, object->literals->pdata[i]);
        if (i < object->holes->len)
            g_string_append_len(to, parts[i].data, (gssize) parts[i].bytes);
    }
}

static void
append_glob(GString *to, const char *literal)
{
    for (; *literal != '\0'; literal++) {
        if (strchr("*?[]^-\\", *literal) != NULL)
            g_string_append_c(to, '\\');
        g_string_append_c(to, *literal);
    }
}

void
redis_key_glob(const RedisObject *object, GString *to)
{
    append_glob(to, object->prefix);
    for (guint i = 0; i < object->literals->len; i++) {
        append_glob(to, object->literals->pdata[i]);
        if (i < object->holes->len)
            g_string_append_c(to, '*');
    }
}

/* --- as it is written down --- */

/* Parts of the key come first where `columns` does not name them. */
static bool
read_columns(RedisObject *object, const json_t *columns, GError **error)
{
    const char *name;
    json_t *type_name;
    object->schema = schema_new(object->name);
    for (guint i = 0; i < object->holes->len; i++) {
        const char *hole = object->holes->pdata[i];
        if (*hole != '\0' && json_object_get(columns, hole) == NULL)
            schema_add(object->schema, hole, TYPE_TEXT, "", false);
    }
    json_object_foreach((json_t *) columns, name, type_name)
    {
        ColumnType type;
        if (!json_is_string(type_name) ||
            !column_type_from_name(json_string_value(type_name), &type))
            return fail(error, ERR_INVALID,
                        "column '%s' of '%s' needs a type: bool, int, float, decimal, text, date, "
                        "timestamp or bytes",
                        name, object->name);
        bool is_key = false;
        for (guint i = 0; i < object->holes->len; i++)
            is_key = is_key || strcmp(object->holes->pdata[i], name) == 0;
        schema_add(object->schema, name, type, "", !is_key);
    }
    return true;
}

static void
add_key_columns(RedisObject *object)
{
    for (guint i = 0; i < object->holes->len; i++)
        if (*(const char *) object->holes->pdata[i] != '\0')
            schema_add_key(object->schema, object->holes->pdata[i]);
}

static bool
check_expires(const RedisObject *object, GError **error)
{
    if (object->expires == NULL || object->schema == NULL)
        return true;
    const Column *column = schema_find(object->schema, object->expires, NULL);
    return (column != NULL && column->type == TYPE_TIMESTAMP) ||
           fail(error, ERR_INVALID, "'expires' of '%s' names '%s', expected a timestamp column",
                object->name, object->expires);
}

static bool
check_string(const RedisObject *object, GError **error)
{
    if (object->kind != REDIS_STRING || object->schema == NULL)
        return true;
    size_t others =
        schema_count(object->schema) - object->schema->key->len - (object->expires != NULL ? 1 : 0);
    return others == 1 ||
           fail(error, ERR_INVALID, "'%s' has %zu columns beside its key, a string holds one",
                object->name, others);
}

static bool
read_declared(RedisObject *object, const json_t *declared, GError **error)
{
    const json_t *columns = json_object_get(declared, "columns");
    const char *kind = json_get_string(declared, "value", columns != NULL ? "hash" : NULL);
    if (!json_is_object(declared) ||
        !read_form(object, json_get_string(declared, "keys", object->name), error))
        return fail_in(error, "object '%s' of the store", object->name);
    if (kind != NULL && !redis_kind_from_name(kind, &object->kind))
        return fail(error, ERR_INVALID, "'%s' holds '%s', expected hash, json or string",
                    object->name, kind);
    object->expires = g_strdup(json_get_string(declared, "expires", NULL));
    object->repeats_key = json_get_bool(declared, "repeat_key", false);
    object->is_declared = columns != NULL;
    if (columns == NULL)
        return true;
    if (!read_columns(object, columns, error))
        return false;
    add_key_columns(object);
    return check_expires(object, error) && check_string(object, error);
}

/* --- our list --- */

static char *
prefix_of(const RedisConn *conn, const char *name)
{
    g_autofree char *digest = sha256_of(name, strlen(name));
    return g_strdup_printf("%s:%.*s:", conn->book, PREFIX_DIGITS, digest + strlen("sha256:"));
}

bool
redis_object_parse(RedisConn *conn, const char *name, const char *text, RedisObject **ret,
                   GError **error)
{
    g_autoptr(RedisObject) object = object_new(name);
    g_autoptr(json_t) json = NULL;
    if (!json_parse(text, strlen(text), "a note of ours", &json, error) ||
        !read_form(object, json_get_string(json, "keys", ""), error))
        return false;
    if (!redis_kind_from_name(json_get_string(json, "value", ""), &object->kind))
        object->kind = REDIS_UNKNOWN;
    object->expires = g_strdup(json_get_string(json, "expires", NULL));
    object->repeats_key = json_get_bool(json, "repeat_key", false);
    object->plan = g_strdup(json_get_string(json, "plan", NULL));
    object->is_made = true;
    g_free(object->prefix);
    object->prefix = prefix_of(conn, name);
    const json_t *schema = json_object_get(json, "schema");
    if (schema != NULL && !schema_from_json(schema, &object->schema, error))
        return false;
    *ret = g_steal_pointer(&object);
    return true;
}

char *
redis_object_text(const RedisObject *object)
{
    g_autofree char *form = form_of(object);
    g_autoptr(json_t) json = json_object();
    json_set_string(json, "keys", form);
    json_set_string(json, "value", redis_kind_name(object->kind));
    json_set_string(json, "expires", object->expires);
    json_set_bool(json, "repeat_key", object->repeats_key);
    json_set_string(json, "plan", object->plan);
    if (object->schema != NULL)
        json_object_set_new(json, "schema", schema_to_json(object->schema));
    return json_compact(json);
}

void
redis_object_note(const RedisConn *conn, const RedisObject *object, GString *to)
{
    g_autofree char *list = redis_book_objects_key(conn);
    g_autofree char *text = redis_object_text(object);
    resp_command(to, "HSET", list, object->name, text, NULL);
}

bool
redis_object_make(RedisConn *conn, const char *name, const RedisObject *target, RedisObject **ret,
                  GError **error)
{
    g_autoptr(RedisObject) object = object_new(name);
    g_autofree char *form = form_of(target);
    if (!read_form(object, form, error))
        return false;
    object->kind = target->kind;
    object->expires = g_strdup(target->expires);
    object->repeats_key = target->repeats_key;
    object->is_made = true;
    g_free(object->prefix);
    object->prefix = prefix_of(conn, name);
    *ret = g_steal_pointer(&object);
    return true;
}

/* --- finding --- */

bool
redis_object_find(RedisConn *conn, const char *name, RedisObject **ret, GError **error)
{
    g_autoptr(RedisObject) object = NULL;
    g_autofree char *list = redis_book_objects_key(conn);
    AUTO_REPLY *note = NULL;
    const json_t *declared = json_object_get(json_object_get(conn->settings, "objects"), name);
    if (!redis_do(conn, &note, error, "HGET", list, name, NULL))
        return false;
    if (note->type == REDIS_REPLY_STRING)
        return redis_object_parse(conn, name, note->str, ret, error);
    object = object_new(name);
    if (declared != NULL ? !read_declared(object, declared, error)
                         : !read_form(object, name, error))
        return false;
    if (g_str_has_prefix(object->literals->pdata[0], conn->book))
        return fail(error, ERR_INVALID, "keys that begin with '%s' are bookkeeping of ours",
                    conn->book);
    *ret = g_steal_pointer(&object);
    return true;
}

bool
redis_object_exists(RedisConn *conn, const RedisObject *object, bool *ret, GError **error)
{
    *ret = object->is_made || object->is_declared;
    return *ret || keys_any(conn, object, ret, error);
}

static bool
fail_unknown(RedisConn *conn, const RedisObject *object, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *list = redis_book_objects_key(conn), *form = form_of(object);
    AUTO_REPLY *made = NULL;
    const char *name;
    json_t *declared;
    if (!redis_do(conn, &made, error, "HKEYS", list, NULL))
        return false;
    for (size_t i = 0; i < made->elements && i < NAMES_MAX; i++)
        g_ptr_array_add(names, made->element[i]->str);
    json_object_foreach(json_object_get(conn->settings, "objects"), name, declared)
    {
        g_ptr_array_add(names, (char *) name);
    }
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(object->name, (const char *const *) names->pdata);
    return fail(error, ERR_NOT_FOUND, "there is no key of the form '%s' in %s%s%s%s", form,
                conn->place, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?)" : "");
}

bool
redis_object_need(RedisConn *conn, const char *name, RedisObject **ret, GError **error)
{
    g_autoptr(RedisObject) object = NULL;
    bool is_there = false;
    if (!redis_object_find(conn, name, &object, error) ||
        !redis_object_exists(conn, object, &is_there, error))
        return false;
    if (!is_there)
        return fail_unknown(conn, object, error);
    *ret = g_steal_pointer(&object);
    return true;
}
