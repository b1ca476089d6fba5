/* ledger.c - which ranges of a plan are in, and which rows were put aside: read from its folders. */
#include "driver/files/notes.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As numbers are counted: "0009" before "0010", "9999" before "10000". */
static int
compare_names(const void *a, const void *b)
{
    const char *left = *(char *const *) a, *right = *(char *const *) b;
    size_t left_bytes = strlen(left), right_bytes = strlen(right);
    if (left_bytes != right_bytes)
        return left_bytes < right_bytes ? -1 : 1;
    return strcmp(left, right);
}

/* Names as they are in the folder, which notes_part() leaves as they are: nothing in them needs an escape twice. */
GPtrArray *
notes_ranges(const Notes *notes)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *parts = notes_path(notes, "parts");
    g_autoptr(GDir) dir = g_dir_open(parts, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_build_filename(parts, name, NULL));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static bool
read_ledger(const char *part, json_t **ret, GError **error)
{
    g_autofree char *path = g_build_filename(part, "ledger.json", NULL);
    *ret = NULL;
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    return json_read_file(path, ret, error);
}

bool
notes_read_range(const Notes *notes, const char *range, json_t **ret, GError **error)
{
    g_autofree char *part = notes_part(notes, range);
    return read_ledger(part, ret, error);
}

bool
notes_result(const json_t *ledger, RangeResult *ret, GError **error)
{
    RangeResult result = {.rows_in = json_get_int(ledger, "rows_in", 0),
                          .rows_out = json_get_int(ledger, "rows_out", 0),
                          .rejected = json_get_int(ledger, "rejected", 0)};
    if (!hash_sum_parse(json_get_string(ledger, "hash", ""), &result.hash, error))
        return false;
    *ret = result;
    return true;
}

bool
notes_sum(const Notes *notes, RangeResult *ret, int64_t *ret_ranges, GError **error)
{
    g_autoptr(GPtrArray) ranges = notes_ranges(notes);
    RangeResult sum = {0};
    for (guint i = 0; i < ranges->len; i++) {
        g_autoptr(json_t) ledger = NULL;
        RangeResult one = {0};
        if (!read_ledger(ranges->pdata[i], &ledger, error) || !notes_result(ledger, &one, error))
            return false;
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.rejected += one.rejected;
        hash_sum_merge(&sum.hash, &one.hash);
    }
    *ret = sum;
    *ret_ranges = ranges->len;
    return true;
}

/* --- rows put aside --- */

static char *
kept_path(const FileConn *conn, const char *plan)
{
    g_autofree char *escaped = notes_escape(plan);
    return g_build_filename(conn->folder, NOTES_FOLDER, "aside", escaped, NULL);
}

/* Files that may hold some, in order: those of an earlier plan of this name, and of each range. */
static GPtrArray *
aside_files(const FileConn *conn, const char *plan, const Notes *notes)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    if (notes == NULL) {
        g_ptr_array_add(files, kept_path(conn, plan));
        return files;
    }
    g_autoptr(GPtrArray) ranges = notes_ranges(notes);
    g_ptr_array_add(files, notes_path(notes, "aside.ndjson"));
    for (guint i = 0; i < ranges->len; i++)
        g_ptr_array_add(files, g_build_filename(ranges->pdata[i], "aside.ndjson", NULL));
    return files;
}

/* Each line of the file, without its end, until `line` says that it is enough. */
typedef bool LineFn(const char *line, size_t bytes, void *data, GError **error);

static bool
each_line(const char *path, LineFn *fn, void *data, GError **error)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t bytes;
    if (file == NULL)
        return errno == ENOENT || fail_errno(error, ERR_FORBIDDEN, "cannot read '%s'", path);
    bool done = true;
    while (done && (bytes = getline(&line, &room, file)) > 0)
        done = fn(line, (size_t) bytes - (line[bytes - 1] == '\n'), data, error);
    free(line);
    fclose(file);
    return done;
}

typedef struct {
    json_t *list;
    int64_t rows_max;
} Aside;

static bool
add_aside(const char *line, size_t bytes, void *data, GError **error)
{
    Aside *aside = data;
    json_error_t where;
    if ((int64_t) json_array_size(aside->list) >= aside->rows_max)
        return true;
    json_t *row = json_loadb(line, bytes, JSON_ALLOW_NUL, &where);
    if (row == NULL)
        return fail(error, ERR_CORRUPT, "a row that was put aside cannot be read: %s", where.text);
    json_array_append_new(aside->list, row);
    return true;
}

bool
notes_aside(const FileConn *conn, const char *plan, const Notes *notes, int64_t rows_max,
            json_t **ret, GError **error)
{
    g_autoptr(json_t) list = json_array();
    g_autoptr(GPtrArray) files = aside_files(conn, plan, notes);
    Aside aside = {list, rows_max};
    for (guint i = 0; i < files->len && (int64_t) json_array_size(list) < rows_max; i++)
        if (!each_line(files->pdata[i], add_aside, &aside, error))
            return false;
    *ret = g_steal_pointer(&list);
    return true;
}

static bool
append_line(const char *line, size_t bytes, void *data, GError **error)
{
    FILE *file = data;
    return (fwrite(line, 1, bytes, file) == bytes && fputc('\n', file) != EOF) ||
           fail_errno(error, ERR_INTERNAL, "cannot write what was put aside");
}

static bool
write_aside(const GPtrArray *files, const char *path, GError **error)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return fail_errno(error, ERR_FORBIDDEN, "cannot write '%s'", path);
    bool done = true;
    for (guint i = 0; done && i < files->len; i++)
        done = each_line(files->pdata[i], append_line, file, error);
    if (done && (fflush(file) != 0 || fsync(fileno(file)) != 0))
        done = fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
    if (fclose(file) != 0 && done)
        done = fail_errno(error, ERR_INTERNAL, "cannot write '%s'", path);
    return done;
}

/* Written whole each time: once more is the same. */
bool
notes_keep_aside(const FileConn *conn, const Notes *notes, GError **error)
{
    g_autoptr(GPtrArray) files = aside_files(conn, notes->plan, notes);
    g_autofree char *path = kept_path(conn, notes->plan);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *made = notes_path(notes, "aside-all");
    bool has_any = false;
    for (guint i = 0; i < files->len; i++)
        has_any = has_any || access(files->pdata[i], F_OK) == 0;
    if (!has_any)
        return true;
    if (g_mkdir_with_parents(folder, 0777) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot make the folder '%s'", folder);
    if (!write_aside(files, made, error))
        return false;
    if (rename(made, path) != 0)
        return fail_errno(error, ERR_FORBIDDEN, "cannot write '%s'", path);
    return folder_sync(path, error);
}

bool
notes_forget_aside(const FileConn *conn, const char *plan, GError **error)
{
    g_autofree char *path = kept_path(conn, plan);
    return unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR ||
           fail_errno(error, ERR_FORBIDDEN, "cannot remove '%s'", path);
}

/* --- what a stage holds --- */

bool
notes_is_whole(const Notes *notes)
{
    g_autofree char *path = notes_path(notes, "whole");
    return access(path, F_OK) == 0;
}

static GPtrArray *
rows_files(const Notes *notes)
{
    GPtrArray *files = notes_ranges(notes);
    for (guint i = 0; i < files->len; i++) {
        char *part = files->pdata[i];
        files->pdata[i] = g_build_filename(part, "rows", NULL);
        g_free(part);
    }
    return files;
}

bool
notes_open_stage(const FileConn *conn, const char *object, bool *ret_is_stage, FileObject *ret,
                 GError **error)
{
    g_autoptr(Notes) notes = NULL;
    if (!notes_find_stage(conn, object, &notes, error))
        return false;
    *ret_is_stage = notes != NULL;
    if (notes == NULL)
        return true;
    if (!schema_from_json(json_object_get(notes->json, "schema"), &ret->schema, error))
        return false;
    ret->is_bare = !notes_is_whole(notes);
    g_autofree char *whole = notes_path(notes, "whole");
    return ret->is_bare ? byte_source_parts(rows_files(notes), &ret->source, error)
                        : byte_source_file(whole, &ret->source, error);
}
