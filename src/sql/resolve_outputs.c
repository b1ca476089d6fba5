/*
 * resolve_outputs.c - names that mean an output: what AS gives, behind ORDER BY, GROUP BY, HAVING and QUALIFY, as each dialect
 * has it.
 */
#include "sql/resolve.h"

#include "base/text.h"

#include <string.h>

/* ---- binding to one ---- */

static bool
bind_output(const Resolver *resolver, SqlRef *ref, const SqlBlock *block, bool only_aliases)
{
    SqlItem *item =
        ref->path.count == 1 ? resolver_item_called(resolver, block, ref, only_aliases) : NULL;
    if (item == NULL)
        return false;
    ref->binding = BINDING_OUTPUT;
    ref->item = item;
    return true;
}

/* `SELECT id AS "id" … GROUP BY "id"` where names without quotes are folded to capitals: the column is ID, so the other one is what
 * AS names, wherever that is seen. */
static bool
bind_folded_apart(const Resolver *resolver, SqlRef *ref, const SqlBlock *outputs)
{
    const Dialect *dialect = resolver->sql->dialect;
    const SqlPart *name = &ref->path.parts[0];
    if (dialect->column_case != CASE_UPPER || !dialect->quotes_keep_case || ref->path.count != 1 ||
        name->quote == '\0' || ref->clause == CLAUSE_ON || outputs == NULL ||
        sql_is_plain_column(dialect, name->text))
        return false;
    const SqlItem *item = resolver_item_called(resolver, outputs, ref, true);
    const SqlRef *plain = item != NULL ? item->plain : NULL;
    const SqlPart *column = plain != NULL ? &plain->path.parts[plain->path.count - 1] : NULL;
    return column != NULL && column->quote == '\0' && item->alias->quote != '\0' &&
           strcmp(item->alias->text, name->text) == 0 &&
           text_same_folded(column->text, name->text) && bind_output(resolver, ref, outputs, true);
}

/* ORDER BY behind a set operation sees the outputs of its first branch. */
const SqlBlock *
resolver_first_block(const SqlQuery *query)
{
    while (query != NULL && query->branches->len > 0) {
        const SqlBranch *first = g_ptr_array_index(query->branches, 0);
        if (first->block != NULL)
            return first->block;
        query = first->query;
    }
    return NULL;
}

/* ORDER BY a of SELECT t.* … USING (a): what comes out is the side that the star is of. */
bool
resolver_starred(Resolver *resolver, SqlRef *ref)
{
    const SqlBlock *block = ref->block;
    const SqlPart *part = &ref->path.parts[0];
    if (ref->clause != CLAUSE_ORDER || !ref->is_whole || ref->path.count != 1 || !block->has_star ||
        resolver_using_of(resolver, block, part) == NULL)
        return false;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        bool is_open = false;
        if (item->is_star && item->star_of != NULL &&
            resolver_has_name(resolver, resolver_columns(resolver, item->star_of, &is_open),
                              part)) {
            resolver_bind(ref, BINDING_COLUMN, item->star_of);
            return true;
        }
    }
    return false;
}

/* SELECT * … UNION … ORDER BY a: what comes out by that name is a column that a star of the first branch lets through. */
static bool
bind_through_star(Resolver *resolver, SqlRef *ref, const SqlBlock *outputs)
{
    if (ref->clause != CLAUSE_ORDER || ref->path.count != 1 || !outputs->has_star)
        return false;
    for (guint i = 0; i < outputs->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(outputs->items, i);
        for (guint s = 0; item->is_star && s < outputs->sources->len; s++) {
            SqlSource *source = g_ptr_array_index(outputs->sources, s);
            bool is_open = false, is_let_through = item->star_path.count > 0
                                                       ? source == item->star_of
                                                       : !source->is_semi;
            if (!is_let_through ||
                !resolver_has_name(resolver, resolver_columns(resolver, source, &is_open),
                                   &ref->path.parts[0]))
                continue;
            ref->is_through_star = true;
            resolver_bind(ref, BINDING_COLUMN, source);
            return true;
        }
    }
    return false;
}

/* SELECT a, count(b) a … GROUP BY 1: the column, too, is grouped by. */
static bool
is_key_by_place(const Resolver *resolver, const SqlRef *ref)
{
    const ArenaList *items = ref->block->items;
    for (guint i = 0; i < items->len && (ref->block->groups_all || i < ref->block->place_max);
         i++) {
        const SqlItem *item = g_ptr_array_index(items, i);
        if (item->plain != NULL && item->alias == NULL &&
            resolver_is_column(resolver, &ref->path.parts[0], item->name))
            return true;
    }
    return false;
}

/* HAVING means a column that GROUP BY names, also where an output is called so. */
static bool
is_group_key(const Resolver *resolver, const SqlRef *ref)
{
    const ArenaList *refs = ref->block->refs;
    if (ref->path.count == 1 && is_key_by_place(resolver, ref))
        return true;
    for (guint i = 0; ref->path.count == 1 && i < refs->len; i++) {
        const SqlRef *key = g_ptr_array_index(refs, i);
        if (key->clause == CLAUSE_GROUP && key->is_whole && key->binding == BINDING_COLUMN &&
            resolver_is_column(resolver, &ref->path.parts[0],
                               key->path.parts[key->path.count - 1].text))
            return true;
    }
    return false;
}

/* ---- which names may mean one ---- */

/* Is it seen where it stands, unless a column is called so? */
static bool
sees_outputs(Resolver *resolver, const SqlRef *ref)
{
    if (ref->clause == CLAUSE_ORDER)
        return ref->is_whole;
    return ref->clause == CLAUSE_HAVING && resolver->sql->dialect->has_having_outputs &&
           !is_group_key(resolver, ref) && !sql_is_aggregated(resolver->sql, ref) &&
           !sql_is_windowed(resolver->sql, ref); /* QUALIFY, which is read like HAVING */
}

/* Does an alias come before columns of the same name, in ORDER BY, HAVING and QUALIFY? */
static bool
is_late(Resolver *resolver, const SqlRef *ref)
{
    const Dialect *dialect = resolver->sql->dialect;
    if (ref->clause != CLAUSE_ORDER && ref->clause != CLAUSE_HAVING)
        return false;
    if (dialect->has_late_aliases && !sql_is_aggregated(resolver->sql, ref) &&
        !sql_is_windowed(resolver->sql, ref))
        return true;
    return dialect->has_having_aliases && ref->clause == CLAUSE_HAVING &&
           sql_is_plain_in_having(resolver->sql, ref) && !is_group_key(resolver, ref);
}

/* SELECT info.plan, or u.plan of another table, without AS: it comes out under that name, which GROUP BY, HAVING and QUALIFY of
 * BigQuery see before the column of it. A column that comes out as itself is the column there, too. */
static bool
bind_unnamed(const Resolver *resolver, SqlRef *ref, const SqlBlock *block)
{
    const SqlItem *item =
        ref->path.count == 1 ? resolver_item_called(resolver, block, ref, false) : NULL;
    const SqlRef *plain = item != NULL && item->alias == NULL ? item->plain : NULL;
    if (item == NULL || item->alias != NULL || (plain != NULL && plain->path.count == 1))
        return false;
    SqlSource *source = plain != NULL && plain->path.count == 2
                            ? resolver_source_called(resolver, plain->block, &plain->path, 1)
                            : NULL;
    if (source == NULL)
        return bind_output(resolver, ref, block, false);
    if (block->sources->len < 2 || ref->clause == CLAUSE_ORDER) /* which sees it as an output */
        return false;
    resolver_bind(ref, BINDING_COLUMN, source);
    return true;
}

bool
resolver_alias(const Resolver *resolver, SqlRef *ref, const SqlBlock *block)
{
    return bind_output(resolver, ref, block, true);
}

/* GROUP BY a: may it be what AS names, although a column is called so, too? */
static bool
hides_keys(const Resolver *resolver, const SqlRef *ref)
{
    const Dialect *dialect = resolver->sql->dialect;
    return dialect->has_group_outputs ||
           (dialect->has_using_outputs && ref->path.count == 1 &&
            resolver_using_of(resolver, ref->block, &ref->path.parts[0]) != NULL);
}

bool
resolver_output(Resolver *resolver, SqlRef *ref)
{
    const Dialect *dialect = resolver->sql->dialect;
    const SqlBlock *outputs = ref->block;
    if (ref->block->query != NULL && ref->block->query->tail == ref->block)
        outputs = resolver_first_block(ref->block->query);
    bool hides_columns = ref->clause == CLAUSE_GROUP && ref->is_whole && hides_keys(resolver, ref);
    ref->is_over_columns =
        bind_folded_apart(resolver, ref, outputs) ||
        (hides_columns && bind_output(resolver, ref, ref->block, true)) ||
        (outputs != NULL && is_late(resolver, ref) && bind_output(resolver, ref, outputs, true));
    if (ref->is_over_columns)
        return true;
    if (dialect->has_late_aliases && outputs != NULL && (hides_columns || is_late(resolver, ref)) &&
        bind_unnamed(resolver, ref, outputs))
        return true;
    if (outputs != NULL && sees_outputs(resolver, ref) &&
        ((dialect->has_order_columns && bind_output(resolver, ref, outputs, true)) ||
         bind_output(resolver, ref, outputs, false)))
        return true;
    return outputs != NULL && outputs != ref->block && bind_through_star(resolver, ref, outputs);
}
