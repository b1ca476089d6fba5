/* swapping.c - driver.h's wrappers about freezing a source and swapping a stage in, and back. */
#include "driver/wrapper.h"

#include <string.h>

bool
conn_freeze(Conn *conn, const char *object, const char *why, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    if (freeze == NULL)
        return fail_role(conn, "stop its writers", error);
    if (!check_object(conn, object, error))
        return false;
    return freeze->freeze(conn, object, why, error) || fail_object(conn, "freeze", object, error);
}

bool
conn_thaw(Conn *conn, const char *object, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    if (freeze == NULL)
        return fail_role(conn, "stop its writers", error);
    if (!check_object(conn, object, error))
        return false;
    return freeze->thaw(conn, object, error) || fail_object(conn, "thaw", object, error);
}

bool
conn_is_frozen(Conn *conn, const char *object, bool *ret, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    if (freeze == NULL)
        return fail_role(conn, "stop its writers", error);
    if (!check_object(conn, object, error))
        return false;
    return freeze->is_frozen(conn, object, ret, error) ||
           fail_object(conn, "look at", object, error);
}

bool
conn_freeze_words(Conn *conn, const char *object, char **ret, GError **error)
{
    const FreezeOps *freeze = conn->driver->freeze;
    *ret = NULL;
    return freeze == NULL || freeze->words == NULL || freeze->words(conn, object, ret, error) ||
           fail_object(conn, "look at", object, error);
}

char *
sql_text_behind(const char *sql, const char *before)
{
    const char *at = strstr(sql, before);
    at = at != NULL ? strchr(at + strlen(before), '\'') : NULL;
    if (at == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    for (at++; *at != '\0' && (*at != '\'' || at[1] == '\''); at++) {
        at += *at == '\''; /* of two, one */
        g_string_append_c(text, *at);
    }
    return g_string_free(text, FALSE);
}

bool
conn_swap(Conn *conn, const char *stage, const char *target, const char *kept, const Writer *writer,
          GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    check_writer(writer);
    if (!check_object(conn, stage, error) || !check_object(conn, target, error) ||
        !check_object(conn, kept, error))
        return false;
    return swap->swap(conn, stage, target, kept, writer, error) ||
           fail_in(error, "cannot put '%s' in the place of '%s'", stage, target);
}

bool
conn_swap_back(Conn *conn, const char *stage, const char *target, const char *kept,
               const char *lost, bool give_up, const Writer *writer, int64_t *ret_rows,
               GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    check_writer(writer);
    if (!check_object(conn, stage, error) || !check_object(conn, target, error) ||
        !check_object(conn, kept, error) || !check_object(conn, lost, error))
        return false;
    return swap->back(conn, stage, target, kept, lost, give_up, writer, ret_rows, error) ||
           fail_in(error, "cannot put '%s' back in its place", target);
}

bool
conn_swap_state(Conn *conn, const char *stage, const char *target, const char *kept,
                const char *plan, SwapState *ret, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    return swap->state(conn, stage, target, kept, plan, ret, error) ||
           fail_object(conn, "look at", target, error);
}

bool
conn_swap_written(Conn *conn, const char *plan, int64_t *ret_rows, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "swap one dataset for another", error);
    return swap->written(conn, plan, ret_rows, error) ||
           fail_in(error, "cannot count what was written since the swap of '%s'", plan);
}

bool
conn_swap_carried(Conn *conn, const char *plan, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL || swap->carried == NULL)
        return fail_role(conn, "forget what was written since a swap", error);
    return swap->carried(conn, plan, error) ||
           fail_in(error, "cannot forget what was written since the swap of '%s'", plan);
}

bool
conn_settle(Conn *conn, const char *plan, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "end the way back of a swap", error);
    return swap->settle(conn, plan, error) ||
           fail_in(error, "cannot clear away the bookkeeping of plan '%s'", plan);
}

bool
conn_drop(Conn *conn, const char *object, GError **error)
{
    const SwapOps *swap = conn->driver->swap;
    if (swap == NULL)
        return fail_role(conn, "drop a dataset", error);
    if (!check_object(conn, object, error))
        return false;
    return swap->drop(conn, object, error) || fail_object(conn, "drop", object, error);
}
