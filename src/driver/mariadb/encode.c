/*
 * encode.c - rows of a batch as what stands behind VALUES.
 *
 * Values that a column would bend in silence, also where the server is told to be strict (blanks that do not fit, a fraction
 * of a second beyond the precision, zeros behind a short binary, a double in a float), are refused here, with the reason.
 */
#include "driver/mariadb/mariadb.h"

#include "model/canonical.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_SHOWN 40
#define LETTER_BYTES 4 /* of utf8mb4, at most */

static bool refuse(char **ret_reason, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool
refuse(char **ret_reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *ret_reason = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

/* --- where columns go --- */

static void
target_clear(void *data)
{
    maria_column_free(((MariaTarget *) data)->of);
}

/* What its type says in brackets. */
static void
take_sizes(MariaColumn *column)
{
    const char *open = strchr(column->declared, '(');
    int first = 0, second = 0;
    if (open == NULL || sscanf(open, "(%9d,%9d", &first, &second) < 1)
        return;
    if (strcmp(column->data_type, "decimal") == 0) {
        column->precision = first;
        column->scale = second;
    } else if (strcmp(column->data_type, "time") == 0) {
        column->scale = first;
    } else if (maria_has_form(column)) {
        return;
    } else if (column->type == TYPE_TEXT || column->type == TYPE_BYTES) {
        column->letters_max = first;
        column->bytes_max = column->type == TYPE_TEXT ? (int64_t) first * LETTER_BYTES : first;
    } else if (column->type == TYPE_TIMESTAMP) {
        column->scale = first;
    }
}

/* Of a table that is not there: what its columns are declared for. */
static GArray *
targets_to_be(const Schema *schema)
{
    GArray *targets = g_array_new(FALSE, TRUE, sizeof(MariaTarget));
    g_array_set_clear_func(targets, target_clear);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *from = schema_column(schema, i);
        MariaColumn *column = g_new0(MariaColumn, 1);
        column->name = g_strdup(from->name);
        g_autofree char *rest = NULL;
        column->declared = maria_made_type(schema, from, &rest);
        if (strcmp(column->declared, "json") ==
            0) { /* which is called so by nobody but who makes it */
            g_free(column->declared);
            column->declared = g_strdup(maria_type_names[TYPE_TEXT]);
        }
        column->data_type = g_strndup(column->declared, strcspn(column->declared, "( "));
        column->type = maria_type_of(column->data_type, column->declared);
        take_sizes(column);
        MariaTarget target = {
            .of = column, .type = from->type, .column = i, .is_own = maria_is_own(from, column)};
        g_array_append_val(targets, target);
    }
    return targets;
}

bool
maria_targets(MariaConn *conn, const char *stage, const Schema *schema, GArray **ret,
              GError **error)
{
    if (stage == NULL) {
        *ret = targets_to_be(schema);
        return true;
    }
    g_autoptr(MariaObject) object = NULL;
    g_autoptr(GArray) targets = g_array_new(FALSE, TRUE, sizeof(MariaTarget));
    g_array_set_clear_func(targets, target_clear);
    if (!maria_object_need(conn, stage, &object, error))
        return false;
    GPtrArray *columns = object->columns;
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *wanted = schema_column(schema, i);
        MariaColumn *column = (MariaColumn *) maria_column_named(columns, wanted->name);
        guint at = 0;
        if (column == NULL)
            return fail(error, ERR_DRIFT, "'%s' has no column '%s'", stage, wanted->name);
        if (column->is_generated || wanted->is_generated)
            continue;
        g_ptr_array_find(columns, column, &at);
        MariaTarget target = {.of = g_ptr_array_steal_index(columns, at),
                              .type = wanted->type,
                              .column = i,
                              .is_own = maria_is_own(wanted, column)};
        g_array_append_val(targets, target);
    }
    *ret = g_steal_pointer(&targets);
    return true;
}

char *
maria_target_list(const GArray *targets)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < targets->len; i++) {
        g_autofree char *name = maria_name(g_array_index(targets, MariaTarget, i).of->name);
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", name);
    }
    return g_string_free(list, FALSE);
}

/* --- what would be bent --- */

static bool
check_decimal(const MariaColumn *to, const char *text, size_t bytes, char **ret_reason)
{
    size_t begin = bytes > 0 && text[0] == '-';
    const char *point = memchr(text, '.', bytes);
    size_t whole = (point != NULL ? (size_t) (point - text) : bytes) - begin;
    size_t fraction = point != NULL ? bytes - begin - whole - 1 : 0;
    bool is_small = whole == 1 && text[begin] == '0';
    int scale = to->type == TYPE_DECIMAL && strcmp(to->data_type, "decimal") == 0 ? to->scale : 0;
    int most = strcmp(to->data_type, "decimal") == 0 ? to->precision - to->scale : 20;
    if (begin > 0 && strcmp(to->data_type, "bit") == 0)
        return refuse(ret_reason, "'%.*s' is below 0, and %s would take its bits",
                      (int) MIN(bytes, DIGITS_SHOWN), text, to->declared);
    if (fraction > (size_t) scale)
        return refuse(ret_reason, "'%.*s' has more digits than %s keeps",
                      (int) MIN(bytes, DIGITS_SHOWN), text, to->declared);
    return is_small || (int) whole <= most ||
           refuse(ret_reason, "'%.*s' is too large for %s", (int) MIN(bytes, DIGITS_SHOWN), text,
                  to->declared);
}

static bool
check_text(const MariaColumn *to, const char *text, size_t bytes, char **ret_reason)
{
    bool ends_blank = bytes > 0 && text[bytes - 1] == ' ';
    if (!canonical_utf8(text, bytes))
        return refuse(ret_reason, "the text is not UTF-8");
    if (ends_blank && strcmp(to->data_type, "char") == 0)
        return refuse(ret_reason, "a char drops blanks at the end");
    if (to->letters_max <= 0 || (int64_t) bytes <= to->letters_max)
        return true;
    int64_t letters = g_utf8_strlen(text, (gssize) bytes);
    if (letters > to->letters_max || (ends_blank && (int64_t) bytes > to->bytes_max))
        return refuse(ret_reason,
                      "the text has %" G_GINT64_FORMAT
                      " letters, the column takes %" G_GINT64_FORMAT,
                      letters, to->letters_max);
    return true;
}

static bool
check_bytes(const MariaColumn *to, size_t bytes, char **ret_reason)
{
    bool is_padded = strcmp(to->data_type, "binary") == 0;
    if (to->bytes_max <= 0 || (int64_t) bytes == to->bytes_max ||
        (!is_padded && (int64_t) bytes < to->bytes_max))
        return true;
    return refuse(ret_reason, "%zu bytes, the column takes %s%" G_GINT64_FORMAT, bytes,
                  is_padded ? "exactly " : "", to->bytes_max);
}

static bool
check_time(const MariaTarget *target, int64_t value, char **ret_reason)
{
    int64_t step = 1;
    for (int i = target->of->scale; target->type == TYPE_TIMESTAMP && i < 6; i++)
        step *= 10;
    return value % step == 0 ||
           refuse(ret_reason,
                  "the time is finer than the column, which keeps %d digits of a second",
                  target->of->scale);
}

/* What a double(p,s) or float(p,s) rounds a number to. */
static double
rounded(const MariaColumn *to, double value)
{
    double unit = pow(10, to->scale);
    bool has_scale = strchr(to->declared, ',') != NULL && isfinite(value * unit);
    return has_scale ? rint(value * unit) / unit : value;
}

static bool
check_float(const MariaColumn *to, double value, char **ret_reason)
{
    if (!isfinite(value))
        return refuse(ret_reason, "%s has no value in MariaDB", isnan(value) ? "NaN" : "infinity");
    double kept = rounded(to, value);
    bool is_kept =
        kept == value || (strcmp(to->data_type, "float") == 0 && (float) kept == (float) value);
    if (!is_kept)
        return refuse(ret_reason, "%.17g has more digits than %s keeps", value, to->declared);
    return strcmp(to->data_type, "float") != 0 || (double) (float) value == value ||
           refuse(ret_reason, "%.17g has no exact value in a float", value);
}

/* Of a year two digits are taken for one of our time. */
static bool
check_int(const MariaColumn *to, int64_t value, char **ret_reason)
{
    return strcmp(to->data_type, "year") != 0 || value < 1 || value > 99 ||
           refuse(ret_reason, "a year would take %" G_GINT64_FORMAT " for one with four digits",
                  value);
}

bool
maria_keeps(const MariaTarget *target, const Value *value, char **ret_reason)
{
    switch (value->type) {
    case TYPE_INT:
        return check_int(target->of, value->i, ret_reason);
    case TYPE_FLOAT:
        return check_float(target->of, value->f, ret_reason);
    case TYPE_DECIMAL:
        return check_decimal(target->of, value->s.data, value->s.bytes, ret_reason);
    case TYPE_TEXT:
        return check_text(target->of, value->s.data, value->s.bytes, ret_reason);
    case TYPE_BYTES:
        return check_bytes(target->of, value->s.bytes, ret_reason);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        return check_time(target, value->i, ret_reason);
    case TYPE_BOOL:
    case TYPE_COUNT:
        break;
    }
    return true;
}

/* --- literals --- */

void
maria_append_text(GString *to, const char *text, size_t bytes)
{
    g_string_append_c(to, '\'');
    for (const char *end = text + bytes; text < end;) {
        const char *quote = memchr(text, '\'', (size_t) (end - text));
        size_t part = quote != NULL ? (size_t) (quote - text) + 1 : (size_t) (end - text);
        g_string_append_len(to, text, (gssize) part);
        if (quote != NULL)
            g_string_append_c(to, '\'');
        text += part;
    }
    g_string_append_c(to, '\'');
}

static void
append_bytes(GString *to, const char *data, size_t bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    g_string_append(to, "X'");
    gsize at = to->len;
    g_string_set_size(to, at + 2 * bytes);
    for (size_t i = 0; i < bytes; i++) {
        to->str[at + 2 * i] = digits[(unsigned char) data[i] >> 4];
        to->str[at + 2 * i + 1] = digits[(unsigned char) data[i] & 15];
    }
    g_string_append_c(to, '\'');
}

static void
append_value(GString *to, const Value *value)
{
    gsize at = to->len;
    switch (value->type) {
    case TYPE_TEXT:
        maria_append_text(to, value->s.data, value->s.bytes);
        return;
    case TYPE_BYTES:
        append_bytes(to, value->s.data, value->s.bytes);
        return;
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
        g_string_append_c(to, '\'');
        value_append_text(value, to);
        g_string_append_c(to, '\'');
        return;
    case TYPE_FLOAT: /* without an exponent it would be a decimal */
        value_append_text(value, to);
        if (strchr(to->str + at, 'e') == NULL)
            g_string_append(to, "e0");
        return;
    case TYPE_BOOL:
        g_string_append_c(to, value->i != 0 ? '1' : '0');
        return;
    case TYPE_INT:
    case TYPE_DECIMAL:
    case TYPE_COUNT:
        value_append_text(value, to);
    }
}

bool
maria_encode_row(GString *to, const GArray *targets, const Batch *batch, size_t row,
                 size_t *ret_target, char **ret_reason)
{
    gsize begin = to->len;
    for (guint i = 0; i < targets->len; i++) {
        const MariaTarget *target = &g_array_index(targets, MariaTarget, i);
        Value value = batch_value(batch, target->column, row);
        g_string_append_c(to, i > 0 ? ',' : '(');
        if (value.is_null) {
            g_string_append(to, "NULL");
        } else if (!maria_keeps(target, &value, ret_reason)) {
            g_string_truncate(to, begin);
            *ret_target = i;
            return false;
        } else {
            append_value(to, &value);
        }
    }
    g_string_append_c(to, ')');
    return true;
}

/* --- lines --- */

/* Columns into which LOAD DATA puts a text as INSERT puts a literal: not bits, whose bytes it would take, nor sets and blobs. */
static bool
takes_lines(const MariaTarget *target)
{
    static const char *const words[][8] = {
        [TYPE_BOOL] = {"tinyint"},
        [TYPE_INT] = {"tinyint", "smallint", "mediumint", "int", "bigint"},
        [TYPE_FLOAT] = {"double"},
        [TYPE_DECIMAL] = {"decimal"},
        [TYPE_TEXT] = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"},
        [TYPE_DATE] = {"date"},
        [TYPE_TIMESTAMP] = {"datetime", "timestamp"},
        [TYPE_BYTES] = {NULL},
    };
    for (const char *const *word = words[target->type]; *word != NULL; word++)
        if (strcmp(*word, target->of->data_type) == 0)
            return true;
    return false;
}

bool
maria_takes_lines(const GArray *targets)
{
    for (guint i = 0; i < targets->len; i++)
        if (!takes_lines(&g_array_index(targets, MariaTarget, i)))
            return false;
    return targets->len > 0;
}

static void
append_escaped(GString *to, const char *text, size_t bytes)
{
    size_t begin = 0;
    for (size_t i = 0; i < bytes; i++) {
        char letter = text[i];
        if (letter != '\\' && letter != '\t' && letter != '\n' && letter != '\0')
            continue;
        g_string_append_len(to, text + begin, (gssize) (i - begin));
        g_string_append_c(to, '\\');
        g_string_append_c(to, letter == '\0'   ? '0'
                              : letter == '\n' ? 'n'
                              : letter == '\t' ? 't'
                                               : letter);
        begin = i + 1;
    }
    g_string_append_len(to, text + begin, (gssize) (bytes - begin));
}

static void
append_field(GString *to, const Value *value)
{
    if (value->is_null)
        g_string_append(to, "\\N");
    else if (value->type == TYPE_TEXT)
        append_escaped(to, value->s.data, value->s.bytes);
    else if (value->type == TYPE_BOOL)
        g_string_append_c(to, value->i != 0 ? '1' : '0');
    else
        value_append_text(value, to);
}

bool
maria_encode_line(GString *to, const GArray *targets, const Batch *batch, size_t row)
{
    gsize begin = to->len;
    for (guint i = 0; i < targets->len; i++) {
        const MariaTarget *target = &g_array_index(targets, MariaTarget, i);
        Value value = batch_value(batch, target->column, row);
        g_autofree char *reason = NULL;
        if (!value.is_null && !maria_keeps(target, &value, &reason)) {
            g_string_truncate(to, begin);
            return false;
        }
        if (i > 0)
            g_string_append_c(to, '\t');
        append_field(to, &value);
    }
    g_string_append_c(to, '\n');
    return true;
}
