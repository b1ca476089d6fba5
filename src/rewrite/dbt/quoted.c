/*
 * quoted.c - calls in the quotes of SQL: '{{ ref('users') }}' as the text or the name that dbt makes of a table.
 *
 * Its new name is another value there, and what is done with the text is not known. Only of a model that is the same by another name,
 * and of a source that YAML declares under its new name instead, there is no choice: dbt knows none by the name of before. Nor is
 * there one where only dbt calls the table otherwise, and the text stays what it was, and where a function of the information schema
 * is asked for the table by it. SQL that is run is read elsewhere (sql/inner.c).
 */
#include "base/text.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* The YAML of the file's project declares it, and changes with it, or has done so already: nothing is left to ask for. */
static bool
is_declared_otherwise(const Work *work, const DbtRename *dbt)
{
    const RewriteOptions *options = work->options;
    if (dbt == NULL || !dbt->is_source || dbt->doubt != NULL || options->home.folder == NULL)
        return false;
    for (guint i = 0; options->roots != NULL && i < options->roots->len; i++) {
        const DbtRoot *root = g_ptr_array_index(options->roots, i);
        if (root->settings != NULL && strcmp(root->folder, options->home.folder) == 0)
            return (dbt_declared_find(root, &dbt->from) == NULL) !=
                   (dbt_declared_find(root, &dbt->to) == NULL);
    }
    return false;
}

/* A source of which only dbt's name changes: the table is called as before. */
static bool
is_same_table(const Rename *rename)
{
    bool is_same = rename->dbt != NULL && rename->dbt->is_source && rename->dbt->doubt == NULL &&
                   rename->spellings->len > 0;
    for (guint i = 0; is_same && i < rename->spellings->len; i++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, i);
        is_same = g_strv_equal((const char *const *) spelling->source,
                               (const char *const *) spelling->target);
    }
    return is_same;
}

/* information_schema.files_of(table_name => '{{ source('a', 'b') }}') */
static bool
is_asked_for(const Work *work, guint string)
{
    return string >= 6 && work_is_text(work, string - 1, "=>") &&
           work_is_text(work, string - 2, "TABLE_NAME") &&
           work_token(work, string - 3)->kind == TOKEN_OPEN &&
           work_token(work, string - 5)->kind == TOKEN_DOT &&
           work_is_text(work, string - 6, "INFORMATION_SCHEMA");
}

static void
decide_call(Work *work, const Rename *rename, const DbtCall *call, bool is_asked)
{
    guint last = call->count - 1;
    if (dbt_is_renamed(work->renames, work->options, rename) || is_asked || is_same_table(rename) ||
        is_declared_otherwise(work, rename->dbt))
        dbt_edit(work, rename->dbt, call);
    else
        site_refuse(work, SITE_MENTION, call->begin[last], call->end[last], "in-string", NULL,
                    "the name stands in a string: nobody knows what becomes of it");
}

static void
visit_call(Work *work, const DbtCall *call, bool is_asked)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = dbt_find(work, call, &doubt);
    size_t begin = call->begin[0], end = call->count > 0 ? call->end[call->count - 1] : 0;
    if (rename == NULL || rename->is_derived || site_covers(work, begin, end))
        return;
    decide_call(work, rename, call, is_asked);
}

/* Does this call name the dataset, and at this byte? */
static bool
names_at(const Work *work, const DbtCall *call, size_t at)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = dbt_find(work, call, &doubt);
    return rename != NULL && !rename->is_derived && at >= call->begin[0] &&
           at < call->end[call->count - 1];
}

bool
dbt_is_quoted_call(const Work *work, const Token *string, size_t at)
{
    Token template;
    bool is_there = false;
    size_t from = string->begin;
    while (!is_there && dbt_next_template(work->text, &from, string->end, &template)) {
        if (at < template.begin || at >= template.end)
            continue;
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, &template);
        for (guint i = 0; !is_there && i < calls->len; i++)
            is_there = names_at(work, g_ptr_array_index(calls, i), at);
    }
    return is_there;
}

static void
visit_string(Work *work, const Token *string)
{
    Token template;
    bool is_asked = is_asked_for(work, work_token_from(work, string->begin));
    size_t at = string->begin;
    while (dbt_next_template(work->text, &at, string->end, &template)) {
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, &template);
        for (guint i = 0; i < calls->len; i++)
            visit_call(work, g_ptr_array_index(calls, i), is_asked);
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
