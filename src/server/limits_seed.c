/* limits_seed.c - see limits_seed.h. */
#include "server/limits_seed.h"

#include "base/log.h"

static bool
limit_is_known(Db *db, const char *resource, bool *ret, GError **error)
{
    Stmt *stmt = NULL;
    if (!db_prepare(db, "SELECT 1 FROM limits WHERE resource = :resource", &stmt, error))
        return false;
    stmt_text(stmt, ":resource", resource);
    if (!stmt_step(stmt, ret, error))
        return false;
    stmt_reset(stmt);
    return true;
}

static void
seed_done(Command *command)
{
    if (command->error != NULL)
        log_line(LOG_ERROR, NULL, "the limits of honk.yaml were not taken: %s",
                 command->error->message);
    command_free(command);
}

bool
limits_seed(Server *server, GError **error)
{
    const char *resource = NULL;
    json_t *count = NULL;

    json_object_foreach(server->config->limits, resource, count)
    {
        bool is_known = false;
        if (!limit_is_known(server->db, resource, &is_known, error))
            return false;
        if (is_known)
            continue;
        Command *command = command_new(COMMAND_LIMIT, "honk");
        command->reason = g_strdup("honk.yaml says so");
        command->args = json_pack("{s:s, s:O}", "resource", resource, "count", count);
        command->done = seed_done;
        engine_submit(server->engine, command);
    }
    return true;
}
