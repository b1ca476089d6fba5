/*
 * metric.h - counters and gauges, declared once in metrics.def, kept as atomics, printed as
 * Prometheus text.
 */
#pragma once

#include "base/error.h"

typedef enum {
#define METRIC(id, kind, name, help) METRIC_##id,
#include "base/metrics.def"
#undef METRIC
    METRIC_COUNT
} Metric;

void metric_add(Metric metric, int64_t by);
void metric_set(Metric metric, int64_t to);
int64_t metric_get(Metric metric);
const char *metric_name(Metric metric);
const char *metric_help(Metric metric);
bool metric_is_counter(Metric metric);
