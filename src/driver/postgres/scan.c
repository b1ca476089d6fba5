/*
 * scan.c - reading tables and views by COPY, in the binary form, on a session of its own that may only read.
 *
 * What a cell is called by the server decides how it is sent: types of ours as they are, every other as its text. A cell
 * that is not of the wanted type is cast by the one rule of value_cast(), or told to `reject`. Where the SQL of the mapping
 * itself fails in a row, COPY ends: rescue.c goes on from there.
 *
 * Rows are told by the key where it is one whole number; in other tables by their place (block and line); in views by their
 * number in the scan, from 1.
 */
#include "driver/postgres/scan.h"
#include "driver/postgres/tree.h"

#include "base/limits.h"
#include "base/text.h"
#include "model/canonical.h"

#include <string.h>

#define HEARD_OUT_MAX (4 * 1024 * 1024) /* some 20 ms; a new session and its catalogs are 30 */
#define CELLS_MAX 1664                  /* columns of a result, as built by default */

/* The few rows that nobody wants any more: to hear them out takes less than a new session does. */
static void
hear_out(PgScan *scan)
{
    g_autoptr(GError) ignored = NULL;
    size_t heard = 0;
    while (scan->is_copying && heard < HEARD_OUT_MAX) {
        char *row = NULL;
        size_t bytes = 0;
        if (!pg_copied(scan->conn, scan->db, &row, &bytes, &ignored))
            return;
        scan->is_copying = row != NULL;
        heard += bytes;
        PQfreemem(row);
    }
}

void
pg_scan_free(PgScan *scan)
{
    if (scan == NULL)
        return;
    if (scan->rows_max > 0)
        hear_out(scan);
    if (scan->db != scan->conn->db)
        pg_give_back(scan->conn, scan->db, !scan->is_copying);
    pg_object_free(scan->object);
    schema_free(scan->output);
    g_clear_pointer(&scan->items, g_ptr_array_unref);
    g_clear_pointer(&scan->names, g_ptr_array_unref);
    g_clear_pointer(&scan->given, g_hash_table_unref);
    g_clear_pointer(&scan->left, g_array_unref);
    g_free(scan->types);
    g_free(scan->plain);
    g_free(scan->modifiers);
    g_free(scan->cells);
    g_free(scan->row_id);
    g_free(scan->condition);
    g_free(scan->where);
    g_string_free(scan->scratch, TRUE);
    g_free(scan);
}

/* --- opening --- */

PgScan *
pg_scan_new(PgConn *conn)
{
    PgScan *scan = g_new0(PgScan, 1);
    scan->conn = conn;
    scan->base.conn = &conn->base;
    scan->scratch = g_string_new(NULL);
    return scan;
}

static void
take_items(PgScan *scan, const ScanSpec *spec)
{
    scan->items = g_ptr_array_new_with_free_func(g_free);
    scan->names = g_ptr_array_new_with_free_func(g_free);
    size_t count = spec->items != NULL ? spec->item_count : schema_count(scan->output);
    for (size_t i = 0; i < count; i++) {
        const char *sql = spec->items != NULL ? spec->items[i].sql : NULL;
        const char *name =
            spec->items != NULL ? spec->items[i].name : schema_column(scan->output, i)->name;
        /* the line ends a comment in it */
        g_ptr_array_add(scan->items, sql != NULL ? g_strdup_printf("(%s\n)", sql) : pg_name(name));
        g_ptr_array_add(scan->names, g_strdup(name));
        scan->has_sql = scan->has_sql || sql != NULL;
    }
}

/* A key that is read anyway is not sent twice. */
static bool
is_row_id(const PgScan *scan, guint item)
{
    const char *key = scan->object->int_key;
    if (scan->row_id == NULL || key == NULL || scan->object->has_children)
        return false;
    g_autofree char *name = pg_name(key);
    return strcmp(scan->items->pdata[item], name) == 0;
}

static PlainCell
plain_cell(const PgScan *scan, guint item)
{
    unsigned oid = scan->types[item].oid;
    ColumnType type = schema_column(scan->output, item)->type;
    if (type == TYPE_INT && (oid == OID_INT2 || oid == OID_INT4 || oid == OID_INT8))
        return PLAIN_INT;
    return type == TYPE_TEXT && !scan->conn->is_ascii && (oid == OID_TEXT || oid == OID_VARCHAR)
               ? PLAIN_TEXT
               : PLAIN_NOT;
}

/* What the server calls each item, and the form in which it is to send it. */
static bool
look_at_types(PgScan *scan, GError **error)
{
    AUTO_RESULT *none = NULL;
    g_autofree char *items = text_join(scan->items, ", ");
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s WHERE false", items, scan->object->sql);
    if (!pg_run_on(scan->conn, scan->db, sql, &none, error))
        return false;
    scan->types = g_new0(WireType, scan->items->len);
    scan->plain = g_new0(PlainCell, scan->items->len);
    scan->modifiers = g_new0(int, scan->items->len);
    scan->id_item = G_MAXUINT;
    for (guint i = 0; i < scan->items->len; i++) {
        scan->types[i] = (WireType){.oid = PQftype(none, (int) i),
                                    .takes_odd = schema_column(scan->output, i)->takes_odd};
        scan->plain[i] = plain_cell(scan, i);
        scan->modifiers[i] = PQfmod(none, (int) i);
        if (is_row_id(scan, i) && pg_type_of(scan->types[i].oid) == TYPE_INT)
            scan->id_item = i;
        if (wire_is_known(scan->types[i].oid))
            continue;
        char *item = scan->items->pdata[i];
        scan->items->pdata[i] = g_strdup_printf("%s::text", item);
        g_free(item);
        scan->types[i].oid = OID_TEXT;
    }
    return true;
}

static bool
sends_id(const PgScan *scan)
{
    return !scan->is_bare && scan->id_item == G_MAXUINT;
}

bool
pg_scan_start(PgScan *scan, const char *condition, const char *where, GError **error)
{
    g_autofree char *items = text_join(scan->items, ", ");
    g_autoptr(GString) sql = g_string_new("COPY (SELECT ");
    if (sends_id(scan))
        g_string_append_printf(sql, "%s, ", scan->row_id != NULL ? scan->row_id : "NULL::int8");
    g_string_append_printf(sql, "%s FROM %s WHERE true%s", items, scan->object->sql, condition);
    if (where != NULL)
        g_string_append_printf(sql, " AND (%s\n)", where);
    if (scan->rows_max > 0 && scan->left == NULL)
        g_string_append_printf(sql, " LIMIT %" G_GINT64_FORMAT, scan->rows_max);
    g_string_append(sql, ") TO STDOUT (FORMAT binary)");
    scan->reader = (WireReader){0};
    scan->is_copying = true;
    if (pg_read_on(scan->conn, scan->db, error) &&
        pg_run_on(scan->conn, scan->db, sql->str, NULL, error))
        return true;
    scan->is_copying = false;
    return false;
}

bool
pg_scan_prepare(PgScan *scan, const ScanSpec *spec, GError **error)
{
    Conn *base = &scan->conn->base;
    g_autoptr(GString) condition = g_string_new(NULL);
    if (!pg_object_of_range(scan->conn, spec->object, spec->range, &scan->object, error))
        return false;
    if (spec->output != NULL)
        scan->output = schema_copy(spec->output);
    else if (!pg_outline(base, spec->object, &scan->output, error))
        return false;
    take_items(scan, spec);
    scan->row_id = pg_row_id_sql(scan->object);
    scan->cells = g_new0(WireCell, scan->items->len + 1);
    scan->where = g_strdup(spec->where);
    scan->rows_max = spec->rows_max;
    scan->has_sql = scan->has_sql || spec->where != NULL;
    if (scan->items->len + 1 > CELLS_MAX)
        return fail(error, ERR_INVALID, "%u columns are too many", scan->items->len);
    if (spec->range != NULL && !pg_append_range(condition, scan->object, spec->range, error))
        return false;
    scan->condition = g_string_free(g_steal_pointer(&condition), FALSE);
    if (scan->has_sql && scan->row_id != NULL && !scan->is_bare)
        scan->given = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return (scan->db != NULL || pg_borrow(scan->conn, &scan->db, error)) &&
           look_at_types(scan, error);
}

/* The server names the table only, also where a role lacks no more than a column of it. */
static void
name_columns(PgScan *scan, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autoptr(GError) unsaid = NULL;
    g_autofree char *sql = g_strdup_printf(
        "SELECT current_user, string_agg(quote_ident(attname), ', ' ORDER BY attnum) FILTER (WHERE "
        "NOT may), bool_or(may) FROM (SELECT *, has_column_privilege(attrelid, attnum, 'SELECT') "
        "may FROM pg_attribute WHERE attrelid = %lld AND attnum > 0 AND NOT attisdropped) a",
        scan->object != NULL ? (long long) scan->object->oid : 0);
    if (!error_is(*error, ERR_FORBIDDEN) || scan->object == NULL || scan->db == NULL ||
        !pg_read_on(scan->conn, scan->db, &unsaid) ||
        !pg_run_on(scan->conn, scan->db, sql, &rows, &unsaid) || pg_cell(rows, 0, 1) == NULL ||
        strcmp(pg_cell(rows, 0, 2), "t") != 0)
        return;
    g_clear_error(error);
    fail(error, ERR_FORBIDDEN,
         "role '%s' may not read %s of it: GRANT SELECT (%s) ON %s TO it, or leave that out by a "
         "mapping",
         pg_cell(rows, 0, 0), pg_cell(rows, 0, 1), pg_cell(rows, 0, 1), scan->object->sql);
}

static bool
open_scan(Conn *base, const ScanSpec *spec, Scan **ret, GError **error)
{
    PgScan *scan = pg_scan_new(pg_conn(base));
    g_autoptr(GError) broken = NULL, refused = NULL;
    if (!pg_scan_prepare(scan, spec, &refused)) {
        name_columns(scan, &refused);
        g_propagate_error(error, g_steal_pointer(&refused));
        pg_scan_free(scan);
        return false;
    }
    if (!pg_scan_start(scan, scan->condition, scan->where, &broken) &&
        !pg_scan_rescue(scan, g_steal_pointer(&broken), error)) {
        pg_scan_free(scan);
        return false;
    }
    *ret = &scan->base;
    return true;
}

static void
close_scan(Scan *base)
{
    pg_scan_free((PgScan *) base);
}

/* --- rows --- */

int64_t
pg_row_id(const PgScan *scan, const WireCell *cell)
{
    if (cell->is_null)
        return scan->rows;
    if (cell->bytes == 6) { /* ctid */
        WireCell block = {.data = cell->data, .bytes = 4},
                 line = {.data = cell->data + 4, .bytes = 2};
        return (int64_t) (uint32_t) wire_int(&block) << 16 | (uint16_t) wire_int(&line);
    }
    return wire_int(cell);
}

static bool
put_plain(const PgScan *scan, Batch *batch, size_t column, const WireCell *cell)
{
    PlainCell plain = scan->plain[column];
    if (cell->is_null || plain == PLAIN_NOT)
        return false;
    if (plain == PLAIN_TEXT && cell->bytes <= CELL_BYTES_MAX)
        batch_put_bytes(batch, column, cell->data, cell->bytes);
    else if (plain == PLAIN_INT && (cell->bytes == 8 || cell->bytes == 4 || cell->bytes == 2))
        batch_put_int(batch, column, wire_int(cell));
    else
        return false;
    return true;
}

static bool
put_cell(PgScan *scan, Batch *batch, size_t column, const WireCell *cell, char **ret_reason)
{
    Value value, wanted;
    ColumnType type = batch->columns[column].type;
    if (put_plain(scan, batch, column, cell))
        return true;
    WireType sent = scan->types[column];
    sent.keeps_zeros = sent.takes_odd && scan->modifiers[column] < 0; /* else its column says it */
    if (!wire_value(cell, sent, scan->scratch, &value, ret_reason))
        return false;
    if (!value.is_null && value.type == TYPE_TEXT && scan->conn->is_ascii &&
        !canonical_utf8(value.s.data, value.s.bytes)) {
        *ret_reason = g_strdup("the text is not UTF-8");
        return false;
    }
    if (value.is_null || value.type == type) {
        value.type = type;
        batch_put_value(batch, column, &value);
        return true;
    }
    g_autoptr(GString) scratch = g_string_new(NULL);
    if (!value_cast(&value, type, NULL, scratch, &wanted, ret_reason))
        return false;
    batch_put_value(batch, column, &wanted);
    return true;
}

void
pg_scan_take(PgScan *scan, Batch *batch, RejectFn *reject, void *data)
{
    const WireCell *id = &scan->cells[sends_id(scan) ? 0 : scan->id_item + 1];
    int64_t row_id = pg_row_id(scan, id);
    if (scan->given != NULL)
        g_hash_table_add(scan->given, g_memdup2(&row_id, sizeof row_id));
    g_autofree char *reason = NULL;
    for (size_t i = 0; i < batch->column_count; i++) {
        if (put_cell(scan, batch, i, &scan->cells[i + 1], &reason))
            continue;
        batch_drop_row(batch);
        reject(row_id, SIZE_MAX, schema_column(scan->output, i)->name, reason, data);
        return;
    }
    batch_commit_row(batch, row_id);
}

bool
pg_scan_step(PgScan *scan, Batch *batch, bool *ret_row, RejectFn *reject, void *data,
             GError **error)
{
    char *row = NULL;
    size_t bytes = 0, count = 0;
    *ret_row = false;
    if (!pg_copied(scan->conn, scan->db, &row, &bytes, error))
        return false;
    if (row == NULL) {
        scan->is_copying = false;
        return true;
    }
    size_t ids = sends_id(scan);
    if (!wire_row(&scan->reader, row, bytes, scan->cells + 1 - ids, scan->items->len + ids,
                  &count)) {
        PQfreemem(row);
        return fail(error, ERR_INTERNAL, "the server sent what is not COPY's binary form");
    }
    if (count > 0) {
        scan->rows++;
        scan->conn->rows_done++;
        pg_scan_take(scan, batch, reject, data);
    }
    *ret_row = true;
    PQfreemem(row);
    return true;
}

/* What is left to be heard is the end, after which the session is as good as new. */
static bool
has_all(const PgScan *scan)
{
    return scan->rows_max > 0 && scan->rows >= scan->rows_max;
}

static bool
next_rows(Scan *base, Batch *batch, RejectFn *reject, void *data, GError **error)
{
    PgScan *scan = (PgScan *) base;
    g_assert(batch->column_count == schema_count(scan->output));
    if (scan->left != NULL)
        return pg_scan_careful(scan, batch, reject, data, error);
    while (scan->is_copying && (!batch_is_full(batch) || has_all(scan))) {
        bool is_row = false;
        g_autoptr(GError) broken = NULL;
        if (pg_scan_step(scan, batch, &is_row, reject, data, &broken))
            continue;
        if (!pg_scan_rescue(scan, g_steal_pointer(&broken), error))
            return false;
        return batch->row_count > 0 || pg_scan_careful(scan, batch, reject, data, error);
    }
    return true;
}

/* --- single records --- */

static json_t *
cell_json(const PGresult *rows, int row, int column)
{
    const char *text = pg_cell(rows, row, column);
    if (text == NULL)
        return json_null();
    unsigned oid = PQftype(rows, column);
    if (pg_type_of(oid) == TYPE_INT)
        return json_integer(g_ascii_strtoll(text, NULL, 10));
    if (oid == OID_BOOL)
        return json_boolean(text[0] == 't');
    json_t *json =
        json_stringn(text, MIN((size_t) PQgetlength(rows, row, column), RECORD_SHOWN_MAX));
    return json != NULL ? json : json_string("(not UTF-8)");
}

static bool
read_record(Scan *base, int64_t row_id, json_t **ret, GError **error)
{
    PgScan *scan = (PgScan *) base;
    AUTO_RESULT *rows = NULL;
    g_autofree char *is = pg_row_id_is(scan->object, row_id);
    /* a view's rows have no name: counted again, in the order that the same plan gives */
    g_autofree char *place = is != NULL ? g_strdup_printf(" AND %s", is)
                                        : g_strdup_printf("%s OFFSET %" G_GINT64_FORMAT,
                                                          scan->condition, MAX(row_id, 1) - 1);
    if (!pg_rows(scan->conn, &rows, error, "SELECT * FROM %s WHERE true%s LIMIT 1",
                 scan->object->sql, place))
        return false;
    if (PQntuples(rows) == 0)
        return fail(error, ERR_NOT_FOUND, "there is no row %" G_GINT64_FORMAT, row_id);
    *ret = json_object();
    for (int i = 0; i < PQnfields(rows); i++)
        json_object_set_new(*ret, PQfname(rows, i), cell_json(rows, 0, i));
    return true;
}

/* --- questions --- */

static bool
count_rows(Conn *base, const char *name, const char *where, int64_t *ret_rows, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(PgObject) object = NULL;
    AUTO_RESULT *rows = NULL;
    PGconn *db = NULL;
    if (!pg_object_need(conn, name, &object, error) || !pg_borrow(conn, &db, error))
        return false;
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s WHERE (%s\n)", object->sql,
                                           where != NULL ? where : "true");
    bool done = pg_run_on(conn, db, sql, &rows, error);
    pg_give_back(conn, db, done);
    if (done)
        *ret_rows = pg_cell_int(rows, 0, 0);
    return done;
}

/* The parts of a table are read by themselves, under the name of the whole; a schema before it means none of them. */
static char *
seen_as(const PgObject *object)
{
    return object->kind == PG_PARTITIONED ? pg_sql("%s AS \"%w\"", object->sql, object->name)
                                          : g_strdup(object->sql);
}

static char *
refusal(const PgObject *object, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool is_unknown =
        g_strcmp0(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42P01") == 0; /* a table */
    return object->kind == PG_PARTITIONED && is_unknown
               ? g_strdup_printf("%s: its parts are read under the name \"%s\" alone, without a "
                                 "schema",
                                 message, object->name)
               : g_strdup(message);
}

/* As a parameter would stand there: one expression, no aggregate, which would make one row of all. */
static bool
check_expression(Conn *base, const char *name, const char *sql, char **ret_message)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(GError) error = NULL;
    g_autoptr(PgObject) object = NULL;
    PGconn *db = NULL;
    if (!pg_object_need(conn, name, &object, &error) || !pg_borrow(conn, &db, &error)) {
        *ret_message = g_strdup(error->message);
        return false;
    }
    g_autofree char *from = seen_as(object);
    g_autofree char *text = g_strdup_printf("SELECT 1 FROM %s WHERE ((%s\n) IS NULL)", from, sql);
    /* prepared: several statements, and parameters without a value, are errors */
    AUTO_RESULT *result = PQprepare(db, "", text, 0, NULL);
    bool is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (is_good) {
        PQclear(result);
        result = PQdescribePrepared(db, "");
        is_good = PQnparams(result) == 0;
    }
    if (!is_good && PQresultStatus(result) == PGRES_COMMAND_OK)
        *ret_message = g_strdup("parameters have no value here");
    else if (!is_good)
        *ret_message = refusal(object, result);
    pg_give_back(conn, db, true);
    return is_good;
}

const ScanOps pg_scan_ops = {
    .split = pg_split,
    .open = open_scan,
    .next = next_rows,
    .close = close_scan,
    .record = read_record,
    .count = count_rows,
    .sum = pg_sum,
    .own_sum = pg_own_sum,
    .keeps_key = pg_keeps_key,
    .has_sql = true,
    .check_expr = check_expression,
};
