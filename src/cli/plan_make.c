/* plan_make.c - ask for a plan, and wait for the worker that makes it. */
#include "cli/plan_make.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/migration.h"

#include <string.h>
#include <unistd.h>

#define STUCK_MS                                                                                   \
    120000 /* without a word of how far it is: longer than counting the rows of two tables */
#define PLAN_POLL_MS 150

/* States in which the current plan is past and a new one is wanted. */
static bool
wants_new_plan(const char *state)
{
    static const char *const past[] = {"stale",       "rejected", "expired",      "cancelled",
                                       "rolled_back", "closed",   "closed_mixed", NULL};
    return g_strv_contains(past, state);
}

static bool
plan_ask(Invocation *call, const char *name, char **ret_id, GError **error)
{
    g_autoptr(json_t) body = json_object(), made = NULL;
    json_set_string(body, "entity", name);
    json_set_string(body, "reason", invocation_option(call, "reason"));
    if (!client_call(call, "POST", "/migrations", body, &made, error))
        return false;
    const char *id = NULL;
    if (!json_need_string(made, "id", "the server's answer", &id, error))
        return false;
    *ret_id = g_strdup(id);
    return true;
}

/* A draft whose planning failed has findings, and needs another try. */
static bool
is_failed_draft(const json_t *migration)
{
    return strcmp(json_get_string(migration, "state", ""), "draft") == 0 &&
           json_array_size(json_object_get(migration, "diagnostics")) > 0;
}

/* The id of the plan to show, made if need be. */
static bool
plan_find_or_make(Invocation *call, const char *name, bool again, char **ret_id, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    g_autoptr(GError) none = NULL;
    if (!migration_get(call, name, &migration, &none)) {
        if (error_is(none, ERR_NOT_FOUND))
            return plan_ask(call, name, ret_id, error);
        g_propagate_error(error, g_steal_pointer(&none));
        return false;
    }
    const char *id = json_get_string(migration, "id", ""),
               *state = json_get_string(migration, "state", "");
    if (wants_new_plan(state) || is_failed_draft(migration) || again)
        return plan_ask(call, json_get_string(migration, "migration", name), ret_id, error);
    *ret_id = g_strdup(id);
    return true;
}

/* Thousands of repositories take minutes: whoever waits sees that it goes on. */
static void
tell_look(Invocation *call, const json_t *look)
{
    int64_t total = json_get_int(look, "total", 0);
    if (total == 0 || !call->view->is_terminal || call->view->json)
        return;
    g_autofree char *done = text_count(json_get_int(look, "done", 0)), *all = text_count(total);
    g_autofree char *line = g_strdup_printf("\r%s of %s %s are looked through\033[K", done, all,
                                            json_get_string(look, "unit", "parts"));
    view_raw(call->view, line);
    fflush(call->view->out);
}

static void
tell_end(Invocation *call)
{
    if (call->view->is_terminal && !call->view->json)
        view_raw(call->view, "\r\033[K");
}

static bool
plan_wait(Invocation *call, const char *id, json_t **ret, GError **error)
{
    int64_t since = clock_monotonic_ms(), before = 0;
    for (;;) {
        g_autoptr(json_t) migration = NULL;
        if (!migration_get(call, id, &migration, error))
            return false;
        const char *state = json_get_string(migration, "state", "");
        const json_t *look = json_object_get(migration, "look");
        int64_t now = clock_monotonic_ms(), done = json_get_int(look, "done", 0);
        if (strcmp(state, "draft") != 0 || is_failed_draft(migration)) {
            tell_end(call);
            *ret = g_steal_pointer(&migration);
            return true;
        }
        tell_look(call, look);
        if (done != before)
            since = now;
        before = done;
        if (now - since > STUCK_MS) {
            invocation_hint(call, "'honk status %s' shows whether a worker is at it", id);
            return fail(error, ERR_TRANSIENT, "no worker was at the plan for two minutes");
        }
        usleep(PLAN_POLL_MS * 1000);
    }
}

bool
plan_make(Invocation *call, const char *name, bool again, json_t **ret, GError **error)
{
    g_autofree char *id = NULL;
    return plan_find_or_make(call, name, again, &id, error) && plan_wait(call, id, ret, error);
}
