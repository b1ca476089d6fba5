/* notes.c - the lock, the fences, and where a plan's notes lie: see notes.h. */
#include "driver/files/notes.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ESCAPED_BYTES_MAX 200 /* of a name in a folder, which may have 255 */
#define REMOVE_DEPTH_MAX 16   /* descriptors while a tree is removed; ours are four deep */
#define LOCK_POLL_US 2000     /* held for milliseconds by others */
#define LOCK_WAIT_MS 10000

/* --- paths --- */

char *
notes_escape(const char *name)
{
    g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
    if (strlen(escaped) <= ESCAPED_BYTES_MAX && escaped[0] != '.')
        return g_steal_pointer(&escaped);
    g_autofree char *digest = sha256_of(name, strlen(name));
    return g_strdelimit(g_steal_pointer(&digest), ":", '-');
}

static char *
kind_path(const FileConn *conn, const char *kind, const char *name)
{
    g_autofree char *escaped = notes_escape(name);
    return g_build_filename(conn->folder, NOTES_FOLDER, kind, escaped, NULL);
}

char *
notes_path(const Notes *notes, const char *name)
{
    return g_build_filename(notes->folder, name, NULL);
}

char *
notes_part(const Notes *notes, const char *range)
{
    g_autofree char *escaped = notes_escape(range);
    return g_build_filename(notes->folder, "parts", escaped, NULL);
}

static char *
random_path(const char *folder, const char *prefix)
{
    g_autofree char *chance = id_secret(8);
    g_autofree char *name = g_strconcat(prefix, chance, NULL);
    return g_build_filename(folder, name, NULL);
}

static bool
make_folder(const char *path, GError **error)
{
    return g_mkdir_with_parents(path, 0777) == 0 ||
           fail_errno(error, ERR_FORBIDDEN, "cannot make the folder '%s'", path);
}

bool
notes_make_tmp(const Notes *notes, char **ret, GError **error)
{
    g_autofree char *path = random_path(notes->folder, "tmp-");
    if (mkdir(path, 0777) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot make the folder '%s'", path);
    *ret = g_steal_pointer(&path);
    return true;
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path) != 0 && errno != ENOENT;
}

void
folder_remove(const char *path)
{
    nftw(path, remove_one, REMOVE_DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
}

/* --- the lock --- */

bool
notes_lock(const FileConn *conn, NotesLock *ret, GError **error)
{
    AUTO_FD fd = open(conn->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int64_t until_ms =
        clock_monotonic_ms() + json_get_int(conn->settings, "timeout_ms", LOCK_WAIT_MS);
    if (fd < 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot open the folder '%s'", conn->folder);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_errno(error, ERR_UNSUPPORTED, "cannot lock the folder '%s'", conn->folder);
        if (conn->base.tick != NULL && !conn->base.tick(-1, conn->base.tick_data))
            return fail(error, ERR_STOPPED, "asked to stop");
        if (clock_monotonic_ms() > until_ms)
            return fail(error, ERR_TRANSIENT, "the folder '%s' is locked by another writer",
                        conn->folder);
        g_usleep(LOCK_POLL_US);
    }
    *ret = (NotesLock){.fd = fd_steal(&fd), .conn = conn};
    return true;
}

/* Somebody died while a plan was made or removed: a stage's name may lead nowhere. */
static void
clear_trash(const char *notes)
{
    g_autofree char *trash = g_build_filename(notes, "trash", NULL);
    g_autofree char *stages = g_build_filename(notes, "stages", NULL);
    const char *name;
    if (rmdir(trash) == 0 || errno == ENOENT)
        return;
    folder_remove(trash);
    g_autoptr(GDir) dir = g_dir_open(stages, 0, NULL);
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *link = g_build_filename(stages, name, NULL);
        g_autofree char *plan = g_file_read_link(link, NULL);
        g_autofree char *folder = g_build_filename(notes, "plans", plan != NULL ? plan : "", NULL);
        if (plan != NULL && access(folder, F_OK) != 0)
            unlink(link);
    }
}

/* Folders without anything in them go; rmdir() refuses the others. */
static void
remove_empty(const FileConn *conn)
{
    static const char *const folders[] = {"plans", "stages", "aside"};
    g_autofree char *notes = g_build_filename(conn->folder, NOTES_FOLDER, NULL);
    if (access(notes, F_OK) != 0)
        return;
    clear_trash(notes);
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(notes, folders[i], NULL);
        rmdir(path);
    }
    rmdir(notes);
}

void
notes_unlock(NotesLock *lock)
{
    if (lock->fd < 0)
        return;
    remove_empty(lock->conn);
    fd_close(&lock->fd);
}

/* --- books --- */

void
notes_free(Notes *notes)
{
    if (notes == NULL)
        return;
    g_free(notes->folder);
    g_free(notes->plan);
    g_free(notes->stage);
    json_decref(notes->json);
    g_free(notes);
}

static bool
read_notes(const char *folder, Notes **ret, GError **error)
{
    g_autoptr(Notes) notes = g_new0(Notes, 1);
    notes->folder = g_strdup(folder);
    g_autofree char *path = notes_path(notes, "plan.json");
    *ret = NULL;
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    const char *plan = NULL, *stage = NULL;
    if (!json_read_file(path, &notes->json, error) ||
        !json_need_string(notes->json, "plan", path, &plan, error) ||
        !json_need_string(notes->json, "stage", path, &stage, error) ||
        !json_need_int(notes->json, "token", path, &notes->token, error))
        return false;
    notes->plan = g_strdup(plan);
    notes->stage = g_strdup(stage);
    *ret = g_steal_pointer(&notes);
    return true;
}

/* Whoever reads without the lock may come while the plan's folder is taken away: then there is none. */
bool
notes_find(const FileConn *conn, const char *plan, Notes **ret, GError **error)
{
    g_autofree char *folder = kind_path(conn, "plans", plan);
    g_autoptr(GError) problem = NULL;
    if (read_notes(folder, ret, &problem))
        return true;
    if (access(folder, F_OK) != 0 && errno == ENOENT) {
        *ret = NULL;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool
notes_find_stage(const FileConn *conn, const char *object, Notes **ret, GError **error)
{
    g_autofree char *link = kind_path(conn, "stages", object);
    g_autofree char *plan = g_file_read_link(link, NULL);
    g_autoptr(Notes) notes = NULL;
    *ret = NULL;
    if (plan == NULL)
        return true;
    g_autofree char *folder = g_build_filename(conn->folder, NOTES_FOLDER, "plans", plan, NULL);
    if (!read_notes(folder, &notes, error))
        return false;
    if (notes == NULL || strcmp(notes->stage, object) != 0 ||
        json_get_bool(notes->json, "given_up", false))
        return true;
    /* swapped in: the whole file has left the notes */
    if (json_object_get(notes->json, "swap") != NULL && !notes_is_whole(notes))
        return true;
    *ret = g_steal_pointer(&notes);
    return true;
}

bool
notes_save(Notes *notes, GError **error)
{
    g_autofree char *path = notes_path(notes, "plan.json");
    json_set_int(notes->json, "token", notes->token);
    g_autofree char *text = json_pretty(notes->json);
    return file_write_atomic(path, text, strlen(text), 0666, error);
}

/* So that its stage is found by name; again: nothing. */
static bool
link_stage(const FileConn *conn, const char *stage, const char *plan, GError **error)
{
    g_autofree char *link = kind_path(conn, "stages", stage);
    g_autofree char *target = notes_escape(plan);
    g_autofree char *before = g_file_read_link(link, NULL);
    g_autofree char *folder = g_path_get_dirname(link);
    if (g_strcmp0(before, target) == 0)
        return true;
    if (!make_folder(folder, error))
        return false;
    if (before != NULL)
        unlink(link);
    return symlink(target, link) == 0 ? folder_sync(link, error)
                                      : fail_errno(error, ERR_FORBIDDEN, "cannot make '%s'", link);
}

/* What an earlier plan of this name left aside belongs to it again. */
static bool
take_aside(const FileConn *conn, const Notes *notes, GError **error)
{
    g_autofree char *left = kind_path(conn, "aside", notes->plan);
    g_autofree char *mine = notes_path(notes, "aside.ndjson");
    return rename(left, mine) == 0 || errno == ENOENT ||
           fail_errno(error, ERR_FORBIDDEN, "cannot take '%s'", left);
}

/* A folder in the trash, which whoever unlocks next empties: what is made there by somebody who dies is gone. */
static bool
trash_path(const FileConn *conn, char **ret, GError **error)
{
    g_autofree char *trash = g_build_filename(conn->folder, NOTES_FOLDER, "trash", NULL);
    *ret = random_path(trash, "");
    return make_folder(trash, error);
}

/* Made whole before it gets its name. */
static bool
notes_write(Notes *notes, GError **error)
{
    g_autofree char *parts = notes_path(notes, "parts");
    return make_folder(parts, error) && notes_save(notes, error);
}

bool
notes_make(const FileConn *conn, const char *stage, const Schema *schema, const Writer *writer,
           GError **error)
{
    g_autoptr(Notes) notes = g_new0(Notes, 1);
    g_autofree char *path = kind_path(conn, "plans", writer->plan);
    g_autofree char *plans = g_path_get_dirname(path);
    notes->plan = g_strdup(writer->plan);
    notes->token = writer->token;
    notes->json = json_pack("{ss ss s{} so}", "plan", writer->plan, "stage", stage, "tasks",
                            "schema", schema_to_json(schema));
    if (!trash_path(conn, &notes->folder, error) || !notes_write(notes, error) ||
        !make_folder(plans, error) || !link_stage(conn, stage, writer->plan, error))
        return false;
    if (rename(notes->folder, path) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot make '%s'", path);
    g_free(notes->folder);
    notes->folder = g_steal_pointer(&path);
    return folder_sync(notes->folder, error) && take_aside(conn, notes, error);
}

bool
notes_remove(const FileConn *conn, const Notes *notes, GError **error)
{
    g_autofree char *gone = NULL;
    g_autofree char *link = kind_path(conn, "stages", notes->stage);
    if (!trash_path(conn, &gone, error))
        return false;
    if (rename(notes->folder, gone) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot remove '%s'", notes->folder);
    unlink(link);
    bool done = folder_sync(notes->folder, error);
    folder_remove(gone);
    return done;
}

/* --- fences --- */

bool
notes_passes(const FileConn *conn, const Writer *writer, Notes **ret, GError **error)
{
    g_autoptr(Notes) notes = NULL;
    *ret = NULL;
    if (!notes_find(conn, writer->plan, &notes, error))
        return false;
    if (notes == NULL)
        return true;
    int64_t of_task = json_get_int(json_object_get(notes->json, "tasks"), writer->task, 0);
    if (notes->token > writer->token)
        return fail_fenced("plan", writer->plan, notes->token, writer, error);
    if (of_task > writer->token)
        return fail_fenced("task", writer->task, of_task, writer, error);
    *ret = g_steal_pointer(&notes);
    return true;
}

bool
notes_need(const FileConn *conn, const Writer *writer, Notes **ret, GError **error)
{
    if (!notes_passes(conn, writer, ret, error))
        return false;
    return *ret != NULL ||
           fail(error, ERR_FENCED, "plan '%s' has nothing staged here (any more)", writer->plan);
}
