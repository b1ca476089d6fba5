/* apply.c - a catalog into rows: what did not change is not touched, what did leaves an event. */
#include "base/text.h"
#include "registry/registry.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    Db *db;
    const RegistryApply *how;
    RegistryCounts counts;
} Applying;

/* Sorted and without blanks; fractions as jansson writes them, since nobody but us compares this digest. */
static char *
entity_digest(const json_t *json, char **ret_text)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    g_assert(text != NULL);
    char *digest = sha256_of(text, strlen(text));
    *ret_text = g_strdup(text);
    free(text);
    return digest;
}

static bool
tell(Applying *applying, const char *type, const char *ref, const char *change, GError **error)
{
    g_auto(Event) event = {
        .at_ms = applying->how->now_ms,
        .type = g_strdup(type),
        .actor = g_strdup(applying->how->actor),
        .data = json_pack("{s:s, s:s*}", "ref", ref, "change", change),
    };
    return ledger_append(applying->db, &event, error);
}

typedef struct {
    char *digest, *file; /* NULL: it was not there */
    int line;
} Before;

static void
before_clear(Before *before)
{
    g_free(before->digest);
    g_free(before->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Before, before_clear)

static bool
look_before(Db *db, const char *ref, Before *before, GError **error)
{
    Stmt *stmt;
    bool is_row;
    if (!db_prepare(db, "SELECT digest, file, line FROM entity WHERE ref = :ref", &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    if (is_row) {
        before->digest = g_strdup(stmt_col_text(stmt, 0));
        before->file = g_strdup(stmt_col_text(stmt, 1));
        before->line = (int) stmt_col_int(stmt, 2);
        stmt_reset(stmt);
    }
    return true;
}

/* The same entity at another place is no change, but paths in it count from where it is now. */
static bool
write_place(Db *db, const Entity *entity, const Before *before, GError **error)
{
    Stmt *stmt;
    if (entity->file == NULL ||
        (entity->line == before->line && g_strcmp0(entity->file, before->file) == 0))
        return true;
    if (!db_prepare(db, "UPDATE entity SET file = :file, line = :line WHERE ref = :ref", &stmt,
                    error))
        return false;
    stmt_text(stmt, ":file", entity->file);
    stmt_int(stmt, ":line", entity->line);
    stmt_text(stmt, ":ref", entity->ref);
    return stmt_run(stmt, NULL, error);
}

static bool
write_entity(Applying *applying, const Entity *entity, const char *text, const char *digest,
             GError **error)
{
    Stmt *stmt;
    const json_t *metadata = json_object_get(entity->json, "metadata");
    if (!db_prepare(applying->db,
                    "INSERT OR REPLACE INTO entity (ref, kind, type, namespace, name, owner, title,"
                    " json, file, line, digest, origin, updated_ms) VALUES (:ref, :kind, :type,"
                    " :namespace, :name, :owner, :title, :json, :file, :line, :digest, :origin,"
                    " :now)",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":ref", entity->ref);
    stmt_text(stmt, ":kind", entity->kind);
    stmt_text(stmt, ":type", entity->type);
    stmt_text(stmt, ":namespace", json_get_string(metadata, "namespace", "default"));
    stmt_text(stmt, ":name", json_get_string(metadata, "name", ""));
    stmt_text(stmt, ":owner", entity->owner);
    stmt_text(stmt, ":title", json_get_string(metadata, "title", ""));
    stmt_text(stmt, ":json", text);
    stmt_text(stmt, ":file", entity->file);
    stmt_int(stmt, ":line", entity->line);
    stmt_text(stmt, ":digest", digest);
    stmt_text(stmt, ":origin", applying->how->origin);
    stmt_int(stmt, ":now", applying->how->now_ms);
    return stmt_run(stmt, NULL, error);
}

static bool
forget_relations(Db *db, const char *ref, GError **error)
{
    Stmt *stmt;
    if (!db_prepare(db, "DELETE FROM relation WHERE source = :ref", &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    return stmt_run(stmt, NULL, error);
}

static bool
write_relations(Db *db, const Entity *entity, bool is_new, GError **error)
{
    if (!is_new && !forget_relations(db, entity->ref, error))
        return false;
    g_autoptr(GPtrArray) relations = entity_relations(entity);
    for (guint i = 0; i < relations->len; i++) {
        const Relation *relation = relations->pdata[i];
        Stmt *stmt;
        if (!db_prepare(db,
                        "INSERT INTO relation (source, type, target)"
                        " VALUES (:source, :type, :target)",
                        &stmt, error))
            return false;
        stmt_text(stmt, ":source", relation->source);
        stmt_text(stmt, ":type", relation->type);
        stmt_text(stmt, ":target", relation->target);
        if (!stmt_run(stmt, NULL, error))
            return false;
    }
    return true;
}

static bool
apply_entity(Applying *applying, const Entity *entity, GError **error)
{
    g_auto(Before) before = {0};
    g_autofree char *text = NULL;
    g_autofree char *digest = entity_digest(entity->json, &text);
    if (!look_before(applying->db, entity->ref, &before, error))
        return false;
    if (g_strcmp0(before.digest, digest) == 0) {
        applying->counts.unchanged++;
        return write_place(applying->db, entity, &before, error);
    }
    bool is_new = before.digest == NULL;
    *(is_new ? &applying->counts.added : &applying->counts.changed) += 1;
    return write_entity(applying, entity, text, digest, error) &&
           write_relations(applying->db, entity, is_new, error) &&
           tell(applying, "entity.applied", entity->ref, is_new ? "added" : "changed", error);
}

/* ---- what went away ---- */

static bool
remove_entity(Applying *applying, const char *ref, GError **error)
{
    Stmt *stmt;
    if (!db_prepare(applying->db, "DELETE FROM entity WHERE ref = :ref", &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    applying->counts.removed++;
    return stmt_run(stmt, NULL, error) && forget_relations(applying->db, ref, error) &&
           tell(applying, "entity.removed", ref, NULL, error);
}

static bool
find_gone(Applying *applying, const Catalog *catalog, GPtrArray *gone, GError **error)
{
    Stmt *stmt;
    bool is_row;
    if (!db_prepare(applying->db, "SELECT ref FROM entity WHERE origin = :origin ORDER BY ref",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":origin", applying->how->origin);
    while (stmt_step(stmt, &is_row, error)) {
        if (!is_row)
            return true;
        const char *ref = stmt_col_text(stmt, 0);
        if (catalog_find(catalog, ref) == NULL)
            g_ptr_array_add(gone, g_strdup(ref));
    }
    return false;
}

static bool
remove_gone(Applying *applying, const Catalog *catalog, GError **error)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    if (!find_gone(applying, catalog, gone, error))
        return false;
    for (guint i = 0; i < gone->len; i++)
        if (!remove_entity(applying, gone->pdata[i], error))
            return false;
    return true;
}

bool
registry_apply(Db *db, const Catalog *catalog, const RegistryApply *how, RegistryCounts *ret,
               GError **error)
{
    Applying applying = {.db = db, .how = how};
    for (size_t i = 0; i < catalog_count(catalog); i++)
        if (!apply_entity(&applying, catalog_entity(catalog, i), error))
            return fail_in(error, "cannot apply '%s'", catalog_entity(catalog, i)->ref);
    if (how->remove_gone && !remove_gone(&applying, catalog, error))
        return fail_in(error, "cannot remove what is gone from '%s'", how->origin);
    if (ret != NULL)
        *ret = applying.counts;
    return true;
}

bool
registry_remove(Db *db, const char *ref, const char *actor, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    const RegistryApply how = {.origin = "", .actor = actor};
    Applying applying = {.db = db, .how = &how};
    return registry_get(db, ref, &entity, error) && remove_entity(&applying, entity->ref, error);
}
