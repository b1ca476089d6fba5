/*
 * places.c - stars of which the places of the columns count, or how many there are, wherever the columns come from.
 *
 *   INSERT INTO z (a, b) SELECT * FROM (SELECT * FROM t) x     both stars have to give as many, in this order
 *   SELECT DISTINCT * FROM (SELECT * FROM t) x                 one less, and rows may become the same
 *   SELECT * FROM (SELECT * FROM t) PIVOT (sum(a) FOR b …)     one more, made of `a`, and each row is a group of its own
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

static bool
is_exists(const Work *work, const SqlQuery *query)
{
    return query->first >= 2 &&
           g_array_index(work->sql->tokens, Token, query->first - 2).word == WORD_EXISTS;
}

/* ORDER BY 3 counts what the star gives, too. */
static bool
is_counted(const SqlItem *star)
{
    const ArenaList *items = star->block->items;
    for (guint i = 0; i < items->len && i < star->block->place_max; i++)
        if (g_ptr_array_index(items, i) == star)
            return true;
    return false;
}

/* INSERT … SELECT *, UNION, a column list, a value, a place to sort by; or what reads the query is such a star. */
bool
star_is_placed(const Work *work, const SqlItem *star)
{
    const SqlQuery *query = star->block->query;
    if (query == NULL || query->is_placed)
        return true;
    bool has_list = (query->as != NULL && query->as->columns != NULL) ||
                    (query->common != NULL && query->common->columns != NULL);
    bool is_result =
        !query->is_value && query->as == NULL && query->common == NULL && query->in == NULL;
    return has_list || is_counted(star) || (query->branches->len > 1 && !query->by_name) ||
           query->in != NULL || (query->is_value && !is_exists(work, query)) ||
           (is_result && !query_names_matter(query));
}

bool
star_is_counted_whole(const SqlItem *star)
{
    const SqlQuery *query = star->block->query;
    return star->block->is_distinct || (query != NULL && query->is_counted_whole);
}

/* INSERT INTO others BY NAME SELECT *: a column more goes into another one that is called so. */
static bool
is_taken_by_name(const SqlQuery *query)
{
    const SqlStatement *statement = query_is_result(query) ? query_statement(query) : NULL;
    return statement != NULL && statement->kind == STATEMENT_INSERT && statement->takes_rows;
}

bool
star_gains_count(const SqlItem *star)
{
    const SqlBlock *block = star->block;
    const SqlQuery *query = block->query;
    bool makes_groups =
        block->is_distinct || block->groups_all || (query != NULL && query->is_counted_whole);
    if (star->except != NULL && makes_groups)
        return true;
    return query != NULL && (query->is_grouped || is_taken_by_name(query) ||
                             (query->by_name && query->branches->len > 1));
}

bool
star_comes_out(Work *work, const SqlItem *star)
{
    const SqlQuery *query = star->block->query;
    bool is_seen = query != NULL && !query->is_value && query->as == NULL &&
                   query->common == NULL && !names_are_followed(work, query);
    return is_seen || star_is_counted_whole(star);
}

typedef struct {
    bool is_placed, is_whole, is_grouped;
} Marks;

/* True when that is new. */
static bool
mark(SqlQuery *query, Marks marks)
{
    bool is_new = (marks.is_placed && !query->is_placed) ||
                  (marks.is_whole && !query->is_counted_whole) ||
                  (marks.is_grouped && !query->is_grouped);
    query->is_placed |= marks.is_placed;
    query->is_counted_whole |= marks.is_whole;
    query->is_grouped |= marks.is_grouped;
    for (guint i = 0; is_new && i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        if (branch->query != NULL)
            mark(branch->query, marks);
    }
    return is_new;
}

/* PIVOT makes groups of all columns of a query that it does not name. */
static bool
mark_pivoted(const SqlBlock *block)
{
    bool is_new = false, is_reshaped = false;
    for (guint s = 0; s < block->sources->len; s++)
        is_reshaped |= ((const SqlSource *) g_ptr_array_index(block->sources, s))->is_unread;
    for (guint s = 0; is_reshaped && s < block->sources->len; s++) {
        const SqlSource *source = g_ptr_array_index(block->sources, s);
        if (source->query != NULL)
            is_new |= mark(source->query, (Marks){.is_grouped = true});
    }
    return is_new;
}

/* What the stars of a block read has to be as it was, if what they give has. */
static bool
mark_sources(Work *work, const SqlBlock *block)
{
    bool is_new = mark_pivoted(block);
    for (guint i = 0; block->has_star && i < block->items->len; i++) {
        const SqlItem *star = g_ptr_array_index(block->items, i);
        if (!star->is_star || (star->star_path.count > 0 && star->star_of == NULL))
            continue;
        Marks marks = {star_is_placed(work, star), star_comes_out(work, star),
                       star_gains_count(star)};
        guint count;
        SqlSource *const *sources = sql_star_sources(star, &count);
        for (guint s = 0; (marks.is_placed || marks.is_whole || marks.is_grouped) && s < count; s++)
            if (sources[s]->query != NULL)
                is_new |= mark(sources[s]->query, marks);
    }
    return is_new;
}

/* Both ways through the text: tables of WITH stand before what reads them, subqueries behind. */
void
sql_places(Work *work)
{
    const ArenaList *blocks = work->sql->blocks;
    bool is_new;
    do {
        is_new = false;
        for (guint i = 0; i < blocks->len; i++)
            is_new |= mark_sources(work, g_ptr_array_index(blocks, i));
        for (guint i = blocks->len; i > 0; i--)
            is_new |= mark_sources(work, g_ptr_array_index(blocks, i - 1));
    } while (is_new);
}
