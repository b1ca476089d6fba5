/*
 * server.h - `honk serve`: one loop that decides, HTTP beside it, workers in their own processes.
 *
 * HTTP threads answer reads from their own connections to the state and put commands into a mailbox. The loop takes them,
 * lets the engine beat (drain, decide, commit, answer) and sleeps until the next timer. Whatever the loop starts is in
 * one list (server.c); stopping is the list backwards.
 */
#pragma once

#include "model/config.h"

typedef struct {
    int port;           /* -1: honk.yaml's, or the next free one when it is busy */
    const char *socket; /* NULL: honk.yaml's */
    int workers;        /* -1: honk.yaml's number; 0: none */
    const char *const *
        people; /* of a demo: who is logged in to the portal as one may go on as another; or NULL */
    /* Called once everything listens. `port_wanted` differs from the port in `url` when that one was busy. */
    void (*on_ready)(const char *url, const char *socket, int port_wanted, void *data);
    void *data;
} ServerOptions;

/* Serve until SIGINT or SIGTERM; a second one hurries. Blocks. Signals and threads: call from the main thread. */
CHECKED bool server_run(const Config *config, const ServerOptions *options, GError **error);

/* Was this program built with its portal? */
bool server_has_portal(void);

/* Every route with what it takes, as JSON: [{method, path, role, body, members, parameters, status, summary}]. What the
 * OpenAPI document is held against. Caller owns. */
json_t *server_routes(void);
