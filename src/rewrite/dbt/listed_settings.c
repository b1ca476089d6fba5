/*
 * listed_settings.c - {{ config(unique_key=keys) }}, where {% set keys = ['id'] %} also puts columns into the query.
 *
 * To config() they are the names of the model's outputs, which need not change as the columns do that are read.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "sql/jinja.h"

#include <string.h>

static bool
is_of_config(const char *text, const JinjaArgument *argument)
{
    static const char callee[] = "config";
    return argument->kind == JINJA_VARIABLE &&
           argument->callee_end - argument->callee == strlen(callee) &&
           memcmp(text + argument->callee, callee, strlen(callee)) == 0;
}

static void
add_literals(const Work *work, const JinjaLists *lists, const Token *template, GHashTable **ret)
{
    g_autoptr(GArray) found = jinja_arguments(work->text, template);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        bool is_loop = false;
        const GArray *list = is_of_config(work->text, one)
                                 ? jinja_list(lists, work->text, one->begin, one->end, &is_loop)
                                 : NULL;
        for (guint j = 0; list != NULL && j < list->len; j++)
            set_add(ret, GUINT_TO_POINTER(g_array_index(list, JinjaArgument, j).begin + 1));
    }
}

GHashTable *
dbt_listed_settings(const Work *work)
{
    const TokenList *list = work->sql->list;
    GHashTable *found = NULL;
    JinjaLists *lists = tokens_have(list, TOKEN_TEMPLATE) ? jinja_lists_new(list) : NULL;
    if (lists == NULL)
        return NULL;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind == TOKEN_TEMPLATE && work->sql->live->data[i])
            add_literals(work, lists, token, &found);
    }
    jinja_lists_free(lists);
    return found;
}
