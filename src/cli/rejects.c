/* rejects.c - see rejects.h. */
#include "cli/rejects.h"

#include "base/text.h"

#define ROWS_MAX 1000000 /* of a budget that large nobody reads more */
#define SHOWN_MAX 5

static void
append_line(GString *text, const json_t *row)
{
    g_autoptr(json_t) line = json_object();
    int64_t row_id = json_get_int(row, "row_id", 0);
    const json_t *record = json_object_get(row, "row");
    g_autofree char *number = row_id_text(row_id, record);
    if (row_id < 0 && *number != '-') /* no number of JSON has so many digits everywhere */
        json_set_string(line, "row", number);
    else
        json_set_int(line, "row", row_id);
    json_set_string(line, "column", json_get_string(row, "column", NULL));
    json_set_string(line, "reason", json_get_string(row, "reason", ""));
    json_object_set(line, "record", (json_t *) record);
    g_autofree char *compact = json_compact(line);
    g_string_append_printf(text, "%s\n", compact);
}

bool
rejects_save(Conn *target, const char *plan, const char *path, json_t **ret_rows,
             int64_t *ret_count, GError **error)
{
    g_autoptr(json_t) rows = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *row;
    size_t i;
    if (!conn_quarantined(target, plan, ROWS_MAX, &rows, error))
        return false;
    *ret_count = (int64_t) json_array_size(rows);
    *ret_rows = json_array();
    json_array_foreach(rows, i, row)
    {
        append_line(text, row);
        if (i < SHOWN_MAX)
            json_array_append(*ret_rows, row);
    }
    return text->len == 0 || file_write_atomic(path, text->str, text->len, 0644, error);
}

void
rejects_show(View *view, const json_t *rows)
{
    json_t *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        const char *column = json_get_string(row, "column", NULL);
        g_autofree char *number =
            row_id_text(json_get_int(row, "row_id", 0), json_object_get(row, "row"));
        view_line(view, "  row %s%s%s: %s", number, column != NULL ? ", " : "",
                  column != NULL ? column : "", json_get_string(row, "reason", ""));
    }
}
