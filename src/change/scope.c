/* scope.c - see scope.h. */
#include "change/scope.h"

#include "model/change_key.h"

#include <string.h>

struct ChangeScope {
    GHashTable *paths; /* set of char * */
    bool is_rest;
};

ChangeScope *
change_scope_new(bool is_rest)
{
    ChangeScope *scope = g_new0(ChangeScope, 1);
    scope->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    scope->is_rest = is_rest;
    return scope;
}

void
change_scope_free(ChangeScope *scope)
{
    if (scope == NULL)
        return;
    g_hash_table_unref(scope->paths);
    g_free(scope);
}

void
change_scope_add(ChangeScope *scope, const char *shown)
{
    g_hash_table_add(scope->paths, g_strdup(shown));
}

bool
change_scope_has(const ChangeScope *scope, const char *shown)
{
    return scope == NULL || g_hash_table_contains(scope->paths, shown) != scope->is_rest;
}

static void
add_files_of(ChangeScope *scope, const json_t *change)
{
    const char *path;
    json_t *blob;
    json_object_foreach(json_object_get(change, "blobs"), path, blob) change_scope_add(scope, path);
}

ChangeScope *
change_scope_of(const json_t *changes, const json_t *change)
{
    const char *address = json_get_string(change, "repository", "");
    ChangeScope *scope = NULL;
    json_t *one;
    size_t i;
    if (change_part(change) == NULL)
        return NULL;
    json_array_foreach(changes, i, one)
    {
        if (strcmp(json_get_string(one, "repository", ""), address) != 0)
            continue;
        bool is_this = strcmp(change_key(one), change_key(change)) == 0;
        if (scope == NULL)
            scope = change_scope_new(is_this);
        if (is_this != scope->is_rest)
            add_files_of(scope, one);
    }
    return scope;
}
