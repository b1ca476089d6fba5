/*
 * swap.c - one dataset in the place of another, and back.
 *
 * Readers name keys themselves, so to swap is to rename: each key of the old rows gets the prefix of the dataset that is kept, and
 * each staged row loses its own (exchange.c). Who writes afterwards is found by reading (written.c).
 *
 * Up to `swap_keys_max` keys change their names in one EXEC, with the note of it: readers see all of before or all of after, and
 * the server does nothing else meanwhile (about a second for a million). More are renamed some thousands at a time: first all old
 * rows go, then all new ones come, and in between readers miss rows. What is done is noted, so that a swap which died half way
 * (SWAP_HALF) is taken up where it was, or back.
 */
#include "driver/redis/swap.h"

#include <string.h>

/* Like the target, under another name. */
static bool
make_beside(RedisConn *conn, const char *name, const RedisObject *target, RedisObject **ret,
            GError **error)
{
    if (!redis_object_make(conn, name, target, ret, error))
        return false;
    (*ret)->schema = target->schema != NULL ? schema_copy(target->schema) : NULL;
    return true;
}

static int
append_list_changes(const RedisConn *conn, const RedisObject *added, const char *removed,
                    GString *to)
{
    g_autofree char *list = redis_book_objects_key(conn);
    int count = 0;
    if (added != NULL) {
        redis_object_note(conn, added, to);
        count++;
    }
    if (removed != NULL) {
        resp_command(to, "HDEL", list, removed, NULL);
        count++;
    }
    return count;
}

/* --- the swap --- */

static bool
is_for(const SwapNote *note, const char *stage, const char *target)
{
    return strcmp(note->stage, stage) == 0 && strcmp(note->target, target) == 0;
}

static bool
note_phase(RedisConn *conn, const Writer *writer, SwapNote *note, Phase phase, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    note->phase = phase;
    swap_note_append(conn, writer->plan, note, commands);
    return redis_book_watch_staged(conn, conn->db, writer, error) &&
           redis_exec(conn, conn->db, commands, 1, NULL, error);
}

/* From whatever phase it is in. */
static bool
swap_in_steps(RedisConn *conn, const Exchange *exchange, SwapNote *note, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    if (note->phase == PHASE_NONE) {
        note->phase = PHASE_OUT;
        swap_note_append(conn, exchange->plan, note, commands);
        int count = 1 + append_list_changes(conn, exchange->out, NULL, commands);
        if (!redis_book_watch_staged(conn, conn->db, exchange->writer, error) ||
            !redis_book_exec(conn, commands, count, error))
            return false;
    }
    if (note->phase == PHASE_OUT &&
        (!redis_rename_in_steps(conn, exchange, exchange->target, false, error) ||
         !note_phase(conn, exchange->writer, note, PHASE_IN, error)))
        return false;
    if (!redis_rename_in_steps(conn, exchange, exchange->into, true, error))
        return false;
    note->phase = PHASE_DONE;
    swap_note_append(conn, exchange->plan, note, commands);
    int count = 1 + append_list_changes(conn, NULL, note->stage, commands);
    return redis_book_watch_staged(conn, conn->db, exchange->writer, error) &&
           redis_exec(conn, conn->db, commands, count, NULL, error);
}

static bool
swap_rows(RedisConn *conn, const Exchange *exchange, SwapNote *note, GError **error)
{
    g_autoptr(GString) notes = g_string_new(NULL);
    bool is_done = false;
    if (note->phase == PHASE_NONE) {
        note->phase = PHASE_DONE;
        swap_note_append(conn, exchange->plan, note, notes);
        int count = 1 + append_list_changes(conn, exchange->out, note->stage, notes);
        if (!redis_exchange_at_once(conn, exchange, notes, count, &is_done, error))
            return false;
        note->phase = PHASE_NONE;
    }
    return is_done || swap_in_steps(conn, exchange, note, error);
}

static bool
begin_swap(RedisConn *conn, const char *stage, const RedisObject *stage_rows, const char *target,
           const char *kept, SwapNote *note, GError **error)
{
    g_autoptr(RedisObject) old = NULL, taken = NULL;
    bool has_target = false, is_taken = false;
    if (!redis_object_find(conn, target, &old, error) ||
        !redis_object_exists(conn, old, &has_target, error) ||
        !redis_object_find(conn, kept, &taken, error) ||
        (has_target && !redis_object_exists(conn, taken, &is_taken, error)))
        return false;
    if (is_taken)
        return fail(error, ERR_WRONG_STATE, "'%s', the name for the old rows, is taken", kept);
    note->stage = g_strdup(stage);
    note->target = g_strdup(target);
    note->kept = has_target ? g_strdup(kept) : NULL;
    note->stage_text = redis_object_text(stage_rows);
    return true;
}

/* Keys are all that there is of a dataset that nobody has declared. */
static bool
check_any(RedisConn *conn, const RedisObject *rows, const RedisObject *place, GError **error)
{
    bool is_any = place->is_declared;
    return is_any || (keys_any(conn, rows, &is_any, error) &&
                      (is_any || fail(error, ERR_INVALID,
                                      "there is not one row, and '%s' is nothing but its rows: say "
                                      "what it is in `objects` of the store, or let it be",
                                      place->name)));
}

static bool
redis_swap(Conn *base, const char *stage, const char *target, const char *kept,
           const Writer *writer, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(SwapNote) note = {0};
    g_autoptr(RedisObject) new_rows = NULL, place = NULL, old_rows = NULL;
    if (!redis_book_watch_staged(conn, conn->db, writer, error) ||
        !redis_book_unwatch(conn, conn->db, error) ||
        !swap_note_read(conn, writer->plan, &note, error))
        return false;
    if (note.phase >= PHASE_BACK_OUT)
        return fail(error, ERR_WRONG_STATE, "'%s' is on its way back", target);
    if (note.phase != PHASE_NONE && !is_for(&note, stage, target))
        return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    note.stage, note.target);
    if (note.phase == PHASE_DONE)
        return true;
    if (!redis_object_need(conn, stage, &new_rows, error) ||
        !redis_object_find(conn, target, &place, error))
        return false;
    if (place->is_made || !redis_same_keys(new_rows, place))
        return fail(error, ERR_INVALID, "keys of '%s' have another form than those of '%s'", stage,
                    target);
    if (note.phase == PHASE_NONE &&
        (!check_any(conn, new_rows, place, error) || !conn_last_look(base, error) ||
         !begin_swap(conn, stage, new_rows, target, kept, &note, error) ||
         !redis_digest_save(conn, writer->plan, new_rows, error)))
        return false;
    if (note.kept != NULL && !make_beside(conn, note.kept, place, &old_rows, error))
        return false;
    Exchange exchange = {writer->plan, writer, place, old_rows, new_rows};
    return swap_rows(conn, &exchange, &note, error);
}

/* --- and back --- */

static bool
look_before_back(RedisConn *conn, const SwapNote *note, const char *plan, bool give_up,
                 int64_t *ret, GError **error)
{
    g_autoptr(RedisObject) kept = NULL;
    *ret = 0;
    if (note->kept != NULL && !redis_object_find(conn, note->kept, &kept, error))
        return false;
    if (kept != NULL && !kept->is_made)
        return fail(error, ERR_WRONG_STATE, "'%s', which has the old rows, is gone", note->kept);
    if (note->phase == PHASE_DONE && !redis_count_written(conn, plan, note, ret, error))
        return false;
    return *ret == 0 || give_up ||
           fail(error, ERR_MISMATCH,
                "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", *ret,
                note->target);
}

static int
append_end_of_back(const RedisConn *conn, const Exchange *exchange, const SwapNote *note,
                   GString *to)
{
    g_autofree char *swap = redis_book_key(conn, "swap", exchange->plan);
    g_autofree char *digest = redis_book_key(conn, "digest", exchange->plan);
    resp_command(to, "DEL", swap, digest, NULL);
    redis_book_raise_plan(conn, exchange->writer, to);
    return 2 + append_list_changes(conn, exchange->out, note->kept, to);
}

/* From whatever phase it is in; a swap that died while old rows went has no new ones in place yet. */
static bool
back_in_steps(RedisConn *conn, const Exchange *exchange, SwapNote *note, GError **error)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    if (note->phase <= PHASE_DONE) {
        note->phase = note->phase == PHASE_OUT ? PHASE_BACK_IN : PHASE_BACK_OUT;
        swap_note_append(conn, exchange->plan, note, commands);
        int count = 1 + append_list_changes(conn, exchange->out, NULL, commands);
        if (!redis_book_watch_staged(conn, conn->db, exchange->writer, error) ||
            !redis_book_exec(conn, commands, count, error))
            return false;
    }
    if (note->phase == PHASE_BACK_OUT &&
        (!redis_rename_in_steps(conn, exchange, exchange->target, false, error) ||
         !note_phase(conn, exchange->writer, note, PHASE_BACK_IN, error)))
        return false;
    if (exchange->into != NULL &&
        !redis_rename_in_steps(conn, exchange, exchange->into, true, error))
        return false;
    int count = append_end_of_back(conn, exchange, note, commands);
    return redis_book_watch_staged(conn, conn->db, exchange->writer, error) &&
           redis_exec(conn, conn->db, commands, count, NULL, error);
}

static bool
back_rows(RedisConn *conn, const Exchange *exchange, SwapNote *note, GError **error)
{
    g_autoptr(GString) notes = g_string_new(NULL);
    bool is_done = false;
    if (note->phase == PHASE_DONE) {
        int count = append_end_of_back(conn, exchange, note, notes);
        if (!redis_exchange_at_once(conn, exchange, notes, count, &is_done, error))
            return false;
    }
    return is_done || back_in_steps(conn, exchange, note, error);
}

static bool
objects_of_back(RedisConn *conn, const SwapNote *note, RedisObject **ret_place,
                RedisObject **ret_new, RedisObject **ret_old, GError **error)
{
    g_autoptr(RedisObject) place = NULL, new_rows = NULL, old_rows = NULL;
    if (!redis_object_find(conn, note->target, &place, error) ||
        !redis_object_parse(conn, note->new_name, note->stage_text, &new_rows, error) ||
        (note->kept != NULL && !redis_object_find(conn, note->kept, &old_rows, error)))
        return false;
    *ret_place = g_steal_pointer(&place);
    *ret_new = g_steal_pointer(&new_rows);
    *ret_old = g_steal_pointer(&old_rows);
    return true;
}

static bool
redis_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
           bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(SwapNote) note = {0};
    g_autoptr(RedisObject) place = NULL, new_rows = NULL, old_rows = NULL;
    bool is_staged = false;
    if (!redis_book_watch(conn, conn->db, writer, &is_staged, error) ||
        !redis_book_unwatch(conn, conn->db, error) ||
        !swap_note_read(conn, writer->plan, &note, error))
        return false;
    *ret_rows = note.written;
    if (note.phase == PHASE_NONE) /* never swapped, or back already */
        return true;
    if (note.phase <= PHASE_DONE) {
        if (!look_before_back(conn, &note, writer->plan, give_up, &note.written, error))
            return false;
        g_free(note.new_name);
        note.new_name = g_strdup(note.written > 0 ? lost : stage);
    }
    if (!objects_of_back(conn, &note, &place, &new_rows, &old_rows, error))
        return false;
    Exchange exchange = {writer->plan, writer, place, new_rows, old_rows};
    *ret_rows = note.written;
    return back_rows(conn, &exchange, &note, error);
}

/* --- the rest --- */

static bool
redis_written(Conn *base, const char *plan, int64_t *ret_rows, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(SwapNote) note = {0};
    *ret_rows = 0;
    if (!swap_note_read(conn, plan, &note, error))
        return false;
    return note.phase != PHASE_DONE || redis_count_written(conn, plan, &note, ret_rows, error);
}

static bool
redis_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                 const char *plan, SwapState *ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_auto(SwapNote) note = {0};
    g_autoptr(RedisObject) old_rows = NULL;
    if (!swap_note_read(conn, plan, &note, error) ||
        (note.kept != NULL && !redis_object_find(conn, note.kept, &old_rows, error)))
        return false;
    bool is_in_force = old_rows == NULL || old_rows->is_made;
    if (note.phase == PHASE_NONE)
        *ret = SWAP_BEFORE;
    else if (!is_for(&note, stage, target) || !is_in_force)
        *ret = SWAP_OTHER;
    else
        *ret = note.phase == PHASE_DONE ? SWAP_AFTER : SWAP_HALF;
    return true;
}

static bool
redis_settle(Conn *base, const char *plan, GError **error)
{
    return conn_confirm(base, error) && redis_book_forget(redis_conn(base), plan, error);
}

/* Rows first: as long as any are there, so is the name. */
static bool
redis_drop(Conn *base, const char *name, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    g_autofree char *list = redis_book_objects_key(conn);
    return conn_confirm(base, error) && redis_object_find(conn, name, &object, error) &&
           redis_remove_rows(conn, object, error) &&
           redis_do(conn, NULL, error, "HDEL", list, name, NULL);
}

const SwapOps redis_swap_ops = {
    .swap = redis_swap,
    .back = redis_back,
    .state = redis_swap_state,
    .written = redis_written,
    .settle = redis_settle,
    .drop = redis_drop,
};
