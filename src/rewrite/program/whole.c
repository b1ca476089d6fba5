/*
 * whole.c - what a program says anywhere, by which single strings of it are judged: which library it uses, whether
 * it names a dataset.
 *
 * Thousands of strings ask for the same few words: so the file is searched once for each.
 */
#include "base/text.h"
#include "rewrite/program/program.h"

_Thread_local uint64_t program_steps;

static bool
look(const Work *work, const char *what, bool is_word)
{
    size_t at;
    program_steps += work->bytes;
    return is_word ? find_word(work->text, work->bytes, what, &at)
                   : text_find_folded(work->text, work->bytes, what) != NULL;
}

static bool
remembered(const Work *work, const char *what, bool is_word)
{
    if (work->says == NULL)
        return look(work, what, is_word);
    g_autofree char *key = g_strconcat(is_word ? "=" : "~", what, NULL);
    void *found = g_hash_table_lookup(work->says, key);
    if (found == NULL) {
        found = GINT_TO_POINTER(look(work, what, is_word) ? 1 : 2);
        g_hash_table_insert(work->says, g_steal_pointer(&key), found);
    }
    return GPOINTER_TO_INT(found) == 1;
}

bool
program_says(const Work *work, const char *sign)
{
    return remembered(work, sign, false);
}

bool
program_has_word(const Work *work, const char *word)
{
    return remembered(work, word, true);
}
