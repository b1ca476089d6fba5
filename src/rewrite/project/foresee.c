/*
 * foresee.c - views of SQL that are made of each other, one after the other: v1 of the dataset, v2 of v1, …
 *
 * A round rewrites whole files, and finds out about one more view of such a chain. So what each of them makes is looked for
 * in the order of the text, with what those before it make: each statement is rewritten alone. What comes out is a guess for
 * the next round, which looks at the whole file again; nothing is written by it.
 */
#include "rewrite/code.h"
#include "rewrite/made.h"
#include "rewrite/project/parts.h"
#include "rewrite/sql/parts.h"

#include <string.h>

struct Foresight {
    Project *project;
    GHashTable *by_word; /* the hash of the first word of its name -> GPtrArray of const Making * */
};

Foresight *
foresight_new(Project *project)
{
    Foresight *foresight = g_new0(Foresight, 1);
    *foresight = (Foresight){
        project, g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref)};
    return foresight;
}

void
foresight_free(Foresight *foresight)
{
    if (foresight == NULL)
        return;
    g_hash_table_unref(foresight->by_word);
    g_free(foresight);
}

void
foresight_note(Foresight *foresight, const Making *making)
{
    guint32 word;
    if (words_first(making->name, &word))
        g_ptr_array_add(list_of(foresight->by_word, GUINT_TO_POINTER(word)), (void *) making);
}

/* Does it stand in the file by itself, and in no template? */
static bool
is_plain(const Entry *entry, const Made *made)
{
    const ProjectFile *file = entry->file;
    size_t bytes = made->end - made->begin;
    const char *text = file->text + made->begin;
    return made->name != NULL && !made->is_snapshot && code_is_sql(file->path) &&
           made->end <= file->bytes && bytes > strlen("CREATE") &&
           g_ascii_strncasecmp(text, "CREATE", strlen("CREATE")) == 0 &&
           memmem(text, bytes, "{{", 2) == NULL && memmem(text, bytes, "{%", 2) == NULL;
}

/* Makings that the statement names. Caller frees. */
static GPtrArray *
named_in(const Foresight *foresight, const Entry *entry, const Made *made)
{
    GPtrArray *found = g_ptr_array_new();
    g_autoptr(GArray) words = words_of(entry->file->text + made->begin, made->end - made->begin);
    for (guint w = 0; w < words->len; w++) {
        const GPtrArray *list = g_hash_table_lookup(
            foresight->by_word, GUINT_TO_POINTER(g_array_index(words, guint32, w)));
        for (guint i = 0; list != NULL && i < list->len; i++) {
            const Making *making = g_ptr_array_index(list, i);
            if (words_have(words, making->name) &&
                g_ascii_strcasecmp(making->made->name != NULL ? making->made->name : "",
                                   made->name) != 0)
                g_ptr_array_add(found, (void *) making);
        }
    }
    return found;
}

static bool
has_same_changes(const Rename *one, const Rename *other)
{
    if (one->changes->len != other->changes->len)
        return false;
    for (guint i = 0; i < one->changes->len; i++)
        if (g_ptr_array_index(one->changes, i) != g_ptr_array_index(other->changes, i))
            return false;
    return true;
}

static bool
is_among(const Rename *read, const GPtrArray *makings)
{
    for (guint i = 0; i < makings->len; i++) {
        const Making *making = g_ptr_array_index(makings, i);
        if (g_strcmp0(making->key, read->key) == 0 && has_same_changes(making->rename, read))
            return true;
    }
    return false;
}

/* Was it read with these makings, as they are? */
static bool
has_read(const Made *made, const GPtrArray *makings)
{
    for (guint i = 0; i < made->reads->len; i++)
        if (!is_among(g_ptr_array_index(made->reads, i), makings))
            return false;
    return made->reads->len == makings->len;
}

const Made *
foresee(Foresight *foresight, Entry *entry, const Made *made)
{
    if (!is_plain(entry, made))
        return made;
    Project *project = foresight->project;
    g_autoptr(GPtrArray) makings = named_in(foresight, entry, made);
    if (has_read(made, makings))
        return made;
    g_autoptr(Renames) renames = renames_seen_from(project, entry, makings);
    RewriteOptions options = entry_options(project, entry);
    options.is_mentioned = true;
    Rewrite *rewrite = rewrite_text(entry->file->path, entry->file->text + made->begin,
                                    made->end - made->begin, renames, &options);
    g_ptr_array_add(project->foreseen, rewrite);
    const Made *first = rewrite->made->len == 1 ? g_ptr_array_index(rewrite->made, 0) : NULL;
    bool is_it = first != NULL && g_strcmp0(first->name, made->name) == 0;
    return is_it && rewrite_is_decided(rewrite) ? first : made;
}
