/*
 * webhook.c - see webhook.h.
 *
 * docs.github.com/webhooks, docs.gitlab.com "Webhook events" and standardwebhooks.com, docs.gitea.com "Webhooks".
 */
#include "forge/webhook.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define SIGNED_FOR_MS (5 * 60 * 1000) /* as the standard asks: older ones are somebody's copies */
#define DIGEST_BYTES 32
#define KEY_PREFIX "whsec_"

/* ---- is it theirs? ---- */

/* Whatever differs, and wherever, the time is that of the longer one. */
static bool
is_same_secret(const char *given, const char *expected)
{
    size_t given_bytes = strlen(given), bytes = strlen(expected);
    unsigned differs = given_bytes != bytes;
    for (size_t i = 0; i < MAX(given_bytes, bytes); i++)
        differs |= (unsigned) (unsigned char) given[i < given_bytes ? i : 0] ^
                   (unsigned) (unsigned char) expected[i < bytes ? i : 0];
    return differs == 0;
}

static bool
refuse(GError **error, const char *expected)
{
    return fail(error, ERR_UNAUTHORIZED,
                "this is not signed by the host that knows the secret of honk.yaml: expected %s",
                expected);
}

/* "sha256=0a1b…" of GitHub, "0a1b…" of Gitea. */
static bool
check_hex(const WebhookCall *call, const char *name, const char *prefix, GError **error)
{
    const char *given = call->header(name, call->data);
    g_autofree char *digest =
        g_compute_hmac_for_data(G_CHECKSUM_SHA256, (const guchar *) call->secret,
                                strlen(call->secret), call->body, call->bytes);
    g_autofree char *expected = g_strconcat(prefix, digest, NULL);
    return (given != NULL && is_same_secret(given, expected)) || refuse(error, name);
}

static bool
check_token(const WebhookCall *call, GError **error)
{
    const char *given = call->header("X-Gitlab-Token", call->data);
    return (given != NULL && is_same_secret(given, call->secret)) ||
           refuse(error, "X-Gitlab-Token");
}

/* Caller frees. */
static char *
signature_of(const WebhookCall *call, const char *id, const char *moment)
{
    gsize key_bytes = 0, digest_bytes = DIGEST_BYTES;
    guint8 digest[DIGEST_BYTES];
    g_autofree guchar *key = g_base64_decode(call->secret + strlen(KEY_PREFIX), &key_bytes);
    g_autofree char *head = g_strdup_printf("%s.%s.", id, moment);
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, key, key_bytes);
    g_hmac_update(hmac, (const guchar *) head, (gssize) strlen(head));
    g_hmac_update(hmac, call->body, (gssize) call->bytes);
    g_hmac_get_digest(hmac, digest, &digest_bytes);
    g_hmac_unref(hmac);
    g_autofree char *text = g_base64_encode(digest, digest_bytes);
    return g_strconcat("v1,", text, NULL);
}

static bool
is_of_now(const WebhookCall *call, const char *moment)
{
    guint64 seconds = 0;
    if (!g_ascii_string_to_unsigned(moment, 10, 0, G_MAXINT64 / 1000, &seconds, NULL))
        return false;
    int64_t away_ms = call->now_ms - (int64_t) seconds * 1000;
    return away_ms <= SIGNED_FOR_MS && away_ms >= -SIGNED_FOR_MS;
}

/* Several signatures, with blanks between them, while a secret is being changed for another. */
static bool
check_standard(const WebhookCall *call, GError **error)
{
    const char *id = call->header("webhook-id", call->data);
    const char *moment = call->header("webhook-timestamp", call->data);
    const char *given = call->header("webhook-signature", call->data);
    bool is_one = false;
    if (id == NULL || moment == NULL || given == NULL)
        return refuse(error, "webhook-id, webhook-timestamp and webhook-signature");
    if (!is_of_now(call, moment))
        return refuse(error, "a webhook-timestamp of now");
    g_autofree char *expected = signature_of(call, id, moment);
    g_auto(GStrv) signatures = g_strsplit(given, " ", -1);
    for (char **signature = signatures; *signature != NULL; signature++)
        is_one |= is_same_secret(*signature, expected);
    return is_one || refuse(error, "webhook-signature");
}

bool
webhook_check(const WebhookCall *call, GError **error)
{
    g_assert(*call->secret != '\0');
    switch (call->kind) {
    case FORGE_GITHUB:
        return check_hex(call, "X-Hub-Signature-256", "sha256=", error);
    case FORGE_GITEA:
        return check_hex(call, "X-Gitea-Signature", "", error);
    case FORGE_GITLAB:
        return g_str_has_prefix(call->secret, KEY_PREFIX) ? check_standard(call, error)
                                                          : check_token(call, error);
    case FORGE_GIT:
    case FORGE_KIND_COUNT:
        break;
    }
    return fail(error, ERR_UNSUPPORTED, "hosts of kind '%s' tell nothing by themselves",
                forge_kind_name(call->kind));
}

/* ---- of what does it tell? ---- */

void
webhook_clear(Webhook *webhook)
{
    g_free(webhook->repository);
    g_free(webhook->branch);
    g_free(webhook->main);
    *webhook = (Webhook){0};
}

/* Where each kind of event has the branch: of GitHub's names, which Gitea took over, and of GitLab's. "" : it does not say. */
typedef struct {
    const char *event, *branch;
} EventShape;

static const EventShape github_events[] = {
    {"pull_request", "pull_request.head.ref"},
    {"pull_request_review", "pull_request.head.ref"},
    {"pull_request_approved", "pull_request.head.ref"},
    {"pull_request_rejected", "pull_request.head.ref"},
    {"pull_request_sync", "pull_request.head.ref"},
    {"check_run", "check_run.check_suite.head_branch"},
    {"check_suite", "check_suite.head_branch"},
    {"workflow_run", "workflow_run.head_branch"},
    {"status", ""},
    {"push", "ref"},
    {NULL},
};
static const EventShape gitlab_events[] = {
    {"merge_request", "object_attributes.source_branch"},
    {"pipeline", "object_attributes.ref"},
    {"push", "ref"},
    {NULL},
};

static const EventShape *
shape_of(const WebhookCall *call, const json_t *body)
{
    bool is_gitlab = call->kind == FORGE_GITLAB;
    const char *event = is_gitlab                    ? json_get_string(body, "object_kind", NULL)
                        : call->kind == FORGE_GITHUB ? call->header("X-GitHub-Event", call->data)
                                                     : call->header("X-Gitea-Event", call->data);
    for (const EventShape *shape = is_gitlab ? gitlab_events : github_events; shape->event != NULL;
         shape++)
        if (g_strcmp0(shape->event, event) == 0)
            return shape;
    return NULL;
}

bool
webhook_read(const WebhookCall *call, Webhook *ret, GError **error)
{
    g_autoptr(json_t) body = NULL;
    bool is_gitlab = call->kind == FORGE_GITLAB;
    if (!json_parse(call->body, call->bytes, "the body", &body, error))
        return false;
    if (!json_is_object(body))
        return fail(error, ERR_INVALID, "the body is no JSON object");
    const EventShape *shape = shape_of(call, body);
    const char *name = json_string_value(
        json_at(body, is_gitlab ? "project.path_with_namespace" : "repository.full_name"));
    if (shape == NULL || name == NULL)
        return true;
    const char *branch =
        *shape->branch != '\0' ? json_string_value(json_at(body, shape->branch)) : NULL;
    if (branch != NULL && g_str_has_prefix(branch, "refs/heads/"))
        branch += strlen("refs/heads/");
    if (branch != NULL && !g_str_has_prefix(branch, "refs/")) /* of a merge, a tag: no branch */
        ret->branch = g_strdup(branch);
    ret->repository = g_strdup(name);
    ret->main = g_strdup(json_string_value(
        json_at(body, is_gitlab ? "project.default_branch" : "repository.default_branch")));
    return true;
}
