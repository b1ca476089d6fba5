/*
 * demo_witness.c - the last word belongs to a script that uses none of our code.
 *
 * It reads every row, which takes a while: what it says is shown as it comes, with the time below on a terminal,
 * and Ctrl-C ends it with all that it started.
 */
#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/demo.h"
#include "cli/frame.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define WITNESS_MS 300000 /* it compares every row both ways; ten seconds for the usual size */
#define TICK_MS 200
#define WORD "witness: "

typedef struct {
    Demo *demo;
    Child child;
    int fd;
    Frame *frame;  /* NULL: no terminal */
    GString *line; /* begun, not yet ended */
    char *last;    /* the last whole line, without WORD */
    int64_t began_ms;
} Hearing;

static bool
witness_start(Demo *demo, const char *mode, Hearing *hearing, GError **error)
{
    g_autofree char *script = g_build_filename(demo->folder, "witness", NULL);
    int pipes[2] = {-1, -1};
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "the witness cannot be heard");
    AUTO_FD theirs = pipes[1];
    hearing->fd = pipes[0];
    fcntl(hearing->fd, F_SETFL, O_NONBLOCK);
    const ChildSpec spec = {
        .argv = (const char *const[]){"sh", script, mode, NULL},
        .dies_with_us = true,
        .new_session = true, /* a group to end it by */
        .stdin_fd = -1,
        .stdout_fd = theirs,
        .stderr_fd = theirs,
    };
    return child_start(&spec, &hearing->child, error);
}

static void
show_line(Hearing *hearing)
{
    const char *line = hearing->line->str;
    Tone tone = strstr(line, "NOT verified") != NULL || strstr(line, "DIFFERENT") != NULL ? TONE_BAD
                : strstr(line, "verified") != NULL ? TONE_GOOD
                                                   : TONE_PLAIN;
    if (hearing->frame != NULL)
        frame_draw(hearing->frame, "");
    view_prose(hearing->demo->view, tone, "%s", line);
    fflush(hearing->demo->view->out);
    g_free(hearing->last);
    hearing->last = g_strdup(g_str_has_prefix(line, WORD) ? line + strlen(WORD) : line);
    g_string_truncate(hearing->line, 0);
}

static void
listen_now(Hearing *hearing)
{
    char chunk[4096];
    ssize_t got;
    while ((got = read(hearing->fd, chunk, sizeof(chunk))) > 0)
        for (ssize_t i = 0; i < got; i++)
            if (chunk[i] == '\n')
                show_line(hearing);
            else
                g_string_append_c(hearing->line, chunk[i]);
}

static void
show_time(const Hearing *hearing)
{
    int64_t gone = clock_monotonic_ms() - hearing->began_ms;
    if (hearing->frame == NULL || gone < 1000)
        return;
    g_autofree char *time = text_duration(gone - gone % 1000);
    g_autofree char *line = g_strdup_printf("  reading every row … %s", time);
    frame_draw(hearing->frame, line);
}

/* True when it has ended by itself. */
static bool
witness_hear(Hearing *hearing, GError **error)
{
    for (bool has_ended = false; !has_ended;) {
        struct pollfd polls[] = {{.fd = hearing->fd, .events = POLLIN},
                                 {.fd = hearing->child.pidfd, .events = POLLIN}};
        bool is_silent = poll(polls, G_N_ELEMENTS(polls), TICK_MS) == 0;
        has_ended = polls[1].revents != 0;
        listen_now(hearing);
        if (!demo_goes_on(hearing->demo, error))
            return false;
        if (clock_monotonic_ms() - hearing->began_ms > WITNESS_MS)
            return fail(error, ERR_TRANSIENT, "the witness did not end within five minutes");
        if (is_silent)
            show_time(hearing);
        else if (!has_ended)
            poll(NULL, 0, TICK_MS / 10); /* its output is closed, its end not yet seen */
    }
    return true;
}

static bool
witness_run(Demo *demo, const char *mode, char **ret_last, int *ret_status, GError **error)
{
    Hearing hearing = {.demo = demo, .fd = -1, .began_ms = clock_monotonic_ms()};
    bool ok = witness_start(demo, mode, &hearing, error);
    if (ok) {
        hearing.line = g_string_new(NULL);
        hearing.frame = demo->view->is_terminal ? frame_new(demo->view) : NULL;
        ok = witness_hear(&hearing, error);
        if (!ok)
            kill(-hearing.child.pid, SIGKILL); /* not yet waited for: the number is still its own */
        child_wait(&hearing.child, -1, ret_status);
        if (hearing.frame != NULL)
            frame_draw(hearing.frame, "");
        frame_free(hearing.frame);
        g_string_free(hearing.line, TRUE);
    }
    fd_close(&hearing.fd);
    *ret_last = hearing.last;
    return ok;
}

bool
demo_witness(Demo *demo, const char *mode, GError **error)
{
    g_autofree char *last = NULL;
    int status = 0;
    int64_t began = clock_monotonic_ms();
    view_tone(demo->view, TONE_DIM, "$ ./witness %s", mode);
    fflush(demo->view->out);
    if (!witness_run(demo, mode, &last, &status, error))
        return false;
    if (status != 0) {
        invocation_hint(demo->call, "is sqlite3 installed? 'honk doctor' looks");
        return fail(error, ERR_MISMATCH, "the witness does not agree");
    }
    g_autofree char *time = text_duration(clock_monotonic_ms() - began);
    if (strcmp(mode, "before") != 0)
        demo_note(demo, "the witness", "%s (%s)", last != NULL ? last : "says nothing", time);
    return true;
}
