/*
 * taken.c - what an agent left in its tree, read as what it is: names and bytes that somebody hostile may have chosen.
 *
 * Nothing of the box runs any more, so nothing changes while we read. Links are not followed, and what is no file is not
 * opened. Git is not asked, because the agent had its folder.
 */
#include "base/text.h"
#include "change/prove.h"
#include "coding/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_LINK 0120000u
#define FILES_MAX 200 /* that differ; more say nothing new */

/* What builds and tests leave behind. Nothing of it becomes part of a change. */
static const char *const leavings[] = {
    "*/__pycache__/*",
    "*.pyc",
    "*/.pytest_cache/*",
    "*/.mypy_cache/*",
    "*/.ruff_cache/*",
    "*/target/*",
    "*/build/*",
    "*/dist/*",
    "*/node_modules/*",
    "*/.gradle/*",
    "*/out/*",
    "*/.bsp/*",
    "*/.metals/*",
    "*/.bloop/*",
    "*/logs/*",
    "*/dbt_packages/*",
    "*.class",
    "*.o",
    "*/.coverage*",
    "*/coverage/*",
    "*/.cache/*",
    "*/.venv/*",
    "*.egg-info/*",
    "*/.tox/*",
    "*~",
};

static bool
is_leaving(const char *path)
{
    g_autofree char *full = g_strconcat("/", path, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(leavings); i++)
        if (g_pattern_match_simple(leavings[i], full))
            return true;
    return false;
}

static void
file_free(void *data)
{
    TakenFile *file = data;
    g_free(file->path);
    g_free(file->shown);
    g_free(file->text);
    g_free(file);
}

void
taken_clear(Taken *taken)
{
    g_clear_pointer(&taken->files, g_ptr_array_unref);
    g_clear_pointer(&taken->blocked, g_free);
}

static TakenFile *
add_file(Taken *taken, const char *path)
{
    TakenFile *file = g_new0(TakenFile, 1);
    file->path = g_strdup(path);
    file->shown = text_printable(path);
    g_ptr_array_add(taken->files, file);
    return file;
}

/* Too much of it is nothing that people read: then the gate calls it binary. */
static bool
read_text(const char *path, char **ret, size_t *ret_bytes)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    size_t most = GATE_FILE_BYTES_MAX + 1, bytes = 0;
    g_autofree char *text = g_malloc(most + 1);
    ssize_t got = 0;
    while (fd >= 0 && bytes < most && (got = read(fd, text + bytes, most - bytes)) > 0)
        bytes += (size_t) got;
    if (fd < 0 || got < 0)
        return false;
    text[bytes] = '\0';
    *ret = g_realloc(g_steal_pointer(&text), bytes + 1);
    *ret_bytes = bytes;
    return true;
}

static void
look_at_entry(Taken *taken, const Ground *ground, const FTSENT *entry, const char *path,
              GHashTable *seen)
{
    const Laid *laid = g_hash_table_lookup(ground->laid, path);
    unsigned mode = (entry->fts_statp->st_mode & S_IXUSR) != 0 ? 0100755 : 0100644;
    g_autofree char *text = NULL;
    size_t bytes = 0;
    bool is_file = entry->fts_info == FTS_F && read_text(entry->fts_path, &text, &bytes);
    g_autofree char *digest = is_file ? sha256_of(text, bytes) : NULL;
    if (laid != NULL)
        g_hash_table_add(seen, (void *) path);
    else if (is_file && strcmp(path, CODING_BLOCKED) == 0) {
        taken->blocked = coding_words(text, CODING_SAID_BYTES_MAX);
        return;
    }
    if ((laid != NULL && g_strcmp0(digest, laid->digest) == 0 && mode == laid->mode) ||
        (laid == NULL && is_leaving(path)))
        return;
    TakenFile *file = add_file(taken, path);
    file->is_new = laid == NULL;
    file->mode = is_file ? mode : MODE_LINK;
    file->text = is_file ? g_steal_pointer(&text) : g_strdup("");
    file->bytes = bytes;
}

static int
by_path(const void *a, const void *b)
{
    return strcmp((*(TakenFile *const *) a)->path, (*(TakenFile *const *) b)->path);
}

static void
find_gone(Taken *taken, const Ground *ground, GHashTable *seen)
{
    GHashTableIter iter;
    void *path;
    g_hash_table_iter_init(&iter, ground->laid);
    while (g_hash_table_iter_next(&iter, &path, NULL) && taken->files->len < FILES_MAX)
        if (!g_hash_table_contains(seen, path))
            add_file(taken, path);
}

bool
taken_read(const Ground *ground, Taken *ret, GError **error)
{
    char *roots[] = {ground->tree, NULL};
    g_auto(Taken) taken = {.files = g_ptr_array_new_with_free_func(file_free)};
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    size_t root = strlen(ground->tree) + 1;
    bool is_open = walk != NULL;
    for (FTSENT *entry;
         is_open && taken.files->len < FILES_MAX && (entry = fts_read(walk)) != NULL;) {
        if (entry->fts_level == 1 && strcmp(entry->fts_name, ".git") == 0) {
            fts_set(walk, entry, FTS_SKIP); /* its own; nobody reads it */
            continue;
        }
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            is_open = false;
        else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP) {
            char *path = g_strdup(entry->fts_path + root);
            g_ptr_array_add(paths, path);
            look_at_entry(&taken, ground, entry, path, seen);
        }
    }
    if (walk != NULL)
        fts_close(walk);
    if (!is_open)
        return fail(error, ERR_MISMATCH, "it left a folder that cannot be looked into");
    find_gone(&taken, ground, seen);
    g_ptr_array_sort(taken.files, by_path);
    *ret = taken;
    taken = (Taken){0};
    return true;
}

/* ---- as a diff ---- */

/* What people cannot read is only named. */
static bool
is_shown(const char *text, size_t bytes)
{
    return bytes <= GATE_FILE_BYTES_MAX && memchr(text, '\0', bytes) == NULL &&
           g_utf8_validate(text, (gssize) bytes, NULL);
}

static void
add_diff(GString *all, const TakenFile *file, const char *was)
{
    g_autofree char *path = g_build_filename(was, file->path, NULL), *before = NULL;
    size_t bytes = 0;
    bool is_read = file->is_new || file_read(path, GATE_FILE_BYTES_MAX, &before, &bytes, NULL);
    const char *after = file->text != NULL ? file->text : "";
    if (!is_read || !is_shown(after, file->bytes) || (before != NULL && !is_shown(before, bytes))) {
        g_string_append_printf(all, "# %s is not shown: it is too large, or no text\n",
                               file->shown);
        return;
    }
    g_autofree char *diff =
        gate_diff(file->shown, before != NULL ? before : "", bytes, after, file->bytes);
    g_string_append(all, diff);
}

char *
taken_diff(const Taken *taken, const char *was)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < taken->files->len && all->len < CODING_DIFF_BYTES_MAX; i++)
        add_diff(all, taken->files->pdata[i], was);
    return g_string_free(g_steal_pointer(&all), FALSE);
}

/* ---- judging ---- */

static LookFile *
find_open(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        LookFile *file = look->files->pdata[i];
        if (strcmp(file->path, path) == 0 && look_file_is_open(look, file))
            return file;
    }
    return NULL;
}

/* A file without a site is refused as a whole: what it was before does not matter. */
static GateFile
gate_file(const TakenFile *file, const LookFile *open)
{
    GateFile gate = {.path = open != NULL ? file->path : file->shown,
                     .after = file->text,
                     .after_bytes = file->bytes,
                     .mode_after = file->mode};
    if (!file->is_new) {
        gate.before = open != NULL ? open->text : "";
        gate.before_bytes = open != NULL ? open->bytes : 0;
        gate.mode_before = open != NULL ? open->mode : file->mode;
    }
    return gate;
}

/* No site may be left in what was written, and it has to parse. A file that it did not touch is left to people, but it is
 * asked for it as long as there are rounds. */
static void
find_left(GString *findings, const CodingWork *work, bool is_last)
{
    guint written = 0;
    for (guint i = 0; i < work->look->files->len; i++) {
        const LookFile *file = work->look->files->pdata[i];
        g_autoptr(GError) left = NULL;
        written += file->written != NULL;
        if (file->written != NULL && !prove_file(work->rules, file, file->text, file->bytes,
                                                 file->written, file->written_bytes, &left))
            g_string_append_printf(findings, "site-left %s\n", left->message);
    }
    for (guint i = 0; i < work->look->files->len; i++) {
        const LookFile *file = work->look->files->pdata[i];
        if (file->written == NULL && look_file_is_open(work->look, file) &&
            (!is_last || written == 0))
            g_string_append_printf(findings, "untouched %s: its places are as they were\n",
                                   file->shown);
    }
}

char *
taken_judge(const Taken *taken, const CodingWork *work, bool is_last)
{
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(GateFile));
    g_autoptr(WrittenScope) scope = written_scope_new(work->rules, work->look);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < taken->files->len; i++) {
        const TakenFile *file = taken->files->pdata[i];
        GateFile gate = gate_file(file, find_open(work->look, file->path));
        g_array_append_val(files, gate);
    }
    g_autoptr(GPtrArray) findings =
        written_look(scope, (const GateFile *) (void *) files->data, files->len);
    if (findings->len > 0)
        return gate_text(findings);
    for (guint i = 0; i < taken->files->len; i++) {
        const TakenFile *file = taken->files->pdata[i];
        LookFile *open = find_open(work->look, file->path);
        if (open != NULL)
            look_write(work->look, open, file->text, file->bytes);
    }
    find_left(text, work, is_last);
    g_autofree char *large = look_too_large(work->look);
    if (large != NULL)
        g_string_append_printf(text, "too-large: %s\n", large);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
