/*
 * star.c - {{ dbt_utils.star(from=ref('x'), …) }}: which columns of what the block reads it lets through.
 *
 * dbt writes out the columns that the model has by then, with their new names. So it is a star only where what the block reads
 * has these names, too: the model itself, or a table of WITH that passes all of its changes on.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

static const Token *
template_of(const Work *work, const SqlItem *star)
{
    return &g_array_index(work->sql->tokens, Token, star->first);
}

static SqlSource *
source_of(const SqlItem *star)
{
    if (star->star_path.count > 0)
        return star->star_of;
    return star->block->sources->len == 1 ? g_ptr_array_index(star->block->sources, 0) : NULL;
}

static bool
is_keyword(const char *text, const JinjaArgument *argument, const char *keyword)
{
    size_t bytes = argument->keyword_end - argument->keyword;
    return bytes == strlen(keyword) && memcmp(text + argument->keyword, keyword, bytes) == 0;
}

bool
dbt_star_variable(const Work *work, const Token *token, uint32_t *ret_begin, uint32_t *ret_end)
{
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        bool is_from = one->keyword_end > 0 ? is_keyword(work->text, one, "from") ||
                                                  is_keyword(work->text, one, "relation")
                                            : one->place == 0;
        *ret_begin = one->begin;
        *ret_end = one->end;
        if (one->kind == JINJA_VARIABLE && is_from)
            return true;
    }
    return false;
}

/* The mapping of the model that it is given, or NULL. */
static const Rename *
rename_of(Work *work, const SqlItem *star)
{
    const DbtDoubt *doubt = NULL;
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, template_of(work, star));
    uint32_t begin, end;
    if (calls->len == 1 || dbt_unites_alike(work, template_of(work, star)))
        return dbt_find(work, g_ptr_array_index(calls, 0), &doubt);
    DbtCall *call =
        calls->len == 0 && dbt_star_variable(work, template_of(work, star), &begin, &end)
            ? dbt_call_of_variable(work, work->text + begin, end - begin)
            : NULL;
    const Rename *rename = call != NULL ? dbt_find(work, call, &doubt) : NULL;
    if (call != NULL)
        dbt_call_clear(call);
    g_free(call);
    return rename;
}

static bool
is_passed_on(Work *work, const SqlSource *source, const ColumnChange *change)
{
    SqlPart part = {.text = change->column};
    const ColumnChange *seen =
        change->kind == CHANGE_NAME ? source_change(work, source, &part) : NULL;
    return seen != NULL && seen->kind == CHANGE_NAME && g_strcmp0(seen->to, change->to) == 0;
}

/* deduplicate(relation='stg', …): all of a table of WITH. */
static bool
is_of_common(const SqlItem *star, const SqlSource *source)
{
    return source != NULL && source->kind == SOURCE_COMMON && source->first == star->first;
}

bool
dbt_star_follows(Work *work, const SqlItem *star)
{
    const SqlSource *source = source_of(star);
    const Rename *rename = rename_of(work, star);
    if (is_of_common(star, source))
        return true;
    if (source == NULL || rename == NULL)
        return false;
    if (source_rename(source) == rename)
        return true;
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && !is_passed_on(work, source, change))
            return false;
    }
    return source->query != NULL;
}

/* The names of the model stay, or are others: then those of what is read must not change. */
bool
dbt_star_is_rigid(Work *work, const SqlItem *star)
{
    return star->is_macro && star->is_star && !dbt_star_follows(work, star);
}

static void
edit_left_out(Work *work, const SqlItem *star, const Rename *rename)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++) {
        const SqlPart *part = g_ptr_array_index(star->except, i);
        const ColumnChange *change = rename_column(rename, work->sql->dialect, part);
        if (change == NULL || change->kind == CHANGE_NONE ||
            site_covers(work, part->begin, part->end))
            continue;
        if (change->kind == CHANGE_NAME)
            site_edit(work, SITE_COLUMN, part->begin, part->end, change->to);
        else
            site_refuse(work, SITE_COLUMN, part->begin, part->end, "in-template", change->link,
                        "'%s' changes, and is left out here", part->text);
    }
}

/* The name in ref(…) or source(…); a variable's is where it is set. */
static void
edit_call(Work *work, const SqlItem *star, const Rename *rename)
{
    g_autoptr(GPtrArray) calls = dbt_calls(work->text, template_of(work, star));
    uint32_t begin, end;
    if (calls->len == 0 && dbt_star_variable(work, template_of(work, star), &begin, &end))
        set_add(&work->understood, GSIZE_TO_POINTER((gsize) begin + 1));
    if (calls->len == 0)
        return;
    const DbtCall *call = g_ptr_array_index(calls, 0);
    if (set_add(&work->understood, GSIZE_TO_POINTER(call->callee + 1)) && !rename->is_derived)
        dbt_edit(work, rename->dbt, call);
}

bool
dbt_star(Work *work, const SqlItem *star)
{
    const Rename *rename = rename_of(work, star);
    const SqlSource *source = source_of(star);
    const Token *template = template_of(work, star);
    if (is_of_common(star, source))
        return true;
    if (dbt_star_follows(work, star)) {
        edit_left_out(work, star, rename);
        edit_call(work, star, rename);
        return true;
    }
    if (source != NULL && source_changes(work, source))
        site_refuse(work, SITE_STAR, template->begin, template->end, "in-template", NULL,
                    "this writes out the columns of one table, and they are read from another one, "
                    "whose columns change");
    return false;
}
