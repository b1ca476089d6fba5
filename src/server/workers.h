/*
 * workers.h - the local workers: started, watched, started again, stopped.
 *
 * Each life of a worker has its own name, so that nobody mistakes a new one's leases for those of the dead. A worker's end
 * is told to the engine at once (COMMAND_WORKER_LOST). All calls belong to the loop's thread.
 */
#pragma once

#include "server/context.h"

/* Starts `count` of them. */
CHECKED bool workers_start(Server *server, int count, Workers **ret, GError **error);
/* Start those that are due again; when to call next (clock_monotonic_ms), -1 for no time. */
int64_t workers_beat(Workers *workers);
/* SIGTERM to all; none is started again. */
void workers_ask_to_stop(Workers *workers);
/* SIGKILL to those that are left. */
void workers_kill(Workers *workers);
/* Whom the engine gives a task, or has not heard of for a lease: only of our own do we know more. Any name is welcome. */
void workers_introduce(const Workers *workers,
                       Command *lease); /* adds `local` and `pid` of ours to its args */
void workers_silent(const Workers *workers, const char *name); /* kills it, if it is one of ours */
/* Those whom an earlier server left behind, killed before it could end them: ended, and told to the engine. */
CHECKED bool workers_end_earlier(Server *server, GError **error);
unsigned workers_alive(const Workers *workers);
void workers_free(Workers *workers); /* all must have ended */
