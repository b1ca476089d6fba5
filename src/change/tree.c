/*
 * tree.c - what a commit holds: names first, then the bytes of those that may be code, some megabytes at a time.
 */
#include "change/git.h"
#include "change/repository.h"
#include "change/wishes.h"
#include "rewrite/code.h"

#include <stdlib.h>
#include <string.h>

#define TREE_BYTES_MAX ((size_t) 256 * 1024 * 1024) /* TREE_FILES_MAX names of 400 bytes */
#define BATCH_BYTES ((int64_t) 16 * 1024 * 1024)    /* of blobs that are in memory at once */
#define BATCH_FILES 10000
#define HEADER_BYTES 128 /* "ID blob SIZE", for any kind of id */

static void
tree_file_free(void *data)
{
    TreeFile *file = data;
    g_free(file->path);
    g_free(file->blob);
    g_free(file);
}

/* ---- names ---- */

/* "100644 blob ID    SIZE\tPATH"; NULL for what is no file of ours to read. */
static TreeFile *
read_entry(const char *entry, bool only_code)
{
    const char *tab = strchr(entry, '\t');
    g_auto(GStrv) words = NULL;
    if (tab == NULL)
        return NULL;
    g_autofree char *head = g_strndup(entry, (gsize) (tab - entry));
    words = g_strsplit(head, " ", 4);
    if (g_strv_length(words) != 4 || strcmp(words[1], "blob") != 0)
        return NULL;
    bool is_wishes = strcmp(tab + 1, WISHES_PATH) == 0;
    bool is_file = strcmp(words[0], "100644") == 0 || strcmp(words[0], "100755") == 0;
    if (!is_file || (only_code && !is_wishes && code_path_is_passed_over(tab + 1)))
        return NULL;
    TreeFile *file = g_new0(TreeFile, 1);
    file->path = g_strdup(tab + 1);
    file->blob = g_strdup(words[2]);
    file->mode = (unsigned) strtoul(words[0], NULL, 8);
    file->bytes = g_ascii_strtoll(g_strstrip(words[3]), NULL, 10);
    return file;
}

static bool
read_tree(const Repository *repository, const char *commit, bool only_code, GPtrArray **ret,
          GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(tree_file_free);
    const char *const args[] = {"ls-tree", "-r", "-z", "-l", "--full-tree", commit, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .bytes_max = TREE_BYTES_MAX};
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!git_run(&call, &text, &bytes, error))
        return false;
    for (const char *at = text; at < text + bytes; at += strlen(at) + 1) {
        TreeFile *file = read_entry(at, only_code);
        if (file != NULL)
            g_ptr_array_add(files, file);
        if (files->len > TREE_FILES_MAX)
            return fail(error, ERR_TOO_LARGE, "'%s' has more than %d files", repository->address,
                        TREE_FILES_MAX);
    }
    *ret = g_steal_pointer(&files);
    return true;
}

bool
repository_tree(const Repository *repository, const char *commit, GPtrArray **ret, GError **error)
{
    return read_tree(repository, commit, true, ret, error);
}

bool
repository_files(const Repository *repository, const char *commit, GPtrArray **ret, GError **error)
{
    return read_tree(repository, commit, false, ret, error);
}

bool
repository_differing(const Repository *repository, const char *before, const char *after,
                     GHashTable **ret, GError **error)
{
    const char *const args[] = {"diff-tree",     "-r",   "-z",  "--name-only", "--no-renames",
                                "--no-ext-diff", before, after, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .bytes_max = TREE_BYTES_MAX};
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!git_run(&call, &text, &bytes, error))
        return false;
    *ret = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const char *at = text; at < text + bytes; at += strlen(at) + 1)
        g_hash_table_add(*ret, g_strdup(at));
    return true;
}

/* ---- bytes ---- */

typedef struct {
    const Repository *repository;
    const GPtrArray *files;
    BlobFn *fn;
    void *data;
} Reading;

static bool
damaged(const Repository *repository, const TreeFile *file, GError **error)
{
    return fail(error, ERR_TRANSIENT, "'%s' does not have the blob %s of its own tree",
                repository->address, file->blob);
}

/* "ID blob SIZE\n", the bytes, "\n", for each that was asked for. */
static bool
read_answer(const Reading *reading, guint from, guint to, const char *text, size_t bytes,
            GError **error)
{
    const char *at = text, *end = text + bytes;
    for (guint i = from; i < to; i++) {
        const TreeFile *file = reading->files->pdata[i];
        g_autofree char *header =
            g_strdup_printf("%s blob %" G_GINT64_FORMAT "\n", file->blob, file->bytes);
        size_t length = strlen(header), need = length + (size_t) file->bytes + 1;
        if ((size_t) (end - at) < need || memcmp(at, header, length) != 0)
            return damaged(reading->repository, file, error);
        if (!reading->fn(i, at + length, (size_t) file->bytes, reading->data, error))
            return false;
        at += need;
    }
    return true;
}

static bool
read_batch(const Reading *reading, guint from, guint to, int64_t bytes, GError **error)
{
    static const char *const args[] = {"cat-file", "--batch", NULL};
    g_autoptr(GString) input = g_string_new(NULL);
    g_autofree char *text = NULL;
    size_t count = 0;
    for (guint i = from; i < to; i++)
        g_string_append_printf(input, "%s\n", ((TreeFile *) reading->files->pdata[i])->blob);
    GitCall call = {.git_dir = reading->repository->git_dir,
                    .args = args,
                    .input = input->str,
                    .input_bytes = input->len,
                    .bytes_max = (size_t) bytes + (size_t) (to - from) * HEADER_BYTES};
    return git_run(&call, &text, &count, error) &&
           read_answer(reading, from, to, text, count, error);
}

bool
repository_blobs(const Repository *repository, const GPtrArray *files, BlobFn *fn, void *data,
                 GError **error)
{
    Reading reading = {repository, files, fn, data};
    for (guint from = 0; from < files->len;) {
        guint to = from;
        int64_t bytes = 0;
        while (to < files->len && to - from < BATCH_FILES && (to == from || bytes < BATCH_BYTES))
            bytes += ((const TreeFile *) files->pdata[to++])->bytes;
        if (!read_batch(&reading, from, to, bytes, error))
            return false;
        from = to;
    }
    return true;
}

/* ---- one file ---- */

static bool
one_entry(const Repository *repository, const char *commit, const char *path, TreeFile **ret,
          GError **error)
{
    const char *const args[] = {"ls-tree", "-z", "-l", "--full-tree", commit, "--", path, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args};
    g_autofree char *text = NULL;
    if (!git_run(&call, &text, NULL, error))
        return false;
    *ret = *text != '\0' ? read_entry(text, false) : NULL;
    return true;
}

typedef struct {
    char *text;
    size_t bytes;
} OneFile;

static bool
take_one(guint index, const char *bytes, size_t count, void *data, GError **error)
{
    OneFile *file = data;
    file->text = g_strndup("", count);
    memcpy(file->text, bytes, count);
    file->bytes = count;
    return true;
}

bool
repository_first(const Repository *repository, const char *commit, const char *const *paths,
                 size_t bytes_max, char **ret, size_t *ret_bytes, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(tree_file_free);
    OneFile file = {0};
    for (size_t i = 0; paths[i] != NULL && found->len == 0; i++) {
        TreeFile *entry = NULL;
        if (!one_entry(repository, commit, paths[i], &entry, error))
            return false;
        if (entry != NULL)
            g_ptr_array_add(found, entry);
    }
    if (found->len > 0 && ((const TreeFile *) found->pdata[0])->bytes > (int64_t) bytes_max)
        g_ptr_array_set_size(found, 0);
    if (!repository_blobs(repository, found, take_one, &file, error))
        return false;
    *ret = file.text;
    *ret_bytes = file.bytes;
    return true;
}
