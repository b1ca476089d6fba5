/* librdkafka.h - librdkafka, loaded when it is first needed (lazy.h). To call one more of its functions: a line in librdkafka.c. */
#pragma once

#include "base/error.h"

#include <librdkafka/rdkafka.h>

CHECKED bool librdkafka_load(GError **error);
