/*
 * dbt_quoted.c - calls in the quotes of SQL: '{{ ref('users') }}' as the text or the name that dbt makes of a table.
 *
 * Its new name is another value there, and what is done with the text is not known. SQL that is run is read elsewhere (sql_inner.c).
 */
#include "base/text.h"
#include "rewrite/dbt.h"
#include "rewrite/work.h"

#include <string.h>

static void
visit_call(Work *work, const DbtCall *call)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = dbt_find(work, call, &doubt);
    size_t begin = call->begin[0], end = call->count > 0 ? call->end[call->count - 1] : 0;
    if (rename == NULL || rename->is_derived || site_covers(work, begin, end))
        return;
    site_refuse(work, SITE_MENTION, call->begin[call->count - 1], end, "in-string", NULL,
                "the name stands in a string: nobody knows what becomes of it");
}

static void
visit_string(Work *work, const Token *string)
{
    Token template;
    size_t at = string->begin;
    while (dbt_next_template(work->text, &at, string->end, &template)) {
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, &template);
        for (guint i = 0; i < calls->len; i++)
            visit_call(work, g_ptr_array_index(calls, i));
    }
}

void
dbt_quoted(Work *work)
{
    const TokenList *list = work->sql->list;
    if (text_find_bytes(work->text, work->bytes, "{{") == NULL)
        return;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (work->sql->live->data[i] &&
            (token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED))
            visit_string(work, token);
    }
}
