/*
 * sql_flow.c - how a new column name travels out of the block that reads the table.
 *
 * A plain item without alias gives its name to whoever reads the query. Readers inside of the text can follow the new
 * name; readers outside cannot. So a query is *pinned* when its output names are seen from outside, or by something that
 * cannot follow (a star in a pinned query, a whole row, PIVOT, a pipe, a join by name); in a pinned query the item
 * gets its old name as an alias.
 */
#include "rewrite/work.h"

#include <string.h>

/* ---- who sees the names ---- */

static bool
is_struct(const SqlQuery *query)
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
        return is_struct(query);
    const SqlStatement *statement = query_is_result(query) ? query_statement(query) : NULL;
    return statement == NULL || statement->takes_rows ||
           (statement->kind != STATEMENT_INSERT && !statement->has_columns);
}

/* Its output names stay. True when that is new. */
static bool
pin(SqlQuery *query)
{
    bool is_new = query != NULL && !query->is_pinned;
    if (is_new)
        query->is_pinned = true;
    return is_new;
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

bool
source_has(Work *work, const SqlSource *source, const SqlPart *part)
{
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (name != NULL && is_part(work, part, name))
            return true;
    }
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
        if (source == owner || source_has(work, source, part))
            return source_change(work, source, part);
    }
    return NULL;
}

static const ColumnChange *
plain_change(Work *work, const SqlItem *item)
{
    const SqlRef *ref = item->plain;
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

static bool
is_meant_by(const SqlItem *star, const SqlSource *source)
{
    return star->is_star &&
           (star->star_path.count == 0 || star->star_of == source || star->star_of == NULL);
}

/* Does the list have an output of this name besides what its stars let through of `source`? */
static bool
has_output_beside(Work *work, const SqlBlock *block, const SqlSource *source, const char *name)
{
    const SqlItem *item = output_called(work, block, name);
    if (item != NULL && !item->is_star)
        return true;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *other = g_ptr_array_index(block->sources, i);
        bool is_let_through = false;
        for (guint j = 0; other != source && !is_let_through && j < block->items->len; j++)
            is_let_through = is_meant_by(g_ptr_array_index(block->items, j), other);
        if (is_let_through && !other->is_semi && source_will_have(work, other, name))
            return true;
    }
    return false;
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
               item->block->statement->is_nested;
    if (item->alias != NULL || change == NULL || query == NULL || change->kind == CHANGE_NONE)
        return false;
    if (!query_names_matter(query) || !names_query(item->block))
        return false;
    return change->kind != CHANGE_NAME || query->is_pinned ||
           is_output_beside(work, item, change->to) ||
           (item->block->has_star &&
            has_output_beside(work, item->block, item->plain->source, change->to));
}

bool
item_needs_alias(Work *work, const SqlItem *item)
{
    return item->alias == NULL && needs_alias(work, item, plain_change(work, item));
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
    const ColumnChange *change = item->alias == NULL ? plain_change(work, item) : NULL;
    bool is_seen =
        change != NULL && change->kind == CHANGE_NAME && !needs_alias(work, item, change);
    change = is_seen ? change : NULL;
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

static const ColumnChange *
query_change(Work *work, SqlQuery *query, const SqlPart *part)
{
    const SqlBranch *first =
        query->branches->len > 0 ? g_ptr_array_index(query->branches, 0) : NULL;
    work->is_cut |= query->is_busy;
    if (first == NULL || query->is_busy)
        return NULL;
    query->is_busy = true; /* a recursive table sees what its first branch gives it */
    const ColumnChange *change = first->block != NULL ? block_change(work, first->block, part)
                                                      : query_change(work, first->query, part);
    query->is_busy = false;
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

/* Of two columns that are called alike only the first can be asked for; a star lets the other one through all the same. */
static bool
doubled_changes(Work *work, const SqlSource *source)
{
    const SqlBlock *block = source->query != NULL ? query_first_block(source->query) : NULL;
    bool has_list =
        source->columns != NULL || (source->common != NULL && source->common->columns != NULL);
    for (guint i = 0; block != NULL && !has_list && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
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

/* ---- pinning ---- */

static bool
pin_sources_of_star(Work *work, const SqlItem *star)
{
    bool pinned = false;
    for (guint i = 0; i < star->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(star->block->sources, i);
        bool is_meant = star->star_path.count == 0 || star->star_of == source;
        if (is_meant && source->query != NULL && source_changes(work, source))
            pinned |= pin(source->query);
    }
    return pinned;
}

/* The new table has a column that none of today's becomes, and the list has an output of its name. */
static bool
gains_output_beside(Work *work, const SqlItem *star, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    GHashTableIter iter;
    gpointer name = NULL;
    if (rename == NULL || rename->is_derived || source->columns != NULL)
        return false;
    g_hash_table_iter_init(&iter, rename->gained);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (has_output_beside(work, star->block, source, name))
            return true;
    return false;
}

/* A star that would let a new name through that the list has already: which one readers mean would not be sure. */
static bool
star_doubles(Work *work, const SqlItem *star)
{
    for (guint i = 0; i < star->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(star->block->sources, i);
        bool is_open = false;
        if (!is_meant_by(star, source))
            continue;
        if (gains_output_beside(work, star, source))
            return true;
        const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
        for (guint n = 0; n < names->len; n++) {
            SqlPart part = {.text = g_ptr_array_index(names, n)};
            const ColumnChange *change =
                part.text != NULL ? star_change(work, star, source, &part) : NULL;
            if (change != NULL && change->kind == CHANGE_NAME &&
                has_output_beside(work, star->block, source, change->to))
                return true;
        }
    }
    return false;
}

static bool
pin_doubled(Work *work, const SqlBlock *block)
{
    bool is_doubled = false;
    if (!block->has_star || block->query == NULL || block->query->is_pinned ||
        !query_names_matter(block->query))
        return false;
    for (guint i = 0; !is_doubled && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        is_doubled = item->is_star && star_doubles(work, item);
    }
    return is_doubled && pin(block->query);
}

/* What is written out gives expressions under their old names, and readers see those. */
static bool
pin_written_out(Work *work, const SqlBlock *block)
{
    bool pinned = false;
    for (guint i = 0; block->has_star && block->query != NULL && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        for (guint j = 0; item->is_star && !item->is_macro && j < block->sources->len; j++)
            if (star_must_name(work, item, g_ptr_array_index(block->sources, j)))
                pinned |= pin(block->query);
    }
    return pinned;
}

/* RETURNING *: what is joined is let through by its names, too. */
static bool
pin_returned(Work *work, const SqlBlock *block)
{
    bool pinned = false;
    for (guint i = 0; returns_old_names(work, block) && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star)
            pinned |= pin_sources_of_star(work, item);
    }
    return pinned;
}

/* A branch in brackets names what its query does. */
static bool
pin_through(Work *work, const SqlQuery *query)
{
    bool pinned = false;
    for (guint i = 0; i < query->branches->len; i++) {
        const SqlBranch *branch = g_ptr_array_index(query->branches, i);
        if (i > 0 && !query->by_name)
            break;
        if (branch->query != NULL) {
            pinned |= pin(branch->query);
            continue;
        }
        for (guint j = 0; j < branch->block->items->len; j++) {
            const SqlItem *item = g_ptr_array_index(branch->block->items, j);
            if (item->is_star)
                pinned |= pin_sources_of_star(work, item);
        }
    }
    return pinned;
}

static bool
is_following(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (ref->also == NULL)
        return true;
    const ColumnChange *mine = source_change(work, ref->source, part),
                       *theirs = source_change(work, ref->also, part);
    return mine == theirs || (mine != NULL && theirs != NULL && mine->kind == CHANGE_NAME &&
                              theirs->kind == CHANGE_NAME && strcmp(mine->to, theirs->to) == 0);
}

/* Readers that cannot follow a new name. */
static bool
pin_rigid_readers(Work *work, const SqlBlock *block)
{
    bool pinned = false, is_reshaped = false;
    for (guint i = 0; i < block->sources->len; i++)
        is_reshaped |= ((const SqlSource *) g_ptr_array_index(block->sources, i))->is_unread;
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        bool is_rigid = is_reshaped || block->value_star > 0 || block->strange > 0 ||
                        source->is_natural ||
                        (block->query == NULL && block->statement->takes_rows) ||
                        (block->query != NULL && block->query->has_pipes);
        for (guint j = 0; source->is_natural && j < i; j++)
            pinned |= pin(((const SqlSource *) g_ptr_array_index(block->sources, j))->query);
        if (is_rigid)
            pinned |= pin(source->query);
    }
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        for (guint j = 0; dbt_star_is_rigid(work, item) && j < block->sources->len; j++)
            pinned |= pin(((const SqlSource *) g_ptr_array_index(block->sources, j))->query);
    }
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->binding == BINDING_ROW)
            pinned |= pin(ref->source->query);
        if (ref->binding == BINDING_COLUMN && ref->source->query != NULL &&
            source_will_gain(work, ref->source, ref->path.parts[ref->column].text))
            pinned |= pin(ref->source->query); /* it reads another one of what will be two */
        if (ref->binding == BINDING_COLUMN && ref->also != NULL && !is_following(work, ref)) {
            pinned |= pin(ref->source->query);
            pinned |= pin(ref->also->query);
        }
    }
    return pinned;
}

static void
pin_named(GHashTable *names, const SqlPart *name, SqlQuery *query)
{
    g_autofree char *small = name != NULL ? g_ascii_strdown(name->text, -1) : NULL;
    if (small != NULL && g_hash_table_contains(names, small))
        pin(query);
}

/* Tables of WITH and subqueries whose readers nobody sees: templates write them. */
static void
pin_read_by_templates(Work *work)
{
    const Sql *sql = work->sql;
    DbtSpoken spoken;
    if (!tokens_have(sql->list, TOKEN_TEMPLATE) && !tokens_have(sql->list, TOKEN_TAG))
        return;
    dbt_spoken_read(work, &spoken);
    for (guint i = 0; i < sql->queries->len; i++) {
        SqlQuery *query = g_ptr_array_index(sql->queries, i);
        pin_named(spoken.tables, query->common != NULL ? &query->common->name : NULL, query);
    }
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            pin_named(spoken.texts, source->alias, source->query);
        }
    }
    dbt_spoken_clear(&spoken);
}

void
sql_flow(Work *work)
{
    const Sql *sql = work->sql;
    work->is_settled = false;
    pin_read_by_templates(work);
    for (guint i = 0; i < sql->queries->len; i++) {
        SqlQuery *query = g_ptr_array_index(sql->queries, i);
        bool is_seen = query_is_result(query) && query_names_matter(query);
        if (work->options->propagates ? is_seen && !names_may_change(work, query)
                                      : is_seen || is_struct(query))
            pin(query);
        if (query->by_name || query->has_pipes || (query->common != NULL && work->keeps_commons))
            pin(query);
    }
    bool pinned;
    do {
        pinned = false;
        for (guint i = 0; i < sql->blocks->len; i++) {
            pinned |= pin_rigid_readers(work, g_ptr_array_index(sql->blocks, i));
            pinned |= pin_doubled(work, g_ptr_array_index(sql->blocks, i));
            pinned |= pin_returned(work, g_ptr_array_index(sql->blocks, i));
            pinned |= pin_written_out(work, g_ptr_array_index(sql->blocks, i));
        }
        for (guint i = 0; i < sql->queries->len; i++)
            if (((const SqlQuery *) g_ptr_array_index(sql->queries, i))->is_pinned)
                pinned |= pin_through(work, g_ptr_array_index(sql->queries, i));
    } while (pinned);
    work->is_settled = true;
}
