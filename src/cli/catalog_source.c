/* catalog_source.c - see catalog_source.h. */
#include "cli/catalog_source.h"

#include "base/limits.h"
#include "base/text.h"
#include "registry/files.h"
#include "registry/registry.h"

#include <string.h>

#define LINEAGE_ROWS_MAX 5000 /* as many as the server gives */

struct CatalogSource {
    Invocation *call;
    Db *db; /* NULL: the server is asked */
};

void
catalog_source_free(CatalogSource *source)
{
    if (source == NULL)
        return;
    db_close(source->db);
    g_free(source);
}

/* ---- opening ---- */

bool
catalog_read_shown(const char *const *paths, bool is_whole, View *view, Catalog **ret,
                   GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    const CatalogOptions options = {.templates_aside = true};
    if (!catalog_read(&catalog_files, paths, &options, diags, &catalog, error))
        return false;
    if (is_whole)
        catalog_check_refs(catalog, diags);
    if (diags_count(diags) > 0 && !view->json) {
        g_autofree char *text = diags_text(diags);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
            g_autofree char *shown = text_printable(*line);
            fprintf(stderr, "%s\n", shown);
        }
    }
    *ret = g_steal_pointer(&catalog);
    return true;
}

static bool
source_load(CatalogSource *source, GError **error)
{
    const Config *config;
    g_autoptr(Catalog) catalog = NULL;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    const RegistryApply how = {.origin = "files", .actor = "honk", .now_ms = 1};
    if (!invocation_config(source->call, &config, error))
        return false;
    for (guint i = 0; i < config->catalog->len; i++)
        g_ptr_array_add(paths, config->catalog->pdata[i]);
    g_ptr_array_add(paths, NULL);
    return catalog_read_shown((const char *const *) paths->pdata, true, source->call->view,
                              &catalog, error) &&
           db_open_memory(&source->db, error) && db_begin(source->db, error) &&
           registry_apply(source->db, catalog, &how, NULL, error) && db_commit(source->db, error);
}

bool
catalog_source_open(Invocation *call, CatalogSource **ret, GError **error)
{
    g_autoptr(CatalogSource) source = g_new0(CatalogSource, 1);
    source->call = call;
    if (!invocation_has(call, "server") && !source_load(source, error))
        return false;
    *ret = g_steal_pointer(&source);
    return true;
}

/* ---- asking ---- */

static bool
list_from_server(CatalogSource *source, const char *const *filter, const char *after, json_t **ret,
                 GError **error)
{
    static const char *const names[FILTER_COUNT] = {"kind", "type", "owner", "q"};
    g_autoptr(GString) path = g_string_new(NULL);
    g_string_append_printf(path, "/entities?limit=%d", PAGE_ROWS_MAX);
    for (int i = 0; i < FILTER_COUNT; i++) {
        g_autofree char *value = filter[i] != NULL ? client_escape(filter[i]) : NULL;
        if (value != NULL)
            g_string_append_printf(path, "&%s=%s", names[i], value);
    }
    g_autofree char *cursor = after != NULL ? client_escape(after) : NULL;
    if (cursor != NULL)
        g_string_append_printf(path, "&after=%s", cursor);
    return client_call(source->call, "GET", path->str, NULL, ret, error);
}

bool
catalog_source_list(CatalogSource *source, const char *const *filter, const char *after,
                    json_t **ret, GError **error)
{
    if (source->db == NULL)
        return list_from_server(source, filter, after, ret, error);
    g_autofree char *owner = NULL;
    if (filter[FILTER_OWNER] != NULL &&
        !entity_ref_parse(filter[FILTER_OWNER], "group", NULL, &owner, error))
        return false;
    const RegistryQuery query = {
        .kind = filter[FILTER_KIND],
        .type = filter[FILTER_TYPE],
        .owner = owner,
        .text = filter[FILTER_TEXT],
        .after = after,
        .limit = PAGE_ROWS_MAX,
    };
    return registry_list(source->db, &query, ret, error);
}

static bool
get_from_server(CatalogSource *source, const char *text, json_t **ret, GError **error)
{
    g_autofree char *ref = NULL;
    if (!entity_ref_parse(text, NULL, NULL, &ref, error))
        return false;
    g_auto(GStrv) parts = g_strsplit_set(ref, ":/", 3);
    return client_get(source->call, ret, error, "/entities/%s/%s/%s", parts[0], parts[1], parts[2]);
}

bool
catalog_source_get(CatalogSource *source, const char *ref, json_t **ret, GError **error)
{
    if (source->db == NULL)
        return get_from_server(source, ref, ret, error);
    g_autoptr(Entity) entity = NULL;
    json_t *relations;
    if (!registry_get(source->db, ref, &entity, error) ||
        !registry_relations(source->db, entity->ref, &relations, error))
        return false;
    *ret = json_pack("{s:s, s:s, s:O, s:o, s:s*, s:i}", "ref", entity->ref, "owner", entity->owner,
                     "entity", entity->json, "relations", relations, "file", entity->file, "line",
                     entity->line);
    return true;
}

static bool
lineage_from_server(CatalogSource *source, const char *ref, bool is_up, bool is_down, int depth,
                    json_t **ret, GError **error)
{
    g_autofree char *escaped = client_escape(ref);
    return client_get(source->call, ret, error, "/lineage?ref=%s&direction=%s&depth=%d", escaped,
                      is_up && is_down ? "both"
                      : is_up          ? "up"
                                       : "down",
                      depth);
}

static bool
lineage_add(CatalogSource *source, const char *ref, LineageDirection direction, int depth,
            json_t *answer, GError **error)
{
    CatalogView view = registry_view(source->db);
    json_t *lineage;
    if (!catalog_lineage(&view, ref, direction, depth, LINEAGE_ROWS_MAX, &lineage, error))
        return false;
    json_object_set_new(answer, direction == LINEAGE_UPSTREAM ? "upstream" : "downstream", lineage);
    return true;
}

bool
catalog_source_lineage(CatalogSource *source, const char *ref, bool is_up, bool is_down, int depth,
                       json_t **ret, GError **error)
{
    if (source->db == NULL)
        return lineage_from_server(source, ref, is_up, is_down, depth, ret, error);
    g_autoptr(Entity) entity = NULL;
    if (!registry_get(source->db, ref, &entity, error))
        return false;
    g_autoptr(json_t) answer = json_pack("{s:s}", "ref", entity->ref);
    if ((is_up && !lineage_add(source, entity->ref, LINEAGE_UPSTREAM, depth, answer, error)) ||
        (is_down && !lineage_add(source, entity->ref, LINEAGE_DOWNSTREAM, depth, answer, error)))
        return false;
    *ret = g_steal_pointer(&answer);
    return true;
}
