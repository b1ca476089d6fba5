/* worker_lost.h - a local worker's end, told to the engine: its leases are over at once. */
#pragma once

#include "server/context.h"

void worker_tell_lost(Server *server, const char *name);
