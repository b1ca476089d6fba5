/*
 * guess.h - what the texts of a sample look like: numbers, truths, dates by some usual pattern.
 */
#pragma once

#include "mapping/mapping.h"

typedef struct {
    ColumnType type;
    const char *format;  /* of dates and timestamps that are not ISO; static */
    size_t rows, values; /* of the sample; of them neither NULL nor empty */
    size_t empties;      /* '' among them */
    size_t misfits;      /* values that are not of the type */
    char *misfit;        /* the first of them, for messages; or NULL */
    bool has_zeros;      /* digits alone, but with leading zeros: '007' */
    bool is_unique;      /* no two values are equal, and none is missing */
} Guess;

/* Of one column of a sample. Columns that already have a type of their own keep it. */
Guess guess_column(const Batch *sample, size_t column);
void guess_clear(Guess *guess);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Guess, guess_clear)
