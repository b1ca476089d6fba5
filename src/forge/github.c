/* github.c - GitHub, also on one's own servers: docs.github.com/rest/pulls, /rest/checks, /rest/commits/statuses. */
#include "forge/host.h"

#include <string.h>

#define CHECKS_OF_PAGE 100 /* the most that there are */
#define PAGES_MAX 10       /* it tells of 1,000 at most */

static const char *const headers[] = {
    "Accept: application/vnd.github+json",
    "X-GitHub-Api-Version: 2022-11-28",
    NULL,
};

static void
read_pull(const json_t *seen, Pull *ret)
{
    const char *state = json_get_string(seen, "state", "");
    bool is_merged = json_is_string(json_object_get(seen, "merged_at"));
    *ret = (Pull){
        .state = is_merged                    ? PULL_MERGED
                 : strcmp(state, "open") == 0 ? PULL_OPEN
                                              : PULL_CLOSED,
        .number = json_get_int(seen, "number", 0),
        .url = host_link(seen, "html_url"),
        .head = g_strdup(json_get_string(json_object_get(seen, "head"), "sha", NULL)),
        .title = g_strdup(json_get_string(seen, "title", "")),
        .body = g_strdup(json_get_string(seen, "body", "")),
        .is_draft = json_get_bool(seen, "draft", false),
    };
}

/* A branch of the repository itself: those of the same name in somebody's fork are somebody else's. */
static bool
find(Forge *forge, const char *branch, Pull *ret, GError **error)
{
    g_autofree char *encoded = g_uri_escape_string(branch, NULL, FALSE);
    g_autoptr(json_t) list = NULL;
    json_t *seen;
    size_t i;
    if (!host_call(
            forge, "GET", NULL, &list, error,
            "/repos/%s/%s/pulls?state=all&sort=created&direction=desc&per_page=10&head=%s:%s",
            forge->owner, forge->name, forge->owner, encoded))
        return false;
    json_array_foreach(list, i, seen)
    {
        const char *ref = json_get_string(json_object_get(seen, "head"), "ref", "");
        if (strcmp(ref, branch) != 0)
            continue;
        read_pull(seen, ret);
        return true;
    }
    return true;
}

static bool
label(Forge *forge, const Pull *pull, GError **error)
{
    json_t *labels = json_array();
    for (char **word = forge->config->labels; word != NULL && *word != NULL; word++)
        json_array_append_new(labels, json_string(*word));
    if (json_array_size(labels) == 0) {
        json_decref(labels);
        return true;
    }
    return host_call(forge, "POST", json_pack("{s:o}", "labels", labels), NULL, error,
                     "/repos/%s/%s/issues/%" G_GINT64_FORMAT "/labels", forge->owner, forge->name,
                     pull->number);
}

static bool
propose(Forge *forge, const PullText *text, Pull *ret, GError **error)
{
    g_autoptr(json_t) made = NULL;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "title", text->title, "head",
                             text->branch, "base", text->base, "body", text->body, "draft",
                             text->is_draft, "maintainer_can_modify", 1);
    if (!host_call(forge, "POST", body, &made, error, "/repos/%s/%s/pulls", forge->owner,
                   forge->name))
        return false;
    read_pull(made, ret);
    return true;
}

static bool
reword(Forge *forge, const Pull *pull, const char *title, const char *body, GError **error)
{
    return host_call(forge, "PATCH", json_pack("{s:s, s:s}", "title", title, "body", body), NULL,
                     error, "/repos/%s/%s/pulls/%" G_GINT64_FORMAT, forge->owner, forge->name,
                     pull->number);
}

static bool
say(Forge *forge, const Pull *pull, const char *text, GError **error)
{
    return host_call(forge, "POST", json_pack("{s:s}", "body", text), NULL, error,
                     "/repos/%s/%s/issues/%" G_GINT64_FORMAT "/comments", forge->owner, forge->name,
                     pull->number);
}

static bool
close_it(Forge *forge, const Pull *pull, GError **error)
{
    return host_call(forge, "PATCH", json_pack("{s:s}", "state", "closed"), NULL, error,
                     "/repos/%s/%s/pulls/%" G_GINT64_FORMAT, forge->owner, forge->name,
                     pull->number);
}

static bool
merge(Forge *forge, const Pull *pull, GError **error)
{
    return host_call(forge, "PUT", json_pack("{s:s}", "sha", pull->head), NULL, error,
                     "/repos/%s/%s/pulls/%" G_GINT64_FORMAT "/merge", forge->owner, forge->name,
                     pull->number);
}

/* "dirty" is the one word of its that is about conflicts. */
static bool
conflicts(Forge *forge, const Pull *pull, bool *ret, GError **error)
{
    g_autoptr(json_t) seen = NULL;
    if (!host_call(forge, "GET", NULL, &seen, error, "/repos/%s/%s/pulls/%" G_GINT64_FORMAT,
                   forge->owner, forge->name, pull->number))
        return false;
    *ret = strcmp(json_get_string(seen, "mergeable_state", ""), "dirty") == 0;
    return true;
}

static ChecksState
state_of_run(const json_t *run)
{
    static const char *const good[] = {"success", "neutral", "skipped", NULL};
    if (strcmp(json_get_string(run, "status", ""), "completed") != 0)
        return CHECKS_RUNNING;
    return g_strv_contains(good, json_get_string(run, "conclusion", "")) ? CHECKS_PASSED
                                                                         : CHECKS_FAILED;
}

/* The older interface, which many builds still use. "pending" without any status means that there are none. */
static ChecksState
state_of_statuses(const json_t *statuses)
{
    const char *state = json_get_string(statuses, "state", "");
    if (json_get_int(statuses, "total_count", 0) == 0)
        return CHECKS_NONE;
    return strcmp(state, "success") == 0   ? CHECKS_PASSED
           : strcmp(state, "pending") == 0 ? CHECKS_RUNNING
                                           : CHECKS_FAILED;
}

/* `*ret_count`: how many the page has. */
static bool
look_at_runs(Forge *forge, const Pull *pull, int page, ChecksState *ret, size_t *ret_count,
             GError **error)
{
    g_autoptr(json_t) answer = NULL;
    json_t *run;
    size_t i;
    if (!host_call(forge, "GET", NULL, &answer, error,
                   "/repos/%s/%s/commits/%s/check-runs?per_page=%d&page=%d", forge->owner,
                   forge->name, pull->head, CHECKS_OF_PAGE, page))
        return false;
    const json_t *runs = json_object_get(answer, "check_runs");
    json_array_foreach(runs, i, run) *ret = MAX(*ret, state_of_run(run));
    *ret_count = json_array_size(runs);
    return true;
}

/* All of them: the one that failed may be the last. */
static bool
checks(Forge *forge, const Pull *pull, ChecksState *ret, GError **error)
{
    g_autoptr(json_t) statuses = NULL;
    size_t count = CHECKS_OF_PAGE;
    if (!host_call(forge, "GET", NULL, &statuses, error, "/repos/%s/%s/commits/%s/status",
                   forge->owner, forge->name, pull->head))
        return false;
    *ret = state_of_statuses(statuses);
    for (int page = 1; page <= PAGES_MAX && count == CHECKS_OF_PAGE; page++)
        if (!look_at_runs(forge, pull, page, ret, &count, error))
            return false;
    return true;
}

const Host host_github = {
    .word = "pull request",
    .headers = headers,
    .find = find,
    .propose = propose,
    .label = label,
    .ask = host_ask_reviewers,
    .reword = reword,
    .say = say,
    .merge = merge,
    .conflicts = conflicts,
    .close = close_it,
    .checks = checks,
};
