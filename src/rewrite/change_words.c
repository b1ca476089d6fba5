/* change_words.c - what a mapping says of a column, as a person reads it. */
#include "rewrite/work.h"

#include "base/json.h"

#define VALUES_MAX 4 /* that a reason lists */

/* 'plan' becomes 'tier', with other values: 'pro' becomes 'gold' */
static char *
values_words(const ColumnChange *change)
{
    GString *text = g_string_new(NULL);
    const char *old;
    json_t *value;
    guint listed = 0;
    g_string_append_printf(text, "'%s' becomes '%s', with other values", change->column,
                           change->to != NULL ? change->to : "?");
    json_object_foreach((json_t *) change->values, old, value)
    {
        g_autofree char *new = json_is_string(value)
                                   ? g_strdup_printf("'%s'", json_string_value(value))
                                   : json_compact(value);
        if (listed == VALUES_MAX) {
            g_string_append(text, ", …");
            break;
        }
        g_string_append_printf(text, "%s'%s' becomes %s", listed++ == 0 ? ": " : ", ", old, new);
    }
    return g_string_free(text, FALSE);
}

char *
column_change_words(const ColumnChange *change)
{
    switch (change->kind) {
    case CHANGE_NAME:
        return g_strdup_printf("'%s' is called '%s' in the new dataset", change->column,
                               change->to);
    case CHANGE_EXPRESSION:
        return g_strdup_printf("instead of '%s' the mapping says: %s", change->column,
                               change->expr);
    case CHANGE_VALUES:
        return values_words(change);
    case CHANGE_DROPPED:
        return g_strdup_printf("'%s' is dropped: %s", change->column,
                               change->why != NULL ? change->why : "the mapping gives no reason");
    default:
        return g_strdup_printf("'%s' only goes into the making of other columns", change->column);
    }
}
