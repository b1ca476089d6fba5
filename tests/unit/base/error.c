/* error.c - an error says once what failed, and its code says what happens next. */
#include "base/error.h"

#include <errno.h>
#include <string.h>

static void
the_first_error_wins_and_clauses_go_before_it(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(fail(&error, ERR_UNREACHABLE, "connection to '%s' refused", "dw"));
    g_assert_false(fail(&error, ERR_INTERNAL, "not this one"));
    g_assert_false(fail_in(&error, "cannot open store '%s'", "dw"));
    g_assert_false(fail_in(&error, "cannot copy '%s'", "orders"));
    g_assert_error(error, error_quark(), ERR_UNREACHABLE);
    g_assert_cmpstr(error->message, ==,
                    "cannot copy 'orders': cannot open store 'dw': connection to 'dw' refused");
}

static void
nobody_needs_to_listen(void)
{
    g_assert_false(fail(NULL, ERR_INVALID, "x"));
    g_assert_false(fail_in(NULL, "x"));
    g_autoptr(GError) error = NULL;
    g_assert_false(fail_in(&error, "a clause without an error"));
    g_assert_no_error(error);
}

static void
the_systems_errors_keep_their_meaning(void)
{
    static const struct {
        int cause;
        ErrorCode code;
    } cases[] = {{ENOENT, ERR_NOT_FOUND}, {ENOSPC, ERR_NO_SPACE}, {EACCES, ERR_TRANSIENT}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        errno = cases[i].cause;
        g_assert_false(fail_errno(&error, ERR_TRANSIENT, "cannot write '%s'", "x"));
        g_autofree char *message =
            g_strdup_printf("cannot write 'x': %s", g_strerror(cases[i].cause));
        g_assert_error(error, error_quark(), (int) cases[i].code);
        g_assert_cmpstr(error->message, ==, message);
    }
}

static void
every_code_has_a_name_of_its_own_and_all_its_reactions(void)
{
    for (ErrorCode code = 0; code < ERROR_COUNT; code++) {
        g_assert_cmpint(error_code_from_wire(error_wire_name(code)), ==, code);
        g_assert_cmpint(error_http_status(code), >=, 400);
        g_assert_cmpint(error_http_status(code), <, 600);
        g_assert_cmpint(error_exit_status(code), >=, 1);
        g_assert_cmpint(error_exit_status(code), <, 64);
    }
    g_assert_cmpint(error_then(ERR_LIMIT), ==, THEN_RETRY);
    g_assert_cmpint(error_then(ERR_DRIFT), ==, THEN_REPLAN);
    g_assert_cmpint(error_then(ERR_FENCED), ==, THEN_STOP);
}

static void
what_is_not_ours_counts_as_internal(void)
{
    g_autoptr(GError) error = g_error_new(g_quark_from_static_string("other"), 1, "x");
    g_assert_cmpint(error_code(error), ==, ERR_INTERNAL);
    g_assert_cmpint(error_code_from_wire("no-such-name"), ==, ERR_INTERNAL);
    g_assert_cmpint(error_code_from_wire(NULL), ==, ERR_INTERNAL);
    g_assert_true(error_is(error, ERR_INTERNAL));
    g_assert_false(error_is(NULL, ERR_INTERNAL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/the first error wins, and clauses go before it",
                    the_first_error_wins_and_clauses_go_before_it);
    g_test_add_func("/error/nobody needs to listen", nobody_needs_to_listen);
    g_test_add_func("/error/the system's errors keep their meaning",
                    the_systems_errors_keep_their_meaning);
    g_test_add_func("/error/every code has a name of its own and all its reactions",
                    every_code_has_a_name_of_its_own_and_all_its_reactions);
    g_test_add_func("/error/what is not ours counts as internal",
                    what_is_not_ours_counts_as_internal);
    return g_test_run();
}
