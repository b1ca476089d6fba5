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

/* The first of the sources that are joined to the one at `index`: a comma before them keeps others out. */
static guint
first_joined(const Resolver *resolver, const SqlBlock *block, guint index)
{
    const SqlSource *source = g_ptr_array_index(block->sources, index);
    return resolver->sql->dialect->has_flat_commas ? 0 : MIN(source->joined_from, index);
}

/* Where nobody says the dialect, a table before the comma that has such a column is in doubt. */
static bool
is_doubtful(Resolver *resolver, const SqlBlock *block, guint first, const SqlPart *part)
{
    for (guint i = 0; resolver->sql->dialect->is_any && i < first; i++) {
        bool is_open = false;
        if (resolver_has_name(
                resolver,
                resolver_columns(resolver, g_ptr_array_index(block->sources, i), &is_open), part))
            return true;
    }
    return false;
}

/* Whose column a name joined by USING is before the source at `index`: of the first of those that are joined by it, or of
 * the only one that can have it. NULL when that is not known. */
static SqlSource *
using_holder(Resolver *resolver, const SqlBlock *block, guint index, const SqlPart *part)
{
    SqlSource *certain = NULL, *maybe = NULL;
    int certain_count = 0, maybe_count = 0;
    guint first = first_joined(resolver, block, index);
    if (is_doubtful(resolver, block, first, part))
        return NULL;
    for (guint i = index; i > first; i--) {
        const SqlRef *before = using_ref(resolver, g_ptr_array_index(block->sources, i - 1), part);
        if (before != NULL)
            return before->also;
    }
    for (guint i = first; i < index; i++) {
        SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        if (source->is_semi) /* only its own condition sees it */
            continue;
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
