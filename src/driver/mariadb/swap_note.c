/*
 * swap_note.c - what a swap leaves behind: the note of how far it came, and a log of what is written meanwhile.
 *
 * Whether rows were written since is told by triggers on the new table that note the key of each row that is inserted,
 * changed or deleted, once, in _honk_written. They are on the stage before it gets its name, so nothing is missed; which
 * table has them tells which one was swapped in, whatever it is called. A table without a key counts each write.
 */
#include "driver/mariadb/swap.h"

#include <string.h>

void
maria_swap_clear(MariaSwap *swap)
{
    g_free(swap->database);
    g_free(swap->stage);
    g_free(swap->target);
    g_free(swap->kept);
    json_decref(swap->saved);
}

char *
maria_swap_sql(const MariaSwap *swap, const char *name)
{
    return book_text("\"%w\".\"%w\"", swap->database, name);
}

bool
maria_swap_names(MariaConn *conn, const char *plan, const char *stage, const char *target,
                 const char *kept, MariaSwap *ret, GError **error)
{
    g_autofree char *other = NULL, *third = NULL;
    ret->plan = plan;
    if (!maria_split_name(conn, stage, &ret->database, &ret->stage, error) ||
        !maria_split_name(conn, target, &other, &ret->target, error) ||
        (kept != NULL && !maria_split_name(conn, kept, &third, &ret->kept, error)))
        return false;
    bool is_one =
        strcmp(ret->database, other) == 0 && (third == NULL || strcmp(ret->database, third) == 0);
    return is_one ||
           fail(error, ERR_INVALID, "'%s' and '%s' are in different databases", stage, target);
}

bool
maria_swap_of_note(MariaConn *conn, const char *plan, const BookNote *note, MariaSwap *ret,
                   GError **error)
{
    ret->saved = json_deep_copy(note->saved);
    return maria_swap_names(conn, plan, note->stage, note->target, note->kept, ret, error);
}

bool
maria_note_phase(MariaConn *conn, MariaSwap *swap, const char *phase, const char *out,
                 GError **error)
{
    json_set_string(swap->saved, "phase", phase);
    json_set_string(swap->saved, "out", out);
    g_autofree char *saved = json_compact(swap->saved);
    return maria_run(conn, error, "UPDATE %s._honk_swap SET saved = %Q WHERE plan = %Q", conn->book,
                     saved, swap->plan);
}

/* --- the log --- */

static const struct {
    const char *ending, *event, *row;
} log_events[] = {
    {"_insert", "INSERT", "NEW"}, {"_update", "UPDATE", "OLD"}, {"_delete", "DELETE", "OLD"}};

static char *
log_name(const MariaSwap *swap, size_t event)
{
    return maria_made_name("_honk_written_", swap->plan, log_events[event].ending);
}

/* The key of a row as one text; its parts have their lengths, so that no two rows have one. */
static char *
row_text(const MariaObject *object, const char *row)
{
    if (object->key->len == 0)
        return g_strdup("uuid()");
    GString *text = g_string_new("sha2(concat(''");
    for (guint i = 0; i < object->key->len; i++) {
        g_autofree char *name = maria_name(object->key->pdata[i]);
        g_string_append_printf(text, ", octet_length(%s.%s), ':', %s.%s, ';'", row, name, row,
                               name);
    }
    g_string_append(text, "), 256)");
    return g_string_free(text, FALSE);
}

bool
maria_log_start(MariaConn *conn, const MariaSwap *swap, const char *table, GError **error)
{
    g_autoptr(MariaObject) object = NULL;
    g_autofree char *name = maria_swap_sql(swap, table);
    if (!maria_object_need(conn, name, &object, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(log_events); i++) {
        g_autofree char *trigger = log_name(swap, i);
        g_autofree char *row = row_text(object, log_events[i].row);
        if (!maria_run(conn, error,
                       "CREATE TRIGGER IF NOT EXISTS \"%w\".\"%w\" AFTER %s ON %s FOR EACH ROW "
                       "INSERT IGNORE INTO %s._honk_written (plan, \"row\") VALUES (%Q, %s)",
                       swap->database, trigger, log_events[i].event, object->sql, conn->book,
                       swap->plan, row))
            return false;
    }
    return true;
}

bool
maria_log_stop(MariaConn *conn, const MariaSwap *swap, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(log_events); i++) {
        g_autofree char *trigger = log_name(swap, i);
        if (!maria_run(conn, error, "DROP TRIGGER IF EXISTS \"%w\".\"%w\"", swap->database,
                       trigger))
            return false;
    }
    return true;
}

bool
maria_log_is_on(MariaConn *conn, const MariaSwap *swap, const char *table, bool *ret,
                GError **error)
{
    size_t found = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(log_events); i++) {
        g_autofree char *trigger = log_name(swap, i);
        int64_t count = 0;
        if (!maria_int(conn, &count, error,
                       "SELECT count(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %Q "
                       "AND TRIGGER_NAME = %Q AND EVENT_OBJECT_TABLE = %Q",
                       swap->database, trigger, table))
            return false;
        found += count > 0;
    }
    *ret = found == G_N_ELEMENTS(log_events);
    return true;
}

/* --- to the end --- */

bool
maria_swap_end_forth(MariaConn *conn, MariaSwap *swap, GError **error)
{
    return maria_swap_follow(conn, swap, swap->kept, error) &&
           maria_swap_let_go(conn, swap, swap->target, error) &&
           maria_note_phase(conn, swap, "done", "", error);
}

/* The log goes before the table that it writes to may, and the note last. */
bool
maria_swap_end_back(MariaConn *conn, MariaSwap *swap, GError **error)
{
    const char *out = json_get_string(swap->saved, "out", "");
    return (swap->kept == NULL || maria_swap_follow(conn, swap, out, error)) &&
           maria_swap_let_go(conn, swap, out, error) && maria_log_stop(conn, swap, error) &&
           book_note_drop(&conn->base, swap->plan, error);
}

static bool
recover(MariaConn *conn, MariaSwap *swap, bool *ret_is_swapped, bool *ret_is_over, GError **error)
{
    const char *phase = json_get_string(swap->saved, "phase", "");
    const char *out = json_get_string(swap->saved, "out", "");
    bool is_in = false, goes_back = strcmp(phase, "back") == 0;
    g_autoptr(MariaObject) gone = NULL;
    g_autofree char *aside = maria_swap_sql(swap, goes_back ? out : swap->stage);
    *ret_is_swapped = true;
    if (strcmp(phase, "done") == 0)
        return true;
    if (!maria_log_is_on(conn, swap, swap->target, &is_in, error) ||
        !maria_object_find(conn, aside, &gone, error))
        return false;
    if (goes_back && gone != NULL) {
        *ret_is_swapped = false;
        *ret_is_over = true;
        return maria_swap_end_back(conn, swap, error);
    }
    if (goes_back) /* it did not come to that */
        return !is_in || (maria_swap_let_go(conn, swap, swap->target, error) &&
                          maria_note_phase(conn, swap, "done", "", error));
    if (is_in)
        return maria_swap_end_forth(conn, swap, error);
    *ret_is_swapped = false;
    return maria_swap_let_go(conn, swap, swap->stage, error);
}

bool
maria_swap_recover(MariaConn *conn, const char *plan, BookNote **ret_note, bool *ret_is_swapped,
                   GError **error)
{
    g_autoptr(BookNote) note = NULL;
    g_auto(MariaSwap) swap = {0};
    bool is_over = false;
    *ret_is_swapped = false;
    *ret_note = NULL;
    if (!book_note_read(&conn->base, plan, &note, error))
        return false;
    if (note == NULL)
        return true;
    if (!maria_swap_of_note(conn, plan, note, &swap, error) ||
        !recover(conn, &swap, ret_is_swapped, &is_over, error))
        return false;
    if (is_over)
        return true;
    json_decref(note->saved);
    note->saved = json_incref(swap.saved);
    *ret_note = g_steal_pointer(&note);
    return true;
}
