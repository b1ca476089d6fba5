/*
 * csv.c - any bytes as a CSV file: the laws of records.h, and what was read survives being written and read again.
 *
 * The first two bytes say how it is read (delimiter, header, sizes); "00" is an ordinary file with a header, cut
 * everywhere.
 */
#include "records.h"
#include "target.h"

#include <string.h>

#define HEAD_BYTES 2

static json_t *
format_new(char delimiter, bool has_header)
{
    const char text[] = {delimiter, '\0'};
    return json_pack("{s:s, s:b}", "delimiter", text, "header", has_header);
}

static void
append_quoted(GString *text, const char *data, size_t bytes)
{
    g_string_append_c(text, '"');
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] == '"')
            g_string_append_c(text, '"');
        g_string_append_c(text, data[i]);
    }
    g_string_append_c(text, '"');
}

/* A row of one NULL would be an empty line, which is no record. */
static bool
can_be_written(const Batch *batch, size_t row)
{
    return batch->column_count > 1 || !batch_is_null(batch, 0, row);
}

static void
append_row(GString *text, const Batch *batch, size_t row, char delimiter)
{
    for (size_t column = 0; column < batch->column_count; column++) {
        size_t bytes = 0;
        if (column > 0)
            g_string_append_c(text, delimiter);
        if (batch_is_null(batch, column, row))
            continue;
        const char *data = batch_bytes(batch, column, row, &bytes);
        append_quoted(text, data, bytes);
    }
    g_string_append_c(text, '\n');
}

static void
ignore_refusal(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
}

/* All that was read, every text in quotes. `rows` gets what each is read as. */
static void
write_rows(RecordFile *file, const Schema *schema, char delimiter, GString *text, GPtrArray *rows,
           const GPtrArray *records)
{
    const ScanSpec spec = {.object = file->object, .output = schema};
    g_autoptr(Batch) batch = batch_new_for(schema);
    g_autoptr(Scan) scan = NULL;
    bool done = conn_scan(file->conn, &spec, &scan, NULL);
    g_assert(done);
    do {
        batch_reset(batch);
        done = scan_next(scan, batch, ignore_refusal, NULL, NULL);
        g_assert(done);
        for (size_t row = 0; row < batch->row_count; row++) {
            if (!can_be_written(batch, row))
                continue;
            append_row(text, batch, row, delimiter);
            g_ptr_array_add(rows, records->pdata[batch->row_ids[row] - 1]);
        }
    } while (batch->row_count > 0);
}

static void
check_round_trip(RecordFile *file, const Schema *schema, char delimiter, const GPtrArray *records)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autoptr(Schema) again = NULL;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *name = schema_column(schema, i)->name;
        if (i > 0)
            g_string_append_c(text, delimiter);
        append_quoted(text, name, strlen(name));
    }
    g_string_append_c(text, '\n');
    write_rows(file, schema, delimiter, text, rows, records);
    g_auto(RecordFile) written;
    record_file_open(&written, "csv", format_new(delimiter, true), text->str, text->len);
    bool described = conn_describe(written.conn, written.object, &again, NULL);
    g_assert(described && schema_count(again) == schema_count(schema));
    g_autoptr(GPtrArray) reread = records_read(&written, again, NULL);
    records_must_equal(rows, reread);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char delimiters[] = {',', ';', '\t', '|'};
    static const size_t windows[] = {1, 2, 3, 7, 16, 64};
    if (bytes < HEAD_BYTES)
        return 0;
    char delimiter = delimiters[data[0] % 4];
    bool has_header = (data[0] >> 2) % 2 == 0;
    size_t window = windows[data[1] / 8 % G_N_ELEMENTS(windows)];
    g_autoptr(Schema) schema = NULL;
    g_auto(RecordFile) file;
    record_file_open(&file, "csv", format_new(delimiter, has_header), data + HEAD_BYTES,
                     bytes - HEAD_BYTES);
    g_autoptr(GPtrArray) records = records_check_laws(&file, window, data[1] % 8 + 1, &schema);
    if (records != NULL)
        check_round_trip(&file, schema, delimiter, records);
    return 0;
}
