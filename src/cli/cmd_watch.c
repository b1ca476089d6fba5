/* cmd_watch.c - look on until a migration rests. */
#include "cli/campaign.h"
#include "cli/command.h"
#include "cli/watch.h"

static const Option options[] = {
    {0, "plain", NULL, "plain lines, also on a terminal"},
    {0},
};

static bool
cmd_watch_run(Invocation *call, GError **error)
{
    g_autoptr(json_t) campaign = NULL;
    if (!campaign_find(call, invocation_arg(call, 0), &campaign, error))
        return false;
    if (campaign != NULL)
        return campaign_watch(call, campaign, invocation_has(call, "plain"), NULL, error);
    return watch_migration(call, invocation_arg(call, 0), invocation_has(call, "plain"), NULL,
                           error);
}

const Command cmd_watch = {
    .name = "watch",
    .args = "NAME",
    .summary = "look on: steps, rates, time left, what happens",
    .deed = "watch the migration",
    .about = "Redrawn in place on a terminal, plain lines elsewhere, events as JSON lines with "
             "--json. Ends when\n"
             "the plan rests; the exit status is 0 when it went as asked. Ctrl-C ends the "
             "watching, nothing else.",
    .examples = "honk watch users-v2\nhonk watch users-v2 --json | jq -r .type",
    .options = options,
    .run = cmd_watch_run,
};
