/* place.h - a folder of ours, and in it the one of a box that scripts are run in. */
#pragma once

#include "sandbox/sandbox.h"

typedef struct {
    char *folder; /* ours */
    char *inside; /* the box's */
} Place;

Place *place_new(void);
void place_free(Place *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Place, place_free)

extern const BoxLimits place_small;
void place_run_limited(Place *place, const char *script, const BoxLimits *limits, BoxResult *ret);
void place_run(Place *place, const char *script, BoxResult *ret);
/* The script prints what it got hold of: it must print just `expected`. */
void place_prints(Place *place, const char *script, const char *expected);
/* It is ended by a limit, and that is what is said. */
void place_is_cut(Place *place, const char *script, const char *why);

typedef struct {
    const char *name;
    void (*run)(void);
} PlaceCase;
/* Adds them; where no box can be made, they are skipped. */
void place_cases(const PlaceCase *cases, size_t count);
