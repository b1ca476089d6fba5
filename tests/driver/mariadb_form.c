/* mariadb_form.c - what types of MariaDB make of a text or a number: whether all of it is kept. */
#include "mariadb_bench.h"

#include <string.h>

typedef struct {
    const char *type, *given; /* SQL of SQLite */
    const char *kept;         /* NULL: it is put aside */
} FormCase;

static const FormCase form_cases[] = {
    {"time", "'12:00:00'", "12:00:00"},
    {"time", "'-838:59'", "-838:59:00"},
    {"time", "'12:00:00.000'", "12:00:00"},
    {"time", "'12:00:00.5'", NULL},
    {"time(3)", "'12:00:00.5'", "12:00:00.500"},
    {"time(3)", "'12:00:00.1239'", NULL},
    {"time", "'2024-02-29 12:00:00'", NULL},
    {"time", "'1 12:00:00'", NULL},
    {"time", "'1.5'", NULL},
    {"time", "'1112'", NULL},
    {"time", "' 12:00:00'", NULL},
    {"enum('a','b','1')", "'b'", "b"},
    {"enum('a','b','1')", "'1'", "1"},
    {"enum('a','b')", "'2'", NULL},
    {"enum('a','b')", "' 2'", NULL},
    {"enum('a','b')", "'2.0'", NULL},
    {"set('a','b','1')", "'b,a'", "a,b"},
    {"set('a','b','1')", "' 1'", NULL},
};

static const FormCase number_cases[] = {
    {"double(10,3)", "0.125", "0.125"},
    {"double(10,3)", "0.1", "0.100"},
    {"double(10,3)", "0.0001", NULL},
    {"double(10,3)", "-12345678", NULL},
    {"double(10,3)", "1.0e300", NULL},
    {"float(7,2)", "0.25", "0.25"},
    {"float(7,2)", "0.125", NULL},
    {"float(7,2)", "0.1", NULL},
    {"float(7,2)", "0.10000000149011612", "0.10"},
};

/* What a column of the type has of it in the end, or NULL. */
static char *
kept_of(TestDb *from, TestDb *to, const FormCase *one, int number)
{
    g_autofree char *given = g_strdup_printf("UPDATE s SET x = %s", one->given);
    g_autofree char *table = g_strdup_printf(
        "DROP TABLE IF EXISTS t;\nCREATE TABLE t (k int PRIMARY KEY, x %s)", one->type);
    g_autofree char *look = g_strdup_printf("SELECT x FROM stage_%d", number);
    test_exec(from->path, given);
    test_maria_exec(to->path, table);
    return test_moves_one(from, to, number) ? test_maria_query(to->path, look) : NULL;
}

static void
assert_kept(const FormCase *cases, size_t count, const char *source)
{
    g_autoptr(TestDb) from = test_db(source);
    g_autoptr(TestDb) to = test_maria_db("CREATE TABLE t (k int)");
    for (size_t i = 0; i < count; i++) {
        g_autofree char *kept = kept_of(from, to, &cases[i], (int) i);
        if (g_strcmp0(kept, cases[i].kept) != 0)
            g_error("%s keeps of %s: '%s'", cases[i].type, cases[i].given,
                    kept != NULL ? kept : "nothing");
    }
}

static void
a_text_that_a_type_would_cut_or_take_for_a_number_is_put_aside(void)
{
    assert_kept(form_cases, G_N_ELEMENTS(form_cases),
                "CREATE TABLE s (k INTEGER PRIMARY KEY, x TEXT); INSERT INTO s VALUES (1, '')");
}

static void
a_number_that_a_type_would_round_is_put_aside(void)
{
    assert_kept(number_cases, G_N_ELEMENTS(number_cases),
                "CREATE TABLE s (k INTEGER PRIMARY KEY, x REAL); INSERT INTO s VALUES (1, 0)");
}

static int64_t
questions(const TestDb *db)
{
    g_autofree char *seen = test_maria_query(db->path, "SHOW GLOBAL STATUS LIKE 'Questions'");
    return g_ascii_strtoll(strchr(seen, '|') + 1, NULL, 10);
}

#define LOOKS                                                                                      \
    20 /* many: sessions that end, those that count among them, count themselves sooner or later */
#define LATE_MAX 4

/* What `looks` looks at a table and counting cost. */
static int64_t
questions_of(const TestDb *db, const char *name, int looks)
{
    int64_t before = questions(db);
    for (int i = 0; i < looks; i++) {
        g_autoptr(Schema) schema = NULL;
        ASSERT_OK(conn_outline(db->conn, name, &schema, &ERR));
    }
    return questions(db) - before;
}

/* A server may be far away. Which of the unique indexes is the key is told in the same answer. */
static void
a_look_at_a_table_is_one_question(void)
{
    g_autoptr(TestDb) db = test_maria_db(
        "CREATE TABLE t (a int, b varchar(10) NOT NULL, c int NOT NULL, d int NOT NULL, UNIQUE KEY "
        "v (b(3)), UNIQUE KEY x (a, b), UNIQUE KEY y (d, c), UNIQUE KEY z (c));\n"
        "CREATE TABLE T (only_here int PRIMARY KEY);\nCREATE VIEW u AS SELECT 1 one");
    g_autoptr(Schema) schema = NULL, view = NULL, upper = NULL;
    (void) questions_of(db, "t", 1); /* what a session asks once */
    int64_t extra = questions_of(db, "t", LOOKS) - questions_of(db, "t", 0) - LOOKS;
    g_assert_cmpint(ABS(extra), <=, LATE_MAX);
    ASSERT_OK(conn_outline(db->conn, "t", &schema, &ERR));
    g_assert_cmpuint(schema_count(schema), ==, 4);
    ASSERT_OK(conn_outline(db->conn, "T", &upper, &ERR));
    g_assert_cmpuint(schema_count(upper), ==, 1);
    g_assert_cmpuint(upper->key->len, ==, 1);
    ASSERT_OK(conn_outline(db->conn, "u", &view, &ERR));
    g_assert_cmpuint(schema_count(view), ==, 1);
    g_autoptr(GPtrArray) unique = NULL;
    ASSERT_OK(conn_unique_columns(db->conn, "t", &unique, &ERR));
    g_assert_cmpuint(unique->len, ==, 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/form/a text that a type would cut or take for a number is put aside",
                    a_text_that_a_type_would_cut_or_take_for_a_number_is_put_aside);
    g_test_add_func("/form/a number that a type would round is put aside",
                    a_number_that_a_type_would_round_is_put_aside);
    g_test_add_func("/look/a look at a table is one question", a_look_at_a_table_is_one_question);
    return g_test_run();
}
