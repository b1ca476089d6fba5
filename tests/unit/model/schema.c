/* schema.c - schemas as values: the way through JSON, fingerprints, differences. */
#include "model/schema.h"

#include <string.h>

static Schema *
users(void)
{
    Schema *schema = schema_new("users_v1");
    schema_add(schema, "id", TYPE_INT, "INTEGER", false);
    schema_add(schema, "Cost Total $", TYPE_DECIMAL, "NUMERIC", true)->has_default = true;
    schema_add(schema, "naïve \"name\"", TYPE_TEXT, NULL, true)->is_generated = true;
    schema_add_key(schema, "id");
    schema_add_dependent(schema, "view", "z_view", "CREATE VIEW z_view AS SELECT 1");
    schema_add_dependent(schema, "index", "a_index", NULL);
    schema_add_dependent(schema, "view", "a_view", "");
    return schema;
}

static void
a_schema_survives_the_way_through_json(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Schema) before = users(), copy = schema_copy(before), after = NULL;
    g_autoptr(json_t) json = schema_to_json(before);
    g_assert_true(schema_from_json(json, &after, &error));
    g_autofree char *a = schema_fingerprint(before), *b = schema_fingerprint(after),
                    *c = schema_fingerprint(copy);
    g_assert_cmpstr(a, ==, b);
    g_assert_cmpstr(a, ==, c);
    g_autoptr(GPtrArray) differences = schema_differences(before, after);
    g_assert_cmpuint(differences->len, ==, 0);
}

static void
dependents_are_sorted_whatever_the_order_of_their_coming(void)
{
    g_autoptr(Schema) schema = users();
    const char *expected[] = {"a_index", "a_view", "z_view"};
    for (guint i = 0; i < 3; i++)
        g_assert_cmpstr(((Dependent *) schema->dependents->pdata[i])->name, ==, expected[i]);
}

static void
every_difference_is_one_sentence(void)
{
    g_autoptr(Schema) before = users(), now = schema_new("users_v2");
    schema_add(now, "Cost Total $", TYPE_FLOAT, "REAL", false);
    schema_add(now, "id", TYPE_INT, "BIGINT", false);
    schema_add(now, "age", TYPE_INT, "INTEGER", true);
    schema_add_dependent(now, "view", "z_view", "CREATE VIEW z_view AS SELECT 2");
    schema_add_dependent(now, "trigger", "t", "");
    static const char *const expected[] = {
        "dataset was 'users_v1', is 'users_v2'",
        "column 'id' was declared 'INTEGER', is 'BIGINT'",
        "column 'Cost Total $' was decimal, is float",
        "column 'Cost Total $' may not be NULL any more",
        "column 'Cost Total $' has no default any more",
        "column 'naïve \"name\"' is gone",
        "column 'age' (int) is new",
        "columns stand in another order",
        "the key was 'id', is none",
        "index 'a_index' is gone",
        "view 'a_view' is gone",
        "view 'z_view' has another definition",
        "trigger 't' is new",
    };
    g_autoptr(GPtrArray) found = schema_differences(before, now);
    for (guint i = 0; i < MIN(found->len, G_N_ELEMENTS(expected)); i++)
        g_assert_cmpstr(found->pdata[i], ==, expected[i]);
    g_assert_cmpuint(found->len, ==, G_N_ELEMENTS(expected));
}

static void
broken_json_is_refused_with_its_place(void)
{
    static const struct {
        const char *json, *message;
    } cases[] = {
        {"{}", "dataset"},
        {"{\"dataset\":\"a\",\"columns\":[{\"name\":\"x\",\"type\":\"real\"}]}",
         "schema.columns[0].type: unknown type 'real'"},
        {"{\"dataset\":\"a\",\"columns\":[{\"name\":\"x\",\"type\":\"int\"},{\"name\":\"x\","
         "\"type\":\"int\"}]}",
         "schema.columns[1].name: column 'x' is there twice"},
        {"{\"dataset\":\"a\",\"columns\":[],\"key\":[\"id\"]}", "schema.key[0]: 'id' is no column"},
        {"{\"dataset\":\"a\",\"columns\":[],\"dependents\":[{\"kind\":\"view\"}]}", "name"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) json = json_loads(cases[i].json, 0, NULL);
        Schema *schema = NULL;
        g_assert_false(schema_from_json(json, &schema, &error));
        g_assert_null(schema);
        g_assert_true(error_is(error, ERR_INVALID));
        g_assert_nonnull(strstr(error->message, cases[i].message));
    }
}

static void
type_names_are_the_words_of_mappings(void)
{
    for (ColumnType type = 0; type < TYPE_COUNT; type++) {
        ColumnType back = TYPE_COUNT;
        g_assert_true(column_type_from_name(column_type_name(type), &back));
        g_assert_cmpint(back, ==, type);
    }
    ColumnType untouched = TYPE_COUNT;
    g_assert_false(column_type_from_name("integer", &untouched));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schema/a schema survives the way through JSON",
                    a_schema_survives_the_way_through_json);
    g_test_add_func("/schema/dependents are sorted whatever the order of their coming",
                    dependents_are_sorted_whatever_the_order_of_their_coming);
    g_test_add_func("/schema/every difference is one sentence", every_difference_is_one_sentence);
    g_test_add_func("/schema/broken JSON is refused with its place",
                    broken_json_is_refused_with_its_place);
    g_test_add_func("/schema/type names are the words of mappings",
                    type_names_are_the_words_of_mappings);
    return g_test_run();
}
