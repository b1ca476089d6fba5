/* registry.c - questions to the rows: one entity, a page of them, their relations; each bounded, each by an index. */
#include "registry/registry.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

/* ---- one entity ---- */

#define ENTITY_COLUMNS "ref, json, file, line, origin"

static bool
entity_of_row(Stmt *stmt, Entity **ret, GError **error)
{
    g_autoptr(json_t) json = NULL;
    g_autoptr(Entity) entity = NULL;
    const char *text = stmt_col_text(stmt, 1);
    if (!json_parse(text, strlen(text), stmt_col_text(stmt, 0), &json, error) ||
        !entity_from_json(json, &entity, error))
        return false;
    entity->file = g_strdup(stmt_col_text(stmt, 2));
    entity->line = (int) stmt_col_int(stmt, 3);
    *ret = g_steal_pointer(&entity);
    return true;
}

static bool
view_entity(void *data, const char *ref, Entity **ret, GError **error)
{
    Stmt *stmt;
    bool is_row;
    Entity *entity = NULL;
    if (!db_prepare(data, "SELECT " ENTITY_COLUMNS " FROM entity WHERE ref = :ref", &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    if (!stmt_step(stmt, &is_row, error))
        return false;
    bool is_ok = !is_row || entity_of_row(stmt, &entity, error);
    if (is_row)
        stmt_reset(stmt);
    if (is_ok)
        *ret = entity;
    return is_ok;
}

#define NEAR_ROWS_MAX 10000 /* looked through for a name that is nearly right: some milliseconds */

/* For "did you mean": refs of the same kind, or the names of all when there is no kind. */
static bool
nearest_ref(Db *db, const char *ref, char **ret, GError **error)
{
    Stmt *stmt;
    bool is_row, is_short = strchr(ref, ':') == NULL;
    g_autoptr(GPtrArray) refs = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *from = is_short ? g_strdup("") : g_strndup(ref, strcspn(ref, ":"));
    g_autofree char *until =
        is_short ? g_strdup("~") : g_strconcat(from, ";", NULL); /* follows ':' */
    if (!db_prepare(db,
                    "SELECT ref FROM entity WHERE ref > :from AND ref < :until ORDER BY ref"
                    " LIMIT :limit",
                    &stmt, error))
        return false;
    stmt_text(stmt, ":from", from);
    stmt_text(stmt, ":until", until);
    stmt_int(stmt, ":limit", NEAR_ROWS_MAX);
    for (;;) {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        if (!is_row)
            break;
        const char *found = stmt_col_text(stmt, 0), *slash = strrchr(found, '/');
        g_ptr_array_add(refs, g_strdup(is_short && slash != NULL ? slash + 1 : found));
    }
    g_ptr_array_add(refs, NULL);
    *ret = g_strdup(text_nearest(ref, (const char *const *) refs->pdata));
    return true;
}

/* A name without a kind is looked up as each kind; `is_wanted` NULL takes all. */
static bool
find_short(Db *db, const char *name, bool (*is_wanted)(const Entity *), GPtrArray *found,
           GError **error)
{
    static const char *const kinds[] = {"migration", "component", "resource", "api",
                                        "system",    "domain",    "group",    "user",
                                        "location",  "template"};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *ref = NULL;
        g_autoptr(Entity) entity = NULL;
        if (!entity_ref_parse(name, kinds[i], NULL, &ref, error) ||
            !view_entity(db, ref, &entity, error))
            return false;
        if (entity != NULL && (is_wanted == NULL || is_wanted(entity)))
            g_ptr_array_add(found, g_steal_pointer(&entity));
    }
    return true;
}

static void
entity_free_one(void *data)
{
    entity_free(data);
}

/* "'component:default/users', 'resource:default/users'". Caller frees. */
static char *
refs_of(const GPtrArray *found)
{
    g_autoptr(GString) refs = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(refs, "%s'%s'", i > 0 ? ", " : "",
                               ((Entity *) found->pdata[i])->ref);
    return g_string_free(g_steal_pointer(&refs), FALSE);
}

/* What has that very name is told before what has nearly that name. */
static bool
entity_not_found(Db *db, const char *ref, const char *wanted, GError **error)
{
    g_autoptr(GPtrArray) namesakes = g_ptr_array_new_with_free_func(entity_free_one);
    g_autofree char *nearest = NULL;
    const char *colon = strchr(ref, ':');
    if (!find_short(db, colon != NULL ? colon + 1 : ref, NULL, namesakes, error) ||
        !nearest_ref(db, ref, &nearest, error))
        return false;
    if (namesakes->len > 0) {
        g_autofree char *refs = refs_of(namesakes);
        return fail(error, ERR_NOT_FOUND, "there is no %s '%s', but %s", wanted, ref, refs);
    }
    if (nearest != NULL)
        return fail(error, ERR_NOT_FOUND, "there is no %s '%s', did you mean '%s'?", wanted, ref,
                    nearest);
    return fail(error, ERR_NOT_FOUND, "there is no %s '%s'", wanted, ref);
}

static bool
get_short(Db *db, const char *name, bool (*is_wanted)(const Entity *), Entity **ret, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(entity_free_one);
    if (!find_short(db, name, is_wanted, found, error))
        return false;
    if (found->len == 0)
        return entity_not_found(db, name, is_wanted != NULL ? "migration" : "entity", error);
    if (found->len == 1) {
        *ret = g_ptr_array_steal_index(found, 0);
        return true;
    }
    g_autofree char *refs = refs_of(found);
    return fail(error, ERR_INVALID, "'%s' may be any of %s: name its kind", name, refs);
}

static bool
get_full(Db *db, const char *text, Entity **ret, GError **error)
{
    g_autofree char *ref = NULL;
    g_autoptr(Entity) entity = NULL;
    if (!entity_ref_parse(text, NULL, NULL, &ref, error) || !view_entity(db, ref, &entity, error))
        return false;
    if (entity == NULL)
        return entity_not_found(db, ref, "entity", error);
    *ret = g_steal_pointer(&entity);
    return true;
}

bool
registry_get(Db *db, const char *ref, Entity **ret, GError **error)
{
    return strchr(ref, ':') != NULL ? get_full(db, ref, ret, error)
                                    : get_short(db, ref, NULL, ret, error);
}

bool
registry_migration(Db *db, const char *ref, Entity **ret, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    if (strchr(ref, ':') == NULL)
        return get_short(db, ref, entity_is_migration, ret, error);
    if (!get_full(db, ref, &entity, error))
        return false;
    if (!entity_is_migration(entity))
        return fail(error, ERR_INVALID,
                    "'%s' is no migration: expected kind Migration or spec.type "
                    "'dataset-migration'",
                    entity->ref);
    *ret = g_steal_pointer(&entity);
    return true;
}

/* ---- pages ---- */

static char *
query_sql(const RegistryQuery *query)
{
    GString *sql = g_string_new("SELECT " ENTITY_COLUMNS " FROM entity WHERE ref > :after");
    if (query->kind != NULL)
        g_string_append(sql, " AND ref < :until");
    if (query->type != NULL)
        g_string_append(sql, " AND type = :type");
    if (query->owner != NULL)
        g_string_append(sql, " AND owner = :owner");
    if (query->text != NULL)
        g_string_append(sql, " AND (instr(ref, :text) > 0 OR instr(lower(title), :text) > 0)");
    g_string_append(sql, " ORDER BY ref LIMIT :limit");
    return g_string_free(sql, FALSE);
}

static void
query_bind(const RegistryQuery *query, Stmt *stmt, int limit)
{
    g_autofree char *kind = query->kind != NULL ? g_ascii_strdown(query->kind, -1) : g_strdup("");
    g_autofree char *from = g_strconcat(kind, *kind != '\0' ? ":" : "", NULL);
    g_autofree char *until = g_strconcat(kind, ";", NULL); /* ';' follows ':' */
    g_autofree char *text = query->text != NULL ? g_ascii_strdown(query->text, -1) : NULL;
    bool is_later = query->after != NULL && strcmp(query->after, from) > 0;
    stmt_text(stmt, ":after", is_later ? query->after : from);
    if (query->kind != NULL)
        stmt_text(stmt, ":until", until);
    if (query->type != NULL)
        stmt_text(stmt, ":type", query->type);
    if (query->owner != NULL)
        stmt_text(stmt, ":owner", query->owner);
    if (query->text != NULL)
        stmt_text(stmt, ":text", text);
    stmt_int(stmt, ":limit", limit + 1); /* one more tells whether there is a next page */
}

static bool
query_item(Stmt *stmt, json_t *items, GError **error)
{
    g_autoptr(Entity) entity = NULL;
    if (!entity_of_row(stmt, &entity, error))
        return false;
    json_t *item = json_object();
    json_set_string(item, "ref", entity->ref);
    json_set_string(item, "owner", entity->owner);
    json_object_update(item, entity->json);
    json_set_string(item, "file", entity->file);
    if (entity->line > 0)
        json_set_int(item, "line", entity->line);
    json_set_string(item, "origin", stmt_col_text(stmt, 4));
    json_array_append_new(items, item);
    return true;
}

static bool
query_run(Stmt *stmt, size_t limit, json_t *items, bool *ret_more, GError **error)
{
    bool is_row;
    for (;;) {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        *ret_more = is_row && json_array_size(items) == limit;
        if (!is_row)
            return true;
        bool is_ok = *ret_more || query_item(stmt, items, error);
        if (*ret_more || !is_ok) {
            stmt_reset(stmt);
            return is_ok;
        }
    }
}

bool
registry_list(Db *db, const RegistryQuery *query, json_t **ret, GError **error)
{
    int limit = query->limit > 0 ? MIN(query->limit, PAGE_ROWS_MAX) : PAGE_ROWS_DEFAULT;
    g_autofree char *sql = query_sql(query);
    g_autoptr(json_t) items = json_array();
    bool is_more = false;
    Stmt *stmt;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    query_bind(query, stmt, limit);
    if (!query_run(stmt, (size_t) limit, items, &is_more, error))
        return fail_in(error, "cannot list entities");
    const json_t *last = json_array_get(items, json_array_size(items) - 1);
    *ret = json_object();
    json_object_set(*ret, "items", items);
    json_object_set_new(*ret, "next",
                        is_more ? json_string(json_get_string(last, "ref", "")) : json_null());
    return true;
}

/* ---- by annotation ---- */

static void
entity_free_any(void *entity)
{
    entity_free(entity);
}

/* The text is looked for first: reading the JSON of all entities would take a hundred times as long. */
bool
registry_annotated(Db *db, const char *annotation, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(entity_free_any);
    /* In the text, so that an index which knows the annotation is used: schema.sql. */
    g_autofree char *sql = g_strdup_printf(
        "SELECT " ENTITY_COLUMNS " FROM entity WHERE instr(json, '\"%s\"') > 0 ORDER BY ref",
        annotation);
    Stmt *stmt;
    bool is_row = true;
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    for (;;) {
        Entity *entity = NULL;
        if (!stmt_step(stmt, &is_row, error))
            return false;
        if (!is_row)
            break;
        if (!entity_of_row(stmt, &entity, error)) {
            stmt_reset(stmt);
            return false;
        }
        if (entity_annotation(entity, annotation) != NULL)
            g_ptr_array_add(found, entity);
        else
            entity_free(entity);
    }
    *ret = g_steal_pointer(&found);
    return true;
}

/* ---- relations ---- */

/* Rows are copied before anybody is told: who listens may ask again, with the same statement. */
static bool
collect_relations(Db *db, const char *ref, bool is_source, GPtrArray *found, GError **error)
{
    Stmt *stmt;
    bool is_row;
    const char *sql = is_source ? "SELECT type, target FROM relation WHERE source = :ref"
                                  " ORDER BY type, target"
                                : "SELECT type, source FROM relation WHERE target = :ref"
                                  " ORDER BY type, source";
    if (!db_prepare(db, sql, &stmt, error))
        return false;
    stmt_text(stmt, ":ref", ref);
    for (;;) {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        if (!is_row)
            return true;
        const char *type = stmt_col_text(stmt, 0);
        type = is_source ? type : relation_inverse(type);
        if (type == NULL)
            continue;
        g_ptr_array_add(found, (void *) g_intern_string(type));
        g_ptr_array_add(found, (void *) g_strdup(stmt_col_text(stmt, 1)));
    }
}

static void
pairs_free(GPtrArray *pairs)
{
    for (guint i = 1; i < pairs->len; i += 2)
        g_free(pairs->pdata[i]);
    g_ptr_array_unref(pairs);
}

static bool
view_relations(void *data, const char *ref, RelationFn *fn, void *fn_data, GError **error)
{
    GPtrArray *found = g_ptr_array_new();
    bool is_ok = collect_relations(data, ref, true, found, error) &&
                 collect_relations(data, ref, false, found, error);
    for (guint i = 0; is_ok && i < found->len; i += 2)
        if (!fn(found->pdata[i], found->pdata[i + 1], fn_data))
            break;
    pairs_free(found);
    return is_ok;
}

CatalogView
registry_view(Db *db)
{
    return (CatalogView){view_entity, view_relations, db};
}

static bool
append_relation(const char *type, const char *other, void *data)
{
    g_autoptr(json_t) item = json_pack("{s:s, s:s}", "type", type, "targetRef", other);
    size_t index;
    json_t *before;
    json_array_foreach((json_t *) data, index, before)
    {
        if (json_equal(before, item))
            return true;
    }
    json_array_append(data, item);
    return json_array_size(data) < PAGE_ROWS_MAX;
}

bool
registry_relations(Db *db, const char *ref, json_t **ret, GError **error)
{
    g_autoptr(json_t) list = json_array();
    if (!view_relations(db, ref, append_relation, list, error))
        return false;
    *ret = g_steal_pointer(&list);
    return true;
}

/* ---- counts ---- */

bool
registry_counts(Db *db, json_t **ret, GError **error)
{
    Stmt *stmt;
    bool is_row;
    int64_t total = 0;
    g_autoptr(json_t) kinds = json_object();
    if (!db_prepare(db, "SELECT kind, count(*) FROM entity GROUP BY kind ORDER BY kind", &stmt,
                    error))
        return false;
    for (;;) {
        if (!stmt_step(stmt, &is_row, error))
            return false;
        if (!is_row)
            break;
        json_set_int(kinds, stmt_col_text(stmt, 0), stmt_col_int(stmt, 1));
        total += stmt_col_int(stmt, 1);
    }
    *ret = json_pack("{s:I, s:O}", "entities", (json_int_t) total, "kinds", kinds);
    return true;
}
