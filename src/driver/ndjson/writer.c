/*
 * writer.c - see writer.h.
 *
 * Truths and numbers are JSON's, where it has them exactly: a decimal is a text, and a number that JSON cannot say
 * (infinite, none) is refused. A float keeps a point or an exponent, so that it is read as one again. Dates are texts in
 * their canonical form. NULL is written as null, so that every record has every column.
 */
#include "driver/ndjson/writer.h"

#include <math.h>
#include <string.h>

static bool
is_array(const FileConn *conn, const char *object)
{
    g_autofree char *name = file_kind_name(object);
    return json_get_bool(json_object_get(conn->settings, "format"), "array",
                         g_str_has_suffix(name, ".json"));
}

/* Names that the reader would take apart, or not take at all. */
static bool
check(const FileConn *conn, const char *object, const Schema *schema, GError **error)
{
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *name = schema_column(schema, i)->name;
        g_autofree char *problem = text_problem(name, strlen(name));
        if (name[0] == '\0' || problem != NULL)
            return fail(error, ERR_INVALID, "a column's name cannot be a member of an object: %s",
                        problem != NULL ? problem : "it is empty");
    }
    return true;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* A byte of zero has its high bit set in the answer; so may have those behind it, never one before. */
static inline uint64_t
zeros(uint64_t word)
{
    return (word - EACH_BYTE) & ~word & HIGH_BITS;
}

static inline bool
is_plain(char letter)
{
    return (unsigned char) letter >= 0x20 && letter != '"' && letter != '\\';
}

/* How many letters from there on stand in JSON as they are, eight at a time. */
static size_t
plain_letters(const char *data, size_t bytes)
{
    size_t i = 0;
    uint64_t word;
    for (; i + sizeof word <= bytes; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        uint64_t control = (word - 0x20 * EACH_BYTE) & ~word & HIGH_BITS;
        if ((control | zeros(word ^ '"' * EACH_BYTE) | zeros(word ^ '\\' * EACH_BYTE)) != 0)
            break;
    }
    while (i < bytes && is_plain(data[i]))
        i++;
    return i;
}

void
json_append_text(const char *data, size_t bytes, GString *to)
{
    static const char from[] = "\"\\\b\f\n\r\t", into[] = "\"\\bfnrt";
    g_string_append_c(to, '"');
    for (size_t i = 0; i < bytes; i++) {
        size_t plain = plain_letters(data + i, bytes - i);
        g_string_append_len(to, data + i, (gssize) plain);
        i += plain;
        if (i == bytes)
            break;
        const char *known = strchr(from, data[i]);
        if (known != NULL)
            g_string_append_printf(to, "\\%c", into[known - from]);
        else
            g_string_append_printf(to, "\\u%04x", (unsigned char) data[i]);
    }
    g_string_append_c(to, '"');
}

/* Where a row's members are made: their names as JSON, each with its colon. */
static void *
prepare(const FileConn *conn, const char *object)
{
    return NULL;
}

static char *
append_float(double value, GString *to)
{
    Value number = {.type = TYPE_FLOAT, .f = value};
    size_t begin = to->len;
    if (!isfinite(value))
        return g_strdup("JSON has no number for it, as it is not finite");
    value_append_text(&number, to);
    if (strpbrk(to->str + begin, ".eE") == NULL)
        g_string_append(to, ".0");
    return NULL;
}

char *
json_append_value(const Value *value, GString *scratch, GString *to)
{
    char *problem = NULL;
    g_string_truncate(scratch, 0);
    switch (value->type) {
    case TYPE_BOOL:
        g_string_append(to, value->i != 0 ? "true" : "false");
        return NULL;
    case TYPE_INT:
        value_append_text(value, to);
        return NULL;
    case TYPE_FLOAT:
        return append_float(value->f, to);
    case TYPE_DECIMAL:
    case TYPE_TEXT:
    case TYPE_BYTES:
        problem = text_unwritable(value->s.data, value->s.bytes);
        if (problem == NULL)
            json_append_text(value->s.data, value->s.bytes, to);
        return problem;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_COUNT:
        break;
    }
    if (!value_has_text(value))
        return g_strdup(VALUE_NO_YEAR);
    value_append_text(value, scratch);
    json_append_text(scratch->str, scratch->len, to);
    return NULL;
}

static bool
append_row(const RowShape *shape, const Batch *batch, size_t row, GString *to, char **ret_reason)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(shape->schema); i++) {
        const char *name = schema_column(shape->schema, i)->name;
        size_t at = shape->columns[i];
        g_string_append_c(to, i > 0 ? ',' : '{');
        json_append_text(name, strlen(name), to);
        g_string_append_c(to, ':');
        if (at == SIZE_MAX || batch_is_null(batch, at, row)) {
            g_string_append(to, "null");
            continue;
        }
        Value value = batch_value(batch, at, row);
        g_autofree char *problem = json_append_value(&value, scratch, to);
        if (problem == NULL)
            continue;
        *ret_reason = g_strdup_printf("column '%s': %s", name, problem);
        return false;
    }
    g_string_append(to, "}\n");
    return true;
}

static void
append_head(const FileConn *conn, const char *object, const Schema *schema, GString *to)
{
    if (is_array(conn, object))
        g_string_append(to, "[\n");
}

static void
append_tail(const FileConn *conn, const char *object, GString *to)
{
    if (is_array(conn, object))
        g_string_append(to, "\n]\n");
}

static const char *
between(const FileConn *conn, const char *object)
{
    return is_array(conn, object) ? ",\n" : NULL;
}

const FileFormat json_file_format = {
    .check = check,
    .prepare = prepare,
    .append_row = append_row,
    .append_head = append_head,
    .append_tail = append_tail,
    .between = between,
};
