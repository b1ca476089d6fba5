/*
 * endpoints.c - which instances get traffic: one file that anybody may read, replaced as a whole.
 *
 *   {"service": "player", "endpoints": [{"instance", "host": "127.0.0.1", "port", "revision"}]}
 */
#include "fleet/processes.h"

#include "base/text.h"

#include <string.h>

static char *
endpoints_path(const char *folder)
{
    return g_build_filename(folder, "endpoints.json", NULL);
}

bool
endpoints_read(const char *folder, GPtrArray *instances, GError **error)
{
    g_autofree char *path = endpoints_path(folder);
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) failed = NULL;
    json_t *endpoint;
    size_t i;

    if (!json_read_file(path, &json, &failed) && !error_is(failed, ERR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return false;
    }
    json_array_foreach(json_object_get(json, "endpoints"), i, endpoint)
    {
        const char *id = json_get_string(endpoint, "instance", "");
        for (guint k = 0; k < instances->len; k++) {
            Instance *instance = instances->pdata[k];
            instance->in_traffic |= strcmp(instance->id, id) == 0;
        }
    }
    return true;
}

bool
endpoints_write(const char *folder, const char *service, const GPtrArray *instances, GError **error)
{
    g_autofree char *path = endpoints_path(folder);
    g_autoptr(json_t) json = json_object();
    json_t *endpoints = json_array();

    json_set_string(json, "service", service);
    json_object_set_new(json, "endpoints", endpoints);
    for (guint i = 0; i < instances->len; i++) {
        const Instance *instance = instances->pdata[i];
        if (instance->in_traffic)
            json_array_append_new(endpoints,
                                  json_pack("{s:s, s:s, s:i, s:s}", "instance", instance->id,
                                            "host", "127.0.0.1", "port", instance->port, "revision",
                                            instance->revision));
    }
    g_autofree char *text = json_pretty(json);
    return file_write_atomic(path, text, strlen(text), 0644, error);
}
