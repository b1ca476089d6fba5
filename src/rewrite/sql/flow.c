/*
 * flow.c - how a new column name travels out of the block that reads the table.
 *
 * A plain item without alias gives its name to whoever reads the query, unless that is pinned (pin.c): then it gets its
 * old name as an alias.
 */
#include "rewrite/made.h"
#include "rewrite/work.h"

#include <string.h>

/* ---- who sees the names ---- */

bool
query_is_struct(const SqlQuery *query)
{
    const SqlBranch *first =
        query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    return first != NULL && first->block != NULL && first->block->is_struct;
}

bool
query_is_result(const SqlQuery *query)
{
    return !query->is_value && query->as == NULL && query->common == NULL && query->in == NULL;
}

const SqlBlock *
query_first_block(const SqlQuery *query)
{
    const SqlBranch *first =
        query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    while (first != NULL && first->block == NULL)
        first =
            first->query->branches->len > 0 ? g_ptr_array_index(first->query->branches, 0) : NULL;
    return first != NULL ? first->block : NULL;
}

/* The statement that the query is the result of. */
const SqlStatement *
query_statement(const SqlQuery *query)
{
    const SqlBlock *first = query_first_block(query);
    return first != NULL ? first->statement : NULL;
}

bool
query_names_matter(const SqlQuery *query)
{
    if (query->is_value)
        return query_is_struct(query);
    const SqlStatement *statement = query_is_result(query) ? query_statement(query) : NULL;
    return statement == NULL || statement->takes_rows ||
           (statement->kind != STATEMENT_INSERT && !statement->has_columns);
}

/* ---- what a reader of a source sees ---- */

static bool
is_part(Work *work, const SqlPart *part, const char *name)
{
    return name != NULL && sql_same_column(work->sql->dialect, part->text, part->quote, name);
}

static bool
names_have(Work *work, const ArenaList *parts, const SqlPart *part)
{
    for (guint i = 0; parts != NULL && i < parts->len; i++)
        if (is_part(work, part, ((const SqlPart *) g_ptr_array_index(parts, i))->text))
            return true;
    return false;
}

/* RENAME (old AS name): what is called so by the star itself. */
static bool
is_name_of_rename(Work *work, const SqlItem *star, const SqlPart *part)
{
    for (guint i = 0; star->replace != NULL && i < star->replace->len; i++) {
        const SqlReplacement *one = g_ptr_array_index(star->replace, i);
        if (one->is_rename && is_part(work, part, one->name->text))
            return true;
    }
    return false;
}

/* Where names must stay, a star over the dataset is written out with them. */
const ColumnChange *
star_change(Work *work, const SqlItem *star, const SqlSource *owner, const SqlPart *part)
{
    if (star->block->query != NULL && star->block->query->is_pinned)
        return NULL;
    if (names_have(work, star->except, part) || is_name_of_rename(work, star, part))
        return NULL;
    if (star->star_of != NULL)
        return star->star_of == owner || source_has(work, star->star_of, part)
                   ? source_change(work, star->star_of, part)
                   : NULL;
    for (guint i = 0; star->star_path.count == 0 && i < star->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(star->block->sources, i);
        if (source->is_semi)
            continue;
        if (source == owner || source_has(work, source, part))
            return source_change(work, source, part);
    }
    return NULL;
}

/* The column that gives the item its name, as long as AS gives it no other one. */
static const SqlRef *
naming_ref(const SqlItem *item)
{
    return item->plain != NULL ? item->plain : item->listed;
}

static const ColumnChange *
plain_change(Work *work, const SqlItem *item)
{
    const SqlRef *ref = naming_ref(item);
    if (ref == NULL || ref->binding != BINDING_COLUMN || ref->column + 1 != ref->path.count)
        return NULL;
    return source_change(work, ref->source, &ref->path.parts[ref->column]);
}

/* Set operations are named by their first branch. */
bool
names_query(const SqlBlock *block)
{
    const SqlQuery *query = block->query;
    if (query == NULL || query->branches->len == 0)
        return false;
    return query->by_name ||
           ((const SqlBranch *) g_ptr_array_index(query->branches, 0))->block == block;
}

bool
star_means(const SqlItem *star, const SqlSource *source)
{
    return star->is_star &&
           ((star->star_path.count == 0 && !source->is_semi) || star->star_of == source ||
            (star->star_path.count > 0 && star->star_of == NULL));
}

bool
has_output_beside(Work *work, const SqlBlock *block, const SqlSource *source, const char *name)
{
    const SqlItem *item = output_called(work, block, name);
    if (item != NULL && !item->is_star)
        return true;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(block->sources, i);
        bool is_let_through = false;
        for (guint j = 0; other != source && !is_let_through && j < block->items->len; j++)
            is_let_through = star_means(g_ptr_array_index(block->items, j), other);
        if (is_let_through && !other->is_semi && source_will_have(work, other, name))
            return true;
    }
    return false;
}

static bool
is_asked_in(const SqlBlock *block, const SqlItem *item)
{
    for (guint i = 0; block != NULL && i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->binding == BINDING_OUTPUT && ref->item == item)
            return true;
    }
    return false;
}

/* INSERT INTO t SELECT a … ORDER BY a: nobody asks for the name but the query itself. */
static bool
is_asked_within(const SqlItem *item)
{
    return is_asked_in(item->block, item) || is_asked_in(item->block->query->tail, item);
}

/* Is an output beside it called as this one is about to be, and stays so? Of two that trade their names, or where the other one
 * gets a name that is free, neither is in the way. */
static bool
is_taken_beside(Work *work, const SqlItem *item, const ColumnChange *change)
{
    const SqlItem *other = output_called(work, item->block, change->to);
    if (!is_output_beside(work, item, change->to))
        return false;
    if (item->block->has_star || other == item || other->is_star || other->given != NULL ||
        (other->alias != NULL && !item_repeats_name(work, other)) || other->is_kept_apart ||
        is_output_beside(work, other, other->name))
        return true;
    const ColumnChange *beside = plain_change(work, other);
    return beside == NULL || beside->kind != CHANGE_NAME ||
           (is_output_beside(work, other, beside->to) && g_strcmp0(beside->to, item->name) != 0);
}

/* A query whose readers all name its columns lets one through whose values change: they compare it with literals, or are a
 * person's. Nothing is done with the values on the way, and nothing else may read it: a template, or what stands beside. */
static bool
lets_values_through(const Work *work, const SqlItem *item)
{
    const SqlBlock *block = item->block;
    const SqlQuery *query = block->query;
    if (item->plain == NULL || item->alias != NULL || item->given != NULL || query == NULL ||
        query->is_pinned || query->is_read_whole || query->is_value || query->is_named ||
        query->branches->len != 1 || query->in != NULL || query->has_pipes || query->by_name)
        return false;
    const SqlCommon *common = query->common;
    bool is_read_by_name = common != NULL ? common->columns == NULL && !common->is_recursive
                                          : query->as != NULL && query->as->columns == NULL;
    return is_read_by_name && !block->is_distinct && !block->is_struct && !block->groups_all &&
           !block->is_piped && !block->is_returning && !block->has_star && block->place_max == 0 &&
           !item->is_kept_apart && item->plain->macro == NULL && !is_asked_within(item) &&
           !work->has_holes && !tokens_have(work->sql->list, TOKEN_TEMPLATE) &&
           !tokens_have(work->sql->list, TOKEN_TAG);
}

bool
item_passes(Work *work, const SqlItem *item, const ColumnChange *change)
{
    if (change->kind != CHANGE_VALUES)
        return false;
    return change->to != NULL && lets_values_through(work, item) &&
           !is_output_beside(work, item, change->to);
}

/* Whoever reads the query goes on to ask for the name of before. */
static bool
must_stay(Work *work, const SqlItem *item, const ColumnChange *change)
{
    const SqlRef *naming = naming_ref(item);
    if (item_passes(work, item, change))
        return false;
    return change->kind != CHANGE_NAME || item->block->query->is_pinned || item->is_kept_apart ||
           is_taken_beside(work, item, change) ||
           (item->block->has_star &&
            has_output_beside(work, item->block, naming != NULL ? naming->source : NULL,
                              change->to));
}

/* SELECT … UNION SELECT b.k, c.id … INTERSECT …: MariaDB makes a table of a branch, in which no two columns are called alike. */
static bool
doubles_in_branch(Work *work, const SqlItem *item, const ColumnChange *change)
{
    const SqlQuery *query = item->block->query;
    return work->sql->dialect->has_made_branches &&
           (query->branches->len > 1 || query->in != NULL) &&
           (item->is_kept_apart || is_taken_beside(work, item, change));
}

/* `change` is that of the plain item: asked once, because every asking goes down all subqueries. */
static bool
needs_alias(Work *work, const SqlItem *item, const ColumnChange *change)
{
    const SqlQuery *query = item->block->query;
    if (item->block->goes_into)
        return false;
    if (item->block->is_returning && item->alias == NULL && change != NULL &&
        change->kind != CHANGE_NONE) /* what it gives is read by its names, outside or in WITH */
        return change->kind != CHANGE_NAME || !work->options->propagates ||
               item->block->statement->is_nested || item->is_kept_apart;
    if (item->alias != NULL || change == NULL || query == NULL || change->kind == CHANGE_NONE)
        return false;
    if (!query_names_matter(query) || !names_query(item->block))
        return change->kind != CHANGE_NAME ? is_asked_within(item)
                                           : doubles_in_branch(work, item, change);
    return must_stay(work, item, change);
}

bool
item_needs_alias(Work *work, const SqlItem *item)
{
    return item->alias == NULL && needs_alias(work, item, plain_change(work, item));
}

bool
item_repeats_name(const Work *work, const SqlItem *item)
{
    const SqlRef *plain = item->plain;
    return work->options->propagates && item->alias != NULL && plain != NULL &&
           plain->macro == NULL && plain->column + 1 == plain->path.count &&
           item->alias->quote == plain->path.parts[plain->column].quote &&
           strcmp(item->alias->text, plain->path.parts[plain->column].text) == 0 &&
           item->block->query != NULL && names_query(item->block) &&
           query_names_matter(item->block->query);
}

/* What becomes of the name that it gives, where nothing keeps it. A cast that is called by its column goes with it where names
 * are to change. */
static const ColumnChange *
named_by(Work *work, const SqlItem *item)
{
    if (item->given != NULL)
        return item->given;
    if (item->alias == NULL && item->named_by != NULL && work->options->propagates)
        return sql_tacit_change(work, item);
    return item->alias == NULL || item_repeats_name(work, item) ? plain_change(work, item) : NULL;
}

/* Once that is settled it is asked once of each item: a chain of queries would be gone down again for each of its names. What
 * is asked within a circle depends on where that was entered. */
const ColumnChange *
item_change(Work *work, const SqlItem *item)
{
    if (item->is_change_known)
        return item->change;
    bool was_cut = work->is_cut;
    work->is_cut = false;
    const ColumnChange *change = named_by(work, item);
    bool has_name = item->alias != NULL || item->given != NULL;
    bool is_seen = change != NULL && change->kind == CHANGE_NAME &&
                   !(has_name ? must_stay(work, item, change) : needs_alias(work, item, change));
    change = is_seen || (change != NULL && item_passes(work, item, change)) ? change : NULL;
    if (work->is_settled && !work->is_cut) {
        SqlItem *known = (SqlItem *) item;
        known->change = change;
        known->is_change_known = true;
    }
    work->is_cut |= was_cut;
    return change;
}

const char *
item_new_name(Work *work, const SqlItem *item)
{
    const ColumnChange *change = item_change(work, item);
    return change != NULL ? change->to : NULL;
}

static const ColumnChange *query_change(Work *work, SqlQuery *query, const SqlPart *part);

static const ColumnChange *
block_change(Work *work, const SqlBlock *block, const SqlPart *part)
{
    bool is_exact = part->quote != '\0' && work->sql->dialect->quotes_keep_case;
    if (!block->has_star && !is_exact) {
        const SqlItem *item = output_called(work, block, part->text);
        return item != NULL ? item_change(work, item) : NULL;
    }
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        const ColumnChange *change = NULL;
        if (item->is_star) {
            change = star_change(work, item, NULL, part);
            if (change != NULL)
                return change;
            continue;
        }
        if (!is_part(work, part, item->name))
            continue;
        return item_change(work, item);
    }
    return NULL;
}

/* Asked once for each name; but what is asked within a circle depends on where that was entered. */
static const ColumnChange *
query_change(Work *work, SqlQuery *query, const SqlPart *part)
{
    const SqlBranch *first =
        query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    const ColumnChange *change = NULL;
    bool was_cut = work->is_cut || query->is_busy;
    if (first != NULL && !query->is_busy && !asked_change(work, query, part, &change)) {
        work->is_cut = false;
        query->is_busy = true; /* a recursive table sees what its first branch gives it */
        change = first->block != NULL ? block_change(work, first->block, part)
                                      : query_change(work, first->query, part);
        query->is_busy = false;
        if (!work->is_cut)
            asked_note_change(work, query, part, change);
    }
    work->is_cut |= was_cut;
    return change;
}

const ColumnChange *
source_change(Work *work, const SqlSource *source, const SqlPart *part)
{
    const Rename *rename = source_rename(source);
    if (names_have(work, source->columns, part))
        return NULL; /* named by the alias: t (a, b) */
    if (source->reshape != NULL && !sql_reshape_passes(work->sql->dialect, source->reshape, part))
        return NULL; /* made by PIVOT and the like, or gone into them */
    if (rename != NULL) {
        const ColumnChange *change = rename_column(rename, work->sql->dialect, part);
        return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
    }
    if (source->common != NULL && names_have(work, source->common->columns, part))
        return NULL;
    return source->query != NULL ? query_change(work, source->query, part) : NULL;
}

static bool doubled_changes(Work *work, const SqlSource *source);

#define STARS_MAX                                                                                  \
    64 /* looked through for one source: queries below queries; people stack a dozen */

static bool
is_doubled_through(Work *work, const SqlItem *star)
{
    guint count, looked = work->stars_looked++;
    SqlSource *const *sources = sql_star_sources(star, &count);
    bool does = looked >= STARS_MAX; /* perhaps */
    for (guint i = 0; !does && i < count; i++)
        does = star_means(star, sources[i]) && doubled_changes(work, sources[i]);
    work->stars_looked = looked == 0 ? 0 : work->stars_looked;
    return does;
}

/* Of two columns that are called alike only the first can be asked for; a star lets the other one through all the same. */
static bool
doubled_changes(Work *work, const SqlSource *source)
{
    const SqlBlock *block = source->query != NULL && !source->query->is_pinned
                                ? query_first_block(source->query)
                                : NULL;
    bool has_list =
        source->columns != NULL || (source->common != NULL && source->common->columns != NULL);
    for (guint i = 0; block != NULL && !has_list && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star && is_doubled_through(work, item))
            return true;
        if (!item->is_star && item->name != NULL && is_output_beside(work, item, item->name) &&
            item_change(work, item) != NULL)
            return true;
    }
    return false;
}

bool
source_changes(Work *work, const SqlSource *source)
{
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        if (part.text != NULL && source_change(work, source, &part) != NULL)
            return true;
    }
    return doubled_changes(work, source);
}
