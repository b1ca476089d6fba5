/* backstage_write.c - see backstage_write.h. */
#include "server/backstage_write.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/backstage_plans.h"

#include <stdlib.h>
#include <string.h>

Catalog *
backstage_catalog(const json_t *entity)
{
    char *text = json_dumps(entity, JSON_COMPACT);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) wrong = NULL;
    Catalog *catalog = NULL;
    if (!catalog_parse(text, strlen(text), "Backstage", NULL, diags, &catalog, &wrong))
        log_line(LOG_WARN, json_pack("{s:s}", "event", "backstage.refused"),
                 "an entity of Backstage is left out: %s", wrong->message);
    free(text);
    return catalog;
}

/* Who keeps it now; NULL when nobody has it. */
static bool
origin_of(Db *db, const char *ref, char **ret, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(db, "SELECT origin FROM entity WHERE ref = :ref", &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    *ret = is_row ? g_strdup(stmt_col_text(stmt, 0)) : NULL;
    if (is_row)
        stmt_reset(stmt);
    return true;
}

bool
backstage_apply(Db *db, const Catalog *catalog, GError **error)
{
    RegistryApply how = {
        .origin = BACKSTAGE_ORIGIN, .actor = BACKSTAGE_ACTOR, .now_ms = clock_wall_ms()};
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        g_autofree char *origin = NULL;
        if (!origin_of(db, catalog_entity(catalog, i)->ref, &origin, error))
            return false;
        if (origin != NULL && strcmp(origin, BACKSTAGE_ORIGIN) != 0)
            return true; /* files and people come first */
    }
    return registry_apply(db, catalog, &how, NULL, error);
}
