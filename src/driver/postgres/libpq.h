/* libpq.h - libpq, loaded when it is first needed (lazy.h). To call one more of its functions: a line in libpq.c. */
#pragma once

#include "base/error.h"

#include <libpq-fe.h>

CHECKED bool libpq_load(GError **error);
