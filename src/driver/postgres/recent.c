/*
 * recent.c - what was described last on a connection, for those who need it a moment later: a question is a way to the server and back.
 *
 * It is old after a second, since others may change tables; whoever writes to one looks again, in the transaction that writes.
 */
#include "driver/postgres/postgres.h"

#include "base/clock.h"

#include <string.h>

#define RECENT_US 1000000

struct PgRecent {
    char *name;
    PgDescription description;
    int64_t at_us;
};

void
pg_recent_free(PgRecent *recent)
{
    if (recent == NULL)
        return;
    g_free(recent->name);
    pg_description_clear(&recent->description);
    g_free(recent);
}

void
pg_remember(PgConn *conn, const char *name, PgDescription *take)
{
    pg_recent_free(conn->recent);
    conn->recent = g_new(PgRecent, 1);
    *conn->recent =
        (PgRecent){.name = g_strdup(name), .description = *take, .at_us = clock_monotonic_us()};
    *take = (PgDescription){0};
}

const PgDescription *
pg_recall(const PgConn *conn, const char *name)
{
    const PgRecent *recent = conn->recent;
    return recent != NULL && strcmp(recent->name, name) == 0 &&
                   clock_monotonic_us() - recent->at_us < RECENT_US
               ? &recent->description
               : NULL;
}
