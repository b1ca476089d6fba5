/*
 * proposal.h - one repository's change as it is proposed on its host: where it stands there, and what people read of it.
 */
#pragma once

#include "action/code_place.h"
#include "change/remote.h"
#include "forge/forge.h"

typedef struct {
    CodePlace place;
    const ForgeConfig *config;
    Forge *forge;      /* NULL where the host has no pull requests */
    BranchState local; /* our branch here; `ours` is our commit */
    char *base, *head; /* the default branch, as it is on the host now, and its commit */
    char *tip;         /* our branch over there; NULL: it is not there */
    Pull pull;         /* of our branch */
    Pull back;         /* on the way back: of the branch that takes ours back */
    int64_t again_ms;  /* when its turn to write to the host may come; 0: it waits for none */
    json_t *asked;  /* whom a pull request was shown to: {"number", "owners", "unasked"}; or NULL */
    bool is_landed; /* the default branch has our change, in whatever way it came there */
    bool is_void;   /* the default branch has nothing left to change */
    bool conflicts; /* the default branch has moved in its way, and people see to it */
} Proposal;

/* Everything is asked: the host first, then git, so that what the host says to be merged is seen as merged. After a failure
 * `proposal` holds what was found before it, to be cleared as well. */
CHECKED bool proposal_open(const StepCall *call, StepEnv *env, Proposal *proposal, GError **error);
void proposal_clear(Proposal *proposal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Proposal, proposal_clear)

/* Of an action on hosts: are the datasets as the plan saw them, before anything is handed out? A repository is looked at when its turn
 * comes. */
CHECKED bool proposal_check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state,
                            GError **error);
/* The task looks again at `until_ms`; 0: as often as its host is looked at. A look that learns nothing is no event: the words say what
 * is waited for, and nothing that changes by itself. `checkpoint` is taken over. */
bool proposal_wait(const Proposal *proposal, const char *waits, int64_t until_ms,
                   json_t *checkpoint, Outcome *outcome);
/* The branch that takes ours back: "honk/users-v2-0a1b2c3d-back". Caller frees. */
char *proposal_back_branch(const Proposal *proposal);
/* When the host, or the turn to write to it, wants to be asked again; 0: neither said so. */
int64_t proposal_again_ms(const Proposal *proposal);
/* Waits for the turn to write to the host; LIMIT with `again_ms` when it is too long to wait for. */
CHECKED bool proposal_turn(Proposal *proposal, GError **error);
/* By the server's word of now: asked before anything is done to the host. */
CHECKED bool proposal_confirm(const Proposal *proposal, GError **error);
/* Closes the pull request with the reason, where it is open. */
CHECKED bool proposal_close(Proposal *proposal, const char *why, GError **error);
/* The branch over there is at our commit, or at the one that it was made in the place of. */
bool proposal_tip_is_ours(const Proposal *proposal);
/* The branch is over there when this returns: pushed, or it was there with our commit in it. */
CHECKED bool proposal_push(Proposal *proposal, GError **error);
/* Opens the pull request of `branch` unless there is one; `pull` is its state then. */
CHECKED bool proposal_submit(Proposal *proposal, const char *branch, const char *title,
                             const char *body, Pull *pull, GError **error);
/* Labels it and asks its owners for a review, unless an earlier lease has. */
CHECKED bool proposal_introduce(Proposal *proposal, const Pull *pull, GError **error);
/* "pull request #12 (https://…)". Caller frees. */
char *proposal_words(const Proposal *proposal, const Pull *pull);
/* {"consumer", "repository", "branch", "commit", "pull": {"number", "url", "state", "untouched"?, "checks"?},
 * "asked"?, "remade"?, "void"?}; of one that people left out "left_out", in their words. Caller owns. */
json_t *proposal_evidence(const Proposal *proposal);

/* What people read: the first line of the commit's message; the rest of it, and how to look at it, change it, or refuse it
 * (of a host with pull requests). Callers free. */
char *proposal_title(const Proposal *proposal);
CHECKED bool proposal_body(const Proposal *proposal, char **ret, GError **error);
/* When the commit was made anew, its open pull request says so: what Honk wrote into its text is written anew, and nothing else. */
CHECKED bool proposal_reword(Proposal *proposal, GError **error);
