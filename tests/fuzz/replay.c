/* replay.c - a fuzz target without libFuzzer: every file of a folder is one test case (TAP). */
#include "target.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define CORPUS_FILE_BYTES_MAX ((size_t) 16 * 1024 * 1024)

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
folder_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static bool
replay(const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!file_read(path, CORPUS_FILE_BYTES_MAX, &text, &bytes, error))
        return false;
    /* A copy without the zero at its end, so that the address sanitizer sees a read beyond it. */
    g_autofree uint8_t *exact = g_memdup2(text, bytes);
    LLVMFuzzerTestOneInput(exact, bytes);
    return true;
}

int
main(int argc, char **argv)
{
    g_assert(argc == 2);
    g_autoptr(GPtrArray) names = folder_names(argv[1]);
    bool all_ok = true;
    printf("1..%u\n", names->len);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GError) error = NULL;
        printf("# %s\n", (char *) names->pdata[i]);
        fflush(stdout);
        bool ok = replay(argv[1], names->pdata[i], &error);
        all_ok = all_ok && ok;
        printf("%s %u - %s\n", ok ? "ok" : "not ok", i + 1, (char *) names->pdata[i]);
        if (!ok)
            printf("# %s\n", error->message);
    }
    return all_ok ? 0 : 1;
}
