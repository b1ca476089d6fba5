/* tell.c - in the files, what was kept (keep.c), and why. */
#include "rewrite/made.h"
#include "rewrite/project/parts.h"

static bool
has_site(const Rewrite *rewrite, const Site *site)
{
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *other = g_ptr_array_index(rewrite->sites, i);
        if (other->begin == site->begin && other->end == site->end &&
            other->disposition == site->disposition)
            return true;
    }
    return false;
}

/* What was undecided before its source kept its names is still what a person has to look at, and for what it keeps them is told. */
static void
tell_again(ProjectFile *file, const GPtrArray *sites)
{
    if (sites->len > 0 && file->rewrite == NULL)
        file->rewrite = rewrite_new("text");
    for (guint i = 0; i < sites->len; i++) {
        const Site *site = g_ptr_array_index(sites, i);
        if (!has_site(file->rewrite, site))
            rewrite_add_site(file->rewrite, site);
    }
}

static bool
adds_names(const Rewrite *rewrite)
{
    for (guint i = 0; i < rewrite->edits->len; i++)
        if (g_ascii_strncasecmp(((const Edit *) g_ptr_array_index(rewrite->edits, i))->text, " as ",
                                4) == 0)
            return true;
    return false;
}

void
project_tell(Project *project)
{
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        const Rewrite *rewrite = entry->file->rewrite;
        tell_again(entry->file, entry->left);
        tell_again(entry->file, entry->told);
        bool is_told = project->options->propagates && rewrite != NULL && adds_names(rewrite);
        for (guint m = 0; is_told && m < rewrite->made->len; m++) {
            const Made *made = g_ptr_array_index(rewrite->made, m);
            g_autofree char *key = made_key(project, entry, made);
            const char *why = g_hash_table_lookup(project->kept, key);
            if (why == NULL && made->name == NULL && entry->place.is_persisted)
                why = "it keeps the names of its columns: its table holds rows under them, or "
                      "settings elsewhere name them";
            if (why != NULL)
                rewrite_add_note(entry->file->rewrite, why);
        }
    }
}
