/* sqlite_text.c - CREATE statements whose names change while every other byte stays. */
#include "driver/sqlite/text.h"

#include <string.h>

typedef struct {
    const char *from, *to;
} Pair;

static void
a_table_gets_another_name_and_nothing_else(void)
{
    static const Pair cases[] = {
        {"CREATE TABLE users (id INTEGER)", "CREATE TABLE \"new\" (id INTEGER)"},
        {"CREATE TABLE \"us\"\"ers\"(id)", "CREATE TABLE \"new\"(id)"},
        {"CREATE TABLE [users]\n(id)", "CREATE TABLE \"new\"\n(id)"},
        {"CREATE TABLE `users`(id)", "CREATE TABLE \"new\"(id)"},
        {"CREATE TABLE 'users'(id)", "CREATE TABLE \"new\"(id)"},
        {"CREATE /* users */ TABLE -- users\n users(users)",
         "CREATE /* users */ TABLE -- users\n \"new\"(users)"},
        {"CREATE TABLE users(a, CHECK (users.a > 0 AND Users . a < 'users.'))",
         "CREATE TABLE \"new\"(a, CHECK (\"new\".a > 0 AND \"new\" . a < 'users.'))"},
        {"CREATE TABLE users(a REFERENCES users(id), b DEFAULT 'users')",
         "CREATE TABLE \"new\"(a REFERENCES users(id), b DEFAULT 'users')"},
        {"CREATE TABLE IF NOT EXISTS main.users(a)", "CREATE TABLE IF NOT EXISTS main.\"new\"(a)"},
        {"CREATE TABLE temp(a)", "CREATE TABLE \"new\"(a)"},
        {"CREATE TABLE if(a)", "CREATE TABLE \"new\"(a)"},
        {"CREATE TABLE view(a)", "CREATE TABLE \"new\"(a)"},
        {"CREATE TABLE ünïcode(a)", "CREATE TABLE \"new\"(a)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        bool done = sql_rename_table(cases[i].from, "\"new\"", &text, &error);
        g_assert_no_error(error);
        g_assert_true(done);
        g_assert_cmpstr(text, ==, cases[i].to);
    }
}

static void
an_index_gets_other_names_and_nothing_else(void)
{
    static const Pair cases[] = {
        {"CREATE INDEX i ON users (name)", "CREATE INDEX I ON T (name)"},
        {"CREATE UNIQUE INDEX \"i x\" ON \"users\"(lower(name) COLLATE NOCASE) WHERE users.a > 1",
         "CREATE UNIQUE INDEX I ON T(lower(name) COLLATE NOCASE) WHERE T.a > 1"},
        {"CREATE INDEX on_users ON users(on_users)", "CREATE INDEX I ON T(on_users)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        bool done = sql_rename_index(cases[i].from, "I", "T", &text, &error);
        g_assert_no_error(error);
        g_assert_true(done);
        g_assert_cmpstr(text, ==, cases[i].to);
    }
}

static void
foreign_keys_are_taken_out_and_all_else_stays(void)
{
    static const Pair cases[] = {
        {"CREATE TABLE t(a, b)", "CREATE TABLE t(a, b)"},
        {"CREATE TABLE t(a REFERENCES p, b)", "CREATE TABLE t(a , b)"},
        {"CREATE TABLE t(a INT REFERENCES p(x) ON DELETE CASCADE ON UPDATE SET NULL MATCH FULL NOT "
         "DEFERRABLE INITIALLY DEFERRED NOT NULL, b)",
         "CREATE TABLE t(a INT  NOT NULL, b)"},
        {"CREATE TABLE t(a INT CONSTRAINT k REFERENCES p(x) ON DELETE NO ACTION CHECK (a > 0))",
         "CREATE TABLE t(a INT  CHECK (a > 0))"},
        {"CREATE TABLE t(a, b, FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE SET DEFAULT)",
         "CREATE TABLE t(a, b)"},
        {"CREATE TABLE t(a, b, CONSTRAINT k FOREIGN KEY (a) REFERENCES p, CHECK (a <> ','))",
         "CREATE TABLE t(a, b, CHECK (a <> ','))"},
        {"CREATE TABLE t(a, b INT FOREIGN KEY (a) REFERENCES p UNIQUE (b))",
         "CREATE TABLE t(a, b INT  UNIQUE (b))"},
        {"CREATE TABLE t(a DEFAULT 'REFERENCES p', \"REFERENCES\") WITHOUT ROWID",
         "CREATE TABLE t(a DEFAULT 'REFERENCES p', \"REFERENCES\") WITHOUT ROWID"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = sql_without_references(cases[i].from);
        g_assert_cmpstr(text, ==, cases[i].to);
    }
}

static void
checks_are_found(void)
{
    g_autoptr(GPtrArray) checks = sql_checks("CREATE TABLE t(a CHECK (a > (1 + 2)), b, CONSTRAINT "
                                             "c CHECK( b <> ')' ), d DEFAULT 'CHECK (x)')");
    g_assert_cmpuint(checks->len, ==, 2);
    g_assert_cmpstr(checks->pdata[0], ==, "a > (1 + 2)");
    g_assert_cmpstr(checks->pdata[1], ==, "b <> ')'");
}

static void
only_one_expression_passes_for_an_expression(void)
{
    static const char *const good[] = {"a", "(a) || ')'", "f(a, b) -- and a comment )", "':'",
                                       "x'00'"};
    static const Pair bad[] = {
        {"", "empty"},
        {"-- nothing", "empty"},
        {"1) UNION SELECT (2", "no '('"},
        {"a; DROP TABLE b", "';'"},
        {"(a", "not closed"},
        {":a", "parameters"},
        {"?1", "parameters"},
        {"$a", "parameters"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *message = NULL;
        g_assert_true(sql_check_expression(good[i], &message));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *message = NULL;
        g_assert_false(sql_check_expression(bad[i].from, &message));
        g_assert_nonnull(strstr(message, bad[i].to));
    }
}

static void
cut_off_text_ends_every_walk(void)
{
    static const char *const full = "CREATE TABLE \"a\"\"b\" /* c */ (x 'y' [z] `w` -- d\n CHECK "
                                    "((1)) CONSTRAINT q REFERENCES p(x) "
                                    "ON DELETE SET NULL NOT DEFERRABLE INITIALLY DEFERRED, "
                                    "CONSTRAINT r FOREIGN KEY (a) REFERENCES p)";
    for (size_t bytes = 0; bytes <= strlen(full); bytes++) {
        g_autofree char *cut = g_strndup(full, bytes);
        g_autofree char *message = NULL;
        g_autofree char *renamed = NULL;
        G_GNUC_UNUSED g_autofree char *without = sql_without_references(cut);
        G_GNUC_UNUSED g_autoptr(GPtrArray) checks = sql_checks(cut);
        if (sql_rename_table(cut, "t", &renamed, NULL))
            g_assert_true(g_str_has_prefix(renamed, "CREATE TABLE t"));
        if (!sql_check_expression(cut, &message))
            g_assert_nonnull(message);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sqlite/text/a table gets another name and nothing else",
                    a_table_gets_another_name_and_nothing_else);
    g_test_add_func("/sqlite/text/an index gets other names and nothing else",
                    an_index_gets_other_names_and_nothing_else);
    g_test_add_func("/sqlite/text/foreign keys are taken out and all else stays",
                    foreign_keys_are_taken_out_and_all_else_stays);
    g_test_add_func("/sqlite/text/checks are found", checks_are_found);
    g_test_add_func("/sqlite/text/only one expression passes for an expression",
                    only_one_expression_passes_for_an_expression);
    g_test_add_func("/sqlite/text/cut off text ends every walk", cut_off_text_ends_every_walk);
    return g_test_run();
}
