/* query.c - see query.h. */
#include "driver/query.h"

#include <string.h>

#define DIGITS_MAX 18 /* that surely fit */

bool
query_fail_late(const QuerySpec *spec, GError **error)
{
    return fail(error, ERR_LIMIT, "it takes longer than %.1f s", (double) spec->time_ms_max / 1000);
}

bool
query_fail_many(const QuerySpec *spec, GError **error)
{
    return fail(error, ERR_LIMIT, "it gives more than %" G_GINT64_FORMAT " rows", spec->rows_max);
}

bool
query_fail_parameters(GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "it has parameters");
}

bool
query_fail_statements(GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "it is not one statement");
}

bool
query_fail_writes(GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "it does more than read");
}

bool
query_fail_fickle(const char *function, GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "%s gives something else each time", function);
}

bool
query_fail_rows(const char *object, GError **error)
{
    return fail(error, ERR_UNSUPPORTED, "no condition tells the rows of '%s'", object);
}

char *
query_items(const Program *program, TypedSql in, char *(*quote)(const char *name))
{
    const SourceItem *items = NULL;
    size_t count = program_select_typed(program, in, &items);
    if (count == 0)
        return NULL;
    GString *list = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *name = quote(schema_column(program_target(program), i)->name);
        g_string_append_printf(list, "%s%s AS %s", i > 0 ? ", " : "", items[i].sql, name);
    }
    return g_string_free(list, FALSE);
}

char *
query_ids(const char *id, const int64_t *ids, size_t count)
{
    GString *text = g_string_new(id);
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : " IN (", ids[i]);
    g_string_append_c(text, ')');
    return g_string_free(text, FALSE);
}

QueryCell
query_decimal(const char *text, size_t size)
{
    size_t kept = size;
    char *end = NULL;
    if (memchr(text, '.', size) != NULL) {
        while (text[kept - 1] == '0')
            kept--;
        kept -= text[kept - 1] == '.';
    }
    gint64 whole = kept <= DIGITS_MAX ? g_ascii_strtoll(text, &end, 10) : 0;
    return end == text + kept ? (QueryCell){.kind = QUERY_INT, .integer = whole}
                              : (QueryCell){.kind = QUERY_TEXT, .bytes = text, .size = kept};
}

static void
keep_reason(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    (void) row_id;
    (void) in_row;
    char **kept = data;
    if (*kept == NULL)
        *kept = g_strdup_printf("%s: %s", column, reason);
}

bool
query_map_rows(Conn *conn, const QueryView *view, RejectFn *reject, void *reject_data,
               QueryFillFn *put, void *data, GError **error)
{
    Program *program = view->program;
    g_autoptr(Batch) in = batch_new_for(program_input(program));
    g_autoptr(Batch) out = batch_new_for(program_target(program));
    g_autoptr(Scan) scan = NULL;
    ScanSpec spec = {
        .object = view->object, .output = program_input(program), .where = view->where};
    spec.item_count = program_items(program, &spec.items);
    if (spec.item_count == 0)
        spec.items = NULL;
    if (!conn_scan(conn, &spec, &scan, error))
        return false;
    do {
        batch_reset(in);
        batch_reset(out);
        if (!scan_next(scan, in, reject, reject_data, error))
            return false;
        if (in->row_count == 0)
            return true;
        if (!program_apply(program, in, out, reject, reject_data, error) || !put(out, data, error))
            return false;
    } while (true);
}

bool
query_fill(Conn *conn, const QueryView *view, QueryFillFn *put, void *data, GError **error)
{
    g_autofree char *refused = NULL;
    return query_map_rows(conn, view, keep_reason, &refused, put, data, error) &&
           (refused == NULL ||
            fail(error, ERR_UNSUPPORTED, "the mapping refuses a row (%s)", refused));
}
