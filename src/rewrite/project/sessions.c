/*
 * sessions.c - tables of a session of T-SQL (#orders): whose are they?
 *
 * A procedure that makes one has its own, whatever others call theirs. Where a file reads one that it does not make, it has it
 * from whoever calls it, and nobody knows who does: then all that are called so are one.
 */
#include "rewrite/project/parts.h"

#include <string.h>

bool
session_names(const char *name)
{
    return name[0] == '#' && name[1] != '#';
}

/* The word that ends before `*at`, blanks aside; `*at` is its begin then. */
static bool
word_before(const char *text, size_t *at, const char *word)
{
    size_t end = *at;
    while (end > 0 && g_ascii_isspace(text[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && is_identifier_byte(text[begin - 1]))
        begin--;
    if (end - begin != strlen(word) || g_ascii_strncasecmp(text + begin, word, end - begin) != 0)
        return false;
    *at = begin;
    return true;
}

/* SELECT … INTO #x, CREATE TABLE #x, but not INSERT INTO #x. */
static bool
is_made_at(const char *text, size_t at)
{
    if (word_before(text, &at, "into"))
        return !word_before(text, &at, "insert");
    return word_before(text, &at, "table") && word_before(text, &at, "create");
}

static void
read_file(Project *project, const ProjectFile *file)
{
    g_autoptr(GHashTable) made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const char *text = file->text, *end = text + file->bytes, *at = text;
    while ((at = memchr(at, '#', (size_t) (end - at))) != NULL) {
        const char *stop = at + 1;
        while (stop < end && is_identifier_byte(*stop))
            stop++;
        bool is_whole = stop > at + 1 && (at == text || strchr("#$@", at[-1]) == NULL);
        if (is_whole && (at == text || !is_identifier_byte(at[-1])))
            g_hash_table_add(is_made_at(text, (size_t) (at - text)) ? made : named,
                             g_ascii_strdown(at, stop - at));
        at = stop;
    }
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, named);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!g_hash_table_contains(made, name))
            g_hash_table_add(project->lent, g_strdup(name));
}

void
sessions_read(Project *project, const GPtrArray *files)
{
    project->lent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; project->options->propagates && i < files->len; i++)
        read_file(project, g_ptr_array_index(files, i));
}
