/*
 * campaign.h - the entity that describes a campaign: which migrations, and at what pace.
 */
#pragma once

#include "model/entity.h"

#define CAMPAIGN_AT_ONCE_DEFAULT 8 /* enough to keep a few workers busy, few enough to look at */
#define CAMPAIGN_WAVES_DEFAULT                                                                     \
    {                                                                                              \
        1, 10                                                                                      \
    } /* one canary, ten more, the rest */
#define CAMPAIGN_WAVES_MAX 20

typedef struct {
    const json_t *migrations; /* list of names, or NULL: by the selector */
    char *owner;              /* of the selector, a full ref, or NULL */
    const json_t *labels;     /* of the selector, or NULL */
    const json_t *waves;      /* counts and texts like "10%"; NULL: the default */
    int64_t at_once;          /* plans of it that run at once */
    int64_t failures_allowed; /* in the last wave; before it none */
} CampaignSpec;

bool entity_is_campaign(const Entity *entity);
/* INVALID names the field. What is borrowed belongs to `entity`. */
CHECKED bool campaign_spec_read(const json_t *entity, CampaignSpec *ret, GError **error);
void campaign_spec_clear(CampaignSpec *spec);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CampaignSpec, campaign_spec_clear)
/* Does the selector take this migration? */
bool campaign_selects(const CampaignSpec *spec, const Entity *migration);
/* [1, 10]: how many of `total` may have started when each wave but the last is full. Caller owns. */
json_t *campaign_quotas(const CampaignSpec *spec, int64_t total);
