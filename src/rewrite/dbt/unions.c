/*
 * unions.c - {{ dbt_utils.union_relations(relations=[ref('a'), ref('b')]) }}: rows of several tables, whose columns are put together
 * by their names.
 *
 * Where the same columns of all of them get the same new names, they come out under these, and it is a star over any of them, which
 * may have more. Where they do not change alike, rows would lose values: then it is followed by nobody.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "sql/jinja.h"

#include <string.h>

static const char callee[] = "dbt_utils.union_relations";

/* Is nothing said but the tables, and what the column is called that tells them apart? */
static bool
says_no_columns(const char *text, const Token *token)
{
    static const char told[] = "source_column_name";
    g_autoptr(GArray) found = jinja_arguments(text, token);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        bool is_own = one->callee_end - one->callee == strlen(callee) &&
                      memcmp(text + one->callee, callee, strlen(callee)) == 0,
             is_told = one->keyword_end - one->keyword == strlen(told) &&
                       memcmp(text + one->keyword, told, strlen(told)) == 0;
        if (is_own && !is_told)
            return false;
    }
    return true;
}

static bool
has_change(const Rename *rename, const ColumnChange *change)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *one = g_ptr_array_index(rename->changes, i);
        if (one->kind == change->kind && g_ascii_strcasecmp(one->column, change->column) == 0 &&
            strcmp(one->to, change->to) == 0)
            return true;
    }
    return false;
}

/* Does each name that changes in the one do so in the other; and is no more than a name changed? */
static bool
follows(const Rename *rename, const Rename *other)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        bool is_name = change->kind == CHANGE_NAME && has_change(other, change);
        if (change->kind != CHANGE_NONE && !is_name)
            return false;
    }
    return true;
}

bool
dbt_unites_alike(const Work *work, const Token *token)
{
    if (token->kind != TOKEN_TEMPLATE ||
        strncmp(jinja_inside(work->text, token), callee, strlen(callee)) != 0 ||
        !says_no_columns(work->text, token))
        return false;
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
    const Rename *first = NULL;
    for (guint i = 0; i < calls->len; i++) {
        const DbtDoubt *doubt = NULL;
        const DbtCall *call = g_ptr_array_index(calls, i);
        const Rename *rename = call->is_understood ? dbt_find(work, call, &doubt) : NULL;
        first = i == 0 ? rename : first;
        if (rename == NULL || doubt != NULL || !follows(first, rename) || !follows(rename, first))
            return false;
    }
    return first != NULL && rename_changes_columns(first);
}

bool
dbt_is_of_union(const Work *work, const Token *token)
{
    if (!dbt_unites_alike(work, token))
        return false;
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
    const DbtCall *first = g_ptr_array_index(calls, 0);
    return set_has(work->understood, GSIZE_TO_POINTER((gsize) first->callee + 1));
}
