/*
 * silence.h - what is known of a session that says nothing (postgres/silence.c and mariadb/silence.c ask more).
 */
#pragma once

#include <stdint.h>

#define SILENCE_MS                                                                                 \
    60000 /* between two looks: as long as the system waits for a host that is gone */
/* So many of them without any answer, and the server is gone. One that is overfull lets somebody in within minutes, and doing
 * a long statement again costs more than waiting for that. */
#define SILENCE_LOOKS 3

typedef struct {
    int64_t since_us; /* its last byte; monotonic */
    int waited_ms;    /* since then, without the looks */
    int unanswered;   /* looks, the last ones */
} Silence;
