/*
 * remote.h - the other end of a repository whose changes are proposed on a host: what is there, fetching its default
 * branch, and pushing a branch of ours.
 *
 * Here stands a bare repository that is ours: its default branch follows the host's, and people's branches are not in it.
 */
#pragma once

#include "change/repository.h"

/* The repository as it is on the host now: made here when it is not there yet, its default branch fetched. Without a host
 * (`forge` of honk.yaml) just opened. WRONG_STATE when a person works in it. */
CHECKED bool repository_refresh(const Config *config, const char *address, Repository **ret,
                                GError **error);

/* Where a branch points over there; NULL when there is none. Caller frees. */
CHECKED bool remote_tip(const Config *config, const Repository *repository, const char *branch,
                        char **ret, GError **error);
/* Let the branch point to `commit` (NULL: take it away), if it points to `expected` (NULL: is not there) until then. */
CHECKED bool remote_push(const Config *config, const Repository *repository, const char *branch,
                         const char *commit, const char *expected, GError **error);
