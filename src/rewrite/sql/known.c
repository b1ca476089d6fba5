/* known.c - what is known of a table's columns, and from whom. */
#include "rewrite/dbt/dbt.h"
#include "rewrite/definitions.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
has_all(const Work *work, const char *const *names, const Rename *rename)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const char *const *name = names;
        while (*name != NULL && !sql_same_column(work->sql->dialect, rename->columns[i], 0, *name))
            name++;
        if (*name == NULL && strchr(rename->columns[i], '.') == NULL)
            return false;
    }
    return true;
}

/* Of a mapped table, dbt is only believed where it knows all columns, and the mapped ones are among them. */
static bool
is_believed(const Work *work, const char *const *known, bool is_open, const Rename *rename)
{
    return known != NULL && (rename == NULL || (!is_open && has_all(work, known, rename)));
}

/* What dbt wrote down, or what the model's SQL gives: whichever knows all of them. */
static const char *const *
columns_of_dbt(const Work *work, const SqlSource *table, bool *ret_is_open)
{
    const RewriteOptions *options = work->options;
    const Rename *rename = source_rename(table);
    bool is_written_open = true, is_made_open = true;
    const char *const *written =
        options->manifests != NULL
            ? dbt_manifests_columns(options->manifests, &options->home, work->sql->dialect,
                                    work->renames->default_path, table, &is_written_open)
            : NULL;
    written = is_believed(work, written, is_written_open, rename) ? written : NULL;
    *ret_is_open = is_written_open;
    if (table->model == NULL || (written != NULL && !is_written_open))
        return written;
    const char *const *made = project_model_columns(table->model, &is_made_open);
    if (!is_believed(work, made, is_made_open, rename) || (written != NULL && is_made_open))
        return written;
    *ret_is_open = is_made_open;
    return made;
}

/* What people say of a table, else what dbt knows, else what is mapped: that is there for certain, and there may be more. */
const char *const *
table_columns(const Work *work, const SqlSource *table, bool *ret_is_open)
{
    const RewriteOptions *options = work->options;
    const Rename *rename = source_rename(table);
    const char *const *known = NULL;
    if (options->columns != NULL)
        known = options->columns(table, ret_is_open, options->columns_data);
    if (known == NULL)
        known = columns_of_dbt(work, table, ret_is_open);
    if (known != NULL) {
        *ret_is_open = *ret_is_open || table->gives_more;
        return known;
    }
    *ret_is_open = true;
    return rename != NULL ? rename->columns : NULL;
}

/* Of a dataset that moves, also what the repository's own definition says, where the mapping speaks of no other column than
 * that has: both would have to be wrong in the same way. */
const char *const *
star_columns(Work *work, const SqlSource *source, const char **ret_where)
{
    bool is_open = true;
    const Rename *rename = source_rename(source);
    const char *const *known = table_columns(work, source, &is_open);
    *ret_where = NULL;
    if (!is_open)
        return known;
    work->lacks_columns = true;
    known = rename != NULL && !source->gives_more
                ? definitions_columns(work->options->definitions, rename->mapping, ret_where)
                : NULL;
    return known != NULL && has_all(work, known, rename) ? known : NULL;
}

const char *
star_doubt(const Work *work, const SqlSource *source)
{
    const char *where = NULL;
    const Rename *rename = source_rename(source);
    const Definitions *definitions = work->options->definitions;
    const char *const *known = definitions_columns(definitions, rename->mapping, &where);
    const char *doubt = definitions_doubt(definitions, rename->mapping);
    if (known != NULL && !has_all(work, known, rename))
        return arena_printf(work->out->arena,
                            " (the definition in %s lacks a column of the mapping)", where);
    return doubt != NULL
               ? arena_printf(work->out->arena, " (no definition of it is used: %s)", doubt)
               : "";
}
