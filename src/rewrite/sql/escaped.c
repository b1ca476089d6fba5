/*
 * escaped.c - U&"d\0061ta": names of standard SQL in which letters stand as numbers, by an escape that UESCAPE may choose.
 *
 * The lexer knows no such name: it sees U, an operator and a name. Nearly nobody writes them, so where the dataset is named
 * beside one, a person looks at it.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* The text of an operator that stands between two tokens, with no blank on either side. */
static bool
is_between(const Work *work, guint index)
{
    const Token *before = work_token(work, index - 1), *token = work_token(work, index),
                *behind = work_token(work, index + 1);
    return before->end == token->begin && token->end == behind->begin &&
           token->end == token->begin + 1 && work->text[token->begin] == '&';
}

/* Is there more than names of other things? */
static bool
has_work(const Work *work)
{
    for (guint i = 0; i < work->out->sites->len; i++)
        if (((const Site *) g_ptr_array_index(work->out->sites, i))->disposition !=
            DISPOSITION_UNAFFECTED)
            return true;
    return false;
}

void
sql_escaped(Work *work)
{
    bool may_be = has_work(work) && strchr(work->sql->dialect->name_quotes, '"') != NULL &&
                  text_find_bytes(work->text, work->bytes, "&\"") != NULL;
    for (guint i = 1; may_be && i + 2 < work->sql->tokens->len; i++) {
        const Token *name = work_token(work, i + 1);
        if (name->kind == TOKEN_QUOTED && work->text[name->begin] == '"' && is_between(work, i) &&
            work_is_text(work, i - 1, "u"))
            site_refuse(
                work, SITE_MENTION, work_token(work, i - 1)->begin, name->end, "escaped", NULL,
                "what is called here is written with numbers of letters (U&), which are not read");
    }
}
