/*
 * yaml_json.c - scalars become values by YAML 1.2's core schema.
 *
 *   null    ~ null Null NULL, or nothing
 *   bool    true True TRUE false False FALSE      ("yes" and "on" are text)
 *   int     [-+]?[0-9]+  0o[0-7]+  0x[0-9a-fA-F]+
 *   float   [-+]?(.[0-9]+|[0-9]+(.[0-9]*)?)([eE][-+]?[0-9]+)?
 *
 * All else is text: also what is quoted, and what JSON could not hold without loss (.inf, .nan,
 * integers over 64 bits).
 */
#include "base/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool
text_is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

bool
yaml_is_null(const YamlNode *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    return node == NULL ||
           (node->kind == YAML_SCALAR && !node->quoted && text_is_one_of(node->text, nulls));
}

static const char *
skip_sign(const char *text)
{
    return *text == '-' || *text == '+' ? text + 1 : text;
}

static bool
scalar_to_int(const char *text, int64_t *ret)
{
    const char *digits = skip_sign(text);
    int base = 10;
    const char *allowed = "0123456789";
    if (strncmp(text, "0x", 2) == 0) {
        base = 16;
        digits = text + 2;
        allowed = "0123456789abcdefABCDEF";
    } else if (strncmp(text, "0o", 2) == 0) {
        base = 8;
        digits = text + 2;
        allowed = "01234567";
    }
    if (*digits == '\0' || digits[strspn(digits, allowed)] != '\0')
        return false;
    errno = 0;
    *ret = strtoll(base == 10 ? text : digits, NULL, base);
    return errno == 0;
}

static bool
text_is_float(const char *text)
{
    const char *digits = "0123456789";
    text = skip_sign(text);
    size_t whole = strspn(text, digits), part = 0;
    text += whole;
    if (*text == '.') {
        part = strspn(text + 1, digits);
        text += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text = skip_sign(text + 1);
        size_t exponent = strspn(text, digits);
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

/* Integers too large for us look like floats; as floats they would lose digits. */
static bool
scalar_to_float(const char *text, double *ret)
{
    if (!text_is_float(text) || strpbrk(text, ".eE") == NULL)
        return false;
    *ret = g_ascii_strtod(text, NULL);
    return isfinite(*ret);
}

static json_t *
scalar_to_json(const YamlNode *node)
{
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    int64_t whole;
    double fraction;
    if (node->quoted)
        return json_string(node->text);
    if (yaml_is_null(node))
        return json_null();
    if (text_is_one_of(node->text, trues))
        return json_true();
    if (text_is_one_of(node->text, falses))
        return json_false();
    if (scalar_to_int(node->text, &whole))
        return json_integer(whole);
    if (scalar_to_float(node->text, &fraction))
        return json_real(fraction);
    return json_string(node->text);
}

json_t *
yaml_to_json(const YamlNode *node)
{
    if (node == NULL)
        return json_null();
    if (node->kind == YAML_SCALAR)
        return scalar_to_json(node);

    json_t *value = node->kind == YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_LIST)
            json_array_append_new(value, yaml_to_json(node->items[i]));
        else
            json_object_set_new(value, node->items[2 * i]->text,
                                yaml_to_json(node->items[2 * i + 1]));
    }
    return value;
}
