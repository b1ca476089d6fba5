/*
 * code.h - consumers' code, as actions see it: the rules of a move, and all repositories looked through.
 */
#pragma once

#include "action/move.h"
#include "change/change.h"

/* The rules of a plan's move; of a slice's, before there is a plan. INVALID when its mapping is wrong. */
CHECKED bool code_rules_of_plan(const Plan *plan, ChangeRules **ret, GError **error);
CHECKED bool code_rules_of_slice(const json_t *slice, ChangeRules **ret, GError **error);

/* Look through the repositories of the slice's "consumers" and "scanned" (where it has none: of the plan's changes), on all
 * cores, and put what is found into the slice: "changes" (planner/changes.h). Without a plan, one is being made: then
 * diffs become blobs. Nothing is put where nobody has a repository, or the mapping is wrong, which is the planner's to
 * tell. The slice's "services" (services_look()) say what runs. */
CHECKED bool code_survey(json_t *slice, const Plan *plan, StepEnv *env, GError **error);

/* At the end of a way back: is none of the plan's branches left? MISMATCH names one that is. */
CHECKED bool code_must_be_back(const StepCall *call, StepEnv *env, GError **error);
