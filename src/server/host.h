/*
 * host.h - by which names this server is asked: those of loopback with our port, and the `addresses` of honk.yaml, which a
 * proxy before it has. A page from elsewhere whose name was made to point here (DNS rebinding) sends its own name.
 */
#pragma once

#include "server/context.h"

/* Of a Host header. */
bool host_is_ours(const Server *server, const char *host);
/* Of an Origin header: "http://127.0.0.1:7420", "https://honk.example". "null" is nobody's. */
bool host_origin_is_ours(const Server *server, const char *origin);
