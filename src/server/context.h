/*
 * context.h - the running server: what the loop owns, and what every thread may use.
 *
 * Locks, all of them: the mailbox; the stack of idle readers; the sums of tasks that are kept; the list of open streams; their tail of events; the list of
 * calls to other servers; the last webhooks; one per waiting question (ask.c).
 * None is held while another module is called.
 */
#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "base/mailbox.h"
#include "engine/engine.h"
#include "model/config.h"
#include "server/readers.h"
#include "server/server.h"
#include "server/task_sums.h"
#include "store/blob.h"

#include <stdatomic.h>

typedef struct Streams Streams;
typedef struct Http Http;
typedef struct Workers Workers;
typedef struct Scribe Scribe;
typedef struct Backstage Backstage;
typedef struct Outside Outside;
typedef struct Webhooks Webhooks;

typedef struct Server {
    const Config *config;
    const ServerOptions *options;
    int64_t started_at_ms;
    char *url; /* "http://127.0.0.1:7420" */
    int port;  /* the one that was got */
    char *socket;
    char *session_key; /* seals the portal's cookies */

    /* The loop's own. */
    Loop *loop;
    Db *db;
    Engine *engine;
    ForwardClock time; /* of the engine */
    Workers *workers;
    int64_t seq_told; /* streams have been woken up to here */
    unsigned stop_requests;
    GError *failure; /* why the loop ended, when it was not asked to */

    /* For every thread. */
    Blobs *blobs;
    Mailbox *mailbox;
    Readers *readers;
    TaskSums *sums;
    Streams *streams;
    Http *http;
    Scribe *scribe;
    Outside *outside;
    Webhooks *webhooks;
    Backstage *backstage; /* NULL: honk.yaml names none */
    atomic_bool is_ready, is_stopping;
} Server;
