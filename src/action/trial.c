/* trial.c - see trial.h. */
#include "action/trial.h"

#include "action/survey.h"
#include "planner/planner.h"

/* Where nothing is made by looking (survey.h). */
typedef struct {
    StoreConfig store;
    json_t *settings;
    const char *url, *object;
} LookedAt;

static void
looked_at_clear(LookedAt *side)
{
    json_decref(side->settings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LookedAt, looked_at_clear)

static bool
look_at(const json_t *slice, const char *which, StepEnv *env, LookedAt *ret, GError **error)
{
    const StoreConfig *store;
    ret->url = json_get_string(json_object_get(slice, which), "url", "");
    if (!config_dataset_url(env->config, ret->url, &store, &ret->object, error))
        return false;
    ret->settings = store_look_settings(store);
    ret->store =
        (StoreConfig){.name = store->name, .driver = store->driver, .settings = ret->settings};
    return true;
}

static int64_t
allowed_by(const Config *config, const LookedAt *side)
{
    g_autofree char *resource = g_strconcat("store:", side->store.name, NULL);
    return json_get_int(config->limits, resource, G_MAXINT);
}

/* As many as there are workers, but for what the stores bear: where one transaction keeps all others from writing, they take turns. */
static int64_t
ranges_at_once(const Config *config, const Transfer *transfer, const LookedAt *source,
               const LookedAt *target)
{
    int64_t stores = MIN(allowed_by(config, source), allowed_by(config, target));
    return transfer_may_rest(transfer) ? CLAMP(stores, 1, MAX(config->workers, 1)) : 1;
}

/* Of what is not planned yet. */
typedef struct {
    LookedAt source, target;
    Transfer *transfer;
} Trial;

static void
trial_clear(Trial *trial)
{
    transfer_close(trial->transfer);
    looked_at_clear(&trial->source);
    looked_at_clear(&trial->target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trial, trial_clear)

static bool
open_trial(const json_t *slice, const Mapping *mapping, StepEnv *env, Trial *ret, GError **error)
{
    LookedAt *source = &ret->source, *target = &ret->target;
    if (!look_at(slice, "source", env, source, error) ||
        !look_at(slice, "target", env, target, error))
        return false;
    bool is_one_store = g_strcmp0(source->store.name, target->store.name) == 0;
    TransferSpec spec = {
        .source_store = &source->store,
        .source = source->object,
        .target_store = is_one_store ? &source->store : &target->store,
        /* what is moved in its place gets the columns that the mapping says */
        .target = planner_is_in_place(source->url, target->url) ? NULL : target->object,
        .mapping = mapping,
        .hash = true,
        .push_allowed = true,
    };
    return transfer_open(&spec, &ret->transfer, error);
}

static bool
try_rows(const json_t *slice, const Mapping *mapping, StepEnv *env, json_t **ret, GError **error)
{
    g_auto(Trial) trial = {0};
    Ticker ticker = {env, 0, "trying some rows"};
    if (!open_trial(slice, mapping, env, &trial, error) ||
        !transfer_try(trial.transfer, ticker_tick, &ticker, ret, error))
        return false;
    json_set_int(*ret, "at_once",
                 ranges_at_once(env->config, trial.transfer, &trial.source, &trial.target));
    return true;
}

/* Retried, unless it is a finding about what is to be moved. */
static bool
is_passing(const GError *failed)
{
    return error_then(error_code(failed)) == THEN_RETRY || error_is(failed, ERR_STOPPED);
}

bool
trial_of_rows(json_t *slice, const Mapping *mapping, StepEnv *env, GError **error)
{
    json_t *trial = NULL;
    GError *failed = NULL;
    if (!try_rows(slice, mapping, env, &trial, &failed)) {
        if (is_passing(failed)) {
            g_propagate_error(error, failed);
            return false;
        }
        trial = json_object();
        json_set_string(trial, "problem", failed->message);
        g_error_free(failed);
    }
    json_object_set_new(slice, "trial", trial);
    return true;
}

bool
trial_of_mirror(json_t *slice, const Mapping *mapping, StepEnv *env, GError **error)
{
    g_auto(Trial) trial = {0};
    g_autofree char *why = NULL;
    json_t *can = json_at(slice, "capabilities.source");
    GError *failed = NULL;
    if (g_strcmp0(json_get_string(json_at(slice, "entity.spec"), "consistency", NULL),
                  "dual-write") != 0 ||
        can == NULL)
        return true;
    if (!open_trial(slice, mapping, env, &trial, &failed) ||
        !transfer_can_mirror(trial.transfer, &why, &failed)) {
        if (is_passing(failed)) {
            g_propagate_error(error, failed);
            return false;
        }
        why = g_strdup(failed->message);
        g_error_free(failed);
    }
    json_set_bool(can, "mirror", why == NULL);
    json_set_string(json_object_get(slice, "source"), "no_mirror", why);
    return true;
}
