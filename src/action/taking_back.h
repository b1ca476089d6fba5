/*
 * taking_back.h - the way back of a proposal: what is open is closed, what was merged is proposed to be taken out again, and waited
 * for.
 */
#pragma once

#include "action/proposal.h"

CHECKED bool taking_back(const StepCall *call, Proposal *proposal, Outcome *outcome,
                         GError **error);
