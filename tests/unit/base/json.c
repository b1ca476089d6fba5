/* json.c - JSON is refused with its place, read by type, and written in one canonical way. */
#include "base/json.h"
#include "base/json_index.h"

#include "base/limits.h"

#include <string.h>

static json_t *
parsed(const char *text)
{
    g_autoptr(GError) error = NULL;
    json_t *value = NULL;
    bool ok = json_parse(text, strlen(text), "plan", &value, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return value;
}

static void
assert_refused(const char *text, size_t bytes, ErrorCode code, const char *message)
{
    g_autoptr(GError) error = NULL;
    json_t *value = NULL;
    g_assert_false(json_parse(text, bytes, "plan", &value, &error));
    g_assert_null(value);
    g_assert_error(error, error_quark(), (int) code);
    g_assert_cmpstr(error->message, ==, message);
}

static void
a_syntax_error_names_line_and_column(void)
{
    const char *text = "{\n  \"a\": 1,\n  b\n}";
    assert_refused(text, strlen(text), ERR_INVALID,
                   "plan:3:3: not valid JSON: string or '}' expected near 'b'");
}

static void
duplicate_keys_are_refused(void)
{
    const char *text = "{\"a\": 1,\n \"a\": 2}";
    assert_refused(text, strlen(text), ERR_INVALID,
                   "plan:2:4: not valid JSON: duplicate object key near '\"a\"'");
}

static void
an_empty_text_is_refused(void)
{
    assert_refused("", 0, ERR_INVALID,
                   "plan:1:1: not valid JSON: unexpected token near end of file");
}

static void
nul_characters_are_refused(void)
{
    const char *text = "[\"a\\u0000b\"]";
    assert_refused(text, strlen(text), ERR_INVALID,
                   "plan:1:11: not valid JSON: a string holds a NUL character");
}

static char *
nested(int levels)
{
    GString *text = g_string_new("\n");
    for (int i = 0; i < levels; i++)
        g_string_append_c(text, '[');
    for (int i = 0; i < levels; i++)
        g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static void
depth_is_bounded_before_anything_is_built(void)
{
    g_autofree char *deep = nested(JSON_DEPTH_MAX + 1);
    assert_refused(deep, strlen(deep), ERR_TOO_LARGE, "plan:2: nested deeper than 64 levels");
    g_autofree char *allowed = nested(JSON_DEPTH_MAX);
    g_autoptr(json_t) value = parsed(allowed);
    g_assert_true(json_is_array(value));
}

static void
brackets_inside_strings_do_not_count_as_depth(void)
{
    g_autoptr(GString) text = g_string_new("[\"\\\"");
    for (int i = 0; i < 200; i++)
        g_string_append_c(text, '[');
    g_string_append(text, "\"]");
    g_autoptr(json_t) value = parsed(text->str);
    g_assert_cmpuint(json_array_size(value), ==, 1);
}

static void
a_wanted_member_is_missing_or_of_another_type_and_the_error_says_so(void)
{
    g_autoptr(json_t) object = parsed("{\"name\": 3, \"steps\": {}, \"rate\": 0.5, \"on\": true}");
    static const struct {
        const char *key, *message;
    } cases[] = {
        {"name", "plan.name is an integer, expected a string"},
        {"steps", "plan.steps is an object, expected a string"},
        {"rate", "plan.rate is a fraction, expected a string"},
        {"on", "plan.on is true, expected a string"},
        {"owner", "plan.owner is missing, expected a string"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        const char *text = "untouched";
        g_assert_false(json_need_string(object, cases[i].key, "plan", &text, &error));
        g_assert_error(error, error_quark(), ERR_INVALID);
        g_assert_cmpstr(error->message, ==, cases[i].message);
        g_assert_cmpstr(text, ==, "untouched");
    }
}

static void
members_are_read_by_type(void)
{
    g_autoptr(json_t) object =
        parsed("{\"s\": \"x\", \"i\": 9007199254740993, \"a\": [], \"o\": {}}");
    g_autoptr(GError) error = NULL;
    const char *text = NULL;
    int64_t number = 0;
    json_t *list = NULL, *inner = NULL;
    g_assert_true(json_need_string(object, "s", "x", &text, &error));
    g_assert_true(json_need_int(object, "i", "x", &number, &error));
    g_assert_true(json_need_array(object, "a", "x", &list, &error));
    g_assert_true(json_need_object(object, "o", "x", &inner, &error));
    g_assert_cmpstr(text, ==, "x");
    g_assert_cmpint(number, ==, INT64_C(9007199254740993));
    g_assert_nonnull(list);
    g_assert_nonnull(inner);
}

static void
what_is_absent_null_or_of_another_type_gives_the_fallback(void)
{
    g_autoptr(json_t) object = parsed("{\"n\": null, \"s\": \"x\", \"i\": 5, \"b\": true}");
    g_assert_cmpstr(json_get_string(object, "s", "no"), ==, "x");
    g_assert_cmpstr(json_get_string(object, "n", "no"), ==, "no");
    g_assert_cmpstr(json_get_string(object, "i", "no"), ==, "no");
    g_assert_cmpstr(json_get_string(NULL, "i", "no"), ==, "no");
    g_assert_cmpint(json_get_int(object, "i", 1), ==, 5);
    g_assert_cmpint(json_get_int(object, "s", 1), ==, 1);
    g_assert_true(json_get_bool(object, "b", false));
    g_assert_true(json_get_bool(object, "zzz", true));
}

static void
a_path_walks_into_objects(void)
{
    g_autoptr(json_t) object = parsed("{\"a\": {\"b\": {\"c\": 7}}, \"s\": 1}");
    g_assert_cmpint(json_integer_value(json_at(object, "a.b.c")), ==, 7);
    g_assert_null(json_at(object, "a.x.c"));
    g_assert_null(json_at(object, "s.b"));
}

static void
text_that_is_not_utf8_is_kept_readable(void)
{
    g_autoptr(json_t) object = json_object();
    json_set_string(object, "cell", "caf\xe9");
    json_set_string(object, "absent", NULL);
    g_assert_cmpstr(json_get_string(object, "cell", NULL), ==, "caf\xef\xbf\xbd");
    g_assert_cmpuint(json_object_size(object), ==, 1);
}

static void
the_canonical_form_has_sorted_keys_no_blanks_and_utf8_as_it_is(void)
{
    g_autoptr(json_t) value =
        parsed("{ \"b\": [1, true, null], \"a\": {\"z\": \"é/\\n\", \"B\": -3} , \"aa\": 0}");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(json_canonical(value, &text, &error));
    g_assert_cmpstr(text, ==, "{\"a\":{\"B\":-3,\"z\":\"é/\\n\"},\"aa\":0,\"b\":[1,true,null]}");
}

static void
control_characters_have_one_canonical_spelling(void)
{
    g_autoptr(json_t) value = parsed("[\"\\u001B\\u000a\\u007F\\\\u001B\\u000F\"]");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(json_canonical(value, &text, &error));
    g_assert_cmpstr(text, ==, "[\"\\u001b\\n\x7f\\\\u001B\\u000f\"]");
}

static void
a_fraction_has_no_canonical_form_and_its_path_is_named(void)
{
    g_autoptr(json_t) value = parsed("{\"steps\": [{\"x\": 1}, {\"params\": {\"rate\": 0.5}}]}");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(json_canonical(value, &text, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_cmpstr(error->message, ==,
                    "steps[1].params.rate is a fraction (0.5), which has no single spelling: "
                    "expected an integer or a string");
}

static json_t *
random_value(int depth)
{
    int kind = g_test_rand_int_range(0, depth > 3 ? 4 : 6);
    int count = g_test_rand_int_range(0, 5);
    json_t *value;
    switch (kind) {
    case 0:
        return json_integer(g_test_rand_int());
    case 1:
        return json_boolean(g_test_rand_bit());
    case 2:
        return json_null();
    case 3:
        return json_sprintf("é%d\n\"\\", g_test_rand_int());
    case 4:
        value = json_array();
        while (count-- > 0)
            json_array_append_new(value, random_value(depth + 1));
        return value;
    default:
        value = json_object();
        while (count-- > 0) {
            g_autofree char *key = g_strdup_printf("k%d", g_test_rand_int());
            json_object_set_new(value, key, random_value(depth + 1));
        }
        return value;
    }
}

static void
parsing_the_canonical_form_gives_the_same_value_and_the_same_digest(void)
{
    for (int i = 0; i < 300; i++) {
        g_autoptr(json_t) value = random_value(0);
        g_autofree char *text = NULL, *one = NULL, *two = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(json_canonical(value, &text, &error));
        g_autoptr(json_t) again = parsed(text);
        g_assert_true(json_equal(value, again));
        g_assert_true(json_digest(value, &one, &error));
        g_assert_true(json_digest(again, &two, &error));
        g_assert_cmpstr(one, ==, two);
    }
}

static void
the_digest_is_the_sha256_of_the_canonical_text(void)
{
    g_autoptr(json_t) value = json_object();
    g_autofree char *digest = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(json_digest(value, &digest, &error));
    g_assert_cmpstr(digest, ==,
                    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
}

static void
a_missing_file_is_not_found(void)
{
    g_autoptr(GError) error = NULL;
    json_t *value = NULL;
    g_assert_false(json_read_file("/nowhere/plan.json", &value, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==,
                    "cannot read '/nowhere/plan.json': No such file or directory");
}

static void
an_index_finds_the_first_that_is_called_so(void)
{
    g_autoptr(json_t) list =
        json_pack("[{s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:i}]", "ref", "a",
                  "access", "reads", "n", 0, "ref", "a", "access", "writes", "n", 1, "ref", "a",
                  "access", "reads", "n", 2, "n", 3);
    g_autoptr(JsonIndex) by_ref = json_index_new(list, "ref", NULL);
    g_autoptr(JsonIndex) by_both = json_index_new(list, "ref", "access");
    g_autoptr(JsonIndex) of_nothing = json_index_new(NULL, "ref", NULL);
    g_autoptr(json_t) writer = json_pack("{s:s, s:s}", "ref", "a", "access", "writes");
    g_autoptr(json_t) other = json_pack("{s:s}", "ref", "b"), nameless = json_object();
    g_assert_true(json_index_find(by_ref, writer) == json_array_get(list, 0));
    g_assert_true(json_index_find(by_both, writer) == json_array_get(list, 1));
    g_assert_true(json_index_find(by_ref, nameless) == json_array_get(list, 3));
    g_assert_null(json_index_find(by_ref, other));
    g_assert_null(json_index_find(of_nothing, writer));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/a syntax error names line and column",
                    a_syntax_error_names_line_and_column);
    g_test_add_func("/json/duplicate keys are refused", duplicate_keys_are_refused);
    g_test_add_func("/json/an empty text is refused", an_empty_text_is_refused);
    g_test_add_func("/json/NUL characters are refused", nul_characters_are_refused);
    g_test_add_func("/json/depth is bounded before anything is built",
                    depth_is_bounded_before_anything_is_built);
    g_test_add_func("/json/brackets inside strings do not count as depth",
                    brackets_inside_strings_do_not_count_as_depth);
    g_test_add_func("/json/a wanted member is missing or of another type and the error says so",
                    a_wanted_member_is_missing_or_of_another_type_and_the_error_says_so);
    g_test_add_func("/json/members are read by type", members_are_read_by_type);
    g_test_add_func("/json/what is absent, null or of another type gives the fallback",
                    what_is_absent_null_or_of_another_type_gives_the_fallback);
    g_test_add_func("/json/a path walks into objects", a_path_walks_into_objects);
    g_test_add_func("/json/text that is not UTF-8 is kept readable",
                    text_that_is_not_utf8_is_kept_readable);
    g_test_add_func("/json/the canonical form has sorted keys, no blanks, and UTF-8 as it is",
                    the_canonical_form_has_sorted_keys_no_blanks_and_utf8_as_it_is);
    g_test_add_func("/json/control characters have one canonical spelling",
                    control_characters_have_one_canonical_spelling);
    g_test_add_func("/json/a fraction has no canonical form and its path is named",
                    a_fraction_has_no_canonical_form_and_its_path_is_named);
    g_test_add_func("/json/parsing the canonical form gives the same value and the same digest",
                    parsing_the_canonical_form_gives_the_same_value_and_the_same_digest);
    g_test_add_func("/json/the digest is the SHA-256 of the canonical text",
                    the_digest_is_the_sha256_of_the_canonical_text);
    g_test_add_func("/json/an index finds the first that is called so",
                    an_index_finds_the_first_that_is_called_so);
    g_test_add_func("/json/a missing file is not found", a_missing_file_is_not_found);
    return g_test_run();
}
