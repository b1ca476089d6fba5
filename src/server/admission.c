/* admission.c - the checks, each a function, in the order of the table at the end. */
#include "server/admission.h"

#include "base/limits.h"
#include "base/text.h"
#include "forge/webhook.h"
#include "server/host.h"
#include "server/routes.h"
#include "server/session.h"
#include "server/tokens.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDEMPOTENCY_KEY_BYTES_MAX 200 /* a UUID has 36 */

static bool
is_write(const Request *request)
{
    return strcmp(request->method, MHD_HTTP_METHOD_GET) != 0 &&
           strcmp(request->method, MHD_HTTP_METHOD_HEAD) != 0;
}

static bool
check_target(Request *request, GError **error)
{
    return target_parse(request->raw_target, &request->target, error);
}

static bool
check_host(Request *request, GError **error)
{
    const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
    if (request->is_unix)
        return true;
    if (host == NULL)
        return fail(error, ERR_INVALID, "the request has no Host header");
    if (host_is_ours(request->server, host))
        return true;
    g_autofree char *shown = text_printable(host);
    request_explain(request, "hint",
                    json_string("behind a proxy that has a name of its own, `addresses` in "
                                "honk.yaml says which"));
    return request_refuse(request, MHD_HTTP_MISDIRECTED_REQUEST, error, ERR_INVALID,
                          "this server is '%s', not 'http://%s'", request->server->url, shown);
}

static bool
check_route(Request *request, GError **error)
{
    if (route_find(request->method, &request->target, &request->route, request->params,
                   &request->allow, error))
        return true;
    if (request->allow != NULL) {
        request->problem_status = MHD_HTTP_METHOD_NOT_ALLOWED;
        request->reply.allow = request->allow;
    }
    return false;
}

static bool
check_ready(Request *request, GError **error)
{
    if (request->route->role == ROLE_ANYBODY || atomic_load(&request->server->is_ready))
        return true;
    return fail(error, ERR_TRANSIENT, "the server is not ready yet: ask again in a moment");
}

/* Browsers say where a writing page came from. */
static bool
check_origin(Request *request, GError **error)
{
    const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
    if (!is_write(request) || origin == NULL)
        return true;
    if (host_origin_is_ours(request->server, origin))
        return true;
    g_autofree char *shown = text_printable(origin);
    return fail(error, ERR_FORBIDDEN, "pages from '%s' may not write here", shown);
}

static bool
identify_by_token(Request *request, const char *header, GError **error)
{
    if (g_ascii_strncasecmp(header, "Bearer ", strlen("Bearer ")) != 0)
        return fail(error, ERR_UNAUTHORIZED, "the Authorization header must read 'Bearer TOKEN'");

    Db *db = NULL;
    g_autofree char *name = NULL;
    if (!request_reader(request, &db, error) ||
        !token_check(db, header + strlen("Bearer "), &name, error))
        return false;
    identity_from_name(request->server->config->roles, name, &request->who);
    return true;
}

static bool
identify_by_peer(Request *request, GError **error)
{
    struct ucred peer = {0};
    socklen_t bytes = sizeof(peer);
    if (getsockopt(request->fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot see who is at the other end of the socket");
    identity_from_uid(request->server->config->roles, peer.uid, geteuid(), &request->who);
    return true;
}

static bool
check_identity(Request *request, GError **error)
{
    const json_t *roles = request->server->config->roles;
    const char *authorization = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *person = request_header(request, "Honk-As");
    bool has_session = false;

    if (authorization != NULL) {
        if (!identify_by_token(request, authorization, error))
            return false;
    } else if (request->is_unix) {
        if (!identify_by_peer(request, error))
            return false;
    } else if (!session_identify(request, &has_session, error)) {
        return false;
    } else if (has_session) {
        if (is_write(request) && !session_guard(request, error))
            return false;
    } else if (request->route->role == ROLE_ANYBODY) {
        request->who.name = g_strdup("anybody");
        return true;
    } else {
        request_explain(request, "hint",
                        json_string("on the machine where the server runs, make a token with 'honk "
                                    "login --new USER', and "
                                    "send it as 'Authorization: Bearer TOKEN', or log in to the "
                                    "portal with it"));
        return fail(error, ERR_UNAUTHORIZED, "nobody knows who is asking: this needs a token");
    }
    return person == NULL || identity_act_as(roles, person, &request->who, error);
}

static bool
check_role(Request *request, GError **error)
{
    return identity_need(&request->who, request->route->role, route_deed(request->route),
                         request->server->config->roles, error);
}

static int64_t
body_bytes_max(const Route *route)
{
    switch (route->body) {
    case BODY_NONE:
    case BODY_JSON:
    case BODY_DOCUMENTS:
        return HTTP_BODY_BYTES_MAX;
    case BODY_BYTES:
        return HTTP_BLOB_BYTES_MAX;
    case BODY_SIGNED:
        return (int64_t) WEBHOOK_BYTES_MAX;
    }
    return 0;
}

static bool
body_is_required(const Route *route)
{
    if (route->body == BODY_DOCUMENTS || route->body == BODY_BYTES || route->body == BODY_SIGNED)
        return true;
    for (const Input *member = route->members; member != NULL && member->name != NULL; member++) {
        if (member->is_required)
            return true;
    }
    return false;
}

static bool
too_large(int64_t bytes_max, GError **error)
{
    g_autofree char *most = text_bytes(bytes_max);
    return fail(error, ERR_TOO_LARGE, "the body is larger than the %s that this call takes", most);
}

static bool
check_length(Request *request, GError **error)
{
    const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *coding = request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING);

    request->body_bytes_max = body_bytes_max(request->route);
    if (length == NULL && coding == NULL) {
        if (body_is_required(request->route))
            return request_refuse(
                request, MHD_HTTP_LENGTH_REQUIRED, error, ERR_INVALID,
                "to %s a body is needed, and the request has none (no Content-Length)",
                route_deed(request->route));
        return true;
    }
    if (length != NULL && g_ascii_strtoll(length, NULL, 10) > request->body_bytes_max)
        return too_large(request->body_bytes_max, error);
    return true;
}

/* Types that each kind of body may have, without parameters. NULL-terminated. */
static const char *const json_types[] = {"application/json", "text/plain", NULL};
static const char *const document_types[] = {
    "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/plain", NULL};
static const char *const signed_types[] = {"application/json", NULL};
static const char *const byte_types[] = {"application/octet-stream", "application/json", NULL};

static const char *const *
types_of(BodyKind kind)
{
    switch (kind) {
    case BODY_NONE:
        return NULL;
    case BODY_JSON:
        return json_types;
    case BODY_DOCUMENTS:
        return document_types;
    case BODY_BYTES:
        return byte_types;
    case BODY_SIGNED:
        return signed_types;
    }
    return NULL;
}

/* A missing type is taken as the first of the list. text/plain is what fetch() sends when nobody sets a header; a form of
 * another site can send it too, so it never comes with an Origin. */
static bool
check_type(Request *request, GError **error)
{
    const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    const char *const *types = types_of(request->route->body);
    const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    bool is_empty = length == NULL || strcmp(length, "0") == 0;

    if (type == NULL || types == NULL || (is_empty && !body_is_required(request->route)))
        return true;
    g_autofree char *bare = g_ascii_strdown(type, (gssize) strcspn(type, "; "));
    if (strcmp(bare, "text/plain") == 0 && request_header(request, MHD_HTTP_HEADER_ORIGIN) != NULL)
        return request_refuse(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, error, ERR_INVALID,
                              "pages must send 'application/json', not 'text/plain'");
    if (g_strv_contains(types, bare))
        return true;
    g_autofree char *known = g_strjoinv("' or '", (char **) types);
    g_autofree char *shown = text_printable(type);
    return request_refuse(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, error, ERR_INVALID,
                          "the body is '%s', expected '%s'", shown, known);
}

static bool
check_key(Request *request, GError **error)
{
    const char *key = request_header(request, "Idempotency-Key");
    if (key == NULL || !is_write(request) || request->route->body == BODY_SIGNED)
        return true; /* GitLab sends one; what it signs says as much */
    size_t bytes = strlen(key);
    if (bytes == 0 || bytes > IDEMPOTENCY_KEY_BYTES_MAX)
        return fail(error, ERR_INVALID, "the Idempotency-Key must have 1 to %d bytes",
                    IDEMPOTENCY_KEY_BYTES_MAX);
    request->idempotency_key = key;
    return true;
}

static bool
check_parameters(Request *request, GError **error)
{
    for (unsigned i = 0; i < ROUTE_PARAMS_MAX && request->params[i] != NULL; i++) {
        if (strlen(request->params[i]) > NAME_BYTES_MAX)
            return fail(error, ERR_INVALID, "a name in the path is longer than %d bytes",
                        NAME_BYTES_MAX);
    }
    return input_check_parameters(request->route->parameters, &request->target, error);
}

typedef bool Check(Request *request, GError **error);

static Check *const checks[] = {
    check_target, check_host,   check_route, check_ready, check_origin,     check_identity,
    check_role,   check_length, check_type,  check_key,   check_parameters,
};

bool
admission_header(Request *request, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (!checks[i](request, error))
            return false;
    }
    return true;
}

bool
admission_body(Request *request, GError **error)
{
    if (request->body_bytes_seen > request->body_bytes_max)
        return too_large(request->body_bytes_max, error);

    switch (request->route->body) {
    case BODY_NONE:
        if (request->body->len > 0)
            return fail(error, ERR_INVALID, "to %s no body is taken", route_deed(request->route));
        request->json = json_object();
        return true;
    case BODY_JSON:
        if (request->body->len == 0)
            request->json = json_object();
        else if (!json_parse((const char *) request->body->data, request->body->len, "the body",
                             &request->json, error))
            return false;
        return input_check_body(request->route->members, request->json, error);
    case BODY_DOCUMENTS:
    case BODY_BYTES:
    case BODY_SIGNED:
        if (request->body->len == 0)
            return fail(error, ERR_INVALID, "the body is empty");
        return true;
    }
    return true;
}
