/* words.c - what people say to a rollout. */
#include "rollout/inner.h"

#include <string.h>

static const char *const words[] = {"rollback",     "supersede", "retry", "pause",
                                    "promote_full", "promote",   "resume"};

static void
listen(Turn *turn, const json_t *signals, const char *word)
{
    json_t *signal;
    size_t i;

    json_array_foreach(signals, i, signal)
    {
        const char *reason = json_get_string(signal, "reason", NULL);
        if (strcmp(json_get_string(signal, "signal", ""), word) != 0 ||
            turn_row(turn, word) == NULL)
            continue;
        turn->actor = json_get_string(signal, "actor", NULL);
        if (reason != NULL && *reason != '\0')
            turn_move(turn, word, word, "%s: %s", turn_row(turn, word)->text, reason);
        else
            turn_move(turn, word, word, NULL);
        turn->actor = NULL;
    }
}

/* The way back is heard first, whatever was said before it. */
void
turn_listen(Turn *turn, const json_t *signals)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        listen(turn, signals, words[i]);
}

bool
rollout_yields(const Rollout *rollout)
{
    return rollout->state == ROLLOUT_FROZEN || rollout->state == ROLLOUT_DEGRADED;
}

json_t *
rollout_allowed(const Rollout *rollout)
{
    const Turn turn = {.rollout = (Rollout *) rollout};
    json_t *allowed = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i], "supersede") != 0 && turn_row(&turn, words[i]) != NULL)
            json_array_append_new(allowed, json_string(words[i]));
    return allowed;
}
