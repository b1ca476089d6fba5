/* clock.h - time in milliseconds; tests may take it over. */
#pragma once

#include <stdint.h>

int64_t clock_wall_ms(void);      /* since 1970, UTC */
int64_t clock_monotonic_ms(void); /* for durations and deadlines inside one process */
int64_t clock_monotonic_us(void);
int64_t clock_cpu_us(void);                /* CPU time of this process, user and system */
void clock_set_for_tests(int64_t wall_ms); /* freezes both; negative lets them run again */
/* "2026-11-23T09:17:00.123Z". Caller frees. */
char *clock_text(int64_t wall_ms);
