/* libcurl.h - libcurl, loaded when it is first needed (lazy.h). */
#pragma once

#include "base/error.h"

#include <curl/curl.h>

CHECKED bool libcurl_load(GError **error);
