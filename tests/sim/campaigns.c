/*
 * campaigns.c - campaigns in the invented world: what people say about them, what other rooms know, and what must hold.
 *
 * All of it is looked at from outside of the counts that the engine keeps. In calm times nobody starts a plan whose
 * campaign runs: if the campaign does not, the world does not end, and that is how starving would be seen.
 */
#include "sim.h"

#include "engine/slots.h"

#include <inttypes.h>
#include <string.h>

#define MEMBERS 5
#define P(state) (1u << PLAN_##state)

static const char *const owners[] = {"group:default/a", "group:default/b"};

static bool
is_one_of(unsigned set, int state)
{
    return (set & 1u << state) != 0;
}

/* ---- what people say ---- */

static void
said_told(Sim *sim, const Asked *asked, const Command *command)
{
    if (command != NULL && command->error != NULL)
        sim_trace(sim, "  refused: %s", command->error->message);
}

static Command *
say(Sim *sim, CommandKind kind, const Campaign *campaign)
{
    static const char *const people[] = {"user:default/ada", "user:default/bo", "user:default/cy"};
    const char *who = people[chance_below(&sim->chance, G_N_ELEMENTS(people))];
    Command *command = sim_ask(sim, kind, who, (Asked){.worker = -1, .told = said_told});
    command->plan = campaign == NULL ? NULL : g_strdup(campaign->row.id);
    if (sim->is_calm || chance_in(&sim->chance, 60))
        command->reason = g_strdup("because I say so");
    return command;
}

static void
begin(Sim *sim)
{
    Command *command = say(sim, COMMAND_CAMPAIGN_CREATE, NULL);
    json_t *members = json_array(), *waves = json_array();
    sim_trace(sim, "somebody begins a campaign");
    for (int i = 0; i < MEMBERS; i++)
        json_array_append_new(members, json_pack("{s:o, s:s}", "migration",
                                                 json_sprintf("component:default/m%d", i), "owner",
                                                 owners[i % 2]));
    for (int quota = 1; quota < MEMBERS && chance_in(&sim->chance, 50); quota++)
        json_array_append_new(waves, json_integer(quota));
    json_set_string(command->args, "ref", "campaign:default/spring");
    json_object_set_new(command->args, "members", members);
    json_object_set_new(command->args, "waves", waves);
    json_set_int(command->args, "failures_allowed", chance_below(&sim->chance, 3));
    json_set_int(command->args, "at_once", chance_below(&sim->chance, 4));
}

static void
plan_some(Sim *sim, const Campaign *campaign)
{
    static const char *const stores[SIM_STORES] = {"store:s", "store:t"};
    Command *command = say(sim, COMMAND_CAMPAIGN_PLAN, campaign);
    json_t *plans = json_array();
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (chance_in(&sim->chance, 20))
            continue;
        json_array_append_new(plans,
                              json_pack("{s:s, s:s, s:[s]}", "migration", member->row.migration,
                                        "author", command->actor, "needs",
                                        stores[chance_below(&sim->chance, SIM_STORES)]));
    }
    json_object_set_new(command->args, "plans", plans);
}

static void
approve_some(Sim *sim, const Campaign *campaign)
{
    Command *command = say(sim, COMMAND_CAMPAIGN_APPROVE, campaign);
    json_t *plans = json_array();
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (member->plan == NULL || member->plan->row.digest == NULL)
            continue;
        bool is_right = sim->is_calm || chance_in(&sim->chance, 85);
        json_array_append_new(plans,
                              json_pack("{s:s, s:s}", "plan", member->plan->row.id, "digest",
                                        is_right ? member->plan->row.digest : "sha256:0123456789"));
    }
    json_object_set_new(command->args, "plans", plans);
}

static void
say_verb(Sim *sim, const Campaign *campaign)
{
    static const struct {
        unsigned states;
        int weight, calm_weight;
        const char *verb;
    } verbs[] = {
#define C(state) (1u << CAMPAIGN_##state)
        {C(REVIEW), 20, 9, "start"},
        {C(RUNNING), 4, 0, "pause"},
        {C(RUNNING) | C(PAUSED), 2, 0, "halt"},
        {C(PAUSED) | C(HALTED), 20, 9, "resume"},
        {C(REVIEW) | C(RUNNING), 1, 0, "cancel"},
        {C(REVIEW), 1, 0, "reject"},
        {C(RUNNING) | C(PAUSED) | C(HALTED) | C(SUCCEEDED) | C(ROLLING_BACK), 3, 0, "rollback"},
        {C(NEEDS_OPERATOR), 10, 9, "rollback"},
#undef C
    };
    int sum = sim->is_calm ? 0 : 10;
    const char *verb = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        int weight = sim->is_calm ? verbs[i].calm_weight : verbs[i].weight;
        if ((verbs[i].states & 1u << campaign->row.state) == 0)
            continue;
        sum += weight;
        if (weight > 0 && chance_below(&sim->chance, sum) < weight)
            verb = verbs[i].verb;
    }
    if (verb == NULL)
        return;
    Command *command = say(sim, COMMAND_CAMPAIGN_SAY, campaign);
    json_set_string(command->args, "verb", verb);
    json_set_bool(command->args, "give_up_rows", sim->is_calm || chance_in(&sim->chance, 40));
}

static void
change_limit(Sim *sim)
{
    static const char *const names[] = {"campaign:spring", "owner:group:default/a"};
    Command *command = say(sim, COMMAND_LIMIT, NULL);
    int count = chance_below(&sim->chance, 4);
    json_set_string(command->args, "resource", names[chance_below(&sim->chance, 2)]);
    json_object_set_new(command->args, "count",
                        count == 3 || sim->is_calm ? json_null() : json_integer(count));
}

void
campaigns_act(Sim *sim)
{
    GHashTableIter iter;
    void *value, *campaign = NULL;
    g_hash_table_iter_init(&iter, sim->state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (campaign == NULL || ((Campaign *) value)->row.n > ((Campaign *) campaign)->row.n)
            campaign = value;
    if (campaign == NULL) {
        if (!sim->is_calm && sim->plans_left > 0)
            begin(sim);
        return;
    }
    int what = chance_below(&sim->chance, 10);
    if (what < 2 && !sim->is_calm && sim->plans_left > 0)
        plan_some(sim, campaign);
    else if (what < 5)
        approve_some(sim, campaign);
    else if (what < 6)
        change_limit(sim);
    else
        say_verb(sim, campaign);
}

bool
campaign_starts_it(const OpenPlan *plan)
{
    return plan->row.state == PLAN_APPROVED && plan->member != NULL &&
           plan->member->campaign->row.state == CAMPAIGN_RUNNING;
}

/* ---- the other rooms ---- */

void
campaigns_look_at_yes(Sim *sim, Command *command)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(command->args, "plans"), i, item)
    {
        int others = sim_yeses(sim, json_get_string(item, "plan", ""),
                               json_get_string(item, "digest", ""), command->actor);
        json_set_bool(item, "quorum_reached", others + 1 >= sim->quorum);
    }
}

void
campaigns_accept_yes(Sim *sim, const Command *command)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(command->args, "plans"), i, item)
    {
        if (!json_get_bool(item, "ok", false))
            continue;
        Yes *yes = g_new0(Yes, 1);
        *yes = (Yes){.plan = g_strdup(json_get_string(item, "plan", "")),
                     .digest = g_strdup(json_get_string(item, "digest", "")),
                     .actor = g_strdup(command->actor)};
        g_ptr_array_add(sim->new_yeses, yes);
    }
}

void
campaigns_may_start(Beat *beat, const OpenPlan *plan, StartWord *ret)
{
    Sim *sim = beat->accept_data;
    if (sim == NULL || sim->is_calm)
        return;
    if (chance_in(&sim->chance, 5)) {
        ret->frozen = g_strdup("it is the last week of the year");
        ret->until_ms = sim->now_ms + 2000;
    } else if (chance_in(&sim->chance, 4)) {
        ret->differences = json_pack("[s]", "the mapping file changed since the plan was made");
    }
}

/* ---- what must hold ---- */

static bool
has_place(const Member *member)
{
    return is_one_of(P(PREFLIGHT) | P(RUNNING) | P(PAUSED) | P(ROLLING_BACK), member->state);
}

static void
check_member(Sim *sim, const Member *member)
{
    const OpenPlan *plan = member->plan;
    if (plan == NULL)
        return;
    if (member->state != (int) plan->row.state || member->has_effects != (plan->row.effects != 0))
        sim_broken(sim, "a campaign knows how its plans are", "plan %s of %s is '%s'", plan->row.id,
                   member->campaign->row.id, plan_state_name(plan->row.state));
    bool waits = campaign_starts_it(plan);
    if (waits && g_strcmp0(plan->row.wake_event, "place") != 0)
        sim_broken(sim, "who waits for a place says so", "plan %s awaits '%s'", plan->row.id,
                   plan->row.wake_event);
    if (waits && member->link == NULL)
        sim_broken(sim, "who waits for a place stands in line", "plan %s", plan->row.id);
}

static void
check_counts(Sim *sim, const Campaign *campaign)
{
    int count[PLAN_STATE_COUNT + 1] = {0}, effective = 0;
    for (guint i = 0; i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        count[member->state]++;
        effective +=
            member->has_effects && !is_one_of(P(ROLLED_BACK) | P(CLOSED_MIXED), member->state);
        check_member(sim, member);
    }
    if (memcmp(count, campaign->count, sizeof(count)) != 0 || effective != campaign->effective)
        sim_broken(sim, "a campaign counts right", "%s", campaign->row.id);
}

static void
check_waits(Sim *sim, const Campaign *campaign)
{
    bool says_why = campaign->row.waits != NULL && strcmp(campaign->row.waits, "[]") != 0;
    if (campaign->row.state == CAMPAIGN_RUNNING && !campaign->is_touched &&
        !g_queue_is_empty((GQueue *) &campaign->line) && !says_why)
        sim_broken(sim, "nobody waits without a reason", "%s", campaign->row.id);
}

static void
check_end(Sim *sim, const Campaign *campaign)
{
    static const unsigned ended = P(ROLLED_BACK) | P(CANCELLED) | P(REJECTED) | P(STALE) |
                                  P(EXPIRED) | P(CLOSED_MIXED) | 1u << MEMBER_UNPLANNED;
    bool is_back = campaign->row.state == CAMPAIGN_ROLLED_BACK;
    for (guint i = 0; is_back && i < campaign->members->len; i++) {
        const Member *member = g_ptr_array_index(campaign->members, i);
        if (!is_one_of(ended, member->state))
            sim_broken(sim, "of a campaign that went back nothing has moved", "%s is '%s' in %s",
                       member->row.migration, plan_state_name((PlanState) member->state),
                       campaign->row.id);
    }
    if (campaign->row.state == CAMPAIGN_CANCELLED && campaign->effective > 0)
        sim_broken(sim, "a campaign that is cancelled has moved nothing", "%s", campaign->row.id);
}

/* How many plans of all campaigns have a place here. */
static int
places_taken(const Sim *sim, const Resource *place)
{
    GHashTableIter iter;
    void *value;
    int taken = 0;
    g_hash_table_iter_init(&iter, sim->state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Campaign *campaign = value;
        for (guint i = 0; i < campaign->members->len; i++) {
            const Member *member = g_ptr_array_index(campaign->members, i);
            taken += has_place(member) && g_ptr_array_find(member->lane->places, place, NULL);
        }
    }
    return taken;
}

/* Whoever was started by a campaign in this beat found a place in each of its limits. */
static void
check_start(Sim *sim, const EventRecord *event)
{
    const Member *member = event->plan->member;
    if (member == NULL || member->campaign->row.state != CAMPAIGN_RUNNING)
        sim_broken(sim, "nothing starts in a campaign that does not run", "plan %s",
                   event->plan->row.id);
    for (guint i = 0; member != NULL && i < member->lane->places->len; i++) {
        const Resource *place = g_ptr_array_index(member->lane->places, i);
        int taken = places_taken(sim, place);
        if (taken != place->plans)
            sim_broken(sim, "a campaign counts right", "%d of '%s' are taken, not %d", taken,
                       place->name, place->plans);
        if (place->count >= 0 && taken > place->count)
            sim_broken(sim, "no campaign starts more than its limits allow",
                       "%d of %" PRId64 " of '%s' are taken", taken, place->count, place->name);
    }
    if (member != NULL && member->campaign->row.wave < member->campaign->quotas->len &&
        member->campaign->row.started >
            g_array_index(member->campaign->quotas, int64_t, member->campaign->row.wave))
        sim_broken(sim, "no campaign starts more than its wave allows", "%s",
                   member->campaign->row.id);
}

void
rules_check_campaigns(Sim *sim)
{
    GHashTableIter iter;
    void *value;
    if (!sim->has_campaigns)
        return;
    for (guint i = 0; i < sim->beat->events->len; i++) {
        const EventRecord *event = &g_array_index(sim->beat->events, EventRecord, i);
        if (event->plan != NULL && event->task == NULL && g_strcmp0(event->from, "approved") == 0 &&
            g_strcmp0(event->to, "preflight") == 0 && strcmp(event->actor, "honk") == 0)
            check_start(sim, event);
    }
    g_hash_table_iter_init(&iter, sim->state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        check_counts(sim, value);
        check_waits(sim, value);
        check_end(sim, value);
    }
}

/* Every plan has ended: what goes back has gone back. */
void
rules_check_campaigns_end(Sim *sim)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, sim->state->campaigns);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Campaign *campaign = value;
        if (campaign->row.state == CAMPAIGN_ROLLING_BACK)
            sim_broken(sim, "a campaign that goes back ends", "%s", campaign->row.id);
    }
}
