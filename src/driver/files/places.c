/* places.c - where records begin, and ranges between them; see file.h. */
#include "driver/files/file.h"

FilePlaces *
file_places_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(FilePlace));
}

bool
file_places_find(const FilePlaces *places, int64_t row, FilePlace *ret, GError **error)
{
    for (guint i = 0; i < places->len; i++) {
        *ret = g_array_index(places, FilePlace, i);
        if (ret->row == row)
            return true;
    }
    return fail(error, ERR_NOT_FOUND, "there is no record %" G_GINT64_FORMAT, row);
}

bool
file_places_are_enough(FilePlaces *places, const Batch *batch)
{
    if (places->len >= BATCH_ROWS_MAX && batch->row_count > 0)
        return true;
    if (places->len >= 2 * BATCH_ROWS_MAX)
        g_array_set_size(places, 0);
    return false;
}

/* --- ranges --- */

/* The first of the list is open at its start, one without `to` at its end. */
static void
add_range(json_t *ranges, const FilePlace *from, const FilePlace *to, int64_t rows)
{
    bool is_first = json_array_size(ranges) == 0;
    json_t *range = json_object();
    json_object_set_new(range, "from", is_first ? json_null() : json_integer(from->offset));
    json_object_set_new(range, "to", to == NULL ? json_null() : json_integer(to->offset));
    json_set_int(range, "row", from->row);
    json_set_int(range, "line", from->line);
    json_set_int(range, "rows", rows);
    json_array_append_new(ranges, range);
}

bool
file_tick(Conn *conn, int64_t row, GError **error)
{
    if (row % BATCH_ROWS_MAX != 0 || conn->tick == NULL || conn->tick(-1, conn->tick_data))
        return true;
    return fail(error, ERR_STOPPED, "asked to stop");
}

bool
file_split(Conn *conn, const FileObject *object, const FilePlace *begin, int64_t rows,
           FileNextFn *next, void *scan, json_t **ret_ranges, GError **error)
{
    g_autoptr(json_t) ranges = json_array();
    FilePlace from = *begin, place;
    if (object->source->is_stream) /* to begin in the middle is to read all before it */
        rows = INT64_MAX;
    for (int64_t row = 0;;) {
        bool more = true;
        if (!next(scan, &place, &more, error) || !file_tick(conn, row, error))
            return false;
        if (!more) {
            add_range(ranges, &from, NULL, row + 1 - from.row);
            *ret_ranges = g_steal_pointer(&ranges);
            return true;
        }
        place.row = ++row;
        if (row - from.row == rows) {
            add_range(ranges, &from, &place, rows);
            from = place;
        }
    }
}

bool
file_count_rows(Conn *conn, const char *object, const char *where, int64_t *ret_rows,
                GError **error)
{
    static const RangeSize whole = {.rows = INT64_MAX};
    g_autoptr(json_t) ranges = NULL;
    if (!conn->driver->scan->split(conn, object, &whole, &ranges, error))
        return false;
    *ret_rows = json_get_int(json_array_get(ranges, 0), "rows", 0);
    return true;
}

static bool
read_position(const json_t *range, const char *key, const char *object, int64_t *ret,
              GError **error)
{
    const json_t *position = json_object_get(range, key);
    *ret = -1;
    if (position == NULL || json_is_null(position))
        return true;
    *ret = json_is_integer(position) ? json_integer_value(position) : -1;
    if (*ret >= 0)
        return true;
    g_autofree char *shown = json_dumps(position, JSON_COMPACT | JSON_ENCODE_ANY);
    return fail(error, ERR_INVALID, "%s is no position in '%s'", shown, object);
}

bool
file_read_range(const json_t *range, const char *object, FilePlace *ret_from, int64_t *ret_end,
                GError **error)
{
    *ret_from =
        (FilePlace){.row = json_get_int(range, "row", 1), .line = json_get_int(range, "line", 1)};
    return read_position(range, "from", object, &ret_from->offset, error) &&
           read_position(range, "to", object, ret_end, error);
}
