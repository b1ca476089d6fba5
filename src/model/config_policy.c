/*
 * config_policy.c - the policy of honk.yaml: who must say yes, how long plans live, when nothing starts.
 */
#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "model/config_reader.h"
#include "model/pace.h"

#include <string.h>

/* "2026-12-20T18:00:00Z", or a day: its begin, or with `is_end` the begin of the next one. UTC
 * unless it says otherwise. */
static bool
time_parse(const char *text, bool is_end, int64_t *ret_ms)
{
    bool is_day = strlen(text) == strlen("2026-12-20");
    g_autofree char *whole = is_day ? g_strdup_printf("%sT00:00:00Z", text) : g_strdup(text);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, utc);
    if (time == NULL)
        return false;
    *ret_ms = g_date_time_to_unix(time) * 1000 + (is_day && is_end ? 24 * 60 * 60 * 1000 : 0);
    return true;
}

static void
reader_freeze_time(Reader *reader, const YamlNode *map, const char *key, bool is_end,
                   json_t *freeze)
{
    const YamlNode *value = yaml_get(map, key);
    const char *expected = "a time such as 2026-12-20 or 2026-12-20T18:00:00Z";
    if (value == NULL) {
        reader_error(reader, "missing-key", map, "a freeze has no '%s'", key);
        return;
    }
    g_autofree char *text = reader_text(reader, key, value, expected);
    g_autofree char *key_ms = g_strdup_printf("%s_ms", key);
    int64_t ms;
    if (text == NULL)
        return;
    if (!time_parse(text, is_end, &ms)) {
        reader_wrong_type(reader, key, value, expected);
        return;
    }
    json_set_string(freeze, key, text);
    json_set_int(freeze, key_ms, ms);
}

static void
reader_freeze(Reader *reader, const YamlNode *value, json_t *freezes)
{
    static const char *const known[] = {"from", "to", "why", NULL};
    if (value->kind != YAML_MAP) {
        reader_wrong_type(reader, "freezes", value, "a list of {from, to, why}");
        return;
    }
    g_autoptr(json_t) freeze = json_object();
    for (size_t i = 0; i < value->count; i++)
        if (!g_strv_contains(known, value->items[2 * i]->text))
            reader_unknown_key(reader, value->items[2 * i], known, " in a freeze");
    reader_freeze_time(reader, value, "from", false, freeze);
    reader_freeze_time(reader, value, "to", true, freeze);
    const YamlNode *why = yaml_get(value, "why");
    g_autofree char *text = why != NULL ? reader_text(reader, "why", why, "a sentence") : NULL;
    json_set_string(freeze, "why", text != NULL ? text : "no reason given");
    if (json_get_int(freeze, "from_ms", 0) >= json_get_int(freeze, "to_ms", INT64_MAX))
        reader_error(reader, "freeze", value, "a freeze ends before it begins");
    json_array_append(freezes, freeze);
}

static void
read_freezes(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    if (value->kind != YAML_LIST) {
        reader_wrong_type(reader, field->key, value, "a list of {from, to, why}");
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        reader_freeze(reader, value->items[i], *(json_t **) target);
}

static void
read_failures(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    char **ret = target;
    g_autofree char *text = reader_text(reader, field->key, value, "a count or a share");
    g_autoptr(GError) error = NULL;
    if (text == NULL)
        return;
    if (!pace_failures_check(text, field->key, &error))
        reader_error_from(reader, "failures", value, field->key, error);
    g_free(*ret);
    *ret = g_steal_pointer(&text);
}

/* clang-format off */
static const Field policy_fields[] = {
    {"self_approval",      read_bool,     offsetof(PolicyConfig, self_approval)},
    {"quorum",             read_count,    offsetof(PolicyConfig, quorum), 1, 100},
    {"plan_ttl",           read_duration, offsetof(PolicyConfig, plan_ttl_ms)},
    {"rollback_window",    read_duration, offsetof(PolicyConfig, rollback_window_ms)},
    {"soak",               read_duration, offsetof(PolicyConfig, soak_ms)},
    {"retention",          read_duration, offsetof(PolicyConfig, retention_ms)},
    {"automatic_rollback", read_bool,     offsetof(PolicyConfig, automatic_rollback)},
    {"max_failures",       read_failures, offsetof(PolicyConfig, max_failures)},
    {"wave_soak",          read_duration, offsetof(PolicyConfig, wave_soak_ms)},
    {"by_hand",            read_count,    offsetof(PolicyConfig, by_hand), 0, 100000},
    {"freezes",            read_freezes,  offsetof(PolicyConfig, freezes)},
    {NULL},
};
/* clang-format on */

void
read_policy(Reader *reader, const Field *field, const YamlNode *value, void *target)
{
    reader_fields(reader, field->key, value, policy_fields, target);
}

json_t *
policy_pace(const PolicyConfig *policy)
{
    json_t *pace = json_object();
    json_set_string(pace, "max_failures", policy->max_failures);
    if (policy->wave_soak_ms > 0)
        json_set_int(pace, "soak_ms", policy->wave_soak_ms);
    if (policy->by_hand > 0)
        json_set_int(pace, "by_hand", policy->by_hand);
    return pace;
}

void
policy_seal(PolicyConfig *policy)
{
    g_autoptr(json_t) json = json_pack(
        "{s:b, s:i, s:I, s:I, s:I, s:I, s:b, s:o}", "self_approval", policy->self_approval,
        "quorum", policy->quorum, "plan_ttl_ms", (json_int_t) policy->plan_ttl_ms,
        "rollback_window_ms", (json_int_t) policy->rollback_window_ms, "soak_ms",
        (json_int_t) policy->soak_ms, "retention_ms", (json_int_t) policy->retention_ms,
        "automatic_rollback", policy->automatic_rollback, "pace", policy_pace(policy));
    bool is_ok = json_digest(json, &policy->digest, NULL);
    g_assert(is_ok); /* integers and truth values have a canonical form */
}
