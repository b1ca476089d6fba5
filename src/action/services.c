/* services.c - see services.h. */
#include "action/services.h"

#include "action/service.h"
#include "base/text.h"
#include "change/repository.h"
#include "planner/changes.h"

#include <string.h>

/* ---- what a service runs, and is to run ---- */

/* What honk.yaml names: an address as it is, a dataset by the catalog's address. */
static json_t *
configured_datasets(const json_t *slice, const ServiceConfig *service, char **ret_problem)
{
    json_t *datasets = json_object(), *name;
    const char *variable;

    json_object_foreach(service->datasets, variable, name)
    {
        const char *text = json_string_value(name);
        const char *address =
            strchr(text, ':') != NULL
                ? text
                : json_get_string(json_object_get(slice, "addresses"), text, NULL);
        if (address == NULL && *ret_problem == NULL)
            *ret_problem = g_strdup_printf("the catalog has no address for '%s', which %s names",
                                           text, variable);
        json_set_string(datasets, variable, address);
    }
    return datasets;
}

static json_t *
with_new_dataset(const json_t *datasets, const char *source, const char *target)
{
    json_t *moved = json_object(), *address;
    const char *variable;

    json_object_foreach((json_t *) datasets, variable, address)
    {
        bool is_source = strcmp(json_string_value(address), source) == 0;
        json_set_string(moved, variable, is_source ? target : json_string_value(address));
    }
    return moved;
}

/* What becomes of the code that the service runs: of its parts, one that is made. NULL: nobody has looked. */
static const json_t *
find_change(const json_t *slice, const json_t *row)
{
    const char *repository = json_get_string(row, "repository", NULL);
    const json_t *found = NULL;
    json_t *change;
    size_t i;

    json_array_foreach(json_object_get(slice, "changes"), i, change)
    {
        if (g_strcmp0(json_get_string(change, "repository", ""), repository) != 0)
            continue;
        if (change_is_made(change))
            return change;
        found = found != NULL ? found : change;
    }
    return found;
}

/* The datasets move; the code, too, where this plan changes it. */
static json_t *
wanted(const json_t *slice, const json_t *change, const json_t *from)
{
    const char *source = json_string_value(json_at(slice, "source.url"));
    const char *target = json_string_value(json_at(slice, "target.url"));
    g_autoptr(json_t) datasets =
        with_new_dataset(json_object_get(from, "datasets"), source, target);
    const char *code = change_is_made(change) ? "change" : json_get_string(from, "code", NULL);
    return revision_of(code, datasets);
}

/* ---- rows ---- */

static void
put_how(json_t *row, const RolloutSpec *spec, const char *group)
{
    g_autofree char *text = rollout_spec_text(spec);

    json_set_string(row, "group", group);
    json_object_set_new(row, "rollout", rollout_spec_to_json(spec));
    json_set_string(row, "how", text);
    json_set_int(row, "estimate_ms", rollout_estimate_ms(spec));
}

static bool
describe(const Config *config, const char *name, Fleet *fleet, json_t *row, GError **error)
{
    g_autoptr(json_t) seen = NULL;

    if (!fleet_open(config, name, fleet, error) || !fleet_describe(fleet, &seen, error))
        return false;
    json_t *template = json_object_get(seen, "template");
    json_set_string(row, "service", name);
    json_set_string(row, "target", fleet->where->name);
    json_set_string(row, "repository", fleet->service->repository);
    json_set_int(row, "instances", fleet->service->instances);
    json_object_set_new(row, "from",
                        json_is_object(template)
                            ? json_deep_copy(json_object_get(template, "revision"))
                            : json_null());
    return true;
}

static bool
add_row(const Config *config, const json_t *consumer, const char *name, json_t *rows,
        GError **error)
{
    g_autoptr(json_t) row = json_object();
    g_autoptr(GError) failed = NULL;
    Fleet fleet;

    json_set_string(row, "consumer", json_get_string(consumer, "ref", ""));
    json_set_string(row, "owner", json_get_string(consumer, "owner", ""));
    json_set_string(row, "access", json_get_string(consumer, "access", "reads"));
    json_set_string(row, "deploy", json_get_string(consumer, "deploy", "merge"));
    if (!describe(config, name, &fleet, row, &failed)) {
        if (error_then(error_code(failed)) == THEN_RETRY) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
        json_set_string(row, "service", name);
        json_object_set_new(row, "from", json_null());
        json_set_string(row, "problem", failed->message);
        json_array_append(rows, row);
        return true;
    }
    if (!json_is_object(json_object_get(row, "from")))
        json_set_string(row, "problem",
                        "it does not run: `honk rollout` starts it, with what honk.yaml names");
    json_array_append(rows, row);
    return true;
}

/* One whose code would have to change, and cannot, stays as it is. */
static void
decide_row(const json_t *slice, json_t *row)
{
    const json_t *from = json_object_get(row, "from"), *change = find_change(slice, row);

    if (json_object_get(row, "problem") != NULL)
        return;
    if (json_get_bool(change, "blocked", false) &&
        strcmp(json_get_string(row, "deploy", ""), "branch") == 0) {
        json_object_set(row, "problem", json_object_get(change, "problem"));
        return;
    }
    json_object_set_new(row, "to", wanted(slice, change, from));
    /* Those with nothing to do are looked at, too: when drift is looked for, they may have had. */
    if (json_equal(json_object_get(row, "to"), (json_t *) from))
        json_set_bool(row, "idle", true);
}

static const char *
group_of(const Config *config, const json_t *slice)
{
    const char *named =
        json_get_string(json_at(slice, "entity.spec"), "fleet_group",
                        json_get_string(json_at(slice, "entity.metadata.annotations"),
                                        "fleet-manager/target-group", NULL));
    if (named != NULL && fleet_config_group(&config->fleet, named) != NULL)
        return named;
    return fleet_config_group(&config->fleet, "default") != NULL ? "default" : NULL;
}

/* ---- order ---- */

/* Readers first: a writer that is let go early writes where nobody reads yet. */
static int
compare_rows(const void *a, const void *b)
{
    const json_t *left = *(json_t *const *) a, *right = *(json_t *const *) b;
    int order = strcmp(json_get_string(left, "access", ""), json_get_string(right, "access", ""));
    return order != 0 ? order
                      : strcmp(json_get_string(left, "service", ""),
                               json_get_string(right, "service", ""));
}

static json_t *
sorted(const json_t *rows)
{
    size_t count = json_array_size(rows);
    g_autofree json_t **items = g_new(json_t *, count + 1);
    json_t *ret = json_array();

    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(rows, i);
    qsort(items, count, sizeof(*items), compare_rows);
    for (size_t i = 0; i < count; i++)
        json_array_append(ret, items[i]);
    return ret;
}

static bool
waves_of(const GroupConfig *group, Portion **ret, size_t *ret_count, GError **error)
{
    size_t count = group != NULL ? json_array_size(group->waves) : 0;
    g_autofree Portion *waves = g_new0(Portion, count + 1);

    for (size_t i = 0; i < count; i++)
        if (!portion_from_json(json_array_get(group->waves, i), "a wave", &waves[i], error))
            return false;
    *ret = g_steal_pointer(&waves);
    *ret_count = count;
    return true;
}

static bool
is_going(const json_t *row)
{
    return json_object_get(row, "problem") == NULL && !json_get_bool(row, "idle", false);
}

static bool
put_waves(json_t *rows, const GroupConfig *group, GError **error)
{
    g_autofree Portion *waves = NULL;
    size_t wave_count, i;
    int going = 0, index = 0;
    json_t *row;

    if (!waves_of(group, &waves, &wave_count, error))
        return false;
    json_array_foreach(rows, i, row) going += is_going(row);
    json_array_foreach(rows, i, row) if (is_going(row))
    {
        json_set_int(row, "wave", 1 + rollout_wave_of(waves, wave_count, index, going));
        index++;
    }
    return true;
}

/* ---- the whole ---- */

static bool
add_consumers(const json_t *consumers, const Config *config, json_t *rows, GHashTable *known,
              GError **error)
{
    json_t *consumer;
    size_t i;

    json_array_foreach(consumers, i, consumer)
    {
        const char *name = json_get_string(consumer, "service",
                                           text_behind_slash(json_get_string(consumer, "ref", "")));
        if (fleet_config_service(&config->fleet, name) == NULL ||
            !json_get_bool(consumer, "direct", true) || !g_hash_table_add(known, (void *) name))
            continue;
        if (!add_row(config, consumer, name, rows, error))
            return false;
    }
    return true;
}

/* Who writes counts as a writer, also when it reads as well. */
static json_t *
writers_first(const json_t *consumers)
{
    json_t *ret = json_array(), *consumer;
    size_t i;

    json_array_foreach(consumers, i,
                       consumer) if (strcmp(json_get_string(consumer, "access", ""), "writes") == 0)
        json_array_append(ret, consumer);
    json_array_foreach(consumers, i,
                       consumer) if (strcmp(json_get_string(consumer, "access", ""), "writes") != 0)
        json_array_append(ret, consumer);
    return ret;
}

bool
services_look(json_t *slice, StepEnv *env, GError **error)
{
    const Config *config = env->config;
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(json_t) rows = json_array();
    g_autoptr(json_t) consumers = writers_first(json_object_get(slice, "consumers"));

    if (config->fleet.services->len == 0 || json_at(slice, "source.url") == NULL ||
        json_at(slice, "target.url") == NULL)
        return true;
    if (!add_consumers(consumers, config, rows, known, error) ||
        !add_consumers(json_object_get(slice, "scanned"), config, rows, known, error))
        return false;
    json_object_set_new(slice, "services", sorted(rows));
    return true;
}

bool
services_decide(json_t *slice, StepEnv *env, GError **error)
{
    const Config *config = env->config;
    const char *name = group_of(config, slice);
    g_autoptr(json_t) params = json_object();
    g_autoptr(RolloutSpec) spec = NULL;
    json_t *rows = json_object_get(slice, "services"), *row;
    size_t i;

    if (rows == NULL)
        return true;
    json_set_string(params, "group", name);
    if (!rollout_spec_of(config, params, &spec, error))
        return false;
    json_array_foreach(rows, i, row)
    {
        decide_row(slice, row);
        put_how(row, spec, name);
    }
    return put_waves(rows, name != NULL ? fleet_config_group(&config->fleet, name) : NULL, error);
}

/* ---- a rollout of its own ---- */

/* A commit by any of its names; by default the head, for a service that never ran. */
static bool
find_code(const Fleet *fleet, const char *asked, char **ret, GError **error)
{
    g_autoptr(Repository) repository = NULL;
    g_autofree char *branch = NULL;

    *ret = NULL;
    if (fleet->service->repository == NULL)
        return asked == NULL ||
               fail(error, ERR_INVALID,
                    "service '%s' has no repository in honk.yaml, so '%s' is no code of it",
                    fleet->service->name, asked);
    if (!repository_open(fleet->config, fleet->service->repository, &repository, error))
        return false;
    if (asked == NULL)
        return repository_head(repository, &branch, ret, error);
    if (!repository_commit(repository, asked, ret, error))
        return false;
    return *ret != NULL ||
           fail(error, ERR_NOT_FOUND, "'%s' has no commit '%s'", fleet->service->repository, asked);
}

static bool
own_revision(const json_t *slice, const Fleet *fleet, const json_t *from, json_t **ret,
             GError **error)
{
    const json_t *asked = json_at(slice, "rollout.revision");
    const char *code = json_get_string(asked, "code", NULL);
    g_autofree char *commit = NULL, *problem = NULL;
    g_autoptr(json_t) datasets = NULL;

    if (code == NULL && json_is_object(from))
        commit = g_strdup(json_get_string(from, "code", NULL));
    else if (!find_code(fleet, code, &commit, error))
        return false;
    if (json_is_object(json_object_get(asked, "datasets")))
        datasets = json_deep_copy(json_object_get(asked, "datasets"));
    else if (json_is_object(from))
        datasets = json_deep_copy(json_object_get(from, "datasets"));
    else
        datasets = configured_datasets(slice, fleet->service, &problem);
    if (problem != NULL)
        return fail(error, ERR_INVALID, "service '%s': %s", fleet->service->name, problem);
    *ret = revision_of(commit, datasets);
    return true;
}

bool
services_survey_own(json_t *slice, StepEnv *env, GError **error)
{
    const json_t *wish = json_object_get(slice, "rollout");
    const char *name = json_get_string(wish, "service", ""),
               *group = json_get_string(wish, "group", NULL);
    g_autoptr(json_t) row = json_object(), params = json_object();
    g_autoptr(RolloutSpec) spec = NULL;
    json_t *to = NULL;
    Fleet fleet;

    json_set_string(params, "group", group);
    json_set_string(params, "rollout_strategy", json_get_string(wish, "strategy", NULL));
    json_set_int(params, "max_instances", json_get_int(wish, "max_instances", 0));
    if (!describe(env->config, name, &fleet, row, error) ||
        !rollout_spec_of(env->config, params, &spec, error) ||
        !own_revision(slice, &fleet, json_object_get(row, "from"), &to, error))
        return false;
    json_object_set_new(row, "to", to);
    json_set_int(row, "wave", 1);
    put_how(row, spec, group);
    json_object_set_new(slice, "services", json_pack("[O]", row));
    return true;
}
