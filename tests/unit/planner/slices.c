/* slices.c - see slices.h. */
#include "slices.h"

#include <string.h>

static const char *folder;

void
slices_in(const char *path)
{
    folder = path;
}

json_t *
slice_read_named(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s.slice.json", folder, name);
    json_t *slice = NULL;
    g_autoptr(GError) error = NULL;

    if (!json_read_file(path, &slice, &error))
        g_error("%s", error->message);
    return slice;
}

Plan *
plan_must(const json_t *slice)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) observations = NULL;
    Plan *plan = NULL;

    if (!planner_plan(slice, diags, &plan, &observations, &error))
        g_error("%s", error->message);
    return plan;
}

json_t *
agent_plan(const char *steps)
{
    g_autofree char *text = g_strdup_printf("{\"agent\": \"test@1\", \"steps\": %s}", steps);
    json_t *json = NULL;
    g_autoptr(GError) error = NULL;
    if (!json_parse(text, strlen(text), "test", &json, &error))
        g_error("%s", error->message);
    return json;
}
