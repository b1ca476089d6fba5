/*
 * dbt_templates.c - templates of dbt in SQL: sources that are ref(…) or source(…), and such calls elsewhere.
 *
 * A variable that was {% set %} to one call stands for it. A call that is the argument of a macro is only renamed when no
 * column of the dataset changes: else the macro would see other columns than before.
 */
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

/* `{% set users = ref('users') %}`: the tag of that variable, or NULL. */
static const Token *
tag_that_sets(Work *work, const char *name, size_t bytes)
{
    const TokenList *list = work->sql->list;
    const Token *found = NULL;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *tag = tokens_at(list, i);
        if (tag->kind != TOKEN_TAG || !work->sql->live->data[i])
            continue;
        const char *text = list->text + tag->begin, *set = memmem(text, 12, "set ", 4);
        const char *begin = set != NULL ? set + 4 : NULL;
        while (begin != NULL && *begin == ' ')
            begin++;
        if (begin == NULL || begin + bytes >= list->text + tag->end ||
            memcmp(begin, name, bytes) != 0 || g_ascii_isalnum(begin[bytes]) || begin[bytes] == '_')
            continue;
        if (found != NULL)
            return NULL; /* twice: which one counts is not known */
        found = tag;
    }
    return found;
}

/* {{ this }}: the table that the file makes, with the names of its query. */
static bool
is_this(Work *work, const SqlSource *source)
{
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    g_autoptr(GArray) found = token->kind == TOKEN_TEMPLATE && source->last == source->first
                                  ? jinja_arguments(work->text, token)
                                  : NULL;
    const JinjaArgument *one =
        found != NULL && found->len == 1 ? &g_array_index(found, JinjaArgument, 0) : NULL;
    return one != NULL && one->is_alone && one->end - one->begin == 4 &&
           memcmp(work->text + one->begin, "this", 4) == 0;
}

/* The call that a source stands for; NULL when it is none. Caller frees with dbt_call_clear() and g_free(). */
static DbtCall *
call_of(Work *work, const SqlSource *source)
{
    const char *text = work->text;
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    if (source->last != source->first || token->kind != TOKEN_TEMPLATE)
        return NULL;
    DbtCall *call = dbt_call_alone(text, token);
    if (call != NULL)
        return call;
    g_autoptr(GArray) found = jinja_arguments(text, token);
    const JinjaArgument *one = found->len == 1 ? &g_array_index(found, JinjaArgument, 0) : NULL;
    if (one == NULL || !one->is_alone || one->kind != JINJA_VARIABLE)
        return NULL;
    const Token *tag = tag_that_sets(work, text + one->begin, one->end - one->begin);
    if (tag == NULL)
        return NULL;
    g_autoptr(GPtrArray) calls = dbt_calls(text, tag);
    const DbtCall *first = calls->len == 1 ? g_ptr_array_index(calls, 0) : NULL;
    size_t equals = first != NULL ? first->callee : 0;
    while (equals > tag->begin && text[equals - 1] == ' ')
        equals--;
    return first != NULL && first->is_understood && text[equals - 1] == '='
               ? g_ptr_array_steal_index(calls, 0)
               : NULL;
}

/* schema.table or model: what its columns are qualified by, and looked up by in a schema. */
static SqlPath
path_of(Work *work, const SqlSource *source, const DbtCall *call)
{
    guint first = call->is_source || call->count == 1 ? 0 : 1;
    SqlPath path = {.count = call->count - first};
    path.parts = arena_alloc(work->sql->arena, path.count * sizeof(SqlPart));
    for (guint i = 0; i < path.count; i++)
        path.parts[i] = (SqlPart){
            .text = arena_copy(work->sql->arena, call->names[first + i],
                               strlen(call->names[first + i])),
            .token = source->first,
            .begin = (uint32_t) call->begin[first + i],
            .end = (uint32_t) call->end[first + i],
        };
    return path;
}

static void
refuse_unclear(Work *work, const DbtCall *call)
{
    size_t last = call->count - 1;
    site_refuse(work, SITE_TABLE, call->begin[last], call->end[last], "version", NULL,
                "another version of this model is mapped, or none: which one this means depends on "
                "the project");
}

void
dbt_name_source(Work *work, SqlSource *source)
{
    DbtCall *call = call_of(work, source);
    bool is_unclear = false;
    if (call == NULL) {
        if (is_this(work, source))
            source->query = source->block->statement->query;
        return;
    }
    const Rename *rename = dbt_find(work->renames, call, &is_unclear);
    source->kind = SOURCE_TABLE; /* its columns are known like those of a table */
    source->is_template = true;
    g_hash_table_add(
        work->understood,
        GSIZE_TO_POINTER(g_array_index(work->sql->tokens, Token, source->first).begin + 1));
    source->path = path_of(work, source, call);
    if (rename != NULL) {
        g_hash_table_insert(work->matched, source, (void *) rename);
        g_hash_table_insert(work->spelled, source, &rename->dbt->spelling);
        dbt_edit(work, rename->dbt, call);
        g_hash_table_add(work->understood, GSIZE_TO_POINTER(call->callee + 1));
    } else if (is_unclear) {
        refuse_unclear(work, call);
        g_hash_table_add(work->understood, GSIZE_TO_POINTER(call->callee + 1));
    }
    dbt_call_clear(call);
    g_free(call);
}

/* ---- calls elsewhere ---- */

static void
visit_call(Work *work, const DbtCall *call)
{
    bool is_unclear = false;
    const Rename *rename = dbt_find(work->renames, call, &is_unclear);
    if (g_hash_table_contains(work->understood, GSIZE_TO_POINTER(call->callee + 1)))
        return;
    if (rename == NULL) {
        if (is_unclear)
            refuse_unclear(work, call);
        return;
    }
    size_t last = call->count - 1;
    if (rename_changes_columns(rename))
        site_refuse(work, SITE_TABLE, call->begin[last], call->end[last], "in-template", NULL,
                    "a macro or variable gets the table, with its columns' names");
    else
        dbt_edit(work, rename->dbt, call);
}

/* `-- depends_on: {{ ref('users') }}`: comments stay, but dbt reads them, too. */
static void
visit_comment(Work *work, const Token *comment)
{
    const char *begin = work->text + comment->begin, *end = work->text + comment->end;
    const char *open = memmem(begin, (size_t) (end - begin), "{{", 2);
    if (open == NULL || end - open < 4 || strncmp(begin, "{#", 2) == 0)
        return;
    Token template = {
        .kind = TOKEN_TEMPLATE, .begin = (uint32_t) (open - work->text), .end = comment->end};
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, &template);
    for (guint i = 0; i < calls->len; i++) {
        const DbtCall *call = g_ptr_array_index(calls, i);
        bool is_unclear = false;
        if (dbt_find(work->renames, call, &is_unclear) == NULL)
            continue;
        size_t last = call->count - 1;
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, call->begin[last],
                              call->end[last]);
        site->reason = "this is a comment: it stays, although dbt reads it, too";
    }
}

void
dbt_templates(Work *work)
{
    const TokenList *list = work->sql->list;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind == TOKEN_COMMENT && work->sql->live->data[i])
            visit_comment(work, token);
        if ((token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG) ||
            !work->sql->live->data[i])
            continue;
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
        for (guint c = 0; c < calls->len; c++)
            visit_call(work, g_ptr_array_index(calls, c));
    }
}
