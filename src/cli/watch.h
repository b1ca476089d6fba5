/*
 * watch.h - follow a migration until it rests: redrawn in place on a terminal, plain lines elsewhere, events
 * as JSON lines with --json.
 */
#pragma once

#include "cli/client.h"

typedef struct {
    bool plain; /* append-only lines, also on a terminal */
    /* A server that does not answer is waited for, unless this knows better; NULL: nobody does. */
    bool (*is_gone)(void *data);
    void *data;
} WatchHow;

/* `*ret_last` is the migration as last seen (caller owns); `*ret_interrupted` after Ctrl-C or SIGTERM, which
 * end the watching and nothing else. */
CHECKED bool watch_until_rest(Invocation *call, const char *name, const WatchHow *how,
                              json_t **ret_last, bool *ret_interrupted, GError **error);
/* The same for a verb: ends with a summary, and sets call->status by the state; 0 in `wanted` (may be NULL). */
CHECKED bool watch_migration(Invocation *call, const char *name, bool plain, const char *wanted,
                             GError **error);
