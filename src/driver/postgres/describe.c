/*
 * describe.c - a table or view as a Schema, and its fingerprint.
 *
 *   boolean                            bool
 *   smallint, integer, bigint, oid     int
 *   real, double precision             float
 *   numeric                            decimal
 *   date                               date
 *   timestamp, with or without zone    timestamp (that with a zone in UTC)
 *   bytea                              bytes
 *   text, varchar, char                text (char without the blanks that fill it up)
 *   every other                        text, as the type's own output has it (uuid, json, arrays, enums, intervals…)
 *
 * A domain is what it is made of. `declared` is the type as PostgreSQL prints it, but numbers have their short names (int4,
 * float8): "integer" and "real" mean other things elsewhere, and a declared type that another store takes over is taken
 * at its word only if it cannot be meant otherwise (stage.c).
 */
#include "base/text.h"
#include "driver/postgres/postgres.h"

#include <string.h>

#define FINGERPRINT_TICK_ROWS 4096

static const struct {
    unsigned oid;
    const char *name;
} types[] = {
    {OID_BOOL, "boolean"},
    {OID_INT2, "smallint"},
    {OID_INT4, "integer"},
    {OID_INT8, "bigint"},
    {OID_OID, "oid"},
    {OID_FLOAT4, "real"},
    {OID_FLOAT8, "double precision"},
    {OID_NUMERIC, "numeric"},
    {OID_DATE, "date"},
    {OID_TIMESTAMP, "timestamp"},
    {OID_TIMESTAMPTZ, "timestamptz"},
    {OID_BYTEA, "bytea"},
};

/* Asked for every cell that comes: no loop. */
ColumnType
pg_type_of(unsigned oid)
{
    switch (oid) {
    case OID_BOOL:
        return TYPE_BOOL;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID:
        return TYPE_INT;
    case OID_FLOAT4:
    case OID_FLOAT8:
        return TYPE_FLOAT;
    case OID_NUMERIC:
        return TYPE_DECIMAL;
    case OID_DATE:
        return TYPE_DATE;
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
        return TYPE_TIMESTAMP;
    case OID_BYTEA:
        return TYPE_BYTES;
    default:
        return TYPE_TEXT;
    }
}

static const char *const declared_words[] = {
    "boolean",   "smallint", "integer",   "bigint",      "oid",      "real", "double precision",
    "numeric",   "date",     "timestamp", "timestamptz", "bytea",    "text", "varchar(40)",
    "char(3)",   "json",     "jsonb",     "uuid",        "interval", "time", "inet",
    "integer[]", "an enum",  NULL};

static ColumnType
type_of_declared(const char *declared)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].name, declared) == 0)
            return pg_type_of(types[i].oid);
    return TYPE_TEXT;
}

const TypeOps pg_type_ops = {
    .declared = declared_words,
    .type_of = type_of_declared,
    .made = pg_type_names,
};

void
pg_column_free(void *data)
{
    PgColumn *column = data;
    g_free(column->name);
    g_free(column->declared);
    g_free(column);
}

char *
pg_columns_sql(const char *oid)
{
    return g_strdup_printf(
        "SELECT a.attname, CASE WHEN a.atttypid IN (20, 21, 23, 700, 701) THEN b.typname "
        "ELSE format_type(a.atttypid, a.atttypmod) END, d.oid, d.modifier, a.attnotnull OR "
        "d.is_not_null, "
        "(a.atthasdef AND a.attgenerated = '') OR a.attidentity <> '', a.attgenerated <> '', "
        "a.attidentity <> '', "
        "a.atttypid <> d.oid FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid, LATERAL "
        "("
        "WITH RECURSIVE d(oid, modifier, is_not_null, depth) AS (SELECT a.atttypid, "
        "a.atttypmod, false, 0 UNION ALL "
        "SELECT t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE d.modifier "
        "END, "
        "d.is_not_null OR t.typnotnull, d.depth + 1 FROM d JOIN pg_type t ON t.oid = d.oid AND "
        "t.typtype = 'd') "
        "SELECT * FROM d ORDER BY depth DESC LIMIT 1) d "
        "WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        oid);
}

GPtrArray *
pg_take_columns(const PGresult *rows)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(pg_column_free);
    for (int i = 0; i < PQntuples(rows); i++) {
        PgColumn *column = g_new0(PgColumn, 1);
        column->name = g_strdup(pg_cell(rows, i, 0));
        column->declared = g_strdup(pg_cell(rows, i, 1));
        column->base = (unsigned) pg_cell_int(rows, i, 2);
        column->modifier = (int) pg_cell_int(rows, i, 3);
        column->is_nullable = !pg_cell_bool(rows, i, 4);
        column->has_default = pg_cell_bool(rows, i, 5);
        column->is_generated = pg_cell_bool(rows, i, 6);
        column->is_identity = pg_cell_bool(rows, i, 7);
        column->is_domain = pg_cell_bool(rows, i, 8);
        g_ptr_array_add(columns, column);
    }
    return columns;
}

bool
pg_columns(PgConn *conn, const PgObject *object, GPtrArray **ret, GError **error)
{
    AUTO_RESULT *rows = NULL;
    g_autofree char *oid = g_strdup_printf("%" G_GINT64_FORMAT, object->oid);
    g_autofree char *sql = pg_columns_sql(oid);
    if (!pg_run_on(conn, conn->db, sql, &rows, error))
        return false;
    *ret = pg_take_columns(rows);
    return true;
}

/* But for what hangs on it. */
static bool
outline(const PgDescription *seen, const char *name, Schema **ret, GError **error)
{
    const PgObject *object = seen->object;
    const GPtrArray *columns = seen->columns;
    g_autoptr(Schema) schema = schema_new(name);
    schema->is_table = object->kind == PG_TABLE || object->kind == PG_PARTITIONED;
    for (guint i = 0; i < columns->len; i++) {
        const PgColumn *from = columns->pdata[i];
        Column *column = schema_add(schema, from->name, pg_type_of(from->base), from->declared,
                                    from->is_nullable);
        column->has_default = from->has_default;
        column->is_generated = from->is_generated;
    }
    if (schema_count(schema) == 0)
        return fail(error, ERR_INVALID, "'%s' has no columns", object->name);
    for (guint i = 0; object->key_is_primary && i < object->key->len; i++)
        schema_add_key(schema, object->key->pdata[i]);
    *ret = g_steal_pointer(&schema);
    return true;
}

bool
pg_outline(Conn *base, const char *name, Schema **ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_auto(PgDescription) seen = {0};
    return pg_describe_columns(conn, name, &seen, error) && outline(&seen, name, ret, error);
}

static bool
describe(PgConn *conn, const char *name, PgObject **ret_object, Schema **ret, GError **error)
{
    g_auto(PgDescription) seen = {0};
    g_autoptr(Schema) schema = NULL;
    if (!pg_describe_columns(conn, name, &seen, error) || !outline(&seen, name, &schema, error) ||
        !pg_add_dependents(conn, seen.object, schema, error))
        return false;
    *ret_object = g_steal_pointer(&seen.object);
    *ret = g_steal_pointer(&schema);
    return true;
}

bool
pg_describe(Conn *base, const char *name, Schema **ret, GError **error)
{
    g_autoptr(PgObject) object = NULL;
    return describe(pg_conn(base), name, &object, ret, error);
}

bool
pg_identity(Conn *base, const char *name, json_t **ret, GError **error)
{
    g_auto(PgDescription) seen = {0};
    g_autoptr(Schema) schema = NULL;
    if (!pg_describe_columns(pg_conn(base), name, &seen, error) ||
        !outline(&seen, name, &schema, error))
        return false;
    *ret = columns_identity(schema);
    return true;
}

/* --- fingerprint: rows as the server sends them --- */

static bool
sum_rows(PgConn *conn, const PgObject *object, HashSum *ret, GError **error)
{
    PGconn *db = NULL;
    g_autofree char *sql = pg_sql("COPY (SELECT * FROM %s) TO STDOUT (FORMAT binary)", object->sql);
    g_auto(RowHasher) hasher;
    HashSum sum = {0};
    row_hasher_init(&hasher);
    if (!pg_borrow(conn, &db, error))
        return false;
    char *data = NULL;
    size_t bytes = 0;
    bool has_begun = false, done = pg_run_on(conn, db, sql, NULL, error);
    while (done && (done = pg_copied(conn, db, &data, &bytes, error)) && data != NULL) {
        size_t head = has_begun ? 0 : MIN(bytes, 19); /* signature, flags, length of nothing */
        has_begun = true;
        row_hasher_begin(&hasher);
        row_hasher_bytes(&hasher, TYPE_BYTES, data + head, bytes - head);
        if (bytes - head > 2) /* else the mark at the end */
            hash_sum_add(&sum, row_hasher_end(&hasher));
        PQfreemem(data);
        if (sum.rows % FINGERPRINT_TICK_ROWS == 0 && conn->base.tick != NULL &&
            !conn->base.tick(sum.rows, conn->base.tick_data))
            done = fail(error, ERR_STOPPED, "asked to stop");
    }
    pg_give_back(conn, db, done);
    *ret = sum;
    return done;
}

/* The text of a view is not among its columns. */
static bool
own_text(PgConn *conn, const PgObject *object, char **ret, GError **error)
{
    AUTO_RESULT *rows = NULL;
    if (!pg_rows(conn, &rows, error,
                 "SELECT CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) ELSE '' END || ' "
                 "' || relpersistence::text || "
                 "' ' || coalesce(reloptions::text, '') FROM pg_class WHERE oid = %lld",
                 (long long) object->oid))
        return false;
    *ret = g_strdup(PQntuples(rows) > 0 ? pg_cell(rows, 0, 0) : "");
    return true;
}

bool
pg_fingerprint(Conn *base, const char *name, char **ret, GError **error)
{
    PgConn *conn = pg_conn(base);
    g_autoptr(Schema) schema = NULL;
    g_autoptr(PgObject) object = NULL;
    g_autofree char *text = NULL;
    HashSum sum;
    if (!describe(conn, name, &object, &schema, error) || !own_text(conn, object, &text, error) ||
        !sum_rows(conn, object, &sum, error))
        return false;
    g_autofree char *rows = hash_sum_text(&sum);
    g_autofree char *columns = schema_fingerprint(schema);
    g_autofree char *all = g_strjoin("\n", columns, text, rows, NULL);
    *ret = sha256_of(all, strlen(all));
    return true;
}
