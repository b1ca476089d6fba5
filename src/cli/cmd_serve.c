/* cmd_serve.c - `honk serve`: the server of the nearest honk.yaml, until interrupted. */
#include "base/log.h"
#include "cli/client.h"
#include "driver/driver.h"
#include "server/server.h"

#include <string.h>
#include <unistd.h>

#define WORKERS_MAX 64 /* on one machine; more would wait for its disks */
#define PORT_MAX 65535
#define PEOPLE_MAX 20 /* of a demo */

static const Option options[] = {
    {'p', "port", "PORT", "listen on exactly this port of 127.0.0.1; 0 takes a free one"},
    {0, "socket", "PATH", "the Unix socket, instead of honk.yaml's"},
    {'w', "workers", "N", "start N workers, instead of honk.yaml's number"},
    {0, "no-workers", NULL, "start none: they run elsewhere"},
    {0, "log", "json|text", "how to log; text on a terminal, else JSON"},
    {0, "people", "REF,REF",
     "for demos: who is logged in to the portal as one may go on as another"},
    {'v', "verbose", NULL, "log every task"},
    {0, "routes", NULL, "print the routes as JSON, and serve nothing"},
    {0},
};

static void
tell_ready(const char *url, const char *socket, int port_wanted, void *data)
{
    Invocation *call = data;
    const char *colon = strrchr(url, ':');
    if (g_ascii_strtoll(colon + 1, NULL, 10) != port_wanted)
        view_tone(call->view, TONE_WARN, "port %d is busy: took the next free one", port_wanted);
    view_line(call->view, "honk serves at %s and %s (Ctrl-C stops)", url, socket);
    if (invocation_json(call)) {
        g_autoptr(json_t) ready =
            json_pack("{s:s, s:s, s:i}", "url", url, "socket", socket, "pid", (int) getpid());
        view_json_line(call->view, ready);
    }
    fflush(call->view->out);
}

static bool
log_is_json(const Invocation *call, bool *ret, GError **error)
{
    const char *form = invocation_option(call, "log");
    if (form == NULL)
        *ret = isatty(STDERR_FILENO) == 0;
    else if (strcmp(form, "json") == 0 || strcmp(form, "text") == 0)
        *ret = strcmp(form, "json") == 0;
    else
        return fail(error, ERR_INVALID, "--log is '%s', expected 'json' or 'text'", form);
    return true;
}

static bool
count_option(const Invocation *call, const char *name, int64_t most, int *ret, GError **error)
{
    int64_t value = -1;
    if (!invocation_int(call, name, 0, -1, &value, error))
        return false;
    if (value > most)
        return fail(error, ERR_INVALID,
                    "--%s is %" G_GINT64_FORMAT ", at most %" G_GINT64_FORMAT " is possible", name,
                    value, most);
    *ret = (int) value;
    return true;
}

/* The server itself speaks with no store, so that nothing else would say so before the first plan. */
static bool
check_drivers(const Config *config, GError **error)
{
    const Driver *driver;
    for (guint i = 0; i < config->stores->len; i++)
        if (!driver_find(g_ptr_array_index(config->stores, i), &driver, error))
            return fail_in(error, "%s", config->path);
    return true;
}

static bool
run(Invocation *call, GError **error)
{
    const Config *config = NULL;
    bool is_json = false;
    ServerOptions serve = {
        .socket = invocation_option(call, "socket"),
        .on_ready = tell_ready,
        .data = call,
    };

    if (invocation_has(call, "routes")) {
        g_autoptr(json_t) routes = server_routes();
        g_autofree char *text = json_pretty(routes);
        fprintf(call->view->out, "%s\n", text);
        return true;
    }
    if (!log_is_json(call, &is_json, error) ||
        !count_option(call, "port", PORT_MAX, &serve.port, error) ||
        !count_option(call, "workers", WORKERS_MAX, &serve.workers, error) ||
        !invocation_config(call, &config, error) || !check_drivers(config, error))
        return false;
    if (invocation_has(call, "no-workers"))
        serve.workers = 0;
    const char *people_text = invocation_option(call, "people");
    g_auto(GStrv) people = people_text != NULL ? g_strsplit(people_text, ",", PEOPLE_MAX) : NULL;
    serve.people = (const char *const *) people;
    log_init("server", invocation_has(call, "verbose") ? LOG_DEBUG : LOG_INFO, is_json);
    return server_run(config, &serve, error);
}

const Command cmd_serve = {
    .name = "serve",
    .args = "",
    .summary = "decide and answer, with workers that do the work",
    .deed = "serve",
    .about =
        "Runs the server of the nearest honk.yaml: state in its folder, a Unix socket for this "
        "machine's owner, HTTP on loopback for whoever has a token (honk login --new USER). It "
        "starts local workers and starts them again when they die.\n\n"
        "A first Ctrl-C lets workers give their tasks back; a second one hurries. Nothing is lost "
        "either way: the next start goes on.",
    .examples = "honk serve\nhonk serve --port 0 --log json\nhonk serve --no-workers",
    .options = options,
    .run = run,
};
