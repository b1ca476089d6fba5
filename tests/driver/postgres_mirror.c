/* postgres_mirror.c - once writers write to both sides, both are equal in every snapshot, and nobody who writes is the worse for it. */
#include "postgres_bench.h"
#include "transfer/transfer.h"

#include <libpq-fe.h>
#include <string.h>

/* The target has another name for the key, cuts and rounds, and takes no code twice; the mapping calls a function of the people's. */
#define TABLES                                                                                     \
    "CREATE FUNCTION code_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)'; "    \
    "CREATE TABLE s (id int PRIMARY KEY, name text, amount numeric); "                             \
    "INSERT INTO s SELECT i, 'n' || i, i / 4.0 FROM generate_series(1, 300) i; "                   \
    "CREATE TABLE t (k int PRIMARY KEY, label varchar(8), cents numeric(8,2), code text UNIQUE)"
#define MAPPING                                                                                    \
    "{apiVersion: honk/v1, kind: Mapping, source: s, target: t, key: [k], where: \"name <> "       \
    "'hidden'\", columns: {k: id, label: name, cents: amount, code: {expr: code_of(name), type: "  \
    "text}}}"
#define EXPECTED "SELECT id, name, amount, upper(name) FROM s WHERE name <> 'hidden' "
#define STAGED "SELECT k, label, cents, code FROM t__stage "

typedef struct {
    TestDb *db;
    MappingSet *set;
    TransferSpec spec;
} Bench;

static void
bench_clear(Bench *bench)
{
    mapping_set_free(bench->set);
    test_db_free(bench->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bench, bench_clear)

/* Watched and filled. */
static void
fill(Bench *bench, const char *tables)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    RangeResult result = {0};
    Writer writer = {.plan = "p", .task = "t", .token = 5};
    bench->db = test_pg_db(tables);
    ASSERT_OK(mapping_parse(MAPPING, strlen(MAPPING), "m.yaml", diags, &bench->set, &ERR));
    bench->spec = (TransferSpec){.source_store = &bench->db->store,
                                 .source = "s",
                                 .target_store = &bench->db->store,
                                 .target = "t",
                                 .stage = "t__stage",
                                 .mapping = mapping_get(bench->set, 0),
                                 .plan = "p",
                                 .task = "t",
                                 .token = 5,
                                 .hash = true,
                                 .push_allowed = true};
    ASSERT_OK(conn_stage(bench->db->conn, "t__stage", "t", NULL, &writer, &ERR));
    ASSERT_OK(conn_watch(bench->db->conn, "s", WATCH_TRIGGERS, &ERR));
    ASSERT_OK(transfer_open(&bench->spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    ASSERT_OK(conn_finish(bench->db->conn, "t__stage", "t", NULL, &writer, &ERR));
}

/* … and mirrored. */
static void
begin(Bench *bench, const char *tables)
{
    g_autoptr(Transfer) transfer = NULL;
    Followed followed = {0};
    bool is_on = false;
    fill(bench, tables);
    ASSERT_OK(transfer_open(&bench->spec, &transfer, &ERR));
    ASSERT_OK(transfer_mirror(transfer, NULL, NULL, &followed, &ERR));
    ASSERT_OK(conn_is_mirrored(bench->db->conn, "s", &is_on, &ERR));
    g_assert_true(is_on);
}

static int64_t
noted(const Bench *bench)
{
    Behind behind = {0};
    ASSERT_OK(conn_behind(bench->db->conn, "s", &behind, &ERR));
    return behind.notes;
}

/* Is either side without what the other one has? */
static void
assert_equal(const Bench *bench)
{
    g_autofree char *differ =
        test_pg_query(bench->db->path, "SELECT count(*) FROM ((" EXPECTED "EXCEPT " STAGED
                                       ") UNION ALL (" STAGED "EXCEPT " EXPECTED ")) d");
    g_assert_cmpstr(differ, ==, "0");
}

static void
each_write_is_on_both_sides_at_once(void)
{
    static const char *const writes[] = {
        "INSERT INTO s VALUES (1000, 'new', 1.25)",
        "INSERT INTO s SELECT 2000 + i, 'm' || i, i FROM generate_series(1, 50) i",
        "UPDATE s SET name = 'x' || id WHERE id < 30",
        "UPDATE s SET id = id + 5000 WHERE id BETWEEN 30 AND 40",
        "UPDATE s SET amount = NULL, name = NULL WHERE id = 41",
        "DELETE FROM s WHERE id BETWEEN 50 AND 60",
        "UPDATE s SET name = 'hidden' WHERE id = 61",
        "UPDATE s SET name = 'seen' WHERE name = 'hidden'",
        "INSERT INTO s VALUES (70, 'again', 3) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "BEGIN; DELETE FROM s WHERE id < 100; ROLLBACK",
        "BEGIN; UPDATE s SET name = 'twice' WHERE id = 80; SAVEPOINT a; UPDATE s SET name = "
        "'thrice' "
        "WHERE id = 80; ROLLBACK TO a; UPDATE s SET amount = 9 WHERE id = 80; COMMIT",
        "SET session_replication_role = replica; DELETE FROM s WHERE id = 90",
        "SET search_path = ''; UPDATE public.s SET name = 'path' WHERE id = 91",
    };
    g_auto(Bench) bench = {0};
    begin(&bench, TABLES);
    for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        test_pg_exec(bench.db->path, writes[i]);
        g_test_message("%s", writes[i]);
        assert_equal(&bench);
        g_assert_cmpint(noted(&bench), ==, 0);
    }
}

static void
what_the_stage_would_refuse_or_bend_is_noted_and_the_writer_goes_on(void)
{
    static const struct {
        const char *write;
        int64_t notes; /* so many more */
    } writes[] = {
        {"UPDATE s SET name = 'n2' WHERE id = 1", 1},              /* the code of another row */
        {"INSERT INTO s VALUES (1000, 'much too long', 1)", 1},    /* would fail */
        {"UPDATE s SET name = 'spaces         ' WHERE id = 3", 1}, /* would be cut */
        {"UPDATE s SET amount = 1.005 WHERE id = 4", 1},           /* would be rounded */
        {"UPDATE s SET amount = 12345678 WHERE id = 5", 1},
        {"UPDATE s SET amount = 1.250 WHERE id = 6", 0}, /* is the same */
        {"TRUNCATE s", 301},
    };
    g_auto(Bench) bench = {0};
    int64_t before = 0;
    begin(&bench, TABLES);
    for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        test_pg_exec(bench.db->path, writes[i].write);
        int64_t now = noted(&bench);
        g_test_message("%s", writes[i].write);
        g_assert_cmpint(now - before, ==, writes[i].notes);
        before = now;
    }
}

/* What could not be mirrored is followed as ever, and what does not fit is put aside by then. */
static void
what_was_noted_is_copied_once_writers_are_stopped(void)
{
    g_auto(Bench) bench = {0};
    g_autoptr(Transfer) transfer = NULL;
    Followed followed = {0};
    begin(&bench, TABLES);
    test_pg_exec(bench.db->path,
                 "UPDATE s SET name = 'n2' WHERE id = 1; UPDATE s SET name = 'free' "
                 "WHERE id = 2; UPDATE s SET amount = 1.005 WHERE id = 4");
    g_assert_cmpint(noted(&bench), ==, 2);
    ASSERT_OK(transfer_open(&bench.spec, &transfer, &ERR));
    ASSERT_OK(transfer_follow(transfer, true, NULL, NULL, &followed, &ERR));
    g_assert_cmpint(followed.rejected, ==, 1);
    g_assert_cmpint(followed.behind.notes, ==, 0);
    test_pg_exec(bench.db->path, "DELETE FROM s WHERE id = 4");
    assert_equal(&bench);
}

static void
what_was_written_before_is_copied_while_writers_wait(void)
{
    g_auto(Bench) bench = {0};
    g_autoptr(Transfer) transfer = NULL;
    Followed followed = {0};
    fill(&bench, TABLES);
    test_pg_exec(bench.db->path,
                 "UPDATE s SET name = 'y' || id WHERE id < 20; DELETE FROM s WHERE id = 21");
    ASSERT_OK(transfer_open(&bench.spec, &transfer, &ERR));
    ASSERT_OK(transfer_mirror(transfer, NULL, NULL, &followed, &ERR));
    g_assert_cmpint(followed.rows, ==, 19);
    assert_equal(&bench);
}

static void
who_is_writing_is_waited_for_and_then_let_go_on(void)
{
    g_auto(Bench) bench = {0};
    g_autoptr(Transfer) transfer = NULL;
    g_autoptr(GError) error = NULL;
    Followed followed = {0};
    bool is_on = true;
    fill(&bench, TABLES);
    PGconn *writer = PQconnectdb(bench.db->path);
    PQclear(PQexec(writer, "BEGIN; UPDATE s SET name = 'open' WHERE id = 1"));
    ASSERT_OK(transfer_open(&bench.spec, &transfer, &ERR));
    g_assert_false(transfer_mirror(transfer, NULL, NULL, &followed, &error));
    g_assert_true(error_is(error, ERR_TRANSIENT));
    ASSERT_OK(conn_is_mirrored(bench.db->conn, "s", &is_on, &ERR));
    g_assert_false(is_on);
    PQclear(PQexec(writer, "COMMIT"));
    PQfinish(writer);
    ASSERT_OK(transfer_mirror(transfer, NULL, NULL, &followed, &ERR));
    assert_equal(&bench);
}

static void
writers_without_any_right_on_the_stage_go_on(void)
{
    g_auto(Bench) bench = {0};
    begin(&bench, TABLES);
    test_pg_exec(
        bench.db->path,
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clerk') THEN CREATE "
        "ROLE clerk; END IF; END $$; GRANT SELECT, UPDATE ON s TO clerk; SET ROLE clerk; "
        "UPDATE s SET name = 'clerk' WHERE id = 7");
    g_assert_cmpint(noted(&bench), ==, 0);
    assert_equal(&bench);
}

static void
rows_of_partitions_are_on_both_sides_too(void)
{
    g_auto(Bench) bench = {0};
    begin(
        &bench,
        "CREATE FUNCTION code_of(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)'; "
        "CREATE TABLE s (id int PRIMARY KEY, name text, amount numeric) PARTITION BY RANGE (id); "
        "CREATE TABLE s_low PARTITION OF s FOR VALUES FROM (0) TO (150); CREATE TABLE s_high "
        "PARTITION OF s FOR VALUES FROM (150) TO (9999); INSERT INTO s SELECT i, 'n' || i, i FROM "
        "generate_series(1, 300) i; CREATE TABLE t (k int PRIMARY KEY, label varchar(8), cents "
        "numeric(8,2), code text UNIQUE)");
    test_pg_exec(bench.db->path,
                 "UPDATE s SET id = id + 1000 WHERE id = 10; DELETE FROM s_high WHERE "
                 "id = 200; INSERT INTO s_low VALUES (0, 'zero', 0)");
    g_assert_cmpint(noted(&bench), ==, 0);
    assert_equal(&bench);
}

static void
the_way_back_only_notes_again(void)
{
    g_auto(Bench) bench = {0};
    bool is_on = true;
    begin(&bench, TABLES);
    ASSERT_OK(conn_unmirror(bench.db->conn, "s", &ERR));
    ASSERT_OK(conn_unmirror(bench.db->conn, "s", &ERR));
    ASSERT_OK(conn_is_mirrored(bench.db->conn, "s", &is_on, &ERR));
    g_assert_false(is_on);
    test_pg_exec(bench.db->path, "UPDATE s SET name = 'late' WHERE id = 1");
    g_assert_cmpint(noted(&bench), ==, 1);
    g_autofree char *staged =
        test_pg_query(bench.db->path, "SELECT label FROM t__stage WHERE k = 1");
    g_assert_cmpstr(staged, ==, "n1");
}

static void
a_mapping_that_cannot_be_said_inside_of_the_database_is_refused_with_the_reason(void)
{
    g_auto(Bench) bench = {0};
    g_autoptr(Transfer) transfer = NULL;
    g_autofree char *why = NULL;
    fill(&bench, TABLES);
    ASSERT_OK(transfer_open(&bench.spec, &transfer, &ERR));
    ASSERT_OK(transfer_can_mirror(transfer, &why, &ERR));
    g_assert_null(why);
    test_pg_exec(bench.db->path, "ALTER TABLE t ALTER COLUMN label TYPE char(8)");
    ASSERT_OK(transfer_can_mirror(transfer, &why, &ERR));
    g_assert_cmpstr(why, ==, "column 'label' might bend what is written to it");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mirror/each write is on both sides at once",
                    each_write_is_on_both_sides_at_once);
    g_test_add_func("/mirror/what the stage would refuse or bend is noted and the writer goes on",
                    what_the_stage_would_refuse_or_bend_is_noted_and_the_writer_goes_on);
    g_test_add_func("/mirror/what was noted is copied once writers are stopped",
                    what_was_noted_is_copied_once_writers_are_stopped);
    g_test_add_func("/mirror/what was written before is copied while writers wait",
                    what_was_written_before_is_copied_while_writers_wait);
    g_test_add_func("/mirror/who is writing is waited for and then let go on",
                    who_is_writing_is_waited_for_and_then_let_go_on);
    g_test_add_func("/mirror/writers without any right on the stage go on",
                    writers_without_any_right_on_the_stage_go_on);
    g_test_add_func("/mirror/rows of partitions are on both sides, too",
                    rows_of_partitions_are_on_both_sides_too);
    g_test_add_func("/mirror/the way back only notes again", the_way_back_only_notes_again);
    g_test_add_func(
        "/mirror/a mapping that cannot be said inside of the database is refused with the "
        "reason",
        a_mapping_that_cannot_be_said_inside_of_the_database_is_refused_with_the_reason);
    return g_test_run();
}
