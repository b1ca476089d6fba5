/*
 * project.c - whatever the files: their edits lie apart and can be undone to the byte, once they are rewritten they stay, and
 * files that do not speak of the dataset are left alone.
 *
 * The first byte chooses the policy. Each file begins with a line `=== PATH`.
 */
#include "laws.h"
#include "target.h"

#include "rewrite/project/project.h"

#include <string.h>

#define FILES_MAX 8

static void
file_free(void *data)
{
    ProjectFile *file = data;
    g_free((char *) file->path);
    g_free((char *) file->text);
    rewrite_free(file->rewrite);
    g_free(file);
}

static void
add_file(GPtrArray *files, const char *path, const char *text)
{
    ProjectFile *file = g_new0(ProjectFile, 1);
    *file = (ProjectFile){.path = g_strdup(path), .text = g_strdup(text), .bytes = strlen(text)};
    g_ptr_array_add(files, file);
}

static GPtrArray *
read_files(const char *text)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(file_free);
    g_auto(GStrv) chunks = g_strsplit(text, "=== ", FILES_MAX + 1);
    for (size_t i = 1; chunks[0] != NULL && chunks[i] != NULL; i++) {
        char *line = strchr(chunks[i], '\n');
        if (line == NULL)
            continue;
        *line = '\0';
        add_file(files, chunks[i], line + 1);
    }
    return files;
}

static void
rewrite(GPtrArray *files, bool propagates, const Renames *renames)
{
    RewriteOptions options = {.propagates = propagates};
    project_rewrite(files, renames, &options, 1);
}

static bool
is_changed(const ProjectFile *file)
{
    return file->rewrite != NULL && file->rewrite->edits->len > 0 &&
           rewrite_is_decided(file->rewrite);
}

static void
check_file(const ProjectFile *file)
{
    size_t end = 0;
    if (file->rewrite == NULL)
        return;
    laws_check(file->rewrite, file->text, file->bytes);
    for (guint i = 0; i < file->rewrite->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(file->rewrite->edits, i);
        g_assert(edit->begin >= end && edit->end >= edit->begin && edit->end <= file->bytes);
        end = edit->end;
    }
}

static GPtrArray *
files_after(const GPtrArray *files)
{
    GPtrArray *after = g_ptr_array_new_with_free_func(file_free);
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        size_t bytes = 0;
        g_autofree char *text = is_changed(file)
                                    ? rewrite_apply(file->rewrite, file->text, file->bytes, &bytes)
                                    : g_strdup(file->text);
        add_file(after, file->path, text);
    }
    return after;
}

/* Two files of one path are no repository. */
static bool
has_doubled(const GPtrArray *files)
{
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < files->len; i++)
        if (!g_hash_table_add(paths, (char *) ((ProjectFile *) files->pdata[i])->path))
            return true;
    return false;
}

static void
leaves_others_alone(GPtrArray *files, bool propagates)
{
    g_autoptr(Renames) nothing = renames_new_for_name("no_such_dataset_anywhere");
    rewrite(files, propagates, nothing);
    for (guint i = 0; i < files->len; i++) {
        ProjectFile *file = g_ptr_array_index(files, i);
        g_assert(file->rewrite == NULL || file->rewrite->edits->len == 0);
        g_clear_pointer(&file->rewrite, rewrite_free);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes < 2)
        return 0;
    g_autofree char *text = g_strndup((const char *) data + 1, bytes - 1);
    bool propagates = (data[0] & 1) != 0;
    g_autoptr(GPtrArray) files = read_files(text);
    g_autoptr(Renames) renames = renames_new(laws_mappings());
    if (files->len == 0 || has_doubled(files))
        return 0;
    leaves_others_alone(files, propagates);
    rewrite(files, propagates, renames);
    g_ptr_array_foreach(files, (GFunc) (void (*)(void)) check_file, NULL);
    g_autoptr(GPtrArray) after = files_after(files);
    rewrite(after, propagates, renames);
    for (guint i = 0; i < after->len; i++) {
        const ProjectFile *file = g_ptr_array_index(after, i);
        if (is_changed(file))
            g_error("rewriting twice changes '%s' again: %s", file->path, file->text);
    }
    return 0;
}
