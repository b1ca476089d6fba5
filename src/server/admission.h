/*
 * admission.h - everything that is checked before a handler sees a request, as one list.
 *
 * The first half needs only the header, so that nobody uploads 64 MiB to be told that he may not.
 */
#pragma once

#include "server/request.h"

/* Target, host, route, origin, identity, role, length, type, parameters: in this order. */
CHECKED bool admission_header(Request *request, GError **error);
/* The body as JSON, and its members. */
CHECKED bool admission_body(Request *request, GError **error);
