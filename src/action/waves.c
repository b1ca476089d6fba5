/* waves.c - see waves.h. */
#include "action/waves.h"

#include "action/move.h"
#include "model/change_key.h"
#include "planner/changes.h"

#include <string.h>

static json_t *
child_of(const StepCall *call, const json_t *change, const Waves *waves)
{
    const char *consumer = json_get_string(change, "consumer", "");
    const json_t *more = waves->params;
    json_t *child = json_object(), *params = json_object();
    json_set_string(params, "consumer", consumer);
    if (more != NULL)
        json_object_update(params, (json_t *) more);
    json_set_string(child, "key", change_key(change));
    json_object_set_new(child, "params", params);
    json_set_int(child, "weight", 1);
    g_autofree char *spare = change_spare(change);
    if (change_may_be_left(call->plan, consumer))
        json_set_string(child, "spare", spare);
    if (waves->uses != NULL)
        json_object_set_new(child, "uses", waves->uses(change));
    return child;
}

size_t
waves_done(const StepCall *call)
{
    return call->lease->children_done ? (size_t) json_get_int(call->lease->evidence, "count", 0)
                                      : 0;
}

size_t
waves_begin(const Waves *waves, size_t done)
{
    size_t begin = 0, i = 0;
    while (begin + waves->sizes[i] < done) {
        begin += waves->sizes[i];
        i += i + 1 < waves->count;
    }
    return begin;
}

static size_t
size_after(const Waves *waves, size_t done)
{
    size_t before = 0, i = 0;
    while (i + 1 < waves->count && before + waves->sizes[i] <= done)
        before += waves->sizes[i++];
    return waves->sizes[i];
}

bool
lease_is_left(const Lease *lease, const char *consumer)
{
    json_t *spare;
    size_t i;
    json_array_foreach(lease->left, i, spare) if (change_spare_is_of(json_string_value(spare),
                                                                     consumer)) return true;
    return false;
}

bool
lease_is_left_change(const Lease *lease, const json_t *change)
{
    g_autofree char *spare = change_spare(change);
    return json_holds(lease->left, spare);
}

void
waves_next(const StepCall *call, const Waves *waves, Outcome *outcome)
{
    const json_t *changes = json_object_get(call->plan->json, "changes");
    const json_t *sums = json_object_get(call->lease->evidence, "sums");
    size_t done = waves_done(call), size = size_after(waves, done), i, seen = 0;
    g_autoptr(json_t) children = json_array();
    json_t *change;

    json_array_foreach(changes, i, change)
    {
        if (!waves->takes(change))
            continue;
        if (seen >= done && json_array_size(children) < size)
            json_array_append_new(children, child_of(call, change, waves));
        seen++;
    }
    if (json_array_size(children) > 0) {
        outcome->kind = OUTCOME_MORE;
        outcome->children = json_incref(children);
        return;
    }
    json_t *evidence = json_is_object(sums) ? json_deep_copy(sums) : json_object();
    json_set_int(evidence, "changes", (int64_t) done); /* a repository's, or each part of one */
    outcome_is(outcome, OUTCOME_DONE, evidence);
}
