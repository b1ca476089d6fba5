/*
 * tests.c - do the checks of a repository check as much as before?
 *
 * Counted in both texts, without comments: names of tests, marks that skip them, assertions, those of them that hold for
 * almost anything, and what stands in them as the expected value. A name that is moved is the same name.
 */
#include "base/text.h"
#include "gate/inside.h"

#include <string.h>

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

/* How many names are this one, but for what moves in it: test_users_v1 may be test_users_v2. */
static int
names_alike(const Gate *gate, GHashTable *names, const char *name)
{
    g_autofree char *form = words_form(gate->spec->words, name);
    GHashTableIter iter;
    void *key, *value;
    int count = 0;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_autofree char *other = words_form(gate->spec->words, key);
        if (strcmp(form, other) == 0)
            count += GPOINTER_TO_INT(value);
    }
    return count;
}

static void
look_at_name(const Gate *gate, const char *name, int was, int is)
{
    if (is < was)
        gate_say(gate, "test-removed", line_of_name(gate->before, name),
                 "the test '%s' is not there any more; put it back", name);
}

/* Of a second test with the same name only one is run. */
static void
look_for_doubles(const Gate *gate, GHashTable *was, GHashTable *is)
{
    guint count = 0;
    g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(is, &count);
    qsort(keys, count, sizeof *keys, by_text);
    for (guint i = 0; i < count; i++) {
        int before = GPOINTER_TO_INT(g_hash_table_lookup(was, keys[i]));
        if (GPOINTER_TO_INT(g_hash_table_lookup(is, keys[i])) > MAX(before, 1))
            gate_say(gate, "test-weakened", line_of_name(gate->after, keys[i]),
                     "there is one more '%s' than before, which takes the place of a test; "
                     "take it out",
                     keys[i]);
    }
}

static void
look_at_names(const Gate *gate)
{
    for (size_t i = 0; marks_names[i] != NULL; i++) {
        g_autoptr(GRegex) name = marks_pattern(marks_names[i]);
        g_autoptr(GHashTable) was = marks_all(gate->before->plain, name, 1),
                              is = marks_all(gate->after->plain, name, 1);
        guint count = 0;
        g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(was, &count);
        qsort(keys, count, sizeof *keys, by_text);
        for (guint k = 0; k < count; k++)
            look_at_name(gate, keys[k], names_alike(gate, was, keys[k]),
                         names_alike(gate, is, keys[k]));
        look_for_doubles(gate, was, is);
    }
}

/* Python finds a test by where it begins: one that stands within another function is found by nobody. */
static void
look_at_places(const Gate *gate)
{
    static const char text[] = "^([ \\t]*(?:async[ \\t]+)?(?:def|class)[ \\t]+\\w+)";
    if (!g_str_has_suffix(gate->file->path, ".py"))
        return;
    g_autoptr(GRegex) begin = marks_pattern(text);
    g_autoptr(GHashTable) was = marks_all(gate->before->plain, begin, 1),
                          is = marks_all(gate->after->plain, begin, 1);
    GHashTableIter iter;
    void *key;
    g_hash_table_iter_init(&iter, was);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *name = strrchr(key, ' ') + 1;
        if (g_str_has_prefix(name, "test") && names_alike(gate, is, key) == 0)
            gate_say(gate, "test-removed", line_of_name(gate->after, name),
                     "the test '%s' does not begin where it began; put it back", name);
    }
}

/* More of these than before, in code without strings: `code` and why, at the first that is one too many. */
static bool
look_for_more(const Gate *gate, const char *const *marks, const char *code, const char *why)
{
    int was = marks_count(gate->before->bare, marks), is = marks_count(gate->after->bare, marks);
    if (is > was)
        gate_say(gate, code, marks_line(gate, gate->before->bare, gate->after->bare, marks), "%s",
                 why);
    return is > was;
}

/* The first changed line of which the text before had such a mark: a line of the text after. */
static int
line_of_lost(const Gate *gate, const char *const *marks)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        for (guint k = 0; k < hunk->removed; k++) {
            g_autofree char *line =
                source_words(gate->before, gate->before->bare, hunk->before + k);
            if (marks_count(line, marks) > 0)
                return (int) hunk->after + (int) MIN(k, hunk->added) + 1;
        }
    }
    return 0;
}

static bool
look_for_fewer(const Gate *gate, const char *const *marks, const char *why)
{
    int was = marks_count(gate->before->bare, marks), is = marks_count(gate->after->bare, marks);
    if (is < was)
        gate_say(gate, "test-weakened", line_of_lost(gate, marks), "%s", why);
    return is < was;
}

static void
look_at_asserts(const Gate *gate)
{
    static const char looser[] =
        "an assertion holds for more than before; keep it as strict as it was";
    int was = marks_count(gate->before->bare, marks_asserts),
        is = marks_count(gate->after->bare, marks_asserts);
    if (is < was)
        gate_say(gate, "test-weakened", 0, "%d of %d assertions are left; keep all of them", is,
                 was);
    else if (!look_for_more(gate, marks_loose, "test-weakened", looser) &&
             !look_for_fewer(gate, marks_strict, looser))
        look_for_fewer(gate, marks_same, looser);
    look_for_more(gate, marks_mocks, "test-weakened",
                  "something stands in here for what is tested; ask the real thing");
    look_for_more(gate, marks_ends, "test-weakened",
                  "a test ends here before it has asked everything; take this line out");
    look_for_fewer(gate, marks_waits, "a test no longer waits here for what it asks; let it wait");
}

static void
look_at_turns(const Gate *gate)
{
    bool is_sql = g_str_has_suffix(gate->file->path, ".sql");
    if (look_for_more(gate, is_sql ? marks_turns_sql : marks_turns, "test-weakened",
                      "a test goes another way here than before; let it go as it went") ||
        is_sql ||
        marks_count(gate->after->plain, marks_turns_queries) <=
            marks_count(gate->before->plain, marks_turns_queries))
        return;
    gate_say(gate, "test-weakened",
             marks_line(gate, gate->before->plain, gate->after->plain, marks_turns_queries),
             "a query of a test finds less here than before; let it find all that it found");
}

/* One comparison fewer, and another one more. */
static void
look_at_comparisons(const Gate *gate)
{
    if (marks_lost(gate->before->bare, gate->after->bare, marks_comparisons) &&
        marks_lost(gate->after->bare, gate->before->bare, marks_comparisons))
        gate_say(gate, "test-weakened",
                 marks_line_fewer(gate, gate->before->bare, gate->after->bare, marks_comparisons),
                 "a test compares in another way than before; let it compare as it did");
}

/* A table of cases, or of rows that are read, has as many as before. */
static void
look_at_rows(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        if (marks_in_lines(gate->after, gate->after->plain, hunk->after, hunk->added, marks_rows) <
            marks_in_lines(gate->before, gate->before->plain, hunk->before, hunk->removed,
                           marks_rows))
            gate_say(gate, "test-weakened", (int) hunk->after + 1,
                     "a test has fewer cases or rows here than before; put them back");
    }
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
    *ret_expects =
        marks_count(bare->str, marks_asserts) > 0 || marks_count(bare->str, marks_expectations) > 0;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Texts that became one, and nothing else in it: all words of the literal are there still, and no text has others. */
static bool
is_joined(const Gate *gate, const char *literal, const char *before, const char *after)
{
    const char *const texts[] = {literal, NULL}, *const were[] = {before, NULL},
                      *const are[] = {after, NULL};
    g_autoptr(GHashTable) words = words_set(texts), was = words_set(were), is = words_set(are);
    g_autoptr(GHashTable) literals = marks_all(after, marks_choice(marks_literals), 0);
    GHashTableIter iter;
    void *word;
    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, &word, NULL))
        if (!g_hash_table_contains(is, word))
            return false;
    g_hash_table_iter_init(&iter, literals);
    while (g_hash_table_iter_next(&iter, &word, NULL)) {
        const char *const one[] = {word, NULL};
        g_autoptr(GHashTable) parts = words_set(one);
        GHashTableIter part;
        void *key;
        g_hash_table_iter_init(&part, parts);
        while (g_hash_table_iter_next(&part, &key, NULL))
            if (!g_hash_table_contains(was, key) && !words_in(gate->spec->words, key))
                return false;
    }
    return g_hash_table_size(words) > 0 && strchr("\"'`", *literal) != NULL;
}

/* A value that the statement had, and has no more; names that move are no values. Caller frees. */
static char *
lost_value(const Gate *gate, const char *before, const char *after)
{
    const GRegex *literal = marks_choice(marks_literals);
    g_autoptr(GHashTable) was = marks_all(before, literal, 0), is = marks_all(after, literal, 0);
    guint count = 0;
    g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(was, &count);
    qsort(keys, count, sizeof *keys, by_text);
    for (guint i = 0; i < count; i++)
        if (!words_in(gate->spec->words, keys[i]) &&
            GPOINTER_TO_INT(g_hash_table_lookup(is, keys[i])) <
                GPOINTER_TO_INT(g_hash_table_lookup(was, keys[i])) &&
            !is_joined(gate, keys[i], before, after))
            return text_printable(keys[i]);
    return NULL;
}

bool
line_is_expected(const Gate *gate, const Source *source, guint index)
{
    int indent = G_MAXINT;
    if (!source_is_yaml(gate->file->path))
        return false;
    for (guint i = index + 1; i-- > 0 && indent > 0;) {
        g_autofree char *line = source_words(source, source->bare, i);
        int own = (int) strspn(line, " ");
        if (line[own] == '\0' || own >= indent)
            continue;
        indent = own;
        if (marks_count(line, marks_expectations) > 0)
            return true;
    }
    return false;
}

/* Has one of the cases gone? Not where two texts became one: then all words are there still, beside names that move. */
static bool
has_lost_case(const Gate *gate, const char *before, const char *after)
{
    const char *const are[] = {after, NULL};
    g_autoptr(GHashTable) literals = marks_all(before, marks_choice(marks_literals), 0),
                          is = words_set(are);
    GHashTableIter iter;
    void *literal;
    int kept = 0;
    g_hash_table_iter_init(&iter, literals);
    while (g_hash_table_iter_next(&iter, &literal, NULL)) {
        const char *const one[] = {literal, NULL};
        g_autoptr(GHashTable) words = words_set(one);
        GHashTableIter each;
        void *word;
        g_hash_table_iter_init(&each, words);
        while (g_hash_table_iter_next(&each, &word, NULL)) {
            bool may_go =
                words_in(gate->spec->words, word) || g_hash_table_contains(gate->brings, word);
            if (!may_go && !g_hash_table_contains(is, word))
                return true;
            kept += !may_go && strchr("\"'`", *(const char *) literal) != NULL;
        }
    }
    return kept == 0;
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
        expects = expects || line_is_expected(gate, gate->before, hunk->before);
        g_autofree char *lost = expects ? lost_value(gate, before, after) : NULL;
        if (lost != NULL)
            gate_say(gate, "expected-edited", (int) hunk->before + 1,
                     "a test expected %s here; it has to expect it still", lost);
        else if (marks_count(before, marks_cases) > 0 &&
                 marks_count(after, marks_literals) < marks_count(before, marks_literals) &&
                 has_lost_case(gate, before, after))
            gate_say(gate, "test-weakened", (int) hunk->before + 1,
                     "a test has fewer cases here than before; put them back");
    }
}

/* A script that asserts something of its tables. */
static bool
holds_assertion(const Source *source)
{
    static const char *const marks[] = {"(?i)^\\s*assert\\b", NULL};
    return marks_count(source->bare, marks) > 0;
}

bool
gate_is_of_tests(const Gate *gate)
{
    return gate_path_is_test(gate->file->path) ||
           marks_count(gate->before->plain, marks_names) > 0 ||
           (g_str_has_suffix(gate->file->path, ".sql") && holds_assertion(gate->before)) ||
           (source_is_yaml(gate->file->path) && strstr(gate->before->plain, "unit_tests:") != NULL);
}

void
rule_tests(const Gate *gate)
{
    guint said = gate->findings->len;
    look_at_names(gate);
    if (gate->findings->len == said)
        look_at_places(gate);
    look_for_more(gate, marks_skips, "test-skipped",
                  "a test is skipped that was run before; let it run");
    if (!gate_is_of_tests(gate))
        return;
    look_at_asserts(gate);
    look_at_rows(gate);
    look_at_values(gate);
    if (gate->findings->len > said)
        return; /* it was said already, and better */
    look_for_fewer(gate, marks_kept, "what makes a test of this is gone; put it back");
    look_at_comparisons(gate);
    look_at_turns(gate);
}
