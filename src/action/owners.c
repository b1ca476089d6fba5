/* owners.c - see owners.h. */
#include "action/owners.h"

#include "forge/codeowners.h"

#include <string.h>

static void
add_owner(GPtrArray *owners, const char *name)
{
    if (owners->len < OWNERS_MAX &&
        !g_ptr_array_find_with_equal_func(owners, name, g_str_equal, NULL))
        g_ptr_array_add(owners, g_strdup(name));
}

/* The catalog's are part of the plan that was approved. */
static void
add_planned(const json_t *change, GPtrArray *owners)
{
    json_t *name;
    size_t i;
    json_array_foreach(json_object_get(change, "reviewers"), i, name)
        add_owner(owners, json_string_value(name));
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static void
add_sorted(GHashTable *names, GPtrArray *owners)
{
    g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(names), by_text);
    for (const GList *name = sorted; name != NULL; name = name->next)
        add_owner(owners, name->data);
}

static bool
add_by_file(const Proposal *proposal, const CodeOwners *file, GPtrArray *owners, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) paths = NULL;
    GHashTableIter iter;
    void *path;
    if (!repository_differing(proposal->place.repository, proposal->local.base,
                              proposal->local.ours, &paths, error))
        return false;
    g_hash_table_iter_init(&iter, paths);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        codeowners_add(file, path, names);
    add_sorted(names, owners);
    return true;
}

/* NULL: there is none. */
static bool
read_file(const Repository *repository, const char *commit, ForgeKind kind, CodeOwners **ret,
          GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!repository_first(repository, commit, codeowners_paths(kind), CODEOWNERS_BYTES_MAX, &text,
                          &bytes, error))
        return false;
    *ret = text != NULL ? codeowners_parse(kind, text, bytes) : NULL;
    return true;
}

bool
owners_of_change(const Proposal *proposal, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) owners = g_ptr_array_new_with_free_func(g_free);
    const ForgeConfig *forge = proposal->config;
    g_autoptr(CodeOwners) file = NULL;
    if (forge->asks_owners && proposal->local.ours != NULL) {
        add_planned(proposal->place.change, owners);
        if (!read_file(proposal->place.repository, proposal->head, forge->kind, &file, error))
            return false;
        if (file != NULL && !add_by_file(proposal, file, owners, error))
            return false;
    }
    *ret = g_steal_pointer(&owners);
    return true;
}

/* Who has no host that asks people has their names in the commit. */
static bool
is_named_in_commit(const RepositoryConfig *place)
{
    bool asks = place->forge == NULL || place->forge->asks_owners;
    return repository_config_kind(place) == FORGE_GIT && asks;
}

bool
owners_to_name(const CodePlace *place, const Look *look, json_t **ret, GError **error)
{
    const RepositoryConfig *where;
    const char *ignored;
    g_autoptr(GPtrArray) owners = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(CodeOwners) file = NULL;
    *ret = NULL;
    if (!config_repository_url(place->env->config, place->repository->address, &where, &ignored,
                               error))
        return false;
    if (!is_named_in_commit(where))
        return true;
    if (!read_file(place->repository, look->commit, FORGE_GIT, &file, error))
        return false;
    add_planned(place->change, owners);
    for (guint i = 0; file != NULL && i < look->files->len; i++) {
        const LookFile *one = look->files->pdata[i];
        if (one->is_edited)
            codeowners_add(file, one->path, names);
    }
    add_sorted(names, owners);
    *ret = json_array();
    for (guint i = 0; i < owners->len; i++)
        json_array_append_new(*ret, json_string(owners->pdata[i]));
    return true;
}
