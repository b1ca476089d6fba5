/*
 * project_hooks.c - what dbt_project.yml has run beside the models: on-run-end: "{{ clean_up(ref('users')) }}", hooks of folders.
 *
 * The name in a call is changed. What a macro or statement does with columns that change is not followed here.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <string.h>

static void
visit_call(Work *work, const DbtCall *call)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = call->is_understood ? dbt_find(work, call, &doubt) : NULL;
    size_t last = call->is_understood ? call->count - 1 : 0;
    if (rename == NULL || site_covers(work, call->begin[last], call->end[last]))
        return;
    if (rename_changes_columns(rename))
        site_refuse(work, SITE_TABLE, call->begin[last], call->end[last], "in-template", NULL,
                    "what is run beside the models gets the table, with its columns' names");
    else if (!rename->is_derived)
        dbt_edit(work, rename->dbt, call);
}

/* The model of the mapping that is called so, and nothing else of the text; or NULL. */
static const Rename *
model_called(const Work *work, const JinjaArgument *argument)
{
    size_t bytes = argument->end - argument->begin;
    for (guint i = 0; argument->kind == JINJA_LITERAL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const char *name = rename->dbt != NULL && !rename->dbt->is_source && !rename->is_derived
                               ? rename->dbt->from.name
                               : "";
        if (bytes > 0 && bytes == strlen(name) &&
            memcmp(work->text + argument->begin, name, bytes) == 0)
            return rename;
    }
    return NULL;
}

/* f('users'): the macro may make a ref() of it. */
static void
visit_names(Work *work, const Token *template)
{
    g_autoptr(GArray) found = jinja_arguments(work->text, template);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        size_t callee = one->callee_end - one->callee;
        bool is_variable = callee >= 3 && memcmp(work->text + one->callee_end - 3, "var", 3) == 0;
        if (model_called(work, one) != NULL && !is_variable &&
            !site_covers(work, one->begin, one->end))
            site_refuse(work, SITE_MENTION, one->begin, one->end, "in-template", NULL,
                        "the name stands in a template that is not understood");
    }
}

static void
visit_text(Work *work, const YamlNode *node)
{
    Token template;
    size_t at = node->begin;
    while (dbt_next_template(work->text, &at, node->end, &template)) {
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, &template);
        for (guint i = 0; i < calls->len; i++)
            visit_call(work, g_ptr_array_index(calls, i));
        visit_names(work, &template);
    }
}

/* Variables are looked at elsewhere (var_uses.c). */
static void
visit_node(Work *work, const YamlNode *node)
{
    if (node->kind == YAML_SCALAR)
        visit_text(work, node);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        visit_node(work, node->items[i]);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++)
        if (strcmp(node->items[2 * i]->text, "vars") != 0)
            visit_node(work, node->items[2 * i + 1]);
}

void
dbt_project_hooks(Work *work)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    if (memmem(work->text, work->bytes, "{{", 2) != NULL &&
        yaml_parse(work->text, work->bytes, "", diags, &file, NULL) &&
        yaml_document_count(file) > 0 && yaml_document(file, 0) != NULL)
        visit_node(work, yaml_document(file, 0));
}
