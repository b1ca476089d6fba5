/* scene.c - what is there, as rollout_decide() wants to see it. */
#include "fleet/processes.h"

static void
see_instances(const GPtrArray *instances, FleetScene *seen)
{
    seen->ids = g_ptr_array_new_with_free_func(g_free);
    seen->instances = g_new0(SceneInstance, instances->len + 1);
    for (guint i = 0; i < instances->len; i++) {
        const Instance *instance = instances->pdata[i];
        char *id = g_strdup(instance->id), *revision = g_strdup(instance->revision);
        g_ptr_array_add(seen->ids, id);
        g_ptr_array_add(seen->ids, revision);
        seen->instances[i] = (SceneInstance){
            .id = id,
            .revision = revision,
            .is_alive = instance->is_alive,
            .is_draining = instance->is_draining,
            .in_traffic = instance->in_traffic,
            .health = instance->health,
            .answer_ms = instance->answer_ms,
            .started_ms = instance->started_ms,
        };
    }
    seen->scene.instances = seen->instances;
    seen->scene.count = instances->len;
}

bool
processes_scene(FleetHold *hold, const json_t *to, FleetScene *ret, GError **error)
{
    Processes *own = (Processes *) hold;
    const json_t *template = json_object_get(own->service, "template");
    const char *code = json_get_string(json_object_get(to, "revision"), "code", NULL);
    g_autofree char *folder = code != NULL ? code_folder(own->folder, code) : NULL;
    FleetScene seen = {0};

    if (!processes_tend(own, error))
        return false;
    health_ask(hold->fleet->service, own->instances);
    see_instances(own->instances, &seen);
    seen.scene.template = json_get_string(template, "name", NULL);
    seen.scene.template_count = (int) json_get_int(template, "instances", 0);
    seen.scene.is_prepared =
        json_object_get(json_object_get(own->service, "claim"), "saved") != NULL &&
        (folder == NULL || g_file_test(folder, G_FILE_TEST_IS_DIR));
    seen.scene.is_free = own->is_free;
    seen.scene.is_taken = own->is_taken;
    seen.scene.occupant = own->occupant;
    *ret = seen;
    return true;
}
