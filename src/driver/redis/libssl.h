/* libssl.h - OpenSSL, loaded when it is first needed (lazy.h). To call one more of its functions: a line in libssl.c. */
#pragma once

#include "base/error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

CHECKED bool libssl_load(GError **error);
