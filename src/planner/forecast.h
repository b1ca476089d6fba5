/*
 * forecast.h - what a trial of some rows says about all of them: beside the plan, never in it. Pure.
 */
#pragma once

#include "base/json.h"
#include "planner/text_table.h"

/* `trial` as of transfer_try(), or {"problem": why there was none}. Gives
 *   {"rows": that there are, "rows_read": of them in the trial, "parts": in so many places, "whole": bool, "reasons": […],
 *    "rows_out": {"about", "low", "high"}, "rejected": {…}, "bytes": {…}}
 * or {"problem"}. Caller owns. */
json_t *forecast(const json_t *trial);
/* Nothing of NULL. `rejects_allowed`: how many rows the plan may put aside. */
void forecast_print(TextPage *page, const json_t *forecast, int64_t rejects_allowed);
