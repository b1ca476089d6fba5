/* http_inside.h - what the files of the HTTP client share; inside of this room only. */
#pragma once

#include "base/http_client.h"
#include "base/libcurl.h"

#include <stdatomic.h>

struct HttpClient {
    CURL *curl;
    CURLM *multi; /* keeps the connections; another thread may wake it */
    atomic_bool is_cancelled;
    char *base;        /* as given, for messages */
    char *url;         /* what paths are appended to */
    char *socket_path; /* or NULL */
    char *token;       /* or NULL */
    char problem[CURL_ERROR_SIZE];
};

typedef struct curl_slist CurlHeaders;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CurlHeaders, curl_slist_free_all)

/* Ours and the caller's. Caller frees. */
CurlHeaders *http_headers(const HttpClient *client, const char *const *headers, bool has_body);
/* Everything that calls and streams have in common. What it borrows must live until the exchange is over. */
void http_prepare(HttpClient *client, const char *url, const CurlHeaders *headers,
                  curl_write_callback write, void *user);
/* As curl_easy_perform(), but http_client_cancel() ends it. */
CURLcode http_perform(HttpClient *client);
bool http_fail(const HttpClient *client, CURLcode code, GError **error); /* always false */
char *http_header(const HttpClient *client, const char *name);           /* or NULL. Caller frees */
int http_status(const HttpClient *client);
