/* clang-format off */
/*
 * wire.h - what server and workers say to each other, over the same HTTP API as everybody.
 *
 * POST /tasks/lease {worker, labels, wait_ms} → Lease or 204
 *   {"id", "plan", "step", "action", "phase": "forward"|"reverse", "mode": "run"|"probe", "key", "params": {…},
 *    "attempt", "token", "lease_ms", "plan_digest": "sha256:…"|null, "intent": {"attempt", "at_ms", "pre_state": {…}}|null,
 *    "children_done": bool, "evidence": {…}|null, "checkpoint": {…}|null, "signals": [{"n", "signal", "actor", "reason", "at_ms"}]}
 *   `step` is "" for the tasks of a plan itself (plan, preflight), `key` is "" but for parts of a step.
 *   `evidence`: what the forward phase reported (reverses and probes); for a parent whose parts are done
 *   {"count", "skipped", "sums": {member: sum of its integers}, "children": [{"key", "evidence"}]} (at most 1,000).
 * POST /tasks/{id}/heartbeat {token, progress: {done, total, unit, rate, note, …}, writes?: "acme"} → {stop, lease_ms, throttle?, wait_ms?}: model/throttle.h,
 *   and when the turn is to write to the host of those repositories (engine/turns.c)
 * POST /tasks/{id}/intent {token, pre_state: {…}} → {}: the pre-state, on disk before the effect begins
 * POST /tasks/{id}/report {token, outcome: {"kind", "evidence", "children", "until_ms", "error": {"code", "message"},
 *                                           "message", "before_effect", "checkpoint", "signals_seen", "frees"}} → {status}
 *   kinds: done, already, drift, wait, more, released, error, and for probes applied, not_applied, partly
 *   `checkpoint` (at most 64 KiB) is in the next lease of the task, in whatever phase and mode; a report without one leaves the old.
 *   `signals_seen`: people's words up to this number are not told again. A word that the lease did not tell wakes the task.
 *   `frees`: limits that a task which waits counts against no more. A child's `uses`: those that it counts against beside its step's.
 *   `wait` and `more` use up no tries. `partly` with a checkpoint, its own or an earlier one, goes on from there.
 *   A probe raises the task's fence with its token, then says whether the *forward* effect is in the target, in both phases.
 * GET/PUT /blobs/{digest}, POST /blobs → {digest}
 */
/* clang-format on */
#pragma once

#include "model/lease.h" /* Lease, Outcome: as values */
