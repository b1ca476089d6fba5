/*
 * checks.c - what keeps other checks and failures from being heard, and code that reaches for more than the move needs:
 * other programs, the network, the environment, files and tables that go.
 */
#include "gate/inside.h"

static const char silent[] =
    "a check or a failure is told to be silent here; mend its cause instead";

/* More of these than before; `before` and `after` are forms of the two texts. */
static bool
look_for(const Gate *gate, const char *before, const char *after, const char *const *marks,
         const char *code, const char *why)
{
    int was = marks_count(before, marks), is = marks_count(after, marks);
    if (is > was)
        gate_say(gate, code, marks_line(gate, before, after, marks), "%s", why);
    return is > was;
}

/* Of several lists the first of which there is more: one word about it is enough. */
static void
look_for_any(const Gate *gate, const MarksOf *lists, const char *code, const char *why)
{
    bool is_said = false;
    for (; lists->marks != NULL && !is_said; lists++)
        is_said = marks_are_for(lists->endings, gate->file->path) &&
                  look_for(gate, gate->before->plain, gate->after->plain, lists->marks, code, why);
}

/* Fewer places that hand a failure on, and more that drop it, or nothing in their place. */
static bool
look_for_trade(const Gate *gate, const MarksTrade *trade)
{
    if (!marks_are_for(trade->endings, gate->file->path) ||
        (trade->is_no_test && gate_path_is_test(gate->file->path)) ||
        marks_count(gate->after->bare, trade->heard) >=
            marks_count(gate->before->bare, trade->heard))
        return false;
    if (trade->dropped == NULL)
        gate_say(gate, "check-disabled",
                 marks_line_fewer(gate, gate->before->bare, gate->after->bare, trade->heard), "%s",
                 silent);
    return trade->dropped == NULL || look_for(gate, gate->before->bare, gate->after->bare,
                                              trade->dropped, "check-disabled", silent);
}

static void
look_for_trades(const Gate *gate)
{
    for (const MarksTrade *trade = marks_trades; trade->heard != NULL; trade++)
        if (look_for_trade(gate, trade))
            return;
}

/* A number that a check is held to, and that stands there no more. */
static void
look_for_limits(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        g_autofree char *was = source_lines(gate->before, hunk->before, hunk->removed),
                        *is = source_lines(gate->after, hunk->after, hunk->added);
        if (marks_count(was, marks_limits) > 0 && marks_lost(was, is, marks_numbers))
            gate_say(gate, "check-disabled", (int) hunk->after + 1,
                     "a number that checks are held to is another one here; leave it as it was");
        else if (!gate_path_is_test(gate->file->path) && marks_count(was, marks_asserts) > 0 &&
                 marks_lost(was, is, marks_comparisons) && marks_lost(is, was, marks_comparisons))
            gate_say(gate, "check-disabled", (int) hunk->after + 1,
                     "an assertion compares in another way here; let it compare as it did");
    }
}

/* Fewer values that queries are given, and more that are written into them. */
static void
look_for_pasted(const Gate *gate)
{
    if (marks_count(gate->after->plain, marks_given) <
        marks_count(gate->before->plain, marks_given))
        look_for(
            gate, gate->before->plain, gate->after->plain, marks_pasted, "reaches-out",
            "a value is written into the text of a query here; give it to the query as before");
}

static bool
is_code(const Source *source, guint first, guint count)
{
    for (guint i = first; i < first + count; i++) {
        g_autofree char *line = source_words(source, source->plain, i);
        if (*g_strstrip(line) != '\0')
            return true;
    }
    return false;
}

/* What moves was named in code, and is named in a comment only. */
static bool
is_only_said(const Gate *gate, const Hunk *hunk)
{
    g_autofree char *was = source_lines(gate->before, hunk->before, hunk->removed),
                    *is = source_lines(gate->after, hunk->after, hunk->added);
    bool is_said = false;
    for (guint i = 0; i < hunk->added; i++) {
        g_autofree char *line = source_words(gate->after, gate->after->text, hunk->after + i);
        is_said |= words_in(gate->spec->words, line);
    }
    return is_said && words_in(gate->spec->words, was) && !words_in(gate->spec->words, is);
}

/* Do comments on the removed lines name what moves? Then others go on naming it. */
static bool
was_mentioned(const Gate *gate, const Hunk *hunk)
{
    for (guint i = hunk->before; i < hunk->before + hunk->removed; i++) {
        g_autofree char *comment = source_words(gate->before, gate->before->text, i),
                        *code = source_words(gate->before, gate->before->plain, i);
        for (char *at = comment; *at != '\0'; at++)
            if (*at == code[at - comment])
                *at = ' ';
        if (words_in(gate->spec->words, comment))
            return true;
    }
    return false;
}

/* A new name that is said beside the code, and does nothing: the line of it, or 0. */
static int
line_of_mention(const Gate *gate, const Hunk *hunk, const char *const word[2])
{
    g_autofree char *was = source_lines(gate->before, hunk->before, hunk->removed),
                    *is = source_lines(gate->after, hunk->after, hunk->added);
    if (words_in(word, was) || words_in(word, is) || was_mentioned(gate, hunk))
        return 0;
    for (guint i = 0; i < hunk->added; i++) {
        g_autofree char *line = source_words(gate->after, gate->after->text, hunk->after + i);
        if (words_in(word, line))
            return (int) (hunk->after + i) + 1;
    }
    return 0;
}

static bool
is_in_code(const Gate *gate, const char *const word[2])
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        g_autofree char *is = source_lines(gate->after, hunk->after, hunk->added);
        if (words_in(word, is))
            return true;
    }
    return false;
}

static void
look_for_mentions(const Gate *gate)
{
    const char *const word[] = {gate->spec->target, NULL};
    for (guint i = 0; gate->spec->target != NULL && i < gate->hunks->len; i++) {
        int line = line_of_mention(gate, &g_array_index(gate->hunks, Hunk, i), word);
        if (line == 0 || is_in_code(gate, word))
            continue;
        gate_say(gate, "check-disabled", line,
                 "'%s' is named in a comment only; name it in code, or not at all", word[0]);
        return;
    }
}

/* Code that has become a comment: nothing but comments stands where code stood. */
static void
look_for_comments(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        bool was_code = is_code(gate->before, hunk->before, hunk->removed);
        if (hunk->added > 0 && was_code &&
            (!is_code(gate->after, hunk->after, hunk->added) || is_only_said(gate, hunk)))
            gate_say(gate, "check-disabled", (int) hunk->after + 1,
                     "code is a comment here that was run before; change it, or leave it");
    }
}

void
rule_checks(const Gate *gate)
{
    look_for(gate, gate->before->text, gate->after->text, marks_silent_words, "check-disabled",
             silent);
    look_for_any(gate, marks_silent_code, "check-disabled", silent);
    if (!gate_is_of_tests(gate)) /* of those it is said otherwise */
        look_for(gate, gate->before->plain, gate->after->plain, marks_self, "check-disabled",
                 "a thing is compared with itself here; compare what was compared");
    look_for_trades(gate);
    look_for_comments(gate);
    if (gate->findings->len == gate->said)
        look_for_mentions(gate);
    look_for_limits(gate);
    look_for_pasted(gate);
    look_for_any(gate, marks_reaches, "reaches-out",
                 "a move needs no other program, no network, no environment, and takes nothing "
                 "away; leave this out");
}
