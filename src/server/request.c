/* request.c - the small things that handlers do with a request. */
#include "server/request.h"

#include "server/routes.h"
#include "server/streams.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static void
reply_clear(Reply *reply)
{
    json_decref(reply->json);
    free(reply->body);
    stream_free(reply->stream);
    g_free(reply->location);
    g_free(reply->cookie);
}

void
request_free(Request *request)
{
    if (request == NULL)
        return;
    request_give_reader(request);
    reply_clear(&request->reply);
    target_clear(&request->target);
    identity_clear(&request->who);
    if (request->body != NULL)
        g_byte_array_unref(request->body);
    json_decref(request->json);
    json_decref(request->problem);
    g_clear_error(&request->refusal);
    g_free(request->raw_target);
    g_free(request->allow);
    g_free(request);
}

const char *
request_header(const Request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

bool
request_reader(Request *request, Db **ret, GError **error)
{
    if (request->reader == NULL && !readers_take(request->server->readers, &request->reader, error))
        return false;
    *ret = request->reader;
    return true;
}

void
request_give_reader(Request *request)
{
    readers_give(request->server->readers, request->reader);
    request->reader = NULL;
}

bool
request_accepts(const Request *request, const char *type)
{
    const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);
    return accept != NULL && strstr(accept, type) != NULL;
}

bool
request_refuse(Request *request, int status, GError **error, ErrorCode code, const char *format,
               ...)
{
    va_list args;
    va_start(args, format);
    fail_v(error, code, format, args);
    va_end(args);
    request->problem_status = status;
    return false;
}

void
request_explain(Request *request, const char *name, json_t *value)
{
    if (request->problem == NULL)
        request->problem = json_object();
    json_object_set_new(request->problem, name, value);
}

bool
request_answer(Request *request, json_t *json)
{
    json_decref(request->reply.json);
    request->reply.json = json;
    return true;
}

Command *
request_command(const Request *request, CommandKind kind)
{
    Command *command = command_new(kind, request->who.name);
    command->reason = g_strdup(json_get_string(request->json, "reason", NULL));
    return command;
}
