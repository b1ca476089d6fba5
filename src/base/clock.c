/* clock.c - the system's clocks, or the one value that a test has set. */
#include "base/clock.h"

#include <glib.h>
#include <stdatomic.h>
#include <sys/resource.h>

static _Atomic int64_t frozen_ms = -1;

static int64_t
clock_read_us(clockid_t id)
{
    int64_t frozen = atomic_load(&frozen_ms);
    if (frozen >= 0)
        return frozen * 1000;
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_wall_ms(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_monotonic_ms(void)
{
    return clock_read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_monotonic_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

struct timespec
clock_until(clockid_t clock, int64_t ms)
{
    struct timespec until;
    clock_gettime(clock, &until);
    until.tv_nsec += (long) (ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

int64_t
clock_forward_ms(ForwardClock *clock)
{
    int64_t wall_ms = clock_wall_ms(), monotonic_ms = clock_monotonic_ms();
    if (wall_ms < clock->wall_ms)
        wall_ms = clock->wall_ms + MAX(monotonic_ms - clock->monotonic_ms, 0);
    *clock = (ForwardClock){wall_ms, monotonic_ms};
    return wall_ms;
}

int64_t
clock_cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t) usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

void
clock_set_for_tests(int64_t wall_ms)
{
    atomic_store(&frozen_ms, wall_ms < 0 ? -1 : wall_ms);
}

char *
clock_text(int64_t wall_ms)
{
    /* Round down before 1970 as well, so that the fraction stays positive. */
    int64_t ms = (wall_ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t) ((wall_ms - ms) / 1000);
    struct tm utc;
    char text[40] = "";
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    return g_strdup_printf("%s.%03dZ", text, (int) ms);
}
