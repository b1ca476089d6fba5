/*
 * replaced.c - `* REPLACE (…)` and `* RENAME (…)`: what of a star that is written out stands in the place of a column, or is
 * called otherwise.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

/* The column that it is about, or NULL. */
static const SqlPart *
column_of(const SqlReplacement *one)
{
    if (!one->is_rename)
        return one->name;
    return one->plain != NULL ? &one->plain->path.parts[one->plain->path.count - 1] : NULL;
}

const SqlReplacement *
star_replacement(const Work *work, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->replace != NULL && i < star->replace->len; i++) {
        const SqlReplacement *one = g_ptr_array_index(star->replace, i);
        const SqlPart *part = column_of(one);
        if (part != NULL && sql_same_column(work->sql->dialect, part->text, part->quote, name))
            return one;
    }
    return NULL;
}

static bool
is_known(const Work *work, const SqlPart *part, const char *const *known)
{
    for (; part != NULL && known != NULL && *known != NULL; known++)
        if (sql_same_column(work->sql->dialect, part->text, part->quote, *known))
            return true;
    return false;
}

/* Nothing is left in the brackets that was not understood: one follows the other. */
static bool
follows(const Work *work, const SqlItem *star, guint number)
{
    const SqlReplacement *one = g_ptr_array_index(star->replace, number);
    const SqlReplacement *before = number > 0 ? g_ptr_array_index(star->replace, number - 1) : NULL;
    const SqlReplacement *next =
        number + 1 < star->replace->len ? g_ptr_array_index(star->replace, number + 1) : NULL;
    guint behind = one->name->token + 1;
    if (work_is_text(work, one->first - 1, ",") &&
        (before == NULL || before->name->token + 2 != one->first))
        return false;
    return behind > star->last || !work_is_text(work, behind, ",") ||
           (next != NULL && next->first == behind + 1) ||
           work_token(work, behind + 1)->kind == TOKEN_CLOSE;
}

/* What is written within a query of its own comes after the star. */
static bool
has_query(const Work *work, const SqlReplacement *one)
{
    for (guint i = one->first; i <= one->last; i++)
        if (work_is_text(work, i, "SELECT") || work_is_text(work, i, "FROM") ||
            work_is_text(work, i, "WITH") || work_is_text(work, i, "TABLE"))
            return true;
    return false;
}

bool
star_can_replace(const Work *work, const SqlItem *star, const char *const *known)
{
    bool is_of_one = star->star_path.count > 0 || star->block->sources->len == 1;
    if (star->replace == NULL)
        return true;
    for (guint i = 0; i < star->replace->len; i++) {
        const SqlReplacement *one = g_ptr_array_index(star->replace, i);
        if (!is_known(work, column_of(one), known) || !follows(work, star, i) ||
            has_query(work, one))
            return false;
    }
    return is_of_one && star->replace->len > 0 && !work->sql->dialect->has_hiding_aliases;
}

char *
work_edited(const Work *work, guint first, guint last)
{
    size_t begin = work_token(work, first)->begin, end = work_token(work, last)->end;
    g_autoptr(GPtrArray) edits = g_ptr_array_new();
    for (guint i = 0; i < work->out->edits->len; i++) {
        Edit *edit = g_ptr_array_index(work->out->edits, i);
        if (edit->begin >= begin && edit->end <= end)
            g_ptr_array_add(edits, edit);
    }
    g_ptr_array_sort(edits, edits_by_place);
    GString *text = g_string_new(NULL);
    edits_apply(edits, work->text, begin, end, text);
    return g_string_free(text, FALSE);
}
