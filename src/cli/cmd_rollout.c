/*
 * cmd_rollout.c - services on their way to a new revision: list, show, start, and a word to one of them.
 *
 * What may be said when is the server's to tell; it also names who may.
 */
#include "cli/rollout.h"
#include "cli/story.h"

#include <string.h>

#define REASON                                                                                     \
    {                                                                                              \
        'r', "reason", "TEXT", "why, for people; it stays in the ledger"                           \
    }
#define WATCH                                                                                      \
    {'w', "watch", NULL, "look on until it rests"},                                                \
    {                                                                                              \
        0, "wait", NULL, "wait until it rests, in plain lines"                                     \
    }

static const Option options_reason[] = {REASON, {0}};
static const Option options_rollback[] = {REASON, WATCH, {0}};
static const Option options_promote[] = {
    {'f', "full", NULL, "to all instances at once, past every step and gate that is left"},
    REASON,
    {0},
};
static const Option options_plain[] = {
    {0, "wait", NULL, "plain lines, also on a terminal"},
    {0},
};
static const Option options_list[] = {
    {'a', "all", NULL, "also those that are over"},
    {'s', "state", "STATES", "only these states, separated by commas"},
    {0, "service", "NAME", "only this service"},
    {'m', "migration", "NAME", "only those of this migration"},
    {0},
};
static const Option options_start[] = {
    {'m', "migration", "NAME", "the migration whose approved plan covers it"},
    {0, "strategy", "NAME", "canary, blue-green or rolling"},
    {0, "max-instances", "N", "how many instances are changed at the same time"},
    {0, "code", "COMMIT", "the code to run; otherwise what runs now"},
    {0, "dataset", "VARIABLE=ADDRESS", "what its configuration names; may be repeated"},
    REASON,
    WATCH,
    {0},
};

/* ---- list and show ---- */

static bool
is_over(const char *state)
{
    static const char *const over[] = {"healthy", "rolled_back", "skipped", "superseded", NULL};
    return g_strv_contains(over, state);
}

static void
list_row(Table *table, const json_t *rollout)
{
    const char *state = json_get_string(rollout, "state", "?");
    g_autofree char *words = story_words(state);
    g_autofree char *ago = story_ago(json_get_int(rollout, "since_ms", 0));
    table_cell(table, TONE_STRONG, json_get_string(rollout, "service", ""));
    table_cell(table, rollout_tone(state), words);
    table_cell(table, TONE_DIM, ago);
    table_cell(table, TONE_PLAIN, json_get_string(rollout, "migration", "-"));
    table_cell(table, TONE_DIM, json_get_string(rollout, "rollout_id", ""));
    table_cell(table, TONE_PLAIN, json_get_string(rollout, "why", ""));
}

static char *
list_path(const Invocation *call)
{
    static const char *const filters[] = {"state", "service", "migration"};
    GString *path = g_string_new("/rollouts?limit=1000");
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        const char *value = invocation_option(call, filters[i]);
        g_autofree char *escaped = value != NULL ? client_escape(value) : NULL;
        if (escaped != NULL)
            g_string_append_printf(path, "&%s=%s", filters[i], escaped);
    }
    return g_string_free(path, FALSE);
}

static bool
cmd_list_run(Invocation *call, GError **error)
{
    g_autofree char *path = list_path(call);
    g_autoptr(json_t) page = NULL;
    json_t *items = NULL, *rollout = NULL;
    size_t i = 0, hidden = 0;
    if (!client_call(call, "GET", path, NULL, &page, error) ||
        !json_need_array(page, "items", "the server's answer", &items, error))
        return false;
    bool all = invocation_has(call, "all") || invocation_has(call, "state");
    g_autoptr(Table) table =
        table_new("SERVICE", "STATE", "SINCE", "MIGRATION", "ROLLOUT", "WHY", NULL);
    json_array_foreach(items, i, rollout)
    {
        if (!all && is_over(json_get_string(rollout, "state", "")))
            hidden++;
        else
            list_row(table, rollout);
    }
    if (invocation_json(call))
        view_json(call->view, page);
    if (table_rows(table) > 0)
        view_table(call->view, table);
    else
        view_line(call->view, "No service is being rolled out.");
    if (hidden > 0)
        view_tone(call->view, TONE_DIM, "%zu more are over: honk rollout list --all", hidden);
    return true;
}

static bool
cmd_show_run(Invocation *call, GError **error)
{
    g_autoptr(json_t) rollout = NULL;
    if (!rollout_get(call, invocation_arg(call, 0), &rollout, error))
        return false;
    if (invocation_json(call))
        view_json(call->view, rollout);
    g_autofree char *picture = rollout_picture(call->view, rollout);
    if (!invocation_json(call))
        view_raw(call->view, picture);
    return true;
}

static bool
cmd_watch_run(Invocation *call, GError **error)
{
    return rollout_watch(call, invocation_arg(call, 0), invocation_has(call, "wait"), NULL, error);
}

/* ---- start, and words to one ---- */

/* What was said, or, when one looks on, what becomes of it. */
static bool
tell(Invocation *call, const json_t *answer, const char *wanted, GError **error)
{
    const char *id = json_get_string(answer, "rollout_id", "?");
    const char *state = json_get_string(answer, "state", "?");
    if (invocation_has(call, "watch") || invocation_has(call, "wait"))
        return rollout_watch(call, id, invocation_has(call, "wait"), wanted, error);
    if (invocation_json(call))
        view_json(call->view, answer);
    g_autofree char *words = story_words(state);
    view_line(call->view, "%s is %s (%s)", json_get_string(answer, "service", "?"), words, id);
    view_tone(call->view, TONE_DIM, "next: honk rollout watch %s", id);
    return true;
}

static bool
start_revision(const Invocation *call, json_t **ret, GError **error)
{
    g_autoptr(GPtrArray) datasets = invocation_options(call, "dataset");
    const char *code = invocation_option(call, "code");
    if (datasets->len == 0 && code == NULL)
        return true;
    g_autoptr(json_t) named = json_object();
    for (guint i = 0; i < datasets->len; i++) {
        const char *text = g_ptr_array_index(datasets, i), *equals = strchr(text, '=');
        if (equals == NULL || equals == text)
            return fail(error, ERR_INVALID, "--dataset '%s' is not VARIABLE=ADDRESS", text);
        g_autofree char *variable = g_strndup(text, (size_t) (equals - text));
        json_set_string(named, variable, equals + 1);
    }
    *ret = json_object();
    json_set_string(*ret, "code", code);
    if (datasets->len > 0)
        json_object_set(*ret, "datasets", named);
    return true;
}

static bool
cmd_start_run(Invocation *call, GError **error)
{
    g_autoptr(json_t) body = json_object(), answer = NULL, revision = NULL;
    int64_t most = 0;
    if (!invocation_int(call, "max-instances", 1, 0, &most, error) ||
        !start_revision(call, &revision, error))
        return false;
    json_set_string(body, "service", invocation_arg(call, 0));
    json_set_string(body, "migration_id", invocation_option(call, "migration"));
    json_set_string(body, "rollout_strategy", invocation_option(call, "strategy"));
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (most > 0)
        json_set_int(body, "max_instances", most);
    if (revision != NULL)
        json_object_set(body, "revision", revision);
    return client_call(call, "POST", "/rollouts", body, &answer, error) &&
           tell(call, answer, NULL, error);
}

static bool
cmd_word_run(Invocation *call, GError **error)
{
    const char *word = strchr(call->command->name, ' ') + 1;
    g_autofree char *id = client_escape(invocation_arg(call, 0));
    g_autofree char *path = g_strdup_printf("/rollouts/%s/%s", id, word);
    g_autoptr(json_t) body = json_object(), answer = NULL;
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (invocation_has(call, "full"))
        json_set_bool(body, "full", true);
    return client_call(call, "POST", path, body, &answer, error) &&
           tell(call, answer, strcmp(word, "rollback") == 0 ? "rolled_back" : NULL, error);
}

/* ---- the verbs ---- */

const Command cmd_rollout_list = {
    .name = "rollout list",
    .args = "",
    .summary = "services on their way to a new revision",
    .deed = "list the rollouts",
    .examples = "honk rollout list\nhonk rollout list --migration users-v2 --all\n"
                "honk rollout list --state paused,frozen --json",
    .options = options_list,
    .run = cmd_list_run,
};

const Command cmd_rollout_show = {
    .name = "rollout show",
    .args = "ROLLOUT",
    .summary = "one rollout in full: why, since when, what would move it",
    .deed = "show the rollout",
    .about = "A rollout is named PLAN.SERVICE; 'honk rollout list' shows the names.",
    .examples = "honk rollout show m-01m8a7t474cnz4a39h.player",
    .run = cmd_show_run,
};

const Command cmd_rollout_watch = {
    .name = "rollout watch",
    .args = "ROLLOUT",
    .summary = "look on until a rollout rests",
    .deed = "watch the rollout",
    .about = "Ends with 0 when it is healthy, or had nothing to do.",
    .examples = "honk rollout watch m-01m8a7t474cnz4a39h.player",
    .options = options_plain,
    .run = cmd_watch_run,
};

const Command cmd_rollout_start = {
    .name = "rollout start",
    .args = "SERVICE",
    .summary = "roll a service out",
    .deed = "roll the service out",
    .about = "With --migration, whose approved plan must be running: the rollout of that plan, "
             "which happens\n"
             "anyway. Without: a rollout of its own, which takes an operator.",
    .examples = "honk rollout start player --reason 'new release'\n"
                "honk rollout start player --strategy blue-green --dataset "
                "USERS=listening:users_v2 --watch",
    .options = options_start,
    .run = cmd_start_run,
};

#define WORD(verb, options_, deed_, summary_, about_, examples_)                                   \
    const Command cmd_rollout_##verb = {                                                           \
        .name = "rollout " #verb,                                                                  \
        .args = "ROLLOUT",                                                                         \
        .summary = summary_,                                                                       \
        .deed = deed_,                                                                             \
        .about = about_,                                                                           \
        .examples = examples_,                                                                     \
        .options = options_,                                                                       \
        .run = cmd_word_run,                                                                       \
    }

WORD(promote, options_promote, "promote the rollout", "let a rollout go on that waits for a person",
     "From a gate, a pause or a freeze.",
     "honk rollout promote m-01m8a7t474cnz4a39h.player --reason 'the numbers look fine'");
WORD(pause, options_reason, "pause the rollout", "leave a rollout as it is, for now", NULL,
     "honk rollout pause m-01m8a7t474cnz4a39h.player --reason 'the shop is busy'");
WORD(resume, options_reason, "resume the rollout", "go on after a pause", NULL,
     "honk rollout resume m-01m8a7t474cnz4a39h.player");
WORD(retry, options_rollback, "try the rollout again", "try a rollout again that failed",
     "One that is degraded tries at once to restore what was. One that failed and went back begins "
     "anew, as soon "
     "as its\nmigration goes on.",
     "honk rollout retry m-01m8a7t474cnz4a39h.player --reason 'the disk is free again'");
WORD(rollback, options_rollback, "roll the service back", "give a service its revision before back",
     "A service whose migration stands on its new revision goes back with the migration: honk "
     "rollback.",
     "honk rollout rollback m-01m8a7t474cnz4a39h.player --reason 'reports differ' --watch");
