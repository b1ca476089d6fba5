/* record.c - what is known about a service, on disk. */
#include "fleet/processes.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_MODE 0600
#define LOGS_KEPT_MAX 20 /* of instances that are gone: the last rollout or two */

char *
service_folder(const Fleet *fleet)
{
    return g_build_filename(json_get_string(fleet->where->settings, "path", ""),
                            fleet->service->name, NULL);
}

static bool
write_json(const char *path, const json_t *value, int mode, GError **error)
{
    g_autofree char *text = json_pretty(value);
    return file_write_atomic(path, text, strlen(text), mode, error);
}

bool
service_read(const char *folder, json_t **ret, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "service.json", NULL);
    GError *failed = NULL;

    if (json_read_file(path, ret, &failed))
        return true;
    if (error_is(failed, ERR_NOT_FOUND)) {
        g_error_free(failed);
        *ret = json_object();
        return true;
    }
    g_propagate_error(error, failed);
    return false;
}

bool
service_write(const char *folder, const json_t *service, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "service.json", NULL);
    return write_json(path, service, RECORD_MODE, error);
}

/* ---- instances ---- */

char *
instance_path(const char *folder, const char *kind, const char *id, const char *suffix)
{
    return g_strdup_printf("%s/%s/%s.%s", folder, kind, id, suffix);
}

void
instance_free(void *data)
{
    Instance *instance = data;
    g_free(instance->id);
    g_free(instance->revision);
    g_free(instance->code);
    g_free(instance);
}

bool
instance_write(const char *folder, const Instance *instance, GError **error)
{
    g_autofree char *path = instance_path(folder, "instances", instance->id, "json");
    g_autoptr(json_t) json = json_object();

    json_set_string(json, "id", instance->id);
    json_set_string(json, "revision", instance->revision);
    json_set_string(json, "code", instance->code);
    json_set_int(json, "port", instance->port);
    json_set_int(json, "started_ms", instance->started_ms);
    json_set_bool(json, "draining", instance->is_draining);
    json_set_int(json, "drain_until_ms", instance->drain_until_ms);
    json_set_int(json, "term_ms", instance->term_ms);
    return write_json(path, json, RECORD_MODE, error);
}

static bool
instance_read(const char *folder, const char *name, GPtrArray *to, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "instances", name, NULL);
    g_autoptr(json_t) json = NULL;

    if (!json_read_file(path, &json, error))
        return false;
    Instance *instance = g_new0(Instance, 1);
    instance->id = g_strdup(json_get_string(json, "id", ""));
    instance->revision = g_strdup(json_get_string(json, "revision", ""));
    instance->code = g_strdup(json_get_string(json, "code", NULL));
    instance->port = (int) json_get_int(json, "port", 0);
    instance->started_ms = json_get_int(json, "started_ms", 0);
    instance->is_draining = json_get_bool(json, "draining", false);
    instance->drain_until_ms = json_get_int(json, "drain_until_ms", 0);
    instance->term_ms = json_get_int(json, "term_ms", 0);
    instance_look(folder, instance);
    g_ptr_array_add(to, instance);
    return true;
}

/* Ids sort by birth. */
static int
compare_instances(const void *a, const void *b)
{
    const Instance *left = *(Instance *const *) a, *right = *(Instance *const *) b;
    return strcmp(left->id, right->id);
}

bool
instances_read(const char *folder, GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) instances = g_ptr_array_new_with_free_func(instance_free);
    g_autofree char *path = g_build_filename(folder, "instances", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autoptr(GError) gone = NULL;
        if (!g_str_has_suffix(name, ".json") || instance_read(folder, name, instances, &gone))
            continue;
        if (!error_is(gone, ERR_NOT_FOUND)) { /* whoever only looks may see one vanish */
            g_propagate_error(error, g_steal_pointer(&gone));
            return false;
        }
    }
    g_ptr_array_sort(instances, compare_instances);
    *ret = g_steal_pointer(&instances);
    return true;
}

/* ---- forgetting ---- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
sweep_logs(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "logs", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *id = g_strndup(name, strcspn(name, "."));
        g_autofree char *record = instance_path(folder, "instances", id, "json");
        if (!g_file_test(record, G_FILE_TEST_EXISTS))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i + LOGS_KEPT_MAX < names->len; i++) {
        g_autofree char *log = g_build_filename(path, names->pdata[i], NULL);
        unlink(log);
    }
}

bool
instance_remove(const char *folder, const Instance *instance, GError **error)
{
    g_autofree char *record = instance_path(folder, "instances", instance->id, "json");
    g_autofree char *lock = instance_path(folder, "instances", instance->id, "lock");

    if (unlink(record) != 0 && errno != ENOENT)
        return fail_errno(error, ERR_INTERNAL, "cannot remove '%s'", record);
    unlink(lock);
    sweep_logs(folder);
    return true;
}
