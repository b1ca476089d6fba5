/* postgres.c - a database of a real server for each world. */
#include "world.h"

#include "../postgres_bench.h"

#include <math.h>
#include <string.h>

/* Databases that a world has left: emptied, they are quicker than new ones. */
static GPtrArray *left;

static void
end_store(World *world)
{
    if (left == NULL)
        left = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(left, g_strdup(world->path));
}

static void
begin_store(World *world)
{
    bool is_used = left != NULL && left->len > 0;
    world->path = is_used ? g_ptr_array_steal_index(left, left->len - 1) : test_pg_database();
    test_pg_exec(world->path, "SET client_min_messages = error; DROP SCHEMA IF EXISTS _honk "
                              "CASCADE; DROP SCHEMA public CASCADE; "
                              "CREATE SCHEMA public; CREATE TABLE \"elsewhere\" (x int)");
    world->store.settings = json_pack("{sssi}", "url", world->path, "lock_timeout_ms", 200);
}

static ColumnType
shows_all(ColumnType type)
{
    return type;
}

static bool
holds(const Value *value)
{
    return value->type != TYPE_TEXT || memchr(value->s.data, '\0', value->s.bytes) == NULL;
}

static void
append_quoted(GString *sql, const char *text, size_t bytes, char quote)
{
    g_string_append_c(sql, quote);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == quote)
            g_string_append_c(sql, quote);
        g_string_append_c(sql, text[i]);
    }
    g_string_append_c(sql, quote);
}

static void
append_name(GString *sql, const char *name)
{
    append_quoted(sql, name, strlen(name), '"');
}

static void
append_literal(GString *sql, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (value->is_null) {
        g_string_append(sql, "NULL");
        return;
    }
    if (value->type == TYPE_BYTES) {
        g_string_append(text, "\\x");
        for (size_t i = 0; i < value->s.bytes; i++)
            g_string_append_printf(text, "%02x", (unsigned char) value->s.data[i]);
    } else {
        value_append_text(value, text);
    }
    append_quoted(sql, text->str, text->len, '\'');
}

static bool
insert(World *world, const char *object, const Batch *rows)
{
    g_autoptr(GString) sql = g_string_new("BEGIN;");
    for (size_t row = 0; row < rows->row_count; row++) {
        g_string_append(sql, row % 500 == 0 ? ";INSERT INTO " : ",(");
        if (row % 500 == 0) {
            append_name(sql, object);
            g_string_append(sql, " VALUES (");
        }
        for (size_t i = 0; i < rows->column_count; i++) {
            Value value = batch_value(rows, i, row);
            g_string_append(sql, i > 0 ? "," : "");
            append_literal(sql, &value);
        }
        g_string_append_c(sql, ')');
    }
    g_string_append(sql, ";COMMIT");
    g_autofree char *refusal = test_pg_try(world->path, sql->str);
    return refusal == NULL;
}

static void
make(World *world, const Schema *schema, const Batch *rows)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_BOOL] = "boolean",          [TYPE_INT] = "bigint", [TYPE_FLOAT] = "double precision",
        [TYPE_DECIMAL] = "numeric",       [TYPE_TEXT] = "text",  [TYPE_DATE] = "date",
        [TYPE_TIMESTAMP] = "timestamptz", [TYPE_BYTES] = "bytea"};
    g_autoptr(GString) sql = g_string_new(
        "SET client_min_messages = error; SET TimeZone = 'UTC'; DROP TABLE IF EXISTS ");
    append_name(sql, schema->dataset);
    g_string_append(sql, " CASCADE; CREATE TABLE ");
    append_name(sql, schema->dataset);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_string_append(sql, i > 0 ? ", " : " (");
        append_name(sql, column->name);
        g_string_append_printf(sql, " %s%s",
                               column->declared[0] != '\0' ? column->declared : types[column->type],
                               column->is_nullable ? "" : " NOT NULL");
    }
    for (guint i = 0; i < schema->key->len; i++) {
        g_string_append(sql, i == 0 ? ", PRIMARY KEY (" : ", ");
        append_name(sql, schema->key->pdata[i]);
    }
    g_string_append(sql, schema->key->len > 0 ? "))" : ")");
    test_pg_exec(world->path, sql->str);
    g_assert_true(rows->row_count == 0 || insert(world, schema->dataset, rows));
}

static bool
erase(World *world, const char *object, int64_t row_id)
{
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM \"%s\" WHERE id = %" G_GINT64_FORMAT, object, row_id);
    g_autofree char *refusal = test_pg_try(world->path, sql);
    return refusal == NULL;
}

static void
make_broken(World *world)
{
    test_pg_exec(world->path,
                 "CREATE TABLE broken (a text, b numeric, c date, id int PRIMARY KEY);"
                 "INSERT INTO broken VALUES ('one', 1, NULL, 1), ('two', 'NaN', NULL, 2), "
                 "('three', NULL, 'infinity', 3), ('four', 4, '2024-02-29', 4)");
}

static void
hang(World *world, const char *object)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE VIEW names AS SELECT name FROM \"%s\"; CREATE INDEX by_name ON \"%s\" (name)",
        object, object);
    test_pg_exec(world->path, sql);
}

static bool
hangs(World *world, const char *object)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT (SELECT count(*) FROM names) = (SELECT count(*) FROM \"%s\") AND "
                        "(SELECT indrelid::regclass::text = '%s' FROM "
                        "pg_index WHERE indexrelid = 'by_name'::regclass)",
                        object, object);
    g_autofree char *seen = test_pg_query(world->path, sql);
    return strcmp(seen, "t") == 0;
}

const Fixture fixture_postgres = {
    .driver = "postgres",
    .open = begin_store,
    .close = end_store,
    .make = make,
    .shows = shows_all,
    .holds = holds,
    .keeps = holds,
    .make_broken = make_broken,
    .insert = insert,
    .erase = erase,
    .hang = hang,
    .hangs = hangs,
    .append_literal = append_literal,
};
