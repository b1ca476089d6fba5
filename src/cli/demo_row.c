/* demo_row.c - one listener as the old dataset has it, and as the new one does. */
#include "cli/demo.h"

#include <sqlite3.h>
#include <string.h>

/* Somebody in whose row every kind of rule shows: a renamed country, a mapped tier. */
static const char whom_sql[] = "SELECT id FROM users_v1 ORDER BY country_code = 'UK' DESC, "
                               "plan = 'prem' DESC, id LIMIT 1";
static const char before_sql[] = "SELECT * FROM users_v1 WHERE id = ?";
static const char after_sql[] = "SELECT * FROM users_v2 WHERE user_id = ?";

static bool
row_fail(sqlite3 *db, GError **error)
{
    return fail(error, ERR_INTERNAL, "the demo's rows cannot be read: %s", sqlite3_errmsg(db));
}

/* The row that `sql` finds for `id`; none is an error. */
static bool
row_find(sqlite3 *db, const char *sql, int64_t id, sqlite3_stmt **ret, GError **error)
{
    if (sqlite3_prepare_v2(db, sql, -1, ret, NULL) != SQLITE_OK)
        return row_fail(db, error);
    sqlite3_bind_int64(*ret, 1, id);
    return sqlite3_step(*ret) == SQLITE_ROW || row_fail(db, error);
}

static const char *
cell_name(sqlite3_stmt *stmt, int column)
{
    return column < sqlite3_column_count(stmt) ? sqlite3_column_name(stmt, column) : "";
}

static const char *
cell_text(sqlite3_stmt *stmt, int column)
{
    if (column >= sqlite3_column_count(stmt))
        return "";
    const char *text = (const char *) sqlite3_column_text(stmt, column);
    return text != NULL ? text : "NULL";
}

static void
rows_show(Demo *demo, sqlite3_stmt *before, sqlite3_stmt *after)
{
    g_autoptr(Table) table = table_new("users_v1", "", "users_v2", "", NULL);
    for (int i = 0; i < MAX(sqlite3_column_count(before), sqlite3_column_count(after)); i++) {
        table_cell(table, TONE_DIM, cell_name(before, i));
        table_cell(table, TONE_PLAIN, cell_text(before, i));
        table_cell(table, TONE_DIM, cell_name(after, i));
        table_cell(table, TONE_PLAIN, cell_text(after, i));
    }
    view_table(demo->view, table);
}

static bool
rows_read(Demo *demo, sqlite3 *db, GError **error)
{
    sqlite3_stmt *whom = NULL, *before = NULL, *after = NULL;
    bool ok = row_find(db, whom_sql, 0, &whom, error);
    int64_t id = ok ? sqlite3_column_int64(whom, 0) : 0;
    ok = ok && row_find(db, before_sql, id, &before, error) &&
         row_find(db, after_sql, id, &after, error);
    if (ok)
        rows_show(demo, before, after);
    sqlite3_finalize(whom);
    sqlite3_finalize(before);
    sqlite3_finalize(after);
    return ok;
}

bool
demo_show_row(Demo *demo, GError **error)
{
    g_autofree char *path = g_build_filename(demo->folder, "listening.db", NULL);
    sqlite3 *db = NULL;
    bool ok =
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK || row_fail(db, error);
    if (ok) {
        sqlite3_busy_timeout(db, 5000);
        view_line(demo->view, "\nOne listener, before and after:\n");
        ok = rows_read(demo, db, error);
    }
    sqlite3_close(db);
    return ok;
}
