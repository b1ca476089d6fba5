/*
 * load.h - the open state from the tables, once at start.
 *
 * load_finish() is the part after the rows are there: queues, timers, what a rollback has left to
 * look at. It is all made from the states alone.
 */
#pragma once

#include "engine/beat.h"

CHECKED bool load_state(Db *db, State *state, GError **error);
/* After plan, steps: which of them are rolled back apart. Before the tasks. */
void load_scope(OpenPlan *plan);
void load_finish(State *state);
