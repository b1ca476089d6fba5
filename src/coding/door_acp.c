/*
 * door_acp.c - the Agent Client Protocol as its client: https://agentclientprotocol.com
 *
 * One process and one session for each round. The files are the agent's in its box, so that nothing is offered of ours
 * (`fs`, `terminal`): what a client does for an agent happens outside of the box. What it asks is answered at once: a
 * permission by policy, because the box is the permission; anything else by "no such method". Only `end_turn` says that a
 * turn is done.
 *
 * Version 1, or where honk.yaml says so version 2, which is a draft: it is offered, and the agent may answer with 1. In
 * version 1 a turn ends with the answer to session/prompt; in version 2 that says only that it began, and the session tells
 * when it is idle again.
 */
#include "base/clock.h"
#include "base/text.h"
#include "coding/rpc.h"

#include <string.h>

#define BEGIN_MS                                                                                   \
    60000 /* of each question before the turn: a program of Node that loads itself, on a busy machine */
#define CANCEL_MS 5000 /* for an answer to session/cancel; then it is ended */
#define NO_METHOD (-32601)
#define METHODS_SHOWN_MAX 5 /* ways to log in */

typedef struct {
    Rpc *rpc;
    int version;      /* of the protocol, as it was agreed */
    int64_t asked;    /* the number of our last request */
    int64_t begin_ms; /* of each question before the turn; no more than the agent has for a round */
    char *session;    /* its name; or NULL */
    bool is_at_work, is_cancelling;
    char *idle;     /* version 2: why the session is idle since it took the prompt; or NULL */
    json_t *logins; /* ways to log in that it offers, or NULL */
    json_t *usage;  /* {"tokens", "cost"…}, as the agent tells it */
    char *end;      /* how the turn ended, where that is no end of the program */
} Acp;

/* ---- answers ---- */

static void
answer(Acp *acp, const json_t *request, json_t *result)
{
    json_t *message = json_object();
    json_object_set(message, "id", json_object_get(request, "id"));
    json_object_set_new(message, "result", result);
    rpc_send(acp->rpc, message);
}

static void
refuse(Acp *acp, const json_t *request, const char *method)
{
    json_t *message = json_object();
    g_autofree char *shown = text_printable(method);
    json_object_set(message, "id", json_object_get(request, "id"));
    json_object_set_new(message, "error",
                        json_pack("{s:i, s:s+}", "code", NO_METHOD, "message",
                                  "this client does not offer ", shown));
    rpc_send(acp->rpc, message);
}

/* The first option of the best kind that there is. Nobody is there who could be asked, and nothing in the box needs to be. */
static const char *
choose(const json_t *options)
{
    static const char *const kinds[] = {"allow_once", "allow_always", "reject_once",
                                        "reject_always"};
    json_t *option;
    size_t i;
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
        json_array_foreach(options, i,
                           option) if (strcmp(json_get_string(option, "kind", ""), kinds[k]) ==
                                       0) return json_get_string(option, "optionId", NULL);
    return NULL;
}

static void
permit(Acp *acp, const json_t *request)
{
    const char *option = acp->is_cancelling ? NULL : choose(json_at(request, "params.options"));
    answer(acp, request,
           option != NULL
               ? json_pack("{s:{s:s, s:s}}", "outcome", "outcome", "selected", "optionId", option)
               : json_pack("{s:{s:s}}", "outcome", "outcome", "cancelled"));
}

static void
take_usage(Acp *acp, const json_t *usage)
{
    if (!json_is_object(usage))
        return;
    json_object_update(acp->usage, (json_t *) usage);
    json_object_del(acp->usage, "sessionUpdate");
}

static void
take_update(Acp *acp, const json_t *update)
{
    const char *kind = json_get_string(update, "sessionUpdate", "");
    const char *reason = json_get_string(update, "stopReason", NULL);
    bool is_idle = strcmp(kind, "state_update") == 0 &&
                   strcmp(json_get_string(update, "state", ""), "idle") == 0;
    if (strcmp(kind, "usage_update") == 0)
        take_usage(acp, update);
    else if (is_idle && reason != NULL && acp->is_at_work) { /* not what was said before */
        g_free(acp->idle);
        acp->idle = g_strdup(reason);
    }
}

/* Of the session that we have: what an agent tells of another one is nobody's. */
static bool
is_ours(const Acp *acp, const json_t *message)
{
    const char *session = json_get_string(json_object_get(message, "params"), "sessionId", NULL);
    return session != NULL && g_strcmp0(session, acp->session) == 0;
}

/* What comes without being asked for. */
static void
take_message(Acp *acp, const json_t *message)
{
    const char *method = json_get_string(message, "method", NULL);
    if (method == NULL)
        return; /* an answer that nobody waits for any more */
    if (json_object_get(message, "id") == NULL) {
        if (is_ours(acp, message))
            take_update(acp, json_at(message, "params.update"));
    } else if (strcmp(method, "session/request_permission") == 0)
        permit(acp, message);
    else if (strcmp(method, "elicitation/create") == 0)
        answer(acp, message, json_pack("{s:s}", "action", "decline"));
    else
        refuse(acp, message, method);
}

/* ---- questions ---- */

static bool
is_answer(const Acp *acp, const json_t *message)
{
    const json_t *id = json_object_get(message, "id");
    return json_object_get(message, "method") == NULL && json_is_integer(id) &&
           json_integer_value(id) == acp->asked;
}

/* The answer, whole, or NULL: none by then, or the agent is gone. */
static bool
await(Acp *acp, int64_t until_ms, json_t **ret, GError **error)
{
    g_autoptr(json_t) message = NULL;
    *ret = NULL;
    while (rpc_next(acp->rpc, until_ms, &message, error)) {
        if (message == NULL)
            return true;
        if (is_answer(acp, message)) {
            *ret = g_steal_pointer(&message);
            return true;
        }
        take_message(acp, message);
        g_clear_pointer(&message, json_decref);
    }
    return false;
}

/* Until the session is idle, or by then it is not, or the agent is gone. */
static bool
await_idle(Acp *acp, int64_t until_ms, GError **error)
{
    g_autoptr(json_t) message = NULL;
    while (acp->idle == NULL && rpc_next(acp->rpc, until_ms, &message, error)) {
        if (message == NULL)
            return true;
        take_message(acp, message);
        g_clear_pointer(&message, json_decref);
    }
    return acp->idle != NULL;
}

static void
ask(Acp *acp, const char *method, json_t *params)
{
    rpc_send(acp->rpc, json_pack("{s:I, s:s, s:o}", "id", (json_int_t) ++acp->asked, "method",
                                 method, "params", params));
}

/* The result of a request that is answered soon; NULL when there is none, and then `acp->end` says why. */
static bool
ask_now(Acp *acp, const char *method, json_t *params, json_t **ret, GError **error)
{
    g_autoptr(json_t) message = NULL;
    *ret = NULL;
    ask(acp, method, params);
    if (!await(acp, clock_monotonic_ms() + acp->begin_ms, &message, error))
        return false;
    const json_t *failure = json_object_get(message, "error");
    json_t *result = json_object_get(message, "result");
    if (result != NULL)
        *ret = json_incref(result);
    else if (failure != NULL) {
        g_autofree char *said = text_printable(json_get_string(failure, "message", "no reason"));
        acp->end = g_strdup_printf("refused '%s': %s", method, said);
    } else if (rpc_end(acp->rpc) == NULL) {
        g_autofree char *limit = text_duration(acp->begin_ms);
        acp->end = g_strdup_printf("did not answer '%s' within %s", method, limit);
    }
    return true;
}

static bool
initialize(Acp *acp, const CodingAgentConfig *agent, bool *ret, GError **error)
{
    g_autoptr(json_t) result = NULL;
    json_t *params =
        agent->protocol > 1
            ? json_pack("{s:i, s:{s:s, s:s}, s:{}}", "protocolVersion", agent->protocol, "info",
                        "name", "honk", "version", HONK_VERSION, "capabilities")
            : json_pack("{s:i, s:{s:s, s:s}, s:{s:{s:b, s:b}, s:b}}", "protocolVersion", 1,
                        "clientInfo", "name", "honk", "version", HONK_VERSION, "clientCapabilities",
                        "fs", "readTextFile", 0, "writeTextFile", 0, "terminal", 0);
    *ret = false;
    if (!ask_now(acp, "initialize", params, &result, error))
        return false;
    int64_t version = json_get_int(result, "protocolVersion", 0);
    bool is_known = version >= 1 && version <= agent->protocol;
    if (result != NULL && !is_known)
        acp->end = g_strdup_printf("speaks version %" G_GINT64_FORMAT " of ACP, and we speak %d",
                                   version, agent->protocol);
    json_t *logins = json_object_get(result, "authMethods");
    acp->logins = json_is_array(logins) ? json_incref(logins) : NULL;
    acp->version = is_known ? (int) version : 0;
    *ret = is_known;
    return true;
}

/* ---- logging in ---- */

/* What the agent calls a way to log in: version 1 says `id`, version 2 `methodId`. */
static const char *
login_name(const json_t *method)
{
    return json_get_string(method, "methodId", json_get_string(method, "id", ""));
}

/* "'api-key', 'browser'": what honk.yaml could name. Caller frees. */
static char *
login_names(const Acp *acp)
{
    g_autoptr(GString) names = g_string_new(NULL);
    json_t *method;
    size_t i;
    json_array_foreach(acp->logins, i, method)
    {
        g_autofree char *shown = text_printable(login_name(method));
        if (i < METHODS_SHOWN_MAX)
            g_string_append_printf(names, "%s'%s'", i > 0 ? ", " : "", shown);
    }
    return g_string_free(g_steal_pointer(&names), FALSE);
}

/* By the way that honk.yaml names, with what the agent has in its environment: nobody is there to open a browser. */
static bool
log_in(Acp *acp, const char *login, bool *ret, GError **error)
{
    g_autoptr(json_t) result = NULL;
    *ret = login == NULL;
    if (*ret)
        return true;
    if (!ask_now(acp, acp->version > 1 ? "auth/login" : "authenticate",
                 json_pack("{s:s}", "methodId", login), &result, error))
        return false;
    *ret = result != NULL;
    return true;
}

/* It wants somebody to log in first: then what honk.yaml could say is said. */
static void
say_logins(Acp *acp, const char *login)
{
    g_autofree char *names = login_names(acp);
    if (acp->end == NULL || login != NULL || *names == '\0')
        return;
    g_autofree char *refused = g_steal_pointer(&acp->end);
    acp->end = g_strdup_printf("%s; it can log in by %s: name one as 'login' of the agent in "
                               "honk.yaml",
                               refused, names);
}

/* ---- the turn ---- */

/* Its time is up: it may still say so itself, and what it wrote is looked at by nobody. */
static bool
cancel(Acp *acp, const char *session, int64_t deadline_ms, GError **error)
{
    g_autoptr(json_t) message = NULL;
    g_autofree char *limit = text_duration(deadline_ms);
    int64_t until_ms = clock_monotonic_ms() + CANCEL_MS;
    acp->is_cancelling = true;
    acp->end = g_strdup_printf("did not end its turn within %s", limit);
    rpc_send(acp->rpc, json_pack("{s:s, s:{s:s}}", "method", "session/cancel", "params",
                                 "sessionId", session));
    return acp->version > 1 ? await_idle(acp, until_ms, error)
                            : await(acp, until_ms, &message, error);
}

static void
end_turn(Acp *acp, const json_t *failure, const char *reason)
{
    g_autofree char *shown =
        text_printable(failure != NULL ? json_get_string(failure, "message", "no reason") : reason);
    acp->end =
        g_strdup_printf(failure != NULL ? "broke its turn off: %s" : "stopped with '%s'", shown);
}

static bool
prompt(Acp *acp, const Turn *turn, const char *session, GError **error)
{
    g_autoptr(json_t) message = NULL;
    int64_t deadline_ms = turn->work->agent->deadline_ms;
    int64_t until_ms = clock_monotonic_ms() + deadline_ms;
    ask(acp, "session/prompt",
        json_pack("{s:s, s:[{s:s, s:s}]}", "sessionId", session, "prompt", "type", "text", "text",
                  turn->prompt));
    if (!await(acp, until_ms, &message, error))
        return false;
    const json_t *failure = json_object_get(message, "error");
    bool is_begun = acp->version > 1 && message != NULL && failure == NULL;
    acp->is_at_work = is_begun;
    if (is_begun && !await_idle(acp, until_ms, error))
        return false;
    if (message == NULL || (is_begun && acp->idle == NULL))
        return rpc_end(acp->rpc) != NULL || cancel(acp, session, deadline_ms, error);
    take_usage(acp, json_at(message, "result.usage"));
    end_turn(acp, failure,
             is_begun ? acp->idle
                      : json_get_string(json_object_get(message, "result"), "stopReason", ""));
    return true;
}

/* In version 2 each server says how it is spoken with. */
static json_t *
session_params(const Acp *acp, const Turn *turn)
{
    json_t *server =
        json_pack("{s:s, s:s, s:[s, s, s], s:[]}", "name", "honk", "command", turn->ground->honk,
                  "args", "mcp", "--brief", rpc_brief(acp->rpc), "env");
    if (acp->version > 1)
        json_set_string(server, "type", "stdio");
    return json_pack("{s:s, s:[o]}", "cwd", rpc_folder(acp->rpc), "mcpServers", server);
}

static bool
converse(Acp *acp, const Turn *turn, GError **error)
{
    const CodingAgentConfig *agent = turn->work->agent;
    g_autoptr(json_t) session = NULL;
    bool is_ready = false;
    if (!initialize(acp, agent, &is_ready, error) ||
        (is_ready && !log_in(acp, agent->login, &is_ready, error)))
        return false;
    if (!is_ready)
        return true;
    if (!ask_now(acp, "session/new", session_params(acp, turn), &session, error))
        return false;
    acp->session = g_strdup(json_get_string(session, "sessionId", NULL));
    if (acp->session != NULL)
        return prompt(acp, turn, acp->session, error);
    if (session != NULL)
        acp->end = g_strdup("made a session without a name");
    else
        say_logins(acp, agent->login);
    return true;
}

static void
take_turn(const Acp *acp, TurnEnd *ret)
{
    ret->end = g_strdup(acp->end != NULL ? acp->end : rpc_end(acp->rpc));
    ret->is_done = g_strcmp0(acp->end, "stopped with 'end_turn'") == 0;
    ret->said = rpc_said(acp->rpc);
    ret->transcript = g_utf8_make_valid(rpc_transcript(acp->rpc), -1);
    if (json_object_size(acp->usage) > 0)
        ret->usage = json_incref(acp->usage);
}

bool
acp_turn(Rpc *rpc, const Turn *turn, TurnEnd *ret, GError **error)
{
    g_autoptr(json_t) usage = json_object();
    Acp acp = {
        .rpc = rpc, .usage = usage, .begin_ms = MIN(BEGIN_MS, turn->work->agent->deadline_ms)};
    bool ok = converse(&acp, turn, error);
    if (ok)
        take_turn(&acp, ret);
    g_free(acp.end);
    g_free(acp.idle);
    g_free(acp.session);
    json_decref(acp.logins);
    return ok;
}

bool
door_acp(const Turn *turn, TurnEnd *ret, GError **error)
{
    g_auto(DoorBox) door = {0};
    g_autoptr(Rpc) rpc = NULL;
    if (!door_box_with_proxy(turn, &door, error) || !rpc_open(&door.spec, &rpc, error))
        return false;
    bool ok = acp_turn(rpc, turn, ret, error);
    g_clear_pointer(&rpc, rpc_free); /* and with it the box */
    if (ok)
        door_box_end(&door, turn, ret);
    return ok;
}
