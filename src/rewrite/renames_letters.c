/*
 * renames_letters.c - new names of columns in the letters that the writer uses.
 *
 * Where names without quotes are folded to capitals, `id` and `ID` are one name, and mappings have either. What stands there in
 * the other letters than in the mapping, gets the new name in these, too.
 */
#include "rewrite/work.h"

#include <string.h>

/* Has it letters, all of them capitals, or none? */
static bool
is_all(const char *name, bool is_upper)
{
    bool has_letter = false;
    for (const char *c = name; *c != '\0'; c++) {
        if ((guchar) *c >= 0x80 || (is_upper ? g_ascii_islower(*c) : g_ascii_isupper(*c)))
            return false;
        has_letter = has_letter || g_ascii_isalpha(*c);
    }
    return has_letter;
}

/* `to` in the other letters than `from` has; NULL where either has both. Caller frees. */
static char *
in_other_letters(const char *from, const char *to)
{
    bool is_upper = is_all(from, true);
    if ((!is_upper && !is_all(from, false)) || !is_all(to, is_upper))
        return NULL;
    return is_upper ? g_ascii_strdown(to, -1) : g_ascii_strup(to, -1);
}

static bool
is_in_other_letters(const Dialect *dialect, const SqlPart *part, const char *from)
{
    return dialect->column_case == CASE_UPPER && part->quote == '\0' &&
           is_all(part->text, !is_all(from, true));
}

char *
name_in_letters(const Dialect *dialect, const SqlPart *part, const char *from, const char *to)
{
    char *other = is_in_other_letters(dialect, part, from) ? in_other_letters(from, to) : NULL;
    return other != NULL ? other : g_strdup(to);
}

char *
change_in_letters(const ColumnChange *change, const Dialect *dialect, const SqlPart *part)
{
    return change->kind == CHANGE_NAME ? name_in_letters(dialect, part, change->column, change->to)
                                       : g_strdup(change->to);
}

char *
change_in_letters_of(const ColumnChange *change, const char *text)
{
    bool is_other = is_all(text, !is_all(change->column, true));
    char *other = is_other ? in_other_letters(change->column, change->to) : NULL;
    return other != NULL ? other : g_strdup(change->to);
}

/* Nobody writes all names of a mapping in capitals for a store that makes them small. */
const Dialect *
renames_guessed(const Renames *renames, const Dialect *guess)
{
    for (guint i = 0; guess != NULL && i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        const Spelling *first = rename->spellings->len > 0 ? rename->spellings->pdata[0] : NULL;
        if (!rename->is_derived && (first == NULL || !is_all(first->last, true)))
            return guess;
    }
    return guess != NULL && renames->list->len > 0 ? dialect_in_any_letters(guess) : guess;
}

/* ---- kept with a mapping, because names are looked up all the time ---- */

static ColumnChange *
twin_of(const ColumnChange *change)
{
    char *to = change->kind == CHANGE_NAME ? in_other_letters(change->column, change->to) : NULL;
    if (to == NULL)
        return NULL;
    ColumnChange *twin = g_new(ColumnChange, 1);
    *twin = *change;
    twin->to = to;
    return twin;
}

static void
twin_free(void *data)
{
    ColumnChange *twin = data;
    if (twin != NULL)
        g_free(twin->to);
    g_free(twin);
}

GPtrArray *
rename_twins(const GPtrArray *changes)
{
    GPtrArray *twins = g_ptr_array_new_with_free_func(twin_free);
    for (guint i = 0; i < changes->len; i++)
        g_ptr_array_add(twins, twin_of(g_ptr_array_index(changes, i)));
    return twins;
}

const ColumnChange *
rename_in_letters(const Rename *rename, guint index, const Dialect *dialect, const SqlPart *part)
{
    const ColumnChange *change = g_ptr_array_index(rename->changes, index),
                       *twin =
                           rename->twins != NULL ? g_ptr_array_index(rename->twins, index) : NULL;
    return twin != NULL && is_in_other_letters(dialect, part, change->column) ? twin : change;
}
