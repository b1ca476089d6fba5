/*
 * parameters.c - "${{ name }}" in any scalar, as in Backstage's templates, filled from --set name=value.
 *
 * "parameters." and "values." before a name are accepted and mean nothing. "$${{" stands for "${{". A scalar with a
 * placeholder is text afterwards, whatever the value looks like.
 */
#include "base/limits.h"
#include "base/text.h"
#include "catalog/inner.h"

#include <string.h>

typedef struct {
    Parameters *parameters;
    Arena *arena;
    const char *file;
    GHashTable *unset;
    Diags *diags;
} Filling;

void
parameters_init(Parameters *parameters, const char *const *sets, Diags *diags)
{
    parameters->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    parameters->used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (; sets != NULL && *sets != NULL; sets++) {
        const char *equals = strchr(*sets, '=');
        if (equals == NULL || equals == *sets)
            diags_add(diags, DIAG_ERROR, "set", NULL, 0, 0,
                      "--set %s: expected NAME=VALUE, such as source_dataset=users-v1", *sets);
        else if (!g_utf8_validate(*sets, -1, NULL))
            diags_add(diags, DIAG_ERROR, "set", NULL, 0, 0, "--set: the value is not UTF-8");
        else if (!g_hash_table_replace(parameters->values,
                                       g_strndup(*sets, (size_t) (equals - *sets)),
                                       g_strdup(equals + 1)))
            diags_add(diags, DIAG_ERROR, "set", NULL, 0, 0, "--set %.*s was given twice",
                      (int) (equals - *sets), *sets);
    }
}

void
parameters_clear(Parameters *parameters)
{
    g_clear_pointer(&parameters->values, g_hash_table_unref);
    g_clear_pointer(&parameters->used, g_hash_table_unref);
}

const char *
parameters_get(Parameters *parameters, const char *name)
{
    g_hash_table_add(parameters->used, g_strdup(name));
    return g_hash_table_lookup(parameters->values, name);
}

/* ---- one scalar ---- */

static char *
placeholder_name(const char *begin, const char *end)
{
    g_autofree char *inside = g_strstrip(g_strndup(begin, (size_t) (end - begin)));
    const char *name = inside;
    if (g_str_has_prefix(name, "parameters."))
        name += strlen("parameters.");
    else if (g_str_has_prefix(name, "values."))
        name += strlen("values.");
    if (!g_ascii_isalpha(*name) && *name != '_')
        return NULL;
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("_-.", *c) == NULL)
            return NULL;
    return g_strdup(name);
}

/* `text` stands behind "${{"; append the value and return what follows "}}", or NULL. */
static const char *
fill_one(Filling *filling, const YamlNode *node, const char *text, GString *filled)
{
    const char *end = strstr(text, "}}");
    g_autofree char *name = end != NULL ? placeholder_name(text, end) : NULL;
    if (name == NULL) {
        diags_add(filling->diags, DIAG_ERROR, "placeholder", filling->file, node->line,
                  node->column, "'${{%.*s' is no placeholder, expected ${{ name }}",
                  (int) MIN(end != NULL ? (size_t) (end - text) + 2 : strlen(text), 60), text);
        return NULL;
    }
    const char *value = parameters_get(filling->parameters, name);
    if (value != NULL)
        g_string_append(filled, value);
    else if (!g_hash_table_contains(filling->unset, name))
        g_hash_table_insert(filling->unset, g_strdup(name), (void *) node);
    return end + 2;
}

static const YamlNode *
fill_scalar(Filling *filling, const YamlNode *node)
{
    if (strstr(node->text, "${{") == NULL)
        return node;
    g_autoptr(GString) filled = g_string_new(NULL);
    for (const char *text = node->text; *text != '\0';) {
        if (g_str_has_prefix(text, "$${{")) {
            g_string_append(filled, "${{");
            text += 4;
        } else if (g_str_has_prefix(text, "${{")) {
            text = fill_one(filling, node, text + 3, filled);
            if (text == NULL)
                return node;
        } else {
            g_string_append_c(filled, *text++);
        }
    }
    YamlNode *copy = arena_alloc(filling->arena, sizeof(YamlNode));
    *copy = *node;
    copy->text = arena_copy(filling->arena, filled->str, filled->len);
    copy->quoted = true;
    return copy;
}

/* ---- a document ---- */

static const YamlNode *
fill_node(Filling *filling, const YamlNode *node)
{
    if (node->kind == YAML_SCALAR)
        return fill_scalar(filling, node);
    size_t items = node->kind == YAML_MAP ? 2 * node->count : node->count;
    YamlNode *copy = NULL;
    for (size_t i = 0; i < items; i++) {
        const YamlNode *item = fill_node(filling, node->items[i]);
        if (item == node->items[i])
            continue;
        if (copy == NULL) {
            copy = arena_alloc(filling->arena, sizeof(YamlNode));
            *copy = *node;
            copy->items = arena_alloc(filling->arena, items * sizeof(YamlNode *));
            memcpy(copy->items, node->items, items * sizeof(YamlNode *));
        }
        copy->items[i] = (YamlNode *) item;
    }
    return copy != NULL ? copy : node;
}

const YamlNode *
parameters_fill(Parameters *parameters, const YamlNode *node, Arena *arena, const char *file,
                GHashTable *unset, Diags *diags)
{
    Filling filling = {parameters, arena, file, unset, diags};
    return fill_node(&filling, node);
}

void
parameters_check_used(const Parameters *parameters, Diags *diags)
{
    g_autofree const char **asked =
        (const char **) g_hash_table_get_keys_as_array(parameters->used, NULL);
    g_autoptr(GList) names =
        g_list_sort(g_hash_table_get_keys(parameters->values), (GCompareFunc) strcmp);
    for (const GList *name = names; name != NULL; name = name->next) {
        if (g_hash_table_contains(parameters->used, name->data))
            continue;
        const char *nearest = text_nearest(name->data, asked);
        diags_add(diags, DIAG_ERROR, "set", NULL, 0, 0, "--set %s: no document asks for it%s%s%s",
                  (const char *) name->data, nearest != NULL ? ", did you mean '" : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
    }
}
