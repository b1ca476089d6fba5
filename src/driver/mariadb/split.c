/*
 * split.c - where a table is cut into ranges, and how a range is said in SQL.
 *
 * A table with a key is cut at exact quantiles: the key is walked through once, in steps. Positions are texts that the server
 * alone compares, so no collation is ever guessed. Tables without a key, or with one whose columns are not ordered as their
 * texts say (enums, bytes, floats), and views are one range.
 *
 *   {"from": 17, "to": 40}                 a key of one whole number
 *   {"from": "m", "to": ["m", "7"]}        other keys; of several columns: a list
 */
#include "driver/mariadb/mariadb.h"

#include <string.h>

static bool
has_ranges(const MariaObject *object)
{
    return object->key->len > 0 && object->key_has_order && !object->is_view;
}

/* --- positions --- */

static bool
is_number(const char *text)
{
    size_t digits = strspn(text, "-0123456789.");
    return digits > 0 && text[digits] == '\0';
}

/* A cell of a key in SQL; NULL when it is none. */
static char *
position_sql(const json_t *position, const MariaObject *object, guint column)
{
    ColumnType type = g_array_index(object->key_types, ColumnType, column);
    const char *text = json_string_value(position);
    if (json_is_integer(position) && object->int_key != NULL)
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(position));
    if (text == NULL || (type == TYPE_INT && object->int_key != NULL && !is_number(text)))
        return NULL;
    bool is_plain = (type == TYPE_INT || type == TYPE_DECIMAL) && is_number(text);
    return is_plain ? g_strdup(text) : book_text("%Q", text);
}

/* "before or at", column by column: the index is used for that, and not for a comparison of rows. */
static bool
append_side(GString *sql, const MariaObject *object, const json_t *boundary, guint column,
            bool is_from)
{
    bool is_list = object->key->len > 1;
    bool is_last = column + 1 == object->key->len;
    if (is_list && json_array_size(boundary) != object->key->len)
        return false;
    const json_t *cell = is_list ? json_array_get(boundary, column) : boundary;
    g_autofree char *position = position_sql(cell, object, column);
    g_autofree char *name = maria_name(object->key->pdata[column]);
    if (position == NULL)
        return false;
    if (is_last) {
        g_string_append_printf(sql, "%s %s %s", name, is_from ? ">=" : "<", position);
        return true;
    }
    g_string_append_printf(sql, "%s %s %s OR (%s = %s AND (", name, is_from ? ">" : "<", position,
                           name, position);
    if (!append_side(sql, object, boundary, column + 1, is_from))
        return false;
    g_string_append(sql, "))");
    return true;
}

bool
maria_append_range(GString *sql, const MariaObject *object, const json_t *range, GError **error)
{
    static const char *const sides[] = {"from", "to"};
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        const json_t *boundary = json_object_get(range, sides[i]);
        g_autoptr(GString) side = g_string_new(NULL);
        if (boundary == NULL || json_is_null(boundary))
            continue;
        if (!has_ranges(object) || !append_side(side, object, boundary, 0, i == 0)) {
            g_autofree char *shown = json_dumps(boundary, JSON_ENCODE_ANY | JSON_COMPACT);
            return fail(error, ERR_INVALID, "%s is no position in '%s'", shown, object->name);
        }
        g_string_append_printf(sql, " AND (%s)", side->str);
    }
    return true;
}

/* --- cutting --- */

static void
add_range(json_t *ranges, json_t *from, json_t *to, int64_t rows)
{
    json_t *range = json_object();
    json_object_set(range, "from", from);
    json_object_set(range, "to", to);
    json_set_int(range, "rows", rows);
    json_array_append_new(ranges, range);
}

static json_t *
position_json(const MariaObject *object, MYSQL_ROW row)
{
    char *end = NULL;
    gint64 number = g_ascii_strtoll(row[0], &end, 10);
    g_autofree char *again = g_strdup_printf("%" G_GINT64_FORMAT, number);
    if (object->int_key != NULL && strcmp(again, row[0]) == 0)
        return json_integer(number);
    if (object->key->len == 1)
        return json_string(row[0]);
    json_t *list = json_array();
    for (guint i = 0; i < object->key->len; i++)
        json_array_append_new(list, json_string(row[i]));
    return list;
}

/* The key `rows` behind a position; `*ret` NULL: there are not so many. */
static bool
step(MariaConn *conn, const MariaObject *object, const char *keys, const json_t *from, int64_t rows,
     json_t **ret, GError **error)
{
    AUTO_ROWS *found = NULL;
    g_autoptr(GString) condition = g_string_new(NULL);
    g_autoptr(json_t) range = json_object();
    json_object_set(range, "from", (json_t *) from);
    if (!maria_append_range(condition, object, range, error) ||
        !maria_rows(conn, &found, error,
                    "SELECT %s FROM %s WHERE TRUE%s ORDER BY %s LIMIT 1 OFFSET %lld", keys,
                    object->sql, condition->str, keys, (long long) rows))
        return false;
    MYSQL_ROW row = mysql_fetch_row(found);
    *ret = row != NULL ? position_json(object, row) : NULL;
    return true;
}

static bool
split_by_key(MariaConn *conn, const MariaObject *object, int64_t rows, int64_t total, json_t **ret,
             GError **error)
{
    g_autoptr(json_t) ranges = json_array(), from = json_null();
    g_autofree char *keys = book_name_list(object->key, "");
    int64_t left = total;
    while (left > rows) {
        g_autoptr(json_t) to = NULL;
        if (!step(conn, object, keys, from, rows, &to, error))
            return false;
        if (to == NULL)
            break;
        add_range(ranges, from, to, rows);
        left -= rows;
        json_decref(from);
        from = g_steal_pointer(&to);
    }
    g_autoptr(json_t) end = json_null();
    add_range(ranges, from, end, left);
    *ret = g_steal_pointer(&ranges);
    return true;
}

bool
maria_split(Conn *base, const char *name, const RangeSize *size, json_t **ret_ranges,
            GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(MariaObject) object = NULL;
    int64_t total = 0;
    if (!maria_object_need(conn, name, &object, error) ||
        !maria_int(conn, &total, error, "SELECT count(*) FROM %s", object->sql))
        return false;
    if (has_ranges(object))
        return split_by_key(conn, object, range_size_of(size, total), total, ret_ranges, error);
    g_autoptr(json_t) none = json_null();
    *ret_ranges = json_array();
    add_range(*ret_ranges, none, none, total);
    return true;
}
