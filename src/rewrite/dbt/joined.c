/*
 * joined.c - names that templates put together: `ref('stg_' ~ name)`, `{{ 'pla' ~ 'n' }}`.
 *
 * Where one may be the dataset's, or that of a column which changes, a person decides.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/pieces.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

/* ---- what it may be ---- */

static const char *
table_of(const JoinedTexts *joined, const JoinedText *found, const Renames *renames)
{
    for (guint i = 0; i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        const DbtRename *dbt = rename->dbt;
        bool is_known = dbt != NULL && (dbt->doubt == NULL || dbt->doubt->code != NULL) &&
                        !(dbt->is_source ? found->is_of_ref : found->is_of_source);
        if (is_known && joined_text_may_be(joined, found, dbt->from.name, false))
            return dbt->from.name;
        for (guint s = 0; !found->is_of_table && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (joined_text_may_be(joined, found, spelling->last, true))
                return spelling->last;
        }
    }
    return NULL;
}

static const char *
column_of(const JoinedTexts *joined, const JoinedText *found, const GPtrArray *columns)
{
    for (guint i = 0; !found->is_of_table && i < columns->len; i++)
        if (joined_text_may_be(joined, found, g_ptr_array_index(columns, i), true))
            return g_ptr_array_index(columns, i);
    return NULL;
}

/* ---- columns ---- */

static void
add_columns_of(Work *work, const SqlSource *source, GHashTable *seen, GPtrArray *ret)
{
    bool is_open = false;
    const ArenaList *names = sql_source_columns(work->sql, source, &is_open);
    for (guint i = 0; i < names->len; i++) {
        SqlPart part = {.text = g_ptr_array_index(names, i)};
        if (part.text != NULL && !g_hash_table_contains(seen, part.text) &&
            source_change(work, source, &part) != NULL && g_hash_table_add(seen, part.text))
            g_ptr_array_add(ret, part.text);
    }
    const Rename *rename = source_rename(source);
    for (guint i = 0; rename != NULL && i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && g_hash_table_add(seen, change->column))
            g_ptr_array_add(ret, change->column);
    }
}

GPtrArray *
dbt_changing_columns(Work *work)
{
    GPtrArray *found = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint s = 0; s < block->sources->len; s++)
            add_columns_of(work, g_ptr_array_index(block->sources, s), seen, found);
    }
    return found;
}

void
dbt_joined(Work *work)
{
    const TokenList *list = work->sql->list;
    if (!tokens_have(list, TOKEN_TEMPLATE) && !tokens_have(list, TOKEN_TAG))
        return;
    g_autoptr(GArray) templates = g_array_new(FALSE, FALSE, sizeof(Token));
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (work->sql->live->data[i] && (token->kind == TOKEN_TEMPLATE || token->kind == TOKEN_TAG))
            g_array_append_val(templates, *token);
    }
    g_autoptr(JoinedTexts) joined = joined_texts_new(work->text, templates);
    if (joined == NULL)
        return;
    if (work->options->macros != NULL)
        macros_add_given(work->options->macros, work->text, joined->literals);
    g_autoptr(GPtrArray) columns = dbt_changing_columns(work);
    for (guint i = 0; i < joined->found->len; i++) {
        const JoinedText *found = &g_array_index(joined->found, JoinedText, i);
        const char *table = table_of(joined, found, work->renames),
                   *name = table != NULL ? table : column_of(joined, found, columns);
        if (name != NULL && !site_covers(work, found->begin, found->end))
            site_refuse(work, table != NULL ? SITE_TABLE : SITE_COLUMN, found->begin, found->end,
                        "in-template", NULL, "the template puts a name together, which may be '%s'",
                        name);
    }
}

/* ---- is the dataset there at all ---- */

static bool
has_model(const Renames *renames)
{
    for (guint i = 0; i < renames->list->len; i++)
        if (((const Rename *) g_ptr_array_index(renames->list, i))->dbt != NULL)
            return true;
    return false;
}

bool
dbt_joined_concern(const Renames *renames, const char *text, size_t bytes)
{
    g_autoptr(JoinedTexts) joined = has_model(renames) ? joined_texts_read(text, bytes) : NULL;
    for (guint i = 0; joined != NULL && i < joined->found->len; i++)
        if (table_of(joined, &g_array_index(joined->found, JoinedText, i), renames) != NULL)
            return true;
    return false;
}
