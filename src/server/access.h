/* access.h - refusals for the ledger. */
#pragma once

#include "server/request.h"

/* Record `access.denied`; drops it when there are too many. Any thread. */
void access_denied(const Request *request, const char *why);
