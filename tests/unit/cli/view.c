/* view.c - tables line up, bars fill, foreign text is harmless, options say what they miss. */
#include "cli/view.h"
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

static void
columns_line_up_by_what_a_terminal_shows(void)
{
    g_autoptr(View) view = view_new(stdout);
    view->colour = false;
    g_autoptr(Table) table = table_new("NAME", ">ROWS", "STATE", NULL);
    table_cell(table, TONE_PLAIN, "café");
    table_cellf(table, TONE_PLAIN, "%d", 12);
    table_cell(table, TONE_GOOD, "done");
    table_cell(table, TONE_PLAIN, "東京");
    table_cell(table, TONE_PLAIN, "1,200");
    table_cell(table, TONE_GOOD, "new");
    g_autofree char *text = table_text(table, view, 0);
    g_assert_cmpstr(text, ==,
                    "NAME   ROWS  STATE\n"
                    "café     12  done\n"
                    "東京  1,200  new\n");
}

static void
the_widest_column_is_cut_to_fit(void)
{
    g_autoptr(View) view = view_new(stdout);
    view->colour = false;
    g_autoptr(Table) table = table_new("A", "B", NULL);
    table_cell(table, TONE_PLAIN, "one");
    table_cell(table, TONE_PLAIN, "a sentence that is much too long");
    g_autofree char *text = table_text(table, view, 20);
    g_assert_cmpstr(text, ==, "A    B\none  a sentence tha…\n");
}

static void
prose_is_broken_between_words(void)
{
    static const struct {
        const char *text, *wrapped;
        int width;
    } cases[] = {
        {"one two three", "one two\nthree", 8},
        {"one two three", "one two\nthree", 7},
        {"unbreakable", "unbreakable", 4},
        {"an unbreakable word", "an\nunbreakable\nword", 4},
        {"東京 大阪", "東京\n大阪", 8},
        {"kept\nline ends", "kept\nline ends", 20},
        {"", "", 10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *wrapped = text_wrapped(cases[i].text, cases[i].width);
        g_assert_cmpstr(wrapped, ==, cases[i].wrapped);
    }
}

static void
signs_of_ours_are_spelled_where_they_cannot_be_shown(void)
{
    View plain = {.utf8 = false}, rich = {.utf8 = true};
    const char *line = "draft → planned · Zoë…";
    g_autofree char *spelled = view_spelled(&plain, line), *kept = view_spelled(&rich, line);
    g_assert_cmpstr(spelled, ==, "draft -> planned - Zoë...");
    g_assert_cmpstr(kept, ==, line);
}

static void
escapes_in_cells_do_not_reach_the_terminal(void)
{
    g_autoptr(View) view = view_new(stdout);
    view->colour = true;
    g_autofree char *text = view_toned(view, TONE_PLAIN, "a\033[2Jb\nc");
    g_assert_null(strchr(text, '\033'));
    g_assert_null(strchr(text, '\n'));
}

static void
lines_that_need_an_escape_are_printed_as_they_are_into_files_only(void)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    g_autoptr(View) view = view_new(out);
    g_assert_true(view_verbatim(view, "+\t\xc3\xa9 \xff\r\n-\033[31mb\n"));
    view->is_tty = true;
    g_assert_true(view_verbatim(view, "+a ~\n-b\n"));
    g_assert_false(view_verbatim(view, "+a\n-\033[31mb\n"));
    g_assert_false(view_verbatim(view, "+\xc3\xa9\n"));
    view->colour = true;
    g_assert_false(view_verbatim(view, "+a\n"));
    fclose(out);
    g_assert_cmpstr(text, ==, "+\t\xc3\xa9 \xff\r\n-\033[31mb\n+a ~\n-b\n");
    free(text);
}

static void
a_bar_is_as_wide_as_asked(void)
{
    for (int64_t done = -1; done <= 101; done++) {
        g_autofree char *fine = bar_text(done, 100, 12, true);
        g_autofree char *plain = bar_text(done, 100, 12, false);
        g_assert_cmpint(text_width(fine), ==, 12);
        g_assert_cmpint(text_width(plain), ==, 12);
    }
    g_autofree char *full = bar_text(INT64_MAX, INT64_MAX, 6, false);
    g_assert_cmpstr(full, ==, "[####]");
    g_autofree char *unknown = bar_text(7, 0, 6, false);
    g_assert_cmpstr(unknown, ==, "[----]");
}

static void
assert_refused(const char *const *words, int count, const char *message)
{
    g_autoptr(Invocation) call = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(invocation_parse(count, (char *const *) words, &call, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_nonnull(strstr(error->message, message));
}

static void
a_wrong_word_gets_its_nearest_neighbour(void)
{
    assert_refused((const char *[]){"--jsn"}, 1, "did you mean '--json'?");
    assert_refused((const char *[]){"--json=x"}, 1, "'--json' takes no value");
    assert_refused((const char *[]){"--config"}, 1, "'--config' needs a value: FILE");
    assert_refused((const char *[]){"frobnicate"}, 1, "'honk --help' lists them");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/columns line up by what a terminal shows",
                    columns_line_up_by_what_a_terminal_shows);
    g_test_add_func("/cli/the widest column is cut to fit", the_widest_column_is_cut_to_fit);
    g_test_add_func("/view/prose is broken between words", prose_is_broken_between_words);
    g_test_add_func("/view/signs of ours are spelled where they cannot be shown",
                    signs_of_ours_are_spelled_where_they_cannot_be_shown);
    g_test_add_func("/cli/escapes in cells do not reach the terminal",
                    escapes_in_cells_do_not_reach_the_terminal);
    g_test_add_func("/view/lines that need an escape are not printed as they are",
                    lines_that_need_an_escape_are_printed_as_they_are_into_files_only);
    g_test_add_func("/cli/a bar is as wide as asked", a_bar_is_as_wide_as_asked);
    g_test_add_func("/cli/a wrong word gets its nearest neighbour",
                    a_wrong_word_gets_its_nearest_neighbour);
    return g_test_run();
}
