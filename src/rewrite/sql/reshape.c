/*
 * reshape.c - PIVOT, UNPIVOT and MATCH_RECOGNIZE right behind a dataset whose columns change.
 *
 * The columns that they name are renamed; what they make stays, and what they let through is followed like any column. Names
 * that become values of UNPIVOT keep them by an alias, where the dialect has one there.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
refuse(Work *work, const SqlSource *source, const char *reason)
{
    site_refuse(work, SITE_TABLE, source->path.parts[0].begin,
                source->path.parts[source->path.count - 1].end, "pivot", NULL, "%s", reason);
    return true;
}

static const ColumnChange *
change_of(const Work *work, const SqlSource *source, const SqlRef *ref)
{
    const ColumnChange *change =
        rename_column(source_rename(source), work->sql->dialect, &ref->path.parts[0]);
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

/* PIVOT makes a group of each row of all that it does not name: more columns are more groups. */
static bool
groups_by_rest(const SqlReshape *reshape)
{
    return reshape->kind == RESHAPE_PIVOT && reshape->kept == NULL;
}

/* UNPIVOT (v FOR n IN (a AS 'a')), in quotes in BigQuery. */
static bool
has_unpivot_aliases(const Dialect *dialect)
{
    return dialect->has_paths_in_quotes || dialect->has_colon_paths || dialect->has_alias_prefix;
}

/* INTO NAME tag of a table that has a `tag`, which comes out beside it, under one more name. */
static bool
is_let_through(const Work *work, const SqlReshape *reshape, const char *column)
{
    for (guint i = 0; i < reshape->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(reshape->refs, i);
        if (sql_same_column(work->sql->dialect, ref->path.parts[0].text, ref->path.parts[0].quote,
                            column))
            return false;
    }
    return reshape->kind == RESHAPE_UNPIVOT && reshape->kept == NULL;
}

/* Is a name that comes out the one that a column gets, or that one has which comes out, too? */
static bool
is_name_made(const Work *work, const SqlReshape *reshape, const Rename *rename)
{
    for (guint i = 0; i < reshape->made->len; i++) {
        const char *name = g_ptr_array_index(reshape->made, i);
        for (guint c = 0; c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            if (change->kind == CHANGE_NAME && change->to != NULL &&
                (sql_same_column(work->sql->dialect, name, '\0', change->to) ||
                 (sql_same_column(work->sql->dialect, name, '\0', change->column) &&
                  is_let_through(work, reshape, change->column))))
                return true;
        }
    }
    return false;
}

static const char *
reason_against_names(const Work *work, const SqlSource *source)
{
    const SqlReshape *reshape = source->reshape;
    for (guint i = 0; i < reshape->refs->len; i++) {
        const ColumnChange *change = change_of(work, source, g_ptr_array_index(reshape->refs, i));
        if (change == NULL)
            continue;
        if (change->kind != CHANGE_NAME)
            return "a column that it names has other values in the new dataset";
        if (reshape->names_columns)
            return "names of its columns, or of what is made of them, become names or values "
                   "there: give them names with AS";
    }
    for (guint i = 0; i < reshape->unnamed->len; i++) {
        const SqlRef *ref = g_ptr_array_index(reshape->unnamed, i);
        const ColumnChange *change = change_of(work, source, ref);
        if (change != NULL && (!has_unpivot_aliases(work->sql->dialect) ||
                               strcmp(ref->path.parts[0].text, change->column) != 0))
            return "names of its columns become values there, and some change";
    }
    return NULL;
}

bool
sql_reshape_refuses(Work *work, const SqlSource *source, const Rename *rename)
{
    const SqlReshape *reshape = source->reshape;
    if (reshape == NULL)
        return false;
    if (groups_by_rest(reshape) && !rename_only_renames(rename))
        return refuse(
            work, source,
            "PIVOT makes groups of all columns that it does not name, and more than names "
            "changes");
    if (!rename_changes_columns(rename))
        return false;
    if (source->columns != NULL)
        return refuse(work, source,
                      "what comes out is named by its place, and the new columns may stand "
                      "otherwise");
    if (is_name_made(work, reshape, rename))
        return refuse(work, source, "what it makes is called like a column that changes");
    const char *reason = reason_against_names(work, source);
    return reason != NULL && refuse(work, source, reason);
}

static bool
is_unnamed(const SqlReshape *reshape, const SqlRef *ref)
{
    for (guint i = 0; i < reshape->unnamed->len; i++)
        if (g_ptr_array_index(reshape->unnamed, i) == ref)
            return true;
    return false;
}

void
sql_reshape(Work *work, const SqlSource *source)
{
    const SqlReshape *reshape = source->reshape;
    for (guint i = 0; reshape != NULL && i < reshape->refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(reshape->refs, i);
        const SqlPart *part = &ref->path.parts[0];
        const ColumnChange *change = change_of(work, source, ref);
        if (change == NULL || sql_is_unsure(work, ref, change))
            continue;
        g_autofree char *written = spell_like(work->sql->dialect, part, change->to);
        const char *quote = work->sql->dialect->has_paths_in_quotes ? "'" : "";
        g_autofree char *with_alias =
            g_strdup_printf("%s %s %s%.*s%s", written, word_as(work, source->block), quote,
                            (int) (part->end - part->begin), work->text + part->begin, quote);
        site_edit(work, SITE_COLUMN, part->begin, part->end,
                  is_unnamed(reshape, ref) ? with_alias : written);
    }
}

bool
sql_reshape_has_taken(Work *work, const SqlRef *ref, const SqlPart *part)
{
    const SqlReshape *reshape = ref->source->reshape;
    const Dialect *dialect = work->sql->dialect;
    if (reshape == NULL || source_rename(ref->source) == NULL ||
        sql_reshape_passes(dialect, reshape, part) || sql_reshape_makes(dialect, reshape, part))
        return false;
    const ColumnChange *change = rename_column(source_rename(ref->source), dialect, part);
    if (change == NULL || change->kind == CHANGE_NONE)
        return false;
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "pivot", NULL,
                "'%s' goes into PIVOT or the like, and is no column any more behind it",
                part->text);
    return true;
}
