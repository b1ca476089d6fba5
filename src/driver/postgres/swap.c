/*
 * swap.c - the stage in the place of the target, and the way back.
 *
 * What a swap did is a row of _honk_swap, written in the same transaction, so whether it happened is read and never guessed. It
 * keeps the statements of the way back (swap_plan.c) and the numbers of both tables, by which they are known whatever they are
 * called. Locks are waited for `lock_timeout_ms`, a few times, with everybody let through in between.
 */
#include "driver/postgres/swap.h"
#include "driver/book.h"

#include <string.h>

/* --- swap --- */

typedef struct {
    const char *stage, *target, *kept;
    const Writer *writer;
} SwapCall;

/* A view that no longer fits, a foreign key that no longer holds: everything else is passed on. */
static bool
run_step(PgConn *conn, const char *sql, const char *target, GError **error)
{
    g_autoptr(GError) broken = NULL;
    if (pg_run_on(conn, conn->db, sql, NULL, &broken))
        return true;
    if (pg_state_is(conn, "23503"))
        return fail(error, ERR_MISMATCH, "with this '%s' foreign keys would not hold: %s", target,
                    broken->message);
    bool is_view = g_str_has_prefix(sql, "CREATE ") || g_str_has_prefix(sql, "ALTER TABLE") ||
                   g_str_has_prefix(sql, "REFRESH ");
    bool is_refused =
        pg_state_is(conn, "42") || pg_state_is(conn, "2BP01") || pg_state_is(conn, "22");
    if (is_view && is_refused && !error_is(broken, ERR_FORBIDDEN))
        return fail(error, ERR_MISMATCH, "with this '%s' no longer in order: %s (%.80s)", target,
                    broken->message, sql);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

static bool
lock_tables(PgConn *conn, const PgObject *one, const PgObject *other, GError **error)
{
    return pg_run(conn, error, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", one->sql) &&
           (other == NULL ||
            pg_run(conn, error, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", other->sql));
}

static bool
is_own_table(const PgObject *object)
{
    return !object->is_partition &&
           (object->kind == PG_PARTITIONED || (object->kind == PG_TABLE && !object->has_children));
}

static bool
check_sides(PgConn *conn, const SwapCall *call, const PgObject *stage, const PgObject *target,
            GError **error)
{
    g_autoptr(PgObject) kept = NULL;
    if (!is_own_table(stage) || (target != NULL && !is_own_table(target)))
        return fail(error, ERR_UNSUPPORTED, "'%s' is not a table of its own",
                    !is_own_table(stage) ? call->stage : call->target);
    if (target != NULL && target->kind != stage->kind)
        return fail(
            error, ERR_UNSUPPORTED,
            "'%s' is a %s, and what would take its place a %s: its partitions would be lost",
            call->target, pg_kind_name(target->kind), pg_kind_name(stage->kind));
    if (target != NULL && strcmp(target->schema, stage->schema) != 0)
        return fail(error, ERR_INVALID, "'%s' and '%s' are in different schemas", call->stage,
                    call->target);
    if (target == NULL)
        return true;
    return pg_object_find(conn, call->kept, &kept, error) &&
           (kept == NULL ||
            fail(error, ERR_WRONG_STATE, "'%s', the name for the old table, is taken", call->kept));
}

static json_t *
texts_json(const GPtrArray *texts)
{
    json_t *list = json_array();
    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(list, json_string(texts->pdata[i]));
    return list;
}

static bool
exchange(PgConn *conn, const SwapCall *call, const PgObject *stage, const PgObject *target,
         GError **error)
{
    g_autofree char *ignored = NULL;
    g_autofree char *ignored_too = NULL;
    g_autofree char *target_name = NULL;
    g_autofree char *kept_name = NULL;
    g_auto(SwapSteps) steps = {0};
    g_autoptr(PgNote) note = g_new0(PgNote, 1);
    if (!pg_split_name(call->target, &ignored, &target_name, error) ||
        !pg_split_name(call->kept, &ignored_too, &kept_name, error))
        return false;
    SwapSides sides = {
        .stage = stage, .target = target, .target_name = target_name, .kept_name = kept_name};
    if (!lock_tables(conn, stage, target, error) || !conn_last_look(&conn->base, error) ||
        !swap_plan(conn, &sides, &steps, error))
        return false;
    for (guint i = 0; i < steps.forth->len; i++)
        if (!run_step(conn, steps.forth->pdata[i], call->target, error))
            return false;
    note->stage = g_strdup(call->stage);
    note->target = g_strdup(call->target);
    note->kept = target != NULL ? g_strdup(call->kept) : NULL;
    note->new_oid = stage->oid;
    note->old_oid = target != NULL ? target->oid : 0;
    note->back = texts_json(steps.back);
    note->settle = texts_json(steps.settle);
    note->tables = json_incref(steps.tables);
    return pg_start_log(conn, call->target, call->writer->plan, error) &&
           pg_note_write(conn, call->writer->plan, note, error);
}

static bool
swap_inside(PgConn *conn, const SwapCall *call, GError **error)
{
    g_autoptr(PgNote) note = NULL;
    g_autoptr(PgObject) stage = NULL;
    g_autoptr(PgObject) target = NULL;
    if (!pg_note_read(conn, call->writer->plan, &note, error))
        return false;
    if (note != NULL && strcmp(note->stage, call->stage) == 0 &&
        strcmp(note->target, call->target) == 0)
        return true; /* done by an earlier attempt */
    if (note != NULL)
        return fail(error, ERR_WRONG_STATE, "the plan has swapped '%s' for '%s' already",
                    note->stage, note->target);
    return pg_object_need(conn, call->stage, &stage, error) &&
           pg_object_find(conn, call->target, &target, error) &&
           check_sides(conn, call, stage, target, error) &&
           exchange(conn, call, stage, target, error);
}

static bool
pg_swap(Conn *base, const char *stage, const char *target, const char *kept, const Writer *writer,
        GError **error)
{
    PgConn *conn = pg_conn(base);
    SwapCall call = {.stage = stage, .target = target, .kept = kept, .writer = writer};
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        if (book_begin(base, writer, &problem) && swap_inside(conn, &call, &problem) &&
            pg_commit(conn, &problem))
            return true;
        pg_rollback(conn);
        if (pg_may_try_again(conn, tries, problem))
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

/* Names of indexes and extended statistics that begin with the stage's begin with that of what is kept. */
static bool
rename_lost(PgConn *conn, const PgObject *branch, const char *stage, const char *lost,
            GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT 'INDEX', n.nspname, x.relname FROM pg_index i JOIN pg_class x ON x.oid = "
                 "i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace WHERE i.indrelid = "
                 "%lld UNION ALL SELECT 'STATISTICS', n.nspname, s.stxname FROM pg_statistic_ext s "
                 "JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = %lld",
                 (long long) branch->oid, (long long) branch->oid))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *name = pg_cell(rows, i, 2);
        g_autofree char *aside = pg_made_name(lost, name);
        if (g_str_has_prefix(name, stage) &&
            !pg_run(conn, error, "ALTER %s \"%w\".\"%w\" RENAME TO \"%w\"", pg_cell(rows, i, 0),
                    pg_cell(rows, i, 1), name, aside))
            return false;
    }
    g_autofree char *name =
        branch->is_partition ? pg_made_name(lost, branch->name) : g_strdup(lost);
    return pg_run(conn, error, "ALTER TABLE %s RENAME TO \"%w\"", branch->sql, name);
}

/* What was given up is kept under its own name, and its indexes and partitions with it. */
static bool
keep_lost(PgConn *conn, const PgNote *note, const char *lost, GError **error)
{
    g_autofree char *ignored = NULL;
    g_autofree char *name = NULL;
    g_autoptr(PgObject) stage = NULL;
    g_autoptr(GPtrArray) branches = NULL;
    if (!pg_split_name(lost, &ignored, &name, error) ||
        !pg_object_need(conn, note->stage, &stage, error) ||
        !pg_branches(conn, stage, &branches, error))
        return false;
    for (guint i = 0; i < branches->len; i++)
        if (!rename_lost(conn, ((const PgBranch *) branches->pdata[i])->object, stage->name, name,
                         error))
            return false;
    return true;
}

static bool
run_noted(PgConn *conn, const json_t *steps, const char *target, GError **error)
{
    json_t *step;
    size_t i;
    json_array_foreach(steps, i, step)
    {
        if (!run_step(conn, json_string_value(step), target, error))
            return false;
    }
    return true;
}

static bool
back_inside(PgConn *conn, const BackCall *call, int64_t *ret_rows, GError **error)
{
    g_autoptr(PgNote) note = NULL;
    g_autoptr(PgObject) target = NULL;
    const char *plan = call->writer->plan;
    int64_t rows = 0;
    bool is_ours = false, is_staged = false;
    if (!book_passes(&conn->base, call->writer, &is_staged, error) ||
        !pg_note_read(conn, plan, &note, error))
        return false;
    *ret_rows = 0;
    if (note == NULL) /* never swapped, or back already */
        return true;
    if (!pg_is_in_force(conn, note, &is_ours, error))
        return false;
    if (!is_ours)
        return fail(error, ERR_WRONG_STATE,
                    "'%s' is no longer the table that was swapped in, or '%s' is gone",
                    note->target, note->kept != NULL ? note->kept : "its log");
    if (!pg_object_need(conn, note->target, &target, error) ||
        !lock_tables(conn, target, NULL, error) || !pg_check_tree(conn, note, error) ||
        !book_count_written(&conn->base, plan, &rows, error))
        return false;
    if (rows > 0 && !call->give_up)
        return fail(error, ERR_MISMATCH,
                    "%" G_GINT64_FORMAT " rows of '%s' were written since the swap", rows,
                    note->target);
    if ((is_staged && !book_raise(&conn->base, call->writer, error)) ||
        !pg_stop_log(conn, plan, error) || !run_noted(conn, note->back, note->target, error) ||
        (rows > 0 && !keep_lost(conn, note, call->lost, error)) ||
        !book_note_drop(&conn->base, plan, error))
        return false;
    *ret_rows = rows;
    return true;
}

static bool
pg_back(Conn *base, const char *stage, const char *target, const char *kept, const char *lost,
        bool give_up, const Writer *writer, int64_t *ret_rows, GError **error)
{
    PgConn *conn = pg_conn(base);
    BackCall call = {.lost = lost, .give_up = give_up, .writer = writer};
    int64_t rows = 0;
    for (int tries = 1;; tries++) {
        g_autoptr(GError) problem = NULL;
        pg_begin(conn);
        if (back_inside(conn, &call, &rows, &problem) && pg_commit(conn, &problem)) {
            *ret_rows = rows;
            return true;
        }
        pg_rollback(conn);
        if (pg_may_try_again(conn, tries, problem))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
}

/* --- state, count, settle, drop --- */

static bool
pg_swap_state(Conn *base, const char *stage, const char *target, const char *kept, const char *plan,
              SwapState *ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgNote) note = NULL;
    bool is_ours = false;
    if (!pg_note_read(conn, plan, &note, error) ||
        (note != NULL && !pg_is_in_force(conn, note, &is_ours, error)))
        return false;
    if (note == NULL)
        *ret = SWAP_BEFORE;
    else if (is_ours && strcmp(note->stage, stage) == 0 && strcmp(note->target, target) == 0)
        *ret = SWAP_AFTER;
    else
        *ret = SWAP_OTHER;
    return true;
}

/* Taking off the log is what closes the way back: without it nobody could say what was written. What was kept for it alone goes,
 * too. */
static bool
pg_settle(Conn *base, const char *plan, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgNote) note = NULL;
    pg_begin(conn);
    if (pg_note_read(conn, plan, &note, error) &&
        (note == NULL ||
         (pg_stop_log(conn, plan, error) && run_noted(conn, note->settle, note->target, error))) &&
        book_forget(base, plan, BOOK_BUT_QUARANTINE, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

static bool
drop_inside(PgConn *conn, const PgObject *object, GError **error)
{
    g_autoptr(GError) broken = NULL;
    const char *kind = object->kind == PG_VIEW           ? "VIEW"
                       : object->kind == PG_MATERIALIZED ? "MATERIALIZED VIEW"
                       : object->kind == PG_FOREIGN      ? "FOREIGN TABLE"
                                                         : "TABLE";
    if (pg_run(conn, &broken, "DROP %s %s", kind, object->sql))
        return true;
    if (pg_state_is(conn, "2BP01"))
        return fail(error, ERR_INVALID, "something still depends on it: %s", broken->message);
    g_propagate_error(error, g_steal_pointer(&broken));
    return false;
}

static bool
pg_drop(Conn *base, const char *name, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    if (!pg_object_find(conn, name, &object, error))
        return false;
    if (object == NULL)
        return true;
    pg_begin(conn);
    if (drop_inside(conn, object, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

const SwapOps pg_swap_ops = {
    .swap = pg_swap,
    .back = pg_back,
    .state = pg_swap_state,
    .written = book_count_written,
    .carried = book_carried,
    .settle = pg_settle,
    .drop = pg_drop,
};
