/*
 * swap.c - one file in the place of another, and back.
 *
 * The target's name is there at every moment: the old file gets a second name (a hard link, which fails when the name is
 * taken), and then one rename puts the new one over the first. Which file is which is told by its inode and the time when
 * it was made, noted before; so after a death in between it is read how far it came, and never guessed:
 *
 *   target is the new file                              after
 *   target is not, and the new one is where it was made before (or there again)
 *   else                                                somebody else's file is in the place
 */
#include "driver/files/notes.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- which file it is --- */

/* {inode, born_ns, bytes, mtime_ns, links}; NULL when there is none. */
static json_t *
look_at(const char *path)
{
    struct statx info;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &info) != 0)
        return NULL;
    json_t *look = json_object();
    json_set_int(look, "inode", (int64_t) info.stx_ino);
    json_set_int(look, "born_ns", info.stx_btime.tv_sec * 1000000000 + info.stx_btime.tv_nsec);
    json_set_int(look, "bytes", (int64_t) info.stx_size);
    json_set_int(look, "mtime_ns", info.stx_mtime.tv_sec * 1000000000 + info.stx_mtime.tv_nsec);
    return look;
}

static bool
is_file(const char *path, const json_t *noted)
{
    g_autoptr(json_t) now = look_at(path);
    return now != NULL && json_is_object(noted) &&
           json_get_int(now, "inode", -1) == json_get_int(noted, "inode", -2) &&
           json_get_int(now, "born_ns", 0) == json_get_int(noted, "born_ns", 0);
}

/* --- a swap as it is noted --- */

typedef struct {
    const Notes *notes;
    json_t *note; /* {target, kept or null, new, old, rows}; borrowed */
    const char *target_name, *kept_name;
    char *whole, *target, *kept; /* paths; `kept` NULL when there was no target */
} Swap;

static void
swap_clear(Swap *swap)
{
    g_free(swap->whole);
    g_free(swap->target);
    g_free(swap->kept);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Swap, swap_clear)

static bool
read_swap(const FileConn *conn, const Notes *notes, Swap *ret, GError **error)
{
    Swap swap = {.notes = notes, .note = json_object_get(notes->json, "swap")};
    swap.target_name = json_get_string(swap.note, "target", "");
    swap.kept_name = json_get_string(swap.note, "kept", NULL);
    if (!file_conn_path(conn, swap.target_name, &swap.target, error))
        return false;
    if (swap.kept_name != NULL && !file_conn_path(conn, swap.kept_name, &swap.kept, error)) {
        swap_clear(&swap);
        return false;
    }
    swap.whole = notes_path(notes, "whole");
    *ret = swap;
    return true;
}

static SwapState
state_of(const FileConn *conn, const Swap *swap)
{
    const json_t *new = json_object_get(swap->note, "new");
    const json_t *old = json_object_get(swap->note, "old");
    const char *lost = json_get_string(swap->note, "lost", NULL);
    g_autofree char *lost_path = lost != NULL ? g_build_filename(conn->folder, lost, NULL) : NULL;
    if (is_file(swap->target, new))
        return swap->kept == NULL || is_file(swap->kept, old) ? SWAP_AFTER : SWAP_OTHER;
    bool is_old = swap->kept == NULL ? access(swap->target, F_OK) != 0 : is_file(swap->target, old);
    bool is_out = is_file(swap->whole, new) || (lost_path != NULL && is_file(lost_path, new));
    return is_old && is_out ? SWAP_BEFORE : SWAP_OTHER;
}

static bool
file_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                const char *plan, SwapState *ret, GError **error)
{
    const FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_auto(Swap) swap = {0};
    *ret = SWAP_BEFORE;
    if (!notes_find(conn, plan, &notes, error))
        return false;
    if (notes == NULL || json_object_get(notes->json, "swap") == NULL)
        return true;
    if (!read_swap(conn, notes, &swap, error))
        return false;
    *ret = state_of(conn, &swap);
    if (*ret == SWAP_AFTER &&
        (strcmp(notes->stage, stage) != 0 || strcmp(swap.target_name, target) != 0))
        *ret = SWAP_OTHER;
    return true;
}

/* --- forward --- */

/* A second name for a file; there already for the same one: nothing. WRONG_STATE when it is taken. */
static bool
give_name(const char *path, const char *also, const char *what, GError **error)
{
    if (link(path, also) == 0)
        return folder_sync(also, error);
    if (errno != EEXIST)
        return fail_errno(error, ERR_UNSUPPORTED, "cannot give '%s' the name '%s'", path, also);
    g_autoptr(json_t) mine = look_at(path);
    if (is_file(also, mine))
        return true;
    g_autofree char *name = g_path_get_basename(also);
    return fail(error, ERR_WRONG_STATE, "'%s', the name for %s, is taken", name, what);
}

static bool
put_over(const char *from, const char *to, GError **error)
{
    if (rename(from, to) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot rename '%s' to '%s'", from, to);
    return folder_sync(to, error) && folder_sync(from, error);
}

/* Who may read and write the old file may do so with the new one; the owner only as far as we may give it away. */
static bool
take_over_rights(const char *from, const char *to, GError **error)
{
    struct stat info;
    if (stat(from, &info) != 0)
        return errno == ENOENT || fail_errno(error, ERR_FORBIDDEN, "cannot look at '%s'", from);
    bool is_given = chown(to, info.st_uid, info.st_gid) == 0;
    if (!is_given)
        g_debug("'%s' stays ours", to);
    return chmod(to, info.st_mode & 07777) == 0 ||
           fail_errno(error, ERR_FORBIDDEN, "cannot give '%s' the rights of '%s'", to, from);
}

static bool
note_swap(Notes *notes, const char *target, const char *kept, const char *target_path, int64_t rows,
          GError **error)
{
    g_autofree char *whole = notes_path(notes, "whole");
    json_t *old = look_at(target_path), *note = json_object();
    json_set_string(note, "target", target);
    json_set_string(note, "kept", old != NULL ? kept : NULL);
    json_object_set_new(note, "new", look_at(whole));
    json_object_set_new(note, "old", old != NULL ? old : json_null());
    json_set_int(note, "rows", rows);
    json_object_set_new(notes->json, "swap", note);
    return notes_save(notes, error);
}

static bool
check_swap(const Notes *notes, const char *target, GError **error)
{
    g_autofree char *wanted = stage_target_name(notes->stage);
    if (!notes_is_whole(notes))
        return fail(error, ERR_WRONG_STATE, "'%s' is not finished", notes->stage);
    return strcmp(wanted, target) == 0 ||
           fail(error, ERR_INVALID, "'%s' was written to become '%s', not '%s'", notes->stage,
                wanted, target);
}

/* Swapped already, or half of it by somebody who died: `*ret_done` when there is nothing left to do. */
static bool
look_at_earlier(const FileConn *conn, Notes *notes, const char *stage, const char *target,
                bool *ret_done, GError **error)
{
    g_auto(Swap) swap = {0};
    *ret_done = false;
    if (json_object_get(notes->json, "swap") == NULL)
        return true;
    if (!read_swap(conn, notes, &swap, error))
        return false;
    bool is_same = strcmp(swap.target_name, target) == 0 && strcmp(notes->stage, stage) == 0;
    SwapState state = state_of(conn, &swap);
    *ret_done = state == SWAP_AFTER && is_same;
    if (state == SWAP_BEFORE || *ret_done)
        return true;
    return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already", notes->stage,
                swap.target_name);
}

static bool
file_swap(Conn *base, const char *stage, const char *target, const char *kept, const Writer *writer,
          GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_autofree char *path = NULL, *kept_path = NULL;
    RangeResult sum = {0};
    int64_t ranges = 0;
    bool done = false;
    AUTO_LOCK lock = {.fd = -1};
    if (!notes_lock(conn, &lock, error) || !notes_need(conn, writer, &notes, error) ||
        !look_at_earlier(conn, notes, stage, target, &done, error))
        return false;
    if (done)
        return true;
    if (!notes_sum(notes, &sum, &ranges, error) || !check_swap(notes, target, error) ||
        !file_conn_path(conn, target, &path, error) ||
        !file_conn_path(conn, kept, &kept_path, error))
        return false;
    bool has_target = access(path, F_OK) == 0;
    if (has_target && access(kept_path, F_OK) == 0) {
        g_autoptr(json_t) old = look_at(path);
        if (!is_file(kept_path, old))
            return fail(error, ERR_WRONG_STATE, "'%s', the name for the old file, is taken", kept);
    }
    g_autofree char *whole = notes_path(notes, "whole");
    return conn_last_look(base, error) && conn_confirm(base, error) &&
           take_over_rights(path, whole, error) &&
           note_swap(notes, target, kept, path, sum.rows_out, error) &&
           (!has_target || give_name(path, kept_path, "the old file", error)) &&
           put_over(whole, path, error);
}

/* --- and back --- */

/* How many rows were written to the target since: at least so many. A row that was changed in its place is not seen in their
 * number, so any change counts as one. */
static bool
count_written(Conn *base, const Swap *swap, int64_t *ret, GError **error)
{
    const json_t *noted = json_object_get(swap->note, "new");
    g_autoptr(json_t) now = look_at(swap->target);
    int64_t rows = 0;
    *ret = 0;
    if (now == NULL || json_equal(now, noted))
        return true;
    if (!base->driver->scan->count(base, swap->target_name, NULL, &rows, error))
        return false;
    *ret = MAX(ABS(rows - json_get_int(swap->note, "rows", 0)), 1);
    return true;
}

static bool
file_written(Conn *base, const char *plan, int64_t *ret_rows, GError **error)
{
    const FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_auto(Swap) swap = {0};
    *ret_rows = 0;
    if (!notes_find(conn, plan, &notes, error))
        return false;
    if (notes == NULL || json_object_get(notes->json, "swap") == NULL)
        return true;
    return read_swap(conn, notes, &swap, error) &&
           (state_of(conn, &swap) != SWAP_AFTER || count_written(base, &swap, ret_rows, error));
}

static bool
check_back(const Swap *swap, SwapState state, int64_t rows, bool give_up, GError **error)
{
    if (state != SWAP_AFTER)
        return fail(error, ERR_WRONG_STATE,
                    "'%s' is no longer the table that was swapped in, or '%s' is gone",
                    swap->target_name, swap->kept_name != NULL ? swap->kept_name : "it");
    return rows == 0 || give_up ||
           fail(error, ERR_MISMATCH,
                "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", rows,
                swap->target_name);
}

/* The new file leaves the target's name to the old one. */
static bool
put_back(const Swap *swap, const char *to, GError **error)
{
    if (!give_name(swap->target, to, "the new file", error))
        return false;
    if (swap->kept != NULL)
        return put_over(swap->kept, swap->target, error);
    return unlink(swap->target) == 0
               ? folder_sync(swap->target, error)
               : fail_errno(error, ERR_INTERNAL, "cannot remove '%s'", swap->target);
}

bool
swap_drop_half(const FileConn *conn, const Notes *notes, GError **error)
{
    g_auto(Swap) swap = {0};
    if (json_object_get(notes->json, "swap") == NULL)
        return true;
    if (!read_swap(conn, notes, &swap, error))
        return false;
    const json_t *old = json_object_get(swap.note, "old");
    if (swap.kept != NULL && is_file(swap.kept, old) && is_file(swap.target, old))
        unlink(swap.kept);
    return true;
}

/* The note goes: what it told is over. */
static bool
forget_swap(Notes *notes, bool given_up, const Writer *writer, GError **error)
{
    json_object_del(notes->json, "swap");
    if (given_up)
        json_set_bool(notes->json, "given_up", true);
    notes->token = writer->token;
    return notes_save(notes, error);
}

static bool
back_from(FileConn *conn, Notes *notes, const Swap *swap, const char *lost, bool give_up,
          const Writer *writer, int64_t *ret_rows, GError **error)
{
    SwapState state = state_of(conn, swap);
    g_autofree char *lost_path = NULL;
    int64_t rows = 0;
    if (state == SWAP_BEFORE) /* it came so far when somebody died */
        return conn_confirm(&conn->base, error) && swap_drop_half(conn, notes, error) &&
               forget_swap(notes, !notes_is_whole(notes), writer, error);
    if ((state == SWAP_AFTER && !count_written(&conn->base, swap, &rows, error)) ||
        !check_back(swap, state, rows, give_up, error) ||
        (rows > 0 && !file_conn_path(conn, lost, &lost_path, error)) ||
        !conn_confirm(&conn->base, error))
        return false;
    *ret_rows = rows;
    if (rows > 0) { /* where it goes is noted before it goes there */
        unlink(swap->whole);
        json_set_string(swap->note, "lost", lost);
        if (!notes_save(notes, error))
            return false;
    }
    return put_back(swap, rows > 0 ? lost_path : swap->whole, error) &&
           forget_swap(notes, rows > 0, writer, error);
}

static bool
file_swap_back(Conn *base, const char *stage, const char *target, const char *kept,
               const char *lost, bool give_up, const Writer *writer, int64_t *ret_rows,
               GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_auto(Swap) swap = {0};
    AUTO_LOCK lock = {.fd = -1};
    *ret_rows = 0;
    if (!notes_lock(conn, &lock, error) || !notes_passes(conn, writer, &notes, error))
        return false;
    if (notes == NULL || json_object_get(notes->json, "swap") == NULL)
        return true; /* never swapped, or back already */
    return read_swap(conn, notes, &swap, error) &&
           back_from(conn, notes, &swap, lost, give_up, writer, ret_rows, error);
}

/* --- the end of it --- */

static bool
file_settle(Conn *base, const char *plan, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    AUTO_LOCK lock = {.fd = -1};
    return notes_lock(conn, &lock, error) && notes_find(conn, plan, &notes, error) &&
           conn_confirm(base, error) &&
           (notes == NULL ||
            (notes_keep_aside(conn, notes, error) && notes_remove(conn, notes, error)));
}

static bool
file_drop(Conn *base, const char *object, GError **error)
{
    FileConn *conn = (FileConn *) base;
    g_autoptr(Notes) notes = NULL;
    g_autofree char *path = NULL;
    AUTO_LOCK lock = {.fd = -1};
    if (!file_conn_path(conn, object, &path, error) || !notes_lock(conn, &lock, error) ||
        !notes_find_stage(conn, object, &notes, error))
        return false;
    if (notes != NULL)
        return fail(error, ERR_INVALID, "'%s' is the stage of plan '%s'", object, notes->plan);
    if (!conn_confirm(base, error))
        return false;
    if (unlink(path) == 0)
        return folder_sync(path, error);
    return errno == ENOENT || fail_errno(error, ERR_FORBIDDEN, "cannot remove '%s'", path);
}

const SwapOps file_swap_ops = {
    .swap = file_swap,
    .back = file_swap_back,
    .state = file_swap_state,
    .written = file_written,
    .settle = file_settle,
    .drop = file_drop,
};
