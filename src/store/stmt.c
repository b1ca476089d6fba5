/* stmt.c - statements: prepared once, bound by name, run to the end. */
#include "store/db_private.h"

#include <string.h>

#define SQL_SHOWN_BYTES 60 /* of a statement in an error message */

void
stmt_free(void *data)
{
    Stmt *stmt = data;
    sqlite3_finalize(stmt->sqlite);
    g_free(stmt->sql);
    g_free(stmt);
}

static bool
stmt_fail(Stmt *stmt, GError **error)
{
    g_autofree char *sql = g_strndup(sqlite3_sql(stmt->sqlite), SQL_SHOWN_BYTES);
    db_fail(stmt->db, error, sql);
    stmt_reset(stmt);
    return false;
}

/* Most texts are constants and asked for from the same address again and again: hashing one costs
 * more than running some statements. An address may have got another text since. */
static Stmt *
stmt_known(Db *db, const char *sql)
{
    Stmt **recent = &db->recent[((uintptr_t) sql / sizeof(void *)) % STATEMENTS_RECENT];
    if (*recent != NULL && strcmp((*recent)->sql, sql) == 0)
        return *recent;
    Stmt *stmt = g_hash_table_lookup(db->statements, sql);
    if (stmt != NULL)
        *recent = stmt;
    return stmt;
}

bool
db_prepare(Db *db, const char *sql, Stmt **ret, GError **error)
{
    Stmt *stmt = stmt_known(db, sql);
    if (stmt != NULL) {
        stmt_reset(stmt);
        *ret = stmt;
        return true;
    }
    sqlite3_stmt *made = NULL;
    const char *tail = NULL;
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, &tail) !=
        SQLITE_OK)
        return db_fail(db, error, sql);
    g_assert(made != NULL && *tail == '\0'); /* one statement, not none or two */
    stmt = g_new0(Stmt, 1);
    stmt->db = db;
    stmt->sqlite = made;
    stmt->sql = g_strdup(sql);
    g_hash_table_insert(db->statements, stmt->sql, stmt);
    *ret = stmt;
    return true;
}

static int
stmt_position(Stmt *stmt, const char *name)
{
    int position = sqlite3_bind_parameter_index(stmt->sqlite, name);
    g_assert(position > 0); /* a name that the statement does not have is a bug */
    return position;
}

void
stmt_text(Stmt *stmt, const char *name, const char *value)
{
    sqlite3_bind_text(stmt->sqlite, stmt_position(stmt, name), value, -1, SQLITE_TRANSIENT);
}

void
stmt_int(Stmt *stmt, const char *name, int64_t value)
{
    sqlite3_bind_int64(stmt->sqlite, stmt_position(stmt, name), value);
}

void
stmt_blob(Stmt *stmt, const char *name, const void *data, size_t bytes)
{
    sqlite3_bind_blob64(stmt->sqlite, stmt_position(stmt, name), data, bytes, SQLITE_TRANSIENT);
}

void
stmt_text_at(Stmt *stmt, int position, const char *value)
{
    sqlite3_bind_text(stmt->sqlite, position, value, -1, SQLITE_STATIC);
}

void
stmt_int_at(Stmt *stmt, int position, int64_t value)
{
    sqlite3_bind_int64(stmt->sqlite, position, value);
}

bool
stmt_step(Stmt *stmt, bool *ret_row, GError **error)
{
    int result = sqlite3_step(stmt->sqlite);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return stmt_fail(stmt, error);
    if (result == SQLITE_DONE)
        stmt_reset(stmt);
    *ret_row = result == SQLITE_ROW;
    return true;
}

bool
stmt_run(Stmt *stmt, int64_t *ret_changes, GError **error)
{
    int result = SQLITE_ROW;
    while (result == SQLITE_ROW)
        result = sqlite3_step(stmt->sqlite);
    if (result != SQLITE_DONE)
        return stmt_fail(stmt, error);
    if (ret_changes != NULL)
        *ret_changes = sqlite3_changes64(stmt->db->sqlite);
    stmt_reset(stmt);
    return true;
}

void
stmt_reset(Stmt *stmt)
{
    sqlite3_reset(stmt->sqlite);
    sqlite3_clear_bindings(stmt->sqlite);
}

const char *
stmt_col_text(Stmt *stmt, int column)
{
    return (const char *) sqlite3_column_text(stmt->sqlite, column);
}

int64_t
stmt_col_int(Stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->sqlite, column);
}

bool
stmt_col_is_null(Stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->sqlite, column) == SQLITE_NULL;
}

const void *
stmt_col_blob(Stmt *stmt, int column, size_t *ret_bytes)
{
    const void *data = sqlite3_column_blob(stmt->sqlite, column);
    *ret_bytes = (size_t) sqlite3_column_bytes(stmt->sqlite, column);
    return data;
}
