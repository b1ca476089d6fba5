/*
 * joined.c - names that are put together from literals: IDENTIFIER('users' || '_v1'), 'SELECT … FROM users' || '_v1'.
 *
 * No literal of them names the dataset, all of them together do: a person's. What is joined between them and is no literal
 * may be anything; in IDENTIFIER, where a name stands for certain, the dataset's last part behind it is enough.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define JOINED_MAX 64 /* literals and what is between them; longer chains are made by no person */

static bool
joins(const Work *work, guint index)
{
    return work_is_text(work, index, "||") || work_is_text(work, index, "+");
}

static void
append_literal(GString *whole, const Work *work, const Token *token)
{
    size_t begin = token->begin, end = token->end - 1;
    while (begin < end && work->text[begin] != '\'' && work->text[begin] != '"')
        begin++;
    if (begin < end)
        g_string_append_len(whole, work->text + begin + 1, (gssize) (end - begin - 1));
}

/* What the chain that begins here gives, a NUL for each thing that is no literal; its last token. */
static GString *
joined_from(const Work *work, guint first, guint *ret_last)
{
    GString *whole = g_string_new(NULL);
    guint at = first;
    for (guint count = 0; count < JOINED_MAX; count++) {
        const Token *token = work_token(work, at);
        if (token->kind == TOKEN_STRING)
            append_literal(whole, work, token);
        else
            g_string_append_c(whole, '\0');
        *ret_last = at;
        if (!joins(work, at + 1))
            break;
        at += 2;
    }
    return whole;
}

static bool
is_named_whole(const Work *work, const GString *whole)
{
    size_t at = 0;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++)
            if (find_word(whole->str, whole->len,
                          ((const Spelling *) g_ptr_array_index(rename->spellings, s))->whole, &at))
                return true;
    }
    return false;
}

/* IDENTIFIER(x || '.users'): the end is the dataset's last part, and what is before it is put in. */
static bool
may_be_named(const Work *work, const GString *whole, guint first)
{
    bool is_name = first > 1 && work_is_text(work, first - 1, "(") &&
                   work_is_text(work, first - 2, "IDENTIFIER");
    const char *dot = memrchr(whole->str, '.', whole->len);
    return is_name && dot != NULL && memchr(whole->str, '\0', whole->len) != NULL &&
           renames_mentioned(work->renames, dot + 1, (size_t) (whole->str + whole->len - dot - 1));
}

static void
visit_chain(Work *work, guint first, guint *ret_last)
{
    g_autoptr(GString) whole = joined_from(work, first, ret_last);
    size_t begin = work_token(work, first)->begin, end = work_token(work, *ret_last)->end;
    if ((is_named_whole(work, whole) || may_be_named(work, whole, first)) &&
        !site_covers(work, begin, end))
        site_refuse(
            work, SITE_MENTION, begin, end, "in-string", NULL,
            "the dataset's name is put together from these parts: nobody knows what becomes "
            "of it");
}

static bool
is_quote(char c)
{
    return c == '\'' || c == '"';
}

/* '…' || '…': two literals with nothing but this sign between them. */
static bool
joins_literals(const char *text, size_t bytes, const char *sign)
{
    const char *end = text + bytes, *at = text;
    size_t width = strlen(sign);
    while ((at = text_find_bytes(at, (size_t) (end - at), sign)) != NULL) {
        const char *before = at;
        at += width;
        while (before > text && g_ascii_isspace(before[-1]))
            before--;
        const char *behind = at;
        while (behind < end && g_ascii_isspace(*behind))
            behind++;
        behind += behind + 1 < end && strchr("nNeE", *behind) != NULL;
        if (before > text && is_quote(before[-1]) && behind < end && is_quote(*behind))
            return true;
    }
    return false;
}

bool
sql_may_join(const char *text, size_t bytes)
{
    return joins_literals(text, bytes, "||") || joins_literals(text, bytes, "+") ||
           (text_find_bytes(text, bytes, "||") != NULL &&
            text_find_folded(text, bytes, "identifier(") != NULL);
}

void
sql_joined(Work *work)
{
    bool may_join = tokens_have(work->sql->list, TOKEN_STRING) &&
                    (memchr(work->text, '+', work->bytes) != NULL ||
                     text_find_bytes(work->text, work->bytes, "||") != NULL);
    guint count = may_join ? work->sql->tokens->len : 0;
    for (guint i = 1; i + 1 < count; i++) {
        bool is_value = work_token(work, i)->kind == TOKEN_STRING ||
                        work_is_text(work, i - 2 * (i > 1), "IDENTIFIER");
        if (is_value && joins(work, i + 1) && !joins(work, i - 1))
            visit_chain(work, i, &i);
    }
}
