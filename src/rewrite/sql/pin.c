/*
 * pin.c - which queries keep their output names.
 *
 * Readers inside of the text can follow a new name; readers outside cannot. So a query is *pinned* when its output names are
 * seen from outside, or by something that cannot follow (a star in a pinned query, a whole row, PIVOT, a pipe, a join by
 * name).
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Its output names stay. True when that is new. */
static bool
pin(Work *work, SqlQuery *query)
{
    bool is_new = query != NULL && !query->is_pinned;
    if (is_new) {
        query->is_pinned = true;
        asked_forget_changes(work);
    }
    return is_new;
}

static bool
pin_sources_of_star(Work *work, const SqlItem *star)
{
    bool pinned = false, is_meant = star->star_path.count == 0 || star->star_of != NULL;
    guint count;
    SqlSource *const *sources = sql_star_sources(star, &count);
    for (guint i = 0; is_meant && i < count; i++)
        if (sources[i]->query != NULL && source_changes(work, sources[i]))
            pinned |= pin(work, sources[i]->query);
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
    guint count;
    SqlSource *const *sources = sql_star_sources(star, &count);
    for (guint i = 0; i < count; i++) {
        const SqlSource *source = sources[i];
        bool is_open = false;
        if (!star_means(star, source))
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
    return is_doubled && pin(work, block->query);
}

/* What is written out gives expressions under their old names, and readers see those. */
static bool
pin_written_out(Work *work, const SqlBlock *block)
{
    bool pinned = false;
    for (guint i = 0; block->has_star && block->query != NULL && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        guint count;
        SqlSource *const *sources = sql_star_sources(item, &count);
        for (guint j = 0; item->is_star && !item->is_macro && j < count; j++)
            if (star_must_name(work, item, sources[j]))
                pinned |= pin(work, block->query);
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
            pinned |= pin(work, branch->query);
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

/* deduplicate(relation='stg', …) */
static bool
is_where_it_is_read(const SqlRef *ref)
{
    return ref->macro != NULL && ref->source->path.count > 0 &&
           ref->source->path.parts[0].begin == ref->path.parts[0].begin;
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
                        sql_joins_vaguely(source) ||
                        (block->query == NULL && block->statement->takes_rows) ||
                        (block->query != NULL && block->query->has_pipes);
        for (guint j = 0; sql_joins_vaguely(source) && j < i; j++)
            pinned |= pin(work, ((const SqlSource *) g_ptr_array_index(block->sources, j))->query);
        if (is_rigid)
            pinned |= pin(work, source->query);
    }
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        for (guint j = 0; dbt_star_is_rigid(work, item) && j < block->sources->len; j++)
            pinned |= pin(work, ((const SqlSource *) g_ptr_array_index(block->sources, j))->query);
    }
    for (guint i = 0; i < block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(block->refs, i);
        if (ref->binding == BINDING_ROW && !is_where_it_is_read(ref))
            pinned |= pin(work, ref->source->query);
        if (ref->binding == BINDING_COLUMN && ref->source->query != NULL &&
            source_will_gain(work, ref->source, ref->path.parts[ref->column].text))
            pinned |= pin(work, ref->source->query); /* it reads another one of what will be two */
        if (ref->binding == BINDING_COLUMN && ref->also != NULL && !is_following(work, ref)) {
            pinned |= pin(work, ref->source->query);
            pinned |= pin(work, ref->also->query);
        }
    }
    return pinned;
}

static bool
keep_apart(Work *work, const SqlBlock *block)
{
    bool is_new = outputs_keep_apart(work, block);
    if (is_new)
        asked_forget_changes(work);
    return is_new;
}

static void
pin_named(Work *work, GHashTable *names, const SqlPart *name, SqlQuery *query)
{
    g_autofree char *small = name != NULL ? g_ascii_strdown(name->text, -1) : NULL;
    if (small != NULL && g_hash_table_contains(names, small))
        pin(work, query);
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
        if (query->common != NULL && query->common->is_made)
            pin(work, query);
        pin_named(work, spoken.tables, query->common != NULL ? &query->common->name : NULL, query);
    }
    for (guint b = 0; b < sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            pin_named(work, spoken.texts, source->alias, source->query);
        }
    }
    dbt_spoken_clear(&spoken);
}

/* Is the name one of the tokens [first, last), or all of a text among them? */
static bool
is_named_within(Work *work, const char *name, uint32_t first, uint32_t last)
{
    size_t bytes = strlen(name);
    for (uint32_t i = first; i < last; i++) {
        const Token *token = work_token(work, i);
        size_t quotes = token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED;
        bool may_name = quotes > 0 || token->kind == TOKEN_WORD;
        if (may_name && token->end - token->begin == bytes + 2 * quotes &&
            g_ascii_strncasecmp(work->text + token->begin + quotes, name, bytes) == 0)
            return true;
    }
    return false;
}

/* CREATE TABLE x PARTITION BY a AS SELECT a, b …, COPY (SELECT a …) TO … (FORCE_QUOTE (a)): what stands around the query names
 * what comes out of it. */
static bool
is_named_around(Work *work, const SqlQuery *query)
{
    const SqlStatement *statement = query_is_result(query) ? query_statement(query) : NULL;
    const SqlPath *created = statement != NULL ? &statement->created : NULL;
    if (statement == NULL || statement->kind == STATEMENT_QUERY)
        return false;
    uint32_t first = created->count > 0
                         ? created->parts[created->count - 1].token + 1
                         : statement->first; /* a table may be called like a column */
    for (guint i = 0; query->names != NULL && i < query->names->len; i++) {
        const char *name = g_ptr_array_index(query->names, i);
        if (name != NULL && (is_named_within(work, name, first, query->first) ||
                             is_named_within(work, name, query->last + 1, statement->last + 1)))
            return true;
    }
    return false;
}

/* INSERT INTO others BY NAME SELECT …: the other table's names. */
static bool
is_taken_by_name(const SqlQuery *query)
{
    const SqlStatement *statement = query_is_result(query) ? query_statement(query) : NULL;
    return statement != NULL && statement->takes_rows && statement->kind != STATEMENT_MERGE;
}

/* TABLE(RESULT_SCAN(LAST_QUERY_ID())) of Snowflake: a statement before it is read by its names, whichever that is. */
static bool
reads_results(const Work *work)
{
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++)
        if (work_token(work, i)->kind == TOKEN_WORD && work_is_text(work, i, "RESULT_SCAN"))
            return true;
    return false;
}

/* Whose readers do not only name its columns, one by one. */
static void
note_whole_readers(const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        if (source->query == NULL)
            continue;
        bool is_whole =
            source->columns != NULL || source->reshape != NULL || source->is_unread ||
            block->value_star > 0 || block->strange > 0 ||
            (block->query != NULL ? block->query->has_pipes
                                  : block->statement->takes_rows || block->statement->places_rows);
        for (guint j = 0; block->has_star && !is_whole && j < block->items->len; j++)
            is_whole = star_means(g_ptr_array_index(block->items, j), source);
        source->query->is_read_whole |= is_whole;
    }
}

/* Fields of a struct, and keys of FOR JSON, are as far outside as what comes out of the text, and nobody follows them. */
static bool
is_seen_outside(Work *work, const SqlQuery *query)
{
    bool is_seen = query_is_result(query) && query_names_matter(query);
    if (query->is_value && query_is_struct(query))
        return true;
    return work->options->propagates ? is_seen && !names_may_change(work, query)
                                     : is_seen || query_is_struct(query);
}

void
sql_flow(Work *work)
{
    const Sql *sql = work->sql;
    work->is_settled = false;
    asked_forget_changes(work);
    pin_read_by_templates(work);
    bool is_kept = reads_results(work);
    for (guint i = 0; i < sql->blocks->len; i++)
        note_whole_readers(g_ptr_array_index(sql->blocks, i));
    for (guint i = 0; i < sql->queries->len; i++) {
        SqlQuery *query = g_ptr_array_index(sql->queries, i);
        if (is_seen_outside(work, query) || (is_kept && query_is_result(query)))
            pin(work, query);
        if (query->by_name || query->has_pipes || query->is_named || is_taken_by_name(query) ||
            (work->options->propagates && is_named_around(work, query)) ||
            (query->common != NULL && work->keeps_commons))
            pin(work, query);
    }
    bool pinned;
    do {
        pinned = false;
        for (guint i = 0; i < sql->blocks->len; i++) {
            pinned |= pin_rigid_readers(work, g_ptr_array_index(sql->blocks, i));
            pinned |= pin_doubled(work, g_ptr_array_index(sql->blocks, i));
            pinned |= pin_returned(work, g_ptr_array_index(sql->blocks, i));
            pinned |= pin_written_out(work, g_ptr_array_index(sql->blocks, i));
            pinned |= keep_apart(work, g_ptr_array_index(sql->blocks, i));
        }
        for (guint i = 0; i < sql->queries->len; i++)
            if (((const SqlQuery *) g_ptr_array_index(sql->queries, i))->is_pinned)
                pinned |= pin_through(work, g_ptr_array_index(sql->queries, i));
    } while (pinned);
    work->is_settled = true;
}
