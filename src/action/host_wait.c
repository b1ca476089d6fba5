/* host_wait.c - see host_wait.h. */
#include "action/host_wait.h"

#include "base/clock.h"

int64_t
host_wait_until_ms(int64_t again_ms, int64_t times, int64_t now_ms)
{
    int64_t patience_ms = (int64_t) 1000 << CLAMP(times, 0, 20);
    return MAX(again_ms, now_ms + MIN(patience_ms, HOST_WAIT_MS_MAX));
}

/* Caller frees. */
static char *
with_time(const char *why, int64_t again_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(again_ms / 1000);
    g_autofree char *shown = g_date_time_format(time, "%Y-%m-%d %H:%M:%S UTC");
    return g_strdup_printf("%s; it is asked again at %s", why, shown);
}

/* What the lease before left, with when the host wants to be asked again, and what it said. Our own turn to write comes when it is
 * said, however often. */
static json_t *
checkpoint_of(const StepCall *call, const Proposal *proposal, const char *why)
{
    const json_t *before = call->lease->checkpoint;
    json_t *checkpoint = json_is_object(before) ? json_deep_copy(before) : json_object();
    bool is_host = proposal->again_ms == 0;
    int64_t times = json_get_int(json_object_get(before, "host"), "times", 0);
    int64_t again_ms = proposal_again_ms(proposal);
    json_t *host = json_object();
    if (is_host)
        again_ms = host_wait_until_ms(again_ms, times, clock_wall_ms());
    g_autofree char *words = is_host ? with_time(why, again_ms) : g_strdup(why);
    json_set_int(host, "again_ms", again_ms);
    json_set_int(host, "times", is_host ? times + 1 : times);
    json_set_string(host, "why", words);
    json_object_set_new(checkpoint, "host", host);
    return checkpoint;
}

static bool
wait_until(int64_t until_ms, const char *why, json_t *checkpoint, Outcome *outcome)
{
    outcome->kind = OUTCOME_WAIT;
    outcome->until_ms = until_ms;
    outcome->message = g_strdup(why);
    outcome->checkpoint = checkpoint;
    return true;
}

bool
host_wait(const StepCall *call, const Proposal *proposal, GError *failed, Outcome *outcome,
          GError **error)
{
    g_autoptr(GError) mine = failed;
    if (proposal_again_ms(proposal) == 0) {
        g_propagate_error(error, g_steal_pointer(&mine));
        return false;
    }
    json_t *checkpoint = checkpoint_of(call, proposal, mine->message);
    const json_t *host = json_object_get(checkpoint, "host");
    return wait_until(json_get_int(host, "again_ms", 0), json_get_string(host, "why", ""),
                      checkpoint, outcome);
}

bool
host_waits_still(const StepCall *call, Outcome *outcome)
{
    json_t *checkpoint = call->lease->checkpoint;
    const json_t *host = json_object_get(checkpoint, "host");
    int64_t again_ms = json_get_int(host, "again_ms", 0);
    return again_ms > clock_wall_ms() &&
           wait_until(again_ms, json_get_string(host, "why", ""), json_incref(checkpoint), outcome);
}
