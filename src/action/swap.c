/*
 * swap.c - put the staging table in the target's place, and take it out again.
 *
 * The way back is free as long as nothing was written to the new table. Rows that were are carried back first, where the plan
 * has reverse_sync; else they are counted, and a person must give them up; they are then kept in a table beside it.
 */
#include "action/carry.h"
#include "action/held.h"
#include "action/table.h"
#include "action/target.h"
#include "base/text.h"

#include <string.h>

#define CARRIES_MAX 3 /* whoever writes faster than that has to stop */

static bool
look(const StepCall *call, StepEnv *env, Move *move, Conn **ret, SwapState *ret_state,
     GError **error)
{
    return move_open(call, env, move, error) &&
           step_connect(move->env, move->target_store, ret, error) &&
           conn_swap_state(*ret, move->stage, move->target, move->kept, call->lease->plan,
                           ret_state, error);
}

/* Which of the three names there are, for people who must find out what happened. */
static bool
tell_names(const Move *move, Conn *conn, World *ret, json_t **ret_state, GError **error)
{
    const char *names[] = {move->stage, move->target, move->kept};
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        bool exists;
        if (!conn_exists(conn, names[i], &exists, error))
            return false;
        g_string_append_printf(text, "%s'%s' %s", i > 0 ? ", " : "", names[i],
                               exists ? "exists" : "does not exist");
    }
    differ(ret, ret_state, "neither swapped nor unswapped: %s", text->str);
    return true;
}

static bool
count_target(const Move *move, Conn *conn, json_t **ret_state, GError **error)
{
    bool exists;
    int64_t rows = 0;

    if (!conn_exists(conn, move->target, &exists, error) ||
        (exists && !conn_count(conn, move->target, NULL, &rows, error)))
        return false;
    json_t *state = json_object();
    json_set_bool(state, "target_exists", exists);
    json_set_int(state, "target_rows", rows);
    *ret_state = state;
    return true;
}

/* How much of what came after the snapshot may be missing was decided with the plan. */
static bool
check_left_behind(const Move *move, GError **error)
{
    int64_t most = json_get_int(move->call->step->params, "left_behind_max", 0), left = 0;
    if (!move->holds)
        return true;
    if (!held_left_behind(move, &left, error))
        return false;
    if (left <= most)
        return true;
    g_autofree char *count = text_count(left), *allowed = text_count(most);
    return fail(error, ERR_BUDGET,
                "%s change%s of '%s' came after the snapshot and would be missing, the plan allows "
                "%s: allow for more (left_behind_max), or let them be copied again (consistency: "
                "live), roll back and plan again",
                count, left == 1 ? "" : "s", move->source, allowed);
}

/* What is missing by now. */
static bool
tell_left_behind(const Move *move, json_t *evidence, GError **error)
{
    int64_t left = -1;
    if (move->holds && !held_left_behind(move, &left, error))
        return false;
    if (left >= 0)
        json_set_int(evidence, "left_behind", left);
    return true;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    SwapState state;

    if (!look(call, env, &move, &conn, &state, error))
        return false;
    *ret = WORLD_EXPECTED;
    if (state == SWAP_BEFORE && (!check_left_behind(&move, error) ||
                                 !target_look(&move, conn, true, ret, ret_state, error)))
        return false;
    switch (state) {
    case SWAP_BEFORE:
    case SWAP_HALF: /* it goes on where it was */
        return *ret == WORLD_MOVED || count_target(&move, conn, ret_state, error);
    case SWAP_AFTER:
        *ret = WORLD_ALREADY;
        return true;
    case SWAP_OTHER:
        break;
    }
    return tell_names(&move, conn, ret, ret_state, error);
}

/* Both sides were found equal, and nobody writes any more: a log that is still read would be kept for nothing. */
static bool
end_log(const Move *move, GError **error)
{
    g_autoptr(Conn) source = NULL;
    return move->way != WATCH_LOG || (step_connect(move->env, move->source_store, &source, error) &&
                                      conn_unwatch(source, move->source, error));
}

/* The swap's own look: check() was moments ago. */
typedef struct {
    const Move *move;
    Conn *conn;
    json_t *seen; /* NULL: as it should be */
} LastLook;

static bool
last_look(void *data, GError **error)
{
    LastLook *look = data;
    World world = WORLD_EXPECTED;
    return target_look(look->move, look->conn, true, &world, &look->seen, error) &&
           (world != WORLD_MOVED ||
            fail(error, ERR_DRIFT, "'%s' changed at the last moment", look->move->target));
}

/* Keys to other tables, of one that was written to all the while: nobody does any more, and the name has not changed hands yet. */
static bool
add_references(const Move *move, Conn *conn, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    Writer writer = move_writer(move, NULL);
    SwapState state = SWAP_OTHER;
    if (!move->is_live || move->like != NULL)
        return true;
    if (!move_stage_schema(move, &schema, error) ||
        !conn_swap_state(conn, move->stage, move->target, move->kept, writer.plan, &state, error))
        return false;
    return state != SWAP_BEFORE || !schema_has_dependent(schema, "foreign_key_to") ||
           conn_finish(conn, move->stage, NULL, schema, &writer, error);
}

/* What has moved is an outcome, and no error. */
static bool
swap_as_planned(const Move *move, Conn *conn, Outcome *outcome, GError **error)
{
    g_autoptr(GError) refused = NULL;
    LastLook look = {.move = move, .conn = conn};
    Writer writer = move_writer(move, NULL);
    conn_set_last_look(conn, last_look, &look);
    bool done = conn_swap(conn, move->stage, move->target, move->kept, &writer, &refused);
    conn_set_last_look(conn, NULL, NULL);
    if (error_is(refused, ERR_DRIFT) && look.seen != NULL) {
        outcome_is(outcome, OUTCOME_DRIFT, look.seen);
        return true;
    }
    json_decref(look.seen);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&refused));
    return done;
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(json_t) after = NULL;
    Ticker ticker = {env, 0, "swapping"};

    if (!move_open(call, env, &move, error) || !end_log(&move, error) ||
        !step_connect(env, move.target_store, &conn, error))
        return false;
    conn_set_tick(conn, ticker_tick, &ticker);
    if (!add_references(&move, conn, error) || !swap_as_planned(&move, conn, outcome, error))
        return false;
    if (outcome->kind == OUTCOME_DRIFT)
        return true;
    conn_set_tick(conn, NULL, NULL); /* it is done now, and cannot be stopped any more */
    if (!start_of(conn, move.target, &after, error))
        return false;
    json_t *evidence = json_object();
    json_object_set(evidence, "target", after);
    if (move.has_target)
        json_set_string(evidence, "kept", move.kept);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return tell_left_behind(&move, evidence, error);
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) schema = NULL;
    SwapState state;

    if (!look(call, env, &move, &conn, &state, error) ||
        !conn_describe(conn, move.target, &schema, error))
        return false;
    return state == SWAP_AFTER ||
           fail(error, ERR_MISMATCH, "'%s' is not in the place of '%s'", move.stage, move.target);
}

static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    static const OutcomeKind kinds[] = {
        [SWAP_BEFORE] = OUTCOME_NOT_APPLIED,
        [SWAP_AFTER] = OUTCOME_APPLIED,
        [SWAP_OTHER] = OUTCOME_PARTLY,
        [SWAP_HALF] = OUTCOME_PARTLY,
    };
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    SwapState state;

    if (!move_open(call, env, &move, error) ||
        !step_connect(env, move.target_store, &conn, error) || !move_fence(&move, conn, error) ||
        !conn_swap_state(conn, move.stage, move.target, move.kept, call->lease->plan, &state,
                         error))
        return false;
    outcome->kind = kinds[state];
    if (state == SWAP_HALF) /* its note tells where it was: it can go on from there, and back */
        outcome->checkpoint = json_pack("{ss}", "state", "half");
    return true;
}

/* The name by which people know the migration. */
static const char *
migration_name(const StepCall *call)
{
    const char *ref = json_get_string(call->plan->json, "migration", "");
    return text_behind_slash(ref);
}

/* Rows that were written are counted, and go on being written until the very last moment: carried back, the rest is counted anew. */
static bool
swap_or_carry(const Move *move, Conn *conn, bool give_up, const char *lost, int64_t *ret_given_up,
              int64_t *ret_carried, GError **error)
{
    Writer writer = move_writer(move, NULL);
    *ret_carried = 0;
    for (int tries = 1;; tries++) {
        g_autoptr(GError) refused = NULL;
        int64_t written = 0, carried = 0;
        if (!conn_swap_written(conn, move->call->lease->plan, &written, error))
            return false;
        if (conn_swap_back(conn, move->stage, move->target, move->kept, lost, give_up, &writer,
                           ret_given_up, &refused))
            return true;
        if (!error_is(refused, ERR_MISMATCH) || give_up || tries > CARRIES_MAX ||
            !carries_back(move)) {
            g_propagate_error(error, g_steal_pointer(&refused));
            return false;
        }
        if (!carry_back(move, conn, &carried, error))
            return fail_in(error, "what was written since the swap cannot be carried back");
        *ret_carried += carried;
    }
}

static bool
swap_back(const Move *move, Conn *conn, Outcome *outcome, GError **error)
{
    const Lease *lease = move->call->lease;
    bool give_up = json_get_bool(lease->params, "give_up_rows", false);
    g_autofree char *lost = move_lost_name(move);
    g_autoptr(GError) refused = NULL;
    int64_t written = 0, rows = 0, carried = 0;

    if (swap_or_carry(move, conn, give_up, lost, &rows, &carried, &refused)) {
        json_t *evidence = json_object();
        json_set_int(evidence, "rows_given_up", rows);
        if (rows > 0)
            json_set_string(evidence, "lost", lost);
        if (carried > 0)
            json_set_int(evidence, "rows_carried_back", carried);
        outcome_is(outcome, OUTCOME_DONE, evidence);
        return true;
    }
    if (!conn_swap_written(conn, lease->plan, &written, error))
        return false;
    if (!error_is(refused, ERR_MISMATCH) || written == 0 || give_up) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    g_autofree char *count = text_count(written);
    g_autofree char *why =
        carries_back(move) ? g_strdup_printf(" (%s)", refused->message) : g_strdup("");
    return fail(error, ERR_MISMATCH,
                "%s row%s written to '%s' since the swap and would be lost%s: `honk rollback %s "
                "--give-up-rows` goes on without %s and keeps %s in '%s'",
                count, written == 1 ? " was" : "s were", move->target, why,
                migration_name(move->call), written == 1 ? "it" : "them",
                written == 1 ? "it" : "them", lost);
}

/* A name as the store's own SQL has it, its parts by dots. Caller frees. */
static char *
name_in_sql(const Move *move, const char *name)
{
    const char *quote = strcmp(move->target_store->driver, "mariadb") == 0 ? "`" : "\"";
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) parts = g_strsplit(name, ".", -1);
    bool is_quoted = strchr(name, '"') != NULL;
    for (guint i = 0; parts[i] != NULL; i++) {
        bool is_plain = is_quoted ||
                        parts[i][strspn(parts[i], "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
        const char *around = is_plain ? "" : quote;
        g_string_append_printf(text, "%s%s%s%s", i > 0 ? "." : "", around, parts[i], around);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
rename_in_sql(const Move *move, const char *from, const char *to)
{
    bool is_mariadb = strcmp(move->target_store->driver, "mariadb") == 0;
    g_autofree char *old = name_in_sql(move, from);
    g_autofree char *new = name_in_sql(move, is_mariadb ? to : text_last_part(to));
    return g_strdup_printf("ALTER TABLE %s RENAME TO %s", old, new);
}

/* What a person does where the way back was in bookkeeping that somebody has dropped: nobody else knows what hung on the tables. */
static bool
fail_without_note(const Move *move, GError **error)
{
    g_autofree char *lost = move_lost_name(move);
    g_autofree char *aside = rename_in_sql(move, move->target, lost);
    g_autofree char *back = rename_in_sql(move, move->kept, move->target);
    g_autofree char *target = name_in_sql(move, move->target);
    g_autofree char *how =
        move->has_target
            ? g_strdup_printf(
                  "`%s; %s` (what hung on it stays with the new table: move views, foreign "
                  "keys, triggers and rights yourself)",
                  aside, back)
            : g_strdup_printf("`DROP TABLE %s`", target);
    return fail(
        error, ERR_MISMATCH,
        "cannot take '%s' back: the note of its swap is gone from store '%s', with the "
        "bookkeeping (_honk) that somebody has dropped; do it by hand, %s, and roll back once "
        "more",
        move->target, move->target_store->name, how);
}

/* Without a stage there was a swap: of a table that was there the old one is kept, and of one that was not the new one is there. */
static bool
is_without_note(const Move *move, Conn *conn, bool *ret, GError **error)
{
    static const char *const with_tables[] = {"postgres", "mariadb", "sqlite", NULL};
    *ret = false;
    return !g_strv_contains(with_tables, move->target_store->driver) ||
           conn_exists(conn, move->has_target ? move->kept : move->target, ret, error);
}

static bool
reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    g_autoptr(json_t) names = NULL;
    SwapState state;
    World ignored;
    bool has_stage, is_lost;

    if (!look(call, env, &move, &conn, &state, error) ||
        !conn_exists(conn, move.stage, &has_stage, error))
        return false;
    if (state == SWAP_AFTER || state == SWAP_HALF)
        return swap_back(&move, conn, outcome, error);
    if (state == SWAP_BEFORE && !has_stage)
        return is_without_note(&move, conn, &is_lost, error) &&
               (!is_lost || fail_without_note(&move, error));
    if (state == SWAP_BEFORE || !has_stage)
        return true; /* never swapped, or swapped back with its rows given up */
    if (!tell_names(&move, conn, &ignored, &names, error))
        return false;
    return fail(error, ERR_MISMATCH, "cannot take '%s' back: %s", move.target,
                json_string_value(json_array_get(json_object_get(names, "differences"), 0)));
}

const Action action_swap = {
    .id = ACTION_SWAP,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
    .reverse = reverse,
};
