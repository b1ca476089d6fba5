/* sqlite_value.c - cells that SQLite keeps, read as our types, and written back. */
#include "model/sqlite_value.h"

#include <string.h>

typedef struct {
    const char *sql; /* gives the cell */
    ColumnType type;
    const char *expected; /* "class:text" as it is written back, or "! reason" */
} Case;

/* clang-format off */
static const Case cases[] = {
    {"NULL", TYPE_INT, "null:NULL"},
    {"12", TYPE_INT, "integer:12"},
    {"2.0", TYPE_INT, "integer:2"},
    {"'12'", TYPE_INT, "integer:12"},
    {"'abc'", TYPE_INT, "! 'abc' is not a whole number"},
    {"2.5", TYPE_INT, "! '2.5' is not a whole number"},
    {"x'00'", TYPE_INT, "! a blob is not of type int"},
    {"1", TYPE_BOOL, "integer:1"},
    {"'yes'", TYPE_BOOL, "integer:1"},
    {"2", TYPE_BOOL, "! '2' is neither 0 nor 1"},
    {"3", TYPE_FLOAT, "real:3.0"},
    {"'0.5'", TYPE_FLOAT, "real:0.5"},
    {"9e999", TYPE_FLOAT, "real:Inf"},
    {"12.50", TYPE_DECIMAL, "text:12.5"},
    {"'007.10'", TYPE_DECIMAL, "text:7.1"},
    {"3", TYPE_TEXT, "text:3"},
    {"3.0", TYPE_TEXT, "text:3"},
    {"''", TYPE_TEXT, "text:"},
    {"x'c3a9'", TYPE_TEXT, "! a blob is not of type text"},
    {"'1998-06-12'", TYPE_DATE, "text:1998-06-12"},
    {"19980612", TYPE_DATE, "! a value of type int cannot become date without format: unix or unix_ms"},
    {"'1998-06-12T10:00Z'", TYPE_TIMESTAMP, "text:1998-06-12 10:00:00"},
    {"'a'", TYPE_BYTES, "! expected a blob"},
    {"x'61'", TYPE_BYTES, "blob:a"},
    {"x''", TYPE_BYTES, "blob:"},
};
/* clang-format on */

static void
answer(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const Case *c = sqlite3_user_data(context);
    g_autoptr(GString) scratch = g_string_new(NULL);
    g_autofree char *reason = NULL;
    Value value;
    if (sqlite_read_argument(arguments[0], c->type, scratch, &value, &reason))
        sqlite_result_typed(context, &value);
    else
        sqlite3_result_error(context, reason, -1);
}

static char *
ask(sqlite3 *db, const char *sql, const Value *bound)
{
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    int status = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    g_assert_cmpint(status, ==, SQLITE_OK);
    if (bound != NULL)
        sqlite_bind_typed(statement, 1, bound);
    if (sqlite3_step(statement) == SQLITE_ROW)
        text = g_strdup((const char *) sqlite3_column_text(statement, 0));
    else
        text = g_strdup_printf("! %s", sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    return text;
}

static void
a_cell_means_the_same_as_argument_and_as_column(void)
{
    sqlite3 *db = NULL;
    sqlite3_open(":memory:", &db);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        g_autoptr(GString) scratch = g_string_new(NULL);
        sqlite3_create_function(db, "answer", 1, SQLITE_UTF8, (void *) c, answer, NULL, NULL);
        g_autofree char *sql = g_strdup_printf("SELECT typeof(x) || ':' || coalesce(CAST(x AS "
                                               "TEXT), 'NULL') FROM (SELECT answer(%s) AS x)",
                                               c->sql);
        g_autofree char *by_argument = ask(db, sql, NULL);
        g_assert_cmpstr(by_argument, ==, c->expected);

        g_autofree char *cell = g_strdup_printf("SELECT %s", c->sql);
        g_autofree char *reason = NULL;
        sqlite3_stmt *statement = NULL;
        Value value;
        sqlite3_prepare_v2(db, cell, -1, &statement, NULL);
        sqlite3_step(statement);
        bool read = sqlite_read_column(statement, 0, c->type, scratch, &value, &reason);
        g_autofree char *by_column =
            read ? ask(db, "SELECT typeof(?1) || ':' || coalesce(CAST(?1 AS TEXT), 'NULL')", &value)
                 : g_strdup_printf("! %s", reason);
        sqlite3_finalize(statement);
        g_assert_cmpstr(by_column, ==, c->expected);
    }
    sqlite3_close(db);
}

static void
affinity_follows_the_documented_order_of_rules(void)
{
    g_assert_cmpint(sqlite_affinity("INTEGER"), ==, AFFINITY_INTEGER);
    g_assert_cmpint(sqlite_affinity("CHARINT"), ==, AFFINITY_INTEGER);
    g_assert_cmpint(sqlite_affinity("floating point"), ==, AFFINITY_INTEGER);
    g_assert_cmpint(sqlite_affinity("varchar(20)"), ==, AFFINITY_TEXT);
    g_assert_cmpint(sqlite_affinity(""), ==, AFFINITY_BLOB);
    g_assert_cmpint(sqlite_affinity("double precision"), ==, AFFINITY_REAL);
    g_assert_cmpint(sqlite_affinity("STRING"), ==, AFFINITY_NUMERIC);
    g_assert_cmpint(sqlite_affinity("DATE"), ==, AFFINITY_NUMERIC);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sqlite value/a cell means the same as argument and as column",
                    a_cell_means_the_same_as_argument_and_as_column);
    g_test_add_func("/sqlite value/affinity follows the documented order of rules",
                    affinity_follows_the_documented_order_of_rules);
    return g_test_run();
}
