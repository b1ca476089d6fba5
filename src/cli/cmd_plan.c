/*
 * cmd_plan.c - make a plan, or show the one there is. Nothing moves by it.
 *
 * Planning is a task that a worker does, so this waits for it. A migration whose plan was approved, runs
 * or succeeded is shown as it is; one that is over is planned anew; --again plans anew in any case.
 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/migration.h"
#include "cli/plan_show.h"
#include "cli/story.h"

#include <string.h>
#include <unistd.h>

#define PLAN_WAIT_MS 120000 /* a plan takes as long as counting the rows of two tables */
#define PLAN_POLL_MS 150

static const Option options[] = {
    {0, "again", NULL, "make a new plan, also if there is one that could be approved"},
    {'r', "reason", "TEXT", "why, for people"},
    {0},
};

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

static bool
plan_again(Invocation *call, const char *id, GError **error)
{
    g_autoptr(json_t) body = json_object();
    g_autofree char *path = g_strdup_printf("/migrations/%s/plan", id);
    json_set_string(body, "reason", invocation_option(call, "reason"));
    return client_call(call, "POST", path, body, NULL, error);
}

/* The id of the plan to show, made if need be. */
static bool
plan_find_or_make(Invocation *call, const char *name, char **ret_id, GError **error)
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
    if (is_failed_draft(migration)) {
        *ret_id = g_strdup(id);
        return plan_again(call, id, error);
    }
    if (wants_new_plan(state) || invocation_has(call, "again"))
        return plan_ask(call, json_get_string(migration, "migration", name), ret_id, error);
    *ret_id = g_strdup(id);
    return true;
}

static bool
plan_wait(Invocation *call, const char *id, json_t **ret, GError **error)
{
    int64_t deadline = clock_monotonic_ms() + PLAN_WAIT_MS;
    for (;;) {
        g_autoptr(json_t) migration = NULL;
        if (!migration_get(call, id, &migration, error))
            return false;
        const char *state = json_get_string(migration, "state", "");
        if (strcmp(state, "draft") != 0 || is_failed_draft(migration)) {
            *ret = g_steal_pointer(&migration);
            return true;
        }
        if (clock_monotonic_ms() > deadline) {
            invocation_hint(call, "'honk status %s' shows whether a worker is at it", id);
            return fail(error, ERR_TRANSIENT, "no worker made the plan within two minutes");
        }
        usleep(PLAN_POLL_MS * 1000);
    }
}

static bool
plan_failed(Invocation *call, const json_t *migration, GError **error)
{
    g_autofree char *findings = migration_findings(migration);
    const char *name = migration_name(migration);
    if (invocation_json(call))
        view_json(call->view, migration);
    invocation_hint(call, "mend what it names, then 'honk plan %s' once more", name);
    return fail(error, ERR_INVALID, "'%s' cannot be planned yet:\n%s", name,
                findings != NULL ? findings
                                 : json_get_string(migration, "reason", "no reason was given"));
}

static bool
cmd_plan_run(Invocation *call, GError **error)
{
    g_autofree char *id = NULL;
    g_autoptr(json_t) migration = NULL;
    if (!plan_find_or_make(call, invocation_arg(call, 0), &id, error) ||
        !plan_wait(call, id, &migration, error))
        return false;
    const char *state = json_get_string(migration, "state", "");
    if (strcmp(state, "draft") == 0)
        return plan_failed(call, migration, error);
    if (!plan_show(call, migration, error))
        return false;
    const char *name = migration_name(migration);
    g_autofree char *digest = story_digest(json_get_string(migration, "digest", ""));
    g_autofree char *next = story_next(state, name);
    if (strcmp(state, "planned") == 0)
        view_tone(call->view, TONE_DIM, "\nnext: honk approve %s %s", name, digest);
    else if (next != NULL)
        view_tone(call->view, TONE_DIM, "\nnext: %s", next);
    return true;
}

const Command cmd_plan = {
    .name = "plan",
    .args = "NAME",
    .summary = "show every change that a migration would make, and change nothing",
    .deed = "plan the migration",
    .about =
        "Makes a plan if there is none, waits for it, and prints it. The digest at its end names\n"
        "exactly this plan; it is what 'honk approve' says yes to.",
    .examples = "honk plan users-v2\nhonk plan users-v2 --json | jq .plan.steps\nhonk plan "
                "users-v2 --again",
    .options = options,
    .run = cmd_plan_run,
};
