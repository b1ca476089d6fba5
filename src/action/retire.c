/*
 * retire.c - drop what the migration has made superfluous: the old dataset, and the old target that
 * the swap kept. There is no way back; that is why it has its own yes.
 */
#include "action/move.h"
#include "action/table.h"
#include "action/wave_health.h"

#include <string.h>

typedef struct {
    const StoreConfig *store;
    const char *object;
} Doomed;

/* The addresses in the step's params. Array of Doomed. */
static bool
read_doomed(const StepCall *call, const StepEnv *env, GArray **ret, GError **error)
{
    g_autoptr(GArray) doomed = g_array_new(FALSE, TRUE, sizeof(Doomed));
    json_t *drop, *url;
    size_t i;

    if (!json_need_array(call->step->params, "drop", "params of the step", &drop, error))
        return false;
    json_array_foreach(drop, i, url)
    {
        Doomed one;
        if (!json_is_string(url))
            return fail(error, ERR_INVALID, "params.drop[%zu] is no address", i);
        if (!config_dataset_url(env->config, json_string_value(url), &one.store, &one.object,
                                error))
            return false;
        g_array_append_val(doomed, one);
    }
    *ret = g_steal_pointer(&doomed);
    return true;
}

/* How many of them are still there, and their rows. */
static bool
look(const StepCall *call, StepEnv *env, size_t *ret_left, int64_t *ret_rows, GError **error)
{
    g_autoptr(GArray) doomed = NULL;

    *ret_left = 0;
    *ret_rows = 0;
    if (!read_doomed(call, env, &doomed, error))
        return false;
    for (guint i = 0; i < doomed->len; i++) {
        const Doomed *one = &g_array_index(doomed, Doomed, i);
        g_autoptr(Conn) conn = NULL;
        bool exists;
        int64_t rows;
        if (!conn_open(one->store, &conn, error) || !conn_exists(conn, one->object, &exists, error))
            return false;
        if (!exists)
            continue;
        if (!conn_count(conn, one->object, NULL, &rows, error))
            return false;
        *ret_rows += rows;
        (*ret_left)++;
    }
    return true;
}

/* Whoever took the change back reads the old dataset again, and would be left without. */
static bool
check_nobody_went_back(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state,
                       GError **error)
{
    g_autoptr(json_t) taken = NULL;
    json_t *address;
    size_t i;
    if (!proposals_taken_back(call, env, &taken, error))
        return false;
    json_array_foreach(taken, i, address)
        differ(ret, ret_state,
               "people took the change of '%s' back since it was merged: its code names the old "
               "dataset again; see to it there, then retry",
               json_string_value(address));
    return true;
}

static bool
check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(Conn) conn = NULL;
    size_t left;
    int64_t rows;
    bool exists;

    if (!look(call, env, &left, &rows, error) || !move_open(call, env, &move, error) ||
        !step_connect(env, move.target_store, &conn, error) ||
        !conn_exists(conn, move.target, &exists, error))
        return false;
    if (!exists) {
        differ(ret, ret_state, "'%s' is not there: nothing has taken the old dataset's place",
               move.target);
        return true;
    }
    *ret = left == 0 ? WORLD_ALREADY : WORLD_EXPECTED;
    *ret_state = json_object();
    json_set_int(*ret_state, "datasets", (int64_t) left);
    json_set_int(*ret_state, "rows", rows);
    return left == 0 || check_nobody_went_back(call, env, ret, ret_state, error);
}

/* The new dataset by another name (of the store, or in other letters) is not dropped, whatever the plan says. */
static bool
check_is_old(const Move *move, const Doomed *one, GError **error)
{
    const char *file = json_get_string(one->store->settings, "path", one->store->name);
    const char *new_file =
        json_get_string(move->target_store->settings, "path", move->target_store->name);
    if (strcmp(file, new_file) != 0 || g_ascii_strcasecmp(one->object, move->target) != 0)
        return true;
    return fail(error, ERR_INVALID, "'%s:%s' is the new dataset: it is not dropped",
                one->store->name, one->object);
}

static bool
run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    g_auto(Move) move = {0};
    g_autoptr(GArray) doomed = NULL;

    if (!move_open(call, env, &move, error) || !read_doomed(call, env, &doomed, error))
        return false;
    for (guint i = 0; i < doomed->len; i++) {
        const Doomed *one = &g_array_index(doomed, Doomed, i);
        g_autoptr(Conn) conn = NULL;
        if (!check_is_old(&move, one, error) || !step_connect(env, one->store, &conn, error) ||
            !conn_drop(conn, one->object, error))
            return false;
    }
    outcome_is(outcome, OUTCOME_DONE,
               json_pack("{s:O}", "dropped", json_object_get(call->step->params, "drop")));
    return true;
}

static bool
verify(const StepCall *call, StepEnv *env, GError **error)
{
    size_t left;
    int64_t rows;

    if (!look(call, env, &left, &rows, error))
        return false;
    return left == 0 ||
           fail(error, ERR_MISMATCH, "%zu of the dropped datasets are still there", left);
}

/* Dropping again is harmless, so anything that is left means: not applied yet. */
static bool
probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error)
{
    size_t left;
    int64_t rows;

    if (!look(call, env, &left, &rows, error))
        return false;
    outcome->kind = left == 0 ? OUTCOME_APPLIED : OUTCOME_NOT_APPLIED;
    return true;
}

const Action action_retire = {
    .id = ACTION_RETIRE,
    .check = check,
    .run = run,
    .verify = verify,
    .probe = probe,
};
