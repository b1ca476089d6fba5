/*
 * sorted.c - what sorts a set operation in SQLite and DuckDB: a name that the first SELECT does not give is looked for in the
 * second one, and so on, and SQLite takes one that could be of two tables for not given. Where such a name changes, or is about
 * to be one of an earlier SELECT, it is a person's.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#define NESTED_MAX                                                                                 \
    1200 /* queries in brackets, each a branch of the other: as deep as they are read */

/* Has a later SELECT an output of this name? */
static bool
is_given_later(Work *work, const SqlQuery *query, const SqlBlock *first, const char *name)
{
    for (guint i = 0; i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        if (branch->block != NULL && branch->block != first &&
            (branch->block->has_star || output_called(work, branch->block, name) != NULL))
            return true;
    }
    return false;
}

/* May SQLite take t.a of the first SELECT for something else than `a`, because a second table has such a column? */
static bool
is_of_two(Work *work, const SqlQuery *query, const SqlRef *plain, const char *name)
{
    const ArenaList *sources = plain->block->sources;
    const SqlPart part = {.text = (char *) name};
    for (guint i = 0; plain->path.count > 1 && i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        bool is_open = false;
        if (source == plain->source)
            continue;
        sql_source_columns(work->sql, source, &is_open);
        if (source_has(work, source, &part) ||
            (is_open && is_given_later(work, query, plain->block, name)))
            return true;
    }
    return false;
}

/* Would the output's new name be one of two tables? */
static bool
will_be_of_two(Work *work, const SqlRef *plain, const char *name)
{
    const ArenaList *sources = plain->block->sources;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        if (source != plain->source && source_will_have(work, source, name))
            return true;
    }
    return false;
}

/* Is it certainly the output of the first SELECT, before and after? */
static bool
is_of_first(Work *work, const SqlRef *ref)
{
    if (ref->is_through_star)
        return true;
    if (ref->binding != BINDING_OUTPUT)
        return false;
    const SqlRef *plain = ref->item->plain;
    if (ref->item->alias != NULL || !work->sql->dialect->has_order_columns)
        return true;
    if (plain == NULL || is_of_two(work, ref->block->query, plain, ref->path.parts[0].text))
        return false;
    const char *given = item_new_name(work, ref->item);
    return given == NULL || !will_be_of_two(work, plain, given);
}

/* Do the columns of one of the SELECTs that are called so change, or does one get the name? */
static bool
is_touched(Work *work, const SqlQuery *query, const SqlPart *part, guint depth)
{
    for (guint i = 0; depth < NESTED_MAX && i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        if (branch->query != NULL && is_touched(work, branch->query, part, depth + 1))
            return true;
        for (guint s = 0; branch->block != NULL && s < branch->block->sources->len; s++) {
            const SqlSource *source = g_ptr_array_index(branch->block->sources, s);
            if (source_change(work, source, part) != NULL ||
                source_will_gain(work, source, part->text))
                return true;
        }
    }
    return false;
}

bool
sql_sorted_refuses(Work *work, const SqlRef *ref)
{
    const SqlQuery *query = ref->block->query;
    if (!work->sql->dialect->has_searched_tails || ref->clause != CLAUSE_ORDER || query == NULL ||
        query->tail != ref->block || is_of_first(work, ref))
        return false;
    const SqlPart *part = &ref->path.parts[ref->path.count - 1];
    if (!is_touched(work, query, part, 0))
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                "'%s' sorts what several SELECTs give, and is looked for in one after the other: "
                "sort by a name that AS gives in the first of them, or by its place",
                part->text);
    return true;
}
