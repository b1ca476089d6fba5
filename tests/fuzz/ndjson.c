/*
 * ndjson.c - any bytes as JSON lines or as a JSON array: the laws of records.h, and every record that is read is an
 * object to another JSON parser, too; as lines and as an array they are the same.
 *
 * The first byte says how much is read at once, and how many records a range has.
 */
#include "records.h"
#include "target.h"

#include "driver/ndjson/writer.h"

#include <string.h>

#define HEAD_BYTES 1

static void
ignore_refusal(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
}

/* The records that were read, as a list of objects. */
static json_t *
objects_of(RecordFile *file, const Schema *schema)
{
    const ScanSpec spec = {.object = file->object, .output = schema};
    g_autoptr(Batch) batch = batch_new_for(schema);
    g_autoptr(Scan) scan = NULL;
    json_t *objects = json_array();
    bool done = conn_scan(file->conn, &spec, &scan, NULL);
    g_assert(done);
    do {
        batch_reset(batch);
        done = scan_next(scan, batch, ignore_refusal, NULL, NULL);
        g_assert(done);
        for (size_t row = 0; row < batch->row_count; row++) {
            json_t *record = NULL;
            done = scan_record(scan, batch->row_ids[row], &record, NULL);
            g_assert(done && json_is_object(record));
            json_array_append_new(objects, record);
        }
    } while (batch->row_count > 0);
    return objects;
}

static char *
as_lines(const json_t *objects)
{
    GString *text = g_string_new(NULL);
    json_t *object;
    size_t i;
    json_array_foreach(objects, i, object)
    {
        g_autofree char *line = json_compact(object);
        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free(text, FALSE);
}

static GPtrArray *
read_text(const char *text, Schema **ret_schema)
{
    g_auto(RecordFile) file;
    record_file_open(&file, "ndjson", NULL, text, strlen(text));
    if (!conn_describe(file.conn, file.object, ret_schema, NULL))
        return NULL; /* nothing but empty objects */
    GPtrArray *records = records_read(&file, *ret_schema, NULL);
    g_assert_cmpuint(records_refused(records), ==, 0);
    return records;
}

static void
check_both_forms(const json_t *objects)
{
    g_autofree char *lines = as_lines(objects), *array = json_compact(objects);
    g_autoptr(Schema) schema = NULL, other = NULL;
    g_autoptr(GPtrArray) by_line = read_text(lines, &schema);
    g_autoptr(GPtrArray) by_element = read_text(array, &other);
    g_assert((by_line == NULL) == (by_element == NULL));
    if (by_line == NULL)
        return;
    g_assert_cmpuint(by_line->len, ==, json_array_size(objects));
    records_must_equal(by_line, by_element);
}

/* Written by ourselves, as lines and as an array. */
static void
check_round_trip(RecordFile *file, const Schema *schema, const GPtrArray *records)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    records_write(file, &json_file_format, schema, text, rows, records);
    g_auto(RecordFile) written;
    record_file_open(&written, "ndjson", NULL, text->str, text->len);
    g_autoptr(GPtrArray) reread = records_read(&written, schema, NULL);
    records_must_equal(rows, reread);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const size_t windows[] = {1, 2, 3, 7, 16, 64};
    if (bytes < HEAD_BYTES)
        return 0;
    g_autoptr(Schema) schema = NULL;
    g_auto(RecordFile) file;
    record_file_open(&file, "ndjson", NULL, data + HEAD_BYTES, bytes - HEAD_BYTES);
    g_autoptr(GPtrArray) records = records_check_laws(
        &file, windows[data[0] / 8 % G_N_ELEMENTS(windows)], data[0] % 8 + 1, &schema);
    if (records == NULL)
        return 0;
    g_autoptr(json_t) objects = objects_of(&file, schema);
    g_assert_cmpuint(json_array_size(objects), ==, records->len - records_refused(records));
    check_both_forms(objects);
    check_round_trip(&file, schema, records);
    return 0;
}
