/*
 * swap.c - the stage in the place of the target, and the way back.
 *
 * What is done in which order, and what a crash in between leaves, is told in swap.h. Whoever asks for the state first
 * finishes what was begun: so "swapped" and "not swapped" are all that anybody sees.
 */
#include "driver/mariadb/swap.h"

#include <string.h>

#define TRIES 5
#define PAUSE_MS 200

static bool
rename_tables(MariaConn *conn, const MariaSwap *swap, const char *from, const char *to,
              const char *then_from, const char *then_to, GError **error)
{
    g_autofree char *one = maria_swap_sql(swap, from), *two = maria_swap_sql(swap, to);
    g_autofree char *three = then_from != NULL ? maria_swap_sql(swap, then_from) : NULL;
    g_autofree char *four = then_from != NULL ? maria_swap_sql(swap, then_to) : NULL;
    g_autofree char *second =
        then_from != NULL ? g_strdup_printf(", %s TO %s", three, four) : g_strdup("");
    return maria_run(conn, error, "RENAME TABLE %s TO %s%s", one, two, second);
}

/* Whoever holds a lock is waited for, then let go on, then waited for again. */
static bool
may_try_again(MariaConn *conn, int tries, const GError *problem)
{
    bool is_lock = conn->code == 1205 || conn->code == 1213;
    if (!is_lock || tries >= TRIES || !error_is(problem, ERR_TRANSIENT))
        return false;
    g_usleep((gulong) (PAUSE_MS * 1000 * tries));
    return conn->base.tick == NULL || conn->base.tick(-1, conn->base.tick_data);
}

/* --- swap --- */

typedef struct {
    const char *stage, *target, *kept;
    const Writer *writer;
} SwapCall;

static bool
check_sides(MariaConn *conn, const SwapCall *call, const MariaObject *stage,
            const MariaObject *target, GError **error)
{
    g_autoptr(MariaObject) kept = NULL;
    if (stage->is_view || (target != NULL && target->is_view))
        return fail(error, ERR_UNSUPPORTED, "'%s' is a view, not a table of its own",
                    stage->is_view ? call->stage : call->target);
    if (target == NULL)
        return true;
    return maria_object_find(conn, call->kept, &kept, error) &&
           (kept == NULL ||
            fail(error, ERR_WRONG_STATE, "'%s', the name for the old table, is taken", call->kept));
}

/* All that is looked at and noted before anything changes. */
static bool
prepare(MariaConn *conn, const SwapCall *call, bool has_note, MariaSwap *swap, GError **error)
{
    Conn *base = &conn->base;
    g_autoptr(MariaObject) stage = NULL, target = NULL;
    if (!maria_object_need(conn, call->stage, &stage, error) ||
        !maria_object_find(conn, call->target, &target, error) ||
        !check_sides(conn, call, stage, target, error) ||
        !maria_swap_names(conn, call->writer->plan, call->stage, call->target,
                          target != NULL ? call->kept : NULL, swap, error))
        return false;
    swap->saved = json_object();
    json_set_string(swap->saved, "phase", "forth");
    if (!maria_swap_collect(conn, target, swap, error) || !maria_swap_check(conn, swap, error))
        return false;
    BookNote note = {.stage = (char *) call->stage,
                     .target = (char *) call->target,
                     .kept = target != NULL ? (char *) call->kept : NULL,
                     .saved = swap->saved};
    if (!book_begin(base, call->writer, error))
        return false;
    if ((!has_note || book_note_drop(base, call->writer->plan, error)) &&
        book_note_write(base, call->writer->plan, &note, error) && maria_commit(conn, error))
        return true;
    maria_rollback(conn);
    return false;
}

static bool
exchange(MariaConn *conn, MariaSwap *swap, GError **error)
{
    g_autoptr(GError) broken = NULL;
    if (!maria_log_start(conn, swap, swap->stage, error))
        return false;
    bool done = maria_swap_hold(conn, swap, swap->stage, &broken) &&
                conn_last_look(&conn->base, &broken) &&
                (swap->kept != NULL
                     ? rename_tables(conn, swap, swap->target, swap->kept, swap->stage,
                                     swap->target, &broken)
                     : rename_tables(conn, swap, swap->stage, swap->target, NULL, NULL, &broken));
    if (done)
        return maria_swap_end_forth(conn, swap, error);
    unsigned code = conn->code;
    if (!maria_swap_let_go(conn, swap, swap->stage, NULL))
        g_debug("guards are left for who looks next");
    conn->code = code;
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

static bool
swap_locked(MariaConn *conn, const SwapCall *call, GError **error)
{
    g_autoptr(BookNote) note = NULL;
    g_auto(MariaSwap) swap = {0};
    bool is_swapped = false;
    if (!book_begin(&conn->base, call->writer, error)) /* who may not is told at once */
        return false;
    maria_rollback(conn);
    if (!maria_swap_recover(conn, call->writer->plan, &note, &is_swapped, error))
        return false;
    bool is_ours = note != NULL && strcmp(note->stage, call->stage) == 0 &&
                   strcmp(note->target, call->target) == 0;
    if (is_swapped && is_ours)
        return true; /* done by an earlier attempt */
    if (is_swapped)
        return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    note->stage, note->target);
    return prepare(conn, call, note != NULL, &swap, error) && exchange(conn, &swap, error);
}

static bool
maria_swap(Conn *base, const char *stage, const char *target, const char *kept,
           const Writer *writer, GError **error)
{
    MariaConn *conn = maria_conn(base);
    SwapCall call = {.stage = stage, .target = target, .kept = kept, .writer = writer};
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        bool done = maria_lock(base, &problem) && swap_locked(conn, &call, &problem);
        bool again = !done && may_try_again(conn, tries, problem);
        maria_unlock(base);
        if (done)
            return true;
        if (again)
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

/* --- back --- */

typedef struct {
    const char *lost;
    bool give_up;
    const Writer *writer;
} BackCall;

static bool
is_in_force(MariaConn *conn, const MariaSwap *swap, bool *ret, GError **error)
{
    g_autoptr(MariaObject) kept = NULL;
    g_autofree char *name = swap->kept != NULL ? maria_swap_sql(swap, swap->kept) : NULL;
    if (!maria_log_is_on(conn, swap, swap->target, ret, error) ||
        (name != NULL && !maria_object_find(conn, name, &kept, error)))
        return false;
    *ret = *ret && (name == NULL || kept != NULL);
    return true;
}

static bool
count_written(MariaConn *conn, const MariaSwap *swap, const BackCall *call, int64_t *ret,
              GError **error)
{
    return book_count_written(&conn->base, swap->plan, ret, error) &&
           (*ret == 0 || call->give_up ||
            fail(error, ERR_MISMATCH,
                 "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", *ret,
                 swap->target));
}

/* The transaction that fences off whoever might still write, and tells that it goes back. */
static bool
announce(MariaConn *conn, MariaSwap *swap, const BackCall *call, int64_t *ret_rows, GError **error)
{
    Conn *base = &conn->base;
    bool is_staged = false;
    if (!maria_book.begin(base, call->writer, error))
        return false;
    if (book_passes(base, call->writer, &is_staged, error) &&
        count_written(conn, swap, call, ret_rows, error) &&
        (!is_staged || book_raise(base, call->writer, error)) &&
        maria_note_phase(conn, swap, "back", swap->stage, error) && maria_commit(conn, error))
        return true;
    maria_rollback(conn);
    return false;
}

/* Nobody writes any more: what is counted now is what is given up. */
static bool
go_back(MariaConn *conn, MariaSwap *swap, const BackCall *call, int64_t *ret_rows, GError **error)
{
    g_autofree char *ignored = NULL, *lost = NULL;
    if (!maria_split_name(conn, call->lost, &ignored, &lost, error) ||
        !count_written(conn, swap, call, ret_rows, error) ||
        (*ret_rows > 0 && !maria_note_phase(conn, swap, "back", lost, error)))
        return false;
    const char *out = *ret_rows > 0 ? lost : swap->stage;
    return (swap->kept != NULL
                ? rename_tables(conn, swap, swap->target, out, swap->kept, swap->target, error)
                : rename_tables(conn, swap, swap->target, out, NULL, NULL, error)) &&
           maria_swap_end_back(conn, swap, error);
}

static bool
back_locked(MariaConn *conn, const BackCall *call, int64_t *ret_rows, GError **error)
{
    g_autoptr(BookNote) note = NULL;
    g_auto(MariaSwap) swap = {0};
    g_autofree char *target = NULL;
    g_autoptr(MariaObject) object = NULL;
    bool is_swapped = false, is_ours = false, is_staged = false;
    *ret_rows = 0;
    if (!maria_book.begin(&conn->base, call->writer, error))
        return false;
    bool passes = book_passes(&conn->base, call->writer, &is_staged, error);
    maria_rollback(conn);
    if (!passes || !maria_swap_recover(conn, call->writer->plan, &note, &is_swapped, error))
        return false;
    if (!is_swapped) /* never swapped, or back already */
        return true;
    if (!maria_swap_of_note(conn, call->writer->plan, note, &swap, error) ||
        !is_in_force(conn, &swap, &is_ours, error))
        return false;
    if (!is_ours)
        return fail(error, ERR_WRONG_STATE,
                    "'%s' is no longer the table that was swapped in, or '%s' is gone",
                    note->target, note->kept != NULL ? note->kept : "its log");
    target = maria_swap_sql(&swap, swap.target);
    if (!announce(conn, &swap, call, ret_rows, error) ||
        !maria_object_need(conn, target, &object, error) ||
        !maria_guard_make(conn, object, GUARD_PREFIX, GUARD_ALL,
                          "honk is swapping tables: try again", error) ||
        !maria_swap_hold(conn, &swap, swap.target, error))
        return false;
    return go_back(conn, &swap, call, ret_rows, error);
}

static bool
maria_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
           bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    MariaConn *conn = maria_conn(base);
    BackCall call = {.lost = lost, .give_up = give_up, .writer = writer};
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(BookNote) note = NULL;
        bool is_swapped = false;
        bool done = maria_lock(base, &problem) && back_locked(conn, &call, ret_rows, &problem);
        bool again = !done && may_try_again(conn, tries, problem);
        /* what did not come to its end lets writers on */
        if (!done && conn->has_lock &&
            !maria_swap_recover(conn, writer->plan, &note, &is_swapped, NULL))
            g_debug("guards are left for who looks next");
        maria_unlock(base);
        if (done)
            return true;
        if (again)
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

/* --- state, settle, drop --- */

static bool
state_locked(MariaConn *conn, const char *stage, const char *target, const char *plan,
             SwapState *ret, GError **error)
{
    g_autoptr(BookNote) note = NULL;
    g_auto(MariaSwap) swap = {0};
    bool is_swapped = false, is_ours = false;
    if (!maria_swap_recover(conn, plan, &note, &is_swapped, error) ||
        (is_swapped && (!maria_swap_of_note(conn, plan, note, &swap, error) ||
                        !is_in_force(conn, &swap, &is_ours, error))))
        return false;
    if (!is_swapped)
        *ret = SWAP_BEFORE;
    else if (is_ours && strcmp(note->stage, stage) == 0 && strcmp(note->target, target) == 0)
        *ret = SWAP_AFTER;
    else
        *ret = SWAP_OTHER;
    return true;
}

static bool
maria_swap_state(Conn *base, const char *stage, const char *target, const char *kept,
                 const char *plan, SwapState *ret, GError **error)
{
    if (!maria_lock(base, error))
        return false;
    bool done = state_locked(maria_conn(base), stage, target, plan, ret, error);
    maria_unlock(base);
    return done;
}

/* The log goes before the table that it writes to: without it nobody could say what was written, so the way back is closed. */
static bool
settle_locked(MariaConn *conn, const char *plan, GError **error)
{
    g_autoptr(BookNote) note = NULL;
    g_auto(MariaSwap) swap = {0};
    bool is_swapped = false;
    if (!maria_swap_recover(conn, plan, &note, &is_swapped, error) ||
        (note != NULL && !maria_swap_of_note(conn, plan, note, &swap, error)) ||
        !conn_confirm(&conn->base, error) || (note != NULL && !maria_log_stop(conn, &swap, error)))
        return false;
    return book_delete(&conn->base, plan, BOOK_BUT_QUARANTINE, error) &&
           book_tidy(&conn->base, error);
}

static bool
maria_settle(Conn *base, const char *plan, GError **error)
{
    if (!maria_lock(base, error))
        return false;
    bool done = settle_locked(maria_conn(base), plan, error);
    maria_unlock(base);
    return done;
}

/* Views and keys would be left pointing at nothing. */
static bool
check_alone(MariaConn *conn, const char *name, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    g_autoptr(GString) list = g_string_new(NULL);
    if (!maria_describe(&conn->base, name, &schema, error))
        return false;
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *one = schema->dependents->pdata[i];
        bool is_key = strcmp(one->kind, "foreign_key_from") == 0;
        if (is_key || strcmp(one->kind, "view") == 0)
            g_string_append_printf(list, "%s%s '%s'", list->len > 0 ? ", " : "",
                                   is_key ? "the foreign key" : "view", one->name);
    }
    return list->len == 0 ||
           fail(error, ERR_INVALID, "something still depends on it: %s", list->str);
}

static bool
maria_drop(Conn *base, const char *name, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    if (!maria_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return true;
    return check_alone(conn, name, error) && conn_confirm(base, error) &&
           maria_run(conn, error, "DROP %s IF EXISTS %s", object->is_view ? "VIEW" : "TABLE",
                     object->sql);
}

const SwapOps maria_swap_ops = {
    .swap = maria_swap,
    .back = maria_back,
    .state = maria_swap_state,
    .written = book_count_written,
    .carried = book_carried,
    .settle = maria_settle,
    .drop = maria_drop,
};
