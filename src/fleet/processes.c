/* processes.c - see processes.h: taking a service, seeing it, leaving it. */
#include "fleet/processes.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_WAIT_MS 5000 /* others ask their instances, each with a deadline, and go */
#define LOCK_POLL_US 20000
#define LOST_MAX 20 /* who froze long before that has been looked at */

static bool
check(const FleetTargetConfig *where, GError **error)
{
    if (json_get_string(where->settings, "path", NULL) != NULL)
        return true;
    return fail(error, ERR_INVALID, "target '%s' has no 'path', the folder of its services",
                where->name);
}

/* ---- the lock ---- */

static bool
make_folders(const char *folder, GError **error)
{
    static const char *const inner[] = {"instances", "logs", "code"};
    for (size_t i = 0; i < G_N_ELEMENTS(inner); i++) {
        g_autofree char *path = g_build_filename(folder, inner[i], NULL);
        if (g_mkdir_with_parents(path, 0700) != 0)
            return fail_errno(error, ERR_INVALID, "cannot make '%s'", path);
    }
    return true;
}

static bool
lock(Processes *own, GError **error)
{
    g_autofree char *path = g_build_filename(own->folder, "lock", NULL);
    int64_t until_ms = clock_monotonic_ms() + LOCK_WAIT_MS;

    own->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (own->lock_fd < 0)
        return fail_errno(error, ERR_INVALID, "cannot open '%s'", path);
    while (flock(own->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_errno(error, ERR_TRANSIENT, "cannot lock '%s'", path);
        if (clock_monotonic_ms() >= until_ms)
            return fail(error, ERR_LIMIT, "somebody else acts on service '%s'",
                        own->base.fleet->service->name);
        g_usleep(LOCK_POLL_US);
    }
    return true;
}

/* ---- the claim ---- */

static bool
write_claim(Processes *own, const FleetClaim *claim, GError **error)
{
    json_t *ours = json_object_get(own->service, "claim");

    if (ours == NULL) {
        const json_t *template = json_object_get(own->service, "template");
        const json_t *saved = claim->has_saved ? claim->saved : template;
        ours = json_object();
        json_set_string(ours, "rollout", claim->rollout);
        json_object_set_new(ours, "saved", saved != NULL ? json_deep_copy(saved) : json_null());
        json_object_set_new(own->service, "claim", ours);
    }
    json_set_int(ours, "token", claim->token);
    return service_write(own->folder, own->service, error);
}

/* ---- losing it to a newer one ---- */

static bool
is_lost(Processes *own, const char *how, const char *to)
{
    own->is_taken = true;
    own->occupant =
        g_strdup_printf("service '%s' %s rollout '%s'", own->base.fleet->service->name, how, to);
    return true;
}

/* Whose it was finds that out when it looks, also when the newer one is long over. */
static void
take_over(Processes *own, const char *from, const char *to)
{
    json_t *lost = json_object_get(own->service, "lost");

    if (lost == NULL)
        json_object_set_new(own->service, "lost", lost = json_object());
    while (json_object_size(lost) >= LOST_MAX)
        json_object_del(lost, json_object_iter_key(json_object_iter(lost)));
    json_set_string(lost, from, to);
    json_object_del(own->service, "claim");
}

static bool
take(Processes *own, const FleetClaim *claim, GError **error)
{
    const json_t *there = json_object_get(own->service, "claim");
    json_t *lost = json_object_get(own->service, "lost");
    const char *taker = json_get_string(lost, claim->rollout, NULL);
    const char *rollout = json_get_string(there, "rollout", NULL);
    bool is_other = rollout != NULL && strcmp(rollout, claim->rollout) != 0;
    bool is_newer = is_other && json_get_bool(there, "yields", false) && !claim->has_saved;

    own->rollout = g_strdup(claim->rollout);
    if (is_other && !is_newer)
        return is_lost(own, "is in the hands of", rollout);
    if (taker != NULL && claim->has_saved)
        return is_lost(own, "was taken by the newer", taker);
    if (!is_other && json_get_int(there, "token", 0) > claim->token)
        return fail(error, ERR_FENCED, "a later lease acts on service '%s'",
                    own->base.fleet->service->name);
    /* Asked with the lock in hand: whoever has the lease now waits for us, or we stop here. */
    if (claim->confirm != NULL && !claim->confirm(claim->data, error))
        return false;
    own->is_free = true;
    if (!is_other && json_get_int(there, "token", -1) == claim->token)
        return true;
    json_object_del(lost, claim->rollout); /* begun anew */
    if (is_newer)
        take_over(own, rollout, claim->rollout);
    return write_claim(own, claim, error);
}

const json_t *
processes_saved(const FleetHold *hold, bool *ret_is_saved)
{
    const Processes *own = (const Processes *) hold;
    const json_t *saved = json_object_get(json_object_get(own->service, "claim"), "saved");

    *ret_is_saved = own->is_free && saved != NULL;
    return json_is_object(saved) ? saved : NULL;
}

/* ---- holding ---- */

static void
let_go(FleetHold *hold)
{
    Processes *own = (Processes *) hold;

    fd_close(&own->lock_fd);
    g_clear_pointer(&own->instances, g_ptr_array_unref);
    json_decref(own->service);
    g_free(own->folder);
    g_free(own->rollout);
    g_free(own->occupant);
    g_free(own);
}

static bool
hold(const Fleet *fleet, const FleetClaim *claim, FleetHold **ret, GError **error)
{
    Processes *own = g_new0(Processes, 1);
    g_autoptr(FleetHold) base = &own->base;

    base->fleet = fleet;
    own->lock_fd = -1;
    own->folder = service_folder(fleet);
    if (!make_folders(own->folder, error) || !lock(own, error) ||
        !service_read(own->folder, &own->service, error) || !take(own, claim, error) ||
        !instances_read(own->folder, &own->instances, error) ||
        !endpoints_read(own->folder, own->instances, error))
        return false;
    *ret = g_steal_pointer(&base);
    return true;
}

/* ---- those that are leaving ---- */

static bool
see_off(Processes *own, Instance *instance, GError **error)
{
    const ServiceConfig *service = own->base.fleet->service;
    int64_t now_ms = clock_wall_ms();

    if (now_ms < instance->drain_until_ms)
        return true;
    if (instance->term_ms == 0) {
        instance->term_ms = now_ms;
        if (!instance_write(own->folder, instance, error))
            return false;
        instance_signal(own->folder, instance, SIGTERM);
    } else if (now_ms >= instance->term_ms + service->grace_ms) {
        instance_signal(own->folder, instance, SIGKILL);
    }
    return true;
}

bool
processes_tend(Processes *own, GError **error)
{
    for (guint i = 0; i < own->instances->len;) {
        Instance *instance = own->instances->pdata[i];
        instance_look(own->folder, instance);
        instance_trim_log(own->folder, instance);
        if (own->is_free && instance->is_draining && instance->is_alive &&
            !see_off(own, instance, error))
            return false;
        /* A record without a process: whoever wrote it died before the start, which is no crash. */
        bool never_was = !instance->is_alive && instance->pid == 0;
        if (own->is_free && !instance->is_alive && (instance->is_draining || never_was)) {
            if (!instance_remove(own->folder, instance, error))
                return false;
            g_ptr_array_remove_index(own->instances, i);
        } else {
            i++;
        }
    }
    return true;
}

/* ---- leaving ---- */

static bool
yield(FleetHold *base, bool may_be_taken, GError **error)
{
    Processes *own = (Processes *) base;
    json_t *claim = json_object_get(own->service, "claim");

    if (!own->is_free || json_get_bool(claim, "yields", false) == may_be_taken)
        return true;
    json_set_bool(claim, "yields", may_be_taken);
    return service_write(own->folder, own->service, error);
}

static void
add_code(GHashTable *kept, const char *commit)
{
    if (commit != NULL)
        g_hash_table_add(kept, (void *) commit);
}

static bool
leave(FleetHold *base, GError **error)
{
    Processes *own = (Processes *) base;
    g_autoptr(GHashTable) kept = g_hash_table_new(g_str_hash, g_str_equal);

    if (!own->is_free)
        return true;
    json_object_del(own->service, "claim");
    if (!service_write(own->folder, own->service, error))
        return false;
    add_code(kept, json_string_value(json_at(own->service, "template.revision.code")));
    for (guint i = 0; i < own->instances->len; i++)
        add_code(kept, ((Instance *) own->instances->pdata[i])->code);
    code_sweep(own->folder, kept);
    return true;
}

/* ---- describing ---- */

static const char *
state_of(const Instance *instance)
{
    if (!instance->is_alive)
        return "dead";
    return instance->is_draining ? "draining" : "running";
}

static json_t *
describe_instance(const Instance *instance)
{
    json_t *json = json_object();

    json_set_string(json, "id", instance->id);
    json_set_string(json, "revision", instance->revision);
    json_set_int(json, "port", instance->port);
    json_set_int(json, "pid", instance->pid);
    json_set_string(json, "state", state_of(instance));
    json_set_bool(json, "in_traffic", instance->in_traffic);
    json_set_int(json, "started_ms", instance->started_ms);
    return json;
}

static bool
describe(const Fleet *fleet, json_t **ret, GError **error)
{
    g_autofree char *folder = service_folder(fleet);
    g_autoptr(json_t) service = NULL;
    g_autoptr(GPtrArray) instances = NULL;

    if (!service_read(folder, &service, error) || !instances_read(folder, &instances, error) ||
        !endpoints_read(folder, instances, error))
        return false;
    json_t *json = json_object(), *list = json_array();
    json_t *template = json_object_get(service, "template"),
           *claim = json_object_get(service, "claim");
    json_object_set_new(json, "template",
                        template != NULL ? json_deep_copy(template) : json_null());
    json_object_set_new(json, "claim", claim != NULL ? json_deep_copy(claim) : json_null());
    for (guint i = 0; i < instances->len; i++)
        json_array_append_new(list, describe_instance(instances->pdata[i]));
    json_object_set_new(json, "instances", list);
    *ret = json;
    return true;
}

const FleetTarget target_processes = {
    .name = "processes",
    .summary = "programs of this machine, which outlive whoever started them",
    .check = check,
    .describe = describe,
    .hold = hold,
    .let_go = let_go,
    .scene = processes_scene,
    .obey = processes_obey,
    .yield = yield,
    .leave = leave,
    .saved = processes_saved,
};
