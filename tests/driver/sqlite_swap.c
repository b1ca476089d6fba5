/* sqlite_swap.c - the new table in the old one's place, with all that hangs on the name, and the way back. */
#include "bench.h"

#include <sqlite3.h>
#include <string.h>

#define STAGE "users__honk_1"
#define KEPT "users__old"
#define LOST "users__lost"

static const Writer writer = {.plan = "p_1", .task = "t", .range = "r", .token = 5};

static const char *const company =
    "PRAGMA foreign_keys = ON;"
    "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);"
    "INSERT INTO teams VALUES (1, 'red'), (2, 'blue');"
    "CREATE TABLE Users (\n  id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key\n  mail TEXT UNIQUE "
    "NOT NULL,\n"
    "  team INT REFERENCES teams(id) ON DELETE CASCADE,\n  boss INT REFERENCES users(id),\n"
    "  CHECK (Users.mail LIKE '%@%'), UNIQUE (team, mail)\n);"
    "INSERT INTO users VALUES (1, 'a@x', 1, NULL), (2, 'b@x', 1, 1), (3, 'c@x', 2, 1);"
    "INSERT INTO users VALUES (10, 'gone@x', 1, 1); DELETE FROM users WHERE id = 10;"
    "CREATE INDEX by_team ON users (team);"
    "CREATE UNIQUE INDEX \"by lower\" ON \"users\" (lower(mail)) WHERE users.mail <> '';"
    "CREATE TABLE streams (id INTEGER PRIMARY KEY, u INT REFERENCES users(id) ON DELETE CASCADE);"
    "INSERT INTO streams VALUES (1, 1), (2, 3);"
    "CREATE VIEW mails AS SELECT mail FROM users;"
    "CREATE VIEW all_of_it AS SELECT * FROM users JOIN streams ON streams.u = users.id;"
    "CREATE TABLE log (what TEXT);"
    "CREATE TRIGGER greet AFTER INSERT ON users BEGIN INSERT INTO log VALUES ('new ' || NEW.mail); "
    "END;"
    "CREATE TRIGGER count_teams AFTER INSERT ON teams BEGIN INSERT INTO log SELECT count(*) FROM "
    "users; END;";

static void
make_stage(TestDb *db)
{
    ASSERT_OK(conn_stage(db->conn, STAGE, "users", NULL, &writer, &ERR));
    test_exec(db->path, "INSERT INTO " STAGE " SELECT id, upper(mail), team, boss FROM users");
    ASSERT_OK(conn_finish(db->conn, STAGE, "users", NULL, &writer, &ERR));
}

static bool
swap(TestDb *db, GError **error)
{
    return conn_swap(db->conn, STAGE, "users", KEPT, &writer, error);
}

static bool
back(TestDb *db, bool give_up, int64_t *ret_rows, GError **error)
{
    return conn_swap_back(db->conn, STAGE, "users", KEPT, LOST, give_up, &writer, ret_rows, error);
}

static void
assert_query(TestDb *db, const char *sql, const char *expected)
{
    g_autofree char *seen = test_query(db->path, sql);
    g_assert_cmpstr(seen, ==, expected);
}

static void
assert_sound(TestDb *db)
{
    assert_query(db, "PRAGMA integrity_check", "ok");
    assert_query(db, "PRAGMA foreign_key_check", "");
}

static void
assert_state(TestDb *db, SwapState expected)
{
    SwapState state;
    ASSERT_OK(conn_swap_state(db->conn, STAGE, "users", KEPT, writer.plan, &state, &ERR));
    g_assert_cmpint(state, ==, expected);
}

static void
all_that_speaks_of_the_name_speaks_of_the_new_table(void)
{
    g_autoptr(TestDb) db = test_db(company);
    g_autofree char *schema_before = test_query(
        db->path,
        "SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'");
    make_stage(db);
    assert_state(db, SWAP_BEFORE);
    ASSERT_OK(swap(db, &ERR));
    assert_state(db, SWAP_AFTER);
    assert_sound(db);
    /* the same schema to the letter, then what is kept and ours */
    g_autofree char *schema_after = test_query(
        db->path,
        "SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' "
        "AND name NOT LIKE '\\_honk%' ESCAPE '\\' AND tbl_name <> '" KEPT "'");
    g_assert_cmpstr(schema_before, ==, schema_after);
    assert_query(db, "SELECT mail FROM mails ORDER BY 1", "A@X\nB@X\nC@X");
    assert_query(db, "SELECT mail FROM " KEPT " ORDER BY 1", "a@x\nb@x\nc@x");
    assert_query(
        db,
        "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE tbl_name = "
        "'" KEPT "' AND type = 'index' ORDER BY 1)",
        "sqlite_autoindex_" KEPT "_1 sqlite_autoindex_" KEPT "_2 " KEPT "__by lower " KEPT
        "__by_team");
    /* indexes are used by their names, triggers fire, foreign keys hold, numbers go on */
    assert_query(db, "SELECT id FROM users INDEXED BY by_team WHERE team = 2", "3");
    assert_query(db, "SELECT id FROM " KEPT " INDEXED BY " KEPT "__by_team WHERE team = 2", "3");
    test_exec(db->path, "DELETE FROM log; INSERT INTO users (mail) VALUES ('D@X')");
    assert_query(db, "SELECT * FROM log", "new D@X");
    assert_query(db, "SELECT max(id) FROM users", "11");
    g_autofree char *refused =
        test_try(db->path, "PRAGMA foreign_keys = ON; INSERT INTO streams VALUES (9, 77)");
    g_assert_cmpstr(refused, ==, "FOREIGN KEY constraint failed");
    g_autofree char *taken = test_try(db->path, "INSERT INTO users (mail) VALUES ('A@X')");
    g_assert_nonnull(strstr(taken, "UNIQUE"));
    g_autofree char *checked = test_try(db->path, "INSERT INTO users (mail) VALUES ('none')");
    g_assert_nonnull(strstr(checked, "CHECK"));
    assert_sound(db);
}

static void
the_way_back_restores_everything_to_the_letter(void)
{
    g_autoptr(TestDb) db = test_db(company);
    g_autofree char *before = test_dump(db->path);
    g_autofree char *fingerprint = NULL;
    ASSERT_OK(conn_fingerprint(db->conn, "users", &fingerprint, &ERR));
    for (int round = 0; round < 3; round++) {
        int64_t rows = -1;
        make_stage(db);
        ASSERT_OK(swap(db, &ERR));
        ASSERT_OK(back(db, false, &rows, &ERR));
        g_assert_cmpint(rows, ==, 0);
        assert_state(db, SWAP_BEFORE);
        assert_sound(db);
        assert_query(db, "SELECT mail FROM " STAGE " ORDER BY 1", "A@X\nB@X\nC@X");
        ASSERT_OK(conn_unstage(db->conn, STAGE, &writer, &ERR));
        g_autofree char *after = test_dump(db->path);
        g_assert_cmpstr(before, ==, after);
        assert_query(db, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%honk%'", "0");
        g_autofree char *now = NULL;
        ASSERT_OK(conn_fingerprint(db->conn, "users", &now, &ERR));
        g_assert_cmpstr(fingerprint, ==, now);
    }
}

static void
both_ways_may_be_asked_for_twice(void)
{
    g_autoptr(TestDb) db = test_db(company);
    int64_t rows = -1;
    make_stage(db);
    ASSERT_OK(swap(db, &ERR));
    g_autofree char *once = test_dump(db->path);
    ASSERT_OK(swap(db, &ERR));
    g_autofree char *twice = test_dump(db->path);
    g_assert_cmpstr(once, ==, twice);
    ASSERT_FAILS(conn_unstage(db->conn, STAGE, &writer, &ERR), ERR_WRONG_STATE,
                 "swap it back first");
    ASSERT_OK(back(db, false, &rows, &ERR));
    once = (g_free(once), test_dump(db->path));
    ASSERT_OK(back(db, false, &rows, &ERR));
    twice = (g_free(twice), test_dump(db->path));
    g_assert_cmpstr(once, ==, twice);
    ASSERT_OK(conn_unstage(db->conn, STAGE, &writer, &ERR));
    ASSERT_OK(conn_unstage(db->conn, STAGE, &writer, &ERR));
}

static void
a_target_that_was_not_there_comes_and_goes(void)
{
    g_autoptr(TestDb) db =
        test_db("CREATE TABLE a (x); CREATE VIEW waits AS SELECT name FROM users");
    g_autofree char *before = test_dump(db->path);
    g_autoptr(Schema) schema = schema_new("users");
    schema_add(schema, "id", TYPE_INT, "", false);
    schema_add(schema, "name", TYPE_TEXT, "", true);
    schema_add_key(schema, "id");
    ASSERT_OK(conn_stage(db->conn, STAGE, "users", schema, &writer, &ERR));
    test_exec(db->path, "INSERT INTO " STAGE " VALUES (1, 'one')");
    ASSERT_OK(swap(db, &ERR));
    assert_query(db, "SELECT * FROM waits", "one");
    assert_query(db, "SELECT sql FROM sqlite_schema WHERE name = 'users'",
                 "CREATE TABLE users (\"id\" INTEGER PRIMARY KEY, \"name\" TEXT)");
    test_exec(db->path, "CREATE INDEX by_name ON users(name)");
    int64_t rows = -1;
    ASSERT_OK(back(db, false, &rows, &ERR));
    assert_query(db,
                 "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = '" STAGE "'",
                 STAGE "__by_name");
    ASSERT_OK(conn_unstage(db->conn, STAGE, &writer, &ERR));
    g_autofree char *after = test_dump(db->path);
    g_assert_cmpstr(before, ==, after);
}

static void
rows_written_since_are_counted_and_never_dropped_in_silence(void)
{
    g_autoptr(TestDb) db = test_db(company);
    int64_t rows = -1;
    make_stage(db);
    ASSERT_OK(swap(db, &ERR));
    test_exec(db->path, "INSERT INTO users (mail) VALUES ('n@x'), ('m@x');" /* two */
                        "UPDATE users SET team = 2 WHERE id <= 2;"          /* two more */
                        "UPDATE users SET team = 1 WHERE id = 1;"           /* seen already */
                        "INSERT OR ROLLBACK INTO users (id, mail) VALUES (50, 'o@x');"
                        "INSERT OR REPLACE INTO users (id, mail) VALUES (50, 'p@x');"
                        "DELETE FROM users WHERE id = 50"); /* one */
    ASSERT_OK(conn_swap_written(db->conn, writer.plan, &rows, &ERR));
    g_assert_cmpint(rows, ==, 5);
    ASSERT_FAILS(back(db, false, &rows, &ERR), ERR_MISMATCH,
                 "5 rows of 'Users' were written since the swap");
    assert_state(db, SWAP_AFTER);
    ASSERT_OK(back(db, true, &rows, &ERR));
    g_assert_cmpint(rows, ==, 5);
    assert_query(db, "SELECT count(*) FROM " LOST, "5");
    assert_query(db, "SELECT mail FROM users ORDER BY 1", "a@x\nb@x\nc@x");
    assert_sound(db);
    ASSERT_OK(conn_drop(db->conn, LOST, &ERR));
}

static void
a_table_without_rowids_is_logged_by_its_key(void)
{
    g_autoptr(TestDb) db =
        test_db("CREATE TABLE users (a TEXT, b INT, v, PRIMARY KEY (a, b)) WITHOUT ROWID;"
                "INSERT INTO users VALUES ('x', 1, 1), ('y', 2, 2)");
    g_autofree char *before = test_dump(db->path);
    int64_t rows = -1;
    ASSERT_OK(conn_stage(db->conn, STAGE, "users", NULL, &writer, &ERR));
    test_exec(db->path, "INSERT INTO " STAGE " SELECT * FROM users");
    ASSERT_OK(swap(db, &ERR));
    assert_sound(db);
    test_exec(
        db->path,
        "UPDATE users SET v = 3; UPDATE users SET v = 4; INSERT INTO users VALUES ('x''', 1, 1)");
    ASSERT_OK(conn_swap_written(db->conn, writer.plan, &rows, &ERR));
    g_assert_cmpint(rows, ==, 3);
    ASSERT_OK(back(db, true, &rows, &ERR));
    ASSERT_OK(conn_drop(db->conn, LOST, &ERR));
    ASSERT_OK(conn_unstage(db->conn, STAGE, &writer, &ERR));
    g_autofree char *after = test_dump(db->path);
    g_assert_cmpstr(before, ==, after);
}

static void
what_would_no_longer_resolve_is_named_and_stops_the_swap(void)
{
    g_autoptr(TestDb) db = test_db(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, old_name TEXT);"
        "CREATE VIEW one AS SELECT old_name FROM users; CREATE VIEW two AS SELECT * FROM one;"
        "CREATE VIEW fine AS SELECT id FROM users; CREATE VIEW was_broken AS SELECT nowhere FROM "
        "users;"
        "CREATE TRIGGER three AFTER UPDATE ON users BEGIN SELECT NEW.old_name; END;");
    g_autoptr(Schema) schema = schema_new("users");
    schema_add(schema, "id", TYPE_INT, "", false);
    schema_add(schema, "new_name", TYPE_TEXT, "", true);
    ASSERT_OK(conn_stage(db->conn, STAGE, NULL, schema, &writer, &ERR));
    g_autofree char *before = test_dump(db->path);
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "trigger 'three' (no such column: NEW.old_name)");
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "view 'one' (no such column: old_name), view 'two'");
    g_autofree char *after = test_dump(db->path);
    g_assert_cmpstr(before, ==, after);
    assert_state(db, SWAP_BEFORE);
    test_exec(db->path, "DROP VIEW one; DROP VIEW two; DROP TRIGGER three");
    ASSERT_OK(swap(db, &ERR));
    assert_sound(db);
}

static void
foreign_keys_that_would_not_hold_stop_the_swap(void)
{
    g_autoptr(TestDb) db = test_db(company);
    make_stage(db);
    test_exec(db->path, "DELETE FROM " STAGE " WHERE id = 3");
    g_autofree char *before = test_dump(db->path);
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH,
                 "1 rows of 'streams' refer to rows of 'users' that are not there");
    g_autofree char *after = test_dump(db->path);
    g_assert_cmpstr(before, ==, after);
    /* an orphan that was there before is not this swap's doing; one more is */
    test_exec(db->path, "PRAGMA foreign_keys = OFF; INSERT INTO streams VALUES (7, 777)");
    ASSERT_FAILS(swap(db, &ERR), ERR_MISMATCH, "2 rows of 'streams'");
    test_exec(db->path, "INSERT INTO " STAGE " SELECT * FROM users WHERE id = 3");
    ASSERT_OK(swap(db, &ERR));
}

static void
what_is_kept_is_out_of_reach_of_others(void)
{
    g_autoptr(TestDb) db = test_db(company);
    int64_t rows = 0;
    make_stage(db);
    ASSERT_OK(swap(db, &ERR));
    test_exec(
        db->path,
        "PRAGMA foreign_keys = ON; DELETE FROM teams WHERE id = 2; DELETE FROM users WHERE id = 2");
    assert_query(db, "SELECT count(*) FROM users", "1");
    assert_query(db, "SELECT count(*) FROM " KEPT, "3");
    ASSERT_OK(back(db, true, &rows, &ERR));
    assert_query(db, "SELECT count(*) FROM users", "3");
}

static void
a_freeze_stays_with_the_old_table(void)
{
    g_autoptr(TestDb) db = test_db(company);
    int64_t rows = 0;
    bool is_frozen = false;
    make_stage(db);
    ASSERT_OK(conn_freeze(db->conn, "users", "moving", &ERR));
    g_autofree char *refused = test_try(db->path, "UPDATE users SET team = 1");
    g_assert_cmpstr(refused, ==, "frozen by honk: moving");
    ASSERT_OK(swap(db, &ERR));
    ASSERT_OK(conn_is_frozen(db->conn, "users", &is_frozen, &ERR));
    g_assert_false(is_frozen);
    ASSERT_OK(back(db, false, &rows, &ERR));
    ASSERT_OK(conn_is_frozen(db->conn, "users", &is_frozen, &ERR));
    g_assert_true(is_frozen);
    ASSERT_OK(conn_thaw(db->conn, "users", &ERR));
}

static void
somebody_elses_change_is_seen_not_guessed(void)
{
    g_autoptr(TestDb) db = test_db(company);
    int64_t rows = 0;
    make_stage(db);
    ASSERT_OK(swap(db, &ERR));
    test_exec(db->path, "ALTER TABLE users ADD COLUMN note TEXT");
    assert_state(db, SWAP_AFTER); /* still that table */
    test_exec(db->path, "VACUUM");
    ASSERT_OK(back(db, false, &rows, &ERR));
    assert_sound(db);
    assert_query(db, "SELECT count(*) FROM pragma_table_info('" STAGE "') WHERE name = 'note'",
                 "1");
    ASSERT_OK(swap(db, &ERR));
    test_exec(db->path, "DROP TABLE users; CREATE TABLE users (id)");
    assert_state(db, SWAP_OTHER);
    ASSERT_FAILS(back(db, true, &rows, &ERR), ERR_WRONG_STATE,
                 "no longer the table that was swapped in");
}

static void
settling_leaves_nothing_of_ours_but_what_was_put_aside(void)
{
    g_autoptr(TestDb) db = test_db(company);
    int64_t rows = 0;
    make_stage(db);
    ASSERT_OK(swap(db, &ERR));
    test_exec(db->path, "INSERT INTO users (mail) VALUES ('n@x');"
                        "INSERT INTO _honk_quarantine (plan, reason) VALUES ('p_1', 'odd')");
    ASSERT_OK(conn_settle(db->conn, writer.plan, &ERR));
    ASSERT_OK(conn_settle(db->conn, writer.plan, &ERR));
    assert_query(db, "SELECT name FROM sqlite_schema WHERE name LIKE '\\_honk%' ESCAPE '\\'",
                 "_honk_quarantine");
    test_exec(db->path, "INSERT INTO users (mail) VALUES ('m@x')");
    assert_state(db, SWAP_BEFORE);
    ASSERT_FAILS(conn_swap(db->conn, STAGE, "users", KEPT, &writer, &ERR), ERR_FENCED,
                 "nothing staged");
    ASSERT_OK(back(db, false, &rows, &ERR));
    test_exec(db->path, "DROP TABLE _honk_quarantine");
    assert_sound(db);
}

static void
what_something_depends_on_is_not_dropped(void)
{
    g_autoptr(TestDb) db = test_db(company);
    make_stage(db);
    ASSERT_OK(swap(db, &ERR));
    ASSERT_OK(conn_settle(db->conn, writer.plan, &ERR));
    ASSERT_FAILS(conn_drop(db->conn, "users", &ERR), ERR_INVALID, "view 'mails'");
    ASSERT_FAILS(conn_drop(db->conn, "users", &ERR), ERR_INVALID,
                 "the foreign key of 'streams (u)'");
    ASSERT_OK(conn_drop(db->conn, KEPT, &ERR));
    ASSERT_OK(conn_drop(db->conn, KEPT, &ERR));
    assert_query(db,
                 "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%honk%' OR name LIKE '%old%'",
                 "0");
    assert_sound(db);
}

static void
every_shape_of_table_survives_both_ways(void)
{
    static const char *const shapes[] = {
        "CREATE TABLE users (a)",
        "CREATE TABLE users (a INTEGER PRIMARY KEY) STRICT",
        "CREATE TABLE users (a TEXT PRIMARY KEY)",
        "CREATE TABLE users (a TEXT PRIMARY KEY, b UNIQUE, UNIQUE (b, a)) WITHOUT ROWID",
        "CREATE TABLE users (a INT, b AS (a + 1), c AS (a + 2) STORED, UNIQUE (c)); CREATE INDEX i "
        "ON users(b)",
        "CREATE TABLE \"users\" (\"a\"\"b\" TEXT DEFAULT 'users', [c d]); CREATE INDEX [i j] ON "
        "[users]([c d])",
        "CREATE TABLE users (rowid, a REFERENCES users(a), UNIQUE (a))",
        "CREATE TABLE users (a); CREATE INDEX i1 ON users(a); CREATE UNIQUE INDEX i2 ON users(a); "
        "DROP INDEX i1;"
        "CREATE TABLE z(b); CREATE INDEX i3 ON z(b); CREATE INDEX i4 ON users(a DESC) WHERE a IS "
        "NOT NULL",
        "PRAGMA auto_vacuum = FULL; CREATE TABLE users (a PRIMARY KEY, b); CREATE INDEX i ON "
        "users(b); CREATE TABLE q(a)",
        "PRAGMA journal_mode = WAL; CREATE TABLE users (a PRIMARY KEY); CREATE VIEW v AS SELECT * "
        "FROM users",
        "CREATE TABLE users AS SELECT 1 AS a, 'x' AS b; ANALYZE",
        "PRAGMA encoding = 'UTF-16'; CREATE TABLE users (a TEXT UNIQUE, b)",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_test_message("%s", shapes[i]);
        g_autoptr(TestDb) db = test_db(shapes[i]);
        g_autofree char *before = test_dump(db->path);
        int64_t rows = 0;
        ASSERT_OK(conn_stage(db->conn, STAGE, "users", NULL, &writer, &ERR));
        ASSERT_OK(conn_stage(db->conn, STAGE, "users", NULL, &writer, &ERR));
        ASSERT_OK(conn_finish(db->conn, STAGE, "users", NULL, &writer, &ERR));
        ASSERT_OK(conn_finish(db->conn, STAGE, "users", NULL, &writer, &ERR));
        ASSERT_OK(swap(db, &ERR));
        assert_sound(db);
        ASSERT_OK(back(db, false, &rows, &ERR));
        assert_sound(db);
        ASSERT_OK(conn_unstage(db->conn, STAGE, &writer, &ERR));
        assert_sound(db);
        g_autofree char *after = test_dump(db->path);
        g_assert_cmpstr(before, ==, after);
    }
}

static void
what_is_no_table_is_not_swapped(void)
{
    g_autoptr(TestDb) db =
        test_db("CREATE TABLE t(a); CREATE VIEW users AS SELECT * FROM t;"
                "CREATE VIRTUAL TABLE words USING fts5(a); CREATE TABLE " KEPT "(a)");
    ASSERT_FAILS(conn_stage(db->conn, STAGE, "users", NULL, &writer, &ERR), ERR_UNSUPPORTED,
                 "is a view");
    ASSERT_FAILS(conn_stage(db->conn, STAGE, "words", NULL, &writer, &ERR), ERR_UNSUPPORTED,
                 "virtual table");
    ASSERT_OK(conn_stage(db->conn, STAGE, "t", NULL, &writer, &ERR));
    ASSERT_FAILS(swap(db, &ERR), ERR_UNSUPPORTED, "'users' is not a table");
    ASSERT_FAILS(conn_swap(db->conn, STAGE, "t", KEPT, &writer, &ERR), ERR_WRONG_STATE, "is taken");
    ASSERT_FAILS(conn_swap(db->conn, "nothing", "t", "k", &writer, &ERR), ERR_NOT_FOUND,
                 "'nothing'");
    ASSERT_FAILS(conn_freeze(db->conn, "users", "w", &ERR), ERR_UNSUPPORTED,
                 "freeze the tables behind it");
}

/* ---- the last word ---- */

typedef struct {
    const char *path;
    int asked;
    bool says;
} Word;

/* Asked while nobody else can write; what it refuses must not be there afterwards. */
static bool
last_word(void *data, GError **error)
{
    Word *word = data;
    sqlite3 *other = NULL;
    word->asked++;
    g_assert_cmpint(sqlite3_open(word->path, &other), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_BUSY);
    sqlite3_close(other);
    return word->says || fail(error, ERR_FENCED, "not yours any more");
}

static void
what_is_not_confirmed_while_the_store_is_locked_is_undone(void)
{
    g_autoptr(TestDb) db = test_db(company);
    Word word = {.path = db->path};
    int64_t rows = 0;
    test_exec(db->path, "CREATE TABLE spare (x)");
    conn_set_confirm(db->conn, last_word, &word);
    g_autofree char *before = test_query(db->path, "SELECT * FROM sqlite_schema");
    ASSERT_FAILS(conn_stage(db->conn, STAGE, "users", NULL, &writer, &ERR), ERR_FENCED,
                 "not yours");
    ASSERT_FAILS(conn_freeze(db->conn, "users", "why", &ERR), ERR_FENCED, "not yours");
    ASSERT_FAILS(conn_drop(db->conn, "spare", &ERR), ERR_FENCED, "not yours");
    ASSERT_FAILS(conn_fence(db->conn, &writer, &ERR), ERR_FENCED, "not yours");
    assert_query(db, "SELECT * FROM sqlite_schema", before);
    word.says = true;
    make_stage(db);
    ASSERT_OK(conn_freeze(db->conn, "users", "why", &ERR));
    word.says = false;
    ASSERT_FAILS(conn_thaw(db->conn, "users", &ERR), ERR_FENCED, "not yours");
    ASSERT_FAILS(swap(db, &ERR), ERR_FENCED, "not yours");
    assert_state(db, SWAP_BEFORE);
    word.says = true;
    ASSERT_OK(swap(db, &ERR));
    word.says = false;
    ASSERT_FAILS(back(db, false, &rows, &ERR), ERR_FENCED, "not yours");
    assert_state(db, SWAP_AFTER);
    g_assert_cmpint(word.asked, ==, 11);
    assert_sound(db);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name, function) g_test_add_func("/sqlite/swap/" name, function)
    TEST("all that speaks of the name speaks of the new table",
         all_that_speaks_of_the_name_speaks_of_the_new_table);
    TEST("the way back restores everything to the letter",
         the_way_back_restores_everything_to_the_letter);
    TEST("both ways may be asked for twice", both_ways_may_be_asked_for_twice);
    TEST("a target that was not there comes and goes", a_target_that_was_not_there_comes_and_goes);
    TEST("rows written since are counted and never dropped in silence",
         rows_written_since_are_counted_and_never_dropped_in_silence);
    TEST("a table without rowids is logged by its key",
         a_table_without_rowids_is_logged_by_its_key);
    TEST("what would no longer resolve is named and stops the swap",
         what_would_no_longer_resolve_is_named_and_stops_the_swap);
    TEST("foreign keys that would not hold stop the swap",
         foreign_keys_that_would_not_hold_stop_the_swap);
    TEST("what is kept is out of reach of others", what_is_kept_is_out_of_reach_of_others);
    TEST("a freeze stays with the old table", a_freeze_stays_with_the_old_table);
    TEST("somebody else's change is seen, not guessed", somebody_elses_change_is_seen_not_guessed);
    TEST("settling leaves nothing of ours but what was put aside",
         settling_leaves_nothing_of_ours_but_what_was_put_aside);
    TEST("what something depends on is not dropped", what_something_depends_on_is_not_dropped);
    TEST("every shape of table survives both ways", every_shape_of_table_survives_both_ways);
    TEST("what is no table is not swapped", what_is_no_table_is_not_swapped);
    TEST("what is not confirmed while the store is locked is undone",
         what_is_not_confirmed_while_the_store_is_locked_is_undone);
    return g_test_run();
}
