/* campaign.c - a campaign's entity with the migrations that it names or selects, as they are registered now. */
#include "catalog/campaign.h"
#include "registry/registry.h"

#include <string.h>

static bool
member_add(json_t *members, GHashTable *seen, const Entity *entity, GError **error)
{
    if (!entity_is_migration(entity))
        return fail(error, ERR_INVALID, "'%s' is no migration", entity->ref);
    if (!g_hash_table_add(seen, g_strdup(entity->ref)))
        return true; /* said twice is said once */
    json_array_append_new(
        members, json_pack("{s:s, s:s}", "migration", entity->ref, "owner", entity->owner));
    return true;
}

static bool
members_by_name(Db *db, const json_t *names, json_t *members, GHashTable *seen, GError **error)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        g_autoptr(Entity) entity = NULL;
        const char *name = json_string_value(json_array_get(names, i));
        if (!registry_migration(db, name != NULL ? name : "", &entity, error) ||
            !member_add(members, seen, entity, error))
            return fail_in(error, "spec.migrations[%zu]", i);
    }
    return true;
}

static bool
members_by_selector(Db *db, const CampaignSpec *spec, json_t *members, GHashTable *seen,
                    GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(
            db,
            "SELECT json FROM entity WHERE kind = 'Migration' OR type = 'dataset-migration' "
            "ORDER BY ref",
            &stmt, error))
        return false;
    for (bool is_row = true;;) {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        if (!is_row)
            return true;
        g_autoptr(json_t) json = NULL;
        g_autoptr(Entity) entity = NULL;
        const char *text = stmt_col_text(stmt, 0);
        bool ok = json_parse(text, strlen(text), "entity", &json, error) &&
                  entity_from_json(json, &entity, error) &&
                  (!campaign_selects(spec, entity) || member_add(members, seen, entity, error));
        if (!ok) {
            stmt_reset(stmt);
            return false;
        }
    }
}

static bool
members_of(Db *db, const Entity *campaign, const CampaignSpec *spec, json_t **ret, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(json_t) members = json_array();
    bool ok = spec->migrations != NULL ? members_by_name(db, spec->migrations, members, seen, error)
                                       : members_by_selector(db, spec, members, seen, error);
    if (!ok)
        return fail_in(error, "%s", campaign->ref);
    if (json_array_size(members) == 0)
        return fail(error, ERR_INVALID,
                    "'%s' has no migrations: name them in spec.migrations, select them with "
                    "spec.selector, or apply their folder with 'honk apply -f DIR --campaign NAME'",
                    campaign->ref);
    *ret = g_steal_pointer(&members);
    return true;
}

bool
registry_campaign(Db *db, const char *ref, json_t **ret, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    g_auto(CampaignSpec) spec = {0};
    g_autoptr(json_t) members = NULL;
    if (!registry_get(db, ref, &entity, error))
        return false;
    if (!entity_is_campaign(entity))
        return fail(error, ERR_INVALID, "'%s' is no campaign", ref);
    if (!campaign_spec_read(entity->json, &spec, error) ||
        !members_of(db, entity, &spec, &members, error))
        return false;
    *ret = json_pack("{s:s, s:s, s:o, s:I, s:I, s:O}", "ref", entity->ref, "owner", entity->owner,
                     "waves", campaign_quotas(&spec, (int64_t) json_array_size(members)),
                     "failures_allowed", (json_int_t) spec.failures_allowed, "at_once",
                     (json_int_t) spec.at_once, "members", members);
    return true;
}
