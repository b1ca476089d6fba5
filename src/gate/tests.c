/*
 * tests.c - do the checks of a repository check as much as before?
 *
 * Counted in both texts, without comments: names of tests, marks that skip them, assertions, those of them that hold for
 * almost anything, and what stands in them as the expected value. A name that is moved is the same name.
 */
#include "base/text.h"
#include "gate/inside.h"

#include <string.h>

/* ---- patterns ---- */

static GRegex *
pattern(const char *text)
{
    GRegex *regex = g_regex_new(text, G_REGEX_MULTILINE | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
    g_assert(regex != NULL); /* they are written in marks.c */
    return regex;
}

/* Any of the list, made once: the lists are few and never change. Borrowed. */
static const GRegex *
choice(const char *const *marks)
{
    static GMutex mutex;
    static GHashTable *made; /* list -> GRegex; for good */
    g_mutex_lock(&mutex);
    if (made == NULL)
        made = g_hash_table_new(NULL, NULL);
    GRegex *regex = g_hash_table_lookup(made, marks);
    if (regex == NULL) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (size_t i = 0; marks[i] != NULL; i++)
            g_string_append_printf(text, "%s(?:%s)", i > 0 ? "|" : "", marks[i]);
        regex = pattern(text->str);
        g_hash_table_insert(made, (void *) marks, regex);
    }
    g_mutex_unlock(&mutex);
    return regex;
}

bool
marks_are_for(const char *endings, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    g_autofree char *ending = g_strdup_printf(" %s ", dot != NULL ? dot + 1 : "");
    return endings == NULL || strstr(endings, ending) != NULL;
}

/* ---- counting ---- */

/* How often each match (its group `group`) occurs. Caller frees. */
static GHashTable *
count_all(const char *text, const GRegex *regex, int group)
{
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GMatchInfo) info = NULL;
    for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
         g_match_info_next(info, NULL)) {
        char *word = g_match_info_fetch(info, group);
        int count = GPOINTER_TO_INT(g_hash_table_lookup(counts, word));
        g_hash_table_replace(counts, word, GINT_TO_POINTER(count + 1));
    }
    return counts;
}

int
marks_count(const char *text, const char *const *marks)
{
    const GRegex *regex = choice(marks);
    g_autoptr(GMatchInfo) info = NULL;
    int count = 0;
    for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
         g_match_info_next(info, NULL))
        count++;
    return count;
}

/* The line of a match in the text, after the first `skip` of them. */
static int
line_after(const Source *source, const char *text, const char *const *marks, int skip)
{
    const GRegex *regex = choice(marks);
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

/* How many places of lines [first, first + count) of a form have one. */
static int
count_in_lines(const Source *source, const char *form, guint first, guint count,
               const char *const *marks)
{
    int found = 0;
    for (guint i = first; i < first + count; i++) {
        g_autofree char *line = source_words(source, form, i);
        found += marks_count(line, marks);
    }
    return found;
}

int
marks_line(const Gate *gate, const char *before, const char *after, const char *const *marks)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        int was = count_in_lines(gate->before, before, hunk->before, hunk->removed, marks);
        for (guint k = 0; k < hunk->added; k++) {
            was -= count_in_lines(gate->after, after, hunk->after + k, 1, marks);
            if (was < 0)
                return (int) (hunk->after + k) + 1;
        }
    }
    return line_after(gate->after, after, marks, marks_count(before, marks));
}

int
marks_line_fewer(const Gate *gate, const char *before, const char *after, const char *const *marks)
{
    int changed = 0; /* as many as before, but others */
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        int was = count_in_lines(gate->before, before, hunk->before, hunk->removed, marks);
        if (was > count_in_lines(gate->after, after, hunk->after, hunk->added, marks))
            return (int) hunk->after + 1;
        if (was > 0 && changed == 0)
            changed = (int) hunk->after + 1;
    }
    return changed;
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

/* Of a second test with the same name only one is run; of a test that does not begin where it began, perhaps none is. */
static void
look_at_name(const Gate *gate, const char *name, int was, int is)
{
    if (is < was)
        gate_say(gate, "test-removed", line_of_name(gate->before, name),
                 "the test '%s' is not there any more; put it back", name);
    else if (is > was)
        gate_say(gate, "test-weakened", line_of_name(gate->after, name),
                 "there is one more '%s' than before, which takes the place of a test; take it out",
                 name);
}

static void
look_at_names(const Gate *gate)
{
    for (size_t i = 0; marks_names[i] != NULL; i++) {
        g_autoptr(GRegex) name = pattern(marks_names[i]);
        g_autoptr(GHashTable) was = count_all(gate->before->plain, name, 1),
                              is = count_all(gate->after->plain, name, 1);
        guint count = 0;
        g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(was, &count);
        qsort(keys, count, sizeof *keys, by_text);
        for (guint k = 0; k < count; k++)
            look_at_name(gate, keys[k], GPOINTER_TO_INT(g_hash_table_lookup(was, keys[k])),
                         GPOINTER_TO_INT(g_hash_table_lookup(is, keys[k])));
    }
}

/* Python finds a test by where it begins: one that stands within another function is found by nobody. */
static void
look_at_places(const Gate *gate)
{
    static const char text[] = "^([ \\t]*(?:async[ \\t]+)?(?:def|class)[ \\t]+\\w+)";
    if (!g_str_has_suffix(gate->file->path, ".py"))
        return;
    g_autoptr(GRegex) begin = pattern(text);
    g_autoptr(GHashTable) was = count_all(gate->before->plain, begin, 1),
                          is = count_all(gate->after->plain, begin, 1);
    GHashTableIter iter;
    void *key;
    g_hash_table_iter_init(&iter, was);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *name = strrchr(key, ' ') + 1;
        if (g_str_has_prefix(name, "test") && !g_hash_table_contains(is, key))
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
        if (count_in_lines(gate->after, gate->after->plain, hunk->after, hunk->added, marks_rows) <
            count_in_lines(gate->before, gate->before->plain, hunk->before, hunk->removed,
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

bool
marks_lost(const char *before, const char *after, const char *const *marks)
{
    g_autoptr(GHashTable) was = count_all(before, choice(marks), 0),
                          is = count_all(after, choice(marks), 0);
    GHashTableIter iter;
    void *word, *count;
    g_hash_table_iter_init(&iter, was);
    while (g_hash_table_iter_next(&iter, &word, &count))
        if (GPOINTER_TO_INT(g_hash_table_lookup(is, word)) < GPOINTER_TO_INT(count))
            return true;
    return false;
}

/* A value that the statement had, and has no more; names that move are no values. Caller frees. */
static char *
lost_value(const Gate *gate, const char *before, const char *after)
{
    const GRegex *literal = choice(marks_literals);
    g_autoptr(GHashTable) was = count_all(before, literal, 0), is = count_all(after, literal, 0);
    guint count = 0;
    g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(was, &count);
    qsort(keys, count, sizeof *keys, by_text);
    for (guint i = 0; i < count; i++)
        if (!words_in(gate->spec->words, keys[i]) &&
            GPOINTER_TO_INT(g_hash_table_lookup(is, keys[i])) <
                GPOINTER_TO_INT(g_hash_table_lookup(was, keys[i])))
            return text_printable(keys[i]);
    return NULL;
}

/* In YAML: does the line stand below a key like `expect`? */
static bool
is_below_expectation(const Gate *gate, guint index)
{
    int indent = G_MAXINT;
    if (!source_is_yaml(gate->file->path))
        return false;
    for (guint i = index + 1; i-- > 0 && indent > 0;) {
        g_autofree char *line = source_words(gate->before, gate->before->bare, i);
        int own = (int) strspn(line, " ");
        if (line[own] == '\0' || own >= indent)
            continue;
        indent = own;
        if (marks_count(line, marks_expectations) > 0)
            return true;
    }
    return false;
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
        expects = expects || is_below_expectation(gate, hunk->before);
        g_autofree char *lost = expects ? lost_value(gate, before, after) : NULL;
        if (lost != NULL)
            gate_say(gate, "expected-edited", (int) hunk->before + 1,
                     "a test expected %s here; it has to expect it still", lost);
        else if (marks_count(before, marks_cases) > 0 &&
                 marks_count(after, marks_literals) < marks_count(before, marks_literals))
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

/* By its name, or because there are tests in it: Rust and dbt keep them beside the code. */
static bool
is_of_tests(const Gate *gate)
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
    if (!is_of_tests(gate))
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
