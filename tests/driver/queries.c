/*
 * queries.c - queries that somebody else wrote, in each store with SQL that is a server: are a right rewriting and a wrong one
 * told apart, and can no query do anything but read?
 */
#include "../queries.h"
#include "mariadb_bench.h"
#include "postgres_bench.h"

#include <string.h>

static const char *const postgres_made =
    "CREATE SCHEMA shop; CREATE SEQUENCE numbers;"
    "CREATE TABLE shop.users (id bigint PRIMARY KEY, name text NOT NULL, country_code text, points "
    "numeric(8,2), share float8, "
    "is_new boolean, gone text);"
    "INSERT INTO shop.users SELECT i, 'name ' || i % 7, CASE i % 3 WHEN 0 THEN 'UK' WHEN 1 THEN "
    "'SE' END, i % 50 + 0.5, "
    "i / 7.0, i % 2 = 0, CASE WHEN i % 11 = 0 THEN 'yes' END FROM generate_series(1, 300) i;"
    "CREATE TABLE streams (id bigint PRIMARY KEY, user_id bigint, ms integer);"
    "INSERT INTO streams SELECT i, i % 90, i * 1000 FROM generate_series(1, 300) i";

static const char *const maria_made =
    "CREATE SEQUENCE numbers;\n"
    "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(40) NOT NULL, country_code "
    "varchar(2), points decimal(8,2), share "
    "double, is_new boolean, gone text);\n"
    "INSERT INTO users SELECT seq, concat('name ', seq % 7), CASE seq % 3 WHEN 0 THEN 'UK' WHEN 1 "
    "THEN 'SE' END, seq % 50 + 0.5, "
    "seq / 7.0, seq % 2 = 0, CASE WHEN seq % 11 = 0 THEN 'yes' END FROM seq_1_to_300;\n"
    "CREATE TABLE streams (id bigint PRIMARY KEY, user_id bigint, ms integer);\n"
    "INSERT INTO streams SELECT seq, seq % 90, seq * 1000 FROM seq_1_to_300";

static const char *const mapping_text =
    "apiVersion: honk/v1\nkind: Mapping\nsource: shop.users\ntarget: shop.people\nkey: [user_id]\n"
    "where: \"gone IS NULL\"\ncolumns:\n"
    "  user_id: { from: id }\n  full_name: { from: name }\n  country: { from: country_code, "
    "values: { UK: GB, SE: SE }, others: refuse }\n"
    "  score: { from: points }\n  share: { from: share }\n  is_new: { from: is_new }\n"
    "dropped:\n  gone: { why: \"left out\" }\n";

/* PostgreSQL and MariaDB part texts otherwise than we do. */
static const char *const parted_text =
    "apiVersion: honk/v1\nkind: Mapping\nsource: shop.users\ntarget: shop.people\nkey: "
    "[user_id]\ncolumns:\n"
    "  user_id: { from: id }\n  full_name: { from: name }\n  number: { from: name, split: { by: \" "
    "\", part: 2 } }\n"
    "  score: { from: points }\n  is_new: { from: is_new }\ndropped:\n"
    "  gone: { why: \"no use\" }\n  country_code: { why: \"no use\" }\n  share: { why: \"no use\" "
    "}\n";

typedef struct {
    const char *object; /* of the users */
    TestDb *db;
    ProofRig rig;
} World;

static void
world_postgres(World *world, const void *data)
{
    *world = (World){.object = "shop.users", .db = test_pg_db(postgres_made)};
    test_proof_rig(&world->rig, world->db->conn, world->object, data, "shop.users", "shop.people");
}

static void
world_maria(World *world, const void *data)
{
    *world = (World){.object = "users", .db = test_maria_db(maria_made)};
    test_proof_rig(&world->rig, world->db->conn, world->object, data, "shop.users", "shop.people");
}

static void
world_clear(World *world, const void *data)
{
    (void) data;
    test_proof_clear(&world->rig);
    test_db_free(world->db);
}

static void
expect(const World *world, const char *before, const char *after, const char *expected)
{
    test_expect_proof(&world->rig.world, before, after, expected);
}

/* ---- in each store ---- */

static void
right_ones_give_the_same_rows(World *world, const void *data)
{
    (void) data;
    static const char *const pairs[][2] = {
        {"SELECT id, name FROM users WHERE gone IS NULL",
         "SELECT user_id AS id, full_name AS name FROM people"},
        {"SELECT u.name, count(*) AS n FROM users AS u WHERE u.country_code = 'UK' GROUP BY u.name "
         "ORDER BY n DESC, u.name",
         "SELECT u.full_name AS name, count(*) AS n FROM people AS u WHERE u.country = 'GB' GROUP "
         "BY u.full_name ORDER BY n DESC, "
         "u.full_name"},
        {"WITH u AS (SELECT id, points FROM users) SELECT sum(u.points) AS p, max(s.ms) AS ms FROM "
         "u JOIN streams s ON s.user_id = "
         "u.id",
         "WITH u AS (SELECT user_id AS id, score AS points FROM people) SELECT sum(u.points) AS p, "
         "max(s.ms) AS ms FROM u JOIN "
         "streams s ON s.user_id = u.id"},
        {"SELECT a.id, b.id AS other FROM users a JOIN users b ON a.points = b.points",
         "SELECT a.user_id AS id, b.user_id AS other FROM people a JOIN people b ON a.score = "
         "b.score"},
        {"SELECT avg(share) AS share, is_new, sum(points) AS points FROM users GROUP BY is_new",
         "SELECT avg(share) AS share, is_new, sum(score) AS points FROM people GROUP BY is_new"},
        {"INSERT INTO streams (user_id) SELECT id FROM users",
         "INSERT INTO streams (user_id) SELECT user_id AS id FROM people"},
        {"SELECT id FROM shop.users", "SELECT user_id AS id FROM shop.people"},
        {"(SELECT id FROM users) UNION ALL (SELECT ms FROM streams)",
         "(SELECT user_id AS id FROM people) UNION ALL (SELECT ms FROM streams)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        expect(world, pairs[i][0], pairs[i][1], "same");
}

static void
wrong_ones_are_found_and_shown(World *world, const void *data)
{
    (void) data;
    expect(world, "SELECT id FROM users WHERE country_code = 'UK'",
           "SELECT user_id AS id FROM people WHERE country = 'UK'",
           "different: the old query gives 91 rows, the new one 0; only the old one gives (3), "
           "(6), (9)");
    expect(world, "SELECT points, share FROM users WHERE id = 7",
           "SELECT share AS points, score AS share FROM people WHERE user_id = 7",
           "different: the old query gives 1 rows, the new one 1; only the old one gives ('7.5', "
           "1); only the new one gives (1, '7.5')");
    expect(world, "SELECT name FROM users", "SELECT name FROM people",
           "different: the new query does not run: ");
    expect(world, "SELECT DISTINCT name FROM users", "SELECT full_name AS name FROM people",
           "different: ");
}

static void
what_answers_anew_each_time_proves_nothing(World *world, const void *data)
{
    (void) data;
    bool is_postgres = strcmp(world->object, "users") != 0;
    expect(world,
           is_postgres ? "SELECT id, clock_timestamp() AS t FROM users"
                       : "SELECT id, uuid() AS t FROM users",
           is_postgres ? "SELECT user_id AS id, clock_timestamp() AS t FROM people"
                       : "SELECT user_id AS id, uuid() AS t FROM people",
           is_postgres ? "not_run: clock_timestamp() gives something else each time"
                       : "not_run: the old query itself gives other rows the next time");
}

static void
a_query_without_an_end_is_given_up(World *world, const void *data)
{
    (void) data;
    world->rig.world.time_ms_max = 300;
    expect(world, "SELECT count(*) AS n FROM users a, users b, users c, users d, users e",
           "SELECT count(*) AS n FROM people a, people b, people c, people d, people e",
           "not_run: it takes longer than 0.3 s");
}

static void
a_sample_is_the_same_rows_on_both_sides(World *world, const void *data)
{
    (void) data;
    test_proof_rows(&world->rig, 100);
    expect(world, "SELECT sum(id) AS s, count(*) AS n FROM users",
           "SELECT sum(user_id) AS s, count(*) AS n FROM people", "same");
    expect(world, "SELECT count(*) AS n FROM users", "SELECT 91 AS n FROM people LIMIT 1",
           "same"); /* 9 of the first 100 are gone */
}

/* 'UK' alone has a value, so the rest is refused: 'XX' of two rows. */
static void
rows_that_the_mapping_refuses_are_left_out_of_both(World *world, const void *data)
{
    (void) data;
    bool is_postgres = strcmp(world->object, "users") != 0;
    static const char *const change = "UPDATE %s SET country_code = 'XX' WHERE id IN (3, 4)";
    g_autofree char *sql = g_strdup_printf(change, world->object);
    if (is_postgres)
        test_pg_exec(world->db->path, sql);
    else
        test_maria_exec(world->db->path, sql);
    test_proof_rows(&world->rig, 0);
    g_assert_cmpint(world->rig.rows.refused, ==, 2);
    g_assert_cmpint(world->rig.rows.rows, ==, 300 - 27 - 2);
    g_assert_nonnull(strstr(world->rig.rows.reason, "country"));
    expect(world, "SELECT id, country_code FROM users WHERE country_code <> 'UK'",
           "SELECT user_id AS id, country AS country_code FROM people WHERE country <> 'GB'",
           "same");
    expect(world, "SELECT count(*) AS n FROM users", "SELECT count(*) AS n FROM people", "same");
}

static void
what_sql_says_otherwise_is_mapped_outside(World *world, const void *data)
{
    (void) data;
    expect(world,
           "SELECT name, sum(points) AS p, count(*) AS n FROM users WHERE is_new GROUP BY name",
           "SELECT full_name AS name, sum(score) AS p, count(*) AS n FROM people WHERE is_new "
           "GROUP BY "
           "full_name",
           "same");
    expect(world, "SELECT id, name FROM users GROUP BY id, name",
           "SELECT user_id AS id, concat('name ', number) AS name FROM people", "same");
    expect(world, "SELECT id, name FROM users WHERE id > 298",
           "SELECT user_id AS id, number AS name FROM people WHERE user_id > 298",
           "different: the old query gives 2 rows, the new one 2; only the old one gives (299, "
           "'name 5'), (300, 'name 6'); only the new one gives (299, '5'), (300, '6')");
}

static void
nothing_is_left_behind(World *world, const void *data)
{
    (void) data;
    bool is_postgres = strcmp(world->object, "users") != 0;
    g_autofree char *before = is_postgres ? test_pg_dump(world->db->path) : NULL;
    for (int i = 0; i < 3; i++)
        expect(world, "SELECT id FROM users", "SELECT user_id AS id FROM people", "same");
    g_autofree char *after = is_postgres ? test_pg_dump(world->db->path) : NULL;
    g_assert_cmpstr(before, ==, after);
    g_autofree char *tables =
        is_postgres
            ? test_pg_query(world->db->path, "SELECT count(*) FROM pg_class WHERE relname IN "
                                             "('people', 'honk_query')")
            : test_maria_query(world->db->path, "SELECT count(*) FROM information_schema.tables "
                                                "WHERE table_name = 'people'");
    g_assert_cmpstr(tables, ==, "0");
}

/* ---- what they must not do ---- */

static void
count_row(const QueryCell *cells, size_t count, void *data)
{
    (void) cells;
    (void) count;
    ++*(int *) data;
}

typedef struct {
    const char *sql, *message;
} Forbidden;

static void
refuses(World *world, const Forbidden *cases, size_t count)
{
    const QueryView view = {.name = "users", .object = world->object};
    for (size_t i = 0; i < count; i++) {
        g_autoptr(GPtrArray) names = NULL;
        g_autoptr(GError) error = NULL;
        int rows = 0;
        const QuerySpec spec = {.sql = cases[i].sql,
                                .views = &view,
                                .view_count = 1,
                                .time_ms_max = 20000,
                                .rows_max = 1000};
        bool done = conn_query(world->db->conn, &spec, count_row, &rows, &names, &error);
        if (done || rows > 0 || strstr(error->message, cases[i].message) == NULL)
            g_error("expected '%s', got '%s' for: %s", cases[i].message,
                    done ? "rows" : error->message, cases[i].sql);
    }
}

static void
postgres_runs_nothing_but_reading(World *world, const void *data)
{
    (void) data;
    static const Forbidden cases[] = {
        {"INSERT INTO streams VALUES (1000, 1, 1) RETURNING id", "it does more than read"},
        {"WITH gone AS (DELETE FROM streams RETURNING id) SELECT * FROM gone",
         "it does more than read"},
        {"SELECT id INTO more FROM users", "it does more than read"},
        {"SELECT id FROM users; DROP TABLE streams", "it is not one statement"},
        {"SELECT id FROM users WHERE id = $1", "it has parameters"},
        {"SELECT nextval('numbers') FROM users", "nextval(regclass) gives something else"},
        {"SELECT random() FROM users", "random() gives something else"},
        {"SELECT id FROM users WHERE pg_sleep(1) IS NULL", "gives something else"},
        {"SELECT set_config('search_path', 'x', false)", "gives something else"},
        {"SELECT pg_read_file('/etc/passwd')", "gives something else"},
        {"SELECT query_to_xml('DELETE FROM streams', true, true, '')", "gives something else"},
        {"SELECT id FROM streams FOR UPDATE", "read-only transaction"},
        {"SELECT id FROM takes()", "takes() gives something else"},
        {"SHOW search_path", "it does more than read"},
        {"SELECT nothing FROM users", "column \"nothing\" does not exist"},
    };
    test_pg_exec(world->db->path,
                 "CREATE FUNCTION takes() RETURNS SETOF streams LANGUAGE sql AS 'DELETE "
                 "FROM streams RETURNING *'");
    g_autofree char *before = test_pg_dump(world->db->path);
    refuses(world, cases, G_N_ELEMENTS(cases));
    g_autofree char *after = test_pg_dump(world->db->path);
    g_assert_cmpstr(before, ==, after);
}

static void
mariadb_runs_nothing_but_reading(World *world, const void *data)
{
    (void) data;
    static const Forbidden cases[] = {
        {"INSERT INTO streams VALUES (1000, 1, 1) RETURNING id", "READ ONLY"},
        {"SELECT id FROM users; DROP TABLE streams", "You have an error"},
        {"SELECT id FROM users WHERE id = ?", "it has parameters"},
        {"SELECT id FROM users INTO OUTFILE '/tmp/honk-never'", "it does more than read"},
        {"SELECT id FROM users /*! INTO OUTFILE '/tmp/honk-never' */", "it does more than read"},
        {"SELECT id INTO @x FROM users LIMIT 1", "it does more than read"},
        {"SELECT nextval(numbers)", "READ ONLY"},
        {"SELECT takes()", "READ ONLY"},
        {"DELETE FROM streams", "READ ONLY"},
        {"SHOW TABLES", "it does more than read"},
        {"SELECT nothing FROM users", "Unknown column"},
    };
    test_maria_exec(world->db->path,
                    "CREATE FUNCTION takes() RETURNS int BEGIN DELETE FROM streams; RETURN 1; END");
    refuses(world, cases, G_N_ELEMENTS(cases));
    g_autofree char *left = test_maria_query(world->db->path, "SELECT count(*) FROM streams");
    g_assert_cmpstr(left, ==, "300");
}

/* ---- PostgreSQL's own ---- */

/* What is grouped by a key tells the other columns; a view has no key. */
static void
a_query_may_group_by_the_key_alone(World *world, const void *data)
{
    (void) data;
    expect(world,
           "SELECT u.id, u.name, sum(s.ms) AS ms FROM users u JOIN streams s ON s.user_id = u.id "
           "GROUP BY u.id",
           "SELECT u.user_id AS id, u.full_name AS name, sum(s.ms) AS ms FROM people u JOIN "
           "streams s ON s.user_id = u.user_id GROUP BY u.user_id",
           "same");
    expect(world, "SELECT id, name FROM users GROUP BY id",
           "SELECT user_id AS id, country AS name FROM people GROUP BY user_id", "different: ");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define P(name)                                                                                    \
    g_test_add("/driver/queries/postgres/" #name, World, mapping_text, world_postgres, name,       \
               world_clear)
#define M(name)                                                                                    \
    g_test_add("/driver/queries/mariadb/" #name, World, mapping_text, world_maria, name,           \
               world_clear)
#define T(name)                                                                                    \
    P(name);                                                                                       \
    M(name)
    T(right_ones_give_the_same_rows);
    T(wrong_ones_are_found_and_shown);
    T(what_answers_anew_each_time_proves_nothing);
    T(a_query_without_an_end_is_given_up);
    T(a_sample_is_the_same_rows_on_both_sides);
    T(rows_that_the_mapping_refuses_are_left_out_of_both);
    T(nothing_is_left_behind);
    g_test_add("/driver/queries/postgres/what_sql_says_otherwise_is_mapped_outside", World,
               parted_text, world_postgres, what_sql_says_otherwise_is_mapped_outside, world_clear);
    g_test_add("/driver/queries/mariadb/what_sql_says_otherwise_is_mapped_outside", World,
               parted_text, world_maria, what_sql_says_otherwise_is_mapped_outside, world_clear);
    P(postgres_runs_nothing_but_reading);
    P(a_query_may_group_by_the_key_alone);
    M(mariadb_runs_nothing_but_reading);
#undef T
#undef M
#undef P
    return g_test_run();
}
