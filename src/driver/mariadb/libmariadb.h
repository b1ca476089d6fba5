/* libmariadb.h - libmariadb, loaded when it is first needed (lazy.h). To call one more of its functions: a line in libmariadb.c. */
#pragma once

#include "base/error.h"

#include <mysql.h>

CHECKED bool libmariadb_load(GError **error);
