/* demo_repositories.c - the consumers' repositories: a script makes them with git, and none of our code. */
#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/demo.h"

#include <string.h>
#include <sys/wait.h>

#define SAID_BYTES_MAX 4096 /* it says nothing */
#define MAKE_MS 60000       /* thirteen repositories: one second */

static guint
count_made(const Demo *demo)
{
    g_autofree char *all = g_build_filename(demo->folder, "repositories", NULL);
    g_autoptr(GDir) folder = g_dir_open(all, 0, NULL);
    guint count = 0;
    for (const char *name = NULL; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *mark = g_build_filename(all, name, ".git", "made", NULL);
        count += g_file_test(mark, G_FILE_TEST_EXISTS);
    }
    return count;
}

bool
demo_repositories(Demo *demo, GError **error)
{
    g_autofree char *script = g_build_filename(demo->folder, "make-repositories", NULL);
    g_autofree char *said = NULL, *errors = NULL;
    size_t bytes = 0;
    int status = 0;
    int64_t began = clock_monotonic_ms();
    const ChildSpec spec = {
        .argv = (const char *const[]){"sh", script, demo->folder, NULL},
        .dies_with_us = true,
        .new_session = true, /* Ctrl-C is for us, and is looked for afterwards */
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    if (!child_run(&spec, "", 0, SAID_BYTES_MAX, MAKE_MS, &said, &bytes, &errors, &status, error))
        return fail_in(error, "the consumers' repositories");
    if (status != 0) {
        invocation_hint(demo->call, "is git installed? 'honk doctor' looks");
        return fail(error, ERR_INTERNAL, "the consumers' repositories cannot be made: %s",
                    g_strstrip(errors));
    }
    g_autofree char *time = text_duration(clock_monotonic_ms() - began);
    view_prose(demo->view, TONE_PLAIN,
               "%u consumers' git repositories, made in %s: reports, a dbt project, jobs and three "
               "services.",
               count_made(demo), time);
    return true;
}
