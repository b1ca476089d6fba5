/* bench.c - the ground that driver tests stand on. */
#include "bench.h"

#include "transfer/transfer.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static void
remove_folder(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

const char *
test_folder(void)
{
    if (folder == NULL) {
        folder = g_dir_make_tmp("honk-driver-XXXXXX", NULL);
        g_assert_nonnull(folder);
        atexit(remove_folder);
    }
    return folder;
}

char *
test_path(const char *suffix)
{
    static int count;
    return g_strdup_printf("%s/%d%s", test_folder(), ++count, suffix);
}

static sqlite3 *
open_file(const char *path)
{
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

char *
test_try(const char *path, const char *sql)
{
    sqlite3 *db = open_file(path);
    char *message = NULL;
    sqlite3_exec(db, sql, NULL, NULL, &message);
    char *copy = g_strdup(message);
    sqlite3_free(message);
    g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
    return copy;
}

void
test_exec(const char *path, const char *sql)
{
    g_autofree char *message = test_try(path, sql);
    if (message != NULL)
        g_error("%s: %s", message, sql);
}

char *
test_query(const char *path, const char *sql)
{
    sqlite3 *db = open_file(path);
    sqlite3_stmt *rows = NULL;
    GString *text = g_string_new(NULL);
    if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK)
        g_error("%s: %s", sqlite3_errmsg(db), sql);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        g_string_append(text, text->len > 0 ? "\n" : "");
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const char *cell = (const char *) sqlite3_column_text(rows, i);
            g_string_append_printf(text, "%s%s", i > 0 ? "|" : "", cell != NULL ? cell : "NULL");
        }
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return g_string_free(text, FALSE);
}

char *
test_dump(const char *path)
{
    GString *dump = g_string_new(NULL);
    g_autofree char *schema = test_query(
        path, "SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT "
              "LIKE '\\_honk\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_honk\\_%' ESCAPE "
              "'\\' ORDER BY rowid");
    g_string_append(dump, schema);
    g_autofree char *tables =
        test_query(path, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                         "'\\_honk\\_%' ESCAPE '\\' ORDER BY name");
    g_auto(GStrv) names = g_strsplit(tables, "\n", -1);
    for (char **name = names; *name != NULL && **name != '\0'; name++) {
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", *name);
        g_autofree char *rows = test_query(path, sql);
        sqlite3_free(sql);
        g_string_append_printf(dump, "\n-- %s\n%s", *name, rows);
    }
    return g_string_free(dump, FALSE);
}

TestDb *
test_db(const char *sql)
{
    TestDb *db = g_new0(TestDb, 1);
    db->path = test_path(".db");
    test_exec(db->path, sql);
    db->store.name = g_strdup("store");
    db->store.driver = g_strdup("sqlite");
    db->store.settings = json_pack("{sssi}", "path", db->path, "timeout_ms", 200);
    ASSERT_OK(conn_open(&db->store, &db->conn, &ERR));
    return db;
}

void
test_db_free(TestDb *db)
{
    conn_close(db->conn);
    g_free(db->path);
    g_free(db->store.name);
    g_free(db->store.driver);
    json_decref(db->store.settings);
    g_free(db);
}

static void
note_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    GString *text = data;
    g_string_append_printf(text, "%s!%" G_GINT64_FORMAT " %s: %s", text->len > 0 ? "\n" : "",
                           row_id, column != NULL ? column : "-", reason);
}

char *
test_scan(Conn *conn, const ScanSpec *spec)
{
    g_autoptr(Schema) schema = NULL;
    g_autoptr(Scan) scan = NULL;
    if (spec->output == NULL)
        ASSERT_OK(conn_describe(conn, spec->object, &schema, &ERR));
    else
        schema = schema_copy(spec->output);
    g_autoptr(Batch) batch = batch_new_for(schema);
    GString *text = g_string_new(NULL);
    ASSERT_OK(conn_scan(conn, spec, &scan, &ERR));
    do {
        batch_reset(batch);
        ASSERT_OK(scan_next(scan, batch, note_reject, text, &ERR));
        for (size_t row = 0; row < batch->row_count; row++) {
            g_string_append_printf(text, "%s%" G_GINT64_FORMAT ":", text->len > 0 ? "\n" : "",
                                   batch->row_ids[row]);
            for (size_t column = 0; column < batch->column_count; column++) {
                Value value = batch_value(batch, column, row);
                g_string_append(text, column > 0 ? "|" : "");
                if (value.is_null)
                    g_string_append(text, "NULL");
                else if (value.type == TYPE_BYTES)
                    g_string_append_printf(text, "%zu bytes", value.s.bytes);
                else
                    value_append_text(&value, text);
            }
        }
    } while (batch->row_count > 0);
    return g_string_free(text, FALSE);
}

bool
test_moves_one(TestDb *from, TestDb *to, int number)
{
    g_autofree char *stage = g_strdup_printf("stage_%d", number);
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) range = json_pack("{ss}", "name", stage);
    g_auto(Comparison) seen = {0};
    Writer writer = {.plan = stage, .task = "t", .range = stage, .token = 5};
    RangeResult result = {0};
    TransferSpec spec = {.source_store = &from->store,
                         .source = "s",
                         .target_store = &to->store,
                         .target = "t",
                         .stage = stage,
                         .plan = stage,
                         .task = "t",
                         .token = 5,
                         .hash = true,
                         .push_allowed = true};
    ASSERT_OK(conn_stage(to->conn, stage, "t", NULL, &writer, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    g_assert_cmpint(result.rows_out + result.rejected, ==, 1);
    ASSERT_OK(transfer_compare(transfer, stage, 5, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal);
    return result.rows_out == 1;
}
