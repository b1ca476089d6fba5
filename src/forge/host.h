/* host.h - what the kinds of hosts share; inside of this room only. */
#pragma once

#include "base/http_client.h"
#include "forge/forge.h"

typedef struct {
    const char *word;
    const char *const *headers; /* beside the token's */
    bool (*find)(Forge *forge, const char *branch, Pull *ret, GError **error);
    bool (*propose)(Forge *forge, const PullText *text, Pull *ret, GError **error);
    /* NULL: propose() has done it. */
    bool (*label)(Forge *forge, const Pull *pull, GError **error);
    bool (*ask)(Forge *forge, const Pull *pull, const GPtrArray *reviewers, GPtrArray *unasked,
                GError **error);
    bool (*reword)(Forge *forge, const Pull *pull, const char *title, const char *body,
                   GError **error);
    bool (*say)(Forge *forge, const Pull *pull, const char *text, GError **error);
    /* Only while its branch is at `pull->head`. */
    bool (*merge)(Forge *forge, const Pull *pull, GError **error);
    /* NULL: it says nothing of conflicts that is not also said of something else. */
    bool (*conflicts)(Forge *forge, const Pull *pull, bool *ret, GError **error);
    bool (*close)(Forge *forge, const Pull *pull, GError **error);
    bool (*checks)(Forge *forge, const Pull *pull, ChecksState *ret, GError **error);
} Host;

extern const Host host_github, host_gitlab, host_gitea;

struct Forge {
    const ForgeConfig *config;
    const Host *host;
    char *owner, *name; /* percent-encoded, each part of a path of its own */
    char *project;      /* "owner%2Fname" */
    HttpClient *client;
    int64_t again_ms;
    ForgeGate *gate; /* NULL: none */
    void *gate_data;
};

/* One exchange. `body` may be NULL, and is taken over. `*ret` may be NULL when nothing came; `ret` may be NULL. Caller owns. */
CHECKED bool host_call(Forge *forge, const char *method, json_t *body, json_t **ret, GError **error,
                       const char *path, ...) G_GNUC_PRINTF(6, 7);
/* Is that what a host says to one wish, and not that it is ill or has enough? */
bool host_has_refused(const GError *error);
/* Does it ask us to wait? `said` are its words. */
bool host_has_enough(const HttpResponse *response, const char *said);
/* Until when: so many seconds from now; where it has no calls left, the moment at which it has again; else a minute. */
int64_t host_again_ms(const HttpResponse *response, int64_t now_ms);
/* ask() of GitHub and of Gitea, which took over its interface. */
CHECKED bool host_ask_reviewers(Forge *forge, const Pull *pull, const GPtrArray *reviewers,
                                GPtrArray *unasked, GError **error);
/* NULL when it is not one that a person's browser should open. Caller frees. */
char *host_link(const json_t *object, const char *member);
