/* cmd_change.c - honk change list, show: what becomes of consumers' code, place by place and line by line. */
#include "change/change.h"
#include "cli/change_back.h"
#include "cli/code_files.h"
#include "cli/migration.h"
#include "cli/plan_show.h"
#include "model/change_key.h"
#include "planner/changes.h"

#include <string.h>

/* The plan of the migration that is named first, and what has been done of it. */
typedef struct {
    json_t *migration, *all;
    json_t *tasks;     /* key -> task of the step that makes branches */
    json_t *builds;    /* key -> task of the step that lets their hosts build them */
    json_t *proposals; /* key -> task of the step that proposes them on their hosts */
    Plan *plan;
    json_t *changes; /* of the plan; borrowed */
} Changes;

static void
changes_clear(Changes *changes)
{
    json_decref(changes->migration);
    json_decref(changes->all);
    json_decref(changes->tasks);
    json_decref(changes->builds);
    json_decref(changes->proposals);
    plan_free(changes->plan);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changes, changes_clear)

static void
keep_task(Changes *changes, json_t *task)
{
    const char *action = json_get_string(task, "action", ""),
               *key = json_get_string(task, "key", "");
    if (strcmp(action, "rewrite") == 0)
        json_object_set(changes->tasks, key, task);
    else if (strcmp(action, "builds") == 0)
        json_object_set(changes->builds, key, task);
    else if (strcmp(action, "propose") == 0)
        json_object_set(changes->proposals, key, task);
}

/* All pages: a plan may have thousands of repositories. */
static bool
read_tasks(Invocation *call, Changes *changes, GError **error)
{
    const char *id = json_get_string(changes->migration, "id", "");
    g_autofree char *after = g_strdup("");
    changes->tasks = json_object();
    changes->builds = json_object();
    changes->proposals = json_object();
    while (after != NULL) {
        g_autoptr(json_t) page = NULL;
        g_autofree char *cursor = client_escape(after);
        json_t *task;
        size_t i;
        if (!client_get(call, &page, error, "/migrations/%s/tasks?limit=1000%s%s", id,
                        *after != '\0' ? "&after=" : "", cursor))
            return false;
        json_array_foreach(json_object_get(page, "items"), i, task) keep_task(changes, task);
        g_free(after);
        after = g_strdup(json_get_string(page, "next", NULL));
    }
    return true;
}

static bool
changes_read(Invocation *call, Changes *ret, GError **error)
{
    g_auto(Changes) changes = {0};
    if (!migration_get(call, invocation_arg(call, 0), &changes.migration, error) ||
        !plan_fetch(call, changes.migration, &changes.all, error) ||
        !plan_from_json(json_object_get(changes.all, "plan"), &changes.plan, error) ||
        !read_tasks(call, &changes, error))
        return false;
    changes.changes = json_object_get(changes.plan->json, "changes");
    *ret = changes;
    changes = (Changes){0};
    return true;
}

static int64_t
count_of(const json_t *change, const char *disposition)
{
    return json_get_int(json_object_get(change, "counts"), disposition, 0);
}

static const json_t *
proposal_of(const Changes *changes, const json_t *change)
{
    return json_object_get(changes->proposals, change_key(change));
}

static const json_t *
builds_of(const Changes *changes, const json_t *change)
{
    return json_object_get(changes->builds, change_key(change));
}

/* NULL: nobody builds it before it is proposed, or it is taken back. */
static const char *
state_of_builds(const Changes *changes, const json_t *change)
{
    const json_t *task = builds_of(changes, change);
    const char *builds = json_get_string(json_object_get(task, "evidence"), "builds", "none");
    const char *status = json_get_string(task, "status", "");
    if (task == NULL || strcmp(json_get_string(task, "phase", ""), "reverse") == 0)
        return NULL;
    if (strcmp(status, "done") == 0)
        return strcmp(builds, "passed") == 0 ? "builds"
               : strcmp(builds, "none") == 0 ? "no builds"
                                             : "red before, too";
    return strcmp(status, "failed") == 0 ? "does not build" : "is built";
}

/* What is known of its pull request: what it waits for, and where it is once it is over; "" without one. */
static const char *
words_of_proposal(const Changes *changes, const json_t *change)
{
    const json_t *task = proposal_of(changes, change), *built = builds_of(changes, change);
    const json_t *pull = json_object_get(json_object_get(task, "evidence"), "pull");
    if (strcmp(json_get_string(task, "status", ""), "done") == 0)
        return json_get_string(pull, "url", "");
    if (task == NULL && strcmp(json_get_string(built, "status", ""), "done") != 0)
        return json_get_string(built, "reason", "");
    return json_get_string(task, "reason", "");
}

/* Of a change that is proposed: whether people have merged it; NULL before that. */
static const char *
state_of_proposal(const Changes *changes, const json_t *change)
{
    const json_t *task = proposal_of(changes, change);
    const json_t *pull = json_object_get(json_object_get(task, "evidence"), "pull");
    const char *status = json_get_string(task, "status", "");
    if (task == NULL || strcmp(json_get_string(task, "phase", ""), "reverse") == 0)
        return NULL;
    if (strcmp(status, "done") == 0)
        return strcmp(json_get_string(pull, "state", "merged"), "open") == 0 ? "proposed"
                                                                             : "merged";
    return strcmp(status, "failed") == 0  ? "failed"
           : strcmp(status, "ready") == 0 ? "its turn comes"
                                          : "waits to be merged";
}

/* What has become of it by now, in a word of the ledger; what the plan means to do before that. */
static const char *
state_of(const Changes *changes, const json_t *change)
{
    const json_t *task = json_object_get(changes->tasks, change_key(change));
    if (json_object_get(change, "problem") != NULL)
        return "cannot be looked through";
    if (!change_is_made(change))
        return count_of(change, "needs_person") + count_of(change, "unparsable") > 0
                   ? "left to people"
                   : "nothing to change";
    if (task == NULL)
        return "planned";
    bool is_back = strcmp(json_get_string(task, "phase", ""), "reverse") == 0;
    const char *status = json_get_string(task, "status", "");
    const char *proposed = is_back ? NULL : state_of_proposal(changes, change);
    if (proposed == NULL && !is_back)
        proposed = state_of_builds(changes, change);
    if (proposed != NULL)
        return proposed;
    return is_back && strcmp(status, "done") == 0 ? "taken back" : status;
}

/* A change with where it stands: {…, "branch", "state"}. Caller owns. */
static json_t *
change_json(const Changes *changes, const json_t *change)
{
    json_t *item = json_deep_copy(change);
    g_autofree char *branch = change_branch(changes->plan, change);
    const json_t *task = json_object_get(changes->tasks, change_key(change));
    json_object_set_new(item, "branch", change_is_made(change) ? json_string(branch) : json_null());
    json_set_string(item, "state", state_of(changes, change));
    if (change_back(changes->all, change) != NULL)
        json_object_set(item, "back", (json_t *) change_back(changes->all, change));
    if (json_object_get(task, "evidence") != NULL)
        json_object_set(item, "evidence", json_object_get(task, "evidence"));
    if (proposal_of(changes, change) != NULL)
        json_object_set_new(
            item, "proposal",
            json_pack("{s:s, s:s, s:O?}", "state",
                      json_get_string(proposal_of(changes, change), "status", ""), "text",
                      words_of_proposal(changes, change), "pull",
                      json_object_get(json_object_get(proposal_of(changes, change), "evidence"),
                                      "pull")));
    return item;
}

/* ---- list ---- */

static void
list_row(Table *table, const Changes *changes, const json_t *change)
{
    static const char *const counts[] = {"rewritten", "already", "unaffected", "needs_person",
                                         "unparsable"};
    int64_t left = count_of(change, "needs_person") + count_of(change, "unparsable");
    bool is_scanned = strcmp(json_get_string(change, "found_by", ""), "scan") == 0;
    table_cell(table, TONE_STRONG, json_get_string(change, "consumer", ""));
    table_cell(table, TONE_PLAIN, change_key(change));
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        table_cellf(table, i >= 3 && count_of(change, counts[i]) > 0 ? TONE_WARN : TONE_PLAIN,
                    "%" G_GINT64_FORMAT, count_of(change, counts[i]));
    table_cell(table, left > 0 ? TONE_WARN : TONE_PLAIN, state_of(changes, change));
    const char *words = words_of_proposal(changes, change);
    table_cell(table, TONE_DIM, *words != '\0' ? words : is_scanned ? "found by a scan" : "");
}

static bool
list_run(Invocation *call, GError **error)
{
    g_auto(Changes) changes = {0};
    g_autoptr(json_t) list = json_array();
    g_autoptr(Table) table = table_new("consumer", "repository", ">rewritten", ">already",
                                       ">unaffected", ">person", ">unparsable", "state", "", NULL);
    json_t *change;
    size_t i;
    if (!changes_read(call, &changes, error))
        return false;
    json_array_foreach(changes.changes, i, change)
    {
        json_array_append_new(list, change_json(&changes, change));
        list_row(table, &changes, change);
    }
    if (call->view->json)
        view_json(call->view, list);
    else if (table_rows(table) == 0)
        view_line(call->view, "no consumer has a repository: this plan changes no code");
    else
        view_table(call->view, table);
    return true;
}

const Command cmd_change_list = {
    .name = "change list",
    .args = "NAME",
    .summary = "what becomes of consumers' code, repository by repository",
    .deed = "list the changes",
    .examples = "honk change list users-v2\nhonk change list users-v2 --json",
    .run = list_run,
};

/* ---- show ---- */

static bool
is_called(const json_t *change, const char *name)
{
    const char *consumer = json_get_string(change, "consumer", "");
    const char *slash = strrchr(consumer, '/');
    return strcmp(consumer, name) == 0 || (slash != NULL && strcmp(slash + 1, name) == 0) ||
           strcmp(json_get_string(change, "repository", ""), name) == 0;
}

static bool
find_change(const Changes *changes, const char *name, const json_t **ret, GError **error)
{
    json_t *change;
    size_t i;
    *ret = change_find(changes->changes, name);
    if (*ret != NULL)
        return true;
    json_array_foreach(changes->changes, i, change)
    {
        if (*ret != NULL && change_part(*ret) != NULL && is_called(change, name))
            return fail(error, ERR_INVALID,
                        "'%s' is changed in parts: name one by its key, '%s' or '%s' for example",
                        name, change_key(*ret), change_key(change));
        *ret = *ret == NULL && is_called(change, name) ? change : *ret;
    }
    return *ret != NULL ||
           fail(error, ERR_NOT_FOUND,
                "the plan knows no code of '%s': 'honk change list' shows whose it knows", name);
}

/* As the plan keeps it. */
static bool
planned_diff(Invocation *call, const json_t *change, char **ret, GError **error)
{
    const char *digest = json_get_string(change, "diff", NULL);
    HttpClient *client;
    g_auto(HttpResponse) response = {0};
    if (digest == NULL) {
        *ret = g_strdup("");
        return true;
    }
    g_autofree char *path = g_strdup_printf("/blobs/%s", digest);
    if (!invocation_client(call, &client, error) ||
        !http_call(client, "GET", path, NULL, NULL, 0, 60000, &response, error))
        return false;
    if (response.status != 200)
        return fail(error, ERR_NOT_FOUND, "the server has no diff '%s' any more", digest);
    *ret = g_strndup(response.body, response.bytes);
    return true;
}

/* From the branch, where there is one that can be reached from here; `*ret` stays NULL otherwise. */
static bool
branch_diff(Invocation *call, const Changes *changes, const json_t *change, char **ret)
{
    const Config *config;
    g_autoptr(Repository) repository = NULL;
    g_autofree char *branch = change_branch(changes->plan, change);
    ChangeName name = {branch, json_get_string(changes->plan->json, "migration", ""),
                       changes->plan->digest, json_get_string(change, "consumer", ""),
                       change_part(change)};
    return invocation_config(call, &config, NULL) &&
           repository_open(config, json_get_string(change, "repository", ""), &repository, NULL) &&
           change_diff(repository, &name, ret, NULL);
}

/* What a coding agent is let at, and what has become of that. */
static void
show_coding(View *view, const Changes *changes, const json_t *change)
{
    const json_t *coding = change_coding(change);
    const json_t *task = json_object_get(changes->tasks, change_key(change));
    const json_t *done = json_object_get(json_object_get(task, "evidence"), "coding");
    json_t *check, *checks = json_object_get(done, "checks");
    size_t i;
    if (coding == NULL)
        return;
    view_line(view, "  %6d  of these to the coding agent '%s', by the door '%s'",
              (int) json_get_int(coding, "sites", 0), json_get_string(coding, "agent", ""),
              json_get_string(coding, "door", ""));
    if (done == NULL)
        return;
    bool is_done = json_get_bool(done, "done", false);
    view_tone(view, is_done ? TONE_GOOD : TONE_WARN, "  the coding agent %s, in %d of %d rounds",
              is_done ? "did it" : "did not do it", (int) json_get_int(done, "rounds", 0),
              (int) json_get_int(done, "rounds_max", 0));
    json_array_foreach(checks, i, check)
        view_line(view, "    %s: before %s, after %s", json_get_string(check, "name", ""),
                  json_get_string(check, "before", ""), json_get_string(check, "after", "not run"));
    const json_t *judge = json_object_get(done, "judge");
    if (json_get_int(judge, "asked", 0) > 0)
        view_line(view, "    the judge '%s' agreed with that in %d of %d rounds",
                  json_get_string(judge, "model", ""), (int) json_get_int(judge, "agreed", 0),
                  (int) json_get_int(judge, "asked", 0));
    g_auto(GStrv) why = g_strsplit(is_done ? "" : json_get_string(done, "why", ""), "\n", -1);
    for (i = 0; why[i] != NULL; i++)
        if (*why[i] != '\0')
            view_tone(view, TONE_WARN, "    %s", why[i]);
    view_tone(view, TONE_DIM,
              "    all that was tried: honk change show --json, evidence.coding.report");
}

static void
show_text(Invocation *call, const Changes *changes, const json_t *change)
{
    View *view = call->view;
    json_t *reason;
    size_t i;
    const char *problem = json_get_string(change, "problem", NULL);
    g_autofree char *branch = change_branch(changes->plan, change);
    view_tone(view, TONE_STRONG, "%s  %s", json_get_string(change, "consumer", ""),
              state_of(changes, change));
    view_line(view, "  repository %s of %s, deployed by %s, found by %s", change_key(change),
              json_get_string(change, "owner", "nobody"), json_get_string(change, "deploy", ""),
              json_get_string(change, "found_by", ""));
    if (change_is_made(change))
        view_line(view, "  branch %s", branch);
    if (*words_of_proposal(changes, change) != '\0')
        view_line(view, "  %s", words_of_proposal(changes, change));
    if (problem != NULL)
        view_tone(view, TONE_WARN, "  %s", problem);
    for (int d = 0; d < DISPOSITION_COUNT; d++) {
        const char *word = disposition_name((Disposition) d);
        if (count_of(change, word) > 0)
            view_line(view, "  %6d  %s", (int) count_of(change, word), word);
    }
    show_coding(view, changes, change);
    change_back_show(view, change_back(changes->all, change));
    json_array_foreach(json_object_get(change, "reasons"), i, reason)
    {
        g_autofree char *place = change_reason_place(reason);
        view_tone(view, TONE_WARN, "  %s: %s [%s]", place, json_get_string(reason, "text", ""),
                  json_get_string(reason, "code", ""));
    }
}

static bool
show_run(Invocation *call, GError **error)
{
    g_auto(Changes) changes = {0};
    const json_t *change = NULL;
    g_autofree char *diff = NULL;
    if (!changes_read(call, &changes, error) ||
        !find_change(&changes, invocation_arg(call, 1), &change, error))
        return false;
    bool is_done = branch_diff(call, &changes, change, &diff) && diff != NULL;
    if (!is_done && invocation_has(call, "diff") && !planned_diff(call, change, &diff, error))
        return false;
    if (call->view->json) {
        g_autoptr(json_t) item = change_json(&changes, change);
        if (invocation_has(call, "diff"))
            json_set_string(item, "diff_text", diff);
        view_json(call->view, item);
        return true;
    }
    show_text(call, &changes, change);
    if (invocation_has(call, "diff")) {
        view_tone(call->view, TONE_DIM, "%s",
                  is_done ? "\nas the branch has it" : "\nas the plan means it");
        code_diff_show(call->view, diff);
    }
    return true;
}

static const Option show_options[] = {
    {'d', "diff", NULL, "every line: of the branch, or before there is one of the plan"},
    {0},
};

const Command cmd_change_show = {
    .name = "change show",
    .args = "NAME CONSUMER",
    .summary = "what becomes of one consumer's code, and why",
    .deed = "show the change",
    .about = "CONSUMER is a ref, its name, the address of its repository, or of a part of its "
             "change the key\n"
             "(acme:mono#identity).",
    .examples = "honk change show users-v2 player\nhonk change show users-v2 acme:player --diff",
    .options = show_options,
    .run = show_run,
};
