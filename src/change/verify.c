/*
 * verify.c - the branch, read back from git as anybody would: what differs from its parent, byte by byte.
 *
 * Nothing of what made the commit is believed; only the rules are the same.
 */
#include "base/text.h"
#include "change/commit.h"
#include "change/git.h"
#include "change/prove.h"

#include <stdlib.h>
#include <string.h>

#define DIFF_TREE_BYTES_MAX ((size_t) 64 * 1024 * 1024)

typedef struct {
    TreeFile before, after;
} Difference;

static void
difference_free(void *data)
{
    Difference *difference = data;
    g_free(difference->before.path);
    g_free(difference->before.blob);
    g_free(difference->after.blob);
    g_free(difference);
}

/* ":100644 100644 ID ID M" and a path, each ended by zero. */
static bool
read_difference(const char *head, const char *path, Difference **ret, GError **error)
{
    g_auto(GStrv) words = g_strsplit(head[0] == ':' ? head + 1 : head, " ", 5);
    g_autofree char *shown = text_printable(path);
    if (g_strv_length(words) != 5 || strcmp(words[4], "M") != 0)
        return fail(error, ERR_MISMATCH, "'%s' came or went (%s), though only names are edited",
                    shown, head);
    if (strcmp(words[0], words[1]) != 0)
        return fail(error, ERR_MISMATCH, "the mode of '%s' was %s, is %s", shown, words[0],
                    words[1]);
    Difference *difference = g_new0(Difference, 1);
    difference->before = (TreeFile){.path = g_strdup(path), .blob = g_strdup(words[2])};
    difference->after = (TreeFile){.path = difference->before.path, .blob = g_strdup(words[3])};
    *ret = difference;
    return true;
}

static bool
read_differences(const Repository *repository, const char *base, const char *commit,
                 GPtrArray **ret, GError **error)
{
    const char *const args[] = {"diff-tree",     "-r", "-z",   "--no-renames",
                                "--no-ext-diff", base, commit, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .bytes_max = DIFF_TREE_BYTES_MAX};
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(difference_free);
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!git_run(&call, &text, &bytes, error))
        return false;
    for (const char *at = text; at < text + bytes;) {
        const char *path = at + strlen(at) + 1;
        Difference *difference = NULL;
        if (path >= text + bytes)
            return fail(error, ERR_MISMATCH, "git's list of differences has no end");
        if (!read_difference(at, path, &difference, error))
            return false;
        g_ptr_array_add(list, difference);
        at = path + strlen(path) + 1;
    }
    *ret = g_steal_pointer(&list);
    return true;
}

/* ---- blobs ---- */

static bool
blob_size(const Repository *repository, TreeFile *file, GError **error)
{
    const char *const args[] = {"cat-file", "-s", file->blob, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args};
    g_autofree char *text = NULL;
    if (!git_run(&call, &text, NULL, error))
        return false;
    file->bytes = g_ascii_strtoll(text, NULL, 10);
    return true;
}

static bool
keep_blob(guint index, const char *bytes, size_t count, void *data, GError **error)
{
    GBytes **kept = data;
    char *text = g_malloc(count + 1); /* with the NUL that rewrite_text() wants behind it */
    memcpy(text, bytes, count);
    text[count] = '\0';
    kept[index] = g_bytes_new_take(text, count);
    return true;
}

static const LookFile *
find_planned(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (file->is_edited && strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static bool
prove_difference(const Repository *repository, const ChangeRules *rules, const Look *look,
                 Difference *difference, GError **error)
{
    TreeFile *const files[] = {&difference->before, &difference->after};
    g_autoptr(GPtrArray) both = g_ptr_array_new();
    GBytes *kept[2] = {NULL, NULL};
    size_t bytes[2] = {0, 0};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        if (!blob_size(repository, files[i], error))
            return false;
        g_ptr_array_add(both, files[i]);
    }
    bool ok = repository_blobs(repository, both, keep_blob, kept, error);
    if (ok) {
        const char *before = g_bytes_get_data(kept[0], &bytes[0]);
        const char *after = g_bytes_get_data(kept[1], &bytes[1]);
        ok = prove_file(rules, find_planned(look, difference->before.path), before, bytes[0], after,
                        bytes[1], error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
        g_clear_pointer(&kept[i], g_bytes_unref);
    return ok;
}

/* ---- the whole branch ---- */

static bool
prove_paths(const GPtrArray *differences, const Look *look, GError **error)
{
    for (guint i = 0; i < differences->len; i++) {
        const Difference *difference = differences->pdata[i];
        g_autofree char *shown = text_printable(difference->before.path);
        if (find_planned(look, difference->before.path) == NULL)
            return fail(error, ERR_MISMATCH, "'%s' was changed, though no site in it is decided",
                        shown);
    }
    if (differences->len != look->files_edited)
        return fail(error, ERR_MISMATCH, "%u files differ, expected %" G_GINT64_FORMAT,
                    differences->len, look->files_edited);
    return true;
}

bool
change_prove(const Repository *repository, const ChangeName *name, const ChangeRules *rules,
             const Look *look, GError **error)
{
    g_autoptr(GPtrArray) differences = NULL;
    g_auto(BranchState) state = {0};
    if (!branch_look(repository, name, &state, error))
        return false;
    if (state.kind != BRANCH_OURS)
        return fail(error, ERR_MISMATCH, "'%s' has no branch '%s' with Honk's commit at its tip",
                    repository->address, name->branch);
    if (strcmp(state.base, look->commit) != 0)
        return fail(error, ERR_MISMATCH, "branch '%s' of '%s' stands on %.12s, expected %.12s",
                    name->branch, repository->address, state.base, look->commit);
    if (!read_differences(repository, state.base, state.tip, &differences, error) ||
        !prove_paths(differences, look, error))
        return fail_in(error, "branch '%s' of '%s'", name->branch, repository->address);
    for (guint i = 0; i < differences->len; i++)
        if (!prove_difference(repository, rules, look, differences->pdata[i], error))
            return fail_in(error, "branch '%s' of '%s'", name->branch, repository->address);
    return true;
}

bool
change_diff(const Repository *repository, const ChangeName *name, char **ret, GError **error)
{
    g_auto(BranchState) state = {0};
    *ret = NULL;
    if (!branch_look(repository, name, &state, error))
        return false;
    if (state.ours == NULL)
        return true;
    const char *const args[] = {"diff-tree",     "-p",       "--no-renames", "--no-ext-diff",
                                "--no-textconv", state.base, state.ours,     NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .bytes_max = DIFF_TREE_BYTES_MAX};
    return git_run(&call, ret, NULL, error);
}
