/* rpc.c - see rpc.h. */
#include "coding/rpc.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY_MS 100 /* at limits, and whether anybody wants it still */
#define SAID_BYTES_MAX ((size_t) 64 * 1024)

struct Rpc {
    Box *box;
    BoxSpec spec;
    Child child;
    bool has_started;
    int to, from, errors; /* ours: what it reads, writes, complains */
    GString *unsent, *unread, *said, *transcript;
    size_t bytes; /* that came */
    int bad_lines;
    char *end;
};

/* ---- life ---- */

/* A socket to it, because writing to one that is closed is an error and no signal. */
static bool
start(Rpc *rpc, GError **error)
{
    int in[2], out[2], errors[2];
    ChildSpec *child = box_child(rpc->box);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", rpc->spec.argv[0]);
    AUTO_FD its_in = in[1];
    rpc->to = in[0];
    if (pipe2(out, O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", rpc->spec.argv[0]);
    AUTO_FD its_out = out[1];
    rpc->from = out[0];
    if (pipe2(errors, O_CLOEXEC) != 0)
        return fail_errno(error, ERR_INTERNAL, "cannot start '%s'", rpc->spec.argv[0]);
    AUTO_FD its_errors = errors[1];
    rpc->errors = errors[0];
    fcntl(rpc->from, F_SETFL, O_NONBLOCK);
    fcntl(rpc->errors, F_SETFL, O_NONBLOCK);
    child->stdin_fd = its_in;
    child->stdout_fd = its_out;
    child->stderr_fd = its_errors;
    rpc->has_started = child_start(child, &rpc->child, error);
    return rpc->has_started;
}

static Rpc *
rpc_new(const BoxSpec *spec)
{
    Rpc *rpc = g_new0(Rpc, 1);
    *rpc = (Rpc){.spec = *spec,
                 .to = -1,
                 .from = -1,
                 .errors = -1,
                 .unsent = g_string_new(NULL),
                 .unread = g_string_new(NULL),
                 .said = g_string_new(NULL),
                 .transcript = g_string_new(NULL)};
    return rpc;
}

Rpc *
rpc_over(int to, int from)
{
    Rpc *rpc = rpc_new(&(BoxSpec){0});
    rpc->to = to;
    rpc->from = from;
    return rpc;
}

bool
rpc_open(const BoxSpec *spec, Rpc **ret, GError **error)
{
    g_autoptr(Rpc) rpc = rpc_new(spec);
    if (!box_new(spec, &rpc->box, error) || !start(rpc, error))
        return false;
    *ret = g_steal_pointer(&rpc);
    return true;
}

void
rpc_free(Rpc *rpc)
{
    if (rpc == NULL)
        return;
    if (rpc->has_started) {
        child_kill(&rpc->child, SIGKILL);
        child_wait(&rpc->child, -1, NULL);
    }
    box_free(rpc->box);
    fd_close(&rpc->to);
    fd_close(&rpc->from);
    fd_close(&rpc->errors);
    g_string_free(rpc->unsent, TRUE);
    g_string_free(rpc->unread, TRUE);
    g_string_free(rpc->said, TRUE);
    g_string_free(rpc->transcript, TRUE);
    g_free(rpc->end);
    g_free(rpc);
}

const char *
rpc_end(const Rpc *rpc)
{
    return rpc->end;
}

const char *
rpc_folder(const Rpc *rpc)
{
    return rpc->box != NULL ? box_folder(rpc->box) : BOX_FOLDER;
}

const char *
rpc_transcript(const Rpc *rpc)
{
    return rpc->transcript->str;
}

char *
rpc_said(const Rpc *rpc)
{
    return coding_words(rpc->said->str, CODING_SAID_BYTES_MAX);
}

const char *
rpc_brief(const Rpc *rpc)
{
    return rpc->box != NULL ? box_brief(rpc->box) : BOX_BRIEF;
}

static void G_GNUC_PRINTF(2, 3) ends(Rpc *rpc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (rpc->end == NULL)
        rpc->end = g_strdup_vprintf(format, args);
    va_end(args);
}

static void
keep(Rpc *rpc, const char *mark, const char *line, size_t bytes)
{
    if (rpc->transcript->len + bytes > RPC_TRANSCRIPT_BYTES_MAX)
        return;
    g_string_append(rpc->transcript, mark);
    g_string_append_len(rpc->transcript, line, (gssize) bytes);
    g_string_append_c(rpc->transcript, '\n');
}

/* ---- sending ---- */

static void
flush(Rpc *rpc)
{
    while (rpc->unsent->len > 0 && rpc->end == NULL) {
        ssize_t sent =
            send(rpc->to, rpc->unsent->str, rpc->unsent->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            break; /* later; that it is gone is seen where it would have answered */
        g_string_erase(rpc->unsent, 0, sent);
    }
    if (rpc->unsent->len > RPC_UNREAD_BYTES_MAX)
        ends(rpc, "does not read what it is sent");
}

void
rpc_send(Rpc *rpc, json_t *message)
{
    json_set_string(message, "jsonrpc", "2.0");
    g_autofree char *line = json_compact(message);
    json_decref(message);
    keep(rpc, "-> ", line, strlen(line));
    g_string_append_printf(rpc->unsent, "%s\n", line);
    flush(rpc);
}

/* ---- receiving ---- */

static void
read_said(Rpc *rpc)
{
    char chunk[16 * 1024];
    ssize_t got = read(rpc->errors, chunk, sizeof chunk);
    if (got == 0)
        fd_close(&rpc->errors);
    if (got <= 0)
        return;
    g_string_append_len(rpc->said, chunk, got);
    if (rpc->said->len > SAID_BYTES_MAX)
        g_string_erase(rpc->said, 0, (gssize) (rpc->said->len - SAID_BYTES_MAX));
}

static void
read_more(Rpc *rpc)
{
    char chunk[64 * 1024];
    ssize_t got = read(rpc->from, chunk, sizeof chunk);
    if (got == 0) {
        fd_close(&rpc->from);
        ends(rpc, "ended, or closed its output, before it had answered");
    }
    if (got <= 0)
        return;
    g_string_append_len(rpc->unread, chunk, got);
    rpc->bytes += (size_t) got;
    if (rpc->bytes > RPC_BYTES_MAX)
        ends(rpc, "wrote more than %zu bytes in one session", RPC_BYTES_MAX);
    else if (rpc->unread->len > RPC_LINE_BYTES_MAX && strchr(rpc->unread->str, '\n') == NULL)
        ends(rpc, "wrote a message of more than %zu bytes", RPC_LINE_BYTES_MAX);
}

/* A whole line that is a message; others are counted, and passed over. */
static json_t *
take_line(Rpc *rpc)
{
    const char *end;
    while (rpc->end == NULL && (end = memchr(rpc->unread->str, '\n', rpc->unread->len)) != NULL) {
        size_t bytes = (size_t) (end - rpc->unread->str);
        json_t *message = NULL;
        keep(rpc, "<- ", rpc->unread->str, bytes);
        bool is_read = json_parse(rpc->unread->str, bytes, "message", &message, NULL);
        g_string_erase(rpc->unread, 0, (gssize) bytes + 1);
        if (is_read && json_is_object(message))
            return message;
        json_decref(message);
        if (bytes > 0 && ++rpc->bad_lines > RPC_BAD_LINES_MAX)
            ends(rpc, "wrote more than %d lines that are no message", RPC_BAD_LINES_MAX);
    }
    return NULL;
}

static bool
look(Rpc *rpc, GError **error)
{
    const char *broken = rpc->box != NULL ? box_broken(rpc->box) : NULL;
    if (broken != NULL)
        ends(rpc, "%s", broken);
    return rpc->spec.go_on == NULL || rpc->spec.go_on(rpc->spec.go_on_data) ||
           fail(error, ERR_STOPPED, "'%s' was stopped", rpc->spec.argv[0]);
}

static void
wait_for_more(Rpc *rpc, int64_t left_ms)
{
    struct pollfd polls[] = {
        {.fd = rpc->from, .events = POLLIN},
        {.fd = rpc->errors, .events = POLLIN},
        {.fd = rpc->to, .events = rpc->unsent->len > 0 ? POLLOUT : 0},
    };
    poll(polls, G_N_ELEMENTS(polls), (int) CLAMP(left_ms, 0, LOOK_EVERY_MS));
    if (polls[2].revents & POLLOUT)
        flush(rpc);
    if (polls[1].revents != 0)
        read_said(rpc);
    if (polls[0].revents != 0)
        read_more(rpc);
}

bool
rpc_next(Rpc *rpc, int64_t until_ms, json_t **ret, GError **error)
{
    *ret = NULL;
    for (;;) {
        int64_t left_ms = until_ms - clock_monotonic_ms();
        if (!look(rpc, error))
            return false;
        if (left_ms > 0)
            *ret = take_line(rpc);
        if (*ret != NULL || left_ms <= 0 || rpc->end != NULL)
            return true;
        wait_for_more(rpc, left_ms);
    }
}
