/*
 * cmd_apply.c - register entities: what people keep in files becomes what the server knows.
 *
 * Everything is read and checked here first, so that mistakes come with file and line, and nothing of a
 * folder is sent when one file of it is wrong. Templates' "${{ name }}" are filled from --set.
 */
#include "base/text.h"
#include "catalog/campaign.h"
#include "catalog/catalog.h"
#include "cli/apply.h"
#include "cli/apply_campaign.h"
#include "registry/files.h"

#include <string.h>

#define ENTITIES_PER_REQUEST 200 /* some 200 KiB; one transaction of some 10 ms */
#define MIGRATIONS_TOLD_MAX 10

static const Option options[] = {
    {'f', "file", "FILE|DIR",
     "apply this file, or every *.yaml below this folder; may be repeated"},
    {0, "set", "NAME=VALUE", "what ${{ NAME }} stands for in templates; may be repeated"},
    {0, "campaign", "NAME",
     "these migrations are one campaign: planned, approved, paced and rolled back as one"},
    {0, "dry-run", NULL, "say what would change, and change nothing"},
    {0},
};

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

/* Entities from `*at` on, as many as one request takes; moves `*at`. Each goes with its file, from which the paths in it
 * count. */
static bool
some_send(Invocation *call, const Catalog *catalog, size_t *at, Counts *counts, GError **error)
{
    g_autoptr(json_t) list = json_array(), answer = NULL;
    const char *first = catalog_entity(catalog, *at)->file;
    for (; *at < catalog_count(catalog) && json_array_size(list) < ENTITIES_PER_REQUEST; (*at)++) {
        const Entity *entity = catalog_entity(catalog, *at);
        if (entity_is_campaign(entity)) /* last, when its migrations are there */
            continue;
        g_autofree char *full = g_canonicalize_filename(entity->file, NULL);
        json_array_append_new(list, json_pack("{s:s, s:O}", "file", full, "entity", entity->json));
    }
    if (json_array_size(list) == 0)
        return true;
    if (!client_call(call, "POST",
                     invocation_has(call, "dry-run") ? "/entities?dry_run=1" : "/entities", list,
                     &answer, error))
        return fail_in(error, json_array_size(list) > 1 ? "%s and what follows" : "%s", first);
    counts->added += json_get_int(answer, "added", 0);
    counts->changed += json_get_int(answer, "changed", 0);
    counts->unchanged += json_get_int(answer, "unchanged", 0);
    return true;
}

static guint
files_count(const Catalog *catalog)
{
    g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < catalog_count(catalog); i++)
        g_hash_table_add(files, catalog_entity(catalog, i)->file);
    return g_hash_table_size(files);
}

static void
next_tell(Invocation *call, const Catalog *catalog, const char *campaign)
{
    size_t told = 0;
    if (invocation_has(call, "dry-run"))
        return;
    if (campaign != NULL) {
        view_tone(call->view, TONE_DIM, "next: honk plan %s", campaign);
        return;
    }
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const Entity *entity = catalog_entity(catalog, i);
        if (!entity_is_migration(entity))
            continue;
        if (told++ == MIGRATIONS_TOLD_MAX) {
            view_tone(
                call->view, TONE_DIM,
                "and so on; with --campaign NAME they are planned, approved and paced as one");
            return;
        }
        view_tone(call->view, TONE_DIM, "next: honk plan %s", strrchr(entity->ref, '/') + 1);
    }
}

static void
apply_tell(Invocation *call, const Catalog *catalog, const Counts *counts, const char *campaign)
{
    g_autoptr(json_t) refs = json_array();
    guint files = files_count(catalog);
    for (size_t i = 0; i < catalog_count(catalog); i++)
        json_array_append_new(refs, json_string(catalog_entity(catalog, i)->ref));
    g_autofree char *where = files == 1 ? g_strdup(catalog_entity(catalog, 0)->file)
                                        : text_plural(files, "file", "files");
    view_line(call->view, "%s: %d new, %d changed, %d as before", where, (int) counts->added,
              (int) counts->changed, (int) counts->unchanged);
    next_tell(call, catalog, campaign);
    if (!invocation_json(call))
        return;
    g_autoptr(json_t) all =
        json_pack("{s:I, s:I, s:I, s:O, s:s*}", "added", (json_int_t) counts->added, "changed",
                  (json_int_t) counts->changed, "unchanged", (json_int_t) counts->unchanged, "refs",
                  refs, "campaign", campaign);
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
        if (!some_send(call, catalog, &at, &counts, error))
            return false;
    g_autofree char *campaign = NULL;
    if (!campaign_send(call, catalog, paths, &counts, &campaign, error))
        return false;
    apply_tell(call, catalog, &counts, campaign);
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
    .about =
        "Registers what the files say; nothing moves by it. Files are Backstage entities in "
        "YAML, and\n"
        "templates whose ${{ name }} are filled by --set. Migrations that are applied together "
        "with a\n"
        "'kind: Campaign', or with --campaign, are one campaign.",
    .examples =
        "honk apply -f catalog\nhonk apply -f migrations/users.yaml\n"
        "honk apply -f migrations --campaign spring\n"
        "honk apply -f migration-template.yaml --set name=users-v2 --set owner=team-identity \\\n"
        "  --set source_dataset=users-v1 --set target_dataset=users-v2 --set fleet_group=listening",
    .options = options,
    .run = cmd_apply_run,
};
