/* gitea.c - Gitea and Forgejo: docs.gitea.com/api. Nothing finds a pull request by its branch, so lists are read, which begin with the
 * newest unless another order is asked for. */
#include "forge/host.h"

#include <string.h>

#define PAGE 50
#define PAGES_READ_MAX 20 /* a thousand newer ones than ours: then a person looks */
#define DRAFT "WIP: "

static const char *const headers[] = {"Accept: application/json", NULL};

static void
read_pull(const json_t *seen, Pull *ret)
{
    const char *title = json_get_string(seen, "title", "");
    bool is_open = strcmp(json_get_string(seen, "state", ""), "open") == 0;
    *ret = (Pull){
        .state = json_get_bool(seen, "merged", false) ? PULL_MERGED
                 : is_open                            ? PULL_OPEN
                                                      : PULL_CLOSED,
        .number = json_get_int(seen, "number", 0),
        .url = host_link(seen, "html_url"),
        .head = g_strdup(json_get_string(json_object_get(seen, "head"), "sha", NULL)),
        .title = g_strdup(g_str_has_prefix(title, DRAFT) ? title + strlen(DRAFT) : title),
        .body = g_strdup(json_get_string(seen, "body", "")),
        .is_draft = g_str_has_prefix(title, DRAFT),
    };
}

static bool
is_ours(const json_t *seen, const char *branch)
{
    const json_t *head = json_object_get(seen, "head"), *base = json_object_get(seen, "base");
    return strcmp(json_get_string(head, "ref", ""), branch) == 0 &&
           json_get_int(head, "repo_id", 0) == json_get_int(base, "repo_id", 0);
}

static bool
find(Forge *forge, const char *branch, Pull *ret, GError **error)
{
    for (int page = 1; page <= PAGES_READ_MAX; page++) {
        g_autoptr(json_t) list = NULL;
        json_t *seen;
        size_t i;
        if (!host_call(forge, "GET", NULL, &list, error,
                       "/repos/%s/%s/pulls?state=all&limit=%d&page=%d", forge->owner, forge->name,
                       PAGE, page))
            return false;
        json_array_foreach(list, i, seen)
        {
            if (!is_ours(seen, branch))
                continue;
            read_pull(seen, ret);
            return true;
        }
        if (json_array_size(list) == 0)
            return true;
    }
    return fail(error, ERR_TOO_LARGE,
                "'%s/%s' has had over %d pull requests since: whether ours is among the older ones "
                "cannot be told",
                forge->config->owner, forge->name, PAGE * PAGES_READ_MAX);
}

/* By their numbers; those that the repository does not have are left out. */
static bool
label_ids(Forge *forge, json_t *to, GError **error)
{
    g_autoptr(json_t) list = NULL;
    json_t *label;
    size_t i;
    if (forge->config->labels == NULL || *forge->config->labels == NULL)
        return true;
    if (!host_call(forge, "GET", NULL, &list, error, "/repos/%s/%s/labels?limit=%d", forge->owner,
                   forge->name, PAGE))
        return false;
    json_array_foreach(list, i, label)
    {
        const char *name = json_get_string(label, "name", "");
        if (g_strv_contains((const char *const *) forge->config->labels, name))
            json_array_append_new(to, json_integer(json_get_int(label, "id", 0)));
    }
    return true;
}

static bool
propose(Forge *forge, const PullText *text, Pull *ret, GError **error)
{
    g_autofree char *title = g_strconcat(text->is_draft ? DRAFT : "", text->title, NULL);
    g_autoptr(json_t) made = NULL, labels = json_array();
    if (!label_ids(forge, labels, error))
        return false;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:O}", "head", text->branch, "base", text->base,
                             "title", title, "body", text->body, "labels", labels);
    if (!host_call(forge, "POST", body, &made, error, "/repos/%s/%s/pulls", forge->owner,
                   forge->name))
        return false;
    read_pull(made, ret);
    return true;
}

static bool
change(Forge *forge, const Pull *pull, json_t *body, GError **error)
{
    return host_call(forge, "PATCH", body, NULL, error, "/repos/%s/%s/pulls/%" G_GINT64_FORMAT,
                     forge->owner, forge->name, pull->number);
}

static bool
reword(Forge *forge, const Pull *pull, const char *title, const char *body, GError **error)
{
    g_autofree char *whole = g_strconcat(pull->is_draft ? DRAFT : "", title, NULL);
    return change(forge, pull, json_pack("{s:s, s:s}", "title", whole, "body", body), error);
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
    return change(forge, pull, json_pack("{s:s}", "state", "closed"), error);
}

static bool
merge(Forge *forge, const Pull *pull, GError **error)
{
    json_t *body = json_pack("{s:s, s:s}", "Do", "merge", "head_commit_id", pull->head);
    return host_call(forge, "POST", body, NULL, error,
                     "/repos/%s/%s/pulls/%" G_GINT64_FORMAT "/merge", forge->owner, forge->name,
                     pull->number);
}

static bool
checks(Forge *forge, const Pull *pull, ChecksState *ret, GError **error)
{
    g_autoptr(json_t) seen = NULL;
    if (!host_call(forge, "GET", NULL, &seen, error, "/repos/%s/%s/commits/%s/status", forge->owner,
                   forge->name, pull->head))
        return false;
    const char *state = json_get_string(seen, "state", "");
    if (json_get_int(seen, "total_count", 0) > 0)
        *ret = strcmp(state, "success") == 0 || strcmp(state, "warning") == 0 ? CHECKS_PASSED
               : strcmp(state, "pending") == 0                                ? CHECKS_RUNNING
                                                                              : CHECKS_FAILED;
    return true;
}

const Host host_gitea = {
    .word = "pull request",
    .headers = headers,
    .find = find,
    .propose = propose,
    .ask = host_ask_reviewers,
    .reword = reword,
    .say = say,
    .merge = merge,
    .close = close_it,
    .checks = checks,
};
