/*
 * config_reader.c - what honk.yaml is made of: findings with their places, scalars, paths, and maps read by a table.
 */
#include "model/config_reader.h"
#include "base/text.h"
#include "base/yaml.h"

#include <string.h>

/* ---- findings ---- */

void
reader_error(Reader *reader, const char *code, const YamlNode *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(reader->diags, DIAG_ERROR, code, reader->file, at->line, at->column, "%s", message);
}

void
reader_error_from(Reader *reader, const char *code, const YamlNode *at, const char *subject,
                  const GError *error)
{
    reader_error(reader, code, at, "%s: %s", subject, error->message);
}

void
reader_wrong_type(Reader *reader, const char *key, const YamlNode *value, const char *expected)
{
    if (value->kind == YAML_SCALAR)
        reader_error(reader, "wrong-type", value, "'%s' is '%s', expected %s", key, value->text,
                     expected);
    else
        reader_error(reader, "wrong-type", value, "'%s' is a %s, expected %s", key,
                     value->kind == YAML_LIST ? "list" : "map", expected);
}

/* ---- scalars ---- */

/* The text with the environment's values in it; NULL when it is no text, or a variable is not set.
 */
char *
reader_text(Reader *reader, const char *key, const YamlNode *value, const char *expected)
{
    g_autoptr(GError) error = NULL;
    char *text;
    if (value->kind != YAML_SCALAR || yaml_is_null(value)) {
        reader_wrong_type(reader, key, value, expected);
        return NULL;
    }
    if (!text_expand_env(value->text, &text, &error)) {
        reader_error_from(reader, "variable", value, key, error);
        return NULL;
    }
    return text;
}

/* Any value as JSON: types by the core schema after the expansion, quoted text stays text. */
json_t *
reader_json(Reader *reader, const char *key, const YamlNode *value)
{
    if (value->kind == YAML_SCALAR) {
        if (yaml_is_null(value))
            return json_null();
        g_autofree char *text = reader_text(reader, key, value, "a value");
        YamlNode expanded = *value;
        expanded.text = text != NULL ? text : "";
        return yaml_to_json(&expanded);
    }
    json_t *json = value->kind == YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; i < value->count; i++) {
        if (value->kind == YAML_LIST) {
            json_array_append_new(json, reader_json(reader, key, value->items[i]));
        } else {
            const char *name = value->items[2 * i]->text;
            json_object_set_new(json, name, reader_json(reader, name, value->items[2 * i + 1]));
        }
    }
    return json;
}

void
read_bool(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *text = reader_text(reader, field->key, value, "true or false");
    if (text == NULL)
        return;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *(bool *) target = text[0] == 't';
    else
        reader_wrong_type(reader, field->key, value, "true or false");
}

void
read_count(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *expected =
        g_strdup_printf("a whole number from %d to %d", field->min, field->max);
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    guint64 count;
    if (text == NULL)
        return;
    if (g_ascii_string_to_unsigned(text, 10, (guint64) field->min, (guint64) field->max, &count,
                                   NULL))
        *(int *) target = (int) count;
    else
        reader_wrong_type(reader, field->key, value, expected);
}

void
read_duration(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autofree char *text = reader_text(reader, field->key, value, "a duration such as 24h");
    g_autoptr(GError) error = NULL;
    if (text != NULL && !duration_parse(text, target, &error))
        reader_error_from(reader, "duration", value, field->key, error);
}

/* ---- paths ---- */

/* Absolute, from the folder of the file. NULL when it is no path. */
char *
reader_path(Reader *reader, const char *key, const YamlNode *value)
{
    g_autofree char *text = reader_text(reader, key, value, "a path");
    if (text == NULL)
        return NULL;
    if (*text == '\0') {
        reader_error(reader, "wrong-type", value, "'%s' is empty, expected a path", key);
        return NULL;
    }
    return g_canonicalize_filename(text, reader->config->folder);
}

void
read_path(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char *path = reader_path(reader, field->key, value);
    if (path == NULL)
        return;
    g_free(*(char **) target);
    *(char **) target = path;
}

void
read_paths(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    GPtrArray *paths = *(GPtrArray **) target;
    g_ptr_array_set_size(paths, 0);
    bool is_list = value->kind == YAML_LIST;
    if (value->kind == YAML_MAP)
        reader_wrong_type(reader, field->key, value, "a list of files or folders");
    for (size_t i = 0; value->kind != YAML_MAP && i < (is_list ? value->count : 1); i++) {
        char *path = reader_path(reader, field->key, is_list ? value->items[i] : value);
        if (path != NULL)
            g_ptr_array_add(paths, path);
    }
}

/* ---- lists and maps ---- */

/* Each list item as text; one text is a list of one. */
void
read_words(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    bool is_list = value->kind == YAML_LIST;
    if (value->kind == YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a list: the program and its arguments");
        return;
    }
    for (size_t i = 0; i < (is_list ? value->count : 1); i++) {
        const YamlNode *item = is_list ? value->items[i] : value;
        g_autofree char *word = reader_text(reader, field->key, item, "a word");
        if (word != NULL)
            g_strv_builder_add(words, word);
    }
    g_strfreev(*(char ***) target);
    *(char ***) target = g_strv_builder_end(words);
}

void
read_environment(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    g_autoptr(GStrvBuilder) variables = g_strv_builder_new();
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names to values");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *key = value->items[2 * i];
        g_autofree char *text = reader_text(reader, key->text, value->items[2 * i + 1], "a text");
        g_autofree char *variable = g_strdup_printf("%s=%s", key->text, text != NULL ? text : "");
        if (*key->text == '\0' || strchr(key->text, '=') != NULL)
            reader_error(reader, "variable", key, "'%s' cannot name a variable", key->text);
        else if (text != NULL)
            g_strv_builder_add(variables, variable);
    }
    g_strfreev(*(char ***) target);
    *(char ***) target = g_strv_builder_end(variables);
}

void
reader_unknown_key(Reader *reader, const YamlNode *key, const char *const *known, const char *where)
{
    const char *nearest = text_nearest(key->text, known);
    if (nearest != NULL)
        reader_error(reader, "unknown-key", key, "unknown key '%s'%s, did you mean '%s'?",
                     key->text, where, nearest);
    else {
        g_autofree char *names = g_strjoinv(", ", (char **) known);
        reader_error(reader, "unknown-key", key, "unknown key '%s'%s, expected one of: %s",
                     key->text, where, names);
    }
}

/* Read a map by its table; `base` is what the offsets count from. */
void
reader_fields(Reader *reader, const char *name, const YamlNode *map, const Field *fields,
              void *base)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (const Field *field = fields; field->key != NULL; field++)
        g_ptr_array_add(known, (void *) field->key);
    g_ptr_array_add(known, NULL);

    if (map->kind != YAML_MAP) {
        reader_wrong_type(reader, name, map, "a map");
        return;
    }
    g_autofree char *where =
        map->line > 0 && strcmp(name, "honk.yaml") != 0 ? g_strdup_printf(" in '%s'", name) : NULL;
    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->items[2 * i], *value = map->items[2 * i + 1];
        const Field *field = fields;
        while (field->key != NULL && strcmp(field->key, key->text) != 0)
            field++;
        if (field->key == NULL)
            reader_unknown_key(reader, key, (const char *const *) known->pdata,
                               where != NULL ? where : "");
        else if (!yaml_is_null(value))
            field->read(reader, field, value, (char *) base + field->offset);
    }
}
