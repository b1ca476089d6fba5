/*
 * demo_server.h - a server of our own, as a child: started, awaited, and ended for certain.
 */
#pragma once

#include "base/child.h"
#include "cli/client.h"

typedef struct {
    Child child;
    bool runs;
    char *url; /* "http://127.0.0.1:7420" */
    char *
        portal; /* its address with a token of Ada's; NULL without portal, or when nobody will look */
    char *log; /* path of what it logs */
} DemoServer;

/* Start `honk serve` on `config`, and wait until it answers. The call speaks with it from then on. */
CHECKED bool demo_server_start(Invocation *call, const char *config, DemoServer *ret,
                               GError **error);
/* Make a link that lets its reader into the portal as Ada; nobody else gets in. Nothing without portal. */
CHECKED bool demo_portal_link(Invocation *call, DemoServer *server, GError **error);
/* Ask it to end, insist after a while. Harmless when it does not run. */
void demo_server_stop(DemoServer *server);
/* It ended by itself. */
bool demo_server_is_gone(DemoServer *server);
/* The same after a call that failed: an end that is under way is waited for. */
bool demo_server_died(DemoServer *server);
