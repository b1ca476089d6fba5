/* What routes accept, and how they refuse the rest. */
#include "server/input.h"

#include <string.h>

static const Input inputs[] = {
    {"digest", INPUT_TEXT, true, 10, "a digest"},
    {"count", INPUT_COUNT, false, 100, "a whole number"},
    {"force", INPUT_FLAG, false, 0, "true or false"},
    {"labels", INPUT_TEXTS, false, 2, "a list of labels"},
    {"progress", INPUT_OBJECT, false, 0, "an object"},
    {NULL},
};

static void
bodies_are_held_against_the_table(void)
{
    static const struct {
        const char *body;
        const char *message; /* part of it; NULL: accepted */
    } rows[] = {
        {"{\"digest\": \"abc\"}", NULL},
        {"{\"digest\": \"abc\", \"count\": 100, \"force\": false, \"labels\": [\"a\"], "
         "\"progress\": {}}",
         NULL},
        {"{\"digest\": \"abc\", \"count\": null}", NULL},
        {"[]", "the body is a list, expected an object"},
        {"{}", "'digest' is missing: expected a digest"},
        {"{\"digest\": null}", "'digest' is null"},
        {"{\"digest\": \"\"}", "'digest' is empty"},
        {"{\"digest\": 7}", "'digest' is a whole number, expected a digest"},
        {"{\"digest\": \"12345678901\"}", "11 bytes, at most 10"},
        {"{\"digest\": \"a\\u0007\"}", "control characters"},
        {"{\"digset\": \"abc\"}", "unknown member 'digset': did you mean 'digest'?"},
        {"{\"digest\": \"abc\", \"zzz\": 1}", "unknown member 'zzz': expected 'digest', 'count'"},
        {"{\"digest\": \"abc\", \"count\": -1}", "'count' is negative"},
        {"{\"digest\": \"abc\", \"count\": 101}", "'count' is 101, at most 100"},
        {"{\"digest\": \"abc\", \"count\": 1.5}", "a number with a fraction"},
        {"{\"digest\": \"abc\", \"force\": 1}",
         "'force' is a whole number, expected true or false"},
        {"{\"digest\": \"abc\", \"labels\": [1]}", "not a string"},
        {"{\"digest\": \"abc\", \"labels\": [\"a\", \"b\", \"c\"]}", "3 items, at most 2"},
        {"{\"digest\": \"abc\", \"progress\": []}", "'progress' is a list, expected an object"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) body = json_loads(rows[i].body, JSON_DECODE_ANY, NULL);
        g_test_message("%s", rows[i].body);
        bool ok = input_check_body(inputs, body, &error);
        g_assert_cmpint(ok, ==, rows[i].message == NULL);
        if (!ok) {
            g_assert_cmpint(error_code(error), ==, ERR_INVALID);
            g_test_message("%s", error->message);
            g_assert_nonnull(strstr(error->message, rows[i].message));
        }
    }
}

static void
parameters_are_held_against_the_table(void)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"/x?digest=abc&count=7&force=1", NULL},
        {"/x?digest=abc&force", NULL},
        {"/x", "parameter 'digest' is missing"},
        {"/x?digest=abc&count=seven", "parameter 'count' is 'seven', expected a whole number"},
        {"/x?digest=abc&count=-1", "expected a whole number"},
        {"/x?digest=abc&count=1000000000000000000000", "expected a whole number"},
        {"/x?digest=abc&count=101", "at most 100"},
        {"/x?digest=abc&force=maybe", "parameter 'force' is 'maybe'"},
        {"/x?digest=abc&cuont=1", "unknown parameter 'cuont': did you mean 'count'?"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(Target) target = {0};
        g_assert_true(target_parse(rows[i].text, &target, NULL));
        bool ok = input_check_parameters(inputs, &target, &error);
        g_test_message("%s: %s", rows[i].text, ok ? "accepted" : error->message);
        g_assert_cmpint(ok, ==, rows[i].message == NULL);
        if (!ok)
            g_assert_nonnull(strstr(error->message, rows[i].message));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/input/bodies are held against the table", bodies_are_held_against_the_table);
    g_test_add_func("/input/parameters are held against the table",
                    parameters_are_held_against_the_table);
    return g_test_run();
}
