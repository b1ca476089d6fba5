/* sql_qualifiers.c - the names of renamed tables before their columns: users_v1.id, users_v1.*. */
#include "rewrite/work.h"

#include <string.h>

/* users_v1.id where the table has no alias: the qualifier follows the table. */
static void
edit_qualifier(Work *work, const SqlSource *source, const Spelling *spelling, const SqlPath *path,
               uint32_t parts)
{
    const SqlPart *last = &source->path.parts[source->path.count - 1];
    bool is_its_name = parts > 0 && sql_same_table(work->sql->dialect, path->parts[parts - 1].text,
                                                   path->parts[parts - 1].quote, last->text);
    if (source->alias != NULL || !is_its_name) /* excluded.id stays */
        return;
    SqlPath qualifier = {.parts = path->parts, .count = parts};
    guint to = g_strv_length(spelling->target);
    if (parts == 1) {
        g_autofree char *name =
            spell_like(work->sql->dialect, &path->parts[0], spelling->target[to - 1]);
        if (strcmp(path->parts[0].text, spelling->target[to - 1]) != 0)
            edit_add(work, path->parts[0].begin, path->parts[0].end, name);
        return;
    }
    guint before = work->out->sites->len;
    spell_path(work, &qualifier, spelling);
    if (work->out->sites->len > before) /* the edit stays, the site is the column's */
        g_ptr_array_remove_index(work->out->sites, work->out->sites->len - 1);
}

/* An expression takes the place of the name and its qualifier. */
static bool
is_replaced_whole(Work *work, const SqlRef *ref)
{
    const ColumnChange *change = source_change(work, ref->source, &ref->path.parts[ref->column]);
    return change != NULL && change->kind == CHANGE_EXPRESSION;
}

static bool
is_called_anew(const SqlSource *source)
{
    const Spelling *spelling = source->alias == NULL ? source_spelling(source) : NULL;
    return spelling != NULL && source->path.count > 0 &&
           strcmp(source_called_after(source), source->path.parts[source->path.count - 1].text) !=
               0;
}

/* `u.id` of an outer query, where a table further in is called `u` once it has its new name: another column would be meant. */
static void
check_qualifier(Work *work, const SqlBlock *block, const SqlSource *source, const SqlPath *path,
                uint32_t parts)
{
    if (parts != 1)
        return;
    const SqlPart *part = &path->parts[0];
    bool is_its_name = source->requalified != NULL && source->alias == NULL &&
                       sql_same_table(work->sql->dialect, part->text, part->quote,
                                      source->path.parts[source->path.count - 1].text);
    const char *name = is_its_name ? source_called_after(source) : part->text;
    const SqlSource *catcher = qualifier_catcher(block, source, name);
    if (catcher == NULL || (!is_called_anew(source) && !is_called_anew(catcher)))
        return;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                "'%s' would mean another table here, which is called so further in: give one of "
                "them an alias first",
                name);
}

static void
edit_qualifier_of_ref(Work *work, const SqlRef *ref)
{
    if (ref->binding == BINDING_COLUMN && ref->source != NULL)
        check_qualifier(work, ref->block, ref->source, &ref->path, ref->column);

    const Spelling *spelling = ref->source != NULL ? ref->source->requalified : NULL;
    if (spelling != NULL && ref->binding == BINDING_COLUMN && ref->path.count > 0 &&
        !is_replaced_whole(work, ref))
        edit_qualifier(work, ref->source, spelling, &ref->path, ref->column);
}

static void
edit_qualifier_of_star(Work *work, const SqlItem *item)
{
    const Spelling *spelling =
        item->is_star && item->star_of != NULL ? item->star_of->requalified : NULL;
    if (item->is_star && item->star_of != NULL)
        check_qualifier(work, item->block, item->star_of, &item->star_path, item->star_path.count);
    if (spelling != NULL)
        edit_qualifier(work, item->star_of, spelling, &item->star_path, item->star_path.count);
}

/* Without an alias: else what its columns are qualified by stays as it is. */
static bool
has_table_called_anew(const Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->alias == NULL && (source->spelling != NULL || source->requalified != NULL))
                return true;
        }
    }
    return false;
}

/* Of all tables together: a text may have as many tables as names. */
void
sql_qualifiers(Work *work)
{
    if (!has_table_called_anew(work))
        return;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++)
            edit_qualifier_of_ref(work, g_ptr_array_index(block->refs, i));
        for (guint i = 0; i < block->items->len; i++)
            edit_qualifier_of_star(work, g_ptr_array_index(block->items, i));
    }
}
