/* portal_none.c - a program that was built without npm has no portal. */
#include "server/portal.h"

const PortalFile portal_files[] = {{.name = NULL}};
