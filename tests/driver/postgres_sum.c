/* postgres_sum.c - sums of PostgreSQL's own hashes: never equal where the rows are not, and what a comparison makes of them. */
#include "postgres_bench.h"
#include "transfer/transfer.h"

#include <string.h>

/* The sum over an object, all of whose columns may be NULL; "INVALID" where it cannot be had. Caller frees. */
static char *
own_sum(TestDb *db, const char *object)
{
    g_autoptr(Schema) schema = NULL;
    g_autoptr(GError) error = NULL;
    HashSum sum = {0};
    ASSERT_OK(conn_describe(db->conn, object, &schema, &ERR));
    for (size_t i = 0; i < schema_count(schema); i++)
        ((Column *) schema->columns->pdata[i])->is_nullable = true;
    ScanSpec spec = {.object = object, .output = schema};
    if (conn_own_sum(db->conn, &spec, &sum, &error))
        return hash_sum_text(&sum);
    g_assert_error(error, error_quark(), ERR_INVALID);
    return g_strdup("INVALID");
}

/* Two queries as views, and whether their sums are the same. */
static bool
have_one_sum(TestDb *db, const char *a, const char *b)
{
    g_autofree char *sql =
        g_strdup_printf("DROP VIEW IF EXISTS a, b; CREATE VIEW a AS %s; CREATE VIEW b AS %s", a, b);
    test_pg_exec(db->path, sql);
    g_autofree char *of_a = own_sum(db, "a"), *of_b = own_sum(db, "b");
    g_assert_cmpstr(of_a, !=, "INVALID");
    g_assert_cmpstr(of_b, !=, "INVALID");
    return strcmp(of_a, of_b) == 0;
}

/* Each is another row than the next one. */
static const char *const unlike[] = {
    "SELECT 1::int8 AS c",
    "SELECT 4294967296::int8 AS c",
    "SELECT 4294967297::int8 AS c",
    "SELECT 0::int8 AS c",
    "SELECT (-1)::int8 AS c",
    "SELECT (-4294967296)::int8 AS c",
    "SELECT (-4294967297)::int8 AS c",
    "SELECT NULL::int8 AS c",
    "SELECT NULL::text AS c",
    "SELECT ''::text AS c",
    "SELECT ' '::text AS c",
    "SELECT 'a'::text COLLATE alike AS c",
    "SELECT 'A'::text COLLATE alike AS c",
    "SELECT 0.1::float8 AS c",
    "SELECT 0.1::float4 AS c",
    "SELECT 1.50::numeric AS c",
    "SELECT 1.5::numeric(10,1) + 1 AS c",
    "SELECT true AS c",
    "SELECT false AS c",
    "SELECT NULL::bool AS c",
    "SELECT '2020-01-01 00:00:00.000001'::timestamp AS c",
    "SELECT '2020-01-01'::timestamp AS c",
    "SELECT '2020-02-01'::date AS c",
    "SELECT '2020-01-02'::date AS c",
    "SELECT '\\x00'::bytea AS c",
    "SELECT '\\x0000'::bytea AS c",
    "SELECT 'x'::text AS c, 'y'::text AS d",
    "SELECT 'y'::text AS c, 'x'::text AS d",
    "SELECT 'yx'::text AS c, ''::text AS d",
    "SELECT NULL::text AS c, ''::text AS d",
    "SELECT ''::text AS c, NULL::text AS d",
    "SELECT 1 AS c, 'x'::text AS d UNION ALL SELECT 2, 'y'",
    "SELECT 1 AS c, 'y'::text AS d UNION ALL SELECT 2, 'x'",
    "SELECT 1 AS c, 'x'::text AS d UNION ALL SELECT 1, 'x'",
    "SELECT 1 AS c, 'x'::text AS d",
};

static void
rows_that_are_not_equal_have_other_sums(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE COLLATION alike (provider = icu, locale = "
                                      "'und-u-ks-level2', deterministic = false)");
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(unlike); i++)
        if (have_one_sum(db, unlike[i], unlike[i + 1]))
            g_error("the same sum: %s; %s", unlike[i], unlike[i + 1]);
}

static void
rows_that_are_equal_have_one_sum_in_any_order_and_type(void)
{
    static const char *const pairs[][2] = {
        {"SELECT 7::int2 AS c", "SELECT 7::int8 AS c"},
        {"SELECT 'x'::varchar(3) AS c", "SELECT 'x'::text AS c"},
        {"SELECT '{\"a\": 1}'::jsonb AS c", "SELECT '{\"a\":1}'::jsonb AS c"},
        {"SELECT 1 AS c, NULL::text AS d UNION ALL SELECT 2, 'y'",
         "SELECT 2 AS c, 'y'::text AS d UNION ALL SELECT 1, NULL"},
        {"SELECT 1 AS c WHERE false", "SELECT 2 AS c WHERE false"},
    };
    g_autoptr(TestDb) db = test_pg_db("SELECT 1");
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (!have_one_sum(db, pairs[i][0], pairs[i][1]))
            g_error("two sums: %s; %s", pairs[i][0], pairs[i][1]);
}

static void
flags_of_more_columns_than_a_number_has_bits_tell_them_apart(void)
{
    g_autoptr(TestDb) db = test_pg_db("SELECT 1");
    g_autoptr(GString) first = g_string_new("SELECT "), last = g_string_new("SELECT ");
    for (int i = 0; i < 70; i++) {
        g_string_append_printf(first, "%s%s::text AS c%d", i > 0 ? ", " : "",
                               i == 0 ? "NULL" : "''", i);
        g_string_append_printf(last, "%s%s::text AS c%d", i > 0 ? ", " : "",
                               i == 69 ? "NULL" : "''", i);
    }
    g_assert_false(have_one_sum(db, first->str, last->str));
}

static void
values_without_a_form_of_ours_have_none(void)
{
    static const char *const odd[] = {"'infinity'::date", "'-infinity'::timestamptz",
                                      "'NaN'::numeric"};
    g_autoptr(TestDb) db = test_pg_db("SELECT 1");
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_autofree char *sql =
            g_strdup_printf("CREATE OR REPLACE VIEW v%zu AS SELECT %s AS c", i, odd[i]);
        g_autofree char *name = g_strdup_printf("v%zu", i);
        test_pg_exec(db->path, sql);
        g_autofree char *sum = own_sum(db, name);
        g_assert_cmpstr(sum, ==, "INVALID");
    }
}

/* --- both sides at once --- */

#define TABLE                                                                                      \
    "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT i, 'n' || i FROM "       \
    "generate_series(1, 5000) i"

static bool
compare(const TestDb *a, const TestDb *b, const char *object, Comparison *ret, GError **error)
{
    TransferSpec spec = {.source_store = &a->store,
                         .source = "t",
                         .target_store = &b->store,
                         .target = object,
                         .hash = true};
    g_autoptr(Transfer) transfer = NULL;
    return transfer_open(&spec, &transfer, error) &&
           transfer_compare(transfer, object, 5, NULL, NULL, ret, error);
}

static void
a_comparison_says_whose_hashes_it_has_seen(void)
{
    g_autoptr(TestDb) one = test_pg_db(TABLE), other = test_pg_db(TABLE);
    g_auto(Comparison) equal = {0}, unequal = {0};
    ASSERT_OK(compare(one, other, "t", &equal, &ERR));
    g_assert_true(equal.equal && equal.rows_source == 5000 && equal.rows_target == 5000);
    g_assert_true(g_str_has_prefix(equal.hash, "postgres:5000:"));
    test_pg_exec(other->path, "UPDATE t SET name = 'else' WHERE id = 77");
    ASSERT_OK(compare(one, other, "t", &unequal, &ERR));
    g_assert_false(unequal.equal);
    g_assert_true(g_str_has_prefix(unequal.hash, "5000:"));
    g_assert_cmpint(unequal.counts.rows_differing, ==, 1);
}

static bool
stop_at_once(int64_t rows, void *data)
{
    return false;
}

static void
a_side_that_fails_or_is_stopped_ends_both(void)
{
    g_autoptr(TestDb) one = test_pg_db(TABLE),
                      other = test_pg_db(TABLE "; CREATE TABLE u (id int PRIMARY KEY, name text)");
    g_auto(Comparison) seen = {0};
    g_autoptr(Transfer) transfer = NULL;
    TransferSpec spec = {.source_store = &one->store,
                         .source = "t",
                         .target_store = &other->store,
                         .target = "u",
                         .hash = true};
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_FAILS(transfer_compare(transfer, "u", 0, stop_at_once, NULL, &seen, &ERR), ERR_STOPPED,
                 "asked to stop");
    test_pg_exec(other->path, "DROP TABLE u");
    ASSERT_FAILS(transfer_compare(transfer, "u", 0, NULL, NULL, &seen, &ERR), ERR_NOT_FOUND, "'u'");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/postgres-sum/" #name, name)
    TEST(rows_that_are_not_equal_have_other_sums);
    TEST(rows_that_are_equal_have_one_sum_in_any_order_and_type);
    TEST(flags_of_more_columns_than_a_number_has_bits_tell_them_apart);
    TEST(values_without_a_form_of_ours_have_none);
    TEST(a_comparison_says_whose_hashes_it_has_seen);
    TEST(a_side_that_fails_or_is_stopped_ends_both);
    return g_test_run();
}
