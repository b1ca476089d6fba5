/* code.c - consumers' repositories of a rig, made and looked at by the program git. */
#include "rig.h"

#include <glib/gstdio.h>

static char *
folder_of(const Rig *rig, int n)
{
    g_autofree char *name = g_strdup_printf("reader-%d", n);
    return g_build_filename(rig->folder, "repos", name, NULL);
}

static char *
run_git(const char *folder, GPtrArray *args)
{
    g_auto(GStrv) env = g_get_environ();
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    static const char *const settings[][2] = {
        {"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"},
        {"GIT_AUTHOR_NAME", "Ada"},         {"GIT_AUTHOR_EMAIL", "ada@acme.example"},
        {"GIT_COMMITTER_NAME", "Ada"},      {"GIT_COMMITTER_EMAIL", "ada@acme.example"},
        {"GIT_CONFIG_COUNT", "1"},          {"GIT_CONFIG_KEY_0", "core.fsync"},
        {"GIT_CONFIG_VALUE_0", "none"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        env = g_environ_setenv(env, settings[i][0], settings[i][1], TRUE);
    if (!g_spawn_sync(folder, (char **) args->pdata, env, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                      &errors, &status, &error))
        g_error("%s", error->message);
    if (!g_spawn_check_wait_status(status, NULL))
        g_error("git %s: %s", (char *) args->pdata[1], errors);
    return g_steal_pointer(&output);
}

char *
rig_git(const Rig *rig, int n, const char *first, ...)
{
    g_autofree char *folder = folder_of(rig, n);
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    va_list more;
    g_ptr_array_add(args, (void *) "git");
    va_start(more, first);
    for (const char *arg = first; arg != NULL; arg = va_arg(more, const char *))
        g_ptr_array_add(args, (void *) arg);
    va_end(more);
    g_ptr_array_add(args, NULL);
    return run_git(folder, args);
}

void
rig_code_write(const Rig *rig, int n, const char *path, const char *text)
{
    g_autofree char *folder = folder_of(rig, n);
    g_autofree char *full = g_build_filename(folder, path, NULL);
    g_assert_true(g_file_set_contents(full, text, -1, NULL));
    g_free(rig_git(rig, n, "add", "-A", NULL));
    g_free(rig_git(rig, n, "commit", "-q", "-m", "Write", NULL));
}

void
rig_code_make(const Rig *rig, const char *query)
{
    for (int n = 0; n < RIG_REPOSITORIES; n++) {
        g_autofree char *folder = folder_of(rig, n);
        g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
        g_free(rig_git(rig, n, "init", "-q", "-b", "main", NULL));
        rig_code_write(rig, n, "report.sql", query);
    }
}

/* Branches by what they hold: when a commit was made is nobody's business. */
void
rig_code_digest(const Rig *rig, GChecksum *sum)
{
    for (int n = 0; n < RIG_REPOSITORIES; n++) {
        g_autofree char *folder = folder_of(rig, n);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
            continue;
        g_autofree char *refs =
            rig_git(rig, n, "for-each-ref", "--format=%(refname) %(tree) %(subject)", NULL);
        g_checksum_update(sum, (const guchar *) refs, -1);
    }
}

json_t *
rig_code_consumers(void)
{
    json_t *consumers = json_array();
    for (int n = 0; n < RIG_REPOSITORIES; n++)
        json_array_append_new(consumers,
                              json_pack("{s:o, s:s, s:s, s:b, s:o, s:s}", "ref",
                                        json_sprintf("component:default/reader-%d", n), "owner",
                                        "group:default/readers", "access", "reads", "direct", 1,
                                        "repository", json_sprintf("code:reader-%d", n), "deploy",
                                        "merge"));
    return consumers;
}
