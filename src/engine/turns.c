/*
 * turns.c - who may write to a host of repositories, and when: one after the other, with so much time between them as the host bears.
 *
 * A worker asks before each write and waits as long as it is told, which is its turn; nobody counts afterwards. How many there
 * are in a minute is a limit as all others (`writes:acme`, `writes:*`). Turns are not on disk: who asks first after a start waits as
 * if somebody had written just before.
 */
#include "base/json.h"
#include "engine/decide.h"
#include "engine/slots.h"

#define A_MINUTE_DEFAULT 60 /* one a second, which is what GitHub asks for */
#define MINUTE_MS 60000
/* Whose turn is far away asks again, because somebody may have changed the limit. Longer than a lease is held for it. */
#define ASKS_AGAIN_MS (WRITE_TURN_MS_MAX + 5000)

static int64_t
spacing_ms(const Resource *resource)
{
    int64_t count = resource->count < 0 ? A_MINUTE_DEFAULT : resource->count;
    return count == 0 ? MINUTE_MS : MAX(MINUTE_MS / count, 1);
}

int64_t
write_turn(Beat *beat, const char *host)
{
    g_autofree char *name = g_strconcat("writes:", host, NULL);
    Resource *resource = resource_get(beat->state, name);
    int64_t between_ms = spacing_ms(resource);
    int64_t earliest_ms =
        resource->turn_ms == 0 ? beat->now_ms + between_ms : resource->turn_ms + between_ms;
    int64_t at_ms = MAX(beat->now_ms, earliest_ms), wait_ms = at_ms - beat->now_ms;
    if (resource->count == 0) /* nothing is written until somebody allows it */
        return ASKS_AGAIN_MS;
    if (wait_ms > WRITE_TURN_MS_MAX)
        return MIN(wait_ms, ASKS_AGAIN_MS);
    resource->turn_ms = at_ms;
    return wait_ms;
}
