/*
 * campaign.h - the states of a campaign, and the moves between them: one table, as for plans and tasks (states.h).
 */
#pragma once

#include "base/json.h"
#include "model/states.h"

/* clang-format off */
typedef enum {
    CAMPAIGN_REVIEW, CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_HALTED, CAMPAIGN_SUCCEEDED,
    CAMPAIGN_ROLLING_BACK, CAMPAIGN_ROLLED_BACK, CAMPAIGN_NEEDS_OPERATOR, CAMPAIGN_CANCELLED,
    CAMPAIGN_STATE_COUNT
} CampaignState;
/* clang-format on */

/* What the guards of the table ask. */
typedef struct {
    bool has_effects; /* of any member */
    bool has_reason;  /* whoever asks says why */
    bool has_approved;
} CampaignFacts;

const char *campaign_state_name(CampaignState state); /* "rolling_back" */
bool campaign_state_from_name(const char *name, CampaignState *ret);
/* Nothing leads on from here: the next move is a new campaign. */
bool campaign_state_is_terminal(CampaignState state);

extern const Transition campaign_transitions[];
extern const size_t campaign_transition_count;

/* The row that an event takes; NULL with `*ret_why` (may be NULL), a clause about "it", when there is none. */
const Transition *campaign_row_for(CampaignState from, const char *event,
                                   const CampaignFacts *facts, const char **ret_why);
/* Why its rows cannot be told how fast to move; NULL: they can. Caller frees. */
char *campaign_throttle_refusal(CampaignState state);
/* {"start": true, "pause": "not from 'review'", …}: what people may say. Caller owns. */
json_t *campaign_allowed(CampaignState state, const CampaignFacts *facts);
