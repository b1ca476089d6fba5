/* campaign.c - members, counts, states; who looks when. */
#include "engine/campaign.h"

#include "base/json.h"
#include "base/metric.h"
#include "engine/moves.h"
#include "engine/slots.h"

#include <string.h>

#define NAMES_MAX 3 /* a sentence, not a list */

/* ---- making ---- */

static void
member_free(void *data)
{
    Member *member = data;
    row_clear(&member_rows, &member->row);
    g_free(member);
}

void
campaign_free(void *data)
{
    Campaign *campaign = data;
    g_queue_clear(&campaign->line);
    g_hash_table_unref(campaign->lanes);
    g_array_unref(campaign->quotas);
    row_clear(&campaign_rows, &campaign->row);
    g_ptr_array_unref(campaign->members);
    g_free(campaign);
}

static GArray *
quotas_of(const char *waves)
{
    GArray *quotas = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(json_t) list = json_loads(waves, 0, NULL);
    size_t i;
    json_t *wave;
    json_array_foreach(list, i, wave)
    {
        int64_t quota = json_integer_value(wave);
        g_array_append_val(quotas, quota);
    }
    return quotas;
}

Campaign *
campaign_add(State *state, CampaignRow *take_row)
{
    Campaign *campaign = g_new0(Campaign, 1);
    campaign->row = *take_row;
    *take_row = (CampaignRow){0};
    campaign->members = g_ptr_array_new_with_free_func(member_free);
    campaign->lanes = g_hash_table_new_full(NULL, NULL, NULL, lane_free);
    campaign->quotas = quotas_of(campaign->row.waves);
    g_queue_init(&campaign->line);
    campaign->timer = (Timer){.kind = TIMER_CAMPAIGN, .owner = campaign};
    state->next_campaign_n = MAX(state->next_campaign_n, campaign->row.n + 1);
    g_hash_table_insert(state->campaigns, campaign->row.id, campaign);
    campaign_touch(state, campaign);
    campaign_timer_set(state, campaign, campaign->row.wake_ms);
    return campaign;
}

Campaign *
campaign_get(State *state, const char *id)
{
    return id == NULL ? NULL : g_hash_table_lookup(state->campaigns, id);
}

const char *
campaign_name(const Campaign *campaign)
{
    return strrchr(campaign->row.ref, '/') + 1;
}

/* "campaign:spring", "owner:group:default/identity", and the stores that its plan needs. */
static GPtrArray *
member_limits(const Member *member)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) needs =
        member->plan->row.needs == NULL ? NULL : json_loads(member->plan->row.needs, 0, NULL);
    size_t i;
    json_t *label;
    g_ptr_array_add(names, g_strdup_printf("campaign:%s", campaign_name(member->campaign)));
    if (*member->row.owner != '\0')
        g_ptr_array_add(names, g_strdup_printf("owner:%s", member->row.owner));
    json_array_foreach(needs, i, label) if (json_is_string(label) &&
                                            g_str_has_prefix(json_string_value(label), "store:"))
        g_ptr_array_add(names, g_strdup(json_string_value(label)));
    return names;
}

static void
member_link(State *state, Member *member, OpenPlan *plan)
{
    member->plan = plan;
    plan->member = member;
    member->state = (int) plan->row.state;
    member->has_effects = plan->row.effects != 0;
    member->effects_ms = plan->row.effects_ms;
    g_autoptr(GPtrArray) limits = member_limits(member);
    member->lane = lane_of(state, member->campaign, limits);
}

Member *
campaign_add_member(State *state, Campaign *campaign, MemberRow *take_row)
{
    Member *member = g_new0(Member, 1);
    member->row = *take_row;
    *take_row = (MemberRow){0};
    member->campaign = campaign;
    member->state = MEMBER_UNPLANNED;
    state->next_member_n = MAX(state->next_member_n, member->row.n + 1);
    g_ptr_array_add(campaign->members, member);
    g_hash_table_replace(state->members, member->row.migration, member);
    OpenPlan *plan = state_plan(state, member->row.plan);
    if (plan != NULL)
        member_link(state, member, plan);
    member_count(member, 1);
    return member;
}

void
campaign_member_ended(Member *member, PlanState state, bool has_effects, int64_t effects_ms)
{
    member_count(member, -1);
    member->state = (int) state;
    member->has_effects = has_effects;
    member->effects_ms = effects_ms;
    member_count(member, 1);
}

/* ---- counting ---- */

#define P(state) (1u << PLAN_##state)

static bool
is_in(const Member *member, unsigned states)
{
    return (1u << member->state & states) != 0;
}

static bool
has_place(const Member *member)
{
    return is_in(member, P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(ROLLING_BACK));
}

bool
member_has_failed(const Member *member)
{
    return member->row.start_n > 0 && member->row.excused == 0 &&
           is_in(member, P(HALTED) | P(NEEDS_OPERATOR) | P(STALE) | P(ROLLING_BACK) |
                             P(ROLLED_BACK) | P(CLOSED_MIXED));
}

static bool
may_succeed(const Member *member)
{
    return member->row.start_n > 0 && member->row.excused == 0 &&
           is_in(member, P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(SOAKING));
}

/* Something of it is there that a rollback would have to take away. */
bool
member_is_effective(const Member *member)
{
    return member->has_effects && !is_in(member, P(ROLLED_BACK) | P(CLOSED_MIXED));
}

void
member_count(Member *member, int by)
{
    Campaign *campaign = member->campaign;
    campaign->count[member->state] += by;
    campaign->failed += member_has_failed(member) ? by : 0;
    campaign->moving += may_succeed(member) ? by : 0;
    campaign->effective += member_is_effective(member) ? by : 0;
    for (guint i = 0; has_place(member) && i < member->lane->places->len; i++)
        ((Resource *) g_ptr_array_index(member->lane->places, i))->plans += by;
    if (member->state != PLAN_APPROVED)
        return;
    if (by > 0)
        lane_join(campaign, member);
    else
        lane_leave(member);
}

const char *
member_name(const Member *member)
{
    return strrchr(member->row.migration, '/') + 1;
}

char *
campaign_names(const Campaign *campaign, bool (*is_one)(const Member *member))
{
    g_autoptr(GString) text = g_string_new(NULL);
    int count = 0;
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (!is_one(member) || count++ >= NAMES_MAX)
            continue;
        g_string_append_printf(text, "%s%s (%s", count > 1 ? ", " : "", member_name(member),
                               plan_state_name((PlanState) member->state));
        if (member->plan != NULL && member->plan->row.reason != NULL)
            g_string_append_printf(text, ": %s", member->plan->row.reason);
        g_string_append_c(text, ')');
    }
    if (count > NAMES_MAX)
        g_string_append_printf(text, " and %d more", count - NAMES_MAX);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- what happens to plans ---- */

/* A plan in its place counts instead, if that one had no effect or is over. */
static bool
takes_another(const Member *member)
{
    return member->state == MEMBER_UNPLANNED || plan_state_is_terminal((PlanState) member->state) ||
           is_in(member, P(DRAFT) | P(PLANNED) | P(APPROVED));
}

void
campaign_take_plan(Beat *beat, OpenPlan *plan)
{
    State *state = beat->state;
    Member *member = g_hash_table_lookup(state->members, plan->row.migration);
    bool is_over = member == NULL || member->campaign->row.state == CAMPAIGN_ROLLING_BACK ||
                   campaign_state_is_terminal(member->campaign->row.state);
    if (is_over || !takes_another(member) || member->plan == plan)
        return;
    member_count(member, -1);
    if (member->plan != NULL)
        member->plan->member = NULL;
    member_link(state, member, plan);
    member->row.start_n = member->row.excused = 0;
    text_set(&member->row.plan, plan->row.id);
    member_count(member, 1);
    member_dirty(beat, member);
    campaign_touch(state, member->campaign);
}

/* Approved plans of a campaign that runs say what they wait for. */
static void
tell_waiting(Beat *beat, Member *member)
{
    const Campaign *campaign = member->campaign;
    PlanRow *row = &member->plan->row;
    bool waits = campaign->row.state == CAMPAIGN_RUNNING ||
                 campaign->row.state == CAMPAIGN_PAUSED || campaign->row.state == CAMPAIGN_HALTED;
    if (row->state != PLAN_APPROVED || !waits || g_strcmp0(row->wake_event, "place") == 0)
        return;
    text_set(&row->wake_event, "place");
    text_take(&row->reason,
              g_strdup_printf("waits for its place in campaign '%s'", campaign_name(campaign)));
    plan_dirty(beat, member->plan);
}

/* What was in its preflight when the campaign paused pauses as soon as it can. */
static bool
pauses_late(const Member *member, PlanState from)
{
    const Campaign *campaign = member->campaign;
    const Task *preflight = member->plan->preflight;
    return campaign->row.state == CAMPAIGN_PAUSED && member->state == PLAN_RUNNING &&
           from == PLAN_PREFLIGHT && preflight != NULL &&
           preflight->row.created_ms <= campaign->row.since_ms;
}

void
campaign_plan_enters(Beat *beat, OpenPlan *plan, PlanState from)
{
    Member *member = plan->member;
    if (plan->row.state == from)
        return;
    campaigns_touch_all(beat->state); /* others may have waited for what it moved */
    if (member == NULL)
        return;
    member_count(member, -1);
    member->state = (int) plan->row.state;
    if (from == PLAN_APPROVED && plan->row.state == PLAN_PREFLIGHT) {
        member->row.start_n = ++member->campaign->row.started;
        member_dirty(beat, member);
        campaign_dirty(beat, member->campaign);
    }
    member_count(member, 1);
}

void
campaign_plan_entered(Beat *beat, OpenPlan *plan, PlanState from)
{
    if (plan->member == NULL)
        return;
    if (pauses_late(plan->member, from))
        plan_move(beat, plan,
                  &(Move){.event = "pause",
                          .reason = "its campaign is paused",
                          .wake_event = CAMPAIGN_WAKE});
    else
        tell_waiting(beat, plan->member);
}

void
campaign_plan_has_effects(OpenPlan *plan)
{
    Member *member = plan->member;
    if (member == NULL)
        return;
    member_count(member, -1);
    member->has_effects = true;
    member->effects_ms = plan->row.effects_ms;
    member_count(member, 1);
}

void
campaign_plan_gone(State *state, OpenPlan *plan)
{
    if (plan->member == NULL)
        return;
    campaign_touch(state, plan->member->campaign);
    plan->member->plan = NULL;
    plan->member = NULL;
}

/* ---- records ---- */

void
campaign_dirty(Beat *beat, Campaign *campaign)
{
    if (!campaign->is_dirty)
        g_ptr_array_add(beat->campaigns, campaign);
    campaign->is_dirty = true;
}

void
member_dirty(Beat *beat, Member *member)
{
    if (!member->is_dirty)
        g_ptr_array_add(beat->members, member);
    member->is_dirty = true;
}

void
campaign_timer_set(State *state, Campaign *campaign, int64_t at_ms)
{
    if (at_ms > 0)
        heap_set(&state->timers, &campaign->timer.node, at_ms);
    else
        heap_remove(&state->timers, &campaign->timer.node);
}

CampaignFacts
campaign_facts(const Campaign *campaign, const char *reason)
{
    return (CampaignFacts){.has_effects = campaign->effective > 0,
                           .has_reason = reason != NULL && *reason != '\0',
                           .has_approved = campaign->count[PLAN_APPROVED] > 0};
}

static void
event_add(Beat *beat, const Campaign *campaign, const char *type, const Move *move,
          const char *reason, const char *from, const char *to)
{
    EventRecord event = {.at_ms = beat->now_ms,
                         .type = type,
                         .campaign = campaign,
                         .from = from,
                         .to = to,
                         .actor = g_strdup(move->actor == NULL ? "honk" : move->actor),
                         .reason = g_strdup(reason)};
    g_array_append_val(beat->events, event);
}

void
campaign_event(Beat *beat, const Campaign *campaign, const char *type, const Command *command,
               char *take_data)
{
    EventRecord event = {.at_ms = beat->now_ms,
                         .type = type,
                         .campaign = campaign,
                         .actor = g_strdup(command->actor),
                         .reason = g_strdup(command->reason),
                         .data = take_data};
    g_array_append_val(beat->events, event);
}

static const char *
waits_for(CampaignState state)
{
    static const char *const events[CAMPAIGN_STATE_COUNT] = {
        [CAMPAIGN_REVIEW] = "start",
        [CAMPAIGN_RUNNING] = "members",
        [CAMPAIGN_PAUSED] = "resume",
        [CAMPAIGN_HALTED] = "operator",
        [CAMPAIGN_SUCCEEDED] = "window",
        [CAMPAIGN_ROLLING_BACK] = "members",
        [CAMPAIGN_NEEDS_OPERATOR] = "operator",
    };
    return events[state];
}

bool
campaign_move(Beat *beat, Campaign *campaign, const Move *move)
{
    CampaignRow *row = &campaign->row;
    CampaignFacts facts = campaign_facts(campaign, move->reason);
    const Transition *found = campaign_row_for(row->state, move->event, &facts, NULL);
    if (found == NULL)
        return false;
    row_mark_taken(&beat->state->campaign_rows_taken, (size_t) (found - campaign_transitions));
    CampaignState from = row->state;
    const char *reason = move->reason != NULL ? move->reason : found->text;
    row->state = (CampaignState) found->to;
    if (from != row->state)
        row->since_ms = beat->now_ms;
    if (row->started_ms == 0 && row->state == CAMPAIGN_RUNNING)
        row->started_ms = beat->now_ms;
    text_set(&row->reason, reason);
    text_set(&row->actor, move->actor == NULL ? "honk" : move->actor);
    text_set(&row->wake_event, waits_for(row->state));
    text_set(&row->waits, NULL);
    row->wake_ms = 0;
    campaign_timer_set(beat->state, campaign, 0);
    event_add(beat, campaign, "campaign.state", move, reason, campaign_state_name(from),
              campaign_state_name(row->state));
    metric_add(METRIC_TRANSITIONS, 1);
    campaign_dirty(beat, campaign);
    campaign_touch(beat->state, campaign);
    for (guint i = 0; from == CAMPAIGN_REVIEW && i < campaign->members->len; i++) {
        Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan != NULL)
            tell_waiting(beat, member);
    }
    return true;
}

void
campaign_note(Beat *beat, Campaign *campaign, const char *text)
{
    event_add(beat, campaign, "campaign.note", &(Move){0}, text, NULL, NULL);
}

/* ---- looking ---- */

void
campaign_touch(State *state, Campaign *campaign)
{
    if (!campaign->is_touched)
        g_queue_push_tail(&state->touched, campaign);
    campaign->is_touched = true;
}

void
campaigns_touch_all(State *state)
{
    GHashTableIter iter;
    void *campaign;
    g_hash_table_iter_init(&iter, state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &campaign))
        campaign_touch(state, campaign);
}

bool
campaigns_have_work(const State *state)
{
    return !g_queue_is_empty((GQueue *) &state->touched);
}

/* Nothing is left that could go back, or was to be done: it leaves memory with the last of its plans. */
static void
check_end(Beat *beat, Campaign *campaign)
{
    for (guint i = 0; i < campaign->members->len; i++)
        if (((Member *) g_ptr_array_index(campaign->members, i))->plan != NULL)
            return;
    campaign->row.ended_ms = beat->now_ms;
    text_set(&campaign->row.wake_event, NULL);
    campaign_dirty(beat, campaign);
}

static void
campaign_look(Beat *beat, Campaign *campaign)
{
    switch (campaign->row.state) {
    case CAMPAIGN_RUNNING:
        campaign_pace(beat, campaign);
        return;
    case CAMPAIGN_ROLLING_BACK:
    case CAMPAIGN_NEEDS_OPERATOR:
        campaign_take_back(beat, campaign);
        return;
    case CAMPAIGN_SUCCEEDED:
    case CAMPAIGN_ROLLED_BACK:
    case CAMPAIGN_CANCELLED:
        check_end(beat, campaign);
        return;
    case CAMPAIGN_REVIEW:
    case CAMPAIGN_PAUSED:
    case CAMPAIGN_HALTED:
    case CAMPAIGN_STATE_COUNT:
        return;
    }
}

void
campaigns_look(Beat *beat)
{
    /* What a look moves touches again: that is for the next beat, which follows at once. */
    guint count = beat->state->touched.length;
    while (count-- > 0) {
        Campaign *campaign = g_queue_pop_head(&beat->state->touched);
        campaign->is_touched = false;
        if (campaign->row.ended_ms == 0)
            campaign_look(beat, campaign);
    }
}

static void
campaign_forget(State *state, Campaign *campaign)
{
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (g_hash_table_lookup(state->members, member->row.migration) == member)
            g_hash_table_remove(state->members, member->row.migration);
    }
    g_queue_remove(&state->touched, campaign);
    heap_remove(&state->timers, &campaign->timer.node);
    g_hash_table_remove(state->campaigns, campaign->row.id);
}

void
campaigns_committed(Beat *beat)
{
    for (guint i = 0; i < beat->members->len; i++) {
        Member *member = g_ptr_array_index(beat->members, i);
        member->is_dirty = member->is_new = false;
    }
    g_ptr_array_set_size(beat->members, 0);
    for (guint i = 0; i < beat->campaigns->len; i++) {
        Campaign *campaign = g_ptr_array_index(beat->campaigns, i);
        campaign->is_dirty = campaign->is_new = false;
        if (campaign->row.ended_ms > 0)
            campaign_forget(beat->state, campaign);
    }
    g_ptr_array_set_size(beat->campaigns, 0);
}
