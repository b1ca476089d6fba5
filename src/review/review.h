/*
 * review.h - who said yes to what: approvals bound to one digest, under a named policy.
 */
#pragma once

#include "model/config.h"
#include "model/plan.h"
#include "store/db.h"

typedef struct {
    const char *actor; /* who says it */
    bool is_approver;  /* by role */
    const char *plan;  /* id */
    const char *author;
    const char *digest; /* what the plan is */
    const char *
        digest_said; /* what the person said yes to; a prefix of at least 8 hex digits is enough; NULL: refused */
} Approval;

/* May this person say yes to what `author` asked for, whatever its digest is? FORBIDDEN as below. */
CHECKED bool review_is_eligible(const PolicyConfig *policy, const json_t *roles,
                                const Approval *approval, GError **error);
/* May this person approve this? FORBIDDEN, MISMATCH or INVALID with the way on in the message ("… ask one of …"). */
CHECKED bool review_may_approve(const PolicyConfig *policy, const json_t *roles,
                                const Approval *approval, GError **error);
/* Inside the writer's transaction. Is this yes, with those on record for this digest, enough? */
CHECKED bool review_quorum(Db *db, const PolicyConfig *policy, const Approval *approval,
                           bool *ret_reached, GError **error);
CHECKED bool review_record(Db *db, const PolicyConfig *policy, const Approval *approval,
                           const char *reason, int64_t now_ms, GError **error);
CHECKED bool review_withdraw(Db *db, const char *plan, const char *actor, int64_t now_ms,
                             GError **error);
/* [{actor, at_ms, digest, policy, self, reason, withdrawn_at_ms}] of a plan, oldest first. Caller owns. */
CHECKED bool review_list(Db *db, const char *plan, json_t **ret, GError **error);
