/* scan.c - reading: a position is a slot, a range all rows of some slots, in order. */
#include "driver/redis/redis.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

#define EXPIRES_MS_MAX (INT64_MAX / 1000) /* later ones are no timestamp of ours */
/* Each range walks over all keys of the database once, and a key passed over costs the server a third of what it costs to read a row. */
#define RANGES_MOST 8

typedef struct {
    Scan base;
    redisContext *db;
    RedisObject *object;
    RowReader reader;
    size_t *wanted;    /* place in the batch of each column of the object, + 1 */
    int *holes;        /* which hole a column of the object is; -1: none */
    size_t expires;    /* column of the object; SIZE_MAX: none */
    ColumnType *types; /* wanted of each column of the object */
    size_t column_count;
    RedisRow row;
    GString *scratch;
    int64_t next_row, window_row; /* numbers of the next row, and of the first one of the window */
} RedisScan;

static void
redis_scan_close(Scan *base)
{
    RedisScan *scan = (RedisScan *) base;
    row_reader_clear(&scan->reader);
    redis_object_free(scan->object);
    redisFree(scan->db); /* answers may still be on their way */
    redis_row_clear(&scan->row);
    g_string_free(scan->scratch, TRUE);
    g_free(scan->wanted);
    g_free(scan->holes);
    g_free(scan->types);
    g_free(scan);
}

/* --- ranges --- */

static bool
count_slots(RedisConn *conn, const RedisObject *object, int64_t *slots, int64_t *ret_rows,
            GError **error)
{
    g_auto(KeyWalk) walk = {0};
    g_auto(Keys) keys;
    keys_init(&keys);
    *ret_rows = 0;
    if (!key_walk_begin(conn, 0, SLOTS, &walk, error))
        return false;
    do {
        if (!key_walk_next(conn, conn->db, object, &walk, &keys, error))
            return false;
        for (guint i = 0; i < keys.places->len; i++)
            slots[g_array_index(keys.places, KeyPlace, i).slot]++;
        *ret_rows += keys.places->len;
    } while (keys.places->len > 0);
    return true;
}

static void
add_range(json_t *ranges, unsigned from, unsigned to, int64_t first, int64_t rows)
{
    json_t *range = json_object();
    json_object_set_new(range, "from", from > 0 ? json_integer(from) : json_null());
    json_object_set_new(range, "to", to < SLOTS ? json_integer(to) : json_null());
    json_set_int(range, "row", first);
    json_set_int(range, "rows", rows);
    json_array_append_new(ranges, range);
}

static bool
redis_split(Conn *base, const char *name, const RangeSize *size, json_t **ret_ranges,
            GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    g_autofree int64_t *slots = g_new0(int64_t, SLOTS);
    int64_t total = 0, first = 1, gathered = 0;
    unsigned from = 0;
    AUTO_REPLY *all = NULL;
    if (!redis_object_need(conn, name, &object, error) ||
        !count_slots(conn, object, slots, &total, error) ||
        !redis_do(conn, &all, error, "DBSIZE", NULL))
        return false;
    int64_t rows = MAX(range_size_of(size, total), all->integer / RANGES_MOST);
    json_t *ranges = json_array();
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (gathered > 0 && slots[slot] > rows - gathered) {
            add_range(ranges, from, slot, first, gathered);
            first += gathered;
            gathered = 0;
            from = slot;
        }
        gathered += slots[slot];
    }
    add_range(ranges, from, SLOTS, first, gathered);
    *ret_ranges = ranges;
    return true;
}

static bool
redis_count(Conn *base, const char *name, const char *where, int64_t *ret_rows, GError **error)
{
    RedisConn *conn = redis_conn(base);
    g_autoptr(RedisObject) object = NULL;
    g_autofree int64_t *slots = g_new0(int64_t, SLOTS);
    g_assert(where == NULL); /* has_sql is not set */
    return redis_object_need(conn, name, &object, error) &&
           count_slots(conn, object, slots, ret_rows, error);
}

static bool
is_position(const json_t *position)
{
    return position == NULL || json_is_null(position) ||
           (json_is_integer(position) && json_integer_value(position) >= 0 &&
            json_integer_value(position) <= SLOTS);
}

static bool
read_range(const json_t *range, const char *name, unsigned *ret_from, unsigned *ret_to,
           GError **error)
{
    const json_t *from = json_object_get(range, "from"), *to = json_object_get(range, "to");
    if (!is_position(from) || !is_position(to))
        return fail(error, ERR_INVALID, "a position in '%s' is a slot from 0 to %d, or null", name,
                    SLOTS);
    *ret_from = json_is_integer(from) ? (unsigned) json_integer_value(from) : 0;
    *ret_to = json_is_integer(to) ? (unsigned) json_integer_value(to) : SLOTS;
    return true;
}

/* --- columns --- */

static void
find_holes(RedisScan *scan)
{
    const RedisObject *object = scan->object;
    scan->column_count = schema_count(object->schema);
    scan->wanted = g_new0(size_t, scan->column_count);
    scan->holes = g_new(int, scan->column_count);
    scan->types = g_new0(ColumnType, scan->column_count);
    scan->expires = SIZE_MAX;
    for (size_t i = 0; i < scan->column_count; i++) {
        const Column *column = schema_column(object->schema, i);
        scan->holes[i] = -1;
        scan->types[i] = column->type;
        for (guint j = 0; j < object->holes->len; j++)
            if (strcmp(object->holes->pdata[j], column->name) == 0)
                scan->holes[i] = (int) j;
        if (g_strcmp0(object->expires, column->name) == 0)
            scan->expires = i;
    }
}

static bool
find_columns(RedisScan *scan, const ScanSpec *spec, GError **error)
{
    for (size_t i = 0; spec->output != NULL && i < schema_count(spec->output); i++) {
        const Column *wanted = schema_column(spec->output, i);
        redis_object_expect(scan->object, spec->items != NULL ? spec->items[i].name : wanted->name,
                            wanted->type);
    }
    const Schema *output = spec->output != NULL ? spec->output : scan->object->schema;
    find_holes(scan);
    for (size_t i = 0; i < schema_count(output); i++) {
        const Column *wanted = schema_column(output, i);
        const char *name = spec->items != NULL ? spec->items[i].name : wanted->name;
        size_t at = 0;
        const Column *found = schema_find(scan->object->schema, name, &at);
        if (found == NULL)
            return fail(error, ERR_DRIFT, "there is no column '%s'", name);
        if (scan->wanted[at] != 0)
            return fail(error, ERR_INVALID, "column '%s' is asked for twice", name);
        scan->wanted[at] = i + 1;
        scan->types[at] = wanted->type; /* of a stage, or what others say: cast when it is read */
    }
    return true;
}

/* By the columns that are known where they are, as rows may have shown others meanwhile. */
static bool
open_object(RedisConn *conn, const ScanSpec *spec, RedisObject **ret, GError **error)
{
    bool is_recalled = spec->output != NULL && redis_object_recall(conn, spec->object, ret);
    return (is_recalled || redis_object_need(conn, spec->object, ret, error)) &&
           (spec->known != NULL ? redis_object_know(conn, *ret, spec->known, error)
                                : redis_object_look(conn, *ret, error));
}

static bool
redis_scan_open(Conn *base, const ScanSpec *spec, Scan **ret, GError **error)
{
    RedisConn *conn = redis_conn(base);
    unsigned from = 0, to = SLOTS;
    RedisScan *scan = g_new0(RedisScan, 1);
    redis_row_init(&scan->row);
    scan->scratch = g_string_new(NULL);
    scan->next_row = json_get_int(spec->range, "row", 1);
    if (open_object(conn, spec, &scan->object, error) && find_columns(scan, spec, error) &&
        read_range(spec->range, spec->object, &from, &to, error) &&
        redis_connect(conn, &scan->db, error) &&
        row_reader_begin(conn, scan->db, scan->object, from, to, &scan->reader, error)) {
        scan->window_row = scan->next_row;
        *ret = &scan->base;
        return true;
    }
    redis_scan_close(&scan->base);
    return false;
}

/* --- rows --- */

/* What stands there, in the type that is wanted; false with the reason. */
static bool
put_text(RedisScan *scan, size_t column, Part text, JsonKind kind, Batch *batch, char **ret_reason)
{
    size_t at = scan->wanted[column] - 1;
    ColumnType type = scan->types[column];
    Value value;
    if (text.bytes > CELL_BYTES_MAX) {
        *ret_reason = g_strdup_printf("it has more than %d bytes", CELL_BYTES_MAX);
        return false;
    }
    if (type == TYPE_BYTES) {
        batch_put_bytes(batch, at, text.data, text.bytes);
        return true;
    }
    if (!part_is_text(text)) {
        *ret_reason = g_strdup("it is no UTF-8: say that the column is of type bytes");
        return false;
    }
    if (!json_cast(kind, text.data, text.bytes, type, scan->scratch, &value, ret_reason))
        return false;
    batch_put_value(batch, at, &value);
    return true;
}

static size_t
find_field(const RedisScan *scan, const Field *field, size_t hint)
{
    const Schema *schema = scan->object->schema;
    for (size_t i = 0; i < scan->column_count; i++) {
        size_t at = (hint + i) % scan->column_count;
        const char *name = schema_column(schema, at)->name;
        if (strncmp(name, field->name.data, field->name.bytes) == 0 &&
            name[field->name.bytes] == '\0')
            return at;
    }
    return SIZE_MAX;
}

/* The value of a string is its only column that is neither key nor end. */
static size_t
column_of_string(const RedisScan *scan)
{
    for (size_t i = 0; i < scan->column_count; i++)
        if (scan->holes[i] < 0 && i != scan->expires)
            return i;
    return SIZE_MAX;
}

typedef struct {
    const char *column;
    char *reason;
} Refusal;

static bool
refuse(Refusal *refusal, const char *column, char *reason)
{
    refusal->column = column;
    refusal->reason = reason;
    return false;
}

static bool
put_field(RedisScan *scan, const Field *field, size_t column, const Part *parts, bool *filled,
          Batch *batch, Refusal *refusal)
{
    const char *name = schema_column(scan->object->schema, column)->name;
    char *reason = NULL;
    if (scan->holes[column] >= 0) {
        const Part *part = &parts[scan->holes[column]];
        bool same = part->bytes == field->value.bytes &&
                    memcmp(part->data, field->value.data, part->bytes) == 0;
        return same ||
               refuse(refusal, name,
                      g_strdup_printf("the key says '%.*s', the field '%.*s'",
                                      (int) MIN(part->bytes, 60), part->data,
                                      (int) MIN(field->value.bytes, 60), field->value.data));
    }
    if (scan->wanted[column] == 0 || field->kind == JSON_KIND_NULL)
        return true;
    filled[column] = true;
    return put_text(scan, column, field->value, field->kind, batch, &reason) ||
           refuse(refusal, name, reason);
}

static char *
unknown_field(const Field *field)
{
    GString *reason = g_string_new("it has a field ");
    value_append_quoted(&(Value){.type = TYPE_BYTES, .s = {field->name.data, field->name.bytes}},
                        reason);
    g_string_append(reason,
                    ", which the first " G_STRINGIFY(
                        REDIS_SAMPLE_ROWS) " rows had not: say `columns` in the store's `objects`");
    return g_string_free(reason, FALSE);
}

static bool
put_fields(RedisScan *scan, const Part *parts, bool *filled, Batch *batch, Refusal *refusal)
{
    const GArray *fields = scan->row.fields;
    bool is_string = scan->object->kind == REDIS_STRING;
    for (guint i = 0, hint = 0; i < fields->len; i++) {
        const Field *field = &g_array_index(fields, Field, i);
        size_t column = is_string ? column_of_string(scan) : find_field(scan, field, hint);
        if (column == SIZE_MAX && field->name.bytes == 0 && field->value.bytes == 0)
            continue; /* all that a row of NULLs alone has */
        if (column == SIZE_MAX || column == scan->expires)
            return refuse(refusal, NULL, unknown_field(field));
        hint = (guint) column + 1;
        if (!put_field(scan, field, column, parts, filled, batch, refusal))
            return false;
    }
    return true;
}

static bool
put_key_and_rest(RedisScan *scan, const Part *parts, bool *filled, Batch *batch, Refusal *refusal)
{
    for (size_t i = 0; i < scan->column_count; i++) {
        char *reason = NULL;
        if (scan->wanted[i] == 0 || filled[i])
            continue;
        if (scan->holes[i] >= 0) {
            if (!put_text(scan, i, parts[scan->holes[i]], JSON_KIND_TEXT, batch, &reason))
                return refuse(refusal, schema_column(scan->object->schema, i)->name, reason);
        } else if (i == scan->expires && scan->row.expires_ms > EXPIRES_MS_MAX) {
            return refuse(refusal, REDIS_EXPIRES, g_strdup(VALUE_NO_YEAR));
        } else if (i == scan->expires && scan->row.expires_ms >= 0) {
            Value end = {.type = TYPE_TIMESTAMP, .i = scan->row.expires_ms * 1000}, value;
            if (!value_cast(&end, scan->types[i], NULL, scan->scratch, &value, &reason))
                return refuse(refusal, schema_column(scan->object->schema, i)->name, reason);
            batch_put_value(batch, scan->wanted[i] - 1, &value);
        } else {
            batch_put_null(batch, scan->wanted[i] - 1);
        }
    }
    return true;
}

/* An end must not get lost. The reason, or NULL. */
static const char *
lost_end(const RedisScan *scan)
{
    const RedisObject *object = scan->object;
    if (object->expires != NULL || object->is_made || scan->row.expires_ms < 0)
        return NULL;
    return object->is_declared
               ? "it has an end, and the store's `objects` name no column for it: say `expires`"
               : "it has an end, which the first " G_STRINGIFY(
                     REDIS_SAMPLE_ROWS) " rows had not: say `columns` and `expires` in the store's "
                                        "`objects`";
}

static bool
put_row(RedisScan *scan, Part key, bool *filled, Batch *batch, Refusal *refusal)
{
    Part parts[HOLES_MAX];
    bool is_ours = redis_key_parse(scan->object, key.data, key.bytes, parts);
    g_assert(is_ours); /* keys.c took it for that */
    memset(filled, 0, scan->column_count);
    const char *lost = lost_end(scan);
    if (lost != NULL)
        return refuse(refusal, NULL, g_strdup(lost));
    return put_fields(scan, parts, filled, batch, refusal) &&
           put_key_and_rest(scan, parts, filled, batch, refusal);
}

static bool
redis_scan_next(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    RedisScan *scan = (RedisScan *) base;
    g_autofree bool *filled = g_new0(bool, scan->column_count);
    if (!redis_tick(scan->reader.conn, -1, error))
        return false;
    if (row_reader_is_at_edge(&scan->reader))
        scan->window_row = scan->next_row;
    while (!batch_is_full(batch)) {
        AUTO_REPLY *value = NULL, *expires = NULL;
        Refusal refusal = {0};
        Part key;
        bool is_there = false;
        if (row_reader_is_at_edge(&scan->reader) && batch->row_count > 0)
            return true; /* so that record() finds the rows of this batch among the keys at hand */
        if (row_reader_is_at_edge(&scan->reader))
            scan->window_row = scan->next_row;
        if (!row_reader_next(&scan->reader, &key, &value, &expires, error))
            return false;
        if (value == NULL)
            return true;
        int64_t row = scan->next_row++;
        bool is_good = redis_row_take(scan->object->kind, value, expires, &scan->row, &is_there,
                                      &refusal.reason);
        if (is_good && !is_there)
            continue; /* it has gone since we saw its key */
        if (is_good && put_row(scan, key, filled, batch, &refusal)) {
            batch_commit_row(batch, row);
            continue;
        }
        batch_drop_row(batch);
        reject(row, SIZE_MAX, refusal.column, refusal.reason, data);
        g_free(refusal.reason);
    }
    return true;
}

static bool
redis_scan_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    RedisScan *scan = (RedisScan *) base;
    RedisConn *conn = scan->reader.conn;
    g_autoptr(GString) commands = g_string_new(NULL);
    g_auto(RedisRow) row;
    AUTO_REPLY *value = NULL, *expires = NULL;
    g_autofree char *reason = NULL;
    bool is_there = false;
    redis_row_init(&row);
    int64_t at = row_id - scan->window_row;
    if (at < 0 || at >= (int64_t) scan->reader.taken)
        return fail(error, ERR_NOT_FOUND, "there is no row %" G_GINT64_FORMAT, row_id);
    Part key = keys_at(&scan->reader.keys, (guint) at);
    redis_row_ask(scan->object, key, commands);
    if (!redis_send(conn, conn->db, commands, error) ||
        !redis_next_any(conn, conn->db, &value, error) ||
        !redis_next_any(conn, conn->db, &expires, error))
        return false;
    if (!redis_row_take(scan->object->kind, value, expires, &row, &is_there, &reason) &&
        value->type == REDIS_REPLY_STRING) {
        Field raw = {.name = {"value", 5},
                     .value = {value->str, (size_t) value->len},
                     .kind = JSON_KIND_TEXT};
        g_array_append_val(row.fields, raw);
    }
    *ret = redis_row_json(scan->object, key, &row);
    return true;
}

const ScanOps redis_scan_ops = {
    .split = redis_split,
    .open = redis_scan_open,
    .next = redis_scan_next,
    .close = redis_scan_close,
    .record = redis_scan_record,
    .count = redis_count,
};
