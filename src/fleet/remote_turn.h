/* remote_turn.h - one look at a rollout over there, for the files that it takes. */
#pragma once

#include "fleet/remote.h"

#define REMOTE_POLL_MS_MIN 200

typedef struct {
    const Fleet *fleet;
    const FleetErrand *errand;
    HttpClient *client;
    json_t *memory; /* the checkpoint to be: `remote` and what people are shown */
    json_t *remote; /* borrowed from it */
    FleetNews *news;
} RemoteTurn;

/* ---- remote.c ---- */

void remote_look_again(RemoteTurn *turn, int64_t wait_ms);
/* A word to rollout `id`; under one `what` it is said once, however often it is asked for. */
void remote_say(RemoteTurn *turn, const char *id, const char *word, const char *reason,
                const char *what, RemoteAnswer *ret);

/* ---- remote_words.c ---- */

/* What people say here is said there. What is refused there is heard; what nobody answers is said again. */
void remote_pass_on(RemoteTurn *turn, const char *id);
/* While our plan stands still it goes on being checked there, and back by itself, but not forward. What paused there for
 * another reason stays so. */
void remote_stand_still(RemoteTurn *turn, const char *id);
