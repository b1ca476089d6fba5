/*
 * engine.c - the beat: drain, decide, commit, act.
 *
 * Group commit: whatever waits is decided together and made durable with one sync; answers go out
 * after it. Time is the caller's.
 */
#include "engine/engine.h"

#include "base/clock.h"
#include "base/metric.h"
#include "engine/beat.h"
#include "engine/campaign.h"
#include "engine/decide.h"
#include "engine/load.h"
#include "engine/rollback.h"
#include "engine/save.h"
#include "store/ledger.h"

#define COMMANDS_PER_BEAT                                                                          \
    512 /* about 20 ms of deciding and writing; the others wait for the next */

struct Engine {
    Db *db;
    Blobs *blobs;
    State *state;
    Beat *beat;
    GQueue waiting; /* Command * */
    int64_t last_seq;
    bool has_written; /* other rooms wrote in this beat */
};

/* ---- commands ---- */

Command *
command_new(CommandKind kind, const char *actor)
{
    Command *command = g_new0(Command, 1);
    command->kind = kind;
    command->actor = g_strdup(actor);
    return command;
}

void
command_free(Command *command)
{
    if (command == NULL)
        return;
    g_free(command->actor);
    g_free(command->reason);
    g_free(command->plan);
    g_free(command->task);
    json_decref(command->args);
    json_decref(command->reply);
    g_clear_error(&command->error);
    g_free(command);
}

static void
command_tell(Command *command)
{
    if (command->done != NULL)
        command->done(command);
    else
        command_free(command);
}

/* ---- what deciding asks of the world ---- */

static bool
plan_by_digest(void *data, const char *digest, Plan **ret, GError **error)
{
    Engine *engine = data;
    g_autoptr(json_t) json = NULL;
    g_autoptr(Plan) plan = NULL;
    if (!blobs_get_json(engine->blobs, digest, &json, error) || !plan_from_json(json, &plan, error))
        return false;
    if (!digest_matches(plan->digest, digest))
        return fail(error, ERR_INVALID, "plan '%s' is not in canonical form: its digest is '%s'",
                    digest, plan->digest);
    *ret = g_steal_pointer(&plan);
    return true;
}

static bool
let_look(Beat *beat, Command *command)
{
    const Engine *engine = beat->accept_data;
    return command->look == NULL || command->look(command, engine->db, &command->error);
}

/* One room's failure is taken back alone. */
static bool
let_write(Beat *beat, Command *command)
{
    Engine *engine = beat->accept_data;
    if (command->write == NULL)
        return true;
    if (!save_events(engine->db, beat, &command->error) ||
        !db_savepoint(engine->db, &command->error))
        return false;
    if (!command->write(command, engine->db, &command->error)) {
        db_savepoint_undo(engine->db);
        if (command->error == NULL)
            fail(&command->error, ERR_INTERNAL, "the command could not be recorded");
        return false;
    }
    engine->has_written = true;
    return db_savepoint_keep(engine->db, &command->error);
}

static void
let_start(Beat *beat, const OpenPlan *plan, StartWord *ret)
{
    const Engine *engine = beat->accept_data;
    const EngineOptions *options = &beat->state->options;
    options->may_start(engine->db, plan->row.id, ret, options->data);
}

/* ---- opening and closing ---- */

bool
engine_open(Db *db, Blobs *blobs, const EngineOptions *options, Engine **ret, GError **error)
{
    g_autoptr(Engine) engine = g_new0(Engine, 1);
    World world = {.plan_get = plan_by_digest, .data = engine};
    engine->db = db;
    engine->blobs = blobs;
    engine->state = state_new(options, &world);
    engine->beat = beat_new(engine->state);
    engine->beat->look = let_look;
    engine->beat->accept = let_write;
    engine->beat->may_start = options->may_start == NULL ? NULL : let_start;
    engine->beat->accept_data = engine;
    g_queue_init(&engine->waiting);
    if (!load_state(db, engine->state, error) || !ledger_last(db, &engine->last_seq, error))
        return fail_in(error, "cannot read the open state");
    *ret = g_steal_pointer(&engine);
    return true;
}

static void
answer(Engine *engine)
{
    /* Answering may submit new commands, never answer others. */
    g_autoptr(GPtrArray) answered = engine->beat->answered;
    engine->beat->answered = g_ptr_array_new();
    for (guint i = 0; i < answered->len; i++)
        command_tell(g_ptr_array_index(answered, i));
}

void
engine_close(Engine *engine)
{
    if (engine == NULL)
        return;
    decide_answer_parked(engine->beat);
    answer(engine);
    for (Command *command; (command = g_queue_pop_head(&engine->waiting)) != NULL;) {
        fail(&command->error, ERR_TRANSIENT, "the server stops: ask again when it is back");
        command_tell(command);
    }
    beat_free(engine->beat);
    state_free(engine->state);
    g_free(engine);
}

void
engine_submit(Engine *engine, Command *command)
{
    g_queue_push_tail(&engine->waiting, command);
}

/* ---- the beat ---- */

static GPtrArray *
drain(Engine *engine)
{
    GPtrArray *commands = g_ptr_array_new();
    while (commands->len < COMMANDS_PER_BEAT && !g_queue_is_empty(&engine->waiting))
        g_ptr_array_add(commands, g_queue_pop_head(&engine->waiting));
    return commands;
}

static bool
has_work(const Engine *engine, int64_t now_ms)
{
    const HeapNode *timer = heap_first(&engine->state->timers);
    return !g_queue_is_empty((GQueue *) &engine->waiting) || engine->state->is_first_beat ||
           rollback_has_work(engine->state) || campaigns_have_work(engine->state) ||
           (timer != NULL && timer->at <= now_ms);
}

static bool
commit(Engine *engine, GError **error)
{
    bool is_empty = beat_is_empty(engine->beat) && !engine->has_written;
    int64_t before_us = clock_monotonic_us();
    if (!save_beat(engine->db, engine->beat, error) || !db_commit(engine->db, error))
        return false;
    engine->has_written = false;
    if (is_empty)
        return true;
    metric_add(METRIC_COMMIT_US, clock_monotonic_us() - before_us);
    metric_add(METRIC_BEATS, 1);
    return ledger_last(engine->db, &engine->last_seq, error);
}

/* Whoever asked learns that nothing happened. */
static void
answer_failed(Engine *engine, const GError *error)
{
    GPtrArray *answered = engine->beat->answered;
    for (guint i = 0; i < answered->len; i++) {
        Command *command = g_ptr_array_index(answered, i);
        g_clear_pointer(&command->reply, json_decref);
        g_clear_error(&command->error);
        command->error = g_error_copy(error);
    }
    answer(engine);
}

static void
tell_silent(Engine *engine)
{
    const EngineOptions *options = &engine->state->options;
    g_autoptr(GPtrArray) silent = engine->beat->silent;
    engine->beat->silent = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < silent->len; i++)
        options->on_silent(g_ptr_array_index(silent, i), options->data);
}

static void
tell_metrics(const State *state)
{
    metric_set(METRIC_TASKS_OPEN, state->open_task_count);
    metric_set(METRIC_PLANS_OPEN, g_hash_table_size(state->plans));
    metric_set(METRIC_WORKERS, g_hash_table_size(state->workers));
}

bool
engine_beat(Engine *engine, int64_t now_ms, GError **error)
{
    if (!has_work(engine, now_ms))
        return true;
    g_autoptr(GPtrArray) commands = drain(engine);
    g_autoptr(GError) failure = NULL;
    if (!db_begin(engine->db, &failure)) {
        g_ptr_array_extend_and_steal(engine->beat->answered, g_steal_pointer(&commands));
    } else {
        beat_decide(engine->beat, now_ms, commands);
        if (!commit(engine, &failure))
            db_rollback(engine->db);
    }
    if (failure != NULL) {
        answer_failed(engine, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    beat_committed(engine->beat);
    tell_metrics(engine->state);
    answer(engine);
    tell_silent(engine);
    db_checkpoint(engine->db);
    return true;
}

int64_t
engine_next_wake_ms(const Engine *engine)
{
    const HeapNode *timer = heap_first(&engine->state->timers);
    if (has_work(engine, INT64_MIN))
        return 0;
    return timer == NULL ? INT64_MAX : timer->at;
}

int64_t
engine_last_seq(const Engine *engine)
{
    return engine->last_seq;
}
