/* problem.c - one table of titles, one function. */
#include "server/problem.h"

static const char *const titles[ERROR_COUNT] = {
    [ERR_INVALID] = "The request is wrong",
    [ERR_TOO_LARGE] = "Over a limit",
    [ERR_UNSUPPORTED] = "Not possible here",
    [ERR_UNAUTHORIZED] = "Nobody knows who is asking",
    [ERR_FORBIDDEN] = "Not allowed",
    [ERR_NOT_FOUND] = "No such thing",
    [ERR_WRONG_STATE] = "Not from this state",
    [ERR_DRIFT] = "The world moved since the plan was made",
    [ERR_MISMATCH] = "A check disagrees",
    [ERR_BUDGET] = "The budget is spent",
    [ERR_LIMIT] = "Too much at once",
    [ERR_TRANSIENT] = "Not now",
    [ERR_UNREACHABLE] = "No answer from the other side",
    [ERR_NO_SPACE] = "A disk is full",
    [ERR_FENCED] = "Somebody else has this task",
    [ERR_STOPPED] = "Stopped",
    [ERR_CORRUPT] = "The state fails its checks",
    [ERR_INTERNAL] = "A bug, or a refused resource",
};

const char *
then_name(ErrorThen then)
{
    static const char *const names[] = {
        [THEN_GIVE_UP] = "give_up", [THEN_RETRY] = "retry", [THEN_REPLAN] = "replan",
        [THEN_ASK] = "ask",         [THEN_STOP] = "stop",
    };
    return names[then];
}

json_t *
problem_new(const GError *error, int status, const char *instance, const json_t *more)
{
    ErrorCode code = error_code(error);
    const char *wire = error_wire_name(code);
    g_autofree char *type = g_strdup_printf("urn:honk:problem:%s", wire);
    g_autofree char *detail = g_utf8_make_valid(error->message, -1);

    json_t *problem = json_object();
    json_set_string(problem, "type", type);
    json_set_string(problem, "title", titles[code]);
    json_set_int(problem, "status", status > 0 ? status : error_http_status(code));
    json_set_string(problem, "detail", detail);
    json_set_string(problem, "code", wire);
    json_set_string(problem, "then", then_name(error_then(code)));
    json_set_string(problem, "instance", instance);
    if (more != NULL)
        json_object_update((json_t *) problem, (json_t *) more);
    return problem;
}
