/* leaving.c - see leaving.h. */
#include "action/leaving.h"

#include "base/text.h"
#include "model/action_info.h"

#include <string.h>

/* The last of its kind; NULL: nobody has said so. Borrowed. */
static const json_t *
word_of(const StepCall *call)
{
    const json_t *found = NULL;
    json_t *signal;
    size_t i;
    json_array_foreach(call->lease->signals, i,
                       signal) if (strcmp(json_get_string(signal, "signal", ""), SKIP_WORD) == 0)
        found = signal;
    return found;
}

bool
leaving_is_asked(const StepCall *call)
{
    return word_of(call) != NULL;
}

/* "user:default/bo left it out: they drop it next week". Caller frees. */
static char *
sentence(const json_t *word)
{
    g_autofree char *reason = text_printable(json_get_string(word, "reason", ""));
    return g_strdup_printf("%s left it out: %s", json_get_string(word, "actor", "somebody"),
                           reason);
}

static bool
close_with(Proposal *proposal, const json_t *word, GError **error)
{
    g_autofree char *reason = text_printable(json_get_string(word, "reason", ""));
    g_autofree char *why = g_strdup_printf(
        "The migration `%s` goes on without this repository, as %s says:\n\n> %s\n\nThe branch "
        "`%s` stays, for whoever wants to take it up by hand.",
        proposal->place.name.migration, json_get_string(word, "actor", "somebody"), reason,
        proposal->place.branch);
    return proposal_close(proposal, why, error);
}

bool
leaving(const StepCall *call, Proposal *proposal, Outcome *outcome, GError **error)
{
    const json_t *word = word_of(call);
    bool is_merged = proposal->is_landed || proposal->pull.state == PULL_MERGED;
    if (!is_merged && !close_with(proposal, word, error))
        return false;
    json_t *evidence = proposal_evidence(proposal);
    g_autofree char *why = sentence(word);
    if (!is_merged)
        json_set_string(evidence, "left_out", why);
    outcome->signals_seen = json_get_int(word, "n", 0);
    outcome_is(outcome, OUTCOME_DONE, evidence);
    return true;
}
