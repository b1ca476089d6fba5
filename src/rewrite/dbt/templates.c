/*
 * templates.c - templates of dbt in SQL: sources that are ref(…) or source(…), and such calls elsewhere.
 *
 * A variable that was {% set %} to one call stands for it. A call that is the argument of a macro is only renamed when no
 * column of the dataset changes: else the macro would see other columns than before.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

/* {{ this }}: the table that the file makes, with the names of its query. In a macro it is that of whoever calls it. */
static bool
is_this(Work *work, const SqlSource *source)
{
    if (statement_is_in_text(work, source->block->statement))
        return false;
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    g_autoptr(GArray) found = token->kind == TOKEN_TEMPLATE && source->last == source->first
                                  ? jinja_arguments(work->text, token)
                                  : NULL;
    const JinjaArgument *one =
        found != NULL && found->len == 1 ? &g_array_index(found, JinjaArgument, 0) : NULL;
    return one != NULL && one->is_alone && one->kind == JINJA_VARIABLE &&
           one->end - one->begin == 4 && memcmp(work->text + one->begin, "this", 4) == 0;
}

/* schema.table or model: what its columns are qualified by, and looked up by in a schema. */
static SqlPath
path_of(Work *work, const SqlSource *source, const DbtCall *call, bool is_here)
{
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    guint first = call->is_source || call->count == 1 ? 0 : 1;
    SqlPath path = {.count = call->count - first};
    path.parts = arena_alloc(work->sql->arena, path.count * sizeof(SqlPart));
    for (guint i = 0; i < path.count; i++) {
        const char *name = call->names[first + i];
        bool is_said = is_here && call->end[first + i] > 0; /* else by the macro that is called */
        path.parts[i] = (SqlPart){
            .text = arena_copy(work->sql->arena, name, strlen(name)),
            .token = source->first,
            .begin = is_said ? (uint32_t) call->begin[first + i] : token->begin,
            .end = is_said ? (uint32_t) call->end[first + i] : token->end,
        };
    }
    return path;
}

static void
tell_call(Work *work, const DbtDoubt *doubt, const DbtCall *call)
{
    size_t last = call->count - 1;
    dbt_tell(work, doubt, call->begin[last], call->end[last]);
}

/* `macro` of {{ macro(…) }}. Caller frees. */
static char *
macro_of(const Work *work, const Token *token)
{
    const char *begin = jinja_inside(work->text, token);
    return g_strndup(begin, strcspn(begin, "( \n\t"));
}

/* The model of a pair, as if it were called by ref(); NULL where the macro does something else with it. */
static DbtCall *
call_of_pair(Work *work, const SqlSource *source, const Token *token)
{
    g_autofree char *macro = macro_of(work, token);
    const SqlPart *model = &source->path.parts[0], *name = &source->block->query->common->name;
    if (!macros_make_commons(work->options->macros, macro))
        return NULL;
    DbtCall *call = g_new0(DbtCall, 1);
    *call = (DbtCall){.is_understood = true, .callee = model->begin, .count = 1};
    call->names[0] = g_strdup(model->text);
    call->begin[0] = model->begin;
    call->end[0] = model->end;
    set_add(&work->understood, GSIZE_TO_POINTER((gsize) name->begin + 1));
    return call;
}

/* The file's own table: the model's, whose columns follow where the mapping renames them; else what its query gives. */
static void
name_this(Work *work, SqlSource *source)
{
    const Rename *own = dbt_own_rename(work);
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    source->query = own == NULL ? source->block->statement->query : NULL;
    if (own == NULL)
        return;
    SqlPart *part = arena_alloc(work->sql->arena, sizeof(SqlPart));
    *part = (SqlPart){.text = own->dbt->from.name,
                      .token = source->first,
                      .begin = token->begin,
                      .end = token->end};
    source->kind = SOURCE_TABLE;
    source->is_template = true;
    source->path = (SqlPath){.parts = part, .count = 1};
    source->rename = own;
    source->spelling = &own->dbt->spelling;
    set_add(&work->understood, GSIZE_TO_POINTER(token->begin + 1));
}

/* f(ref('x'), 't.id'): `t` is what the macro calls the table, or another one, and is not followed. */
static bool
names_qualified_column(Work *work, const SqlSource *source, const Rename *rename)
{
    const ArenaList *refs = source->block->refs;
    for (guint i = 0; i < refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(refs, i);
        for (guint p = 1; p < ref->path.count; p++) {
            const ColumnChange *change =
                rename_column(rename, work->sql->dialect, &ref->path.parts[p]);
            if (change != NULL && change->kind != CHANGE_NONE)
                return true;
        }
    }
    return false;
}

/* A macro of the project that gives rows of the table, and may name columns of it by itself. */
static bool
may_follow_rows(Work *work, SqlSource *source, const Rename *rename)
{
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    uint32_t begin, end;
    if (dbt_unites_alike(work, token)) {
        source->gives_more = true;
        return true;
    }
    if (source->is_paired ||
        !macros_give_rows(work->options->macros, work->text, token, &begin, &end))
        return true;
    source->gives_more = true;
    return rename == NULL || !rename_changes_columns(rename) ||
           (!names_qualified_column(work, source, rename) &&
            macros_rows_keep(work->options->macros, work->text, token, rename));
}

/* It is called as the new table already. */
static void
note_target(Work *work, SqlSource *source, const DbtCall *call, bool is_here)
{
    size_t last = call->count - 1;
    source->renamed = dbt_find_target(work, call);
    if (source->renamed != NULL && is_here)
        site_add(work, SITE_TABLE, DISPOSITION_ALREADY, call->begin[last], call->end[last]);
}

void
dbt_name_source(Work *work, SqlSource *source)
{
    const Token *token = &g_array_index(work->sql->tokens, Token, source->first);
    const DbtDoubt *doubt = NULL;
    bool is_here = false;
    DbtCall *call = source->is_paired ? call_of_pair(work, source, token)
                    : source->last == source->first && token->kind == TOKEN_TEMPLATE
                        ? dbt_call_behind(work, token, &is_here)
                        : NULL;
    is_here = is_here || source->is_paired;
    if (call == NULL) {
        if (is_this(work, source))
            name_this(work, source);
        return;
    }
    const Rename *rename = dbt_find(work, call, &doubt);
    if (rename == NULL && doubt == NULL)
        note_target(work, source, call, is_here);
    if (!may_follow_rows(work, source, rename)) {
        dbt_call_clear(call);
        g_free(call);
        return;
    }
    source->kind = SOURCE_TABLE; /* its columns are known like those of a table */
    source->is_template = true;
    set_add(&work->understood, GSIZE_TO_POINTER(token->begin + 1));
    source->path = path_of(work, source, call, is_here);
    if (is_here)
        set_add(&work->understood, GSIZE_TO_POINTER(call->begin[call->count - 1] + 1));
    if (work->options->models != NULL)
        source->model = project_model_find(work->options->models, &work->options->home, call);
    if (rename != NULL) {
        source->rename = rename;
        source->spelling = &rename->dbt->spelling;
        if (!rename->is_derived && is_here)
            dbt_edit(work, rename->dbt, call);
        if (is_here)
            set_add(&work->understood, GSIZE_TO_POINTER(call->callee + 1));
    } else if (doubt != NULL && is_here) {
        tell_call(work, doubt, call);
        set_add(&work->understood, GSIZE_TO_POINTER(call->callee + 1));
    }
    dbt_call_clear(call);
    g_free(call);
}

/* ---- calls elsewhere ---- */

static void
visit_call(Work *work, guint token, const DbtCall *call)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = dbt_find(work, call, &doubt);
    if (set_has(work->understood, GSIZE_TO_POINTER(call->callee + 1)))
        return;
    if (rename == NULL) {
        if (doubt != NULL)
            tell_call(work, doubt, call);
        return;
    }
    size_t last = call->count - 1;
    const Token *template = tokens_at(work->sql->list, token);
    bool is_read =
        rename_changes_columns(rename) && dbt_values(work, template, call->callee, rename);
    if (!is_read && rename_changes_columns(rename) && dbt_sum(work, template, call))
        return;
    if (!is_read && rename_changes_columns(rename) && !dbt_is_table_macro(work, token) &&
        !dbt_is_of_union(work, template))
        site_refuse(work, SITE_TABLE, call->begin[last], call->end[last], "in-template", NULL,
                    "a macro or variable gets the table, with its columns' names");
    else if (!rename->is_derived)
        dbt_edit(work, rename->dbt, call);
}

/* A macro that stands for the table, called where nobody knows what is done with its columns. */
static void
visit_macro(Work *work, const Token *token)
{
    const char *text = work->text + token->begin + 2;
    text += strspn(text, " -+\n\t");
    if (token->kind == TOKEN_TAG && strncmp(text, "macro", 5) == 0)
        return; /* it is not called, but made */
    const Rename *rename = !set_has(work->understood, GSIZE_TO_POINTER(token->begin + 1))
                               ? dbt_macro_within(work, token)
                               : NULL;
    if (rename != NULL && rename_changes_columns(rename))
        site_refuse(work, SITE_TABLE, token->begin, token->end, "in-template", NULL,
                    "a macro or variable gets the table, with its columns' names");
}

/* `-- depends_on: {{ ref('users') }}`: to dbt this is no comment, and it would miss what is not there any more. */
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
        const DbtDoubt *doubt = NULL;
        const Rename *rename = dbt_find(work, call, &doubt);
        if (rename == NULL || rename->is_derived)
            continue;
        dbt_edit(work, rename->dbt, call);
    }
}

void
dbt_templates(Work *work)
{
    const TokenList *list = work->sql->list;
    if (memchr(work->text, '{', work->bytes) == NULL) /* also none in a comment */
        return;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind == TOKEN_COMMENT && work->sql->live->data[i])
            visit_comment(work, token);
        if ((token->kind != TOKEN_TEMPLATE && token->kind != TOKEN_TAG) ||
            !work->sql->live->data[i])
            continue;
        g_autoptr(GPtrArray) calls = dbt_calls(work->text, token);
        for (guint c = 0; c < calls->len; c++)
            visit_call(work, i, g_ptr_array_index(calls, c));
        visit_macro(work, token);
    }
}
