/*
 * planning.h - what a plan is asked for with, and whether that is still so.
 *
 * The request (action.h) freezes what the catalog, the mapping file and the policy said; it is a blob beside the plan. Made
 * anew at approval and start it tells, without any store being asked, whether a guard has changed.
 */
#pragma once

#include "server/plans.h"

typedef struct {
    const char *entity;          /* ref or short name */
    const char *source, *target; /* instead of the entity's; NULL: the entity's */
    const char *author;
    int64_t now_ms;
} PlanningWish;

/* What planning looks at; `db` is any connection. */
typedef struct {
    const Config *config;
    Blobs *blobs;
    Db *db;
} PlanningRoom;

/* The request, and the labels that a worker needs for it. NOT_FOUND or INVALID name what is missing, and where. */
CHECKED bool planning_request(const PlanningRoom *room, const PlanningWish *wish,
                              json_t **ret_request, json_t **ret_needs, char **ret_migration,
                              GError **error);
/* What differs now from the request that the plan was made of, as sentences; an empty list: nothing.
 * `ret_now` (may be NULL) is the request made anew, where there is one. Caller owns both. */
CHECKED bool planning_differences(const PlanningRoom *room, const PlanRow *row, json_t **ret,
                                  json_t **ret_now, GError **error);
/* The world as it is asked about at the start, and who said yes to it: the steps may want to know. acts.c */
CHECKED bool plan_put_request(const PlanningRoom *room, const PlanRow *row, json_t *now,
                              char **ret_digest, GError **error);
CHECKED bool planning_room(Request *request, PlanningRoom *ret, GError **error);
