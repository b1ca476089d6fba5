/* risks.h - what a reader of the plan should have thought of, as sentences. */
#pragma once

#include "planner/agent_steps.h"

typedef struct {
    bool moves_rows;    /* else only code and services change */
    bool is_frozen;     /* the plan freezes the source */
    bool is_live;       /* … but not before its rows are copied */
    bool holds;         /* one state of the source is copied */
    bool retires;       /* the plan has a retire step */
    const char *kept;   /* name of the kept old target */
    const Diags *diags; /* warnings of the mapping */
} RiskFacts;

/* Array of strings, in a fixed order. Caller owns. */
json_t *risks_list(const Slice *slice, const RiskFacts *facts);
