/*
 * pairs.c - what is moved is what the mapping means: random schemas, rows and mappings, for every pair
 * of stores.
 *
 * The reference is the evaluator over the rows that this test made, not over what a driver read. After
 * the move the target must hold exactly the rows that the evaluator gives and the target's rules allow
 * (no NULL where there may be none, no key twice, no value that it does not keep), the others must be in
 * the quarantine, and the sums must agree. A seed that fails is printed by the test and replays with
 * --seed.
 */
#include "following.h"

#include "transfer/transfer.h"

#include <string.h>

#define ROUNDS MAX(6 / TEST_SHARE, 5) /* of each pair, of which there are some forty */
#define COLUMNS_MAX 6
#define ROWS_MAX 300
#define SOURCE "what is"
#define TARGET "what_becomes"
#define STAGE "what_becomes__honk_1"

typedef struct {
    const Fixture *source, *target;
    bool is_one_store; /* the source's store is the target's: it may do the work itself */
} Pair;

/* --- random rows --- */

static const char *
pick(const char *const *from, size_t count)
{
    return from[g_test_rand_int_range(0, (int) count)];
}

/* Mostly what people have in such columns, so that rules find something to work on. */
static const char *
usual_text(ColumnType type)
{
    static const char *const usual[TYPE_COUNT][8] = {
        [TYPE_BOOL] = {"1", "0", "1", "0", "1", "0", "1", "0"},
        [TYPE_INT] = {"0", "1", "-5", "42", "86400", "9007199254740993", "9223372036854775807",
                      "-9223372036854775808"},
        [TYPE_FLOAT] = {"0", "0.5", "-1.25", "3", "0.1", "1e+300", "-2e-300", "9007199254740993"},
        [TYPE_DECIMAL] = {"0", "-12.5", "0.1", "42", "1234567890.12", "3",
                          "12345678901234567890.0123456789", "-0.000001"},
        [TYPE_TEXT] = {"", "a b c", "UK", "007", "2.5", "1998-06-12", "é \"x\", it's\n$1", "true"},
        [TYPE_DATE] = {"1970-01-01", "1998-06-12", "2024-02-29", "0001-01-01", "9999-12-31",
                       "1969-12-31", "2000-01-01", "2020-07-04"},
        [TYPE_TIMESTAMP] = {"1970-01-01 00:00:00", "1998-06-12 10:11:12.5", "1969-12-31 23:59:59",
                            "2024-02-29 00:00:00", "0001-01-01 00:00:00", "2000-01-01 12:00:00",
                            "9999-12-31 23:59:59.999999", "2020-07-04 01:02:03"},
        [TYPE_BYTES] = {"", "plain", "x", "\x01\x7f", "é", "a b", "0", "1"},
    };
    return pick(usual[type], 8);
}

static void
put_random(Batch *batch, size_t column, bool (*holds)(const Value *value))
{
    const char *chosen = usual_text(batch->columns[column].type);
    Value text = {.type = TYPE_TEXT, .s = {chosen, strlen(chosen)}}, value = text;
    g_autoptr(GString) scratch = g_string_new(NULL);
    if (batch->columns[column].type == TYPE_BYTES)
        value.type = TYPE_BYTES;
    else if (!value_cast(&text, batch->columns[column].type, NULL, scratch, &value, NULL))
        g_error("'%s' is no %s", chosen, column_type_name(batch->columns[column].type));
    if (g_test_rand_int_range(0, 6) == 0 || !holds(&value))
        batch_put_null(batch, column);
    else
        batch_put_value(batch, column, &value);
}

/* `id` first, which is a key but for a few that come twice. */
static Schema *
random_schema(void)
{
    static const char *const names[COLUMNS_MAX] = {"two words", "say \"x\"", "select",
                                                   "größe",     "it's $1",   "plain"};
    Schema *schema = schema_new(SOURCE);
    schema_add(schema, "id", TYPE_INT, "", false);
    for (int i = g_test_rand_int_range(1, COLUMNS_MAX + 1); i > 0; i--)
        schema_add(schema, names[i - 1], (ColumnType) g_test_rand_int_range(0, TYPE_COUNT), "",
                   true);
    return schema;
}

static Batch *
random_rows(const Schema *schema, const Fixture *fixture)
{
    Batch *batch = batch_new_for(schema);
    int rows = g_test_rand_int_range(fixture->has_no_empty ? 1 : 0, ROWS_MAX);
    for (int64_t row = 1; row <= rows; row++) {
        batch_put_int(batch, 0, row > 1 && g_test_rand_int_range(0, 100) == 0 ? row - 1 : row * 3);
        for (size_t i = 1; i < batch->column_count; i++)
            put_random(batch, i, fixture->holds);
        batch_commit_row(batch, row);
    }
    return batch;
}

/* --- random mappings: JSON is YAML, too --- */

static const char *
any_column(const Schema *schema)
{
    return schema_column(schema, (size_t) g_test_rand_int_range(0, (int) schema_count(schema)))
        ->name;
}

static json_t *
random_base(const Schema *source)
{
    static const char *const constants[] = {"free", "1", "0.25", "it's", "1998-06-12", ""};
    switch (g_test_rand_int_range(0, 8)) {
    case 0:
        return json_pack("{ss}", "const", pick(constants, G_N_ELEMENTS(constants)));
    case 1:
        return json_pack("{s[s{ss}s]}", "concat", any_column(source), "text", " - ",
                         any_column(source));
    default:
        return json_pack("{ss}", "from", any_column(source));
    }
}

static json_t *
random_rule(const Schema *source)
{
    static const char *const from[] = {"UK", "1", "007", "2.5", "", "true", "42"};
    static const char *const to[] = {"GB", "1", "0", "2.5", "1998-06-12", ""};
    static const char *const others[] = {"keep", "null", "refuse"};
    static const char *const defaults[] = {"0", "n/a", "1998-06-12", "0.5", ""};
    json_t *rule = random_base(source);
    if (g_test_rand_int_range(0, 5) == 0)
        json_object_set_new(rule, "split",
                            json_pack("{sssi}", "by", " ", "part", g_test_rand_bit() ? 1 : -2));
    if (g_test_rand_int_range(0, 4) == 0) {
        json_object_set_new(
            rule, "values",
            json_pack("{ss}", pick(from, G_N_ELEMENTS(from)), pick(to, G_N_ELEMENTS(to))));
        json_set_string(rule, "others", pick(others, G_N_ELEMENTS(others)));
    }
    if (g_test_rand_bit())
        json_set_string(rule, "type",
                        column_type_name((ColumnType) g_test_rand_int_range(0, TYPE_COUNT)));
    if (g_test_rand_int_range(0, 4) == 0)
        json_set_string(rule, "default", pick(defaults, G_N_ELEMENTS(defaults)));
    return rule;
}

/* Rules that do not fit the schema are left out, one by one; the key alone always fits. */
static MappingSet *
random_mapping(const Schema *source, bool has_sql)
{
    static const char *const names[] = {"a", "b \"c\"", "größe", "order", "it's"};
    g_autoptr(json_t) columns = json_pack("{s{ssss}}", "id", "from", "id", "type", "int");
    g_autoptr(json_t) document =
        json_pack("{ss ss ss ss s[s] sO}", "apiVersion", "honk/v1", "kind", "Mapping", "source",
                  SOURCE, "target", TARGET, "key", "id", "columns", columns);
    if (g_test_rand_int_range(0, 4) == 0)
        json_set_string(document, "where", "id <> 6 AND id % 7 <> 1");
    MappingSet *set = NULL;
    for (size_t i = 0; i <= G_N_ELEMENTS(names); i++) {
        if (i > 0)
            json_object_set_new(columns, names[i - 1], random_rule(source));
        g_autofree char *text = json_dumps(document, JSON_INDENT(1));
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(Program) program = NULL;
        MappingSet *tried = NULL;
        if (mapping_parse(text, strlen(text), "random.yaml", diags, &tried, NULL) &&
            program_new(mapping_get(tried, 0), source, NULL, has_sql, &program, NULL)) {
            g_clear_pointer(&set, mapping_set_free);
            set = tried;
            continue;
        }
        g_assert_cmpuint(i, >, 0);
        g_clear_pointer(&tried, mapping_set_free);
        json_object_del(columns, names[i - 1]);
    }
    return set;
}

/* --- the reference --- */

typedef struct {
    GPtrArray *rows; /* texts */
    GArray *refused; /* int64_t: row ids */
    HashSum sum;
} Expected;

static void
expected_clear(Expected *expected)
{
    g_ptr_array_unref(expected->rows);
    g_array_unref(expected->refused);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Expected, expected_clear)

static void
note_refused(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    g_array_append_val((GArray *) data, row_id);
}

/* What a scan of the source gives for the program's input, made from the rows themselves. */
static Batch *
input_of(const Program *program, const Schema *source, const Batch *rows)
{
    const SourceItem *items = NULL;
    size_t count = program_items(program, &items);
    Batch *input = batch_new_for(program_input(program));
    for (size_t row = 0; row < rows->row_count; row++) {
        for (size_t i = 0; i < count; i++) {
            size_t column = 0;
            g_autoptr(GString) scratch = g_string_new(NULL);
            bool found = schema_find(source, items[i].name, &column) != NULL;
            Value value = batch_value(rows, column, row), shown = value;
            g_assert_true(found);
            if (value.is_null)
                batch_put_null(input, i);
            else if (value_cast(&value, input->columns[i].type, NULL, scratch, &shown, NULL))
                batch_put_value(input, i, &shown);
            else
                g_assert_not_reached();
        }
        batch_commit_row(input, rows->row_ids[row]);
    }
    return input;
}

/* A stage in SQLite takes over the word of the source's column, and with it what that keeps. */
static bool
target_keeps(const Fixture *target, const Column *column, const Value *value)
{
    return target->keeps(value) || (target == &fixture_sqlite && value->type == TYPE_DECIMAL &&
                                    strcmp(column->declared, SQLITE_DECIMAL_TEXT) == 0);
}

static bool
target_takes(const Fixture *target, const Schema *schema, const Batch *out, size_t row,
             GHashTable *keys)
{
    for (size_t i = 0; i < out->column_count; i++) {
        const Column *column = schema_column(schema, i);
        Value value = batch_value(out, i, row);
        if (value.is_null ? !column->is_nullable : !target_keeps(target, column, &value))
            return false;
    }
    int64_t key = batch_int(out, 0, row);
    return target->has_no_keys || g_hash_table_add(keys, g_memdup2(&key, sizeof key));
}

static Expected
expect(const Pair *pair, const Mapping *mapping, const Schema *seen, const Schema *made,
       const Batch *rows)
{
    Expected expected = {.rows = g_ptr_array_new_with_free_func(g_free),
                         .refused = g_array_new(FALSE, FALSE, sizeof(int64_t))};
    g_autoptr(Program) program = NULL;
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    ASSERT_OK(program_new(mapping, seen, NULL, false, &program, &ERR));
    g_autoptr(Batch) in = input_of(program, made, rows);
    g_autoptr(Batch) out = batch_new_for(program_target(program));
    ASSERT_OK(program_apply(program, in, out, note_refused, expected.refused, &ERR));
    g_assert_cmpstr(schema_column(program_target(program), 0)->name, ==, "id");
    for (size_t row = 0; row < out->row_count; row++) {
        if (!target_takes(pair->target, program_target(program), out, row, keys)) {
            g_array_append_val(expected.refused, out->row_ids[row]);
            continue;
        }
        g_ptr_array_add(expected.rows, row_text(out, row));
        hash_sum_add(&expected.sum, batch_row_hash(out, row, &hasher));
    }
    return expected;
}

/* --- the move --- */

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static int
compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *) a, right = *(const int64_t *) b;
    return left < right ? -1 : left > right;
}

static RangeResult
move_in_ranges(Transfer *transfer, Conn *source)
{
    g_autoptr(json_t) ranges = NULL;
    RangeResult sum = {0};
    json_t *range;
    size_t i;
    ASSERT_OK(conn_split(source, SOURCE, &(RangeSize){.rows = g_test_rand_int_range(30, ROWS_MAX)},
                         &ranges, &ERR));
    json_array_foreach(ranges, i, range)
    {
        RangeResult one = {0};
        g_autofree char *name = g_strdup_printf("%04zu", i + 1);
        json_set_string(range, "name", name);
        ASSERT_OK(transfer_range(transfer, range, NULL, NULL, &one, &ERR));
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.rejected += one.rejected;
        hash_sum_merge(&sum.hash, &one.hash);
    }
    return sum;
}

static void
assert_put_aside(Conn *target, GArray *expected)
{
    g_autoptr(json_t) aside = NULL;
    ASSERT_OK(conn_quarantined(target, "p", ROWS_MAX, &aside, &ERR));
    g_assert_cmpuint(json_array_size(aside), ==, expected->len);
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (size_t i = 0; i < json_array_size(aside); i++) {
        int64_t row_id = json_get_int(json_array_get(aside, i), "row_id", 0);
        g_array_append_val(seen, row_id);
    }
    g_array_sort(seen, compare_ids);
    g_array_sort(expected, compare_ids);
    for (guint i = 0; i < seen->len; i++)
        g_assert_cmpint(g_array_index(seen, int64_t, i), ==, g_array_index(expected, int64_t, i));
}

static void
assert_moved(Transfer *transfer, Conn *target, const RangeResult *sum, Expected *expected)
{
    Comparison comparison = {0};
    g_auto(Seen) seen = read_object(target, STAGE, NULL);
    g_ptr_array_sort(seen.rows, compare_texts);
    g_ptr_array_sort(expected->rows, compare_texts);
    assert_same_rows(seen.rows, expected->rows);
    assert_put_aside(target, expected->refused);
    g_assert_cmpint(sum->rows_out, ==, expected->rows->len);
    g_assert_cmpint(sum->rejected, ==, expected->refused->len);
    g_assert_true(hash_sum_equal(&sum->hash, &expected->sum));
    ASSERT_OK(transfer_compare(transfer, STAGE, 5, NULL, NULL, &comparison, &ERR));
    g_assert_true(comparison.equal);
    comparison_clear(&comparison);
}

/* The rows in the order in which the store gives them, with its numbers: of two with one key the first one counts. */
static Batch *
as_the_store_has_them(World *source, const Schema *schema, const Batch *rows)
{
    g_auto(Seen) seen = read_object(source->conn, SOURCE, NULL);
    g_autoptr(GPtrArray) texts = rows_shown(source->fixture, rows);
    g_autofree bool *used = g_new0(bool, rows->row_count + 1);
    Batch *ordered = batch_new_for(schema);
    g_assert_cmpuint(seen.ids->len, ==, rows->row_count);
    for (guint i = 0; i < seen.ids->len; i++) {
        size_t row = source->fixture->has_own_order ? 0 : i;
        while (used[row] || strcmp(texts->pdata[row], seen.rows->pdata[i]) != 0)
            g_assert_cmpuint(++row, <, rows->row_count);
        used[row] = true;
        for (size_t column = 0; column < rows->column_count; column++) {
            Value value = batch_value(rows, column, row);
            batch_put_value(ordered, column, &value);
        }
        batch_commit_row(ordered, g_array_index(seen.ids, int64_t, i));
    }
    return ordered;
}

/* What all rounds of a pair came to: they must have had something to decide. */
typedef struct {
    int64_t rows, refused, columns;
} Tally;

static void
move_once(const Pair *pair, Tally *tally)
{
    g_autoptr(World) target = world_new(pair->target);
    g_autoptr(World) other = pair->is_one_store ? NULL : world_new(pair->source);
    World *source = other != NULL ? other : target;
    g_autoptr(Schema) made = random_schema(), seen = NULL, wanted = NULL;
    g_autoptr(Batch) written = random_rows(made, pair->source);
    pair->source->make(source, made, written);
    g_autoptr(Batch) rows = as_the_store_has_them(source, made, written);
    ASSERT_OK(conn_describe(source->conn, SOURCE, &seen, &ERR));
    g_autoptr(MappingSet) set = random_mapping(seen, conn_has_sql(source->conn));
    const Mapping *mapping = mapping_get(set, 0);
    TransferSpec spec = {.source_store = &source->store,
                         .source = SOURCE,
                         .target_store = &target->store,
                         .target = TARGET,
                         .stage = STAGE,
                         .mapping = mapping,
                         .plan = "p",
                         .task = "t",
                         .token = 1,
                         .hash = true,
                         .push_allowed = true};
    Writer writer = {.plan = "p", .task = "t", .token = 1};
    g_autoptr(Transfer) transfer = NULL;
    ASSERT_OK(mapping_target_schema(mapping, seen, STAGE, &wanted, &ERR));
    ASSERT_OK(conn_stage(target->conn, STAGE, NULL, wanted, &writer, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    g_auto(Expected) expected = expect(pair, mapping, seen, made, rows);
    RangeResult sum = move_in_ranges(transfer, source->conn);
    assert_moved(transfer, target->conn, &sum, &expected);
    tally->rows += sum.rows_out;
    tally->refused += sum.rejected;
    tally->columns += (int64_t) schema_count(wanted);
}

static void
what_is_moved_is_what_the_mapping_means(const void *data)
{
    Tally tally = {0};
    for (int round = 0; round < ROUNDS; round++)
        move_once(data, &tally);
    g_test_message("%" G_GINT64_FORMAT " rows, %" G_GINT64_FORMAT " refused, %" G_GINT64_FORMAT
                   " columns",
                   tally.rows, tally.refused, tally.columns);
    g_assert_cmpint(tally.rows, >, 10 * ROUNDS);
    g_assert_cmpint(tally.refused, >, ROUNDS);
    g_assert_cmpint(tally.columns, >, 2 * ROUNDS);
}

/* A topic meets stores of each kind of reading and writing; all of them are asked for with HONK_TEST_ALL. */
static bool
is_asked(const Pair *pair)
{
    const char *source = pair->source->driver, *target = pair->target->driver;
    if (g_getenv("HONK_TEST_ALL") != NULL ||
        (strcmp(source, "kafka") != 0 && strcmp(target, "kafka") != 0))
        return true;
    return strcmp(source, "sqlite") == 0 || strcmp(target, "sqlite") == 0 ||
           (pair->is_one_store && strcmp(source, target) == 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t s = 0; s < fixture_count; s++)
        for (size_t t = 0; t < fixture_count; t++)
            for (int one = 0; one < 2; one++) {
                Pair pair = {every_fixture[s], every_fixture[t], one};
                if (driver_by_name(pair.target->driver)->load == NULL || (one && s != t) ||
                    !is_asked(&pair))
                    continue;
                add_following(pair.source, pair.target, pair.is_one_store);
                g_autofree char *path = g_strdup_printf(
                    "/pairs/%s to %s%s/what is moved is what the mapping means",
                    pair.source->driver, pair.target->driver, one ? " in one store" : "");
                g_test_add_data_func_full(path, g_memdup2(&pair, sizeof pair),
                                          what_is_moved_is_what_the_mapping_means, g_free);
            }
    return g_test_run();
}
