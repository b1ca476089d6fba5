/*
 * campaign.c - what may follow what in a campaign, when, and why.
 *
 *   review -> running -> succeeded
 *              |    ^
 *              +-> paused, halted
 *
 *   from every state in which something has moved: -> rolling_back -> rolled_back
 *                                                         ^    |
 *                                                         +----+-> needs_operator
 */
#include "model/campaign.h"

#include "base/text.h"

#include <string.h>

static const char *const names[CAMPAIGN_STATE_COUNT] = {
    [CAMPAIGN_REVIEW] = "review",           [CAMPAIGN_RUNNING] = "running",
    [CAMPAIGN_PAUSED] = "paused",           [CAMPAIGN_HALTED] = "halted",
    [CAMPAIGN_SUCCEEDED] = "succeeded",     [CAMPAIGN_ROLLING_BACK] = "rolling_back",
    [CAMPAIGN_ROLLED_BACK] = "rolled_back", [CAMPAIGN_NEEDS_OPERATOR] = "needs_operator",
    [CAMPAIGN_CANCELLED] = "cancelled",
};

const char *
campaign_state_name(CampaignState state)
{
    return names[state];
}

bool
campaign_state_from_name(const char *name, CampaignState *ret)
{
    unsigned found = 0;
    if (!text_find(names, CAMPAIGN_STATE_COUNT, name, &found))
        return false;
    *ret = (CampaignState) found;
    return true;
}

bool
campaign_state_is_terminal(CampaignState state)
{
    return state == CAMPAIGN_ROLLED_BACK || state == CAMPAIGN_CANCELLED;
}

/* clang-format off */
#define C(state) (1u << CAMPAIGN_##state)
#define C_MOVING (C(REVIEW) | C(RUNNING) | C(PAUSED) | C(HALTED) | C(SUCCEEDED))

const Transition campaign_transitions[] = {
    {C(REVIEW), "start", "approved", CAMPAIGN_RUNNING, "approved migrations start, wave by wave"},
    {C(RUNNING), "pause", "", CAMPAIGN_PAUSED, "nothing new starts; what runs finishes its parts and pauses"},
    {C(PAUSED), "resume", "", CAMPAIGN_RUNNING, "goes on"},
    {C(HALTED), "resume", "reason_given", CAMPAIGN_RUNNING, "goes on; what failed so far is forgiven"},
    {C(RUNNING) | C(PAUSED), "halt", "", CAMPAIGN_HALTED, "nothing new starts; what runs is asked to stop"},
    {C(RUNNING), "fail", "", CAMPAIGN_HALTED, "more failed than may: the rest is not started"},
    {C(RUNNING), "moved", "", CAMPAIGN_SUCCEEDED, "every migration has succeeded or was given up"},
    {C(REVIEW) | C(RUNNING) | C(PAUSED) | C(HALTED), "cancel", "no_effects", CAMPAIGN_CANCELLED, "given up before anything moved"},
    {C(REVIEW) | C(RUNNING) | C(PAUSED) | C(HALTED), "reject", "no_effects", CAMPAIGN_CANCELLED, "refused before anything moved"},
    {C_MOVING, "rollback", "effects", CAMPAIGN_ROLLING_BACK, "what moved goes back, the last first; the rest is cancelled"},
    {C(ROLLING_BACK), "rollback", "", CAMPAIGN_ROLLING_BACK, "asked again"},
    {C(ROLLING_BACK), "back", "", CAMPAIGN_ROLLED_BACK, "all is as it was"},
    {C(ROLLING_BACK), "stuck", "", CAMPAIGN_NEEDS_OPERATOR, "some could not go back; a person must look"},
    {C(NEEDS_OPERATOR), "rollback", "", CAMPAIGN_ROLLING_BACK, "what failed is tried again"},
    {C(NEEDS_OPERATOR), "goes_on", "", CAMPAIGN_ROLLING_BACK, "somebody has helped"},
};
/* clang-format on */
const size_t campaign_transition_count = G_N_ELEMENTS(campaign_transitions);

/* NULL: the guard holds. */
static const char *
refused_by(const char *guard, const CampaignFacts *facts)
{
    const struct {
        const char *name;
        bool holds;
        const char *why;
    } guards[] = {
        {"approved", facts->has_approved, "none of its plans is approved yet"},
        {"reason_given", facts->has_reason, "this needs a reason"},
        {"no_effects", !facts->has_effects, "it has moved something: roll it back instead"},
        {"effects", facts->has_effects, "it has moved nothing: cancel it instead"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++)
        if (strcmp(guards[i].name, guard) == 0)
            return guards[i].holds ? NULL : guards[i].why;
    g_assert(*guard == '\0');
    return NULL;
}

const Transition *
campaign_row_for(CampaignState from, const char *event, const CampaignFacts *facts,
                 const char **ret_why)
{
    const char *why = NULL;
    for (size_t i = 0; i < campaign_transition_count; i++) {
        const Transition *row = &campaign_transitions[i];
        if ((row->from & 1u << from) == 0 || strcmp(row->event, event) != 0)
            continue;
        const char *refused = refused_by(row->guard, facts);
        if (refused == NULL)
            return row;
        why = refused;
    }
    if (ret_why != NULL)
        *ret_why = why;
    return NULL;
}

/* It changes no state, so no table has it: as long as members may move rows. */
char *
campaign_throttle_refusal(CampaignState state)
{
    bool is_over = state == CAMPAIGN_SUCCEEDED || state == CAMPAIGN_ROLLING_BACK ||
                   state == CAMPAIGN_NEEDS_OPERATOR || campaign_state_is_terminal(state);
    return is_over ? g_strdup_printf("it is '%s', and moves no rows", names[state]) : NULL;
}

json_t *
campaign_allowed(CampaignState state, const CampaignFacts *facts)
{
    static const char *const said[] = {"start",  "pause",  "resume",  "halt",
                                       "cancel", "reject", "rollback"};
    CampaignFacts with_reason = *facts; /* that is up to whoever asks */
    with_reason.has_reason = true;
    json_t *allowed = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
        const char *why = NULL;
        bool may = campaign_row_for(state, said[i], &with_reason, &why) != NULL;
        if (may && state == CAMPAIGN_ROLLING_BACK && strcmp(said[i], "rollback") == 0) {
            may = false;
            why = "it is rolling back already";
        }
        json_object_set_new(allowed, said[i],
                            may           ? json_true()
                            : why != NULL ? json_string(why)
                                          : json_sprintf("not from '%s'", names[state]));
    }
    g_autofree char *refusal = campaign_throttle_refusal(state);
    json_object_set_new(allowed, "throttle", refusal != NULL ? json_string(refusal) : json_true());
    return allowed;
}
