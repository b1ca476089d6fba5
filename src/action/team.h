/*
 * team.h - what a repository's own file asks for at this moment, on its default branch (change/wishes.h): before anything of its
 * change is shown over there.
 *
 * What the approved plan says of it holds as well: the stricter of both counts.
 */
#pragma once

#include "action/proposal.h"
#include "change/wishes.h"

/* NULL: it has no such file. */
CHECKED bool team_wishes(const Proposal *proposal, Wishes **ret, GError **error);
/* WRONG_STATE, with its team's words, when that file says no by now, to all of it or to a file that changes. `wishes` may be NULL. */
CHECKED bool team_lets(const Proposal *proposal, const Wishes *wishes, GError **error);
/* The first moment at which it may be shown, in milliseconds since 1970; 0: at any. `wishes` may be NULL. */
int64_t team_first_day_ms(const Proposal *proposal, const Wishes *wishes);
/* Is it opened as a draft? */
CHECKED bool team_wants_draft(const Proposal *proposal, bool *ret, GError **error);
