/*
 * proxy.h - the only network of a box: one model, some mirrors of packages, and no for everything else.
 *
 * It answers on a socket of the box's own loopback (sandbox/launch.c). To a model's address it adds the key, which the box
 * never sees, and names the model of honk.yaml, whatever the program asks for; what is answered is counted as it passes. Of
 * a mirror things can only be read. Each request has a connection of its own, and a line in the log.
 */
#pragma once

#include "llm/llm.h"

typedef struct {
    const ModelConfig *model; /* or NULL */
    const json_t *mirrors;    /* {name: url}; or NULL */
    int tokens;               /* for all of them; then the model is refused */
    int64_t cost;             /* the same, in millionths of a US dollar; 0: no limit */
    /* Where the listening socket comes from, asked now and then until there is one; -1: not yet. */
    int (*take)(void *data);
    void *take_data;
} ProxySpec;

typedef struct Proxy Proxy;
/* What the spec borrows lives longer. INVALID when the model's key is not where honk.yaml says. */
CHECKED bool proxy_start(const ProxySpec *spec, Proxy **ret, GError **error);
/* Nothing of it runs any more. */
void proxy_stop(Proxy *proxy);
/* After it was stopped: one line for each request, "-- POST /v1/messages 200"; borrowed. */
const char *proxy_log(const Proxy *proxy);
LlmUsage proxy_used(const Proxy *proxy);
void proxy_free(Proxy *proxy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Proxy, proxy_free)

/* ---- requests: pure ---- */

typedef struct {
    char *method, *target; /* of printable ASCII, no blanks */
    int64_t body_bytes;    /* -1: of a form that we do not take */
    GPtrArray *headers;    /* char *: "Name: value", those that are passed on */
} ProxyRequest;
void proxy_request_clear(ProxyRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProxyRequest, proxy_request_clear)
/* `head` is all up to the empty line. */
CHECKED bool proxy_request_parse(const char *head, ProxyRequest *ret, GError **error);
/* The whole address that it may have, or NULL; `*ret_is_model` when that is the model's. Caller frees. */
char *proxy_way(const ProxySpec *spec, const ProxyRequest *request, bool *ret_is_model);
