/*
 * forge.h - the hosts of repositories: pull requests are opened, looked at and closed there.
 *
 * One file and one line of a table for each kind of host; all of them by their REST interfaces. Nothing is remembered
 * here: what is open is asked of the host, by the name of the branch, so that asking again never opens a second one.
 */
#pragma once

#include "model/config.h"

typedef enum { PULL_NONE, PULL_OPEN, PULL_MERGED, PULL_CLOSED } PullState;
const char *pull_state_name(PullState state); /* "open" */

typedef struct {
    PullState state;
    int64_t number; /* what people call it by */
    char *url;      /* for people; only of http or https, else NULL */
    char *head;     /* commit at the tip of its branch, as the host last saw it */
    char *title, *body;
    bool is_draft;
} Pull;
void pull_clear(Pull *pull);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pull, pull_clear)

/* All borrowed. */
typedef struct {
    const char *branch, *base; /* names of branches */
    const char *title, *body;  /* Markdown */
    bool is_draft;
} PullText;

/* What the host's own builds and tests say of a commit, from good to bad. */
typedef enum { CHECKS_NONE, CHECKS_PASSED, CHECKS_RUNNING, CHECKS_FAILED } ChecksState;
const char *checks_state_name(ChecksState state);

typedef struct Forge Forge;
/* The host of the repository `name` (of "acme:NAME"). UNSUPPORTED for kind `git`, which has no pull requests. */
CHECKED bool forge_open(const ForgeConfig *config, const char *name, Forge **ret, GError **error);
/* Asked before each call that changes something there; it may let time pass. A refusal is the call's. */
typedef bool ForgeGate(void *data, GError **error);
void forge_set_gate(Forge *forge, ForgeGate *gate, void *data);
void forge_free(Forge *forge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Forge, forge_free)
/* After a failure with LIMIT: when the host wants to be asked again, in milliseconds since 1970. 0: it did not say. */
int64_t forge_again_ms(const Forge *forge);
/* "pull request", "merge request": as people of that host say. */
const char *forge_word(const Forge *forge);

/* All of them: LIMIT when the host asks to wait, UNREACHABLE or TRANSIENT when it is not well, UNAUTHORIZED, FORBIDDEN or
 * NOT_FOUND with what it says. */

/* The newest with that branch; state NONE when there is none. */
CHECKED bool forge_find(Forge *forge, const char *branch, Pull *ret, GError **error);
/* Opens it. Whoever calls has looked that there is none. */
CHECKED bool forge_propose(Forge *forge, const PullText *text, Pull *ret, GError **error);
/* Labels, as honk.yaml says, and a review that is asked of `reviewers` ("@ada", "@acme/identity"). Done again, nothing is there
 * twice. What the host does not take of it stops nothing: `ret_unasked` (char *, caller unrefs) are whom it would not ask. */
CHECKED bool forge_introduce(Forge *forge, const Pull *pull, const GPtrArray *reviewers,
                             GPtrArray **ret_unasked, GError **error);
CHECKED bool forge_reword(Forge *forge, const Pull *pull, const char *title, const char *body,
                          GError **error);
/* Merges it as it was seen: when its branch has another commit by now, or the host wants more first (reviews, checks), the host
 * refuses, which is `*ret_refusal` (caller frees) and no failure. */
CHECKED bool forge_merge(Forge *forge, const Pull *pull, char **ret_refusal, GError **error);
/* Does the host say that it conflicts with its base? Some say nothing of it: false. */
CHECKED bool forge_conflicts(Forge *forge, const Pull *pull, bool *ret, GError **error);
/* Says why, then closes. Done again, it says it again at most. */
CHECKED bool forge_close(Forge *forge, const Pull *pull, const char *why, GError **error);
/* Of its head; `pull` may be just that, without a number. */
CHECKED bool forge_checks(Forge *forge, const Pull *pull, ChecksState *ret, GError **error);
