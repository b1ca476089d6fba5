/* config_fleet.c - see config_fleet.h. */
#include "model/config_reader.h"

#include "base/text.h"
#include "model/entity.h"

#include <string.h>

/* clang-format off */
#define DRAIN_MS_DEFAULT 200   /* requests that were on their way when the traffic moved */
#define GRACE_MS_DEFAULT 10000 /* as others have it: ten seconds to end */
#define CHECK_MS_DEFAULT 1000
#define QUEUE_DEFAULT 100
/* clang-format on */

/* ---- the parts and their ends ---- */

static void
target_free(void *data)
{
    FleetTargetConfig *target = data;
    g_free(target->name);
    g_free(target->driver);
    json_decref(target->settings);
    g_free(target);
}

static void
service_free(void *data)
{
    ServiceConfig *service = data;
    g_free(service->name);
    g_free(service->target);
    g_free(service->repository);
    g_free(service->health);
    g_strfreev(service->command);
    g_strfreev(service->environment);
    json_decref(service->datasets);
    g_free(service);
}

static void
group_free(void *data)
{
    GroupConfig *group = data;
    g_free(group->name);
    json_decref(group->spec);
    json_decref(group->waves);
    g_free(group);
}

void
fleet_config_init(FleetConfig *fleet)
{
    fleet->targets = g_ptr_array_new_with_free_func(target_free);
    fleet->services = g_ptr_array_new_with_free_func(service_free);
    fleet->groups = g_ptr_array_new_with_free_func(group_free);
}

void
fleet_config_clear(FleetConfig *fleet)
{
    g_clear_pointer(&fleet->targets, g_ptr_array_unref);
    g_clear_pointer(&fleet->services, g_ptr_array_unref);
    g_clear_pointer(&fleet->groups, g_ptr_array_unref);
}

const FleetTargetConfig *
fleet_config_target(const FleetConfig *fleet, const char *name)
{
    for (guint i = 0; i < fleet->targets->len; i++) {
        const FleetTargetConfig *target = fleet->targets->pdata[i];
        if (g_strcmp0(target->name, name) == 0)
            return target;
    }
    return NULL;
}

const ServiceConfig *
fleet_config_service(const FleetConfig *fleet, const char *name)
{
    for (guint i = 0; i < fleet->services->len; i++) {
        const ServiceConfig *service = fleet->services->pdata[i];
        if (g_strcmp0(service->name, name) == 0)
            return service;
    }
    return NULL;
}

const GroupConfig *
fleet_config_group(const FleetConfig *fleet, const char *name)
{
    for (guint i = 0; i < fleet->groups->len; i++) {
        const GroupConfig *group = fleet->groups->pdata[i];
        if (g_strcmp0(group->name, name) == 0)
            return group;
    }
    return NULL;
}

/* ---- maps of names ---- */

typedef void MakeFn(Reader *reader, const YamlNode *key, const YamlNode *value);

static void
read_named(Reader *reader, const Field *field, const YamlNode *value, MakeFn *make)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of names");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *key = value->items[2 * i], *item = value->items[2 * i + 1];
        if (!entity_name_is_valid(key->text))
            reader_error(
                reader, "fleet-name", key,
                "'%s' cannot be a name in '%s': expected letters, digits, '-', '_' and '.'",
                key->text, field->key);
        else if (item->kind != YAML_MAP)
            reader_wrong_type(reader, key->text, item, "a map");
        else
            make(reader, key, item);
    }
}

/* ---- targets ---- */

static void
make_target(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    FleetTargetConfig *target = g_new0(FleetTargetConfig, 1);

    target->name = g_strdup(key->text);
    target->settings = json_object();
    g_ptr_array_add(reader->config->fleet.targets, target);
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *name = value->items[2 * i], *setting = value->items[2 * i + 1];
        if (strcmp(name->text, "driver") == 0) {
            g_free(target->driver);
            target->driver = reader_text(reader, "driver", setting, "the name of a driver");
        } else if (strcmp(name->text, "path") == 0) {
            g_autofree char *path = reader_path(reader, "path", setting);
            json_set_string(target->settings, "path", path);
        } else {
            json_object_set_new(target->settings, name->text,
                                reader_json(reader, name->text, setting));
        }
    }
    if (yaml_get_key(value, "driver") == NULL)
        reader_error(reader, "missing-key", key, "target '%s' has no 'driver'", key->text);
}

static void
read_targets(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    read_named(reader, field, value, make_target);
}

/* ---- services ---- */

static void
read_text(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char *text = reader_text(reader, field->key, value, "a text");
    if (text == NULL)
        return;
    g_free(*(char **) target);
    *(char **) target = text;
}

static void
read_health(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    read_text(reader, field, value, target);
    if (*(char **) target != NULL && **(char **) target != '/')
        reader_wrong_type(reader, field->key, value, "a path that begins with '/'");
}

static void
read_datasets(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, field->key, value, "a map of variables to datasets");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const char *name = value->items[2 * i]->text;
        g_autofree char *text =
            reader_text(reader, name, value->items[2 * i + 1], "the name of a dataset");
        json_set_string(*(json_t **) target, name, text);
    }
}

/* "./data/x.db" is meant from the folder of honk.yaml, wherever an instance runs. */
static void
make_paths_absolute(const Config *config, char **environment)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        char *value = strchr(environment[i], '=') + 1;
        if (!g_str_has_prefix(value, "./") && !g_str_has_prefix(value, "../"))
            continue;
        g_autofree char *name = g_strndup(environment[i], (size_t) (value - environment[i]));
        g_autofree char *path = g_canonicalize_filename(value, config->folder);
        g_free(environment[i]);
        environment[i] = g_strconcat(name, path, NULL);
    }
}

/* clang-format off */
static const Field service_fields[] = {
    {"target",         read_text,        offsetof(ServiceConfig, target)},
    {"repository",     read_text,        offsetof(ServiceConfig, repository)},
    {"command",        read_words,       offsetof(ServiceConfig, command)},
    {"instances",      read_count,       offsetof(ServiceConfig, instances), 1, FLEET_INSTANCES_MAX},
    {"health",         read_health,      offsetof(ServiceConfig, health)},
    {"datasets",       read_datasets,    offsetof(ServiceConfig, datasets)},
    {"environment",    read_environment, offsetof(ServiceConfig, environment)},
    {"drain",          read_duration,    offsetof(ServiceConfig, drain_ms)},
    {"grace",          read_duration,    offsetof(ServiceConfig, grace_ms)},
    {"check_deadline", read_duration,    offsetof(ServiceConfig, check_ms)},
    {NULL},
};
/* clang-format on */

static void
make_service(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    ServiceConfig *service = g_new0(ServiceConfig, 1);

    service->name = g_strdup(key->text);
    service->instances = 1;
    service->health = g_strdup("/healthz");
    service->datasets = json_object();
    service->drain_ms = DRAIN_MS_DEFAULT;
    service->grace_ms = GRACE_MS_DEFAULT;
    service->check_ms = CHECK_MS_DEFAULT;
    g_ptr_array_add(reader->config->fleet.services, service);
    reader_fields(reader, key->text, value, service_fields, service);
    make_paths_absolute(reader->config, service->environment);
    if (yaml_get_key(value, "target") == NULL)
        reader_error(reader, "missing-key", key, "service '%s' has no 'target'", key->text);
}

static void
read_services(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    read_named(reader, field, value, make_service);
}

/* ---- groups ---- */

/* "3" or "50%" as {"count": 3} or {"percent": 50}; NULL when it is neither. */
static json_t *
reader_portion(Reader *reader, const char *key, const YamlNode *value)
{
    const char *expected = "a number of instances or services, or a share such as \"50%\"";
    g_autofree char *text = reader_text(reader, key, value, expected);
    guint64 number;

    if (text == NULL)
        return NULL;
    bool is_share = g_str_has_suffix(text, "%");
    if (is_share)
        text[strlen(text) - 1] = '\0';
    if (g_ascii_string_to_unsigned(text, 10, 1, is_share ? 100 : FLEET_INSTANCES_MAX, &number,
                                   NULL))
        return json_pack("{s:I}", is_share ? "percent" : "count", (json_int_t) number);
    reader_wrong_type(reader, key, value, expected);
    return NULL;
}

/* { to: 1, bake: 10s, gate: "look at the canary" } */
static json_t *
reader_step(Reader *reader, const YamlNode *value)
{
    static const char *const known[] = {"to", "bake", "gate", NULL};
    static const Field bake_field = {.key = "bake"};
    const YamlNode *to, *bake, *gate;
    int64_t bake_ms = -1;

    if (value->kind != YAML_MAP)
        return reader_portion(reader, "steps", value);
    for (size_t i = 0; i < value->count; i++)
        if (!g_strv_contains(known, value->items[2 * i]->text))
            reader_unknown_key(reader, value->items[2 * i], known, " in a step");
    if ((to = yaml_get(value, "to")) == NULL) {
        reader_error(reader, "missing-key", value, "a step has no 'to'");
        return NULL;
    }
    json_t *step = reader_portion(reader, "to", to);
    if ((bake = yaml_get(value, "bake")) != NULL) {
        read_duration(reader, &bake_field, bake, &bake_ms);
        json_set_int(step, "bake_ms", bake_ms);
    }
    if ((gate = yaml_get(value, "gate")) != NULL) {
        g_autofree char *text = reader_text(reader, "gate", gate, "a sentence");
        json_set_string(step, "gate", text);
    }
    return step;
}

static json_t *
reader_list(Reader *reader, const Field *field, const YamlNode *value, bool is_steps)
{
    json_t *list = json_array();

    if (value->kind != YAML_LIST) {
        reader_wrong_type(reader, field->key, value, "a list such as [ 1, \"50%\", \"100%\" ]");
        return list;
    }
    for (size_t i = 0; i < value->count; i++) {
        json_t *item = is_steps ? reader_step(reader, value->items[i])
                                : reader_portion(reader, field->key, value->items[i]);
        if (item != NULL)
            json_array_append_new(list, item);
    }
    return list;
}

static void
read_steps(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    json_object_set_new(((GroupConfig *) target)->spec, "steps",
                        reader_list(reader, field, value, true));
}

static void
read_waves(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    GroupConfig *group = target;
    json_decref(group->waves);
    group->waves = reader_list(reader, field, value, false);
}

static void
read_min_healthy(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    json_t *portion = reader_portion(reader, field->key, value);
    if (portion != NULL)
        json_object_set_new(((GroupConfig *) target)->spec, field->key, portion);
}

/* What people write, and what it is called in a plan. */
static const char *const spans[][2] = {
    {"bake", "bake_ms"},
    {"interval", "interval_ms"},
    {"min_ready", "min_ready_ms"},
    {"soak", "soak_ms"},
    {"start_deadline", "start_ms"},
    {"progress_deadline", "progress_ms"},
    {"rollback_deadline", "rollback_ms"},
    {"pause_deadline", "pause_ms"},
};

static void
read_span(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    int64_t ms = -1;
    read_duration(reader, field, value, &ms);
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        if (ms >= 0 && strcmp(spans[i][0], field->key) == 0)
            json_set_int(((GroupConfig *) target)->spec, spans[i][1], ms);
    if (ms >= 0 && ms < field->min)
        reader_error(reader, "duration", value, "'%s' must be at least %d ms", field->key,
                     field->min);
}

static void
read_number(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    int number = -1;
    read_count(reader, field, value, &number);
    if (number >= 0)
        json_set_int(((GroupConfig *) target)->spec, field->key, number);
}

typedef struct {
    const char *key;
    const char *const *words;
} Choice;

const char *const fleet_strategies[] = {"canary", "blue-green", "rolling", NULL};
static const char *const on_failure[] = {"rollback", "freeze", "pause", NULL};
static const char *const on_unclear[] = {"pause", "rollback", "go_on", NULL};

static const Choice choices[] = {
    {"strategy", fleet_strategies}, {"on_failure", on_failure}, {"on_inconclusive", on_unclear},
    {"on_no_data", on_unclear},     {"on_error", on_unclear},
};

static void
read_choice(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    const Choice *choice = choices;
    while (strcmp(choice->key, field->key) != 0)
        choice++;
    g_autofree char *words = g_strjoinv(", ", (char **) choice->words);
    g_autofree char *expected = g_strdup_printf("one of: %s", words);
    g_autofree char *text = reader_text(reader, field->key, value, expected);
    if (text == NULL)
        return;
    const char *near = text_nearest(text, choice->words);
    if (g_strv_contains(choice->words, text))
        json_set_string(((GroupConfig *) target)->spec, field->key, text);
    else if (near != NULL)
        reader_error(reader, "wrong-type", value, "'%s' is '%s', did you mean '%s'?", field->key,
                     text, near);
    else
        reader_wrong_type(reader, field->key, value, expected);
}

/* clang-format off */
static const Field group_fields[] = {
    {"strategy",          read_choice,      0},
    {"max_instances",     read_number,      0, 1, FLEET_INSTANCES_MAX},
    {"steps",             read_steps,       0},
    {"bake",              read_span,        0},
    {"interval",          read_span,        0, 100},
    {"min_ready",         read_span,        0},
    {"soak",              read_span,        0},
    {"start_deadline",    read_span,        0, 1},
    {"progress_deadline", read_span,        0, 1},
    {"rollback_deadline", read_span,        0, 1},
    {"pause_deadline",    read_span,        0},
    {"min_healthy",       read_min_healthy, 0},
    {"failures_allowed",  read_number,      0, 0, 1000},
    {"unclear_allowed",   read_number,      0, 0, 1000},
    {"on_failure",        read_choice,      0},
    {"on_inconclusive",   read_choice,      0},
    {"on_no_data",        read_choice,      0},
    {"on_error",          read_choice,      0},
    {"waves",             read_waves,       0},
    {"queue",             read_count,       offsetof(GroupConfig, queue), 0, 100000},
    {NULL},
};
/* clang-format on */

static void
make_group(Reader *reader, const YamlNode *key, const YamlNode *value)
{
    GroupConfig *group = g_new0(GroupConfig, 1);

    group->name = g_strdup(key->text);
    group->spec = json_object();
    group->waves = json_array();
    group->queue = QUEUE_DEFAULT;
    g_ptr_array_add(reader->config->fleet.groups, group);
    reader_fields(reader, key->text, value, group_fields, group);
}

static void
read_groups(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    read_named(reader, field, value, make_group);
}

/* ---- the whole ---- */

/* A service names its target; only the whole map tells whether there is one. */
static void
check_targets(Reader *reader, const YamlNode *fleet)
{
    const YamlNode *services = yaml_get(fleet, "services");
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < reader->config->fleet.targets->len; i++)
        g_ptr_array_add(names,
                        ((FleetTargetConfig *) reader->config->fleet.targets->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    for (guint i = 0; i < reader->config->fleet.services->len; i++) {
        const ServiceConfig *service = reader->config->fleet.services->pdata[i];
        const YamlNode *at = yaml_get_key(services, service->name);
        if (service->target == NULL || at == NULL ||
            fleet_config_target(&reader->config->fleet, service->target) != NULL)
            continue;
        const char *near = text_nearest(service->target, (const char *const *) names->pdata);
        g_autofree char *known = g_strjoinv(", ", (char **) names->pdata);
        reader_error(reader, "unknown-target", at, "service '%s' runs on target '%s', %s%s%s",
                     service->name, service->target,
                     near != NULL ? "did you mean '" : "which there is not; there are: ",
                     near != NULL ? near : known, near != NULL ? "'?" : "");
    }
}

/* clang-format off */
static const Field fleet_fields[] = {
    {"targets",  read_targets,  0},
    {"services", read_services, 0},
    {"groups",   read_groups,   0},
    {NULL},
};
/* clang-format on */

void
read_fleet(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    reader_fields(reader, field->key, value, fleet_fields, target);
    if (value->kind == YAML_MAP)
        check_targets(reader, value);
}
