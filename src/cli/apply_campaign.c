/*
 * apply_campaign.c - see apply_campaign.h.
 *
 * A campaign is an entity like others. What is not written in it is filled in here, where all files have been read: its
 * migrations, and with --campaign also itself; its owner, if all migrations have the same.
 */
#include "cli/apply_campaign.h"

#include "catalog/campaign.h"

#include <string.h>

/* Of that name, or the only one that there is. */
static bool
described(const Catalog *catalog, const char *name, const Entity **ret, GError **error)
{
    *ret = NULL;
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const Entity *entity = catalog_entity(catalog, i);
        bool is_it = entity_is_campaign(entity) &&
                     (name == NULL || strcmp(strrchr(entity->ref, '/') + 1, name) == 0);
        if (is_it && *ret != NULL)
            return fail(error, ERR_INVALID,
                        "there are several campaigns ('%s', '%s'): apply them one by one",
                        (*ret)->ref, entity->ref);
        if (is_it)
            *ret = entity;
    }
    return true;
}

static json_t *
migrations_of(const Catalog *catalog, const char **ret_owner)
{
    json_t *refs = json_array();
    bool is_one = true;
    *ret_owner = NULL;
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const Entity *entity = catalog_entity(catalog, i);
        if (!entity_is_migration(entity))
            continue;
        is_one &= json_array_size(refs) == 0 || g_strcmp0(*ret_owner, entity->owner) == 0;
        *ret_owner = entity->owner;
        json_array_append_new(refs, json_string(entity->ref));
    }
    if (!is_one || (*ret_owner != NULL && **ret_owner == '\0'))
        *ret_owner = NULL;
    return refs;
}

/* The entity with what it leaves out. */
static json_t *
completed(const Entity *entity, const char *name, json_t *take_migrations, const char *owner)
{
    json_t *json = entity != NULL ? json_deep_copy(entity->json)
                                  : json_pack("{s:s, s:s, s:{s:s}, s:{}}", "apiVersion", "honk/v1",
                                              "kind", "Campaign", "metadata", "name", name, "spec");
    json_t *spec = json_object_get(json, "spec");
    json_object_set_new(spec, "migrations", take_migrations);
    if (json_object_get(spec, "owner") == NULL)
        json_set_string(spec, "owner", owner);
    return json;
}

static bool
send_list(Invocation *call, const json_t *list, Counts *counts, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    const char *path = invocation_has(call, "dry-run") ? "/entities?dry_run=1" : "/entities";
    if (json_array_size(list) == 0)
        return true;
    if (!client_call(call, "POST", path, list, &answer, error))
        return fail_in(error, "the campaigns");
    counts->added += json_get_int(answer, "added", 0);
    counts->changed += json_get_int(answer, "changed", 0);
    counts->unchanged += json_get_int(answer, "unchanged", 0);
    return true;
}

static void
list_add(json_t *list, const char *file, json_t *take_entity)
{
    g_autofree char *full = g_canonicalize_filename(file, NULL);
    json_array_append_new(list, json_pack("{s:s, s:o}", "file", full, "entity", take_entity));
}

static bool
is_complete(const Entity *entity)
{
    const json_t *spec = entity == NULL ? NULL : json_object_get(entity->json, "spec");
    return json_object_get(spec, "migrations") != NULL || json_object_get(spec, "selector") != NULL;
}

bool
campaign_send(Invocation *call, const Catalog *catalog, const char *const *paths, Counts *counts,
              char **ret_name, GError **error)
{
    const char *name = invocation_option(call, "campaign"), *owner = NULL;
    const Entity *meant = NULL;
    g_autoptr(json_t) list = json_array();
    if (!described(catalog, name, &meant, error))
        return false;
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const Entity *entity = catalog_entity(catalog, i);
        if (entity_is_campaign(entity) && (entity != meant || is_complete(entity)))
            list_add(list, entity->file, json_incref(entity->json));
    }
    if (name == NULL && meant == NULL)
        return send_list(call, list, counts, error);
    *ret_name = g_strdup(meant != NULL ? strrchr(meant->ref, '/') + 1 : name);
    if (is_complete(meant))
        return send_list(call, list, counts, error);
    json_t *migrations = migrations_of(catalog, &owner);
    if (json_array_size(migrations) == 0) {
        json_decref(migrations);
        return fail(error, ERR_INVALID, "there is no migration in '%s' for campaign '%s'", paths[0],
                    *ret_name);
    }
    list_add(list, meant != NULL ? meant->file : paths[0],
             completed(meant, name, migrations, owner));
    return send_list(call, list, counts, error);
}
