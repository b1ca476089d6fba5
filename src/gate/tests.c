/*
 * tests.c - do the checks of a repository check as much as before?
 *
 * Counted in both texts, without comments: names of tests, marks that skip them, assertions, those of them that hold for
 * almost anything, and what stands in them as the expected value. A name that is moved is the same name.
 */
#include "gate/inside.h"

#include <string.h>

/* ---- patterns ---- */

static const char *const names[] = {
    "^\\s*(?:async\\s+)?def\\s+(test\\w*)",
    "^\\s*func\\s+((?:Test|Benchmark|Fuzz)\\w+)",
    "\\b(?:it|test|specify|scenario|describe|context)(?:\\.\\w+)*\\s*\\(\\s*[\"'`]([^\"'`\\n]+)",
    "@(?:Parameterized|Repeated)?Test\\b[^;{}]*?\\b(?:void|fun)\\s+(`[^`\\n]+`|\\w+)",
    "#\\[(?:\\w+::)?test[^\\]]*\\]\\s*(?:pub\\s+)?(?:async\\s+)?fn\\s+(\\w+)",
    "\\[(?:Fact|Theory|Test|TestMethod)[^\\]]*\\][^;{}]*?\\b(\\w+)\\s*\\(",
    "\"([^\"\\n]+)\"\\s+(?:should|must|in|can)\\b",
    "\\b(?:it|they)\\s+(?:should|must)\\s+\"([^\"\\n]+)\"",
    "^\\s*it\\s+[\"']([^\"'\\n]+)",
    "^\\s*class\\s+(\\w*(?:Test|Spec|Suite)\\w*)",
    "^\\s*-\\s*((?:unique|not_null|accepted_values|relationships|dbt_utils\\.\\w+|"
    "dbt_expectations\\.\\w+)\\b)",
    "function\\s+(test\\w+)",
    NULL,
};

static const char skips[] =
    "@(?:unittest\\.|pytest\\.mark\\.)?(?:skip\\w*|xfail)\\b|\\bpytest\\.(?:skip|xfail|"
    "importorskip)"
    "\\s*\\(|\\bskipTest\\s*\\(|\\bSkipTest\\b|@(?:Ignore|Disabled\\w*)\\b|\\b(?:it|test|describe|"
    "context|suite)\\.(?:skip|todo|only|fixme|failing)\\b|\\bx(?:it|describe|test|context)\\b\\s*"
    "\\(|"
    "\\bf(?:it|describe)\\s*\\(|\\b[tb]\\.Skip(?:f|Now)?\\s*\\(|#\\[ignore|\\bignore\\s*\\(|"
    "\\bpendingUntilFixed\\b|^\\s*pending\\s*$|\\bassume(?:True|That|False|NoException)?\\s*\\(|"
    "\\benabled:\\s*false|\\bseverity:\\s*['\"]?warn|\\bAssert\\.(?:Ignore|Inconclusive)|\\[Ignore|"
    "\\bSkip\\s*=|__test__\\s*=\\s*False|\\bmarkTest(?:Skipped|Incomplete)\\b|\\bif\\s+(?:False|0)"
    "\\s*:";

static const char asserts[] =
    "\\bassert\\b|\\bassert_\\w+|\\bassert[A-Z]\\w*|\\bAssert\\.\\w+|\\bexpect\\s*\\(|"
    "\\bshould(?:Be|Equal|Have|Contain|===)?\\b|\\bmust(?:Be|Equal|Contain)?\\b|\\brequire\\.\\w+"
    "\\s*\\(|"
    "\\b[tb]\\.(?:Error|Fatal)f?\\s*\\(|\\bverify\\s*\\(|\\bassertThat\\b|\\bintercept\\s*\\[|"
    "\\bpytest\\.raises\\b|\\bassertThrows\\b|\\baccepted_values\\b|\\bnot_null\\b|\\bunique\\b";

/* These hold for almost anything. */
static const char loose[] =
    "\\bassert\\s+(?:True|1|not\\s+None)\\b|\\bassertTrue\\s*\\(\\s*[Tt]rue|\\bassert_?true\\s*\\("
    "\\s*true|"
    "\\bexpect\\s*\\(\\s*(?:true|1)\\s*\\)|\\btoBe(?:Defined|Truthy)\\b|\\bnot\\.toBe(?:Null|"
    "Undefined)\\b|"
    "\\bassert(?:Is)?NotN(?:one|ull)\\b|\\bis\\s+not\\s+None\\b|\\bassertIn\\b|"
    "\\bassertAlmostEqual\\b|"
    "\\btoBeCloseTo\\b|\\bpytest\\.approx\\b|\\bapprox\\s*\\(|\\bplaces\\s*=|\\bdelta\\s*=|"
    "\\bexpect\\.any(?:thing)?\\b|\\bassert(?:Is)?Instance\\w*\\b|\\binstanceof\\b|>=\\s*0\\b|"
    "\\|\\|\\s*true\\b|\\bor\\s+True\\b|\\bmock\\.ANY\\b|\\bNotNil\\s*\\(|\\bNotEmpty\\s*\\(|"
    "\\bassertNoThrow\\w*|\\bassertDoesNotThrow\\b|\\bshouldNot\\b|\\bnonEmpty\\b";

static const char expectations[] = "(?i)\\b(?:expected|want|wanted|golden|should_be)\\w*\\b";
static const char literals[] =
    "\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*'|\\b\\d[\\d_.]*\\b|"
    "\\b(?:[Tt]rue|[Ff]alse|None|null|nil)\\b";

static GRegex *
pattern(const char *text)
{
    GRegex *regex = g_regex_new(text, G_REGEX_MULTILINE | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
    g_assert(regex != NULL); /* they are written above */
    return regex;
}

/* ---- counting ---- */

/* How often each match (its group `group`) occurs. Caller frees. */
static GHashTable *
count_all(const char *text, const char *of, int group)
{
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GRegex) regex = pattern(of);
    g_autoptr(GMatchInfo) info = NULL;
    for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
         g_match_info_next(info, NULL)) {
        char *word = g_match_info_fetch(info, group);
        int count = GPOINTER_TO_INT(g_hash_table_lookup(counts, word));
        g_hash_table_replace(counts, word, GINT_TO_POINTER(count + 1));
    }
    return counts;
}

static int
count_of(const char *text, const char *of)
{
    g_autoptr(GRegex) regex = pattern(of);
    g_autoptr(GMatchInfo) info = NULL;
    int count = 0;
    for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
         g_match_info_next(info, NULL))
        count++;
    return count;
}

/* The line of a match in the text, after the first `skip` of them. */
static int
line_of(const Source *source, const char *text, const char *of, int skip)
{
    g_autoptr(GRegex) regex = pattern(of);
    g_autoptr(GMatchInfo) info = NULL;
    int line = 0, begin = 0;
    for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
         g_match_info_next(info, NULL)) {
        g_match_info_fetch_pos(info, 0, &begin, NULL);
        line = source_line_of(source, (size_t) begin);
        if (skip-- == 0)
            break;
    }
    return line;
}

/* ---- names, skips, assertions ---- */

static int
line_of_name(const Source *source, const char *name)
{
    const char *found = strstr(source->plain, name);
    return found != NULL ? source_line_of(source, (size_t) (found - source->plain)) : 0;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
look_at_names(const Gate *gate)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        g_autoptr(GHashTable) was = count_all(gate->before->plain, names[i], 1),
                              is = count_all(gate->after->plain, names[i], 1);
        guint count = 0;
        g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(was, &count);
        qsort(keys, count, sizeof *keys, by_text);
        for (guint k = 0; k < count; k++)
            if (GPOINTER_TO_INT(g_hash_table_lookup(is, keys[k])) <
                GPOINTER_TO_INT(g_hash_table_lookup(was, keys[k])))
                gate_say(gate, "test-removed", line_of_name(gate->before, keys[k]),
                         "the test '%s' is not there any more; put it back", keys[k]);
    }
}

static void
look_at_skips(const Gate *gate)
{
    int was = count_of(gate->before->bare, skips), is = count_of(gate->after->bare, skips);
    if (is > was)
        gate_say(gate, "test-skipped", line_of(gate->after, gate->after->bare, skips, was),
                 "a test is skipped that was run before; let it run");
}

static void
look_at_asserts(const Gate *gate)
{
    int was = count_of(gate->before->bare, asserts), is = count_of(gate->after->bare, asserts);
    int was_loose = count_of(gate->before->bare, loose),
        is_loose = count_of(gate->after->bare, loose);
    if (is < was)
        gate_say(gate, "test-weakened", 0, "%d of %d assertions are left; keep all of them", is,
                 was);
    else if (is_loose > was_loose)
        gate_say(gate, "test-weakened", line_of(gate->after, gate->after->bare, loose, was_loose),
                 "an assertion holds for more than before; keep it as strict as it was");
}

/* ---- expected values ---- */

/* Of all statements that lines [first, first + count) belong to; `*ret_expects`: one asserts something. Caller frees. */
static char *
statements_of(const Source *source, guint first, guint count, bool *ret_expects)
{
    g_autoptr(GString) text = g_string_new(NULL), bare = g_string_new(NULL);
    for (guint i = 0; count > 0 && i < source->lines->len; i++) {
        int statement = source_line(source, i)->statement;
        if (statement < source_line(source, first)->statement ||
            statement > source_line(source, first + count - 1)->statement)
            continue;
        g_autofree char *line = source_words(source, source->plain, i),
                        *without = source_words(source, source->bare, i);
        g_string_append_printf(text, "%s\n", line);
        g_string_append_printf(bare, "%s\n", without);
    }
    *ret_expects = count_of(bare->str, asserts) > 0 || count_of(bare->str, expectations) > 0;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A value that the statement had, and has no more; names that move are no values. Caller frees. */
static char *
lost_value(const Gate *gate, const char *before, const char *after)
{
    g_autoptr(GHashTable) was = count_all(before, literals, 0), is = count_all(after, literals, 0);
    guint count = 0;
    g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(was, &count);
    qsort(keys, count, sizeof *keys, by_text);
    for (guint i = 0; i < count; i++)
        if (!words_in(gate->spec->words, keys[i]) &&
            GPOINTER_TO_INT(g_hash_table_lookup(is, keys[i])) <
                GPOINTER_TO_INT(g_hash_table_lookup(was, keys[i])))
            return g_strdup(keys[i]);
    return NULL;
}

static void
look_at_values(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        bool expects = false, ignored = false;
        if (hunk->removed == 0)
            continue;
        g_autofree char *before =
            statements_of(gate->before, hunk->before, hunk->removed, &expects);
        g_autofree char *after = statements_of(gate->after, hunk->after, hunk->added, &ignored);
        g_autofree char *lost = expects ? lost_value(gate, before, after) : NULL;
        if (lost != NULL)
            gate_say(gate, "expected-edited", (int) hunk->before + 1,
                     "a test expected %s here; it has to expect it still", lost);
    }
}

/* A test that ends before it asks anything. */
static void
look_at_returns(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        for (guint k = 0; k < hunk->added; k++) {
            g_autofree char *line = source_words(gate->after, gate->after->bare, hunk->after + k);
            g_strstrip(line);
            if (strcmp(line, "return") == 0 || strcmp(line, "return;") == 0 ||
                strcmp(line, "pass") == 0)
                gate_say(gate, "test-weakened", (int) (hunk->after + k) + 1,
                         "a test ends here before it has asked everything; take this line out");
        }
    }
}

void
rule_tests(const Gate *gate)
{
    look_at_names(gate);
    look_at_skips(gate);
    if (!gate_path_is_test(gate->file->path))
        return;
    look_at_asserts(gate);
    look_at_values(gate);
    look_at_returns(gate);
}

/* ---- checks of other kinds ---- */

static const char silencers[] =
    "#\\s*(?:noqa|type:\\s*ignore|pylint:\\s*disable|pragma:\\s*no\\s*cover|nosec|fmt:\\s*(?:off|"
    "skip)|"
    "rubocop:disable|shellcheck\\s+disable)|(?://|/\\*)\\s*(?:eslint-disable|@ts-(?:ignore|nocheck|"
    "expect-error)|nolint|tslint:disable|istanbul\\s+ignore|prettier-ignore|NOLINT|scalastyle:off|"
    "CHECKSTYLE:OFF|noinspection)|--\\s*noqa|-- "
    "sqlfluff:off|@SuppressWarnings|@Suppress\\b|@nowarn|#\\[allow\\(|"
    "#pragma\\s+warning\\s+disable|#nullable\\s+disable|\\|\\|\\s*(?:true|:)\\s*$|\\bset\\s+\\+"
    "e\\b|--no-verify\\b|"
    "^\\s*except(?:\\s+(?:Base)?Exception)?\\s*:\\s*(?:pass)?\\s*$|\\bcatch\\s*(?:\\([^)]*\\))?\\s*"
    "\\{\\s*\\}|"
    "continue-on-error|\\bcatch\\s*\\{\\s*case\\s+_";

void
rule_checks(const Gate *gate)
{
    int was = count_of(gate->before->text, silencers), is = count_of(gate->after->text, silencers);
    if (is > was)
        gate_say(gate, "check-disabled", line_of(gate->after, gate->after->text, silencers, was),
                 "a check or a failure is told to be silent here; mend its cause instead");
}
