/* guards.h - the conditions that the transition tables name; inside of this room only. */
#pragma once

#include "engine/moves.h"

typedef struct {
    const char *name;
    bool (*holds)(const Moment *moment);
    ErrorCode code;
    const char *refusal; /* a clause about "it"; NULL: never said to people */
    char *(*tell)(
        const Moment *moment); /* one that names what is in the way, instead; caller frees */
} Guard;

extern const Guard plan_guards[], task_guards[];
extern const size_t plan_guard_count, task_guard_count;
