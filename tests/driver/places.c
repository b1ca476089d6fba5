/*
 * places.c - where each column is computed, as each store tells it for `honk plan` and `honk mapping explain`.
 *
 * What is told is held against what stands in the way: a rule or a type that the store cannot do by itself.
 */
#include "mariadb_bench.h"
#include "postgres_bench.h"
#include "transfer/transfer.h"

#include <string.h>

/* All columns, but for the key's. */
#define NAMES                                                                                      \
    (const char *const[])                                                                          \
    {                                                                                              \
        "k", "name", "low", "at", "tag", NULL                                                      \
    }

static char *
mapping_into(const char *target, const char *at)
{
    return g_strdup_printf(
        "{apiVersion: honk/v1, kind: Mapping, source: s, target: %s, key: [k], columns: {k: id, "
        "name: {concat: [a, b]}, low: {expr: 'lower(a)', type: text}, at: %s, tag: tag}}",
        target, at);
}

/* "column place why", a line each, and the note, as a trial of the rows has it. `*ret_inside`: so it says, too. Caller frees. */
static char *
places(TestDb *from, TestDb *to, const char *target, const char *at, bool *ret_inside)
{
    g_autofree char *mapping = mapping_into(target, at);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) trial = NULL;
    GString *text = g_string_new(NULL);
    json_t *column;
    size_t i;
    ASSERT_OK(mapping_parse(mapping, strlen(mapping), "m.yaml", diags, &set, &ERR));
    TransferSpec spec = {.source_store = &from->store,
                         .source = "s",
                         .target_store = &to->store,
                         .target = target,
                         .mapping = mapping_get(set, 0),
                         .push_allowed = true};
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_try(transfer, NULL, NULL, &trial, &ERR));
    json_array_foreach(json_at(trial, "places.columns"), i, column) g_string_append_printf(
        text, "%s %s %s\n", json_get_string(column, "target", ""),
        json_get_string(column, "place", ""), json_get_string(column, "why", ""));
    g_string_append(text,
                    json_get_string(json_object_get(trial, "places"), "note", "nothing to say"));
    if (ret_inside != NULL)
        *ret_inside = json_get_bool(trial, "inside", false);
    return g_string_free(text, FALSE);
}

static void
assert_says(const char *text, const char *what)
{
    if (strstr(text, what) == NULL)
        g_error("expected '%s' in: %s", what, text);
}

static void
assert_all_inside(TestDb *db, const char *target, const char *where, const char *note)
{
    bool inside = false;
    g_autofree char *text = places(db, db, target, "at", &inside);
    for (const char *const *name = NAMES; *name != NULL; name++) {
        g_autofree char *line = g_strdup_printf("%s store inside of %s", *name, where);
        assert_says(text, line);
    }
    assert_says(strrchr(text, '\n'), note);
    g_assert_true(inside);
}

/* A rule that cannot be said in the store's SQL: the mapping's own places, and why. */
static void
assert_not_inside(TestDb *db, const char *where)
{
    bool inside = true;
    g_autofree char *text =
        places(db, db, "casts", "{from: at, type: timestamp, format: \"%b %d %Y\"}", &inside);
    g_autofree char *note = g_strdup_printf("not inside of %s: ", where);
    assert_says(text, note);
    assert_says(text, "low source an expression in the source's own SQL");
    assert_says(text, "at mover ");
    g_assert_false(inside);
}

/* What is told of a target that is not there yet is what is told of it once its store has made it. */
static void
assert_told_before_it_is_made(TestDb *from, TestDb *to, const char *at)
{
    static const Writer writer = {.plan = "p", .task = "t", .token = 5};
    g_autofree char *mapping = mapping_into("none", at);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Schema) source = NULL, made = NULL;
    bool before_inside = false, inside = false, is_there = true;
    g_autofree char *before = places(from, to, "none", at, &before_inside);
    ASSERT_OK(conn_exists(to->conn, "none", &is_there, &ERR));
    g_assert_false(is_there);
    ASSERT_OK(mapping_parse(mapping, strlen(mapping), "m.yaml", diags, &set, &ERR));
    ASSERT_OK(conn_describe(from->conn, "s", &source, &ERR));
    ASSERT_OK(mapping_target_schema(mapping_get(set, 0), source, "none", &made, &ERR));
    ASSERT_OK(conn_stage(to->conn, "none", NULL, made, &writer, &ERR));
    g_autofree char *text = places(from, to, "none", at, &inside);
    g_assert_cmpstr(before, ==, text);
    g_assert_true(before_inside == inside);
    ASSERT_OK(conn_unstage(to->conn, "none", &writer, &ERR));
}

static void
sqlite_tells_where_each_column_is_computed(void)
{
    g_autoptr(TestDb) db = test_db(
        "CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, a TEXT, b TEXT, at TEXT, tag TEXT);"
        "CREATE TABLE likes (k INTEGER PRIMARY KEY NOT NULL, name TEXT, low TEXT, at TEXT, tag "
        "TEXT);");
    assert_all_inside(db, "likes", "SQLite", "nothing to say");
    assert_told_before_it_is_made(db, db, "at");
    assert_told_before_it_is_made(db, db, "{from: at, type: timestamp, format: \"%b %d %Y\"}");
}

static void
mariadb_tells_where_each_column_is_computed(void)
{
    g_autoptr(TestDb) db = test_maria_db(
        "CREATE TABLE s (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), at VARCHAR(20), tag "
        "VARCHAR(20));\n"
        "CREATE TABLE likes (k INT PRIMARY KEY, name LONGTEXT, low LONGTEXT, at VARCHAR(20), "
        "tag VARCHAR(20));\n"
        "CREATE TABLE casts (k INT PRIMARY KEY, name VARCHAR(50), low VARCHAR(20), at DATETIME(6), "
        "tag VARCHAR(20))");
    assert_all_inside(db, "likes", "the server", "nothing to say");
    assert_not_inside(db, "the server");
    assert_told_before_it_is_made(db, db, "at");
    assert_told_before_it_is_made(db, db, "{from: at, type: timestamp, format: \"%b %d %Y\"}");
}

static void
postgres_tells_where_each_column_is_computed(void)
{
    static const char target[] = "(k int PRIMARY KEY, name text, low text, at %s, tag %s);";
    g_autofree char *like = g_strdup_printf(target, "text", "varchar(20)"),
                    *cast = g_strdup_printf(target, "timestamp", "varchar(9)"),
                    *own = g_strdup_printf(target, "text", "mood");
    g_autofree char *sql =
        g_strconcat("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE likes ", like,
                    "CREATE TABLE casts ", cast, "CREATE TABLE owns ", own,
                    "CREATE TABLE s (id int PRIMARY KEY, a text, b text, at text, "
                    "tag varchar(20));",
                    NULL);
    g_autoptr(TestDb) one = test_pg_db(sql);
    g_autoptr(TestDb) two = test_pg_db(sql);
    g_autofree char *between = places(one, two, "casts", "{from: at, type: timestamp}", NULL),
                    *by_rows = places(one, two, "owns", "at", NULL);
    assert_all_inside(one, "likes", "the database", "\nthe key 'k' is made when all rows are in");
    assert_not_inside(one, "the database");
    assert_told_before_it_is_made(one, one, "at");
    assert_told_before_it_is_made(one, two, "{from: at, type: timestamp}");
    assert_says(between, "k source read as it is; handed on as it comes, undecoded");
    assert_says(between, "low source an expression in the source's own SQL; handed on");
    assert_says(between, "name mover ");
    assert_says(between, "at mover ");
    assert_says(between, "tag source read as it is; handed on as it comes, when it is seen");
    assert_says(by_rows, "tag target sent as a text, which the column's own type reads");
    assert_says(by_rows, "k source read as it is\n");
    assert_says(by_rows, "row by row: the type of column 'tag' is known to its server alone");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/places/SQLite tells where each column is computed",
                    sqlite_tells_where_each_column_is_computed);
    g_test_add_func("/places/MariaDB tells where each column is computed",
                    mariadb_tells_where_each_column_is_computed);
    g_test_add_func("/places/PostgreSQL tells where each column is computed",
                    postgres_tells_where_each_column_is_computed);
    return g_test_run();
}
