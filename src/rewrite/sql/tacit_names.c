/*
 * tacit_names.c - values that nobody calls by AS, and that have a name all the same.
 *
 * Casts are called by their column, and keep its old name. Other expressions are called by their text in some engines
 * (text_names.c).
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static void
add_old_name(Work *work, const SqlItem *item, const SqlPart *part)
{
    size_t end = work_token(work, item->last)->end;
    g_autofree char *alias =
        g_strdup_printf(" %s %.*s", word_as(work, item->block), (int) (part->end - part->begin),
                        work->text + part->begin);
    edit_add(work, end, end, alias);
}

static bool
is_name_seen(const SqlItem *item)
{
    const SqlQuery *query = item->block->query;
    return item->alias == NULL &&
           (item->block->is_returning ||
            (query != NULL && names_query(item->block) && query_names_matter(query)));
}

/* What becomes of the column that the value is called by; NULL: nothing, or it is called otherwise. */
const ColumnChange *
sql_tacit_change(Work *work, const SqlItem *item)
{
    const SqlRef *ref = item->named_by;
    return ref != NULL && ref->binding == BINDING_COLUMN && ref->column + 1 == ref->path.count
               ? source_change(work, ref->source, &ref->path.parts[ref->column])
               : NULL;
}

/* id::text is called `id`: it stays so, inside of the text, too, unless names are to change. */
static void
keep_tacit_name(Work *work, const SqlItem *item)
{
    if (is_name_seen(item) && sql_tacit_change(work, item) != NULL &&
        !(work->options->propagates && item_change(work, item) != NULL))
        add_old_name(work, item, &item->named_by->path.parts[item->named_by->column]);
}

const char *
sql_tacit_new_name(Work *work, const SqlItem *item)
{
    bool is_kept = item->alias != NULL || is_name_seen(item);
    const ColumnChange *change = is_kept ? NULL : sql_tacit_change(work, item);
    return change != NULL && change->kind == CHANGE_NAME ? change->to : NULL;
}

/* (SELECT id FROM t) is called `id` where casts are called by their columns. */
static void
keep_name_of_value(Work *work, const SqlQuery *query)
{
    const SqlItem *item = query->is_value ? query->item : NULL;
    const SqlBlock *block = item != NULL ? query_first_block(query) : NULL;
    if (block == NULL || block->items->len == 0 || !work->sql->dialect->has_cast_names ||
        item->first + 1 != query->first || !is_name_seen(item) ||
        work_token(work, item->first)->match != item->last)
        return;
    const SqlItem *inner = g_ptr_array_index(block->items, 0);
    const SqlRef *ref = inner->plain != NULL ? inner->plain : inner->named_by;
    if (inner->alias != NULL || ref == NULL || ref->binding != BINDING_COLUMN ||
        ref->column + 1 != ref->path.count)
        return;
    const SqlPart *part = &ref->path.parts[ref->column];
    if (source_change(work, ref->source, part) != NULL)
        add_old_name(work, item, part);
}

/* ---- the whole ---- */

void
sql_tacit_names(Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->items->len; i++)
            keep_tacit_name(work, g_ptr_array_index(block->items, i));
    }
    for (guint i = 0; i < work->sql->queries->len; i++)
        keep_name_of_value(work, g_ptr_array_index(work->sql->queries, i));
    sql_text_names(work);
}
