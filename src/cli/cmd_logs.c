/*
 * cmd_logs.c - the ledger, from the beginning or from near its end; -f goes on for ever.
 *
 * A server that restarts does not end -f: the stream is taken up after the last event seen.
 */
#include "base/http_client.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/migration.h"
#include "cli/story.h"

#include <inttypes.h>
#include <string.h>

#define LOGS_LAST 200 /* two screens, unless asked for more */
#define LOGS_PAGE 1000
#define RECONNECT_MS 1000
#define RECONNECT_TRIES 60 /* a minute without a server is not a restart any more */

static const Option options[] = {
    {'f', "follow", NULL, "wait for more, also over a restart of the server"},
    {'n', "last", "N", "begin with the last N events (200; with --json all)"},
    {'a', "all", NULL, "also the routine: every task handed out, counted and done"},
    {0, "after", "SEQ", "begin after this sequence number"},
    {0, "type", "TYPES", "only these types, separated by commas: plan.state,task.status"},
    {0},
};

typedef struct {
    Invocation *call;
    GHashTable *names; /* plan id → what to call it */
    char *last_id;     /* of the last event seen */
    bool gap;          /* the connection was lost, and that was said */
} Logs;

static const char *
logs_name(Logs *logs, const char *plan)
{
    if (plan == NULL)
        return NULL;
    const char *name = g_hash_table_lookup(logs->names, plan);
    if (name != NULL)
        return name;
    g_autoptr(json_t) migration = NULL;
    g_autoptr(GError) ignored = NULL;
    g_autofree char *id = client_escape(plan);
    if (!client_get(logs->call, &migration, &ignored, "/migrations/%s", id))
        return plan;
    char *found = g_strdup(migration_name(migration));
    g_hash_table_insert(logs->names, g_strdup(plan), found);
    return found;
}

static void
logs_show(Logs *logs, const json_t *event)
{
    View *view = logs->call->view;
    if (view->json) {
        view_json_line(view, event);
        return;
    }
    bool wants_all = invocation_has(logs->call, "all") || invocation_has(logs->call, "type");
    if (!wants_all && !story_is_news(event))
        return;
    const char *name = logs_name(logs, json_get_string(event, "plan", NULL));
    g_autofree char *line = story_event(view, event, name);
    view_raw(view, line);
    view_raw(view, "\n");
    fflush(view->out);
}

static char *
logs_path(const Invocation *call, const char *after)
{
    const char *name = invocation_arg(call, 0), *types = invocation_option(call, "type");
    GString *path = g_string_new("/events?limit=" G_STRINGIFY(LOGS_PAGE));
    if (name != NULL) {
        g_autofree char *escaped = client_escape(name);
        g_string_append_printf(path, "&plan=%s", escaped);
    }
    if (types != NULL) {
        g_autofree char *escaped = client_escape(types);
        g_string_append_printf(path, "&type=%s", escaped);
    }
    if (after != NULL)
        g_string_append_printf(path, "&%s", after);
    return g_string_free(path, FALSE);
}

static bool
logs_pages(Logs *logs, const char *begin, GError **error)
{
    g_autofree char *after = g_strdup(begin);
    for (;;) {
        g_autofree char *path = logs_path(logs->call, after);
        g_autoptr(json_t) page = NULL;
        json_t *items = NULL, *event = NULL;
        size_t i = 0;
        if (!client_call(logs->call, "GET", path, NULL, &page, error) ||
            !json_need_array(page, "items", "the server's answer", &items, error))
            return false;
        json_array_foreach(items, i, event) logs_show(logs, event);
        g_free(logs->last_id);
        logs->last_id = g_strdup_printf("%" PRId64, json_get_int(page, "seq", 0));
        const char *next = json_get_string(page, "next", NULL);
        if (next == NULL)
            return true;
        g_free(after);
        after = g_strdup_printf("after=%s", next);
    }
}

static bool
logs_on_event(const char *id, const char *type, const char *data, void *user)
{
    Logs *logs = user;
    g_autoptr(json_t) event = NULL;
    logs->gap = false;
    if (id != NULL && *id != '\0') {
        g_free(logs->last_id);
        logs->last_id = g_strdup(id);
    }
    if (json_parse(data, strlen(data), "event", &event, NULL))
        logs_show(logs, event);
    return !ferror(logs->call->view->out);
}

/* Names are asked for while the stream is open, so the stream has a connection of its own. */
static bool
logs_follow(Logs *logs, GError **error)
{
    g_autoptr(HttpClient) stream = NULL;
    if (!invocation_client_new(logs->call, &stream, error))
        return false;
    for (int tries = 0; tries < RECONNECT_TRIES; tries++) {
        g_autoptr(GError) lost = NULL;
        g_autofree char *path = logs_path(logs->call, NULL);
        logs->gap = true;
        bool ended = http_stream(stream, path, logs->last_id, logs_on_event, logs, &lost);
        if (ferror(logs->call->view->out))
            return true; /* whoever read us went away */
        if (!ended && !error_is(lost, ERR_UNREACHABLE) && !error_is(lost, ERR_TRANSIENT)) {
            g_propagate_error(error, g_steal_pointer(&lost));
            return false;
        }
        if (!logs->gap)
            tries = 0;
        g_usleep(RECONNECT_MS * 1000);
    }
    return fail(error, ERR_UNREACHABLE, "the server did not come back");
}

static bool
logs_begin(const Invocation *call, char **ret, GError **error)
{
    int64_t after = 0, last = 0;
    if (!invocation_int(call, "after", 0, -1, &after, error) ||
        !invocation_int(call, "last", 0, call->view->json ? -1 : LOGS_LAST, &last, error))
        return false;
    if (after >= 0)
        *ret = g_strdup_printf("after=%" PRId64, after);
    else if (last >= 0)
        *ret = g_strdup_printf("last=%" PRId64, MIN(last, LOGS_PAGE));
    else
        *ret = g_strdup("after=0");
    return true;
}

static bool
cmd_logs_run(Invocation *call, GError **error)
{
    g_autofree char *begin = NULL;
    if (!logs_begin(call, &begin, error))
        return false;
    Logs logs = {.call = call,
                 .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    bool ok = logs_pages(&logs, begin, error);
    if (ok && invocation_has(call, "follow"))
        ok = logs_follow(&logs, error);
    g_hash_table_unref(logs.names);
    g_free(logs.last_id);
    return ok;
}

const Command cmd_logs = {
    .name = "logs",
    .args = "[NAME]",
    .summary = "what happened, from the ledger",
    .deed = "read the ledger",
    .about = "One line an event, oldest first. Without --all only what a person would want to "
             "know; with --json\n"
             "every event, one object a line (docs/formats/event.md).",
    .examples = "honk logs users-v2\nhonk logs -f --json | jq -c 'select(.type == \"plan.state\")'",
    .options = options,
    .run = cmd_logs_run,
};
