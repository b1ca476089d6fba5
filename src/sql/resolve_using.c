/* resolve_using.c - USING (…), and NATURAL: whose column a name is that two sides are joined by. */
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
    return resolver->sql->dialect->has_flat_commas
               ? 0
               : MIN(MAX(source->joined_from, source->comma_from), index);
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

/* ---- NATURAL ---- */

#define NATURAL_SOURCES_MAX 32 /* of a chain of joins; people join three */
#define NATURAL_COLUMNS_MAX 1000

/* The names of a side, each of which is there once; NULL: that is not clear. */
static const ArenaList *
clear_names(Resolver *resolver, const SqlSource *source)
{
    bool is_open = false;
    const ArenaList *names = resolver_columns(resolver, source, &is_open);
    if (source->is_nested || source->reshape != NULL || source->is_unread ||
        names->len > NATURAL_COLUMNS_MAX)
        return NULL;
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        if (part.text == NULL)
            return NULL;
        for (guint j = 0; j < i; j++)
            if (resolver_is_column(resolver, &part, g_ptr_array_index(names, j)))
                return NULL;
    }
    return names;
}

/* Is it known of each name of the other one whether the source has it, too? */
static bool
knows_all(Resolver *resolver, const SqlSource *source, const SqlSource *other)
{
    bool is_open = false, is_other_open = false;
    const ArenaList *names = resolver_columns(resolver, source, &is_open),
                    *theirs = resolver_columns(resolver, other, &is_other_open);
    for (guint i = 0; is_open && i < theirs->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(theirs, i)};
        if (!resolver_has_name(resolver, names, &part) && !resolver_lacks(resolver, source, &part))
            return false;
    }
    return !is_open || !is_other_open;
}

static void
add_natural(Resolver *resolver, SqlSource *source, ArenaList *using, char *name)
{
    Arena *arena = resolver->sql->arena;
    SqlPart *part = arena_alloc(arena, sizeof *part);
    SqlRef *ref = arena_alloc(arena, sizeof *ref);
    *part = (SqlPart){.text = name, .token = source->first};
    if (!sql_is_plain_column(resolver->sql->dialect, name))
        part->quote = resolver->sql->dialect->name_quotes[0];
    *ref = (SqlRef){
        .path = {.parts = part, .count = 1}, .block = source->block, .clause = CLAUSE_USING};
    arena_list_add(arena, using, ref);
}

/* How many of the sources before it, joined to it, have the name and are not joined by it themselves. */
static guint
count_before(Resolver *resolver, const SqlBlock *block, guint first, guint index,
             const SqlPart *part)
{
    guint count = 0;
    for (guint i = first; i < index; i++) {
        const SqlSource *before = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        count += !before->is_semi && using_ref(resolver, before, part) == NULL &&
                 resolver_has_name(resolver, resolver_columns(resolver, before, &is_open), part);
    }
    return count;
}

void
resolver_natural(Resolver *resolver, const SqlBlock *block, guint index)
{
    SqlSource *source = g_ptr_array_index(block->sources, index);
    if (!source->is_natural || source->using != NULL || source->is_semi ||
        index > NATURAL_SOURCES_MAX)
        return;
    guint first = first_joined(resolver, block, index);
    const ArenaList *names = clear_names(resolver, source);
    for (guint i = first; names != NULL && i < index; i++) {
        const SqlSource *before = g_ptr_array_index(block->sources, i);
        if (sql_joins_vaguely(before) || clear_names(resolver, before) == NULL ||
            !knows_all(resolver, source, before) || !knows_all(resolver, before, source))
            return;
    }
    if (names == NULL || block->query == NULL)
        return;
    ArenaList *using = arena_list_new(resolver->sql->arena);
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        guint count = count_before(resolver, block, first, index, &part);
        if (count > 1) /* which is an error today */
            return;
        if (count == 1)
            add_natural(resolver, source, using, part.text);
    }
    source->using = using;
    source->is_tacit_using = true;
}
