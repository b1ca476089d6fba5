/*
 * describe.c - an SQLite table or view as a Schema, and its fingerprint.
 *
 * SQLite types values, not columns. The type of a column is read from its declaration by the words
 * that people use there; a cell that is not of it is refused when it is read (cell.c), never bent.
 *
 *   BOOL…                                          bool
 *   DATETIME, TIMESTAMP…                           timestamp, kept as ISO text
 *   DATE                                           date, kept as ISO text
 *   DECIMAL…, NUMERIC…, NUMBER, MONEY              decimal
 *   REAL, FLOAT…, DOUBLE…                          float
 *   …CHAR…, …TEXT…, …CLOB…                         text
 *   BLOB, BINARY, VARBINARY, BYTEA                 bytes
 *   …INT…, SERIAL, BIGSERIAL                       int
 *   none, ANY and every other                      text, whatever is in it
 */
#include "base/text.h"
#include "driver/sqlite/sqlite.h"

#include "driver/sqlite/text.h"

#include <string.h>

static const struct {
    const char *part;
    bool is_start; /* only at the beginning */
    ColumnType type;
} type_words[] = {
    {"BOOL", true, TYPE_BOOL},
    {"DATETIME", true, TYPE_TIMESTAMP},
    {"TIMESTAMP", true, TYPE_TIMESTAMP},
    {"DECIMAL", true, TYPE_DECIMAL},
    {"NUMERIC", true, TYPE_DECIMAL},
    {"NUMBER", true, TYPE_DECIMAL},
    {"MONEY", true, TYPE_DECIMAL},
    {"FLOA", false, TYPE_FLOAT},
    {"DOUB", false, TYPE_FLOAT},
    {"REAL", false, TYPE_FLOAT},
    {"CHAR", false, TYPE_TEXT},
    {"CLOB", false, TYPE_TEXT},
    {"TEXT", false, TYPE_TEXT},
    {"BLOB", false, TYPE_BYTES},
    {"BINARY", false, TYPE_BYTES},
    {"BYTEA", true, TYPE_BYTES},
    {"POINT", false, TYPE_TEXT},
    {"INTERVAL", false, TYPE_TEXT},
    {"INT", false, TYPE_INT},
    {"SERIAL", false, TYPE_INT},
};

ColumnType
sqlite_column_type_of(const char *declared)
{
    g_autofree char *upper = g_ascii_strup(declared, -1);
    char *word = g_strstrip(upper);
    word[strcspn(word, "(")] = '\0'; /* lengths do not matter */
    g_strchomp(word);
    if (strcmp(word, "DATE") == 0)
        return TYPE_DATE;
    for (size_t i = 0; i < G_N_ELEMENTS(type_words); i++) {
        const char *found = strstr(word, type_words[i].part);
        if (found != NULL && (found == word || !type_words[i].is_start))
            return type_words[i].type;
    }
    return TYPE_TEXT;
}

static const char *const declared_words[] = {
    "BOOLEAN", "INTEGER",       "BIGINT",   "SERIAL",    "REAL", "DOUBLE PRECISION",
    "FLOAT",   "DECIMAL(10,2)", "NUMERIC",  "MONEY",     "TEXT", "VARCHAR(40)",
    "CLOB",    "DATE",          "DATETIME", "TIMESTAMP", "BLOB", "VARBINARY(16)",
    "JSON",    "UUID",          "",         NULL};

const TypeOps sqlite_type_ops = {
    .declared = declared_words,
    .type_of = sqlite_column_type_of,
    .made = sqlite_type_names,
};

/* pragma_table_xinfo's `hidden` */
enum { HIDDEN_OF_VIRTUAL_TABLE = 1, GENERATED_VIRTUAL = 2, GENERATED_STORED = 3 };

static bool
add_columns(SqliteConn *conn, const SqliteObject *object, Schema *schema, GError **error)
{
    AUTO_STMT *columns = NULL;
    if (!sq_prepare(conn, &columns, error,
                    "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden "
                    "FROM pragma_table_xinfo(%Q, 'main') ORDER BY cid",
                    object->name))
        return false;
    for (bool row = true;;) {
        if (!sq_step(conn, columns, &row, error))
            return false;
        if (!row)
            return true;
        int hidden = sqlite3_column_int(columns, 5);
        if (hidden == HIDDEN_OF_VIRTUAL_TABLE)
            continue;
        g_autofree char *declared = sq_text(columns, 1);
        /* a lone INTEGER PRIMARY KEY is the rowid: never NULL, and made up where it is left out */
        bool is_rowid = sqlite3_column_int(columns, 4) > 0 && object->key->len == 1 &&
                        object->has_rowid && g_ascii_strcasecmp(declared, "INTEGER") == 0;
        bool is_key = sqlite3_column_int(columns, 4) > 0;
        bool is_nullable = sqlite3_column_int(columns, 2) == 0 && !is_rowid &&
                           !(is_key && (!object->has_rowid || object->is_strict));
        Column *column = schema_add(schema, (const char *) sqlite3_column_text(columns, 0),
                                    sqlite_column_type_of(declared), declared, is_nullable);
        column->has_default = sqlite3_column_int(columns, 3) != 0 || is_rowid;
        column->is_generated = hidden == GENERATED_VIRTUAL || hidden == GENERATED_STORED;
        column->is_rowid = is_rowid;
    }
}

/* But for what hangs on it. */
static bool
outline(SqliteConn *conn, const SqliteObject *object, Schema **ret, GError **error)
{
    g_autoptr(Schema) schema = schema_new(object->name);
    schema->is_table = object->kind == OBJECT_TABLE;
    if (!add_columns(conn, object, schema, error))
        return false;
    for (guint i = 0; i < object->key->len; i++)
        schema_add_key(schema, object->key->pdata[i]);
    if (schema_count(schema) == 0)
        return fail(error, ERR_INVALID, "'%s' has no columns that can be read", object->name);
    *ret = g_steal_pointer(&schema);
    return true;
}

bool
sqlite_outline(Conn *base, const char *name, Schema **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    return sqlite_object_need(conn, name, &object, error) && outline(conn, object, ret, error);
}

bool
sqlite_describe(Conn *base, const char *name, Schema **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    g_autoptr(Schema) schema = NULL;
    if (!sqlite_object_need(conn, name, &object, error) || !outline(conn, object, &schema, error))
        return false;
    if (!sqlite_add_dependents(conn, object, schema, error))
        return false;
    *ret = g_steal_pointer(&schema);
    return true;
}

/* What a rowid is called: other keys may hold 1, '1' and x'31' beside each other, and NULL as often as it is wanted. */
bool
sqlite_keeps_key(Conn *base, const char *name, bool *ret, GError **error)
{
    g_autoptr(Schema) schema = NULL;
    if (!sqlite_outline(base, name, &schema, error))
        return false;
    *ret = schema->is_table && schema->key->len == 1 &&
           schema_find(schema, schema->key->pdata[0], NULL)->is_rowid;
    return true;
}

bool
sqlite_identity(Conn *base, const char *name, json_t **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(SqliteObject) object = NULL;
    g_autoptr(Schema) schema = NULL;
    if (!sqlite_object_need(conn, name, &object, error) || !outline(conn, object, &schema, error))
        return false;
    *ret = columns_identity(schema);
    return true;
}

/* --- fingerprint: cells as they are kept, not as their columns are declared --- */

static void
hash_kept(sqlite3_stmt *statement, int column, RowHasher *hasher)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        row_hasher_int(hasher, TYPE_INT, sqlite3_column_int64(statement, column));
        return;
    case SQLITE_FLOAT:
        row_hasher_float(hasher, sqlite3_column_double(statement, column));
        return;
    case SQLITE_NULL:
        row_hasher_null(hasher);
        return;
    default: {
        bool is_text = sqlite3_column_type(statement, column) == SQLITE_TEXT;
        const void *data = is_text ? (const void *) sqlite3_column_text(statement, column)
                                   : sqlite3_column_blob(statement, column);
        row_hasher_bytes(hasher, is_text ? TYPE_TEXT : TYPE_BYTES, data,
                         (size_t) sqlite3_column_bytes(statement, column));
    }
    }
}

static bool
sum_rows(SqliteConn *conn, const SqliteObject *object, HashSum *ret, GError **error)
{
    g_autofree char *quoted = sql_quote(object->name);
    AUTO_STMT *rows = NULL;
    if (!sq_prepare(conn, &rows, error, "SELECT %s%s* FROM main.%s",
                    object->rowid != NULL ? object->rowid : "", object->rowid != NULL ? ", " : "",
                    quoted))
        return false;
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    HashSum sum = {0};
    int columns = sqlite3_column_count(rows);
    for (bool row = true;;) {
        if (!sq_step(conn, rows, &row, error))
            return false;
        if (!row)
            break;
        row_hasher_begin(&hasher);
        for (int i = 0; i < columns; i++)
            hash_kept(rows, i, &hasher);
        hash_sum_add(&sum, row_hasher_end(&hasher));
    }
    *ret = sum;
    return true;
}

bool
sqlite_fingerprint(Conn *base, const char *name, char **ret, GError **error)
{
    SqliteConn *conn = sqlite_conn(base);
    g_autoptr(Schema) schema = NULL;
    g_autoptr(SqliteObject) object = NULL;
    HashSum sum;
    if (!sqlite_describe(base, name, &schema, error) ||
        !sqlite_object_need(conn, name, &object, error) || !sum_rows(conn, object, &sum, error))
        return false;
    g_autofree char *rows = hash_sum_text(&sum);
    g_autofree char *columns = schema_fingerprint(schema);
    g_autofree char *all = g_strjoin("\n", columns, object->sql, rows, NULL);
    *ret = sha256_of(all, strlen(all));
    return true;
}
