/* orders.c - what target `processes` does when it is told to. Everything may be ordered twice. */
#include "fleet/processes.h"

#include "base/clock.h"
#include "base/id.h"

#include <string.h>

/* Of our own environment; the rest may hold what is none of a service's business. */
static const char *const inherited[] = {"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"};

static Instance *
find(const Processes *own, const char *id)
{
    for (guint i = 0; i < own->instances->len; i++) {
        Instance *instance = own->instances->pdata[i];
        if (strcmp(instance->id, id) == 0)
            return instance;
    }
    return NULL;
}

/* ---- starting ---- */

static char **
environment_of(const ServiceConfig *service, const json_t *template, const Instance *instance)
{
    char **env = g_new0(char *, 1);
    g_autofree char *port = g_strdup_printf("%d", instance->port);
    const char *variable;
    json_t *address;

    for (size_t i = 0; i < G_N_ELEMENTS(inherited); i++)
        if (g_getenv(inherited[i]) != NULL)
            env = g_environ_setenv(env, inherited[i], g_getenv(inherited[i]), TRUE);
    json_object_foreach(json_at(template, "revision.datasets"), variable, address) env =
        g_environ_setenv(env, variable, json_string_value(address), TRUE);
    for (char **own = service->environment; own != NULL && *own != NULL; own++) {
        char *value = strchr(*own, '=');
        g_autofree char *name = g_strndup(*own, (gsize) (value - *own));
        env = g_environ_setenv(env, name, value + 1, TRUE);
    }
    env = g_environ_setenv(env, "PORT", port, TRUE);
    env = g_environ_setenv(env, "HONK_SERVICE", service->name, TRUE);
    env = g_environ_setenv(env, "HONK_INSTANCE", instance->id, TRUE);
    return g_environ_setenv(env, "HONK_REVISION", instance->revision, TRUE);
}

static bool
launch(Processes *own, const json_t *template, const Instance *instance, const char *code,
       GError **error)
{
    const Fleet *fleet = own->base.fleet;
    g_auto(GStrv) env = environment_of(fleet->service, template, instance);
    g_autofree char *log = instance_path(own->folder, "logs", instance->id, "log");
    g_autofree char *lock = instance_path(own->folder, "instances", instance->id, "lock");
    LaunchSpec spec = {
        .argv = (const char *const *) fleet->service->command,
        .env = env,
        .cwd = code != NULL ? code : fleet->config->folder,
        .log = log,
        .lock = lock,
    };

    if (fleet->service->command == NULL || fleet->service->command[0] == NULL)
        return fail(error, ERR_INVALID, "service '%s' has no 'command' in honk.yaml",
                    fleet->service->name);
    return launch_orphan(&spec, error);
}

static bool
start_one(Processes *own, const json_t *template, GError **error)
{
    const Fleet *fleet = own->base.fleet;
    const char *commit = json_string_value(json_at(template, "revision.code"));
    g_autofree char *code = NULL;
    Instance *instance = g_new0(Instance, 1);

    instance->id = id_new("i");
    instance->revision = g_strdup(json_get_string(template, "name", ""));
    instance->code = g_strdup(commit);
    instance->started_ms = clock_wall_ms();
    instance->health = VERDICT_FAIL;
    bool ok = code_lay_out(fleet, own->folder, commit, &code, error) &&
              port_pick(json_get_string(fleet->where->settings, "path", ""), instance->id,
                        &instance->port, error) &&
              instance_write(own->folder, instance, error);
    if (!ok) {
        instance_free(instance);
        return false;
    }
    g_ptr_array_add(own->instances, instance);
    if (!launch(own, template, instance, code, error)) {
        /* nothing runs: the record is taken back, or found dead by the next look */
        if (instance_remove(own->folder, instance, NULL))
            g_ptr_array_remove(own->instances, instance);
        return false;
    }
    instance_look(own->folder, instance);
    return true;
}

static bool
start(Processes *own, const json_t *template, int count, GError **error)
{
    if (template == NULL)
        return fail(error, ERR_INTERNAL, "nothing says how service '%s' is started",
                    own->base.fleet->service->name);
    for (int i = 0; i < count; i++)
        if (!start_one(own, template, error))
            return false;
    return true;
}

/* ---- traffic and ends ---- */

static bool
move_traffic(Processes *own, const Order *order, GError **error)
{
    for (guint i = 0; i < own->instances->len; i++)
        ((Instance *) own->instances->pdata[i])->in_traffic = false;
    for (guint i = 0; order->ids != NULL && i < order->ids->len; i++) {
        Instance *instance = find(own, order->ids->pdata[i]);
        if (instance != NULL)
            instance->in_traffic = true;
    }
    return endpoints_write(own->folder, own->base.fleet->service->name, own->instances, error);
}

static bool
stop(Processes *own, const Order *order, GError **error)
{
    for (guint i = 0; i < order->ids->len; i++) {
        Instance *instance = find(own, order->ids->pdata[i]);
        if (instance == NULL || instance->is_draining)
            continue;
        instance->is_draining = true;
        instance->drain_until_ms = clock_wall_ms() + own->base.fleet->service->drain_ms;
        if (!instance_write(own->folder, instance, error))
            return false;
    }
    return true;
}

static bool
forget(Processes *own, const Order *order, GError **error)
{
    for (guint i = 0; i < order->ids->len; i++) {
        Instance *instance = find(own, order->ids->pdata[i]);
        if (instance == NULL || instance->is_alive)
            continue;
        if (!instance_remove(own->folder, instance, error))
            return false;
        g_ptr_array_remove(own->instances, instance);
    }
    return true;
}

static bool
set_template(Processes *own, const json_t *template, GError **error)
{
    if (template == NULL)
        json_object_del(own->service, "template");
    else
        json_object_set_new(own->service, "template", json_deep_copy(template));
    return service_write(own->folder, own->service, error);
}

bool
processes_obey(FleetHold *hold, const json_t *to, const Order *order, GError **error)
{
    Processes *own = (Processes *) hold;
    bool is_saved;
    const json_t *saved = processes_saved(hold, &is_saved);
    g_autofree char *code = NULL;

    if (!own->is_free)
        return fail(error, ERR_FENCED, "%s", own->occupant);
    switch (order->kind) {
    case ORDER_PREPARE:
        return code_lay_out(hold->fleet, own->folder,
                            json_string_value(json_at(to, "revision.code")), &code, error);
    case ORDER_START_NEW:
        return start(own, to, order->count, error);
    case ORDER_START_OLD:
        return start(own, saved, order->count, error);
    case ORDER_TRAFFIC:
        return move_traffic(own, order, error);
    case ORDER_STOP:
        return stop(own, order, error);
    case ORDER_FORGET:
        return forget(own, order, error);
    case ORDER_TEMPLATE_NEW:
        return set_template(own, to, error);
    case ORDER_TEMPLATE_OLD:
        return set_template(own, saved, error);
    case ORDER_KIND_COUNT:
        break;
    }
    g_assert_not_reached();
}
