/* cmd_pace.c - how a migration's changes of code go out: shown, and changed while it runs. */
#include "cli/migration.h"
#include "model/config.h"
#include "model/pace.h"

static const Option options[] = {
    {0, "max-failures", "N|P%", "so many consumers, or so many of 100, may fail; the others go on"},
    {0, "soak", "DURATION", "so long a wave is merged and green before the next: 30m, 24h, 0s"},
    {0, "by-hand", "N", "people merge the first N, whatever Honk may merge by itself"},
    {'r', "reason", "TEXT", "why, for people; it stays in the ledger"},
    {0},
};

static bool
read_changes(const Invocation *call, json_t *changes, GError **error)
{
    const char *soak = invocation_option(call, "soak");
    int64_t soak_ms = 0, by_hand = 0;
    if ((soak != NULL && !duration_parse(soak, &soak_ms, error)) ||
        !invocation_int(call, "by-hand", 0, 0, &by_hand, error))
        return false;
    json_set_string(changes, "max_failures", invocation_option(call, "max-failures"));
    if (soak != NULL)
        json_set_int(changes, "soak_ms", soak_ms);
    if (invocation_has(call, "by-hand"))
        json_set_int(changes, "by_hand", by_hand);
    return true;
}

static bool
cmd_pace_run(Invocation *call, GError **error)
{
    g_autoptr(json_t) changes = json_object();
    return read_changes(call, changes, error) &&
           migration_setting(call, "pace", changes, pace_text,
                             "no code is changed, so there is no pace", error);
}

const Command cmd_pace = {
    .name = "pace",
    .args = "NAME",
    .summary = "how a migration's changes of code go out; changed while it runs",
    .deed = "change the pace",
    .about =
        "Says what holds, or changes what an option names; the rest stays. A consumer that failed\n"
        "is left to people while the others go on, as long as no more than --max-failures are: it\n"
        "reads the old dataset until somebody sees to it. How many may be open at once: honk "
        "limits.",
    .examples = "honk pace users-v2\n"
                "honk pace users-v2 --max-failures 5% --soak 24h\n"
                "honk pace users-v2 --max-failures 3 --reason 'two of them are retired anyway'",
    .options = options,
    .run = cmd_pace_run,
};
