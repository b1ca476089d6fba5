/*
 * leaving.h - people leave a repository out: its open pull request is closed, in their words. Its branch stays, for whoever takes it up
 * by hand.
 */
#pragma once

#include "action/proposal.h"

/* Has somebody said so, and no report taken notice? */
bool leaving_is_asked(const StepCall *call);
/* What is merged by then is done, as if nobody had said anything. */
CHECKED bool leaving(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error);
