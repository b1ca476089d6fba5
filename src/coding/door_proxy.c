/*
 * door_proxy.c - the way of an agent's box to a model and to mirrors of packages, and what it is told of it.
 *
 * The agent gets an address on its own loopback and a key that is none, in the variables by which programs of that API look
 * for them; {{proxy}} in its arguments and its environment is the same address.
 */
#include "coding/inside.h"
#include "model/config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_KEY "added-outside-of-the-box"

static const char *const for_anthropic[] = {"ANTHROPIC_BASE_URL=" BOX_PROXY,
                                            "ANTHROPIC_API_KEY=" NO_KEY, NULL};
static const char *const for_openai[] = {"OPENAI_BASE_URL=" BOX_PROXY "/v1",
                                         "OPENAI_API_KEY=" NO_KEY, NULL};

/* Variables by which package managers find a mirror of that name. */
static const struct {
    const char *mirror, *variable;
} managers[] = {
    {"npm", "npm_config_registry=" BOX_PROXY "/packages/npm/"},
    {"pypi", "PIP_INDEX_URL=" BOX_PROXY "/packages/pypi/"},
    {"go", "GOPROXY=" BOX_PROXY "/packages/go"},
};

static int
take(void *data)
{
    const int *channel = data;
    return box_take_socket(*channel);
}

/* What honk.yaml gives to the agent counts more than what we think that it wants. */
static void
add(DoorBox *door, const char *variable)
{
    size_t name = (size_t) (strchr(variable, '=') - variable) + 1;
    for (guint i = 0; i < door->env->len; i++)
        if (door->env->pdata[i] != NULL && strncmp(door->env->pdata[i], variable, name) == 0)
            return;
    char *own = g_strdup(variable);
    g_ptr_array_add(door->own, own);
    g_ptr_array_insert(door->env, 0, own);
}

static void
add_environment(DoorBox *door, const ModelConfig *model, const json_t *mirrors)
{
    const char *const *words = model == NULL                 ? NULL
                               : model->api == API_ANTHROPIC ? for_anthropic
                                                             : for_openai;
    add(door, "HONK_PROXY=" BOX_PROXY);
    for (; words != NULL && *words != NULL; words++)
        add(door, *words);
    for (size_t i = 0; i < G_N_ELEMENTS(managers); i++)
        if (json_object_get(mirrors, managers[i].mirror) != NULL)
            add(door, managers[i].variable);
    door->spec.env = (const char *const *) door->env->pdata;
}

bool
door_box_with_proxy(const Turn *turn, DoorBox *ret, GError **error)
{
    const CodingAgentConfig *agent = turn->work->agent;
    const CodingConfig *coding = &turn->work->config->coding;
    const ModelConfig *model = coding_model(coding, agent->model);
    g_auto(DoorBox) door = {0};
    door_box(turn, &door);
    if (model != NULL || json_object_size(coding->packages) > 0) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, door.ends) != 0)
            return fail_errno(error, ERR_INTERNAL, "cannot make a way out of a sandbox");
        add_environment(&door, model, coding->packages);
        door.spec.honk = turn->ground->honk;
        door.spec.channel = door.ends[1];
    }
    *ret = door;
    door = (DoorBox){0};
    if (ret->spec.channel == 0)
        return true;
    const ProxySpec spec = {model, coding->packages, agent->tokens, agent->cost,
                            take,  &ret->ends[0]};
    return proxy_start(&spec, &ret->proxy, error);
}

static void
tell(const DoorBox *door, const Turn *turn, TurnEnd *end)
{
    const ModelConfig *model = coding_model(&turn->work->config->coding, turn->work->agent->model);
    LlmUsage used = proxy_used(door->proxy);
    char *whole =
        g_strconcat(end->transcript != NULL ? end->transcript : "", proxy_log(door->proxy), NULL);
    g_free(end->transcript);
    end->transcript = whole;
    if (model == NULL)
        return;
    if (end->usage == NULL)
        end->usage = json_object();
    g_autoptr(json_t) counted = llm_usage_json(&used, model);
    json_object_update(end->usage, counted);
}

void
door_box_end(DoorBox *door, const Turn *turn, TurnEnd *end)
{
    if (door->proxy != NULL) {
        proxy_stop(door->proxy);
        if (end != NULL)
            tell(door, turn, end);
        g_clear_pointer(&door->proxy, proxy_free);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(door->ends); i++)
        if (door->ends[i] > 0) {
            close(door->ends[i]);
            door->ends[i] = 0;
        }
}
