/*
 * http_client.h - calls over TCP or a Unix socket (libcurl). One HttpClient per thread; connections
 * are kept.
 */
#pragma once

#include "base/error.h"
#include "base/json.h"

typedef struct HttpClient HttpClient;

/* `base` is "unix:/path/to/socket", "http://host:port" or "https://…". `token` may be NULL. */
CHECKED bool http_client_new(const char *base, const char *token, HttpClient **ret, GError **error);
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)
/* The call under way and each later one end at once, with STOPPED. Any thread may. */
void http_client_cancel(HttpClient *client);

typedef struct {
    int status;
    char *content_type; /* may be NULL */
    char *retry_after;  /* may be NULL */
    char *retry_after_ms,
        *should_retry;              /* of hosts of models, of a live answer only; may be NULL */
    char *limit_left, *limit_reset; /* of X-RateLimit-Remaining and -Reset; may be NULL */
    char *body;                     /* zero-terminated */
    size_t bytes;
} HttpResponse;
void http_response_clear(HttpResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpResponse, http_response_clear)

/* One exchange, whatever the status. Fails when no answer came (UNREACHABLE) or one over
 * HTTP_BLOB_BYTES_MAX (TOO_LARGE). `path` is percent-encoded by the caller; `headers`:
 * NULL-terminated "Name: value", or NULL. */
CHECKED bool http_call(HttpClient *client, const char *method, const char *path,
                       const char *const *headers, const void *body, size_t bytes, int timeout_ms,
                       HttpResponse *ret, GError **error);
/* An answer that is no success, as the error that it describes. Always false. */
bool http_fail_as_answered(const HttpResponse *response, GError **error);
/* JSON in and out (`body` may be NULL; `ret` may be NULL; an empty answer gives NULL). A
 * problem+json answer becomes the error that it describes, with its code and detail. */
CHECKED bool http_call_json(HttpClient *client, const char *method, const char *path,
                            const json_t *body, int timeout_ms, json_t **ret, GError **error);
/* Read a text/event-stream until the server ends it, `on_event` returns false (both are success),
 * or an error; a minute without a sign of life is one. `last_id` may be NULL. `on_event` may not
 * call with the same client. */
typedef bool HttpEventFn(const char *id, const char *type, const char *data, void *user);
CHECKED bool http_stream(HttpClient *client, const char *path, const char *last_id,
                         HttpEventFn *on_event, void *user, GError **error);

/* Who listens to an answer while it comes. */
typedef struct {
    /* Once, before the first piece: status, type and Retry-After are known. May be NULL. False: no more. */
    bool (*head)(const HttpResponse *head, void *user);
    bool (*piece)(const char *data, size_t bytes, void *user); /* false: no more */
    bool (*go_on)(void *user); /* asked about once a second; false: no more. May be NULL */
    void *user;
} HttpLive;
/* One exchange, whatever the status; `*ret` has no body. Fails with UNREACHABLE when the answer broke off, and with
 * STOPPED when whoever listens wanted no more. */
CHECKED bool http_call_live(HttpClient *client, const char *method, const char *path,
                            const char *const *headers, const void *body, size_t bytes,
                            int timeout_ms, const HttpLive *live, HttpResponse *ret,
                            GError **error);
