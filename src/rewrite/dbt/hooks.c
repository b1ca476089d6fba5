/*
 * hooks.c - SQL in hooks: {{ config(post_hook="delete from {{ source('a', 'b') }} where …") }}.
 *
 * Each text is read as SQL in an excerpt of the file.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

static bool
is_word(const char *text, uint32_t begin, uint32_t end, const char *word)
{
    return end - begin == strlen(word) && memcmp(text + begin, word, end - begin) == 0;
}

/* Escapes in it would have to be undone before it is SQL. */
static bool
is_hook(const Work *work, const JinjaArgument *argument)
{
    static const char *const keys[] = {"pre_hook", "post_hook"};
    const char *text = work->text;
    if (argument->kind != JINJA_LITERAL || argument->is_mixed ||
        !is_word(text, argument->callee, argument->callee_end, "config") ||
        memchr(text + argument->begin, '\\', argument->end - argument->begin) != NULL)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (is_word(text, argument->keyword, argument->keyword_end, keys[i]))
            return true;
    return false;
}

/* Does it name the dataset, which may be {{ this }}? */
static bool
may_read(const Work *work, const JinjaArgument *hook)
{
    const char *text = work->text + hook->begin;
    size_t bytes = hook->end - hook->begin;
    return renames_mentioned(work->renames, text, bytes) ||
           (dbt_own_rename(work) != NULL && memmem(text, bytes, "this", 4) != NULL);
}

static void
visit_hook(Work *work, const JinjaArgument *hook)
{
    Excerpt excerpt = excerpt_new(work, hook->begin, hook->end);
    memcpy(excerpt.text, work->text + hook->begin, excerpt.bytes);
    excerpt_rewrite(work, &excerpt);
    g_free(excerpt.text);
}

void
dbt_hooks(Work *work)
{
    const TokenList *list = work->sql->list;
    for (guint i = 0; tokens_have(list, TOKEN_TEMPLATE) && i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind != TOKEN_TEMPLATE || !work->sql->live->data[i] ||
            memmem(work->text + token->begin, token->end - token->begin, "_hook", 5) == NULL)
            continue;
        g_autoptr(GArray) found = jinja_arguments(work->text, token);
        for (guint a = 0; a < found->len; a++) {
            const JinjaArgument *one = &g_array_index(found, JinjaArgument, a);
            if (is_hook(work, one) && may_read(work, one))
                visit_hook(work, one);
        }
    }
}
