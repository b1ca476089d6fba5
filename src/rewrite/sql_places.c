/*
 * sql_places.c - stars of which the places of the columns count, or how many there are, wherever the columns come from.
 *
 *   INSERT INTO z (a, b) SELECT * FROM (SELECT * FROM t) x     both stars have to give as many, in this order
 *   SELECT DISTINCT * FROM (SELECT * FROM t) x                 one less, and rows may become the same
 */
#include "rewrite/made.h"
#include "rewrite/sql_parts.h"
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

bool
star_comes_out(Work *work, const SqlItem *star)
{
    const SqlQuery *query = star->block->query;
    bool is_seen = query != NULL && !query->is_value && query->as == NULL &&
                   query->common == NULL && !names_are_followed(work, query);
    return is_seen || star_is_counted_whole(star);
}

/* True when that is new. */
static bool
mark(SqlQuery *query, bool is_placed, bool is_whole)
{
    bool is_new = (is_placed && !query->is_placed) || (is_whole && !query->is_counted_whole);
    query->is_placed |= is_placed;
    query->is_counted_whole |= is_whole;
    for (guint i = 0; is_new && i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        if (branch->query != NULL)
            mark(branch->query, is_placed, is_whole);
    }
    return is_new;
}

/* What the stars of a block read has to be as it was, if what they give has. */
static bool
mark_sources(Work *work, const SqlBlock *block)
{
    bool is_new = false;
    for (guint i = 0; block->has_star && i < block->items->len; i++) {
        const SqlItem *star = g_ptr_array_index(block->items, i);
        bool is_placed = star->is_star && star_is_placed(work, star),
             is_whole = star->is_star && star_comes_out(work, star);
        bool is_meant = star->star_path.count == 0 || star->star_of != NULL;
        guint count;
        SqlSource *const *sources = sql_star_sources(star, &count);
        for (guint s = 0; is_meant && (is_placed || is_whole) && s < count; s++)
            if (sources[s]->query != NULL)
                is_new |= mark(sources[s]->query, is_placed, is_whole);
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
