/*
 * change.h - a change of a consumer's repository: one commit on a branch of our own, and the way back.
 *
 * The commit is made beside everything else (objects, a temporary index), and appears at one moment, when the branch is
 * set: with the repository's lock held, after a last word of the server that the work is still ours. The way back and
 * those who look what became of a lost worker take the same lock. Working trees, indexes, the default branch and
 * people's branches are never touched; branches of ours that a person uses are left to that person.
 */
#pragma once

#include "change/look.h"

/* What the branch is, and whose. All borrowed. */
typedef struct {
    const char *branch;    /* "honk/users-v2-0a1b2c3d" */
    const char *migration; /* ref: these and what follows are the commit's trailers */
    const char *plan;      /* digest */
    const char *consumer;  /* ref */
    const char *part;      /* of the repository's change; NULL: it is all of it */
} ChangeName;

/* ---- what is there ---- */

typedef enum {
    BRANCH_ABSENT,
    BRANCH_OURS,    /* its tip is our commit */
    BRANCH_GROWN,   /* our commit, and a person's on top */
    BRANCH_FOREIGN, /* somebody else's work */
} BranchKind;

typedef struct {
    BranchKind kind;
    char *tip;      /* commit; NULL when absent */
    char *ours;     /* our commit; NULL when there is none */
    char *base;     /* its parent */
    char *replaced; /* our commit before it, in whose place it was made; NULL: it is the first */
    bool is_in_use; /* checked out in a working tree */
} BranchState;

CHECKED bool branch_look(const Repository *repository, const ChangeName *name, BranchState *ret,
                         GError **error);
void branch_state_clear(BranchState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BranchState, branch_state_clear)
/* WRONG_STATE, with what a person can do, unless the branch is absent or ours alone and in nobody's use. */
CHECKED bool branch_must_be_ours(const Repository *repository, const ChangeName *name,
                                 const BranchState *state, GError **error);

/* ---- forward and back ---- */

/* Is the work still ours, by the server's word? NULL: nobody else could have it. */
typedef struct {
    bool (*confirm)(void *data, GError **error);
    void *data;
} ChangeGuard;

/* Whatever an earlier attempt still does to the repository is over when this returns, and what it has not done it will
 * not do while the lock is held: it asks for the server's word with the lock held, too. -1 in `*ret` on failure; close
 * it with fd_close(). */
CHECKED bool change_lock(const Repository *repository, int *ret, GError **error);

/* Set the branch to a commit on top of `look->commit`: where there is none, or, unless `replaces` is NULL, in the place of just that
 * commit of ours. Does nothing when the branch is ours already, and at another commit. */
CHECKED bool change_make(const Repository *repository, const Config *config, const ChangeName *name,
                         const ChangeRules *rules, const Look *look, const char *message,
                         const char *replaces, const ChangeGuard *guard, char **ret_commit,
                         GError **error);
/* Does git see a conflict when `commit` is merged into `onto`? */
CHECKED bool change_conflicts(const Repository *repository, const char *onto, const char *commit,
                              bool *ret, GError **error);
/* Take the branch away, if its tip is our commit and nobody uses it. `*ret_was_there` may be false. */
CHECKED bool change_remove(const Repository *repository, const ChangeName *name,
                           const ChangeGuard *guard, bool *ret_was_there, GError **error);
/* Take away what dead processes left of commits in the making. For whoever begins to work. */
void change_sweep(const Config *config);
/* Read the branch from git and prove it: its parent is `base`, just the edited files of `look` (at the same base)
 * differ, each of them as prove_file() says. MISMATCH otherwise. */
CHECKED bool change_prove(const Repository *repository, const ChangeName *name,
                          const ChangeRules *rules, const Look *look, GError **error);

/* What the branch changes, as a unified diff; NULL when it is not there, or not ours. Caller frees. */
CHECKED bool change_diff(const Repository *repository, const ChangeName *name, char **ret,
                         GError **error);
/* What a commit says: its message. Caller frees. */
CHECKED bool change_words(const Repository *repository, const char *commit, char **ret,
                          GError **error);
/* The first file, of those that Honk's commit on `base` edits (`commit` tells what of it a coding agent
 * wrote; NULL: nothing), that names the new dataset on the default branch, too: people
 * merged it, in whatever way, and have to take it back themselves. NULL when there is none. Caller frees. */
CHECKED bool change_landed(const Repository *repository, const ChangeRules *rules, const char *base,
                           const char *commit, char **ret_path, char **ret_branch, GError **error);

/* A commit on top of `onto` that takes our commit (of `state`) back out of it: no branch points to it yet. `*ret` is NULL
 * where people changed the same lines since. Caller frees. */
CHECKED bool change_revert(const Repository *repository, const Config *config,
                           const BranchState *state, const char *onto, const char *message,
                           char **ret, GError **error);
/* The tree that it would have. Caller frees. */
CHECKED bool change_revert_tree(const Repository *repository, const Config *config,
                                const BranchState *state, const char *onto, char **ret,
                                GError **error);

/* ---- the message ---- */

typedef struct {
    const ChangeName *name;
    const char *source, *target; /* refs */
    const char *mapping;         /* path, or NULL */
    const json_t *approved_by;   /* names; may be empty */
    const json_t *queries;       /* of queries_prove(); NULL: none were run */
    const json_t *coding; /* of a coding agent's work (coding/coding.h); NULL: none did any */
    bool is_replanned;    /* the code moved since the plan was made */
    const char *upon; /* the service whose running code it stands on; NULL: the default branch */
    const char *replaces; /* our commit that it is made in the place of; NULL: none */
    const json_t *named;  /* owners of what changes, where no pull request asks them; or NULL */
    const char *owners; /* of a part: whose files these are; NULL: it is all of the repository's */
    const json_t *siblings; /* [{"branch", "owners"}]: the other parts */
    const json_t *together; /* sentences: why files of several owners are in it; or NULL */
    const json_t *checks;   /* of a part: [{"name", "before", "after"}], tried alone; or NULL */
} ChangeStory;

/* Subject, what and why, evidence, trailers. Caller frees. */
char *change_message(const ChangeStory *story, const ChangeRules *rules, const Look *look);
