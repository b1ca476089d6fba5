/* sql_capture.c - would the new name mean something else where it is written without a qualifier? */
#include "rewrite/work.h"

#include <string.h>

/* Names by which the statement speaks of a source's columns: o.user_id shows that o has a user_id. */
static bool
is_spoken_of(Work *work, const SqlSource *source, const char *name)
{
    const GPtrArray *blocks = source->block->statement->blocks;
    for (guint b = 0; b < blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (ref->source == source && ref->binding == BINDING_COLUMN && ref->column > 0 &&
                sql_same_column(work->sql->dialect, ref->path.parts[ref->column].text,
                                ref->path.parts[ref->column].quote, name))
                return true;
        }
    }
    return false;
}

/* After the change: what had the name may have another one now. */
static bool
has_name(Work *work, const SqlSource *source, const char *name)
{
    SqlPart part = {.text = (char *) name};
    bool is_open = false;
    g_autoptr(GPtrArray) names = sql_source_columns(work->sql, source, &is_open);
    bool has = is_spoken_of(work, source, name);
    for (guint i = 0; i < names->len; i++) {
        const char *known = g_ptr_array_index(names, i);
        has = has || (known != NULL && sql_same_column(work->sql->dialect, name, '\0', known));
    }
    const ColumnChange *change = has ? source_change(work, source, &part) : NULL;
    return has && (change == NULL || change->kind != CHANGE_NAME);
}

static bool
is_alias(Work *work, const SqlRef *ref, const char *name)
{
    for (guint i = 0; i < ref->block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(ref->block->items, i);
        if (item->alias != NULL && item != ref->in &&
            sql_same_column(work->sql->dialect, item->alias->text, item->alias->quote, name))
            return true;
    }
    return false;
}

bool
is_new_name_taken(Work *work, const SqlRef *ref, const char *name)
{
    if (ref->clause == CLAUSE_ORDER && is_alias(work, ref, name))
        return true;
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent) {
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source != ref->source && source != ref->also && has_name(work, source, name))
                return true;
        }
        if (block == ref->source->block)
            break;
    }
    return false;
}
