/*
 * tasks.c - the workers' API (lease, heartbeat, intent, report), and what operators do with failed tasks.
 *
 * Who asks is checked by role; whose lease it is, by the token, which only the engine can judge.
 */
#include "base/limits.h"
#include "server/handlers.h"
#include "server/plans.h"
#include "wire/wire.h"

#include <string.h>

/* "worker:w-…": the name under which a worker's doings are recorded. A token of "worker:NAME" stands for that one alone. */
static bool
worker_actor(const Request *request, const char *worker, char **ret, GError **error)
{
    g_autofree char *actor = g_strdup_printf("worker:%s", worker);
    if (g_str_has_prefix(request->who.name, "worker:") && strcmp(request->who.name, actor) != 0)
        return fail(error, ERR_FORBIDDEN, "the token is of '%s', not of '%s'", request->who.name,
                    actor);
    *ret = g_steal_pointer(&actor);
    return true;
}

bool
handle_lease(Request *request, GError **error)
{
    g_autofree char *actor = NULL;
    json_t *answer = NULL;

    if (!worker_actor(request, json_get_string(request->json, "worker", ""), &actor, error))
        return false;
    Command *command = command_new(COMMAND_LEASE, actor);
    /* what is `local` the server knows better than whoever asks */
    command->args =
        json_pack("{s:O?, s:O?, s:O?}", "worker", json_object_get(request->json, "worker"),
                  "labels", json_object_get(request->json, "labels"), "wait_ms",
                  json_object_get(request->json, "wait_ms"));
    if (!request_ask(request, command, NULL, NULL, NULL, &answer, error))
        return false;
    if (json_is_object(answer))
        return request_answer(request, answer);
    json_decref(answer);
    request->reply.status = 204;
    return true;
}

static Command *
lease_command(Request *request, CommandKind kind)
{
    Command *command = command_new(kind, request->who.name);
    command->task = g_strdup(request->params[0]);
    command->token = json_get_int(request->json, "token", 0);
    return command;
}

bool
handle_heartbeat(Request *request, GError **error)
{
    Command *command = lease_command(request, COMMAND_HEARTBEAT);
    command->args =
        json_pack("{s:O?, s:O?}", "progress", json_object_get(request->json, "progress"), "writes",
                  json_object_get(request->json, "writes"));
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}

bool
handle_intent(Request *request, GError **error)
{
    Command *command = lease_command(request, COMMAND_INTENT);
    command->args = json_pack("{s:O}", "pre_state", json_object_get(request->json, "pre_state"));
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}

bool
handle_report(Request *request, GError **error)
{
    json_t *json = json_object_get(request->json, "outcome");
    g_autoptr(Outcome) outcome = NULL;
    if (!outcome_from_json(json, &outcome, error))
        return false;
    Command *command = lease_command(request, COMMAND_REPORT);
    command->args = json_incref(json);
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}

static bool
ask_task(Request *request, CommandKind kind, GError **error)
{
    Command *command = request_command(request, kind);
    command->task = g_strdup(request->params[0]);
    command->args = json_pack("{s:O?}", "evidence", json_object_get(request->json, "evidence"));
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}

bool
handle_task_retry(Request *request, GError **error)
{
    return ask_task(request, COMMAND_TASK_RETRY, error);
}

bool
handle_task_skip(Request *request, GError **error)
{
    return ask_task(request, COMMAND_TASK_SKIP, error);
}

bool
handle_task_done(Request *request, GError **error)
{
    return ask_task(request, COMMAND_TASK_DONE, error);
}
