/*
 * backstage_plans.h - what follows for migrations that Backstage keeps: one without a plan gets one (it is never started from here);
 * one whose guards changed has a stale plan; one that goes loses its plan, if that had no effect.
 */
#pragma once

#include "server/context.h"

#define BACKSTAGE_ACTOR                                                                            \
    "service:default/backstage" /* who asks for these plans, and so may not approve them */

/* What to do, as commands for the loop; `queue` takes them. */
CHECKED bool backstage_plans_look(Server *server, GPtrArray *queue, GError **error);
/* Of migrations that are about to be removed. `refs`: char *. */
CHECKED bool backstage_plans_gone(Server *server, const GPtrArray *refs, GPtrArray *queue,
                                  GError **error);
