/* trouble.c - a range that ends in the middle of its rows, in MariaDB and Redis: nothing of it is there then, and later all is, once. */
#include "mariadb_bench.h"
#include "redis_bench.h"

#include "transfer/transfer.h"

#include <string.h>

#define REDIS_ROWS 30000 /* 6 MB */

static const Writer writer = {.plan = "p", .task = "t", .token = 5};

static TransferSpec
spec_between(TestDb *from, TestDb *to, const char *target, const char *stage, bool may_push)
{
    return (TransferSpec){.source_store = &from->store,
                          .source = "s",
                          .target_store = &to->store,
                          .target = target,
                          .stage = stage,
                          .plan = "p",
                          .task = "t",
                          .token = 5,
                          .hash = true,
                          .push_allowed = may_push};
}

static void
assert_done(const TransferSpec *spec)
{
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    g_autoptr(Transfer) transfer = NULL;
    g_auto(Comparison) seen = {0};
    RangeResult result = {0};
    ASSERT_OK(transfer_open(spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    ASSERT_OK(transfer_compare(transfer, spec->stage, 5, NULL, NULL, &seen, &ERR));
    g_assert_true(seen.equal);
}

static void
assert_broken(const TransferSpec *spec, int code, const char *reason)
{
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    g_autoptr(Transfer) transfer = NULL;
    RangeResult result = {0};
    ASSERT_OK(transfer_open(spec, &transfer, &ERR));
    ASSERT_FAILS(transfer_range(transfer, range, NULL, NULL, &result, &ERR), code, reason);
}

/* --- MariaDB --- */

/* The source inside of the same database, or in SQLite. */
static TestDb *
maria_source(TestDb *to, bool is_inside)
{
    if (!is_inside)
        return test_db("CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, a TEXT); WITH RECURSIVE n "
                       "(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                       "FROM n WHERE i < 400) INSERT INTO s SELECT i, 'a' || i FROM n;");
    test_maria_exec(to->path, "CREATE TABLE s (id int PRIMARY KEY, a varchar(20)); INSERT INTO s "
                              "SELECT seq, concat('a', seq) FROM seq_1_to_400");
    return NULL;
}

static TestDb *
maria_target(void)
{
    TestDb *to =
        test_maria_db("CREATE TABLE t (id int PRIMARY KEY, a varchar(20)); CREATE SEQUENCE tries");
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
    return to;
}

/* Once, at the 250th row; a sequence is not rolled back. */
static void
set_trap(TestDb *to, const char *what)
{
    g_autofree char *sql = g_strdup_printf("CREATE TRIGGER trouble BEFORE INSERT ON t__stage FOR "
                                           "EACH ROW BEGIN IF nextval(tries) = 250 "
                                           "THEN %s; END IF; END",
                                           what);
    test_maria_exec(to->path, sql);
}

static void
assert_maria_holds(TestDb *to, const char *expected)
{
    g_autofree char *rows = test_maria_query(
        to->path, "SELECT (SELECT count(*) FROM t__stage), (SELECT count(*) FROM _honk_ledger)");
    g_assert_cmpstr(rows, ==, expected);
}

static void
a_range_of_mariadb_that_breaks_leaves_nothing_and_is_done_again(void)
{
    static const struct {
        const char *trap, *reason;
        int code;
    } troubles[] = {
        {"SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'a deadlock'",
         "a deadlock", ERR_TRANSIENT},
        {"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020, MESSAGE_TEXT = 'Record has changed'",
         "has changed", ERR_TRANSIENT}, /* since the snapshot, with innodb_snapshot_isolation */
        {"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1206, MESSAGE_TEXT = 'too many locks'",
         "too many locks", ERR_TRANSIENT},
        {"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1205, MESSAGE_TEXT = 'waited'", "hold a lock",
         ERR_TRANSIENT},
        {"DO sleep(9)", "max_statement_time", ERR_TRANSIENT},
        {"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'the table is full'",
         "is full", ERR_NO_SPACE},
        {"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'disk full'", "disk full",
         ERR_NO_SPACE},
        {"SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1053, MESSAGE_TEXT = 'shutdown'", "shutdown",
         ERR_UNREACHABLE},
        {"KILL CONNECTION connection_id()", "", ERR_UNREACHABLE},
    };
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(troubles); i++) {
        bool is_inside = i % 2 == 0; /* one INSERT … SELECT, and row by row */
        g_autoptr(TestDb) to = maria_target();
        g_autoptr(TestDb) outside = maria_source(to, is_inside);
        if (strstr(troubles[i / 2].trap, "sleep") != NULL)
            json_object_set_new(to->store.settings, "statement_timeout_ms", json_integer(300));
        set_trap(to, troubles[i / 2].trap);
        TransferSpec spec = spec_between(is_inside ? to : outside, to, "t", "t__stage", is_inside);
        assert_broken(&spec, troubles[i / 2].code, troubles[i / 2].reason);
        assert_maria_holds(to, "0|0");
        assert_done(&spec);
        assert_maria_holds(to, "400|1");
    }
}

/* Each row of the source takes its time. */
static void
a_range_whose_source_in_mariadb_is_too_slow_for_its_limit_is_done_again(void)
{
    g_autoptr(TestDb) from = test_maria_db(
        "CREATE TABLE rows_ (id int PRIMARY KEY, a varchar(20)); INSERT INTO rows_ SELECT seq, "
        "concat('a', seq) FROM seq_1_to_400; CREATE VIEW s AS SELECT id, concat(a, "
        "left(sleep(0.05), 0)) AS a FROM rows_");
    g_autoptr(TestDb) to = maria_target();
    TransferSpec spec = spec_between(from, to, "t", "t__stage", false);
    json_object_set_new(from->store.settings, "statement_timeout_ms", json_integer(300));
    assert_broken(&spec, ERR_TRANSIENT, "max_statement_time");
    assert_maria_holds(to, "0|0");
    test_maria_exec(from->path, "CREATE OR REPLACE VIEW s AS SELECT id, a FROM rows_");
    assert_done(&spec);
    assert_maria_holds(to, "400|1");
}

/* A session begins with what its server is set to. */
static void
whatever_a_server_of_mariadb_is_set_to_no_row_is_lost(void)
{
    static const char *const set[][2] = {{"sql_select_limit", "5"},
                                         {"max_join_size", "2"},
                                         {"sql_safe_updates", "1"},
                                         {"sql_auto_is_null", "1"},
                                         {"group_concat_max_len", "4"},
                                         {"check_constraint_checks", "0"},
                                         {"unique_checks", "0"},
                                         {"default_storage_engine", "'Aria'"},
                                         {"tx_isolation", "'SERIALIZABLE'"},
                                         {"autocommit", "0"},
                                         {"sql_mode", "'NO_ZERO_DATE'"},
                                         {"time_zone", "'+05:45'"}};
    g_autoptr(TestDb) to = maria_target();
    g_autoptr(TestDb) outside = maria_source(to, true);
    g_assert_null(outside);
    g_autoptr(GString) change = g_string_new(NULL), back = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(set); i++) {
        g_string_append_printf(change, "SET GLOBAL %s = %s;", set[i][0], set[i][1]);
        g_string_append_printf(back, "SET GLOBAL %s = DEFAULT;", set[i][0]);
    }
    g_string_append(back, "SET GLOBAL sql_big_selects = 1");
    test_maria_exec(to->path, change->str);
    for (int is_inside = 0; is_inside < 2; is_inside++) {
        TransferSpec spec = spec_between(to, to, "t", "t__stage", is_inside);
        ASSERT_OK(conn_unstage(to->conn, "t__stage", &writer, &ERR));
        g_autoptr(Conn) conn = NULL;
        ASSERT_OK(conn_open(&to->store, &conn, &ERR));
        ASSERT_OK(conn_stage(conn, "t__stage", "t", NULL, &writer, &ERR));
        assert_done(&spec);
    }
    test_maria_exec(to->path, back->str);
    assert_maria_holds(to, "400|1");
}

/* Somebody who wrote more than we did, and so is not the one who is undone: holds the second row, and wants the first one. */
static void *
want_both_rows(void *url)
{
    test_maria_exec(url,
                    "BEGIN;\nUPDATE big SET n = n + 1;\nUPDATE wanted SET n = 1 WHERE id = 2;\n"
                    "DO get_lock('second', 0);\nBEGIN NOT ATOMIC WHILE is_used_lock('first') IS "
                    "NULL DO DO sleep(0.01); END WHILE; END;\nUPDATE wanted SET n = 1 WHERE id "
                    "= 1;\nCOMMIT");
    return NULL;
}

static void
a_range_of_mariadb_that_meets_a_deadlock_is_done_again(void)
{
    g_autoptr(TestDb) to = maria_target();
    g_autoptr(TestDb) outside = maria_source(to, true);
    g_assert_null(outside);
    test_maria_exec(
        to->path,
        "CREATE TABLE big (n int); INSERT INTO big SELECT seq FROM seq_1_to_2000; CREATE "
        "TABLE wanted (id int PRIMARY KEY, n int); INSERT INTO wanted VALUES (1, 0), (2, 0)");
    test_maria_exec(
        to->path, "CREATE TRIGGER trouble BEFORE INSERT ON t__stage FOR EACH ROW BEGIN DECLARE i "
                  "int DEFAULT nextval(tries); IF i = 1 THEN UPDATE wanted SET n = 2 WHERE id = 1; "
                  "DO get_lock('first', 0); ELSEIF i = 250 THEN UPDATE wanted SET n = 2 WHERE id = "
                  "2; END IF; END");
    GThread *other = g_thread_new("other", want_both_rows, to->path);
    g_autofree char *held = NULL;
    do {
        g_free(held);
        held = test_maria_query(to->path, "SELECT is_used_lock('second') IS NOT NULL");
    } while (strcmp(held, "1") != 0);
    TransferSpec spec = spec_between(to, to, "t", "t__stage", true);
    assert_broken(&spec, ERR_TRANSIENT, "eadlock");
    g_thread_join(other);
    assert_maria_holds(to, "0|0");
    assert_done(&spec);
    assert_maria_holds(to, "400|1");
}

static void
columns_of_mariadb_that_come_or_go_change_what_a_table_is(void)
{
    static const char *const changes[] = {"ALTER TABLE s ADD c int", "ALTER TABLE s DROP COLUMN b",
                                          "ALTER TABLE s MODIFY a bigint",
                                          "ALTER TABLE s CHANGE a d bigint"};
    g_autoptr(TestDb) db = test_maria_db("CREATE TABLE s (a int PRIMARY KEY, b text)");
    json_t *before = NULL;
    ASSERT_OK(conn_identity(db->conn, "s", &before, &ERR));
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        json_t *after = NULL;
        test_maria_exec(db->path, changes[i]);
        ASSERT_OK(conn_identity(db->conn, "s", &after, &ERR));
        g_assert_false(json_equal(before, after));
        json_decref(before);
        before = after;
    }
    json_decref(before);
}

static void
assert_aside(TestDb *to, int count, const char *const *reasons)
{
    g_autoptr(json_t) aside = NULL;
    ASSERT_OK(conn_quarantined(to->conn, "p", 10, &aside, &ERR));
    g_assert_cmpuint(json_array_size(aside), ==, (size_t) count);
    g_autofree char *text = json_dumps(aside, JSON_COMPACT);
    for (int i = 0; i < count; i++)
        if (strstr(text, reasons[i]) == NULL)
            g_error("expected '%s' in: %s", reasons[i], text);
}

/* A foreign key is looked at when all rows are in. */
static void
what_constraints_of_mariadb_refuse_is_put_aside(void)
{
    static const char *const reasons[] = {"CONSTRAINT", "the value is NULL", "letters", "taken"};
    g_autoptr(TestDb) from = test_db(
        "CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, a TEXT, n INTEGER, p INTEGER); INSERT "
        "INTO s VALUES (1, 'ok', 1, 1), (2, 'bad', 2, 1), (3, NULL, 3, 1), (4, 'too long', 4, 1), "
        "(5, 'ok', 1, 1), (6, 'ok', 6, 9);");
    g_autoptr(TestDb) to = test_maria_db(
        "CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1); CREATE TABLE t "
        "(id int PRIMARY KEY, a varchar(5) NOT NULL CHECK (a <> 'bad'), n int UNIQUE, p int, "
        "CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (id))");
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
    TransferSpec spec = spec_between(from, to, "t", "t__stage", false);
    assert_done(&spec);
    assert_aside(to, 4, reasons);
    assert_maria_holds(to, "2|1");
    ASSERT_FAILS(conn_finish(to->conn, "t__stage", "t", NULL, &writer, &ERR), ERR_MISMATCH,
                 "of_parent");
}

/* Year 7 would be 2007, and -1 in 64 bits the largest number. */
static void
a_number_that_mariadb_would_take_for_another_one_is_put_aside(void)
{
    static const char *const reasons[] = {"four digits", "below 0"};
    g_autoptr(TestDb) from = test_db("CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, y INTEGER, "
                                     "b DECIMAL TEXT); INSERT INTO s VALUES (1, 1998, '1'), (2, 7, "
                                     "'1'), (3, 1998, '-1'), (4, 0, '18446744073709551615');");
    g_autoptr(TestDb) to = test_maria_db("CREATE TABLE t (id int PRIMARY KEY, y year, b bit(64))");
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
    TransferSpec spec = spec_between(from, to, "t", "t__stage", false);
    assert_done(&spec);
    assert_aside(to, 2, reasons);
    assert_maria_holds(to, "2|1");
}

static void
a_row_that_is_larger_than_mariadb_takes_is_put_aside(void)
{
    static const char *const reasons[] = {"max_allowed_packet"};
    g_autoptr(TestDb) from =
        test_db("CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, a TEXT); INSERT INTO s VALUES "
                "(1, 'small'), (2, hex(zeroblob(100000))), (3, 'small');");
    g_autoptr(TestDb) to = test_maria_db("CREATE TABLE t (id int PRIMARY KEY, a longtext)");
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
    test_maria_exec(to->path, "SET GLOBAL max_allowed_packet = 65536");
    TransferSpec spec = spec_between(from, to, "t", "t__stage", false);
    assert_done(&spec);
    test_maria_exec(to->path, "SET GLOBAL max_allowed_packet = DEFAULT");
    assert_aside(to, 1, reasons);
    assert_maria_holds(to, "2|1");
}

/* A trigger is made on the stage under a name of ours before the swap, to see whether it fits there. */
static void
what_a_swap_that_was_lost_had_tried_does_not_keep_the_next_one_from_it(void)
{
    g_autoptr(TestDb) db =
        test_maria_db("CREATE TABLE t (id int PRIMARY KEY, a varchar(20)); CREATE TRIGGER touched "
                      "BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 'x'");
    ASSERT_OK(conn_stage(db->conn, "t__stage", "t", NULL, &writer, &ERR));
    test_maria_exec(db->path, "CREATE TRIGGER _honk_try BEFORE UPDATE ON t__stage FOR EACH ROW SET "
                              "NEW.a = 'x'");
    ASSERT_OK(conn_swap(db->conn, "t__stage", "t", "t__kept", &writer, &ERR));
    g_autofree char *triggers =
        test_maria_query(db->path, "SELECT trigger_name, event_object_table FROM "
                                   "information_schema.triggers WHERE trigger_schema = database() "
                                   "AND trigger_name NOT LIKE '_honk_written%'");
    g_assert_cmpstr(triggers, ==, "touched|t");
}

/* --- Redis --- */

static TestDb *
redis_source(void)
{
    return test_db("CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, a TEXT); WITH RECURSIVE n (i) "
                   "AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
                   "n WHERE i < 30000) INSERT INTO s SELECT i, hex(zeroblob(100)) FROM n;");
}

typedef struct {
    const char *url;
    const char *const *words; /* a command, and NULL */
    int64_t after;            /* ticks */
} Meanwhile;

/* Somebody does it in the middle of the range. */
static bool
do_meanwhile(int64_t rows, void *data)
{
    Meanwhile *meanwhile = data;
    if (meanwhile->after-- != 0)
        return true;
    size_t lengths[8];
    int count = 0;
    for (; meanwhile->words[count] != NULL; count++)
        lengths[count] = strlen(meanwhile->words[count]);
    freeReplyObject(
        test_redis_argv(meanwhile->url, count, (const char **) meanwhile->words, lengths));
    return true;
}

static int64_t
keys_of(const char *url)
{
    g_autofree char *text = test_redis_text(url, "DBSIZE");
    return g_ascii_strtoll(text, NULL, 10);
}

/* Parts of 2 MB: those that are in are taken away by whoever goes on. */
static void
a_range_of_redis_that_breaks_leaves_nothing_and_is_done_again(void)
{
    static const char *const full[] = {"CONFIG", "SET", "maxmemory", "1", NULL};
    static const char *const cut[] = {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", NULL};
    static const char *const alone[] = {"CONFIG", "SET", "min-replicas-to-write", "1", NULL};
    static const struct {
        const char *const *words;
        int code;
        const char *reason;
    } troubles[] = {{full, ERR_NO_SPACE, "OOM"},
                    {cut, ERR_UNREACHABLE, ""},
                    {alone, ERR_TRANSIENT, "NOREPLICAS"}};
    for (size_t i = 0; i < G_N_ELEMENTS(troubles); i++) {
        g_autoptr(TestDb) from = redis_source(), to = test_redis_db(NULL);
        g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
        TransferSpec spec = spec_between(from, to, "t:{id}", "t:{id}__honk_1", false);
        g_autoptr(Schema) schema = NULL;
        ASSERT_OK(conn_describe(from->conn, "s", &schema, &ERR));
        ASSERT_OK(conn_stage(to->conn, "t:{id}__honk_1", "t:{id}", schema, &writer, &ERR));
        {
            g_autoptr(Transfer) transfer = NULL;
            RangeResult result = {0};
            Meanwhile meanwhile = {to->path, troubles[i].words, 5};
            ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
            ASSERT_FAILS(transfer_range(transfer, range, do_meanwhile, &meanwhile, &result, &ERR),
                         troubles[i].code, troubles[i].reason);
            g_assert_cmpint(meanwhile.after, <, 0);
        }
        freeReplyObject(test_redis(to->path, "CONFIG SET maxmemory 0 min-replicas-to-write 0"));
        assert_done(&spec);
        g_autoptr(Conn) again = NULL; /* the other one may have been cut */
        int64_t rows = 0;
        ASSERT_OK(conn_open(&to->store, &again, &ERR));
        ASSERT_OK(conn_count(again, "t:{id}__honk_1", NULL, &rows, &ERR));
        g_assert_cmpint(rows, ==, REDIS_ROWS);
        ASSERT_OK(conn_unstage(again, "t:{id}__honk_1", &writer, &ERR));
        g_assert_cmpint(keys_of(to->path), ==, 0);
    }
}

/* It would take the rows of somebody else for ours. */
static void
a_server_of_redis_that_removes_keys_by_itself_is_no_target(void)
{
    g_autoptr(TestDb) from = redis_source(), to = test_redis_db(NULL);
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_describe(from->conn, "s", &schema, &ERR));
    freeReplyObject(
        test_redis(to->path, "CONFIG SET maxmemory 1000000000 maxmemory-policy allkeys-lru"));
    ASSERT_FAILS(conn_stage(to->conn, "t:{id}__honk_1", "t:{id}", schema, &writer, &ERR),
                 ERR_WRONG_STATE, "noeviction");
    g_assert_cmpint(keys_of(to->path), ==, 0);
    freeReplyObject(test_redis(to->path, "CONFIG SET maxmemory 0"));
    ASSERT_OK(conn_stage(to->conn, "t:{id}__honk_1", "t:{id}", schema, &writer, &ERR));
    freeReplyObject(test_redis(to->path, "CONFIG SET maxmemory-policy noeviction"));
}

/* It opens the store anew, and its rows show the field by now; but the plan does not know it. */
static void
assert_next_lease_knows(TransferSpec spec, const Schema *planned)
{
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0002");
    g_autoptr(Transfer) transfer = NULL;
    RangeResult result = {0};
    spec.source_schema = planned;
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    g_assert_cmpint(result.rows_out, ==, 0); /* the others are there already */
}

/* Nothing declares its columns: they are what was found when it was looked at. */
static void
a_field_of_redis_that_comes_or_goes_meanwhile_puts_its_row_aside(void)
{
    static const char *const reasons[] = {"extra", "NULL"};
    g_autoptr(TestDb) from = test_redis_db(NULL);
    g_autoptr(TestDb) to =
        test_db("CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, a TEXT NOT NULL, b TEXT);");
    g_autoptr(json_t) range = json_pack("{ss}", "name", "0001");
    g_autoptr(Schema) planned = NULL;
    g_autoptr(Transfer) transfer = NULL;
    RangeResult result = {0};
    for (int i = 1; i <= 20; i++)
        freeReplyObject(test_redis(from->path, "HSET u:%d a x%d b y", i, i));
    ASSERT_OK(conn_stage(to->conn, "t__stage", "t", NULL, &writer, &ERR));
    TransferSpec spec = spec_between(from, to, "t", "t__stage", false);
    spec.source = "u:{id}";
    ASSERT_OK(conn_describe(from->conn, spec.source, &planned, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    freeReplyObject(test_redis(from->path, "HSET u:5 extra 1"));
    freeReplyObject(test_redis(from->path, "HDEL u:6 a"));
    ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &result, &ERR));
    g_assert_cmpint(result.rows_out, ==, 18);
    assert_aside(to, 2, reasons);
    assert_next_lease_knows(spec, planned);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trouble/a range of MariaDB that breaks leaves nothing and is done again",
                    a_range_of_mariadb_that_breaks_leaves_nothing_and_is_done_again);
    g_test_add_func("/trouble/a range whose source in MariaDB is too slow is done again",
                    a_range_whose_source_in_mariadb_is_too_slow_for_its_limit_is_done_again);
    g_test_add_func(
        "/trouble/what a swap that was lost had tried does not keep the next one from it",
        what_a_swap_that_was_lost_had_tried_does_not_keep_the_next_one_from_it);
    g_test_add_func("/trouble/whatever a server of MariaDB is set to no row is lost",
                    whatever_a_server_of_mariadb_is_set_to_no_row_is_lost);
    g_test_add_func("/trouble/a range of MariaDB that meets a deadlock is done again",
                    a_range_of_mariadb_that_meets_a_deadlock_is_done_again);
    g_test_add_func("/trouble/columns of MariaDB that come or go change what a table is",
                    columns_of_mariadb_that_come_or_go_change_what_a_table_is);
    g_test_add_func("/trouble/what constraints of MariaDB refuse is put aside",
                    what_constraints_of_mariadb_refuse_is_put_aside);
    g_test_add_func("/trouble/a number that MariaDB would take for another one is put aside",
                    a_number_that_mariadb_would_take_for_another_one_is_put_aside);
    g_test_add_func("/trouble/a row that is larger than MariaDB takes is put aside",
                    a_row_that_is_larger_than_mariadb_takes_is_put_aside);
    g_test_add_func("/trouble/a field of Redis that comes or goes meanwhile puts its row aside",
                    a_field_of_redis_that_comes_or_goes_meanwhile_puts_its_row_aside);
    g_test_add_func("/trouble/a server of Redis that removes keys by itself is no target",
                    a_server_of_redis_that_removes_keys_by_itself_is_no_target);
    g_test_add_func("/trouble/a range of Redis that breaks leaves nothing and is done again",
                    a_range_of_redis_that_breaks_leaves_nothing_and_is_done_again);
    return g_test_run();
}
