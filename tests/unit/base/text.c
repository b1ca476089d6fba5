/* text.c - files are whole or absent, numbers read well, and outside text is harmless. */
#include "base/text.h"
#include "base/text_many.h"

#include <glib/gstdio.h>
#include <string.h>

static void
assert_text(char *made, const char *expected)
{
    g_autofree char *owned = made;
    g_assert_cmpstr(owned, ==, expected);
}

static char *
folder_new(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("honk-text-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

static void
a_file_written_is_read_back_and_leaves_nothing_beside_it(void)
{
    g_autofree char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "state", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(file_write_atomic(path, "one", 3, 0600, &error));
    g_assert_true(file_write_atomic(path, "a\0b", 3, 0640, &error));

    g_autofree char *text = NULL;
    size_t bytes = 0;
    g_assert_true(file_read(path, 3, &text, &bytes, &error));
    g_assert_cmpmem(text, bytes, "a\0b", 3);
    GStatBuf info;
    g_assert_cmpint(g_stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0640);
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* fails if a temporary file was left */
}

/* Around the size of what is read at once, and of two of them. */
static void
a_file_of_any_length_is_read_whole_with_a_zero_behind_it(void)
{
    static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 200000};
    g_autofree char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "file", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *written = g_malloc(lengths[i] + 1), *text = NULL, *none = NULL;
        size_t bytes = 0;
        for (size_t at = 0; at < lengths[i]; at++)
            written[at] = (char) (at * 31 + at / 4096);
        g_assert_true(file_write_atomic(path, written, lengths[i], 0600, &error));
        g_assert_true(file_read(path, lengths[i], &text, &bytes, &error));
        g_assert_cmpmem(text, bytes, written, lengths[i]);
        g_assert_cmpint(text[bytes], ==, '\0');
        if (lengths[i] > 0)
            g_assert_false(file_read(path, lengths[i] - 1, &none, &bytes, &error));
    }
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void
reading_names_the_file_and_the_limit(void)
{
    g_autofree char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "big", NULL);
    g_autoptr(GError) error = NULL;
    char zeros[2049] = "";
    g_assert_true(file_write_atomic(path, zeros, sizeof(zeros), 0600, &error));

    g_autofree char *text = NULL;
    g_assert_false(file_read(path, 2048, &text, NULL, &error));
    g_assert_error(error, error_quark(), ERR_TOO_LARGE);
    g_autofree char *expected = g_strdup_printf("'%s' is larger than 2 KiB", path);
    g_assert_cmpstr(error->message, ==, expected);

    g_clear_error(&error);
    g_assert_false(file_read(folder, 100, &text, NULL, &error));
    g_assert_nonnull(strstr(error->message, "it is a folder, expected a file"));
    g_remove(path);
    g_rmdir(folder);
}

static void
writing_into_a_missing_folder_names_the_file(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(file_write_atomic("/nowhere/x", "", 0, 0600, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==, "cannot write '/nowhere/x': No such file or directory");
}

static void
counts_are_grouped(void)
{
    assert_text(text_count(0), "0");
    assert_text(text_count(999), "999");
    assert_text(text_count(1000), "1,000");
    assert_text(text_count(1234567), "1,234,567");
    assert_text(text_count(-123456), "-123,456");
    assert_text(text_count(INT64_MIN), "-9,223,372,036,854,775,808");
}

static void
bytes_get_the_largest_fitting_unit(void)
{
    assert_text(text_bytes(0), "0 B");
    assert_text(text_bytes(1023), "1023 B");
    assert_text(text_bytes(1536), "1.5 KiB");
    assert_text(text_bytes(1024 * 1024 - 1), "1.0 MiB");
    assert_text(text_bytes(INT64_C(64) * 1024 * 1024), "64 MiB");
    assert_text(text_bytes(INT64_MAX), "8192 PiB");
}

static void
durations_use_two_units_at_most(void)
{
    assert_text(text_duration(-5), "0 ms");
    assert_text(text_duration(420), "420 ms");
    assert_text(text_duration(1500), "1.5 s");
    assert_text(text_duration(59999), "59 s");
    assert_text(text_duration(65000), "1 m 5 s");
    assert_text(text_duration(3600000), "1 h");
    assert_text(text_duration(7500000), "2 h 5 m");
    assert_text(text_duration(INT64_C(100) * 3600000), "4 d 4 h");
}

static void
a_part_of_a_name_that_would_be_read_as_two_is_quoted(void)
{
    static const char *const names[][3] = {
        {NULL, "users", "users"}, {"shop", "users", "shop.users"},
        {NULL, "a.b", "\"a.b\""}, {"x.y", "a\"b.c", "\"x.y\".\"a\"\"b.c\""},
        {NULL, "a\"b", "a\"b"},   {NULL, "\"b", "\"\"\"b\""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = text_dotted(names[i][0], names[i][1]);
        g_assert_cmpstr(text, ==, names[i][2]);
    }
}

static void
a_misspelt_word_finds_its_neighbour(void)
{
    static const char *const words[] = {"apply", "approve", "rollback", "copy", NULL};
    g_assert_cmpstr(text_nearest("aply", words), ==, "apply");
    g_assert_cmpstr(text_nearest("aproev", words), ==, "approve");
    g_assert_cmpstr(text_nearest("rolback", words), ==, "rollback");
    g_assert_cmpstr(text_nearest("copy", words), ==, "copy");
    g_assert_null(text_nearest("xyzzy", words));
    g_assert_null(text_nearest("", words));
    g_autofree char *endless = g_strnfill(100000, 'a');
    g_assert_null(text_nearest(endless, words));
}

static void
case_is_ignored_of_letters_and_of_nothing_else(void)
{
    g_assert_true(text_same_folded("User_ID", "uSER_id"));
    g_assert_true(text_same_folded("", ""));
    g_assert_false(text_same_folded("user", "users"));
    g_assert_false(text_same_folded("users", "user"));
    g_assert_false(text_same_folded("a[b", "a{b")); /* as far apart as A and a */
    g_assert_false(text_same_folded("a@", "a`"));
    g_assert_false(text_same_folded("a ", "a"));
    g_assert_false(text_same_folded("gr\xc3\xb6n", "gr\xc3\x96n"));
}

/* Each byte at each place of some steps: the answer is that of text_plain_length(). */
static void
a_text_is_plain_when_every_byte_is(void)
{
    char text[100];
    for (size_t at = 0; at + 1 < sizeof(text); at++)
        for (int c = 1; c < 256; c++) {
            memset(text, 'x', sizeof(text));
            text[sizeof(text) - 1] = '\0';
            text[at] = (char) c;
            bool is_plain = text_plain_length(text) == sizeof(text) - 1 || c == '\n';
            g_assert_cmpint(text_is_plain(text, sizeof(text) - 1), ==, is_plain);
        }
    g_assert_true(text_is_plain("", 0));
}

static void
escapes_and_hidden_characters_are_shown(void)
{
    assert_text(text_printable("plain, é, 東京, 👩‍💻"), "plain, é, 東京, 👩‍💻");
    assert_text(text_printable("\x1b[31mred"), "\\x1b[31mred");
    assert_text(text_printable("a\nb\tc\rd\x7f"), "a\\nb\\tc\\rd\\x7f");
    assert_text(text_printable("caf\xe9 \xff"), "caf\\xe9 \\xff");
    assert_text(text_printable("\u202egnp.exe \xc2\x9b"
                               "2J"),
                "\\u202egnp.exe \\u009b2J");
}

static const char *
found_byte_by_byte(const char *text, size_t bytes, const char *word)
{
    for (size_t i = 0; i + strlen(word) <= bytes; i++)
        if (g_ascii_strncasecmp(text + i, word, strlen(word)) == 0)
            return text + i;
    return NULL;
}

static void
a_word_is_found_where_looking_at_every_byte_finds_it(void)
{
    static const char letters[] = "aAbBvV_1.\x9c";
    g_autoptr(GRand) rng = g_rand_new_with_seed(11);
    for (int turn = 0; turn < 20000; turn++) {
        char text[40], word[8] = "";
        int bytes = g_rand_int_range(rng, 0, sizeof(text)), length = g_rand_int_range(rng, 1, 6);
        for (int i = 0; i < bytes; i++)
            text[i] = letters[g_rand_int_range(rng, 0, sizeof(letters) - 1)];
        for (int i = 0; i < length; i++)
            word[i] = letters[g_rand_int_range(rng, 0, sizeof(letters) - 1)];
        g_assert_true(text_find_folded(text, (size_t) bytes, word) ==
                      found_byte_by_byte(text, (size_t) bytes, word));
        g_assert_true(text_find_bytes(text, (size_t) bytes, word) ==
                      memmem(text, (size_t) bytes, word, strlen(word)));
    }
}

/* It looks by stretches: a word may lie across where one ends. */
static void
a_word_is_found_wherever_it_stands_in_a_long_text(void)
{
    static const char *const words[] = {"Visits", "q", "x_1", NULL};
    char text[9000];
    for (int w = 0; words[w] != NULL; w++)
        for (size_t at = 0; at + strlen(words[w]) <= sizeof text; at++) {
            memset(text, 's', sizeof text);
            memcpy(text + at, words[w], strlen(words[w]));
            text[at] = at % 2 == 0 ? g_ascii_toupper(text[at]) : g_ascii_tolower(text[at]);
            g_assert_true(text_find_folded(text, sizeof text, words[w]) == text + at);
        }
}

static void
many_words_are_found_where_one_of_them_is(void)
{
    static const char letters[] = "aAbBvV_1.\x9c";
    g_autoptr(GRand) rng = g_rand_new_with_seed(12);
    for (int turn = 0; turn < 5000; turn++) {
        char text[60], words[6][12] = {""};
        int bytes = g_rand_int_range(rng, 0, sizeof(text)), count = g_rand_int_range(rng, 0, 6);
        int shortest = g_rand_int_range(rng, 1, 7);
        bool is_there = false;
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        for (int i = 0; i < bytes; i++)
            text[i] = letters[g_rand_int_range(rng, 0, sizeof(letters) - 1)];
        for (int w = 0; w < count; w++) {
            int length = g_rand_int_range(rng, shortest, sizeof(words[w]));
            for (int i = 0; i < length; i++)
                words[w][i] = letters[g_rand_int_range(rng, 0, sizeof(letters) - 1)];
            if (length <= bytes && g_rand_boolean(rng)) /* else long ones are nowhere */
                memcpy(words[w], text + g_rand_int_range(rng, 0, bytes - length + 1),
                       (size_t) length);
            g_ptr_array_add(list, words[w]);
            is_there |= found_byte_by_byte(text, (size_t) bytes, words[w]) != NULL;
        }
        TextMany *many = text_many_new(list);
        g_assert_true(text_many_has(many, text, (size_t) bytes) == is_there);
        text_many_free(many);
    }
}

static void
assert_not_expanded(const char *text, const char *message)
{
    g_autofree char *result = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(text_expand_env(text, &result, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_null(result);
}

static void
variables_are_replaced_and_unset_ones_are_errors(void)
{
    g_setenv("HONK_TEST_HOST", "db-1", TRUE);
    g_unsetenv("HONK_TEST_NONE");
    g_autofree char *result = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(text_expand_env("tcp://${HONK_TEST_HOST}:5432/$x $${y}", &result, &error));
    g_assert_cmpstr(result, ==, "tcp://db-1:5432/$x ${y}");
    assert_not_expanded("${HONK_TEST_NONE}", "environment variable 'HONK_TEST_NONE' is not set");
    assert_not_expanded("x ${a b}", "'${a' is not a variable, expected ${NAME}");
    assert_not_expanded("${", "'${' is not a variable, expected ${NAME}");
    assert_not_expanded("${1}", "'${1}' is not a variable, expected ${NAME}");
}

static void
a_digest_is_named_by_its_kind(void)
{
    assert_text(sha256_of("abc", 3),
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/a file written is read back and leaves nothing beside it",
                    a_file_written_is_read_back_and_leaves_nothing_beside_it);
    g_test_add_func("/text/a file of any length is read whole with a zero behind it",
                    a_file_of_any_length_is_read_whole_with_a_zero_behind_it);
    g_test_add_func("/text/reading names the file and the limit",
                    reading_names_the_file_and_the_limit);
    g_test_add_func("/text/writing into a missing folder names the file",
                    writing_into_a_missing_folder_names_the_file);
    g_test_add_func("/text/counts are grouped", counts_are_grouped);
    g_test_add_func("/text/bytes get the largest fitting unit", bytes_get_the_largest_fitting_unit);
    g_test_add_func("/text/durations use two units at most", durations_use_two_units_at_most);
    g_test_add_func("/text/a misspelt word finds its neighbour",
                    a_misspelt_word_finds_its_neighbour);
    g_test_add_func("/text/case is ignored of letters and of nothing else",
                    case_is_ignored_of_letters_and_of_nothing_else);
    g_test_add_func("/text/a text is plain when every byte is", a_text_is_plain_when_every_byte_is);
    g_test_add_func("/text/escapes and hidden characters are shown",
                    escapes_and_hidden_characters_are_shown);
    g_test_add_func("/text/a word is found where looking at every byte finds it",
                    a_word_is_found_where_looking_at_every_byte_finds_it);
    g_test_add_func("/text/a word is found wherever it stands in a long text",
                    a_word_is_found_wherever_it_stands_in_a_long_text);
    g_test_add_func("/text/many words are found where one of them is",
                    many_words_are_found_where_one_of_them_is);
    g_test_add_func("/text/variables are replaced and unset ones are errors",
                    variables_are_replaced_and_unset_ones_are_errors);
    g_test_add_func("/text/a digest is named by its kind", a_digest_is_named_by_its_kind);
    g_test_add_func("/text/a part of a name that would be read as two is quoted",
                    a_part_of_a_name_that_would_be_read_as_two_is_quoted);
    return g_test_run();
}
