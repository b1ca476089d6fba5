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
    json_t *allowed = json_array();

    for (size_t i = 0; i < rollout_transition_count; i++) {
        const Transition *row = &rollout_transitions[i];
        json_t *known;
        size_t k;
        bool is_word = false, is_known = false;
        for (size_t w = 0; w < G_N_ELEMENTS(words); w++)
            is_word |= strcmp(words[w], row->event) == 0;
        json_array_foreach(allowed, k, known) is_known |=
            strcmp(json_string_value(known), row->event) == 0;
        if (is_word && !is_known && (row->from & 1u << rollout->state) != 0 &&
            strcmp(row->event, "supersede") != 0)
            json_array_append_new(allowed, json_string(row->event));
    }
    return allowed;
}
