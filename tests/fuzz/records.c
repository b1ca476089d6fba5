/* records.c - see records.h. */
#include "records.h"

#include "driver/files/file.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void
record_file_open(RecordFile *file, const char *driver, json_t *format, const void *data,
                 size_t bytes)
{
    *file = (RecordFile){.fd = memfd_create("records", 0)};
    g_assert(file->fd >= 0 && write(file->fd, data, bytes) == (ssize_t) bytes);
    file->store = (StoreConfig){.name = (char *) "files", .driver = (char *) driver};
    file->store.settings = json_pack("{s:s}", "path", "/proc/self/fd");
    if (format != NULL)
        json_object_set_new(file->store.settings, "format", format);
    file->object = g_strdup_printf("%d", file->fd);
    bool opened = conn_open(&file->store, &file->conn, NULL);
    g_assert(opened);
}

void
record_file_close(RecordFile *file)
{
    conn_close(file->conn);
    batch_free(file->batch);
    json_decref(file->store.settings);
    g_free(file->object);
    close(file->fd);
}

/* At the place that the number says; each number once. */
static void
put(GPtrArray *records, int64_t row_id, char *take_text)
{
    g_assert(row_id >= 1 && row_id < G_MAXINT32);
    if (records->len < row_id)
        g_ptr_array_set_size(records, (gint) row_id);
    g_assert(records->pdata[row_id - 1] == NULL);
    records->pdata[row_id - 1] = take_text;
}

/* Whoever reads a record again gets something to show. */
static void
check_record(Scan *scan, int64_t row_id)
{
    g_autoptr(json_t) record = NULL;
    bool found = scan_record(scan, row_id, &record, NULL);
    g_assert(found && json_is_object(record));
}

typedef struct {
    GPtrArray *records;
    Scan *scan;
} Reading;

static void
note_refusal(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Reading *reading = data;
    g_assert(reason != NULL && reason[0] != '\0');
    check_record(reading->scan, row_id);
    put(reading->records, row_id, g_strdup_printf("!%s: %s", column != NULL ? column : "", reason));
}

static char *
row_text(const Batch *batch, size_t row)
{
    GString *text = g_string_new(NULL);
    for (size_t column = 0; column < batch->column_count; column++) {
        Value value = batch_value(batch, column, row);
        g_string_append(text, column > 0 ? "|" : "");
        if (value.is_null)
            g_string_append(text, "NULL");
        else
            value_append_quoted(&value, text);
    }
    return g_string_free(text, FALSE);
}

GPtrArray *
records_read(RecordFile *file, const Schema *schema, const json_t *range)
{
    GPtrArray *records = g_ptr_array_new_with_free_func(g_free);
    const ScanSpec spec = {.object = file->object, .output = schema, .range = range};
    g_autoptr(Scan) scan = NULL;
    bool done = conn_scan(file->conn, &spec, &scan, NULL);
    g_assert(done);
    if (file->batch == NULL)
        file->batch = batch_new_for(schema);
    Batch *batch = file->batch;
    Reading reading = {records, scan};
    do {
        batch_reset(batch);
        done = scan_next(scan, batch, note_refusal, &reading, NULL);
        g_assert(done);
        for (size_t row = 0; row < batch->row_count; row++) {
            put(records, batch->row_ids[row], row_text(batch, row));
            if (row == 0)
                check_record(scan, batch->row_ids[row]);
        }
    } while (batch->row_count > 0);
    return records;
}

size_t
records_refused(const GPtrArray *records)
{
    size_t refused = 0;
    for (guint i = 0; i < records->len; i++)
        refused += ((char *) records->pdata[i])[0] == '!';
    return refused;
}

void
records_must_equal(const GPtrArray *a, const GPtrArray *b)
{
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++) {
        g_assert(a->pdata[i] != NULL);
        g_assert_cmpstr(a->pdata[i], ==, b->pdata[i]);
    }
}

/* Every range gives its own records and nobody else's. */
static GPtrArray *
read_in_ranges(RecordFile *file, const Schema *schema, int64_t rows)
{
    g_autoptr(json_t) ranges = NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
    bool split = conn_split(file->conn, file->object, &(RangeSize){.rows = rows}, &ranges, NULL);
    g_assert(split);
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        g_autoptr(GPtrArray) part = records_read(file, schema, json_array_get(ranges, i));
        g_assert(part->len <= all->len + (guint) rows || json_array_size(ranges) == 1);
        for (guint at = 0; at < part->len; at++) {
            if (part->pdata[at] != NULL)
                put(all, (int64_t) at + 1, g_strdup(part->pdata[at]));
        }
    }
    return all;
}

static void
ignore_refusal(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
}

/* Nobody who reads it to its end takes it for whole, however much is read at once. */
static void
check_is_cut(RecordFile *file, const Schema *schema, size_t window_bytes)
{
    const ScanSpec spec = {.object = file->object, .output = schema};
    for (int i = 0; i < 2; i++) {
        g_autoptr(Batch) batch = batch_new_for(schema);
        g_autoptr(Scan) scan = NULL;
        bool more = true, done = conn_scan(file->conn, &spec, &scan, NULL);
        g_assert(done);
        while (more) {
            batch_reset(batch);
            more = scan_next(scan, batch, ignore_refusal, NULL, NULL);
            g_assert(!more || batch->row_count > 0);
        }
        window_set_bytes_for_tests(window_bytes);
    }
    window_set_bytes_for_tests(0);
}

GPtrArray *
records_check_laws(RecordFile *file, size_t window_bytes, int64_t rows_per_range,
                   Schema **ret_schema)
{
    g_autoptr(Schema) schema = NULL, again = NULL;
    g_autoptr(GError) error = NULL;
    int64_t count = 0;
    window_set_bytes_for_tests(0);
    if (!conn_describe(file->conn, file->object, &schema, &error)) {
        g_assert(error != NULL && schema == NULL);
        window_set_bytes_for_tests(window_bytes);
        bool described = conn_describe(file->conn, file->object, &schema, NULL);
        g_assert(!described);
        return NULL;
    }
    if (!conn_count(file->conn, file->object, NULL, &count, NULL)) {
        check_is_cut(file, schema, window_bytes);
        return NULL;
    }
    GPtrArray *records = records_read(file, schema, NULL);
    g_assert_cmpint(count, ==, records->len);
    g_autoptr(GPtrArray) in_ranges = read_in_ranges(file, schema, rows_per_range);
    records_must_equal(records, in_ranges);
    window_set_bytes_for_tests(window_bytes);
    bool described = conn_describe(file->conn, file->object, &again, NULL);
    g_assert(described);
    g_autoptr(GPtrArray) differences = schema_differences(schema, again);
    g_assert_cmpuint(differences->len, ==, 0);
    g_autoptr(GPtrArray) bit_by_bit = read_in_ranges(file, again, rows_per_range + 1);
    records_must_equal(records, bit_by_bit);
    window_set_bytes_for_tests(0);
    *ret_schema = g_steal_pointer(&schema);
    return records;
}

void
records_write(RecordFile *file, const FileFormat *format, const Schema *schema, GString *text,
              GPtrArray *rows, const GPtrArray *records)
{
    const ScanSpec spec = {.object = file->object, .output = schema};
    g_autofree size_t *columns = g_new0(size_t, schema_count(schema));
    g_autofree void *how = format->prepare((FileConn *) file->conn, file->object);
    g_autoptr(Batch) batch = batch_new_for(schema);
    g_autoptr(Scan) scan = NULL;
    for (size_t i = 0; i < schema_count(schema); i++)
        columns[i] = i;
    const RowShape shape = {schema, columns, how};
    bool done = conn_scan(file->conn, &spec, &scan, NULL);
    g_assert(done);
    do {
        batch_reset(batch);
        done = scan_next(scan, batch, ignore_refusal, NULL, NULL);
        g_assert(done);
        for (size_t row = 0; row < batch->row_count; row++) {
            size_t before = text->len;
            g_autofree char *reason = NULL;
            if (format->append_row(&shape, batch, row, text, &reason))
                g_ptr_array_add(rows, records->pdata[batch->row_ids[row] - 1]);
            else
                g_string_truncate(text, before);
        }
    } while (batch->row_count > 0);
}
