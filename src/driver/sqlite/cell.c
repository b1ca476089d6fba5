/*
 * cell.c - cells between SQLite and typed batches, both ways, and into hashes.
 *
 * Reading: a cell of the class that its column's type is kept in is taken as it is; any other goes
 * through model/sqlite_value.h, which converts exactly or refuses. Texts must be UTF-8.
 *
 * Writing: SQLite bends values to a column's affinity in silence. '00501' in a column declared STRING
 * becomes 501, and the sixteenth digit of a NUMERIC is lost. What would not come back as it went in is
 * refused here, with the reason.
 */
#include "base/limits.h"
#include "driver/sqlite/sqlite.h"
#include "model/canonical.h"
#include "model/datetime.h"

#include <math.h>
#include <string.h>

/* --- reading --- */

static bool refuse(char **ret_reason, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool
refuse(char **ret_reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (ret_reason != NULL)
        *ret_reason = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

/* Any class for any type, by the common rule. */
static bool
cell_convert(sqlite3_stmt *statement, int index, Batch *batch, size_t column, GString *scratch,
             char **ret_reason)
{
    Value value;
    ColumnType type = batch->columns[column].type;
    if (sqlite3_column_bytes(statement, index) > CELL_BYTES_MAX)
        return refuse(ret_reason, "the value has %d bytes, at most %d can be moved",
                      sqlite3_column_bytes(statement, index), CELL_BYTES_MAX);
    /* between these two nothing converts: bytes are no text, and text is not bytes yet */
    bool is_blob = sqlite3_column_type(statement, index) == SQLITE_BLOB;
    if (is_blob && type != TYPE_BYTES)
        return refuse(ret_reason, "a blob is not of type %s", column_type_name(type));
    if (!is_blob && type == TYPE_BYTES)
        return refuse(ret_reason, "expected a blob");
    if (!sqlite_read_column(statement, index, type, scratch, &value, ret_reason))
        return false;
    if (!value.is_null && type == TYPE_TEXT && !canonical_utf8(value.s.data, value.s.bytes))
        return refuse(ret_reason, "the text is not UTF-8");
    if (!value.is_null && type == TYPE_BOOL && value.i != 0 && value.i != 1)
        return refuse(ret_reason, "%" G_GINT64_FORMAT " is neither 0 nor 1", value.i);
    batch_put_value(batch, column, &value);
    return true;
}

static bool
cell_read_text(sqlite3_stmt *statement, int index, sqlite3_value *cell, Batch *batch, size_t column,
               GString *scratch, char **ret_reason)
{
    const char *text = (const char *) sqlite3_value_text(cell);
    size_t bytes = (size_t) sqlite3_value_bytes(cell);
    int64_t time;
    switch (batch->columns[column].type) {
    case TYPE_TEXT:
        if (bytes > CELL_BYTES_MAX || !canonical_utf8(text, bytes))
            break;
        batch_put_bytes(batch, column, text, bytes);
        return true;
    case TYPE_DATE:
        if (!canonical_date(text, bytes, &time))
            break;
        batch_put_int(batch, column, time);
        return true;
    case TYPE_TIMESTAMP:
        if (!canonical_timestamp(text, bytes, &time))
            break;
        batch_put_int(batch, column, time);
        return true;
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_DECIMAL:
    case TYPE_BYTES:
    case TYPE_COUNT:
        break;
    }
    return cell_convert(statement, index, batch, column, scratch, ret_reason);
}

bool
cell_read(sqlite3_stmt *statement, int index, Batch *batch, size_t column, GString *scratch,
          char **ret_reason)
{
    ColumnType type = batch->columns[column].type;
    /* asked for once, not for class, text and length each; a connection that belongs to one thread has no lock for it to be under */
    sqlite3_value *cell = sqlite3_column_value(statement, index);
    switch (sqlite3_value_type(cell)) {
    case SQLITE_NULL:
        batch_put_null(batch, column);
        return true;
    case SQLITE_INTEGER:
        if (type != TYPE_INT)
            break;
        batch_put_int(batch, column, sqlite3_value_int64(cell));
        return true;
    case SQLITE_FLOAT:
        if (type != TYPE_FLOAT)
            break;
        batch_put_float(batch, column, sqlite3_value_double(cell));
        return true;
    case SQLITE_TEXT:
        return cell_read_text(statement, index, cell, batch, column, scratch, ret_reason);
    default:
        break;
    }
    return cell_convert(statement, index, batch, column, scratch, ret_reason);
}

/* --- hashing inside of the store --- */

bool
cell_hash(sqlite3_value *cell, ColumnType type, bool takes_null, RowHasher *hasher,
          GString *scratch)
{
    Value value;
    int class = sqlite3_value_type(cell);
    if (class == SQLITE_NULL) {
        row_hasher_null(hasher);
        return takes_null;
    }
    if (class == SQLITE_INTEGER && type == TYPE_INT) { /* most cells of many tables */
        row_hasher_int(hasher, type, sqlite3_value_int64(cell));
        return true;
    }
    if (!sqlite_read_kept(cell, type, scratch, &value))
        return false;
    if (type == TYPE_FLOAT)
        row_hasher_float(hasher, value.f);
    else if (type == TYPE_TEXT || type == TYPE_DECIMAL || type == TYPE_BYTES)
        row_hasher_bytes(hasher, type, value.s.data, value.s.bytes);
    else
        row_hasher_int(hasher, type, value.i);
    return true;
}

/* --- writing --- */

CellGuard
cell_guard(const Column *column)
{
    SqliteAffinity affinity = sqlite_affinity(column->declared);
    bool is_number = affinity != AFFINITY_TEXT && affinity != AFFINITY_BLOB;
    switch (column->type) {
    case TYPE_TEXT:
        return is_number ? GUARD_TEXT : GUARD_NONE;
    case TYPE_DECIMAL:
        return is_number ? GUARD_DECIMAL : GUARD_NONE;
    case TYPE_FLOAT:
        return GUARD_FLOAT;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return GUARD_TIME;
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_BYTES:
    case TYPE_COUNT:
        break;
    }
    return GUARD_NONE;
}

/* Would SQLite take the text for a number? Blanks around it do not keep it from that. */
static bool
looks_like_number(const char *text, size_t bytes)
{
    const char *end = text + bytes;
    size_t digits = 0;
    while (text < end && g_ascii_isspace(*text))
        text++;
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    for (; text < end && (g_ascii_isdigit(*text) || *text == '.'); text++)
        digits += *text != '.';
    return digits > 0 && (text == end || *text == 'e' || *text == 'E' || g_ascii_isspace(*text));
}

/* "0", "7", "-12": what comes back from a number as it was. */
static bool
is_plain_int(const char *text, size_t bytes)
{
    size_t i = bytes > 1 && text[0] == '-';
    if (bytes - i > SQLITE_DIGITS_KEPT || (text[i] == '0' && bytes > 1))
        return false;
    for (; i < bytes; i++)
        if (!g_ascii_isdigit(text[i]))
            return false;
    return true;
}

/* What SQLite is given for a cell. Its bytes lie in the batch, which outlives the statement's step, or in the scratch. */
typedef struct {
    int class; /* SQLITE_INTEGER… */
    union {
        int64_t i;
        double f;
        struct {
            const char *data;
            size_t bytes;
            sqlite3_destructor_type lives;
        } s;
    };
} Given;

static bool
give_heap(const Batch *batch, size_t column, size_t row, CellGuard guard, Given *ret,
          char **ret_reason)
{
    size_t bytes;
    const char *data = batch_bytes(batch, column, row, &bytes);
    if (guard == GUARD_TEXT && looks_like_number(data, bytes) && !is_plain_int(data, bytes))
        return refuse(ret_reason,
                      "SQLite would take '%.*s' for a number there: declare the column TEXT",
                      (int) MIN(bytes, 40), data);
    if (guard == GUARD_DECIMAL && !sqlite_keeps_decimal(data, bytes))
        return refuse(ret_reason,
                      "'%.*s' has more than %d digits, which SQLite would cut: declare the column "
                      "TEXT",
                      (int) MIN(bytes, 40), data, SQLITE_DIGITS_KEPT);
    ret->class = batch->columns[column].type == TYPE_BYTES ? SQLITE_BLOB : SQLITE_TEXT;
    ret->s.data = data;
    ret->s.bytes = bytes;
    ret->s.lives = SQLITE_STATIC;
    return true;
}

static bool
give_time(ColumnType type, int64_t value, GString *scratch, Given *ret, char **ret_reason)
{
    int64_t days = type == TYPE_DATE ? value : datetime_floor_days(value);
    if (!datetime_days_have_text(days))
        return refuse(ret_reason, "the year is outside of %d to %d", YEAR_MIN, YEAR_MAX);
    g_string_truncate(scratch, 0);
    if (type == TYPE_DATE)
        datetime_append_iso_date(scratch, value);
    else
        datetime_append_iso(scratch, value);
    ret->class = SQLITE_TEXT;
    ret->s.data = scratch->str;
    ret->s.bytes = scratch->len;
    ret->s.lives = SQLITE_TRANSIENT;
    return true;
}

static bool
give_float(double value, Given *ret, char **ret_reason)
{
    *ret = (Given){.class = SQLITE_FLOAT, .f = value};
    return !isnan(value) || refuse(ret_reason, "SQLite cannot keep NaN (it would be NULL)");
}

static bool
give(const Batch *batch, size_t column, size_t row, CellGuard guard, GString *scratch, Given *ret,
     char **ret_reason)
{
    ret->class = SQLITE_NULL;
    if (batch_is_null(batch, column, row))
        return true;
    ColumnType type = batch->columns[column].type;
    switch (type) {
    case TYPE_BOOL:
    case TYPE_INT:
        *ret = (Given){.class = SQLITE_INTEGER, .i = batch_int(batch, column, row)};
        return true;
    case TYPE_FLOAT:
        return give_float(batch_float(batch, column, row), ret, ret_reason);
    case TYPE_DECIMAL:
    case TYPE_TEXT:
    case TYPE_BYTES:
        return give_heap(batch, column, row, guard, ret, ret_reason);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return give_time(type, batch_int(batch, column, row), scratch, ret, ret_reason);
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}

bool
cell_bind(sqlite3_stmt *statement, int index, const Batch *batch, size_t column, size_t row,
          CellGuard guard, GString *scratch, char **ret_reason)
{
    Given given;
    int status;
    if (!give(batch, column, row, guard, scratch, &given, ret_reason))
        return false;
    if (given.class == SQLITE_NULL)
        status = sqlite3_bind_null(statement, index);
    else if (given.class == SQLITE_INTEGER)
        status = sqlite3_bind_int64(statement, index, given.i);
    else if (given.class == SQLITE_FLOAT)
        status = sqlite3_bind_double(statement, index, given.f);
    else if (given.class == SQLITE_BLOB)
        status = sqlite3_bind_blob64(statement, index, given.s.data, given.s.bytes, given.s.lives);
    else
        status = sqlite3_bind_text64(statement, index, given.s.data, given.s.bytes, given.s.lives,
                                     SQLITE_UTF8);
    return status == SQLITE_OK || refuse(ret_reason, "SQLite takes no such value");
}

bool
cell_is_kept(const Batch *batch, size_t column, size_t row, CellGuard guard, GString *scratch,
             char **ret_reason)
{
    Given given;
    return give(batch, column, row, guard, scratch, &given, ret_reason);
}

bool
cell_result(sqlite3_context *context, const Batch *batch, size_t column, size_t row,
            CellGuard guard, GString *scratch, char **ret_reason)
{
    Given given;
    if (!give(batch, column, row, guard, scratch, &given, ret_reason))
        return false;
    if (given.class == SQLITE_INTEGER)
        sqlite3_result_int64(context, given.i);
    else if (given.class == SQLITE_FLOAT)
        sqlite3_result_double(context, given.f);
    else if (given.class == SQLITE_BLOB)
        sqlite3_result_blob64(context, given.s.data, given.s.bytes, given.s.lives);
    else if (given.class == SQLITE_TEXT)
        sqlite3_result_text64(context, given.s.data, given.s.bytes, given.s.lives, SQLITE_UTF8);
    return true;
}

/* --- rows as JSON --- */

static json_t *
hex_to_json(const unsigned char *data, size_t bytes)
{
    GString *hex = g_string_sized_new(bytes * 2 + 1);
    for (size_t i = 0; i < bytes; i++)
        g_string_append_printf(hex, "%02x", data[i]);
    json_t *object = json_object();
    json_object_set_new(object, "hex", json_string(hex->str));
    g_string_free(hex, TRUE);
    return object;
}

static json_t *
cell_to_json(sqlite3_stmt *statement, int index)
{
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, index));
    case SQLITE_FLOAT: {
        double value = sqlite3_column_double(statement, index);
        return isfinite(value) ? json_real(value) : json_string(value > 0 ? "Inf" : "-Inf");
    }
    case SQLITE_NULL:
        return json_null();
    default: {
        const unsigned char *data = sqlite3_column_blob(statement, index); /* NULL: it is empty */
        size_t bytes = MIN((size_t) sqlite3_column_bytes(statement, index), 65536);
        json_t *text = sqlite3_column_type(statement, index) == SQLITE_TEXT
                           ? json_stringn(data != NULL ? (const char *) data : "", bytes)
                           : NULL;
        return text != NULL ? text : hex_to_json(data, bytes);
    }
    }
}

json_t *
row_to_json(sqlite3_stmt *statement, int from_column)
{
    json_t *row = json_object();
    for (int i = from_column; i < sqlite3_column_count(statement); i++)
        json_object_set_new(row, sqlite3_column_name(statement, i), cell_to_json(statement, i));
    return row;
}
