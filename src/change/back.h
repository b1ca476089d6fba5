/*
 * back.h - the way back of a change where its lines are not as it left them: by the inverse of the mapping, as a migration of its own
 * would; and that, tried before anybody says yes.
 *
 * Rows do not count here: what is taken back reads the old dataset again, as it did before. Where the inverse leaves anything of our
 * files to people, all of them are.
 */
#pragma once

#include "change/change.h"

/* What the inverse makes of each file that the look would edit, as it will be then: {"files", "same": to the byte as before, "other": in
 * other words, "left": to people, "reasons": [{"path", "line", "text"}], at most LOOK_REASONS_MAX}. NULL where there is no inverse, or
 * nothing is edited. Caller owns. */
json_t *back_rehearse(const ChangeRules *rules, const Look *look);
/* The same for the plain way back (rehearse.h), put into `back`: "reverts", and "why_not" where that is false. */
void back_rehearse_commit(const Repository *repository, const Config *config, const Look *look,
                          json_t *back);

/* A commit on top of `onto` in which our files (of `state`) read the old dataset again; no branch points to it yet. `*ret` is NULL where
 * something of them is left to people: `*ret_why` says what, if it can. Caller frees both. */
CHECKED bool back_revert(const Repository *repository, const Config *config,
                         const ChangeRules *rules, const BranchState *state, const char *onto,
                         const char *message, char **ret, char **ret_why, GError **error);
