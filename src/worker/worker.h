/*
 * worker.h - lease a task, do it, report how it ended; again.
 *
 * A worker holds no state: when it dies, one attempt of one task is lost. It speaks with the server
 * over the same HTTP API as everybody (usually the Unix socket), and with stores of data through
 * the drivers.
 *
 * SIGTERM and SIGINT: finish the batch, give the task back, exit 0. A second one: exit at once.
 */
#pragma once

#include "model/config.h"

typedef struct {
    const char *server;        /* "unix:/path" or "http://host:port" */
    const char *token;         /* or NULL: the socket's peer says who we are */
    const char *id;            /* "w-…"; NULL: a new one */
    const char *const *labels; /* offered beside those of honk.yaml; NULL-terminated, or NULL */
    bool dies_with_parent;     /* for workers that a server starts */
    bool drain;                /* exit as soon as there is nothing to do, for tests and scripts */
} WorkerOptions;

/* Works until told to stop. False when it cannot begin, or when the server refuses it for good. */
CHECKED bool worker_main(const Config *config, const WorkerOptions *options, GError **error);
