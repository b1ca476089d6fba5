/* sqlite_value.c - typed values in and out of SQLite's cells; the rules are in the header. */
#include "model/sqlite_value.h"

#include "base/limits.h"
#include "model/canonical.h"
#include "model/datetime.h"
#include "model/digits.h"

#include <math.h>
#include <string.h>

void
sqlite_prepare(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* The cell in the type that SQLite keeps it in. */
static Value
column_as_kept(sqlite3_stmt *statement, int index)
{
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        return (Value){.type = TYPE_INT, .i = sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT:
        return (Value){.type = TYPE_FLOAT, .f = sqlite3_column_double(statement, index)};
    case SQLITE_TEXT:
        return (Value){.type = TYPE_TEXT,
                       .s = {.data = (const char *) sqlite3_column_text(statement, index),
                             .bytes = (size_t) sqlite3_column_bytes(statement, index)}};
    case SQLITE_BLOB:
        return (Value){.type = TYPE_BYTES,
                       .s = {.data = sqlite3_column_blob(statement, index),
                             .bytes = (size_t) sqlite3_column_bytes(statement, index)}};
    default:
        return (Value){.is_null = true};
    }
}

static Value
argument_as_kept(sqlite3_value *cell)
{
    switch (sqlite3_value_type(cell)) {
    case SQLITE_INTEGER:
        return (Value){.type = TYPE_INT, .i = sqlite3_value_int64(cell)};
    case SQLITE_FLOAT:
        return (Value){.type = TYPE_FLOAT, .f = sqlite3_value_double(cell)};
    case SQLITE_TEXT:
        return (Value){.type = TYPE_TEXT,
                       .s = {.data = (const char *) sqlite3_value_text(cell),
                             .bytes = (size_t) sqlite3_value_bytes(cell)}};
    case SQLITE_BLOB:
        return (Value){
            .type = TYPE_BYTES,
            .s = {.data = sqlite3_value_blob(cell), .bytes = (size_t) sqlite3_value_bytes(cell)}};
    default:
        return (Value){.is_null = true};
    }
}

static bool
kept_to_typed(Value *kept, ColumnType type, GString *scratch, Value *ret, char **ret_reason)
{
    /* an empty blob has no address, which would look like something missing */
    if (!kept->is_null && kept->type == TYPE_BYTES && kept->s.data == NULL)
        kept->s.data = "";
    if (kept->type == type || kept->is_null) {
        kept->type = type;
        *ret = *kept;
        return true;
    }
    if (kept->type == TYPE_BYTES || type == TYPE_BYTES) {
        if (ret_reason != NULL)
            *ret_reason = kept->type == TYPE_BYTES
                              ? g_strdup_printf("a blob is not of type %s", column_type_name(type))
                              : g_strdup("expected a blob");
        return false;
    }
    return value_cast(kept, type, NULL, scratch, ret, ret_reason);
}

bool
sqlite_read_column(sqlite3_stmt *statement, int index, ColumnType type, GString *scratch,
                   Value *ret, char **ret_reason)
{
    Value kept = column_as_kept(statement, index);
    return kept_to_typed(&kept, type, scratch, ret, ret_reason);
}

bool
sqlite_read_argument(sqlite3_value *cell, ColumnType type, GString *scratch, Value *ret,
                     char **ret_reason)
{
    Value kept = argument_as_kept(cell);
    return kept_to_typed(&kept, type, scratch, ret, ret_reason);
}

/* --- cells that are as we write them --- */

#define INT_DIGITS_KEPT 18 /* that always fit 64 bits, with the sign's place */
#define INT_BYTES_MAX (sizeof "-9223372036854775808" - 1)
#define DOUBLE_BYTES_MAX 300 /* as far as all decimals with few digits have a double near them */

/* A column of numbers keeps it as an INTEGER. */
static bool
is_kept_whole(const char *text, size_t bytes)
{
    Digits digits;
    int64_t whole = 0;
    bool is_cut = false;
    if (bytes > INT_BYTES_MAX || memchr(text, '.', bytes) != NULL)
        return false;
    return bytes <= INT_DIGITS_KEPT ||
           (digits_read(text, bytes, &digits) && digits_to_int(&digits, &whole, &is_cut));
}

bool
sqlite_keeps_decimal(const char *text, size_t bytes)
{
    size_t digits = 0, zeros = 0;
    if (is_kept_whole(text, bytes))
        return true;
    if (bytes > DOUBLE_BYTES_MAX)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (!g_ascii_isdigit(text[i]))
            continue;
        if (text[i] == '0' && digits == 0)
            continue; /* leading */
        zeros = text[i] == '0' ? zeros + 1 : 0;
        digits++;
    }
    return digits - zeros <= SQLITE_DIGITS_KEPT;
}

/* Another class than the type's own: only numbers that stand for decimals and floats. */
static bool
kept_number(sqlite3_value *cell, ColumnType type, GString *scratch, Value *ret)
{
    if (type != TYPE_DECIMAL && type != TYPE_FLOAT)
        return false;
    return sqlite_read_argument(cell, type, scratch, ret, NULL) &&
           (type == TYPE_FLOAT || sqlite_keeps_decimal(ret->s.data, ret->s.bytes));
}

static bool
kept_text(sqlite3_value *cell, ColumnType type, GString *scratch, Value *ret)
{
    /* as a blob: asking for text would copy it to add a zero */
    const char *text = sqlite3_value_blob(cell);
    size_t bytes = (size_t) sqlite3_value_bytes(cell);
    if (bytes > CELL_BYTES_MAX)
        return false;
    switch (type) {
    case TYPE_TEXT:
        *ret = (Value){.type = type, .s = {text != NULL ? text : "", bytes}};
        return canonical_utf8(text, bytes);
    case TYPE_DATE:
        *ret = (Value){.type = type};
        return canonical_date(text, bytes, &ret->i);
    case TYPE_TIMESTAMP:
        *ret = (Value){.type = type};
        return canonical_timestamp(text, bytes, &ret->i);
    case TYPE_DECIMAL:
        return sqlite_read_argument(cell, type, scratch, ret, NULL) && ret->s.bytes == bytes &&
               memcmp(ret->s.data, text, bytes) == 0;
    case TYPE_BOOL:
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_BYTES:
    case TYPE_COUNT:
        break;
    }
    return false;
}

bool
sqlite_read_kept(sqlite3_value *cell, ColumnType type, GString *scratch, Value *ret)
{
    switch (sqlite3_value_type(cell)) {
    case SQLITE_NULL:
        *ret = (Value){.is_null = true, .type = type};
        return true;
    case SQLITE_INTEGER:
        if (type != TYPE_INT && type != TYPE_BOOL)
            return kept_number(cell, type, scratch, ret);
        *ret = (Value){.type = type, .i = sqlite3_value_int64(cell)};
        return type == TYPE_INT || ret->i == 0 || ret->i == 1;
    case SQLITE_FLOAT:
        if (type != TYPE_FLOAT)
            return kept_number(cell, type, scratch, ret);
        *ret = (Value){.type = type, .f = sqlite3_value_double(cell)};
        return true;
    case SQLITE_TEXT:
        return kept_text(cell, type, scratch, ret);
    default: {
        const char *data = sqlite3_value_blob(cell);
        *ret = (Value){.type = type,
                       .s = {data != NULL ? data : "", (size_t) sqlite3_value_bytes(cell)}};
        return type == TYPE_BYTES && ret->s.bytes <= CELL_BYTES_MAX;
    }
    }
}

/* --- writing --- */

/* Dates and timestamps as text; the buffer holds any of them. */
#define TIME_TEXT_BYTES 48

static int
time_text(const Value *value, char *buffer)
{
    /* a string that lies in the buffer: it never has to grow, so nothing is allocated per cell */
    GString text = {.str = buffer, .allocated_len = TIME_TEXT_BYTES};
    value_append_text(value, &text);
    g_assert(text.str == buffer);
    return (int) text.len;
}

bool
sqlite_has_none(const Value *value)
{
    return !value->is_null && value->type == TYPE_FLOAT && isnan(value->f);
}

int
sqlite_bind_typed(sqlite3_stmt *statement, int index, const Value *value)
{
    char buffer[TIME_TEXT_BYTES];
    if (value->is_null)
        return sqlite3_bind_null(statement, index);
    switch (value->type) {
    case TYPE_BOOL:
    case TYPE_INT:
        return sqlite3_bind_int64(statement, index, value->i);
    case TYPE_FLOAT:
        return sqlite3_bind_double(statement, index, value->f);
    case TYPE_DECIMAL:
    case TYPE_TEXT:
        return sqlite3_bind_text64(statement, index, value->s.bytes > 0 ? value->s.data : "",
                                   value->s.bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    case TYPE_BYTES:
        return sqlite3_bind_blob64(statement, index, value->s.bytes > 0 ? value->s.data : "",
                                   value->s.bytes, SQLITE_TRANSIENT);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return sqlite3_bind_text(statement, index, buffer, time_text(value, buffer),
                                 SQLITE_TRANSIENT);
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}

void
sqlite_result_typed(sqlite3_context *context, const Value *value)
{
    char buffer[TIME_TEXT_BYTES];
    if (value->is_null) {
        sqlite3_result_null(context);
        return;
    }
    switch (value->type) {
    case TYPE_BOOL:
    case TYPE_INT:
        sqlite3_result_int64(context, value->i);
        return;
    case TYPE_FLOAT:
        sqlite3_result_double(context, value->f);
        return;
    case TYPE_DECIMAL:
    case TYPE_TEXT:
        sqlite3_result_text64(context, value->s.bytes > 0 ? value->s.data : "", value->s.bytes,
                              SQLITE_TRANSIENT, SQLITE_UTF8);
        return;
    case TYPE_BYTES:
        sqlite3_result_blob64(context, value->s.bytes > 0 ? value->s.data : "", value->s.bytes,
                              SQLITE_TRANSIENT);
        return;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        sqlite3_result_text(context, buffer, time_text(value, buffer), SQLITE_TRANSIENT);
        return;
    case TYPE_COUNT:
        break;
    }
    g_assert_not_reached();
}

SqliteAffinity
sqlite_affinity(const char *declared)
{
    static const struct {
        const char *part;
        SqliteAffinity affinity;
    } rules[] = {
        {"INT", AFFINITY_INTEGER}, {"CHAR", AFFINITY_TEXT}, {"CLOB", AFFINITY_TEXT},
        {"TEXT", AFFINITY_TEXT},   {"BLOB", AFFINITY_BLOB}, {"REAL", AFFINITY_REAL},
        {"FLOA", AFFINITY_REAL},   {"DOUB", AFFINITY_REAL},
    };
    g_autofree char *upper = g_ascii_strup(declared, -1);
    if (upper[0] == '\0')
        return AFFINITY_BLOB;
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (strstr(upper, rules[i].part) != NULL)
            return rules[i].affinity;
    return AFFINITY_NUMERIC;
}
