/*
 * sums.c - SQL that a template puts together: run_query("select max(a) from " ~ ref('x') ~ " where b").
 *
 * The texts are read as one, in an excerpt of the file that has blanks for all else and {{ … }} around the calls, so that
 * everything stands where it stood behind its first byte. A file may have many: each costs what it is long.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define BRACES 2 /* bytes of {{ and }} */

typedef struct {
    Work *work;
    const GArray *words;
    Excerpt copy;
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

/* Also in brackets, as a date that date_spine() begins with. */
static bool
begins_query(const char *text, const JinjaWord *word)
{
    uint32_t at = word->begin;
    while (at < word->end && (g_ascii_isspace(text[at]) || text[at] == '('))
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
    memcpy(excerpt_at(&sum->copy, word->begin), text + word->begin, bytes);
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
    if (is_string || first == 0 ||
        begin < sum->written + BRACES || /* nothing may be written twice */
        (sum->written > 0 && is_part_of_name(text[sum->written - 1])) ||
        jinja_is(text, sum->words, first, "this"))
        return false;
    if (!is_last &&
        (last + 1 >= sum->words->len || jinja_word(sum->words, last + 1)->kind != JINJA_STRING ||
         is_part_of_name(text[jinja_word(sum->words, last + 1)->begin])))
        return false;
    memcpy(excerpt_at(&sum->copy, begin - BRACES), "{{", BRACES);
    memcpy(excerpt_at(&sum->copy, begin), text + begin, end - begin);
    memcpy(excerpt_at(&sum->copy, end), "}}", BRACES);
    sum->written = end + BRACES;
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

Excerpt
excerpt_new(const Work *work, size_t begin, size_t end)
{
    Excerpt excerpt = {.begin = begin, .bytes = end - begin};
    program_steps += excerpt.bytes;
    excerpt.text = g_malloc(excerpt.bytes + 1);
    for (size_t i = 0; i < excerpt.bytes; i++)
        excerpt.text[i] = work->text[begin + i] == '\n' ? '\n' : ' ';
    excerpt.text[excerpt.bytes] = '\0';
    return excerpt;
}

/* To where they stand in the file. */
static void
move_found(const Rewrite *found, size_t by)
{
    for (guint i = 0; i < found->sites->len; i++) {
        Site *site = g_ptr_array_index(found->sites, i);
        site->begin += by;
        site->end += by;
    }
    for (guint i = 0; i < found->edits->len; i++) {
        Edit *edit = g_ptr_array_index(found->edits, i);
        edit->begin += by;
        edit->end += by;
    }
}

bool
excerpt_rewrite(Work *work, const Excerpt *excerpt)
{
    RewriteOptions options = *work->options;
    g_autoptr(GPtrArray) sites = g_ptr_array_new(), edits = g_ptr_array_new(),
                         made = g_ptr_array_new_with_free_func(made_free);
    Rewrite out = {.sites = sites, .edits = edits, .made = made, .arena = work->out->arena};
    options.dialect = work->dialect;
    options.propagates = options.finds_made = false;
    Work inner = {.renames = work->renames,
                  .options = &options,
                  .text = excerpt->text,
                  .bytes = excerpt->bytes,
                  .path = work->path,
                  .depth = work->depth + 1,
                  .out = &out};
    sql_text(&inner);
    move_found(&out, excerpt->begin);
    if (!can_carry(work, &out))
        return false;
    g_ptr_array_extend(work->out->sites, sites, NULL, NULL);
    g_ptr_array_extend(work->out->edits, edits, NULL, NULL);
    return true;
}

static bool
is_copied(const Sum *sum, size_t byte)
{
    const Excerpt *copy = &sum->copy;
    return byte >= copy->begin && byte < copy->begin + copy->bytes &&
           copy->text[byte - copy->begin] != ' ';
}

static void
mark_calls(Sum *sum, const Token *token)
{
    g_autoptr(GPtrArray) calls = dbt_calls(sum->work->text, token);
    for (guint i = 0; i < calls->len; i++) {
        const DbtCall *call = g_ptr_array_index(calls, i);
        if (is_copied(sum, call->callee))
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
    Sum sum = {.work = work, .words = words};
    sum.copy = excerpt_new(work, jinja_word(words, first)->begin - BRACES,
                           MIN(jinja_word(words, last - 1)->end + BRACES, work->bytes));
    bool is_read = copy_sum(&sum, first, last) && excerpt_rewrite(work, &sum.copy);
    if (is_read)
        mark_calls(&sum, token);
    g_free(sum.copy.text);
    return is_read;
}
