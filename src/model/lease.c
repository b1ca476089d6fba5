/* lease.c - what a worker is asked to do, as JSON and back. */
#include "model/lease.h"

#include <string.h>

json_t *
lease_to_json(const Lease *lease)
{
    json_t *json = json_object();
    json_set_string(json, "id", lease->id);
    json_set_string(json, "plan", lease->plan);
    json_set_string(json, "step", lease->step);
    json_set_string(json, "action", lease->action);
    json_set_string(json, "phase", task_phase_name(lease->phase));
    json_set_string(json, "mode", lease->is_probe ? "probe" : "run");
    json_set_string(json, "key", lease->key);
    json_object_set_new(json, "params",
                        lease->params != NULL ? json_incref(lease->params) : json_object());
    json_set_int(json, "attempt", lease->attempt);
    json_set_int(json, "token", lease->token);
    json_set_int(json, "lease_ms", lease->lease_ms);
    if (lease->plan_digest == NULL)
        json_object_set_new(json, "plan_digest", json_null());
    else
        json_set_string(json, "plan_digest", lease->plan_digest);
    json_set_string(json, "why", lease->why);
    json_object_set_new(json, "intent",
                        lease->intent != NULL ? json_incref(lease->intent) : json_null());
    json_set_bool(json, "children_done", lease->children_done);
    json_set_bool(json, "held", lease->is_held);
    json_object_set_new(json, "evidence",
                        lease->evidence != NULL ? json_incref(lease->evidence) : json_null());
    json_object_set_new(json, "checkpoint",
                        lease->checkpoint != NULL ? json_incref(lease->checkpoint) : json_null());
    json_object_set_new(json, "signals",
                        lease->signals != NULL ? json_incref(lease->signals) : json_array());
    if (lease->throttle != NULL)
        json_object_set(json, "throttle", lease->throttle);
    if (lease->pace != NULL)
        json_object_set(json, "pace", lease->pace);
    if (lease->left != NULL)
        json_object_set(json, "left", lease->left);
    return json;
}

void
lease_free(Lease *lease)
{
    if (lease == NULL)
        return;
    g_free(lease->id);
    g_free(lease->plan);
    g_free(lease->step);
    g_free(lease->action);
    g_free(lease->key);
    g_free(lease->plan_digest);
    g_free(lease->why);
    json_decref(lease->params);
    json_decref(lease->intent);
    json_decref(lease->evidence);
    json_decref(lease->checkpoint);
    json_decref(lease->signals);
    json_decref(lease->throttle);
    json_decref(lease->pace);
    json_decref(lease->left);
    g_free(lease);
}

/* An object, or nothing when it is absent or null. */
static bool
read_object(const json_t *json, const char *key, json_t **ret, GError **error)
{
    json_t *value = json_object_get(json, key);
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_object(value))
        return fail(error, ERR_INVALID, "lease.%s is not an object", key);
    *ret = json_incref(value);
    return true;
}

/* Workers of a server without signals hear none. */
static bool
read_signals(const json_t *json, Lease *lease, GError **error)
{
    json_t *signals = json_object_get(json, "signals");
    if (signals != NULL && !json_is_array(signals))
        return fail(error, ERR_INVALID, "lease.signals is not a list");
    lease->signals = signals != NULL ? json_incref(signals) : json_array();
    return true;
}

static bool
read_strings(const json_t *json, Lease *lease, GError **error)
{
    struct {
        const char *key;
        char **to;
    } members[] = {
        {"id", &lease->id},         {"plan", &lease->plan}, {"step", &lease->step},
        {"action", &lease->action}, {"key", &lease->key},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const char *text = NULL;
        if (!json_need_string(json, members[i].key, "lease", &text, error))
            return false;
        *members[i].to = g_strdup(text);
    }
    lease->plan_digest = g_strdup(json_get_string(json, "plan_digest", NULL));
    lease->why = g_strdup(json_get_string(json, "why", NULL));
    return true;
}

static bool
read_words(const json_t *json, Lease *lease, GError **error)
{
    const char *phase = NULL, *mode = NULL;
    if (!json_need_string(json, "phase", "lease", &phase, error) ||
        !json_need_string(json, "mode", "lease", &mode, error))
        return false;
    if (!task_phase_from_name(phase, &lease->phase))
        return fail(error, ERR_INVALID, "lease.phase '%s' is neither 'forward' nor 'reverse'",
                    phase);
    if (strcmp(mode, "run") != 0 && strcmp(mode, "probe") != 0)
        return fail(error, ERR_INVALID, "lease.mode '%s' is neither 'run' nor 'probe'", mode);
    lease->is_probe = strcmp(mode, "probe") == 0;
    return true;
}

bool
lease_from_json(const json_t *json, Lease **ret, GError **error)
{
    if (!json_is_object(json))
        return fail(error, ERR_INVALID, "lease is not an object");
    g_autoptr(Lease) lease = g_new0(Lease, 1);
    int64_t attempt = 0;
    if (!read_strings(json, lease, error) || !read_words(json, lease, error) ||
        !json_need_int(json, "attempt", "lease", &attempt, error) ||
        !json_need_int(json, "token", "lease", &lease->token, error) ||
        !json_need_int(json, "lease_ms", "lease", &lease->lease_ms, error) ||
        !read_object(json, "params", &lease->params, error) ||
        !read_object(json, "intent", &lease->intent, error) ||
        !read_object(json, "evidence", &lease->evidence, error) ||
        !read_object(json, "checkpoint", &lease->checkpoint, error) ||
        !read_object(json, "throttle", &lease->throttle, error) ||
        !read_object(json, "pace", &lease->pace, error) || !read_signals(json, lease, error))
        return false;
    if (json_is_array(json_object_get(json, "left")))
        lease->left = json_incref(json_object_get(json, "left"));
    lease->attempt = (int) attempt;
    lease->children_done = json_get_bool(json, "children_done", false);
    lease->is_held = json_get_bool(json, "held", false);
    if (lease->params == NULL)
        lease->params = json_object();
    *ret = g_steal_pointer(&lease);
    return true;
}
