/*
 * forecast.c - what a trial of some rows says about all of them, and how sure that is.
 *
 * A share of rows gets the interval of Wilson, which also holds where none was met: no bad row among 10,000 is up to 4 of
 * 10,000. Rows of one part of a source are alike, so that parts that differ more than chance would have it count as fewer
 * rows. What a sample says is believed to two standard errors, or 95 times of 100; what was read is not guessed.
 */
#include "planner/forecast.h"

#include <math.h>

#define ERRORS 2.0 /* standard errors to either side */

typedef struct {
    double about, low, high;
} Guess;

static double
clamp_share(double share)
{
    return CLAMP(share, 0.0, 1.0);
}

/* How much wider the parts lie apart than rows that were drawn one by one would: 1 at least. */
static double
spread_of(const json_t *parts, const char *member, double share, double rows)
{
    double squares = 0;
    size_t i, count = 0;
    json_t *part;
    json_array_foreach(parts, i, part)
    {
        double of = (double) json_get_int(part, "rows_read", 0);
        if (of <= 0)
            continue;
        double apart = (double) json_get_int(part, member, 0) / of - share;
        squares += apart * apart;
        count++;
    }
    double by_chance = share * (1 - share) / rows;
    if (count < 2 || by_chance <= 0)
        return 1;
    return MAX(squares / (double) (count - 1) / (double) count / by_chance, 1.0);
}

/* Of `others`, which were not read, how many are like those of the trial that `member` counts. They differ by chance, too,
 * as if fewer rows had been read. */
static Guess
share_of(const json_t *trial, const char *member, double others)
{
    double rows = (double) json_get_int(trial, "rows_read", 0);
    double share = (double) json_get_int(trial, member, 0) / rows;
    double alike = rows / spread_of(json_object_get(trial, "parts"), member, share, rows);
    double n = others > 0 ? 1 / (1 / alike + 1 / others) : alike;
    double z2 = ERRORS * ERRORS;
    double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = ERRORS / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    return (Guess){share, clamp_share(middle - half), clamp_share(middle + half)};
}

/* Bytes of a row that is written. */
static Guess
bytes_of(const json_t *trial)
{
    double rows = (double) json_get_int(trial, "rows_out", 0), squares = 0;
    double mean = rows > 0 ? (double) json_get_int(trial, "bytes", 0) / rows : 0;
    size_t i, count = 0;
    json_t *part;
    json_array_foreach(json_object_get(trial, "parts"), i, part)
    {
        double of = (double) json_get_int(part, "rows_out", 0);
        if (of <= 0)
            continue;
        double apart = (double) json_get_int(part, "bytes", 0) / of - mean;
        squares += apart * apart;
        count++;
    }
    /* One place says nothing about how others differ. */
    double half =
        count > 1 ? ERRORS * sqrt(squares / (double) (count - 1) / (double) count) : mean / 2;
    return (Guess){mean, MAX(mean - half, 0), mean + half};
}

static json_t *
guess_json(int64_t seen, Guess each, double others)
{
    json_t *json = json_object();
    json_set_int(json, "about", seen + (int64_t) llround(each.about * others));
    json_set_int(json, "low", seen + (int64_t) floor(each.low * others));
    json_set_int(json, "high", seen + (int64_t) ceil(each.high * others));
    return json;
}

/* All that the trial did not read. */
static double
others_of(const json_t *trial)
{
    int64_t rows = json_get_int(trial, "rows", 0), read = json_get_int(trial, "rows_read", 0);
    return json_get_bool(trial, "whole", false) ? 0 : (double) MAX(rows - read, 0);
}

/* Bytes go with the rows that are written. */
static json_t *
bytes_json(const json_t *trial, const json_t *rows_out)
{
    int64_t written = json_get_int(trial, "rows_out", 0);
    Guess each = bytes_of(trial);
    json_t *json = json_object();
    int64_t seen = json_get_int(trial, "bytes", 0);
    double about = (double) (json_get_int(rows_out, "about", 0) - written);
    double low = (double) (json_get_int(rows_out, "low", 0) - written);
    double high = (double) (json_get_int(rows_out, "high", 0) - written);
    json_set_int(json, "about", seen + (int64_t) llround(each.about * about));
    json_set_int(json, "low", seen + (int64_t) floor(each.low * low));
    json_set_int(json, "high", seen + (int64_t) ceil(each.high * high));
    return json;
}

json_t *
forecast(const json_t *trial)
{
    const char *problem = json_get_string(trial, "problem", NULL);
    json_t *json = json_object();
    if (problem != NULL) {
        json_set_string(json, "problem", problem);
        return json;
    }
    static const char *const as_it_was[] = {"rows", "rows_read", "whole", "reasons"};
    for (size_t i = 0; i < G_N_ELEMENTS(as_it_was); i++)
        json_object_set(json, as_it_was[i], json_object_get(trial, as_it_was[i]));
    json_set_int(json, "parts", (int64_t) json_array_size(json_object_get(trial, "parts")));
    bool has_rows = json_get_int(trial, "rows_read", 0) > 0;
    double others = others_of(trial);
    static const char *const shares[] = {"rows_out", "rejected"};
    for (size_t i = 0; i < G_N_ELEMENTS(shares); i++) {
        Guess each = has_rows ? share_of(trial, shares[i], others) : (Guess){0, 0, 1};
        json_object_set_new(json, shares[i],
                            guess_json(json_get_int(trial, shares[i], 0), each, others));
    }
    json_object_set_new(json, "bytes", bytes_json(trial, json_object_get(json, "rows_out")));
    return json;
}
