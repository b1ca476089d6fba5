/*
 * rehearse.h - a change made, and taken back out by a commit, before anybody says yes: by the very code that will do it, in a folder of
 * our own state that has the repository's objects beside it. Nothing of it is left, and nothing comes into the repository.
 */
#pragma once

#include "change/change.h"

/* Is every file then what it was? `*ret_why` is NULL, or says why not. Caller frees. */
CHECKED bool rehearse_revert(const Repository *repository, const Config *config, const Look *look,
                             char **ret_why, GError **error);
