/* silence.c - see silence.h. */
#include "driver/silence.h"

#include "base/clock.h"

/* So many of them without any answer, and the server is gone. One that is overfull lets somebody in within minutes, and doing
 * a long statement again costs more than waiting for that. */
#define LOOKS 3

Silence
silence_begin(int tick_ms)
{
    return (Silence){.since_us = clock_monotonic_us(), .waited_ms = tick_ms};
}

bool
silence_is_due(const Silence *silence, int every_ms, int tick_ms)
{
    return silence->waited_ms % every_ms < tick_ms;
}

bool
silence_ends_soon(const Silence *silence, int64_t limit_ms, int tick_ms)
{
    int64_t at_ms = limit_ms * 3 / 4;
    return limit_ms > 0 && silence->waited_ms >= at_ms && silence->waited_ms - tick_ms < at_ms;
}

bool
silence_judge(Silence *silence, const char *why, bool is_answered, const char *place,
              GError **error)
{
    silence->unanswered = is_answered ? 0 : silence->unanswered + 1;
    if (why == NULL || (!is_answered && silence->unanswered < LOOKS))
        return true;
    return fail(error, ERR_UNREACHABLE,
                "the session with %s is lost: it said nothing for %" G_GINT64_FORMAT " s, and %s",
                place, (clock_monotonic_us() - silence->since_us) / G_USEC_PER_SEC, why);
}
