/* code_files.c - walk over repositories and rewrite their files in parallel. */
#include "cli/code_files.h"

#include "base/parallel.h"
#include "base/text.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define BATCH_FILES 256 /* whose texts and edits are held at once; more do not make it faster */

/* All but the path. */
static void
code_file_clear(CodeFile *file)
{
    g_clear_pointer(&file->text, g_free);
    g_clear_pointer(&file->diff, g_free);
    g_clear_pointer(&file->skipped, g_free);
    g_clear_pointer(&file->rewrite, rewrite_free);
    if (!file->is_held) /* it is not asked again */
        g_clear_pointer(&file->proofs, json_decref);
}

static void
code_file_free(void *data)
{
    CodeFile *file = data;
    code_file_clear(file);
    g_clear_pointer(&file->proofs, json_decref);
    g_free(file->path);
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

/* A folder that is looked into. */
typedef struct {
    char *path;
    GPtrArray *files;   /* CodeFile * */
    GPtrArray *folders; /* Folder * */
    GError *error;      /* why it could not be read, or NULL */
} Folder;

static void
folder_free(void *data)
{
    Folder *folder = data;
    g_free(folder->path);
    g_ptr_array_unref(folder->files);
    g_ptr_array_unref(folder->folders);
    g_clear_error(&folder->error);
    g_free(folder);
}

static Folder *
folder_new(char *path)
{
    Folder *folder = g_new0(Folder, 1);
    *folder = (Folder){.path = path,
                       .files = g_ptr_array_new_with_free_func(code_file_free),
                       .folders = g_ptr_array_new_with_free_func(folder_free)};
    return folder;
}

/* Links are not followed: they lead out of the repository, or in circles. */
static void
list_entry(Folder *folder, const struct dirent *entry)
{
    g_autofree char *path = g_build_filename(folder->path, entry->d_name, NULL);
    struct stat status;
    int type = entry->d_type;
    if (type == DT_UNKNOWN && lstat(path, &status) == 0) /* some file systems do not tell */
        type = IFTODT(status.st_mode);
    if (type == DT_DIR)
        g_ptr_array_add(folder->folders, folder_new(g_steal_pointer(&path)));
    else if (type == DT_REG)
        add_file(folder->files, path);
}

static void
list_folder(void *item, void *unused)
{
    Folder *folder = item;
    DIR *stream = opendir(folder->path);
    if (stream == NULL) {
        fail_errno(&folder->error, ERR_NOT_FOUND, "cannot read the folder '%s'", folder->path);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
        if (!code_is_passed_over(entry->d_name)) /* `.` and `..` are hidden, too */
            list_entry(folder, entry);
    closedir(stream);
}

/* What the folders of one depth hold; those that are in them go into `below`. */
static bool
take_listed(GPtrArray *level, GPtrArray *files, GPtrArray *below, GError **error)
{
    for (guint i = 0; i < level->len; i++) {
        Folder *folder = g_ptr_array_index(level, i);
        if (folder->error != NULL) {
            g_propagate_error(error, g_steal_pointer(&folder->error));
            return false;
        }
        g_ptr_array_extend_and_steal(files, g_steal_pointer(&folder->files));
        g_ptr_array_extend_and_steal(below, g_steal_pointer(&folder->folders));
        folder->files = g_ptr_array_new();
        folder->folders = g_ptr_array_new();
    }
    return true;
}

/* Depth by depth, and all folders of a depth at once. */
static bool
walk(GPtrArray *files, const char *path, GError **error)
{
    g_autoptr(GPtrArray) level = g_ptr_array_new_with_free_func(folder_free);
    g_ptr_array_add(level, folder_new(g_strdup(path)));
    while (level->len > 0) {
        GPtrArray *below = g_ptr_array_new_with_free_func(folder_free);
        parallel_each(level, g_get_num_processors(), list_folder, NULL);
        bool done = take_listed(level, files, below, error);
        g_ptr_array_unref(level);
        level = below;
        if (!done)
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

static bool
names_dataset(const CodeTask *task, const CodeFile *file, const char *text)
{
    return renames_mentioned(task->renames, text, file->bytes);
}

/* With its text, if it is of use. */
static void
read_one(CodeFile *file, const CodeTask *task, bool is_together)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    if (!file_read(file->path, CODE_FILE_BYTES_MAX, &text, &file->bytes, &error))
        file->skipped = g_strdup(error->message);
    else if (!code_is_binary(text, file->bytes) &&
             (names_dataset(task, file, text) ||
              (is_together && project_wants(file->path, text, file->bytes, &task->options))))
        file->text = g_steal_pointer(&text);
}

static void
make_diff(void *data, void *user)
{
    CodeFile *file = data;
    const CodeTask *task = user;
    if (task->makes_diffs && file->rewrite != NULL && file->rewrite->edits->len > 0)
        file->diff = rewrite_diff(file->rewrite, file->path, file->text, file->bytes);
}

static void
rewrite_one(void *data, void *user)
{
    CodeFile *file = data;
    const CodeTask *task = user;
    read_one(file, task, false);
    if (file->text == NULL)
        return;
    file->rewrite =
        rewrite_text(file->path, file->text, file->bytes, task->renames, &task->options);
    make_diff(file, user);
}

static bool
finish(const GPtrArray *files, CodeFileFn *check, CodeFileFn *each, void *data, GError **error)
{
    for (guint i = 0; i < files->len; i++) {
        CodeFile *file = g_ptr_array_index(files, i);
        if ((check != NULL && !check(file, data, error)) || !each(file, data, error))
            return false;
        code_file_clear(file);
    }
    return true;
}

/* ---- each by itself ---- */

static bool
rewrite_apart(GPtrArray *files, const CodeTask *task, CodeFileFn *check, CodeFileFn *each,
              void *data, GError **error)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    CodeProgress progress;
    code_progress_start(&progress, files->len);
    for (guint i = 0; i < files->len; i++) {
        g_ptr_array_add(batch, g_ptr_array_index(files, i));
        if (batch->len < BATCH_FILES && i + 1 < files->len)
            continue;
        parallel_each(batch, g_get_num_processors(), rewrite_one, (void *) task);
        code_progress_clear(&progress);
        if (!finish(batch, check, each, data, error))
            return false;
        g_ptr_array_set_size(batch, 0);
        code_progress_draw(&progress, i + 1);
    }
    code_progress_clear(&progress);
    return true;
}

/* ---- all together ---- */

static void
read_together(void *data, void *user)
{
    read_one(data, user, true);
}

static bool
read_all(GPtrArray *files, const CodeTask *task, GError **error)
{
    size_t bytes = 0;
    parallel_each(files, g_get_num_processors(), read_together, (void *) task);
    for (guint i = 0; i < files->len; i++) {
        const CodeFile *file = g_ptr_array_index(files, i);
        bytes += file->text != NULL ? file->bytes : 0;
    }
    return bytes <= CODE_TEXT_BYTES_MAX ||
           fail(error, ERR_LIMIT,
                "the files hold %zu MiB of code, and at most %zu MiB are rewritten together: name "
                "fewer of them",
                bytes / 1024 / 1024, CODE_TEXT_BYTES_MAX / 1024 / 1024);
}

static void
rewrite_texts(GPtrArray *files, const CodeTask *task)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free), read = g_ptr_array_new();
    for (guint i = 0; i < files->len; i++) {
        CodeFile *file = g_ptr_array_index(files, i);
        if (file->text == NULL)
            continue;
        ProjectFile *part = g_new0(ProjectFile, 1);
        *part = (ProjectFile){
            .path = file->path, .text = file->text, .bytes = file->bytes, .is_held = file->is_held};
        g_ptr_array_add(parts, part);
        g_ptr_array_add(read, file);
    }
    project_rewrite(parts, task->renames, &task->options, g_get_num_processors());
    for (guint i = 0; i < parts->len; i++)
        ((CodeFile *) g_ptr_array_index(read, i))->rewrite =
            ((ProjectFile *) g_ptr_array_index(parts, i))->rewrite;
    parallel_each(files, g_get_num_processors(), make_diff, (void *) task);
}

static bool
check_all(const GPtrArray *files, CodeFileFn *check, void *data, bool *ret_has_held, GError **error)
{
    *ret_has_held = false;
    for (guint i = 0; check != NULL && i < files->len; i++) {
        CodeFile *file = g_ptr_array_index(files, i);
        bool was_held = file->is_held;
        if (!check(file, data, error))
            return false;
        *ret_has_held = *ret_has_held || (file->is_held && !was_held);
    }
    return true;
}

/* A file that is held changes what becomes of those that read what it makes: then all is done once more. */
static bool
rewrite_together(GPtrArray *files, const CodeTask *task, CodeFileFn *check, CodeFileFn *each,
                 void *data, GError **error)
{
    bool has_held = true;
    while (has_held) {
        for (guint i = 0; i < files->len; i++)
            code_file_clear(g_ptr_array_index(files, i));
        if (!read_all(files, task, error))
            return false;
        rewrite_texts(files, task);
        if (!check_all(files, check, data, &has_held, error))
            return false;
        has_held = has_held && task->options.propagates;
    }
    return finish(files, NULL, each, data, error);
}

static bool
is_yaml(const char *path)
{
    return g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml");
}

/* Are there files that others of dbt are understood by? */
static bool
has_project(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++) {
        const char *path = ((const CodeFile *) g_ptr_array_index(files, i))->path;
        if (g_str_has_suffix(path, "dbt_project.yml") ||
            (strstr(path, "macros/") != NULL && g_str_has_suffix(path, ".sql")) ||
            (strstr(path, "models/") != NULL && is_yaml(path)))
            return true;
    }
    return false;
}

bool
code_files_rewrite(GPtrArray *files, const CodeTask *task, CodeFileFn *check, CodeFileFn *each,
                   void *data, GError **error)
{
    return task->options.propagates || has_project(files)
               ? rewrite_together(files, task, check, each, data, error)
               : rewrite_apart(files, task, check, each, data, error);
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
    if (view_plain(view, diff))
        return;
    g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);
    for (size_t i = 0; lines[i] != NULL && (lines[i][0] != '\0' || lines[i + 1] != NULL); i++) {
        Tone tone = lines[i][0] == '+'   ? TONE_GOOD
                    : lines[i][0] == '-' ? TONE_BAD
                    : lines[i][0] == '@' ? TONE_DIM
                                         : TONE_PLAIN;
        view_tone(view, tone, "%s", lines[i]);
    }
}
