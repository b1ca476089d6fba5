/* rejects.c - see rejects.h. */
#include "cli/rejects.h"

#include "base/text.h"

#include <string.h>

#define ROWS_MAX 1000000 /* of a budget that large nobody reads more */
#define SHOWN_MAX 5
#define FILE_BYTES_MAX (1024 * 1024 * 1024)

/* What is written of a row that was put aside. Caller owns. */
static json_t *
line_of(const json_t *row)
{
    json_t *line = json_object();
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
    return line;
}

static void
append_line(GString *text, const json_t *row)
{
    g_autoptr(json_t) line = line_of(row);
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

char *
rejects_path(const char *object)
{
    g_autofree char *name = g_strdelimit(g_strdup(object), "/\\", '_');
    return g_strconcat(name, ".rejected.ndjson", NULL);
}

static bool
read_line(const char *line, size_t bytes, const char *what, json_t *rows, GError **error)
{
    json_error_t problem;
    /* a text of somebody's data may hold NUL */
    g_autoptr(json_t) row =
        json_loadb(line, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
    if (row == NULL)
        return fail(error, ERR_INVALID, "%s:%d: not valid JSON: %s", what, MAX(problem.column, 1),
                    problem.text);
    if (!json_is_object(json_object_get(row, "record")))
        return fail(error, ERR_INVALID,
                    "%s: no row that was put aside: it has no object `record`, as the lines have "
                    "that honk copy --rejected writes",
                    what);
    json_array_append(rows, row);
    return true;
}

bool
rejects_read(const char *path, json_t **ret, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(json_t) rows = json_array();
    size_t bytes = 0;
    if (!file_read(path, FILE_BYTES_MAX, &text, &bytes, error))
        return false;
    int number = 1;
    for (const char *line = text, *end = text + bytes; line < end; number++) {
        const char *next = memchr(line, '\n', (size_t) (end - line));
        size_t length = (size_t) ((next != NULL ? next : end) - line);
        g_autofree char *what = g_strdup_printf("%s, line %d", path, number);
        if (length > 0 && !read_line(line, length, what, rows, error))
            return false;
        line += length + 1;
    }
    *ret = g_steal_pointer(&rows);
    return true;
}

bool
rejects_of_plan(Conn *target, const char *plan, json_t **ret, GError **error)
{
    g_autoptr(json_t) rows = NULL;
    json_t *row;
    size_t i;
    *ret = NULL;
    if (target->driver->load != NULL && !conn_quarantined(target, plan, ROWS_MAX, &rows, error))
        return false;
    *ret = json_array();
    json_array_foreach(rows, i, row) json_array_append_new(*ret, line_of(row));
    return true;
}
