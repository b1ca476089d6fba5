/* Addresses: split, then decoded, then checked. */
#include "server/target.h"

static void
names_keep_their_slashes(void)
{
    g_auto(Target) target = {0};
    g_autoptr(GError) error = NULL;
    bool ok = target_parse("/migrations/component:default%2Fusers-v2/plan?q=a+b%26c&x=&flag",
                           &target, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(target.segment_count, ==, 3);
    g_assert_cmpstr(target.segments[1], ==, "component:default/users-v2");
    g_assert_cmpstr(target_parameter(&target, "q"), ==, "a b&c");
    g_assert_cmpstr(target_parameter(&target, "x"), ==, "");
    g_assert_cmpstr(target_parameter(&target, "flag"), ==, "");
    g_assert_null(target_parameter(&target, "y"));
    g_assert_cmpstr(target.path, ==, "/migrations/component:default%2Fusers-v2/plan");
}

static void
the_root_and_a_last_slash_are_fine(void)
{
    g_auto(Target) root = {0}, last = {0};
    g_assert_true(target_parse("/", &root, NULL));
    g_assert_cmpuint(root.segment_count, ==, 0);
    g_assert_true(target_parse("/healthz/", &last, NULL));
    g_assert_cmpuint(last.segment_count, ==, 1);
}

static void
broken_addresses_are_refused(void)
{
    static const struct {
        const char *text;
        int code;
    } rows[] = {
        {"", ERR_INVALID},
        {"migrations", ERR_INVALID},
        {"/a%", ERR_INVALID},
        {"/a%2", ERR_INVALID},
        {"/a%zz", ERR_INVALID},
        {"/a%00b", ERR_INVALID},
        {"/%ff%fe", ERR_INVALID},
        {"/a//b", ERR_INVALID},
        {"/a?x=1&x=2", ERR_INVALID},
        {"/a?x=%", ERR_INVALID},
        {"/a?%00=1", ERR_INVALID},
        {"/1/2/3/4/5/6/7/8/9", ERR_TOO_LARGE},
        {"/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", ERR_TOO_LARGE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Target) target = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_false(target_parse(rows[i].text, &target, &error));
        g_assert_cmpint(error_code(error), ==, rows[i].code);
        g_assert_null(target.path);
    }
}

static void
a_long_address_is_refused(void)
{
    g_auto(Target) target = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *letters = g_strnfill(TARGET_BYTES_MAX, 'a');
    g_autofree char *text = g_strconcat("/", letters, NULL);
    g_assert_false(target_parse(text, &target, &error));
    g_assert_cmpint(error_code(error), ==, ERR_TOO_LARGE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/target/names keep their slashes", names_keep_their_slashes);
    g_test_add_func("/target/the root and a last slash are fine",
                    the_root_and_a_last_slash_are_fine);
    g_test_add_func("/target/broken addresses are refused", broken_addresses_are_refused);
    g_test_add_func("/target/a long address is refused", a_long_address_is_refused);
    return g_test_run();
}
