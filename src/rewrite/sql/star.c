/*
 * star.c - `*` over a renamed dataset.
 *
 * Within the text its columns are followed. Where they come out of it, by name or by position, nobody can: then a person
 * must say which columns are meant.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

bool
star_leaves_out(const Work *work, const SqlItem *star, const char *name)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++) {
        const SqlPart *part = g_ptr_array_index(star->except, i);
        if (sql_same_column(work->sql->dialect, part->text, part->quote, name))
            return true;
    }
    return false;
}

/* Goes into PIVOT or the like, or is called like what they make: the star does not have it. */
static bool
is_reshaped(const Work *work, const SqlSource *source, const char *name)
{
    SqlPart part = {.text = (char *) name};
    return source->reshape != NULL &&
           !sql_reshape_passes(work->sql->dialect, source->reshape, &part);
}

/* What of the dataset changes in what the star lets through, NULL when nothing does; names alone count if `names`. */
static const ColumnChange *
changed_through(const Work *work, const SqlItem *star, const SqlSource *source, bool names)
{
    const Rename *rename = source_rename(source);
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && (names || change->kind != CHANGE_NAME) &&
            !star_leaves_out(work, star, change->column) &&
            !is_reshaped(work, source, change->column))
            return change;
    }
    return NULL;
}

/* What hinders most: no list of columns says it; else what the caller found. */
static const ColumnChange *
hurdle(const Work *work, const SqlItem *star, const SqlSource *source, const ColumnChange *found)
{
    const Rename *rename = source_rename(source);
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && change->kind != CHANGE_NAME &&
            change->kind != CHANGE_EXPRESSION && !star_leaves_out(work, star, change->column) &&
            !is_reshaped(work, source, change->column))
            return change;
    }
    return found;
}

bool
star_must_name(Work *work, const SqlItem *star, const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    bool is_meant = star->star_path.count == 0 || star->star_of == source;
    return is_meant && rename != NULL && !rename->is_derived &&
           source_form(work, source) != FORM_NEW &&
           (star_is_placed(work, star) || star_is_counted_whole(star)) &&
           changed_through(work, star, source, false) != NULL;
}

static void
place_of(const Work *work, const SqlItem *star, size_t *ret_begin, size_t *ret_end)
{
    *ret_begin = g_array_index(work->sql->tokens, Token, star->first).begin;
    *ret_end = g_array_index(work->sql->tokens, Token, star->last).end;
}

static void
refuse(Work *work, const SqlItem *star, const SqlSource *source, const ColumnChange *change)
{
    const char *unmapped = star_unmapped(work, star, source), *where = NULL;
    size_t begin, end;
    star_columns(work, source, &where);
    place_of(work, star, &begin, &end);
    if (unmapped != NULL)
        site_refuse(work, SITE_STAR, begin, end, "not-in-mapping", NULL,
                    "`*` lets '%s' through, of which the mapping says nothing%s%s", unmapped,
                    where != NULL ? ": it is in the definition in " : "",
                    where != NULL ? where : "");
    else if (change == NULL)
        site_refuse(
            work, SITE_STAR, begin, end, "star", NULL,
            "`*` lets all columns through, and the new table has more of them, which makes a "
            "difference here: name the columns that are meant");
    else {
        const ColumnChange *most = hurdle(work, star, source, change);
        g_autofree char *words = column_change_words(most);
        site_refuse(work, SITE_STAR, begin, end, "star", most->link,
                    "`*` lets all columns through, and %s; name the columns that are meant%s",
                    words,
                    star_columns(work, source, &where) == NULL ? star_doubt(work, source) : "");
    }
}

bool
returns_old_names(const Work *work, const SqlBlock *block)
{
    return block->is_returning && (!work->options->propagates || block->statement->is_nested);
}

/* It lets the new names through since it was rewritten; people wrote them out then, or ask for them. */
static bool
is_new_already(Work *work, const SqlItem *star, const SqlSource *source)
{
    size_t begin, end;
    if (source_form(work, source) != FORM_NEW)
        return false;
    place_of(work, star, &begin, &end);
    Site *site = site_add(work, SITE_STAR, DISPOSITION_ALREADY, begin, end);
    site->reason = "what reads it asks for the new names";
    return true;
}

/* What becomes of a star over one of its sources. */
typedef struct {
    const ColumnChange *change; /* that makes a difference; or NULL */
    bool matters;               /* what comes out is seen from outside */
    bool is_written_out, has_aliases;
} Fate;

/* False: nothing, for this source. */
static bool
fate_of(Work *work, const SqlItem *star, const SqlSource *source, Fate *ret)
{
    const Rename *rename = source_rename(source);
    const SqlQuery *query = star->block->query;
    bool comes_out = star_comes_out(work, star); /* fewer columns, fewer rows */
    bool is_returned = returns_old_names(work, star->block);
    bool names_stay = is_returned || (query != NULL && query->is_pinned);
    /* what another file makes keeps the places of its columns */
    bool places_count = !rename->is_derived && star_is_placed(work, star);
    ret->change = changed_through(work, star, source, names_stay || places_count);
    places_count |= !rename->is_derived && star_gains_count(star) && !rename_only_renames(rename);
    if (ret->change == NULL && !(places_count && !rename_only_renames(rename)))
        return false;
    bool is_followed = (names_stay || comes_out) && row_variable_gets(work, star);
    ret->matters = !is_followed && (names_stay || places_count || comes_out);
    ret->is_written_out = ret->matters && !star->is_macro &&
                          source_form(work, source) != FORM_PERHAPS_NEW &&
                          star_can_expand(work, star, source);
    ret->has_aliases = is_returned || (names_stay && names_query(star->block));
    return true;
}

bool
star_is_written_out(Work *work, const SqlItem *star)
{
    guint count;
    SqlSource *const *sources = sql_star_sources(star, &count);
    for (guint i = 0; i < count; i++) {
        Fate fate;
        if (source_rename(sources[i]) != NULL && !sources[i]->is_semi &&
            source_form(work, sources[i]) != FORM_NEW && fate_of(work, star, sources[i], &fate) &&
            fate.is_written_out)
            return true;
    }
    return false;
}

/* True when the star is gone: written out, with all its sources. */
static bool
visit_source(Work *work, const SqlItem *star, const SqlSource *source)
{
    const SqlQuery *query = star->block->query;
    size_t begin, end;
    Fate fate;
    if (source_rename(source) == NULL || is_new_already(work, star, source))
        return false;
    work->lets_through |=
        query != NULL && query_is_result(query) && rename_changes_columns(source_rename(source));
    if (!fate_of(work, star, source, &fate))
        return false;
    if (fate.is_written_out) {
        star_expand(work, star, source, fate.has_aliases);
        return true;
    }
    if (fate.matters) {
        refuse(work, star, source, fate.change);
        return false;
    }
    place_of(work, star, &begin, &end);
    Site *site = site_add(work, SITE_STAR, DISPOSITION_UNAFFECTED, begin, end);
    site->reason = "its columns are followed to where they are used";
    return false;
}

/* REPLACE (expression AS name): the name follows that of the column whose place it takes. */
static void
visit_replacement(Work *work, const SqlItem *star, const SqlSource *source,
                  const SqlReplacement *one)
{
    const SqlQuery *query = star->block->query;
    const SqlPart *part = one->name;
    const ColumnChange *change = one->is_rename ? NULL : source_change(work, source, part);
    bool is_followed = query != NULL && !query->is_pinned;
    if (change == NULL)
        return;
    if (change->kind != CHANGE_NAME || !is_followed) {
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "star", change->link,
                    "`* REPLACE` puts a value under the name '%s', which changes: name the columns",
                    part->text);
        return;
    }
    g_autofree char *written = spell_like(work->sql->dialect, part, change->to);
    site_edit(work, SITE_COLUMN, part->begin, part->end, written);
}

/* * EXCEPT (id): the name that is left out changes, too. */
static void
edit_except(Work *work, const SqlItem *star, const SqlSource *source)
{
    for (guint i = 0; star->except != NULL && i < star->except->len; i++) {
        const SqlPart *part = g_ptr_array_index(star->except, i);
        const ColumnChange *change = source_change(work, source, part);
        if (change == NULL)
            continue;
        if (change->to == NULL) {
            site_refuse(work, SITE_COLUMN, part->begin, part->end, "dropped", change->link,
                        "'%s' is not in the new table: nothing is left to leave out", part->text);
            continue;
        }
        g_autofree char *written = spell_like(work->sql->dialect, part, change->to);
        site_edit(work, SITE_COLUMN, part->begin, part->end, written);
    }
    for (guint i = 0; star->replace != NULL && i < star->replace->len; i++)
        visit_replacement(work, star, source, g_ptr_array_index(star->replace, i));
}

/* ---- the fields of a struct ---- */

/* Is a field of it called otherwise? Also of what comes from the dataset through other queries. */
static bool
has_changed_field(const Work *work, const SqlPart *part)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint c = 0; rename->has_fields && c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            const char *dot = strchr(change->column, '.');
            g_autofree char *first =
                dot != NULL ? g_strndup(change->column, (gsize) (dot - change->column)) : NULL;
            if (first != NULL &&
                sql_same_column(work->sql->dialect, part->text, part->quote, first))
                return true;
        }
    }
    return false;
}

/* The column whose fields `column.*` or `alias.column.*` lets through. */
static const SqlPart *
column_of_fields(const Work *work, const SqlItem *item, const SqlSource *source)
{
    const SqlPart *first = &item->star_path.parts[0];
    const SqlPart *called = source->alias;
    if (called == NULL && source->path.count > 0)
        called = &source->path.parts[source->path.count - 1];
    bool is_qualified =
        item->star_path.count > 1 && called != NULL &&
        sql_same_column(work->sql->dialect, first->text, first->quote, called->text);
    return is_qualified ? first + 1 : first;
}

/* client.*: all fields of a column, which is called otherwise, or whose fields are. */
static void
visit_fields(Work *work, const SqlItem *item)
{
    for (const SqlBlock *block = item->block; block != NULL; block = block->parent)
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            const SqlPart *part = column_of_fields(work, item, source);
            const ColumnChange *change = source_change(work, source, part);
            bool is_changed = change != NULL && change->kind != CHANGE_NONE;
            if (!is_changed && !has_changed_field(work, part))
                continue;
            site_refuse(work, SITE_STAR, part->begin, part->end, "fields-changed", NULL,
                        "`*` lets all fields of '%s' through, which changes: name the fields that "
                        "are meant",
                        part->text);
            return;
        }
}

void
sql_star(Work *work, const SqlItem *item)
{
    if (!item->is_star || (item->is_macro && !dbt_star(work, item)))
        return;
    if (item->star_path.count > 0 && item->star_of == NULL && !item->is_macro) {
        visit_fields(work, item);
        return;
    }
    if (item->star_path.count > 0 && item->star_of == NULL)
        return;
    guint count;
    SqlSource *const *sources = sql_star_sources(item, &count);
    for (guint i = 0; i < count; i++) {
        const SqlSource *source = sources[i];
        if (item->star_of == NULL && source->is_semi)
            continue;
        if (visit_source(work, item, source))
            return;
        if (!item->is_macro)
            edit_except(work, item, source);
    }
}
