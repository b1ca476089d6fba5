/*
 * outside.h - calls that handlers make to other servers: a stop of ours cuts them short. Whoever handles a request waits for
 * them, and a stop waits for whoever handles a request.
 */
#pragma once

#include "base/http_client.h"

typedef struct Outside Outside;

Outside *outside_new(void);
/* When nobody calls any more. NULL: nothing happens. */
void outside_free(Outside *outside);
/* Before the first call of `client`; fails as below once a stop began. */
CHECKED bool outside_enter(Outside *outside, HttpClient *client, GError **error);
/* Before `client` is freed. */
void outside_leave(Outside *outside, HttpClient *client);
/* Calls end at once with STOPPED, those under way as well. */
void outside_stop(Outside *outside);
/* What whoever asked hears of that: TRANSIENT, for the next server answers. Always false. */
bool outside_fail(GError **error);
