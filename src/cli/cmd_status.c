/* cmd_status.c - where things stand: all migrations in a table, or one in full. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/campaign.h"
#include "cli/migration.h"
#include "cli/story.h"
#include "model/action_info.h"

#include <string.h>

static const Option options[] = {
    {'a', "all", NULL, "also those that are over"},
    {0, "ranges", NULL,
     "of one: the ranges of rows that were begun, with rows, bytes, time and rate"},
    {0},
};

static bool
is_over(const char *state)
{
    static const char *const over[] = {"closed",    "stale",       "rejected",     "expired",
                                       "cancelled", "rolled_back", "closed_mixed", NULL};
    return g_strv_contains(over, state);
}

static void
status_row(Table *table, const json_t *migration)
{
    const char *state = json_get_string(migration, "state", "unknown");
    g_autofree char *words = story_words(state),
                    *digest = story_digest(json_get_string(migration, "digest", ""));
    g_autofree char *ago = story_ago(json_get_int(migration, "since_ms", 0));
    table_cell(table, TONE_STRONG, migration_name(migration));
    table_cell(table, story_tone(state), words);
    table_cell(table, TONE_DIM, ago);
    table_cell(table, TONE_PLAIN, json_get_string(migration, "source_url", ""));
    table_cell(table, TONE_PLAIN, json_get_string(migration, "target_url", ""));
    table_cell(table, TONE_DIM, digest);
    table_cell(table, TONE_DIM, json_get_string(migration, "id", ""));
    table_cell(table, TONE_PLAIN, json_get_string(migration, "reason", ""));
}

static bool
status_all(Invocation *call, GError **error)
{
    g_autoptr(json_t) page = NULL, campaigns = NULL;
    json_t *items = NULL, *migration = NULL;
    size_t i = 0, hidden = 0;
    /* Those of a campaign are told with it. */
    if (!campaigns_list(call, &campaigns, error) ||
        !client_get(call, &page, error, "/migrations?limit=1000&apart=1") ||
        !json_need_array(page, "items", "the server's answer", &items, error))
        return false;
    g_autoptr(Table) table =
        table_new("MIGRATION", "STATE", "SINCE", "FROM", "TO", "PLAN", "ID", "WHY", NULL);
    json_array_foreach(items, i, migration)
    {
        if (!invocation_has(call, "all") && is_over(json_get_string(migration, "state", "")))
            hidden++;
        else
            status_row(table, migration);
    }
    if (invocation_json(call)) {
        json_object_set(page, "campaigns", json_object_get(campaigns, "items"));
        view_json(call->view, page);
    }
    if (table_rows(table) > 0)
        view_table(call->view, table);
    else if (json_array_size(json_object_get(campaigns, "items")) == 0)
        view_line(call->view, "No migrations are under way. 'honk apply -f FILE' registers one, "
                              "'honk plan NAME' plans it.");
    if (hidden > 0)
        view_tone(call->view, TONE_DIM, "%zu more are over: honk status --all", hidden);
    return true;
}

/* "pause, rollback", and why not the others is left to --json. */
static void
status_allowed(View *view, const json_t *migration)
{
    json_t *actions = json_object_get(migration, "allowed_actions"), *action = NULL;
    const char *name = NULL;
    g_autoptr(GString) list = g_string_new(NULL);
    json_object_foreach(actions, name, action) if (json_get_bool(action, "allowed", false))
        g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", name);
    if (list->len > 0)
        view_tone(view, TONE_DIM, "you may: %s", list->str);
}

/* ---- ranges ---- */

static void
cell_count(Table *table, int64_t count, char *(*text)(int64_t))
{
    g_autofree char *shown = count > 0 ? text(count) : g_strdup("");
    table_cell(table, TONE_PLAIN, shown);
}

/* What is over says so in its evidence, what runs in its progress. */
static void
range_row(Table *table, const json_t *task, int64_t now_ms)
{
    const char *status = json_get_string(task, "status", "");
    const json_t *progress = json_object_get(task, "progress");
    const json_t *evidence = json_object_get(task, "evidence");
    bool is_done = strcmp(status, "done") == 0;
    bool is_slowed = !is_done && json_get_string(progress, "slowed", NULL) != NULL;
    int64_t rows = is_done ? json_get_int(evidence, "rows_in", json_get_int(task, "weight", 0))
                           : json_get_int(progress, "done", 0);
    int64_t began = json_get_int(task, "started_at_ms", 0);
    int64_t took = began > 0 ? MAX(json_get_int(task, "ended_at_ms", now_ms) - began, 0) : 0;
    table_cell(table, TONE_STRONG, json_get_string(task, "step", ""));
    table_cell(table, TONE_STRONG, json_get_string(task, "key", ""));
    table_cell(table, story_tone(status), status);
    cell_count(table, rows, text_count);
    cell_count(table, json_get_int(task, "weight", 0), text_count);
    cell_count(table, json_get_int(is_done ? evidence : progress, "bytes", 0), text_bytes);
    cell_count(table, took, text_duration);
    cell_count(table, took > 0 ? rows * 1000 / took : 0, text_count);
    table_cell(table, is_slowed ? TONE_WARN : TONE_PLAIN,
               is_slowed ? json_get_string(progress, "slowed", "")
               : is_done ? ""
                         : json_get_string(task, "reason", ""));
}

static bool
status_ranges(Invocation *call, const char *name, GError **error)
{
    g_autoptr(json_t) page = NULL;
    g_autofree char *id = client_escape(name);
    json_t *items = NULL, *task = NULL;
    size_t i = 0;
    if (!client_get(
            call, &page, error,
            "/migrations/%s/tasks?limit=1000&status=leased,waiting,retry_wait,unknown,failed,done",
            id) ||
        !json_need_array(page, "items", "the server's answer", &items, error))
        return false;
    if (invocation_json(call)) {
        view_json(call->view, page);
        return true;
    }
    g_autoptr(Table) table = table_new("STEP", "RANGE", "STATUS", "ROWS", "OF ABOUT", "BYTES",
                                       "TOOK", "ROWS/S", "WHY", NULL);
    json_array_foreach(items, i, task)
    {
        const ActionInfo *action = action_info_by_name(json_get_string(task, "action", ""));
        bool counts_rows = action != NULL && g_strcmp0(action->unit, "rows") == 0;
        if (counts_rows && *json_get_string(task, "key", "") != '\0')
            range_row(table, task, clock_wall_ms());
    }
    if (table_rows(table) > 0)
        view_table(call->view, table);
    else
        view_line(call->view, "No range of rows has begun.");
    if (json_is_string(json_object_get(page, "next")))
        view_tone(call->view, TONE_DIM, "there are more; these are the first");
    return true;
}

static bool
status_one(Invocation *call, const char *name, GError **error)
{
    View *view = call->view;
    g_autoptr(json_t) migration = NULL, campaign = NULL;
    if (!campaign_find(call, name, &campaign, error))
        return false;
    if (campaign != NULL)
        return campaign_status(call, campaign, error);
    if (!migration_get(call, name, &migration, error))
        return false;
    if (invocation_json(call)) {
        view_json(view, migration);
        return true;
    }
    g_autofree char *headline = migration_headline(view, migration);
    g_autofree char *steps =
        migration_steps(view, migration, view->is_terminal ? view_width(view) : 0);
    g_autofree char *notes = migration_notes(view, migration);
    g_autofree char *findings = migration_findings(migration);
    view_raw(view, headline);
    view_raw(view, "\n");
    view_line(view, "  %s → %s, plan %s by %s\n", json_get_string(migration, "source_url", "?"),
              json_get_string(migration, "target_url", "?"), json_get_string(migration, "id", ""),
              json_get_string(migration, "author", "?"));
    if (findings != NULL)
        view_line(view, "%s", findings);
    view_raw(view, steps);
    view_raw(view, *steps != '\0' ? "\n" : "");
    view_raw(view, notes);
    status_allowed(view, migration);
    g_autofree char *next = migration_next(migration);
    if (next != NULL)
        view_tone(view, TONE_DIM, "next: %s", next);
    return true;
}

static bool
cmd_status_run(Invocation *call, GError **error)
{
    const char *name = invocation_arg(call, 0);
    if (name != NULL && invocation_has(call, "ranges"))
        return status_ranges(call, name, error);
    return name != NULL ? status_one(call, name, error) : status_all(call, error);
}

const Command cmd_status = {
    .name = "status",
    .args = "[NAME]",
    .summary = "where things stand: all migrations, or one in full",
    .deed = "tell where things stand",
    .about = "For one: why it is in its state, since when, what would move it, and who may.",
    .examples = "honk status\nhonk status users-v2\nhonk status users-v2 --json | jq .steps\n"
                "honk status users-v2 --ranges",
    .options = options,
    .run = cmd_status_run,
};
