/* clock.h - time in milliseconds; tests may take it over. */
#pragma once

#include <stdint.h>
#include <time.h>

int64_t clock_wall_ms(void);      /* since 1970, UTC */
int64_t clock_monotonic_ms(void); /* for durations and deadlines inside one process */
int64_t clock_monotonic_us(void);
/* So long from now, as pthread_cond_timedwait() takes it: by the clock of the condition. Tests do not take it over. */
struct timespec clock_until(clockid_t clock, int64_t ms);
/* The wall clock, which never goes back as long as this one lives: when it is set back, time goes on
 * as it passes until the wall clock is there again. Zeroed at first; for one thread. */
typedef struct {
    int64_t wall_ms, monotonic_ms; /* as of the last call */
} ForwardClock;
int64_t clock_forward_ms(ForwardClock *clock);
int64_t clock_cpu_us(void);                /* CPU time of this process, user and system */
void clock_set_for_tests(int64_t wall_ms); /* freezes both; negative lets them run again */
/* "2026-11-23T09:17:00.123Z". Caller frees. */
char *clock_text(int64_t wall_ms);
