/*
 * webhook.h - what hosts tell by themselves: is it theirs, and of which repository and branch does it tell? Pure.
 *
 * GitHub signs the body (X-Hub-Signature-256), Gitea too (X-Gitea-Signature). GitLab sends a secret (X-Gitlab-Token) or, with a
 * secret that begins with "whsec_", signs identifier, time and body (webhook-signature), which is old after some minutes.
 * All comparisons take the same time whatever they find.
 */
#pragma once

#include "model/config.h"

/* An event about a pull request is some hundred KiB at most; what is larger is left to polling. */
#define WEBHOOK_BYTES_MAX ((size_t) 2 * 1024 * 1024)

typedef struct {
    ForgeKind kind;
    const char *secret;                                  /* not empty */
    const char *(*header)(const char *name, void *data); /* NULL: there is none */
    void *data;
    const void *body;
    size_t bytes;
    int64_t now_ms;
} WebhookCall;

/* UNAUTHORIZED, which says what was expected, unless the host that knows the secret has sent just this. */
CHECKED bool webhook_check(const WebhookCall *call, GError **error);

typedef struct {
    char *
        repository; /* "acme/player", as people write it there; NULL: it tells of none that concerns us */
    char *branch; /* that it is about; NULL: it does not say, or about several */
    char *main;   /* the repository's default branch; or NULL */
} Webhook;
void webhook_clear(Webhook *webhook);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Webhook, webhook_clear)

/* INVALID when the body is no JSON object. An event that is none of ours, or of a shape that nobody knows, concerns nobody. */
CHECKED bool webhook_read(const WebhookCall *call, Webhook *ret, GError **error);
