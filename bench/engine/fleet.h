/*
 * fleet.h - plans in an engine, and workers that only say what real ones would.
 *
 * A worker leases a part, says its intent, beats up to twice while it "works", and reports; one part
 * in fifty fails once and is tried again. All of them speak at once: what one says is answered by the
 * next beat, whose answer makes it speak again. The number of heartbeats is random, so parts end in
 * another order than they began.
 */
#pragma once

#include "engine/engine.h"
#include "figures.h"
#include "peer.h"

/* `plans` of `parts` tasks each, made, approved and started; all parts wait for a lease. The engine's
 * leases must last as long as this takes. */
void fleet_make_plans(Engine *engine, Blobs *blobs, int plans, int parts);

typedef struct {
    Engine *engine;
    GPtrArray *sims;
    uint64_t dice;
    bool is_over;                        /* the engine closes: nothing more is said */
    int64_t commands, rows, rows_before; /* a heartbeat writes none */
    Times beats;    /* each from its first command to its last answer, with the checkpoint */
    GArray *groups; /* Group: what each beat wrote */
} Fleet;

void fleet_init(Fleet *fleet, Engine *engine, int workers);
void fleet_clear(Fleet *fleet); /* when the engine is closed: it may hold leases of ours */
void fleet_work(Fleet *fleet, int64_t for_us);
void fleet_beat(Engine *engine);
