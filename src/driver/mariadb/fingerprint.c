/* fingerprint.c - a digest of a table or view: its columns, its text, what hangs on it, and its rows as the server sends them. */
#include "base/text.h"
#include "driver/mariadb/mariadb.h"

#include <string.h>

/* The counter of an AUTO_INCREMENT goes on with every attempt to write: no part of what is there. */
static void
cut_counter(char *text)
{
    char *at = strstr(text, " AUTO_INCREMENT=");
    if (at == NULL)
        return;
    char *end = at + 1;
    end += strcspn(end, " ");
    memmove(at, end, strlen(end) + 1);
}

static bool
own_text(MariaConn *conn, const MariaObject *object, char **ret, GError **error)
{
    AUTO_ROWS *rows = NULL;
    if (!maria_rows(conn, &rows, error, "SHOW CREATE %s %s", object->is_view ? "VIEW" : "TABLE",
                    object->sql))
        return maria_fail_rights(object, error);
    MYSQL_ROW row = mysql_fetch_row(rows);
    *ret = g_strdup(row != NULL && row[1] != NULL ? row[1] : "");
    if (!object->is_view)
        cut_counter(*ret);
    return true;
}

static void
hash_row(RowHasher *hasher, MYSQL_ROW row, const unsigned long *bytes, unsigned columns)
{
    row_hasher_begin(hasher);
    for (unsigned i = 0; i < columns; i++) {
        if (row[i] == NULL)
            row_hasher_null(hasher);
        else
            row_hasher_bytes(hasher, TYPE_BYTES, row[i], bytes[i]);
    }
}

static bool
sum_result(MariaConn *conn, MYSQL *db, const char *sql, HashSum *ret, GError **error)
{
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    if (!maria_send(conn, db, sql, strlen(sql), error))
        return false;
    MYSQL_RES *rows = mysql_use_result(db);
    if (rows == NULL)
        return maria_fail(conn, db, error);
    unsigned columns = mysql_num_fields(rows);
    for (;;) {
        MYSQL_ROW row = NULL;
        if (!maria_next(conn, db, rows, &row, error)) {
            maria_abandon(db, rows);
            return false;
        }
        if (row == NULL)
            break;
        hash_row(&hasher, row, mysql_fetch_lengths(rows), columns);
        hash_sum_add(ret, row_hasher_end(&hasher));
    }
    mysql_free_result(rows);
    return true;
}

static bool
sum_rows(MariaConn *conn, const MariaObject *object, HashSum *ret, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    g_autofree ColumnType *types = NULL;
    MYSQL *db = NULL;
    *ret = (HashSum){0};
    if (!maria_borrow(conn, &db, error))
        return false;
    for (guint i = 0; i < object->columns->len; i++)
        g_ptr_array_add(items, maria_name(((MariaColumn *) object->columns->pdata[i])->name));
    bool done = maria_look_at_items(conn, db, items, object->sql, &types, error);
    g_ptr_array_add(items, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **) items->pdata);
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s", list, object->sql);
    done = done && sum_result(conn, db, sql, ret, error);
    maria_give_back(conn, db, done);
    return done;
}

bool
maria_fingerprint(Conn *base, const char *name, char **ret, GError **error)
{
    MariaConn *conn = maria_conn(base);
    g_autoptr(Schema) schema = NULL;
    g_autoptr(MariaObject) object = NULL;
    g_autofree char *text = NULL;
    HashSum sum;
    if (!maria_object_need(conn, name, &object, error) ||
        !maria_describe(base, name, &schema, error) || !own_text(conn, object, &text, error) ||
        !sum_rows(conn, object, &sum, error))
        return false;
    g_autofree char *rows = hash_sum_text(&sum);
    g_autofree char *columns = schema_fingerprint(schema);
    g_autofree char *all = g_strjoin("\n", columns, text, rows, NULL);
    *ret = sha256_of(all, strlen(all));
    return true;
}
