/* world.c - the stores that need nothing but this process and a folder. */
#include "world.h"

#include "driver/memory/memory.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* librdkafka begins its threads by C11's thrd_create(), which the thread sanitizer does not know: the program would end. */
const Fixture *const every_fixture[] = {
    &fixture_memory, &fixture_sqlite, &fixture_postgres, &fixture_mariadb,
    &fixture_csv,    &fixture_ndjson, &fixture_redis,
#ifndef __SANITIZE_THREAD__
    &fixture_kafka,
#endif
};
const size_t fixture_count = G_N_ELEMENTS(every_fixture);

World *
world_new(const Fixture *fixture)
{
    static int count;
    World *world = g_new0(World, 1);
    world->fixture = fixture;
    world->store.name = g_strdup_printf("store-%d", ++count);
    world->store.driver = g_strdup(fixture->driver);
    fixture->open(world);
    world->conn = world_connect(world);
    return world;
}

void
world_free(World *world)
{
    conn_close(world->conn);
    if (world->fixture->close != NULL)
        world->fixture->close(world);
    g_free(world->store.name);
    g_free(world->store.driver);
    json_decref(world->store.settings);
    g_free(world->path);
    g_free(world);
}

Conn *
world_connect(const World *world)
{
    Conn *conn = NULL;
    ASSERT_OK(conn_open(&world->store, &conn, &ERR));
    return conn;
}

static ColumnType
shows_all(ColumnType type)
{
    return type;
}

static bool
holds_all(const Value *value)
{
    return true;
}

/* --- memory --- */

static void
memory_begin_store(World *world)
{
    world->store.settings = json_pack("{sb}", "volatile", 1);
}

static void
memory_end_store(World *world)
{
    memory_forget(world->store.name);
}

static void
memory_make_object(World *world, const Schema *schema, const Batch *rows)
{
    memory_make(world->store.name, schema, rows);
}

static bool
memory_insert_row(World *world, const char *object, const Batch *rows)
{
    return memory_insert(world->store.name, object, rows, NULL);
}

static bool
memory_erase_row(World *world, const char *object, int64_t row_id)
{
    return memory_delete(world->store.name, object, row_id, NULL);
}

const Fixture fixture_memory = {
    .driver = "memory",
    .open = memory_begin_store,
    .close = memory_end_store,
    .make = memory_make_object,
    .shows = shows_all,
    .holds = holds_all,
    .keeps = holds_all,
    .insert = memory_insert_row,
    .erase = memory_erase_row,
};

/* --- sqlite --- */

static void
sqlite_begin_store(World *world)
{
    world->path = test_path(".db");
    test_exec(world->path, "CREATE TABLE \"elsewhere\" (x)");
    world->store.settings = json_pack("{sssi}", "path", world->path, "timeout_ms", 200);
}

static void
sqlite_bind(sqlite3_stmt *insert, int index, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->is_null) {
        sqlite3_bind_null(insert, index);
    } else if (value->type == TYPE_BOOL || value->type == TYPE_INT) {
        sqlite3_bind_int64(insert, index, value->i);
    } else if (value->type == TYPE_FLOAT) {
        sqlite3_bind_double(insert, index, value->f);
    } else if (value->type == TYPE_BYTES) {
        sqlite3_bind_blob64(insert, index, value->s.bytes > 0 ? value->s.data : "", value->s.bytes,
                            SQLITE_TRANSIENT);
    } else {
        value_append_text(value, text);
        sqlite3_bind_text64(insert, index, text->str, text->len, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
}

static bool
sqlite_insert_rows(World *world, const char *object, const Batch *rows)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    g_autoptr(GString) sql = g_string_new("INSERT INTO \"");
    g_assert_cmpint(sqlite3_open(world->path, &db), ==, SQLITE_OK);
    g_string_append_printf(sql, "%s\" VALUES (?", object);
    for (size_t i = 1; i < rows->column_count; i++)
        g_string_append(sql, ", ?");
    g_string_append_c(sql, ')');
    if (sqlite3_prepare_v2(db, sql->str, -1, &insert, NULL) != SQLITE_OK)
        g_error("%s: %s", sqlite3_errmsg(db), sql->str);
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    bool done = true;
    for (size_t row = 0; done && row < rows->row_count; row++) {
        for (size_t i = 0; i < rows->column_count; i++) {
            Value value = batch_value(rows, i, row);
            sqlite_bind(insert, (int) i + 1, &value);
        }
        done = sqlite3_step(insert) == SQLITE_DONE;
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    sqlite3_exec(db, done ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    return done;
}

static void
sqlite_make_object(World *world, const Schema *schema, const Batch *rows)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_BOOL] = "BOOLEAN",        [TYPE_INT] = "INTEGER",
        [TYPE_FLOAT] = "REAL",          [TYPE_DECIMAL] = SQLITE_DECIMAL_TEXT,
        [TYPE_TEXT] = "TEXT",           [TYPE_DATE] = "DATE",
        [TYPE_TIMESTAMP] = "TIMESTAMP", [TYPE_BYTES] = "BLOB"};
    g_autoptr(GString) sql = g_string_new(NULL);
    char *name = sqlite3_mprintf("\"%w\"", schema->dataset);
    g_string_printf(sql, "DROP TABLE IF EXISTS %s; CREATE TABLE %s (", name, name);
    sqlite3_free(name);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        char *part =
            sqlite3_mprintf("%s\"%w\" %s%s", i > 0 ? ", " : "", column->name,
                            column->declared[0] != '\0' ? column->declared : types[column->type],
                            column->is_nullable ? "" : " NOT NULL");
        g_string_append(sql, part);
        sqlite3_free(part);
    }
    for (guint i = 0; i < schema->key->len; i++)
        g_string_append_printf(sql, "%s\"%s\"", i == 0 ? ", PRIMARY KEY (" : ", ",
                               (char *) schema->key->pdata[i]);
    g_string_append(sql, schema->key->len > 0 ? "))" : ")");
    test_exec(world->path, sql->str);
    g_assert_true(sqlite_insert_rows(world, schema->dataset, rows));
}

static bool
sqlite_erase_row(World *world, const char *object, int64_t row_id)
{
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM \"%s\" WHERE rowid = %" G_GINT64_FORMAT, object, row_id);
    g_autofree char *refusal = test_try(world->path, sql);
    return refusal == NULL;
}

static bool
sqlite_holds(const Value *value)
{
    return value->type != TYPE_FLOAT || !isnan(value->f);
}

/* A column that we declare DECIMAL is one of SQLite's numbers: an integer of 64 bits, else 15 digits. */
static bool
sqlite_keeps(const Value *value)
{
    if (value->type != TYPE_DECIMAL)
        return sqlite_holds(value);
    g_autofree char *text = g_strndup(value->s.data, value->s.bytes);
    bool is_whole = strchr(text, '.') == NULL;
    g_autofree char *digits = g_strdup(text + strspn(text, "-0."));
    size_t used = strlen(digits) - (strchr(digits, '.') != NULL);
    while (is_whole && used > 0 && digits[used - 1] == '0')
        used--;
    bool is_int =
        is_whole && g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, NULL, NULL);
    return used <= 15 || is_int;
}

static void
sqlite_make_broken(World *world)
{
    test_exec(world->path, "CREATE TABLE broken (a TEXT, b INTEGER);"
                           "INSERT INTO broken VALUES ('one', 1), (CAST(x'e9' AS TEXT), 2), "
                           "('three', 'many'), ('four', 4)");
}

static void
sqlite_hang(World *world, const char *object)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE VIEW names AS SELECT name FROM \"%s\"; CREATE INDEX by_name ON \"%s\" (name)",
        object, object);
    test_exec(world->path, sql);
}

static bool
sqlite_hangs(World *world, const char *object)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT (SELECT count(*) FROM names) = (SELECT count(*) FROM \"%s\" INDEXED BY by_name "
        "WHERE name >= '')",
        object);
    g_autofree char *seen = test_query(world->path, sql);
    return strcmp(seen, "1") == 0;
}

const Fixture fixture_sqlite = {
    .driver = "sqlite",
    .open = sqlite_begin_store,
    .make = sqlite_make_object,
    .shows = shows_all,
    .holds = sqlite_holds,
    .keeps = sqlite_keeps,
    .make_broken = sqlite_make_broken,
    .insert = sqlite_insert_rows,
    .erase = sqlite_erase_row,
    .hang = sqlite_hang,
    .hangs = sqlite_hangs,
};

/* --- files --- */

static void
files_begin_store(World *world)
{
    world->path = test_path("");
    g_assert_cmpint(g_mkdir(world->path, 0777), ==, 0);
    world->store.settings = json_pack("{ss}", "path", world->path);
}

static void
write_file(const World *world, const char *object, const char *text, gssize bytes)
{
    g_autofree char *path = g_build_filename(world->path, object, NULL);
    g_assert_true(g_file_set_contents(path, text, bytes, NULL));
}

static void
append_file(const World *world, const char *object, const GString *text)
{
    g_autofree char *path = g_build_filename(world->path, object, NULL);
    FILE *file = fopen(path, "a");
    g_assert_nonnull(file);
    g_assert_cmpuint(fwrite(text->str, 1, text->len, file), ==, text->len);
    g_assert_cmpint(fclose(file), ==, 0);
}

static bool
is_clean_text(const Value *value)
{
    return g_utf8_validate_len(value->s.data, value->s.bytes, NULL);
}

/* --- csv --- */

static ColumnType
csv_shows(ColumnType type)
{
    return TYPE_TEXT;
}

static bool
csv_holds(const Value *value)
{
    if (value->type == TYPE_BYTES)
        return false;
    return value->type != TYPE_TEXT || is_clean_text(value);
}

static void
csv_append_field(GString *text, const char *data, size_t bytes)
{
    g_string_append_c(text, '"');
    for (size_t i = 0; i < bytes; i++)
        g_string_append_printf(text, data[i] == '"' ? "\"\"" : "%c", data[i]);
    g_string_append_c(text, '"');
}

static void
csv_append_rows(GString *text, const Batch *rows)
{
    for (size_t row = 0; row < rows->row_count; row++) {
        for (size_t i = 0; i < rows->column_count; i++) {
            Value value = batch_value(rows, i, row);
            g_autoptr(GString) cell = g_string_new(NULL);
            g_string_append(text, i > 0 ? "," : "");
            if (value.is_null)
                continue;
            value_append_text(&value, cell);
            csv_append_field(text, cell->str, cell->len);
        }
        g_string_append_c(text, '\n');
    }
}

static void
csv_make_object(World *world, const Schema *schema, const Batch *rows)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *name = schema_column(schema, i)->name;
        g_string_append(text, i > 0 ? "," : "");
        csv_append_field(text, name, strlen(name));
    }
    g_string_append_c(text, '\n');
    csv_append_rows(text, rows);
    write_file(world, schema->dataset, text->str, (gssize) text->len);
}

static bool
csv_insert_rows(World *world, const char *object, const Batch *rows)
{
    g_autoptr(GString) text = g_string_new(NULL);
    csv_append_rows(text, rows);
    append_file(world, object, text);
    return true;
}

static void
csv_make_broken(World *world)
{
    write_file(world, "broken", "a,b\none,1\nt\xe9wo,2\nthree\nfour,4\n", -1);
}

/* Bytes that are a text are kept as one. */
static bool
csv_keeps(const Value *value)
{
    return (value->type != TYPE_TEXT && value->type != TYPE_BYTES) || is_clean_text(value);
}

const Fixture fixture_csv = {
    .driver = "csv",
    .open = files_begin_store,
    .make = csv_make_object,
    .shows = csv_shows,
    .holds = csv_holds,
    .keeps = csv_keeps,
    .insert = csv_insert_rows,
    .make_broken = csv_make_broken,
    .has_no_keys = true,
};

/* --- ndjson --- */

static ColumnType
ndjson_shows(ColumnType type)
{
    return type == TYPE_BOOL || type == TYPE_INT || type == TYPE_FLOAT ? type : TYPE_TEXT;
}

static bool
ndjson_holds(const Value *value)
{
    if (value->type == TYPE_TEXT)
        return is_clean_text(value);
    return value->type != TYPE_BYTES && (value->type != TYPE_FLOAT || isfinite(value->f));
}

static json_t *
json_cell(const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->is_null)
        return json_null();
    if (value->type == TYPE_BOOL)
        return json_boolean(value->i);
    if (value->type == TYPE_INT)
        return json_integer(value->i);
    if (value->type == TYPE_FLOAT)
        return json_real(value->f);
    value_append_text(value, text);
    json_t *json = json_stringn(text->str, text->len);
    g_assert_nonnull(json);
    return json;
}

char *
row_as_json(const Schema *schema, const Batch *rows, size_t row)
{
    g_autoptr(json_t) record = json_object();
    for (size_t i = 0; i < rows->column_count; i++) {
        Value value = batch_value(rows, i, row);
        bool is_array =
            !value.is_null && strcmp(schema_column(schema, i)->declared, JSON_ARRAY) == 0;
        json_t *cell =
            is_array ? json_loadb(value.s.data, value.s.bytes, 0, NULL) : json_cell(&value);
        g_assert_nonnull(cell);
        json_object_set_new(record, schema_column(schema, i)->name, cell);
    }
    return json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(17));
}

static void
ndjson_append_rows(GString *text, const Schema *schema, const Batch *rows)
{
    for (size_t row = 0; row < rows->row_count; row++) {
        g_autofree char *line = row_as_json(schema, rows, row);
        g_string_append_printf(text, "%s\n", line);
    }
}

static void
ndjson_make_object(World *world, const Schema *schema, const Batch *rows)
{
    g_autoptr(GString) text = g_string_new(NULL);
    ndjson_append_rows(text, schema, rows);
    write_file(world, schema->dataset, text->str, (gssize) text->len);
}

static bool
ndjson_insert_rows(World *world, const char *object, const Batch *rows)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_describe(world->conn, object, &schema, &ERR));
    ndjson_append_rows(text, schema, rows);
    append_file(world, object, text);
    return true;
}

static void
ndjson_make_broken(World *world)
{
    write_file(world, "broken", "{\"a\":\"one\"}\n{\"a\":\"t\xe9wo\"}\n{\"a\":\n{\"a\":\"four\"}\n",
               -1);
}

static bool
ndjson_keeps(const Value *value)
{
    return csv_keeps(value) && (value->type != TYPE_FLOAT || isfinite(value->f));
}

const Fixture fixture_ndjson = {
    .driver = "ndjson",
    .open = files_begin_store,
    .make = ndjson_make_object,
    .shows = ndjson_shows,
    .holds = ndjson_holds,
    .keeps = ndjson_keeps,
    .insert = ndjson_insert_rows,
    .make_broken = ndjson_make_broken,
    .has_no_empty = true,
    .has_no_keys = true,
};
