/*
 * worker_lost.c - local workers that are gone, and those that an earlier server left behind.
 *
 * A server that is killed takes its workers along (their parent-death signal), but nobody is left who could tell of their
 * end; and one that hangs in its disk may still be there. The next server ends them for sure, so that nobody has to wait
 * until their leases run out. A row of `worker` is `local` from a worker's first lease until its end is told.
 */
#include "server/worker_lost.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "server/workers.h"
#include "store/db.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>

#define END_MS 5000 /* SIGKILL takes milliseconds, unless a disk hangs */
#define COMMAND_LINE_BYTES_MAX 65536

static void
lost_done(Command *command)
{
    command_free(command);
}

static bool
note_end(Command *command, Db *db, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, "UPDATE worker SET local = 0 WHERE id = :id", &stmt, error))
        return false;
    stmt_text(stmt, ":id", json_get_string(command->args, "worker", NULL));
    return stmt_run(stmt, NULL, error);
}

void
worker_tell_lost(Server *server, const char *name)
{
    Command *command = command_new(COMMAND_WORKER_LOST, "honk");
    command->args = json_object();
    json_set_string(command->args, "worker", name);
    command->reason = g_strdup("its process ended");
    command->write = note_end;
    command->done = lost_done;
    engine_submit(server->engine, command);
}

/* ---- earlier ones ---- */

/* Is that process the worker of this name, and not another one that has got its number since? */
static bool
is_worker(pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int) pid), *line = NULL;
    size_t bytes = 0;
    if (!file_read(path, COMMAND_LINE_BYTES_MAX, &line, &bytes, NULL))
        return false;
    for (const char *word = line; word < line + bytes; word += strlen(word) + 1)
        if (strcmp(word, name) == 0)
            return true;
    return false;
}

/* True when it is gone. The descriptor comes first: what it names cannot change any more. */
static bool
end_earlier(pid_t pid, const char *name)
{
    AUTO_FD process = pid > 0 ? pidfd_open(pid, 0) : -1;
    if (process < 0 || !is_worker(pid, name))
        return true;
    pidfd_send_signal(process, SIGKILL, NULL, 0);
    struct pollfd end = {.fd = process, .events = POLLIN};
    return poll(&end, 1, END_MS) == 1;
}

bool
workers_end_earlier(Server *server, GError **error)
{
    Stmt *stmt = NULL;
    bool is_row = false;
    if (!db_prepare(server->db, "SELECT id, pid FROM worker WHERE local = 1", &stmt, error) ||
        !stmt_step(stmt, &is_row, error))
        return false;
    while (is_row) {
        const char *name = stmt_col_text(stmt, 0);
        if (end_earlier((pid_t) stmt_col_int(stmt, 1), name))
            worker_tell_lost(server, name);
        else
            log_line(LOG_WARN, NULL,
                     "worker %s of an earlier server cannot be killed: its lease has to run out",
                     name);
        if (!stmt_step(stmt, &is_row, error))
            return false;
    }
    stmt_reset(stmt);
    return true;
}
