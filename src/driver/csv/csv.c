/*
 * csv.c - reading CSV files: text columns, ranges by byte offsets, rows by number. A stage's columns have the types that
 * it was made with.
 */
#include "driver/csv/csv.h"
#include "base/limits.h"
#include "base/text.h"
#include "driver/csv/lexer.h"
#include "driver/drivers.h"

#include <string.h>

#define HEAD_BYTES (64 * 1024) /* looked at for the kind of line ends */

/* --- an open file --- */

typedef struct {
    Scan base;
    FileObject file;
    CsvFormat format;
    CsvLexer lexer;
    char line_end;
    bool is_lexing;
    char **names; /* of all columns */
    size_t name_count;
    int64_t data_begin, data_line; /* behind byte order mark and header */
    size_t *columns;               /* those that the batch wants */
    size_t column_count;
    int64_t row, end; /* number of the next record; where the range ends, -1 for the file's end */
    FilePlaces *seen; /* since the batch began */
    GString *scratch; /* of casts */
} CsvScan;

static void
csv_scan_close(Scan *base)
{
    CsvScan *scan = (CsvScan *) base;
    if (scan->is_lexing)
        csv_lexer_clear(&scan->lexer);
    file_object_clear(&scan->file);
    g_strfreev(scan->names);
    g_free(scan->columns);
    g_array_unref(scan->seen);
    g_string_free(scan->scratch, TRUE);
    g_free(scan);
}

static void
scan_drop(CsvScan **scan)
{
    if (*scan != NULL)
        csv_scan_close(&(*scan)->base);
}

static void
start_lexing(CsvScan *scan, int64_t offset, int64_t line)
{
    if (scan->is_lexing)
        csv_lexer_clear(&scan->lexer);
    csv_lexer_init(&scan->lexer, scan->file.source, offset, line, scan->format.delimiter);
    scan->lexer.line_end = scan->line_end;
    scan->is_lexing = true;
}

static bool
check_names(const CsvScan *scan, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < scan->name_count; i++) {
        if (scan->names[i][0] == '\0')
            return fail(error, ERR_INVALID, "column %zu of the header has no name", i + 1);
        if (!g_hash_table_add(known, scan->names[i]))
            return fail(error, ERR_INVALID, "the header has column '%s' twice", scan->names[i]);
    }
    return true;
}

/* Of a stage the columns are known. */
static void
name_as_staged(CsvScan *scan)
{
    scan->name_count = schema_count(scan->file.schema);
    scan->names = g_new0(char *, scan->name_count + 1);
    for (size_t i = 0; i < scan->name_count; i++)
        scan->names[i] = g_strdup(schema_column(scan->file.schema, i)->name);
    scan->data_line = 1;
}

static void
name_as_written(CsvScan *scan)
{
    scan->name_count = csv_count(&scan->lexer);
    scan->names = g_new0(char *, scan->name_count + 1);
    for (size_t i = 0; i < scan->name_count; i++) {
        CsvField field = csv_field(&scan->lexer, i);
        scan->names[i] = scan->format.has_header ? g_strndup(field.data, field.bytes)
                                                 : g_strdup_printf("c%zu", i + 1);
    }
}

/* One column called `id;name` would be several that nobody has taken apart. */
static bool
check_delimiter(const CsvScan *scan, GError **error)
{
    if (scan->name_count != 1 || csv_field(&scan->lexer, 0).is_quoted ||
        !csv_is_undivided(&scan->format, scan->names[0]))
        return true;
    return fail(error, ERR_INVALID,
                "the header is one column, '%s': does something else than '%s' stand between its "
                "names? A store says so, `format: { delimiter: … }`, also when it is one name",
                scan->names[0], scan->format.delimiter == '\t' ? "\\t" : ",");
}

/* Files of old machines end their lines with CR alone: those without any LF that is not in quotes, as far as one looks. */
static bool
find_line_end(CsvScan *scan, GError **error)
{
    g_autofree char *head = g_malloc(HEAD_BYTES);
    size_t bytes = 0;
    bool in_quotes = false, is_begin = true, has_cr = false;
    scan->line_end = '\n';
    if (!byte_source_read(scan->file.source, head, HEAD_BYTES, 0, &bytes, error))
        return false;
    for (size_t i = 0; i < bytes; i++) {
        char c = head[i];
        if (c == '"' && (in_quotes || is_begin))
            in_quotes = !in_quotes;
        if (c == '\n' && !in_quotes)
            return true;
        has_cr = has_cr || (c == '\r' && !in_quotes);
        is_begin = c == scan->format.delimiter || c == '\r' || c == '"';
    }
    if (has_cr)
        scan->line_end = '\r';
    return true;
}

/* Caller frees. */
static char *
count_problem(const CsvScan *scan)
{
    size_t count = csv_count(&scan->lexer);
    return g_strdup_printf("the record has %zu field%s, expected %zu", count, count == 1 ? "" : "s",
                           scan->name_count);
}

/* As csv_next(), but a last record that lacks fields and a line end is an error: the file was cut short. */
static bool
next_record(CsvScan *scan, bool *ret_more, GError **error)
{
    const CsvLexer *lexer = &scan->lexer;
    if (!csv_next(&scan->lexer, ret_more, error))
        return false;
    if (!*ret_more || !lexer->is_open || lexer->problem != NULL ||
        csv_count(lexer) >= scan->name_count)
        return true;
    g_autofree char *problem = count_problem(scan);
    return csv_fail_cut(lexer->record_line, problem, error);
}

/* Names from the first record, or c1, c2… for as many fields as it has. */
static bool
read_header(CsvScan *scan, const char *path, GError **error)
{
    char mark[3];
    bool more = false;
    size_t got = 0;
    if (!byte_source_read(scan->file.source, mark, sizeof mark, 0, &got, error))
        return false;
    int64_t begin = got == sizeof mark && memcmp(mark, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    start_lexing(scan, begin, 1);
    if (!csv_next(&scan->lexer, &more, error))
        return false;
    if (!more && scan->names != NULL) /* a stage without a header or a row */
        return true;
    if (!more)
        return fail(error, ERR_INVALID, "'%s' is empty, expected %s", path,
                    scan->format.has_header ? "a header" : "records");
    if (scan->lexer.problem != NULL)
        return fail(error, ERR_INVALID, "line %" G_GINT64_FORMAT ": %s", scan->lexer.record_line,
                    scan->lexer.problem);
    if (scan->names == NULL) {
        name_as_written(scan);
        if (!check_delimiter(scan, error))
            return false;
    }
    scan->data_begin = begin;
    scan->data_line = 1;
    if (scan->format.has_header) {
        scan->data_begin = scan->lexer.offset + (int64_t) scan->lexer.record_bytes;
        scan->data_line = scan->lexer.line;
    }
    return check_names(scan, error);
}

static bool
csv_open_file(Conn *base, const char *object, CsvScan **ret, GError **error)
{
    FileConn *conn = (FileConn *) base;
    __attribute__((cleanup(scan_drop))) CsvScan *scan = g_new0(CsvScan, 1);
    scan->seen = file_places_new();
    scan->scratch = g_string_new(NULL);
    if (!csv_format(conn, object, &scan->format, error) ||
        !file_object_open_text(conn, object, &scan->file, error) || !find_line_end(scan, error))
        return false;
    if (scan->file.schema != NULL)
        name_as_staged(scan);
    if (!scan->file.is_bare && !read_header(scan, scan->file.path, error))
        return false;
    start_lexing(scan, scan->data_begin, scan->data_line);
    scan->row = 1;
    scan->end = -1;
    *ret = g_steal_pointer(&scan);
    return true;
}

static bool
csv_describe(Conn *conn, const char *object, Schema **ret, GError **error)
{
    __attribute__((cleanup(scan_drop))) CsvScan *scan = NULL;
    if (!csv_open_file(conn, object, &scan, error))
        return false;
    if (scan->file.schema != NULL) {
        *ret = schema_copy(scan->file.schema);
        return true;
    }
    Schema *schema = schema_new(object);
    for (size_t i = 0; i < scan->name_count; i++)
        schema_add(schema, scan->names[i], TYPE_TEXT, "", true);
    *ret = schema;
    return true;
}

/* --- ranges --- */

static bool
next_place(void *data, FilePlace *ret, bool *ret_more, GError **error)
{
    CsvScan *scan = data;
    if (!next_record(scan, ret_more, error))
        return false;
    *ret = (FilePlace){.offset = scan->lexer.offset, .line = scan->lexer.record_line};
    return true;
}

static bool
csv_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
          GError **error)
{
    __attribute__((cleanup(scan_drop))) CsvScan *scan = NULL;
    if (!csv_open_file(conn, object, &scan, error))
        return false;
    FilePlace begin = {.row = 1, .offset = scan->data_begin, .line = scan->data_line};
    return file_split(conn, &scan->file, &begin, size->rows, next_place, scan, ret_ranges, error);
}

/* --- rows --- */

static bool
choose_columns(CsvScan *scan, const ScanSpec *spec, GError **error)
{
    scan->column_count = spec->items != NULL ? spec->item_count : scan->name_count;
    scan->columns = g_new0(size_t, scan->column_count);
    for (size_t i = 0; i < scan->column_count; i++) {
        scan->columns[i] = i;
        if (spec->items == NULL)
            continue;
        size_t at = 0;
        while (at < scan->name_count && strcmp(scan->names[at], spec->items[i].name) != 0)
            at++;
        if (at == scan->name_count || spec->items[i].sql != NULL)
            return fail(error, ERR_INVALID, "there is no column '%s'", spec->items[i].name);
        scan->columns[i] = at;
    }
    return true;
}

static bool
csv_scan_open(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error)
{
    __attribute__((cleanup(scan_drop))) CsvScan *scan = NULL;
    if (!csv_open_file(conn, spec->object, &scan, error) || !choose_columns(scan, spec, error))
        return false;
    FilePlace from;
    if (!file_read_range(spec->range, spec->object, &from, &scan->end, error))
        return false;
    if (from.offset >= 0) {
        scan->row = from.row;
        start_lexing(scan, from.offset, from.line);
    }
    *ret = &g_steal_pointer(&scan)->base;
    return true;
}

/* Why the record at the lexer is none; NULL when it is one. Caller frees. */
static char *
record_problem(const CsvScan *scan)
{
    const CsvLexer *lexer = &scan->lexer;
    if (lexer->problem != NULL)
        return g_strdup_printf("line %" G_GINT64_FORMAT ": %s", lexer->record_line, lexer->problem);
    if (csv_count(lexer) != scan->name_count) {
        g_autofree char *problem = count_problem(scan);
        return g_strdup_printf("line %" G_GINT64_FORMAT ": %s", lexer->record_line, problem);
    }
    for (size_t i = 0; i < scan->name_count; i++)
        if (csv_field(lexer, i).bytes > CELL_BYTES_MAX)
            return g_strdup_printf("line %" G_GINT64_FORMAT ": '%s' has %zu bytes, at most %d",
                                   lexer->record_line, scan->names[i], csv_field(lexer, i).bytes,
                                   CELL_BYTES_MAX);
    return NULL;
}

static bool
is_null(const CsvScan *scan, CsvField field)
{
    return !field.is_quoted && strlen(scan->format.null_text) == field.bytes &&
           memcmp(scan->format.null_text, field.data, field.bytes) == 0;
}

/* False with the column that is not of its type, and why. */
static bool
put_record(CsvScan *scan, Batch *batch, int64_t row, const char **ret_column, char **ret_reason)
{
    for (size_t i = 0; i < scan->column_count; i++) {
        CsvField field = csv_field(&scan->lexer, scan->columns[i]);
        Value text = {.type = TYPE_TEXT, .s = {field.data, field.bytes}}, value;
        if (is_null(scan, field)) {
            batch_put_null(batch, i);
        } else if (batch->columns[i].type == TYPE_TEXT) {
            batch_put_bytes(batch, i, field.data, field.bytes);
        } else if (value_cast(&text, batch->columns[i].type, NULL, scan->scratch, &value,
                              ret_reason)) {
            batch_put_value(batch, i, &value);
        } else {
            *ret_column = scan->names[scan->columns[i]];
            batch_drop_row(batch);
            return false;
        }
    }
    batch_commit_row(batch, row);
    return true;
}

static bool
csv_scan_next(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    CsvScan *scan = (CsvScan *) base;
    g_array_set_size(scan->seen, 0);
    while (!batch_is_full(batch)) {
        bool more = false;
        if (!next_record(scan, &more, error))
            return false;
        if (!more || (scan->end >= 0 && scan->lexer.offset >= scan->end))
            return true;
        int64_t row = scan->row++;
        FilePlace place = {row, scan->lexer.offset, scan->lexer.record_line};
        g_array_append_val(scan->seen, place);
        const char *column = NULL;
        g_autofree char *problem = record_problem(scan);
        if (problem != NULL || !put_record(scan, batch, row, &column, &problem))
            reject(row, SIZE_MAX, column, problem, data);
        if (file_places_are_enough(scan->seen, batch))
            return true;
    }
    return true;
}

static bool
csv_scan_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    CsvScan *scan = (CsvScan *) base;
    FilePlace place;
    if (!file_places_find(scan->seen, row_id, &place, error))
        return false;
    CsvLexer lexer;
    bool more = false;
    csv_lexer_init(&lexer, scan->file.source, place.offset, place.line, scan->format.delimiter);
    lexer.line_end = scan->line_end;
    bool done = csv_next(&lexer, &more, error);
    if (done && (lexer.problem != NULL || csv_count(&lexer) != scan->name_count)) {
        *ret = raw_to_json(place.line, csv_raw(&lexer), lexer.record_bytes);
    } else if (done) {
        *ret = json_object();
        for (size_t i = 0; i < scan->name_count; i++) {
            CsvField field = csv_field(&lexer, i);
            json_object_set_new(*ret, scan->names[i],
                                is_null(scan, field) ? json_null()
                                                     : json_stringn(field.data, field.bytes));
        }
    }
    csv_lexer_clear(&lexer);
    return done;
}

static const ScanOps csv_scan_ops = {
    .split = csv_split,
    .open = csv_scan_open,
    .next = csv_scan_next,
    .close = csv_scan_close,
    .record = csv_scan_record,
    .count = file_count_rows,
};

static bool
csv_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    return file_conn_open(self, &csv_file_format, store, ret, error);
}

static const char *const declared_words[] = {"every field", NULL};
static const char *const made_words[TYPE_COUNT] = {"true or false",
                                                   "digits",
                                                   "digits",
                                                   "digits",
                                                   "text",
                                                   "YYYY-MM-DD",
                                                   "YYYY-MM-DD HH:MM:SS",
                                                   "text, if it is UTF-8"};

static ColumnType
type_of_declared(const char *declared)
{
    return TYPE_TEXT;
}

static const TypeOps type_ops = {
    .declared = declared_words,
    .type_of = type_of_declared,
    .made = made_words,
};

const Driver driver_csv = {
    .name = "csv",
    .summary = "CSV files: every column is text",
    .open = csv_open,
    .close = file_conn_close,
    .describe = csv_describe,
    .identity = file_conn_identity,
    .fingerprint = file_conn_fingerprint,
    .types = &type_ops,
    .scan = &csv_scan_ops,
    .load = &file_load_ops,
    .swap = &file_swap_ops,
};
