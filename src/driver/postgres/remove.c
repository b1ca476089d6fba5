/* remove.c - rows of a stage taken out by their key, while a range is being written. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define KEYS_AT_ONCE 500 /* so that a statement is planned in some milliseconds */

/* "a" = '1' AND "b" = '2'; false for a key that no row of the table can have. */
static bool
append_key(GString *sql, const GArray *targets, const Batch *keys, size_t row)
{
    gsize begin = sql->len;
    for (guint i = 0; i < targets->len; i++) {
        const PgTarget *target = &g_array_index(targets, PgTarget, i);
        Value value = batch_value(keys, target->column, row);
        g_autofree char *reason = NULL, *name = pg_name(target->name);
        if (value.is_null || !pg_keeps(target, &value, &reason)) {
            g_string_truncate(sql, begin);
            return false;
        }
        g_string_append_printf(sql, "%s%s = ", i > 0 ? " AND " : "(", name);
        pg_append_literal(sql, &value);
    }
    g_string_append_c(sql, ')');
    return true;
}

static bool
remove_some(PgConn *conn, const PgObject *stage, const GArray *targets, const Batch *keys,
            size_t from, size_t to, int64_t *rows, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    AUTO_RESULT *result = NULL;
    g_string_printf(sql, "DELETE FROM %s WHERE ", stage->sql);
    bool has_key = false;
    for (size_t row = from; row < to; row++) {
        gsize before = sql->len;
        g_string_append(sql, has_key ? " OR " : "");
        if (append_key(sql, targets, keys, row))
            has_key = true;
        else
            g_string_truncate(sql, before);
    }
    if (!has_key)
        return true;
    if (!pg_run_on(conn, conn->db, sql->str, &result, error))
        return false;
    *rows += g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    return true;
}

bool
pg_remove(Conn *base, const char *stage, const Schema *key, const Batch *keys, int64_t *ret_rows,
          GError **error)
{
    PgConn *conn = pg_conn(base);
    g_auto(PgDescription) seen = {0};
    g_autoptr(GArray) targets = NULL;
    g_assert(conn->loader != NULL && keys->column_count == schema_count(key));
    *ret_rows = 0;
    if (!pg_describe_columns(conn, stage, &seen, error) ||
        !pg_targets_of(&seen, key, &targets, error))
        return false;
    g_assert(targets->len ==
             schema_count(key)); /* a key that is generated is no column of the source as it is */
    for (size_t from = 0; from < keys->row_count; from += KEYS_AT_ONCE)
        if (!remove_some(conn, seen.object, targets, keys, from,
                         MIN(from + KEYS_AT_ONCE, keys->row_count), ret_rows, error))
            return false;
    return true;
}
