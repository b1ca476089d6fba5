/*
 * rollouts.h - a rollout as the server reads it: one service of one plan.
 *
 * A rollout is named PLAN.SERVICE from the moment its plan is approved, so whoever asks for it has an id before any
 * worker has begun; the task that does it comes later. Its state for people is what the task's checkpoint says:
 * `pending` before there is one, and what the evidence says when it has ended.
 */
#pragma once

#include "server/plans.h"

typedef struct {
    char *id, *plan, *service, *task, *state, *status, *why, *actor;
    bool is_reverse, is_of_migration; /* on its way back; part of a migration's plan */
    int64_t since_ms, wake_ms;
    json_t *entry; /* of the plan's `services` */
    json_t
        *memory; /* the task's checkpoint, or what its evidence says at the end; an empty object */
    char *migration, *digest; /* of the plan */
    char *plan_state_name;
    PlanState plan_state;
    bool plan_has_effects;
    int64_t created_ms, started_ms, ended_ms, window_until_ms;
} RolloutRow;

void rollout_row_clear(RolloutRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RolloutRow, rollout_row_clear)

/* `name`: PLAN.SERVICE, or the task's id. */
CHECKED bool rollout_row_find(Request *request, const char *name, RolloutRow *ret, GError **error);
/* NOT_FOUND (silently: `*ret_found` false) when the plan has no such service. */
CHECKED bool rollout_row_of(Request *request, const char *plan, const char *service,
                            RolloutRow *ret, bool *ret_found, GError **error);
/* Another one of this service that is not over and would not give way to a newer one; NULL: there is none. Caller frees. */
CHECKED bool rollout_under_way(Request *request, const char *service, char **ret_id,
                               char **ret_state, GError **error);
json_t *rollout_row_json(const RolloutRow *row); /* what a list shows of it; caller owns */
/* Everything that a screen needs. Caller owns. */
json_t *rollout_view(const Request *request, const RolloutRow *row);

/* Is nothing left that could move it? */
bool rollout_is_over(const RolloutRow *row);
/* Its task failed, and nobody works on it any more. */
bool rollout_has_given_up(const RolloutRow *row);
const char *rollout_deed(const char *word); /* "roll back" */
/* Why `word` (promote, promote_full, pause, resume, retry, rollback) is not possible now, whoever asks; NULL: it is. Caller
 * frees. */
char *rollout_refusal(const RolloutRow *row, const char *word);
json_t *rollout_allowed_actions(const Request *request, const RolloutRow *row); /* caller owns */
