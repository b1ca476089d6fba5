/* code_files.c - files of repositories read and rewritten in parallel. */
#include "cli/code_files.h"

#include "base/parallel.h"
#include "base/text.h"
#include "rewrite/definitions.h"
#include "rewrite/exports.h"
#include "rewrite/neighbours.h"

#include <malloc.h>
#include <string.h>

#define HEAP_STEP_BYTES (1024 * 1024)
#define HEAP_KEPT_BYTES (64 * 1024 * 1024)
#define BATCH_FILES 256 /* whose texts and edits are held at once; more do not make it faster */

/* ---- rewriting ---- */

static bool
is_wanted(const CodeFile *file, const char *text, const CodeTask *task, const Exports *exports)
{
    return exports != NULL && !code_is_binary(text, file->bytes) &&
           (project_wants(file->path, text, file->bytes, task->renames, &task->options) ||
            exports_wanted(exports, file->path, text, file->bytes));
}

/* Once it is known to name nothing, it is not looked into again. */
static void
look_into_large(CodeFile *file, const CodeTask *task)
{
    file->is_read = !code_names_in_large(task->renames, file->path);
    if (!file->is_read)
        file->skipped = g_strdup_printf("'%s' names the dataset, and is larger than %d MiB",
                                        file->path, CODE_FILE_BYTES_MAX / 1024 / 1024);
}

/* With its text, if it is of use. */
static void
read_one(CodeFile *file, const CodeTask *task, const Exports *exports)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    if (file->is_read && (file->text != NULL || exports == NULL))
        return;
    file->is_read = file_read(file->path, CODE_FILE_BYTES_MAX, &text, &file->bytes, &error);
    if (file->is_read)
        code_file_note(file, text, task->renames);
    bool is_wide =
        file->is_read && code_names_in_utf16(task->renames, file->path, text, file->bytes);
    bool has_zeros = file->is_read && !is_wide &&
                     code_names_beside_zeros(task->renames, file->path, text, file->bytes);
    if (is_wide)
        file->skipped =
            g_strdup_printf("'%s' names the dataset, and is in UTF-16: expected UTF-8", file->path);
    else if (has_zeros)
        file->skipped = g_strdup_printf(
            "'%s' names the dataset, and has zero bytes in it: expected text", file->path);
    else if (!file->is_read && error_is(error, ERR_TOO_LARGE))
        look_into_large(file, task);
    else if (!file->is_read)
        file->skipped = g_strdup(error->message);
    else if (code_names(task->renames, file->path, text, file->bytes) ||
             is_wanted(file, text, task, exports))
        file->text = g_steal_pointer(&text);
    file->is_read = file->is_read && !is_wide && !has_zeros;
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
    read_one(file, task, NULL);
    if (file->text == NULL)
        return;
    RewriteOptions options = task->options;
    options.is_mentioned = true; /* else it would have no text */
    if (options.definitions == NULL)
        file->steps =
            definitions_read(file->path, file->text, file->bytes, task->renames, &options);
    file->rewrite = rewrite_text(file->path, file->text, file->bytes, task->renames, &options);
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

/* ---- what files give each other ---- */

static void
survey_one(void *data, void *user)
{
    CodeFile *file = data;
    const CodeTask *task = user;
    read_one(file, task, NULL);
    if (file->text != NULL && !code_is_sql(file->path))
        file->given =
            exports_of(file->path, file->text, file->bytes, task->renames, &task->options);
    code_file_clear(file);
}

/* SQL gives nothing, nor does what names nothing; but SQL may make triggers. */
static bool
may_give(const CodeFile *file)
{
    return !file->is_read || (file->text != NULL && !code_is_sql(file->path));
}

/* Constants by which files may read the dataset that do not name it: only where there are some is it searched for them. */
static void
survey(GPtrArray *files, const CodeTask *task, Exports *exports)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    CodeProgress progress;
    code_progress_start(&progress, files->len);
    for (guint i = 0; i < files->len; i++) {
        if (may_give(g_ptr_array_index(files, i)))
            g_ptr_array_add(batch, g_ptr_array_index(files, i));
        if (batch->len < BATCH_FILES && i + 1 < files->len)
            continue;
        parallel_each(batch, g_get_num_processors(), survey_one, (void *) task);
        for (guint b = 0; b < batch->len; b++)
            exports_take(exports,
                         g_steal_pointer(&((CodeFile *) g_ptr_array_index(batch, b))->given));
        g_ptr_array_set_size(batch, 0);
        code_progress_draw(&progress, i + 1);
    }
    code_progress_clear(&progress);
}

/* ---- what other tables have ---- */

static void
read_said(void *data, void *user)
{
    CodeFile *file = data;
    const CodeTask *task = user;
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (file->may_say && file_read(file->path, CODE_FILE_BYTES_MAX, &text, &bytes, NULL) &&
        !code_is_binary(text, bytes))
        file->said = neighbours_read(file->path, text, bytes, task->renames, &task->options);
}

static Neighbours *
read_neighbours(GPtrArray *files, const CodeTask *task)
{
    Neighbours *neighbours = neighbours_new();
    parallel_each(files, g_get_num_processors(), read_said, (void *) task);
    for (guint i = 0; i < files->len; i++)
        neighbours_add(neighbours,
                       g_steal_pointer(&((CodeFile *) g_ptr_array_index(files, i))->said));
    return neighbours;
}

/* ---- each by itself ---- */

typedef struct {
    GHashTable *defined; /* const Rename *: datasets that files make */
    Definitions *definitions;
    GPtrArray
        *waiting; /* CodeFile *, borrowed: those that go with such a definition, wherever it is */
} Apart;

/* What waits until all files are known leaves the batch, and is read again then. */
static void
set_aside(Apart *apart, GPtrArray *batch)
{
    guint kept = 0;
    for (guint i = 0; i < batch->len; i++) {
        CodeFile *file = g_ptr_array_index(batch, i);
        if (file->rewrite != NULL)
            rewrite_defined_add(apart->defined, file->rewrite);
        definitions_add(apart->definitions, file->path, g_steal_pointer(&file->steps));
        if (file->rewrite != NULL &&
            (file->rewrite->lacks_definition || file->rewrite->lacks_columns)) {
            code_file_clear(file);
            file->is_read = false;
            g_ptr_array_add(apart->waiting, file);
        } else {
            batch->pdata[kept++] = file;
        }
    }
    g_ptr_array_set_size(batch, (gint) kept);
}

/* `apart`: where files may wait; NULL: none does any more. */
static bool
rewrite_each(GPtrArray *files, const CodeTask *task, Apart *apart, CodeFileFn *check,
             CodeFileFn *each, void *data, GError **error)
{
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    CodeProgress progress;
    code_progress_start(&progress, files->len);
    for (guint i = 0; i < files->len; i++) {
        CodeFile *file = g_ptr_array_index(files, i);
        if (file->text != NULL || !file->is_read)
            g_ptr_array_add(batch, file);
        if (batch->len < BATCH_FILES && i + 1 < files->len)
            continue;
        parallel_each(batch, g_get_num_processors(), rewrite_one, (void *) task);
        code_progress_clear(&progress);
        if (apart != NULL)
            set_aside(apart, batch);
        if (!finish(batch, check, each, data, error))
            return false;
        g_ptr_array_set_size(batch, 0);
        code_progress_draw(&progress, i + 1);
    }
    code_progress_clear(&progress);
    return true;
}

static bool
rewrite_apart(GPtrArray *files, const CodeTask *task, CodeFileFn *check, CodeFileFn *each,
              void *data, GError **error)
{
    g_autoptr(GHashTable) defined = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();
    g_autoptr(Definitions) definitions = definitions_new();
    Apart apart = {defined, definitions, waiting};
    CodeTask last = *task;
    if (!rewrite_each(files, task, &apart, check, each, data, error))
        return false;
    if (waiting->len == 0)
        return true;
    g_autoptr(Neighbours) neighbours = read_neighbours(files, task);
    last.options.neighbours = neighbours;
    definitions_settle(definitions);
    last.options.defined = defined;
    last.options.definitions = definitions;
    return rewrite_each(waiting, &last, NULL, check, each, data, error);
}

/* ---- all together ---- */

static bool
have_ties(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++)
        if (((const CodeFile *) g_ptr_array_index(files, i))->is_tied)
            return true;
    return false;
}

typedef struct {
    const CodeTask *task;
    const Exports *exports;
} Together;

static void
read_together(void *data, void *user)
{
    const Together *together = user;
    read_one(data, together->task, together->exports);
}

static bool
read_all(GPtrArray *files, const CodeTask *task, const Exports *exports, GError **error)
{
    size_t bytes = 0;
    Together together = {task, exports};
    parallel_each(files, g_get_num_processors(), read_together, &together);
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
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    RewriteOptions options = task->options;
    options.paths = paths;
    for (guint i = 0; i < files->len; i++)
        g_ptr_array_add(paths, ((const CodeFile *) g_ptr_array_index(files, i))->path);
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
    project_rewrite(parts, task->renames, &options, g_get_num_processors());
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
rewrite_together(GPtrArray *files, const CodeTask *task, const Exports *exports, CodeFileFn *check,
                 CodeFileFn *each, void *data, GError **error)
{
    bool has_held = true;
    while (has_held) {
        if (!read_all(files, task, exports, error))
            return false;
        rewrite_texts(files, task);
        if (!check_all(files, check, data, &has_held, error))
            return false;
        has_held = has_held &&
                   (task->options.propagates || have_ties(files) || !exports_are_empty(exports));
        for (guint i = 0; has_held && i < files->len; i++)
            code_file_clear(g_ptr_array_index(files, i));
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
    g_autoptr(Exports) exports = exports_new();
    /* Else the heap of each thread grows page by page with every file, and is given back after it. */
    mallopt(M_TOP_PAD, HEAP_STEP_BYTES);
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
    if (!task->options.propagates)
        survey(files, task, exports);
    return task->options.propagates || has_project(files) || have_ties(files) ||
                   !exports_are_empty(exports)
               ? rewrite_together(files, task, exports, check, each, data, error)
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
    if (view_verbatim(view, diff))
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
