/*
 * stage.c - the empty table that is filled, what comes after the data, and its removal.
 *
 * A stage that replaces a table is made LIKE it, with defaults, checks, generated and identity columns, comments and storage.
 * Keys and unique indexes are there from the start, because a row that breaks one must be put aside while its source is still
 * known; but not keys that none can break (late_key.c). Other indexes, foreign keys and statistics come with finish(). All indexes are named STAGE__INDEX until the swap
 * gives them their own names. A foreign key of the table to itself comes with the swap.
 * A partitioned table is replaced with all of its partitions (stage_like.c).
 */
#include "driver/book.h"
#include "driver/postgres/tree.h"

#include <string.h>

/* --- CREATE from a schema --- */

const char *const pg_type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "boolean",        [TYPE_INT] = "int8",    [TYPE_FLOAT] = "float8",
    [TYPE_DECIMAL] = "numeric",     [TYPE_TEXT] = "text",   [TYPE_DATE] = "date",
    [TYPE_TIMESTAMP] = "timestamp", [TYPE_BYTES] = "bytea",
};

/* `timestamp(3) with time zone` is called `timestamp with time zone`. */
static char *
without_lengths(const char *declared)
{
    size_t words = strcspn(declared, "(");
    const char *end = strchr(declared, ')');
    g_autofree char *name = g_strndup(declared, words);
    g_strchomp(name);
    return g_strconcat(name, end != NULL ? end + 1 : "", NULL);
}

/* Of which nobody need ask: every server has them, under these names. */
static const struct {
    const char *name;
    unsigned oid;
} everywhere[] = {
    {"boolean", OID_BOOL},
    {"int2", OID_INT2},
    {"int4", OID_INT4},
    {"int8", OID_INT8},
    {"float4", OID_FLOAT4},
    {"float8", OID_FLOAT8},
    {"numeric", OID_NUMERIC},
    {"text", OID_TEXT},
    {"character varying", OID_VARCHAR},
    {"character", OID_BPCHAR},
    {"date", OID_DATE},
    {"timestamp without time zone", OID_TIMESTAMP},
    {"timestamp with time zone", OID_TIMESTAMPTZ},
    {"bytea", OID_BYTEA},
    {"json", OID_JSON},
    {"jsonb", OID_JSONB},
    {"uuid", OID_UUID},
};

/* 0: there is none of that name. */
static bool
find_type(PgConn *conn, const char *name, unsigned *ret, GError **error)
{
    AUTO_RESULT *rows = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(everywhere); i++)
        if (strcmp(everywhere[i].name, name) == 0) {
            *ret = everywhere[i].oid;
            return true;
        }
    if (!pg_rows(conn, &rows, error,
                 "SELECT t.oid FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE "
                 "n.nspname = 'pg_catalog' AND format_type(t.oid, NULL) = %Q",
                 name))
        return false;
    *ret = PQntuples(rows) == 1 ? (unsigned) pg_cell_int(rows, 0, 0) : 0;
    return true;
}

bool
pg_made_type(PgConn *conn, const Column *column, char **ret, GError **error)
{
    const char *declared = column->declared;
    *ret = g_strdup(pg_type_names[column->type]);
    bool is_word =
        declared[0] >= 'a' && declared[0] <= 'z' &&
        declared[strspn(declared, "abcdefghijklmnopqrstuvwxyz0123456789_ (),[]")] == '\0';
    if (!is_word)
        return true;
    g_autofree char *name = without_lengths(declared);
    bool is_vague = strcmp(name, "integer") == 0 || strcmp(name, "real") == 0 ||
                    strcmp(name, "smallint") == 0 || strcmp(name, "bigint") == 0;
    unsigned oid = 0;
    if (is_vague)
        return true;
    if (!find_type(conn, name, &oid, error))
        return false;
    if (oid == 0 || pg_type_of(oid) != column->type)
        return true;
    g_free(*ret);
    *ret = g_strdup(declared);
    return true;
}

char *
pg_key_text(const Schema *schema)
{
    GString *text = g_string_new("PRIMARY KEY (");
    for (guint i = 0; i < schema->key->len; i++) {
        g_autofree char *name = pg_name(schema->key->pdata[i]);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", name);
    }
    g_string_append_c(text, ')');
    return g_string_free(text, schema->key->len == 0);
}

static bool
create_from_schema(PgConn *conn, const char *table, const Schema *schema, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE TABLE %s (", table);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_autofree char *name = pg_name(column->name);
        g_autofree char *type = NULL;
        if (strlen(column->name) > OBJECT_NAME_MAX)
            return fail(error, ERR_INVALID,
                        "column '%s' has a name of %zu bytes, of which PostgreSQL keeps %d: a "
                        "mapping gives it another one",
                        column->name, strlen(column->name), OBJECT_NAME_MAX);
        if (!pg_made_type(conn, column, &type, error))
            return false;
        g_string_append_printf(sql, "%s%s %s%s", i > 0 ? ", " : "", name, type,
                               column->is_nullable ? "" : " NOT NULL");
    }
    g_autofree char *key = pg_key_text(schema);
    g_string_append_printf(sql, "%s%s)", key != NULL ? ", " : "", key != NULL ? key : "");
    return pg_run(conn, error, "%s", sql->str);
}

/* --- stage --- */

static bool
create(PgConn *conn, const char *stage, const PgObject *old, const char *like, const Schema *schema,
       GError **error)
{
    g_autofree char *in = NULL;
    g_autofree char *name = NULL;
    if (!pg_place_new(conn, stage, old, &in, &name, error))
        return false;
    g_autofree char *table = pg_sql("\"%w\".\"%w\"", in, name);
    if (old != NULL)
        return pg_create_like(conn, stage, table, old, error);
    if (schema == NULL)
        return fail(error, ERR_NOT_FOUND, "there is no table '%s' to make it like", like);
    return create_from_schema(conn, table, schema, error);
}

/* Inside the transaction. */
static bool
stage_inside(PgConn *conn, const char *stage, const char *like, const Schema *schema,
             const Writer *writer, GError **error)
{
    bool is_staged = false;
    g_autoptr(PgObject) old = NULL;
    g_autoptr(PgObject) there = NULL;
    if (!book_make(&conn->base, error) || !book_passes(&conn->base, writer, &is_staged, error) ||
        !pg_object_find(conn, stage, &there, error) ||
        (like != NULL && !pg_object_find(conn, like, &old, error)))
        return false;
    if (there != NULL && !is_staged)
        return fail(error, ERR_INVALID, "'%s' is there already, and not made by this plan", stage);
    if (!book_raise_stage(&conn->base, writer, stage, like, error))
        return false;
    return there != NULL || create(conn, stage, old, like, schema, error);
}

bool
pg_stage(Conn *base, const char *stage, const char *like, const Schema *schema,
         const Writer *writer, GError **error)
{
    PgConn *conn = pg_conn(base);
    pg_begin(conn);
    if (stage_inside(conn, stage, like, schema, writer, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

static bool
unstage_inside(PgConn *conn, const char *stage, const Writer *writer, GError **error)
{
    bool is_staged = false;
    g_autoptr(BookNote) swap = NULL;
    g_autoptr(PgObject) there = NULL;
    if (!pg_book_lock(&conn->base, error) || !book_passes(&conn->base, writer, &is_staged, error) ||
        !pg_object_find(conn, stage, &there, error) ||
        !book_note_read(&conn->base, writer->plan, &swap, error))
        return false;
    if (swap != NULL)
        return fail(error, ERR_WRONG_STATE, "'%s' is swapped in: swap it back first", stage);
    g_autofree char *drop = there != NULL ? g_strdup_printf("DROP TABLE %s", there->sql) : NULL;
    if (there != NULL && !is_staged)
        return book_fail_unknown(stage, writer->plan, drop, error);
    if (there != NULL && !pg_run(conn, error, "DROP TABLE %s", there->sql))
        return false;
    return book_forget(&conn->base, writer->plan, BOOK_ALL, error);
}

bool
pg_unstage(Conn *base, const char *stage, const Writer *writer, GError **error)
{
    PgConn *conn = pg_conn(base);
    pg_begin(conn);
    if (unstage_inside(conn, stage, writer, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}

bool
pg_exists(Conn *base, const char *object, bool *ret, GError **error)
{
    g_autoptr(PgObject) found = NULL;
    if (!pg_object_find(pg_conn(base), object, &found, error))
        return false;
    *ret = found != NULL;
    return true;
}

/* --- after the data --- */

static bool
finish_inside(PgConn *conn, const char *stage, const char *like, GError **error)
{
    g_autoptr(PgObject) made = NULL;
    g_autoptr(PgObject) old = NULL;
    if (!pg_object_need(conn, stage, &made, error) ||
        (like != NULL && !pg_object_find(conn, like, &old, error)) ||
        (old != NULL && !pg_finish_like(conn, made, old, error)))
        return false;
    return pg_run(conn, error, "ANALYZE %s",
                  made->sql); /* or the first queries after the swap go the slow way */
}
bool
pg_finish(Conn *base, const char *stage, const char *like, const Writer *writer, GError **error)
{
    PgConn *conn = pg_conn(base);
    if (!book_begin(base, writer, error))
        return false;
    if (finish_inside(conn, stage, like, error) && pg_commit(conn, error))
        return true;
    pg_rollback(conn);
    return false;
}
