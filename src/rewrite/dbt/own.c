/*
 * own.c - the model that is the dataset itself: it keeps its name, and its own query gives the columns their new names
 * (sql/own.c). Rows that an incremental model adds to move with the dataset.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Is it called as the file's model is? Of many mappings, few are. */
static bool
is_called(const RewriteOptions *options, const Rename *rename)
{
    const DbtName *from = rename->dbt != NULL ? &rename->dbt->from : NULL;
    return from != NULL && strcmp(from->name, options->model) == 0 &&
           g_strcmp0(from->version, options->version) == 0 &&
           (from->package == NULL || g_strcmp0(from->package, options->home.package) == 0);
}

const Rename *
dbt_own_rename(const Work *work)
{
    const RewriteOptions *options = work->options;
    for (guint i = 0; options->model != NULL && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (is_called(options, rename) &&
            (rename_keeps_model(rename) ||
             (rename_changes_columns(rename) && dbt_is_renamed(work->renames, options, rename))))
            return rename;
    }
    return NULL;
}

bool
rename_keeps_model(const Rename *rename)
{
    const DbtRename *dbt = rename->dbt;
    return dbt != NULL && !dbt->is_source && !rename->is_derived && dbt->doubt == NULL &&
           strcmp(dbt->from.name, dbt->to.name) == 0 &&
           g_strcmp0(dbt->from.version, dbt->to.version) == 0 && rename_changes_columns(rename);
}

static const SqlStatement *
statement_of_model(const Work *work)
{
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        if (statement->query != NULL && statement_is_model(work, statement))
            return statement;
    }
    return NULL;
}

/* Rows of a unit test: the one statement. */
static void
give_rows(Work *work)
{
    const SqlStatement *found = NULL;
    bool is_clear = true;
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        is_clear = is_clear && (found == NULL || statement->query == NULL);
        found = statement->query != NULL ? statement : found;
    }
    if (found == NULL || !is_clear)
        sql_own_refuse(work, found, "makes-source",
                       "nobody knows what gives its columns their names");
    else
        sql_own_names(work, work->gives, found);
}

/* The move gives the table its new names; without one, a full refresh does. */
static void
tell_rows(Work *work)
{
    Site *site = site_add(work, SITE_FILE, DISPOSITION_UNAFFECTED, 0, 0);
    site->reason =
        "this model adds rows to its table, which has to have the new names by then: by the "
        "move, or by a full refresh";
}

/* There may be rows under the names of before. */
static bool
is_kept_as_it_was(const RewriteOptions *options)
{
    return options->is_persisted && !options->is_incremental;
}

void
dbt_own_origins(Work *work)
{
    const Rename *rename = work->gives == NULL && work->depth == 0 ? dbt_own_rename(work) : NULL;
    const SqlStatement *statement = rename != NULL ? statement_of_model(work) : NULL;
    if (statement != NULL && !is_kept_as_it_was(work->options) && rename_only_renames(rename))
        sql_own_origins(work, rename, statement);
}

void
dbt_own(Work *work)
{
    if (work->gives != NULL) {
        give_rows(work);
        return;
    }
    const Rename *rename = dbt_own_rename(work);
    if (rename == NULL || work->depth > 0)
        return;
    const SqlStatement *statement = statement_of_model(work);
    const RewriteOptions *options = work->options;
    bool is_kept = is_kept_as_it_was(options);
    if (statement == NULL || is_kept || !rename_only_renames(rename)) {
        sql_own_refuse(work, statement, "makes-source",
                       statement == NULL ? "nobody knows what gives its columns their names"
                       : is_kept
                           ? "there may be rows under the names of before, or settings elsewhere "
                             "name its columns"
                           : "more than the names of its columns changes");
        return;
    }
    if (!sql_own_names(work, rename, statement))
        return;
    dbt_config_follows(work, rename);
    if (options->is_incremental)
        tell_rows(work);
}
