/* change_back.h - the way back of one repository's change, as it was tried when its plan was made. */
#pragma once

#include "base/json.h"
#include "cli/view.h"

/* Of GET /migrations/ID/plan: planner/changes.h has its members; NULL: it was not tried. Borrowed. */
const json_t *change_back(const json_t *plan_answer, const json_t *change);
void change_back_show(View *view, const json_t *back);
