/*
 * plans.h - a migration's row, as the server reads it: one per plan, named by its id or by its entity.
 */
#pragma once

#include "model/states.h"
#include "server/request.h"

typedef struct {
    char *id, *state_name, *reason, *actor, *wake_event, *author, *migration, *name, *request,
        *digest, *observations, *diagnostics, *source_url, *target_url, *mixed_by, *throttle, *pace;
    PlanState state;
    bool has_retire, has_effects, is_held, give_up;
    int64_t since_ms, created_ms, planned_ms, expires_ms, started_ms, soak_until_ms,
        window_until_ms, keep_until_ms, ended_ms;
} PlanRow;

void plan_row_clear(PlanRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlanRow, plan_row_clear)

/* `name`: an id (m-…), an entity's ref, or its short name: then its latest plan. NOT_FOUND names what there is to do. */
CHECKED bool plan_row_find(Request *request, const char *name, PlanRow *ret, GError **error);
CHECKED bool plan_id_find(Request *request, const char *name, char **ret, GError **error);

/* By its id alone, on any connection. */
CHECKED bool plan_row_by_id(Db *db, const char *id, PlanRow *ret, GError **error);
/* A guard of it changed: it is stale from now on. */
CHECKED bool plan_go_stale(Request *request, const PlanRow *row, json_t *differences,
                           GError **error);
/* WRONG_STATE while honk.yaml has a freeze. */
CHECKED bool check_freezes(Request *request, GError **error);

/* What who asks may do now: {"approve": {"allowed": true}, "start": {"allowed": false, "why": "…"}}; `approvals` as of review_list().
 * Caller owns. */
json_t *plan_allowed_actions(const Request *request, const PlanRow *row, const json_t *approvals);
/* What a list shows of it. Caller owns. */
json_t *plan_row_json(const PlanRow *row);
/* Everything that a screen needs. Caller owns. */
CHECKED bool plan_view(Request *request, const PlanRow *row, json_t **ret, GError **error);
