/* postgres_watch.c - what is written to a table is noted, by whomever and however, and nobody who writes is the worse for it. */
#include "postgres_bench.h"

#include <libpq-fe.h>
#include <string.h>

#define PEOPLE                                                                                     \
    "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people SELECT i, 'Name ' "   \
    "|| "                                                                                          \
    "i FROM generate_series(1, 100) i;"

/* The keys that the oldest notes name, taken and done with. Caller frees. */
static char *
taken(TestDb *db, int64_t most)
{
    g_auto(WriteNotes) notes = {0};
    Behind behind = {0};
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    ASSERT_OK(conn_next_notes(db->conn, "people", most, &notes, &ERR));
    g_assert_true((behind.notes > 0) == (notes.last > 0));
    if (notes.last == 0)
        return g_strdup("none");
    g_autofree char *sql = g_strdup_printf(
        "SELECT string_agg(DISTINCT id::text, ' ' ORDER BY id::text) FROM %s WHERE %s",
        notes.object, notes.which);
    char *keys = test_pg_query(db->path, sql);
    ASSERT_OK(conn_forget_notes(db->conn, "people", notes.last, &ERR));
    return keys;
}

static void
assert_taken(TestDb *db, const char *expected)
{
    g_autofree char *keys = taken(db, 1000);
    g_assert_cmpstr(keys, ==, expected);
}

static PGconn *
session(const TestDb *db)
{
    PGconn *writer = PQconnectdb(db->path);
    g_assert_cmpint(PQstatus(writer), ==, CONNECTION_OK);
    return writer;
}

static void
say(PGconn *writer, const char *sql)
{
    PGresult *result = PQexec(writer, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        g_error("%s: %s", sql, PQresultErrorMessage(result));
    PQclear(result);
}

static void
every_kind_of_write_is_noted(const void *way)
{
    static const struct {
        const char *sql, *keys;
    } writes[] = {
        {"INSERT INTO people VALUES (200, 'New')", "200"},
        {"UPDATE people SET name = 'x' WHERE id < 3", "1 2"},
        {"DELETE FROM people WHERE id = 5", "5"},
        {"UPDATE people SET id = 300 WHERE id = 6", "300 6"},
        {"INSERT INTO people VALUES (7, 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
         "7"},
        {"INSERT INTO people SELECT 400 + i FROM generate_series(1, 2) i", "401 402"},
        {"SET session_replication_role = replica; DELETE FROM people WHERE id = 8", "8"},
        {"BEGIN; DELETE FROM people WHERE id = 9; ROLLBACK", "none"},
        {"TRUNCATE people; INSERT INTO people VALUES (1, '')", NULL},
    };
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    bool by_log = GPOINTER_TO_INT(way) == WATCH_LOG;
    ASSERT_OK(conn_watch(db->conn, "people", by_log ? WATCH_LOG : WATCH_TRIGGERS, &ERR));
    ASSERT_OK(conn_watch(db->conn, "people", by_log ? WATCH_LOG : WATCH_TRIGGERS, &ERR));
    for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        g_autofree char *all = test_pg_query(
            db->path, "SELECT string_agg(id::text, ' ' ORDER BY id::text) FROM people");
        test_pg_exec(db->path, writes[i].sql);
        if (by_log && writes[i].keys == NULL) {
            Behind behind = {0};
            ASSERT_FAILS(conn_behind(db->conn, "people", &behind, &ERR), ERR_DRIFT, "TRUNCATE");
            break;
        }
        assert_taken(db, writes[i].keys != NULL ? writes[i].keys : all);
    }
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

/* Its note has the lower number, and comes to light after the higher one was done with. */
static void
a_writer_that_commits_late_is_not_missed(const void *way)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    Behind behind = {0};
    ASSERT_OK(conn_watch(db->conn, "people", (WatchWay) GPOINTER_TO_INT(way), &ERR));
    PGconn *late = session(db);
    say(late, "BEGIN");
    say(late, "UPDATE people SET name = 'late' WHERE id = 1");
    test_pg_exec(db->path, "UPDATE people SET name = 'early' WHERE id = 2");
    g_auto(WriteNotes) notes = {0};
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind.notes, ==, 1);
    ASSERT_OK(conn_next_notes(db->conn, "people", 1000, &notes, &ERR));
    say(late, "COMMIT");
    ASSERT_OK(conn_forget_notes(db->conn, "people", notes.last, &ERR));
    PQfinish(late);
    assert_taken(db, "1");
    assert_taken(db, "none");
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

static void
rows_of_partitions_and_of_children_are_noted(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE people (id int PRIMARY KEY, name text) PARTITION BY RANGE (id); CREATE TABLE "
        "low PARTITION OF people FOR VALUES FROM (0) TO (100); CREATE TABLE high PARTITION OF "
        "people "
        "FOR VALUES FROM (100) TO (200)");
    bool is_watched = false;
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_TRIGGERS, &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (1, ''), (101, '')");
    assert_taken(db, "1 101");
    test_pg_exec(db->path,
                 "INSERT INTO high VALUES (102, ''); UPDATE people SET id = 103 WHERE id = 1");
    assert_taken(db, "1 102 103");
    test_pg_exec(db->path,
                 "CREATE TABLE higher PARTITION OF people FOR VALUES FROM (200) TO (300)");
    ASSERT_OK(conn_is_watched(db->conn, "people", &is_watched, &ERR));
    g_assert_false(is_watched);
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_TRIGGERS, &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (201, '')");
    assert_taken(db, "201");
}

/* It need not be on the disk when its writer goes on; more of it than is read at once; texts that need care. */
static void
the_log_is_read_to_the_end(void)
{
    static const char keys[] = "SELECT string_agg(DISTINCT k, '|' ORDER BY k) FROM _honk.\"%s\"";
    g_autoptr(TestDb) db =
        test_pg_db("CREATE TABLE people (n int, k text, long text, PRIMARY KEY (k, n))");
    Behind behind = {0};
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_LOG, &ERR));
    test_pg_exec(db->path,
                 "SET synchronous_commit = off; INSERT INTO people VALUES (1, E'a\\\\\\tb\\nc', "
                 "repeat(md5('1'), 9000)), (2, '', NULL)");
    test_pg_exec(db->path, "SET synchronous_commit = off; UPDATE people SET k = 'x' WHERE n = 1");
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind.notes, ==, 4);
    g_assert_cmpint(behind.bytes, >, 0);
    g_autofree char *table =
        test_pg_query(db->path, "SELECT relname FROM pg_class WHERE relname LIKE "
                                "'\\_honk\\_changed\\_%' AND relkind = 'r'");
    g_autofree char *sql = g_strdup_printf(keys, table);
    g_autofree char *seen = test_pg_query(db->path, sql);
    g_assert_cmpstr(seen, ==, "|a\\\tb\nc|x");
    test_pg_exec(db->path, "INSERT INTO people SELECT i, 'many' FROM generate_series(1, 60000) i; "
                           "DELETE FROM people WHERE n = 60000");
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind.notes, ==, 60005);
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR)); /* nothing is read twice */
    g_assert_cmpint(behind.notes, ==, 60005);
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

/* What a row was is in the log, too; where its key stays, it is one row that was written. */
static void
an_update_is_one_note_whatever_the_log_says_of_it(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE "ALTER TABLE people REPLICA IDENTITY FULL");
    Behind behind = {0};
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_LOG, &ERR));
    test_pg_exec(db->path, "UPDATE people SET name = 'x' WHERE id < 11");
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind.notes, ==, 10);
    test_pg_exec(db->path, "UPDATE people SET id = id + 1000 WHERE id < 11");
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind.notes, ==, 30);
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

/* What came before is kept, and is there when the key is. */
static void
a_key_that_goes_or_changes_is_said_with_what_to_do(const void *way)
{
    static const struct {
        const char *sql, *says, *back;
        bool only_log;
    } cases[] = {
        {"ALTER TABLE people DROP CONSTRAINT people_pkey",
         "'people' has lost its primary key (\"id\"), by which what is written to it is followed: "
         "ALTER TABLE \"public\".\"people\" ADD PRIMARY KEY (\"id\")",
         "ALTER TABLE people ADD PRIMARY KEY (id)", false},
        {"ALTER TABLE people DROP CONSTRAINT people_pkey, ADD PRIMARY KEY (name)",
         "the primary key of 'people' is (\"name\") now, and was (\"id\")",
         "ALTER TABLE people DROP CONSTRAINT people_pkey, ADD PRIMARY KEY (id)", false},
        {"ALTER TABLE people REPLICA IDENTITY NOTHING",
         "the replica identity of 'people' was changed",
         "ALTER TABLE people REPLICA IDENTITY DEFAULT", true},
    };
    bool by_log = GPOINTER_TO_INT(way) == WATCH_LOG;
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    ASSERT_OK(conn_watch(db->conn, "people", by_log ? WATCH_LOG : WATCH_TRIGGERS, &ERR));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *key = g_strdup_printf("%d", 10 + (int) i);
        g_autofree char *write =
            g_strdup_printf("UPDATE people SET name = 'x%s' WHERE id = %s", key, key);
        Behind behind = {0};
        g_auto(WriteNotes) notes = {0};
        if (cases[i].only_log && !by_log)
            continue;
        test_pg_exec(db->path, write);
        test_pg_exec(db->path, cases[i].sql);
        ASSERT_FAILS(conn_behind(db->conn, "people", &behind, &ERR), ERR_DRIFT, cases[i].says);
        if (i == 0)
            ASSERT_FAILS(conn_next_notes(db->conn, "people", 1000, &notes, &ERR), ERR_DRIFT,
                         "lost its primary key");
        test_pg_exec(db->path, cases[i].back);
        assert_taken(db, key);
    }
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

static void
what_keeps_the_log_from_being_read_is_said_with_what_to_do(void)
{
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"ALTER TABLE people REPLICA IDENTITY NOTHING", "REPLICA IDENTITY DEFAULT"},
        {"ALTER TABLE people REPLICA IDENTITY FULL", NULL},
        {"ALTER TABLE people SET UNLOGGED", "SET LOGGED"},
        {"ALTER TABLE people SET LOGGED; CREATE TABLE child () INHERITS (people)", "partition"},
    };
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *why = NULL;
        test_pg_exec(db->path, cases[i].sql);
        ASSERT_OK(conn_can_log(db->conn, "people", &why, &ERR));
        g_assert_true(cases[i].says == NULL ? why == NULL : strstr(why, cases[i].says) != NULL);
    }
    ASSERT_FAILS(conn_watch(db->conn, "people", WATCH_LOG, &ERR), ERR_INVALID, "cannot be read");
}

static void
a_slot_that_somebody_dropped_is_noticed(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    Behind behind = {0};
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_LOG, &ERR));
    test_pg_exec(db->path, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    ASSERT_FAILS(conn_behind(db->conn, "people", &behind, &ERR), ERR_DRIFT, "no longer keeps");
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

static void *
commit_after_a_while(void *writer)
{
    g_usleep(300000);
    say(writer, "COMMIT");
    return NULL;
}

/* The session of a worker that died goes on making it; what is read before it has its beginning would lack what it lacks. */
static void
a_slot_that_is_not_yet_made_is_waited_for(void)
{
    static const char half_made[] = "SELECT count(*), count(confirmed_flush_lsn) FROM "
                                    "pg_replication_slots";
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    PGconn *slow = session(db), *dead = session(db);
    bool is_watched = false;
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_LOG, &ERR));
    test_pg_exec(db->path, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    say(slow, "BEGIN");
    say(slow, "UPDATE people SET name = 'slow' WHERE id = 1");
    g_assert_cmpint(PQsendQuery(dead,
                                "SELECT pg_create_logical_replication_slot('_honk_' || oid || "
                                "'_' || 'people'::regclass::oid, 'pgoutput') FROM "
                                "pg_database WHERE datname = current_database()"),
                    ==, 1);
    for (bool is_there = false; !is_there;) {
        g_autofree char *slots = test_pg_query(db->path, half_made);
        is_there = strcmp(slots, "1|0") == 0;
    }
    GThread *thread = g_thread_new("commit", commit_after_a_while, slow);
    ASSERT_OK(conn_is_watched(db->conn, "people", &is_watched, &ERR));
    g_assert_true(is_watched);
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_LOG, &ERR));
    g_autofree char *slots = test_pg_query(db->path, half_made);
    g_assert_cmpstr(slots, ==, "1|1");
    g_thread_join(thread);
    PQfinish(dead);
    PQfinish(slow);
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
}

/* What others write counts, too: the log is one for all tables. */
static void
a_slot_that_keeps_too_much_of_the_log_is_let_go_of(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE "CREATE TABLE others (t text)");
    g_autoptr(Conn) bounded = NULL;
    Behind behind = {0};
    json_object_set_new(db->store.settings, "slot_bytes_max", json_integer(1024 * 1024));
    ASSERT_OK(conn_open(&db->store, &bounded, &ERR));
    ASSERT_OK(conn_watch(bounded, "people", WATCH_LOG, &ERR));
    ASSERT_OK(conn_behind(bounded, "people", &behind, &ERR));
    test_pg_exec(db->path, "INSERT INTO others SELECT i::text FROM generate_series(1, 100000) i");
    ASSERT_FAILS(conn_behind(bounded, "people", &behind, &ERR), ERR_LIMIT,
                 "more than one move may hold back");
    g_autofree char *slots = test_pg_query(db->path, "SELECT count(*) FROM pg_replication_slots");
    g_assert_cmpstr(slots, ==, "0");
    ASSERT_FAILS(conn_behind(bounded, "people", &behind, &ERR), ERR_DRIFT, "no longer keeps");
    ASSERT_OK(conn_unwatch(bounded, "people", &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (200, 'goes on')");
}

/* Whoever writes need not know of us, whatever path names are looked up on, and keys may be of any type. */
static void
writers_without_any_right_on_our_tables_go_on(void)
{
    g_autoptr(TestDb) db = test_pg_db("CREATE TYPE \"a b\" AS ENUM ('x', 'y'); CREATE TABLE people "
                                      "(\"the \"\"id\"\"\" uuid, \"%s\" "
                                      "\"a b\", at timestamptz, PRIMARY KEY (\"the \"\"id\"\"\", "
                                      "\"%s\", at)); DO 'BEGIN CREATE ROLE "
                                      "scribe; EXCEPTION WHEN duplicate_object THEN END'; GRANT "
                                      "INSERT, UPDATE, SELECT ON people TO "
                                      "scribe");
    g_auto(WriteNotes) notes = {0};
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_TRIGGERS, &ERR));
    test_pg_exec(db->path,
                 "SET ROLE scribe; SET search_path = ''; INSERT INTO public.people SELECT "
                 "gen_random_uuid(), 'x', now(); UPDATE public.people SET \"%s\" = 'y'");
    ASSERT_OK(conn_next_notes(db->conn, "people", 1000, &notes, &ERR));
    g_autofree char *sql =
        g_strdup_printf("SELECT (SELECT count(*) FROM %s WHERE %s), (SELECT count(*) FROM people "
                        "WHERE %s)",
                        notes.object, notes.which, notes.rows);
    g_autofree char *counts = test_pg_query(db->path, sql);
    g_assert_cmpstr(counts, ==, "3|1");
    test_pg_exec(db->path, "TRUNCATE people");
    Behind behind = {0};
    ASSERT_OK(conn_behind(db->conn, "people", &behind, &ERR));
    g_assert_cmpint(behind.notes, ==, 4);
}

/* Our trigger waits for the one who writes, and for no longer than it was told: behind it, others would wait. */
static void
who_holds_the_table_is_waited_for_and_then_let_go_on(void)
{
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    PGconn *slow = session(db);
    bool is_watched = true;
    say(slow, "BEGIN");
    say(slow, "UPDATE people SET name = 'slow' WHERE id = 1");
    ASSERT_FAILS(conn_watch(db->conn, "people", WATCH_TRIGGERS, &ERR), ERR_TRANSIENT,
                 "others hold a lock");
    ASSERT_OK(conn_is_watched(db->conn, "people", &is_watched, &ERR));
    g_assert_false(is_watched);
    test_pg_exec(db->path, "SET lock_timeout = 1000; UPDATE people SET name = 'x' WHERE id = 2");
    say(slow, "COMMIT");
    PQfinish(slow);
    ASSERT_OK(conn_watch(db->conn, "people", WATCH_TRIGGERS, &ERR));
}

static void
nothing_of_ours_is_left(const void *data)
{
    static const char ours[] =
        "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = '_honk'), (SELECT count(*) FROM "
        "pg_publication), (SELECT count(*) FROM pg_replication_slots)";
    WatchWay way = (WatchWay) GPOINTER_TO_INT(data);
    g_autoptr(TestDb) db = test_pg_db(PEOPLE);
    g_autofree char *before = test_pg_dump(db->path);
    ASSERT_OK(conn_watch(db->conn, "people", way, &ERR));
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
    g_autofree char *after = test_pg_dump(db->path);
    g_assert_cmpstr(after, ==, before);
    ASSERT_OK(conn_watch(db->conn, "people", way, &ERR));
    test_pg_exec(db->path, "INSERT INTO people VALUES (200, ''); DROP TABLE people");
    ASSERT_OK(conn_unwatch(db->conn, "people", &ERR));
    g_autofree char *left = test_pg_query(db->path, ours);
    g_assert_cmpstr(left, ==, "0|0|0");
}

static void
a_table_whose_writes_cannot_all_be_noted_is_refused(void)
{
    g_autoptr(TestDb) db = test_pg_db(
        "CREATE TABLE people (id int UNIQUE NOT NULL); CREATE VIEW seen AS SELECT * FROM people");
    ASSERT_FAILS(conn_watch(db->conn, "people", WATCH_TRIGGERS, &ERR), ERR_INVALID,
                 "has no primary key");
    ASSERT_FAILS(conn_watch(db->conn, "seen", WATCH_TRIGGERS, &ERR), ERR_INVALID, "is a view");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const char *const ways[] = {[WATCH_TRIGGERS] = "triggers", [WATCH_LOG] = "log"};
    for (int way = WATCH_TRIGGERS; way <= WATCH_LOG; way++) {
        g_autofree char *kinds =
            g_strdup_printf("/watch/%s/every kind of write is noted", ways[way]);
        g_autofree char *late =
            g_strdup_printf("/watch/%s/a writer that commits late is not missed", ways[way]);
        g_autofree char *left = g_strdup_printf("/watch/%s/nothing of ours is left", ways[way]);
        g_test_add_data_func(kinds, GINT_TO_POINTER(way), every_kind_of_write_is_noted);
        g_test_add_data_func(late, GINT_TO_POINTER(way), a_writer_that_commits_late_is_not_missed);
        g_test_add_data_func(left, GINT_TO_POINTER(way), nothing_of_ours_is_left);
    }
    g_test_add_func("/watch/the log is read to the end", the_log_is_read_to_the_end);
    g_test_add_func("/watch/an update is one note, whatever the log says of it",
                    an_update_is_one_note_whatever_the_log_says_of_it);
    g_test_add_data_func("/watch/a key that goes or changes is said with what to do",
                         GINT_TO_POINTER(WATCH_TRIGGERS),
                         a_key_that_goes_or_changes_is_said_with_what_to_do);
    g_test_add_data_func("/watch/a key that goes or changes is said with what to do, of the log",
                         GINT_TO_POINTER(WATCH_LOG),
                         a_key_that_goes_or_changes_is_said_with_what_to_do);
    g_test_add_func("/watch/what keeps the log from being read is said with what to do",
                    what_keeps_the_log_from_being_read_is_said_with_what_to_do);
    g_test_add_func("/watch/a slot that somebody dropped is noticed",
                    a_slot_that_somebody_dropped_is_noticed);
    g_test_add_func("/watch/a slot that is not yet made is waited for",
                    a_slot_that_is_not_yet_made_is_waited_for);
    g_test_add_func("/watch/a slot that keeps too much of the log is let go of",
                    a_slot_that_keeps_too_much_of_the_log_is_let_go_of);
    g_test_add_func("/watch/rows of partitions and of children are noted",
                    rows_of_partitions_and_of_children_are_noted);
    g_test_add_func("/watch/writers without any right on our tables go on",
                    writers_without_any_right_on_our_tables_go_on);
    g_test_add_func("/watch/who holds the table is waited for and then let go on",
                    who_holds_the_table_is_waited_for_and_then_let_go_on);
    g_test_add_func("/watch/a table whose writes cannot all be noted is refused",
                    a_table_whose_writes_cannot_all_be_noted_is_refused);
    return g_test_run();
}
