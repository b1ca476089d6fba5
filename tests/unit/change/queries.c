/*
 * queries.c - does running an old query and its rewritten form tell a right one from a wrong one, and can neither do
 * harm?
 */
#include "../../queries.h"

#include "driver/driver.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static const char *const made =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country_code TEXT, points "
    "INTEGER, gone TEXT);"
    "CREATE TABLE streams (id INTEGER PRIMARY KEY, user_id INTEGER, track TEXT, ms INTEGER);"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO "
    "users"
    " SELECT i, 'name ' || (i % 7), CASE i % 3 WHEN 0 THEN 'UK' WHEN 1 THEN 'SE' END, i % 50,"
    " CASE WHEN i % 11 = 0 THEN 'yes' END FROM n;"
    "INSERT INTO streams SELECT id, id % 90, 'track ' || (id % 5), id * 1000 FROM users;";

static const char *const mapping_text =
    "apiVersion: honk/v1\nkind: Mapping\nsource: users\ntarget: people\naliases: [listeners, "
    "main.users, acme.shop.users]\nkey: "
    "[user_id]\n"
    "where: \"gone IS NULL\"\ncolumns:\n"
    "  user_id: { from: id }\n  full_name: { from: name }\n  country: { from: country_code, "
    "values: { UK: GB } }\n"
    "  score: { from: points }\ndropped:\n  gone: { why: \"left out\" }\n";

typedef struct {
    char *path;
    StoreConfig store;
    Conn *conn;
    ProofRig rig;
} World;

static char *folder;

static void
world_exec(const World *world, const char *sql)
{
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(world->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static void
world_open(World *world, const void *data)
{
    (void) data;
    g_autoptr(GError) error = NULL;
    static int count;
    world->path = g_strdup_printf("%s/%d.db", folder, ++count);
    world_exec(world, made);
    world->store = (StoreConfig){.name = (char *) "here",
                                 .driver = (char *) "sqlite",
                                 .settings = json_pack("{s:s}", "path", world->path)};
    bool ok = conn_open(&world->store, &world->conn, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    test_proof_rig(&world->rig, world->conn, "users", mapping_text, "users", "people");
}

static void
world_close(World *world, const void *data)
{
    (void) data;
    test_proof_clear(&world->rig);
    conn_close(world->conn);
    json_decref(world->store.settings);
    g_remove(world->path);
    g_free(world->path);
}

static void
expect(const World *world, const char *before, const char *after, const char *expected)
{
    test_expect_proof(&world->rig.world, before, after, expected);
}

/* ---- right ones ---- */

static void
right_ones_give_the_same_rows(World *world, const void *data)
{
    (void) data;
    static const char *const pairs[][2] = {
        {"SELECT id, name FROM users WHERE gone IS NULL",
         "SELECT user_id AS id, full_name AS name FROM people"},
        {"SELECT name, count(*) AS n FROM users WHERE country_code = 'UK' GROUP BY name ORDER BY n "
         "DESC, name",
         "SELECT full_name AS name, count(*) AS n FROM people WHERE country = 'GB' GROUP BY "
         "full_name "
         "ORDER BY n DESC, name"},
        {"WITH u AS (SELECT id, points FROM users) SELECT sum(points) AS p, max(s.ms) AS ms FROM u "
         "JOIN streams s ON "
         "s.user_id = u.id",
         "WITH u AS (SELECT user_id AS id, score AS points FROM people) SELECT sum(points) AS p, "
         "max(s.ms) AS ms "
         "FROM u JOIN streams s ON s.user_id = u.id"},
        {"SELECT id FROM users", "SELECT user_id AS id FROM people"},
        {"SELECT count(*) FROM users", "SELECT count(*) FROM people"},
        {"CREATE VIEW v AS SELECT id FROM listeners",
         "CREATE VIEW v AS SELECT user_id AS id FROM people"},
        {"INSERT INTO streams (user_id) SELECT id FROM users",
         "INSERT INTO streams (user_id) SELECT user_id AS id FROM people"},
        {"SELECT x.id FROM acme.shop.users AS x",
         "SELECT x.user_id AS id FROM acme.shop.people AS x"},
        {"SELECT id FROM main.users", "SELECT user_id AS id FROM main.people"},
        {"SELECT count(*) FROM \"main\".\"users\" u", "SELECT count(*) FROM \"main\".people u"},
        {"SELECT points * 0.1 AS share, id FROM users",
         "SELECT score * 0.1 AS share, user_id AS id FROM people"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        expect(world, pairs[i][0], pairs[i][1], "same");
}

static void
columns_are_matched_by_name(World *world, const void *data)
{
    (void) data;
    expect(world, "SELECT id, name FROM users",
           "SELECT full_name AS name, user_id AS id FROM people", "same");
}

static void
names_count_unless_they_may_change(World *world, const void *data)
{
    (void) data;
    static const char *const before = "SELECT id FROM users", *const after =
                                                                  "SELECT user_id FROM people";
    expect(world, before, after, "different: the column 'id' of the result is gone");
    world->rig.world.propagates = true;
    expect(world, before, after, "same");
}

/* ---- wrong ones ---- */

static void
wrong_ones_are_found_and_shown(World *world, const void *data)
{
    (void) data;
    expect(world, "SELECT id FROM users WHERE country_code = 'UK'",
           "SELECT user_id AS id FROM people WHERE country = 'UK'",
           "different: the old query gives 91 rows, the new one 0; only the old one gives (3), "
           "(6), (9)");
    expect(world, "SELECT id, points FROM users",
           "SELECT user_id AS id, user_id AS points FROM people", "different: ");
    expect(world, "SELECT name FROM users", "SELECT name FROM people",
           "different: the new query does not run: no such column: name");
    expect(world, "SELECT id FROM users", "SELECT user_id AS id, score FROM people",
           "different: the old query gives 1 columns, the new one 2");
    expect(world, "SELECT DISTINCT name FROM users", "SELECT full_name AS name FROM people",
           "different: ");
}

static void
another_order_proves_nothing_where_the_query_sorts(World *world, const void *data)
{
    (void) data;
    expect(world, "SELECT id FROM users ORDER BY id",
           "SELECT user_id AS id FROM people ORDER BY score, 1", "not_run: the same rows");
    expect(world, "SELECT id FROM users", "SELECT user_id AS id FROM people ORDER BY score",
           "same");
}

/* ---- what is not run ---- */

static void
nothing_but_reading_is_run(World *world, const void *data)
{
    (void) data;
    static const char *const cases[][3] = {
        {"SELECT id FROM users WHERE id = ?", "SELECT user_id AS id FROM people WHERE user_id = ?",
         "not_run: it has parameters"},
        {"SELECT id, random() FROM users", "SELECT user_id AS id, random() FROM people",
         "not_run: random() gives"},
        {"SELECT id FROM {{ ref('x') }}, users", "SELECT user_id AS id FROM {{ ref('x') }}, people",
         "not_run: it has a template"},
        {"SELECT SAFE_CAST(id AS INT64) FROM users",
         "SELECT SAFE_CAST(user_id AS INT64) FROM people", "not_run: "},
        {"SELECT id FROM other.users", "SELECT user_id AS id FROM other.people",
         "not_run: no such table"},
        {"SELECT load_extension('x') FROM users", "SELECT load_extension('x') FROM people",
         "not_run: "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        expect(world, cases[i][0], cases[i][1], cases[i][2]);
}

static void
a_query_without_an_end_is_given_up(World *world, const void *data)
{
    (void) data;
    world->rig.world.time_ms_max = 50;
    expect(world,
           "WITH RECURSIVE n (i) AS (SELECT id FROM users UNION ALL SELECT i + 1 FROM n) SELECT "
           "max(i) FROM n",
           "WITH RECURSIVE n (i) AS (SELECT user_id FROM people UNION ALL SELECT i + 1 FROM n) "
           "SELECT max(i) FROM n",
           "not_run: it takes longer than 0.1 s");
}

static void
a_sample_is_the_same_rows_on_both_sides(World *world, const void *data)
{
    (void) data;
    test_proof_rows(&world->rig, 100);
    g_autoptr(json_t) proofs = json_array();
    g_assert_true(queries_prove(&world->rig.world, "a.sql", "SELECT id FROM users",
                                "SELECT user_id AS id FROM people", proofs, NULL));
    g_assert_cmpstr(json_get_string(json_array_get(proofs, 0), "verdict", ""), ==, "same");
    g_assert_cmpint(json_get_int(json_array_get(proofs, 0), "rows", 0), ==,
                    91); /* 9 of the first 100 are gone */
}

static void
queries_that_did_not_change_are_left_alone(World *world, const void *data)
{
    (void) data;
    g_autoptr(json_t) proofs = json_array();
    g_assert_true(
        queries_prove(&world->rig.world, "a.sql", "SELECT 1;\n-- b\nSELECT id FROM users;\n",
                      "SELECT 1;\n-- b\nSELECT user_id AS id FROM people;\n", proofs, NULL));
    g_assert_cmpuint(json_array_size(proofs), ==, 1);
    g_assert_cmpint(json_get_int(json_array_get(proofs, 0), "line", 0), ==, 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("honk-queries-XXXXXX", NULL);
#define T(name) g_test_add("/change/queries/" #name, World, NULL, world_open, name, world_close)
    T(right_ones_give_the_same_rows);
    T(columns_are_matched_by_name);
    T(names_count_unless_they_may_change);
    T(wrong_ones_are_found_and_shown);
    T(another_order_proves_nothing_where_the_query_sorts);
    T(nothing_but_reading_is_run);
    T(a_query_without_an_end_is_given_up);
    T(a_sample_is_the_same_rows_on_both_sides);
    T(queries_that_did_not_change_are_left_alone);
#undef T
    int status = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return status;
}
