/*
 * hashes.c - equal values hash equal, whatever store they are in: for every pair of stores, the values that both can hold.
 *
 * Each store gets them from its owner, not from its driver. What is read is cast to the types that they were made with.
 */
#include "rows.h"

static const Fixture *const fixtures[] = {&fixture_memory,  &fixture_sqlite, &fixture_postgres,
                                          &fixture_mariadb, &fixture_csv,    &fixture_ndjson};

typedef struct {
    const Fixture *one, *other;
} Pair;

static const Pair *asked; /* by holds_both(), which takes no more than a value */

/* A store that shows texts alone shows NaN as one, which is no number. */
static bool
comes_back(const Fixture *fixture, const Value *value)
{
    g_autoptr(GString) there = g_string_new(NULL), back = g_string_new(NULL);
    Value shown, again;
    return fixture->holds(value) &&
           value_cast(value, fixture->shows(value->type), NULL, there, &shown, NULL) &&
           value_cast(&shown, value->type, NULL, back, &again, NULL);
}

static bool
holds_both(const Value *value)
{
    return comes_back(asked->one, value) && comes_back(asked->other, value);
}

static void
no_reject(int64_t row_id, size_t in_row, const char *column, const char *reason, void *data)
{
    g_error("row %" G_GINT64_FORMAT " cannot be read: %s: %s", row_id, column, reason);
}

/* By the one rule by which the mover casts, too. */
static void
cast_rows(const Batch *in, Batch *out)
{
    for (size_t row = 0; row < in->row_count; row++) {
        for (size_t i = 0; i < in->column_count; i++) {
            g_autoptr(GString) scratch = g_string_new(NULL);
            Value value = batch_value(in, i, row), wanted;
            if (!value_cast(&value, out->columns[i].type, NULL, scratch, &wanted, NULL))
                g_error("a %s is no %s", column_type_name(value.type),
                        column_type_name(out->columns[i].type));
            batch_put_value(out, i, &wanted);
        }
        batch_commit_row(out, in->row_ids[row]);
    }
}

static HashSum
sum_of(const Fixture *fixture, const Schema *schema, const Batch *rows)
{
    g_autoptr(World) world = world_new(fixture);
    g_autoptr(Scan) scan = NULL;
    g_autoptr(Schema) shown = NULL;
    g_auto(RowHasher) hasher;
    HashSum sum = {0};
    ScanSpec spec = {.object = schema->dataset};
    fixture->make(world, schema, rows);
    row_hasher_init(&hasher);
    ASSERT_OK(conn_describe(world->conn, schema->dataset, &shown, &ERR));
    ASSERT_OK(conn_scan(world->conn, &spec, &scan, &ERR));
    g_autoptr(Batch) batch = batch_new_for(shown);
    g_autoptr(Batch) cast = batch_new_for(schema);
    do {
        batch_reset(batch);
        batch_reset(cast);
        ASSERT_OK(scan_next(scan, batch, no_reject, NULL, &ERR));
        cast_rows(batch, cast);
        batch_hash(cast, &hasher, &sum);
    } while (batch->row_count > 0);
    return sum;
}

static void
equal_values_hash_equal(const void *data)
{
    asked = data;
    g_autoptr(Schema) schema = extreme_schema("extremes");
    g_autoptr(Batch) rows = extreme_rows(holds_both);
    g_auto(RowHasher) hasher;
    HashSum made = {0}, one = sum_of(asked->one, schema, rows),
            other = sum_of(asked->other, schema, rows);
    row_hasher_init(&hasher);
    batch_hash(rows, &hasher, &made);
    g_autofree char *expected = hash_sum_text(&made), *first = hash_sum_text(&one),
                    *second = hash_sum_text(&other);
    g_assert_cmpstr(first, ==, expected);
    g_assert_cmpstr(second, ==, expected);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(fixtures); i++)
        for (size_t j = i; j < G_N_ELEMENTS(fixtures); j++) {
            Pair pair = {fixtures[i], fixtures[j]};
            g_autofree char *path = g_strdup_printf("/hashes/%s and %s/equal values hash equal",
                                                    pair.one->driver, pair.other->driver);
            g_test_add_data_func_full(path, g_memdup2(&pair, sizeof pair), equal_values_hash_equal,
                                      g_free);
        }
    return g_test_run();
}
