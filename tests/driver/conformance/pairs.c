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
#include "random.h"

#include "transfer/transfer.h"

#include <string.h>

#define ROUNDS MAX(6 / TEST_SHARE, 5) /* of each pair, of which there are some forty */
#define ROUNDS_MAX (20 * ROUNDS)      /* by chance there may be little to decide */
#define SOURCE RANDOM_SOURCE
#define TARGET RANDOM_TARGET
#define STAGE "what_becomes__honk_1"

typedef struct {
    const Fixture *source, *target;
    bool is_one_store; /* the source's store is the target's: it may do the work itself */
} Pair;

/* One move of a pair. */
typedef struct {
    const Pair *pair;
    World *source, *target;
    Schema *made, *seen; /* of the source: as this test made it, and as the driver describes it */
    RandomTarget *like;  /* what is replaced; NULL: there is nothing */
    Schema *replaced;    /* as the driver describes it */
    const Mapping *mapping;
} Round;

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

/* What the target gives back of a row, as the next one of `kept`; false: it refuses it. */
static bool
target_takes(const Round *round, const Schema *schema, const Batch *out, size_t row, Batch *kept)
{
    const Fixture *target = round->pair->target;
    for (size_t i = 0; i < out->column_count; i++) {
        const Column *column = schema_column(schema, i);
        const OwnType *own = random_target_type(round->like, target, column->name);
        Value value = batch_value(out, i, row), shown = value;
        g_autoptr(GString) scratch = g_string_new(NULL);
        bool is_kept = value.is_null ? column->is_nullable
                       : own != NULL ? own_type_keeps(target, own, &value, scratch, &shown)
                                     : target_keeps(target, column, &value);
        if (!is_kept) {
            batch_drop_row(kept);
            return false;
        }
        if (value.is_null)
            batch_put_null(kept, i);
        else
            batch_put_value(kept, i, &shown);
    }
    batch_commit_row(kept, out->row_ids[row]);
    return true;
}

static bool
is_taken(const Fixture *target, GHashTable *keys, int64_t key)
{
    return !target->has_no_keys && !g_hash_table_add(keys, g_memdup2(&key, sizeof key));
}

static void
expect_rows(const Round *round, const Schema *schema, const Batch *out, Expected *expected)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(Batch) kept = batch_new_for(schema);
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    for (size_t row = 0; row < out->row_count; row++) {
        batch_reset(kept);
        if (!target_takes(round, schema, out, row, kept) ||
            is_taken(round->pair->target, keys, batch_int(kept, 0, 0))) {
            g_array_append_val(expected->refused, out->row_ids[row]);
            continue;
        }
        g_ptr_array_add(expected->rows, row_text(kept, 0));
        hash_sum_add(&expected->sum, batch_row_hash(kept, 0, &hasher));
    }
}

static Expected
expect(const Round *round, const Batch *rows)
{
    Expected expected = {.rows = g_ptr_array_new_with_free_func(g_free),
                         .refused = g_array_new(FALSE, FALSE, sizeof(int64_t))};
    g_autoptr(Program) program = NULL;
    ASSERT_OK(program_new(round->mapping, round->seen, round->replaced, false, &program, &ERR));
    g_autoptr(Batch) in = input_of(program, round->made, rows);
    g_autoptr(Batch) out = batch_new_for(program_target(program));
    ASSERT_OK(program_apply(program, in, out, note_refused, expected.refused, &ERR));
    g_assert_cmpstr(schema_column(program_target(program), 0)->name, ==, "id");
    expect_rows(round, program_target(program), out, &expected);
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

/* The columns that were written. */
static Seen
read_stage(Conn *target, const Schema *written)
{
    g_autofree SourceItem *items = g_new0(SourceItem, schema_count(written));
    for (size_t i = 0; i < schema_count(written); i++)
        items[i].name = schema_column(written, i)->name;
    ScanSpec spec = {
        .object = STAGE, .items = items, .item_count = schema_count(written), .output = written};
    return read_spec(target, &spec);
}

/* And what the store fills itself. */
static void
assert_computed(Conn *target)
{
    g_autoptr(Schema) both = schema_new(STAGE);
    schema_add(both, "id", TYPE_INT, "", false);
    schema_add(both, COMPUTED, TYPE_INT, "", true);
    g_auto(Seen) seen = read_stage(target, both);
    for (guint i = 0; i < seen.rows->len; i++) {
        int64_t id = 0, computed = 0;
        g_assert_cmpint(sscanf(seen.rows->pdata[i],
                               "int %" G_GINT64_FORMAT "|int %" G_GINT64_FORMAT, &id, &computed),
                        ==, 2);
        g_assert_cmpint(computed, ==, id % COMPUTED_MODULUS);
    }
}

static void
assert_moved(Transfer *transfer, Conn *target, const RangeResult *sum, Expected *expected)
{
    Comparison comparison = {0};
    g_auto(Seen) seen = read_stage(target, transfer_schema(transfer));
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
        size_t row = 0;
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

/* In a store that knows such columns, the last one is computed there. */
static Batch *
make_source(Round *round)
{
    World *source = round->source;
    round->made = random_schema(source->fixture);
    g_autoptr(Batch) written = random_rows(round->made, source->fixture);
    own_types_prepare(source);
    source->fixture->make(source, round->made, written);
    if (!g_test_rand_bit() || !own_types_compute(source, SOURCE))
        return as_the_store_has_them(source, round->made, written);
    schema_add(round->made, COMPUTED, TYPE_INT, "", true);
    g_autoptr(Batch) computed = random_rows_computed(round->made, written);
    return as_the_store_has_them(source, round->made, computed);
}

static void
make_target(Round *round)
{
    World *target = round->target;
    round->like = random_target(round->made, round->pair->source, target->fixture);
    if (round->like == NULL)
        return;
    g_autoptr(Batch) none = batch_new_for(round->like->schema);
    if (target != round->source)
        own_types_prepare(target);
    target->fixture->make(target, round->like->schema, none);
    if (g_test_rand_bit())
        round->like->has_computed = own_types_compute(target, TARGET);
    ASSERT_OK(conn_describe(target->conn, TARGET, &round->replaced, &ERR));
}

static void
round_clear(Round *round)
{
    g_clear_pointer(&round->like, random_target_free);
    g_clear_pointer(&round->made, schema_free);
    g_clear_pointer(&round->seen, schema_free);
    g_clear_pointer(&round->replaced, schema_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Round, round_clear)

static RangeResult
move_rows(const Round *round, const Batch *rows, int64_t *ret_columns)
{
    g_autoptr(Schema) wanted = NULL;
    g_autoptr(Transfer) transfer = NULL;
    Conn *target = round->target->conn;
    TransferSpec spec = {.source_store = &round->source->store,
                         .source = SOURCE,
                         .target_store = &round->target->store,
                         .target = TARGET,
                         .stage = STAGE,
                         .mapping = round->mapping,
                         .plan = "p",
                         .task = "t",
                         .token = 1,
                         .hash = true,
                         .push_allowed = true};
    Writer writer = {.plan = "p", .task = "t", .token = 1};
    if (round->replaced != NULL)
        wanted = schema_copy(round->replaced);
    else
        ASSERT_OK(mapping_target_schema(round->mapping, round->seen, STAGE, &wanted, &ERR));
    ASSERT_OK(
        conn_stage(target, STAGE, round->replaced != NULL ? TARGET : NULL, wanted, &writer, &ERR));
    ASSERT_OK(transfer_open(&spec, &transfer, &ERR));
    g_auto(Expected) expected = expect(round, rows);
    RangeResult sum = move_in_ranges(transfer, round->source->conn);
    assert_moved(transfer, target, &sum, &expected);
    *ret_columns = (int64_t) schema_count(transfer_schema(transfer));
    if (round->like != NULL && round->like->has_computed)
        assert_computed(target);
    return sum;
}

/* For whoever has to find out why a round failed. */
static void
tell(const char *what, const Schema *schema)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const Column *column = schema_column(schema, i);
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", column->name,
                               column->declared[0] != '\0' ? column->declared
                                                           : column_type_name(column->type));
    }
    g_test_message("%s (%s)", what, text->str);
}

static void
move_once(const Pair *pair, Tally *tally)
{
    g_autoptr(World) target = world_new(pair->target);
    g_autoptr(World) other = pair->is_one_store ? NULL : world_new(pair->source);
    g_auto(Round)
        round = {.pair = pair, .source = other != NULL ? other : target, .target = target};
    g_autoptr(Batch) rows = make_source(&round);
    Conn *source = round.source->conn;
    int64_t columns = 0;
    make_target(&round);
    ASSERT_OK(conn_describe(source, SOURCE, &round.seen, &ERR));
    g_autoptr(MappingSet) set =
        random_mapping(round.seen, conn_has_sql(source), round.like, round.replaced);
    round.mapping = mapping_get(set, 0);
    tell(SOURCE, round.made);
    if (round.like != NULL)
        tell(TARGET, round.like->schema);
    RangeResult sum = move_rows(&round, rows, &columns);
    tally->rows += sum.rows_out;
    tally->refused += sum.rejected;
    tally->columns += columns;
}

static bool
is_thin(const Tally *tally)
{
    return tally->rows <= 10 * ROUNDS || tally->refused <= ROUNDS || tally->columns <= 2 * ROUNDS;
}

static void
what_is_moved_is_what_the_mapping_means(const void *data)
{
    Tally tally = {0};
    for (int round = 0; round < ROUNDS || (is_thin(&tally) && round < ROUNDS_MAX); round++)
        move_once(data, &tally);
    g_test_message("%" G_GINT64_FORMAT " rows, %" G_GINT64_FORMAT " refused, %" G_GINT64_FORMAT
                   " columns",
                   tally.rows, tally.refused, tally.columns);
    g_assert_false(is_thin(&tally));
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
