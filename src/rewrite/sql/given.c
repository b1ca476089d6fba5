/*
 * given.c - what the queries in a program's strings give under `propagate`: by which names, and by which ones they did before.
 *
 * Rows go to the program, which reads them by these names, or makes objects of them (program/rows.c).
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

void
given_free(void *data)
{
    GivenName *given = data;
    g_free(given->to);
    g_free(given);
}

const GivenName *
given_find(const Work *work, const char *name)
{
    g_autofree char *small = g_ascii_strdown(name, -1);
    return g_hash_table_lookup(work->given, small);
}

static void
note(Work *work, const char *name, const ColumnChange *change)
{
    const char *to = change != NULL && change->kind == CHANGE_NAME ? change->to : NULL;
    char *small = g_ascii_strdown(name, -1);
    GivenName *given = g_hash_table_lookup(work->given, small);
    bool is_new = given == NULL;
    if (is_new) {
        given = g_new0(GivenName, 1);
        given->to = g_strdup(to);
        g_hash_table_insert(work->given, small, given);
    } else {
        g_free(small);
    }
    given->differs |= (!is_new && g_strcmp0(given->to, to) != 0) ||
                      (change != NULL && to == NULL && change->kind != CHANGE_NONE);
    if (to != NULL && work->gives_new_name == NULL)
        work->gives_new_name = change;
}

static void
note_star(Work *work, const SqlItem *star)
{
    guint count;
    SqlSource *const *sources = sql_star_sources(star, &count);
    for (guint s = 0; s < count; s++) {
        const Rename *rename = source_rename(sources[s]);
        bool is_open = true;
        if (star->star_path.count > 0 && star->star_of != sources[s])
            continue;
        const ArenaList *names = sql_source_columns(work->sql, sources[s], &is_open);
        for (guint i = 0; i < names->len; i++) {
            SqlPart part = {.text = g_ptr_array_index(names, i)};
            if (part.text != NULL && !star_leaves_out(work, star, part.text))
                note(work, part.text, star_change(work, star, sources[s], &part));
        }
        for (guint i = 0; rename != NULL && i < rename->changes->len; i++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, i);
            if (!star_leaves_out(work, star, change->column))
                note(work, change->column, change);
        }
        if (rename == NULL && is_open)
            note(work, GIVEN_ANY, NULL);
    }
}

static void
note_block(Work *work, const SqlBlock *block)
{
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star)
            note_star(work, item);
        else if (item->name != NULL)
            note(work, item->name, item_change(work, item));
    }
}

void
sql_given(Work *work)
{
    if (work->given == NULL)
        return;
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        if (statement->kind != STATEMENT_QUERY || statement->query == NULL ||
            !query_is_result(statement->query) || query_first_block(statement->query) == NULL)
            continue;
        note_block(work, query_first_block(statement->query));
    }
    for (guint i = 0; i < work->sql->blocks->len; i++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, i);
        if (block->is_returning)
            note_block(work, block);
    }
}
