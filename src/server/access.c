/* access.c - what was refused is recorded, so that an owner sees who tries; not more often than a ledger can bear. */
#include "server/access.h"
#include "base/clock.h"
#include "store/ledger.h"

#include <stdatomic.h>

#define DENIALS_PER_SECOND_MAX 10

static bool
denied_write(Command *command, Db *db, GError **error)
{
    g_auto(Event) event = {
        .type = g_strdup("access.denied"),
        .actor = g_strdup(command->actor),
        .reason = g_strdup(command->reason),
    };
    return ledger_append(db, &event, error);
}

/* A window of one second; more than a few in it are dropped. */
static bool
is_too_often(void)
{
    static _Atomic int64_t window_s;
    static _Atomic int count;
    int64_t now_s = clock_monotonic_ms() / 1000;
    if (atomic_exchange(&window_s, now_s) != now_s)
        atomic_store(&count, 0);
    return atomic_fetch_add(&count, 1) >= DENIALS_PER_SECOND_MAX;
}

void
access_denied(const Request *request, const char *why)
{
    if (request->who.name == NULL || is_too_often() || !atomic_load(&request->server->is_ready))
        return;
    Command *command = command_new(COMMAND_WRITE, request->who.name);
    command->reason = g_strdup_printf("%s %s: %s", request->method, request->target.path, why);
    command->write = denied_write;
    command->done = command_free;
    if (!mailbox_put(request->server->mailbox, command))
        command_free(command);
}
