/*
 * remote.h - target `remote`: another Fleet Management rolls the service out, over the HTTP API that we serve, too.
 *
 *   POST /rollouts            with an idempotency key that names the task: asked twice is asked once, whoever died meanwhile
 *   GET  /rollouts/{id}       until its end
 *   POST /rollouts/{id}/…     pause, resume, promote, rollback; a rollback is polled to its end as well
 *
 * Nothing of it is an error while the other side may still answer: who does not answer is asked again, later and later;
 * who says 429 is asked again when it said. All memory is the task's checkpoint: `remote` is {"id": of the rollout there,
 * "tries": in a row without an answer, "round": how often it was tried again, "is_held": paused because our plan stands still,
 * "holds": how often that was asked for, "is_back_asked", "back_id": of a rollout to the old revision}.
 */
#pragma once

#include "base/http_client.h"
#include "fleet/fleet.h"

extern const FleetTarget target_remote;

typedef enum {
    REMOTE_OK,
    REMOTE_LATER,   /* nobody answered, or not now */
    REMOTE_FULL,    /* 429: it has not taken it; come again */
    REMOTE_REFUSED, /* it will not, however often it is asked */
} RemoteKind;

typedef struct {
    RemoteKind kind;
    int status;      /* of HTTP; 0: nobody answered */
    json_t *json;    /* of OK */
    char *why;       /* of the others: a sentence */
    char *code;      /* wire name of the error, or NULL */
    int64_t wait_ms; /* it said when to come again; 0: it did not */
} RemoteAnswer;
void remote_answer_clear(RemoteAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RemoteAnswer, remote_answer_clear)

/* ---- remote_ask.c ---- */

/* `url` and `token` of honk.yaml. */
CHECKED bool remote_check(const FleetTargetConfig *where, GError **error);
CHECKED bool remote_open(const FleetTargetConfig *where, HttpClient **ret, GError **error);
/* One exchange; `body` and `key` may be NULL. Never fails: no answer is an answer, too. */
void remote_ask(HttpClient *client, const char *method, const char *path, const json_t *body,
                const char *key, RemoteAnswer *ret);
