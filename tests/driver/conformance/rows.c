/* rows.c - see rows.h. */
#include "rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

Schema *
people_schema(const char *name)
{
    Schema *schema = schema_new(name);
    schema_add(schema, "id", TYPE_INT, "", false);
    schema_add(schema, "name", TYPE_TEXT, "", false);
    schema_add(schema, "score", TYPE_FLOAT, "", true);
    schema_add_key(schema, "id");
    return schema;
}

Batch *
people(int64_t from, int64_t to)
{
    g_autoptr(Schema) schema = people_schema("people");
    Batch *batch = batch_new_for(schema);
    for (int64_t id = from; id < to; id++) {
        g_autofree char *name = g_strdup_printf("Ñame %" G_GINT64_FORMAT, id * 7 % 1000);
        batch_put_int(batch, 0, id);
        batch_put_bytes(batch, 1, name, strlen(name));
        if (id % 5 == 0)
            batch_put_null(batch, 2);
        else
            batch_put_float(batch, 2, (double) id / 4);
        batch_commit_row(batch, id);
    }
    return batch;
}

/* --- extremes --- */

#define TEXT(literal)                                                                              \
    {                                                                                              \
        .type = TYPE_TEXT, .s = { literal, sizeof(literal) - 1 }                                   \
    }
#define DECIMAL(literal)                                                                           \
    {                                                                                              \
        .type = TYPE_DECIMAL, .s = { literal, sizeof(literal) - 1 }                                \
    }
#define BYTES(literal)                                                                             \
    {                                                                                              \
        .type = TYPE_BYTES, .s = { literal, sizeof(literal) - 1 }                                  \
    }
#define WHOLE(of, value)                                                                           \
    {                                                                                              \
        .type = of, .i = value                                                                     \
    }
#define FLOAT(value)                                                                               \
    {                                                                                              \
        .type = TYPE_FLOAT, .f = value                                                             \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .is_null = true                                                                            \
    }
#define VALUES_MAX 14
#define DAY_FIRST (-719162) /* 0001-01-01 */
#define DAY_LAST 2932896    /* 9999-12-31 */
#define DAY_MICROS INT64_C(86400000000)

static const struct {
    const char *name;
    ColumnType type;
    Value values[VALUES_MAX];
} extremes[] = {
    {"id", TYPE_INT, {NONE}}, /* counts */
    {"two words",
     TYPE_INT,
     {WHOLE(TYPE_INT, 0), WHOLE(TYPE_INT, 1), WHOLE(TYPE_INT, -1), WHOLE(TYPE_INT, INT64_MAX),
      WHOLE(TYPE_INT, INT64_MIN), WHOLE(TYPE_INT, INT64_C(9007199254740993)), NONE}},
    {"say \"x\"",
     TYPE_FLOAT,
     {FLOAT(0.5), FLOAT(0.1), FLOAT(1e300), FLOAT(-1e-300), FLOAT(DBL_MAX), FLOAT(DBL_TRUE_MIN),
      FLOAT(-0.0), FLOAT(INFINITY), FLOAT(-INFINITY), FLOAT(NAN), FLOAT(6.0),
      FLOAT(9007199254740993.0), NONE}},
    {"Cost Total $",
     TYPE_DECIMAL,
     {DECIMAL("0"), DECIMAL("-12.5"), DECIMAL("0.1"), DECIMAL("12345678901234567890.0123456789"),
      DECIMAL("0.30000000000000001"), DECIMAL("99999999999999999999999999999999999999"),
      DECIMAL("-9223372036854775809"), NONE}},
    {"select",
     TYPE_TEXT,
     {TEXT(""), TEXT(" "), TEXT("00501"), TEXT("a\0b"), TEXT("it's \"q\" $1; -- %s \\ /"),
      TEXT("a line\nbreak\r\nand,a\ttab;"), TEXT("NULL"), TEXT("\\N"), TEXT("1e5"), TEXT("true"),
      TEXT("é ü 漢字 😀"),
      TEXT("\xef\xbb\xbf"
           "mark"),
      TEXT("\"\"")}},
    {"größe", TYPE_BOOL, {WHOLE(TYPE_BOOL, 1), WHOLE(TYPE_BOOL, 0), NONE}},
    {"it's",
     TYPE_DATE,
     {WHOLE(TYPE_DATE, 0), WHOLE(TYPE_DATE, DAY_FIRST), WHOLE(TYPE_DATE, DAY_LAST),
      WHOLE(TYPE_DATE, -1), WHOLE(TYPE_DATE, 19782), NONE}},
    {"at.time",
     TYPE_TIMESTAMP,
     {WHOLE(TYPE_TIMESTAMP, 0), WHOLE(TYPE_TIMESTAMP, DAY_FIRST *DAY_MICROS),
      WHOLE(TYPE_TIMESTAMP, (DAY_LAST + 1) * DAY_MICROS - 1), WHOLE(TYPE_TIMESTAMP, -1),
      WHOLE(TYPE_TIMESTAMP, INT64_C(1700000000120000)), NONE}},
    {"%raw",
     TYPE_BYTES,
     {BYTES(""), BYTES("\0"), BYTES("plain"), BYTES("not\xff utf8\0\x01\x7f\x80"), NONE}},
};

Schema *
extreme_schema(const char *name)
{
    Schema *schema = schema_new(name);
    for (size_t i = 0; i < G_N_ELEMENTS(extremes); i++)
        schema_add(schema, extremes[i].name, extremes[i].type, "", i > 0);
    schema_add_key(schema, "id");
    return schema;
}

/* As many as there are: what is not named is NULL. */
static size_t
value_count(size_t column)
{
    size_t count = VALUES_MAX;
    while (count > 1 &&
           memcmp(&extremes[column].values[count - 1], &(Value){0}, sizeof(Value)) == 0)
        count--;
    return count;
}

Batch *
extreme_rows(bool (*holds)(const Value *value))
{
    g_autoptr(Schema) schema = extreme_schema("extremes");
    Batch *batch = batch_new_for(schema);
    for (size_t row = 0; row < VALUES_MAX; row++) {
        batch_put_int(batch, 0, (int64_t) row + 1);
        for (size_t i = 1; i < G_N_ELEMENTS(extremes); i++) {
            Value value = extremes[i].values[row % value_count(i)];
            value.type = extremes[i].type;
            if (value.is_null || (holds != NULL && !holds(&value)))
                batch_put_null(batch, i);
            else
                batch_put_value(batch, i, &value);
        }
        batch_commit_row(batch, (int64_t) row + 1);
    }
    return batch;
}

/* --- rows as texts --- */

static void
append_cell(GString *text, const Value *value)
{
    if (value->is_null) {
        g_string_append(text, "NULL");
        return;
    }
    g_autoptr(GString) plain = g_string_new(NULL);
    value_append_text(value, plain);
    g_autofree char *escaped = g_uri_escape_bytes((const guint8 *) plain->str, plain->len, NULL);
    g_string_append_printf(text, "%s %s", column_type_name(value->type), escaped);
}

char *
row_text(const Batch *batch, size_t row)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < batch->column_count; i++) {
        Value value = batch_value(batch, i, row);
        g_string_append(text, i > 0 ? "|" : "");
        append_cell(text, &value);
    }
    return g_string_free(text, FALSE);
}

GPtrArray *
rows_shown(const Fixture *fixture, const Batch *batch)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
    for (size_t row = 0; row < batch->row_count; row++) {
        GString *text = g_string_new(NULL);
        for (size_t i = 0; i < batch->column_count; i++) {
            Value value = batch_value(batch, i, row), shown = value;
            g_autoptr(GString) scratch = g_string_new(NULL);
            ColumnType type = fixture->shows(batch->columns[i].type);
            if (!value.is_null && !value_cast(&value, type, NULL, scratch, &shown, NULL))
                g_error("a %s cannot be shown as %s", column_type_name(value.type),
                        column_type_name(type));
            g_string_append(text, i > 0 ? "|" : "");
            append_cell(text, &shown);
        }
        g_ptr_array_add(rows, g_string_free(text, FALSE));
    }
    return rows;
}

/* --- reading --- */

void
seen_clear(Seen *seen)
{
    g_ptr_array_unref(seen->rows);
    g_ptr_array_unref(seen->rejects);
    g_ptr_array_unref(seen->records);
    g_array_unref(seen->ids);
}

typedef struct {
    Seen *seen;
    Scan *scan;
} Reading;

static void
note_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    Reading *reading = data;
    json_t *record = NULL;
    g_assert_cmpuint(in_row, ==, SIZE_MAX);
    g_assert_true(reason != NULL && reason[0] != '\0');
    g_ptr_array_add(reading->seen->rejects, g_strdup_printf("%" G_GINT64_FORMAT " %s: %s", row_id,
                                                            column != NULL ? column : "-", reason));
    ASSERT_OK(scan_record(reading->scan, row_id, &record, &ERR));
    g_ptr_array_add(reading->seen->records, record);
}

static void
read_scan(Scan *scan, const Schema *schema, Seen *seen)
{
    g_autoptr(Batch) batch = batch_new_for(schema);
    Reading reading = {seen, scan};
    do {
        batch_reset(batch);
        ASSERT_OK(scan_next(scan, batch, note_reject, &reading, &ERR));
        for (size_t row = 0; row < batch->row_count; row++) {
            g_ptr_array_add(seen->rows, row_text(batch, row));
            g_array_append_val(seen->ids, batch->row_ids[row]);
        }
        seen->batches += batch->row_count > 0;
    } while (batch->row_count > 0);
    /* the end stays the end */
    ASSERT_OK(scan_next(scan, batch, note_reject, &reading, &ERR));
    g_assert_cmpuint(batch->row_count, ==, 0);
}

Seen
read_spec(Conn *conn, const ScanSpec *spec)
{
    Seen seen = {.rows = g_ptr_array_new_with_free_func(g_free),
                 .ids = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                 .rejects = g_ptr_array_new_with_free_func(g_free),
                 .records = g_ptr_array_new_with_free_func((GDestroyNotify) json_decref)};
    g_autoptr(Schema) schema = NULL;
    g_autoptr(Scan) scan = NULL;
    ASSERT_OK(conn_scan(conn, spec, &scan, &ERR));
    if (spec->output == NULL)
        ASSERT_OK(conn_describe(conn, spec->object, &schema, &ERR));
    read_scan(scan, spec->output != NULL ? spec->output : schema, &seen);
    return seen;
}

Seen
read_object(Conn *conn, const char *object, const json_t *range)
{
    ScanSpec spec = {.object = object, .range = range};
    return read_spec(conn, &spec);
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

void
assert_has_rows(const Fixture *fixture, GPtrArray *seen, GPtrArray *expected)
{
    if (fixture->has_own_order) {
        g_ptr_array_sort(seen, compare_texts);
        g_ptr_array_sort(expected, compare_texts);
    }
    assert_same_rows(seen, expected);
}

void
assert_same_rows(const GPtrArray *seen, const GPtrArray *expected)
{
    for (guint i = 0; i < MIN(seen->len, expected->len); i++)
        g_assert_cmpstr(seen->pdata[i], ==, expected->pdata[i]);
    g_assert_cmpuint(seen->len, ==, expected->len);
}
