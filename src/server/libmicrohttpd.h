/* libmicrohttpd.h - libmicrohttpd, loaded when it is first needed (lazy.h). */
#pragma once

#include "base/error.h"

#include <microhttpd.h>

CHECKED bool libmicrohttpd_load(GError **error);
