/* suite.h - what every driver is asked, and by which roles. */
#pragma once

#include "rows.h"

typedef enum {
    NEEDS_LOAD = 1,
    NEEDS_FREEZE = 2,
    NEEDS_SWAP = 4,
    NEEDS_BROKEN = 8,     /* records that cannot be read */
    NEEDS_HANGING = 16,   /* views and indexes */
    NEEDS_REPLACING = 32, /* a target with rows gives its place to others */
} Needs;

typedef struct {
    const char *name; /* a sentence */
    void (*run)(World *world);
    unsigned needs; /* of Needs: a driver without is not asked */
} Question;

/* Each ends with a question without a name. */
extern const Question reading_questions[], loading_questions[], fencing_questions[],
    swapping_questions[];
