/* campaign_pace.c - who starts next: waves, limits, lanes; and when it is enough. */
#include "engine/campaign.h"

#include "base/json.h"
#include "engine/slots.h"

#include <inttypes.h>

#define PASSED_MAX 8      /* as often others may go first; then its places are kept free for it */
#define WAITS_TOLD_MAX 50 /* what a screen shows; the others wait for the same */

/* ---- lanes ---- */

Lane *
lane_of(State *state, Campaign *campaign, const GPtrArray *limits)
{
    const Words *words = state_words_from(state, limits);
    Lane *lane = g_hash_table_lookup(campaign->lanes, words);
    if (lane != NULL)
        return lane;
    lane = g_new0(Lane, 1);
    lane->n = g_str_hash(words->text);
    lane->places = g_ptr_array_new();
    for (guint i = 0; i < words->items->len; i++)
        g_ptr_array_add(lane->places, resource_get(state, g_ptr_array_index(words->items, i)));
    g_queue_init(&lane->waiting);
    g_hash_table_insert(campaign->lanes, (void *) words, lane);
    return lane;
}

void
lane_free(void *data)
{
    Lane *lane = data;
    g_queue_clear(&lane->waiting);
    g_ptr_array_unref(lane->places);
    g_free(lane);
}

void
lane_join(Campaign *campaign, Member *member)
{
    Lane *lane = member->lane;
    if (g_queue_is_empty(&lane->waiting))
        g_queue_push_tail(&campaign->line, lane);
    g_queue_push_tail(&lane->waiting, member);
    member->link = g_queue_peek_tail_link(&lane->waiting);
}

void
lane_leave(Member *member)
{
    Lane *lane = member->lane;
    g_queue_delete_link(&lane->waiting, member->link);
    member->link = NULL;
    if (!g_queue_is_empty(&lane->waiting))
        return;
    g_queue_remove(&member->campaign->line, lane);
    lane->passed = 0;
}

static const Resource *
lane_full_at(const Lane *lane)
{
    for (guint i = 0; i < lane->places->len; i++) {
        const Resource *place = g_ptr_array_index(lane->places, i);
        if (place->count >= 0 && place->plans >= place->count)
            return place;
    }
    return NULL;
}

static bool
lane_needs_any(const Lane *lane, GHashTable *kept)
{
    for (guint i = 0; i < lane->places->len; i++)
        if (g_hash_table_contains(kept, g_ptr_array_index(lane->places, i)))
            return true;
    return false;
}

/* Of limits that it shares with all the others, nothing can be kept. */
static void
lane_keep(const Campaign *campaign, const Lane *lane, GHashTable *kept)
{
    for (guint i = 0; i < lane->places->len; i++) {
        Resource *place = g_ptr_array_index(lane->places, i);
        if (place->count > 0 && !g_str_has_prefix(place->name, "campaign:"))
            g_hash_table_add(kept, place);
    }
}

/* The one that was served longest ago, of those that have room. */
static Lane *
lane_pick(const Campaign *campaign)
{
    g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);
    for (GList *link = campaign->line.head; link != NULL; link = link->next) {
        Lane *lane = link->data;
        bool has_room = lane_full_at(lane) == NULL;
        if (has_room && !lane->is_locked && !lane_needs_any(lane, kept))
            return lane;
        if (!has_room && lane->passed >= PASSED_MAX)
            lane_keep(campaign, lane, kept);
    }
    return NULL;
}

static void
lane_served(Campaign *campaign, Lane *served)
{
    GList *link = campaign->line.head;
    for (; link != NULL && link->data != served; link = link->next)
        ((Lane *) link->data)->passed++;
    served->passed = 0;
    if (link == NULL) /* nobody waits in it any more */
        return;
    g_queue_unlink(&campaign->line, link);
    g_queue_push_tail_link(&campaign->line, link);
}

/* ---- waves ---- */

static int64_t
wave_quota(const Campaign *campaign)
{
    return campaign->row.wave < campaign->quotas->len
               ? g_array_index(campaign->quotas, int64_t, campaign->row.wave)
               : INT64_MAX;
}

static int64_t
failures_allowed(const Campaign *campaign)
{
    return campaign->row.wave < campaign->quotas->len ? 0 : campaign->row.failures_allowed;
}

static bool
wave_is_passed(const Campaign *campaign)
{
    return campaign->row.started >= wave_quota(campaign) && campaign->moving == 0 &&
           campaign->failed == 0;
}

static void
wave_next(Beat *beat, Campaign *campaign)
{
    g_autofree char *text =
        g_strdup_printf("wave %" PRId64 " of %u has succeeded: %" PRId64 " of %u have started",
                        campaign->row.wave + 1, campaign->quotas->len + 1, campaign->row.started,
                        campaign->members->len);
    campaign->row.wave++;
    campaign_note(beat, campaign, text);
    campaign_dirty(beat, campaign);
}

/* Nobody's word and nobody's work is awaited any more. */
static bool
all_have_moved(const Campaign *campaign)
{
    static const PlanState over[] = {PLAN_SUCCEEDED,   PLAN_RETIRING,  PLAN_CLOSED,
                                     PLAN_REJECTED,    PLAN_CANCELLED, PLAN_ROLLED_BACK,
                                     PLAN_CLOSED_MIXED};
    int count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(over); i++)
        count += campaign->count[over[i]];
    return count == (int) campaign->members->len;
}

static bool
halt_if_spent(Beat *beat, Campaign *campaign)
{
    if (campaign->failed <= failures_allowed(campaign))
        return false;
    g_autofree char *names = campaign_names(campaign, member_has_failed);
    g_autofree char *reason =
        g_strdup_printf("%d of %" PRId64 " that started did not succeed, %" PRId64
                        " may in wave %" PRId64 " of %u: %s",
                        campaign->failed, campaign->row.started, failures_allowed(campaign),
                        campaign->row.wave + 1, campaign->quotas->len + 1, names);
    campaign_move(beat, campaign, &(Move){.event = "fail", .reason = reason});
    return true;
}

/* ---- starting ---- */

static void
go_stale(Beat *beat, OpenPlan *plan, const json_t *differences)
{
    text_take(&plan->row.diagnostics, json_compact(differences));
    plan_must_move(beat, plan, &(Move){.event = "stale"});
}

typedef enum { START_DONE, START_NONE, START_FROZEN } Started;

/* The head starts, if other rooms and other plans let it. */
static Started
member_start(Beat *beat, Campaign *campaign, Member *member)
{
    StartWord word = {0};
    g_autofree char *reason =
        g_strdup_printf("its place in campaign '%s' is free", campaign_name(campaign));
    Move move = {.event = "start", .reason = reason};
    if (plan_row_for(beat, member->plan, &move, NULL) == NULL)
        return START_NONE;
    if (beat->may_start != NULL)
        beat->may_start(beat, member->plan, &word);
    g_autofree char *frozen = word.frozen;
    g_autoptr(json_t) differences = word.differences;
    if (frozen != NULL) {
        if (campaign->row.wake_ms != word.until_ms)
            campaign_dirty(beat, campaign);
        campaign->row.wake_ms = word.until_ms;
        campaign_timer_set(beat->state, campaign, word.until_ms);
        return START_FROZEN;
    }
    if (differences != NULL) {
        go_stale(beat, member->plan, differences);
        return START_NONE;
    }
    g_autofree char *request = word.request;
    g_autoptr(json_t) args = json_object();
    Command start = {.actor = (char *) "honk", .args = args};
    json_set_string(args, "request", request);
    move.command = &start;
    plan_must_move(beat, member->plan, &move);
    return START_DONE;
}

static Started
lane_start(Beat *beat, Campaign *campaign, Lane *lane)
{
    for (guint tries = lane->waiting.length; tries > 0; tries--) {
        Member *member = g_queue_peek_head(&lane->waiting);
        GList *link = member->link;
        Started started = member_start(beat, campaign, member);
        if (started != START_NONE)
            return started;
        if (member->link != link) /* it is stale, and has left */
            continue;
        g_queue_unlink(&lane->waiting, link);
        g_queue_push_tail_link(&lane->waiting, link);
    }
    lane->is_locked = true;
    return START_NONE;
}

static bool
admit(Beat *beat, Campaign *campaign)
{
    for (GList *link = campaign->line.head; link != NULL; link = link->next)
        ((Lane *) link->data)->is_locked = false;
    while (campaign->row.started < wave_quota(campaign)) {
        Lane *lane = lane_pick(campaign);
        Started started = lane == NULL ? START_NONE : lane_start(beat, campaign, lane);
        if (lane == NULL || started == START_FROZEN)
            return started != START_FROZEN;
        if (started == START_DONE)
            lane_served(campaign, lane);
    }
    return true;
}

/* ---- saying what is awaited ---- */

static char *
lane_waits_for(const Campaign *campaign, const Lane *lane, bool is_open)
{
    const Resource *full = lane_full_at(lane);
    if (!is_open)
        return g_strdup("the end of a freeze of honk.yaml");
    if (campaign->row.started >= wave_quota(campaign))
        return g_strdup_printf("wave %" PRId64 " of %u, which must succeed first: %" PRId64
                               " started, %d still moving",
                               campaign->row.wave + 1, campaign->quotas->len + 1,
                               campaign->row.started, campaign->moving);
    if (full != NULL)
        return g_strdup_printf("a place: %d of %" PRId64 " of '%s' are taken", full->plans,
                               full->count, full->name);
    if (lane->is_locked)
        return g_strdup("other plans, which move the same datasets");
    return g_strdup("their turn: others have waited longer for the same places");
}

static int
compare_lanes(const void *a, const void *b)
{
    const Lane *one = *(Lane *const *) a, *other = *(Lane *const *) b;
    return one->n < other->n ? -1 : one->n > other->n;
}

/* In an order that does not depend on who was served when: it is not written anew for that. */
static GPtrArray *
lanes_in_order(const Campaign *campaign)
{
    GPtrArray *lanes = g_ptr_array_new();
    for (GList *link = campaign->line.head; link != NULL; link = link->next)
        g_ptr_array_add(lanes, link->data);
    g_ptr_array_sort(lanes, compare_lanes);
    return lanes;
}

static void
tell_waits(Beat *beat, Campaign *campaign, bool is_open)
{
    g_autoptr(json_t) list = json_array();
    g_autoptr(GPtrArray) lanes = lanes_in_order(campaign);
    for (guint i = 0; i < MIN(lanes->len, WAITS_TOLD_MAX); i++) {
        const Lane *lane = g_ptr_array_index(lanes, i);
        const Member *first = g_queue_peek_head((GQueue *) &lane->waiting);
        g_autofree char *why = lane_waits_for(campaign, lane, is_open);
        json_array_append_new(list, json_pack("{s:s, s:i, s:s}", "owner", first->row.owner, "count",
                                              (int) lane->waiting.length, "why", why));
    }
    g_autofree char *text = json_compact(list);
    if (g_strcmp0(text, campaign->row.waits) == 0)
        return;
    text_set(&campaign->row.waits, text);
    campaign_dirty(beat, campaign);
}

void
campaign_pace(Beat *beat, Campaign *campaign)
{
    if (halt_if_spent(beat, campaign))
        return;
    while (wave_is_passed(campaign))
        wave_next(beat, campaign);
    if (all_have_moved(campaign)) {
        campaign_move(beat, campaign, &(Move){.event = "moved"});
        return;
    }
    tell_waits(beat, campaign, admit(beat, campaign));
}
