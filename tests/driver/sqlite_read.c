/* sqlite_read.c - what the SQLite driver sees: schemas, dependents, cells, ranges. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static void
types_are_read_from_what_people_declare(void)
{
    g_autoptr(TestDb) db = test_db(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b BIGINT NOT NULL, c VARCHAR(20) DEFAULT 'x', d "
        "BOOLEAN,"
        " e DATE, f DATETIME, g TIMESTAMP WITH TIME ZONE, h DECIMAL(12,2), i NUMERIC, j DOUBLE "
        "PRECISION,"
        " k FLOAT, l BLOB, m, n JSON, o POINT, p VARBINARY(8), q CLOB, r UNSIGNED BIG INT, s real,"
        " t AS (b + 1), u AS (b + 2) STORED, v FLOATING POINT)");
    static const char *const expected[] = {
        "a int - default",       "b int -",          "c text null default", "d bool null",
        "e date null",           "f timestamp null", "g timestamp null",    "h decimal null",
        "i decimal null",        "j float null",     "k float null",        "l bytes null",
        "m text null",           "n text null",      "o text null",         "p bytes null",
        "q text null",           "r int null",       "s float null",        "t text null generated",
        "u text null generated", "v float null",
    };
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_describe(db->conn, "T", &schema, &ERR));
    g_assert_cmpstr(schema->dataset, ==, "t");
    g_assert_cmpuint(schema_count(schema), ==, G_N_ELEMENTS(expected));
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        const Column *column = schema_column(schema, i);
        g_autofree char *seen = g_strdup_printf(
            "%s %s %s%s%s", column->name, column_type_name(column->type),
            column->is_nullable ? "null" : "-", column->has_default ? " default" : "",
            column->is_generated ? " generated" : "");
        g_assert_cmpstr(seen, ==, expected[i]);
    }
    g_assert_cmpuint(schema->key->len, ==, 1);
}

static void
what_hangs_on_a_table_is_found(void)
{
    g_autoptr(TestDb) db = test_db(
        "CREATE TABLE teams (id INTEGER PRIMARY KEY);"
        "CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT UNIQUE CHECK (mail LIKE '%@%'),"
        "  team INT REFERENCES teams(id) ON DELETE CASCADE, boss INT REFERENCES users);"
        "CREATE INDEX by_team ON users(team);"
        "CREATE UNIQUE INDEX by_lower ON users(lower(mail)) WHERE mail IS NOT NULL;"
        "CREATE TABLE streams (u INT, v INT, FOREIGN KEY (u) REFERENCES Users(id));"
        "CREATE VIEW mails AS SELECT mail FROM users;"
        "CREATE VIEW shouted AS SELECT upper(mail) FROM mails;"
        "CREATE VIEW unrelated AS SELECT id AS users FROM teams;"
        "CREATE VIEW broken AS SELECT nowhere FROM users;"
        "CREATE TRIGGER greet AFTER INSERT ON users BEGIN SELECT 1; END;"
        "CREATE TRIGGER far AFTER INSERT ON teams BEGIN DELETE FROM users WHERE 0; END;"
        "CREATE TRIGGER unrelated_too AFTER INSERT ON teams BEGIN SELECT 'users'; END;");
    static const char *const expected[] = {
        "check check 1: mail LIKE '%@%'",
        "foreign_key_from streams (u): FOREIGN KEY (u) REFERENCES Users (id)",
        "foreign_key_to teams (team): FOREIGN KEY (team) REFERENCES teams (id) ON DELETE CASCADE",
        "foreign_key_to users (boss): FOREIGN KEY (boss) REFERENCES users",
        "index by_team: CREATE INDEX by_team ON users(team)",
        "trigger far: CREATE TRIGGER far AFTER INSERT ON teams BEGIN DELETE FROM users WHERE 0; "
        "END",
        "trigger greet: CREATE TRIGGER greet AFTER INSERT ON users BEGIN SELECT 1; END",
        "unique by_lower: CREATE UNIQUE INDEX by_lower ON users(lower(mail)) WHERE mail IS NOT "
        "NULL",
        "unique sqlite_autoindex_users_1: UNIQUE (mail)",
        "view broken: CREATE VIEW broken AS SELECT nowhere FROM users",
        "view mails: CREATE VIEW mails AS SELECT mail FROM users",
        "view shouted: CREATE VIEW shouted AS SELECT upper(mail) FROM mails",
    };
    g_autoptr(Schema) schema = NULL;
    ASSERT_OK(conn_freeze(db->conn, "users", "test", &ERR)); /* ours is not mentioned */
    ASSERT_OK(conn_describe(db->conn, "users", &schema, &ERR));
    for (guint i = 0; i < schema->dependents->len; i++) {
        const Dependent *dependent = schema->dependents->pdata[i];
        g_autofree char *seen =
            g_strdup_printf("%s %s: %s", dependent->kind, dependent->name, dependent->definition);
        g_assert_cmpuint(i, <, G_N_ELEMENTS(expected));
        g_assert_cmpstr(seen, ==, expected[i]);
    }
    g_assert_cmpuint(schema->dependents->len, ==, G_N_ELEMENTS(expected));
}

static void
an_unknown_object_is_told_with_near_names(void)
{
    g_autoptr(TestDb) db = test_db("CREATE TABLE users(a); CREATE TABLE streams(a)");
    g_autoptr(Schema) schema = NULL;
    ASSERT_FAILS(conn_describe(db->conn, "usres", &schema, &ERR), ERR_NOT_FOUND,
                 "did you mean 'users'?");
    ASSERT_FAILS(conn_describe(db->conn, "nothing_like_it", &schema, &ERR), ERR_NOT_FOUND,
                 "but streams, users");
    ASSERT_FAILS(conn_describe(db->conn, "sqlite_schema", &schema, &ERR), ERR_NOT_FOUND,
                 "sqlite_schema");
    ASSERT_FAILS(conn_describe(db->conn, "", &schema, &ERR), ERR_INVALID, "name");
}

static void
a_file_that_is_none_is_told(void)
{
    g_autofree char *path = test_path(".db");
    StoreConfig store = {.name = (char *) "s", .driver = (char *) "sqlite"};
    store.settings = json_pack("{ss}", "path", path);
    Conn *conn = NULL;
    ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_NOT_FOUND, "'create: true'");
    g_assert_true(
        g_file_set_contents(path,
                            "this is no database, however long it is "
                            "....................................................................",
                            -1, NULL));
    ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_INVALID, "is not an SQLite database");
    json_decref(store.settings);
    store.settings = json_pack("{ss}", "path", test_folder());
    ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_INVALID, "cannot open");
    store.driver = (char *) "sqllite";
    ASSERT_FAILS(conn_open(&store, &conn, &ERR), ERR_INVALID, "expected one of sqlite");
    json_decref(store.settings);
}

static char *
pages_of_a_store(const char *path, bool is_empty_file)
{
    g_autoptr(Conn) conn = NULL;
    g_autoptr(Schema) schema = schema_new("t");
    Writer writer = {.plan = "p-1", .task = "t-1", .token = 1};
    StoreConfig store = {.name = (char *) "s", .driver = (char *) "sqlite"};
    store.settings = json_pack("{ss sb}", "path", path, "create", !is_empty_file);
    schema_add(schema, "a", TYPE_INT, "INTEGER", true);
    ASSERT_OK(conn_open(&store, &conn, &ERR));
    ASSERT_OK(conn_stage(conn, "t", NULL, schema, &writer, &ERR));
    json_decref(store.settings);
    return test_query(path,
                      "SELECT page_size, journal_mode FROM pragma_page_size, pragma_journal_mode");
}

static void
a_file_that_is_made_has_large_pages_and_one_that_is_there_keeps_its_own(void)
{
    g_autofree char *fresh = test_path(".db"), *empty = test_path(".db"), *old = test_path(".db");
    g_assert_true(g_file_set_contents(empty, "", 0, NULL));
    test_exec(old, "PRAGMA journal_mode = WAL; CREATE TABLE u (a)");
    g_autofree char *of_fresh = pages_of_a_store(fresh, false);
    g_assert_cmpstr(of_fresh, ==, "16384|delete");
    g_autofree char *of_empty = pages_of_a_store(empty, true);
    g_assert_cmpstr(of_empty, ==, "16384|delete");
    g_autofree char *of_old = pages_of_a_store(old, false);
    g_assert_cmpstr(of_old, ==, "4096|wal");
}

static void
a_cell_of_another_class_is_rejected_with_a_reason(void)
{
    g_autoptr(TestDb) db = test_db(
        "CREATE TABLE t (i INTEGER, b BOOLEAN, d DATE, s TIMESTAMP, f REAL, n NUMERIC, x BLOB, e);"
        "INSERT INTO t VALUES (1, 1, '2024-02-29', '2024-02-29 10:11:12.5', 1.5, 12.50, x'0102', "
        "'ä'),"
        " ('7', '0', '2024-02-29', '2024-02-29T10:11:12Z', 2, '0.1', x'', 12),"
        " ('abc', 1, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (2.5, 1, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (1, 7, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (1, 1, 'Jun 12 1998', NULL, NULL, NULL, NULL, NULL),"
        " (1, 1, '2024-02-30', NULL, NULL, NULL, NULL, NULL),"
        " (1, 1, NULL, 'yesterday', NULL, NULL, NULL, NULL),"
        " (1, 1, NULL, NULL, 'much', NULL, NULL, NULL),"
        " (1, 1, NULL, NULL, NULL, 'much', NULL, NULL),"
        " (1, 1, NULL, NULL, NULL, NULL, NULL, x'01'),"
        " (1, 1, NULL, NULL, NULL, NULL, NULL, CAST(x'ff41' AS TEXT));");
    ScanSpec spec = {.object = "t"};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_auto(GStrv) lines = g_strsplit(seen, "\n", -1);
    static const char *const rejects[] = {"!3 i:", "!4 i:", "!5 b:",  "!6 d:",  "!7 d:",
                                          "!8 s:", "!9 f:", "!10 n:", "!11 e:", "!12 e:"};
    for (size_t i = 0; i < G_N_ELEMENTS(rejects); i++) {
        g_test_message("%s", lines[i]);
        g_assert_true(g_str_has_prefix(lines[i], rejects[i]));
    }
    g_assert_cmpstr(lines[10], ==, "1:1|true|2024-02-29|2024-02-29 10:11:12.5|1.5|12.5|2 bytes|ä");
    g_assert_cmpstr(lines[11], ==, "2:7|false|2024-02-29|2024-02-29 10:11:12|2|0.1|0 bytes|12");
}

/* --- ranges --- */

static int
count_lines(const char *text)
{
    int lines = text[0] != '\0';
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Without row ids, which count within a range where there are no rowids; and rejects stand elsewhere. */
static char *
sorted_values(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        size_t id = strspn(*line, "!-0123456789");
        memmove(*line, *line + id, strlen(*line + id) + 1);
    }
    qsort(lines, g_strv_length(lines), sizeof *lines, compare_lines);
    return g_strjoinv("\n", lines);
}

/* The rows of all ranges, one after another, are those of the whole, each once. */
static void
assert_ranges_cover(Conn *conn, const char *object, int64_t rows, size_t ranges_expected)
{
    bool has_hidden_gaps = strcmp(object, "hollow") == 0;
    g_autoptr(json_t) ranges = NULL;
    ASSERT_OK(conn_split(conn, object, &(RangeSize){.rows = rows}, &ranges, &ERR));
    g_assert_cmpuint(json_array_size(ranges), ==, ranges_expected);
    g_assert_true(json_is_null(json_object_get(json_array_get(ranges, 0), "from")));
    g_assert_true(json_is_null(json_object_get(json_array_get(ranges, ranges_expected - 1), "to")));
    ScanSpec whole = {.object = object};
    g_autofree char *expected = test_scan(conn, &whole);
    g_autoptr(GString) seen = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        ScanSpec part = {.object = object, .range = json_array_get(ranges, i)};
        g_autofree char *text = test_scan(conn, &part);
        int estimate = (int) json_get_int(part.range, "rows", -1);
        g_assert_cmpint(count_lines(text), <=, estimate);
        g_assert_true(has_hidden_gaps || count_lines(text) == estimate);
        if (text[0] != '\0')
            g_string_append_printf(seen, "%s%s", seen->len > 0 ? "\n" : "", text);
    }
    g_autofree char *a = sorted_values(expected);
    g_autofree char *b = sorted_values(seen->str);
    g_assert_cmpstr(a, ==, b);
}

static void
ranges_cover_every_row_once(void)
{
    g_autoptr(TestDb) db = test_db(
        "CREATE TABLE dense (id INTEGER PRIMARY KEY, v);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO "
        "dense SELECT i, i * i FROM n;"
        "CREATE TABLE sparse (v);"
        "INSERT INTO sparse(rowid, v) SELECT (id - 50) * (id - 50) * (id - 50) * 1000, v FROM "
        "dense;"
        "INSERT INTO sparse(rowid, v) VALUES (-9223372036854775808, 'first'), "
        "(9223372036854775807, 'last');"
        "CREATE TABLE composite (a TEXT COLLATE NOCASE, b, v, PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "INSERT INTO composite SELECT char(97 + v % 7), id, v FROM dense;"
        "INSERT INTO composite VALUES ('B', 2.5, 1), ('b''\"', 'text', 2), ('c', x'00ff', 3), "
        "('Z', '', 4);"
        "CREATE TABLE hidden (rowid, _rowid_, oid); INSERT INTO hidden SELECT id, id, id FROM "
        "dense;"
        "CREATE TABLE reachable (rowid TEXT, v); INSERT INTO reachable SELECT 'same', v FROM dense;"
        "CREATE TABLE empty (a);"
        "CREATE TABLE strict_one (k TEXT PRIMARY KEY, r REAL) STRICT, WITHOUT ROWID;"
        "INSERT INTO strict_one SELECT printf('%05d', id * 37 % 101), id FROM dense;"
        "CREATE TABLE long (v); WITH RECURSIVE n(i) AS (SELECT -10000 UNION ALL SELECT i + 1 FROM "
        "n WHERE i < 20000) INSERT INTO long(rowid, v) SELECT i, i FROM n;"
        "CREATE TABLE hollow (v); INSERT INTO hollow(rowid, v) SELECT rowid, v FROM long WHERE "
        "rowid NOT BETWEEN -9850 AND -9750;"
        "CREATE TABLE cut (v); INSERT INTO cut(rowid, v) SELECT rowid, v FROM long WHERE rowid <> "
        "-9999;"
        "CREATE VIEW looked AS SELECT v, id FROM dense WHERE id > 10;");
    assert_ranges_cover(db->conn, "dense", 30, 4);
    assert_ranges_cover(db->conn, "dense", 100, 1);
    assert_ranges_cover(db->conn, "dense", 99, 2);
    assert_ranges_cover(db->conn, "dense", 1, 100);
    assert_ranges_cover(db->conn, "sparse", 10, 11);
    assert_ranges_cover(db->conn, "composite", 9, 12);
    assert_ranges_cover(db->conn, "hidden", 10, 1);
    assert_ranges_cover(db->conn, "reachable", 10, 10);
    assert_ranges_cover(db->conn, "empty", 10, 1);
    assert_ranges_cover(db->conn, "strict_one", 33, 4);
    assert_ranges_cover(db->conn, "looked", 10, 1);
    assert_ranges_cover(db->conn, "long", 9000, 4);
    assert_ranges_cover(db->conn, "hollow", 9000, 4);
    assert_ranges_cover(db->conn, "cut", 30000, 1);
}

static void
a_range_that_does_not_fit_is_refused(void)
{
    g_autoptr(TestDb) db = test_db("CREATE TABLE t(a); CREATE VIEW v AS SELECT * FROM t");
    static const char *const bad[] = {"{\"from\": [1, 2], \"to\": null}", "{\"from\": true}",
                                      "{\"from\": {\"real\": \"1; DROP TABLE t\"}}",
                                      "{\"from\": {\"blob\": \"0g\"}}"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(json_t) range = json_loads(bad[i], 0, NULL);
        ScanSpec spec = {.object = "t", .range = range};
        Scan *scan = NULL;
        ASSERT_FAILS(conn_scan(db->conn, &spec, &scan, &ERR), ERR_INVALID, "is no position in 't'");
    }
    g_autoptr(json_t) range = json_loads("{\"from\": 5}", 0, NULL);
    ScanSpec spec = {.object = "v", .range = range};
    Scan *scan = NULL;
    ASSERT_FAILS(conn_scan(db->conn, &spec, &scan, &ERR), ERR_INVALID, "is no position in 'v'");
}

/* --- expressions and records --- */

static void
an_expression_is_asked_of_the_store(void)
{
    g_autoptr(TestDb) db = test_db("CREATE TABLE t(\"Cost $\" INT, name TEXT)");
    static const char *const good[] = {"upper(name)", "\"Cost $\" * 2", "(SELECT count(*) FROM t)",
                                       "name || 'it''s' -- a comment"};
    static const struct {
        const char *sql, *message;
    } bad[] = {
        {"uper(name)", "no such function: uper"},
        {"\"Cost\" * 2", "no such column: "}, /* how it quotes the name depends on its version */
        {"count(*)", "misuse of aggregate"},
        {"name,", "syntax error"},
        {"1) UNION SELECT (2", "no '('"},
        {"row_number() OVER ()", "misuse of window function"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *message = NULL;
        if (!conn_check_expr(db->conn, "t", good[i], &message))
            g_error("%s: %s", good[i], message);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *message = NULL;
        g_assert_false(conn_check_expr(db->conn, "t", bad[i].sql, &message));
        if (strstr(message, bad[i].message) == NULL)
            g_error("expected '%s' in: %s", bad[i].message, message);
    }
}

static void
items_and_conditions_run_in_the_store(void)
{
    g_autoptr(TestDb) db =
        test_db("CREATE TABLE t(a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')");
    g_autoptr(Schema) output = schema_new("t");
    schema_add(output, "b", TYPE_TEXT, "", true);
    schema_add(output, "twice", TYPE_INT, "", true);
    const SourceItem items[] = {{.name = (char *) "b"},
                                {.name = (char *) "twice", .sql = (char *) "a * 2 -- twice"}};
    ScanSpec spec = {.object = "t",
                     .items = items,
                     .item_count = 2,
                     .output = output,
                     .where = "a <> 2 OR 0 --"};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_assert_cmpstr(seen, ==, "1:x|2\n3:z|6");
    int64_t rows = 0;
    ASSERT_OK(conn_count(db->conn, "t", "a > 1", &rows, &ERR));
    g_assert_cmpint(rows, ==, 2);
}

typedef struct {
    Scan *scan;
    GString *text;
} RecordTest;

static void
note_record(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    RecordTest *test = data;
    g_autoptr(json_t) record = NULL;
    ASSERT_OK(scan_record(test->scan, row_id, &record, &ERR));
    g_autofree char *text = json_compact(record);
    g_string_append_printf(test->text, "%s\n", text);
}

static void
the_whole_record_of_a_rejected_row_is_at_hand(void)
{
    static const char *const makes[] = {
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, x)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, x) WITHOUT ROWID",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, n INT, x); CREATE VIEW t AS SELECT * FROM u",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(makes); i++) {
        g_autofree char *sql = g_strdup_printf(
            "%s; INSERT INTO %s VALUES (5, 1, NULL), (7, 'two', x'0aff'), (9, 3, 1.5), "
            "(11, 'é', CAST(x'ff' AS TEXT))",
            makes[i], i == 2 ? "u" : "t");
        g_autoptr(TestDb) db = test_db(sql);
        g_autoptr(Schema) output = schema_new("t");
        schema_add(output, "n", TYPE_INT, "INT", true);
        const SourceItem items[] = {{.name = (char *) "n"}};
        ScanSpec spec = {.object = "t", .items = items, .item_count = 1, .output = output};
        g_autoptr(Batch) batch = batch_new_for(output);
        g_autoptr(Scan) scan = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        ASSERT_OK(conn_scan(db->conn, &spec, &scan, &ERR));
        RecordTest test = {scan, text};
        ASSERT_OK(scan_next(scan, batch, note_record, &test, &ERR));
        g_assert_cmpstr(text->str, ==,
                        "{\"id\":7,\"n\":\"two\",\"x\":{\"hex\":\"0aff\"}}\n"
                        "{\"id\":11,\"n\":\"é\",\"x\":{\"hex\":\"ff\"}}\n");
        g_assert_cmpuint(batch->row_count, ==, 2);
    }
}

/* Tables with and without rowids, and a view: whatever the row is found by. */
static void
a_row_whose_expression_fails_is_told_and_left_out(void)
{
    static const struct {
        const char *make, *where, *expected;
    } cases[] = {
        {"CREATE TABLE t(id INTEGER PRIMARY KEY, j, n INT)", NULL,
         "!3 x: malformed JSON\n!4 y: integer overflow\n!9 x: malformed JSON\n"
         "1:a|1\n2:b|2\n5:NULL|5\n6:f|6\n7:g|7\n8:h|8"},
        {"CREATE TABLE t(id INTEGER PRIMARY KEY, j, n INT)",
         "id > 1 AND json_extract(j, '$.x') <> 'g'",
         "!3 x: malformed JSON\n!4 y: integer overflow\n!9 x: malformed JSON\n"
         "2:b|2\n6:f|6\n8:h|8"},
        {"CREATE TABLE t(id INTEGER PRIMARY KEY, j, n INT) WITHOUT ROWID", NULL,
         "!3 -: malformed JSON\n!4 -: integer overflow\n!9 -: malformed JSON\n"
         "1:a|1\n2:b|2\n5:NULL|5\n6:f|6\n7:g|7\n8:h|8"},
        {"CREATE TABLE u(id INTEGER PRIMARY KEY, j, n INT); CREATE VIEW t AS SELECT * FROM u", NULL,
         "!3 -: malformed JSON\n!4 -: integer overflow\n!9 -: malformed JSON\n"
         "1:a|1\n2:b|2\n5:NULL|5\n6:f|6\n7:g|7\n8:h|8"},
    };
    g_autoptr(Schema) output = schema_new("t");
    const SourceItem items[] = {{.name = (char *) "x", .sql = (char *) "json_extract(j, '$.x')"},
                                {.name = (char *) "y", .sql = (char *) "abs(n)"}};
    schema_add(output, "x", TYPE_TEXT, "", true);
    schema_add(output, "y", TYPE_INT, "", true);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_view = strstr(cases[i].make, "VIEW") != NULL;
        g_autofree char *sql = g_strdup_printf(
            "%s; INSERT INTO %s VALUES (1, '{\"x\":\"a\"}', 1), (2, '{\"x\":\"b\"}', 2), (3, 'x', "
            "3), "
            "(4, '{\"x\":\"d\"}', -9223372036854775808), (5, '{}', 5), (6, '{\"x\":\"f\"}', 6), "
            "(7, '{\"x\":\"g\"}', 7), (8, '{\"x\":\"h\"}', 8), (9, '{', 9)",
            cases[i].make, is_view ? "u" : "t");
        g_autoptr(TestDb) db = test_db(sql);
        ScanSpec spec = {.object = "t",
                         .items = items,
                         .item_count = 2,
                         .output = output,
                         .where = cases[i].where};
        g_autofree char *seen = test_scan(db->conn, &spec);
        g_assert_cmpstr(seen, ==, cases[i].expected);
    }
}

static void
what_fails_in_every_row_is_told_for_every_row(void)
{
    g_autoptr(TestDb) db = test_db("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)");
    g_autoptr(Schema) output = schema_new("t");
    const SourceItem items[] = {
        {.name = (char *) "x", .sql = (char *) "json_extract('{', '$') || a"}};
    schema_add(output, "x", TYPE_TEXT, "", true);
    ScanSpec spec = {.object = "t", .items = items, .item_count = 1, .output = output};
    g_autofree char *seen = test_scan(db->conn, &spec);
    g_assert_cmpstr(seen, ==, "!1 x: malformed JSON\n!2 x: malformed JSON\n!3 x: malformed JSON");
}

static void
a_fingerprint_sees_every_change_and_nothing_of_ours(void)
{
    g_autoptr(TestDb) db =
        test_db("CREATE TABLE t(a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')");
    g_autofree char *first = NULL;
    ASSERT_OK(conn_fingerprint(db->conn, "t", &first, &ERR));
    ASSERT_OK(conn_freeze(db->conn, "t", "why", &ERR));
    g_autofree char *frozen = NULL;
    ASSERT_OK(conn_fingerprint(db->conn, "t", &frozen, &ERR));
    g_assert_cmpstr(first, ==, frozen);
    ASSERT_OK(conn_thaw(db->conn, "t", &ERR));
    static const char *const changes[] = {
        "UPDATE t SET b = 'z' WHERE a = 1",        "UPDATE t SET a = '1' || a",
        "INSERT INTO t VALUES (1, 'x')",           "CREATE INDEX i ON t(a)",
        "CREATE VIEW v AS SELECT a FROM t",        "ALTER TABLE t ADD COLUMN c",
        "UPDATE t SET rowid = 99 WHERE rowid = 2",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        test_exec(db->path, changes[i]);
        g_autofree char *now = NULL;
        ASSERT_OK(conn_fingerprint(db->conn, "t", &now, &ERR));
        g_assert_cmpstr(first, !=, now);
        g_free(first);
        first = g_steal_pointer(&now);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sqlite/types are read from what people declare",
                    types_are_read_from_what_people_declare);
    g_test_add_func("/sqlite/what hangs on a table is found", what_hangs_on_a_table_is_found);
    g_test_add_func("/sqlite/an unknown object is told with near names",
                    an_unknown_object_is_told_with_near_names);
    g_test_add_func("/sqlite/a file that is none is told", a_file_that_is_none_is_told);
    g_test_add_func(
        "/sqlite/a file that is made has large pages and one that is there keeps its own",
        a_file_that_is_made_has_large_pages_and_one_that_is_there_keeps_its_own);
    g_test_add_func("/sqlite/a cell of another class is rejected with a reason",
                    a_cell_of_another_class_is_rejected_with_a_reason);
    g_test_add_func("/sqlite/ranges cover every row once", ranges_cover_every_row_once);
    g_test_add_func("/sqlite/a range that does not fit is refused",
                    a_range_that_does_not_fit_is_refused);
    g_test_add_func("/sqlite/an expression is asked of the store",
                    an_expression_is_asked_of_the_store);
    g_test_add_func("/sqlite/items and conditions run in the store",
                    items_and_conditions_run_in_the_store);
    g_test_add_func("/sqlite/the whole record of a rejected row is at hand",
                    the_whole_record_of_a_rejected_row_is_at_hand);
    g_test_add_func("/sqlite/a row whose expression fails is told and left out",
                    a_row_whose_expression_fails_is_told_and_left_out);
    g_test_add_func("/sqlite/what fails in every row is told for every row",
                    what_fails_in_every_row_is_told_for_every_row);
    g_test_add_func("/sqlite/a fingerprint sees every change and nothing of ours",
                    a_fingerprint_sees_every_change_and_nothing_of_ours);
    return g_test_run();
}
