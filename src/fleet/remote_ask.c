/* remote_ask.c - one question to another Fleet Management, and what its answer means for us. */
#include "fleet/remote.h"

#include "base/text.h"

#include <string.h>

#define ANSWER_MS_MAX 10000    /* it answers within milliseconds; a worker is held meanwhile */
#define RETRY_AFTER_S_MAX 3600 /* who says longer is asked once an hour */
#define WHY_BYTES_MAX 1000

void
remote_answer_clear(RemoteAnswer *answer)
{
    json_decref(answer->json);
    g_free(answer->why);
    g_free(answer->code);
    *answer = (RemoteAnswer){0};
}

bool
remote_check(const FleetTargetConfig *where, GError **error)
{
    const char *url = json_get_string(where->settings, "url", NULL);
    if (url == NULL)
        return fail(error, ERR_INVALID, "target '%s' has no 'url' in honk.yaml", where->name);
    if (!g_str_has_prefix(url, "http://") && !g_str_has_prefix(url, "https://"))
        return fail(error, ERR_INVALID,
                    "the url '%s' of target '%s' does not begin with 'http://' or 'https://'", url,
                    where->name);
    return true;
}

bool
remote_open(const FleetTargetConfig *where, HttpClient **ret, GError **error)
{
    const char *token = json_get_string(where->settings, "token", NULL);
    return remote_check(where, error) &&
           http_client_new(json_get_string(where->settings, "url", ""),
                           token != NULL && *token != '\0' ? token : NULL, ret, error);
}

/* ---- answers ---- */

static json_t *
body_of(const HttpResponse *response)
{
    json_t *json = NULL;
    if (response->bytes == 0 ||
        !json_parse(response->body, response->bytes, "the answer", &json, NULL))
        return NULL;
    return json;
}

static char *
why_of(const HttpResponse *response, const json_t *problem)
{
    const char *detail = json_get_string(problem, "detail", NULL);
    if (detail == NULL)
        return g_strdup_printf("it answered %d", response->status);
    g_autofree char *bare = text_printable(detail);
    return g_strndup(bare, WHY_BYTES_MAX);
}

/* Seconds; a date is not understood, and means: soon. */
static int64_t
wait_of(const HttpResponse *response)
{
    int64_t seconds =
        response->retry_after == NULL ? 0 : g_ascii_strtoll(response->retry_after, NULL, 10);
    return CLAMP(seconds, 0, RETRY_AFTER_S_MAX) * 1000;
}

static void
take_answer(const HttpResponse *response, RemoteAnswer *ret)
{
    g_autoptr(json_t) json = body_of(response);
    ret->status = response->status;
    if (response->status >= 200 && response->status < 300 && json_is_object(json)) {
        ret->kind = REMOTE_OK;
        ret->json = g_steal_pointer(&json);
        return;
    }
    ret->why = why_of(response, json);
    ret->code = g_strdup(json_get_string(json, "code", NULL));
    ret->wait_ms = wait_of(response);
    if (response->status == 429)
        ret->kind = REMOTE_FULL;
    else if (response->status >= 500 || response->status == 408 || response->status < 300)
        ret->kind = REMOTE_LATER;
    else
        ret->kind = REMOTE_REFUSED;
}

void
remote_ask(HttpClient *client, const char *method, const char *path, const json_t *body,
           const char *key, RemoteAnswer *ret)
{
    g_autofree char *text = body != NULL ? json_compact(body) : NULL;
    g_autofree char *key_header = key != NULL ? g_strconcat("Idempotency-Key: ", key, NULL) : NULL;
    const char *headers[3] = {NULL};
    size_t count = 0;
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) error = NULL;
    if (text != NULL)
        headers[count++] = "Content-Type: application/json";
    if (key_header != NULL)
        headers[count++] = key_header;
    *ret = (RemoteAnswer){0};
    if (http_call(client, method, path, headers, text, text != NULL ? strlen(text) : 0,
                  ANSWER_MS_MAX, &response, &error)) {
        take_answer(&response, ret);
        return;
    }
    ret->kind = REMOTE_LATER;
    ret->why = g_strdup(error->message);
}
