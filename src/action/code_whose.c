/* code_whose.c - see code_whose.h. */
#include "action/code_whose.h"

#include <string.h>

void
whose_clear(Whose *whose)
{
    codeowners_free(whose->file);
    if (whose->names != NULL)
        g_string_free(whose->names, TRUE);
}
static bool
is_in_folder(const char *path, const char *folder)
{
    size_t bytes = strlen(folder);
    bytes -= bytes > 0 && folder[bytes - 1] == '/';
    return bytes > 0 && strncmp(path, folder, bytes) == 0 && path[bytes] == '/';
}

/* Of those in whose folder it lies, the one with the longest. */
static const json_t *
sharer_of(const json_t *sharers, const char *path)
{
    const json_t *found = NULL;
    size_t longest = 0, i;
    json_t *sharer;
    json_array_foreach(sharers, i, sharer)
    {
        const char *folder = json_get_string(sharer, "folder", "");
        if (is_in_folder(path, folder) && strlen(folder) > longest) {
            found = sharer;
            longest = strlen(folder);
        }
    }
    return found;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The catalog's name of one whom CODEOWNERS names, or that same name. */
static const char *
known_as(const Whose *whose, const char *name)
{
    g_autofree char *small = g_ascii_strdown(name, -1);
    return json_get_string(whose->called, small, name);
}

static void
take_known(const Whose *whose, GHashTable *named, GHashTable *to)
{
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, named);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(to, (void *) known_as(whose, name));
}

/* "@acme/data group:default/identity"; NULL: the file names nobody for it. */
static const char *
named_for(Whose *whose, const char *path)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    if (whose->file == NULL)
        return NULL;
    codeowners_add(whose->file, path, names);
    take_known(whose, names, known);
    g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(known), by_text);
    g_string_truncate(whose->names, 0);
    for (const GList *name = sorted; name != NULL; name = name->next)
        g_string_append_printf(whose->names, "%s%s", whose->names->len > 0 ? " " : "",
                               (const char *) name->data);
    return whose->names->len > 0 ? whose->names->str : NULL;
}

/* The catalog's word, then the repository's own. */
const char *
whose_owner(const char *path, void *data)
{
    Whose *whose = data;
    const json_t *sharer = sharer_of(whose->sharers, path);
    const char *named = sharer == NULL ? named_for(whose, path) : NULL;
    return named != NULL ? named
                         : json_get_string(sharer != NULL ? sharer : whose->rest, "owner", "");
}

/* Who says that all of the repository is theirs, else the first. */
static const json_t *
rest_of(const json_t *sharers)
{
    json_t *sharer;
    size_t i;
    json_array_foreach(sharers, i,
                       sharer) if (json_object_get(sharer, "folder") == NULL) return sharer;
    return json_array_get(sharers, 0);
}

bool
whose_open(const Config *config, const Repository *repository, const char *commit,
           const json_t *sharers, const json_t *called, Whose *ret, GError **error)
{
    const RepositoryConfig *where;
    const char *name;
    g_autofree char *text = NULL;
    size_t bytes = 0;
    *ret = (Whose){.sharers = sharers, .rest = rest_of(sharers), .names = g_string_new(NULL)};
    if (!config_repository_url(config, repository->address, &where, &name, error))
        return false;
    ForgeKind kind = repository_config_kind(where);
    ret->called = json_object_get(called, where->name);
    if (!repository_first(repository, commit, codeowners_paths(kind), CODEOWNERS_BYTES_MAX, &text,
                          &bytes, error))
        return false;
    if (text != NULL)
        ret->file = codeowners_parse(kind, text, bytes);
    return true;
}

const json_t *
sharer_with(const json_t *sharers, const char *member, const char *value)
{
    json_t *sharer;
    size_t i;
    json_array_foreach(sharers, i, sharer) if (strcmp(json_get_string(sharer, member, ""), value) ==
                                               0) return sharer;
    return NULL;
}
