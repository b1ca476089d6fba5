/*
 * scribe.h - the ledger as log lines: every event once, with its sequence number, in one schema (docs/formats/log.md).
 *
 * Its own thread with its own reader, so that a slow terminal never holds up the loop.
 */
#pragma once

#include "server/context.h"

/* Writes events after `after`. */
CHECKED bool scribe_start(Server *server, int64_t after, Scribe **ret, GError **error);
void scribe_wake(Scribe *scribe); /* something was committed */
/* Writes what is left, and ends. */
void scribe_stop(Scribe *scribe);
