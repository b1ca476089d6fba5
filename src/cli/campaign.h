/*
 * campaign.h - verbs that take the name of a campaign instead of a migration's: plan, approve, start, status, watch…
 */
#pragma once

#include "cli/client.h"

/* The campaign of that name as the server tells it (GET /campaigns/NAME; caller owns), or NULL when `name` is no campaign's,
 * or one that never began. INVALID when a migration has the same name, too: then people say 'campaign:NAME'. */
CHECKED bool campaign_find(Invocation *call, const char *name, json_t **ret, GError **error);
/* Is there an entity that describes a campaign of that name? */
CHECKED bool campaign_is_registered(Invocation *call, const char *name, bool *ret, GError **error);

/* campaign_plan.c: begin it if need be, plan what has no plan, wait, and show all of it by class of change. */
CHECKED bool campaign_plan(Invocation *call, const char *name, json_t *take_campaign,
                           GError **error);
/* Show what waits for a yes; `*ret` (may be NULL) is the review, caller owns. */
CHECKED bool campaign_review(Invocation *call, const json_t *campaign, json_t **ret,
                             GError **error);
CHECKED bool campaign_approve(Invocation *call, const json_t *campaign, const char *digest,
                              GError **error);

/* campaign_show.c */
CHECKED bool campaign_status(Invocation *call, const json_t *campaign, GError **error);
/* How many are where, failures first; lines of at most `width` columns. Caller frees. */
char *campaign_picture(const View *view, const json_t *campaign, int width);
/* All campaigns under way, as a table; nothing when there are none. `*ret_count` of them. */
CHECKED bool campaigns_list(Invocation *call, json_t **ret, GError **error);
/* Until it rests; `wanted` is the state at which the exit status is 0. */
CHECKED bool campaign_watch(Invocation *call, const json_t *campaign, bool plain,
                            const char *wanted, GError **error);
/* One of start, pause, resume, halt, cancel, reject, rollback. */
CHECKED bool campaign_act(Invocation *call, const json_t *campaign, const char *verb,
                          GError **error);
