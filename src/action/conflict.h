/*
 * conflict.h - a change whose base moved in its way: made anew by the same rules, or left to people.
 */
#pragma once

#include "action/proposal.h"

/* Where the default branch conflicts with our commit, that is made anew here on the default branch of now, inside of what was
 * approved: else MISMATCH. `is_void`: nothing is left to change there, and an open pull request is closed. `conflicts`: people added
 * to the branch, or it would stand where it stands: they see to it. */
CHECKED bool conflict_see_to(Proposal *proposal, GError **error);
/* The same after the host refused to merge it: where that is because it conflicts, whatever git says here. */
CHECKED bool conflict_see_to_refused(Proposal *proposal, GError **error);
/* "; …", or "": for who waits for the merge. Caller frees. */
char *conflict_words(const Proposal *proposal);
