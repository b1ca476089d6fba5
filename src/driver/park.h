/*
 * park.h - sessions that ended well, kept for whoever opens the same store next.
 *
 * A worker moves a table range by range, and each range is a task that opens its own connections. A new session costs the server
 * some ten milliseconds, and us several ways there and back. So a worker asks for its sessions to be kept (drivers_keep_sessions()), and lets
 * go of them before it waits for work.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    void (*end)(void *session);
    bool (*is_alive)(void *session); /* without asking the server */
    GMutex lock;
    GArray *kept; /* NULL: nothing is kept */
} Park;

/* From now on sessions are kept, or not: then those that were are ended. Any thread. */
void park_keep(Park *park, bool is_wanted);
/* One that was opened with all that `key` says, and is alive; NULL when there is none. */
void *park_take(Park *park, const char *key);
/* Keep it for later, or end it. */
void park_put(Park *park, const char *key, void *session);
