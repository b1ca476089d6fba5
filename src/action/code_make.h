/*
 * code_make.h - a repository's change made: looked through where it stands, held against what was approved, proven by its
 * queries, and committed on its branch.
 */
#pragma once

#include "action/code_place.h"

/* Of each repository's task, made by its step's: {"approved_by": [name]}, as the server knew at the start. Caller owns. */
CHECKED bool code_make_params(const StepCall *call, StepEnv *env, json_t **ret, GError **error);

/* On the branch that is there (`state`), else on the default branch as it is now. `*is_before_effect` turns false when the branch
 * may have been set. MISMATCH when it would go beyond what was approved. Caller owns `*ret_evidence`. */
CHECKED bool code_make(CodePlace *place, const BranchState *state, bool *is_before_effect,
                       json_t **ret_evidence, GError **error);

typedef enum {
    REMADE_DONE,
    REMADE_SAME,    /* it would stand on the same commit: that helps nobody */
    REMADE_NOTHING, /* there, nothing is left to change */
} Remade;
/* The change of `old` once more by the same rules, on the default branch as it is now, in its place on the branch here. What a
 * coding agent wrote is taken over where its files are as it saw them. */
CHECKED bool code_remake(CodePlace *place, const BranchState *old, Remade *ret, GError **error);
/* On the default branch as it is now, which has moved since `old`: is nothing left to change? */
CHECKED bool code_nothing_left(CodePlace *place, const BranchState *old, bool *ret, GError **error);
