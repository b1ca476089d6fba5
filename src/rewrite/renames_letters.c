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

/* The new name in the other letters; NULL where either name has both, or what changes is more than the name. Caller frees. */
static char *
in_other_letters(const ColumnChange *change)
{
    bool is_upper = is_all(change->column, true);
    if (change->kind != CHANGE_NAME || (!is_upper && !is_all(change->column, false)) ||
        !is_all(change->to, is_upper))
        return NULL;
    return is_upper ? g_ascii_strdown(change->to, -1) : g_ascii_strup(change->to, -1);
}

static bool
is_in_other_letters(const ColumnChange *change, const Dialect *dialect, const SqlPart *part)
{
    return dialect->column_case == CASE_UPPER && part->quote == '\0' &&
           is_all(part->text, !is_all(change->column, true));
}

char *
change_in_letters(const ColumnChange *change, const Dialect *dialect, const SqlPart *part)
{
    char *to = is_in_other_letters(change, dialect, part) ? in_other_letters(change) : NULL;
    return to != NULL ? to : g_strdup(change->to);
}

/* ---- kept with a mapping, because names are looked up all the time ---- */

static ColumnChange *
twin_of(const ColumnChange *change)
{
    char *to = in_other_letters(change);
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
    return twin != NULL && is_in_other_letters(change, dialect, part) ? twin : change;
}
