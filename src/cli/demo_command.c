/* demo_command.c - commands that are really run, as somebody would type them. */
#include "base/child.h"
#include "cli/demo.h"
#include "cli/migration.h"
#include "cli/story.h"

#include <string.h>

#define COMMAND_MS 20000
#define SAID_BYTES_MAX (64 * 1024)

/* Added lines and removed ones in the colours of a diff. */
static void
show_said(Demo *demo, const char *said)
{
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (size_t i = 0; lines[i] != NULL && (lines[i][0] != '\0' || lines[i + 1] != NULL); i++)
        view_tone(demo->view,
                  lines[i][0] == '+'   ? TONE_GOOD
                  : lines[i][0] == '-' ? TONE_BAD
                                       : TONE_PLAIN,
                  "%s", lines[i]);
}

/* Show it, run it in the demo's folder, and show what it says. The words end with NULL. */
static bool
run_shown(Demo *demo, const char *shown, const char *const *argv, GError **error)
{
    g_autofree char *said = NULL, *errors = NULL;
    size_t bytes = 0;
    int status = 0;
    const ChildSpec spec = {
        .argv = argv,
        .env = (const char *const[]){"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", NULL},
        .cwd = demo->folder,
        .dies_with_us = true,
        .new_session = true, /* Ctrl-C is for us */
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    view_tone(demo->view, TONE_DIM, "$ %s", shown);
    fflush(demo->view->out);
    if (!child_run(&spec, "", 0, SAID_BYTES_MAX, COMMAND_MS, &said, &bytes, &errors, &status,
                   error))
        return false;
    if (status != 0)
        return fail(error, ERR_INTERNAL, "'%s' failed: %s", shown, g_strstrip(errors));
    show_said(demo, said);
    return true;
}

bool
demo_command(Demo *demo, const char *user, const char *const *words, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GString) shown = g_string_new(NULL);
    g_string_append_printf(shown, "honk --as %s", strrchr(user, '/') + 1);
    g_ptr_array_add(argv, (void *) "/proc/self/exe");
    for (size_t i = 0; words[i] != NULL; i++) {
        g_autofree char *quoted = g_shell_quote(words[i]);
        g_string_append_printf(shown, " %s", strchr(words[i], ' ') != NULL ? quoted : words[i]);
        g_ptr_array_add(argv, (void *) words[i]);
    }
    g_ptr_array_add(argv, (void *) "--as");
    g_ptr_array_add(argv, (void *) user);
    g_ptr_array_add(argv, NULL);
    return run_shown(demo, shown->str, (const char *const *) argv->pdata, error);
}

bool
demo_show_diff(Demo *demo, const char *name, const char *repository, GError **error)
{
    g_autoptr(json_t) migration = NULL;
    if (!migration_get(demo->call, name, &migration, error))
        return false;
    g_autofree char *digest = story_digest(json_get_string(migration, "digest", ""));
    g_autofree char *branch = g_strdup_printf("main..honk/%s-%s", name, digest);
    g_autofree char *folder = g_build_filename("repositories", repository, NULL);
    const char *const argv[] = {"git", "-C", folder, "diff", branch, NULL};
    g_autofree char *shown = g_strjoinv(" ", (char **) argv);
    return run_shown(demo, shown, argv, error);
}
