/*
 * csv.c - any bytes as a CSV file: the laws of records.h, and what was read survives being written and read again.
 *
 * The first two bytes say how it is read (delimiter, header, sizes); "00" is an ordinary file with a header, cut
 * everywhere.
 */
#include "records.h"
#include "target.h"

#include "driver/csv/csv.h"

#include <string.h>

#define HEAD_BYTES 2

static json_t *
format_new(char delimiter, bool has_header)
{
    const char text[] = {delimiter, '\0'};
    return json_pack("{s:s, s:b}", "delimiter", text, "header", has_header);
}

static void
check_round_trip(RecordFile *file, const Schema *schema, json_t *take_format,
                 const GPtrArray *records)
{
    g_autoptr(json_t) format = take_format;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autoptr(Schema) again = NULL;
    csv_file_format.append_head((FileConn *) file->conn, file->object, schema, text);
    records_write(file, &csv_file_format, schema, text, rows, records);
    if (text->len == 0) /* neither a header nor a row: nothing to read */
        return;
    g_auto(RecordFile) written;
    record_file_open(&written, "csv", json_incref(format), text->str, text->len);
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
        check_round_trip(&file, schema, format_new(delimiter, has_header), records);
    return 0;
}
