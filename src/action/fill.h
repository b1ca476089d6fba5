/*
 * fill.h - what `transform` and `copy` share: they differ only in the mapping that rows go through.
 *
 * The step's first lease divides the source into ranges (children); each child moves one range, in
 * one transaction with its ledger row; when all are done the step's task looks at their sum, holds
 * it against the budget for rows that do not fit, and makes the indexes.
 */
#pragma once

#include "action/move.h"

bool fill_check(const StepCall *call, StepEnv *env, World *ret, json_t **ret_state, GError **error);
bool fill_run(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error);
bool fill_verify(const StepCall *call, StepEnv *env, GError **error);
bool fill_probe(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error);
bool fill_reverse(const StepCall *call, StepEnv *env, Outcome *outcome, GError **error);
/* BUDGET, with the first reason, when more rows were put aside by now than the plan allows. */
CHECKED bool fill_within_budget(const Move *move, GError **error);
