/* prometheus.c - see prometheus.h. */
#include "telemetry/prometheus.h"

#include "base/metric.h"

#include <inttypes.h>
#include <string.h>

static void
head_append(GString *text, const char *name, const char *help, const char *type)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Backslash, quote and line end are escaped in label values. */
static void
label_append(GString *text, const char *label, const char *value)
{
    g_string_append_printf(text, "%s=\"", label);
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            g_string_append(text, "\\n");
        else if (*value == '"' || *value == '\\')
            g_string_append_printf(text, "\\%c", *value);
        else
            g_string_append_c(text, *value);
    }
    g_string_append_c(text, '"');
}

static void
labels_append(GString *text, const Sample *sample)
{
    if (sample->label == NULL)
        return;
    g_string_append_c(text, '{');
    if (sample->part != NULL) {
        label_append(text, sample->part, sample->part_value);
        g_string_append_c(text, ',');
    }
    label_append(text, sample->label, sample->label_value);
    g_string_append_c(text, '}');
}

char *
prometheus_text(const Sample *samples, size_t count)
{
    GString *text = g_string_new(NULL);

    head_append(text, "honk_build_info", "The version that runs.", "gauge");
    g_string_append(text, "honk_build_info{version=\"" HONK_VERSION "\"} 1\n");
    for (Metric metric = 0; metric < METRIC_COUNT; metric++) {
        head_append(text, metric_name(metric), metric_help(metric),
                    metric_is_counter(metric) ? "counter" : "gauge");
        g_string_append_printf(text, "%s %" PRId64 "\n", metric_name(metric), metric_get(metric));
    }
    for (size_t i = 0; i < count; i++) {
        const Sample *sample = &samples[i];
        if (i == 0 || strcmp(samples[i - 1].name, sample->name) != 0)
            head_append(text, sample->name, sample->help, "gauge");
        g_string_append(text, sample->name);
        labels_append(text, sample);
        g_string_append_printf(text, " %" PRId64 "\n", sample->value);
    }
    return g_string_free(text, FALSE);
}
