/*
 * campaign_back.c - taking a campaign back: what has not moved is cancelled, what moves turns round at once, and what
 * has succeeded goes back in the reverse order of its first effect, a few at a time.
 */
#include "engine/campaign.h"

#include "engine/slots.h"

#define BACK_AT_ONCE 8 /* where the campaign has no limit */

#define P(state) (1u << PLAN_##state)

void
campaign_drop_rest(Beat *beat, const Campaign *campaign, const char *event, const Move *cause)
{
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan == NULL || member->has_effects)
            continue;
        Move move = {.event = event, .actor = cause->actor, .reason = cause->reason};
        if (plan_move(beat, member->plan, &move))
            continue;
        move.event = "cancel";
        plan_move(beat, member->plan, &move);
    }
}

/* The last that began to move among those that have succeeded, of before `before_ms`. */
static Member *
last_succeeded(const Campaign *campaign, int64_t before_ms)
{
    Member *last = NULL;
    for (guint i = 0; i < campaign->members->len; i++) {
        Member *member = g_ptr_array_index(campaign->members, i);
        if (member->state == PLAN_SUCCEEDED && member->plan != NULL && member->has_effects &&
            member->effects_ms < before_ms &&
            (last == NULL || member->effects_ms > last->effects_ms))
            last = member;
    }
    return last;
}

static bool
turn_round(Beat *beat, const Campaign *campaign, const Member *member)
{
    Move move = {.event = "rollback", .actor = campaign->row.actor, .reason = campaign->row.reason};
    if (plan_row_for(beat, member->plan, &move, NULL) == NULL)
        return false;
    member->plan->row.give_up |= campaign->row.give_up;
    plan_must_move(beat, member->plan, &move);
    return true;
}

static void
turn_round_moving(Beat *beat, const Campaign *campaign)
{
    static const unsigned moving =
        P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(HALTED) | P(SOAKING) | P(RETIRING);
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan != NULL && member->has_effects && (moving & 1u << member->state) != 0)
            turn_round(beat, campaign, member);
    }
}

static int64_t
at_once(const Beat *beat, const Campaign *campaign)
{
    g_autofree char *name = g_strdup_printf("campaign:%s", campaign_name(campaign));
    const Resource *limit = g_hash_table_lookup(beat->state->resources, name);
    return limit == NULL || limit->count < 0 ? BACK_AT_ONCE : MAX(limit->count, 1);
}

static void
turn_round_succeeded(Beat *beat, const Campaign *campaign)
{
    int64_t before_ms = INT64_MAX, limit = at_once(beat, campaign);
    while (campaign->count[PLAN_ROLLING_BACK] < limit) {
        const Member *member = last_succeeded(campaign, before_ms);
        if (member == NULL)
            return;
        before_ms = member->effects_ms;
        turn_round(beat, campaign, member);
    }
}

static void
get_stuck(Beat *beat, Campaign *campaign)
{
    g_autofree char *names = campaign_names(campaign, member_is_effective);
    g_autofree char *reason = g_strdup_printf("%d of %u are not back: %s", campaign->effective,
                                              campaign->members->len, names);
    campaign_move(beat, campaign, &(Move){.event = "stuck", .reason = reason});
}

void
campaign_take_back(Beat *beat, Campaign *campaign)
{
    bool is_helped = campaign->count[PLAN_ROLLING_BACK] > 0 || campaign->effective == 0;
    if (campaign->row.state == CAMPAIGN_NEEDS_OPERATOR) {
        if (is_helped)
            campaign_move(beat, campaign, &(Move){.event = "goes_on"});
        return;
    }
    campaign_drop_rest(beat, campaign, "cancel",
                       &(Move){.actor = campaign->row.actor, .reason = campaign->row.reason});
    turn_round_moving(beat, campaign);
    turn_round_succeeded(beat, campaign);
    if (campaign->count[PLAN_ROLLING_BACK] > 0)
        return;
    if (campaign->effective == 0)
        campaign_move(beat, campaign, &(Move){.event = "back"});
    else
        get_stuck(beat, campaign);
}
