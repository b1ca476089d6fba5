/*
 * webhooks.c - hosts say that something happened to a pull request, and whoever waits for it looks now instead of a while later.
 *
 * The host is known by its signature alone, so that the route is open to anybody. Nothing of what it says is believed: it only
 * names a repository of honk.yaml, which is then looked at as always. So a copy that somebody sends again can do no more than that,
 * and does not even do that.
 */
#include "server/webhooks.h"

#include "base/clock.h"
#include "base/text.h"
#include "forge/webhook.h"
#include "model/plan.h"
#include "server/handlers.h"

#include <pthread.h>
#include <string.h>

#define SEEN_MAX 4096 /* of the busiest host, some minutes */

/* ---- sent before ---- */

struct Webhooks {
    pthread_mutex_t lock;
    GHashTable *known; /* digests of bodies; owned by */
    GQueue order;      /* char *, the oldest first */
};

Webhooks *
webhooks_new(void)
{
    Webhooks *webhooks = g_new0(Webhooks, 1);
    pthread_mutex_init(&webhooks->lock, NULL);
    webhooks->known = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&webhooks->order);
    return webhooks;
}

void
webhooks_free(Webhooks *webhooks)
{
    if (webhooks == NULL)
        return;
    g_hash_table_unref(webhooks->known);
    g_queue_clear_full(&webhooks->order, g_free);
    pthread_mutex_destroy(&webhooks->lock);
    g_free(webhooks);
}

bool
webhooks_seen(Webhooks *webhooks, const void *body, size_t bytes)
{
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, body, bytes);
    pthread_mutex_lock(&webhooks->lock);
    bool is_known = g_hash_table_contains(webhooks->known, digest);
    if (!is_known) {
        g_hash_table_add(webhooks->known, digest);
        g_queue_push_tail(&webhooks->order, g_steal_pointer(&digest));
    }
    if (webhooks->order.length > SEEN_MAX) {
        g_autofree char *oldest = g_queue_pop_head(&webhooks->order);
        g_hash_table_remove(webhooks->known, oldest);
    }
    pthread_mutex_unlock(&webhooks->lock);
    return is_known;
}

/* ---- taking one ---- */

static const char *
header_of(const char *name, void *data)
{
    return request_header(data, name);
}

/* Who tells: repositories of honk.yaml whose host has a secret for it. */
static bool
find_host(const Request *request, const RepositoryConfig **ret, char **ret_secret, GError **error)
{
    const char *name = request->params[0];
    const GPtrArray *all = request->server->config->repositories;
    g_autofree char *shown = text_printable(name);
    for (guint i = 0; i < all->len; i++) {
        const RepositoryConfig *one = all->pdata[i];
        if (strcmp(one->name, name) != 0 || one->forge == NULL)
            continue;
        *ret = one;
        if (!config_forge_secret(one->forge, ret_secret, error))
            return false;
        return *ret_secret != NULL ||
               fail(error, ERR_NOT_FOUND,
                    "no webhooks are taken for '%s': its 'forge' in honk.yaml has no "
                    "webhook_secret_file",
                    shown);
    }
    return fail(error, ERR_NOT_FOUND, "honk.yaml has no repositories '%s' with a host ('forge')",
                shown);
}

/* "acme/player" on the host is "NAME:player" here. NULL when it is of somebody else there. Caller frees. */
static char *
address_of(const RepositoryConfig *place, const char *repository)
{
    size_t bytes = strlen(place->forge->owner);
    bool is_ours = g_ascii_strncasecmp(repository, place->forge->owner, bytes) == 0 &&
                   repository[bytes] == '/' && repository[bytes + 1] != '\0';
    return is_ours ? g_strdup_printf("%s:%s", place->name, repository + bytes + 1) : NULL;
}

/* A branch of ours, or the one that ours are merged into. */
static bool
is_of_interest(const Webhook *webhook)
{
    return webhook->branch == NULL || g_strcmp0(webhook->branch, webhook->main) == 0 ||
           g_str_has_prefix(webhook->branch, PLAN_BRANCH_PREFIX);
}

static bool
ask_to_look(Request *request, const RepositoryConfig *place, const Webhook *webhook, GError **error)
{
    g_autofree char *actor = g_strdup_printf("webhook:%s", place->name);
    g_autofree char *key = webhook->repository != NULL && is_of_interest(webhook)
                               ? address_of(place, webhook->repository)
                               : NULL;
    if (key == NULL)
        return request_answer(request, json_pack("{s:i}", "looks", 0));
    Command *command = command_new(COMMAND_LOOK, actor);
    command->args = json_pack("{s:s}", "key", key);
    return request_ask(request, command, NULL, NULL, NULL, NULL, error);
}

bool
handle_webhook(Request *request, GError **error)
{
    const RepositoryConfig *place = NULL;
    g_autofree char *secret = NULL;
    g_auto(Webhook) webhook = {0};
    if (!atomic_load(&request->server->is_ready))
        return fail(error, ERR_TRANSIENT, "the server is not ready yet: send it again in a moment");
    if (!find_host(request, &place, &secret, error))
        return false;
    WebhookCall call = {.kind = place->forge->kind,
                        .secret = secret,
                        .header = header_of,
                        .data = request,
                        .body = request->body->data,
                        .bytes = request->body->len,
                        .now_ms = clock_wall_ms()};
    if (!webhook_check(&call, error) || !webhook_read(&call, &webhook, error))
        return false;
    if (webhooks_seen(request->server->webhooks, call.body, call.bytes))
        return request_answer(request, json_pack("{s:i}", "looks", 0));
    return ask_to_look(request, place, &webhook, error);
}
