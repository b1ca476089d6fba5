/*
 * chance.h - all chance of a simulation comes from its seed, through here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} Chance;

static inline uint64_t
chance_next(Chance *chance)
{
    uint64_t mixed = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* 0 to n - 1 */
static inline int
chance_below(Chance *chance, int n)
{
    return (int) (chance_next(chance) % (uint64_t) n);
}

static inline int64_t
chance_between(Chance *chance, int64_t from, int64_t to)
{
    return from + (int64_t) (chance_next(chance) % (uint64_t) (to - from + 1));
}

/* True in so many of a hundred cases. */
static inline bool
chance_in(Chance *chance, int percent)
{
    return chance_below(chance, 100) < percent;
}
