/*
 * sqlite_push.c - a row that SQLite moves by itself is the row that the mover makes.
 *
 * Tables with cells of every class in columns of every type, one row a range, so that no row hides behind the refusal
 * of another: pushed down with hash, pushed down without, and moved row by row. What was pushed must have the mover's
 * hash, and read back, in the store and one by one, the same; what the mover refuses must never have been pushed.
 */
#include "bench.h"
#include "transfer/inside.h"

#include <string.h>

#define ROUNDS MAX(12 / TEST_SHARE, 2)
#define ROWS 60
#define STAGE "t__stage"

typedef struct {
    const char *name;
    const char *declared[3];
    const char *usual[4];
} Kind;

static const Kind kinds[] = {
    {"i", {"INTEGER", "INT", "BIGINT"}, {"1", "-7", "42", "9007199254740993"}},
    {"t", {"TEXT", "VARCHAR(9)", "CLOB"}, {"'a b'", "'UK'", "'007'", "'é'"}},
    {"u", {"TEXT", "CHAR(2)", "TEXT COLLATE NOCASE"}, {"'uk'", "'UK'", "''", "'12'"}},
    {"f", {"REAL", "DOUBLE", "FLOAT"}, {"0.5", "3", "-1.25", "1e300"}},
    {"b", {"BOOLEAN", "BOOL", "BOOLEAN"}, {"0", "1", "1", "0"}},
    {"n", {"NUMERIC", "DECIMAL(9, 2)", "NUMERIC"}, {"12.5", "3", "0.1", "-99.99"}},
    {"d", {"DATE", "DATE", "DATE"}, {"'1998-06-12'", "'2024-02-29'", "'0001-01-01'", "NULL"}},
    {"s",
     {"TIMESTAMP", "DATETIME", "TIMESTAMP"},
     {"'1998-06-12 10:11:12.5'", "'1969-12-31 23:59:59'", "'2000-01-01 00:00:00'", "NULL"}},
    {"x", {"BLOB", "BLOB", "BLOB"}, {"x'6162'", "x''", "x'ff'", "NULL"}},
};

static const char *const odd[] = {
    "NULL",
    "7",
    "2.5",
    "2.0",
    "9e999",
    "-0.0",
    "0.1234567890123456789",
    "'7'",
    "' 7'",
    "'1e3'",
    "'abc'",
    "'2.50'",
    "''",
    "'Jun 12 1998'",
    "'1998-06-12'",
    "x'61'",
    "x''",
    "CAST(x'e9' AS TEXT)",
    "'true'",
    "'nan'",
    "'inf'",
    "2",
    "'1998-06-12T10:00Z'",
    "'1998-06-12 10:00'",
    "9223372036854775807",
    "'a' || char(0) || 'b'",
};

static const char *const mapping_text =
    "apiVersion: honk/v1\nkind: Mapping\nsource: s\ntarget: t\nkey: [id]\nlossy: [n]\ncolumns:\n"
    "  id: id\n  i: i\n  t: t\n  u: u\n  f: f\n  b: b\n  n: n\n  d: d\n  s: s\n  x: x\n"
    "  both: { concat: [ t, { text: \"-\" }, u ] }\n"
    "  land: { from: u, values: { UK: GB, uk: gb }, others: keep }\n"
    "  word: { from: i, values: { 1: one, 7: seven }, others: \"null\", type: text }\n"
    "  digits: { from: i, type: text }\n"
    "  day: { from: d, default: \"2000-01-01\" }\n"
    "  sum: { from: n, default: \"0\" }\n";

static const char *
pick(const char *const *from, size_t count)
{
    return from[g_test_rand_int_range(0, (int) count)];
}

/* Source and target, declared by chance, and rows of which each has one odd cell at most, or none. */
static char *
random_tables(void)
{
    GString *source = g_string_new("CREATE TABLE s (id INTEGER PRIMARY KEY");
    g_autoptr(GString) target = g_string_new("CREATE TABLE t (id INTEGER PRIMARY KEY");
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_string_append_printf(source, ", %s %s", kinds[i].name, pick(kinds[i].declared, 3));
        g_string_append_printf(target, ", %s %s%s", kinds[i].name, pick(kinds[i].declared, 3),
                               g_test_rand_int_range(0, 6) == 0 ? " NOT NULL" : "");
    }
    g_string_append_printf(
        source,
        "); %s, both TEXT, land TEXT, word TEXT, digits TEXT, day DATE NOT NULL, "
        "sum NUMERIC);",
        target->str);
    for (int row = 1; row <= ROWS; row++) {
        int odd_at = g_test_rand_int_range(0, 2 * (int) G_N_ELEMENTS(kinds));
        g_string_append_printf(source, "INSERT INTO s VALUES (%d", row);
        for (int i = 0; i < (int) G_N_ELEMENTS(kinds); i++)
            g_string_append_printf(source, ", %s",
                                   i == odd_at ? pick(odd, G_N_ELEMENTS(odd))
                                               : pick(kinds[i].usual, 4));
        g_string_append(source, ");");
    }
    return g_string_free(source, FALSE);
}

typedef struct {
    TestDb *db;
    TransferSpec spec;
    Transfer *transfer;
} Way;

static void
way_begin(Way *way, const char *tables, const Mapping *mapping)
{
    Writer writer = {.plan = "p", .task = "t", .token = 1};
    way->db = test_db(tables);
    way->spec = (TransferSpec){.source_store = &way->db->store,
                               .source = "s",
                               .target_store = &way->db->store,
                               .target = "t",
                               .stage = STAGE,
                               .mapping = mapping,
                               .plan = "p",
                               .task = "t",
                               .token = 1,
                               .hash = true};
    ASSERT_OK(conn_stage(way->db->conn, STAGE, "t", NULL, &writer, &ERR));
    ASSERT_OK(transfer_open(&way->spec, &way->transfer, &ERR));
}

static void
way_clear(Way *way)
{
    transfer_close(way->transfer);
    test_db_free(way->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Way, way_clear)

/* False when the store would not; with the hash of what it wrote, as it reads in the stage. */
static bool
push_row(Way *way, const json_t *range, bool hash, RangeResult *ret)
{
    g_autoptr(GError) error = NULL;
    Writer writer = {
        .plan = "p", .task = "t", .token = 1, .range = json_get_string(range, "name", "")};
    ScanSpec scan = transfer_scan_spec(way->transfer, range);
    HashSum seen;
    if (!conn_push(way->transfer->target, way->transfer->source, &way->db->store, &scan,
                   way->transfer->program, STAGE, &writer, hash, ret, &error)) {
        g_assert_error(error, error_quark(), ERR_INVALID);
        return false;
    }
    g_assert_cmpint(ret->rows_out, ==, 1);
    ASSERT_OK(transfer_hash(way->transfer, STAGE, range, NULL, NULL, &seen, &ERR));
    g_assert_true(!hash || hash_sum_equal(&seen, &ret->hash));
    ret->hash = seen;
    return true;
}

/* The sum in the store is that of the rows read one by one. */
static void
assert_sums_agree(Way *way)
{
    g_auto(ReadBack) back;
    g_auto(RowHasher) hasher;
    g_autoptr(Scan) scan = NULL;
    g_autoptr(Batch) batch = batch_new_for(program_target(way->transfer->program));
    HashSum inside, outside = {0};
    read_back_init(&back, way->transfer, STAGE, NULL);
    row_hasher_init(&hasher);
    ASSERT_OK(conn_sum(way->transfer->target, &back.spec, &inside, &ERR));
    ASSERT_OK(conn_scan(way->transfer->target, &back.spec, &scan, &ERR));
    ASSERT_OK(scan_next(scan, batch, NULL, NULL, &ERR));
    batch_hash(batch, &hasher, &outside);
    g_assert_true(hash_sum_equal(&inside, &outside));
}

typedef struct {
    int taken, pushed, refused;
} Counts;

static void
move_row(Way *hashed, Way *counted, Way *moved, int row, Counts *counts)
{
    g_autofree char *name = g_strdup_printf("%d", row);
    g_autoptr(json_t) range = json_pack("{sssisi}", "name", name, "from", row, "to", row + 1);
    RangeResult by_rows = {0}, with_hash = {0}, without = {0};
    ASSERT_OK(transfer_range(moved->transfer, range, NULL, NULL, &by_rows, &ERR));
    bool is_pushed = push_row(hashed, range, true, &with_hash);
    bool is_counted = push_row(counted, range, false, &without);
    *(by_rows.rejected > 0 ? &counts->refused : &counts->taken) += 1;
    counts->pushed += is_pushed && is_counted;
    if (by_rows.rejected > 0 && (is_pushed || is_counted)) {
        g_autofree char *why = test_query(
            moved->db->path, "SELECT row, target_column, reason FROM _honk_quarantine ORDER BY "
                             "rowid DESC LIMIT 1");
        g_error("pushed (%d, %d) although the mover refuses: %s", is_pushed, is_counted, why);
    }
    if ((is_pushed && !hash_sum_equal(&with_hash.hash, &by_rows.hash)) ||
        (is_counted && !hash_sum_equal(&without.hash, &by_rows.hash))) {
        g_autofree char *sql = g_strdup_printf("SELECT * FROM s WHERE id = %d", row);
        g_autofree char *cells = test_query(moved->db->path, sql);
        g_error("pushed another row (%d, %d) than the mover: %s", is_pushed, is_counted, cells);
    }
}

static void
what_is_pushed_is_what_the_mover_makes(void)
{
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Diags) diags = diags_new();
    Counts counts = {0};
    ASSERT_OK(mapping_parse(mapping_text, strlen(mapping_text), "m", diags, &set, &ERR));
    for (int round = 0; round < ROUNDS; round++) {
        g_autofree char *tables = random_tables();
        g_auto(Way) hashed = {0}, counted = {0}, moved = {0};
        way_begin(&hashed, tables, mapping_get(set, 0));
        way_begin(&counted, tables, mapping_get(set, 0));
        way_begin(&moved, tables, mapping_get(set, 0));
        for (int row = 1; row <= ROWS; row++)
            move_row(&hashed, &counted, &moved, row, &counts);
        assert_sums_agree(&hashed);
        assert_sums_agree(&moved);
    }
    g_test_message("%d rows taken, %d of them pushed; %d refused", counts.taken, counts.pushed,
                   counts.refused);
    g_assert_cmpint(counts.refused, >, ROUNDS);
    g_assert_cmpint(counts.pushed, >, counts.taken * 8 / 10);
}

/* Is the bare form enough for these rows? Then nothing was done twice. */
static void
ordinary_rows_need_no_second_form(void)
{
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(Diags) diags = diags_new();
    ASSERT_OK(mapping_parse(mapping_text, strlen(mapping_text), "m", diags, &set, &ERR));
    g_auto(Way) way = {0};
    way_begin(&way,
              "CREATE TABLE s (id INTEGER PRIMARY KEY, i INT, t TEXT, u TEXT, f REAL, b BOOLEAN, "
              "n NUMERIC, d DATE, s TIMESTAMP, x BLOB);"
              "CREATE TABLE t (id INTEGER PRIMARY KEY, i INT, t TEXT, u TEXT, f REAL, b BOOLEAN, "
              "n NUMERIC, d DATE, s TIMESTAMP, x BLOB, both TEXT, land TEXT, word TEXT, digits "
              "TEXT, day DATE NOT NULL, sum NUMERIC)",
              mapping_get(set, 0));
    const Program *program = way.transfer->program;
    const SourceItem *items = NULL;
    size_t count = program_select_sqlite(program, SELECT_WATCHED, &items);
    for (size_t i = 0; i < count; i++) {
        g_test_message("%s: %s", items[i].name, items[i].sql);
        /* a default under a decimal is the mover's business */
        g_assert_cmpint(strstr(items[i].sql, "honk_") != NULL, ==,
                        strcmp(items[i].name, "sum") == 0);
        g_assert_cmpint(program_is_copied(program, i), ==, i < 10);
    }
    g_assert_cmpstr(program_proof_sqlite(program, SELECT_GUARDED), ==, NULL);
    g_assert_cmpstr(program_proof_sqlite(program, SELECT_PROVEN), ==,
                    "honk_fits('ittfbndsx', \"i\", \"t\", \"u\", \"f\", \"b\", \"n\", \"d\", "
                    "\"s\", \"x\")");
    g_assert_cmpstr(program_proof_sqlite(program, SELECT_WATCHED), ==,
                    "honk_fits('ittd', \"i\", \"t\", \"u\", \"d\")");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sqlite push/what is pushed is what the mover makes",
                    what_is_pushed_is_what_the_mover_makes);
    g_test_add_func("/sqlite push/ordinary rows need no second form",
                    ordinary_rows_need_no_second_form);
    return g_test_run();
}
