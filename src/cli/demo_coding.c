/*
 * demo_coding.c - the company's coding agent: a small program, let in a sandbox at what rules refuse.
 *
 * Where no sandbox can be made for it, Honk refuses to start it. The demo shows that refusal, takes the agent out of the
 * company's honk.yaml, and goes on: what rules refuse is then left to people.
 */
#include "base/text.h"
#include "cli/demo.h"
#include "sandbox/sandbox.h"

#include <string.h>

#define AUTHOR "user:default/ada"
#define MOVE "users-v2"
#define CONSUMER "welcome-mail" /* all that it reads is refused by rules */
#define SETTING "  migrations: { users-v2: keep-values }\n"
#define NO_SETTING "  migrations: {}   # no sandbox could be made for it where this was written\n"
#define SETTINGS_BYTES_MAX ((size_t) 64 * 1024)
#define TRIAL_MS 20000 /* an interpreter that says its version, on a busy machine */

/* What starting the agent comes to here: `*ret_refusal` stays NULL when it can be started. Caller frees. */
static bool
try_sandbox(const Demo *demo, char **ret_refusal, GError **error)
{
    BoxSpec spec = {.argv = (const char *const[]){"python3", "--version", NULL},
                    .folder = demo->folder,
                    .is_read_only = true,
                    .limits = BOX_LIMITS_DEFAULT};
    g_auto(BoxResult) result = {0};
    g_autoptr(GError) refused = NULL;
    spec.limits.time_ms = TRIAL_MS;
    if (box_run(&spec, "", 0, &result, &refused)) {
        if (!result.is_good)
            *ret_refusal = g_strdup_printf("in a sandbox, 'python3' %s", result.end);
        return true;
    }
    if (!error_is(refused, ERR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    *ret_refusal = g_strdup(refused->message);
    return true;
}

static bool
leave_out(const Demo *demo, GError **error)
{
    g_autofree char *path = g_build_filename(demo->folder, "honk.yaml", NULL), *text = NULL;
    size_t bytes = 0;
    if (!file_read(path, SETTINGS_BYTES_MAX, &text, &bytes, error))
        return false;
    g_autoptr(GString) settings = g_string_new_len(text, (gssize) bytes);
    if (g_string_replace(settings, SETTING, NO_SETTING, 1) != 1)
        return fail(error, ERR_INTERNAL, "'%s' lets no coding agent at anything", path);
    return file_write_atomic(path, settings->str, settings->len, 0644, error);
}

bool
demo_coding_prepare(Demo *demo, GError **error)
{
    g_autofree char *refusal = NULL;
    if (!try_sandbox(demo, &refusal, error))
        return false;
    if (refusal == NULL) {
        view_prose(demo->view, TONE_PLAIN,
                   "One coding agent, a script without a model, for what rules refuse in that "
                   "code; it works in a sandbox.");
        return true;
    }
    view_prose(demo->view, TONE_WARN, "The company's coding agent is refused, as it should be: %s",
               refusal);
    view_prose(demo->view, TONE_PLAIN,
               "It is left out (`honk doctor` says what is missing): what rules refuse stays with "
               "people.");
    demo_note(demo, "coding agent", "refused: %s", refusal);
    return leave_out(demo, error);
}

bool
demo_coding_show(Demo *demo, GError **error)
{
    static const char *const words[] = {"change", "show", MOVE, CONSUMER, "--diff", NULL};
    if (coding_agent_for(&demo->config->coding, MOVE) == NULL)
        return true;
    view_line(demo->view, "\nWhat rules refused there, the coding agent did in its sandbox; gate, "
                          "rules and tests agree:");
    for (int i = 0;; i++) {
        g_autoptr(GError) failed = NULL;
        if (demo_command(demo, AUTHOR, words, &failed))
            return true;
        if (i > 0 || demo->is_interrupted || !demo_server_died(&demo->server)) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
        if (!demo_serve_again(demo, error))
            return false;
    }
}
