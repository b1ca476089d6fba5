/* diag.c - findings are kept in order, bounded, and told as text, as JSON and as one error. */
#include "base/diag.h"

#include "base/limits.h"

#include <string.h>

static Diags *
two_findings(void)
{
    Diags *diags = diags_new();
    diags_add(diags, DIAG_WARNING, "unused", "m.yaml", 3, 7, "column '%s' is not used", "age");
    diags_add(diags, DIAG_ERROR, "unknown-column", "m.yaml", 5, 0, "no column '%s'", "nam");
    return diags;
}

static void
findings_are_one_line_each(void)
{
    g_autoptr(Diags) diags = two_findings();
    diags_add(diags, DIAG_NOTE, NULL, NULL, 0, 0, "nothing known about the place");
    g_autofree char *text = diags_text(diags);
    g_assert_cmpstr(text, ==,
                    "m.yaml:3:7: warning: column 'age' is not used [unused]\n"
                    "m.yaml:5: error: no column 'nam' [unknown-column]\n"
                    "note: nothing known about the place");
}

static void
findings_as_json_leave_out_what_is_unknown(void)
{
    g_autoptr(Diags) diags = two_findings();
    g_autoptr(json_t) list = diags_json(diags);
    g_autofree char *text = json_compact(json_array_get(list, 1));
    g_assert_cmpuint(json_array_size(list), ==, 2);
    g_assert_cmpstr(
        text, ==,
        "{\"level\":\"error\",\"code\":\"unknown-column\",\"file\":\"m.yaml\",\"line\":5,"
        "\"message\":\"no column 'nam'\"}");
}

static void
only_errors_make_an_error(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Diags) harmless = diags_new();
    diags_add(harmless, DIAG_WARNING, "x", NULL, 0, 0, "harmless");
    g_assert_false(diags_has_errors(harmless));
    g_assert_true(diags_to_error(harmless, &error));
    g_assert_no_error(error);

    g_autoptr(Diags) diags = two_findings();
    g_assert_true(diags_has_errors(diags));
    g_assert_false(diags_to_error(diags, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_cmpstr(error->message, ==, "m.yaml:5: error: no column 'nam' [unknown-column]");
}

static void
beyond_the_limit_findings_are_only_counted(void)
{
    g_autoptr(Diags) diags = diags_new();
    for (int i = 0; i < DIAGNOSTICS_MAX + 3; i++)
        diags_add(diags, i < DIAGNOSTICS_MAX ? DIAG_NOTE : DIAG_ERROR, "x", NULL, i + 1, 0, "n");
    g_assert_cmpuint(diags_count(diags), ==, DIAGNOSTICS_MAX);
    g_assert_true(diags_has_errors(diags)); /* also when only the dropped ones were errors */
    g_autofree char *text = diags_text(diags);
    g_assert_true(g_str_has_suffix(text, "\n… and 3 more"));
    g_autoptr(GError) error = NULL;
    g_assert_false(diags_to_error(diags, &error));
    g_assert_cmpstr(error->message, ==, "… and 3 more");
}

static void
messages_cannot_speak_to_a_terminal(void)
{
    g_autoptr(Diags) diags = diags_new();
    diags_add(diags, DIAG_ERROR, "x", NULL, 0, 0, "key '%s'", "a\x1b[2J\nb");
    g_assert_cmpstr(diags_get(diags, 0)->message, ==, "key 'a\\x1b[2J\\nb'");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/diag/findings are one line each", findings_are_one_line_each);
    g_test_add_func("/diag/findings as JSON leave out what is unknown",
                    findings_as_json_leave_out_what_is_unknown);
    g_test_add_func("/diag/only errors make an error", only_errors_make_an_error);
    g_test_add_func("/diag/beyond the limit findings are only counted",
                    beyond_the_limit_findings_are_only_counted);
    g_test_add_func("/diag/messages cannot speak to a terminal",
                    messages_cannot_speak_to_a_terminal);
    return g_test_run();
}
