/* metric.c - one atomic number for each line of metrics.def. */
#include "base/metric.h"

#include <stdatomic.h>

static _Atomic int64_t values[METRIC_COUNT];

enum { COUNTER, GAUGE };

static const struct {
    const char *name;
    const char *help;
    int kind;
} metrics[METRIC_COUNT] = {
#define METRIC(id, kind_, name_, help_)                                                            \
    [METRIC_##id] = {.name = name_, .help = help_, .kind = kind_},
#include "base/metrics.def"
#undef METRIC
};

void
metric_add(Metric metric, int64_t by)
{
    atomic_fetch_add_explicit(&values[metric], by, memory_order_relaxed);
}

void
metric_set(Metric metric, int64_t to)
{
    atomic_store_explicit(&values[metric], to, memory_order_relaxed);
}

int64_t
metric_get(Metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

const char *
metric_name(Metric metric)
{
    return metrics[metric].name;
}

const char *
metric_help(Metric metric)
{
    return metrics[metric].help;
}

bool
metric_is_counter(Metric metric)
{
    return metrics[metric].kind == COUNTER;
}
