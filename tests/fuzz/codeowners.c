/* codeowners.c - whatever a repository's CODEOWNERS holds, each kind of host's reading of it ends, and names only who can be named. */
#include "target.h"

#include "forge/codeowners.h"

#include <string.h>

/* The first byte chooses the host; the first line is a path, the rest the file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    void *name;
    if (bytes < 1)
        return 0;
    const char *text = (const char *) data + 1, *end = (const char *) data + bytes;
    const char *line = memchr(text, '\n', bytes - 1);
    g_autofree char *path = g_strndup(text, line != NULL ? (gsize) (line - text) : 0);
    const char *rest = line != NULL ? line + 1 : text;
    g_autoptr(CodeOwners) owners =
        codeowners_parse((ForgeKind) (data[0] % FORGE_GIT), rest, (size_t) (end - rest));
    codeowners_add(owners, path, set);
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        const char *at = strchr(name, '@');
        g_assert(at != NULL && at[1] != '\0' && strpbrk(name, " \t<>#\n") == NULL);
    }
    return 0;
}
