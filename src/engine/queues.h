/*
 * queues.h - what is ready, sorted so that a lease finds the oldest task that fits in a few looks.
 *
 * Tasks that are alike in all that decides who may have them (plan, phase, labels, limits) wait in
 * one queue; queues that differ only in their plan form a class, which is a heap by the age of the
 * oldest task. A plan that admits no leases takes its queues out of the heaps, however many tasks
 * wait in them.
 */
#pragma once

#include "engine/state.h"

void queue_add(Beat *beat, Task *task); /* ready, or unknown and to be probed */
void queue_remove(State *state, Task *task);
/* The plan's state changed: offer its queues, or do not. */
void queues_refresh(Beat *beat, OpenPlan *plan);
void queues_forget_plan(State *state, OpenPlan *plan);
/* The task that this worker should have: reverses and probes before forward work, then by age. NULL
 * when nothing fits. */
Task *queues_pick(const Beat *beat, const WorkerSeen *worker);
void class_free(void *class);
guint class_hash(const void *key);
gboolean class_equal(const void *a, const void *b);
