/*
 * mention.c - the dataset's name in text that nobody understands: another language, a string, a template.
 *
 * A mention is a spelling as a word of its own; of a name with dots its last two parts are enough, because projects are
 * often put before it by the program.
 */
#include "base/text.h"
#include "rewrite/work.h"

#include <string.h>

#define MENTIONS_MAX 100 /* of one file: a person looks at the first few */

static bool
is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || (unsigned char) c >= 0x80;
}

bool
find_word(const char *text, size_t bytes, const char *word, size_t *ret)
{
    const char *end = text + bytes;
    size_t length = strlen(word);
    for (const char *at = text;
         (at = text_find_folded(at, (size_t) (end - at), word)) != NULL && length > 0; at++) {
        bool begins = at == text || !is_word_byte(at[-1]);
        bool ends = at + length == end || !is_word_byte(at[length]);
        if (begins && ends) {
            *ret = (size_t) (at - text);
            return true;
        }
    }
    return false;
}

static char *
last_two(char *const *parts)
{
    guint length = g_strv_length((char **) parts);
    return g_strjoinv(".", (char **) parts + (length > 2 ? length - 2 : 0));
}

static void
mention_word(Work *work, const char *word)
{
    for (size_t from = 0, at = 0; from < work->bytes && work->out->sites->len < MENTIONS_MAX;
         from += at + strlen(word)) {
        if (!find_word(work->text + from, work->bytes - from, word, &at))
            return;
        if (!site_covers(work, from + at, from + at + strlen(word)))
            site_refuse(
                work, SITE_MENTION, from + at, from + at + strlen(word), "language", NULL,
                "the dataset is named here, and this kind of file is not rewritten by rules");
    }
}

void
mentions_in_text(Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            g_autofree char *word = last_two(spelling->source);
            if (rename->is_derived && strchr(word, '.') == NULL)
                continue; /* any word */
            mention_word(work, word);
        }
    }
}

/* ref("x"), dbt.ref('x'), ref('package', 'x'): where a model is read by something else than SQL. */
static bool
is_called(const Work *work, size_t begin, size_t end)
{
    const char *text = work->text;
    char quote = begin > 0 ? text[begin - 1] : '\0';
    if ((quote != '\'' && quote != '"') || end >= work->bytes || text[end] != quote)
        return false;
    size_t at = begin - 1;
    while (at > 0 && strchr("(\n", text[at - 1]) == NULL)
        at--;
    return at >= 4 && memcmp(text + at - 4, "ref(", 4) == 0;
}

void
mentions_of_models(Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const char *name =
            rename->dbt != NULL && !rename->dbt->is_source ? rename->dbt->from.name : "";
        size_t bytes = strlen(name), at = 0;
        if (bytes == 0 || !rename->is_derived || !rename_changes_columns(rename))
            continue;
        for (size_t from = 0; find_word(work->text + from, work->bytes - from, name, &at) &&
                              work->out->sites->len < MENTIONS_MAX;
             from += at + bytes)
            if (is_called(work, from + at, from + at + bytes) &&
                !site_covers(work, from + at, from + at + bytes))
                site_refuse(work, SITE_MENTION, from + at, from + at + bytes, "language", NULL,
                            "this model is read here, of which columns are renamed, and this kind "
                            "of file is not followed");
    }
}

/* ---- is it worth reading? ---- */

static bool
mentions(const char *text, size_t bytes, const char *word)
{
    return text_find_folded(text, bytes, word) != NULL;
}

bool
rename_is_mentioned(const Rename *rename, const char *text, size_t bytes)
{
    if (rename->dbt != NULL && mentions(text, bytes, rename->dbt->from.name))
        return true;
    if (rename->alias != NULL && mentions(text, bytes, rename->alias))
        return true;
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        if (mentions(text, bytes, spelling->last))
            return true;
    }
    return false;
}

bool
renames_mentioned(const Renames *renames, const char *text, size_t bytes)
{
    if (memmem(text, bytes, "*`", 2) != NULL) /* a wildcard may mean it */
        return true;
    for (guint i = 0; i < renames->list->len; i++)
        if (rename_is_mentioned(g_ptr_array_index(renames->list, i), text, bytes))
            return true;
    return false;
}
