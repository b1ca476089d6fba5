/* campaign.c - is it a campaign? And the verbs that are one word to the server. */
#include "cli/campaign.h"

#include "cli/migration.h"
#include "cli/story.h"

#include <string.h>

/* "campaign:spring" is one, "migration:users-v2" and "m-…" are none; of a short name nobody knows yet. */
static bool
may_be_campaign(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon == NULL ? !g_str_has_prefix(name, "m-") : g_str_has_prefix(name, "campaign:");
}

static bool
get_or_null(Invocation *call, const char *path, json_t **ret, GError **error)
{
    g_autoptr(GError) none = NULL;
    *ret = NULL;
    if (client_call(call, "GET", path, NULL, ret, &none) || error_is(none, ERR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&none));
    return false;
}

static bool
is_migration_too(Invocation *call, const char *name, bool *ret, GError **error)
{
    g_autofree char *escaped = client_escape(name);
    g_autofree char *path = g_strdup_printf("/migrations/%s", escaped);
    g_autoptr(json_t) migration = NULL;
    *ret = false;
    if (strchr(name, ':') != NULL || g_str_has_prefix(name, "c-"))
        return true;
    if (!get_or_null(call, path, &migration, error))
        return false;
    *ret = migration != NULL;
    return true;
}

bool
campaign_find(Invocation *call, const char *name, json_t **ret, GError **error)
{
    g_autofree char *escaped = client_escape(name);
    g_autofree char *path = g_strdup_printf("/campaigns/%s", escaped);
    g_autoptr(json_t) campaign = NULL;
    bool is_both = false;
    *ret = NULL;
    if (!may_be_campaign(name))
        return true;
    if (!get_or_null(call, path, &campaign, error) ||
        (campaign != NULL && !is_migration_too(call, name, &is_both, error)))
        return false;
    if (is_both)
        return fail(error, ERR_INVALID,
                    "'%s' is a migration and a campaign: say 'campaign:%s', or the migration's "
                    "full ref",
                    name, name);
    *ret = g_steal_pointer(&campaign);
    return true;
}

bool
campaign_is_registered(Invocation *call, const char *name, bool *ret, GError **error)
{
    const char *colon = strchr(name, ':'), *rest = colon != NULL ? colon + 1 : name;
    const char *slash = strchr(rest, '/');
    g_autofree char *space =
        slash != NULL ? g_strndup(rest, (size_t) (slash - rest)) : g_strdup("default");
    g_autofree char *escaped_space = client_escape(space),
                    *escaped = client_escape(slash != NULL ? slash + 1 : rest);
    g_autofree char *path = g_strdup_printf("/entities/campaign/%s/%s", escaped_space, escaped);
    g_autoptr(json_t) entity = NULL;
    *ret = false;
    if (!may_be_campaign(name))
        return true;
    if (!get_or_null(call, path, &entity, error))
        return false;
    *ret = entity != NULL;
    return true;
}

bool
campaign_act(Invocation *call, const json_t *campaign, const char *verb, GError **error)
{
    static const char *const verbs[] = {"start",  "pause",  "resume",   "halt",
                                        "cancel", "reject", "rollback", NULL};
    const char *name = json_get_string(campaign, "name", "");
    g_autofree char *path =
        g_strdup_printf("/campaigns/%s/%s", json_get_string(campaign, "id", ""), verb);
    g_autoptr(json_t) body = json_object(), answer = NULL;
    if (!g_strv_contains(verbs, verb))
        return fail(error, ERR_INVALID, "'%s' is a campaign: '%s' is said to one of its migrations",
                    name, verb);
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (strcmp(verb, "rollback") == 0 && invocation_has(call, "give-up-rows"))
        json_set_bool(body, "give_up_rows", true);
    if (!client_call(call, "POST", path, body, &answer, error)) {
        if (error != NULL && error_is(*error, ERR_INVALID) &&
            strstr((*error)->message, "needs a reason") != NULL)
            invocation_hint(call, "honk %s %s --reason '…'", verb, name);
        return false;
    }
    if (invocation_has(call, "watch") || invocation_has(call, "wait"))
        return campaign_watch(call, campaign, invocation_has(call, "wait"),
                              strcmp(verb, "rollback") == 0 ? "rolled_back" : "succeeded", error);
    if (invocation_json(call))
        view_json(call->view, answer);
    const char *state = json_get_string(answer, "state", "unknown");
    g_autofree char *words = story_words(state),
                    *toned = view_toned(call->view, story_tone(state), words);
    g_autofree char *line = g_strdup_printf("campaign %s is %s\n", name, toned);
    view_raw(call->view, line);
    view_tone(call->view, TONE_DIM, "next: honk watch %s", name);
    return true;
}
