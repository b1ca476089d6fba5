/*
 * campaign.c - the spec of a Campaign, read and checked.
 *
 *   spec:
 *     owner: team-identity
 *     migrations: [ users-v2, streams-v2 ]         # or
 *     selector: { owner: team-identity, labels: { move: spring } }
 *     pacing: { waves: [ 1, 10, "50%" ], at_once: 8, failures_allowed: 0 }
 */
#include "catalog/campaign.h"

#include <string.h>

#define AT_ONCE_MAX 10000
#define FAILURES_MAX 10000

bool
entity_is_campaign(const Entity *entity)
{
    return g_ascii_strcasecmp(entity->kind, "Campaign") == 0;
}

void
campaign_spec_clear(CampaignSpec *spec)
{
    g_free(spec->owner);
    memset(spec, 0, sizeof(*spec));
}

static bool
read_known(const json_t *object, const char *what, const char *const *known, GError **error)
{
    const char *key;
    json_t *value;
    if (object != NULL && !json_is_object(object))
        return fail(error, ERR_INVALID, "%s is no map", what);
    json_object_foreach((json_t *) object, key, value) if (!g_strv_contains(known, key))
    {
        g_autofree char *names = g_strjoinv(", ", (char **) known);
        return fail(error, ERR_INVALID, "%s has no '%s', expected one of: %s", what, key, names);
    }
    return true;
}

static bool
read_number(const json_t *pacing, const char *key, int64_t least, int64_t most, int64_t otherwise,
            int64_t *ret, GError **error)
{
    const json_t *value = json_object_get(pacing, key);
    *ret = value == NULL ? otherwise : json_integer_value(value);
    if (value != NULL && (!json_is_integer(value) || *ret < least || *ret > most))
        return fail(error, ERR_INVALID,
                    "spec.pacing.%s is no whole number from %" G_GINT64_FORMAT
                    " to %" G_GINT64_FORMAT,
                    key, least, most);
    return true;
}

/* "50%" of the total, rounded up; a count as it is; -1: neither. */
static int64_t
wave_quota(const json_t *wave, int64_t total)
{
    const char *text = json_string_value(wave);
    guint64 percent = 0;
    if (json_is_integer(wave))
        return json_integer_value(wave) > 0 ? json_integer_value(wave) : -1;
    if (text == NULL || !g_str_has_suffix(text, "%"))
        return -1;
    g_autofree char *digits = g_strndup(text, strlen(text) - 1);
    if (!g_ascii_string_to_unsigned(digits, 10, 1, 100, &percent, NULL))
        return -1;
    return ((int64_t) percent * total + 99) / 100;
}

static bool
read_waves(const json_t *pacing, CampaignSpec *ret, GError **error)
{
    ret->waves = json_object_get(pacing, "waves");
    if (ret->waves == NULL)
        return true;
    if (!json_is_array(ret->waves) || json_array_size(ret->waves) > CAMPAIGN_WAVES_MAX)
        return fail(error, ERR_INVALID, "spec.pacing.waves is no list of at most %d waves",
                    CAMPAIGN_WAVES_MAX);
    for (size_t i = 0; i < json_array_size(ret->waves); i++)
        if (wave_quota(json_array_get(ret->waves, i), 1) < 0)
            return fail(
                error, ERR_INVALID,
                "spec.pacing.waves[%zu] is neither a count from 1 on nor a share like \"10%%\"", i);
    return true;
}

static bool
read_pacing(const json_t *spec, CampaignSpec *ret, GError **error)
{
    static const char *const known[] = {"waves", "at_once", "failures_allowed", NULL};
    const json_t *pacing = json_object_get(spec, "pacing");
    return read_known(pacing, "spec.pacing", known, error) &&
           read_number(pacing, "at_once", 1, AT_ONCE_MAX, CAMPAIGN_AT_ONCE_DEFAULT, &ret->at_once,
                       error) &&
           read_number(pacing, "failures_allowed", 0, FAILURES_MAX, 0, &ret->failures_allowed,
                       error) &&
           read_waves(pacing, ret, error);
}

static bool
read_selector(const json_t *spec, CampaignSpec *ret, GError **error)
{
    static const char *const known[] = {"owner", "labels", NULL};
    const json_t *selector = json_object_get(spec, "selector");
    ret->migrations = json_object_get(spec, "migrations");
    if (ret->migrations != NULL && selector != NULL)
        return fail(error, ERR_INVALID, "spec has both 'migrations' and a 'selector': one of them");
    if (ret->migrations != NULL && !json_is_array(ret->migrations))
        return fail(error, ERR_INVALID, "spec.migrations is no list of names");
    if (!read_known(selector, "spec.selector", known, error))
        return false;
    const char *owner = json_get_string(selector, "owner", NULL);
    ret->labels = json_object_get(selector, "labels");
    if (selector != NULL && owner == NULL && ret->labels == NULL)
        return fail(error, ERR_INVALID, "spec.selector selects nothing: expected owner, or labels");
    return owner == NULL || entity_ref_parse(owner, "group", NULL, &ret->owner, error);
}

bool
campaign_spec_read(const json_t *entity, CampaignSpec *ret, GError **error)
{
    const json_t *spec = json_object_get(entity, "spec");
    return read_selector(spec, ret, error) && read_pacing(spec, ret, error);
}

bool
campaign_selects(const CampaignSpec *spec, const Entity *migration)
{
    const json_t *labels = json_object_get(json_object_get(migration->json, "metadata"), "labels");
    const char *name;
    json_t *value;
    if (spec->owner != NULL && g_strcmp0(spec->owner, migration->owner) != 0)
        return false;
    json_object_foreach((json_t *) spec->labels, name, value)
    {
        const json_t *has = json_object_get(labels, name);
        if (has == NULL || !json_equal(has, value))
            return false;
    }
    return spec->owner != NULL || spec->labels != NULL;
}

/* Only those that grow, and leave something for the last. */
json_t *
campaign_quotas(const CampaignSpec *spec, int64_t total)
{
    static const int64_t usual[] = CAMPAIGN_WAVES_DEFAULT;
    size_t count = spec->waves != NULL ? json_array_size(spec->waves) : G_N_ELEMENTS(usual);
    json_t *quotas = json_array();
    int64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t quota =
            spec->waves != NULL ? wave_quota(json_array_get(spec->waves, i), total) : usual[i];
        if (quota <= before || quota >= total)
            continue;
        json_array_append_new(quotas, json_integer(quota));
        before = quota;
    }
    return quotas;
}
