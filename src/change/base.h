/*
 * base.h - what a change stands on: the head of the default branch, or the commit that a service runs upon it.
 *
 * A service that is deployed from a branch of an earlier change runs that change though nobody has merged it. The next
 * change of its code has to hold it, too; and it must lose nothing of the default branch.
 */
#pragma once

#include "change/repository.h"

/* What a service that is deployed from branches runs. Both borrowed. */
typedef struct {
    const char *service;
    const char *commit;
} RunningCode;

typedef struct {
    char *branch;  /* the default branch */
    char *commit;  /* the base */
    char *service; /* who runs it; NULL: it is in the history of the default branch */
} ChangeBase;

/* Is `commit` in the history of `holder`, or is all that it changes there by other commits (squashed, picked)? */
CHECKED bool change_holds(const Repository *repository, const char *holder, const char *commit,
                          bool *ret, GError **error);
/* The commit that holds the default branch and all that runs. WRONG_STATE, with what people can do, when there is none. */
CHECKED bool change_base(const Repository *repository, const RunningCode *running, size_t count,
                         ChangeBase *ret, GError **error);
void change_base_clear(ChangeBase *base);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ChangeBase, change_base_clear)
