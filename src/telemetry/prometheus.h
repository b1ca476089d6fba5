/*
 * prometheus.h - metrics as text (exposition format 0.0.4): one prefix, base units, _total for counters, starting at 0.
 *
 * Counters and gauges come from base/metric.h; what is counted in the state (plans by state, tasks by status) is handed in
 * as samples. No name of a plan or dataset ever becomes a label.
 */
#pragma once

#include "base/error.h"

typedef struct {
    const char *name; /* "honk_plans" */
    const char *help;
    const char *label;       /* "state", or NULL */
    const char *label_value; /* "running"; escaped here */
    int64_t value;
    const char *part, *part_value; /* one more label, or NULL */
} Sample;

/* Samples of one name stand together. Caller frees. */
char *prometheus_text(const Sample *samples, size_t count);
