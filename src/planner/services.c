/* services.c - see services.h; the telling of it is text_services.c. */
#include "planner/services.h"

#include <string.h>

static const char *
text_of(const json_t *row, const char *member)
{
    return json_get_string(row, member, "");
}

bool
service_is_rolled_out(const json_t *row)
{
    return json_object_get(row, "problem") == NULL;
}

/* It runs what it is to run. */
static bool
is_idle(const json_t *row)
{
    return json_get_bool(row, "idle", false);
}

json_t *
services_planned(const json_t *slice)
{
    json_t *planned = json_array(), *row;
    size_t i;

    json_array_foreach(json_object_get(slice, "services"), i, row) if (!is_idle(row))
        json_array_append_new(planned, json_deep_copy(row));
    if (json_array_size(planned) > 0)
        return planned;
    json_decref(planned);
    return NULL;
}

void
services_wish(json_t *services, const json_t *params)
{
    const char *strategy = json_get_string(params, "rollout_strategy", NULL);
    int64_t instances = json_get_int(params, "max_instances", 0);
    json_t *row;
    size_t i;

    json_array_foreach(services, i, row)
    {
        json_t *how = json_object_get(row, "rollout");
        if (strategy != NULL && strcmp(strategy, text_of(how, "strategy")) != 0) {
            json_set_string(how, "strategy", strategy);
            json_object_del(how, "steps"); /* of the other strategy */
        }
        if (instances > 0)
            json_set_int(how, "max_instances", instances);
        if (strategy != NULL || instances > 0)
            json_object_set_new(
                row, "how",
                json_sprintf("%s, at most %d instances at a time, as the agent wishes",
                             text_of(how, "strategy"),
                             (int) json_get_int(how, "max_instances", 1)));
    }
}

bool
services_guard(const json_t *services, char **ret, GError **error)
{
    g_autoptr(json_t) guarded = json_object();
    json_t *row;
    size_t i;

    json_array_foreach(services, i, row)
        json_object_set(guarded, text_of(row, "service"), json_object_get(row, "from"));
    return json_digest(guarded, ret, error);
}

bool
services_any(const json_t *services)
{
    json_t *row;
    size_t i;
    json_array_foreach(services, i, row) if (service_is_rolled_out(row)) return true;
    return false;
}

json_t *
services_labels(const json_t *services)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    json_t *labels = json_array(), *row;
    size_t i;

    json_array_foreach(services, i,
                       row) if (service_is_rolled_out(row) &&
                                g_hash_table_add(known, (void *) text_of(row, "target")))
        json_array_append_new(labels, json_sprintf("fleet:%s", text_of(row, "target")));
    return labels;
}

static int64_t
last_wave(const json_t *services)
{
    json_t *row;
    int64_t last = 0;
    size_t i;
    json_array_foreach(services, i, row) last = MAX(last, json_get_int(row, "wave", 0));
    return last;
}

char *
services_summary(const json_t *services)
{
    json_t *row;
    int count = 0;
    size_t i;

    json_array_foreach(services, i, row) count += service_is_rolled_out(row);
    int64_t waves = last_wave(services);
    return g_strdup_printf("%d service%s in %" G_GINT64_FORMAT " wave%s", count,
                           count == 1 ? "" : "s", waves, waves == 1 ? "" : "s");
}

int64_t
services_estimate_ms(const json_t *services)
{
    int64_t longest = 0;
    json_t *row;
    size_t i;
    json_array_foreach(services, i, row) if (service_is_rolled_out(row)) longest =
        MAX(longest, json_get_int(row, "estimate_ms", 0));
    return longest * last_wave(services);
}

/* ---- drift ---- */

static const json_t *
find_row(const json_t *services, const char *name)
{
    json_t *row;
    size_t i;
    json_array_foreach(services, i, row) if (strcmp(text_of(row, "service"), name) == 0) return row;
    return NULL;
}

static void
drift_of_revision(json_t *to, const char *name, const json_t *was, const json_t *is)
{
    json_t *address, *datasets = json_object_get(is, "datasets");
    const char *variable;

    if (json_is_object(was) != json_is_object(is)) {
        json_say(to,
                 json_is_object(is) ? "service '%s' did not run, and does now"
                                    : "service '%s' runs no more",
                 name);
        return;
    }
    if (strcmp(text_of(was, "code"), text_of(is, "code")) != 0)
        json_say(to, "service '%s' ran commit %.12s, runs %.12s", name,
                 json_get_string(was, "code", "none"), json_get_string(is, "code", "none"));
    json_object_foreach(json_object_get(was, "datasets"), variable, address)
    {
        const char *now = json_get_string(datasets, variable, "nothing");
        if (strcmp(now, json_string_value(address)) != 0)
            json_say(to, "service '%s' named '%s' as %s, names '%s'", name,
                     json_string_value(address), variable, now);
    }
}

void
services_drift(json_t *to, const json_t *before, const json_t *now)
{
    json_t *row;
    size_t i;

    json_array_foreach(before, i, row)
    {
        const json_t *is = find_row(now, text_of(row, "service"));
        if (is == NULL)
            json_say(to, "service '%s' has nothing to do with it any more",
                     text_of(row, "service"));
        else if (!json_equal(json_object_get(row, "from"), json_object_get(is, "from")))
            drift_of_revision(to, text_of(row, "service"), json_object_get(row, "from"),
                              json_object_get(is, "from"));
    }
    json_array_foreach(now, i,
                       row) if (!is_idle(row) && find_row(before, text_of(row, "service")) == NULL)
        json_say(to, "service '%s' names it now", text_of(row, "service"));
}

/* ---- a rollout of its own ---- */

static json_t *
own_step(const json_t *services)
{
    const json_t *row = json_array_get(services, 0);
    json_t *params = json_object();

    json_set_string(params, "group", json_get_string(row, "group", NULL));
    return json_pack(
        "{s:s, s:s, s:o, s:[], s:o, s:[], s:{s:s, s:s}, s:b, s:o}", "name", "rollout", "action",
        "rollout", "params", params, "after", "needs", services_labels(services), "uses", "reverse",
        "action", "roll-back", "text", "give the service back what it ran before", "irreversible",
        0, "text", json_sprintf("roll out '%s': %s", text_of(row, "service"), text_of(row, "how")));
}

bool
services_own_plan(const json_t *slice, Plan **ret, GError **error)
{
    const json_t *policy = json_object_get(slice, "policy");
    g_autoptr(json_t) services = services_planned(slice);
    const char *name = text_of(json_array_get(services, 0), "service");
    g_autofree char *guard = NULL;

    if (!services_guard(services, &guard, error))
        return false;
    g_autoptr(json_t) plan = json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:[o], s:O, s:{s:s, s:s}, s:[], s:i, s:I, s:i, "
        "s:[], s:[]}",
        "apiVersion", "honk/v1", "kind", "Plan", "name", json_sprintf("roll-out-%s", name),
        "migration", json_sprintf("service:default/%s", name), "author",
        json_get_string(slice, "author", ""), "strategy", "rollout", "agent", "honk", "owner", "",
        "steps", own_step(services), "services", services, "guards", "policy",
        json_get_string(policy, "digest", ""), "services", guard, "consumers", "soak_ms", 0,
        "rollback_window_ms", (json_int_t) json_get_int(policy, "rollback_window_ms", 0),
        "retention_ms", 0, "irreversible", "risks");
    return plan_from_json(plan, ret, error);
}
