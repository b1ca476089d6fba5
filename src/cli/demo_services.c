/*
 * demo_services.c - the company's services: at work before anything moves, and ended when the demo ends.
 *
 * They belong to nobody's process tree, as services do, so that a demo that is killed leaves them at work. The next one
 * finds them by what their target wrote down, and starts only what is missing.
 */
#include "base/clock.h"
#include "base/text.h"
#include "change/repository.h"
#include "cli/demo.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define HAND "demo"    /* who has a service in hand while it is started */
#define START_MS 30000 /* each takes a third of a second */
#define STOP_MS 10000  /* they answer what they were asked, and end */
#define POLL_US 50000

static bool
settings_read(Demo *demo, GError **error)
{
    g_autofree char *path = g_build_filename(demo->folder, "honk.yaml", NULL);
    g_autoptr(Diags) diags = diags_new();
    return demo->config != NULL || config_read(path, diags, &demo->config, error);
}

static bool
lay_out(const char *address, const char *commit, const char *folder, void *data, GError **error)
{
    g_autoptr(Repository) repository = NULL;
    return repository_open(data, address, &repository, error) &&
           repository_lay_out(repository, commit, folder, NULL, error);
}

static bool
service_open(const Demo *demo, guint index, Fleet *ret, GError **error)
{
    const ServiceConfig *service = demo->config->fleet.services->pdata[index];
    if (!fleet_open(demo->config, service->name, ret, error))
        return false;
    ret->lay_out = lay_out;
    ret->lay_out_data = demo->config;
    return true;
}

/* ---- what it runs at first ---- */

static bool
dataset_address(Demo *demo, const char *name, json_t *ret, const char *variable, GError **error)
{
    g_autofree char *path = g_strdup_printf("/entities/resource/default/%s", name);
    g_autoptr(json_t) answer = NULL;
    if (!client_call(demo->call, "GET", path, NULL, &answer, error))
        return false;
    const json_t *annotations = json_at(answer, "entity.metadata.annotations");
    json_set_string(ret, variable, json_get_string(annotations, "honk/dataset-url", ""));
    return true;
}

/* The head of its repository's default branch, and the datasets that honk.yaml names. */
static bool
first_template(Demo *demo, const Fleet *fleet, json_t **ret, GError **error)
{
    const ServiceConfig *service = fleet->service;
    g_autoptr(Repository) repository = NULL;
    g_autofree char *branch = NULL, *commit = NULL;
    g_autoptr(json_t) datasets = json_object(), revision = NULL;
    const char *variable = NULL;
    json_t *dataset = NULL;
    json_object_foreach(service->datasets, variable, dataset)
    {
        if (!dataset_address(demo, json_string_value(dataset), datasets, variable, error))
            return false;
    }
    if (!repository_open(demo->config, service->repository, &repository, error) ||
        !repository_head(repository, &branch, &commit, error))
        return false;
    revision = revision_of(commit, datasets);
    return template_make(revision, service->instances, ret, error);
}

/* ---- at work ---- */

static bool
take_in_hand(const Fleet *fleet, FleetHold **ret, GError **error)
{
    const FleetClaim claim = {.rollout = HAND, .token = clock_wall_ms()};
    return fleet_hold(fleet, &claim, ret, error);
}

static bool
obey(FleetHold *hold, const json_t *to, OrderKind kind, int count, GPtrArray *ids, GError **error)
{
    const Order order = {.kind = kind, .count = count, .ids = ids};
    return fleet_obey(hold, to, &order, error);
}

/* Living instances that answer with a yes, or dead ones. */
static GPtrArray *
ids_of(const Scene *scene, bool is_alive)
{
    GPtrArray *ids = g_ptr_array_new();
    for (size_t i = 0; i < scene->count; i++) {
        const SceneInstance *instance = &scene->instances[i];
        if (!instance->is_draining && instance->is_alive == is_alive &&
            (!is_alive || instance->health == VERDICT_PASS))
            g_ptr_array_add(ids, (void *) instance->id);
    }
    return ids;
}

static int
count_alive(const Scene *scene)
{
    int count = 0;
    for (size_t i = 0; i < scene->count; i++)
        count += scene->instances[i].is_alive && !scene->instances[i].is_draining;
    return count;
}

/* Start what is missing. `*ret_rests`: nobody else moves the service at the moment. */
static bool
service_start(Demo *demo, const Fleet *fleet, bool *ret_rests, GError **error)
{
    g_autoptr(FleetHold) hold = NULL;
    g_autoptr(json_t) there = NULL, to = NULL;
    g_auto(FleetScene) seen = {0};
    *ret_rests = false;
    if (!fleet_describe(fleet, &there, error))
        return false;
    bool is_new = !json_is_object(json_object_get(there, "template"));
    to = is_new ? NULL : json_incref(json_object_get(there, "template"));
    if ((is_new && !first_template(demo, fleet, &to, error)) ||
        !take_in_hand(fleet, &hold, error) || !fleet_scene(hold, to, &seen, error))
        return false;
    if (seen.scene.is_taken) /* a rollout has it, and looks after it */
        return true;
    *ret_rests = true;
    g_autoptr(GPtrArray) dead = ids_of(&seen.scene, false);
    int missing = (int) json_get_int(to, "instances", 0) - count_alive(&seen.scene);
    return obey(hold, to, ORDER_FORGET, 0, dead, error) &&
           obey(hold, to, ORDER_TEMPLATE_NEW, 0, NULL, error) &&
           obey(hold, to, ORDER_PREPARE, 0, NULL, error) &&
           (missing <= 0 || obey(hold, to, ORDER_START_NEW, missing, NULL, error));
}

/* Until all of it answers; then it gets traffic. */
static bool
service_await(Demo *demo, const Fleet *fleet, GError **error)
{
    int64_t deadline = clock_monotonic_ms() + START_MS;
    while (demo_goes_on(demo, error)) {
        g_autoptr(FleetHold) hold = NULL;
        g_autoptr(json_t) there = NULL;
        g_auto(FleetScene) seen = {0};
        if (!fleet_describe(fleet, &there, error) || !take_in_hand(fleet, &hold, error) ||
            !fleet_scene(hold, json_object_get(there, "template"), &seen, error))
            return false;
        g_autoptr(GPtrArray) well = ids_of(&seen.scene, true);
        if ((int) well->len >= seen.scene.template_count)
            return obey(hold, NULL, ORDER_TRAFFIC, 0, well, error) && fleet_leave(hold, error);
        if (clock_monotonic_ms() > deadline)
            return fail(
                error, ERR_UNREACHABLE,
                "%u of %d instances of '%s' are well after %d s; .honk/fleet/%s/logs says why",
                well->len, seen.scene.template_count, fleet->service->name, START_MS / 1000,
                fleet->service->name);
        fleet_hold_free(g_steal_pointer(&hold)); /* others may look meanwhile */
        g_usleep(POLL_US);
    }
    return false;
}

/* Those that get traffic. */
static int
count_serving(const json_t *there)
{
    int count = 0;
    json_t *instance = NULL;
    size_t i;
    json_array_foreach(json_object_get(there, "instances"), i, instance) count +=
        json_get_bool(instance, "in_traffic", false);
    return count;
}

void
demo_services_show(Demo *demo)
{
    g_autoptr(Table) table = table_new("SERVICE", ">SERVING", "REVISION", "DATASET", NULL);
    for (guint i = 0; i < demo->config->fleet.services->len; i++) {
        Fleet fleet = {0};
        g_autoptr(json_t) there = NULL;
        if (!service_open(demo, i, &fleet, NULL) || !fleet_describe(&fleet, &there, NULL))
            continue;
        const json_t *template = json_object_get(there, "template");
        json_t *dataset = NULL;
        const char *variable = NULL;
        g_autofree char *count = g_strdup_printf("%d", count_serving(there));
        g_autoptr(GString) reads = g_string_new(NULL);
        json_object_foreach(json_at(template, "revision.datasets"), variable, dataset)
            g_string_append_printf(reads, "%s%s", reads->len > 0 ? ", " : "",
                                   json_string_value(dataset));
        table_cell(table, TONE_STRONG, fleet.service->name);
        table_cell(table, TONE_PLAIN, count);
        table_cell(table, TONE_DIM, json_get_string(template, "name", ""));
        table_cell(table, TONE_PLAIN, reads->str);
    }
    view_table(demo->view, table);
}

bool
demo_services_start(Demo *demo, GError **error)
{
    if (!settings_read(demo, error))
        return false;
    guint count = demo->config->fleet.services->len;
    g_autofree bool *rests = g_new0(bool, count);
    for (guint i = 0; i < count; i++) {
        Fleet fleet = {0};
        if (!service_open(demo, i, &fleet, error) || !service_start(demo, &fleet, &rests[i], error))
            return false;
    }
    for (guint i = 0; i < count; i++) {
        Fleet fleet = {0};
        if (rests[i] &&
            (!service_open(demo, i, &fleet, error) || !service_await(demo, &fleet, error)))
            return false;
    }
    demo_services_show(demo);
    return true;
}

/* ---- the end ---- */

/* Send a signal to all that live; how many there were. */
static int
services_signal(Demo *demo, int number)
{
    int count = 0;
    for (guint i = 0; i < demo->config->fleet.services->len; i++) {
        Fleet fleet = {0};
        g_autoptr(json_t) there = NULL;
        json_t *instance = NULL;
        size_t at;
        if (!service_open(demo, i, &fleet, NULL) || !fleet_describe(&fleet, &there, NULL))
            continue;
        json_array_foreach(json_object_get(there, "instances"), at, instance)
        {
            pid_t pid = (pid_t) json_get_int(instance, "pid", 0);
            if (strcmp(json_get_string(instance, "state", ""), "dead") == 0 || pid <= 0)
                continue;
            if (number != 0)
                kill(pid, number);
            count++;
        }
    }
    return count;
}

int
demo_services_stop(Demo *demo)
{
    if (!settings_read(demo, NULL))
        return 0;
    int count = services_signal(demo, SIGTERM);
    int64_t deadline = clock_monotonic_ms() + STOP_MS;
    for (int left = count; left > 0; left = services_signal(demo, 0)) {
        if (clock_monotonic_ms() > deadline)
            services_signal(demo, SIGKILL);
        g_usleep(POLL_US);
    }
    return count;
}
