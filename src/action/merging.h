/*
 * merging.h - a change that its repository lets Honk merge: is it time?
 *
 * honk.yaml has to allow it (`auto_merge`), the approved plan to say it, and `.honk.yaml` on the default branch to ask for it at this
 * very moment. Then it is merged in its team's hours, when the checks passed, as the very commit that Honk made.
 */
#pragma once

#include "action/proposal.h"

typedef enum {
    MERGING_NONE,  /* people merge it */
    MERGING_LATER, /* Honk will: `*ret_why` says what it waits for */
    MERGING_NOW,
} Merging;

/* Of an open pull request. Caller frees `*ret_why`. */
CHECKED bool merging_look(const Proposal *proposal, ChecksState checks, Merging *ret,
                          char **ret_why, GError **error);
