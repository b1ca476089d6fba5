/*
 * rollout_told.h - what is answered to whoever asks for a rollout, or speaks to one.
 *
 * It is made inside the writer's transaction, so that who asks again under the same key hears the same.
 */
#pragma once

#include "model/config.h"
#include "server/rollouts.h"

typedef struct {
    char *id, *service, *state, *migration;
    char *digest; /* of what was asked for: the operator's yes is to that; NULL: no yes is needed */
    const PolicyConfig *policy;
} RolloutTold;

void rollout_told_free(void *told);
RolloutTold *rollout_told_new(const RolloutRow *row);
AskWriteFn rollout_told_write; /* data: a RolloutTold */
/* Nothing is to be done: answer with what there is. */
CHECKED bool rollout_answer_as_it_is(Request *request, const RolloutRow *row, GError **error);
