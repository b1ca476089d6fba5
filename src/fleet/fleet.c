/* fleet.c - the table of targets, services by name, revisions. */
#include "fleet/fleet.h"

#include "base/text.h"
#include "fleet/processes.h"
#include "fleet/remote.h"

#include <string.h>

#define NAME_DIGITS 12 /* a person reads it aloud; 48 bits are enough for one service */

static const FleetTarget *const targets[] = {&target_processes, &target_remote};

const FleetTarget *
fleet_target_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
        if (g_strcmp0(targets[i]->name, name) == 0)
            return targets[i];
    return NULL;
}

static bool
no_such_service(const Config *config, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < config->fleet.services->len; i++)
        g_ptr_array_add(names, ((ServiceConfig *) config->fleet.services->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    const char *near = text_nearest(name, (const char *const *) names->pdata);
    g_autofree char *known = g_strjoinv(", ", (char **) names->pdata);
    if (near != NULL)
        return fail(error, ERR_NOT_FOUND, "no service '%s' in '%s', did you mean '%s'?", name,
                    config->path, near);
    return fail(error, ERR_NOT_FOUND, "no service '%s' in '%s'%s%s", name, config->path,
                names->len > 1 ? ", there are: " : ", which has none", known);
}

bool
fleet_open(const Config *config, const char *service, Fleet *ret, GError **error)
{
    Fleet fleet = {.config = config};

    fleet.service = fleet_config_service(&config->fleet, service);
    if (fleet.service == NULL)
        return no_such_service(config, service, error);
    fleet.where = fleet_config_target(&config->fleet, fleet.service->target);
    fleet.target = fleet_target_by_name(fleet.where->driver);
    if (fleet.target == NULL) {
        g_autoptr(GString) known = g_string_new(NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
            g_string_append_printf(known, "%s'%s'", i > 0 ? ", " : "", targets[i]->name);
        return fail(error, ERR_UNSUPPORTED, "target '%s' has driver '%s', expected one of: %s",
                    fleet.where->name, fleet.where->driver, known->str);
    }
    if (fleet.target->check != NULL && !fleet.target->check(fleet.where, error))
        return false;
    *ret = fleet;
    return true;
}

/* ---- revisions ---- */

json_t *
revision_of(const char *code, const json_t *datasets)
{
    return json_pack("{s:s?, s:o}", "code", code, "datasets",
                     datasets != NULL ? json_deep_copy(datasets) : json_object());
}

bool
revision_name(const json_t *revision, char **ret, GError **error)
{
    g_autofree char *digest = NULL;
    if (!json_digest(revision, &digest, error))
        return false;
    *ret = g_strndup(digest + strlen("sha256:"), NAME_DIGITS);
    return true;
}

bool
template_make(const json_t *revision, int instances, json_t **ret, GError **error)
{
    g_autofree char *name = NULL;
    if (!revision_name(revision, &name, error))
        return false;
    *ret = json_pack("{s:o, s:s, s:i}", "revision", json_deep_copy(revision), "name", name,
                     "instances", instances);
    return true;
}

/* ---- to the target ---- */

bool
fleet_describe(const Fleet *fleet, json_t **ret, GError **error)
{
    return fleet->target->describe(fleet, ret, error);
}

bool
fleet_hold(const Fleet *fleet, const FleetClaim *claim, FleetHold **ret, GError **error)
{
    if (fleet->target->hold == NULL)
        return fail(error, ERR_UNSUPPORTED, "target '%s' decides by itself", fleet->where->name);
    return fleet->target->hold(fleet, claim, ret, error);
}

void
fleet_hold_free(FleetHold *hold)
{
    if (hold != NULL)
        hold->fleet->target->let_go(hold);
}

void
fleet_scene_clear(FleetScene *scene)
{
    if (scene->ids != NULL)
        g_ptr_array_unref(scene->ids);
    g_free(scene->instances);
    *scene = (FleetScene){0};
}

bool
fleet_scene(FleetHold *hold, const json_t *to, FleetScene *ret, GError **error)
{
    return hold->fleet->target->scene(hold, to, ret, error);
}

bool
fleet_obey(FleetHold *hold, const json_t *to, const Order *order, GError **error)
{
    return hold->fleet->target->obey(hold, to, order, error);
}

bool
fleet_yield(FleetHold *hold, bool may_be_taken, GError **error)
{
    return hold->fleet->target->yield(hold, may_be_taken, error);
}

bool
fleet_leave(FleetHold *hold, GError **error)
{
    return hold->fleet->target->leave(hold, error);
}

const json_t *
fleet_saved(const FleetHold *hold, bool *ret_is_saved)
{
    return hold->fleet->target->saved(hold, ret_is_saved);
}

/* ---- following ---- */

void
fleet_news_clear(FleetNews *news)
{
    json_decref(news->checkpoint);
    *news = (FleetNews){0};
}

bool
fleet_follow(const Fleet *fleet, const FleetErrand *errand, FleetNews *ret, GError **error)
{
    if (fleet->target->follow == NULL)
        return fail(error, ERR_UNSUPPORTED, "target '%s' is led by hand", fleet->where->name);
    return fleet->target->follow(fleet, errand, ret, error);
}
