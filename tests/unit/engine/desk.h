/*
 * desk.h - an engine on a state in memory, with a clock that a test moves, and short words for what
 * people and workers say.
 */
#pragma once

#include "base/json.h"
#include "engine/engine.h"
#include "store/ledger.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    Db *db;
    Blobs *blobs;
    Engine *engine;
    EngineOptions options;
    char *folder;
    int64_t now_ms;
    char *plan;   /* the one that this test is about */
    char *digest; /* of it */
} Desk;

static const char two_steps[] =
    "{'apiVersion':'honk/v1','kind':'Plan','name':'move','source':{'url':'s:a'},"
    "'target':{'url':'s:b'},'soak_ms':1000,'rollback_window_ms':60000,'steps':["
    "{'name':'stage','action':'stage','needs':['store:s'],'uses':['store:s']},"
    "{'name':'fill','action':'transform','after':['stage'],'needs':['store:s'],"
    "'uses':['store:s']},"
    "{'name':'look','action':'compare','after':['fill']},"
    "{'name':'swap','action':'swap','after':['look']}]}";

/* 'json' with single quotes. */
static inline json_t *
desk_json(const char *text)
{
    g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
    json_error_t problem;
    json_t *json = json_loads(quoted, 0, &problem);
    if (json == NULL)
        g_error("%s: %s", text, problem.text);
    return json;
}

static inline void
desk_start(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    bool opened = engine_open(desk->db, desk->blobs, &desk->options, &desk->engine, &error);
    g_assert_no_error(error);
    g_assert_true(opened);
}

static inline void
desk_open(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    *desk = (Desk){.now_ms = 1000000,
                   .options = {.lease_ms = 15000,
                               .retry_first_ms = 1000,
                               .retry_max_ms = 100000,
                               .plan_ttl_ms = 86400000,
                               .seed = 7}};
    desk->folder = g_dir_make_tmp("honk-engine-XXXXXX", &error);
    g_assert_no_error(error);
    g_assert_true(db_open_memory(&desk->db, &error));
    g_assert_true(blobs_open(desk->folder, &desk->blobs, &error));
    desk_start(desk);
}

static inline void
desk_close(Desk *desk)
{
    g_clear_pointer(&desk->engine, engine_close);
    g_clear_pointer(&desk->db, db_close);
    g_clear_pointer(&desk->blobs, blobs_close);
    g_autofree char *remove = g_strdup_printf("rm -r '%s'", desk->folder);
    g_assert_cmpint(system(remove), ==, 0);
    g_free(desk->folder);
    g_free(desk->plan);
    g_free(desk->digest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Desk, desk_close)

static inline void
desk_restart(Desk *desk)
{
    g_clear_pointer(&desk->engine, engine_close);
    desk_start(desk);
}

static inline void
desk_beat(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    bool beaten = engine_beat(desk->engine, desk->now_ms, &error);
    g_assert_no_error(error);
    g_assert_true(beaten);
}

/* Beats until nothing is due before `ms` from now, and then that late. */
static inline void
desk_wait(Desk *desk, int64_t ms)
{
    int64_t until_ms = desk->now_ms + ms;
    for (int64_t due_ms; (due_ms = engine_next_wake_ms(desk->engine)) <= until_ms;) {
        desk->now_ms = MAX(desk->now_ms, due_ms);
        desk_beat(desk);
    }
    desk->now_ms = until_ms;
}

static inline void
desk_told(Command *command)
{
    *(Command **) command->user = command;
}

/* Say it and beat. The command is answered, unless it is a lease that waits (NULL then). */
static inline Command *
desk_say(Desk *desk, CommandKind kind, const char *actor, const char *task, int64_t token,
         const char *args)
{
    Command *told = NULL, *command = command_new(kind, actor);
    command->plan = g_strdup(kind == COMMAND_CREATE ? NULL : desk->plan);
    command->task = g_strdup(task);
    command->token = token;
    bool is_explained = kind == COMMAND_RESUME || kind == COMMAND_TASK_SKIP;
    command->reason = is_explained ? g_strdup("somebody has looked") : NULL;
    command->args = args == NULL ? NULL : desk_json(args);
    command->user = &told;
    command->done = desk_told;
    engine_submit(desk->engine, command);
    desk_beat(desk);
    return told;
}

/* The reply's text member, or the error's wire name in brackets. Caller frees. */
static inline char *
desk_ask(Desk *desk, CommandKind kind, const char *actor, const char *task, int64_t token,
         const char *args, const char *member)
{
    g_autoptr(Command) command = desk_say(desk, kind, actor, task, token, args);
    g_assert_nonnull(command);
    if (command->error != NULL)
        return g_strdup_printf("(%s)", error_wire_name(error_code(command->error)));
    return g_strdup(json_get_string(command->reply, member, "-"));
}

static inline void
desk_expect(Desk *desk, CommandKind kind, const char *args, const char *expected)
{
    g_autofree char *got = desk_ask(desk, kind, "user:default/ada", NULL, 0, args, "state");
    g_assert_cmpstr(got, ==, expected);
}

/* One value of the state. Caller frees. */
static inline char *
desk_look(Desk *desk, const char *sql)
{
    g_autoptr(GError) error = NULL;
    Stmt *stmt = NULL;
    bool has_row = false;
    bool looked = db_prepare(desk->db, sql, &stmt, &error) && stmt_step(stmt, &has_row, &error);
    g_assert_no_error(error);
    g_assert_true(looked);
    char *value = g_strdup(has_row && stmt_col_text(stmt, 0) != NULL ? stmt_col_text(stmt, 0) : "");
    stmt_reset(stmt);
    return value;
}

static inline void
desk_assert(Desk *desk, const char *sql, const char *expected)
{
    g_autofree char *value = desk_look(desk, sql);
    g_assert_cmpstr(value, ==, expected);
}

static inline void
desk_state(Desk *desk, const char *expected)
{
    g_autofree char *sql = g_strdup_printf("SELECT state FROM plan WHERE id = '%s'", desk->plan);
    desk_assert(desk, sql, expected);
}

/* ---- workers ---- */

/* What a worker gets: "step/key phase mode", or "" for nothing; id and token go to `task`. */
typedef struct {
    char *id;
    int64_t token;
    json_t *json;
} Got;
static inline void
got_clear(Got *got)
{
    g_clear_pointer(&got->id, g_free);
    g_clear_pointer(&got->json, json_decref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Got, got_clear)

static inline char *
desk_lease(Desk *desk, const char *worker, Got *got)
{
    g_autofree char *args =
        g_strdup_printf("{'worker':'%s','labels':['store:s'],'wait_ms':0}", worker);
    g_autofree char *actor = g_strdup_printf("worker:%s", worker);
    g_autoptr(Command) command = desk_say(desk, COMMAND_LEASE, actor, NULL, 0, args);
    g_assert_nonnull(command);
    g_assert_no_error(command->error);
    got_clear(got);
    if (!json_is_object(command->reply))
        return g_strdup("");
    got->json = json_incref(command->reply);
    got->id = g_strdup(json_get_string(got->json, "id", NULL));
    got->token = json_get_int(got->json, "token", 0);
    const char *step = json_get_string(got->json, "step", "");
    return g_strdup_printf(
        "%s/%s %s %s", *step == '\0' ? json_get_string(got->json, "action", "") : step,
        *step == '\0' ? "" : json_get_string(got->json, "key", ""),
        json_get_string(got->json, "phase", ""), json_get_string(got->json, "mode", ""));
}

static inline void
desk_get(Desk *desk, const char *worker, Got *got, const char *expected)
{
    g_autofree char *what = desk_lease(desk, worker, got);
    g_assert_cmpstr(what, ==, expected);
}

static inline void
desk_report(Desk *desk, const Got *got, const char *outcome, const char *expected)
{
    g_autofree char *status =
        desk_ask(desk, COMMAND_REPORT, "worker:w", got->id, got->token, outcome, "status");
    g_assert_cmpstr(status, ==, expected);
}

/* Get it and do it. */
static inline void
desk_do(Desk *desk, const char *what, const char *outcome, const char *status)
{
    g_auto(Got) got = {0};
    desk_get(desk, "w", &got, what);
    desk_report(desk, &got, outcome, status);
}

/* ---- plans ---- */

static inline void
desk_plan(Desk *desk, const char *document)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = desk_json(document);
    g_clear_pointer(&desk->plan, g_free);
    g_clear_pointer(&desk->digest, g_free);
    desk->plan = desk_ask(
        desk, COMMAND_CREATE, "user:default/ada", NULL, 0,
        "{'migration':'component:default/m','author':'user:default/ada','needs':[]}", "id");
    g_assert_true(blobs_put_json(desk->blobs, json, &desk->digest, &error));
    g_autofree char *done =
        g_strdup_printf("{'kind':'done','evidence':{'digest':'%s'}}", desk->digest);
    desk_do(desk, "plan/ forward run", done, "done");
    desk_state(desk, "planned");
}

static inline void
desk_approve(Desk *desk)
{
    g_autofree char *args = g_strdup_printf("{'digest':'%s','quorum_reached':true}", desk->digest);
    desk_expect(desk, COMMAND_APPROVE, args, "approved");
}

static inline void
desk_run(Desk *desk, const char *document)
{
    desk_plan(desk, document);
    desk_approve(desk);
    desk_expect(desk, COMMAND_START, NULL, "preflight");
    desk_do(desk, "preflight/ forward run", "{'kind':'done','evidence':{'drift':[]}}", "done");
    desk_state(desk, "running");
}

/* The worker says that its effect is about to begin. */
static inline void
desk_intend(Desk *desk, const Got *got, const char *start, const char *expected)
{
    g_autofree char *args = g_strdup_printf("{'pre_state':%s}", start);
    g_autofree char *answer =
        desk_ask(desk, COMMAND_INTENT, "worker:w", got->id, got->token, args, "none");
    g_assert_cmpstr(answer, ==, expected);
}

/* A worker does its task with the intent on disk first. */
static inline void
desk_effect(Desk *desk, const char *what, const char *start)
{
    g_auto(Got) got = {0};
    desk_get(desk, "w", &got, what);
    desk_intend(desk, &got, start, "-");
    desk_report(desk, &got, "{'kind':'done','evidence':{'rows':5}}", "done");
}
