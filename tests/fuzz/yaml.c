/* yaml.c - nodes of what is read as YAML lie in its text; what is refused is refused at a place. */
#include "target.h"

#include "base/yaml.h"

#include <string.h>

static void
check_node(const YamlNode *node, size_t bytes)
{
    g_assert(node->begin <= node->end && node->end <= bytes);
    g_assert(node->line >= 1 && node->column >= 1);
    size_t items = node->kind == YAML_MAP ? 2 * node->count : node->count;
    g_assert((node->kind == YAML_SCALAR) == (node->text != NULL));
    for (size_t i = 0; i < items; i++)
        check_node(node->items[i], bytes);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
        g_assert(yaml_get_key(node, node->items[2 * i]->text) == node->items[2 * i]);
}

static void
check_document(const YamlNode *root, size_t bytes)
{
    if (root != NULL)
        check_node(root, bytes);
    g_autoptr(json_t) value = yaml_to_json(root);
    g_assert(value != NULL);
    g_free(json_compact(value));
}

static void
check_refusal(const Diags *diags, const GError *error)
{
    g_assert(error != NULL && diags_has_errors(diags));
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        g_assert(diag->line >= 1 && diag->column >= 1);
        g_assert(g_utf8_validate(diag->message, -1, NULL));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    g_autoptr(GError) error = NULL;
    if (!yaml_parse((const char *) data, bytes, "input", diags, &file, &error)) {
        check_refusal(diags, error);
        return 0;
    }
    for (size_t i = 0; i < yaml_document_count(file); i++)
        check_document(yaml_document(file, i), bytes);
    return 0;
}
