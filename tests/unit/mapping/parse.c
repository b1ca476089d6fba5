/*
 * parse.c - mapping files as people write and miswrite them.
 *
 * The table of broken inputs is checked word for word: a message is part of the interface.
 */
#include "mapping/mapping.h"

#include <string.h>

#define HEAD "apiVersion: honk/v1\nkind: Mapping\nsource: a\ntarget: b\n" /* four lines */

static MappingSet *
parse(const char *text, Diags *diags)
{
    MappingSet *set = NULL;
    g_autoptr(GError) error = NULL;
    if (mapping_parse(text, strlen(text), "m.yaml", diags, &set, &error)) {
        g_assert_no_error(error);
        return set;
    }
    g_assert_true(error_is(error, ERR_INVALID));
    return NULL;
}

typedef struct {
    const char *text;
    const char *findings; /* all of them, a line each, without the codes' brackets checked apart */
} Broken;

/* clang-format off */
static const Broken broken[] = {
    {"", "m.yaml:1:1: error: there is no mapping in this file [empty]"},
    {"- a\n", "m.yaml:1:1: error: a mapping must be a map such as { apiVersion: honk/v1, kind: Mapping, … }, here is a list [wrong-type]"},
    {"kind: Mapping\nsource: a\ntarget: b\ncolumns: { x: y }\n",
     "m.yaml:1:1: error: a mapping needs `apiVersion` [missing-key]"},
    {"apiVersion: honk/v2\nkind: Maping\nsource: a\ntarget: b\ncolumns: { x: y }\n",
     "m.yaml:1:13: error: apiVersion must be honk/v1, here is 'honk/v2' [bad-value]\n"
     "m.yaml:2:7: error: kind must be Mapping, here is 'Maping' [bad-value]"},
    {"apiVersion: honk/v1\nkind: Mapping\ncolumns: { x: y }\n",
     "m.yaml:1:1: error: a mapping needs `source` [missing-key]\n"
     "m.yaml:1:1: error: a mapping needs `target` [missing-key]"},
    {HEAD, "m.yaml:1:1: error: a mapping needs `columns` [missing-key]"},
    {HEAD "columns:\n", "m.yaml:5:9: error: columns must be a map such as { target_column: source_column }, here is nothing [wrong-type]"},
    {HEAD "columns: {}\n", "m.yaml:5:10: error: columns is empty; expected { target_column: source_column } [bad-value]"},
    {HEAD "columns: [ x, y ]\n", "m.yaml:5:10: error: columns must be a map such as { target_column: source_column }, here is a list [wrong-type]"},
    {HEAD "colums: { x: y }\n",
     "m.yaml:5:1: error: unknown key 'colums' in a mapping; did you mean 'columns'? [unknown-key]\n"
     "m.yaml:1:1: error: a mapping needs `columns` [missing-key]"},
    {HEAD "columns: { x: y }\nowner: me\n",
     "m.yaml:6:1: error: unknown key 'owner' in a mapping; known are apiVersion, kind, source, target, aliases, key, where, columns, "
     "consumers, dropped, lossy, output_names, dbt, quarantine [unknown-key]"},
    {HEAD "columns:\n  x: { form: y }\n",
     "m.yaml:6:8: error: unknown key 'form' in the rule of column 'x'; did you mean 'from'? [unknown-key]\n"
     "m.yaml:6:6: error: column 'x' has no source: expected one of from, concat, expr, const [missing-key]"},
    {HEAD "columns:\n  x: { from: y, const: 1 }\n",
     "m.yaml:6:17: error: column 'x' has both 'from' and 'const'; a rule has one of from, concat, expr, const [two-rules]"},
    {HEAD "columns:\n  x:\n", "m.yaml:6:5: error: the rule of column 'x' must be a map such as { from: source_column }, here is nothing [wrong-type]"},
    {HEAD "columns:\n  x: { from: [ y ] }\n", "m.yaml:6:14: error: from must be a text, here is a list [wrong-type]"},
    {HEAD "columns:\n  x: { from: \"\" }\n", "m.yaml:6:14: error: from must be a text, here is an empty one [wrong-type]"},
    {HEAD "columns:\n  x: { concat: y }\n", "m.yaml:6:16: error: concat must be a list such as [ first_name, { text: \" \" }, last_name ] [wrong-type]"},
    {HEAD "columns:\n  x: { concat: [ y, { txt: z } ] }\n",
     "m.yaml:6:23: error: unknown key 'txt' in a part of concat; did you mean 'text'? [unknown-key]\n"
     "m.yaml:6:21: error: a part of concat is a column, or { text: \"…\" } [bad-value]"},
    {HEAD "columns:\n  x: { from: y, type: integer }\n",
     "m.yaml:6:23: error: type 'integer' is called 'int' here [bad-value]"},
    {HEAD "columns:\n  x: { from: y, type: complex }\n",
     "m.yaml:6:23: error: type cannot be 'complex'; expected one of bool, int, float, decimal, text, date, timestamp, bytes [bad-value]"},
    {HEAD "columns:\n  x: { from: y, type: dat }\n",
     "m.yaml:6:23: error: type cannot be 'dat'; did you mean 'date'? (bool, int, float, decimal, text, date, timestamp, bytes) [bad-value]"},
    {HEAD "columns:\n  x: { from: y, type: date, format: \"%Q\" }\n",
     "m.yaml:6:37: error: the format '%Q' has an unknown field '%Q'; known are %Y %y %m %b %B %d %e %j %a %A %H %I %M %S %f %p %z %% [bad-format]"},
    {HEAD "columns:\n  x: { from: y, split: 2 }\n", "m.yaml:6:24: error: split must be a map such as { by: \" \", part: 1 }, here is a single value [wrong-type]"},
    {HEAD "columns:\n  x: { from: y, split: { by: \" \" } }\n", "m.yaml:6:24: error: split needs 'part', such as { by: \" \", part: 1 } [missing-key]"},
    {HEAD "columns:\n  x: { from: y, split: { by: \" \", part: 0 } }\n",
     "m.yaml:6:41: error: split part counts from 1, or from -1 backwards; there is no part 0 [bad-value]"},
    {HEAD "columns:\n  x: { from: y, split: { by: \"\", part: 1 } }\n", "m.yaml:6:30: error: split by must be a text that is not empty [bad-value]"},
    {HEAD "columns:\n  x: { from: y, split: { by: \" \", part: two } }\n",
     "m.yaml:6:41: error: split part must be a whole number from -1000000 to 1000000, here is 'two' [wrong-type]"},
    {HEAD "columns:\n  x: { from: y, values: [ a ] }\n", "m.yaml:6:25: error: values must be a map such as { UK: GB }, here is a list [wrong-type]"},
    {HEAD "columns:\n  x: { from: y, values: { ~: z } }\n",
     "m.yaml:6:27: error: NULL cannot be a key of values: `default` says what becomes of NULL (quote it if the text is meant) [bad-value]"},
    {HEAD "columns:\n  x: { from: y, others: keep }\n",
     "m.yaml:6:17: error: 'others' says what becomes of values that `values` does not name; there is no `values` [bad-value]"},
    {HEAD "columns:\n  x: { from: y, values: { a: b }, others: drop }\n",
     "m.yaml:6:43: error: others cannot be 'drop'; expected one of keep, null, refuse [bad-value]"},
    {HEAD "columns:\n  x: { const: 1, values: { a: b } }\n",
     "m.yaml:6:6: error: column 'x' is a constant: there is nothing to split or to map [bad-value]"},
    {HEAD "columns:\n  x: { from: y, default: null }\n", "m.yaml:6:26: error: default is what NULL becomes; it cannot be NULL itself [bad-value]"},
    {HEAD "columns:\n  Name: y\n  name: z\n",
     "m.yaml:7:3: error: column 'name' collides with column 'Name' (line 6): names that differ by case alone are one column in most stores [collision]"},
    {HEAD "columns:\n  x: y\ndropped:\n  y: { why: \"not used\" }\n",
     "m.yaml:8:3: error: column 'y' is dropped here, but column 'x' is made from it (line 6) [mapped-and-dropped]"},
    {HEAD "columns:\n  x: y\ndropped:\n  z: { link: \"https://wiki\" }\n",
     "m.yaml:8:3: error: dropped column 'z' needs a reason: { why: \"…\" } [missing-key]"},
    {HEAD "columns:\n  x: y\ndropped: [ z ]\n",
     "m.yaml:7:10: error: dropped must be a map such as { legacy_flag: { why: \"never filled since 2023\" } }, here is a list [wrong-type]"},
    {HEAD "columns:\n  user_id: y\nkey: [ userid ]\n",
     "m.yaml:7:8: error: key names 'userid', which is no target column of `columns`; did you mean 'user_id'? [unknown-column]"},
    {HEAD "columns:\n  x: y\nkey: [ x, x ]\n", "m.yaml:7:11: error: 'x' is named twice in key [twice]"},
    {HEAD "columns:\n  x: y\nlossy: [ zzz ]\n", "m.yaml:7:10: error: lossy names 'zzz', which is no target column of `columns` [unknown-column]"},
    {HEAD "columns:\n  x: y\nwhere: [ a ]\n", "m.yaml:7:8: error: where must be a text, here is a list [wrong-type]"},
    {HEAD "columns:\n  x: y\noutput_names: kep\n",
     "m.yaml:7:15: error: output_names cannot be 'kep'; did you mean 'keep'? (keep, propagate) [bad-value]"},
    {HEAD "columns:\n  x: y\nquarantine: { rows_max: many, share_max: 200% }\n",
     "m.yaml:7:25: error: rows_max must be a whole number of at least 0, here is 'many' [wrong-type]\n"
     "m.yaml:7:42: error: share_max must be a share such as 1% or 0.01, here is '200%' [bad-value]"},
    {HEAD "columns:\n  x: y\ndbt: { source: s.t }\n", "m.yaml:7:6: error: dbt needs `target` [missing-key]"},
    {HEAD "columns:\n  x: y\nconsumers:\n  y: { why: \"…\" }\n",
     "m.yaml:8:3: error: consumers of column 'y' need an `expr`, or literals mapped through `values` [missing-key]"},
    {HEAD "columns: { x: y }\n---\n" HEAD "columns: { x: y }\n",
     "m.yaml:7:1: error: 'a' to 'b' is mapped twice in this file (line 1) [twice]"},
    {HEAD "columns:\n  x: { type: int }\ndropped:\n  z: \"not used\"\n",
     "m.yaml:6:6: error: column 'x' has no source: expected one of from, concat, expr, const [missing-key]"},
    {HEAD "columns: { x: y, x: z }\n", NULL},
    {HEAD "columns: { x: y\n", NULL},
    {HEAD "columns:\n\tx: y\n", NULL},
    {"\xff\xfe\x00", NULL},
};
/* clang-format on */

static void
every_mistake_is_told_with_its_place_and_what_was_expected(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(MappingSet) set = parse(broken[i].text, diags);
        g_autofree char *found = diags_text(diags);
        g_assert_null(set);
        if (broken[i].findings != NULL)
            g_assert_cmpstr(found, ==, broken[i].findings);
        else /* YAML's own errors: they have a place */
            g_assert_true(g_str_has_prefix(found, "m.yaml:"));
        g_test_message("%s", found);
    }
}

static void
all_findings_of_a_file_come_at_once(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = parse("apiVersion: honk/v1\nkind: Mapping\nsorce: a\ntarget: "
                                      "b\ncolumns:\n  x: { from: y, tpye: int }\n"
                                      "  z: { const: [ 1 ] }\nkey: [ w ]\n---\nkind: Mapping\n",
                                      diags);
    g_assert_null(set);
    g_assert_cmpuint(diags_count(diags), >=, 8);
}

static const char whole[] =
    "# two mappings in one file\n"
    "apiVersion: honk/v1\n"
    "kind: Mapping\n"
    "source: users-v1\n"
    "target: resource:default/users-v2\n"
    "aliases: [ \"acme-prod.identity.users_v1\" ]\n"
    "key: user_id\n"
    "where: \"deleted_at IS NULL\"\n"
    "columns:\n"
    "  user_id: id\n"
    "  full_name: { concat: [ first_name, { text: \" \" }, { from: last_name } ] }\n"
    "  initials:  { from: name, split: { by: \" \", part: -1 } }\n"
    "  country:   { from: country_code, values: { UK: GB, XX: null }, others: null }\n"
    "  signed_up: { from: created, type: timestamp, format: \"%b %d %Y\" }\n"
    "  \"Cost Total $\": { from: \"he said \\\"hi\\\"\", type: float, default: 0 }\n"
    "  \"device.os\": { from: \"client.os\" }\n"
    "  tier: { const: free }\n"
    "  label: { expr: \"upper(code)\", type: text }\n"
    "consumers:\n"
    "  first_name: { expr: \"split_part(full_name, ' ', 1)\" }\n"
    "dropped:\n"
    "  legacy_flag: { why: \"never filled since 2023\", link: \"https://wiki/x\" }\n"
    "  other: \"nobody reads it\"\n"
    "lossy: [ \"Cost Total $\" ]\n"
    "output_names: propagate\n"
    "dbt: { source: \"identity.users_v1\", target: \"identity.users_v2\" }\n"
    "quarantine: { share_max: 0.5% }\n"
    "---\n" HEAD "columns: { x: y }\n";

static void
everything_that_a_mapping_may_say_is_kept(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = parse(whole, diags);
    g_assert_nonnull(set);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    g_assert_cmpuint(mapping_count(set), ==, 2);
    const Mapping *mapping = mapping_get(set, 0);
    g_assert_cmpstr(mapping_source(mapping), ==, "users-v1");
    g_assert_cmpstr(mapping_key(mapping)->pdata[0], ==, "user_id");
    g_assert_cmpstr(mapping_aliases(mapping)->pdata[0], ==, "acme-prod.identity.users_v1");
    g_assert_cmpstr(json_get_string(json_at(mapping_dropped(mapping), "legacy_flag"), "link", NULL),
                    ==, "https://wiki/x");
    g_assert_cmpstr(json_get_string(json_at(mapping_dropped(mapping), "other"), "why", NULL), ==,
                    "nobody reads it");
    g_assert_cmpstr(
        json_get_string(json_at(mapping_consumers(mapping), "first_name"), "expr", NULL), ==,
        "split_part(full_name, ' ', 1)");
    g_assert_cmpstr(json_get_string(mapping_dbt(mapping), "source", NULL), ==, "identity.users_v1");
    g_assert_true(mapping_propagates_names(mapping));
    /* what is said replaces the default of both: 0.5 %, and no number of rows beside it */
    g_assert_cmpint(mapping_quarantine_share_max_ppm(mapping), ==, 5000);
    g_assert_cmpint(mapping_quarantine_rows_max(mapping), ==, 0);
    g_assert_cmpint(mapping_quarantine_rows_max(mapping_get(set, 1)), ==, 100);
    g_assert_cmpint(mapping_quarantine_share_max_ppm(mapping_get(set, 1)), ==, 10000);
}

static void
a_mapping_is_found_by_any_name_of_its_datasets(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(MappingSet) set = parse(whole, diags);
    const char *target[] = {"users_v2", "resource:default/users-v2", NULL};
    const char *sources[] = {"users-v1", "resource:default/users-v1", "resource:default/Users-V1",
                             "acme-prod.identity.users_v1"};
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        const char *source[] = {"something", sources[i], NULL};
        const Mapping *found = NULL;
        g_assert_true(mapping_for(set, source, target, &found, NULL));
        g_assert_true(found == mapping_get(set, 0));
    }
    g_autoptr(GError) error = NULL;
    const Mapping *untouched = NULL;
    const char *other[] = {"users", NULL};
    g_assert_false(mapping_for(set, other, target, &untouched, &error));
    g_assert_null(untouched);
    g_assert_cmpstr(error->message, ==,
                    "'m.yaml' maps 'users-v1' to 'resource:default/users-v2', 'a' to 'b'; it does "
                    "not map 'users' to 'users_v2'");
}

static void
the_identity_maps_what_both_sides_have(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Schema) source = schema_new("a"), target = schema_new("b"), other = schema_new("c");
    g_autoptr(MappingSet) set = NULL, as_source = NULL, none = NULL;
    schema_add(source, "Id", TYPE_INT, "", false);
    schema_add(source, "x", TYPE_TEXT, "", true);
    schema_add_key(source, "Id");
    schema_add(target, "id", TYPE_INT, "", false);
    schema_add(target, "y", TYPE_INT, "", true);
    schema_add_key(target, "id");
    schema_add(other, "z", TYPE_INT, "", true);
    g_assert_true(mapping_identity(source, target, &set, &error));
    g_assert_cmpstr(mapping_key(mapping_get(set, 0))->pdata[0], ==, "id");
    g_assert_true(mapping_identity(source, NULL, &as_source, &error));
    g_autoptr(Schema) made = NULL;
    g_assert_true(mapping_target_schema(mapping_get(as_source, 0), source, "a", &made, &error));
    g_autofree char *before = schema_fingerprint(source), *after = schema_fingerprint(made);
    g_assert_cmpstr(before, ==, after);
    g_assert_false(mapping_identity(source, other, &none, &error));
    g_assert_cmpstr(error->message, ==, "'a' and 'c' have no column in common");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/every mistake is told with its place and what was expected",
                    every_mistake_is_told_with_its_place_and_what_was_expected);
    g_test_add_func("/mapping/all findings of a file come at once",
                    all_findings_of_a_file_come_at_once);
    g_test_add_func("/mapping/everything that a mapping may say is kept",
                    everything_that_a_mapping_may_say_is_kept);
    g_test_add_func("/mapping/a mapping is found by any name of its datasets",
                    a_mapping_is_found_by_any_name_of_its_datasets);
    g_test_add_func("/mapping/the identity maps what both sides have",
                    the_identity_maps_what_both_sides_have);
    return g_test_run();
}
