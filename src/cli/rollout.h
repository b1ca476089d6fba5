/*
 * rollout.h - a rollout as the server tells it (GET /rollouts/ID), and the picture made of it.
 */
#pragma once

#include "cli/client.h"

/* `id`: PLAN.SERVICE, or the id of its task. Caller owns. */
CHECKED bool rollout_get(Invocation *call, const char *id, json_t **ret, GError **error);
/* State in colour, since when, why; revisions, how far it is, what would move it and who may. Caller frees. */
char *rollout_picture(const View *view, const json_t *rollout);
Tone rollout_tone(const char *state);
/* Nothing moves until a person does something, or at all. */
bool rollout_is_resting(const char *state);
/* Of a command that waited until it rests: 0 when all went as asked. */
int rollout_exit_status(const char *state);
/* Look on until it rests, from now on: drawn in place on a terminal, a line for each change elsewhere. Sets
 * call->status; `wanted` (may be NULL) is a state in which it is 0. */
CHECKED bool rollout_watch(Invocation *call, const char *id, bool plain, const char *wanted,
                           GError **error);
