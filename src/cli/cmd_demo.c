/*
 * cmd_demo.c - the main job on a company that never was, from its data to the witness's word.
 *
 * The server is a child of this process and dies with it; whatever interrupts the demo, nothing keeps
 * running.
 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/demo.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEMO_USERS 200000
#define DEMO_FOLDER "honk-demo"
#define SERVICES_TRIES 4 /* whatever kills servers has had its fun by then */
#define NOTE_INDENT 16   /* columns before the text of a line of the summary */

static const Option options[] = {
    {0, "dir", "DIR", "where the demo company lives (honk-demo)"},
    {0, "fresh", NULL, "start afresh, whatever an earlier run left"},
    {0, "continue", NULL, "go on where an earlier run ended"},
    {0, "rollback", NULL,
     "in the end put everything back, and let the witness compare with before"},
    {0, "rows", "N", "how many users (200,000); there are five streams for each"},
    {0, "prepare", NULL, "only make the folder with its data"},
    {0, "no-serve", NULL, "end when it is done, also on a terminal"},
    {0},
};

/* ---- signals: blocked from the start, looked for between acts ---- */

static const struct timespec at_once = {0};

static sigset_t
ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

bool
demo_goes_on(Demo *demo, GError **error)
{
    const sigset_t set = ending_signals();
    if (sigtimedwait(&set, NULL, &at_once) > 0)
        demo->is_interrupted = true;
    return !demo->is_interrupted || fail(error, ERR_STOPPED, "interrupted");
}

/* ---- words ---- */

void
demo_heading(Demo *demo, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    view_tone(demo->view, TONE_STRONG, "\n[%d/%d] %s", ++demo->part, demo->parts, text);
}

static void
note_free(void *data)
{
    Note *note = data;
    g_free(note->subject);
    g_free(note->text);
    g_free(note);
}

void
demo_note(Demo *demo, const char *subject, const char *format, ...)
{
    Note *note = g_new0(Note, 1);
    va_list args;
    va_start(args, format);
    note->subject = g_strdup(subject);
    note->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(demo->summary, note);
}

static void
demo_summary_json(Demo *demo)
{
    g_autoptr(json_t) list = json_array(), all = NULL;
    for (guint i = 0; i < demo->summary->len; i++) {
        const Note *note = demo->summary->pdata[i];
        g_autofree char *line = g_strdup_printf("%s: %s", note->subject, note->text);
        json_array_append_new(list, json_string(line));
    }
    all = json_pack("{s:s, s:O, s:I}", "folder", demo->folder, "summary", list, "took_ms",
                    (json_int_t) (clock_monotonic_ms() - demo->began_ms));
    demo->view->out = stdout;
    view_json(demo->view, all);
}

static void
demo_summary(Demo *demo)
{
    g_autofree char *time = text_duration(clock_monotonic_ms() - demo->began_ms);
    view_tone(demo->view, TONE_STRONG, "\nDone in %s", time);
    for (guint i = 0; i < demo->summary->len; i++) {
        const Note *note = demo->summary->pdata[i];
        g_autofree char *text = text_wrapped(note->text, view_width(demo->view) - NOTE_INDENT);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (int at = 0; lines[at] != NULL; at++)
            view_line(demo->view, "  %-*s%s", NOTE_INDENT - 2, at == 0 ? note->subject : "",
                      lines[at]);
    }
}

/* As a shell takes it for one word. Caller frees. */
static char *
shell_word(const char *text)
{
    bool is_plain = text[strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/._-+:@")] == '\0';
    return is_plain ? g_strdup(text) : g_shell_quote(text);
}

/* What makes `honk` in a command line mean this program: nothing if it does already. */
static char *
path_command(void)
{
    g_autofree char *found = g_find_program_in_path("honk"),
                    *self = g_file_read_link("/proc/self/exe", NULL);
    struct stat theirs = {0}, ours = {0};
    bool is_found = found != NULL && stat(found, &theirs) == 0 &&
                    stat("/proc/self/exe", &ours) == 0 && theirs.st_ino == ours.st_ino &&
                    theirs.st_dev == ours.st_dev;
    if (self == NULL || is_found)
        return g_strdup("");
    g_autofree char *folder = g_path_get_dirname(self);
    g_autofree char *quoted = shell_word(folder);
    return g_strdup_printf("  PATH=$PATH:%s\n", quoted);
}

static void
demo_try_next(Demo *demo, bool is_serving, bool is_back)
{
    g_autofree char *path = path_command(), *folder = shell_word(demo->folder);
    view_tone(demo->view, TONE_STRONG, "\nTry next%s", is_serving ? ", in another terminal" : "");
    view_line(demo->view, "%s  cd %s%s", path, folder, is_serving ? "" : "; honk serve &");
    view_line(demo->view, "  honk status --all                  where things stand\n"
                          "  honk plan users-v2                 what was approved\n"
                          "  honk rollout list --all            what became of services\n"
                          "  honk logs users-v2                 what happened\n"
                          "  honk lineage users-v1              who feeds it, and whom it feeds");
    if (!is_back)
        view_line(
            demo->view,
            "  honk rollback streams-v2 --watch   put it back; ./witness after then disagrees");
    view_line(demo->view, "  honk init ../mine                  a folder for datasets of your own");
}

/* ---- the acts ---- */

static const DemoMove users = {
    .name = "users-v2",
    .file = "migrations/template.yaml",
    .sets = (const char *const[]){"name=users-v2", "owner=identity", "source_dataset=users-v1",
                                  "target_dataset=users-v2", "mapping_file=mappings/users.yaml",
                                  "fleet_group=listening", NULL},
    .is_first = true,
};
static const DemoMove streams = {
    .name = "streams-v2",
    .file = "migrations/streams.yaml",
    .sets = (const char *const[]){NULL},
};

static bool
demo_witness_before(Demo *demo, GError **error)
{
    g_autofree char *notes = g_build_filename(demo->folder, "witness.notes", NULL);
    demo_heading(demo, "An independent witness notes what there is");
    if (g_file_test(notes, G_FILE_TEST_EXISTS)) {
        view_line(demo->view, "It did so in the run before.");
        return true;
    }
    view_prose(
        demo->view, TONE_PLAIN,
        "A shell script with SQL of its own, git, and questions to every instance; with none of "
        "Honk's code. It has the last word.");
    return demo_witness(demo, "before", error);
}

/* On a terminal somebody looks on, and goes on looking. */
static bool
demo_keeps_serving(const Demo *demo)
{
    return isatty(STDOUT_FILENO) && !demo->is_json && !invocation_has(demo->call, "no-serve");
}

static void
demo_show_portal(Demo *demo)
{
    if (demo->server.portal != NULL)
        view_tone(demo->view, TONE_STRONG, "In a browser, as Ada, with Bo one click away:\n  %s",
                  demo->server.portal);
}

static bool
server_up_once(Demo *demo, GError **error)
{
    g_autofree char *config = g_build_filename(demo->folder, "honk.yaml", NULL);
    return demo_server_start(demo->call, config, &demo->server, error) &&
           (!demo_keeps_serving(demo) || demo_portal_link(demo->call, &demo->server, error));
}

/* Whatever kills servers may catch one while it starts. */
static bool
server_up(Demo *demo, GError **error)
{
    g_autoptr(GError) first = NULL;
    if (server_up_once(demo, &first))
        return true;
    demo_server_stop(&demo->server);
    return server_up_once(demo, error);
}

bool
demo_serve_again(Demo *demo, GError **error)
{
    demo_server_stop(&demo->server);
    view_tone(demo->view, TONE_WARN, "The server is gone: it is started again, and goes on.");
    return server_up(demo, error);
}

/* Only what is missing is started, so it may be tried again when the server died meanwhile. */
static bool
services_up(Demo *demo, GError **error)
{
    for (int i = 1;; i++) {
        g_autoptr(GError) failed = NULL;
        if (demo_services_start(demo, &failed))
            return true;
        if (i == SERVICES_TRIES || demo->is_interrupted || !demo_server_died(&demo->server)) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
        if (!demo_serve_again(demo, error))
            return false;
    }
}

static bool
demo_serve(Demo *demo, GError **error)
{
    demo_heading(demo, "A server with two workers, and the company's services");
    if (!server_up(demo, error))
        return false;
    view_line(demo->view, "$ honk serve");
    view_prose(demo->view, TONE_PLAIN, "honk serves at %s; its log is %s", demo->server.url,
               demo->server.log);
    demo_show_portal(demo);
    return services_up(demo, error);
}

static bool
demo_acts(Demo *demo, GError **error)
{
    demo_heading(demo, "Users: Ada asks and plans, Bo approves");
    if (!demo_move(demo, &users, error))
        return false;
    view_line(demo->view, "\nThe shortest of the changes:");
    if (!demo_show_diff(demo, users.name, "charts", error) || !demo_coding_show(demo, error))
        return false;
    view_line(demo->view, "\nWhat serves now:");
    demo_services_show(demo);
    demo_heading(demo, "Streams: the same, with their foreign key to the users");
    if (!demo_move(demo, &streams, error))
        return false;
    demo_heading(demo, "The witness looks at every row, branch and service");
    if (!demo_witness(demo, "after", error) || !demo_show_row(demo, error) ||
        !demo_mark(demo, "moved", error))
        return false;
    if (!invocation_has(demo->call, "rollback"))
        return true;
    demo_heading(demo, "And everything back");
    return demo_roll_back(demo, &streams, error) && demo_roll_back(demo, &users, error) &&
           demo_witness(demo, "rolled-back", error) && demo_mark(demo, "rolled back", error);
}

static void
demo_keep_serving(Demo *demo)
{
    const sigset_t set = ending_signals();
    const struct timespec second = {.tv_sec = 1};
    view_tone(demo->view, TONE_STRONG,
              "\nServing at %s, and the services with it. Ctrl-C ends "
              "them all.",
              demo->server.url);
    demo_show_portal(demo);
    fflush(demo->view->out);
    while (sigtimedwait(&set, NULL, &second) <= 0)
        if (demo_server_is_gone(&demo->server)) {
            view_tone(demo->view, TONE_BAD, "The server is gone; %s says why.", demo->server.log);
            return;
        }
    view_line(demo->view, "\nStopping.");
}

static bool
demo_run(Demo *demo, GError **error)
{
    bool keeps_serving = demo_keeps_serving(demo);
    view_prose(demo->view, TONE_PLAIN,
               "Honk moves a dataset, the code of those who read it and the services that run that "
               "code, by a plan that a second person approved; it proves every row, and can put "
               "everything back. Here it does so for Listening, a company that never was.");
    demo_heading(demo, "A company with data and code");
    if (!demo_prepare(demo, error))
        return false;
    demo->is_prepared = true;
    if (invocation_has(demo->call, "prepare"))
        return true;
    if (!demo_serve(demo, error) || !demo_witness_before(demo, error) || !demo_acts(demo, error))
        return false;
    if (demo->is_json) {
        demo_summary_json(demo);
        return true;
    }
    demo_summary(demo);
    demo_try_next(demo, keeps_serving, invocation_has(demo->call, "rollback"));
    if (keeps_serving)
        demo_keep_serving(demo);
    return true;
}

static bool
demo_begin(Demo *demo, GError **error)
{
    const char *folder = invocation_option(demo->call, "dir");
    demo->view = demo->call->view;
    if (demo->view->json) {
        demo->is_json = true;
        demo->view->json = demo->view->is_terminal = demo->view->colour = false;
        demo->view->out = stderr;
    }
    demo->began_ms = clock_monotonic_ms();
    demo->parts = invocation_has(demo->call, "prepare")    ? 1
                  : invocation_has(demo->call, "rollback") ? 7
                                                           : 6;
    if (!invocation_int(demo->call, "rows", 1, DEMO_USERS, &demo->users, error))
        return false;
    demo->folder = g_canonicalize_filename(folder != NULL ? folder : DEMO_FOLDER, NULL);
    const sigset_t set = ending_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return true;
}

static bool
cmd_demo_run(Invocation *call, GError **error)
{
    Demo demo = {.call = call, .summary = g_ptr_array_new_with_free_func(note_free)};
    bool ok = demo_begin(&demo, error) && demo_run(&demo, error);
    demo_server_stop(&demo.server);
    if (demo.is_prepared && !invocation_has(call, "prepare"))
        demo_services_stop(&demo);
    if (demo.is_interrupted) {
        g_clear_error(error);
        view_line(call->view, "\nInterrupted; nothing is left running. The same command %s.",
                  demo.is_prepared ? "goes on from here" : "begins anew");
        call->status = 128 + SIGINT;
        ok = true;
    } else if (!ok) {
        g_autofree char *log =
            g_build_filename(demo.folder != NULL ? demo.folder : ".", "server.log", NULL);
        if (g_file_test(log, G_FILE_TEST_EXISTS))
            invocation_hint(call, "the server's log is %s", log);
    }
    call->view->json = demo.is_json;
    config_free(demo.config);
    g_free(demo.folder);
    g_ptr_array_unref(demo.summary);
    return ok;
}

const Command cmd_demo = {
    .name = "demo",
    .args = "",
    .summary = "see it all work, on a company that never was",
    .deed = "show the demo",
    .about = "Makes a company with 200,000 users, 1,000,000 streams, thirteen consumers with git "
             "repositories and\n"
             "three services, and moves both datasets to their second version: plans by Ada, "
             "approved by Bo, proved\n"
             "by a script that uses none of our code. On a terminal it then keeps serving until "
             "Ctrl-C, which ends\n"
             "the services, too.",
    .examples =
        "honk demo\nhonk demo --rollback --no-serve\nhonk demo --rows 1000 --dir /tmp/small",
    .options = options,
    .run = cmd_demo_run,
};
