/* gitlab.c - GitLab: docs.gitlab.com/api/merge_requests. Merge requests are called by their number in the project. */
#include "forge/host.h"

#include <string.h>

static const char *const headers[] = {"Accept: application/json", NULL};

/* How GitLab is told that something is not ready: by its title. */
#define DRAFT "Draft: "

static void
read_pull(const json_t *seen, Pull *ret)
{
    const char *state = json_get_string(seen, "state", "");
    const char *title = json_get_string(seen, "title", "");
    *ret = (Pull){
        .state = strcmp(state, "merged") == 0   ? PULL_MERGED
                 : strcmp(state, "closed") == 0 ? PULL_CLOSED
                                                : PULL_OPEN, /* "locked" is about to be merged */
        .number = json_get_int(seen, "iid", 0),
        .url = host_link(seen, "web_url"),
        .head = g_strdup(json_get_string(seen, "sha", NULL)),
        .title = g_strdup(g_str_has_prefix(title, DRAFT) ? title + strlen(DRAFT) : title),
        .body = g_strdup(json_get_string(seen, "description", "")),
        .is_draft = json_get_bool(seen, "draft", false),
    };
}

static bool
find(Forge *forge, const char *branch, Pull *ret, GError **error)
{
    g_autofree char *encoded = g_uri_escape_string(branch, NULL, FALSE);
    g_autoptr(json_t) list = NULL;
    json_t *seen;
    size_t i;
    if (!host_call(forge, "GET", NULL, &list, error,
                   "/projects/%s/merge_requests?state=all&order_by=created_at&sort=desc&per_page=10"
                   "&source_branch=%s",
                   forge->project, encoded))
        return false;
    json_array_foreach(list, i, seen)
    {
        bool is_ours = json_get_int(seen, "source_project_id", 0) ==
                       json_get_int(seen, "target_project_id", 0);
        if (!is_ours || strcmp(json_get_string(seen, "source_branch", ""), branch) != 0)
            continue;
        read_pull(seen, ret);
        return true;
    }
    return true;
}

static bool
propose(Forge *forge, const PullText *text, Pull *ret, GError **error)
{
    g_autofree char *title = g_strconcat(text->is_draft ? DRAFT : "", text->title, NULL);
    g_autofree char *labels =
        forge->config->labels != NULL ? g_strjoinv(",", forge->config->labels) : NULL;
    g_autoptr(json_t) made = NULL;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "source_branch", text->branch, "target_branch",
                             text->base, "title", title, "description", text->body);
    json_set_string(body, "labels", labels);
    if (!host_call(forge, "POST", body, &made, error, "/projects/%s/merge_requests",
                   forge->project))
        return false;
    read_pull(made, ret);
    return true;
}

static bool
change(Forge *forge, const Pull *pull, json_t *body, GError **error)
{
    return host_call(forge, "PUT", body, NULL, error,
                     "/projects/%s/merge_requests/%" G_GINT64_FORMAT, forge->project, pull->number);
}

/* Merge requests are reviewed by people, and those are called by their numbers. */
static bool
number_of_person(Forge *forge, const char *name, int64_t *ret, GError **error)
{
    g_autofree char *encoded = g_uri_escape_string(name, NULL, FALSE);
    g_autoptr(json_t) found = NULL;
    if (!host_call(forge, "GET", NULL, &found, error, "/users?username=%s", encoded))
        return false;
    *ret = json_get_int(json_array_get(found, 0), "id", 0);
    return true;
}

static bool
numbers_of_people(Forge *forge, const GPtrArray *reviewers, json_t *to, GPtrArray *unasked,
                  GError **error)
{
    for (guint i = 0; i < reviewers->len; i++) {
        const char *name = reviewers->pdata[i];
        bool is_person = *name == '@' && strchr(name, '/') == NULL;
        int64_t number = 0;
        if (is_person && !number_of_person(forge, name + 1, &number, error))
            return false;
        if (number > 0)
            json_array_append_new(to, json_integer(number));
        else
            g_ptr_array_add(unasked, g_strdup(name));
    }
    return true;
}

/* The list is set, not added to: where somebody is asked already, that is left alone. */
static bool
ask(Forge *forge, const Pull *pull, const GPtrArray *reviewers, GPtrArray *unasked, GError **error)
{
    g_autoptr(json_t) seen = NULL, numbers = json_array();
    if (!host_call(forge, "GET", NULL, &seen, error,
                   "/projects/%s/merge_requests/%" G_GINT64_FORMAT, forge->project, pull->number))
        return false;
    if (json_array_size(json_object_get(seen, "reviewers")) > 0)
        return true;
    if (!numbers_of_people(forge, reviewers, numbers, unasked, error))
        return false;
    return json_array_size(numbers) == 0 ||
           change(forge, pull, json_pack("{s:O}", "reviewer_ids", numbers), error);
}

static bool
reword(Forge *forge, const Pull *pull, const char *title, const char *body, GError **error)
{
    g_autofree char *whole = g_strconcat(pull->is_draft ? DRAFT : "", title, NULL);
    return change(forge, pull, json_pack("{s:s, s:s}", "title", whole, "description", body), error);
}

static bool
say(Forge *forge, const Pull *pull, const char *text, GError **error)
{
    return host_call(forge, "POST", json_pack("{s:s}", "body", text), NULL, error,
                     "/projects/%s/merge_requests/%" G_GINT64_FORMAT "/notes", forge->project,
                     pull->number);
}

static bool
close_it(Forge *forge, const Pull *pull, GError **error)
{
    return change(forge, pull, json_pack("{s:s}", "state_event", "close"), error);
}

static bool
merge(Forge *forge, const Pull *pull, GError **error)
{
    return host_call(forge, "PUT", json_pack("{s:s}", "sha", pull->head), NULL, error,
                     "/projects/%s/merge_requests/%" G_GINT64_FORMAT "/merge", forge->project,
                     pull->number);
}

static bool
conflicts(Forge *forge, const Pull *pull, bool *ret, GError **error)
{
    g_autoptr(json_t) seen = NULL;
    if (!host_call(forge, "GET", NULL, &seen, error,
                   "/projects/%s/merge_requests/%" G_GINT64_FORMAT, forge->project, pull->number))
        return false;
    *ret = json_get_bool(seen, "has_conflicts", false);
    return true;
}

/* The newest pipeline tells. */
/* Newest first; of a branch for which nothing is opened they are found by its commit. */
static bool
pipelines(Forge *forge, const Pull *pull, json_t **ret, GError **error)
{
    if (pull->number > 0)
        return host_call(forge, "GET", NULL, ret, error,
                         "/projects/%s/merge_requests/%" G_GINT64_FORMAT "/pipelines?per_page=1",
                         forge->project, pull->number);
    return host_call(forge, "GET", NULL, ret, error, "/projects/%s/pipelines?sha=%s&per_page=1",
                     forge->project, pull->head);
}

static bool
checks(Forge *forge, const Pull *pull, ChecksState *ret, GError **error)
{
    static const char *const failed[] = {"failed", "canceled", "canceling", NULL};
    static const char *const passed[] = {"success", "skipped", NULL};
    g_autoptr(json_t) list = NULL;
    if (!pipelines(forge, pull, &list, error))
        return false;
    const json_t *newest = json_array_get(list, 0);
    const char *status = json_get_string(newest, "status", "");
    if (newest != NULL)
        *ret = g_strv_contains(failed, status)   ? CHECKS_FAILED
               : g_strv_contains(passed, status) ? CHECKS_PASSED
                                                 : CHECKS_RUNNING;
    return true;
}

const Host host_gitlab = {
    .word = "merge request",
    .headers = headers,
    .find = find,
    .propose = propose,
    .ask = ask,
    .reword = reword,
    .say = say,
    .merge = merge,
    .conflicts = conflicts,
    .close = close_it,
    .checks = checks,
};
