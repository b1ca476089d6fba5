/*
 * state.c - the state of a server with many open tasks: `bench-state FOLDER PLANS PARTS`.
 *
 * Beside what bench/engine makes, each plan is one that a real one would be: made, approved, started,
 * its step divided, and nobody at work on it.
 */
#include "../engine/fleet.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;
    g_autoptr(Blobs) blobs = NULL;
    g_autoptr(Engine) engine = NULL;
    EngineOptions options = {.lease_ms = 3600 * 1000,
                             .retry_first_ms = 1000,
                             .retry_max_ms = 100000,
                             .failure_budget = 1000000,
                             .seed = 1};
    if (argc != 4) {
        fprintf(stderr, "usage: bench-state FOLDER PLANS PARTS\n");
        return 2;
    }
    if (!db_open(argv[1], &db, &error) || !blobs_open(argv[1], &blobs, &error) ||
        !engine_open(db, blobs, &options, &engine, &error)) {
        fprintf(stderr, "bench-state: %s\n", error->message);
        return 1;
    }
    fleet_make_plans(engine, blobs, atoi(argv[2]), atoi(argv[3]));
    g_clear_pointer(&engine, engine_close); /* it borrows the others */
    return 0;
}
