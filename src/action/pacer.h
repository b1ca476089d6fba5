/*
 * pacer.h - rows move no faster than the lease's share of the throttle.
 *
 * What was moved is owed; time pays for it, at the rate that holds at that moment. Between batches a range rests until all is paid,
 * where nobody waits for it meanwhile (transfer_may_rest) and its transaction does not grow old; the rest is paid behind its commit.
 * Before it begins, it waits for whatever brakes (brake.h): first here, later as a task that waits and keeps no worker.
 */
#pragma once

#include "action/move.h"

typedef struct {
    Ticker ticker; /* where progress goes */
    const Move *move;
    const Transfer *transfer;
    int64_t at_us;                 /* until when time has paid */
    int64_t rows, bytes;           /* seen so far */
    int64_t rows_owed, bytes_owed; /* in millionths */
    int64_t rested_us;             /* inside of the transaction */
} Pacer;

/* Borrows everything. */
void pacer_init(Pacer *pacer, const Move *move, const Transfer *transfer, Ticker ticker);
/* Until rows may move. `*ret_waits`: not for long enough to keep a worker, the outcome is `wait` now. */
CHECKED bool pacer_begin(Pacer *pacer, Outcome *outcome, bool *ret_waits, GError **error);
/* A TickFn of the range. */
bool pacer_tick(int64_t rows_done, void *pacer);
/* The range is in: wait until all of it is paid, or somebody asks to stop. */
void pacer_settle(Pacer *pacer, const RangeResult *result);
