/* demo_witness.c - the last word belongs to a script that uses none of our code. */
#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/demo.h"

#include <string.h>

#define WITNESS_MS 300000 /* it compares every row both ways; ten seconds for the usual size */
#define WITNESS_BYTES_MAX (1024 * 1024)

static bool
witness_run(Demo *demo, const char *mode, char **ret_said, int *ret_status, GError **error)
{
    g_autofree char *script = g_build_filename(demo->folder, "witness", NULL);
    g_autofree char *errors = NULL;
    size_t bytes = 0;
    const ChildSpec spec = {
        .argv = (const char *const[]){"sh", script, mode, NULL},
        .dies_with_us = true,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
    };
    if (!child_run(&spec, "", 0, WITNESS_BYTES_MAX, WITNESS_MS, ret_said, &bytes, &errors,
                   ret_status, error))
        return fail_in(error, "the witness");
    if (errors != NULL && *g_strstrip(errors) != '\0')
        view_tone(demo->view, TONE_WARN, "%s", errors);
    return true;
}

bool
demo_witness(Demo *demo, const char *mode, GError **error)
{
    g_autofree char *said = NULL;
    int status = 0;
    int64_t began = clock_monotonic_ms();
    view_tone(demo->view, TONE_DIM, "$ ./witness %s", mode);
    fflush(demo->view->out);
    if (!witness_run(demo, mode, &said, &status, error))
        return false;
    if (!demo_goes_on(demo, error))
        return false;
    view_tone(demo->view, status == 0 ? TONE_GOOD : TONE_BAD, "%s", g_strchomp(said));
    if (status != 0) {
        invocation_hint(demo->call, "is sqlite3 installed? 'honk doctor' looks");
        return fail(error, ERR_MISMATCH, "the witness does not agree");
    }
    g_autofree char *time = text_duration(clock_monotonic_ms() - began);
    const char *last = strrchr(said, '\n');
    demo_note(demo, "%s (%s)", last != NULL ? last + 1 : said, time);
    return true;
}
