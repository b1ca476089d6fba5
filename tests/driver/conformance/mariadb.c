/* mariadb.c - a database of a real server for each world. */
#include "world.h"

#include "../mariadb_bench.h"

#include <math.h>
#include <string.h>

/* Databases that a world has left. */
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
    world->path = is_used ? g_ptr_array_steal_index(left, left->len - 1) : test_maria_database();
    if (is_used)
        test_maria_clear(world->path);
    test_maria_exec(world->path, "CREATE TABLE elsewhere (x int)");
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
    if (value->type == TYPE_FLOAT)
        return isfinite(value->f);
    return value->type != TYPE_TEXT || g_utf8_validate_len(value->s.data, value->s.bytes, NULL) ||
           memchr(value->s.data, '\0', value->s.bytes) != NULL;
}

/* Of a decimal(65,30), which a stage without a target has. */
static bool
keeps(const Value *value)
{
    if (value->type != TYPE_DECIMAL)
        return holds(value);
    size_t begin = value->s.data[0] == '-';
    const char *point = memchr(value->s.data, '.', value->s.bytes);
    size_t whole = (point != NULL ? (size_t) (point - value->s.data) : value->s.bytes) - begin;
    return whole <= 35 && value->s.bytes - begin - whole <= 31;
}

static void
append_quoted(GString *sql, const char *text, size_t bytes, char quote)
{
    g_string_append_c(sql, quote);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == quote || (text[i] == '\\' && quote == '\''))
            g_string_append_c(sql, text[i]);
        g_string_append_c(sql, text[i]);
    }
    g_string_append_c(sql, quote);
}

static void
append_name(GString *sql, const char *name)
{
    append_quoted(sql, name, strlen(name), '`');
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
        g_string_append(sql, "X'");
        for (size_t i = 0; i < value->s.bytes; i++)
            g_string_append_printf(sql, "%02x", (unsigned char) value->s.data[i]);
        g_string_append_c(sql, '\'');
        return;
    }
    if (value->type == TYPE_BOOL) {
        g_string_append(sql, value->i != 0 ? "1" : "0");
        return;
    }
    value_append_text(value, text);
    if (value->type == TYPE_INT || value->type == TYPE_DECIMAL) /* bits take a text for bytes */
        g_string_append(sql, text->str);
    else
        append_quoted(sql, text->str, text->len, '\'');
}

static bool
insert(World *world, const char *object, const Batch *rows)
{
    g_autoptr(GString) sql = g_string_new("START TRANSACTION;");
    for (size_t row = 0; row < rows->row_count; row++) {
        g_string_append(sql, row == 0 ? "INSERT INTO " : row % 500 == 0 ? ";INSERT INTO " : ",(");
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
    g_autofree char *refusal = test_maria_try(world->path, sql->str, sql->len);
    if (refusal != NULL)
        g_test_message("refused: %s", refusal);
    return refusal == NULL;
}

static bool
is_in_key(const Schema *schema, const char *column)
{
    for (guint i = 0; i < schema->key->len; i++)
        if (strcmp(schema->key->pdata[i], column) == 0)
            return true;
    return false;
}

static void
make(World *world, const Schema *schema, const Batch *rows)
{
    static const char *const types[TYPE_COUNT] = {
        [TYPE_BOOL] = "boolean",           [TYPE_INT] = "bigint",    [TYPE_FLOAT] = "double",
        [TYPE_DECIMAL] = "decimal(65,20)", [TYPE_TEXT] = "longtext", [TYPE_DATE] = "date",
        [TYPE_TIMESTAMP] = "datetime(6)",  [TYPE_BYTES] = "longblob"};
    g_autoptr(GString) sql = g_string_new("DROP TABLE IF EXISTS ");
    append_name(sql, schema->dataset);
    g_string_append(sql, ";CREATE TABLE ");
    append_name(sql, schema->dataset);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        bool is_key = is_in_key(schema, column->name);
        const char *type = column->declared[0] != '\0'            ? column->declared
                           : is_key && column->type == TYPE_TEXT  ? "varchar(255)"
                           : is_key && column->type == TYPE_BYTES ? "varbinary(255)"
                                                                  : types[column->type];
        g_string_append(sql, i > 0 ? ", " : " (");
        append_name(sql, column->name);
        g_string_append_printf(sql, " %s %s", type, column->is_nullable ? "NULL" : "NOT NULL");
    }
    for (guint i = 0; i < schema->key->len; i++) {
        g_string_append(sql, i == 0 ? ", PRIMARY KEY (" : ", ");
        append_name(sql, schema->key->pdata[i]);
    }
    g_string_append(sql, schema->key->len > 0 ? "))" : ")");
    test_maria_exec(world->path, sql->str);
    g_assert_true(rows->row_count == 0 || insert(world, schema->dataset, rows));
}

static bool
erase(World *world, const char *object, int64_t row_id)
{
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM `%s` WHERE id = %" G_GINT64_FORMAT, object, row_id);
    g_autofree char *refusal = test_maria_try(world->path, sql, strlen(sql));
    return refusal == NULL;
}

static void
make_broken(World *world)
{
    test_maria_exec(world->path,
                    "SET sql_mode = '';CREATE TABLE broken (a text, b date, c datetime, id int "
                    "PRIMARY KEY);INSERT INTO broken VALUES ('one', NULL, NULL, 1), ('two', "
                    "'0000-00-00', NULL, 2), ('three', NULL, '2024-00-10', 3), ('four', "
                    "'2024-02-29', NULL, 4)");
}

static void
hang(World *world, const char *object)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE VIEW names AS SELECT name FROM `%s`;ALTER TABLE `%s` ADD KEY by_name (name(20));"
        "CREATE TABLE letters (id int PRIMARY KEY, person bigint, CONSTRAINT of_person FOREIGN KEY "
        "(person) REFERENCES `%s` (id));CREATE TABLE counts (n int);CREATE TRIGGER counted AFTER "
        "UPDATE ON `%s` FOR EACH ROW INSERT INTO counts VALUES (1)",
        object, object, object, object);
    test_maria_exec(world->path, sql);
}

static bool
hangs(World *world, const char *object)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT (SELECT count(*) FROM names) = (SELECT count(*) FROM `%s` FORCE INDEX (by_name)) "
        "AND (SELECT max(REFERENCED_TABLE_NAME) FROM information_schema.KEY_COLUMN_USAGE WHERE "
        "TABLE_SCHEMA = database() AND CONSTRAINT_NAME = 'of_person') = '%s' AND (SELECT "
        "max(EVENT_OBJECT_TABLE) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = "
        "database() AND TRIGGER_NAME = 'counted') = '%s'",
        object, object, object);
    g_autofree char *seen = test_maria_query(world->path, sql);
    return strcmp(seen, "1") == 0;
}

const Fixture fixture_mariadb = {
    .driver = "mariadb",
    .open = begin_store,
    .close = end_store,
    .make = make,
    .shows = shows_all,
    .holds = holds,
    .keeps = keeps,
    .make_broken = make_broken,
    .insert = insert,
    .erase = erase,
    .hang = hang,
    .hangs = hangs,
    .append_literal = append_literal,
};
