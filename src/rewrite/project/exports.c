/* exports.c - names that files of programs give each other, from file to file until there are no more. */
#include "base/parallel.h"
#include "rewrite/project/parts.h"

#define PASSES_MAX 20 /* from file to file to file; people do three */

static void
read_one(void *item, void *data)
{
    Entry *entry = item;
    const Project *project = data;
    const ProjectFile *file = entry->file;
    if (!exports_may_want(file->path, file->text, file->bytes))
        return;
    bool is_wanting = exports_wanted(project->exports, file->path, file->text, file->bytes);
    g_autoptr(GPtrArray) makings = makings_in(project, entry);
    g_autofree char *signature = signature_of(entry, makings);
    if (!is_wanting && g_strcmp0(entry->barren, signature) == 0)
        return;
    g_autoptr(Renames) renames = entry_renames(project, entry);
    RewriteOptions options = *project->options;
    options.exports = project->exports;
    if (is_wanting || renames_concern(renames, file->path, file->text, file->bytes))
        entry->given = exports_of(file->path, file->text, file->bytes, renames, &options);
    g_clear_pointer(&entry->barren, g_free);
    if (!is_wanting && (entry->given == NULL || entry->given->len == 0))
        entry->barren = g_steal_pointer(&signature);
}

static void
add_paths(const Project *project)
{
    const GPtrArray *paths = project->options->paths;
    for (guint i = 0; paths != NULL && i < paths->len; i++)
        exports_add_path(project->exports, g_ptr_array_index(paths, i));
    for (guint i = 0; i < project->entries->len; i++)
        exports_add_path(project->exports,
                         ((const Entry *) g_ptr_array_index(project->entries, i))->file->path);
}

void
project_read_exports(Project *project)
{
    bool is_new = true;
    if (project->exports != NULL)
        g_ptr_array_add(project->old, project->exports);
    project->exports = exports_new();
    for (guint i = 0; i < project->entries->len; i++)
        ((Entry *) g_ptr_array_index(project->entries, i))->is_given = false;
    add_paths(project);
    for (int pass = 0; is_new && pass < PASSES_MAX; pass++) {
        parallel_each(project->entries, project->threads, read_one, project);
        is_new = false;
        for (guint i = 0; i < project->entries->len; i++) {
            Entry *entry = g_ptr_array_index(project->entries, i);
            is_new = exports_take(project->exports, g_steal_pointer(&entry->given)) || is_new;
        }
    }
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        const ProjectFile *file = entry->file;
        entry->is_given = exports_wanted(project->exports, file->path, file->text, file->bytes);
    }
}
