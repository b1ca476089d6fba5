/*
 * sql_catalog.c - the dataset named apart: its schema in one literal and its own name in another one, as catalogs and
 * procedures are asked (`table_schema = 'shop' AND table_name = 'orders'`, f('shop', 'orders')), or below the schema's
 * INFORMATION_SCHEMA.
 */
#include "base/text.h"
#include "rewrite/work.h"

#include <string.h>

#define TOKENS_MAX 4096 /* of a statement, either way: people ask catalogs in a screen or two */

/* The token is this name, or a literal that is nothing but it. */
static bool
is_name_alone(const Work *work, const Token *token, const char *name)
{
    bool is_quoted = token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED;
    size_t bytes = token->end - token->begin;
    if (token->kind != TOKEN_WORD && !is_quoted)
        return false;
    return bytes == strlen(name) + 2 * (size_t) is_quoted &&
           g_ascii_strncasecmp(work->text + token->begin + is_quoted, name, strlen(name)) == 0;
}

/* Is the schema said here: in a literal, or before INFORMATION_SCHEMA, perhaps in the quotes of a whole path? */
static bool
says_schema(const Work *work, guint index, const char *schema)
{
    const Token *token = work_token(work, index);
    if (token->kind == TOKEN_STRING)
        return is_name_alone(work, token, schema);
    if (token->kind == TOKEN_QUOTED &&
        text_find_folded(work->text + token->begin, token->end - token->begin,
                         "INFORMATION_SCHEMA") != NULL)
        return text_find_folded(work->text + token->begin, token->end - token->begin, schema) !=
               NULL;
    if (!work_is_text(work, index, "INFORMATION_SCHEMA") || index < 2 ||
        work_token(work, index - 1)->kind != TOKEN_DOT)
        return false;
    const Token *before = work_token(work, index - 2);
    return text_find_folded(work->text + before->begin, before->end - before->begin, schema) !=
           NULL;
}

static bool
is_said_in_statement(const Work *work, guint index, const char *schema)
{
    for (guint at = index; at > 0 && index - at < TOKENS_MAX; at--) {
        if (work_token(work, at - 1)->kind == TOKEN_SEMICOLON)
            break;
        if (says_schema(work, at - 1, schema))
            return true;
    }
    for (guint at = index + 1; at < work->sql->tokens->len && at - index < TOKENS_MAX; at++) {
        if (work_token(work, at)->kind == TOKEN_SEMICOLON)
            break;
        if (says_schema(work, at, schema))
            return true;
    }
    return false;
}

/* cluster('c', shop, orders), of ClickHouse */
static bool
is_behind_schema(const Work *work, guint index, const char *schema)
{
    return work->sql->dialect->has_hiding_aliases && index > 2 &&
           work_token(work, index - 1)->kind == TOKEN_COMMA &&
           is_name_alone(work, work_token(work, index - 2), schema) &&
           (work_token(work, index - 3)->kind == TOKEN_COMMA ||
            work_token(work, index - 3)->kind == TOKEN_OPEN);
}

bool
sql_is_named_apart(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint parts = g_strv_length(spelling->source);
            if (parts < 2 || !is_name_alone(work, token, spelling->last))
                continue;
            const char *schema = spelling->source[parts - 2];
            if (token->kind == TOKEN_STRING ? is_said_in_statement(work, index, schema)
                                            : is_behind_schema(work, index, schema))
                return true;
        }
    }
    return false;
}
