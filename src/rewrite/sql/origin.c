/*
 * origin.c - where the query that makes the dataset gives a column its name: in a table of WITH that the last query reads, or in
 * one further up. There it gets its new name, as people write it, and what reads it follows as it follows the columns of any
 * table (flow.c).
 *
 * Where it is made of a column of the same name that is made further up (`sum(spent.amount) AS amount`), both get the new name.
 * It is so where all who read it are sure to go on to mean it. Else the last query gives the new name (own.c).
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/own.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
is_called(const Own *own, const SqlPart *part, const char *name)
{
    return sql_same_column(own->work->sql->dialect, part->text, part->quote, name);
}

/* The item gives the name of the column that it reads on, and nothing else does. */
static bool
passes_on(const Own *own, const SqlItem *item)
{
    const SqlRef *plain = item->plain;
    return item->alias == NULL && item->listed == NULL && plain != NULL && plain->macro == NULL &&
           plain->binding == BINDING_COLUMN && plain->also == NULL &&
           plain->column + 1 == plain->path.count &&
           is_called(own, &plain->path.parts[plain->column], own->change->column);
}

/* Is it the table of WITH, or the subquery? */
static bool
reads(const SqlSource *source, const SqlSource *read)
{
    return source == read || (read->common != NULL && source->common == read->common);
}

/* May a name without qualifier that is the new one mean another table's column there? */
static bool
is_new_name_beside(const Own *own, const SqlBlock *block, const SqlSource *read)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_open = false;
        if (source == read)
            continue;
        const ArenaList *names = sql_source_columns(own->work->sql, source, &is_open);
        if (is_open || source_rename(source) != NULL)
            return true;
        for (guint n = 0; n < names->len; n++) {
            SqlPart part = {.text = g_ptr_array_index(names, n)};
            if (part.text == NULL || is_called(own, &part, own->change->to))
                return true;
        }
    }
    return false;
}

/* Does the name go on to mean the column, and does no other query give it further but that of the block `via`? */
static bool
is_followed_by(const Own *own, const SqlRef *ref, const SqlSource *read, const SqlBlock *via)
{
    bool is_passed = ref->in != NULL && ref->in->plain == ref && ref->in->alias == NULL;
    if (ref->binding != BINDING_COLUMN)
        return false;
    if (!is_called(own, &ref->path.parts[ref->column], own->change->column))
        return true;
    if (ref->also != NULL || ref->clause == CLAUSE_USING || ref->macro != NULL ||
        (is_passed && ref->block != via))
        return false;
    return ref->path.count > 1 ||
           (ref->block == read->block && !is_new_name_beside(own, read->block, read));
}

/* A star gives it further, too, or a join by name. */
static bool
lets_through(const SqlBlock *block, const SqlSource *read, const SqlBlock *via)
{
    for (guint i = 0; block != via && block->has_star && i < block->items->len; i++)
        if (star_means(g_ptr_array_index(block->items, i), read))
            return true;
    return read->is_natural;
}

static bool
is_clear_in(const Own *own, const SqlBlock *block, const SqlSource *read, const SqlBlock *via)
{
    for (guint s = 0; s < block->sources->len; s++) {
        const SqlSource *source = g_ptr_array_index(block->sources, s);
        if (reads(source, read) && lets_through(block, source, via))
            return false;
    }
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        const SqlSource *source = ref->source != NULL && reads(ref->source, read) ? ref->source
                                  : ref->also != NULL && reads(ref->also, read)   ? ref->also
                                                                                  : NULL;
        if (source != NULL && !is_followed_by(own, ref, source, via))
            return false;
    }
    return true;
}

/* The query behind the source that `via` reads, if all in the statement who read it are sure to follow. */
static const SqlQuery *
clear_query(const Own *own, const SqlSource *read, const SqlBlock *via)
{
    const SqlQuery *query = read != NULL ? read->query : NULL;
    if (query == NULL || read->columns != NULL || read->is_unread || read->reshape != NULL ||
        read->kind == SOURCE_ARRAY || query->is_value ||
        (read->common != NULL && (read->common->columns != NULL || read->common->is_recursive ||
                                  read->common->is_made || read->common->query != query)))
        return NULL;
    for (guint b = 0; b < own->statement->blocks->len; b++)
        if (!is_clear_in(own, g_ptr_array_index(own->statement->blocks, b), read, via))
            return NULL;
    return query;
}

/* Rows of set operations are named by their first query: only there the name is looked for, and none is followed out of it. */
static bool
is_followed(const SqlQuery *query, const SqlBlock *block)
{
    return block != NULL && !query->by_name && !query->has_pipes && !block->is_values &&
           !block->is_struct;
}

static SqlItem *origin_behind(const Own *own, const SqlSource *read, const SqlBlock *via,
                              guint depth);

/* Of the query, or of one that it reads; NULL: none, so that whoever reads it gives the name. */
static SqlItem *
find_origin(const Own *own, const SqlQuery *query, guint depth)
{
    const SqlBlock *block = query_first_block(query);
    if (depth > OWN_QUERIES_MAX || !is_followed(query, block))
        return NULL;
    SqlItem *item = (SqlItem *) output_called(own->work, block, own->change->column), *found = NULL;
    bool is_one = query->branches->len == 1;
    if (item == NULL || item->is_star)
        return is_one ? origin_behind(own, own_source_behind(own, block, own->change->column),
                                      block, depth)
                      : NULL;
    bool passes = passes_on(own, item);
    if (is_one && passes)
        found = origin_behind(own, item->plain->source, block, depth);
    bool is_name = item->alias != NULL || passes;
    bool is_given_new =
        passes && source_change(own->work, item->plain->source,
                                &item->plain->path.parts[item->plain->column]) != NULL;
    bool may_double = block->has_star && is_new_name_beside(own, block, NULL);
    if (found != NULL || depth == 0 || !is_name || is_given_new || may_double)
        return found;
    return own_may_name(own, item) ? item : NULL;
}

static SqlItem *
origin_behind(const Own *own, const SqlSource *read, const SqlBlock *via, guint depth)
{
    const SqlQuery *query = clear_query(own, read, via);
    return query != NULL ? find_origin(own, query, depth + 1) : NULL;
}

/* The one source of the columns in the item's expression that are called like it; NULL: there is none, or more than one. */
static const SqlSource *
source_within(const Own *own, const SqlItem *item)
{
    const SqlSource *found = NULL;
    for (guint i = 0; i < item->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(item->block->refs, i);
        if (ref->in != item || ref->binding != BINDING_COLUMN ||
            !is_called(own, &ref->path.parts[ref->column], own->change->column))
            continue;
        if (ref->source == NULL || ref->also != NULL || (found != NULL && found != ref->source))
            return NULL;
        found = ref->source;
    }
    return found;
}

/* `sum(spent.amount) AS amount`: what is made of a column of the same name, which the statement makes, too. People give both the
 * new name. */
static void
give_within(const Own *own, const SqlItem *item)
{
    for (guint depth = 0; item != NULL && item->alias != NULL && depth < OWN_QUERIES_MAX; depth++) {
        const SqlSource *read = source_within(own, item);
        SqlItem *made = read != NULL ? origin_behind(own, read, item->block, depth) : NULL;
        if (made != NULL && made->given == NULL)
            made->given = own->change;
        item = made;
    }
}

void
sql_own_origins(Work *work, const Rename *rename, const SqlStatement *statement)
{
    Own own = {.work = work, .rename = rename, .statement = statement};
    work->is_settled = false; /* of the variant before: nothing that is asked here is kept */
    asked_forget_changes(work);
    for (guint i = 0; i < rename->changes->len; i++) {
        own.change = g_ptr_array_index(rename->changes, i);
        SqlItem *item = own.change->kind == CHANGE_NAME && !own_is_done(&own)
                            ? find_origin(&own, statement->query, 0)
                            : NULL;
        if (item != NULL)
            item->given = own.change;
        const SqlBlock *block = query_first_block(statement->query);
        const SqlItem *last = item == NULL && block != NULL && own.change->kind == CHANGE_NAME
                                  ? output_called(work, block, own.change->column)
                                  : item;
        if (last != NULL && !last->is_star && statement->query->branches->len == 1 &&
            !own_is_done(&own))
            give_within(&own, last);
    }
}
