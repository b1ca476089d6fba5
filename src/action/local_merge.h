/*
 * local_merge.h - a branch of a repository on this machine, which people merge and nobody proposes, while a service waits for it.
 *
 * Where the default branch has moved in its way, the change is made anew there as it would be on a host (conflict.h), inside of what was
 * approved, in the place of just our commit. What people added to, or have checked out, they resolve.
 */
#pragma once

#include "action/service.h"

/* Words for what the service waits for, to be put behind it: "; it was made anew, …"; or "". Caller frees. */
CHECKED bool local_merge_see_to(const Service *service, char **ret_words, GError **error);
