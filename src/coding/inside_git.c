/*
 * inside_git.c - as much of git as an agent needs in its box, without git: what is changed, what it was, why it is so, and the
 * way back. Nothing is pushed, configured or hooked, because there is no repository: the tree as it was laid lies beside the
 * brief, and what is known of its history stands in it.
 */
#include "base/text.h"
#include "coding/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *brief, *folder, *path; /* `path` may be NULL */
    Ground ground;                     /* its tree and what was laid there only */
    Taken taken;
} View;

static void
view_clear(View *view)
{
    taken_clear(&view->taken);
    g_clear_pointer(&view->ground.laid, g_hash_table_unref);
    g_free(view->ground.tree);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

/* Only what is of this path. */
static void
keep_path(Taken *taken, const char *path)
{
    for (guint i = taken->files->len; path != NULL && i > 0; i--) {
        const TakenFile *file = taken->files->pdata[i - 1];
        if (strcmp(file->path, path) != 0)
            g_ptr_array_remove_index(taken->files, i - 1);
    }
}

static bool
view_open(const char *brief, const char *folder, const char *path, View *ret, GError **error)
{
    g_auto(View) view = {
        .brief = brief, .folder = folder, .path = path, .ground = {.tree = g_strdup(folder)}};
    if (!ground_read_laid(brief, &view.ground.laid, error) ||
        !taken_read(&view.ground, &view.taken, error))
        return false;
    keep_path(&view.taken, path);
    *ret = view;
    view = (View){0};
    return true;
}

static bool
read_brief(const View *view, json_t **ret, GError **error)
{
    g_autofree char *path = g_build_filename(view->brief, "brief.json", NULL);
    return json_read_file(path, ret, error);
}

/* ---- the commands ---- */

static bool
is_open(const json_t *brief, const char *path)
{
    return json_holds(json_object_get(brief, "files"), path);
}

static bool
status(const View *view, char **ret, GError **error)
{
    g_autoptr(json_t) brief = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (!read_brief(view, &brief, error))
        return false;
    for (guint i = 0; i < view->taken.files->len; i++) {
        const TakenFile *file = view->taken.files->pdata[i];
        char letter = file->is_new ? 'A' : file->text == NULL ? 'D' : 'M';
        g_string_append_printf(text, "%c %s%s\n", letter, file->shown,
                               is_open(brief, file->shown)
                                   ? ""
                                   : " (not one of the files that you may write: restore it)");
    }
    *ret = text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE)
                         : g_strdup("nothing is changed");
    return true;
}

static bool
diff(const View *view, char **ret, GError **error)
{
    g_autofree char *was = g_build_filename(view->brief, BRIEF_WAS, NULL);
    (void) error;
    *ret = taken_diff(&view->taken, was);
    return true;
}

/* Of all files that may be written together: who asks for one reads it among them. */
static bool
history(const View *view, char **ret, GError **error)
{
    g_autoptr(json_t) brief = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *one;
    size_t i;
    if (!read_brief(view, &brief, error))
        return false;
    json_array_foreach(json_object_get(brief, "history"), i, one) g_string_append_printf(
        text, "%s %s %s\n", json_get_string(one, "commit", ""), json_get_string(one, "date", ""),
        json_get_string(one, "subject", ""));
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

/* As it was laid. `*ret_mode` stays 0 for a file that was not there. */
static bool
read_was(const View *view, char **ret, size_t *ret_bytes, unsigned *ret_mode, GError **error)
{
    const Laid *laid =
        view->path != NULL ? g_hash_table_lookup(view->ground.laid, view->path) : NULL;
    if (view->path == NULL)
        return fail(error, ERR_INVALID, "it needs 'path'");
    if (laid == NULL)
        return true;
    g_autofree char *place = g_build_filename(view->brief, BRIEF_WAS, view->path, NULL);
    *ret_mode = laid->mode;
    return file_read(place, GATE_FILE_BYTES_MAX, ret, ret_bytes, error);
}

static bool
show(const View *view, char **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    unsigned mode = 0;
    if (!read_was(view, &text, &bytes, &mode, error))
        return false;
    if (mode == 0)
        return fail(error, ERR_NOT_FOUND, "there was no '%s'", view->path);
    size_t shown = MIN(bytes, CODING_DIFF_BYTES_MAX);
    g_autofree char *valid = g_utf8_make_valid(text, (gssize) shown);
    *ret = g_strdup_printf("%s%s", valid, shown < bytes ? "\n(the rest is left out)\n" : "");
    return true;
}

/* What stands in its place goes first, whatever it is. */
static bool
put_back(const View *view, const char *text, size_t bytes, unsigned mode, GError **error)
{
    g_autofree char *place = g_build_filename(view->folder, view->path, NULL);
    g_autofree char *folder = g_path_get_dirname(place);
    struct stat info;
    if (lstat(place, &info) == 0 && S_ISDIR(info.st_mode))
        ground_remove(place);
    else
        (void) g_unlink(place);
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    AUTO_FD fd = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                      mode == 0100755 ? 0700 : 0600);
    return (fd >= 0 && fd_write_all(fd, text, bytes)) ||
           fail_errno(error, ERR_INTERNAL, "cannot write '%s'", view->path);
}

static bool
restore(const View *view, char **ret, GError **error)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    unsigned mode = 0;
    if (!read_was(view, &text, &bytes, &mode, error))
        return false;
    if (view->taken.files->len == 0)
        return fail(error, ERR_NOT_FOUND, "'%s' is as it was, or there is no such file",
                    view->path);
    if (mode != 0 && !put_back(view, text, bytes, mode, error))
        return false;
    g_autofree char *place = g_build_filename(view->folder, view->path, NULL);
    if (mode == 0 && g_unlink(place) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot take '%s' away", view->path);
    *ret = g_strdup(mode != 0 ? "it is as it was" : "it is gone, as it was");
    return true;
}

static const struct {
    const char *name;
    bool (*run)(const View *view, char **ret, GError **error);
} commands[] = {
    {"status", status}, {"diff", diff}, {"log", history}, {"show", show}, {"restore", restore}};

bool
coding_git(const char *brief, const char *folder, const char *command, const char *path, char **ret,
           GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(View) view = {0};
        if (strcmp(commands[i].name, command) == 0)
            return view_open(brief, folder, path, &view, error) &&
                   commands[i].run(&view, ret, error);
    }
    g_autofree char *shown = text_printable(command);
    return fail(error, ERR_INVALID,
                "there is no '%s' here: status, diff, log, show and restore are what there is",
                shown);
}
