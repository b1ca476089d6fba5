/*
 * stmt.c - statements, prepared once per connection and text, with values bound by name.
 *
 * Names and values of our own code only: a name that a statement does not have is a bug.
 */
#include "store/db_private.h"

struct Stmt {
    Db *db;
    sqlite3_stmt *sqlite;
};

void
stmt_free(void *data)
{
    Stmt *stmt = data;
    sqlite3_finalize(stmt->sqlite);
    g_free(stmt);
}

bool
db_prepare(Db *db, const char *sql, Stmt **ret, GError **error)
{
    Stmt *stmt = g_hash_table_lookup(db->stmts, sql);
    if (stmt == NULL) {
        sqlite3_stmt *sqlite = NULL;
        if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &sqlite, NULL) !=
            SQLITE_OK)
            return db_fail(db, error, "ask");
        stmt = g_new0(Stmt, 1);
        *stmt = (Stmt){.db = db, .sqlite = sqlite};
        g_hash_table_insert(db->stmts, g_strdup(sql), stmt);
    }
    stmt_reset(stmt);
    *ret = stmt;
    return true;
}

void
stmt_reset(Stmt *stmt)
{
    sqlite3_reset(stmt->sqlite);
    sqlite3_clear_bindings(stmt->sqlite);
}

static int
place_of(Stmt *stmt, const char *name)
{
    int place = sqlite3_bind_parameter_index(stmt->sqlite, name);
    g_assert(place > 0);
    return place;
}

void
stmt_text(Stmt *stmt, const char *name, const char *value)
{
    sqlite3_bind_text(stmt->sqlite, place_of(stmt, name), value, -1, SQLITE_TRANSIENT);
}

void
stmt_int(Stmt *stmt, const char *name, int64_t value)
{
    sqlite3_bind_int64(stmt->sqlite, place_of(stmt, name), value);
}

void
stmt_blob(Stmt *stmt, const char *name, const void *data, size_t bytes)
{
    sqlite3_bind_blob64(stmt->sqlite, place_of(stmt, name), data, bytes, SQLITE_TRANSIENT);
}

bool
stmt_step(Stmt *stmt, bool *ret_row, GError **error)
{
    int code = sqlite3_step(stmt->sqlite);
    if (code == SQLITE_ROW) {
        *ret_row = true;
        return true;
    }
    if (code != SQLITE_DONE) {
        db_fail(stmt->db, error, "use");
        stmt_reset(stmt);
        return false;
    }
    stmt_reset(stmt);
    *ret_row = false;
    return true;
}

bool
stmt_run(Stmt *stmt, int64_t *ret_changes, GError **error)
{
    bool row = true;
    while (row)
        if (!stmt_step(stmt, &row, error))
            return false;
    if (ret_changes != NULL)
        *ret_changes = sqlite3_changes64(stmt->db->sqlite);
    return true;
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
