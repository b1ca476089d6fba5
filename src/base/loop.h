/*
 * loop.h - poll(2) over a few descriptors, signals and a wake-up time. One thread owns a loop.
 */
#pragma once

#include "base/error.h"

typedef struct Loop Loop;
typedef void LoopFdFn(int fd, void *data);

CHECKED bool loop_new(Loop **ret, GError **error);
void loop_free(Loop *loop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loop, loop_free)
/* Call `fn` whenever `fd` is readable. */
void loop_watch(Loop *loop, int fd, LoopFdFn *fn, void *data);
void loop_unwatch(Loop *loop, int fd);
/* Block SIGINT and SIGTERM (and others in `signals`, 0-terminated) in this process and deliver them
 * through `fn` (called with the signal number as `fd`). Call before threads start. */
CHECKED bool loop_signals(Loop *loop, const int *signals, LoopFdFn *fn, void *data, GError **error);
/* Wait for something readable or until `wake_at_ms` (clock_monotonic_ms; -1 for ever), then
 * dispatch once. */
void loop_once(Loop *loop, int64_t wake_at_ms);
