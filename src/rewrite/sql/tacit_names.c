/*
 * tacit_names.c - values that nobody calls by AS, and that have a name all the same.
 *
 * Casts are called by their column, and keep its old name. Other expressions are called by their text in some engines: who
 * reads "sum(id)" by that name in this text finds it under it, and elsewhere the name goes with the text.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static void
add_old_name(Work *work, const SqlItem *item, const SqlPart *part)
{
    size_t end = work_token(work, item->last)->end;
    g_autofree char *alias =
        g_strdup_printf(" %s %.*s", word_as(work, item->block), (int) (part->end - part->begin),
                        work->text + part->begin);
    edit_add(work, end, end, alias);
}

static bool
is_name_seen(const SqlItem *item)
{
    const SqlQuery *query = item->block->query;
    return item->alias == NULL &&
           (item->block->is_returning ||
            (query != NULL && names_query(item->block) && query_names_matter(query)));
}

/* What becomes of the column that the value is called by; NULL: nothing, or it is called otherwise. */
const ColumnChange *
sql_tacit_change(Work *work, const SqlItem *item)
{
    const SqlRef *ref = item->named_by;
    return ref != NULL && ref->binding == BINDING_COLUMN && ref->column + 1 == ref->path.count
               ? source_change(work, ref->source, &ref->path.parts[ref->column])
               : NULL;
}

/* id::text is called `id`: it stays so, inside of the text, too, unless names are to change. */
static void
keep_tacit_name(Work *work, const SqlItem *item)
{
    if (is_name_seen(item) && sql_tacit_change(work, item) != NULL &&
        !(work->options->propagates && item_change(work, item) != NULL))
        add_old_name(work, item, &item->named_by->path.parts[item->named_by->column]);
}

const char *
sql_tacit_new_name(Work *work, const SqlItem *item)
{
    bool is_kept = item->alias != NULL || is_name_seen(item);
    const ColumnChange *change = is_kept ? NULL : sql_tacit_change(work, item);
    return change != NULL && change->kind == CHANGE_NAME ? change->to : NULL;
}

/* (SELECT id FROM t) is called `id` where casts are called by their columns. */
static void
keep_name_of_value(Work *work, const SqlQuery *query)
{
    const SqlItem *item = query->is_value ? query->item : NULL;
    const SqlBlock *block = item != NULL ? query_first_block(query) : NULL;
    if (block == NULL || block->items->len == 0 || !work->sql->dialect->has_cast_names ||
        item->first + 1 != query->first || !is_name_seen(item) ||
        work_token(work, item->first)->match != item->last)
        return;
    const SqlItem *inner = g_ptr_array_index(block->items, 0);
    const SqlRef *ref = inner->plain != NULL ? inner->plain : inner->named_by;
    if (inner->alias != NULL || ref == NULL || ref->binding != BINDING_COLUMN ||
        ref->column + 1 != ref->path.count)
        return;
    const SqlPart *part = &ref->path.parts[ref->column];
    if (source_change(work, ref->source, part) != NULL)
        add_old_name(work, item, part);
}

/* ---- names that are texts ---- */

static char *
text_of(const Work *work, size_t begin, size_t end)
{
    return g_strndup(work->text + begin, end - begin);
}

/* "sum(id)": what stands in the quotes is a call; or NULL. Caller frees. */
static char *
called_text(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    if (token->kind != TOKEN_QUOTED || token->end - token->begin < 4)
        return NULL;
    g_autofree char *name = text_of(work, token->begin + 1, token->end - 1);
    const char *open = strchr(name, '(');
    bool is_call = open != NULL && open > name && is_identifier_byte(open[-1]);
    return is_call ? g_steal_pointer(&name) : NULL;
}

/* Such names -> the token, plus one; NULL: there are none, as in nearly all texts. Caller frees. */
static GHashTable *
called_texts(const Work *work)
{
    GHashTable *names = NULL;
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++) {
        char *name = called_text(work, i);
        if (name == NULL)
            continue;
        if (names == NULL)
            names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(names, name, GUINT_TO_POINTER(i + 1));
    }
    return names;
}

static bool
has_change(Work *work, const SqlItem *item)
{
    for (guint i = 0; i < item->block->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(item->block->refs, i);
        const SqlPart *part = &ref->path.parts[ref->column];
        if (part->token >= item->first && part->token <= item->last &&
            ref->binding == BINDING_COLUMN && source_change(work, ref->source, part) != NULL)
            return true;
    }
    return false;
}

/* sum(id) that is read as "sum(id)" gets that as its alias. What has a name is none of these any more. */
static void
keep_text(Work *work, const SqlItem *item, GHashTable *names, GHashTable *found)
{
    void *name, *read;
    if (item->alias != NULL) {
        if (g_hash_table_lookup_extended(names, item->alias->text, &name, NULL))
            g_hash_table_add(found, name);
        return;
    }
    size_t end = work_token(work, item->last)->end;
    g_autofree char *text = text_of(work, work_token(work, item->first)->begin, end);
    if (item->is_star || item->plain != NULL ||
        !g_hash_table_lookup_extended(names, text, &name, &read))
        return;
    g_hash_table_add(found, name);
    if (!has_change(work, item))
        return;
    const Token *token = work_token(work, GPOINTER_TO_UINT(read) - 1);
    g_autofree char *quoted = text_of(work, token->begin, token->end);
    g_autofree char *alias = g_strdup_printf(" %s %s", word_as(work, item->block), quoted);
    edit_add(work, end, end, alias);
}

/* Does it speak of a column that changes, of a dataset that the text reads? */
static bool
names_change(const Work *work, const Token *token, const char *name)
{
    size_t at;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint s = 0; s < block->sources->len; s++) {
            const Rename *rename = source_rename(g_ptr_array_index(block->sources, s));
            if (rename == NULL || token_column(work, rename, token) != NULL)
                continue;
            for (guint c = 0; c < rename->changes->len; c++) {
                const ColumnChange *change = g_ptr_array_index(rename->changes, c);
                if (change->kind != CHANGE_NONE &&
                    find_word(name, strlen(name), change->column, &at))
                    return true;
            }
        }
    }
    return false;
}

/* What no expression of the text is called by may be one's name all the same: engines write some their own way. */
static void
refuse_texts(Work *work, GHashTable *names, GHashTable *found)
{
    GHashTableIter iter;
    void *name, *read;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, &read)) {
        const Token *token = work_token(work, GPOINTER_TO_UINT(read) - 1);
        if (g_hash_table_contains(found, name) || !names_change(work, token, name))
            continue;
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "ambiguous", NULL,
                    "this is what an expression is called by its text, which changes: call it by "
                    "AS");
    }
}

static void
keep_texts(Work *work)
{
    GHashTable *names = called_texts(work);
    if (names == NULL)
        return;
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->items->len; i++)
            keep_text(work, g_ptr_array_index(block->items, i), names, found);
    }
    refuse_texts(work, names, found);
    g_hash_table_unref(names);
}

/* ---- the whole ---- */

void
sql_tacit_names(Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->items->len; i++)
            keep_tacit_name(work, g_ptr_array_index(block->items, i));
    }
    for (guint i = 0; i < work->sql->queries->len; i++)
        keep_name_of_value(work, g_ptr_array_index(work->sql->queries, i));
    keep_texts(work);
}
