/* postgres_along.c - indexes, checks, defaults and foreign keys of a table that is made from another one. */
#include "model/along.h"
#include "postgres_bench.h"

#include <string.h>

static const Writer one = {.plan = "p", .task = "t", .range = "0001", .token = 5};
static const char stage[] = "u__honk_1";

static const char setup[] =
    "CREATE TABLE kinds (name text PRIMARY KEY); INSERT INTO kinds VALUES ('a'); CREATE TABLE t "
    "(id int PRIMARY KEY, kind text DEFAULT 'a' REFERENCES kinds, n int CHECK (n > 0), word text); "
    "INSERT INTO t SELECT i, 'a', i, 'w' || i FROM generate_series(1, 300) i; ALTER TABLE t ADD "
    "CONSTRAINT late CHECK (n <> 9) NOT VALID; CREATE INDEX t_word ON t (lower(word)) WHERE n > 5; "
    "CREATE INDEX by_kind ON t (kind, n DESC); CREATE UNIQUE INDEX t_n ON t ((n + 1))";

static const char listed[] = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE "
                             "conrelid = to_regclass('%s') "
                             "AND contype IN ('c', 'f') UNION ALL SELECT indexname, "
                             "substr(indexdef, strpos(indexdef, 'USING')) "
                             "FROM pg_indexes WHERE tablename = '%s' ORDER BY 1";

static char *
list_of(TestDb *db, const char *table)
{
    g_autoptr(GString) sql = g_string_new(listed);
    g_string_replace(sql, "%s", table, 0);
    return test_pg_query(db->path, sql->str);
}

/* The schema of a table that is made from `t`; `number` is what `n` is called there. */
static const char *
renamed(const char *column, const void *data)
{
    return strcmp(column, "n") == 0 ? "word" : strcmp(column, "word") == 0 ? "n" : column;
}

static Schema *
schema_of(TestDb *db, const char *name)
{
    g_autoptr(Schema) source = NULL;
    ASSERT_OK(conn_describe(db->conn, "t", &source, &ERR));
    Schema *made = schema_new(name);
    for (size_t i = 0; i < schema_count(source); i++) {
        const Column *column = schema_column(source, i);
        schema_add(made, renamed(column->name, NULL), column->type, column->declared,
                   column->is_nullable);
    }
    schema_add_key(made, "id");
    along_take(made, source, renamed, NULL);
    return made;
}

static void
fill(TestDb *db)
{
    test_pg_exec(db->path, "INSERT INTO u__honk_1 (id, kind, word, n) SELECT * FROM t");
}

static void
what_comes_along_is_there_once_under_its_new_names(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup);
    g_autoptr(Schema) made = schema_of(db, stage);
    ASSERT_OK(conn_stage(db->conn, stage, NULL, made, &one, &ERR));
    fill(db);
    for (int again = 0; again < 2; again++)
        ASSERT_OK(conn_finish(db->conn, stage, NULL, made, &one, &ERR));
    ASSERT_OK(conn_swap(db->conn, stage, "u", "u__honk_old", &one, &ERR));
    g_autofree char *seen = list_of(db, "u");
    g_assert_cmpstr(seen, ==,
                    "late|CHECK ((word <> 9)) NOT VALID\n"
                    "t_kind_fkey|FOREIGN KEY (kind) REFERENCES kinds(name)\n"
                    "t_n_check|CHECK ((word > 0))\n"
                    "u_by_kind|USING btree (kind, word DESC)\n"
                    "u_n|USING btree (((word + 1)))\n"
                    "u_pkey|USING btree (id)\n"
                    "u_word|USING btree (lower(n)) WHERE (word > 5)");
}

/* Whoever dies after a statement, or between the keys and their proof, leaves what the next one goes on from. */
static void
what_was_left_half_done_is_done(void)
{
    static const char unproven[] =
        "ALTER TABLE u__honk_1 DROP CONSTRAINT t_kind_fkey; ALTER TABLE u__honk_1 ADD CONSTRAINT "
        "t_kind_fkey FOREIGN KEY (kind) REFERENCES kinds NOT VALID";
    static const char first[] =
        "ALTER TABLE u__honk_1 DROP CONSTRAINT t_kind_fkey; DROP INDEX u__honk_1_word";
    static const char second[] =
        "ALTER TABLE u__honk_1 DROP CONSTRAINT late; DROP INDEX u__honk_1__by_kind";
    static const char *const dies[] = {unproven, first, second};
    for (size_t i = 0; i < G_N_ELEMENTS(dies); i++) {
        g_autoptr(TestDb) db = test_pg_db(setup);
        g_autoptr(Schema) made = schema_of(db, stage);
        ASSERT_OK(conn_stage(db->conn, stage, NULL, made, &one, &ERR));
        fill(db);
        ASSERT_OK(conn_finish(db->conn, stage, NULL, made, &one, &ERR));
        g_autofree char *before = list_of(db, stage);
        test_pg_exec(db->path, dies[i]);
        ASSERT_OK(conn_finish(db->conn, stage, NULL, made, &one, &ERR));
        g_autofree char *after = list_of(db, stage);
        g_assert_cmpstr(after, ==, before);
    }
}

static void
a_row_that_refers_to_nothing_stops_before_the_swap(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup);
    g_autoptr(Schema) made = schema_of(db, stage);
    ASSERT_OK(conn_stage(db->conn, stage, NULL, made, &one, &ERR));
    fill(db);
    test_pg_exec(db->path, "UPDATE u__honk_1 SET kind = 'b' WHERE id = 7");
    ASSERT_FAILS(conn_finish(db->conn, stage, NULL, made, &one, &ERR), ERR_MISMATCH,
                 "the foreign key 't_kind_fkey' does not hold");
    test_pg_exec(db->path, "UPDATE u__honk_1 SET kind = 'a' WHERE id = 7");
    ASSERT_OK(conn_finish(db->conn, stage, NULL, made, &one, &ERR));
}

/* Here, too, the proof comes in a transaction of its own, which may be missing. */
static void
keys_of_a_table_that_takes_the_place_of_another_are_proven(void)
{
    static const char unproven[] =
        "ALTER TABLE t__honk_1 DROP CONSTRAINT t_kind_fkey; ALTER TABLE t__honk_1 ADD CONSTRAINT "
        "t_kind_fkey FOREIGN KEY (kind) REFERENCES kinds NOT VALID";
    static const char proven[] =
        "SELECT convalidated FROM pg_constraint WHERE conrelid = 't__honk_1'::regclass AND contype "
        "= 'f'";
    g_autoptr(TestDb) db = test_pg_db(setup);
    ASSERT_OK(conn_stage(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
    test_pg_exec(db->path, "INSERT INTO t__honk_1 SELECT * FROM t WHERE n <> 9");
    for (int died = 0; died < 2; died++) {
        ASSERT_OK(conn_finish(db->conn, "t__honk_1", "t", NULL, &one, &ERR));
        g_autofree char *seen = test_pg_query(db->path, proven);
        g_assert_cmpstr(seen, ==, "t");
        test_pg_exec(db->path, unproven);
    }
}

/* A name that is something else in the new table is never taken for the old one. */
static void
words_that_would_mean_something_else_are_refused(void)
{
    g_autoptr(TestDb) db = test_pg_db(setup), other = test_pg_db("CREATE TABLE kinds (name text)");
    g_autoptr(Schema) made = schema_of(db, stage);
    int held = 0, here = 0;
    for (guint i = 0; i < made->dependents->len; i++) {
        const Dependent *along = made->dependents->pdata[i];
        here += conn_holds(db->conn, made, along);
        held += conn_holds(other->conn, made, along);
        if (strcmp(along->kind, "foreign_key_to") == 0)
            g_assert_false(conn_holds(other->conn, made, along));
    }
    g_assert_cmpint(held, ==, here - 1);
    ((Column *) made->columns->pdata[3])->type = TYPE_DECIMAL;
    int less = 0;
    for (guint i = 0; i < made->dependents->len; i++)
        less += conn_holds(db->conn, made, made->dependents->pdata[i]);
    g_assert_cmpint(less, <, here);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/postgres_along/what comes along is there once, under its new names",
                    what_comes_along_is_there_once_under_its_new_names);
    g_test_add_func("/postgres_along/what was left half done is done",
                    what_was_left_half_done_is_done);
    g_test_add_func("/postgres_along/a row that refers to nothing stops before the swap",
                    a_row_that_refers_to_nothing_stops_before_the_swap);
    g_test_add_func("/postgres_along/keys of a table that takes the place of another are proven",
                    keys_of_a_table_that_takes_the_place_of_another_are_proven);
    g_test_add_func("/postgres_along/words that would mean something else are refused",
                    words_that_would_mean_something_else_are_refused);
    return g_test_run();
}
