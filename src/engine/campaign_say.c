/* campaign_say.c - what people say about campaigns. */
#include "engine/campaign.h"

#include "base/json.h"
#include "engine/slots.h"

#include <string.h>

#define CAMPAIGN_PLANS_MAX 500 /* of one command: some 20 ms of a beat */

/* ---- the common part ---- */

bool
campaign_of_command(Beat *beat, Command *command, Campaign **ret)
{
    *ret = campaign_get(beat->state, command->plan);
    if (*ret == NULL)
        return fail(&command->error, ERR_NOT_FOUND,
                    "no campaign '%s' is open: it has ended, or never was",
                    command->plan == NULL ? "" : command->plan);
    return true;
}

/* ---- making one ---- */

static bool
is_under_way(const Campaign *campaign)
{
    return campaign->row.state != CAMPAIGN_SUCCEEDED &&
           !campaign_state_is_terminal(campaign->row.state);
}

static bool
check_create(const Beat *beat, Command *command)
{
    const char *ref = json_get_string(command->args, "ref", NULL);
    const json_t *members = json_object_get(command->args, "members");
    GHashTableIter iter;
    void *value;
    if (ref == NULL || strchr(ref, '/') == NULL)
        return fail(&command->error, ERR_INVALID, "a campaign needs the entity that describes it");
    if (json_array_size(members) == 0 || json_array_size(members) > CAMPAIGN_MEMBERS_MAX)
        return fail(&command->error, ERR_INVALID,
                    "campaign '%s' has %zu migrations, expected 1 to %d", ref,
                    json_array_size(members), CAMPAIGN_MEMBERS_MAX);
    g_hash_table_iter_init(&iter, beat->state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Campaign *other = value;
        if (strcmp(other->row.ref, ref) == 0 && is_under_way(other))
            return fail(&command->error, ERR_WRONG_STATE, "campaign '%s' is under way: it is '%s'",
                        ref, campaign_state_name(other->row.state));
    }
    return true;
}

static Campaign *
campaign_new(Beat *beat, const Command *command, char *take_id)
{
    const json_t *args = command->args, *waves = json_object_get(args, "waves");
    CampaignRow row = {
        .n = beat->state->next_campaign_n,
        .id = take_id,
        .ref = g_strdup(json_get_string(args, "ref", NULL)),
        .state = CAMPAIGN_REVIEW,
        .since_ms = beat->now_ms,
        .created_ms = beat->now_ms,
        .reason = g_strdup("its plans are made and looked at"),
        .actor = g_strdup(command->actor),
        .wake_event = g_strdup("start"),
        .author = g_strdup(json_get_string(args, "author", command->actor)),
        .owner = g_strdup(json_get_string(args, "owner", "")),
        .waves = json_is_array(waves) ? json_compact(waves) : g_strdup("[]"),
        .failures_allowed = json_get_int(args, "failures_allowed", 0),
    };
    Campaign *campaign = campaign_add(beat->state, &row);
    campaign->is_new = true;
    campaign_dirty(beat, campaign);
    EventRecord event = {.at_ms = beat->now_ms,
                         .type = "campaign.state",
                         .campaign = campaign,
                         .to = campaign_state_name(CAMPAIGN_REVIEW),
                         .actor = g_strdup(command->actor),
                         .reason = g_strdup(campaign->row.reason)};
    g_array_append_val(beat->events, event);
    return campaign;
}

/* Plans that were made before, and wait for people, are taken in: the newest of each migration. */
static GHashTable *
plans_that_wait(const State *state)
{
    GHashTable *newest = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, state->plans);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        OpenPlan *plan = value;
        const OpenPlan *known = g_hash_table_lookup(newest, plan->row.migration);
        bool waits = plan->row.state == PLAN_DRAFT || plan->row.state == PLAN_PLANNED ||
                     plan->row.state == PLAN_APPROVED;
        if (waits && plan->member == NULL && (known == NULL || known->row.n < plan->row.n))
            g_hash_table_replace(newest, plan->row.migration, plan);
    }
    return newest;
}

static void
add_members(Beat *beat, Campaign *campaign, const json_t *members)
{
    State *state = beat->state;
    g_autoptr(GHashTable) plans = plans_that_wait(state);
    size_t i;
    json_t *item;
    json_array_foreach(members, i, item)
    {
        const char *migration = json_get_string(item, "migration", "");
        const OpenPlan *plan = g_hash_table_lookup(plans, migration);
        MemberRow row = {.n = state->next_member_n,
                         .campaign = g_strdup(campaign->row.id),
                         .migration = g_strdup(migration),
                         .owner = g_strdup(json_get_string(item, "owner", "")),
                         .plan = plan == NULL ? NULL : g_strdup(plan->row.id)};
        Member *member = campaign_add_member(state, campaign, &row);
        member->is_new = true;
        member_dirty(beat, member);
    }
}

/* The campaign's own limit, unless a person has set one. */
static void
seed_limit(Beat *beat, const Campaign *campaign, const Command *command)
{
    int64_t count = json_get_int(command->args, "at_once", 0);
    g_autofree char *name = g_strdup_printf("campaign:%s", campaign_name(campaign));
    Resource *limit = resource_get(beat->state, name);
    if (count <= 0 || limit->count >= 0)
        return;
    resource_set_count(beat, limit, MIN(count, LIMIT_COUNT_MAX));
    g_autoptr(json_t) data = json_pack("{s:s, s:I}", "resource", name, "count", (json_int_t) count);
    beat_event(beat, "limit.changed", NULL, NULL, command->actor, "as its campaign says",
               json_compact(data));
}

Handled
on_campaign_create(Beat *beat, Command *command)
{
    if (!check_create(beat, command))
        return REFUSED;
    g_autofree char *id = state_id(beat->state, "c", beat->now_ms);
    command_reply_text(command, "id", id);
    if (!command_accept(beat, command))
        return REFUSED;
    Campaign *campaign = campaign_new(beat, command, g_steal_pointer(&id));
    add_members(beat, campaign, json_object_get(command->args, "members"));
    seed_limit(beat, campaign, command);
    return HANDLED;
}

/* ---- planning some of its members ---- */

static Member *
member_by_migration(const State *state, const Campaign *campaign, const char *migration)
{
    Member *member = g_hash_table_lookup(state->members, migration);
    return member != NULL && member->campaign == campaign ? member : NULL;
}

/* A draft that failed is planned again; what is planned, or moves, stays. */
static bool
wants_plan(const Member *member)
{
    if (member->state == PLAN_DRAFT && member->plan != NULL)
        return g_strcmp0(member->plan->row.wake_event, "operator") == 0;
    return member->state == MEMBER_UNPLANNED || member->state == PLAN_STALE ||
           member->state == PLAN_EXPIRED || member->state == PLAN_REJECTED;
}

static void
plan_member(Beat *beat, const Command *command, const Member *member, const json_t *item)
{
    if (member->state == PLAN_DRAFT) {
        text_set(&member->plan->row.request, json_get_string(item, "request", NULL));
        plan_must_move(beat, member->plan, &(Move){.event = "replan", .actor = command->actor});
        return;
    }
    OpenPlan *plan = plan_draft_new(beat, command->actor, item);
    campaign_take_plan(beat, plan);
    plan_born(beat, plan, command->reason);
    plan_make_planning(beat, plan, NULL);
}

Handled
on_campaign_plan(Beat *beat, Command *command)
{
    Campaign *campaign = NULL;
    const json_t *plans = json_object_get(command->args, "plans");
    size_t i;
    json_t *item;
    if (!campaign_of_command(beat, command, &campaign))
        return REFUSED;
    bool is_over = campaign->row.state == CAMPAIGN_ROLLING_BACK ||
                   campaign->row.state == CAMPAIGN_NEEDS_OPERATOR ||
                   campaign_state_is_terminal(campaign->row.state);
    if (is_over || json_array_size(plans) > CAMPAIGN_PLANS_MAX) {
        fail(&command->error, is_over ? ERR_WRONG_STATE : ERR_INVALID,
             is_over ? "campaign '%s' goes back, or has: nothing of it is planned"
                     : "too many plans of '%s' at once",
             campaign_name(campaign));
        return REFUSED;
    }
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    int64_t count = 0;
    json_array_foreach(plans, i, item)
    {
        const Member *member =
            member_by_migration(beat->state, campaign, json_get_string(item, "migration", ""));
        if (member == NULL || !wants_plan(member))
            continue;
        plan_member(beat, command, member, item);
        count++;
    }
    json_set_int(command->reply, "planned", count);
    return HANDLED;
}

/* ---- approving ---- */

/* Each item is a yes of its own to one plan: {plan, digest, quorum_reached}. `ok` tells the others rooms, and who asked,
 * which of them count. */
static bool
yes_counts(Beat *beat, const Campaign *campaign, Command *command, const json_t *item)
{
    const OpenPlan *plan = state_plan(beat->state, json_get_string(item, "plan", NULL));
    Command yes = {.actor = command->actor, .args = (json_t *) item};
    Move move = {.event = "approve", .actor = command->actor, .command = &yes};
    return plan != NULL && plan->member != NULL && plan->member->campaign == campaign &&
           plan_row_for(beat, plan, &move, NULL) != NULL;
}

Handled
on_campaign_approve(Beat *beat, Command *command)
{
    Campaign *campaign = NULL;
    json_t *plans = json_object_get(command->args, "plans"), *item;
    size_t i;
    int64_t counted = 0, approved = 0;
    if (!campaign_of_command(beat, command, &campaign))
        return REFUSED;
    json_array_foreach(plans, i, item)
    {
        bool counts = yes_counts(beat, campaign, command, item);
        json_set_bool(item, "ok", counts);
        counted += counts;
    }
    command->reply = json_object();
    if (!command_accept(beat, command))
        return REFUSED;
    json_array_foreach(plans, i, item)
    {
        if (!json_get_bool(item, "ok", false))
            continue;
        OpenPlan *plan = state_plan(beat->state, json_get_string(item, "plan", NULL));
        Command yes = {.actor = command->actor, .args = item};
        plan_must_move(beat, plan,
                       &(Move){.event = "approve",
                               .actor = command->actor,
                               .reason = command->reason,
                               .command = &yes});
        approved += plan->row.state == PLAN_APPROVED;
    }
    json_set_int(command->reply, "counted", counted);
    json_set_int(command->reply, "approved", approved);
    return HANDLED;
}

/* ---- start, pause, resume, halt, cancel, reject, rollback ---- */

static void
each_member(Beat *beat, Campaign *campaign, const Move *cause,
            void (*act)(Beat *beat, Member *member, const Move *cause))
{
    for (guint i = 0; i < campaign->members->len; i++) {
        Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan != NULL)
            act(beat, member, cause);
    }
}

static void
pause_member(Beat *beat, Member *member, const Move *cause)
{
    if (member->state == PLAN_RUNNING)
        plan_move(beat, member->plan,
                  &(Move){.event = "pause",
                          .actor = cause->actor,
                          .reason = "its campaign is paused",
                          .wake_event = CAMPAIGN_WAKE});
}

static void
halt_member(Beat *beat, Member *member, const Move *cause)
{
    bool is_ours = g_strcmp0(member->plan->row.wake_event, CAMPAIGN_WAKE) == 0;
    if (member->state == PLAN_RUNNING || is_ours)
        plan_move(beat, member->plan,
                  &(Move){.event = "halt",
                          .actor = cause->actor,
                          .reason = "its campaign is halted",
                          .wake_event = CAMPAIGN_WAKE});
}

static void
resume_member(Beat *beat, Member *member, const Move *cause)
{
    Command command = {
        .actor = (char *) cause->actor,
        .reason = (char *) (cause->reason != NULL ? cause->reason : "its campaign goes on")};
    if (g_strcmp0(member->plan->row.wake_event, CAMPAIGN_WAKE) == 0)
        plan_move(beat, member->plan,
                  &(Move){.event = "resume",
                          .actor = cause->actor,
                          .reason = command.reason,
                          .command = &command});
}

/* Who goes on after a halt has looked at what failed so far. */
static void
excuse_member(Beat *beat, Member *member, const Move *cause)
{
    if (!member_has_failed(member))
        return;
    member_count(member, -1);
    member->row.excused = 1;
    member_count(member, 1);
    member_dirty(beat, member);
}

static void
excuse_all(Beat *beat, Campaign *campaign, const Move *cause)
{
    for (guint i = 0; i < campaign->members->len; i++)
        excuse_member(beat, g_ptr_array_index(campaign->members, i), cause);
}

static void
retry_member(Beat *beat, Member *member, const Move *cause)
{
    if (member->state == PLAN_NEEDS_OPERATOR) {
        Move again = {.event = "rollback", .actor = cause->actor, .reason = cause->reason};
        plan_retry_failed(beat, member->plan, &again);
    }
}

static void
follow_word(Beat *beat, Campaign *campaign, const char *verb, const Move *move, CampaignState from)
{
    if (strcmp(verb, "pause") == 0)
        each_member(beat, campaign, move, pause_member);
    else if (strcmp(verb, "halt") == 0)
        each_member(beat, campaign, move, halt_member);
    else if (strcmp(verb, "resume") == 0) {
        each_member(beat, campaign, move, resume_member);
        if (from == CAMPAIGN_HALTED)
            excuse_all(beat, campaign, move);
    } else if (strcmp(verb, "cancel") == 0 || strcmp(verb, "reject") == 0)
        campaign_drop_rest(beat, campaign, verb, move);
    else if (strcmp(verb, "rollback") == 0)
        each_member(beat, campaign, move, retry_member);
}

Handled
on_campaign_say(Beat *beat, Command *command)
{
    Campaign *campaign = NULL;
    const char *verb = json_get_string(command->args, "verb", ""), *why = NULL;
    bool give_up = json_get_bool(command->args, "give_up_rows", false);
    if (!campaign_of_command(beat, command, &campaign))
        return REFUSED;
    CampaignState from = campaign->row.state;
    CampaignFacts facts = campaign_facts(campaign, command->reason);
    const Transition *row = campaign_row_for(from, verb, &facts, &why);
    if (row == NULL) {
        const char *name = campaign_name(campaign);
        bool needs_reason = why != NULL && strcmp(why, "this needs a reason") == 0;
        if (why != NULL)
            fail(&command->error, needs_reason ? ERR_INVALID : ERR_WRONG_STATE,
                 "cannot %s campaign '%s': %s", verb, name, why);
        else
            fail(&command->error, ERR_WRONG_STATE,
                 "'%s' is not possible while campaign '%s' is '%s'", verb, name,
                 campaign_state_name(from));
        return REFUSED;
    }
    command_reply_text(command, "state", campaign_state_name((CampaignState) row->to));
    if (!command_accept(beat, command))
        return REFUSED;
    Move move = {.event = verb, .actor = command->actor, .reason = command->reason};
    campaign->row.give_up |= give_up;
    bool moved = campaign_move(beat, campaign, &move);
    g_assert(moved);
    follow_word(beat, campaign, verb, &move, from);
    return HANDLED;
}
