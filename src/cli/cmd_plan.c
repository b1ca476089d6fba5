/*
 * cmd_plan.c - make a plan, or show the one there is. Nothing moves by it.
 *
 * Planning is a task that a worker does, so this waits for it. A migration whose plan was approved, runs
 * or succeeded is shown as it is; one that is over is planned anew; --again plans anew in any case.
 */
#include "cli/campaign.h"
#include "cli/migration.h"
#include "cli/plan_make.h"
#include "cli/plan_show.h"

#include <string.h>

static const Option options[] = {
    {0, "again", NULL, "make a new plan, also if there is one that could be approved"},
    {'r', "reason", "TEXT", "why, for people"},
    {0},
};

static bool
plan_failed(Invocation *call, const json_t *migration, GError **error)
{
    g_autofree char *findings = migration_findings(migration);
    const char *name = migration_name(migration);
    if (invocation_json(call))
        view_json(call->view, migration);
    invocation_hint(call,
                    "mend what it names, then 'honk plan %s' once more; 'honk serve' reads "
                    "honk.yaml when it starts",
                    name);
    return fail(error, ERR_INVALID, "'%s' cannot be planned yet:\n%s", name,
                findings != NULL ? findings
                                 : json_get_string(migration, "reason", "no reason was given"));
}

static bool
cmd_plan_run(Invocation *call, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    json_t *campaign = NULL;
    bool is_registered = false;
    const char *name = invocation_arg(call, 0);
    if (!campaign_find(call, name, &campaign, error) ||
        (campaign == NULL && !campaign_is_registered(call, name, &is_registered, error)))
        return false;
    if (campaign != NULL || is_registered)
        return campaign_plan(call, name, campaign, error);
    if (!plan_make(call, name, invocation_has(call, "again"), &migration, error))
        return false;
    const char *state = json_get_string(migration, "state", "");
    if (strcmp(state, "draft") == 0)
        return plan_failed(call, migration, error);
    if (!plan_show(call, migration, error))
        return false;
    g_autofree char *next = migration_next(migration);
    if (next != NULL)
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
        "exactly this plan; it is what 'honk approve' says yes to. Of a campaign, all plans are "
        "made, and\n"
        "shown by class of change: what changes the same is shown once.",
    .examples = "honk plan users-v2\nhonk plan users-v2 --json | jq .plan.steps\nhonk plan "
                "users-v2 --again",
    .options = options,
    .run = cmd_plan_run,
};
