/*
 * split.c - where ranges begin and end.
 *
 * A table with a rowid is cut at quantiles of the rowid, one WITHOUT ROWID at quantiles of its key: the
 * index is walked once, `rows` entries at a time, so gaps and negative numbers make no difference (rowids
 * that look as if they had no gap are cut into equal parts, which is quicker). The
 * first range has no beginning and the last no end, so rows that come later are somewhere, too. Views, and
 * tables whose columns hide every name of the rowid, are one range.
 */
#include "base/text.h"
#include "driver/sqlite/scan.h"
#include "driver/sqlite/text.h"

#include <string.h>

/* Rowids are looked at in so many places, at so many in each: a millisecond, where counting a million rows is fifty. */
#define LOOKS 100
#define LOOK_ROWS 100

GPtrArray *
sqlite_position_columns(const SqliteObject *object)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(g_free);
    if (object->rowid != NULL)
        g_ptr_array_add(columns, g_strdup(object->rowid));
    else if (object->kind == OBJECT_TABLE && !object->has_rowid)
        for (guint i = 0; i < object->key->len; i++)
            g_ptr_array_add(columns, sql_quote(object->key->pdata[i]));
    return columns;
}

/* A cell of a key as JSON that says its class. */
static json_t *
position_to_json(sqlite3_stmt *statement, int index)
{
    g_autofree char *text = NULL;
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, index));
    case SQLITE_FLOAT: /* as text: plans hold no floating-point numbers */
        text = g_strdup_printf("%.17g", sqlite3_column_double(statement, index));
        return json_pack("{ss}", "real", text);
    case SQLITE_TEXT: {
        json_t *json = json_stringn((const char *) sqlite3_column_text(statement, index),
                                    (size_t) sqlite3_column_bytes(statement, index));
        if (json != NULL && memchr(sqlite3_column_text(statement, index), '\0',
                                   (size_t) sqlite3_column_bytes(statement, index)) == NULL)
            return json;
        json_decref(json);
        break;
    }
    default:
        break;
    }
    GString *hex = g_string_new(NULL);
    const unsigned char *data = sqlite3_column_blob(statement, index);
    for (int i = 0; i < sqlite3_column_bytes(statement, index); i++)
        g_string_append_printf(hex, "%02x", data[i]);
    const char *kind = sqlite3_column_type(statement, index) == SQLITE_TEXT ? "text" : "blob";
    json_t *object = json_pack("{ss}", kind, hex->str);
    g_string_free(hex, TRUE);
    return object;
}

/* The same as an SQL literal; NULL when it is none of ours. */
static char *
position_to_sql(const json_t *position)
{
    if (json_is_integer(position))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(position));
    if (json_is_string(position)) {
        char *quoted = sqlite3_mprintf("%Q", json_string_value(position));
        char *copy = g_strdup(quoted);
        sqlite3_free(quoted);
        return copy;
    }
    const char *real = json_get_string(position, "real", NULL);
    const char *text = json_get_string(position, "text", NULL);
    const char *hex = text != NULL ? text : json_get_string(position, "blob", NULL);
    if (real != NULL && real[strspn(real, "0123456789+-.e")] == '\0')
        return g_strdup(real);
    if (hex == NULL || hex[strspn(hex, "0123456789abcdef")] != '\0' || strlen(hex) % 2 != 0)
        return NULL;
    return g_strdup_printf(text != NULL ? "CAST(x'%s' AS TEXT)" : "x'%s'", hex);
}

/* A boundary: one literal, or "(a, b)" of them. NULL when it does not fit the columns. */
static char *
boundary_to_sql(const json_t *boundary, guint columns)
{
    if (columns == 1 && !json_is_array(boundary))
        return position_to_sql(boundary);
    if (json_array_size(boundary) != columns)
        return NULL;
    GString *sql = g_string_new("(");
    for (guint i = 0; i < columns; i++) {
        g_autofree char *literal = position_to_sql(json_array_get(boundary, i));
        if (literal == NULL)
            return g_string_free(sql, TRUE);
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", literal);
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static void
add_range(json_t *ranges, json_t *from, json_t *to, int64_t rows)
{
    json_t *range = json_object();
    json_object_set(range, "from", from);
    json_object_set(range, "to", to);
    json_object_set_new(range, "rows", json_integer(rows));
    json_array_append_new(ranges, range);
}

/* The position `rows` rows after `*boundary`, which it replaces; NULL at the end. */
static bool
next_boundary(SqliteConn *conn, const char *table, const GPtrArray *columns, int64_t rows,
              json_t **boundary, GError **error)
{
    g_autofree char *list = text_join(columns, ", ");
    g_autofree char *literal =
        json_is_null(*boundary) ? g_strdup("") : boundary_to_sql(*boundary, columns->len);
    g_assert(literal != NULL);
    const char *open = columns->len > 1 ? "(" : "", *close = columns->len > 1 ? ")" : "";
    AUTO_STMT *find = NULL;
    bool row = false;
    if (!sq_prepare(conn, &find, error,
                    "SELECT %s FROM main.%s %s%s%s%s%s%s ORDER BY %s LIMIT 1 OFFSET %lld", list,
                    table, literal[0] != '\0' ? "WHERE " : "", literal[0] != '\0' ? open : "",
                    literal[0] != '\0' ? list : "", literal[0] != '\0' ? close : "",
                    literal[0] != '\0' ? " >= " : "", literal, list, (long long) rows) ||
        !sq_step(conn, find, &row, error))
        return false;
    json_decref(*boundary);
    *boundary = NULL;
    if (row && columns->len == 1)
        *boundary = position_to_json(find, 0);
    else if (row)
        *boundary = json_array();
    for (guint i = 0; row && columns->len > 1 && i < columns->len; i++)
        json_array_append_new(*boundary, position_to_json(find, (int) i));
    return true;
}

/* Has every rowid of `count` from `first` on a row? All are looked at where they are few, else some here and there. */
static bool
looks_dense(SqliteConn *conn, const SqliteObject *object, int64_t first, int64_t count, bool *ret,
            GError **error)
{
    bool is_whole = count <= LOOKS * LOOK_ROWS;
    int64_t looks = is_whole ? 1 : LOOKS, rows = is_whole ? count : LOOK_ROWS;
    int64_t step = is_whole ? 0 : (count - LOOK_ROWS) / (LOOKS - 1), least = 0;
    if (!sq_int(conn, &least, error,
                "WITH RECURSIVE _honk_look(_honk_from) AS (SELECT %lld UNION ALL SELECT _honk_from "
                "+ %lld FROM _honk_look LIMIT %lld) SELECT min((SELECT count(*) FROM main.\"%w\" "
                "WHERE %s BETWEEN _honk_from AND _honk_from + %lld)) FROM _honk_look",
                (long long) first, (long long) step, (long long) looks, object->name, object->rowid,
                (long long) rows - 1))
        return false;
    *ret = least == rows;
    return true;
}

/* Equal parts of rowids without a gap have as many rows each, so nothing needs to be walked or counted. Gaps that were not seen make
 * ranges that have fewer rows than they say, never more. */
static bool
split_dense(SqliteConn *conn, const SqliteObject *object, const RangeSize *size, json_t *ranges,
            bool *ret_done, GError **error)
{
    int64_t first = 0, last = 0;
    *ret_done = false;
    if (object->rowid == NULL)
        return true;
    if (!sq_int(conn, &first, error, "SELECT min(%s) FROM main.\"%w\"", object->rowid,
                object->name) ||
        !sq_int(conn, &last, error, "SELECT max(%s) FROM main.\"%w\"", object->rowid, object->name))
        return false;
    /* unsigned: the first may be far below zero */
    uint64_t span = (uint64_t) last - (uint64_t) first;
    if (span >= INT64_MAX)
        return true;
    int64_t count = (int64_t) span + 1;
    if (!looks_dense(conn, object, first, count, ret_done, error))
        return false;
    int64_t rows = range_size_of(size, count);
    for (int64_t done = 0; *ret_done && done < count; done += rows) {
        int64_t left = count - done;
        g_autoptr(json_t) from = done == 0 ? json_null() : json_integer(first + done);
        g_autoptr(json_t) to = left <= rows ? json_null() : json_integer(first + done + rows);
        add_range(ranges, from, to, MIN(rows, left));
        if (left <= rows)
            break;
    }
    return true;
}

bool
sqlite_split(Conn *base, const char *name, const RangeSize *size, json_t **ret_ranges,
             GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    if (!sqlite_object_need(conn, name, &object, error))
        return false;
    g_autoptr(GPtrArray) columns = sqlite_position_columns(object);
    g_autofree char *table = sql_quote(object->name);
    g_autoptr(json_t) ranges = json_array();
    g_autoptr(json_t) from = json_null();
    g_autoptr(json_t) to = json_null();
    bool done = false;
    if (!split_dense(conn, object, size, ranges, &done, error))
        return false;
    if (done) {
        *ret_ranges = g_steal_pointer(&ranges);
        return true;
    }
    while (columns->len > 0) {
        if (!next_boundary(conn, table, columns, size->rows, &to, error))
            return false;
        if (to == NULL)
            break;
        add_range(ranges, from, to, size->rows);
        json_decref(from);
        from = json_incref(to);
    }
    json_decref(to);
    to = json_null();
    int64_t last = 0;
    g_autofree char *list = text_join(columns, ", ");
    g_autofree char *literal =
        json_is_null(from) ? g_strdup("") : boundary_to_sql(from, columns->len);
    const char *open = columns->len > 1 ? "(" : "", *close = columns->len > 1 ? ")" : "";
    bool counted =
        literal[0] == '\0'
            ? sq_int(conn, &last, error, "SELECT count(*) FROM main.%s", table)
            : sq_int(conn, &last, error, "SELECT count(*) FROM main.%s WHERE %s%s%s >= %s", table,
                     open, list, close, literal);
    if (!counted)
        return false;
    add_range(ranges, from, to, last);
    *ret_ranges = g_steal_pointer(&ranges);
    return true;
}

bool
sqlite_append_range(GString *sql, const SqliteObject *object, const json_t *range, GError **error)
{
    g_autoptr(GPtrArray) columns = sqlite_position_columns(object);
    g_autofree char *list = text_join(columns, ", ");
    static const char *const sides[] = {"from", "to"};
    static const char *const signs[] = {">=", "<"};
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        const json_t *boundary = json_object_get(range, sides[i]);
        if (boundary == NULL || json_is_null(boundary))
            continue;
        g_autofree char *literal =
            columns->len > 0 ? boundary_to_sql(boundary, columns->len) : NULL;
        if (literal == NULL) {
            g_autofree char *shown = json_compact(boundary);
            return fail(error, ERR_INVALID, "%s is no position in '%s'", shown, object->name);
        }
        bool is_row = columns->len > 1;
        g_string_append_printf(sql, " AND %s%s%s %s %s", is_row ? "(" : "", list, is_row ? ")" : "",
                               signs[i], literal);
    }
    return true;
}
