/*
 * writer.c - rows as CSV: RFC 4180, in the canonical text of every value, so that what is read back hashes the same.
 *
 * A field is quoted when it would be read as something else without: when it is empty, says what NULL says, holds the
 * delimiter, a quote or a line end, begins with a byte order mark, or has blanks at its ends, which people lose.
 */
#include "driver/csv/csv.h"

#include "base/limits.h"

#include <string.h>

bool
csv_format(const FileConn *conn, const char *object, CsvFormat *ret, GError **error)
{
    const json_t *format = json_object_get(conn->settings, "format");
    g_autofree char *name = file_kind_name(object);
    const char *usual = g_str_has_suffix(name, ".tsv") ? "\t" : ",";
    const char *delimiter = json_get_string(format, "delimiter", usual);
    if (strlen(delimiter) != 1 || strchr("\"\r\n", delimiter[0]) != NULL)
        return fail(error, ERR_INVALID, "format.delimiter is '%s', expected one character",
                    delimiter);
    *ret = (CsvFormat){.has_header = json_get_bool(format, "header", true),
                       .delimiter = delimiter[0],
                       .is_usual = json_object_get(format, "delimiter") == NULL,
                       .null_text = json_get_string(format, "null", "")};
    return true;
}

bool
csv_is_undivided(const CsvFormat *format, const char *name)
{
    return format->is_usual && format->has_header && strpbrk(name, ",;\t|") != NULL;
}

static bool
check(const FileConn *conn, const char *object, const Schema *schema, GError **error)
{
    CsvFormat format;
    if (!csv_format(conn, object, &format, error))
        return false;
    if (strpbrk(format.null_text, "\"\r\n") != NULL ||
        strchr(format.null_text, format.delimiter) != NULL)
        return fail(error, ERR_INVALID,
                    "format.null is '%s', which cannot be written without quotes",
                    format.null_text);
    for (size_t i = 0; !format.has_header && i < schema_count(schema); i++) {
        g_autofree char *name = g_strdup_printf("c%zu", i + 1);
        if (strcmp(schema_column(schema, i)->name, name) != 0)
            return fail(error, ERR_INVALID,
                        "a file without a header has columns c1, c2 and so on, not '%s'",
                        schema_column(schema, i)->name);
    }
    return true;
}

static void *
prepare(const FileConn *conn, const char *object)
{
    g_autofree CsvFormat *format = g_new0(CsvFormat, 1);
    return csv_format(conn, object, format, NULL) ? g_steal_pointer(&format) : NULL;
}

static bool
needs_quotes(const CsvFormat *format, const char *data, size_t bytes)
{
    if (bytes == 0 ||
        (strlen(format->null_text) == bytes && memcmp(format->null_text, data, bytes) == 0))
        return true;
    if (g_ascii_isspace(data[0]) || g_ascii_isspace(data[bytes - 1]) ||
        (bytes >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0))
        return true;
    for (size_t i = 0; i < bytes; i++)
        if (data[i] == format->delimiter || data[i] == '"' || data[i] == '\n' || data[i] == '\r')
            return true;
    return false;
}

static void
append_quoted(const char *data, size_t bytes, GString *to)
{
    g_string_append_c(to, '"');
    for (size_t at = 0; at < bytes;) {
        const char *quote = memchr(data + at, '"', bytes - at);
        size_t end = quote != NULL ? (size_t) (quote - data) + 1 : bytes;
        g_string_append_len(to, data + at, (gssize) (end - at));
        if (quote != NULL)
            g_string_append_c(to, '"');
        at = end;
    }
    g_string_append_c(to, '"');
}

static void
append_field(const CsvFormat *format, const char *data, size_t bytes, GString *to)
{
    if (needs_quotes(format, data, bytes))
        append_quoted(data, bytes, to);
    else
        g_string_append_len(to, data, (gssize) bytes);
}

/* Canonical texts of numbers and times need no quotes but where a delimiter is one of their characters. */
static char *
append_value(const CsvFormat *format, const Value *value, GString *scratch, GString *to)
{
    bool is_bytes =
        value->type == TYPE_TEXT || value->type == TYPE_DECIMAL || value->type == TYPE_BYTES;
    if (is_bytes) {
        char *problem = text_unwritable(value->s.data, value->s.bytes);
        if (problem == NULL)
            append_field(format, value->s.data, value->s.bytes, to);
        return problem;
    }
    if (!value_has_text(value))
        return g_strdup(VALUE_NO_YEAR);
    g_string_truncate(scratch, 0);
    value_append_text(value, scratch);
    append_field(format, scratch->str, scratch->len, to);
    return NULL;
}

static bool
append_row(const RowShape *shape, const Batch *batch, size_t row, GString *to, char **ret_reason)
{
    const CsvFormat *format = shape->how;
    size_t count = schema_count(shape->schema), begin = to->len;
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        size_t at = shape->columns[i];
        if (i > 0)
            g_string_append_c(to, format->delimiter);
        if (at == SIZE_MAX || batch_is_null(batch, at, row)) {
            g_string_append(to, format->null_text);
            continue;
        }
        Value value = batch_value(batch, at, row);
        g_autofree char *problem = append_value(format, &value, scratch, to);
        if (problem == NULL)
            continue;
        *ret_reason =
            g_strdup_printf("column '%s': %s", schema_column(shape->schema, i)->name, problem);
        return false;
    }
    if (to->len == begin) {
        *ret_reason = g_strdup("a row of one NULL would be an empty line, which is no record "
                               "(`format: { null: … }` gives NULL a word)");
        return false;
    }
    g_string_append_c(to, '\n');
    return true;
}

static void
append_head(const FileConn *conn, const char *object, const Schema *schema, GString *to)
{
    CsvFormat format;
    if (!csv_format(conn, object, &format, NULL) || !format.has_header)
        return;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *name = schema_column(schema, i)->name;
        if (i > 0)
            g_string_append_c(to, format.delimiter);
        if (schema_count(schema) == 1 && csv_is_undivided(&format, name))
            append_quoted(name, strlen(name), to);
        else
            append_field(&format, name, strlen(name), to);
    }
    g_string_append_c(to, '\n');
}

static void
append_tail(const FileConn *conn, const char *object, GString *to)
{
}

static const char *
between(const FileConn *conn, const char *object)
{
    return NULL;
}

const FileFormat csv_file_format = {
    .check = check,
    .prepare = prepare,
    .append_row = append_row,
    .append_head = append_head,
    .append_tail = append_tail,
    .between = between,
    .is_all_texts = true,
};
