/*
 * cmd_apply.c - register entities: what people keep in files becomes what the server knows.
 *
 * Everything is read and checked here first, so that mistakes come with file and line, and nothing of a
 * folder is sent when one file of it is wrong. Templates' "${{ name }}" are filled from --set.
 */
#include "base/text.h"
#include "catalog/catalog.h"
#include "cli/apply.h"
#include "registry/files.h"

#include <string.h>

static const Option options[] = {
    {'f', "file", "FILE|DIR",
     "apply this file, or every *.yaml below this folder; may be repeated"},
    {0, "set", "NAME=VALUE", "what ${{ NAME }} stands for in templates; may be repeated"},
    {0, "dry-run", NULL, "say what would change, and change nothing"},
    {0},
};

typedef struct {
    int64_t added, changed, unchanged;
} Counts;

static GPtrArray *
paths_given(const Invocation *call)
{
    GPtrArray *paths = invocation_options(call, "file");
    for (guint i = 0; i < call->args->len; i++)
        g_ptr_array_add(paths, call->args->pdata[i]);
    g_ptr_array_add(paths, NULL);
    return paths;
}

static bool
entities_read(const char *const *paths, const char *const *sets, Catalog **ret, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Catalog) catalog = NULL;
    const CatalogOptions how = {.sets = sets, .templates_aside = false};
    if (!catalog_read(&catalog_files, paths, &how, diags, &catalog, error))
        return false;
    if (catalog_count(catalog) == 0)
        return fail(error, ERR_INVALID, "there is no entity in '%s'", paths[0]);
    *ret = g_steal_pointer(&catalog);
    return true;
}

/* Entities from `*at` on that come from one file, as one request; moves `*at`. */
static bool
file_send(Invocation *call, const Catalog *catalog, size_t *at, Counts *counts, GError **error)
{
    const char *file = catalog_entity(catalog, *at)->file;
    g_autoptr(json_t) list = json_array(), answer = NULL;
    for (; *at < catalog_count(catalog); (*at)++) {
        const Entity *entity = catalog_entity(catalog, *at);
        if (g_strcmp0(entity->file, file) != 0)
            break;
        json_array_append(list, entity->json);
    }
    g_autofree char *full = g_canonicalize_filename(file, NULL);
    g_autofree char *escaped = client_escape(full);
    g_autofree char *path = g_strdup_printf("/entities?file=%s%s", escaped,
                                            invocation_has(call, "dry-run") ? "&dry_run=1" : "");
    if (!client_call(call, "POST", path, list, &answer, error))
        return fail_in(error, "%s", file);
    counts->added += json_get_int(answer, "added", 0);
    counts->changed += json_get_int(answer, "changed", 0);
    counts->unchanged += json_get_int(answer, "unchanged", 0);
    view_line(call->view, "%s: %d new, %d changed, %d as before", file,
              (int) json_get_int(answer, "added", 0), (int) json_get_int(answer, "changed", 0),
              (int) json_get_int(answer, "unchanged", 0));
    return true;
}

static void
apply_tell(Invocation *call, const Catalog *catalog, const Counts *counts)
{
    g_autoptr(json_t) refs = json_array();
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const Entity *entity = catalog_entity(catalog, i);
        json_array_append_new(refs, json_string(entity->ref));
        if (entity_is_migration(entity) && !invocation_has(call, "dry-run"))
            view_tone(call->view, TONE_DIM, "next: honk plan %s", strrchr(entity->ref, '/') + 1);
    }
    if (!invocation_json(call))
        return;
    g_autoptr(json_t) all = json_pack("{s:I, s:I, s:I, s:O}", "added", (json_int_t) counts->added,
                                      "changed", (json_int_t) counts->changed, "unchanged",
                                      (json_int_t) counts->unchanged, "refs", refs);
    view_json(call->view, all);
}

bool
apply_files(Invocation *call, const char *const *paths, const char *const *sets, GError **error)
{
    g_autoptr(Catalog) catalog = NULL;
    Counts counts = {0};
    if (!entities_read(paths, sets, &catalog, error))
        return false;
    for (size_t at = 0; at < catalog_count(catalog);)
        if (!file_send(call, catalog, &at, &counts, error))
            return false;
    apply_tell(call, catalog, &counts);
    return true;
}

static bool
cmd_apply_run(Invocation *call, GError **error)
{
    g_autoptr(GPtrArray) paths = paths_given(call), sets = invocation_options(call, "set");
    g_ptr_array_add(sets, NULL);
    if (paths->pdata[0] == NULL)
        return fail(error, ERR_INVALID, "what? expected 'honk apply -f FILE'");
    return apply_files(call, (const char *const *) paths->pdata, (const char *const *) sets->pdata,
                       error);
}

const Command cmd_apply = {
    .name = "apply",
    .args = "[FILE…]",
    .summary = "register entities: datasets, consumers, migrations",
    .deed = "apply the entities",
    .about = "Registers what the files say; nothing moves by it. Files are Backstage entities in "
             "YAML, and\n"
             "templates whose ${{ name }} are filled by --set.",
    .examples =
        "honk apply -f catalog\nhonk apply -f migrations/users.yaml\n"
        "honk apply -f migration-template.yaml --set name=users-v2 --set owner=team-identity \\\n"
        "  --set source_dataset=users-v1 --set target_dataset=users-v2 --set fleet_group=listening",
    .options = options,
    .run = cmd_apply_run,
};
