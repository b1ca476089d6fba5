/* figures.c - percentiles, medians, processor time. */
#include "figures.h"

#include <stdlib.h>
#include <sys/resource.h>

void
times_init(Times *times)
{
    times->values = g_array_new(FALSE, FALSE, sizeof(int64_t));
}

void
times_clear(Times *times)
{
    g_clear_pointer(&times->values, g_array_unref);
}

void
times_add(Times *times, int64_t us)
{
    g_array_append_val(times->values, us);
}

static int
compare_times(const void *a, const void *b)
{
    int64_t one = *(const int64_t *) a, other = *(const int64_t *) b;
    return one < other ? -1 : one > other;
}

double
times_ms(Times *times, double share)
{
    if (times->values->len == 0)
        return 0;
    g_array_sort(times->values, compare_times);
    guint at = (guint) (share * (times->values->len - 1) + 0.5);
    return (double) g_array_index(times->values, int64_t, at) / 1000;
}

int64_t
thread_cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int
compare_doubles(const void *a, const void *b)
{
    double one = *(const double *) a, other = *(const double *) b;
    return one < other ? -1 : one > other;
}

double
median(double *values, int count)
{
    qsort(values, (size_t) count, sizeof(*values), compare_doubles);
    return count == 0 ? 0 : values[count / 2];
}

uint64_t
dice(uint64_t *state)
{
    /* xorshift64*: small, and far better than needed here */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}
