/*
 * own.c - the query that makes the dataset itself: its columns get their new names in it.
 *
 * A name is given where it is made, in a table of WITH that the last query reads, where all others that read it there are
 * sure to follow (origin.c). Else it is that of an item of the select list, or comes through a star out of a table of WITH that
 * nobody else reads. What sorts by it follows. What else gives names (a star over a table, a loop) is a person's.
 */
#include "rewrite/sql/own.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

void
sql_own_refuse(Work *work, const SqlStatement *statement, const char *code, const char *reason)
{
    const Token *first = work_token(work, statement != NULL ? statement->first : 0);
    if (!site_covers(work, first->begin, first->end))
        site_refuse(work, SITE_TABLE, first->begin, first->end, code, NULL,
                    "this makes the dataset, and %s", reason);
}

static bool
refuse(const Own *own, const char *code, const char *reason)
{
    sql_own_refuse(own->work, own->statement, code, reason);
    return false;
}

static bool
is_called(const Own *own, const SqlPart *part, const char *name)
{
    return sql_same_column(own->work->sql->dialect, part->text, part->quote, name);
}

/* ---- names ---- */

static void
write_name(const Own *own, const SqlPart *part)
{
    Work *work = own->work;
    if (work->sql->dialect->is_any && work->options->dialect == NULL && part->quote == '\0' &&
        is_reserved_somewhere(own->change->to)) {
        refuse(own, "dialect", "the new name of a column needs quotes: say --dialect");
        return;
    }
    g_autofree char *to = change_in_letters(own->change, work->sql->dialect, part),
                    *written = spell_like(work->sql->dialect, part, to);
    site_edit(work, SITE_COLUMN, part->begin, part->end, written);
}

static bool
is_sorted_by(const SqlRef *ref)
{
    return ref->clause == CLAUSE_ORDER && ref->is_whole;
}

/* Those that mean the output: ORDER BY, and wherever else the dialect lets them. */
static void
write_readers(const Own *own, const SqlItem *item)
{
    for (guint b = 0; b < own->statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(own->statement->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (ref->binding == BINDING_OUTPUT && ref->item == item &&
                (item->alias != NULL || is_sorted_by(ref)))
                write_name(own, &ref->path.parts[0]);
        }
    }
}

/* May a table of the block have a column that is called like the output, so that a name means one or the other? */
static bool
may_be_column(const Own *own, const SqlBlock *block)
{
    bool may_be = false;
    for (guint i = 0; i < block->sources->len && !may_be; i++)
        sql_source_columns(own->work->sql, g_ptr_array_index(block->sources, i), &may_be);
    return may_be;
}

/* Where an alias hides the column: GROUP BY in some dialects, what is sorted by in all. */
static bool
is_certainly_output(const Own *own, const SqlRef *ref)
{
    bool is_key =
        ref->clause == CLAUSE_GROUP && ref->is_whole && own->work->sql->dialect->has_group_outputs;
    return is_sorted_by(ref) || (is_key && ref->binding == BINDING_OUTPUT);
}

/* A name beside `x AS id` that may be the alias, or a column of a table whose columns are not known. */
static bool
is_read_unclear(const Own *own, const SqlItem *item)
{
    const Dialect *dialect = own->work->sql->dialect;
    bool may_reuse = dialect->has_alias_reuse || dialect->is_any;
    for (guint i = 0; item->alias != NULL && i < item->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(item->block->refs, i);
        bool is_inside = ref->clause == CLAUSE_ITEM || ref->clause == CLAUSE_WHERE;
        bool may_mean_output = is_inside ? may_reuse : ref->clause != CLAUSE_ON;
        if (may_mean_output && ref->path.count == 1 && !is_certainly_output(own, ref) &&
            ref->in != item && is_called(own, &ref->path.parts[0], own->change->column) &&
            may_be_column(own, item->block))
            return true;
    }
    return false;
}

/* Is another name of the block written like the new one, which would mean the output then? */
static bool
is_taken(const Own *own, const SqlItem *item)
{
    const char *to = own->change->to;
    const SqlItem *beside = output_called(own->work, item->block, to);
    SqlPart part = {.text = (char *) to};
    const ColumnChange *other =
        beside != NULL ? rename_column(own->rename, own->work->sql->dialect, &part) : NULL;
    if (beside != NULL && (other == NULL || other->kind != CHANGE_NAME))
        return true;
    for (guint i = 0; i < item->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(item->block->refs, i);
        bool may_mean_output = ref->clause != CLAUSE_ITEM && ref->clause != CLAUSE_ON;
        if (may_mean_output && ref->path.count == 1 && is_called(own, &ref->path.parts[0], to))
            return true;
    }
    return false;
}

bool
own_may_name(const Own *own, const SqlItem *item)
{
    return !is_output_beside(own->work, item, own->change->column) && !is_taken(own, item) &&
           !is_read_unclear(own, item);
}

/* ---- items ---- */

/* The edits of a plain name: its own, and the alias by which it was to stay. */
static void
find_edits(const Work *work, const SqlPart *part, Edit **ret_name, Edit **ret_alias)
{
    for (guint i = 0; i < work->out->edits->len; i++) {
        Edit *edit = g_ptr_array_index(work->out->edits, i);
        if (edit->begin == part->end && edit->end == part->end)
            *ret_alias = edit;
        else if (edit->begin < part->end && edit->end > part->begin)
            *ret_name = edit;
    }
}

static void
name_plain(const Own *own, const SqlItem *item)
{
    Work *work = own->work;
    const SqlPart *part = &item->plain->path.parts[item->plain->path.count - 1];
    Edit *name = NULL, *alias = NULL;
    find_edits(work, part, &name, &alias);
    SqlPart bare = {.text = part->text};
    g_autofree char *to = change_in_letters(own->change, work->sql->dialect, part),
                    *written = spell_like(work->sql->dialect, &bare, to);
    bool is_there = name != NULL && strcmp(name->text, written) == 0;
    g_autofree char *as =
        is_there ? g_strdup("") : g_strdup_printf(" %s %s", word_as(work, item->block), written);
    if (alias != NULL)
        alias->text = keep(work, as);
    else if (!is_there)
        edit_add(work, part->end, part->end, as);
    if (name == NULL) {
        Site *site = site_add(work, SITE_COLUMN, DISPOSITION_REWRITTEN, part->begin, part->end);
        site->after = keep(work, to);
    }
}

/* `user_id AS id`, where that is now the name. */
static void
drop_alias(const Own *own, const SqlItem *item)
{
    const SqlPart *part = &item->plain->path.parts[item->plain->path.count - 1];
    Site *site = site_add(own->work, SITE_COLUMN, DISPOSITION_REWRITTEN, item->alias->begin,
                          item->alias->end);
    site->after = keep(own->work, "");
    edit_add(own->work, part->end, item->alias->end, "");
}

static bool
change_item(const Own *own, const SqlItem *item)
{
    const SqlRef *plain = item->plain;
    Edit *name = NULL, *alias = NULL;
    if (is_output_beside(own->work, item, own->change->column) || is_taken(own, item))
        return refuse(own, "name-taken", "the new name of a column is that of another one there");
    if (is_read_unclear(own, item))
        return refuse(own, "ambiguous",
                      "a name in its query may be the column that it makes, or one that it reads");
    if (plain != NULL)
        find_edits(own->work, &plain->path.parts[plain->path.count - 1], &name, &alias);
    if (item->alias != NULL && plain != NULL && name == NULL && item->alias->quote == '\0' &&
        strcmp(plain->path.parts[plain->path.count - 1].text, own->change->to) == 0)
        drop_alias(own, item);
    else if (item->alias != NULL)
        write_name(own, item->alias);
    else if (plain != NULL &&
             plain->macro == NULL) /* else a list says it, for all that it is put in for */
        name_plain(own, item);
    else
        return refuse(own, "makes-source", "one of its columns is called so without AS");
    write_readers(own, item);
    return true;
}

/* ---- stars ---- */

static bool
gives(const Own *own, const SqlSource *source, const char *column)
{
    bool is_open = false;
    const ArenaList *names = sql_source_columns(own->work->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        if (part.text != NULL && is_called(own, &part, column))
            return true;
    }
    return false;
}

/* `* EXCEPT (a)`: does it leave out this column, or one that is called like the new one? */
static bool
leaves_out(const Own *own, const SqlItem *star, const char *column)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++) {
        const SqlPart *part = g_ptr_array_index(star->except, i);
        if (is_called(own, part, column) || is_called(own, part, own->change->to))
            return true;
    }
    return false;
}

const SqlSource *
own_source_behind(const Own *own, const SqlBlock *block, const char *column)
{
    const SqlSource *found = NULL;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *star = g_ptr_array_index(block->items, i);
        for (guint s = 0; star->is_star && s < block->sources->len; s++) {
            const SqlSource *source = g_ptr_array_index(block->sources, s);
            if ((star->star_path.count > 0 && star->star_of != source) ||
                !gives(own, source, column))
                continue;
            if (found != NULL || leaves_out(own, star, column) || star->replace != NULL ||
                star->is_macro || sql_joins_vaguely(source))
                return NULL;
            found = source;
        }
    }
    return found;
}

/* The query that it reads, if nothing else reads it. */
static const SqlQuery *
query_behind(const Own *own, const SqlSource *source)
{
    guint readers = 0;
    if (source == NULL || source->columns != NULL || source->is_unread || source->reshape != NULL)
        return NULL;
    if (source->kind == SOURCE_QUERY)
        return source->query;
    if (source->common == NULL || source->common->columns != NULL || source->common->is_recursive)
        return NULL;
    for (guint b = 0; b < own->statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(own->statement->blocks, b);
        for (guint s = 0; s < block->sources->len; s++)
            readers += ((const SqlSource *) g_ptr_array_index(block->sources, s))->common ==
                       source->common;
    }
    return readers == 1 ? source->common->query : NULL;
}

/* `WHERE id > 5` beside the star. */
static bool
change_refs(const Own *own, const SqlSource *source)
{
    for (guint b = 0; b < own->statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(own->statement->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            SqlRef *ref = g_ptr_array_index(block->refs, i);
            const SqlPart *part = &ref->path.parts[ref->column];
            if (ref->source != source && ref->also != source)
                continue;
            if (ref->binding == BINDING_ROW && ref->path.count == 1 && ref->in == NULL)
                return refuse(own, "whole-row", "a row with its columns is used as a whole");
            if (ref->binding != BINDING_COLUMN || !is_called(own, part, own->change->column))
                continue;
            if (ref->clause == CLAUSE_USING || ref->also != NULL ||
                is_new_name_taken(own->work, ref, own->change->to))
                return refuse(own, "captured-name", "the new name would mean something else there");
            write_name(own, part);
        }
    }
    return true;
}

/* ---- what follows by UNION ---- */

static int
by_number(const void *a, const void *b)
{
    guint one = *(const guint *) a, other = *(const guint *) b;
    return one < other ? -1 : one > other;
}

/* Tokens of names without qualifier that are written like the column's old or new one; in order. Caller frees. */
static GArray *
names_alike(const Own *own)
{
    GArray *tokens = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint b = 0; b < own->statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(own->statement->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            const SqlPart *part = &ref->path.parts[0];
            if (ref->path.count == 1 && (is_called(own, part, own->change->column) ||
                                         is_called(own, part, own->change->to)))
                g_array_append_val(tokens, part->token);
        }
    }
    g_array_sort(tokens, by_number);
    return tokens;
}

/* How many of them stand before this one? */
static guint
count_before(const GArray *tokens, guint token)
{
    guint low = 0, high = tokens->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(tokens, guint, middle) < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Does anything of the block but the item itself say such a name? */
static bool
is_said_beside(const GArray *tokens, const SqlBlock *block, const SqlItem *item)
{
    guint all = count_before(tokens, block->last + 1) - count_before(tokens, block->first),
          own = count_before(tokens, item->last + 1) - count_before(tokens, item->first);
    return all > own;
}

/* The first query names what comes out. The others' aliases say nothing, and are written alike, where nobody reads them. */
static void
change_others(const Own *own, const SqlQuery *query, const SqlItem *first)
{
    guint place = 0;
    if (query->branches->len < 2 || first->block->has_star)
        return;
    while (g_ptr_array_index(first->block->items, place) != first)
        place++;
    g_autoptr(GArray) tokens = names_alike(own);
    for (guint i = 1; i < query->branches->len; i++) {
        const SqlBlock *block = ((const SqlBranch *) g_ptr_array_index(query->branches, i))->block;
        if (block == NULL || block->has_star || block->items->len <= place)
            continue;
        const SqlItem *item = g_ptr_array_index(block->items, place);
        if (item->alias != NULL && is_called(own, item->alias, own->change->column) &&
            output_called(own->work, block, own->change->to) == NULL &&
            !site_covers(own->work, item->alias->begin, item->alias->end) &&
            !is_said_beside(tokens, block, item))
            write_name(own, item->alias);
    }
}

/* ---- queries ---- */

static void
write_given_item(const Own *own, const SqlItem *item)
{
    if (item->alias != NULL)
        write_name(own, item->alias);
    else
        name_plain(own, item);
    change_others(own, item->block->query, item);
}

/* The items further up that give the name, where all readers have followed: none of them cannot. */
static void
write_given(const Own *own)
{
    for (guint b = 0; b < own->statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(own->statement->blocks, b);
        for (guint i = 0; i < block->items->len; i++) {
            const SqlItem *item = g_ptr_array_index(block->items, i);
            if (item->given == own->change && item_change(own->work, item) == own->change)
                write_given_item(own, item);
        }
    }
}

/* {% if … %} plan, {% endif %}: all names are known here, and the column is none of them. So another branch gives it, unless the
 * last one does not either. */
static bool
is_given_elsewhere(const Own *own, const SqlBlock *block)
{
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star || item->listed != NULL || item->name == NULL)
            return false;
    }
    return block->items->len > 0 &&
           (own->work->variants_left > 0 || set_has(own->work->given_names, own->change));
}

static bool
change_query(const Own *own, const SqlQuery *query, guint depth)
{
    const SqlBlock *block = query != NULL ? query_first_block(query) : NULL;
    if (block == NULL || depth > OWN_QUERIES_MAX || query->by_name || query->has_pipes ||
        block->is_values || block->is_struct)
        return refuse(own, "makes-source", "nobody knows what gives its columns their names");
    const SqlItem *item = output_called(own->work, block, own->change->column);
    if (item != NULL && !item->is_star) {
        if (!change_item(own, item))
            return false;
        change_others(own, query, item);
        set_add(&own->work->given_names, own->change);
        return true;
    }
    if (item == NULL && is_given_elsewhere(own, block))
        return true;
    const SqlSource *source = own_source_behind(own, block, own->change->column);
    SqlPart part = {.text = (char *) own->change->column};
    if (source != NULL && source_change(own->work, source, &part) == own->change) {
        set_add(&own->work->given_names, own->change);
        return true; /* it comes through under its new name */
    }
    const SqlQuery *behind = query_behind(own, source);
    if (behind == NULL)
        return refuse(own, "makes-source",
                      "the name of a column comes from where it is not followed");
    return change_refs(own, source) && change_query(own, behind, depth + 1);
}

bool
own_is_done(const Own *own)
{
    const SqlQuery *query = own->statement->query;
    const SqlBlock *block = query_first_block(query);
    for (guint depth = 0; block != NULL && depth < OWN_QUERIES_MAX; depth++) {
        if (output_called(own->work, block, own->change->column) != NULL)
            return false;
        const SqlItem *item = output_called(own->work, block, own->change->to);
        if (item != NULL && !item->is_star)
            return true;
        query = query_behind(own, own_source_behind(own, block, own->change->to));
        block = query != NULL ? query_first_block(query) : NULL;
    }
    return false;
}

/* ---- rows of unit tests ---- */

/* Rows need not have all columns. */
static bool
may_be_given(const Own *own)
{
    const SqlBlock *block = query_first_block(own->statement->query);
    return block == NULL || block->has_star ||
           output_called(own->work, block, own->change->column) != NULL;
}

static bool
change_rows(const Own *own)
{
    if (own->change->kind == CHANGE_NONE || !may_be_given(own))
        return true;
    if (own->change->kind != CHANGE_NAME)
        return refuse(own, "derived", "more than the name of a column changes");
    if (own_is_done(own))
        return true;
    return change_query(own, own->statement->query, 0);
}

bool
sql_own_names(Work *work, const Rename *rename, const SqlStatement *statement)
{
    Own own = {.work = work, .rename = rename, .statement = statement};
    for (guint i = 0; i < rename->changes->len; i++) {
        own.change = g_ptr_array_index(rename->changes, i);
        if (work->gives != NULL) {
            if (!change_rows(&own))
                return false;
            continue;
        }
        if (own.change->kind != CHANGE_NAME || own_is_done(&own))
            continue;
        write_given(&own);
        if (!change_query(&own, statement->query, 0))
            return false;
    }
    return true;
}
