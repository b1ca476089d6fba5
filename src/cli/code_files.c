/* code_files.c - walk over repositories and rewrite their files in parallel. */
#include "cli/code_files.h"

#include "base/parallel.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

static void
code_file_free(void *data)
{
    CodeFile *file = data;
    g_free(file->path);
    g_free(file->text);
    g_free(file->skipped);
    rewrite_free(file->rewrite);
    g_free(file);
}

/* ---- finding ---- */

static void
add_file(GPtrArray *files, const char *path)
{
    CodeFile *file = g_new0(CodeFile, 1);
    file->path = g_strdup(path);
    g_ptr_array_add(files, file);
}

static bool walk(GPtrArray *files, const char *folder, GError **error);

/* Links are not followed: they lead out of the repository, or in circles. */
static bool
walk_entry(GPtrArray *files, const char *path, GError **error)
{
    struct stat entry;
    if (lstat(path, &entry) != 0)
        return fail_errno(error, ERR_NOT_FOUND, "cannot read '%s'", path);
    if (S_ISDIR(entry.st_mode))
        return walk(files, path, error);
    if (S_ISREG(entry.st_mode))
        add_file(files, path);
    return true;
}

static bool
walk(GPtrArray *files, const char *folder, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &reason);
    if (dir == NULL)
        return fail(error, ERR_NOT_FOUND, "cannot read the folder '%s': %s", folder,
                    reason->message);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!code_is_passed_over(name) && !walk_entry(files, path, error))
            return false;
    }
    return true;
}

static int
by_path(const void *a, const void *b)
{
    return strcmp((*(CodeFile *const *) a)->path, (*(CodeFile *const *) b)->path);
}

bool
code_files_find(const GPtrArray *paths, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(code_file_free);
    for (guint i = 0; i < paths->len; i++) {
        struct stat entry;
        const char *path = g_ptr_array_index(paths, i);
        if (stat(path, &entry) != 0)
            return fail_errno(error, ERR_NOT_FOUND, "cannot read '%s'", path);
        if (!S_ISDIR(entry.st_mode))
            add_file(files, path);
        else if (!walk(files, path, error))
            return false;
    }
    g_ptr_array_sort(files, by_path);
    *ret = g_steal_pointer(&files);
    return true;
}

/* ---- rewriting ---- */

static void
rewrite_one(void *data, void *user)
{
    CodeFile *file = data;
    const CodeTask *task = user;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    if (!file_read(file->path, CODE_FILE_BYTES_MAX, &text, &file->bytes, &error)) {
        file->skipped = g_strdup(error->message);
        return;
    }
    if (code_is_binary(text, file->bytes) || !renames_mentioned(task->renames, text, file->bytes))
        return;
    file->text = g_steal_pointer(&text);
    file->rewrite =
        rewrite_text(file->path, file->text, file->bytes, task->renames, &task->options);
}

/* Macros of the project say which of their arguments are columns. */
static Macros *
read_macros(const GPtrArray *files)
{
    Macros *macros = macros_new();
    for (guint i = 0; i < files->len; i++) {
        const CodeFile *file = g_ptr_array_index(files, i);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        size_t bytes = 0;
        if (strstr(file->path, "macros/") != NULL && g_str_has_suffix(file->path, ".sql") &&
            file_read(file->path, CODE_FILE_BYTES_MAX, &text, &bytes, &error))
            macros_read(macros, text, bytes);
    }
    return macros;
}

void
code_files_rewrite(GPtrArray *files, const CodeTask *asked)
{
    g_autoptr(Macros) macros = read_macros(files);
    CodeTask with_macros = *asked, *task = &with_macros;
    with_macros.options.macros = macros;
    parallel_each(files, g_get_num_processors(), rewrite_one, task);
}

/* ---- options ---- */

bool
code_dialect_read(const Invocation *call, const Dialect **ret, GError **error)
{
    const char *name = invocation_option(call, "dialect");
    *ret = name != NULL ? dialect_by_name(name) : NULL;
    if (name == NULL || *ret != NULL)
        return true;
    g_autofree char *known = g_strjoinv(", ", (char **) dialect_names());
    return fail(error, ERR_INVALID, "there is no dialect '%s', only: %s", name, known);
}

/* ---- showing ---- */

void
code_diff_show(View *view, const char *diff)
{
    g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);
    for (size_t i = 0; lines[i] != NULL && (lines[i][0] != '\0' || lines[i + 1] != NULL); i++) {
        Tone tone = lines[i][0] == '+'   ? TONE_GOOD
                    : lines[i][0] == '-' ? TONE_BAD
                    : lines[i][0] == '@' ? TONE_DIM
                                         : TONE_PLAIN;
        view_tone(view, tone, "%s", lines[i]);
    }
}
