/*
 * parallel.h - the same for each of many things, on several threads.
 *
 * Of pthread, because the thread sanitizer cannot see GLib's locks.
 */
#pragma once

#include "base/error.h"

typedef void ParallelFn(void *item, void *data);

/* Returns when all is done. At most `threads_max` at once, the caller's thread among them; items are begun in their order. */
void parallel_each(GPtrArray *items, unsigned threads_max, ParallelFn *each, void *data);
