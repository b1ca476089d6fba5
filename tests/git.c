/* git.c - see git.h. */
#include "git.h"

static const char *const settings[][2] = {
    {"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"},
    {"GIT_AUTHOR_NAME", "Ada"},         {"GIT_AUTHOR_EMAIL", "ada@acme.example"},
    {"GIT_COMMITTER_NAME", "Ada"},      {"GIT_COMMITTER_EMAIL", "ada@acme.example"},
    {"GIT_CONFIG_COUNT", "1"},          {"GIT_CONFIG_KEY_0", "core.fsync"},
    {"GIT_CONFIG_VALUE_0", "none"},
};

char *
git_as_ada(const char *folder, const char *first, va_list more)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_auto(GStrv) env = g_get_environ();
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;

    g_ptr_array_add(args, (void *) "git");
    for (const char *arg = first; arg != NULL; arg = va_arg(more, const char *))
        g_ptr_array_add(args, (void *) arg);
    g_ptr_array_add(args, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        env = g_environ_setenv(env, settings[i][0], settings[i][1], TRUE);
    if (!g_spawn_sync(folder, (char **) args->pdata, env, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                      &errors, &status, &error))
        g_error("%s", error->message);
    if (!g_spawn_check_wait_status(status, NULL))
        g_error("git %s: %s", first, errors);
    return g_steal_pointer(&output);
}
