/* input.c - tables of what is accepted, and the one place that holds requests against them. */
#include "server/input.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

#define INPUTS_MAX 32          /* of one route; asserted */
#define LIST_ITEMS_DEFAULT 100 /* labels of a worker, roles of a token */

const char *
input_kind_name(InputKind kind)
{
    static const char *const names[] = {
        [INPUT_TEXT] = "text",   [INPUT_COUNT] = "count",   [INPUT_FLAG] = "flag",
        [INPUT_TEXTS] = "texts", [INPUT_OBJECT] = "object",
    };
    return names[kind];
}

static const Input *
input_find(const Input *inputs, const char *name)
{
    for (const Input *input = inputs; input != NULL && input->name != NULL; input++) {
        if (strcmp(input->name, name) == 0)
            return input;
    }
    return NULL;
}

/* "unknown member 'digset': did you mean 'digest'?", or what there is. */
static bool
fail_unknown(const Input *inputs, const char *what, const char *name, GError **error)
{
    const char *names[INPUTS_MAX + 1] = {NULL};
    size_t count = 0;
    for (const Input *input = inputs; input != NULL && input->name != NULL; input++) {
        g_assert(count < INPUTS_MAX);
        names[count++] = input->name;
    }
    g_autofree char *shown = text_printable(name);
    if (count == 0)
        return fail(error, ERR_INVALID, "unknown %s '%s': this call takes none", what, shown);

    const char *nearest = text_nearest(name, names);
    if (nearest != NULL)
        return fail(error, ERR_INVALID, "unknown %s '%s': did you mean '%s'?", what, shown,
                    nearest);
    g_autofree char *known = g_strjoinv("', '", (char **) names);
    return fail(error, ERR_INVALID, "unknown %s '%s': expected '%s'", what, shown, known);
}

static bool
text_is_clean(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char) *at < ' ' && *at != '\n' && *at != '\t')
            return false;
    }
    return true;
}

static bool
text_check(const Input *input, const char *text, size_t bytes, GError **error)
{
    int64_t bytes_max = input->max > 0 ? input->max : NAME_BYTES_MAX;
    if (bytes == 0 && input->is_required)
        return fail(error, ERR_INVALID, "'%s' is empty: expected %s", input->name, input->text);
    if ((int64_t) bytes > bytes_max)
        return fail(error, ERR_INVALID,
                    "'%s' has %zu bytes, at most %" G_GINT64_FORMAT " are allowed", input->name,
                    bytes, bytes_max);
    if (!text_is_clean(text))
        return fail(error, ERR_INVALID, "'%s' holds control characters", input->name);
    return true;
}

static bool
count_check(const Input *input, int64_t count, GError **error)
{
    if (count < 0)
        return fail(error, ERR_INVALID, "'%s' is negative: expected %s", input->name, input->text);
    if (input->max > 0 && count > input->max)
        return fail(error, ERR_INVALID,
                    "'%s' is %" G_GINT64_FORMAT ", at most %" G_GINT64_FORMAT " is allowed",
                    input->name, count, input->max);
    return true;
}

static bool
texts_check(const Input *input, const json_t *list, GError **error)
{
    size_t items_max = input->max > 0 ? (size_t) input->max : LIST_ITEMS_DEFAULT;
    if (json_array_size(list) > items_max)
        return fail(error, ERR_INVALID, "'%s' has %zu items, at most %zu are allowed", input->name,
                    json_array_size(list), items_max);

    Input item = {.name = input->name, .text = input->text};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *text = json_array_get(list, i);
        if (!json_is_string(text))
            return fail(error, ERR_INVALID,
                        "'%s' holds something that is not a string: expected %s", input->name,
                        input->text);
        if (!text_check(&item, json_string_value(text), json_string_length(text), error))
            return false;
    }
    return true;
}

static const char *
json_kind(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static bool
member_check(const Input *input, const json_t *value, GError **error)
{
    switch (input->kind) {
    case INPUT_TEXT:
        if (json_is_string(value))
            return text_check(input, json_string_value(value), json_string_length(value), error);
        break;
    case INPUT_COUNT:
        if (json_is_integer(value))
            return count_check(input, json_integer_value(value), error);
        break;
    case INPUT_FLAG:
        if (json_is_boolean(value))
            return true;
        break;
    case INPUT_TEXTS:
        if (json_is_array(value))
            return texts_check(input, value, error);
        break;
    case INPUT_OBJECT:
        if (json_is_object(value))
            return true;
        break;
    }
    return fail(error, ERR_INVALID, "'%s' is %s, expected %s", input->name, json_kind(value),
                input->text);
}

bool
input_check_body(const Input *inputs, const json_t *body, GError **error)
{
    if (!json_is_object(body))
        return fail(error, ERR_INVALID, "the body is %s, expected an object", json_kind(body));

    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *) body, name, value)
    {
        const Input *input = input_find(inputs, name);
        if (input == NULL)
            return fail_unknown(inputs, "member", name, error);
        if (json_is_null(value) && !input->is_required)
            continue;
        if (!member_check(input, value, error))
            return false;
    }
    for (const Input *input = inputs; input != NULL && input->name != NULL; input++) {
        if (input->is_required && json_object_get(body, input->name) == NULL)
            return fail(error, ERR_INVALID, "'%s' is missing: expected %s", input->name,
                        input->text);
    }
    return true;
}

/* Whole, decimal, without sign; false when it is anything else. */
static bool
count_parse(const char *text, int64_t *ret)
{
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
        return false;
    *ret = g_ascii_strtoll(text, NULL, 10);
    return true;
}

static bool
flag_parse(const char *text, bool *ret)
{
    bool is_set = strcmp(text, "1") == 0 || strcmp(text, "true") == 0 || *text == '\0';
    if (!is_set && strcmp(text, "0") != 0 && strcmp(text, "false") != 0)
        return false;
    *ret = is_set;
    return true;
}

static bool
parameter_check(const Input *input, const char *value, GError **error)
{
    int64_t count = 0;
    bool flag = false;

    switch (input->kind) {
    case INPUT_TEXT:
    case INPUT_TEXTS:
        return text_check(input, value, strlen(value), error);
    case INPUT_COUNT:
        if (count_parse(value, &count))
            return count_check(input, count, error);
        break;
    case INPUT_FLAG:
        if (flag_parse(value, &flag))
            return true;
        break;
    case INPUT_OBJECT:
        break;
    }
    g_autofree char *shown = text_printable(value);
    return fail(error, ERR_INVALID, "parameter '%s' is '%s', expected %s", input->name, shown,
                input->text);
}

bool
input_check_parameters(const Input *inputs, const Target *target, GError **error)
{
    for (unsigned i = 0; i < target->parameter_count; i++) {
        const TargetParameter *parameter = &target->parameters[i];
        const Input *input = input_find(inputs, parameter->name);
        if (input == NULL)
            return fail_unknown(inputs, "parameter", parameter->name, error);
        if (!parameter_check(input, parameter->value, error))
            return false;
    }
    for (const Input *input = inputs; input != NULL && input->name != NULL; input++) {
        if (input->is_required && target_parameter(target, input->name) == NULL)
            return fail(error, ERR_INVALID, "parameter '%s' is missing: expected %s", input->name,
                        input->text);
    }
    return true;
}

int64_t
target_count(const Target *target, const char *name, int64_t fallback)
{
    const char *text = target_parameter(target, name);
    int64_t count = fallback;
    if (text == NULL || !count_parse(text, &count))
        return fallback;
    return count;
}

bool
target_flag(const Target *target, const char *name)
{
    const char *text = target_parameter(target, name);
    bool is_set = false;
    return text != NULL && flag_parse(text, &is_set) && is_set;
}
