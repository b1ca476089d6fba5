/*
 * campaign.h - many plans started, paced and taken back as one. Pure, like all that decides.
 *
 * A campaign has members: migrations, each with at most one plan that counts. Whatever happens to a
 * plan is counted here and lets its campaign look (campaign_look): it starts what may start
 * (campaign_pace.c), halts, ends, or takes everything back (campaign_back.c). To look is to compare
 * what should be with what is, so it can be done anew at any time, also after a crash.
 *
 * Limits of plans are those of honk.yaml: "campaign:NAME", "owner:REF" and "store:NAME". A member
 * has a place in each of its limits while its plan is looked over, runs, is paused or rolls back. No
 * member is started where there is no place; a person's resume and every rollback need none. Who has
 * a place follows from the rows of members and plans: there is nothing that could be forgotten.
 *
 * Members that wait stand in lanes, one for each set of limits, so that an owner who is full keeps
 * nobody else waiting. The lane that was served longest ago comes first; one that was passed over
 * too often is kept free what it needs, so that nobody starves who needs two stores at once.
 */
#pragma once

#include "engine/decide.h"

#define CAMPAIGN_MEMBERS_MAX 10000 /* one beat may cancel all of them */
#define MEMBER_UNPLANNED PLAN_STATE_COUNT
#define CAMPAIGN_WAKE                                                                              \
    "campaign" /* what a plan awaits that was paused or halted with its campaign */

/* Members with the same limits. */
typedef struct {
    GPtrArray *places; /* Resource *: its limits */
    guint n;           /* of their names: an order that a restart keeps */
    GQueue waiting;    /* Member *, the longest waiting first */
    int passed;        /* how often others went first since it was served */
    bool is_locked;    /* in this look: what its members move is being moved by other plans */
} Lane;

struct Member {
    MemberRow row;
    Campaign *campaign;
    OpenPlan *plan; /* NULL: none yet, or it has left memory */
    int state;      /* PlanState, or MEMBER_UNPLANNED */
    bool has_effects;
    int64_t effects_ms;
    Lane *lane;  /* by its plan's limits; NULL before it has a plan */
    GList *link; /* its place in the lane, while it waits */
    bool is_dirty, is_new;
};

struct Campaign {
    CampaignRow row;
    GPtrArray *members; /* Member *, in the order of the campaign */
    int count[PLAN_STATE_COUNT + 1];
    int failed;        /* started, and did not succeed, and not excused */
    int moving;        /* started, and may still succeed by itself */
    int effective;     /* members that have had effects and are not back */
    GArray *quotas;    /* int64_t: how many may have started in each wave but the last */
    GHashTable *lanes; /* Words * -> Lane * */
    GQueue line;       /* Lane * with somebody in it, the one served longest ago first */
    Timer timer;
    bool is_touched, is_dirty, is_new;
};

/* Rows come in (from disk, or new) and are owned from then on; members in their order. */
Campaign *campaign_add(State *state, CampaignRow *take_row);
Member *campaign_add_member(State *state, Campaign *campaign, MemberRow *take_row);
/* The plan that the member's row names is not open: this is how it ended. */
void campaign_member_ended(Member *member, PlanState state, bool has_effects, int64_t effects_ms);
void campaign_free(void *campaign);
Campaign *campaign_get(State *state, const char *id); /* NULL when not open */
const char *campaign_name(const Campaign *campaign);  /* without kind and namespace */

/* A plan was made: if its migration is a member, it counts from now on. */
void campaign_take_plan(Beat *beat, OpenPlan *plan);
/* A plan's state changed, before and after all that follows from it; and it had its first effect. */
void campaign_plan_enters(Beat *beat, OpenPlan *plan, PlanState from);
void campaign_plan_entered(Beat *beat, OpenPlan *plan, PlanState from);
void campaign_plan_has_effects(OpenPlan *plan);
/* The plan leaves memory. */
void campaign_plan_gone(State *state, OpenPlan *plan);

/* The changes are on disk: forget them, and the campaigns that have ended. */
void campaigns_committed(Beat *beat);

void campaign_touch(State *state, Campaign *campaign);
/* A limit changed. */
void campaigns_touch_all(State *state);
bool campaigns_have_work(const State *state);
/* Whoever was touched looks. */
void campaigns_look(Beat *beat);

/* ---- for the other files of campaigns ---- */

/* NOT_FOUND when the command's campaign is not open. */
CHECKED bool campaign_of_command(Beat *beat, Command *command, Campaign **ret);
/* Something that people should see, beside its moves; `take_data` is JSON. */
void campaign_event(Beat *beat, const Campaign *campaign, const char *type, const Command *command,
                    char *take_data);
void campaign_dirty(Beat *beat, Campaign *campaign);
void member_dirty(Beat *beat, Member *member);
void member_count(Member *member, int by);
CampaignFacts campaign_facts(const Campaign *campaign, const char *reason);
/* False when the table has no such row; then nothing has changed. */
bool campaign_move(Beat *beat, Campaign *campaign, const Move *move);
void campaign_note(Beat *beat, Campaign *campaign, const char *text);
void campaign_timer_set(State *state, Campaign *campaign, int64_t at_ms);

Lane *lane_of(State *state, Campaign *campaign, const GPtrArray *limits);
void lane_join(Campaign *campaign, Member *member);
void lane_leave(Member *member);
void lane_free(void *lane);
void campaign_pace(Beat *beat, Campaign *campaign);
void campaign_take_back(Beat *beat, Campaign *campaign);
/* What has not moved is cancelled, or refused where it can be (`event` "reject"). */
void campaign_drop_rest(Beat *beat, const Campaign *campaign, const char *event, const Move *cause);
/* "users-3 (halted: 2 rows …), users-7 (…) and 5 more" of the members for which `is_one` holds. Caller frees. */
char *campaign_names(const Campaign *campaign, bool (*is_one)(const Member *member));
bool member_has_failed(const Member *member);
bool member_is_effective(const Member *member);
const char *member_name(const Member *member); /* of its migration, without kind and namespace */
