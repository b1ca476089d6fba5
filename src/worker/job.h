/* job.h - one lease from its beginning to the report. */
#pragma once

#include "model/config.h"
#include "worker/link.h"

typedef struct {
    const Config *config;
    const char *server, *token; /* for the heartbeats' own connection */
    Link *link;
    GHashTable *plans;         /* digest → Plan *: a plan's tasks come one after another */
    bool (*is_stopping)(void); /* did a signal ask us to stop? */
} Bench;

CHECKED bool bench_init(Bench *bench, const Config *config, const char *server, const char *token,
                        bool (*is_stopping)(void), GError **error);
void bench_clear(Bench *bench);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bench, bench_clear)

/* Do what the lease asks and tell the server, with patience while it is away. False when the report
 * could not be delivered: the server will find out by itself. */
CHECKED bool job_do(Bench *bench, const Lease *lease, GError **error);
