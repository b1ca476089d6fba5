/*
 * ndjson.c - reading JSON lines and JSON arrays: columns found by reading all records once.
 *
 * A column is bool, int or float where all its values are, else text: texts as they are, numbers and truths as they are
 * written, arrays as JSON. A member that is absent is NULL. Ranges are byte offsets, rows are told by their number.
 */
#include "base/limits.h"
#include "base/text.h"
#include "driver/drivers.h"
#include "driver/json_types.h"
#include "driver/ndjson/lexer.h"
#include "driver/ndjson/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 4096
#define NOT_WANTED SIZE_MAX

typedef struct {
    Scan base;
    FileObject file;
    JsonLexer lexer;
    bool is_lexing;
    GHashTable *
        columns; /* name → index + 1 of those that are wanted; NOT_WANTED: another one that is known */
    bool knows;             /* … and there are no others */
    GArray *places;         /* size_t: what `columns` has for each name of the lexer's shape … */
    uint64_t shape_changes; /* … when it had changed so often */
    Schema *output;
    size_t *found; /* member of the record for each column, + 1 */
    int64_t row, end;
    FilePlaces *seen; /* since the batch began */
    GString *scratch; /* of casts */
} JsonScan;

static void
json_scan_close(Scan *base)
{
    JsonScan *scan = (JsonScan *) base;
    if (scan->is_lexing)
        json_lexer_clear(&scan->lexer);
    file_object_clear(&scan->file);
    g_clear_pointer(&scan->columns, g_hash_table_unref);
    schema_free(scan->output);
    g_free(scan->found);
    g_array_unref(scan->seen);
    g_array_unref(scan->places);
    if (scan->scratch != NULL)
        g_string_free(scan->scratch, TRUE);
    g_free(scan);
}

static void
scan_drop(JsonScan **scan)
{
    if (*scan != NULL)
        json_scan_close(&(*scan)->base);
}

static bool
json_open_file(Conn *base, const char *object, JsonScan **ret, GError **error)
{
    __attribute__((cleanup(scan_drop))) JsonScan *scan = g_new0(JsonScan, 1);
    scan->row = 1;
    scan->end = -1;
    scan->seen = file_places_new();
    scan->scratch = g_string_new(NULL);
    scan->places = g_array_new(FALSE, FALSE, sizeof(size_t));
    if (!file_object_open_text((FileConn *) base, object, &scan->file, error))
        return false;
    scan->is_lexing = true;
    if (!json_lexer_start(&scan->lexer, scan->file.source, error))
        return false;
    *ret = g_steal_pointer(&scan);
    return true;
}

/* --- columns --- */

/* What was seen of each column, in the order in which they came. */
typedef struct {
    GPtrArray *names;       /* borrowed from `flags` */
    GHashTable *flags;      /* name → unsigned *, of json_saw() */
    GPtrArray *of_shape;    /* unsigned *, of each name of the lexer's shape … */
    uint64_t shape_changes; /* … when it had changed so often */
    char *first_problem;
} Sight;

static void
sight_clear(Sight *sight)
{
    g_ptr_array_unref(sight->names);
    g_ptr_array_unref(sight->of_shape);
    g_hash_table_unref(sight->flags);
    g_free(sight->first_problem);
}

static unsigned *
flags_of(Sight *sight, const char *name)
{
    unsigned *flags = g_hash_table_lookup(sight->flags, name);
    if (flags == NULL) {
        char *key = g_strdup(name);
        flags = g_new0(unsigned, 1);
        g_hash_table_insert(sight->flags, key, flags);
        g_ptr_array_add(sight->names, key);
    }
    return flags;
}

static void
see_record(Sight *sight, const JsonLexer *lexer)
{
    guint count = lexer->members->len;
    if (lexer->problem != NULL) {
        if (sight->first_problem == NULL)
            sight->first_problem = g_strdup_printf("line %" G_GINT64_FORMAT ": %s",
                                                   lexer->record_line, lexer->problem);
        return;
    }
    if (sight->shape_changes != lexer->shape_changes) {
        g_ptr_array_set_size(sight->of_shape, 0);
        sight->shape_changes = lexer->shape_changes;
    }
    for (guint i = sight->of_shape->len; i < count; i++)
        g_ptr_array_add(sight->of_shape, flags_of(sight, lexer->shape->pdata[i]));
    for (guint i = 0; i < count; i++) {
        const JsonMember *member = &g_array_index(lexer->members, JsonMember, i);
        *(unsigned *) sight->of_shape->pdata[i] |=
            json_saw(member->kind, lexer->scratch->str + member->text, member->text_bytes);
    }
}

static bool
see_records(Conn *conn, JsonScan *scan, Sight *sight, int64_t *ret_rows, GError **error)
{
    bool more = true;
    for (*ret_rows = 0;; ++*ret_rows) {
        if (!json_next(&scan->lexer, &more, error) || !file_tick(conn, *ret_rows, error))
            return false;
        if (!more)
            return true;
        see_record(sight, &scan->lexer);
        if (sight->names->len > COLUMNS_MAX)
            return fail(error, ERR_TOO_LARGE, "there are more than %d columns", COLUMNS_MAX);
    }
}

static bool
json_describe(Conn *conn, const char *object, Schema **ret, GError **error)
{
    __attribute__((cleanup(scan_drop))) JsonScan *scan = NULL;
    __attribute__((cleanup(sight_clear)))
    Sight sight = {.names = g_ptr_array_new(),
                   .flags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                   .of_shape = g_ptr_array_new()};
    int64_t rows = 0;
    if (!json_open_file(conn, object, &scan, error))
        return false;
    if (scan->file.schema != NULL) {
        *ret = schema_copy(scan->file.schema);
        return true;
    }
    if (!see_records(conn, scan, &sight, &rows, error))
        return false;
    if (sight.names->len == 0 &&
        rows > 0) /* a file of no records is a table that lost its columns */
        return fail(
            error, ERR_INVALID,
            "there is no record with a member in it, expected one JSON object a line or one "
            "array of objects%s%s",
            sight.first_problem != NULL ? "; " : "",
            sight.first_problem != NULL ? sight.first_problem : "");
    *ret = schema_new(object);
    for (guint i = 0; i < sight.names->len; i++)
        schema_add(*ret, sight.names->pdata[i],
                   json_type_of(*flags_of(&sight, sight.names->pdata[i])), "", true);
    return true;
}

/* --- ranges --- */

static bool
next_place(void *data, FilePlace *ret, bool *ret_more, GError **error)
{
    JsonScan *scan = data;
    if (!json_next(&scan->lexer, ret_more, error))
        return false;
    *ret = (FilePlace){.offset = scan->lexer.offset, .line = scan->lexer.record_line};
    return true;
}

static bool
json_split(Conn *conn, const char *object, const RangeSize *size, json_t **ret_ranges,
           GError **error)
{
    __attribute__((cleanup(scan_drop))) JsonScan *scan = NULL;
    static const FilePlace begin = {.row = 1, .line = 1};
    if (!json_open_file(conn, object, &scan, error))
        return false;
    scan->lexer.is_only_placed = true;
    return file_split(conn, &scan->file, &begin, size->rows, next_place, scan, ret_ranges, error);
}

/* --- rows --- */

static void
find_columns(JsonScan *scan, const ScanSpec *spec)
{
    scan->columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    scan->knows = spec->known != NULL;
    for (size_t i = 0; scan->knows && i < schema_count(spec->known); i++)
        g_hash_table_insert(scan->columns, g_strdup(schema_column(spec->known, i)->name),
                            GSIZE_TO_POINTER(NOT_WANTED));
    for (size_t i = 0; i < schema_count(scan->output); i++)
        g_hash_table_insert(scan->columns,
                            g_strdup(spec->items != NULL ? spec->items[i].name
                                                         : schema_column(scan->output, i)->name),
                            GSIZE_TO_POINTER(i + 1));
}

static bool
json_scan_open(Conn *conn, const ScanSpec *spec, Scan **ret, GError **error)
{
    __attribute__((cleanup(scan_drop))) JsonScan *scan = NULL;
    if (!json_open_file(conn, spec->object, &scan, error))
        return false;
    if (spec->output != NULL)
        scan->output = schema_copy(spec->output);
    else if (scan->file.schema != NULL)
        scan->output = schema_copy(scan->file.schema);
    else if (!json_describe(conn, spec->object, &scan->output, error))
        return false;
    scan->found = g_new0(size_t, schema_count(scan->output) + 1);
    find_columns(scan, spec);
    FilePlace from;
    if (!file_read_range(spec->range, spec->object, &from, &scan->end, error))
        return false;
    if (from.offset >= 0) {
        bool is_array = scan->lexer.is_array;
        scan->row = from.row;
        json_lexer_clear(&scan->lexer);
        json_lexer_init(&scan->lexer, scan->file.source, from.offset, from.line, is_array);
    }
    *ret = &g_steal_pointer(&scan)->base;
    return true;
}

/* May it stand in a column of that type? A text may: of dates, for example, and of decimals from elsewhere, JSON has no form of its own. */
static bool
is_of_type(const JsonMember *member, ColumnType type)
{
    switch (member->kind) {
    case JSON_KIND_BOOL:
        return type == TYPE_BOOL;
    case JSON_KIND_INT:
        return type == TYPE_INT || type == TYPE_FLOAT || type == TYPE_DECIMAL;
    case JSON_KIND_NUMBER:
        return type == TYPE_FLOAT || type == TYPE_DECIMAL;
    case JSON_KIND_TEXT:
        return true;
    case JSON_KIND_NULL:
    case JSON_KIND_ARRAY:
        return false;
    }
    g_assert_not_reached();
}

/* False with the reason. */
static bool
put_member(JsonScan *scan, const JsonMember *member, Batch *batch, size_t column, char **ret_reason)
{
    const char *data = scan->lexer.scratch->str + member->text;
    ColumnType type = batch->columns[column].type;
    Value value;
    if (member->kind == JSON_KIND_NULL) {
        batch_put_null(batch, column);
        return true;
    }
    if (type == TYPE_TEXT) {
        batch_put_bytes(batch, column, data, member->text_bytes);
        return true;
    }
    if (!is_of_type(member, type)) {
        *ret_reason = g_strdup_printf("'%.*s' is not of type %s", (int) MIN(member->text_bytes, 60),
                                      data, column_type_name(type));
        return false;
    }
    if (!json_cast(member->kind, data, member->text_bytes, type, scan->scratch, &value, ret_reason))
        return false;
    batch_put_value(batch, column, &value);
    return true;
}

/* What `columns` has for the member; 0: nothing. */
static size_t
place_of(JsonScan *scan, guint member)
{
    const JsonLexer *lexer = &scan->lexer;
    if (scan->shape_changes != lexer->shape_changes) {
        g_array_set_size(scan->places, 0);
        scan->shape_changes = lexer->shape_changes;
    }
    for (guint i = scan->places->len; i <= member; i++) {
        size_t place = GPOINTER_TO_SIZE(g_hash_table_lookup(scan->columns, lexer->shape->pdata[i]));
        g_array_append_val(scan->places, place);
    }
    return g_array_index(scan->places, size_t, member);
}

/* Which member is which column; false with a reason where there is one that was not there when the file was described. */
static bool
find_members(JsonScan *scan, char **ret_reason)
{
    const JsonLexer *lexer = &scan->lexer;
    memset(scan->found, 0, schema_count(scan->output) * sizeof *scan->found);
    for (guint i = 0; i < lexer->members->len; i++) {
        size_t place = place_of(scan, i);
        if (place == 0 && scan->knows) {
            *ret_reason = g_strdup_printf(
                "line %" G_GINT64_FORMAT
                ": it has a member '%s', which no record had when the file was described",
                lexer->record_line, (char *) lexer->shape->pdata[i]);
            return false;
        }
        if (place > 0 && place != NOT_WANTED)
            scan->found[place - 1] = i + 1;
    }
    return true;
}

/* The record at the lexer into the batch; false with a reason and, where one is to blame, the column. */
static bool
put_record(JsonScan *scan, Batch *batch, int64_t row, const char **ret_column, char **ret_reason)
{
    const JsonLexer *lexer = &scan->lexer;
    if (!find_members(scan, ret_reason))
        return false;
    for (size_t i = 0; i < schema_count(scan->output); i++) {
        if (scan->found[i] == 0) {
            batch_put_null(batch, i);
            continue;
        }
        const JsonMember *member = &g_array_index(lexer->members, JsonMember, scan->found[i] - 1);
        g_autofree char *reason = NULL;
        if (put_member(scan, member, batch, i, &reason))
            continue;
        *ret_column = schema_column(scan->output, i)->name;
        *ret_reason = g_strdup_printf("line %" G_GINT64_FORMAT ": %s", lexer->record_line, reason);
        batch_drop_row(batch);
        return false;
    }
    batch_commit_row(batch, row);
    return true;
}

static bool
json_scan_next(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    JsonScan *scan = (JsonScan *) base;
    g_array_set_size(scan->seen, 0);
    while (!batch_is_full(batch)) {
        bool more = false;
        const char *column = NULL;
        g_autofree char *reason = NULL;
        if (!json_next(&scan->lexer, &more, error))
            return false;
        if (!more || (scan->end >= 0 && scan->lexer.offset >= scan->end))
            return true;
        int64_t row = scan->row++;
        FilePlace place = {row, scan->lexer.offset, scan->lexer.record_line};
        g_array_append_val(scan->seen, place);
        if (scan->lexer.problem != NULL)
            reason =
                g_strdup_printf("line %" G_GINT64_FORMAT ": %s", place.line, scan->lexer.problem);
        if (reason != NULL || !put_record(scan, batch, row, &column, &reason))
            reject(row, SIZE_MAX, column, reason, data);
        if (file_places_are_enough(scan->seen, batch))
            return true;
    }
    return true;
}

static bool
json_scan_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    JsonScan *scan = (JsonScan *) base;
    FilePlace place;
    if (!file_places_find(scan->seen, row_id, &place, error))
        return false;
    JsonLexer lexer;
    bool more = false;
    json_lexer_init(&lexer, scan->file.source, place.offset, place.line, scan->lexer.is_array);
    bool done = json_next(&lexer, &more, error);
    if (done) {
        *ret = lexer.problem == NULL
                   ? json_loadb(json_raw(&lexer), lexer.record_bytes, JSON_ALLOW_NUL, NULL)
                   : NULL;
        if (*ret == NULL)
            *ret = raw_to_json(place.line, json_raw(&lexer), lexer.record_bytes);
    }
    json_lexer_clear(&lexer);
    return done;
}

static const ScanOps json_scan_ops = {
    .split = json_split,
    .open = json_scan_open,
    .next = json_scan_next,
    .close = json_scan_close,
    .record = json_scan_record,
    .count = file_count_rows,
};

static bool
ndjson_open(const Driver *self, const StoreConfig *store, Conn **ret, GError **error)
{
    return file_conn_open(self, &json_file_format, store, ret, error);
}

const Driver driver_ndjson = {
    .name = "ndjson",
    .summary = "JSON lines and JSON arrays",
    .open = ndjson_open,
    .close = file_conn_close,
    .describe = json_describe,
    .identity = file_conn_identity,
    .fingerprint = file_conn_fingerprint,
    .finds_columns = true,
    .types = &json_type_ops,
    .scan = &json_scan_ops,
    .load = &file_load_ops,
    .swap = &file_swap_ops,
};
