/* quoted_column.c - {{ adapter.quote('users') }} where a column stands: whatever it is called, it is no table. */
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <string.h>

static const char *
behind_blanks(const char *at)
{
    while (g_ascii_isspace(*at))
        at++;
    return at;
}

/* The call, and nothing else. */
static bool
is_call_alone(const char *text, const Token *template)
{
    static const char call[] = "adapter.quote";
    g_autoptr(GArray) found = jinja_arguments(text, template);
    const JinjaArgument *one = found->len == 1 ? &g_array_index(found, JinjaArgument, 0) : NULL;
    if (one == NULL || one->kind != JINJA_LITERAL || one->is_mixed ||
        one->callee_end - one->callee != strlen(call) ||
        memcmp(text + one->callee, call, strlen(call)) != 0 ||
        jinja_inside(text, template) != text + one->callee)
        return false;
    const char *bracket = behind_blanks(text + one->end + 1);
    const char *close = *bracket == ')' ? behind_blanks(bracket + 1) : "";
    return strncmp(*close == '-' ? close + 1 : close, "}}", 2) == 0;
}

bool
dbt_is_quoted_column(const Work *work, const Token *template)
{
    if (template->kind != TOKEN_TEMPLATE || !is_call_alone(work->text, template))
        return false;
    guint index = work_token_from(work, template->begin);
    const SqlBlock *block = sql_block_around(work->sql, index, false);
    if (block == NULL || block->query == NULL ||
        work_token(work, index)->begin != template->begin ||
        work_token(work, index + 1)->kind == TOKEN_DOT)
        return false;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source->first <= index && index <= source->last)
            return false;
    }
    return true;
}
