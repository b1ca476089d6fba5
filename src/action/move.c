/* move.c - see move.h. */
#include "action/move.h"

#include "base/text.h"
#include "planner/planner.h"

#include <string.h>

void
move_clear(Move *move)
{
    schema_free(move->source_schema);
    schema_free(move->target_schema);
    mapping_set_free(move->mappings);
}

static bool
read_schemas(const json_t *plan, Move *move, GError **error)
{
    const json_t *source = json_at(plan, "snapshot.source_schema");
    const json_t *target = json_at(plan, "snapshot.target_schema");

    if (!schema_from_json(source, &move->source_schema, error))
        return fail_in(error, "plan.snapshot.source_schema");
    move->has_target = target != NULL && !json_is_null(target);
    if (move->has_target && !schema_from_json(target, &move->target_schema, error))
        return fail_in(error, "plan.snapshot.target_schema");
    return true;
}

static bool
read_mapping(const json_t *plan, Move *move, GError **error)
{
    const char *text = json_get_string(json_object_get(plan, "mapping"), "text", NULL);
    if (text == NULL)
        return true;
    const char *path = json_get_string(json_object_get(plan, "mapping"), "path", "mapping");
    const json_t *from = json_object_get(plan, "source"), *to = json_object_get(plan, "target");
    const char *source_ref = json_get_string(from, "ref", "");
    const char *target_ref = json_get_string(to, "ref", "");
    const char *source[] = {text_behind_slash(source_ref), source_ref, move->source,
                            json_get_string(from, "url", ""), NULL};
    const char *target[] = {text_behind_slash(target_ref), target_ref, move->target,
                            json_get_string(to, "url", ""), NULL};
    g_autoptr(Diags) diags = diags_new();

    return mapping_parse(text, strlen(text), path, diags, &move->mappings, error) &&
           mapping_for(move->mappings, source, target, &move->mapping, error);
}

/* Names that the plan made up for the rows it moves. */
static bool
made_names(const Plan *plan, const json_t *target, Move *move, GError **error)
{
    return !planner_moves_rows(plan) ||
           (json_need_string(target, "stage", "plan.target", &move->stage, error) &&
            json_need_string(target, "kept", "plan.target", &move->kept, error));
}

bool
move_open(const StepCall *call, StepEnv *env, Move *ret, GError **error)
{
    const json_t *plan = call->plan->json;
    const json_t *target = json_object_get(plan, "target");
    const char *source_url, *target_url;
    g_auto(Move) move = {.call = call, .env = env};

    if (!json_need_string(json_object_get(plan, "source"), "url", "plan.source", &source_url,
                          error) ||
        !json_need_string(target, "url", "plan.target", &target_url, error) ||
        !made_names(call->plan, target, &move, error) ||
        !config_dataset_url(env->config, source_url, &move.source_store, &move.source, error) ||
        !config_dataset_url(env->config, target_url, &move.target_store, &move.target, error) ||
        !read_schemas(plan, &move, error) || !read_mapping(plan, &move, error))
        return false;
    const char *consistency = json_get_string(plan, "consistency", "");
    move.way = strcmp(consistency, "live-sync") == 0 ? WATCH_LOG : WATCH_TRIGGERS;
    move.is_mirrored = strcmp(consistency, "dual-write") == 0;
    move.is_live = move.way == WATCH_LOG || move.is_mirrored || strcmp(consistency, "live") == 0;
    move.holds = strcmp(consistency, "snapshot") == 0;
    move.is_in_place = planner_is_in_place(source_url, target_url);
    bool has_form = move.has_target && schema_count(move.target_schema) > 0;
    move.like = has_form && !move.is_in_place ? move.target : NULL;
    *ret = move;
    move = (Move){0};
    return true;
}

bool
move_stage_schema(const Move *move, Schema **ret, GError **error)
{
    if (move->like != NULL)
        *ret = schema_copy(move->target_schema);
    else if (move->mapping == NULL)
        *ret = schema_as_values(move->source_schema);
    else
        return mapping_target_schema(move->mapping, move->source_schema, move->stage, ret, error);
    return true;
}

const char *
move_like(const Move *move, const Conn *target)
{
    bool is_said = !move->has_target || (move->is_in_place && conn_says_all(target));
    return is_said ? NULL : move->target;
}

Writer
move_writer(const Move *move, const char *range)
{
    const Lease *lease = move->call->lease;
    return (Writer){.plan = lease->plan, .task = lease->id, .range = range, .token = lease->token};
}

static bool
confirm_lease(void *data, GError **error)
{
    StepEnv *env = data;
    return env->confirm(env, error);
}

void
step_nap(StepEnv *env, int64_t ms)
{
    if (env->nap != NULL)
        env->nap(env, ms);
    else if (ms > 0)
        g_usleep((gulong) ms * 1000);
}

bool
step_connect(StepEnv *env, const StoreConfig *store, Conn **ret, GError **error)
{
    if (!conn_open(store, ret, error))
        return false;
    if (env->confirm != NULL)
        conn_set_confirm(*ret, confirm_lease, env);
    return true;
}

bool
move_fence(const Move *move, Conn *target, GError **error)
{
    Writer writer = move_writer(move, NULL);
    return conn_fence(target, &writer, error);
}

bool
move_source_identity(const Move *move, json_t **ret, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    return step_connect(move->env, move->source_store, &conn, error) &&
           conn_identity(conn, move->source, ret, error);
}

static bool
is_in(const json_t *list, const json_t *wanted)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *) list, i, item)
    {
        if (json_equal(item, wanted))
            return true;
    }
    return false;
}

/* Of columns of a table, "NAME TYPE" each. */
static void
add_columns(GPtrArray *words, const json_t *list, const json_t *other, const char *what)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *) list, i, item)
    {
        if (!is_in(other, item))
            g_ptr_array_add(words,
                            g_strdup_printf("column '%s' %s", json_string_value(item), what));
    }
}

/* One sentence for each thing that is another one; caller frees. */
static char *
what_changed(json_t *before, const json_t *now)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    json_t *was;
    json_object_foreach(before, name, was)
    {
        const json_t *is = json_object_get(now, name);
        guint told = words->len;
        if (json_equal(was, is))
            continue;
        if (json_is_array(was) && json_is_array(is)) {
            add_columns(words, was, is, "is gone");
            add_columns(words, is, was, "is new");
        }
        if (words->len > told)
            continue;
        g_autofree char *old = json_compact(was);
        g_autofree char *new = is != NULL ? json_compact(is) : g_strdup("nothing");
        g_ptr_array_add(words, g_strdup_printf("%s was %s, is %s", name, old, new));
    }
    return words->len > 0 ? text_join(words, "; ") : g_strdup("it is another one");
}

bool
move_check_source(const Move *move, json_t *before, GError **error)
{
    g_autoptr(json_t) now = NULL;
    if (!move_source_identity(move, &now, error))
        return false;
    if (json_equal(before, now))
        return true;
    g_autofree char *what = what_changed(before, now);
    return fail(error, ERR_DRIFT, "source '%s' changed while it was read: %s", move->source, what);
}

static TransferSpec
transfer_spec(const Move *move)
{
    const Lease *lease = move->call->lease;
    return (TransferSpec){
        .source_store = move->source_store,
        .source = move->source,
        .source_schema = move->source_schema,
        .target_store = move->target_store,
        .target = move->target,
        .stage = move->stage,
        .mapping = move->mapping,
        .plan = lease->plan,
        .task = lease->id,
        .token = lease->token,
        .hash = true,
        .push_allowed = true,
    };
}

void
move_confirm(const Move *move, Transfer *transfer)
{
    if (move->env->confirm != NULL)
        transfer_set_confirm(transfer, confirm_lease, move->env);
}

bool
move_transfer_to_compare(const Move *move, Transfer **ret, GError **error)
{
    TransferSpec spec = transfer_spec(move);
    spec.aside_of = spec.plan;
    spec.plan = NULL;
    spec.holds = spec.holds_both = move->is_mirrored;
    return transfer_open(&spec, ret, error);
}

static bool
open_to_fill(const Move *move, TransferSpec spec, int64_t rejects_max, Transfer **ret,
             GError **error)
{
    StepEnv *env = move->env;
    g_autoptr(json_t) throttle = env->throttle != NULL ? env->throttle(env) : NULL;
    spec.rejects_max = rejects_max;
    spec.rows_per_s_max = throttle_limit(throttle, THROTTLE_ROWS);
    spec.bytes_per_s_max = throttle_limit(throttle, THROTTLE_BYTES);
    if (!transfer_open(&spec, ret, error))
        return false;
    move_confirm(move, *ret);
    return true;
}

bool
move_transfer(const Move *move, int64_t rejects_max, Transfer **ret, GError **error)
{
    return open_to_fill(move, transfer_spec(move), rejects_max, ret, error);
}

bool
move_transfer_held(const Move *move, int64_t rejects_max, const Transfer *beside, Transfer **ret,
                   GError **error)
{
    TransferSpec spec = transfer_spec(move);
    spec.holds = true;
    spec.beside = beside;
    return open_to_fill(move, spec, rejects_max, ret, error);
}

bool
move_swap_state(const StepCall *call, StepEnv *env, Move *ret, SwapState *ret_state, GError **error)
{
    g_autoptr(Conn) conn = NULL;
    *ret_state = SWAP_BEFORE;
    if (!move_open(call, env, ret, error))
        return false;
    return ret->stage == NULL || (step_connect(env, ret->target_store, &conn, error) &&
                                  conn_swap_state(conn, ret->stage, ret->target, ret->kept,
                                                  call->lease->plan, ret_state, error));
}

char *
move_lost_name(const Move *move)
{
    const char *plan = move->call->lease->plan;
    size_t length = strlen(plan);
    return g_strdup_printf("%s__honk_lost_%s", move->target, length > 8 ? plan + length - 8 : plan);
}

bool
ticker_tick(int64_t rows_done, void *ticker)
{
    Ticker *self = ticker;
    if (rows_done > 0) /* a statement among the rows, such as COMMIT, has none of its own */
        self->rows = rows_done;
    return self->env->tick(self->env, self->rows, self->total, "rows", self->note);
}

bool
start_of(Conn *conn, const char *object, json_t **ret, GError **error)
{
    g_autoptr(json_t) start = json_object();
    g_autoptr(Schema) schema = NULL;
    g_autofree char *fingerprint = NULL;
    g_autoptr(GError) missing = NULL;
    int64_t rows;

    json_set_string(start, "object", object);
    if (!conn_describe(conn, object, &schema, &missing)) {
        if (!error_is(missing, ERR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&missing));
            return false;
        }
        json_set_bool(start, "exists", false);
        *ret = g_steal_pointer(&start);
        return true;
    }
    if (!conn_fingerprint(conn, object, &fingerprint, error) ||
        !conn_count(conn, object, NULL, &rows, error))
        return false;
    g_autofree char *schema_digest = schema_fingerprint(schema);
    json_set_bool(start, "exists", true);
    json_set_string(start, "fingerprint", fingerprint);
    json_set_string(start, "schema", schema_digest);
    json_set_int(start, "rows", rows);
    *ret = g_steal_pointer(&start);
    return true;
}

/* Branches and what is proposed of them leave both datasets alone. */
static bool
is_of_code(ActionId action)
{
    return action == ACTION_REWRITE || action == ACTION_PROPOSE;
}

static bool
is_first_with_effects(const StepCall *call)
{
    for (guint i = 0; i < call->plan->steps->len; i++) {
        const Step *step = call->plan->steps->pdata[i];
        if (step->action->has_effects && !is_of_code(step->action->id))
            return step == call->step;
    }
    return false;
}

const json_t *
lease_pre_state(const Lease *lease)
{
    const json_t *state = json_object_get(lease->intent, "pre_state");
    return json_is_object(state) ? state : NULL;
}

bool
move_record_start(const Move *move, json_t *pre_state, GError **error)
{
    g_autoptr(Conn) source = NULL, target = NULL;
    json_t *source_start, *target_start;
    Ticker ticker = {move->env, 0, "recording how everything was"};

    if (!is_first_with_effects(move->call))
        return true;
    json_t *before = json_object_get(lease_pre_state(move->call->lease), "start");
    if (before != NULL) {
        json_object_set(pre_state, "start", before);
        return true;
    }
    if (!step_connect(move->env, move->source_store, &source, error) ||
        !step_connect(move->env, move->target_store, &target, error))
        return false;
    conn_set_tick(source, ticker_tick, &ticker);
    conn_set_tick(target, ticker_tick, &ticker);
    if (!start_of(source, move->source, &source_start, error))
        return false;
    json_t *start = json_object();
    json_object_set_new(pre_state, "start", start);
    json_object_set_new(start, "source", source_start);
    if (!start_of(target, move->target, &target_start, error))
        return false;
    json_object_set_new(start, "target", target_start);
    return true;
}

bool
move_save_quarantine(const Move *move, Conn *target, int64_t rejected, json_t **ret, GError **error)
{
    g_autoptr(json_t) rows = NULL;
    g_autofree char *digest = NULL;

    *ret = NULL;
    if (!conn_quarantined(target, move->call->lease->plan, QUARANTINE_SHOWN_MAX, &rows, error))
        return false;
    if (json_array_size(rows) == 0)
        return true;
    /* Not canonical: rows of people may hold floating-point numbers. */
    g_autofree char *text = json_compact(rows);
    if (!move->env->blob_put(move->env, text, strlen(text), &digest, error))
        return false;
    json_t *saved = json_object();
    json_set_int(saved, "rows", MAX(rejected, (int64_t) json_array_size(rows)));
    json_set_int(saved, "shown", (int64_t) json_array_size(rows));
    json_set_string(saved, "blob", digest);
    *ret = saved;
    return true;
}

typedef struct {
    Conn *conn;
    const char *object;
} ExprPlace;

static bool
check_expr(const char *sql, void *data, char **ret_message)
{
    ExprPlace *place = data;
    return conn_check_expr(place->conn, place->object, sql, ret_message);
}

bool
mapping_check_in(Conn *source, const char *object, const Mapping *mapping,
                 const Schema *source_schema, const Schema *target_schema, Diags *diags,
                 GError **error)
{
    g_autoptr(MappingSet) identity = NULL;
    ExprPlace place = {source, object};

    if (mapping == NULL) {
        if (!mapping_identity(source_schema, target_schema, &identity, error))
            return false;
        mapping = mapping_get(identity, 0);
    }
    if (conn_has_sql(source))
        mapping_check(mapping, source_schema, target_schema, check_expr, &place, diags);
    else
        mapping_check(mapping, source_schema, target_schema, mapping_expr_check_embedded,
                      (void *) source_schema, diags);
    return true;
}

void
differ(World *ret, json_t **ret_state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    *ret = WORLD_MOVED;
    if (*ret_state == NULL || json_object_get(*ret_state, "differences") == NULL) {
        json_decref(*ret_state);
        *ret_state = json_pack("{s:[]}", "differences");
    }
    json_array_append_new(json_object_get(*ret_state, "differences"), json_string(text));
}

void
outcome_is(Outcome *outcome, OutcomeKind kind, json_t *evidence)
{
    outcome->kind = kind;
    json_decref(outcome->evidence);
    outcome->evidence = evidence;
}
