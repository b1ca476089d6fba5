/*
 * readers.h - threads that read the state as HTTP requests do, each with a connection of its own.
 *
 * In turn: the head of the newest events, a plan with its tasks counted, a page of 100 tasks, one
 * task by its id. Each waits a moment between two reads, like clients that poll.
 */
#pragma once

#include <stdint.h>

typedef struct Readers Readers;
/* With `held_ms`, one more that holds a snapshot for so long, again and again: 0 for none. */
Readers *readers_start(const char *folder, int count, int held_ms);
void readers_pause(Readers *readers, int is_paused);
/* Reads so far, and the microseconds that they took. */
void readers_count(Readers *readers, int64_t *ret_reads, int64_t *ret_us);
void readers_stop(Readers *readers);
