/*
 * described_rows.c - rows that tests begin with, in files that are called like the table: test/fixtures/users.yml of Rails and others.
 *
 * Each entry is a row, and its keys are columns. The table is named by the path alone, and templates may stand in between: a person
 * decides.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define KEYS_MAX 200 /* of columns that change, in one file */

/* Behind `fixtures/`, in a folder of tests: `users.yml`, `shop/users.yml`; NULL: it is another file. */
static const char *
behind_folder(const char *path)
{
    static const char *const folders[] = {"test/fixtures/", "tests/fixtures/", "spec/fixtures/"};
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        const char *at = strstr(path, folders[i]);
        if (at != NULL && (at == path || at[-1] == '/'))
            return at + strlen(folders[i]);
    }
    return NULL;
}

/* The dataset that the file is called like; NULL: none. */
static const Rename *
find(const Renames *renames, const char *path)
{
    const char *name = behind_folder(path);
    bool is_yaml = g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml");
    if (name == NULL || !is_yaml)
        return NULL;
    g_autofree char *table = g_strndup(name, (size_t) (strrchr(name, '.') - name));
    g_strdelimit(table, "/", '_');
    const GPtrArray *list = renames_ending_in(renames, RENAMES_BY_LAST, table);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!rename->is_derived && !(rename->is_in_place && !rename_changes_columns(rename)))
            return rename;
    }
    return NULL;
}

bool
described_rows_concern(const Renames *renames, const char *path)
{
    return find(renames, path) != NULL;
}

/* The column of the mapping that is a key of the line, `  plan: free`; NULL: none. */
static const ColumnChange *
column_in_line(const Rename *rename, const char *line, size_t bytes, size_t *ret_at)
{
    size_t at = 0, end;
    while (at < bytes && (line[at] == ' ' || line[at] == '\t'))
        at++;
    for (end = at; end < bytes && is_identifier_byte(line[end]);)
        end++;
    if (at == 0 || end == at || end >= bytes || line[end] != ':')
        return NULL;
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (strlen(change->column) == end - at &&
            memcmp(change->column, line + at, end - at) == 0) {
            *ret_at = at;
            return change;
        }
    }
    return NULL;
}

static void
refuse_key(Work *work, const ColumnChange *change, size_t begin)
{
    g_autofree char *words = column_change_words(change);
    site_refuse(work, SITE_COLUMN, begin, begin + strlen(change->column), "written", change->link,
                "this is a column of the rows that the file's path names: %s", words);
}

void
described_rows(Work *work)
{
    const Rename *rename = find(work->renames, work->path);
    const char *end = work->text + work->bytes;
    bool has_rows = false;
    int keys = 0;
    for (const char *line = work->text; rename != NULL && line < end && keys < KEYS_MAX;) {
        const char *stop = memchr(line, '\n', (size_t) (end - line));
        size_t bytes = (size_t) ((stop != NULL ? stop : end) - line), at = 0;
        const ColumnChange *change = column_in_line(rename, line, bytes, &at);
        has_rows |= change != NULL;
        if (change != NULL && change->kind != CHANGE_NONE) {
            refuse_key(work, change, (size_t) (line - work->text) + at);
            keys++;
        }
        line = stop != NULL ? stop + 1 : end;
    }
    if (has_rows && !rename->is_in_place)
        site_refuse(work, SITE_FILE, 0, 0, "written", NULL,
                    "these are rows of the dataset, which the file's path names: tests that begin "
                    "with them need them under the new name");
}
