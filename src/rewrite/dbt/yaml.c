/*
 * yaml.c - the YAML files of a dbt project: sources, models, exposures, semantic models, snapshots, unit tests.
 *
 * Nothing but the bytes of names is edited, so comments and order stay. What describes the dataset gets its new names
 * (its table under `sources`, a model of which only columns change); what points at it is followed. Sources are read in
 * yaml_source.c.
 */
#include "rewrite/dbt/yaml.h"
#include "base/yaml.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/sources.h"
#include "rewrite/made.h"

#include <string.h>

/* ---- scalars ---- */

/* Where its text stands; false when it is written with escapes, or over several lines. */
static bool
place_of(Work *work, const YamlNode *node, size_t *ret_begin, size_t *ret_end)
{
    size_t begin = node->begin, end = node->end, bytes = strlen(node->text);
    if (begin < end && (work->text[begin] == '\'' || work->text[begin] == '"')) {
        begin++;
        end--;
    }
    *ret_begin = begin;
    *ret_end = end;
    return end >= begin && end - begin == bytes &&
           memcmp(work->text + begin, node->text, bytes) == 0;
}

void
yaml_refuse(Work *work, const YamlNode *node, const char *code, const char *link,
            const char *reason)
{
    site_refuse(work, SITE_COLUMN, node->begin, node->end, code, link, "%s", reason);
}

bool
yaml_is_no_text(const char *word)
{
    static const char *const words[] = {"y",   "n",    "yes",   "no",   "on",
                                        "off", "true", "false", "null", "~"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(word, words[i]) == 0)
            return true;
    return false;
}

/* A part of the scalar, or all of it. */
static void
edit_scalar(Work *work, SiteKind kind, const YamlNode *node, size_t begin, size_t end,
            const char *to)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", to);
    bool is_bare = begin == node->begin && end == node->end;
    site_edit(work, kind, begin, end, is_bare && yaml_is_no_text(to) ? quoted : to);
}

void
yaml_rename(Work *work, const YamlNode *node, SiteKind kind, const char *to)
{
    size_t begin, end;
    if (place_of(work, node, &begin, &end))
        edit_scalar(work, kind, node, begin, end, to);
    else
        yaml_refuse(work, node, "language", NULL,
                    "the name is written in a way that is not edited");
}

void
yaml_rename_column(Work *work, const YamlNode *node, const ColumnChange *change)
{
    g_autofree char *to = change_in_letters_of(change, node->text);
    yaml_rename(work, node, SITE_COLUMN, keep(work, to));
}

/* ---- pointing at the dataset ---- */

/* 'source(''a'', ''b'')': the call stands there with escapes of YAML, and not as it is read. */
static void
refuse_escaped_call(Work *work, const YamlNode *node)
{
    const DbtDoubt *doubt = NULL;
    bool has_braces = strncmp(node->text, "{{", 2) == 0;
    g_autofree char *text =
        has_braces ? g_strdup(node->text) : g_strdup_printf("{{%s}}", node->text);
    Token template = {.kind = TOKEN_TEMPLATE, .end = (uint32_t) strlen(text)};
    DbtCall *call = template.end >= 4 ? dbt_call_alone(text, &template) : NULL;
    const Rename *rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
    if (rename != NULL)
        yaml_refuse(work, node, "escaped", NULL,
                    "the name is written with escapes: change it by hand");
    if (call != NULL)
        dbt_call_clear(call);
    g_free(call);
}

const Rename *
yaml_follow_call(Work *work, const YamlNode *node, bool is_to_edit)
{
    size_t begin, end;
    const DbtDoubt *doubt = NULL;
    if (node == NULL || node->kind != YAML_SCALAR)
        return NULL;
    if (!place_of(work, node, &begin, &end)) {
        if (is_to_edit)
            refuse_escaped_call(work, node);
        return NULL;
    }
    bool has_braces = strncmp(node->text, "{{", 2) == 0;
    Token template = {.kind = TOKEN_TEMPLATE,
                      .begin = (uint32_t) (has_braces ? begin : begin - 2),
                      .end = (uint32_t) (has_braces ? end : end + 2)};
    if (!has_braces && begin < 2)
        return NULL;
    DbtCall *call = dbt_call_alone(work->text, &template);
    const Rename *rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
    if (is_to_edit)
        set_add(&work->understood, GSIZE_TO_POINTER(node->begin + 1));
    if (rename != NULL && is_to_edit && !rename->is_derived)
        dbt_edit(work, rename->dbt, call);
    else if (doubt != NULL && is_to_edit)
        dbt_tell(work, doubt, node->begin, node->end);
    if (call != NULL) {
        dbt_call_clear(call);
        g_free(call);
    }
    return rename;
}

/* ---- the parts of a file ---- */

void
yaml_each(Work *work, const YamlNode *list, YamlVisit *visit)
{
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++)
        if (list->items[i]->kind == YAML_MAP)
            visit(work, list->items[i]);
}

/* ---- the file ---- */

static const struct {
    const char *key;
    YamlVisit *visit; /* of each entry; NULL: they are visited as a list */
} parts[] = {
    {"sources", NULL},
    {"models", yaml_model},
    {"seeds", yaml_seed},
    {"snapshots", yaml_snapshot},
    {"exposures", yaml_exposure},
    {"semantic_models", yaml_semantic_model},
    {"unit_tests", yaml_unit_test},
    {"metrics", yaml_metric},
};

static const YamlNode *
root_of(const YamlFile *file)
{
    const YamlNode *root = yaml_document_count(file) > 0 ? yaml_document(file, 0) : NULL;
    return root != NULL && root->kind == YAML_MAP ? root : NULL;
}

/* Entries of dbt have a name; `metrics` of an exporter have others. */
static bool
has_names(const YamlNode *list)
{
    return list->kind == YAML_LIST &&
           (list->count == 0 ||
            (list->items[0]->kind == YAML_MAP && yaml_get(list->items[0], "name") != NULL));
}

bool
dbt_yaml_is(const YamlNode *root)
{
    static const char *const others[] = {"version",  "config-version", "macros", "groups",
                                         "analyses", "data_tests",     "tests",  "saved_queries"};
    bool is_known = false, says_version = g_strcmp0(yaml_get_text(root, "version"), "2") == 0;
    for (size_t i = 0; i < root->count; i++) {
        const char *key = root->items[2 * i]->text;
        bool is_other = false;
        for (size_t p = 0; p < G_N_ELEMENTS(parts); p++)
            is_known |= g_strcmp0(key, parts[p].key) == 0 && has_names(root->items[2 * i + 1]);
        for (size_t o = 0; o < G_N_ELEMENTS(others); o++)
            is_other |= g_strcmp0(key, others[o]) == 0;
        for (size_t p = 0; p < G_N_ELEMENTS(parts); p++)
            is_other |= g_strcmp0(key, parts[p].key) == 0;
        if (!is_other && !says_version && key != NULL && strncmp(key, "x-", 2) != 0 &&
            key[0] != '.')
            return false;
    }
    return is_known;
}

static void
visit_all(Work *work, const YamlNode *root)
{
    yaml_sources(work, yaml_get(root, "sources"));
    for (size_t p = 0; p < G_N_ELEMENTS(parts); p++)
        if (parts[p].visit != NULL)
            yaml_each(work, yaml_get(root, parts[p].key), parts[p].visit);
    yaml_check_rest(work, root, "");
    g_clear_pointer(&work->understood, g_hash_table_unref);
}

bool
dbt_yaml(Work *work)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    g_autoptr(GError) error = NULL;
    if (!yaml_parse(work->text, work->bytes, "", diags, &file, &error))
        return false;
    const YamlNode *root = root_of(file);
    if (root == NULL || !dbt_yaml_is(root))
        return false;
    if (work->renames->has_sources || work->options->leaves_sources) {
        visit_all(work, root);
        return true;
    }
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(rename_free);
    dbt_sources_read(sources, work->renames, work->options->dialect, NULL,
                     (DbtWritten){work->options->manifests, &work->options->home}, root);
    g_autoptr(Renames) all = renames_with(work->renames, sources);
    const Renames *before = work->renames;
    work->renames = all;
    visit_all(work, root);
    work->renames = before;
    return true;
}
