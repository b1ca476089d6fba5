/* code_coding.h - one repository of a plan, where a coding agent is let at what rules refused. */
#pragma once

#include "action/code_place.h"

/* Does nothing where the plan lets none at it (`*ret` stays NULL). The look then holds what the agent wrote, if it was good
 * enough; `*ret` is the report of coding_run(). MISMATCH when the agent is not the one of the plan, or when a service
 * needs what it did not bring about. */
CHECKED bool code_coding_run(CodePlace *place, Look *look, json_t **ret, GError **error);
/* The report as a blob, and what of it people see at once: evidence.coding {"agent", "done", "rounds", "rounds_max",
 * "sites", "files", "checks", "why"?, "report": digest}. */
CHECKED bool code_coding_put(const CodePlace *place, const json_t *report, json_t *evidence,
                             GError **error);
