/* merging.c - see merging.h. */
#include "action/merging.h"

#include "action/team.h"
#include "base/clock.h"
#include "planner/changes.h"

#include <string.h>

/* Changes of the plan that are proposed before this one. */
static int
place_in_plan(const Proposal *proposal)
{
    const CodePlace *place = &proposal->place;
    json_t *change;
    size_t i;
    int before = 0;
    json_array_foreach(json_object_get(place->call->plan->json, "changes"), i, change)
    {
        if (change == place->change)
            break;
        before += change_is_proposed(change);
    }
    return before;
}

static int
first_by_hand(const Proposal *proposal)
{
    const json_t *pace = proposal->place.call->lease->pace;
    return MAX(proposal->config->merges_after, (int) json_get_int(pace, "by_hand", 0));
}

static bool
is_wanted(const Proposal *proposal)
{
    return proposal->config->merges && json_object_get(proposal->place.change, "merge") != NULL &&
           !proposal->pull.is_draft && place_in_plan(proposal) >= first_by_hand(proposal);
}

/* What it waits for; NULL: nothing. */
static const char *
obstacle(const Proposal *proposal, ChecksState checks, const Wishes *wishes)
{
    const char *ours = proposal->local.ours;
    if (g_strcmp0(proposal->tip, ours) != 0 || g_strcmp0(proposal->pull.head, ours) != 0)
        return "people added to it, so people merge it";
    if (checks == CHECKS_FAILED)
        return "its checks failed, so people look at it";
    if (checks != CHECKS_PASSED)
        return "Honk merges it when its checks have passed";
    if (proposal->place.call->lease->is_held)
        return "Honk merges it when its plan goes on";
    return wishes_is_open(wishes, clock_wall_ms()) ? NULL : "Honk merges it in its team's hours";
}

bool
merging_look(const Proposal *proposal, ChecksState checks, Merging *ret, char **ret_why,
             GError **error)
{
    g_autoptr(Wishes) wishes = NULL;
    *ret = MERGING_NONE;
    *ret_why = NULL;
    if (!is_wanted(proposal))
        return true;
    if (!team_wishes(proposal, &wishes, error))
        return false;
    if (wishes == NULL || !wishes->merges || wishes->refusal != NULL)
        return true;
    *ret_why = g_strdup(obstacle(proposal, checks, wishes));
    *ret = *ret_why != NULL ? MERGING_LATER : MERGING_NOW;
    return true;
}
