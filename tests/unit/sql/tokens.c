/* tokens.c - no byte is lost, whatever the text and the dialect. */
#include "sql/guess.h"

#include <string.h>

static void
assert_covered(const char *text, size_t bytes, const Dialect *dialect)
{
    g_autoptr(TokenList) list = tokens_new(text, bytes, dialect);
    size_t at = 0;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        g_assert_cmpuint(token->begin, ==, at);
        g_assert_true(token->end > token->begin || token->kind == TOKEN_END);
        at = token->end;
    }
    g_assert_cmpuint(at, ==, bytes);
}

static void
tokens_cover_every_byte_of_random_text(void)
{
    static const char *const pieces[] = {"SELECT", " ",     "\n",  "'a''b'", "\"x\"",   "`a.b`",
                                         "[q]",    "--c\n", "/*",  "*/",     "{{ x }}", "{% y",
                                         "%}",     "$$",    "$t$", "1.5e-3", ".",       "..",
                                         "(",      ")",     ";",   "::",     "@v",      ":p",
                                         "?",      "%s",    "#",   "//",     "r'\\'",   "'''",
                                         "é",      "\\",    "\xff"};
    for (int round = 0; round < 3000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (int i = g_test_rand_int_range(0, 30); i > 0; i--)
            g_string_append(text, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
        for (const char *const *name = dialect_names(); *name != NULL; name++)
            assert_covered(text->str, text->len, dialect_by_name(*name));
    }
}

static void
words_are_found_by_halving(void)
{
    static const char *const texts[] = {
#define SQL_WORD(id, text, reserved) text,
#include "sql/words.def"
#undef SQL_WORD
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *lower = g_ascii_strdown(texts[i], -1);
        g_assert_cmpint(word_find(lower, strlen(lower)), ==, (int) i + 1);
        if (i > 0)
            g_assert_cmpint(strcmp(texts[i - 1], texts[i]), <, 0);
    }
    g_assert_cmpint(word_find("selects", 7), ==, WORD_NONE);
    g_assert_cmpint(word_find("selec", 5), ==, WORD_NONE);
}

static void
a_word_is_reserved_where_its_dialect_lists_it(void)
{
    const Dialect *bigquery = dialect_by_name("bigquery"), *sqlite = dialect_by_name("sqlite");
    for (const char *const *name = dialect_names(); *name != NULL; name++) {
        const Dialect *dialect = dialect_by_name(*name);
        g_auto(GStrv) words =
            g_strsplit(dialect->reserved != NULL ? dialect->reserved : "", " ", -1);
        for (size_t i = 0; words[i] != NULL; i++) {
            g_autofree char *capitals = g_ascii_strup(words[i], -1);
            g_assert_true(dialect_reserves(dialect, capitals) == (words[i][0] != '\0'));
        }
    }
    g_assert_true(dialect_reserves(bigquery, "Hash") && dialect_reserves(NULL, "hash"));
    g_assert_false(dialect_reserves(sqlite, "hash") || dialect_reserves(bigquery, "user"));
    g_assert_false(dialect_reserves(bigquery, "hash1") || dialect_reserves(bigquery, "has"));
    g_assert_false(dialect_reserves(NULL, "a_name_that_is_longer_than_any_word_of_any_dialect"));
}

/* The kinds of what means something, one letter each. */
static void
assert_kinds(const char *dialect, const char *text, const char *expected)
{
    static const char letters[] = {
        [TOKEN_COMMENT] = 'c', [TOKEN_TAG] = 't',       [TOKEN_TEMPLATE] = 'T',
        [TOKEN_WORD] = 'w',    [TOKEN_QUOTED] = 'q',    [TOKEN_STRING] = 's',
        [TOKEN_NUMBER] = 'n',  [TOKEN_PARAMETER] = 'p', [TOKEN_OPERATOR] = 'o',
        [TOKEN_OPEN] = '(',    [TOKEN_CLOSE] = ')',     [TOKEN_COMMA] = ',',
        [TOKEN_DOT] = '.',     [TOKEN_SEMICOLON] = ';', [TOKEN_BROKEN] = '!'};
    g_autoptr(TokenList) list = tokens_new(text, strlen(text), dialect_by_name(dialect));
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; i < list->tokens->len; i++) {
        TokenKind kind = tokens_at(list, i)->kind;
        if (kind != TOKEN_SPACE && kind != TOKEN_END)
            g_string_append_c(found, letters[kind]);
    }
    g_assert_cmpstr(found->str, ==, expected);
}

static void
dialects_quote_as_they_do(void)
{
    assert_kinds("bigquery", "\"a\" `b.c` r'\\d' '''x ' y''' # c", "sqssc");
    assert_kinds("postgres", "\"a\" $$ it's $$ $1 E'\\'' x::int", "qspswow");
    assert_kinds("sqlite", "[a b] `c` \"d\" e[1]", "qqqw(n)");
    assert_kinds("mysql", "`a` \"b\" 'c\\'d' # e", "qssc");
    assert_kinds("snowflake", "a // b\n$$ c $$", "wcs");
    assert_kinds("ansi", "a /* b */ -- c", "wcc");
    assert_kinds("ansi", "{{ a }} {% b %} {# c #}", "Ttc");
}

static void
what_does_not_end_says_so(void)
{
    assert_kinds("ansi", "SELECT 'abc", "w!");
    assert_kinds("ansi", "SELECT /* abc", "w!");
    assert_kinds("ansi", "SELECT {{ abc", "w!");
    assert_kinds("ansi", "SELECT \"abc", "w!");
}

static void
a_dialect_is_guessed_from_what_only_it_has(void)
{
    static const char *const texts[][2] = {
        {"SELECT a FROM `p.d.t`", "bigquery"},
        {"SELECT a::int FROM t", "postgres"},
        {"SELECT strftime('%Y', a) FROM t", "sqlite"},
        {"SELECT `a` FROM t", "mysql"},
        {"SELECT a FROM [b].[t]", "tsql"},
        {"SELECT list[1] FROM t", "ansi"},
        {"SELECT a FROM my-project.d.t", "bigquery"},
        {"SELECT a - b.c FROM t", "ansi"},
        {"SELECT a::int, IFF(b, 1, 2) FROM t", "snowflake"},
        {"SELECT a -> 'b' FROM t", "ansi"},
        {"SELECT filter(a, x -> x > 1) FROM t", "ansi"}, /* or Trino's */
        {"SELECT collect_set(filter(a, x -> x > 1)) FROM t", "spark"},
        {"SELECT a FROM t WHERE b = '::' -- SAFE_CAST(\n", "ansi"},
        {"SELECT {{ x::y }} FROM t", "ansi"},
        {"SELECT 'it\\'s', a::int FROM t", "postgres"},
        {"SELECT a FROM t WHERE b = 'no end ::", "ansi"},
        {"SELECT STRPOS(a, '\\\\') FROM `p.d.t`", "bigquery"},
        {"SELECT 'C:\\data\\' AS a\nFROM [b].[t] WHERE c = 'd'", "tsql"},
        {"SELECT a FROM t LATERAL VIEW explode(b) c", "spark"},
        {"SELECT NVL(a, 0) FROM t WHERE b < GETDATE()", "redshift"},
        {"SELECT TRUNC(GETDATE()) FROM t", "redshift"},
        {"SELECT ISNULL(a, 0) FROM t WHERE b < GETDATE()", "tsql"},
        {"SELECT `a`, DATE_TRUNC(b, MONTH) FROM t", "ansi"},
        {"SELECT `a`::int FROM t", "mysql"}, /* or Spark's, whose texts are the same */
        {"SELECT `a`, DATE_TRUNC(TIMESTAMP_SECONDS(b), MONTH) FROM t", "bigquery"},
        {"SELECT a FROM t ORDER BY b WITH FILL", "clickhouse"},
        {"SELECT NVL(a, 0) \"in %\" FROM t", "ansi"},
        {"SELECT NVL(a, 0) FROM t WHERE b = \"in %\"", "spark"},
        {"SELECT CASE WHEN NVL(a, 0) > 1 THEN b END \"x > 1\", c AS \"50%\" FROM t", "ansi"},
        {"SELECT a FROM t WHERE b < SYSDATE AND c RLIKE 'd'", "ansi"},
        {"CREATE TABLE t (a VARCHAR2(10), b TIMESTAMP_NTZ)", "ansi"},
        {"SELECT a::int FROM DUAL", "snowflake"},
        {"SELECT a FROM t", "ansi"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_cmpstr(dialect_guess(texts[i][0], strlen(texts[i][0]), NULL, NULL)->name, ==,
                        texts[i][1]);
}

static void
texts_that_do_not_tell_follow_two_thirds_of_the_others(void)
{
    GuessVotes votes = {0};
    g_assert_null(guess_winner(&votes));
    guess_vote(&votes, NULL);
    g_assert_null(guess_winner(&votes));
    guess_vote(&votes, dialect_by_name("snowflake"));
    guess_vote(&votes, dialect_by_name("snowflake"));
    guess_vote(&votes, dialect_by_name("bigquery"));
    g_assert_cmpstr(guess_winner(&votes)->name, ==, "snowflake");
    guess_vote(&votes, dialect_by_name("bigquery"));
    g_assert_null(guess_winner(&votes));
    const Dialect *usual = dialect_by_name("duckdb");
    g_assert_true(dialect_guess("SELECT 1", 8, usual, NULL) == usual);
    static const char named[] = "SELECT `a` FROM \"users\" AS u";
    usual = dialect_by_name("mysql"); /* of a file beside it, in which a table cannot be a string */
    g_assert_cmpstr(dialect_guess(named, strlen(named), usual, NULL)->name, ==, "ansi");
    g_assert_cmpstr(dialect_guess("SELECT a::int", 13, usual, NULL)->name, ==, "postgres");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tokens/cover-every-byte-of-random-text",
                    tokens_cover_every_byte_of_random_text);
    g_test_add_func("/tokens/words-are-found-by-halving", words_are_found_by_halving);
    g_test_add_func("/tokens/a-word-is-reserved-where-its-dialect-lists-it",
                    a_word_is_reserved_where_its_dialect_lists_it);
    g_test_add_func("/tokens/dialects-quote-as-they-do", dialects_quote_as_they_do);
    g_test_add_func("/tokens/what-does-not-end-says-so", what_does_not_end_says_so);
    g_test_add_func("/tokens/a-dialect-is-guessed-from-what-only-it-has",
                    a_dialect_is_guessed_from_what_only_it_has);
    g_test_add_func("/tokens/texts-that-do-not-tell-follow-two-thirds-of-the-others",
                    texts_that_do_not_tell_follow_two_thirds_of_the_others);
    return g_test_run();
}
