/*
 * fake_server.h - the workers' half of the API over a Unix socket, from a script: leases are handed
 * out in order, what workers say is kept.
 */
#pragma once

#include "base/json.h"

typedef struct FakeServer FakeServer;

FakeServer *fake_server_new(void);
void fake_server_free(FakeServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeServer, fake_server_free)
const char *fake_server_url(const FakeServer *server);

/* The next lease; `json` is stolen. */
void fake_server_lease(FakeServer *server, json_t *json);
/* A blob that may be fetched. Caller frees the digest. */
char *fake_server_blob(FakeServer *server, const char *text);
/* The next `count` calls whose path ends with `what` fail with this status and code. */
void fake_server_refuse(FakeServer *server, const char *what, int count, int status,
                        const char *code);
void fake_server_say_stop(FakeServer *server);

/* Bodies of the calls whose path ends with `what`, so far. Caller owns. */
json_t *fake_server_calls(FakeServer *server, const char *what);
/* The same, once there are at least `count`; aborts after ten seconds. */
json_t *fake_server_await(FakeServer *server, const char *what, size_t count);
