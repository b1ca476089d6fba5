/*
 * campaigns.h - a campaign's row, as the server reads it.
 */
#pragma once

#include "model/campaign.h"
#include "server/planning.h"

typedef struct {
    char *id, *ref, *state_name, *reason, *actor, *wake_event, *author, *owner, *waves, *waits,
        *throttle;
    CampaignState state;
    int64_t since_ms, wave, failures_allowed, started, created_ms, started_ms, ended_ms;
} CampaignRow;

void campaign_row_clear(CampaignRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CampaignRow, campaign_row_clear)

/* `name`: an id (c-…), an entity's ref, or its short name: then its latest campaign. NOT_FOUND says what there is to do. */
CHECKED bool campaign_row_find(Request *request, const char *name, CampaignRow *ret,
                               GError **error);
/* "spring", of "campaign:default/spring". Borrowed. */
const char *campaign_row_name(const CampaignRow *row);
/* What a list shows of it. Caller owns. */
json_t *campaign_row_json(const CampaignRow *row);

/* Every member with its plan, in order; `plan` and `digest` NULL where there is none. False stops with the error. */
typedef struct {
    const char *migration, *owner, *plan, *state, *digest, *reason, *wake_event, *diagnostics;
    int64_t start_n, since_ms;
    bool has_effects, is_excused;
} MemberSeen;
typedef bool MemberFn(const MemberSeen *member, void *data, GError **error);
CHECKED bool campaign_members(Db *db, const char *campaign, MemberFn *fn, void *data,
                              GError **error);

/* campaign_start.c: what the catalog, the mapping and honk.yaml say about a plan that is about to start (EngineOptions). */
void campaign_may_start(Db *db, const char *plan, StartWord *ret, void *server);
