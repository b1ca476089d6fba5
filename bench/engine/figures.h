/* figures.h - times that were measured, and what they say together. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct {
    GArray *values; /* int64_t, microseconds */
} Times;

void times_init(Times *times);
void times_clear(Times *times);
void times_add(Times *times, int64_t us);
/* The value below which `share` of all are, in milliseconds; sorts. 0 when there are none. */
double times_ms(Times *times, double share);

int64_t thread_cpu_us(void); /* of the calling thread, user and system */
double median(double *values, int count);
/* Random numbers that are the same in every run. */
uint64_t dice(uint64_t *state);
