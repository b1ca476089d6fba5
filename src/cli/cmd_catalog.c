/* cmd_catalog.c - honk catalog list, show, check: what there is, and whether the files are right. */
#include "cli/catalog_source.h"

#include <string.h>

/* ---- list ---- */

static const Option list_options[] = {
    {'k', "kind", "KIND", "only this kind, such as component"},
    {'t', "type", "TYPE", "only this spec.type, such as dataset"},
    {'o', "owner", "OWNER", "only what this group or user owns"},
    {0, "match", "TEXT", "only refs and titles that hold TEXT"},
    {0},
};

static void
list_rows(Table *table, const json_t *items)
{
    size_t index;
    json_t *item;
    json_array_foreach(items, index, item)
    {
        const json_t *metadata = json_object_get(item, "metadata");
        const char *title = json_get_string(metadata, "title", NULL);
        table_cell(table, TONE_STRONG, json_get_string(item, "ref", ""));
        table_cell(table, TONE_PLAIN, json_get_string(json_object_get(item, "spec"), "type", NULL));
        table_cell(table, TONE_PLAIN, json_get_string(item, "owner", NULL));
        table_cell(table, TONE_DIM,
                   title != NULL ? title : json_get_string(metadata, "description", NULL));
    }
}

static bool
list_run(Invocation *call, GError **error)
{
    g_autoptr(CatalogSource) source = NULL;
    g_autoptr(Table) table = table_new("entity", "type", "owner", "about", NULL);
    g_autoptr(json_t) items = json_array();
    g_autofree char *cursor = NULL;
    const char *const filter[FILTER_COUNT] = {
        invocation_option(call, "kind"), invocation_option(call, "type"),
        invocation_option(call, "owner"), invocation_option(call, "match")};
    if (!catalog_source_open(call, &source, error))
        return false;
    do {
        g_autoptr(json_t) page = NULL;
        if (!catalog_source_list(source, filter, cursor, &page, error))
            return false;
        list_rows(table, json_object_get(page, "items"));
        if (call->view->json)
            json_array_extend(items, json_object_get(page, "items"));
        g_free(cursor);
        cursor = g_strdup(json_get_string(page, "next", NULL));
    } while (cursor != NULL);
    if (call->view->json)
        view_json(call->view, items);
    else if (table_rows(table) == 0)
        view_line(call->view, "nothing is there");
    else
        view_table(call->view, table);
    return true;
}

const Command cmd_catalog_list = {
    .name = "catalog list",
    .args = "",
    .summary = "the entities of the catalog",
    .deed = "list the catalog",
    .about = "Reads the files that honk.yaml names under 'catalog', or asks the server that "
             "--server names.",
    .examples = "honk catalog list\nhonk catalog list --type dataset\nhonk catalog list --owner "
                "team-identity --json",
    .options = list_options,
    .run = list_run,
};

/* ---- show ---- */

static void
show_text(View *view, const json_t *answer)
{
    const json_t *entity = json_object_get(answer, "entity");
    const json_t *metadata = json_object_get(entity, "metadata");
    g_autoptr(Table) table = table_new("relation", "entity", NULL);
    size_t index;
    json_t *relation;
    view_tone(view, TONE_STRONG, "%s", json_get_string(answer, "ref", ""));
    view_line(view, "%s", json_get_string(metadata, "description", "(no description)"));
    if (json_get_string(answer, "file", NULL) != NULL)
        view_tone(view, TONE_DIM, "from %s:%d", json_get_string(answer, "file", ""),
                  (int) json_get_int(answer, "line", 0));
    g_autofree char *spec = json_pretty(json_object_get(entity, "spec"));
    view_line(view, "\n%s\n", spec);
    json_array_foreach(json_object_get(answer, "relations"), index, relation)
    {
        table_cell(table, TONE_PLAIN, json_get_string(relation, "type", ""));
        table_cell(table, TONE_PLAIN, json_get_string(relation, "targetRef", ""));
    }
    if (table_rows(table) > 0)
        view_table(view, table);
}

static bool
show_run(Invocation *call, GError **error)
{
    g_autoptr(CatalogSource) source = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!catalog_source_open(call, &source, error) ||
        !catalog_source_get(source, invocation_arg(call, 0), &answer, error))
        return false;
    if (call->view->json)
        view_json(call->view, answer);
    else
        show_text(call->view, answer);
    return true;
}

const Command cmd_catalog_show = {
    .name = "catalog show",
    .args = "REF",
    .summary = "one entity and its relations",
    .deed = "show the entity",
    .examples = "honk catalog show resource:default/users-v1\nhonk catalog show users-v1",
    .run = show_run,
};

/* ---- check ---- */

static bool
check_run(Invocation *call, GError **error)
{
    g_autoptr(Catalog) catalog = NULL;
    const Config *config;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    for (guint i = 0; i < call->args->len; i++)
        g_ptr_array_add(paths, call->args->pdata[i]);
    bool is_whole = paths->len == 0;
    if (is_whole) {
        if (!invocation_config(call, &config, error))
            return false;
        for (guint i = 0; i < config->catalog->len; i++)
            g_ptr_array_add(paths, config->catalog->pdata[i]);
    }
    g_ptr_array_add(paths, NULL);
    if (!catalog_read_shown((const char *const *) paths->pdata, is_whole, call->view, &catalog,
                            error))
        return false;
    if (call->view->json) {
        g_autoptr(json_t) answer =
            json_pack("{s:I}", "entities", (json_int_t) catalog_count(catalog));
        view_json(call->view, answer);
        return true;
    }
    g_autofree char *count = text_plural((int64_t) catalog_count(catalog), "entity", "entities");
    view_tone(call->view, TONE_GOOD, "%s, no mistakes", count);
    return true;
}

const Command cmd_catalog_check = {
    .name = "catalog check",
    .args = "[FILE…]",
    .summary = "look for mistakes in entity files",
    .deed = "take the catalog as it is",
    .about = "Reads files and folders, or what honk.yaml names under 'catalog', and says what is "
             "wrong, each with its place. Of the whole catalog, refs that "
             "lead nowhere are warnings.",
    .examples = "honk catalog check\nhonk catalog check catalog/users.yaml",
    .run = check_run,
};
