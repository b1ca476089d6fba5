/*
 * client.h - how a verb finds honk.yaml and the server, and speaks with it.
 *
 * The server is, in this order: --server, HONK_SERVER (with HONK_TOKEN), the socket of honk.yaml,
 * what `honk login` saved in ~/.config/honk/login.json. Looked up once per call; a missing server
 * is an error that says how to start one.
 */
#pragma once

#include "base/http_client.h"
#include "cli/command.h"
#include "model/config.h"

/* honk.yaml, read and checked once. Borrowed. */
CHECKED bool invocation_config(Invocation *call, const Config **ret, GError **error);
/* The connection, made once. Borrowed. */
CHECKED bool invocation_client(Invocation *call, HttpClient **ret, GError **error);
/* Speak with this server from now on, as this user (NULL: as oneself, or as --as says). */
void client_use(Invocation *call, const char *server);
void client_act_as(Invocation *call, const char *user);
/* A connection of its own to the same server, for a stream or another thread. */
CHECKED bool invocation_client_new(Invocation *call, HttpClient **ret, GError **error);
/* Where the server is ("unix:/path" or a URL), for messages. Borrowed. */
CHECKED bool invocation_server(Invocation *call, const char **ret, GError **error);

/* One exchange as the user of --as. `body` and `ret` may be NULL; an empty answer gives JSON null.
 * A refusal becomes the error that it describes. POST gets an idempotency key of its own. */
CHECKED bool client_call(Invocation *call, const char *method, const char *path, const json_t *body,
                         json_t **ret, GError **error);
/* GET with a path made from parts; each %s argument must be escaped with client_escape(). */
CHECKED bool client_get(Invocation *call, json_t **ret, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* A name for use inside a path or query. Caller frees. */
char *client_escape(const char *text);

/* ~/.config/honk/login.json. Caller frees. */
char *login_path(void);
