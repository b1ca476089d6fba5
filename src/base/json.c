/*
 * json.c - the checks and comforts around jansson.
 *
 * jansson accepts 2,048 levels of nesting and by default the last of two equal keys; we accept 64
 * levels and refuse the second key. Depth is checked on the text, before anything is built from it.
 */
#include "base/json.h"

#include "base/limits.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static bool
json_check_depth(const char *text, size_t bytes, const char *what, GError **error)
{
    int depth = 0, line = 1;
    bool in_string = false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == '\n')
            line++;
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return fail(error, ERR_TOO_LARGE, "%s:%d: nested deeper than %d levels", what, line,
                            JSON_DEPTH_MAX);
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return true;
}

bool
json_parse(const char *text, size_t bytes, const char *what, json_t **ret, GError **error)
{
    if (bytes > JSON_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "%s is larger than %d MiB", what,
                    JSON_BYTES_MAX / (1024 * 1024));
    if (!json_check_depth(text, bytes, what, error))
        return false;

    json_error_t problem;
    json_t *value = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (value == NULL) {
        bool has_nul = json_error_code(&problem) == json_error_null_character;
        return fail(error, ERR_INVALID, "%s:%d:%d: not valid JSON: %s", what, MAX(problem.line, 1),
                    MAX(problem.column, 1),
                    has_nul ? "a string holds a NUL character" : problem.text);
    }
    *ret = value;
    return true;
}

bool
json_read_file(const char *path, json_t **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    return file_read(path, JSON_BYTES_MAX, &text, &bytes, error) &&
           json_parse(text, bytes, path, ret, error);
}

/* ---- members ---- */

static const char *
json_type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "a list",    [JSON_STRING] = "a string",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a fraction", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

static bool
json_need(const json_t *object, const char *key, const char *what, json_type type,
          const char *expected, json_t **ret, GError **error)
{
    const char *dot = what != NULL && *what != '\0' ? "." : "";
    what = what != NULL ? what : "";
    if (!json_is_object(object))
        return fail(error, ERR_INVALID, "%s is %s, expected an object with '%s'",
                    *what != '\0' ? what : "the value",
                    object != NULL ? json_type_name(object) : "missing", key);
    json_t *value = json_object_get(object, key);
    if (value == NULL)
        return fail(error, ERR_INVALID, "%s%s%s is missing, expected %s", what, dot, key, expected);
    if (json_typeof(value) != type)
        return fail(error, ERR_INVALID, "%s%s%s is %s, expected %s", what, dot, key,
                    json_type_name(value), expected);
    *ret = value;
    return true;
}

bool
json_need_string(const json_t *object, const char *key, const char *what, const char **ret,
                 GError **error)
{
    json_t *value = NULL;
    if (!json_need(object, key, what, JSON_STRING, "a string", &value, error))
        return false;
    *ret = json_string_value(value);
    return true;
}

bool
json_need_int(const json_t *object, const char *key, const char *what, int64_t *ret, GError **error)
{
    json_t *value = NULL;
    if (!json_need(object, key, what, JSON_INTEGER, "an integer", &value, error))
        return false;
    *ret = json_integer_value(value);
    return true;
}

bool
json_need_object(const json_t *object, const char *key, const char *what, json_t **ret,
                 GError **error)
{
    return json_need(object, key, what, JSON_OBJECT, "an object", ret, error);
}

bool
json_need_array(const json_t *object, const char *key, const char *what, json_t **ret,
                GError **error)
{
    return json_need(object, key, what, JSON_ARRAY, "a list", ret, error);
}

const char *
json_get_string(const json_t *object, const char *key, const char *fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_string_value(value) : fallback;
}

int64_t
json_get_int(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool
json_get_bool(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

bool
json_holds(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (g_strcmp0(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

json_t *
json_at(const json_t *object, const char *path)
{
    g_auto(GStrv) keys = g_strsplit(path, ".", -1);
    const json_t *value = object;
    for (char **key = keys; *key != NULL && value != NULL; key++)
        value = json_object_get(value, *key);
    return (json_t *) value;
}

/* Text from outside (a store's message, a cell) may be in any encoding; jansson takes only UTF-8. */
static json_t *
string_of(const char *value)
{
    g_autofree char *valid = g_utf8_validate(value, -1, NULL) ? NULL : g_utf8_make_valid(value, -1);
    return json_string(valid != NULL ? valid : value);
}

void
json_set_string(json_t *object, const char *key, const char *value)
{
    if (value == NULL)
        return;
    json_object_set_new(object, key, string_of(value));
}

void
json_say(json_t *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    json_array_append_new(list, string_of(text));
}

void
json_set_int(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

void
json_set_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

/* ---- writing ---- */

/* Find what has no canonical form; `path` grows and shrinks with the walk. */
static bool
json_check_canonical(const json_t *value, GString *path, int depth, GError **error)
{
    const char *shown = path->len > 0 ? path->str : "the value";
    if (depth > JSON_DEPTH_MAX)
        return fail(error, ERR_INVALID, "%s is nested deeper than %d levels", shown,
                    JSON_DEPTH_MAX);
    if (json_is_real(value))
        return fail(
            error, ERR_INVALID,
            "%s is a fraction (%g), which has no single spelling: expected an integer or a string",
            shown, json_real_value(value));

    size_t length = path->len, index;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *) value, key, member)
    {
        g_string_append_printf(path, "%s%s", length > 0 ? "." : "", key);
        if (!json_check_canonical(member, path, depth + 1, error))
            return false;
        g_string_truncate(path, length);
    }
    json_array_foreach(value, index, member)
    {
        g_string_append_printf(path, "[%zu]", index);
        if (!json_check_canonical(member, path, depth + 1, error))
            return false;
        g_string_truncate(path, length);
    }
    return true;
}

/* jansson allocates with malloc; everything we hand out is freed with g_free. */
static char *
json_dump(const json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags | JSON_ENCODE_ANY);
    g_assert(text != NULL); /* a loop in the value, or deeper than jansson goes: a bug of ours */
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

/* jansson writes \u001B, most others \u001b. A backslash is always followed by what it escapes. */
static void
lower_escapes(char *text)
{
    for (char *at = strchr(text, '\\'); at != NULL; at = strchr(at + 2, '\\'))
        for (int i = 2; at[1] == 'u' && i < 6; i++)
            at[i] = g_ascii_tolower(at[i]);
}

bool
json_canonical(const json_t *value, char **ret, GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);
    if (!json_check_canonical(value, path, 0, error))
        return false;
    *ret = json_dump(value, JSON_COMPACT | JSON_SORT_KEYS);
    lower_escapes(*ret);
    return true;
}

bool
json_digest(const json_t *value, char **ret, GError **error)
{
    g_autofree char *text = NULL;
    if (!json_canonical(value, &text, error))
        return false;
    *ret = sha256_of(text, strlen(text));
    return true;
}

char *
json_compact(const json_t *value)
{
    return json_dump(value, JSON_COMPACT);
}

char *
json_pretty(const json_t *value)
{
    return json_dump(value, JSON_INDENT(2));
}
