/* cell.c - what the server sends, which is text, as values; and how it is asked so that the text says all. */
#include "driver/mariadb/mariadb.h"

#include "model/canonical.h"

#include <string.h>

#define CHARSET_BINARY 63

static ColumnType
type_of_field(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_YEAR:
        return TYPE_INT;
    case MYSQL_TYPE_LONGLONG:
        return (field->flags & UNSIGNED_FLAG) != 0 ? TYPE_DECIMAL : TYPE_INT;
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return TYPE_DECIMAL;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return TYPE_FLOAT;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return TYPE_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return TYPE_TIMESTAMP;
    case MYSQL_TYPE_GEOMETRY:
        return TYPE_BYTES;
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_NULL:
        return TYPE_TEXT;
    default:
        return field->charsetnr == CHARSET_BINARY ? TYPE_BYTES : TYPE_TEXT;
    }
}

char *
maria_read_sql(const char *item, const MYSQL_FIELD *field)
{
    if (field->type == MYSQL_TYPE_FLOAT) /* as itself it is printed with six digits */
        return g_strdup_printf("(%s) + 0e0", item);
    if (field->type == MYSQL_TYPE_BIT)
        return g_strdup_printf("(%s) + 0", item);
    return g_strdup(item);
}

bool
maria_look_at_items(MariaConn *conn, MYSQL *db, GPtrArray *items, const char *from,
                    ColumnType **ret_types, GError **error)
{
    AUTO_ROWS *none = NULL;
    g_ptr_array_add(items, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **) items->pdata);
    g_ptr_array_set_size(items, (int) items->len - 1);
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s LIMIT 0", list, from);
    if (!maria_rows_on(conn, db, sql, &none, error))
        return false;
    const MYSQL_FIELD *fields = mysql_fetch_fields(none);
    ColumnType *found = g_new0(ColumnType, items->len + 1);
    for (guint i = 0; i < items->len; i++) {
        char *item = items->pdata[i];
        found[i] = type_of_field(&fields[i]);
        items->pdata[i] = maria_read_sql(item, &fields[i]);
        g_free(item);
    }
    *ret_types = found;
    return true;
}

/* --- values --- */

static bool
read_timestamp(const char *cell, size_t bytes, int64_t *ret)
{
    if (memchr(cell, '.', bytes) != NULL) {
        while (cell[bytes - 1] == '0')
            bytes--;
        bytes -= cell[bytes - 1] == '.';
    }
    return canonical_timestamp(cell, bytes, ret);
}

static bool
read_int(const char *cell, int64_t *ret)
{
    char *end = NULL;
    *ret = g_ascii_strtoll(cell, &end, 10);
    return *end == '\0';
}

bool
maria_value(const char *cell, unsigned long bytes, ColumnType type, GString *scratch, Value *ret,
            char **ret_reason)
{
    Value text = {.type = TYPE_TEXT, .s = {cell, bytes}}, value = {.type = type};
    value.is_null = text.is_null = cell == NULL;
    *ret = value;
    if (cell == NULL)
        return true;
    switch (type) {
    case TYPE_INT:
        if (read_int(cell, &ret->i))
            return true;
        break;
    case TYPE_FLOAT:
        ret->f = g_ascii_strtod(cell, NULL);
        return true;
    case TYPE_DATE:
        if (canonical_date(cell, bytes, &ret->i))
            return true;
        break;
    case TYPE_TIMESTAMP:
        if (read_timestamp(cell, bytes, &ret->i))
            return true;
        break;
    case TYPE_TEXT:
        *ret = text;
        if (canonical_utf8(cell, bytes))
            return true;
        *ret_reason = g_strdup("the text is not UTF-8");
        return false;
    case TYPE_BYTES:
        ret->s.data = cell;
        ret->s.bytes = bytes;
        return true;
    case TYPE_DECIMAL:
        break;
    case TYPE_BOOL: {
        Value number = {.type = TYPE_INT};
        if (read_int(cell, &number.i))
            return value_cast(&number, type, NULL, scratch, ret, ret_reason);
        break;
    }
    case TYPE_COUNT:
        g_assert_not_reached();
    }
    return value_cast(&text, type, NULL, scratch, ret, ret_reason);
}
