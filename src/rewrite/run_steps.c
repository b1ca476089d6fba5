/* run_steps.c - see run_steps.h. */
#include "base/text.h"
#include "rewrite/run_steps_parts.h"

#include <string.h>

#define FOLDERS_MAX                                                                                \
    64              /* that have a file of that name; of more it is not known which one is meant */
#define FEW_NAMES 3 /* fewer than these may be the names of files in another folder by chance */

void
run_list_free(void *data)
{
    RunList *list = data;
    if (list == NULL) /* taken */
        return;
    g_ptr_array_unref(list->names);
    g_free(list->home);
    g_free(list);
}

RunSteps *
run_steps_new(void)
{
    RunSteps *steps = g_new0(RunSteps, 1);
    *steps = (RunSteps){.lists = g_ptr_array_new_with_free_func(run_list_free),
                        .run = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                        .doubted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                        .folders = run_folders_new()};
    return steps;
}

void
run_steps_free(RunSteps *steps)
{
    if (steps == NULL)
        return;
    g_ptr_array_unref(steps->lists);
    g_hash_table_unref(steps->run);
    g_hash_table_unref(steps->doubted);
    run_folders_free(steps->folders);
    g_free(steps);
}

void
run_steps_read(RunSteps *steps, const char *path, const char *text, size_t bytes)
{
    g_autoptr(GPtrArray) lists = run_lists_in(path, text, bytes);
    for (guint i = 0; lists != NULL && i < lists->len; i++) {
        RunList *list = g_steal_pointer(&lists->pdata[i]);
        list->home = run_folder_of(path);
        g_ptr_array_add(steps->lists, list);
    }
}

/* ---- which files are meant ---- */

typedef struct {
    GHashTable *by_name; /* the last part of paths -> GPtrArray of these */
    GHashTable *all;
} Paths;

char *
run_folder_of(const char *path)
{
    return g_strndup(path, (size_t) (text_behind_slash(path) - path));
}

/* Is the last part of both the same, db/sql/ and /io/sql/? */
static bool
end_alike(const char *folder, const char *other)
{
    size_t bytes = strlen(folder), of_other = strlen(other), same = 0;
    while (same < bytes && same < of_other &&
           folder[bytes - 1 - same] == other[of_other - 1 - same] &&
           (same == 0 || folder[bytes - 1 - same] != '/'))
        same++;
    bool begins = same == bytes || folder[bytes - 1 - same] == '/',
         begins_other = same == of_other || other[of_other - 1 - same] == '/';
    return begins && begins_other;
}

/* All names of the list that stand there under one folder. */
static bool
has_all(const Paths *paths, const char *folder, const GPtrArray *names)
{
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path =
            g_strconcat(folder, text_behind_slash(g_ptr_array_index(names, i)), NULL);
        if (!g_hash_table_contains(paths->all, path))
            return false;
    }
    return true;
}

static void
take_folder(RunSteps *steps, const char *folder, const GPtrArray *names, bool is_sure)
{
    static const char why[] =
        "a list of migrations names this script, which may have run: a person decides";
    for (guint i = 0; i < names->len; i++) {
        char *path = g_strconcat(folder, text_behind_slash(g_ptr_array_index(names, i)), NULL);
        if (is_sure)
            g_hash_table_add(steps->run, path);
        else
            g_hash_table_insert(steps->doubted, path, (char *) why);
    }
}

/* May the names that stand under `said` be files of the folder? Without one they are beside the list, or in a folder beside it. */
static bool
may_be_in(const char *folder, const char *said, const RunList *list)
{
    size_t home = strlen(list->home);
    if (said[0] != '\0')
        return end_alike(folder, said);
    const char *below = g_str_has_prefix(folder, list->home) ? strchr(folder + home, '/') : NULL;
    return strcmp(folder, list->home) == 0 || (below != NULL && below[1] == '\0');
}

/* Names of one list that stand under one folder: the folders of the project that have all of them. */
static void
find_folder(RunSteps *steps, const Paths *paths, const RunList *list, const char *said,
            const GPtrArray *names)
{
    const GPtrArray *alike =
        g_hash_table_lookup(paths->by_name, text_behind_slash(g_ptr_array_index(names, 0)));
    for (guint i = 0; alike != NULL && i < alike->len && alike->len <= FOLDERS_MAX; i++) {
        g_autofree char *folder = run_folder_of(g_ptr_array_index(alike, i));
        bool is_meant = names->len >= FEW_NAMES || may_be_in(folder, said, list);
        if (is_meant && has_all(paths, folder, names))
            take_folder(steps, folder, names, list->is_sure);
    }
}

static void
find_list(RunSteps *steps, const Paths *paths, const RunList *list)
{
    g_autoptr(GHashTable) folders =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
    GHashTableIter iter;
    void *said, *names;
    for (guint i = 0; i < list->names->len; i++) {
        char *name = g_ptr_array_index(list->names, i), *folder = run_folder_of(name);
        GPtrArray *there = g_hash_table_lookup(folders, folder);
        if (there == NULL) {
            there = g_ptr_array_new();
            g_hash_table_insert(folders, g_strdup(folder), there);
        }
        g_ptr_array_add(there, name);
        g_free(folder);
    }
    g_hash_table_iter_init(&iter, folders);
    while (g_hash_table_iter_next(&iter, &said, &names))
        find_folder(steps, paths, list, said, names);
}

void
run_steps_find_listed(RunSteps *steps, const GPtrArray *paths)
{
    if (steps->lists->len == 0)
        return;
    g_autoptr(GHashTable) by_name =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    g_autoptr(GHashTable) all = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < paths->len; i++) {
        char *path = g_ptr_array_index(paths, i), *name = (char *) text_behind_slash(path);
        GPtrArray *alike = g_hash_table_lookup(by_name, name);
        if (alike == NULL) {
            alike = g_ptr_array_new();
            g_hash_table_insert(by_name, name, alike);
        }
        g_ptr_array_add(alike, path);
        g_hash_table_add(all, path);
    }
    const Paths known = {by_name, all};
    for (guint i = 0; i < steps->lists->len; i++)
        find_list(steps, &known, g_ptr_array_index(steps->lists, i));
}

/* ---- asking ---- */

bool
run_steps_has(const RunSteps *steps, const char *path)
{
    return steps != NULL && g_hash_table_contains(steps->run, path);
}

const char *
run_steps_doubt(const RunSteps *steps, const char *path)
{
    return steps != NULL ? g_hash_table_lookup(steps->doubted, path) : NULL;
}
