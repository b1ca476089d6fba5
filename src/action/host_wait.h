/*
 * host_wait.h - a host that has enough of us for now: it is asked again when it says, and each time that it says so once more, later
 * than that. It costs no attempt, and whoever wakes the task before has to wait, too.
 *
 * The checkpoint remembers it: "host": {"again_ms", "times", "why"}.
 */
#pragma once

#include "action/proposal.h"

#define HOST_WAIT_MS_MAX (15 * 60 * 1000) /* of our own patience; the host's may be longer */

/* Woken before the host wants to be asked: then the outcome is to wait on. */
bool host_waits_still(const StepCall *call, Outcome *outcome);
/* After a failure. False: no host asked to wait, and `error` is given `failed`, which is taken over. */
CHECKED bool host_wait(const StepCall *call, const Proposal *proposal, GError *failed,
                       Outcome *outcome, GError **error);
/* When to ask again, where the host has said the same so many times before. Pure. */
int64_t host_wait_until_ms(int64_t again_ms, int64_t times, int64_t now_ms);
