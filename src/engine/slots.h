/*
 * slots.h - limits as rows: who works on something that is limited holds one of its slots.
 *
 * A limit of n has n slots, and one more that only the reverse phase may take; a slot is there while it is held, because a limit
 * may be large. A task holds its slot from its lease to its end, also while it waits for the world, and while nobody knows what
 * became of its worker. Held are more than are active, whose holders are worked on: no more than n are ever active; a reverse gets
 * in even where all ordinary slots are held by tasks that wait, and while it wants in, no forward task takes one.
 *
 * A limit that is lowered drains: what holds a slot keeps it. The limit of "pulls:*" is that of each "pulls:…" that has none of
 * its own. A task may bring a number of its own ("pulls-in:acme:player<=2"): it takes a place only where fewer are taken, also where
 * nobody else set a limit there.
 */
#pragma once

#include "engine/state.h"

Resource *resource_get(State *state, const char *name);
void resource_free(void *resource);
/* Change the limit; -1 takes it away. */
void resource_set_count(Beat *beat, Resource *resource, int64_t count);
/* Names that somebody uses: those that a limit for all of their kind may reach. */
void resources_know(State *state, const Words *uses);
/* A part comes that uses these (JSON): what it brings a number for is counted from now on, with who is open there already. */
void resources_count(Beat *beat, const char *uses);
/* After all limits were loaded. */
void resources_inherit(State *state);
/* From disk. */
void resource_load_count(Resource *resource, int64_t count);
void resource_load_slot(Resource *resource, int64_t n, Task *holder);

/* May a task take (or go on with) what `uses` says? */
bool slots_free(const State *state, const Task *task);
void slots_take(Beat *beat, Task *task);
void slots_give_back(Beat *beat, Task *task);
/* From here on the task, which no queue has, counts against that limit no more. */
void slots_leave(Beat *beat, Task *task, const char *name);
/* A holder begins or ends to be worked on; before and after a move. */
void slots_count_active(Task *task, int by);
/* A queue of the reverse phase wants in, or no longer. */
void slots_count_waiting(State *state, const Words *uses, int by);
