/* counts.c - how often marks stand in a text, and on which of its changed lines there are more, or fewer. */
#include "base/text.h"
#include "gate/inside.h"

#include <string.h>

/* ---- patterns ---- */

GRegex *
marks_pattern(const char *text)
{
    GRegex *regex = g_regex_new(text, G_REGEX_MULTILINE | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
    g_assert(regex != NULL); /* they are written in marks.c */
    return regex;
}

/* Any of the list, made once: the lists are few and never change. Borrowed. */
const GRegex *
marks_choice(const char *const *marks)
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
        regex = marks_pattern(text->str);
        g_hash_table_insert(made, (void *) marks, regex);
    }
    g_mutex_unlock(&mutex);
    return regex;
}

bool
marks_are_for(const char *endings, const char *path)
{
    const char *name = text_behind_slash(path);
    const char *dot = strrchr(name, '.');
    g_autofree char *ending = g_strdup_printf(" %s ", dot != NULL ? dot + 1 : "");
    return endings == NULL || strstr(endings, ending) != NULL;
}

/* ---- counting ---- */

/* How often each match (its group `group`) occurs. Caller frees. */
GHashTable *
marks_all(const char *text, const GRegex *regex, int group)
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
    const GRegex *regex = marks_choice(marks);
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
    const GRegex *regex = marks_choice(marks);
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

int
marks_in_lines(const Source *source, const char *form, guint first, guint count,
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
        int was = marks_in_lines(gate->before, before, hunk->before, hunk->removed, marks);
        for (guint k = 0; k < hunk->added; k++) {
            was -= marks_in_lines(gate->after, after, hunk->after + k, 1, marks);
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
        int was = marks_in_lines(gate->before, before, hunk->before, hunk->removed, marks);
        if (was > marks_in_lines(gate->after, after, hunk->after, hunk->added, marks))
            return (int) hunk->after + 1;
        if (was > 0 && changed == 0)
            changed = (int) hunk->after + 1;
    }
    return changed;
}

/* ---- two texts ---- */

bool
marks_lost(const char *before, const char *after, const char *const *marks)
{
    g_autoptr(GHashTable) was = marks_all(before, marks_choice(marks), 0),
                          is = marks_all(after, marks_choice(marks), 0);
    GHashTableIter iter;
    void *word, *count;
    g_hash_table_iter_init(&iter, was);
    while (g_hash_table_iter_next(&iter, &word, &count))
        if (GPOINTER_TO_INT(g_hash_table_lookup(is, word)) < GPOINTER_TO_INT(count))
            return true;
    return false;
}
