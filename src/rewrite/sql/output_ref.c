/* output_ref.c - names that mean an output, which may be called otherwise now: ORDER BY, HAVING, aliases that are used again. */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Had another table a column of this name all the time? Then nothing was called by it alone. */
static bool
had_another(Work *work, const SqlRef *plain, const SqlPart *part)
{
    const ArenaList *sources = plain->source->block->sources;
    for (guint i = 0; i < sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(sources, i);
        bool is_open = false;
        const ArenaList *names = source != plain->source && source != plain->also
                                     ? sql_source_columns(work->sql, source, &is_open)
                                     : NULL;
        if (names != NULL && (is_open ? is_said_of(work, source, part->text)
                                      : is_spoken_of(work, source, part->text)))
            return true;
        for (guint n = 0; names != NULL && n < names->len; n++) {
            const char *name = g_ptr_array_index(names, n);
            if (name != NULL && sql_same_column(work->sql->dialect, part->text, part->quote, name))
                return true;
        }
    }
    return false;
}

/* USING made one of both columns, and is ON now. */
static bool
was_joined_by(const Work *work, const SqlBlock *block, const SqlPart *part)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        for (guint u = 0; source->using != NULL && u < source->using->len; u++) {
            const SqlRef *ref = g_ptr_array_index(source->using, u);
            const SqlPart *joined = &ref->path.parts[0];
            if (set_has(work->converted, source) &&
                sql_same_column(work->sql->dialect, part->text, part->quote, joined->text))
                return true;
        }
    }
    return false;
}

/* ORDER BY m of `a.n AS m`, where another item gets `AS m` now, and is the one that is meant: SQLite takes the first of two, DuckDB
 * the last. */
static bool
is_outdone(Work *work, const SqlRef *ref)
{
    const Dialect *dialect = work->sql->dialect;
    const ArenaList *items = ref->item->block->items;
    bool is_before = true;
    if (ref->item->alias == NULL || ref->clause != CLAUSE_ORDER ||
        (!dialect->has_order_columns && !dialect->has_last_aliases))
        return false;
    for (guint i = 0; i < items->len; i++) {
        const SqlItem *item = g_ptr_array_index(items, i);
        is_before = is_before && item != ref->item;
        if (item != ref->item && is_before != dialect->has_last_aliases && item->name != NULL &&
            item_needs_alias(work, item) &&
            sql_same_column(dialect, item->name, '\0', ref->item->name))
            return true;
    }
    return false;
}

/* Where ORDER BY sees an output's name only if AS gives it: another table may have a column that is called so, too. */
static bool
is_sorted_by_column(Work *work, const SqlRef *ref, const char *name)
{
    const SqlRef *plain = ref->item->alias == NULL ? ref->item->plain : NULL;
    return work->sql->dialect->has_order_columns && ref->clause == CLAUSE_ORDER && plain != NULL &&
           plain->binding == BINDING_COLUMN &&
           (is_converted(work, plain) || !ref_is_of_both_sides(plain)) &&
           !item_needs_alias(work, ref->item) &&
           (was_joined_by(work, plain->source->block, &ref->path.parts[0]) ||
            !had_another(work, plain, &ref->path.parts[0])) &&
           is_new_name_taken(work, plain, name);
}

static bool
is_key(const SqlRef *ref)
{
    return ref->clause == CLAUSE_GROUP && ref->is_whole && ref->binding == BINDING_COLUMN;
}

/* GROUP BY 2, GROUP BY ALL: an item that is a column may be one. */
static void
add_keys_by_place(const SqlBlock *block, GPtrArray *keys)
{
    for (guint i = 0; i < block->items->len && (block->groups_all || i < block->place_max); i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->plain != NULL && item->plain->binding == BINDING_COLUMN)
            g_ptr_array_add(keys, (SqlRef *) item->plain);
    }
}

/* The columns that GROUP BY names, found once. */
static const GPtrArray *
keys_of(Work *work, const SqlBlock *block)
{
    if (work->keys == NULL)
        work->keys = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
    GPtrArray *keys = g_hash_table_lookup(work->keys, block);
    if (keys != NULL)
        return keys;
    keys = g_ptr_array_new();
    for (guint i = 0; i < block->refs->len; i++)
        if (is_key(g_ptr_array_index(block->refs, i)))
            g_ptr_array_add(keys, g_ptr_array_index(block->refs, i));
    add_keys_by_place(block, keys);
    g_hash_table_insert(work->keys, (void *) block, keys);
    return keys;
}

/* HAVING means a column that GROUP BY names before an output: does such a one get this name? */
static bool
is_caught_by_key(Work *work, const SqlRef *ref, const char *name)
{
    const SqlRef *plain = ref->item->plain;
    const GPtrArray *keys = ref->clause == CLAUSE_HAVING ? keys_of(work, ref->block) : NULL;
    for (guint i = 0; keys != NULL && i < keys->len; i++) {
        const SqlRef *key = g_ptr_array_index(keys, i);
        const SqlPart *part = &key->path.parts[key->column];
        const ColumnChange *change = source_change(work, key->source, part);
        const char *now = change != NULL && change->kind == CHANGE_NAME ? change->to : part->text;
        bool is_same = plain != NULL && plain->source == key->source &&
                       strcmp(plain->path.parts[plain->column].text, part->text) == 0;
        if (!is_same && sql_same_column(work->sql->dialect, name, '\0', now))
            return true;
    }
    return false;
}

/* SELECT b.v FROM a JOIN b … ORDER BY v: in ClickHouse the first one's, unless AS gives the name, which is about to. */
static bool
is_of_first_table(Work *work, const SqlRef *ref)
{
    const SqlRef *plain = ref->item->alias == NULL ? ref->item->plain : NULL;
    return work->sql->dialect->has_hiding_aliases && plain != NULL && plain->path.count > 1 &&
           plain->binding == BINDING_COLUMN && item_needs_alias(work, ref->item) &&
           had_another(work, plain, &ref->path.parts[0]);
}

void
sql_output_ref(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (sql_is_unsure_output(work, ref))
        return;
    const char *name = item_new_name(work, ref->item);
    if (name == NULL) /* INSERT INTO t SELECT (id) … ORDER BY id */
        name = sql_tacit_new_name(work, ref->item);
    if (is_outdone(work, ref)) {
        refuse_captured(work, part, part->text);
        return;
    }
    if (is_of_first_table(work, ref) ||
        is_caught_by_key(work, ref, name != NULL ? name : part->text)) {
        refuse_captured(work, part, part->text);
        return;
    }
    if (is_sorted_by_column(work, ref, name != NULL ? name : part->text)) {
        const SqlQuery *query = ref->item->block->query;
        if (query != NULL && query->branches->len > 1) { /* what sorts UNION sees no columns */
            refuse_captured(work, part, part->text);
            return;
        }
        SqlRef column = *ref->item->plain;
        column.path = ref->path;
        column.column = 0;
        edit_column_name(work, &column, part, name != NULL ? name : part->text);
    } else if (name != NULL) {
        edit_column_name(work, ref, part, name);
    }
}
