/* demo_server.c - a child with a log file, that dies with us. */
#include "cli/demo_server.h"

#include "base/clock.h"
#include "base/text.h"
#include "server/server.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define START_MS 20000 /* a cold disk and a state of yesterday; usually 50 ms */
#define STOP_MS 10000  /* workers finish their batch */
#define DEATH_MS 1000  /* its sockets are closed just before it has ended */
#define POLL_MS 50
#define LOG_TAIL_BYTES 600
#define LINK_S 86400 /* how long a link to the portal is good for */
#define DEMO_ADA "user:default/ada"
#define DEMO_PEOPLE DEMO_ADA ",user:default/bo" /* one click apart */

static bool
server_spawn(const char *config, const char *log, Child *ret, GError **error)
{
    AUTO_FD fd = open(log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail_errno(error, ERR_INTERNAL, "the log '%s' cannot be written", log);
    /* Its own session: Ctrl-C is for us, and we end the server in order. */
    const ChildSpec spec = {
        .argv = (const char *const[]){"/proc/self/exe", "serve", "--config", config, "--log",
                                      "json", "--people", DEMO_PEOPLE, NULL},
        .dies_with_us = true,
        .new_session = true,
        .stdin_fd = -1,
        .stdout_fd = fd,
        .stderr_fd = fd,
    };
    return child_start(&spec, ret, error);
}

/* The end of its log: what it said before it gave up. */
static char *
log_tail(const char *log)
{
    g_autofree char *text = NULL;
    size_t bytes = 0;
    if (!file_read(log, 64 * 1024 * 1024, &text, &bytes, NULL) || bytes == 0)
        return g_strdup("it said nothing");
    g_strchomp(text);
    size_t length = strlen(text);
    const char *from = text + (length > LOG_TAIL_BYTES ? length - LOG_TAIL_BYTES : 0);
    const char *line = strrchr(from, '\n');
    return g_strdup(line != NULL ? line + 1 : from);
}

static bool
has_ended(DemoServer *server, int within_ms)
{
    int status = 0;
    if (server->runs && child_wait(&server->child, within_ms, &status))
        server->runs = false;
    return !server->runs;
}

bool
demo_server_is_gone(DemoServer *server)
{
    return has_ended(server, 0);
}

bool
demo_server_died(DemoServer *server)
{
    return has_ended(server, DEATH_MS);
}

static bool
server_await(Invocation *call, DemoServer *server, GError **error)
{
    int64_t deadline = clock_monotonic_ms() + START_MS;
    for (;;) {
        g_autoptr(json_t) ready = NULL, health = NULL;
        g_autoptr(GError) ignored = NULL;
        if (client_call(call, "GET", "/readyz", NULL, &ready, &ignored) &&
            client_call(call, "GET", "/healthz", NULL, &health, &ignored)) {
            server->url = g_strdup(json_get_string(health, "url", ""));
            return true;
        }
        if (demo_server_is_gone(server) || clock_monotonic_ms() > deadline) {
            g_autofree char *said = log_tail(server->log);
            g_clear_pointer(&call->hint, g_free); /* "start one": we just did */
            return fail(error, ERR_UNREACHABLE, "the server did not come up: %s", said);
        }
        usleep(POLL_MS * 1000);
    }
}

bool
demo_server_start(Invocation *call, const char *config, DemoServer *ret, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(config);
    g_autofree char *socket = g_strdup_printf("unix:%s/.honk/honk.sock", folder);
    DemoServer server = {.log = g_build_filename(folder, "server.log", NULL)};
    bool ok = server_spawn(config, server.log, &server.child, error);
    if (ok) {
        server.runs = true;
        client_use(call, socket);
        ok = server_await(call, &server, error);
    }
    if (ok) {
        *ret = server;
        return true;
    }
    demo_server_stop(&server);
    return false;
}

bool
demo_portal_link(Invocation *call, DemoServer *server, GError **error)
{
    const char *token = NULL;
    g_autoptr(json_t) made = NULL;
    g_autoptr(json_t) body = json_pack("{s:s, s:s, s:i}", "identity", DEMO_ADA, "note",
                                       "the demo's portal", "ttl_s", LINK_S);
    if (!server_has_portal())
        return true;
    if (!client_call(call, "POST", "/tokens", body, &made, error) ||
        !json_need_string(made, "token", "the server's answer", &token, error))
        return false;
    g_free(server->portal);
    server->portal = g_strdup_printf("%s/#enter=%s", server->url, token);
    return true;
}

void
demo_server_stop(DemoServer *server)
{
    int status = 0;
    if (!demo_server_is_gone(server)) {
        child_kill(&server->child, SIGTERM);
        if (!child_wait(&server->child, STOP_MS, &status)) {
            child_kill(&server->child, SIGKILL);
            child_wait(&server->child, -1, &status);
        }
    }
    server->runs = false;
    g_clear_pointer(&server->url, g_free);
    g_clear_pointer(&server->portal, g_free);
    g_clear_pointer(&server->log, g_free);
}
