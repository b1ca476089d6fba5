/*
 * renames_derived.c - what a file makes, as others see it: the same name, whose columns are called otherwise.
 *
 * A view is called as it is created. What a model's table is called depends on where dbt puts it: unless somebody says so,
 * any table of its name may be it, and then a person decides.
 */
#include "rewrite/made.h"
#include "rewrite/work.h"

#include <string.h>

static void
change_free(void *data)
{
    ColumnChange *change = data;
    g_free(change->column);
    g_free(change->to);
    g_free(change);
}

static void
add_column(Rename *rename, const MadeColumn *column)
{
    ColumnChange *change = (ColumnChange *) column->change;
    if (change == NULL) {
        change = g_new0(ColumnChange, 1);
        *change = (ColumnChange){
            .kind = CHANGE_NONE, .column = g_strdup(column->name), .to = g_strdup(column->name)};
        g_ptr_array_add(rename->staying, change);
    } else if (change->to != NULL) {
        g_hash_table_add(rename->gained, g_ascii_strdown(change->to, -1));
    }
    if (change->to != NULL)
        g_hash_table_add(rename->targets, g_ascii_strdown(change->to, -1));
    rename->has_fields |= strchr(change->column, '.') != NULL;
    g_ptr_array_add(rename->changes, change);
}

static Rename *
derived_new(void)
{
    Rename *rename = g_new0(Rename, 1);
    *rename = (Rename){
        .spellings = g_ptr_array_new_with_free_func(spelling_free),
        .changes = g_ptr_array_new(),
        .staying = g_ptr_array_new_with_free_func(change_free),
        .is_derived = true,
        .targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .gained = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    return rename;
}

/* When all columns are there. */
static void
derived_close(Rename *rename)
{
    rename->columns = g_new0(const char *, rename->changes->len + 1);
    for (guint i = 0; i < rename->changes->len; i++) {
        rename->columns[i] = ((const ColumnChange *) g_ptr_array_index(rename->changes, i))->column;
        g_autofree char *small = g_ascii_strdown(rename->columns[i], -1);
        g_hash_table_remove(rename->gained, small);
    }
    rename_index_columns(rename);
}

Rename *
rename_derive(const Made *made, DbtRename *dbt)
{
    Rename *rename = derived_new();
    rename->dbt = dbt;
    rename->is_closed = !made->is_open;
    if (dbt == NULL)
        rename_add_spelling(rename, made->name, made->name);
    for (guint i = 0; i < made->columns->len; i++)
        add_column(rename, g_ptr_array_index(made->columns, i));
    derived_close(rename);
    return rename;
}

/* ---- elements of arrays ---- */

/* Behind `items` and a dot of `items.sku`; NULL: it is no field of it. */
static const char *
name_within(const Dialect *dialect, const char *path, const char *array)
{
    size_t bytes = strlen(array);
    if (path == NULL || strlen(path) <= bytes + 1 || path[bytes] != '.')
        return NULL;
    g_autofree char *first = g_strndup(path, bytes);
    return sql_same_column(dialect, first, '\0', array) ? path + bytes + 1 : NULL;
}

/* Does nothing change but the last name of the path? */
static bool
is_same_path(const char *a, const char *b)
{
    const char *end = strrchr(a, '.'), *other = strrchr(b, '.');
    size_t bytes = end != NULL ? (size_t) (end - a) : 0;
    return (end == NULL) == (other == NULL) &&
           (end == NULL || (bytes == (size_t) (other - b) && strncmp(a, b, bytes) == 0));
}

Rename *
rename_of_elements(const Rename *of, const Dialect *dialect, const char *array, const char *called)
{
    Rename *rename = derived_new();
    bool follows = true;
    for (guint i = 0; i < of->changes->len && follows; i++) {
        const ColumnChange *change = g_ptr_array_index(of->changes, i);
        const char *field = name_within(dialect, change->column, array),
                   *to = name_within(dialect, change->to, array);
        if (field == NULL)
            continue;
        follows = change->to == NULL || (to != NULL && is_same_path(field, to));
        ColumnChange *one = g_new0(ColumnChange, 1);
        *one = *change;
        one->column = called != NULL ? g_strconcat(called, ".", field, NULL) : g_strdup(field);
        one->to = to == NULL       ? NULL
                  : called != NULL ? g_strconcat(called, ".", to, NULL)
                                   : g_strdup(to);
        g_ptr_array_add(rename->staying, one);
        MadeColumn column = {.name = one->column, .change = one};
        add_column(rename, &column);
    }
    derived_close(rename);
    if (!follows || rename->changes->len == 0)
        g_clear_pointer(&rename, rename_free);
    return rename;
}

/* ---- together with those of the mapping ---- */

Renames *
renames_with(const Renames *base, const GPtrArray *more)
{
    Renames *renames = g_new0(Renames, 1);
    renames->list = g_ptr_array_new();
    renames->base = base;
    renames->first_own = base->list->len;
    renames->default_path = g_strdupv(base->default_path);
    renames->has_sources = base->has_sources;
    g_ptr_array_extend(renames->list, base->list, NULL, NULL);
    g_ptr_array_extend(renames->list, (GPtrArray *) more, NULL, NULL);
    renames_index(renames);
    return renames;
}

const Rename *
renames_may_be(const Renames *renames, const Dialect *dialect, const SqlPath *path)
{
    const SqlPart *last = path->count > 0 ? &path->parts[path->count - 1] : NULL;
    for (guint i = 0; last != NULL && i < renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(renames->list, i);
        if (!rename->is_derived || !rename_changes_columns(rename))
            continue;
        if (rename->alias != NULL &&
            sql_same_table(dialect, last->text, last->quote, rename->alias))
            return rename;
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint length = g_strv_length(spelling->source);
            /* dbt may have written its manifest for another target: then it is called so elsewhere, too */
            guint count = rename->dbt != NULL ? 1 : MIN(length, path->count);
            if (spelling_ends_alike(dialect, path, spelling, count))
                return rename;
        }
    }
    return NULL;
}
