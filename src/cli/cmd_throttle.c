/* cmd_throttle.c - how fast a migration, or all those of a campaign, may move rows: shown, and changed while they run. */
#include "cli/campaign.h"
#include "cli/migration.h"
#include "model/throttle.h"

#include <string.h>

static const struct {
    const char *option;
    ThrottleKind kind;
} limits[] = {
    {"rows-per-second", THROTTLE_ROWS}, {"bytes-per-second", THROTTLE_BYTES},
    {"replication-lag", THROTTLE_LAG},  {"load", THROTTLE_LOAD},
    {"sessions", THROTTLE_SESSIONS},
};

static const Option options[] = {
    {0, "rows-per-second", "N", "rows a second, of the whole; 0: no limit"},
    {0, "bytes-per-second", "N", "bytes a second, of the whole; 0: no limit"},
    {0, "replication-lag", "SECONDS", "wait while a replica is further behind; 0: no limit"},
    {0, "load", "PERCENT", "wait while the worker's machine is loaded more; 0: no limit"},
    {0, "sessions", "N", "wait while a store works for more others; 0: no limit"},
    {0, "command", "NAME", "wait while this throttle command of honk.yaml says so; \"\": none"},
    {0, "off", NULL, "no limit at all"},
    {'r', "reason", "TEXT", "why, for people; it stays in the ledger"},
    {0},
};

static bool
read_changes(const Invocation *call, json_t *changes, GError **error)
{
    const char *command = invocation_option(call, "command");
    bool is_off = invocation_has(call, "off");
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        int64_t limit = 0;
        if (!invocation_int(call, limits[i].option, 0, 0, &limit, error))
            return false;
        if (is_off || invocation_has(call, limits[i].option))
            json_set_int(changes, throttle_member(limits[i].kind), limit);
    }
    json_set_string(changes, THROTTLE_COMMAND, command == NULL && is_off ? "" : command);
    return true;
}

static bool
cmd_throttle_run(Invocation *call, GError **error)
{
    static const char nothing[] = "no throttle, rows move as fast as they can";
    g_autoptr(json_t) changes = json_object(), campaign = NULL;
    if (!read_changes(call, changes, error) ||
        !campaign_find(call, invocation_arg(call, 0), &campaign, error))
        return false;
    return campaign != NULL
               ? campaign_setting(call, campaign, "throttle", changes, throttle_text, nothing,
                                  error)
               : migration_setting(call, "throttle", changes, throttle_text, nothing, error);
}

const Command cmd_throttle = {
    .name = "throttle",
    .args = "NAME",
    .summary = "how fast rows of a migration or campaign may move; changed while it runs",
    .deed = "throttle the migration",
    .about =
        "Says what holds, or changes what an option names; the rest stays. Workers hear of it\n"
        "within a second or two. Rates are of the whole migration, and shared by its workers; of "
        "a\n"
        "campaign, of all its migrations together, each of which keeps its own limits, too.",
    .examples = "honk throttle users-v2\n"
                "honk throttle users-v2 --rows-per-second 5000 --replication-lag 5\n"
                "honk throttle spring --rows-per-second 20000\n"
                "honk throttle users-v2 --off --reason 'the shop is closed'",
    .options = options,
    .run = cmd_throttle_run,
};
