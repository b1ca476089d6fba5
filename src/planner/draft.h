/*
 * draft.h - a plan on its way: what the agent said, what was decided about it, and who writes which
 * part of the document.
 */
#pragma once

#include "planner/agent_steps.h"

typedef struct {
    const Slice *slice;
    const json_t *slice_json;
    AgentSteps agent;
    Diags *diags;
    bool is_frozen, retires;
    bool carries_back; /* reverse_sync: rows written to the target come back with a rollback */
    bool is_live;      /* frozen at the end only: what was written meanwhile is followed */
    bool holds;        /* one state of it is copied, and nobody is stopped */
    const char *agent_name, *plan_name;
    MadeNames made;
    json_t *guards, *consumers;
    json_t *changes;  /* of consumers' code; NULL when nothing is known of any */
    json_t *services; /* behind consumers; NULL when nothing is known of any */
} Draft;

void draft_clear(Draft *draft);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draft, draft_clear)

/* Does it move rows? Else only code and services change, and both datasets are there. */
bool draft_moves_rows(const Draft *draft);
/* Do the rows, or the code, change by the mapping file? Else every column is as it is. */
bool draft_has_mapping(const Draft *draft);
/* What the entity, the agent and the stores say together: is the source frozen, is the old dataset
 * dropped, is there anything to do? What contradicts goes to the findings. */
void draft_decide(Draft *draft);
/* Is this part of the recipe a step of the plan? */
bool draft_has_part(const Draft *draft, const Part *part);
/* Addresses that `retire` drops. Caller owns. */
json_t *draft_retired(const Draft *draft);

/* "steps" and "irreversible" of the document. */
void draft_put_steps(const Draft *draft, json_t *plan);
/* The whole document. Caller owns. */
json_t *draft_document(const Draft *draft);
