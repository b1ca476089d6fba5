/*
 * reviewers.c - asking for a review: docs.github.com/rest/pulls/review-requests, and Gitea's same words.
 *
 * One name that the host refuses (whoever opened it, no collaborator, a team of elsewhere) makes it refuse all of them: then each is
 * asked alone.
 */
#include "forge/host.h"

#include <string.h>

bool
host_has_refused(const GError *error)
{
    return error_is(error, ERR_INVALID) || error_is(error, ERR_NOT_FOUND) ||
           error_is(error, ERR_FORBIDDEN);
}

/* "@acme/identity" is a team of whom the repository belongs to, or of nobody who can be asked. */
static const char *
team_of(const Forge *forge, const char *name)
{
    size_t bytes = strlen(forge->config->owner);
    bool is_ours =
        g_ascii_strncasecmp(name + 1, forge->config->owner, bytes) == 0 && name[1 + bytes] == '/';
    return is_ours ? name + bytes + 2 : NULL;
}

static void
sort_out(const Forge *forge, const GPtrArray *names, json_t *people, json_t *teams,
         GPtrArray *unasked)
{
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        bool is_team = *name == '@' && strchr(name, '/') != NULL;
        if (is_team && team_of(forge, name) != NULL)
            json_array_append_new(teams, json_string(team_of(forge, name)));
        else if (*name == '@' && !is_team)
            json_array_append_new(people, json_string(name + 1));
        else
            g_ptr_array_add(unasked, g_strdup(name));
    }
}

static bool
request(Forge *forge, const Pull *pull, json_t *people, json_t *teams, GError **error)
{
    return host_call(forge, "POST",
                     json_pack("{s:O, s:O}", "reviewers", people, "team_reviewers", teams), NULL,
                     error, "/repos/%s/%s/pulls/%" G_GINT64_FORMAT "/requested_reviewers",
                     forge->owner, forge->name, pull->number);
}

static bool
request_each(Forge *forge, const Pull *pull, const json_t *list, bool is_team, GPtrArray *unasked,
             GError **error)
{
    g_autoptr(json_t) none = json_array();
    json_t *name;
    size_t i;
    json_array_foreach(list, i, name)
    {
        g_autoptr(json_t) one = json_pack("[O]", name);
        g_autoptr(GError) refused = NULL;
        if (request(forge, pull, is_team ? none : one, is_team ? one : none, &refused))
            continue;
        if (!host_has_refused(refused)) {
            g_propagate_error(error, g_steal_pointer(&refused));
            return false;
        }
        g_ptr_array_add(unasked, is_team ? g_strdup_printf("@%s/%s", forge->config->owner,
                                                           json_string_value(name))
                                         : g_strdup_printf("@%s", json_string_value(name)));
    }
    return true;
}

bool
host_ask_reviewers(Forge *forge, const Pull *pull, const GPtrArray *reviewers, GPtrArray *unasked,
                   GError **error)
{
    g_autoptr(json_t) people = json_array(), teams = json_array();
    g_autoptr(GError) refused = NULL;
    sort_out(forge, reviewers, people, teams, unasked);
    if (json_array_size(people) + json_array_size(teams) == 0 ||
        request(forge, pull, people, teams, &refused))
        return true;
    if (!host_has_refused(refused)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    return request_each(forge, pull, people, false, unasked, error) &&
           request_each(forge, pull, teams, true, unasked, error);
}
