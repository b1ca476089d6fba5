/*
 * portal.h - the portal's files, compiled into the program: pages that browsers load, and nothing else.
 *
 * web/tools/pack.mjs writes the table (portal_files.c of the build); a program built without npm has portal_none.c instead,
 * and shows a page of text. Names of assets hold a hash of their content, so a browser keeps them for good.
 */
#pragma once

#include "server/request.h"

typedef struct PortalBytes {
    const unsigned char *bytes; /* NULL: not there in this coding */
    size_t count;
} PortalBytes;

typedef struct PortalFile {
    const char *name; /* "index.html", or an asset's, as in "index-B1x2c3.js" */
    const char *type; /* with its character set */
    const char *etag; /* with its quotes */
    PortalBytes plain, gzip, brotli;
} PortalFile;

struct MHD_Response;

extern const PortalFile portal_files[]; /* the last one has no name */

/* Answer with that file, in a coding that the browser takes. False: this program has none of that name. */
bool portal_answer(Request *request, const char *name);
/* Headers that every answer has, so that no page from elsewhere frames, guesses or borrows it. */
void portal_guard(struct MHD_Response *response, const PortalFile *file);
