/* resolve_using.c - USING (…): whose column a name is that two sides are joined by. */
#include "sql/resolve.h"

static SqlRef *
using_ref(const Resolver *resolver, const SqlSource *source, const SqlPart *part)
{
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        SqlRef *ref = g_ptr_array_index(source->using, i);
        if (resolver_is_column(resolver, part, ref->path.parts[0].text))
            return ref;
    }
    return NULL;
}

/* Whose column a name joined by USING is before the source at `index`: of the first of those that are joined by it, or of
 * the only one that can have it. NULL when that is not known. */
static SqlSource *
using_holder(Resolver *resolver, const SqlBlock *block, guint index, const SqlPart *part)
{
    SqlSource *certain = NULL, *maybe = NULL;
    int certain_count = 0, maybe_count = 0;
    for (guint i = index; i > 0; i--) {
        const SqlRef *before = using_ref(resolver, g_ptr_array_index(block->sources, i - 1), part);
        if (before != NULL)
            return before->also;
    }
    for (guint i = 0; i < index; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        const ArenaList *names = resolver_columns(resolver, source, &is_open);
        if (resolver_has_name(resolver, names, part)) {
            certain = source;
            certain_count++;
        } else if (is_open && !resolver_lacks(resolver, source, part)) {
            maybe = source;
            maybe_count++;
        }
    }
    if (certain_count > 0)
        return certain_count == 1 ? certain : NULL;
    return maybe_count == 1 ? maybe : NULL;
}

void
resolver_using(Resolver *resolver, const SqlBlock *block, guint index)
{
    SqlSource *source = g_ptr_array_index(block->sources, index);
    for (guint i = 0; source->using != NULL && i < source->using->len; i++) {
        SqlRef *ref = g_ptr_array_index(source->using, i);
        ref->binding = BINDING_COLUMN;
        ref->source = source;
        ref->column = 0;
        ref->also = using_holder(resolver, block, index, &ref->path.parts[0]);
    }
}

/* The first USING of the block that joins by this name. */
const SqlRef *
resolver_using_of(const Resolver *resolver, const SqlBlock *block, const SqlPart *part)
{
    const SqlRef *ref = NULL;
    for (guint i = 0; ref == NULL && i < block->sources->len; i++)
        ref = using_ref(resolver, g_ptr_array_index(block->sources, i), part);
    return ref;
}
