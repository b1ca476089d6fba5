/* mariadb_form.c - what types of MariaDB make of a text or a number: whether all of it is kept. */
#include "mariadb_bench.h"

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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/form/a text that a type would cut or take for a number is put aside",
                    a_text_that_a_type_would_cut_or_take_for_a_number_is_put_aside);
    g_test_add_func("/form/a number that a type would round is put aside",
                    a_number_that_a_type_would_round_is_put_aside);
    return g_test_run();
}
