/*
 * dbt_sums.c - SQL that a template puts together: run_query("select max(a) from " ~ ref('x') ~ " where b").
 *
 * The texts are read as one, in a copy of the file that has blanks for all else and {{ … }} around the calls, so that
 * everything stands where it stood.
 */
#include "rewrite/dbt_macro_parts.h"

#include <string.h>

typedef struct {
    Work *work;
    const GArray *words;
    char *copy;
    uint32_t written; /* up to here */
} Sum;

/* ---- where it begins and ends ---- */

static bool
is_edge(const char *text, const GArray *words, guint index)
{
    return jinja_is(text, words, index, ",") || jinja_is(text, words, index, "=");
}

static guint
begin_of(const char *text, const GArray *words, guint at)
{
    int depth = 0;
    for (; at > 0; at--) {
        char sign = text[jinja_word(words, at - 1)->begin];
        bool is_sign = jinja_word(words, at - 1)->kind == JINJA_SIGN;
        depth += is_sign && strchr(")]}", sign) != NULL;
        if (depth == 0 &&
            (is_edge(text, words, at - 1) || (is_sign && strchr("([{", sign) != NULL)))
            return at;
        depth -= is_sign && strchr("([{", sign) != NULL;
    }
    return at;
}

static guint
end_of(const char *text, const GArray *words, guint at)
{
    int depth = 0;
    for (; at < words->len; at++) {
        char sign = text[jinja_word(words, at)->begin];
        bool is_sign = jinja_word(words, at)->kind == JINJA_SIGN;
        if (depth == 0 && (is_edge(text, words, at) || (is_sign && strchr(")]}", sign) != NULL)))
            return at;
        depth += is_sign && strchr("([{", sign) != NULL;
        depth -= is_sign && strchr(")]}", sign) != NULL;
    }
    return at;
}

/* ---- the copy ---- */

static bool
begins_query(const char *text, const JinjaWord *word)
{
    uint32_t at = word->begin;
    while (at < word->end && g_ascii_isspace(text[at]))
        at++;
    return word->kind == JINJA_STRING && (g_ascii_strncasecmp(text + at, "select ", 7) == 0 ||
                                          g_ascii_strncasecmp(text + at, "select\n", 7) == 0 ||
                                          g_ascii_strncasecmp(text + at, "with ", 5) == 0);
}

static bool
is_part_of_name(char c)
{
    return is_identifier_byte(c) || c == '.' || c == '\'' || c == '"' || c == '`';
}

static bool
copy_text(Sum *sum, const JinjaWord *word)
{
    const char *text = sum->work->text;
    size_t bytes = word->end - word->begin;
    if (memchr(text + word->begin, '\\', bytes) != NULL ||
        memmem(text + word->begin, bytes, "{{", 2) != NULL)
        return false;
    memcpy(sum->copy + word->begin, text + word->begin, bytes);
    sum->written = word->end;
    return true;
}

/* [first, last) of the words, as {{ … }}. */
static bool
copy_value(Sum *sum, guint first, guint last, bool is_last)
{
    const char *text = sum->work->text;
    uint32_t begin = jinja_word(sum->words, first)->begin,
             end = jinja_word(sum->words, last - 1)->end;
    bool is_string = jinja_word(sum->words, last - 1)->kind == JINJA_STRING;
    if (is_string || first == 0 || begin < sum->written + 2 || /* nothing may be written twice */
        (sum->written > 0 && is_part_of_name(text[sum->written - 1])) ||
        jinja_is(text, sum->words, first, "this"))
        return false;
    if (!is_last &&
        (last + 1 >= sum->words->len || jinja_word(sum->words, last + 1)->kind != JINJA_STRING ||
         is_part_of_name(text[jinja_word(sum->words, last + 1)->begin])))
        return false;
    memcpy(sum->copy + begin - 2, "{{", 2);
    memcpy(sum->copy + begin, text + begin, end - begin);
    memcpy(sum->copy + end, "}}", 2);
    sum->written = end + 2;
    return true;
}

static bool
copy_sum(Sum *sum, guint first, guint last)
{
    const char *text = sum->work->text;
    for (guint i = first; i < last; i++)
        if (jinja_is(text, sum->words, i, "if") || jinja_is(text, sum->words, i, "|"))
            return false;
    for (guint from = first, to; from < last; from = to + 1) {
        to = jinja_find(text, sum->words, from, last, "~");
        if (to == from)
            return false;
        bool is_text = to == from + 1 && jinja_word(sum->words, from)->kind == JINJA_STRING;
        if (is_text ? !copy_text(sum, jinja_word(sum->words, from))
                    : !copy_value(sum, from, to, to == last))
            return false;
    }
    return true;
}

/* ---- rewriting ---- */

/* What is written must not end the texts. In the names of a call there may be quotes, if there were some. */
static bool
can_carry(const Work *work, const Rewrite *inner)
{
    for (guint i = 0; i < inner->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(inner->edits, i);
        g_autofree char *before = g_strndup(work->text + edit->begin, edit->end - edit->begin);
        if (strpbrk(edit->text, "'\"\\") != NULL && strpbrk(before, "'\"") == NULL)
            return false;
    }
    return true;
}

char *
dbt_copy_blank(const Work *work)
{
    char *copy = g_malloc(work->bytes + 1);
    for (size_t i = 0; i < work->bytes; i++)
        copy[i] = work->text[i] == '\n' ? '\n' : ' ';
    copy[work->bytes] = '\0';
    return copy;
}

bool
dbt_copy_rewrite(Work *work, const char *copy)
{
    RewriteOptions options = *work->options;
    g_autoptr(GPtrArray) sites = g_ptr_array_new(), edits = g_ptr_array_new(),
                         made = g_ptr_array_new_with_free_func(made_free);
    Rewrite out = {.sites = sites, .edits = edits, .made = made, .arena = work->out->arena};
    options.dialect = work->dialect;
    options.propagates = options.finds_made = false;
    Work inner = {.renames = work->renames,
                  .options = &options,
                  .text = copy,
                  .bytes = work->bytes,
                  .path = work->path,
                  .depth = work->depth + 1,
                  .out = &out};
    sql_text(&inner);
    if (!can_carry(work, &out))
        return false;
    for (guint i = 0; i < sites->len; i++)
        g_ptr_array_add(work->out->sites, g_ptr_array_index(sites, i));
    for (guint i = 0; i < edits->len; i++)
        g_ptr_array_add(work->out->edits, g_ptr_array_index(edits, i));
    return true;
}

static void
mark_calls(Sum *sum, const Token *token)
{
    g_autoptr(GPtrArray) calls = dbt_calls(sum->work->text, token);
    for (guint i = 0; i < calls->len; i++) {
        const DbtCall *call = g_ptr_array_index(calls, i);
        if (sum->copy[call->callee] != ' ')
            set_add(&sum->work->understood, GSIZE_TO_POINTER(call->callee + 1));
    }
}

bool
dbt_sum(Work *work, const Token *token, const DbtCall *call)
{
    g_autoptr(GArray) words = jinja_words(work->text, token);
    guint at = 0;
    while (at < words->len && jinja_word(words, at)->begin != call->callee)
        at++;
    if (at == 0 || at >= words->len || !jinja_is(work->text, words, at - 1, "~"))
        return false;
    guint first = begin_of(work->text, words, at), last = end_of(work->text, words, at);
    if (!begins_query(work->text, jinja_word(words, first)))
        return false;
    g_autofree char *copy = dbt_copy_blank(work);
    Sum sum = {.work = work, .words = words, .copy = copy};
    if (!copy_sum(&sum, first, last) || !dbt_copy_rewrite(work, copy))
        return false;
    mark_calls(&sum, token);
    return true;
}
