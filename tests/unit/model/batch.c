/* batch.c - rows go in and come out unchanged, and their hashes tell every difference. */
#include "model/batch.h"

#include "base/limits.h"
#include "model/canonical.h"

#include <math.h>
#include <string.h>

static const ColumnType all_types[] = {
    TYPE_BOOL, TYPE_INT, TYPE_FLOAT, TYPE_DECIMAL, TYPE_TEXT, TYPE_DATE, TYPE_TIMESTAMP, TYPE_BYTES,
};
#define ALL G_N_ELEMENTS(all_types)

static bool
is_heap(ColumnType type)
{
    return type == TYPE_TEXT || type == TYPE_DECIMAL || type == TYPE_BYTES;
}

/* A cell that depends on nothing but its place and `seed`. */
static void
put_cell(Batch *batch, size_t column, guint32 seed)
{
    char text[64];
    if (seed % 5 == 0)
        batch_put_null(batch, column);
    else if (all_types[column] == TYPE_FLOAT)
        batch_put_float(batch, column, seed / 7.0);
    else if (!is_heap(all_types[column]))
        batch_put_int(batch, column, (int64_t) seed * -3);
    else
        batch_put_bytes(batch, column, text,
                        (size_t) g_snprintf(text, sizeof text, "%*u", (int) (seed % 40), seed));
}

static void
assert_cell(const Batch *batch, size_t column, size_t row, guint32 seed)
{
    char text[64];
    g_assert_cmpint(batch_is_null(batch, column, row), ==, seed % 5 == 0);
    if (seed % 5 == 0)
        return;
    if (all_types[column] == TYPE_FLOAT) {
        g_assert_cmpfloat(batch_float(batch, column, row), ==, seed / 7.0);
    } else if (!is_heap(all_types[column])) {
        g_assert_cmpint(batch_int(batch, column, row), ==, (int64_t) seed * -3);
    } else {
        size_t bytes;
        const char *data = batch_bytes(batch, column, row, &bytes);
        int expected = g_snprintf(text, sizeof text, "%*u", (int) (seed % 40), seed);
        g_assert_cmpmem(data, bytes, text, (size_t) expected);
    }
}

static void
rows_come_out_as_they_went_in(void)
{
    g_autoptr(Batch) batch = batch_new(all_types, ALL);
    for (guint32 round = 0; round < 3; round++) {
        guint32 rows = 0;
        batch_reset(batch);
        for (; !batch_is_full(batch); rows++) {
            for (size_t column = 0; column < ALL; column++)
                put_cell(batch, column, rows * 31 + (guint32) column + round);
            batch_commit_row(batch, rows + 1);
        }
        g_assert_cmpuint(batch->row_count, ==, BATCH_ROWS_MAX);
        for (guint32 row = 0; row < rows; row++) {
            g_assert_cmpint(batch->row_ids[row], ==, row + 1);
            for (size_t column = 0; column < ALL; column++)
                assert_cell(batch, column, row, row * 31 + (guint32) column + round);
        }
    }
}

static void
a_dropped_row_leaves_no_trace(void)
{
    g_autoptr(Batch) straight = batch_new(all_types, ALL);
    g_autoptr(Batch) detour = batch_new(all_types, ALL);
    for (guint32 row = 0; row < 100; row++) {
        for (size_t column = 0; column < ALL; column++) {
            put_cell(straight, column, row + (guint32) column);
            if (column % 2 == row % 2) /* begun, then dropped */
                put_cell(detour, column, row * 977 + 1);
        }
        batch_drop_row(detour);
        for (size_t column = ALL; column-- > 0;)
            put_cell(detour, column, row + (guint32) column);
        batch_commit_row(straight, row);
        batch_commit_row(detour, row);
    }
    HashSum a = {0}, b = {0};
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    batch_hash(straight, &hasher, &a);
    batch_hash(detour, &hasher, &b);
    g_assert_true(hash_sum_equal(&a, &b));
    for (size_t column = 0; column < ALL; column++)
        g_assert_cmpuint(straight->columns[column].heap_bytes, ==,
                         detour->columns[column].heap_bytes);
}

static void
a_batch_is_full_by_bytes_too(void)
{
    static const ColumnType text[] = {TYPE_TEXT};
    g_autoptr(Batch) batch = batch_new(text, 1);
    g_autofree char *megabyte = g_malloc0(1024 * 1024);
    while (!batch_is_full(batch)) {
        batch_put_bytes(batch, 0, megabyte, 1024 * 1024);
        batch_commit_row(batch, 1);
    }
    g_assert_cmpuint(batch->row_count, ==, BATCH_BYTES_MAX / (1024 * 1024));
}

static RowHash
hash_of(const char *spec)
{
    /* "i7" int, "t…" text, "y…" bytes, "c…" decimal, "n" NULL, separated by '|' */
    g_auto(GStrv) cells = g_strsplit(spec, "|", -1);
    g_auto(RowHasher) hasher;
    row_hasher_init(&hasher);
    row_hasher_begin(&hasher);
    for (char **cell = cells; *cell != NULL; cell++) {
        const char *text = *cell + 1;
        switch (**cell) {
        case 'n':
            row_hasher_null(&hasher);
            break;
        case 'i':
            row_hasher_int(&hasher, TYPE_INT, atoll(text));
            break;
        case 'b':
            row_hasher_int(&hasher, TYPE_BOOL, atoll(text));
            break;
        case 'd':
            row_hasher_int(&hasher, TYPE_DATE, atoll(text));
            break;
        case 's':
            row_hasher_int(&hasher, TYPE_TIMESTAMP, atoll(text));
            break;
        case 'f':
            row_hasher_float(&hasher, g_ascii_strtod(text, NULL));
            break;
        case 't':
            row_hasher_bytes(&hasher, TYPE_TEXT, text, strlen(text));
            break;
        case 'y':
            row_hasher_bytes(&hasher, TYPE_BYTES, text, strlen(text));
            break;
        case 'c':
            row_hasher_bytes(&hasher, TYPE_DECIMAL, text, strlen(text));
            break;
        default:
            g_assert_not_reached();
        }
    }
    return row_hasher_end(&hasher);
}

static void
rows_that_differ_hash_differently(void)
{
    static const char *const rows[] = {
        "i1|i2", "i2|i1", "i1", "i1|i2|n", "n|i1|i2", "i1|n|i2", "n",     "n|n",
        "t",     "y",     "c",  "ta|tb",   "tab|t",   "t|tab",   "tb|ta", "i1|t2",
        "t1|i2", "b1",    "b0", "i0",      "d1",      "s1",      "f1",    "t1",
        "c1",    "y1",    "f0", "fnan",    "i-1",     "f-1",     "n|t",   "t|n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (size_t j = 0; j < i; j++) {
            RowHash a = hash_of(rows[i]), b = hash_of(rows[j]);
            g_assert_false(a.low == b.low);
            g_assert_false(a.high == b.high);
        }
    }
}

static void
zeros_and_nans_are_one_each(void)
{
    RowHash plus = hash_of("f0"), minus = hash_of("f-0");
    g_assert_cmpmem(&plus, sizeof plus, &minus, sizeof minus);
    RowHash nan = hash_of("fnan"), other = hash_of("f-nan");
    g_assert_cmpmem(&nan, sizeof nan, &other, sizeof other);
}

static void
a_long_row_hashes_the_same_however_it_is_cut(void)
{
    /* one value of n bytes, alone and behind a filler that moves it over the buffer's end */
    g_autofree char *data = g_malloc(3 * ROW_HASHER_BYTES);
    for (int i = 0; i < 3 * ROW_HASHER_BYTES; i++)
        data[i] = (char) (i * 7);
    g_auto(RowHasher) reused;
    row_hasher_init(&reused);
    for (size_t bytes = ROW_HASHER_BYTES - 30; bytes < ROW_HASHER_BYTES + 30; bytes++) {
        g_auto(RowHasher) fresh;
        row_hasher_init(&fresh);
        RowHash hashes[2];
        RowHasher *hashers[2] = {&fresh, &reused};
        for (int i = 0; i < 2; i++) {
            row_hasher_begin(hashers[i]);
            row_hasher_bytes(hashers[i], TYPE_TEXT, data, bytes);
            row_hasher_int(hashers[i], TYPE_INT, 5);
            row_hasher_bytes(hashers[i], TYPE_BYTES, data, 3 * ROW_HASHER_BYTES);
            hashes[i] = row_hasher_end(hashers[i]);
        }
        g_assert_cmpmem(&hashes[0], sizeof hashes[0], &hashes[1], sizeof hashes[1]);
    }
}

/* The form is written into ledgers: a change of it would make old ones useless. */
static void
the_hash_of_a_known_row_never_changes(void)
{
    HashSum sum = {0};
    hash_sum_add(&sum, hash_of("i1|tabc|n|f1.5|b1|d19000|s5|c12.5|yxyz"));
    g_autofree char *text = hash_sum_text(&sum);
    g_assert_cmpstr(text, ==, "1:c10f0326d338b6e1:d3c81a39933476f7");
}

static void
sums_are_written_and_read_back(void)
{
    HashSum sum = {.low = 1, .high = UINT64_MAX, .rows = 12}, back;
    g_autofree char *text = hash_sum_text(&sum);
    g_assert_cmpstr(text, ==, "12:0000000000000001:ffffffffffffffff");
    g_autoptr(GError) error = NULL;
    bool read = hash_sum_parse(text, &back, &error);
    g_assert_no_error(error);
    g_assert_true(read && hash_sum_equal(&sum, &back));
    static const char *const wrong[] = {"",
                                        "12",
                                        "-1:0000000000000001:ffffffffffffffff",
                                        "1:000000000000001:ffffffffffffffff",
                                        "1:0000000000000001:fffffffffffffffg",
                                        "1:0000000000000001:ffffffffffffffff ",
                                        "1:0000000000000001.ffffffffffffffff"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) refused = NULL;
        g_assert_false(hash_sum_parse(wrong[i], &back, &refused));
        g_assert_error(refused, error_quark(), ERR_INVALID);
    }
}

static void
merging_sums_is_adding_their_rows(void)
{
    HashSum whole = {0}, left = {0}, right = {0};
    for (int i = 0; i < 100; i++) {
        g_autofree char *row = g_strdup_printf("i%d|tx", i);
        hash_sum_add(&whole, hash_of(row));
        hash_sum_add(i % 3 == 0 ? &left : &right, hash_of(row));
    }
    hash_sum_merge(&right, &left);
    g_assert_true(hash_sum_equal(&whole, &right));
    hash_sum_add(&right, hash_of("i1|tx"));
    g_assert_false(hash_sum_equal(&whole, &right));
}

/* Lengths on both sides of every way to copy. */
static void
texts_of_every_length_come_out_as_they_went_in(void)
{
    static const ColumnType text = TYPE_TEXT;
    char bytes[100];
    g_autoptr(Batch) batch = batch_new(&text, 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char) (i * 37 + 1);
    for (size_t length = 0; length < sizeof bytes; length++) {
        batch_put_bytes(batch, 0, bytes, length);
        batch_commit_row(batch, 1);
    }
    for (size_t length = 0; length < sizeof bytes; length++) {
        size_t found;
        const char *data = batch_bytes(batch, 0, length, &found);
        g_assert_cmpmem(data, found, bytes, length);
    }
}

/* One letter that is none, or is two bytes, at every place of every length. */
static void
what_is_not_utf8_is_found_at_every_place(void)
{
    char text[41];
    g_assert_true(canonical_utf8(NULL, 0));
    for (size_t length = 1; length < sizeof text; length++)
        for (size_t at = 0; at < length; at++) {
            memset(text, 'a', length);
            g_assert_true(canonical_utf8(text, length));
            text[at] = '\0';
            g_assert_true(canonical_utf8(text, length));
            text[at] = '\xff';
            g_assert_false(canonical_utf8(text, length));
            text[at] = '\xc3';
            g_assert_false(canonical_utf8(text, length));
            if (at + 1 == length)
                continue;
            text[at + 1] = '\xa4';
            g_assert_true(canonical_utf8(text, length));
        }
}

static void
columns_are_taken_whole(void)
{
    g_autoptr(Batch) from = batch_new(all_types, ALL), to = batch_new(all_types, ALL);
    for (guint32 round = 0; round < 3; round++) {
        guint32 rows = 10 + 50 * round;
        batch_reset(from);
        batch_reset(to);
        for (guint32 row = 0; row < rows; row++) {
            for (size_t i = 0; i < ALL; i++)
                put_cell(from, i, row * 17 + (guint32) i + round);
            batch_commit_row(from, row);
        }
        batch_take_rows(to, from);
        for (size_t i = 0; i < ALL; i++)
            batch_take_column(to, i, from, i);
        g_assert_cmpuint(to->row_count, ==, rows);
        for (guint32 row = 0; row < rows; row++)
            for (size_t i = 0; i < ALL; i++)
                assert_cell(to, i, row, row * 17 + (guint32) i + round);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/batch/rows come out as they went in", rows_come_out_as_they_went_in);
    g_test_add_func("/batch/a dropped row leaves no trace", a_dropped_row_leaves_no_trace);
    g_test_add_func("/batch/a batch is full by bytes too", a_batch_is_full_by_bytes_too);
    g_test_add_func("/batch/texts of every length come out as they went in",
                    texts_of_every_length_come_out_as_they_went_in);
    g_test_add_func("/batch/columns are taken whole", columns_are_taken_whole);
    g_test_add_func("/canonical/what is not UTF-8 is found at every place",
                    what_is_not_utf8_is_found_at_every_place);
    g_test_add_func("/hash/rows that differ hash differently", rows_that_differ_hash_differently);
    g_test_add_func("/hash/zeros and NaNs are one each", zeros_and_nans_are_one_each);
    g_test_add_func("/hash/a long row hashes the same however it is cut",
                    a_long_row_hashes_the_same_however_it_is_cut);
    g_test_add_func("/hash/the hash of a known row never changes",
                    the_hash_of_a_known_row_never_changes);
    g_test_add_func("/hash/sums are written and read back", sums_are_written_and_read_back);
    g_test_add_func("/hash/merging sums is adding their rows", merging_sums_is_adding_their_rows);
    return g_test_run();
}
