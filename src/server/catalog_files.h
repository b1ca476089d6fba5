/* catalog_files.h - what honk.yaml's `catalog:` names, into the registry at start. */
#pragma once

#include "server/context.h"

/* Unchanged entities are not written again; a broken file is an error that names its line. Loop thread, before serving. */
CHECKED bool catalog_files_load(Server *server, GError **error);
