/* draft.c - first mappings: what is guessed, what is said about it, and that the check agrees. */
#include "mapping/mapping.h"

#include <string.h>

/* Rows of texts; NULL is NULL. */
static Batch *
sample_of(const Schema *schema, const char *const *cells, size_t rows)
{
    Batch *batch = batch_new_for(schema);
    size_t count = schema_count(schema);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < count; i++) {
            const char *cell = cells[row * count + i];
            if (cell == NULL)
                batch_put_null(batch, i);
            else
                batch_put_bytes(batch, i, cell, strlen(cell));
        }
        batch_commit_row(batch, (int64_t) row + 1);
    }
    return batch;
}

static void
assert_checks(const char *draft, const Schema *source, const Schema *target)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = NULL;
    g_autoptr(GError) error = NULL;
    if (!mapping_parse(draft, strlen(draft), "draft", diags, &set, &error))
        g_error("%s\n%s", error->message, draft);
    mapping_check(mapping_get(set, 0), source, target, NULL, NULL, diags);
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        /* a key that nothing in the source can become is beyond guessing */
        if (diag->level == DIAG_ERROR && strcmp(diag->code, "constant-key") != 0)
            g_error("%s\n%s", diag->message, draft);
    }
}

static void
assert_has(const char *draft, const char *line)
{
    if (strstr(draft, line) == NULL)
        g_error("'%s' is missing in\n%s", line, draft);
}

static void
types_names_and_key_are_guessed_from_a_sample(void)
{
    static const char *const cells[] = {
        "00501", "40.92", "Jun 12 1998", "1990-01-08", "0",  "7", NULL,  "a\"b",
        "00544", "-72.6", "Feb 08 2015", "1990-01-09", "10", "",  "yes", "c",
    };
    g_autoptr(Schema) source = schema_new("strikes.csv");
    static const char *const names[] = {"zip_code",   "Latitude",      "Release Date",
                                        "flightDate", "Cost Total $",  "cost-total",
                                        "Is Open?",   "naïve \"name\""};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        schema_add(source, names[i], TYPE_TEXT, "", true);
    g_autoptr(Batch) sample = sample_of(source, cells, 2);
    g_autofree char *draft = mapping_draft("strikes", source, "strikes_v2", NULL, false, sample);
    assert_checks(draft, source, NULL);
    assert_has(draft, "key: [ zip_code ]\n");
    assert_has(draft, "  zip_code: { from: zip_code }  # guess: same name; digits with leading "
                      "zeros stay text\n");
    assert_has(draft, "  latitude: { from: Latitude, type: float }");
    assert_has(draft,
               "  release_date: { from: \"Release Date\", type: date, format: \"%b %d %Y\" }");
    assert_has(draft, "  flight_date: { from: flightDate, type: date }");
    assert_has(draft, "  cost_total: { from: \"Cost Total $\", type: int }");
    assert_has(draft,
               "  cost_total_2: { from: \"cost-total\", values: { \"\": null }, type: int }");
    assert_has(draft, "  is_open: { from: \"Is Open?\", type: bool }");
    assert_has(draft, "from: \"naïve \\\"name\\\"\"");
}

static void
without_a_key_the_record_number_is_one(void)
{
    static const char *const cells[] = {"a", "b"};
    g_autoptr(Schema) source = schema_new("x.csv");
    schema_add(source, "Title", TYPE_TEXT, "", true);
    g_autoptr(Batch) sample = sample_of(source, cells, 2);
    g_autofree char *file = mapping_draft("x", source, "y", NULL, false, sample);
    g_autofree char *table = mapping_draft("x", source, "y", NULL, true, sample);
    assert_checks(file, source, NULL);
    assert_checks(table, source, NULL);
    assert_has(file, "key: [ id ]\ncolumns:\n  id: { from: _row }");
    g_assert_null(strstr(table, "_row"));
}

static void
a_few_broken_values_do_not_spoil_a_guess(void)
{
    const char *cells[200];
    g_autoptr(Schema) source = schema_new("x.csv");
    schema_add(source, "count", TYPE_TEXT, "", true);
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++)
        cells[i] = i == 100 ? "12x" : "12";
    g_autoptr(Batch) sample = sample_of(source, cells, G_N_ELEMENTS(cells));
    g_autofree char *draft = mapping_draft("x", source, "y", NULL, false, sample);
    assert_has(draft, "count: { from: count, type: int }  # guess: same name; int fits 199 of 200 "
                      "values, rows such as '12x' will be refused\n");
}

static void
a_target_finds_its_source_columns_and_says_how(void)
{
    g_autoptr(Schema) source = schema_new("users_v1"), target = schema_new("users_v2");
    schema_add(source, "id", TYPE_INT, "INTEGER", false);
    schema_add(source, "User Name", TYPE_TEXT, "TEXT", true);
    schema_add(source, "country_code", TYPE_TEXT, "TEXT", true);
    schema_add(source, "created1", TYPE_TEXT, "TEXT", true);
    schema_add(source, "created2", TYPE_TEXT, "TEXT", true);
    schema_add(source, "legacy", TYPE_TEXT, "TEXT", true);
    schema_add(source, "born", TYPE_FLOAT, "REAL", true);
    schema_add_key(source, "id");
    schema_add(target, "id", TYPE_INT, "INTEGER", false);
    schema_add(target, "user_name", TYPE_TEXT, "TEXT", false);
    schema_add(target, "country", TYPE_TEXT, "TEXT", true);
    schema_add(target, "created", TYPE_TIMESTAMP, "TIMESTAMP", true);
    schema_add(target, "tier", TYPE_TEXT, "TEXT", false);
    schema_add(target, "born", TYPE_DATE, "DATE", true);
    schema_add(target, "full", TYPE_TEXT, "TEXT", true)->is_generated = true;
    schema_add_key(target, "id");
    g_autofree char *draft = mapping_draft("users-v1", source, "users-v2", target, true, NULL);
    assert_checks(draft, source, target);
    assert_has(draft, "key: [ id ]\n");
    assert_has(draft, "  user_name: { from: \"User Name\" }  # guess: same name but for case, "
                      "blanks and signs\n");
    assert_has(draft, "  country: { from: country_code }  # guess: one name is in the other\n");
    assert_has(draft, "ambiguous: 'created2' is just as near\n");
    assert_has(
        draft,
        "  tier: { const: \"\" }  # guess: nothing in the source fits, and it may not be NULL");
    assert_has(draft,
               "# guess: nothing in the source fits 'born' (date); it is left to its default\n");
    assert_has(draft, "# not mapped: 'legacy'");
    g_assert_null(strstr(draft, "full"));
}

static void
keys_and_full_names_are_put_together(void)
{
    g_autoptr(Schema) source = schema_new("users_v1"), target = schema_new("users_v2");
    schema_add(source, "id", TYPE_INT, "INTEGER", false);
    schema_add(source, "first_name", TYPE_TEXT, "TEXT", false);
    schema_add(source, "last_name", TYPE_TEXT, "TEXT", false);
    schema_add_key(source, "id");
    schema_add(target, "user_number", TYPE_INT, "INTEGER", false)->has_default = true;
    schema_add(target, "full_name", TYPE_TEXT, "TEXT", false);
    schema_add_key(target, "user_number");
    g_autofree char *draft = mapping_draft("users-v1", source, "users-v2", target, true, NULL);
    assert_checks(draft, source, target);
    assert_has(draft, "key: [ user_number ]\n");
    assert_has(draft, "  user_number: { from: id }  # guess: both are the key\n");
    assert_has(draft, "  full_name: { concat: [ first_name, { text: \" \" }, last_name ] }");
}

/* Whatever the schemas are: names with line ends, quotes, and no letters at all; all types. */
static void
every_draft_passes_the_check(void)
{
    static const char *const names[] = {
        "id",  "Id",   "a b",  "a\nb", "\"",  "'",   "$", "%",          "null",      "yes", "é",
        "1st", "_row", "x: y", "# c",  "- d", "{e}", "",  "created_at", "createdAt", "\\",  "key"};
    for (int i = 0; i < 500; i++) {
        g_autoptr(Schema) a = schema_new("a"), b = schema_new("b");
        Schema *schemas[2] = {a, b};
        for (int side = 0; side < 2; side++) {
            g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
            for (int n = g_test_rand_int_range(1, 9); n > 0; n--) {
                const char *name = names[g_test_rand_int_range(0, G_N_ELEMENTS(names))];
                if (name[0] == '\0' || strcmp(name, "Id") == 0 ||
                    !g_hash_table_add(seen, (void *) name))
                    continue;
                Column *column = schema_add(schemas[side], name,
                                            (ColumnType) g_test_rand_int_range(0, TYPE_COUNT), "",
                                            g_test_rand_bit());
                column->has_default = g_test_rand_bit();
                if (g_test_rand_int_range(0, 4) == 0)
                    schema_add_key(schemas[side], name);
            }
            if (schema_count(schemas[side]) == 0)
                schema_add(schemas[side], "id", TYPE_INT, "", true);
        }
        const Schema *target = g_test_rand_bit() ? schemas[1] : NULL;
        g_autofree char *draft =
            mapping_draft("a", schemas[0], "b", target, g_test_rand_bit(), NULL);
        assert_checks(draft, schemas[0], target);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/draft/types, names and key are guessed from a sample",
                    types_names_and_key_are_guessed_from_a_sample);
    g_test_add_func("/draft/without a key the record number is one",
                    without_a_key_the_record_number_is_one);
    g_test_add_func("/draft/a few broken values do not spoil a guess",
                    a_few_broken_values_do_not_spoil_a_guess);
    g_test_add_func("/draft/a target finds its source columns and says how",
                    a_target_finds_its_source_columns_and_says_how);
    g_test_add_func("/draft/keys and full names are put together",
                    keys_and_full_names_are_put_together);
    g_test_add_func("/draft/every draft passes the check", every_draft_passes_the_check);
    return g_test_run();
}
