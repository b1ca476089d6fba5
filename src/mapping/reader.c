/* reader.c - reading YAML nodes with complaints that name the place and what was expected. */
#include "mapping/reader.h"

#include "base/text.h"

#include <string.h>

static const char *
node_kind(const YamlNode *node)
{
    if (yaml_is_null(node))
        return "nothing";
    return node->kind == YAML_MAP ? "a map" : node->kind == YAML_LIST ? "a list" : "a single value";
}

void
reader_complain(const Reader *reader, const YamlNode *at, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    diags_add(reader->diags, DIAG_ERROR, code, reader->file, at->line, at->column, "%s", message);
}

bool
reader_is_map(const Reader *reader, const YamlNode *node, const char *what, const char *expected)
{
    if (node->kind == YAML_MAP)
        return true;
    reader_complain(reader, node, "wrong-type", "%s must be a map such as %s, here is %s", what,
                    expected, node_kind(node));
    return false;
}

void
reader_known_keys(const Reader *reader, const YamlNode *map, const char *const *known,
                  const char *what)
{
    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->items[2 * i];
        if (key->kind != YAML_SCALAR) {
            reader_complain(reader, key, "wrong-type", "a key of %s must be a single word", what);
            continue;
        }
        if (g_strv_contains(known, key->text))
            continue;
        const char *near = text_nearest(key->text, known);
        g_autofree char *list = near == NULL ? g_strjoinv(", ", (char **) known) : NULL;
        if (near != NULL)
            reader_complain(reader, key, "unknown-key",
                            "unknown key '%s' in %s; did you mean '%s'?", key->text, what, near);
        else
            reader_complain(reader, key, "unknown-key", "unknown key '%s' in %s; known are %s",
                            key->text, what, list);
    }
}

const char *
reader_scalar(const Reader *reader, const YamlNode *node, const char *what)
{
    if (node->kind == YAML_SCALAR && !yaml_is_null(node) && node->text[0] != '\0')
        return node->text;
    reader_complain(reader, node, "wrong-type", "%s must be a text, here is %s", what,
                    node->kind == YAML_SCALAR && node->quoted ? "an empty one" : node_kind(node));
    return NULL;
}

bool
reader_int(const Reader *reader, const YamlNode *node, const char *what, int64_t least,
           int64_t most, int64_t *ret)
{
    int64_t value = 0;
    if (node->kind == YAML_SCALAR &&
        g_ascii_string_to_signed(node->text, 10, least, most, &value, NULL)) {
        *ret = value;
        return true;
    }
    g_autofree char *range =
        most == G_MAXINT64
            ? g_strdup_printf("of at least %" G_GINT64_FORMAT, least)
            : g_strdup_printf("from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, most);
    reader_complain(reader, node, "wrong-type", "%s must be a whole number %s, here is %s%s%s",
                    what, range, node->kind == YAML_SCALAR ? "'" : node_kind(node),
                    node->kind == YAML_SCALAR ? node->text : "",
                    node->kind == YAML_SCALAR ? "'" : "");
    return false;
}

int
reader_word(const Reader *reader, const YamlNode *node, const char *what, const char *const *words)
{
    const char *text = reader_scalar(reader, node, what);
    if (text == NULL)
        return -1;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    const char *near = text_nearest(text, words);
    g_autofree char *list = g_strjoinv(", ", (char **) words);
    if (near != NULL)
        reader_complain(reader, node, "bad-value", "%s cannot be '%s'; did you mean '%s'? (%s)",
                        what, text, near, list);
    else
        reader_complain(reader, node, "bad-value", "%s cannot be '%s'; expected one of %s", what,
                        text, list);
    return -1;
}

static bool
names_contain(const GPtrArray *names, const char *text)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(((const Name *) names->pdata[i])->text, text) == 0)
            return true;
    return false;
}

static void
names_add(const Reader *reader, const YamlNode *node, const char *what, GPtrArray *names)
{
    const char *text = reader_scalar(reader, node, what);
    if (text == NULL)
        return;
    if (names_contain(names, text))
        reader_complain(reader, node, "twice", "'%s' is named twice in %s", text, what);
    else
        g_ptr_array_add(names, name_new(text, node_mark(node)));
}

GPtrArray *
reader_names(const Reader *reader, const YamlNode *node, const char *what)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(name_free);
    if (node->kind == YAML_MAP)
        reader_complain(reader, node, "wrong-type",
                        "%s must be a list of names such as [ a, b ], here is a map", what);
    else if (node->kind == YAML_SCALAR)
        names_add(reader, node, what, names);
    else
        for (size_t i = 0; i < node->count; i++)
            names_add(reader, node->items[i], what, names);
    return names;
}

Literal *
reader_literal(const Reader *reader, const YamlNode *node, const char *what)
{
    if (node->kind != YAML_SCALAR) {
        reader_complain(reader, node, "wrong-type", "%s must be a single value, here is %s", what,
                        node_kind(node));
        return NULL;
    }
    Literal *literal = g_new0(Literal, 1);
    literal->is_null = yaml_is_null(node);
    literal->text = g_strdup(node->text);
    literal->quoted = node->quoted;
    literal->mark = node_mark(node);
    return literal;
}
