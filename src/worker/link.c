/* link.c - see link.h. */
#include "worker/link.h"

#include "base/http_client.h"
#include "base/limits.h"
#include "base/text.h"

#include <string.h>

/* A server answers within a beat; this long means that it hangs. */
#define CALL_TIMEOUT_MS 10000
/* A blob of the largest size over a slow line. */
#define BLOB_TIMEOUT_MS 60000

struct Link {
    HttpClient *http;
};

bool
link_new(const char *server, const char *token, Link **ret, GError **error)
{
    g_autoptr(Link) link = g_new0(Link, 1);
    if (!http_client_new(server, token, &link->http, error))
        return false;
    *ret = g_steal_pointer(&link);
    return true;
}

void
link_free(Link *link)
{
    if (link == NULL)
        return;
    http_client_free(link->http);
    g_free(link);
}

bool
link_may_pass(const GError *error)
{
    return error_then(error_code(error)) == THEN_RETRY;
}

bool
link_lost(const GError *error)
{
    return error_is(error, ERR_FENCED) || error_is(error, ERR_NOT_FOUND) ||
           error_is(error, ERR_WRONG_STATE);
}

bool
link_lease(Link *link, const char *worker, const json_t *labels, int wait_ms, Lease **ret,
           GError **error)
{
    g_autoptr(json_t) answer = NULL;
    g_autoptr(json_t) body =
        json_pack("{s:s, s:O, s:i}", "worker", worker, "labels", labels, "wait_ms", wait_ms);

    if (!http_call_json(link->http, "POST", "/tasks/lease", body, wait_ms + CALL_TIMEOUT_MS,
                        &answer, error))
        return false;
    if (answer == NULL || json_is_null(answer)) {
        *ret = NULL;
        return true;
    }
    return lease_from_json(answer, ret, error);
}

/* POST to a task under the lease's token; `body` gets the token and is freed. */
static bool
post(Link *link, const Lease *lease, const char *what, json_t *body, json_t **ret, GError **error)
{
    g_autofree char *path = g_strdup_printf("/tasks/%s/%s", lease->id, what);
    g_autoptr(json_t) owned = body;

    json_set_int(owned, "token", lease->token);
    return http_call_json(link->http, "POST", path, owned, CALL_TIMEOUT_MS, ret, error);
}

bool
link_heartbeat(Link *link, const Lease *lease, const json_t *progress, HeartbeatAnswer *ret,
               GError **error)
{
    g_autoptr(json_t) answer = NULL;

    if (!post(link, lease, "heartbeat", json_pack("{s:O?}", "progress", progress), &answer, error))
        return false;
    *ret = (HeartbeatAnswer){.stop = json_get_bool(answer, "stop", false),
                             .lease_ms = json_get_int(answer, "lease_ms", 0),
                             .throttle = json_incref(json_object_get(answer, "throttle"))};
    return true;
}

bool
link_turn(Link *link, const Lease *lease, const char *host, int64_t *ret_wait_ms, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!post(link, lease, "heartbeat", json_pack("{s:s}", "writes", host), &answer, error))
        return false;
    *ret_wait_ms = json_get_int(answer, "wait_ms", 0);
    return true;
}

bool
link_intent(Link *link, const Lease *lease, const json_t *pre_state, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    return post(link, lease, "intent", json_pack("{s:O}", "pre_state", pre_state), &answer, error);
}

bool
link_report(Link *link, const Lease *lease, const Outcome *outcome, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    return post(link, lease, "report", json_pack("{s:o}", "outcome", outcome_to_json(outcome)),
                &answer, error);
}

bool
link_blob_get(Link *link, const char *digest, char **ret, size_t *ret_bytes, GError **error)
{
    g_autofree char *path = g_strdup_printf("/blobs/%s", digest);
    g_auto(HttpResponse) response = {0};

    if (!http_call(link->http, "GET", path, NULL, NULL, 0, BLOB_TIMEOUT_MS, &response, error))
        return false;
    if (response.status != 200)
        return http_fail_as_answered(&response, error);
    g_autofree char *found = sha256_of(response.body, response.bytes);
    if (strcmp(found, digest) != 0)
        return fail(error, ERR_TRANSIENT, "blob '%s' came damaged: it is '%s'", digest, found);
    *ret = g_steal_pointer(&response.body);
    *ret_bytes = response.bytes;
    return true;
}

bool
link_blob_put(Link *link, const void *data, size_t bytes, char **ret_digest, GError **error)
{
    static const char *const headers[] = {"Content-Type: application/octet-stream", NULL};
    g_auto(HttpResponse) response = {0};
    g_autoptr(json_t) answer = NULL;
    const char *digest;

    if (bytes > HTTP_BLOB_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "a blob of %zu bytes is over the limit of %d", bytes,
                    HTTP_BLOB_BYTES_MAX);
    if (!http_call(link->http, "POST", "/blobs", headers, data, bytes, BLOB_TIMEOUT_MS, &response,
                   error))
        return false;
    if (response.status >= 300)
        return fail(error, ERR_TRANSIENT, "the server took no blob (status %d)", response.status);
    if (!json_parse(response.body, response.bytes, "the answer to a blob", &answer, error) ||
        !json_need_string(answer, "digest", "the answer to a blob", &digest, error))
        return false;
    *ret_digest = g_strdup(digest);
    return true;
}
