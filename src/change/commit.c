/* commit.c - see commit.h. */
#include "change/commit.h"

#include "base/text.h"
#include "change/git.h"
#include "change/scratch.h"

#include <string.h>

#define BLOB_IDS_BYTES_MAX ((size_t) 64 * 1024 * 1024) /* of TREE_FILES_MAX files */
#define COMMIT_BYTES_MAX ((size_t) 4 * 1024 * 1024)    /* people's messages, not ours */

/* ---- writing ---- */

typedef struct {
    const Repository *repository;
    const Look *look;
    const char *folder; /* temporary */
    char *index;        /* in it */
} Making;

/* One git command whose answer is an id. */
static bool
ask_id(const Making *making, const GitCall *call, char **ret, GError **error)
{
    GitCall with_place = *call;
    with_place.git_dir = making->repository->git_dir;
    with_place.is_fleeting = making->repository->is_fleeting;
    with_place.index = making->index;
    if (!git_run(&with_place, ret, NULL, error))
        return false;
    g_strchomp(*ret);
    return true;
}

/* One that is edited, as a file by its number. Its path is put behind `paths`. */
static bool
write_file(const Making *making, guint index, GString *paths, GError **error)
{
    size_t bytes = 0;
    g_autofree char *after = look_file_after(making->look->files->pdata[index], &bytes);
    g_autofree char *path = g_strdup_printf("%s/%u", making->folder, index);
    g_string_append_printf(paths, "%s\n", path);
    return g_file_set_contents(path, after, (gssize) bytes, error);
}

/* Ids of the edited files' blobs, one a line: a program started for each would take longer than all the rest. Caller frees. */
static bool
write_blobs(const Making *making, GStrv *ret, GError **error)
{
    static const char *const args[] = {"hash-object", "-w", "--no-filters", "--stdin-paths", NULL};
    g_autoptr(GString) paths = g_string_new(NULL);
    g_autofree char *ids = NULL;
    for (guint i = 0; i < making->look->files->len; i++) {
        const LookFile *file = making->look->files->pdata[i];
        if (file->is_edited && !write_file(making, i, paths, error))
            return false;
    }
    GitCall call = {.args = args,
                    .input = paths->str,
                    .input_bytes = paths->len,
                    .bytes_max = BLOB_IDS_BYTES_MAX};
    if (!ask_id(making, &call, &ids, error))
        return false;
    *ret = g_strsplit(ids, "\n", -1);
    return true;
}

/* The index becomes the base's tree, with the new blobs. */
static bool
fill_index(const Making *making, GError **error)
{
    const char *const read[] = {"read-tree", making->look->commit, NULL};
    static const char *const update[] = {"update-index", "-z", "--index-info", NULL};
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autofree char *none = NULL, *nothing = NULL;
    g_auto(GStrv) blobs = NULL;
    guint next = 0;
    if (!write_blobs(making, &blobs, error))
        return false;
    for (guint i = 0; i < making->look->files->len; i++) {
        const LookFile *file = making->look->files->pdata[i];
        if (!file->is_edited)
            continue;
        if (blobs[next] == NULL)
            return fail(error, ERR_INTERNAL, "'git hash-object' said nothing of '%s'", file->shown);
        g_string_append_printf(lines, "%o %s\t%s", file->mode, blobs[next++], file->path);
        g_string_append_c(lines, '\0');
    }
    GitCall load = {.args = read};
    GitCall put = {.args = update, .input = lines->str, .input_bytes = lines->len};
    return ask_id(making, &load, &none, error) && ask_id(making, &put, &nothing, error);
}

bool
commit_tree(const Repository *repository, const Config *config, const char *tree,
            const char *parent, const char *message, char **ret, GError **error)
{
    const RepositoryConfig *author;
    const char *ignored;
    if (!config_repository_url(config, repository->address, &author, &ignored, error))
        return false;
    const char *const args[] = {"commit-tree", tree, "-p", parent, "-F", "-", NULL};
    g_auto(GStrv) env = g_new0(char *, 5);
    env[0] = g_strconcat("GIT_AUTHOR_NAME=", author->author_name, NULL);
    env[1] = g_strconcat("GIT_AUTHOR_EMAIL=", author->author_mail, NULL);
    env[2] = g_strconcat("GIT_COMMITTER_NAME=", author->author_name, NULL);
    env[3] = g_strconcat("GIT_COMMITTER_EMAIL=", author->author_mail, NULL);
    GitCall call = {.git_dir = repository->git_dir,
                    .is_fleeting = repository->is_fleeting,
                    .args = args,
                    .env = (const char *const *) env,
                    .input = message,
                    .input_bytes = strlen(message)};
    if (!git_run(&call, ret, NULL, error))
        return false;
    g_strchomp(*ret);
    return true;
}

static bool
write_tree(const Making *making, char **ret, GError **error)
{
    static const char *const args[] = {"write-tree", "--missing-ok", NULL};
    GitCall call = {.args = args};
    return ask_id(making, &call, ret, error);
}

bool
commit_write(const Repository *repository, const Config *config, const Look *look,
             const char *message, char **ret, GError **error)
{
    g_auto(Scratch) scratch = {.lock_fd = -1};
    g_autofree char *tree = NULL;
    if (!scratch_open(config, &scratch, error))
        return false;
    g_autofree char *index = g_build_filename(scratch.folder, "index", NULL);
    Making making = {repository, look, scratch.folder, index};
    return fill_index(&making, error) && write_tree(&making, &tree, error) &&
           commit_tree(repository, config, tree, look->commit, message, ret, error);
}

/* ---- reading ---- */

void
commit_clear(Commit *commit)
{
    g_clear_pointer(&commit->tree, g_free);
    g_clear_pointer(&commit->parents, g_ptr_array_unref);
    g_clear_pointer(&commit->message, g_free);
}

bool
commit_read(const Repository *repository, const char *id, Commit *ret, GError **error)
{
    const char *const args[] = {"cat-file", "commit", id, NULL};
    GitCall call = {.git_dir = repository->git_dir, .args = args, .bytes_max = COMMIT_BYTES_MAX};
    g_autofree char *text = NULL;
    if (!git_run(&call, &text, NULL, error))
        return false;
    char *message = strstr(text, "\n\n");
    *ret = (Commit){.parents = g_ptr_array_new_with_free_func(g_free),
                    .message = g_strdup(message != NULL ? message + 2 : "")};
    if (message != NULL)
        *message = '\0';
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "tree ") && ret->tree == NULL)
            ret->tree = g_strdup(lines[i] + strlen("tree "));
        else if (g_str_has_prefix(lines[i], "parent "))
            g_ptr_array_add(ret->parents, g_strdup(lines[i] + strlen("parent ")));
    }
    return true;
}

/* Caller frees. */
static GStrv
trailers_of(const Commit *commit)
{
    g_autofree char *message = g_strchomp(g_strdup(commit->message));
    const char *last = g_strrstr(message, "\n\n");
    return g_strsplit(last != NULL ? last + 2 : message, "\n", -1);
}

bool
commit_has_trailer(const Commit *commit, const char *name, const char *value)
{
    g_autofree char *wanted = g_strdup_printf("%s: %s", name, value);
    g_auto(GStrv) lines = trailers_of(commit);
    return g_strv_contains((const char *const *) lines, wanted);
}

char *
commit_trailer(const Commit *commit, const char *name)
{
    g_autofree char *start = g_strdup_printf("%s: ", name);
    g_auto(GStrv) lines = trailers_of(commit);
    for (size_t i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], start))
            return g_strdup(lines[i] + strlen(start));
    return NULL;
}

bool
change_words(const Repository *repository, const char *commit, char **ret, GError **error)
{
    g_auto(Commit) read = {0};
    if (!commit_read(repository, commit, &read, error))
        return false;
    *ret = g_steal_pointer(&read.message);
    return true;
}
