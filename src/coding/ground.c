/* ground.c - the private folder of one piece of work: laid out without git's help, taken away whatever was done to it. */
#include "base/text.h"
#include "coding/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES_MAX 10
#define LAID_BYTES_MAX ((size_t) 256 * 1024 * 1024) /* of as many files as a tree may have */

static char *
place_of(const Config *config)
{
    return g_build_filename(config->state, "coding", NULL);
}

void
ground_reopen(const Ground *ground)
{
    char *roots[] = {ground->tree, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    for (const FTSENT *entry; walk != NULL && (entry = fts_read(walk)) != NULL;) {
        bool is_folder = entry->fts_info == FTS_D; /* is entered after this */
        mode_t mode = entry->fts_info == FTS_NS ? 0 : entry->fts_statp->st_mode & 07777;
        mode_t needed = is_folder ? S_IRWXU : S_IRUSR | S_IWUSR;
        if ((is_folder || entry->fts_info == FTS_F) && (mode & needed) != needed)
            (void) chmod(entry->fts_accpath, mode | needed);
    }
    if (walk != NULL)
        fts_close(walk);
}

static bool
take(const char *folder, int *ret)
{
    AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct stat by_fd, by_name;
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &by_fd) != 0 ||
        stat(folder, &by_name) != 0 || by_fd.st_ino != by_name.st_ino)
        return false;
    *ret = fd_steal(&fd);
    return true;
}

static void
laid_free(void *data)
{
    Laid *laid = data;
    g_free(laid->digest);
    g_free(laid);
}

bool
ground_open(const Config *config, Ground *ret, GError **error)
{
    g_autofree char *place = place_of(config);
    g_auto(Ground) ground = {.lock_fd = -1};
    if (g_mkdir_with_parents(place, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s', where coding agents work", place);
    for (int i = 0; ground.folder == NULL; i++) {
        g_autofree char *folder = g_build_filename(place, "XXXXXX", NULL);
        if (i == TRIES_MAX || g_mkdtemp(folder) == NULL)
            return fail_errno(error, ERR_INTERNAL, "cannot make a folder in '%s'", place);
        if (take(folder, &ground.lock_fd))
            ground.folder = g_steal_pointer(&folder);
    }
    ground.tree = g_build_filename(ground.folder, "tree", NULL);
    ground.check = g_build_filename(ground.folder, "check", NULL);
    ground.brief = g_build_filename(ground.folder, "brief", NULL);
    ground.honk = g_file_read_link("/proc/self/exe", NULL);
    ground.laid = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, laid_free);
    if (g_mkdir(ground.brief, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", ground.brief);
    *ret = ground;
    ground = (Ground){.lock_fd = -1};
    return true;
}

void
ground_close(Ground *ground)
{
    if (ground->folder != NULL)
        ground_remove(ground->folder);
    g_clear_pointer(&ground->laid, g_hash_table_unref);
    g_clear_pointer(&ground->folder, g_free);
    g_free(ground->tree);
    g_free(ground->check);
    g_free(ground->brief);
    g_free(ground->honk);
    fd_close(&ground->lock_fd);
}

void
coding_sweep(const Config *config)
{
    g_autofree char *place = place_of(config);
    g_autoptr(GDir) dir = g_dir_open(place, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *folder = g_build_filename(place, name, NULL);
        AUTO_FD fd = -1;
        if (take(folder, &fd))
            ground_remove(folder);
    }
}

/* ---- laying out ---- */

/* What tells agents and editors what to do, or to run, is people's and their agents', not ours. */
static bool
is_no_instruction(const char *path, void *data)
{
    (void) data;
    return g_strcmp0(gate_path_refused(path), "agent-file") != 0;
}

static bool
write_edits(const char *folder, const Look *look, GError **error)
{
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        size_t bytes = 0;
        if (!file->is_edited)
            continue;
        g_autofree char *path = g_build_filename(folder, file->path, NULL);
        g_autofree char *after = look_file_after(file, &bytes);
        AUTO_FD fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno == ENOENT)
            continue; /* it is one that is not laid out */
        if (fd < 0 || !fd_write_all(fd, after, bytes))
            return fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
    }
    return true;
}

static bool
lay(const CodingWork *work, const char *folder, const LayOutOptions *options, bool is_edited,
    GError **error)
{
    ground_remove(folder);
    if (g_mkdir(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    return repository_lay_out(work->repository, work->look->commit, folder, options, error) &&
           (!is_edited || write_edits(folder, work->look, error));
}

/* The same bytes beside the brief, where an agent reads them and does not write: to be compared, and put back. */
static bool
keep_pristine(const Ground *ground, const char *path, const char *text, size_t bytes,
              GError **error)
{
    g_autofree char *kept = g_build_filename(ground->brief, BRIEF_WAS, path, NULL);
    g_autofree char *folder = g_path_get_dirname(kept);
    if (bytes > GATE_FILE_BYTES_MAX)
        return true; /* nobody changes such a file */
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot make '%s'", folder);
    AUTO_FD fd = open(kept, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return (fd >= 0 && fd_write_all(fd, text, bytes)) ||
           fail_errno(error, ERR_INTERNAL, "cannot write '%s'", kept);
}

/* One record of BRIEF_LAID: "100644 DIGEST PATH", ended by a zero, as a path may hold anything else. */
static void
add_record(GString *records, const char *path, const Laid *laid)
{
    g_string_append_printf(records, "%o %s %s", laid->mode, laid->digest, path);
    g_string_append_c(records, '\0');
}

static bool
remember_one(Ground *ground, const FTSENT *entry, GString *records, GError **error)
{
    const char *path = entry->fts_path + strlen(ground->tree) + 1;
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!file_read(entry->fts_path, G_MAXINT, &text, &bytes, error))
        return false;
    Laid *laid = g_new0(Laid, 1);
    laid->digest = sha256_of(text, bytes);
    laid->mode = (entry->fts_statp->st_mode & S_IXUSR) != 0 ? 0100755 : 0100644;
    g_hash_table_insert(ground->laid, g_strdup(path), laid);
    add_record(records, path, laid);
    return keep_pristine(ground, path, text, bytes, error);
}

static bool
remember(Ground *ground, GError **error)
{
    char *roots[] = {ground->tree, NULL};
    g_autoptr(GString) records = g_string_new(NULL);
    g_autofree char *place = g_build_filename(ground->brief, BRIEF_LAID, NULL);
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool ok = walk != NULL;
    for (const FTSENT *entry; ok && (entry = fts_read(walk)) != NULL;)
        ok = entry->fts_info != FTS_F || remember_one(ground, entry, records, error);
    if (walk != NULL)
        fts_close(walk);
    return ok && file_write_atomic(place, records->str, records->len, 0600, error);
}

bool
ground_read_laid(const char *brief, GHashTable **ret, GError **error)
{
    g_autoptr(GHashTable) laid = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, laid_free);
    g_autofree char *place = g_build_filename(brief, BRIEF_LAID, NULL), *text = NULL;
    size_t bytes = 0;
    if (!file_read(place, LAID_BYTES_MAX, &text, &bytes, error))
        return false;
    for (const char *at = text; at < text + bytes; at += strlen(at) + 1) {
        g_auto(GStrv) parts = g_strsplit(at, " ", 3);
        if (g_strv_length(parts) != 3)
            return fail(error, ERR_INVALID, "'%s' holds something that is no file", place);
        Laid *one = g_new0(Laid, 1);
        one->mode = (unsigned) strtoul(parts[0], NULL, 8);
        one->digest = g_strdup(parts[1]);
        g_hash_table_insert(laid, g_strdup(parts[2]), one);
    }
    *ret = g_steal_pointer(&laid);
    return true;
}

bool
ground_lay_tree(Ground *ground, const CodingWork *work, GError **error)
{
    const LayOutOptions options = {.is_fleeting = true, .wants = is_no_instruction};
    return lay(work, ground->tree, &options, true, error) && remember(ground, error);
}

bool
ground_lay_check(Ground *ground, const CodingWork *work, bool is_edited, GError **error)
{
    const LayOutOptions options = {.is_fleeting = true};
    return lay(work, ground->check, &options, is_edited, error);
}

bool
ground_put_brief(const Ground *ground, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(ground->brief, name, NULL);
    return file_write_atomic(path, text, strlen(text), 0600, error);
}
