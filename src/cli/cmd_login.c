/*
 * cmd_login.c - remember a server and a token, after trying them; or make a token for somebody.
 *
 * Saved in ~/.config/honk/login.json, readable by its owner alone. The token is read from standard
 * input (without echo on a terminal), never from the command line, where others could see it.
 */
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TOKEN_BYTES_MAX 4096 /* ours have 70; an identity provider's may have a few thousand */
#define DAY_S 86400

static const Option options[] = {
    {0, "new", "USER", "make a token for this user on the server, and print it once"},
    {0, "days", "N", "how long the new token is good for (30)"},
    {0, "note", "TEXT", "what the new token is for"},
    {0, "forget", NULL, "forget the saved server and token"},
    {0},
};

static bool
line_read(char *line, GError **error)
{
    if (fgets(line, TOKEN_BYTES_MAX, stdin) == NULL)
        return fail(error, ERR_INVALID, "no token on standard input");
    g_strstrip(line);
    if (*line == '\0')
        return fail(error, ERR_INVALID, "the token is empty");
    return true;
}

static bool
token_read(char *token, GError **error)
{
    struct termios before, quiet;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return line_read(token, error);
    fprintf(stderr, "token (not shown): ");
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t) ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    bool ok = line_read(token, error);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return ok;
}

static bool
login_save(const char *server, const char *token, GError **error)
{
    g_autofree char *path = login_path();
    g_autofree char *folder = g_path_get_dirname(path);
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail_errno(error, ERR_INTERNAL, "the folder '%s' cannot be made", folder);
    g_autoptr(json_t) saved = json_pack("{s:s, s:s}", "server", server, "token", token);
    g_autofree char *text = json_pretty(saved);
    return file_write_atomic(path, text, strlen(text), 0600, error);
}

static bool
login_forget(Invocation *call, GError **error)
{
    g_autofree char *path = login_path();
    if (g_unlink(path) != 0 && errno != ENOENT)
        return fail_errno(error, ERR_INTERNAL, "'%s' cannot be removed", path);
    view_line(call->view, "Forgotten.");
    return true;
}

static bool
token_make(Invocation *call, const char *user, GError **error)
{
    int64_t days = 0;
    g_autoptr(json_t) body = json_object(), made = NULL;
    if (!invocation_int(call, "days", 1, 30, &days, error))
        return false;
    json_set_string(body, "identity", user);
    json_set_string(body, "note", invocation_option(call, "note"));
    json_set_int(body, "ttl_s", MIN(days, 366) * DAY_S);
    if (!client_call(call, "POST", "/tokens", body, &made, error))
        return false;
    const char *token = NULL;
    if (!json_need_string(made, "token", "the server's answer", &token, error))
        return false;
    if (invocation_json(call))
        view_json(call->view, made);
    view_line(call->view, "%s", token);
    if (call->view->is_terminal)
        view_tone(call->view, TONE_DIM,
                  "This is shown once. Whoever has it is %s for %" G_GINT64_FORMAT
                  " days: give it to them by a safe way.",
                  json_get_string(made, "identity", user), days);
    return true;
}

static bool
cmd_login_run(Invocation *call, GError **error)
{
    char token[TOKEN_BYTES_MAX];
    const char *server = invocation_option(call, "server"), *user = invocation_option(call, "new");
    if (invocation_has(call, "forget"))
        return login_forget(call, error);
    if (user != NULL)
        return token_make(call, user, error);
    if (server == NULL) {
        invocation_hint(
            call, "on this machine no login is needed: whoever may open the socket is let in");
        return fail(error, ERR_INVALID,
                    "which server? expected 'honk login --server http://HOST:PORT'");
    }
    if (!token_read(token, error))
        return false;
    setenv("HONK_TOKEN", token, 1); /* for the try; our own environment, nobody else's */
    g_autoptr(json_t) who = NULL;
    bool ok =
        client_call(call, "GET", "/whoami", NULL, &who, error) && login_save(server, token, error);
    explicit_bzero(token, sizeof(token));
    if (!ok)
        return false;
    if (invocation_json(call))
        view_json(call->view, who);
    view_line(call->view, "You are %s at %s from now on, outside of folders with a honk.yaml.",
              json_get_string(who, "identity", "somebody"), server);
    return true;
}

const Command cmd_login = {
    .name = "login",
    .args = "",
    .summary = "save a token for a server, or make one for somebody",
    .deed = "log in",
    .about = "The token is read from standard input. It is tried before it is saved, in\n"
             "~/.config/honk/login.json, for you alone to read.",
    .examples = "honk login --new user:default/bo --days 7      (as admin, where the server runs)\n"
                "honk login --server http://127.0.0.1:7420      (as bo)",
    .options = options,
    .run = cmd_login_run,
};
