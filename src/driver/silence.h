/*
 * silence.h - what is known of a session that says nothing, and when it is lost. Whether it is at work is asked by those who
 * know its server (postgres/silence.c, mariadb/silence.c).
 */
#pragma once

#include "base/error.h"

#include <stdint.h>

#define SILENCE_MS                                                                                 \
    60000 /* between two looks: as long as the system waits for a host that is gone */

typedef struct {
    int64_t since_us; /* its last byte; monotonic */
    int waited_ms;    /* since then, without the looks */
    int unanswered;   /* looks, the last ones */
} Silence;

/* From now on, while `tick_ms` are waited at a time. */
Silence silence_begin(int tick_ms);
/* After another of them: is it time for a look, each `every_ms`? */
bool silence_is_due(const Silence *silence, int every_ms, int tick_ms);
/* Shortly before whoever waits for `limit_ms` (0: for ever) is given up; at one tick only. */
bool silence_ends_soon(const Silence *silence, int64_t limit_ms, int tick_ms);
/* After a look: why the session is lost, or NULL, and whether anybody has answered. UNREACHABLE once it is lost: false. */
CHECKED bool silence_judge(Silence *silence, const char *why, bool is_answered, const char *place,
                           GError **error);
