/*
 * states.c - the transition tables: what may follow what, when, and why.
 *
 *   draft -> planned -> approved -> preflight -> running -> soaking -> succeeded -> retiring ->
 * closed ^            |
 *                                      +- paused <--+--> halted          (both go on over
 * preflight)
 *
 *   from every state that has had an effect: -> rolling_back -> rolled_back
 *                                                  ^    |
 *                                                  +----+-> needs_operator -> closed_mixed
 *
 * A task goes blocked -> ready -> leased -> done, with waiting, retry_wait and unknown beside the
 * lease. A rollback sends it through the same rows once more in the phase `reverse`, or to
 * not_applied where there is nothing to undo.
 */
#include "model/states.h"

#include "base/text.h"

#include <string.h>

/* ---- names ---- */

static const char *const plan_names[PLAN_STATE_COUNT] = {
    [PLAN_DRAFT] = "draft",
    [PLAN_PLANNED] = "planned",
    [PLAN_APPROVED] = "approved",
    [PLAN_PREFLIGHT] = "preflight",
    [PLAN_RUNNING] = "running",
    [PLAN_PAUSED] = "paused",
    [PLAN_HALTED] = "halted",
    [PLAN_SOAKING] = "soaking",
    [PLAN_SUCCEEDED] = "succeeded",
    [PLAN_ROLLING_BACK] = "rolling_back",
    [PLAN_ROLLED_BACK] = "rolled_back",
    [PLAN_NEEDS_OPERATOR] = "needs_operator",
    [PLAN_RETIRING] = "retiring",
    [PLAN_CLOSED] = "closed",
    [PLAN_STALE] = "stale",
    [PLAN_REJECTED] = "rejected",
    [PLAN_EXPIRED] = "expired",
    [PLAN_CANCELLED] = "cancelled",
    [PLAN_CLOSED_MIXED] = "closed_mixed",
};

static const char *const task_names[TASK_STATUS_COUNT] = {
    [TASK_BLOCKED] = "blocked",
    [TASK_READY] = "ready",
    [TASK_LEASED] = "leased",
    [TASK_WAITING] = "waiting",
    [TASK_RETRY_WAIT] = "retry_wait",
    [TASK_UNKNOWN] = "unknown",
    [TASK_DONE] = "done",
    [TASK_SKIPPED] = "skipped",
    [TASK_FAILED] = "failed",
    [TASK_NOT_APPLIED] = "not_applied",
    [TASK_IRREVERSIBLE] = "irreversible",
};

static const char *const phase_names[] = {
    [PHASE_FORWARD] = "forward",
    [PHASE_REVERSE] = "reverse",
};

const char *
plan_state_name(PlanState state)
{
    return plan_names[state];
}

char *
plan_state_words(PlanState state)
{
    return g_strdelimit(g_strdup(plan_names[state]), "_", ' ');
}

bool
plan_state_from_name(const char *name, PlanState *ret)
{
    unsigned found = 0;
    if (!text_find(plan_names, PLAN_STATE_COUNT, name, &found))
        return false;
    *ret = (PlanState) found;
    return true;
}

bool
plan_state_is_terminal(PlanState state)
{
    static const unsigned terminal = 1u << PLAN_ROLLED_BACK | 1u << PLAN_CLOSED | 1u << PLAN_STALE |
                                     1u << PLAN_REJECTED | 1u << PLAN_EXPIRED |
                                     1u << PLAN_CANCELLED | 1u << PLAN_CLOSED_MIXED;
    return (terminal & 1u << state) != 0;
}

const char *
task_status_name(TaskStatus status)
{
    return task_names[status];
}

bool
task_status_from_name(const char *name, TaskStatus *ret)
{
    unsigned found = 0;
    if (!text_find(task_names, TASK_STATUS_COUNT, name, &found))
        return false;
    *ret = (TaskStatus) found;
    return true;
}

bool
task_status_is_final(TaskStatus status)
{
    static const unsigned final =
        1u << TASK_DONE | 1u << TASK_SKIPPED | 1u << TASK_NOT_APPLIED | 1u << TASK_IRREVERSIBLE;
    return (final & 1u << status) != 0;
}

const char *
task_phase_name(TaskPhase phase)
{
    return phase_names[phase];
}

bool
task_phase_from_name(const char *name, TaskPhase *ret)
{
    unsigned found = 0;
    if (!text_find(phase_names, G_N_ELEMENTS(phase_names), name, &found))
        return false;
    *ret = (TaskPhase) found;
    return true;
}

/* ---- plans ---- */

/* clang-format off */
#define P(state) (1u << PLAN_##state)
#define T(status) (1u << TASK_##status)

/* Those that hold the locks on a source and a target, and may have had effects. */
#define P_MOVING (P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(HALTED) | P(SOAKING) | P(RETIRING))

const Transition plan_transitions[] = {
    {P(DRAFT), "planning_failed", "", PLAN_DRAFT, "diagnostics with file and line; may be planned again"},
    {P(DRAFT), "replan", "", PLAN_DRAFT, "planned again, in place"},
    {P(DRAFT), "planned", "", PLAN_PLANNED, "inputs frozen, steps and reverses fixed, named by their digest"},
    {P(PLANNED), "approve", "digest_equal,quorum", PLAN_APPROVED, "approved by enough people"},
    {P(PLANNED), "approve", "digest_equal", PLAN_PLANNED, "approved by one, more are needed"},
    {P(PLANNED), "withdraw", "", PLAN_PLANNED, "an approval is taken back"},
    {P(PLANNED), "reject", "", PLAN_REJECTED, "refused"},
    {P(APPROVED), "withdraw", "no_effects", PLAN_PLANNED, "an approval is taken back"},
    {P(PLANNED) | P(APPROVED), "stale", "", PLAN_STALE, "a guard changed: approvals are void, plan again"},
    {P(PLANNED) | P(APPROVED), "expire", "", PLAN_EXPIRED, "its time to live is over"},
    {P(DRAFT) | P(PLANNED) | P(APPROVED) | P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(HALTED), "cancel", "no_effects",
     PLAN_CANCELLED, "given up before anything moved"},
    {P(APPROVED), "start", "not_frozen,locks_free", PLAN_PREFLIGHT, "looks for drift before anything moves"},
    {P(PREFLIGHT), "no_drift", "", PLAN_RUNNING, "the world is as the plan saw it"},
    {P(PREFLIGHT), "check_failed", "", PLAN_PAUSED, "nobody could look for drift"},
    {P(PREFLIGHT), "drift", "no_effects", PLAN_STALE, "the world moved since the plan was made"},
    {P(PREFLIGHT), "drift", "", PLAN_HALTED, "the world moved since the plan was started"},
    {P(RUNNING), "pause", "", PLAN_PAUSED, "no new leases; what runs finishes"},
    {P(PAUSED), "resume", "", PLAN_PREFLIGHT, "looks for drift again"},
    {P(RUNNING), "rollback_scope", "effects", PLAN_PAUSED, "some steps go back; the rest goes on when resumed"},
    {P(RUNNING) | P(PAUSED) | P(SOAKING), "halt", "", PLAN_HALTED, "no new leases, running work is asked to stop"},
    {P(RUNNING) | P(PAUSED) | P(SOAKING), "fail", "budget_spent", PLAN_HALTED, "parts of it failed, and are not tried again by themselves"},
    {P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(SOAKING), "critical", "", PLAN_HALTED, "something failed that must not"},
    {P(HALTED), "resume", "reason_given", PLAN_PREFLIGHT, "looks for drift again"},
    {P(HALTED), "automatic", "automatic_policy,effects", PLAN_ROLLING_BACK, "by policy, a halt is a rollback"},
    {P_MOVING, "rollback", "effects,no_later_plan", PLAN_ROLLING_BACK, "all forward workers are fenced, everything goes back"},
    {P(RUNNING), "steps_ended", "steps_done", PLAN_SOAKING, "every step is done"},
    {P(SOAKING), "soaked", "", PLAN_SUCCEEDED, "nothing came up; the rollback window is open"},
    {P(SUCCEEDED), "rollback", "window_open,no_later_plan,locks_free", PLAN_ROLLING_BACK, "everything goes back"},
    {P(SUCCEEDED), "retire", "kept_long_enough,has_retire,locks_free", PLAN_RETIRING, "the old dataset goes; no way back"},
    {P(RETIRING), "steps_ended", "retire_done", PLAN_CLOSED, "the old dataset is gone"},
    {P(ROLLING_BACK), "reverse_ended", "all_reversed,start_verified", PLAN_ROLLED_BACK, "all is as it was"},
    {P(ROLLING_BACK), "hold", "", PLAN_ROLLING_BACK, "no new reverse begins"},
    {P(ROLLING_BACK), "go_on", "", PLAN_ROLLING_BACK, "reverses begin again"},
    {P(ROLLING_BACK), "reverse_failed", "", PLAN_NEEDS_OPERATOR, "a person must look; the others go on"},
    {P(NEEDS_OPERATOR), "retry", "nothing_failed", PLAN_ROLLING_BACK, "goes on"},
    {P(NEEDS_OPERATOR), "accept_mixed", "second_person", PLAN_CLOSED_MIXED, "left as it is, by two people's word"},
    {P(NEEDS_OPERATOR), "accept_mixed", "", PLAN_NEEDS_OPERATOR, "one person accepts the mixed state"},
};
const size_t plan_transition_count = G_N_ELEMENTS(plan_transitions);

/* ---- tasks ---- */

const Transition task_transitions[] = {
    {T(BLOCKED), "unblock", "deps_done,wave_open", TASK_READY, "all that it waited for is done"},
    {T(READY), "lease", "plan_admits,labels_fit,slots_free", TASK_LEASED, "a worker has it"},
    {T(UNKNOWN), "lease", "plan_admits,labels_fit,slots_free", TASK_UNKNOWN, "a worker looks what became of it"},
    {T(LEASED), "heartbeat", "", TASK_LEASED, "the lease is extended"},
    {T(UNKNOWN), "heartbeat", "", TASK_UNKNOWN, "the lease is extended"},
    {T(LEASED), "done", "parts_go_on", TASK_WAITING, "waits for parts that people try again"},
    {T(LEASED), "done", "", TASK_DONE, "done and checked"},
    {T(LEASED), "already", "reversing", TASK_DONE, "was undone before"},
    {T(LEASED), "already", "earlier_intent", TASK_DONE, "an earlier attempt had done it"},
    {T(LEASED), "already", "", TASK_SKIPPED, "was so before"},
    {T(LEASED), "drift", "", TASK_FAILED, "the world is not as the plan assumed"},
    {T(LEASED), "wait", "", TASK_WAITING, "waits for the world; the worker is free"},
    {T(LEASED), "more", "", TASK_WAITING, "waits for its parts"},
    {T(LEASED), "released", "", TASK_READY, "given back before any effect"},
    {T(LEASED), "error", "may_pass,attempts_left", TASK_RETRY_WAIT, "tried again soon"},
    {T(LEASED), "error", "", TASK_FAILED, "failed for good, or tried too often"},
    {T(LEASED), "lost", "begun", TASK_UNKNOWN, "its worker is gone, and may have done it"},
    {T(LEASED), "lost", "attempts_left", TASK_RETRY_WAIT, "its worker is gone; it had no effect"},
    {T(LEASED), "lost", "", TASK_FAILED, "its worker is gone, once too often"},
    {T(WAITING), "due", "", TASK_READY, "looks again"},
    {T(WAITING), "child_ended", "children_done", TASK_READY, "all its parts are done"},
    {T(WAITING), "child_ended", "children_borne", TASK_READY, "its parts are done, but for those left to people"},
    {T(FAILED), "borne", "children_borne", TASK_READY, "goes on; parts of it are left to people"},
    {T(WAITING), "child_ended", "children_failed", TASK_FAILED, "parts of it failed"},
    {T(WAITING) | T(RETRY_WAIT) | T(READY), "deadline", "", TASK_FAILED, "its time is over"},
    {T(RETRY_WAIT), "due", "", TASK_READY, "tried again"},

    /* What a probe saw is always about the forward effect: in the reverse phase, `applied` means that
     * the reverse did not happen. */
    {T(UNKNOWN), "applied", "reversing,attempts_left", TASK_RETRY_WAIT, "not undone yet"},
    {T(UNKNOWN), "applied", "reversing", TASK_FAILED, "not undone, and tried too often"},
    {T(UNKNOWN), "applied", "rolling_back,with_step", TASK_WAITING, "is undone with its step"},
    {T(UNKNOWN), "applied", "rolling_back,reversible,dependents_reversed", TASK_READY, "was applied: is to be undone"},
    {T(UNKNOWN), "applied", "rolling_back,reversible", TASK_DONE, "was applied: is undone when its turn comes"},
    {T(UNKNOWN), "applied", "rolling_back", TASK_IRREVERSIBLE, "was applied, and has no way back"},
    {T(UNKNOWN), "applied", "", TASK_DONE, "the lost worker had done it"},
    {T(UNKNOWN), "partly", "reversing,attempts_left", TASK_RETRY_WAIT, "half undone"},
    {T(UNKNOWN), "partly", "reversing", TASK_FAILED, "half undone, and tried too often"},
    {T(UNKNOWN), "partly", "rolling_back,with_step", TASK_WAITING, "is undone with its step"},
    {T(UNKNOWN), "partly", "rolling_back,reversible", TASK_READY, "was half applied: is to be undone"},
    {T(UNKNOWN), "partly", "rolling_back", TASK_IRREVERSIBLE, "was half applied, and has no way back"},
    {T(UNKNOWN), "partly", "checkpoint_kept,attempts_left", TASK_RETRY_WAIT, "goes on where the lost worker was"},
    {T(UNKNOWN), "partly", "", TASK_FAILED, "the lost worker had done a part of it"},
    {T(UNKNOWN), "not_applied", "reversing", TASK_DONE, "the lost worker had undone it"},
    {T(UNKNOWN), "not_applied", "rolling_back,effects_remain", TASK_READY, "its parts were applied: is to be undone"},
    {T(UNKNOWN), "not_applied", "rolling_back", TASK_NOT_APPLIED, "the lost worker had done nothing"},
    {T(UNKNOWN), "not_applied", "attempts_left", TASK_RETRY_WAIT, "the lost worker had done nothing"},
    {T(UNKNOWN), "not_applied", "", TASK_FAILED, "lost too often"},
    {T(UNKNOWN), "unclear", "", TASK_UNKNOWN, "nobody could look; tried again"},
    {T(UNKNOWN), "lost", "", TASK_UNKNOWN, "who looked is gone, too"},
    {T(UNKNOWN), "children_resolved", "effects_remain", TASK_READY, "its parts were applied: is to be undone"},
    {T(UNKNOWN), "children_resolved", "", TASK_NOT_APPLIED, "none of its parts was applied"},

    /* What people say. */
    {T(FAILED), "retry", "children_open", TASK_WAITING, "its failed parts are tried again"},
    {T(FAILED), "retry", "step_open", TASK_READY, "tried again on request"},
    {T(UNKNOWN), "retry", "", TASK_UNKNOWN, "looked for again on request"},
    {T(FAILED), "skip", "nothing_applied,reason_given,parts_ended", TASK_SKIPPED, "left out on request"},
    {T(FAILED) | T(UNKNOWN) | T(IRREVERSIBLE), "settle", "evidence_given,parts_ended", TASK_DONE, "done by hand"},

    /* What a rollback does to the forward phase. */
    {T(BLOCKED) | T(READY) | T(LEASED) | T(WAITING) | T(RETRY_WAIT) | T(SKIPPED) | T(FAILED), "rollback", "no_intent",
     TASK_NOT_APPLIED, "had no effect: nothing to undo"},
    {T(READY) | T(LEASED) | T(WAITING) | T(RETRY_WAIT) | T(UNKNOWN) | T(FAILED), "rollback", "", TASK_UNKNOWN,
     "its worker is fenced; what became of it is looked for"},
    {T(DONE), "rollback", "effectless", TASK_NOT_APPLIED, "had no effect: nothing to undo"},
    /* A step that was left out stands for a part of it that a person did by hand. */
    {T(DONE) | T(SKIPPED), "rollback", "dependents_reversed,reversible", TASK_READY, "is to be undone"},
    {T(DONE), "rollback", "dependents_reversed", TASK_IRREVERSIBLE, "has no way back"},
    {T(DONE) | T(WAITING), "step_reversed", "", TASK_DONE, "undone with its step"},

    /* What the end of a plan does. */
    {T(BLOCKED) | T(READY) | T(LEASED) | T(WAITING) | T(RETRY_WAIT) | T(FAILED), "drop", "", TASK_NOT_APPLIED,
     "the plan ended before anything moved"},
    {T(READY) | T(LEASED) | T(WAITING) | T(RETRY_WAIT) | T(UNKNOWN), "abandon", "", TASK_FAILED,
     "left as it is by people's word"},
};
const size_t task_transition_count = G_N_ELEMENTS(task_transitions);
/* clang-format on */
