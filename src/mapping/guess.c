/*
 * guess.c - the type that the texts of a sample have, if a person were to say.
 *
 * Candidates are tried from the narrowest to the widest; the first that takes all values but a few
 * (MISFIT_PPM) wins, and the misfits are told: a file of a million rows has some that are broken. Digits
 * with leading zeros are names, not numbers ('00501' is a place), and stay texts.
 */
#include "mapping/guess.h"

#include <string.h>

#define MISFIT_PPM 10000 /* one value in a hundred, as many as the quarantine takes by default */

typedef struct {
    ColumnType type;
    const char *format;
} Candidate;

static const Candidate candidates[] = {
    {TYPE_BOOL, NULL},
    {TYPE_INT, NULL},
    {TYPE_FLOAT, NULL},
    {TYPE_DATE, NULL},
    {TYPE_TIMESTAMP, NULL},
    {TYPE_DATE, "%b %d %Y"},
    {TYPE_DATE, "%d %b %Y"},
    {TYPE_DATE, "%b %d, %Y"},
    {TYPE_DATE, "%Y/%m/%d"},
    {TYPE_DATE, "%d.%m.%Y"},
    {TYPE_DATE, "%m/%d/%Y"},
    {TYPE_DATE, "%d/%m/%Y"},
    {TYPE_DATE, "%m/%d/%y"},
    {TYPE_TIMESTAMP, "%m/%d/%Y %H:%M"},
    {TYPE_TIMESTAMP, "%m/%d/%Y %I:%M %p"},
    {TYPE_TIMESTAMP, "%d/%b/%Y:%H:%M:%S %z"},
    {TYPE_TIMESTAMP, "%a, %d %b %Y %H:%M:%S %z"},
};

static Value
sample_text(const Batch *sample, size_t column, size_t row)
{
    Value value = {.type = TYPE_TEXT, .is_null = batch_is_null(sample, column, row)};
    if (!value.is_null)
        value.s.data = batch_bytes(sample, column, row, &value.s.bytes);
    return value;
}

/* 0 and 1, y and n are more often something else. */
static bool
is_truth_word(const Value *value)
{
    static const char *const words[] = {"true", "false", "yes", "no"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strlen(words[i]) == value->s.bytes &&
            g_ascii_strncasecmp(words[i], value->s.data, value->s.bytes) == 0)
            return true;
    return false;
}

static bool
fits(const Value *value, const Candidate *candidate, GString *scratch)
{
    Value ret;
    if (candidate->type == TYPE_BOOL)
        return is_truth_word(value);
    /* '12.0' and '1e3' are whole numbers, but who writes them means floats */
    if (candidate->type == TYPE_INT && (memchr(value->s.data, '.', value->s.bytes) != NULL ||
                                        memchr(value->s.data, 'e', value->s.bytes) != NULL))
        return false;
    return value_cast(value, candidate->type, candidate->format, scratch, &ret, NULL);
}

/* Few enough misfits? Stops as soon as there are too many. */
static bool
candidate_wins(const Batch *sample, size_t column, const Candidate *candidate, Guess *guess)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    size_t misfits = 0, misfits_max = guess->values * MISFIT_PPM / 1000000;
    size_t first = 0;
    for (size_t row = 0; row < sample->row_count && misfits <= misfits_max; row++) {
        Value value = sample_text(sample, column, row);
        if (value.is_null || value.s.bytes == 0 || fits(&value, candidate, scratch))
            continue;
        if (misfits++ == 0)
            first = row;
    }
    if (misfits > misfits_max)
        return false;
    guess->type = candidate->type;
    guess->format = candidate->format;
    guess->misfits = misfits;
    if (misfits > 0) {
        g_autoptr(GString) text = g_string_new(NULL);
        Value value = sample_text(sample, column, first);
        value_append_quoted(&value, text);
        guess->misfit = g_strdup(text->str);
    }
    return true;
}

static bool
has_leading_zero(const Value *value)
{
    if (value->s.bytes < 2 || value->s.data[0] != '0')
        return false;
    for (size_t i = 0; i < value->s.bytes; i++)
        if (!g_ascii_isdigit(value->s.data[i]))
            return false;
    return true;
}

static void
look_at_texts(const Batch *sample, size_t column, Guess *guess)
{
    for (size_t row = 0; row < sample->row_count; row++) {
        Value value = sample_text(sample, column, row);
        if (value.is_null)
            continue;
        guess->values += value.s.bytes > 0;
        guess->empties += value.s.bytes == 0;
        guess->has_zeros = guess->has_zeros || has_leading_zero(&value);
    }
}

/* The value as a text that is equal for equal values. */
static char *
value_key(const Batch *sample, size_t column, size_t row)
{
    ColumnType type = sample->columns[column].type;
    size_t bytes = 0;
    if (type == TYPE_TEXT || type == TYPE_DECIMAL || type == TYPE_BYTES) {
        const char *data = batch_bytes(sample, column, row, &bytes);
        return g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *) data, bytes);
    }
    return g_strdup_printf("%" G_GINT64_FORMAT, batch_int(sample, column, row));
}

static bool
is_unique(const Batch *sample, size_t column)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (sample->columns[column].type == TYPE_FLOAT)
        return false; /* nobody's key */
    for (size_t row = 0; row < sample->row_count; row++)
        if (batch_is_null(sample, column, row) ||
            !g_hash_table_add(seen, value_key(sample, column, row)))
            return false;
    return sample->row_count > 0;
}

Guess
guess_column(const Batch *sample, size_t column)
{
    Guess guess = {.type = sample->columns[column].type, .rows = sample->row_count};
    guess.is_unique = is_unique(sample, column);
    if (guess.type != TYPE_TEXT)
        return guess;
    look_at_texts(sample, column, &guess);
    guess.is_unique = guess.is_unique && guess.empties == 0;
    if (guess.values == 0 || guess.has_zeros)
        return guess;
    for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++)
        if (candidate_wins(sample, column, &candidates[i], &guess))
            return guess;
    return guess;
}

void
guess_clear(Guess *guess)
{
    g_clear_pointer(&guess->misfit, g_free);
}
