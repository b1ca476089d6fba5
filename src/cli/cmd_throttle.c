/* cmd_throttle.c - how fast a migration may move its rows: shown, and changed while it runs. */
#include "base/text.h"
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
    {0, "rows-per-second", "N", "rows a second, of the whole migration; 0: no limit"},
    {0, "bytes-per-second", "N", "bytes a second, of the whole migration; 0: no limit"},
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

static void
show(const Invocation *call, const char *name, const json_t *throttle)
{
    g_autofree char *text = throttle_text(throttle);
    g_autofree char *shown = text != NULL ? text_printable(text) : NULL;
    view_line(call->view, "%s: %s", name,
              shown != NULL ? shown : "no throttle, rows move as fast as they can");
}

static bool
cmd_throttle_run(Invocation *call, GError **error)
{
    const char *name = invocation_arg(call, 0);
    g_autoptr(json_t) changes = json_object(), answer = NULL;
    g_autofree char *id = client_escape(name);
    g_autofree char *path = g_strdup_printf("/migrations/%s/throttle", id);
    if (!read_changes(call, changes, error))
        return false;
    bool is_question = json_object_size(changes) == 0;
    json_set_string(changes, "reason", invocation_option(call, "reason"));
    if (!(is_question ? migration_get(call, name, &answer, error)
                      : client_call(call, "POST", path, changes, &answer, error)))
        return false;
    if (invocation_json(call))
        view_json(call->view, json_object_get(answer, "throttle"));
    else
        show(call, name, json_object_get(answer, "throttle"));
    return true;
}

const Command cmd_throttle = {
    .name = "throttle",
    .args = "NAME",
    .summary = "how fast a migration's rows may move; changed while it runs",
    .deed = "throttle the migration",
    .about =
        "Says what holds, or changes what an option names; the rest stays. Workers hear of it\n"
        "within a heartbeat. Rates are of the whole migration, and shared by its workers.",
    .examples = "honk throttle users-v2\n"
                "honk throttle users-v2 --rows-per-second 5000 --replication-lag 5\n"
                "honk throttle users-v2 --off --reason 'the shop is closed'",
    .options = options,
    .run = cmd_throttle_run,
};
