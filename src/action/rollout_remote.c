/* rollout_remote.c - a rollout that the target decides by itself: ask, wait, look again. */
#include "action/move.h"
#include "action/service.h"
#include "base/clock.h"

#include <string.h>

bool
service_is_followed(const Service *service)
{
    return service->fleet.target->follow != NULL;
}

static bool
is_wanted_end(const char *state, bool is_back)
{
    return strcmp(state, is_back ? "rolled_back" : "healthy") == 0 ||
           (!is_back && strcmp(state, "skipped") == 0);
}

static bool
conclude(const Service *service, const FleetNews *news, bool is_back, Outcome *outcome,
         GError **error)
{
    const char *state = json_get_string(news->checkpoint, "state", "");
    outcome->checkpoint = json_incref(news->checkpoint);
    if (is_wanted_end(state, is_back)) {
        outcome_is(outcome, OUTCOME_DONE, json_incref(news->checkpoint));
        return true;
    }
    outcome->evidence = json_incref(news->checkpoint);
    return fail(error, ERR_MISMATCH, "'%s' is %s on '%s': %s", service->name, state,
                service->fleet.where->name, json_get_string(news->checkpoint, "why", ""));
}

bool
service_follow(Service *service, Outcome *outcome, GError **error)
{
    const Lease *lease = service->call->lease;
    const json_t *from = json_object_get(service->row, "from");
    FleetErrand errand = {
        .task = lease->id,
        .to = json_object_get(service->to, "revision"),
        .from = json_is_object(from) ? from : NULL,
        .spec = json_object_get(service->row, "rollout"),
        .is_back = lease->phase == PHASE_REVERSE,
        .is_held = lease->is_held,
        .checkpoint = lease->checkpoint,
        .signals = lease->signals,
        .now_ms = clock_wall_ms(),
    };
    g_auto(FleetNews) news = {0};
    if (!fleet_follow(&service->fleet, &errand, &news, error))
        return false;
    json_object_set(news.checkpoint, "template", service->to);
    outcome->signals_seen = news.signals_seen;
    if (news.is_over)
        return conclude(service, &news, errand.is_back, outcome, error);
    outcome->kind = OUTCOME_WAIT;
    outcome->until_ms = news.look_ms;
    outcome->message = g_strdup(json_get_string(news.checkpoint, "why", ""));
    outcome->checkpoint = json_incref(news.checkpoint);
    return true;
}

/* Whether it was asked for, nobody here knows: the same key finds out, in both directions. */
void
service_probe_followed(const Service *service, Outcome *outcome)
{
    const json_t *checkpoint = service->call->lease->checkpoint;
    outcome->kind = OUTCOME_PARTLY;
    outcome->checkpoint = checkpoint != NULL ? json_deep_copy(checkpoint) : json_object();
}
